//! Lore in the settings of other tools: `lore mcp install` and `uninstall`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use lore_tests::{Outcome, TestEnv, program};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A world without `LORE_HOME`: what is installed needs not name it.
fn run(env: &TestEnv, arguments: &[&str], answer: &str) -> Outcome {
    let mut command = env.command(&[&["mcp"], arguments].concat());
    command.env_remove("LORE_HOME");
    env.answer(command, answer)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()))
}

fn parsed(path: &Path) -> Value {
    serde_json::from_str(&read(path)).expect("it is JSON")
}

fn ours() -> &'static str {
    program().to_str().expect("the path is text")
}

/// Every file below HOME but Lore's own, with what it holds.
fn files(env: &TestEnv) -> Vec<(PathBuf, String)> {
    fn walk(directory: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(directory).expect("it is a directory") {
            let path = entry.expect("it can be read").path();
            match path.is_dir() {
                true if path.ends_with(".lore") => {}
                true => {
                    found.push((path.clone(), String::new()));
                    walk(&path, found);
                }
                false => found.push((path.clone(), read(&path))),
            }
        }
    }
    let mut found = Vec::new();
    walk(&env.home(), &mut found);
    found.sort();
    found
}

#[test]
fn each_tool_gets_the_entry_that_it_reads_and_nothing_is_left_of_it() {
    let env = TestEnv::new();
    for directory in [
        ".claude",
        ".codex",
        ".copilot",
        ".continue",
        ".cursor",
        ".factory",
        ".gemini",
        ".kimi",
        ".kimi-code",
        ".kiro",
        ".qwen",
        ".codeium/windsurf",
        ".cline/data",
        ".config/amp",
        ".config/crush",
        ".config/kilo",
        ".config/opencode",
        ".config/zed",
        ".config/Code/User/globalStorage/saoudrizwan.claude-dev",
        ".config/VSCodium/User/globalStorage/rooveterinaryinc.roo-cline",
    ] {
        fs::create_dir_all(env.home().join(directory)).expect("it can be made");
    }
    let before = files(&env);
    let _ = run(&env, &["install", "--yes"], "").success();

    let plain = json!({"command": ours(), "args": ["mcp", "serve"]});
    let typed = json!({"type": "stdio", "command": ours(), "args": ["mcp", "serve"]});
    let list = json!({"type": "local", "command": [ours(), "mcp", "serve"], "enabled": true});
    let copilot =
        json!({"type": "local", "command": ours(), "args": ["mcp", "serve"], "tools": ["*"]});
    let cline = "settings/cline_mcp_settings.json";
    let expected: &[(&str, &str, &Value)] = &[
        (".claude.json", "mcpServers", &typed),
        (".copilot/mcp-config.json", "mcpServers", &copilot),
        (".cursor/mcp.json", "mcpServers", &plain),
        (".factory/mcp.json", "mcpServers", &typed),
        (".gemini/settings.json", "mcpServers", &plain),
        (".kimi/mcp.json", "mcpServers", &plain),
        (".kimi-code/mcp.json", "mcpServers", &plain),
        (".kiro/settings/mcp.json", "mcpServers", &plain),
        (".qwen/settings.json", "mcpServers", &plain),
        (".codeium/windsurf/mcp_config.json", "mcpServers", &plain),
        (&format!(".cline/data/{cline}"), "mcpServers", &plain),
        (
            &format!(".config/Code/User/globalStorage/saoudrizwan.claude-dev/{cline}"),
            "mcpServers",
            &plain,
        ),
        (
            ".config/VSCodium/User/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json",
            "mcpServers",
            &plain,
        ),
        (".config/amp/settings.json", "amp.mcpServers", &plain),
        (".config/crush/crush.json", "mcp", &typed),
        (".config/kilo/kilo.jsonc", "mcp", &list),
        (".config/opencode/opencode.json", "mcp", &list),
        (".config/zed/settings.json", "context_servers", &plain),
        (".config/Code/User/mcp.json", "servers", &typed),
    ];
    for (file, container, entry) in expected {
        assert_eq!(parsed(&env.home().join(file)), json!({*container: {"lore": entry}}), "{file}");
    }
    assert_eq!(
        read(&env.home().join(".codex/config.toml")),
        format!("[mcp_servers.lore]\ncommand = \"{}\"\nargs = [\"mcp\", \"serve\"]\n", ours())
    );
    let continues = read(&env.home().join(".continue/mcpServers/lore.yaml"));
    assert!(continues.contains(&format!("    command: \"{}\"\n", ours())), "{continues}");

    let again = run(&env, &["install", "--yes"], "").success();
    assert_eq!(again.stdout, "", "{again}");
    assert!(again.stderr.contains("Codex: `~/.codex/config.toml` names Lore already."), "{again}");

    let _ = run(&env, &["uninstall", "--yes"], "").success();
    assert_eq!(files(&env), before);
}

