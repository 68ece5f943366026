//! `lore plugin build`, run on small crates of its own.
//!
//! Compiling for WebAssembly needs a toolchain that not every machine has: without one, a test says
//! so and passes. Builds are kept below the target directory, so that only the first run is slow.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The plugin of the SDK's documentation.
const SAMPLE: &str = r#"//! Reads the files of an invented tool.

use lore_plugin_sdk::{json, prelude::*};

struct Sample;

impl Watcher for Sample {
    type State = String;

    fn info() -> WatcherInfo {
        WatcherInfo::new("sample", "Sample Tool", env!("CARGO_PKG_VERSION"))
            .location("~/.sample", Some("SAMPLE_HOME"), "chats/*.jsonl", Growth::AppendOnly)
    }

    fn start(source: &Source) -> Result<String, ParseError> {
        Ok(source.stem().to_owned())
    }

    fn line(id: &mut String, line: &Line<'_>, out: &mut Output) -> Result<(), ParseError> {
        let Some(record) = line.json::<serde_json::Value>(out) else { return Ok(()) };
        let mut message = Message::new(id.as_str(), line.offset().to_string(), Role::User);
        message.content.push(Block::Text(json::text(&record["text"]).to_owned()));
        out.kept("message");
        out.message(message);
        Ok(())
    }
}
"#;

const REGISTER: &str = "\nlore_plugin_sdk::register!(Sample);\n";

/// A workspace of its own, with a copy of the SDK and some plugins.
struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

impl Workspace {
    /// Lays the workspace at `place`, its builds in `target`; each plugin is a name and its source.
    fn new(place: &str, target: &str, plugins: &[(&str, String)]) -> Self {
        let below = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plugin-build");
        let workspace = Self { root: below.join(place), target: below.join(target) };
        let lore = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace above");
        copy(&lore.join("plugin-sdk"), &workspace.root.join("plugin-sdk"));
        copy(&lore.join("Cargo.lock"), &workspace.root.join("Cargo.lock"));
        let manifest = fs::read_to_string(lore.join("Cargo.toml")).expect("a manifest");
        let members = |line: &str| line.starts_with("members") || line.starts_with("exclude");
        let manifest: Vec<_> = manifest.lines().filter(|line| !members(line)).collect();
        let manifest = manifest.join("\n").replacen(
            "[workspace]",
            "[workspace]\nmembers = [\"plugin-sdk\", \"plugins/*\"]",
            1,
        );
        put(&workspace.root.join("Cargo.toml"), manifest.as_bytes());
        for (name, source) in plugins {
            let dir = workspace.root.join("plugins").join(name);
            let manifest = format!(
                "[package]\nname = \"lore-plugin-{name}\"\nversion = \"0.1.0\"\n\
                 edition = \"2024\"\n\n[dependencies]\nlore-plugin-sdk.workspace = true\n\
                 serde_json.workspace = true\nwit-bindgen.workspace = true\n"
            );
            put(&dir.join("Cargo.toml"), manifest.as_bytes());
            put(&dir.join("src/lib.rs"), source.as_bytes());
        }
        // The lock takes in the new crates, from what is on this machine.
        let target = ["--filter-platform", "wasm32-unknown-unknown"];
        workspace
            .cargo(&[&["metadata", "--offline", "--format-version", "1"], &target[..]].concat());
        workspace
    }

    fn cargo(&self, arguments: &[&str]) {
        let output = Command::new("cargo").current_dir(&self.root).args(arguments).output();
        let output = output.expect("cargo runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// `lore plugin build`, or nothing if no toolchain is there.
    #[must_use]
    fn build(&self, arguments: &[&str]) -> Option<Output> {
        let output = Command::new(env!("CARGO_BIN_EXE_lore"))
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.target)
            .env("LORE_HOME", self.root.join("home"))
            .args(["plugin", "build"])
            .args(arguments)
            .output()
            .expect("lore runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        let missing = ["no Rust compiler here", "the reference toolchain is", "no linker for"];
        if missing.iter().any(|reason| stderr.contains(reason)) {
            println!("skipped: {}", stderr.trim_end());
            return None;
        }
        Some(output)
    }

    /// The component that a successful build wrote.
    fn component(&self, output: &Output, file: &str) -> Vec<u8> {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        fs::read(self.target.join(file)).expect("a component")
    }
}

/// Writes a file unless it is as it should be: cargo builds anew what was written anew.
fn put(path: &Path, bytes: &[u8]) {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return;
    }
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, bytes).expect("a file");
}

