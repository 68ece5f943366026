//! Plugins by others: making, testing and installing them, and what becomes of those that are no good.
//!
//! Compiling for WebAssembly needs a toolchain that not every machine has: without one, the test that
//! compiles says so and passes. Its builds are kept below the target directory, so that only the
//! first run is slow.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use lore_tests::{Archive, Outcome, TestEnv, wait_until};

/// Time that an import of some thousand messages never takes.
const DEADLINE: Duration = Duration::from_secs(300);

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// A plugin that is not built in: its sessions are `~/.attacker/chats/*.jsonl`, lines with a `text`.
fn attacker() -> Vec<u8> {
    fs::read(root().join("tests/attacker/attacker.wasm")).expect("it is in the repository")
}

/// The bytes with one text replaced by another of the same length, wherever it stands.
fn patched(mut bytes: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let places: Vec<usize> = (0..bytes.len() - from.len())
        .filter(|&at| bytes[at..].starts_with(from.as_bytes()))
        .collect();
    assert!(!places.is_empty(), "`{from}` is not there");
    for at in places {
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
    }
    bytes
}

/// Writes a component into the current directory.
fn put(env: &TestEnv, name: &str, bytes: &[u8]) {
    fs::write(env.work().join(name), bytes).expect("it can be written");
}

/// A world in which the attacker is installed, and has a session.
fn installed() -> TestEnv {
    let env = TestEnv::new();
    put(&env, "attacker.wasm", &attacker());
    env.write(".attacker/chats/a.jsonl", "{\"text\":\"quartz\"}\n");
    env.lore(&["plugin", "install", "attacker.wasm", "--yes"]).success();
    env
}

/// The plugin as the list has it.
fn listed(env: &TestEnv, tool: &str) -> serde_json::Value {
    let list = env.json(&["plugin", "list"]);
    let plugins = list.as_array().expect("a list");
    plugins.iter().find(|plugin| plugin["tool"] == tool).cloned().unwrap_or_default()
}

/// The blocks of code of a language in a page.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let block = |rest: &str| rest.split("```").next().unwrap_or_default().to_owned();
    page.split(&fence).skip(1).map(block).collect()
}

#[test]
fn the_page_leads_from_nothing_to_an_installed_plugin() {
    let page = fs::read_to_string(root().join("docs/writing-a-plugin.md")).expect("the page");
    let commands: Vec<String> =
        blocks(&page, "sh").iter().flat_map(|block| block.lines()).map(str::to_owned).collect();
    assert!(commands[0].starts_with("lore plugin new my-tool"), "{commands:?}");

    // The place stays, and so do the builds in it; all else is made anew.
    let env = TestEnv::new();
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("third-party");
    let (made, kept) = (place.join("my-tool"), place.join("kept"));
    fs::create_dir_all(&place).expect("a folder");
    if made.join("target").exists() {
        let _ = fs::remove_dir_all(&kept);
        fs::rename(made.join("target"), &kept).expect("the last builds");
    }
    let _ = fs::remove_dir_all(&made);
    let run = |line: &str| -> Outcome {
        let mut arguments: Vec<&str> = line.split(' ').skip(1).collect();
        if line.contains(" install ") {
            arguments.push("--yes"); // Nobody is there to be asked.
        }
        let mut command = env.command(&arguments);
        command.current_dir(&place).env("CARGO_NET_OFFLINE", "true");
        for (variable, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
            let given = std::env::var_os(variable).map(PathBuf::from);
            let usual = || std::env::home_dir().map(|home| home.join(folder));
            command.envs(given.or_else(usual).map(|path| (variable, path)));
        }
        env.run(command)
    };
    for line in &commands {
        let outcome = run(line);
        let missing = ["no Rust compiler here", "no linker for"];
        if missing.iter().any(|reason| outcome.stderr.contains(reason)) {
            println!("skipped: {}", outcome.stderr.trim_end());
            return;
        }
        let outcome = outcome.success();
        if line.contains("plugin new") {
            if kept.exists() {
                fs::rename(&kept, made.join("target")).expect("the last builds");
            }
            // Of all versions that would do, those that are on this machine.
            fs::copy(root().join("Cargo.lock"), made.join("Cargo.lock")).expect("a lock");
            let source = fs::read_to_string(made.join("src/lib.rs")).expect("the source");
            for block in blocks(&page, "rust") {
                assert!(source.contains(&block), "the plugin that `new` writes lacks\n{block}");
            }
        }
        if line.contains("plugin test") {
            assert!(outcome.stdout.contains("ok      conversation"), "{outcome}");
            assert!(outcome.stdout.contains("ok      cargo test"), "{outcome}");
        }
        if line.contains("import") {
            assert!(outcome.stdout.contains("Imported 1 new session and 3 messages."), "{outcome}");
        }
        if line.contains("search") {
            assert!(outcome.stdout.contains("whistle too early"), "{outcome}");
        }
    }
    let installed = listed(&env, "my-tool");
    assert_eq!((&installed["title"], &installed["built_in"]), (&"My Tool".into(), &false.into()));
    assert_eq!(installed["enabled"], true);

    // A crate whose records are others fails, says which, and says so by its exit code.
    let expected = made.join("fixtures/conversation/expected.json");
    let text = fs::read_to_string(&expected).expect("the records");
    fs::write(&expected, text.replace("\"m-1\"", "\"m-2\"")).expect("other records");
    let outcome = run("lore plugin test my-tool").failure();
    assert!(outcome.stdout.contains("FAILED  conversation"), "{outcome}");
    assert!(outcome.stdout.contains("FAILED  cargo test"), "{outcome}");
    for (sign, model) in [('-', "m-2"), ('+', "m-1")] {
        let shown = |line: &str| line.starts_with(sign) && line.contains(model);
        assert!(outcome.stdout.lines().any(shown), "{outcome}");
    }
}