#[test]
fn the_change_is_shown_and_made_after_a_yes() {
    let env = TestEnv::new();
    let text = "{\n  \"mcpServers\": {\n    \"a\": {\"command\": \"b\"} // mine\n  }\n}\n";
    let file = env.write(".cursor/mcp.json", text);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("it is ours");
    for (arguments, answer) in [
        (&["install", "cursor", "--print"][..], "y\n"),
        (&["install", "cursor"][..], "n\n"),
        (&["install"][..], ""),
    ] {
        let outcome = run(&env, arguments, answer).success();
        for line in ["Cursor: `~/.cursor/mcp.json`", "-    \"a\": {\"command\": \"b\"} // mine"] {
            assert!(outcome.stdout.lines().any(|other| other == line), "no `{line}`:\n{outcome}");
        }
        assert!(outcome.stdout.contains("\n+    \"lore\": {\n"), "{outcome}");
        assert_eq!(read(&file), text, "{arguments:?}");
    }
    let _ = run(&env, &["install", "cursor"], "y\n").success();
    let after = read(&file);
    assert!(after.contains("\"a\": {\"command\": \"b\"}, // mine\n    \"lore\": {\n"), "{after}");
    let mode = fs::metadata(&file).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    let _ = run(&env, &["uninstall", "cursor"], "no\n").success();
    assert_eq!(read(&file), after);
    let _ = run(&env, &["uninstall", "cursor"], "yes\n").success();
    assert_eq!(read(&file), text);
}

#[test]
fn a_server_of_that_name_is_replaced_only_after_it_was_shown() {
    let env = TestEnv::new();
    let text = "{\"mcpServers\": {\"lore\": {\"command\": \"other\"}, \"b\": {}}}";
    let file = env.write(".cursor/mcp.json", text);
    let outcome = run(&env, &["install", "cursor"], "n\n").success();
    assert!(outcome.stdout.contains("other"), "{outcome}");
    assert_eq!(read(&file), text);
    let listed = run(&env, &["install", "--list"], "").success();
    assert!(listed.stdout.contains("cursor          named otherwise"), "{listed}");
    let _ = run(&env, &["install", "cursor", "--yes"], "").success();
    assert_eq!(parsed(&file)["mcpServers"]["lore"]["command"], ours());
    let _ = run(&env, &["uninstall", "cursor", "--yes"], "").success();
    assert_eq!(parsed(&file), json!({"mcpServers": {"b": {}}}));
}

#[test]
fn a_file_that_cannot_be_read_is_named_with_its_place_and_not_touched() {
    let env = TestEnv::new();
    let texts: [(&str, &str, &[u8], &str); 5] = [
        ("cursor", ".cursor/mcp.json", b"{\n  \"mcpServers\": {\n", "line "),
        ("gemini", ".gemini/settings.json", b"{\"mcpServers\": 7}", "`mcpServers` is no object"),
        ("codex", ".codex/config.toml", b"a = 1\n[mcp_servers\n", "line 2"),
        ("kiro", ".kiro/settings/mcp.json", b"{\"a\": \"\xff\"}", "from byte 7 on"),
        ("qwen-code", ".qwen/settings.json", b"{\"mcpServers\": {}, \"mcpServers\": {}}", "second"),
    ];
    for (client, file, text, problem) in texts {
        let file = env.write(file, text);
        let outcome = run(&env, &["install", client, "--yes"], "").failure();
        assert!(outcome.stderr.contains(&*file.to_string_lossy()), "{outcome}");
        assert!(outcome.stderr.contains(problem), "no `{problem}`:\n{outcome}");
        assert_eq!(fs::read(&file).expect("it is there"), text);
    }
    // Those that cannot be changed do not keep the others from it.
    fs::create_dir(env.home().join(".factory")).expect("it can be made");
    let outcome = run(&env, &["install", "--yes"], "").failure();
    assert!(outcome.stderr.contains("codex, cursor, gemini, kiro, qwen-code"), "{outcome}");
    assert!(env.home().join(".factory/mcp.json").exists());
}