fn copy(from: &Path, to: &Path) {
    if !from.is_dir() {
        return put(to, &fs::read(from).expect("a file"));
    }
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        copy(&entry.path(), &to.join(entry.file_name()));
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn bytes_depend_on_no_folder() {
    let plugins = [("sample", format!("{SAMPLE}{REGISTER}"))];
    let one = Workspace::new("one", "one/target", &plugins);
    let two = Workspace::new("two/is/deeper", "two/target", &plugins);
    let file = "lore-plugin/lore-plugin-sample.wasm";
    let Some(output) = one.build(&["plugins/sample", "--reference"]) else { return };
    let first = one.component(&output, file);
    let output = two.build(&["plugins/sample", "--reference"]).expect("the same toolchain");
    assert_eq!(first.len(), two.component(&output, file).len());
    assert!(first == two.component(&output, file), "the bytes differ");
    for private in [env!("CARGO_MANIFEST_DIR"), env!("CARGO_TARGET_TMPDIR"), ".cargo/registry"] {
        assert!(!contains(&first, private), "the component names `{private}`");
    }
}

#[test]
fn what_is_no_plugin_is_refused() {
    let asks = SAMPLE.replace("source.stem().to_owned()", "format!(\"{}\", clock::now())");
    assert_ne!(asks, SAMPLE);
    let foreign = "\nuse other::thing::clock;\nwit_bindgen::generate!({ inline: \"package \
                   other:thing; interface clock { now: func() -> u64; } world w { import clock; \
                   }\" });\n";
    let raw = "\nmod clock {\n    #[link(wasm_import_module = \"env\")]\n    unsafe extern \"C\" \
               {\n        pub safe fn now() -> u64;\n    }\n}\n";
    let plugins = [
        ("foreign", format!("{asks}{foreign}{REGISTER}")),
        ("raw", format!("{asks}{raw}{REGISTER}")),
        ("silent", SAMPLE.to_owned()),
    ];
    let workspace = Workspace::new("refused", "one/target", &plugins);
    for (name, reason) in [
        ("foreign", "imports `other:thing/clock`, but it may import only `lore:watcher/"),
        ("raw", "module requires an import interface named `env`"),
        ("silent", "does not export `describe`: end its `lib.rs` with"),
    ] {
        let out = workspace.root.join(format!("{name}.wasm"));
        let arguments = [&format!("plugins/{name}"), "--out", &out.to_string_lossy()];
        let Some(output) = workspace.build(&arguments) else { return };
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{name} is taken");
        assert!(stderr.contains(reason), "{name}: {stderr}");
        assert!(!out.exists(), "{name} leaves a file");
    }
}

#[test]
fn a_folder_without_a_crate_is_named() {
    let empty = tempfile::tempdir().expect("a folder");
    let output = Command::new(env!("CARGO_BIN_EXE_lore"))
        .env("LORE_HOME", empty.path().join("home"))
        .args(["plugin", "build"])
        .arg(empty.path())
        .output()
        .expect("lore runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(stderr.contains("is no crate that cargo can read: it has no `Cargo.toml`"), "{stderr}");
}

#[test]
fn all_plugins_come_with_a_manifest() {
    let plugins =
        [("sample", format!("{SAMPLE}{REGISTER}")), ("later", "//! Empty as yet.\n".to_owned())];
    let workspace = Workspace::new("all", "one/target", &plugins);
    let fresh = workspace.root.join("fresh");
    let manifest = fresh.join("plugins/dist/manifest.json");
    let mut digests = vec![];
    for source in [&plugins[0].1, &format!("{}\n// Changed.\n", plugins[0].1)] {
        put(&workspace.root.join("plugins/sample/src/lib.rs"), source.as_bytes());
        let arguments = ["--all", "--out", &fresh.to_string_lossy()];
        let Some(output) = workspace.build(&arguments) else { return };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let manifest = fs::read(&manifest).expect("a manifest");
        let manifest: serde_json::Value = serde_json::from_slice(&manifest).expect("JSON");
        assert!(manifest["toolchain"].as_str().is_some_and(|line| line.contains("rustc-web")));
        let components = manifest["components"].as_array().expect("a list");
        assert_eq!(components.len(), 1, "the empty crate is no plugin yet");
        let sample = &components[0];
        assert_eq!(sample["tool"], "sample");
        assert_eq!(sample["crate"], "plugins/sample");
        assert_eq!(sample["file"], "plugins/dist/sample.wasm");
        assert_eq!(sample["shipped"], true);
        assert!(fresh.join("plugins/dist/sample.wasm").is_file());
        digests.push((sample["source_sha256"].clone(), sample["component_sha256"].clone()));
    }
    let [first, second] = &digests[..] else { panic!("two builds") };
    assert_ne!(first.0, second.0, "a changed source has another digest");
    assert_eq!(first.1, second.1, "a comment at the end changes no byte of the component");
}
