//! The rules of the repository that can be checked by reading it.

#[path = "../../cli/src/plugin_build/sources.rs"]
mod sources;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sources::{Sources, sha256};

/// The released contract and its digest: a change to it is a new version in a new folder.
const CONTRACT: (&str, &str) = (
    "plugin-sdk/wit/lore-watcher@0.1.0/watcher.wit",
    "395f4d832ec40a678c15e6c7be14bebe80650c56ec6c91030e48696a4a3c227b",
);

/// What a plugin may be made of: the SDK, parsers, and what finds and names things in bytes.
const PARTS_OF_A_PLUGIN: [&str; 7] =
    ["lore-plugin-sdk", "serde", "serde_json", "postcard", "memchr", "xxhash-rust", "uuid"];

const MANIFEST: &str = "plugins/dist/manifest.json";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace")
}

/// Every file below `dir` with one of the extensions, but builds and what belongs to git.
fn files(dir: &str, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = vec![];
    let mut waiting = vec![root().join(dir)];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            if path.file_name().is_none_or(|name| name != "target" && name != ".git") {
                let entries = fs::read_dir(&path).expect("a readable folder");
                waiting.extend(entries.map(|entry| entry.expect("an entry").path()));
            }
        } else if path.extension().and_then(OsStr::to_str).is_some_and(|e| extensions.contains(&e))
        {
            found.push(path);
        }
    }
    assert!(!found.is_empty(), "`{dir}` has no {extensions:?}");
    found
}