#[test]
fn a_plugin_is_begun_only_where_nothing_is() {
    let env = TestEnv::new();
    let outcome = env.lore(&["plugin", "new", "My_Tool"]).failure();
    assert!(outcome.stderr.contains("`My_Tool` is no name for a tool"), "{outcome}");
    let outcome = env.lore(&["plugin", "new", "codex"]).failure();
    assert!(outcome.stderr.contains("Lore has a plugin for `codex`"), "{outcome}");
    env.lore(&["plugin", "new", "tea", "--path", "one/two"]).success();
    let outcome = env.lore(&["plugin", "new", "tea", "--path", "one"]).failure();
    assert!(outcome.stderr.contains("`one` exists already"), "{outcome}");
    let source = fs::read_to_string(env.work().join("one/two/src/lib.rs")).expect("the source");
    assert!(source.contains("WatcherInfo::new(\"tea\", \"Tea\""), "{source}");
}

#[test]
fn an_installed_plugin_reads_its_tool() {
    let env = TestEnv::new();
    put(&env, "attacker.wasm", &attacker());
    env.write(".attacker/chats/a.jsonl", "{\"text\":\"quartz\"}\n");

    let outcome = env.lore(&["plugin", "install", "attacker.wasm"]).failure();
    for shown in [
        "attacker (Attacker)",
        "lore:watcher@0.1.0",
        "~/.attacker/chats/*.jsonl",
        "everything below ~/.attacker, or below $ATTACKER_HOME if that is set",
        "there is no terminal to ask at",
    ] {
        assert!(outcome.to_string().contains(shown), "`{shown}` is not in\n{outcome}");
    }
    assert!(!env.archive("plugins").exists(), "it was not asked for");

    env.lore(&["plugin", "install", "attacker.wasm", "--yes"]).success();
    let file = env.archive("plugins/attacker.wasm");
    assert_eq!(fs::read(&file).expect("it is kept"), attacker());
    #[cfg(unix)]
    for (path, mode) in [(env.archive("plugins"), 0o700), (file.clone(), 0o600)] {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(path.metadata().expect("it is there").permissions().mode() & 0o777, mode);
    }
    let outcome = env.lore(&["import"]).success();
    assert!(outcome.stdout.contains("Imported 1 new session and 1 message."), "{outcome}");

    // Once more only on purpose; then it says what it takes the place of.
    let outcome = env.lore(&["plugin", "install", "attacker.wasm", "--yes"]).failure();
    assert!(outcome.stderr.contains("a plugin for `attacker` is installed already"), "{outcome}");
    let again = ["plugin", "install", "attacker.wasm", "--yes", "--replace"];
    let outcome = env.lore(&again).success();
    let version = listed(&env, "attacker")["version"].as_str().expect("a version").to_owned();
    let sentence = format!("Installed attacker {version} in place of version {version}.");
    assert!(outcome.stdout.contains(&sentence), "{outcome}");

    // Gone, and its session stays.
    env.lore(&["plugin", "remove", "attacker"]).failure();
    env.lore(&["plugin", "remove", "attacker", "--yes"]).success();
    assert!(!file.exists());
    assert!(listed(&env, "attacker").is_null());
    assert_eq!(env.json(&["sessions"]).as_array().map(Vec::len), Some(1));
    env.lore(&["plugin", "remove", "attacker", "--yes"]).failure();
    let outcome = env.lore(&["plugin", "remove", "codex", "--yes"]).failure();
    assert!(outcome.stderr.contains("`lore plugin disable codex`"), "{outcome}");
}