#[test]
fn links_stay_links() {
    let env = TestEnv::new();
    let real = env.write("dotfiles/cursor.json", "{}");
    fs::create_dir(env.home().join(".cursor")).expect("it can be made");
    let link = env.home().join(".cursor/mcp.json");
    std::os::unix::fs::symlink(&real, &link).expect("it can be made");
    let _ = run(&env, &["install", "cursor", "--yes"], "").success();
    assert!(fs::symlink_metadata(&link).expect("it is there").is_symlink());
    assert_eq!(parsed(&real)["mcpServers"]["lore"]["command"], ours());
    let _ = run(&env, &["uninstall", "cursor", "--yes"], "").success();
    assert_eq!(read(&real), "{}");
}

#[test]
fn variables_move_the_settings_and_lore_is_named_as_it_is_reached() {
    let env = TestEnv::new();
    let bin = env.root().join("bin");
    fs::create_dir(&bin).expect("it can be made");
    std::os::unix::fs::symlink(program(), bin.join("lore")).expect("it can be made");
    let moved = env.root().join("moved");
    let mut command = env.command(&["mcp", "install", "claude-code", "codex", "cursor", "--yes"]);
    command.env("PATH", &bin).env("CODEX_HOME", &moved).env("CLAUDE_CONFIG_DIR", &moved);
    let _ = env.run(command).success();
    // Of shells, the name is known; to what is started from a desktop, it is not.
    let home = env.root().join("lore");
    let claude = parsed(&moved.join(".claude.json"))["mcpServers"]["lore"].take();
    assert_eq!(claude["command"], "lore");
    assert_eq!(claude["env"], json!({"LORE_HOME": home}));
    let codex = read(&moved.join("config.toml"));
    assert!(codex.contains("command = \"lore\"\n"), "{codex}");
    assert!(
        codex.contains(&format!("env = {{ LORE_HOME = \"{}\" }}\n", home.display())),
        "{codex}"
    );
    let cursor = parsed(&env.home().join(".cursor/mcp.json"))["mcpServers"]["lore"].take();
    assert_eq!(cursor["command"], json!(bin.join("lore")));
}

#[test]
fn what_lore_does_not_change_is_told_to_be_added_by_hand() {
    let env = TestEnv::new();
    let file = env.write(".config/goose/config.yaml", "GOOSE_MODEL: x\n");
    let outcome = run(&env, &["install", "goose", "--yes"], "").success();
    assert!(outcome.stdout.contains("Goose: add to `~/.config/goose/config.yaml`\nextensions:\n"));
    assert_eq!(read(&file), "GOOSE_MODEL: x\n");
}

#[test]
fn the_list_says_where_lore_is_named() {
    let env = TestEnv::new();
    env.write(".cursor/mcp.json", "{}");
    env.write(".gemini/settings.json", "{");
    let _ = run(&env, &["install", "cursor", "--yes"], "").success();
    let listed = run(&env, &["install", "--list", "--format", "json"], "").json();
    let of = |name: &str| {
        let clients = listed.as_array().expect("a list").iter();
        clients.clone().find(|client| client["name"] == name).expect("it is listed").clone()
    };
    assert_eq!(of("cursor")["files"][0]["state"], "installed");
    assert_eq!(of("gemini")["files"][0]["state"], Value::Null);
    let error = of("gemini")["files"][0]["error"].to_string();
    assert!(error.contains("line 1"), "{error}");
    assert_eq!(of("codex")["found"], false);
    assert_eq!(of("codex")["files"][0]["state"], Value::Null);

    let nobody = TestEnv::new();
    let outcome = run(&nobody, &["install"], "").failure();
    assert!(outcome.stderr.contains("no tool is found here"), "{outcome}");
}

/// What may stand between the parts of JSON with comments.
fn trivia() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => Just(""),
        3 => Just(" "),
        3 => Just("\n  "),
        1 => Just("\n\n"),
        1 => Just("\t"),
        1 => Just("/* ä, { */"),
        1 => Just("/* a\n } */"),
        1 => Just("// \"b\": [\n"),
    ];
    prop::collection::vec(part, 0..3).prop_map(|parts| parts.concat())
}

fn leaf() -> impl Strategy<Value = String> {
    let leaves =
        ["1", "-2.5e3", "true", "null", "\"\"", "\"// a\\\"b{\"", "\"漢\\u00e4\"", "[]", "{}"];
    prop::sample::select(leaves.to_vec()).prop_map(str::to_owned)
}

