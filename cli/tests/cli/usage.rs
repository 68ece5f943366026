//! Mistakes on the command line, exit codes, and where output goes.

use std::process::Stdio;

use crate::environment::{Environment, Run};

#[track_caller]
fn check_usage(arguments: &[&str], expected: &str) {
    let environment = Environment::new();
    let stderr = environment.run(arguments).failure(2);
    assert!(stderr.starts_with("error: "), "{stderr}");
    assert!(stderr.contains(expected), "no `{expected}` in:\n{stderr}");
    assert!(!environment.lore_home().exists(), "a mistake creates nothing");
}

#[test]
fn mistakes_on_the_command_line_end_with_2() {
    check_usage(&["serch"], "'search'");
    check_usage(&["sessions", "--limit", "many"], "many");
    check_usage(&["search"], "<QUERY>");
    check_usage(&["search", " "], "the query is empty");
    check_usage(&["search", "x", "--role", "robot"], "user, assistant, system");
    check_usage(&["search", "x", "--since", "the day before"], "`the day before`");
    check_usage(&["tag", "3fa81c02", " "], "the tag is empty");
    check_usage(&["plugin", "install"], "<FILE>");
    check_usage(&["link"], "<SESSION|--current|--auto|--repair>");
    check_usage(&["link", "3fa81c02", "--auto"], "cannot be used with");
    check_usage(&["link", "--repair", "--yes"], "cannot be used with");
    check_usage(&["link", "--current", "--backfill"], "cannot be used with");
    check_usage(&["link", "--auto", "--threshold", "60"], "from 0.0 to 1.0");
    check_usage(&["blame", "a.rs:0"], "`0` names no line");
    check_usage(&["blame", "a.rs:20-12"], "`20-12` names no line");
}

#[test]
fn without_a_command_the_help_is_shown() {
    let stderr = Environment::new().run(&[]).failure(2);
    assert!(stderr.contains("Usage: lore"), "{stderr}");
}

#[test]
fn failures_end_with_1_and_say_what_to_do() {
    let environment = Environment::new();
    let stderr = environment.run(&["import", "gone.jsonl"]).failure(1);
    assert_eq!(stderr, "error: cannot read `gone.jsonl`: there is no such file or directory\n");
    let run = environment.command(&["config"]).env_remove("HOME").env_remove("LORE_HOME").output();
    let stderr = Run::from(run.expect("lore can be started")).failure(1);
    assert!(stderr.contains("\nhint: set HOME, or LORE_HOME"), "{stderr}");
}

#[test]
fn a_file_of_no_tool_is_a_failure() {
    let environment = Environment::new();
    std::fs::write(environment.home().join("notes.txt"), "milk, bread\n")
        .expect("it can be written");
    let run = environment.run(&["import", "notes.txt"]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stdout.contains("notes.txt: "), "{}", run.stdout);
    assert!(run.stderr.starts_with("error: nothing that was named could be read\nhint: "));
}

/// The person may have an archive and sessions; the demo must not touch them.
#[test]
fn the_demo_plays_in_a_directory_of_its_own() {
    let environment = Environment::new();
    let stage = environment.home().join("stage");
    let run = environment.run(&["demo", "--dir", "stage"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    for line in ["$ lore import\n", "Imported 3 new sessions", "\nNothing new.\n", "$ lore show "] {
        assert!(run.stdout.contains(line), "no `{line}` in:\n{}", run.stdout);
    }
    assert!(stage.join("home/.lore/lore.db").is_file());
    assert!(!environment.lore_home().exists(), "the person's own archive is not made");
    let again = environment.run(&["demo", "--dir", "stage"]).failure(1);
    assert!(again.contains("is not empty\nhint: "), "{again}");
}

#[test]
fn a_reader_that_went_away_is_no_error() {
    let mut child = Environment::new()
        .command(&["config", "list"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("lore can be started");
    drop(child.stdout.take());
    let run = Run::from(child.wait_with_output().expect("lore ends"));
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
}

#[test]
fn colour_is_for_those_who_want_it() {
    let environment = Environment::new();
    let coloured = |variables: &[(&str, &str)]| {
        let mut command = environment.command(&["config"]);
        command.envs(variables.iter().copied());
        let run = Run::from(command.output().expect("lore can be started"));
        run.success().contains('\u{1b}')
    };
    assert!(!coloured(&[]), "a pipe gets plain text");
    assert!(coloured(&[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
}