#[test]
fn a_disabled_tool_is_left_out() {
    let env = installed();
    let watchers = || env.lore(&["config", "get", "watchers"]).success().stdout;
    let all = watchers();
    assert!(all.contains("attacker") && all.contains("codex"), "{all}");

    env.lore(&["plugin", "disable", "attacker"]).success();
    assert!(!watchers().contains("attacker"));
    assert_eq!(listed(&env, "attacker")["enabled"], false);
    let outcome = env.lore(&["import"]).success();
    assert!(!outcome.stdout.contains("attacker"), "{outcome}");

    env.lore(&["plugin", "enable", "attacker"]).success();
    assert_eq!(watchers(), all);
    let outcome = env.lore(&["import"]).success();
    assert!(outcome.stdout.contains("Imported 1 new session"), "{outcome}");
    let outcome = env.lore(&["plugin", "enable", "nothing"]).failure();
    assert!(outcome.stderr.contains("there is no plugin `nothing`"), "{outcome}");
}

/// All tools disabled was the same as none named, and all were imported.
#[test]
fn all_tools_can_be_disabled() {
    let env = installed();
    let list = env.json(&["plugin", "list"]);
    for plugin in list.as_array().expect("a list") {
        env.lore(&["plugin", "disable", plugin["tool"].as_str().expect("a name")]).success();
    }
    let outcome = env.lore(&["import"]).success();
    assert!(outcome.stderr.contains("No sessions of any enabled tool"), "{outcome}");
}

/// Who names the tools that are imported means to import one that is installed later, too.
#[test]
fn what_is_installed_is_enabled() {
    let env = TestEnv::new();
    env.lore(&["config", "set", "watchers", "codex"]).success();
    put(&env, "attacker.wasm", &attacker());
    env.lore(&["plugin", "install", "attacker.wasm", "--yes"]).success();
    let watchers = env.lore(&["config", "get", "watchers"]).success().stdout;
    assert_eq!(watchers.trim_end(), "codex,attacker");
    env.lore(&["plugin", "remove", "attacker", "--yes"]).success();
    let watchers = env.lore(&["config", "get", "watchers"]).success().stdout;
    assert_eq!(watchers.trim_end(), "codex");
}

#[test]
fn a_built_in_plugin_is_replaced_only_on_purpose() {
    let env = TestEnv::new();
    let codex = fs::read(root().join("plugins/dist/codex.wasm")).expect("it ships");
    put(&env, "mine.wasm", &codex);
    let outcome = env.lore(&["plugin", "install", "mine.wasm", "--yes"]).failure();
    assert!(outcome.stderr.contains("a plugin for `codex` is built in"), "{outcome}");
    assert_eq!(listed(&env, "codex")["built_in"], true);

    env.lore(&["plugin", "install", "mine.wasm", "--yes", "--replace"]).success();
    assert_eq!(listed(&env, "codex")["built_in"], false);
    let outcome = env.lore(&["plugin", "remove", "codex", "--yes"]).success();
    assert!(outcome.stdout.contains("The built-in one serves again."), "{outcome}");
    let codex = listed(&env, "codex");
    assert_eq!((&codex["built_in"], &codex["enabled"]), (&true.into(), &true.into()));
}

