//! The settings: `lore config` and its file.

use std::fs;

use serde_json::Value;

use crate::environment::Environment;

#[test]
fn without_a_file_the_defaults_hold_and_nothing_is_created() {
    let environment = Environment::new();
    let json = environment.run(&["config", "--format", "json"]).success();
    let json: Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(json["config_exists"], false);
    assert_eq!(json["config_path"], environment.config_path().display().to_string());
    let settings = &json["settings"];
    let watchers = settings["watchers"].as_array().expect("a list");
    assert!(watchers.contains(&"claude-code".into()) && watchers.contains(&"aider".into()));
    assert_eq!(settings["auto_link_threshold"], 0.6);
    assert_eq!(settings["summary_auto_threshold"], 10);
    assert_eq!(settings["auto_link"], true);
    assert_eq!(settings["machine_id"], Value::Null);
    assert!(!environment.lore_home().exists());
}

#[test]
fn what_is_set_can_be_got() {
    let environment = Environment::new();
    #[track_caller]
    fn check(environment: &Environment, key: &str, value: &str, shown: &str) {
        let after_set = environment.run(&["config", "set", key, value]).success();
        assert_eq!(after_set, format!("{shown}\n"));
        assert_eq!(environment.run(&["config", "get", key]).success(), after_set);
    }
    check(&environment, "watchers", "codex, claude-code", "codex,claude-code");
    check(&environment, "auto_link", "YES", "true");
    check(&environment, "auto_link", "0", "false");
    check(&environment, "auto_link_threshold", "0.75", "0.75");
    check(&environment, "summary_auto_threshold", "4", "4");
    check(&environment, "summary_provider", "OpenAI", "openai");
    check(&environment, "machine_name", "desk: 1", "desk: 1");
    let json = environment.run(&["config", "get", "watchers", "-f", "json"]).success();
    let json: Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(json, serde_json::json!({ "key": "watchers", "value": ["codex", "claude-code"] }));
}

#[test]
fn patterns_stand_one_a_line() {
    let environment = Environment::new();
    let lines = "ticket=ACME-[0-9]{2,4}\n  [Kk]ettle, \\d+\n";
    let expected = "ticket=ACME-[0-9]{2,4}\n[Kk]ettle, \\d+\n";
    let set = environment.run(&["config", "set", "redact_patterns", lines]).success();
    assert_eq!(set, expected);
    assert_eq!(environment.run(&["config", "get", "redact_patterns"]).success(), expected);
    // In the file they are a list.
    assert!(environment.read_config().contains("- ticket=ACME"), "{}", environment.read_config());
    let array = r#"["ticket=ACME-[0-9]{2,4}", "[Kk]ettle, \\d+"]"#;
    assert_eq!(environment.run(&["config", "set", "redact_patterns", array]).success(), expected);
    let json = environment.run(&["config", "get", "redact_patterns", "-f", "json"]).success();
    let json: Value = serde_json::from_str(&json).expect("it is JSON");
    let value = serde_json::json!(["ticket=ACME-[0-9]{2,4}", "[Kk]ettle, \\d+"]);
    assert_eq!(json["value"], value);
    // What is no array is a class of characters.
    let class = environment.run(&["config", "set", "redact_allow", "[ab]+"]).success();
    assert_eq!(class, "[ab]+\n");
    let overview = environment.run(&["config"]).success();
    assert!(overview.contains("ticket=ACME-[0-9]{2,4}  [Kk]ettle, \\d+"), "{overview}");
}

#[test]
fn patterns_that_do_not_compile_are_refused() {
    let environment = Environment::new();
    for (key, value, expected) in [
        (
            "redact_patterns",
            "fine\na(b",
            "error: `redact_patterns` takes regular expressions, one a line: `a(b` is no regular \
             expression that can be used: unclosed group\n",
        ),
        (
            "redact_allow",
            r#"["fine", "*"]"#,
            "error: `redact_allow` takes regular expressions, one a line: `*` is no regular \
             expression that can be used: repetition operator missing expression\n",
        ),
        (
            "redact_patterns",
            "password=.*",
            "error: `redact_patterns` takes regular expressions, one a line: `password=.*` matches \
             the empty text; what stands before a first `=` may be its name\n",
        ),
    ] {
        assert_eq!(environment.run(&["config", "set", key, value]).failure(1), expected);
    }
    environment.write_config("auto_link: true\nredact_patterns:\n- fine\n- a(b\n");
    let error = environment.run(&["config"]).failure(1);
    assert!(error.contains("line 2: `redact_patterns` takes"), "{error}");
}

#[test]
fn an_empty_value_goes_back_to_the_default() {
    let environment = Environment::new();
    let _ = environment.run(&["config", "set", "auto_link_threshold", "0.9"]).success();
    let back = environment.run(&["config", "set", "auto_link_threshold", ""]).success();
    assert_eq!(back, "0.6\n");
    assert!(!environment.read_config().contains("auto_link_threshold"));
}