fn read(path: &Path) -> String {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Fails with every line of the files that holds one of the words, comments left out if told so.
#[track_caller]
fn forbid(files: &[PathBuf], words: &[&str], also_in_comments: bool) {
    let mut found = String::new();
    for path in files {
        for (number, line) in read(path).lines().enumerate() {
            let comment = line.trim_start().starts_with("//");
            if let Some(word) = words.iter().find(|word| line.contains(**word))
                && (also_in_comments || !comment)
            {
                found.push_str(&format!("\n{}:{}: `{word}`", path.display(), number + 1));
            }
        }
    }
    assert!(found.is_empty(), "{found}");
}

/// The crates that a manifest's builds use: not those of its tests.
fn dependencies(manifest: &Path) -> Vec<String> {
    let (mut names, mut inside) = (vec![], false);
    for line in read(manifest).lines() {
        if let Some(section) = line.strip_prefix('[') {
            let section = section.trim_end_matches(']');
            inside = section.ends_with("dependencies") && !section.ends_with("dev-dependencies");
            assert!(!section.contains("dependencies."), "write `{section}` on one line");
        } else if inside && let Some((name, _)) = line.split_once(['.', '=', ' ']) {
            names.push(name.to_owned());
        }
    }
    names
}

#[test]
fn the_engine_has_no_terminal_no_environment_and_no_clock() {
    let dependencies = dependencies(&root().join("engine/Cargo.toml"));
    assert!(dependencies.iter().any(|name| name == "redb"), "dependencies are not understood");
    for terminal in ["clap", "indicatif", "anstream", "anstyle"] {
        assert!(!dependencies.iter().any(|name| name == terminal), "the engine uses `{terminal}`");
    }
    let outside = [
        "std::env",
        "env::var",
        "env::args",
        "home_dir",
        "print!(",
        "println!(",
        "SystemTime::now",
        "Timestamp::now",
        "Zoned::now",
    ];
    forbid(&files("engine/src", &["rs"]), &outside, false);
}

#[test]
fn a_plugin_is_made_of_the_sdk_and_parsers() {
    for entry in fs::read_dir(root().join("plugins")).expect("plugins") {
        let manifest = entry.expect("an entry").path().join("Cargo.toml");
        if manifest.is_file() {
            let dependencies = dependencies(&manifest);
            assert!(dependencies.iter().any(|name| name == "lore-plugin-sdk"));
            for name in dependencies {
                // A parser that several plugins share.
                let is_shared = name.starts_with("lore-plugin-");
                let allowed = is_shared || PARTS_OF_A_PLUGIN.contains(&name.as_str());
                assert!(allowed, "`{}` uses `{name}`", manifest.display());
            }
        }
    }
}

#[test]
fn every_module_says_what_it_does() {
    for dir in ["engine", "plugin-sdk", "plugins", "cli", "tests"] {
        for path in files(dir, &["rs"]) {
            let first = read(&path).lines().next().unwrap_or_default().to_owned();
            assert!(first.starts_with("//! "), "`{}` begins with `{first}`", path.display());
        }
    }
}

#[test]
fn the_released_contract_is_unchanged() {
    let (path, digest) = CONTRACT;
    let text = fs::read(root().join(path)).expect("the contract");
    assert_eq!(sha256(&text), digest, "`{path}` is frozen: make a new version in a new folder");
}

/// The components that the manifest lists, or nothing as long as there is none.
fn listed() -> Option<Vec<Value>> {
    let text = fs::read(root().join(MANIFEST)).ok()?;
    let manifest: Value = serde_json::from_slice(&text).expect("a manifest of JSON");
    Some(manifest["components"].as_array().expect("`components`").clone())
}

#[test]
fn components_fit_their_sources() {
    let Some(listed) = listed() else { return println!("skipped: there is no {MANIFEST}") };
    let sources = Sources::read(root()).expect("a workspace");
    let renew = "renew it with `lore plugin build --all`";
    for (name, dir) in sources.plugins().expect("the sources") {
        let dir = dir.to_string_lossy().replace('\\', "/");
        let component = listed.iter().find(|component| component["crate"] == *dir);
        let component = component.unwrap_or_else(|| panic!("{MANIFEST} lacks `{dir}`: {renew}"));
        let file = component["file"].as_str().expect("`file`");
        let bytes = fs::read(root().join(file)).expect("the component");
        assert_eq!(component["component_sha256"], sha256(&bytes), "`{file}` was changed: {renew}");
        let digest = sources.digest(&name).expect("the sources");
        assert_eq!(component["source_sha256"], digest, "`{file}` is out of date: {renew}");
    }
    for component in &listed {
        let dir = component["crate"].as_str().expect("`crate`");
        assert!(root().join(dir).is_dir(), "{MANIFEST} lists `{dir}`, which is gone: {renew}");
    }
    for path in files("plugins/dist", &["wasm"]) {
        let is_it = |component: &&Value| {
            component["file"].as_str().is_some_and(|file| root().join(file) == path)
        };
        assert!(listed.iter().find(is_it).is_some(), "{MANIFEST} lacks `{}`", path.display());
    }
}

#[test]
fn no_text_speaks_of_a_machine() {
    let text = ["rs", "toml", "md", "wit", "json", "jsonl", "sh", "py", "txt", "yaml", "snap"];
    let mut all = files(".", &text);
    all.push(root().join(".ci/run"));
    let places = [
        concat!("/wo", "rk/wt"),
        concat!("/wo", "rk/main"),
        concat!("/wo", "rk/shared"),
        concat!("/wo", "rk/target"),
        concat!("/wo", "rk/.library"),
        concat!("/ro", "ot/.cargo"),
        concat!("crates", ".io"),
        concat!("npmjs", ".org"),
        concat!("pypi", ".org"),
        concat!("pythonhosted", ".org"),
        concat!("deb.", "debian.org"),
    ];
    forbid(&all, &places, true);
}

#[test]
fn nothing_is_left_for_later() {
    let words = [
        concat!("to", "do!("),
        concat!("unimpl", "emented!("),
        concat!("// TO", "DO"),
        concat!("TO", "DO:"),
        concat!("FIX", "ME"),
        concat!("#[ig", "nore"),
        concat!("allow(dead", "_code)"),
    ];
    forbid(&files(".", &["rs", "toml", "wit"]), &words, true);
}