#[test]
fn what_cannot_serve_is_refused_in_one_sentence() {
    let env = TestEnv::new();
    put(&env, "text.wasm", b"{\"text\":\"hello\"}\n");
    put(&env, "module.wasm", b"\0asm\x01\0\0\0");
    put(&env, "cut.wasm", &attacker()[..1000]);
    put(&env, "newer.wasm", &patched(attacker(), "@0.1.0", "@0.9.0"));
    let greedy = patched(attacker(), "lore:watcher/source@0.1.0", "other:sockets/types@0.2.0");
    put(&env, "greedy.wasm", &greedy);
    for (file, reason) in [
        ("text.wasm", "not a WebAssembly component: it does not begin as WebAssembly does"),
        ("module.wasm", "a core module; `lore plugin build` makes a component of it"),
        ("cut.wasm", "not a WebAssembly component: unexpected end-of-file at byte "),
        (
            "newer.wasm",
            "needs version 0.9.0 of the contract `lore:watcher`, this release speaks 0.1.0",
        ),
        ("greedy.wasm", "imports `other:sockets/types@0.2.0`, which the contract"),
    ] {
        for command in [&["plugin", "install", "--yes", file][..], &["plugin", "inspect", file]] {
            let outcome = env.lore(command).failure();
            assert!(outcome.stderr.contains(reason), "{file}: {outcome}");
            let lines: Vec<&str> = outcome.stderr.lines().collect();
            assert!(matches!(lines[..], [_, hint] if hint.starts_with("hint:")), "{outcome}");
        }
    }
    assert!(!env.archive("plugins").exists());
}

#[test]
fn a_damaged_plugin_is_told_of_and_passed_over() {
    let env = installed();
    let codex = fs::read(root().join("plugins/dist/codex.wasm")).expect("it ships");
    // A replaced plugin that is damaged, one by another's name, and what is no file at all.
    fs::write(env.archive("plugins/codex.wasm"), &codex[..5000]).expect("a damaged file");
    fs::write(env.archive("plugins/other.wasm"), attacker()).expect("a misnamed file");
    fs::create_dir(env.archive("plugins/folder.wasm")).expect("a folder");
    for command in [&["status"][..], &["plugin", "list"], &["import"]] {
        let outcome = env.lore(command).success();
        for reason in [
            "codex: `[ROOT]/lore/plugins/codex.wasm` is passed over: not a WebAssembly component",
            "other: `[ROOT]/lore/plugins/other.wasm` is passed over: it reads the tool `attacker`",
            "folder: `[ROOT]/lore/plugins/folder.wasm` is passed over: it cannot be read",
        ] {
            let lines = outcome.to_string();
            let lines = lines.lines().filter(|line| line.contains(reason)).count();
            assert_eq!(lines, 1, "`{reason}`\n{outcome}");
        }
    }
    let failed = env.json(&["status"])["failed_watchers"].clone();
    let names: Vec<_> = failed.as_array().expect("a list").iter().map(|f| &f["name"]).collect();
    assert_eq!(names, ["codex", "folder", "other"]);
    // All the others work, and so does the built-in one.
    let usable: Vec<_> = env.json(&["plugin", "list"]).as_array().expect("a list").clone();
    let codex = usable.iter().find(|plugin| plugin["tool"] == "codex" && plugin["error"].is_null());
    assert_eq!(codex.expect("the built-in one")["built_in"], true);
    let imported = env.json(&["import", "--force"]);
    assert_eq!(imported["failed_plugins"], failed);
    assert_eq!(imported["tools"][0]["tool"], "attacker");

    // Nothing to import is no failure, whatever lies among the plugins.
    fs::remove_file(env.home().join(".attacker/chats/a.jsonl")).expect("it is there");
    env.lore(&["import"]).success();
}