#[test]
fn values_that_make_no_sense_are_refused() {
    #[track_caller]
    fn check(key: &str, value: &str, expected: &str) {
        let environment = Environment::new();
        let stderr = environment.run(&["config", "set", key, value]).failure(1);
        assert!(stderr.contains(expected), "no `{expected}` in:\n{stderr}");
        assert!(!environment.config_path().exists());
    }
    check("auto_link", "perhaps", "takes `true` or `false`, not `perhaps`");
    check("auto_link_threshold", "1.1", "takes a number from 0.0 to 1.0");
    check("auto_link_threshold", "NaN", "takes a number from 0.0 to 1.0");
    check("summary_auto_threshold", "0", "takes a whole number above 0");
    check("summary_provider", "parrot", "takes one of anthropic, openai, openrouter");
    check("watchers", "codex,emacs", "there is no tool `emacs`");
    check("machine_id", "2fa85f64-5717-4562-b3fc-2c963f66afa6", "is set by lore itself");
    check("colour", "red", "hint: the keys are watchers, project_dirs,");
}

#[test]
fn a_key_without_a_value_cannot_be_got() {
    let environment = Environment::new();
    let stderr = environment.run(&["config", "get", "sync_global_remote"]).failure(1);
    assert!(stderr.starts_with("error: `sync_global_remote` has no value\nhint: the keys are "));
    let stderr = environment.run(&["config", "get", "colour"]).failure(1);
    assert!(stderr.starts_with("error: there is no key `colour`\nhint: the keys are "));
}

#[test]
fn secrets_are_never_shown() {
    let environment = Environment::new();
    let set = |key: &str, value: &str| environment.run(&["config", "set", key, value]).success();
    assert_eq!(set("summary_api_key_openai", "sk-123456789-abcd"), "sk-1...abcd\n");
    assert_eq!(set("summary_api_key_anthropic", "short-secret"), "************\n");
    for command in [&["config"][..], &["config", "list"], &["config", "-f", "json"]] {
        let shown = environment.run(command).success();
        assert!(!shown.contains("sk-123456789") && !shown.contains("short-secret"), "{shown}");
    }
    assert!(environment.read_config().contains("sk-123456789-abcd"));
}

#[test]
fn keys_that_are_not_known_are_kept() {
    let environment = Environment::new();
    environment.write_config("from_the_future:\n  deep: [1, 2]\nauto_link: false\n");
    let _ = environment.run(&["config", "set", "auto_link", "true"]).success();
    let expected = "from_the_future:\n  deep:\n  - 1\n  - 2\nauto_link: true\n";
    assert_eq!(environment.read_config(), expected);
}

#[test]
fn a_broken_file_is_named_with_its_line_and_left_alone() {
    #[track_caller]
    fn check(text: &str, line: usize, expected: &str) {
        let environment = Environment::new();
        environment.write_config(text);
        for command in [&["config"][..], &["config", "set", "auto_link", "true"]] {
            let stderr = environment.run(command).failure(1);
            let place = format!("`{}`, line {line}: ", environment.config_path().display());
            assert!(stderr.starts_with(&format!("error: {place}")), "{stderr}");
            assert!(stderr.contains(expected), "no `{expected}` in:\n{stderr}");
            assert!(stderr.contains("\nhint: correct that line"), "{stderr}");
        }
        assert_eq!(environment.read_config(), text);
    }
    check("auto_link: true\nwatchers: [codex\n", 3, "expected ',' or ']'");
    check("machine_name: a\n\nauto_link: 7\n", 3, "`auto_link` takes `true` or `false`");
    check("watchers: {codex: true}\n", 1, "`watchers` takes names of tools");
    check("machine_id: me\n", 1, "`machine_id` takes a UUID");
    check("just text\n", 1, "not a list of `key: value` lines");
    check("auto_link: true\nauto_link: false\n", 1, "duplicate");
}

#[test]
fn an_empty_file_means_the_defaults() {
    let environment = Environment::new();
    environment.write_config("# nothing yet\n");
    assert_eq!(environment.run(&["config", "get", "auto_link"]).success(), "true\n");
}

#[test]
fn processes_that_write_at_once_lose_nothing() {
    let environment = Environment::new();
    let keys = [
        "machine_name",
        "summary_model_openai",
        "summary_model_anthropic",
        "summary_model_openrouter",
        "sync_global_remote",
        "cloud_url",
    ];
    let start = |key| environment.command(&["config", "set", key, key]).spawn();
    let children: Vec<_> =
        keys.iter().map(|key| start(*key).expect("lore can be started")).collect();
    for mut child in children {
        assert!(child.wait().expect("lore ends").success());
    }
    for key in keys {
        assert_eq!(environment.run(&["config", "get", key]).success(), format!("{key}\n"));
    }
}

#[cfg(unix)]
#[test]
fn only_their_user_can_read_the_settings() {
    use std::os::unix::fs::PermissionsExt as _;

    let environment = Environment::new();
    let _ = environment.run(&["config", "set", "auto_link", "true"]).success();
    let mode = |path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(environment.lore_home()), 0o700);
    assert_eq!(mode(environment.config_path()), 0o600);
}

/// Settings are often kept elsewhere and linked to. Replacing the file must not replace the link.
#[cfg(unix)]
#[test]
fn a_linked_file_stays_linked() {
    let environment = Environment::new();
    let real = environment.home().join("dotfiles.yaml");
    fs::write(&real, "auto_link: false\n").expect("the file can be written");
    fs::create_dir(environment.lore_home()).expect("the directory can be made");
    std::os::unix::fs::symlink(&real, environment.config_path()).expect("links can be made");
    let _ = environment.run(&["config", "set", "auto_link", "true"]).success();
    assert_eq!(fs::read_to_string(&real).expect("the file is there"), "auto_link: true\n");
    assert!(environment.config_path().is_symlink());
}