/// An object of these values, which may have `special` among its properties.
fn object(
    value: BoxedStrategy<String>,
    special: Option<(&'static str, BoxedStrategy<String>)>,
) -> BoxedStrategy<String> {
    let special = match special {
        Some((name, value)) => {
            prop::option::weighted(0.8, value.prop_map(move |value| (name, value))).boxed()
        }
        None => Just(None).boxed(),
    };
    let space = || (trivia(), trivia(), trivia(), trivia());
    let properties = prop::collection::vec((space(), value), 0..4);
    (properties, special, space(), any::<prop::sample::Index>(), any::<bool>(), trivia())
        .prop_map(|(properties, special, gap, place, comma, end)| {
            let named = |(index, (space, value))| (format!("k{index}"), space, value);
            let mut all: Vec<_> = properties.into_iter().enumerate().map(named).collect();
            if let Some((name, value)) = special {
                let at = place.index(all.len() + 1);
                all.insert(at, (name.to_owned(), gap, value));
            }
            let text: Vec<String> = all
                .into_iter()
                .map(|(name, (a, b, c, d), value)| format!("{a}\"{name}\"{b}:{c}{value}{d}"))
                .collect();
            let comma = if comma && !text.is_empty() { "," } else { "" };
            format!("{{{}{comma}{end}}}", text.join(","))
        })
        .boxed()
}

fn document() -> impl Strategy<Value = String> {
    let array =
        prop::collection::vec(leaf(), 0..3).prop_map(|values| format!("[{}]", values.join(", ")));
    let inner = object(prop_oneof![leaf(), array].boxed(), None);
    let values = prop_oneof![leaf(), inner].boxed();
    let servers = object(values.clone(), None);
    let root = object(values, Some(("mcpServers", servers)));
    let whole =
        (trivia(), root, trivia()).prop_map(|(before, root, after)| before + &root + &after);
    let text = prop_oneof![1 => trivia(), 12 => whole];
    (text, any::<bool>(), prop::bool::weighted(0.1)).prop_map(|(text, windows, marked)| {
        let text = if windows { text.replace('\n', "\r\n") } else { text };
        if marked { format!("\u{feff}{text}") } else { text }
    })
}

/// The text without comments and trailing commas, as JSON; an empty object where there is none.
fn strict(text: &str) -> Value {
    let mut strict = String::new();
    let mut rest = text.trim_start_matches('\u{feff}');
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").expect("it ends") + 2
        } else if first == '"' {
            let escaped = rest[1..].char_indices().scan(false, |escape, (at, character)| {
                let ends = character == '"' && !*escape;
                *escape = character == '\\' && !*escape;
                Some((at, ends))
            });
            let end = escaped.filter(|(_, ends)| *ends).map(|(at, _)| at + 2).next();
            let end = end.expect("it ends");
            strict.push_str(&rest[..end]);
            end
        } else {
            if matches!(first, '}' | ']') && strict.trim_end().ends_with(',') {
                strict.truncate(strict.trim_end().len() - 1);
            }
            strict.push(first);
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    match strict.trim() {
        "" => json!({}),
        strict => serde_json::from_str(strict).unwrap_or_else(|error| panic!("{error}: {text}")),
    }
}

/// All comments of a text.
fn comments(text: &str) -> usize {
    ["/* ä, { */", "} */", "// \"b\": ["].iter().map(|comment| text.matches(comment).count()).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn installing_changes_one_entry_and_uninstalling_nothing(text in document()) {
        let env = TestEnv::new();
        let file = env.write(".cursor/mcp.json", &text);
        let original = strict(&text);

        let _ = run(&env, &["install", "cursor", "--yes"], "").success();
        let installed = read(&file);
        let mut expected = original.clone();
        expected["mcpServers"]["lore"] = json!({"command": ours(), "args": ["mcp", "serve"]});
        prop_assert_eq!(strict(&installed), expected, "{}", installed);
        prop_assert_eq!(comments(&installed), comments(&text), "{}", installed);

        let _ = run(&env, &["uninstall", "cursor", "--yes"], "").success();
        prop_assert_eq!(read(&file), text.clone());

        // Somebody has written the file anew since: what is removed is the entry, and nothing else.
        let _ = run(&env, &["install", "cursor", "--yes"], "").success();
        fs::remove_file(env.home().join(".lore/mcp.json")).expect("it is there");
        let _ = run(&env, &["uninstall", "cursor", "--yes"], "").success();
        let removed = read(&file);
        let mut expected = original;
        if expected.get("mcpServers").is_none() {
            expected["mcpServers"] = json!({});
        }
        prop_assert_eq!(strict(&removed), expected, "{}", removed);
        prop_assert_eq!(comments(&removed), comments(&text), "{}", removed);
    }
}