#[test]
fn a_component_is_tested_with_cases_of_ones_own() {
    let env = TestEnv::new();
    put(&env, "attacker.wasm", &attacker());
    let outcome = env.lore(&["plugin", "test", "attacker.wasm"]);
    assert_eq!(outcome.code(), Some(2), "{outcome}");
    let case = env.work().join("cases/one");
    fs::create_dir_all(case.join("input/chats")).expect("a folder");
    let lines = "{\"text\":\"one\"}\nno JSON\n{\"text\":\"two\"}\n";
    fs::write(case.join("input/chats/a.jsonl"), lines).expect("a file");
    let test = ["plugin", "test", "attacker.wasm", "--fixtures", "cases"];

    let outcome = env.lore(&test).failure();
    assert!(outcome.stdout.contains("FAILED  one"), "{outcome}");
    let outcome = env.lore(&[&test[..], &["--bless"]].concat()).success();
    assert!(outcome.stdout.contains("ok      one  1 source, read "), "{outcome}");
    let report = env.json(&test);
    assert_eq!((&report["ok"], &report["native"]), (&true.into(), &serde_json::Value::Null));
    // Twice as a whole, and twice for every place between its first and last byte.
    assert_eq!(report["cases"][0]["readings"], 2 + 2 * (lines.len() + 1));
    assert!(report["used"]["memory_bytes"].as_u64().is_some_and(|bytes| bytes > 65_536));
    assert!(report["used"]["batch_bytes"].as_u64().is_some_and(|bytes| bytes > 0));

    // A plugin that takes for ever is stopped, and the report says why.
    fs::write(case.join("input/chats/a.jsonl"), "attack memory\n").expect("a file");
    let outcome = env.lore(&test).failure();
    assert!(outcome.stdout.contains("it wanted more than 256 MiB of memory"), "{outcome}");
}

#[test]
fn who_holds_the_store_sees_what_is_installed_meanwhile() {
    let env = TestEnv::new();
    Archive { sessions: 300, turns: 60, seed: 1 }.write(&env);
    put(&env, "attacker.wasm", &attacker());
    let mut import = env.start(&["import"]);
    let socket = env.archive("store.sock");
    let holds = wait_until(DEADLINE, || socket.exists() || !import.is_running());
    assert!(holds, "the import does not begin to serve");
    assert!(listed(&env, "attacker").is_null());
    env.lore(&["plugin", "install", "attacker.wasm", "--yes"]).success();
    assert_eq!(listed(&env, "attacker")["built_in"], false);
    import.outcome().success();
}

/// The folder's name as a relative path, and no name at all, in the folder itself.
#[test]
fn a_crate_is_found_where_one_stands() {
    let env = TestEnv::new();
    fs::create_dir_all(env.work().join("empty/deeper")).expect("a folder");
    for (directory, arguments) in [
        ("empty", &["plugin", "build"][..]),
        ("empty/deeper", &["plugin", "build", ".."]),
        (".", &["plugin", "build", "empty"]),
    ] {
        let mut command: Command = env.command(arguments);
        command.current_dir(env.work().join(directory));
        let outcome = env.run(command).failure();
        assert!(outcome.stderr.contains("it has no `Cargo.toml`"), "{outcome}");
    }
}

/// `LORE_JAVASCRIPT_PLUGIN` names the component of `docs/examples/plugin-in-javascript`, since making
/// it needs Node and what it fetches.
#[test]
fn a_plugin_in_javascript_is_as_good_as_any() {
    let Some(component) = std::env::var_os("LORE_JAVASCRIPT_PLUGIN").map(PathBuf::from) else {
        println!("skipped: LORE_JAVASCRIPT_PLUGIN is not set");
        return;
    };
    let example = root().join("docs/examples/plugin-in-javascript");
    let fixtures = example.join("fixtures");
    let env = TestEnv::new();
    let component = component.to_str().expect("it is text");
    let tested =
        env.lore(&["plugin", "test", component, "--fixtures", &fixtures.to_string_lossy()]);
    assert!(tested.success().stdout.contains("ok      talk"));

    env.lore(&["plugin", "install", component, "--yes"]).success();
    let notes = fs::read(fixtures.join("talk/input/notes/sky.jsonl")).expect("it is there");
    let (first, rest) = notes.split_at(notes.len() / 2);
    let path = env.write(".js-notes/notes/sky.jsonl", first);
    env.lore(&["import"]).success();
    let mut file = fs::File::options().append(true).open(path).expect("it is there");
    std::io::Write::write_all(&mut file, rest).expect("it can be written");
    env.lore(&["import"]).success();
    let found = env.json(&["search", "rötlich"]);
    assert_eq!(found["total_matches"], 1, "{found:#}");
    assert_eq!(found["sessions"][0]["session_message_count"], 4, "{found:#}");
    env.verify();
}
