//! The daemon as a service. `systemctl` is a stand-in that writes down how it is called; whether systemd
//! takes the unit is asked of systemd itself.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use lore_tests::{Outcome, TestEnv, program};

const UNIT: &str = ".config/systemd/user/lore.service";

/// A world whose `systemctl` runs `script`.
fn world(script: &str) -> TestEnv {
    let env = TestEnv::new();
    let directory = env.root().join("bin");
    fs::create_dir(&directory).expect("there is room for a test");
    let calls = env.root().join("calls");
    let text = format!("#!/bin/sh\necho \"$*\" >> '{}'\n{script}\n", calls.display());
    let systemctl = directory.join("systemctl");
    fs::write(&systemctl, text).expect("it can be written");
    fs::set_permissions(&systemctl, fs::Permissions::from_mode(0o755)).expect("it is ours");
    env
}

fn run_as(env: &TestEnv, program: &Path, arguments: &[&str]) -> Outcome {
    let mut command = env.other(program);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::split_paths(&path);
    let path = std::env::join_paths([env.root().join("bin")].into_iter().chain(path));
    command.args(arguments).env("PATH", path.expect("directories"));
    env.run(command)
}

fn daemon(env: &TestEnv, action: &str) -> Outcome {
    run_as(env, program(), &["daemon", action])
}

fn calls(env: &TestEnv) -> Vec<String> {
    let calls = fs::read_to_string(env.root().join("calls")).unwrap_or_default();
    calls.lines().map(str::to_owned).collect()
}

/// What lies below HOME.
fn home(env: &TestEnv) -> Vec<PathBuf> {
    let entries = fs::read_dir(env.home()).expect("it is there");
    entries.map(|entry| entry.expect("it can be read").path()).collect()
}

#[test]
fn a_service_is_installed_and_leaves_nothing() {
    let env = world("");
    let outcome = daemon(&env, "install").success();
    assert!(outcome.stdout.contains("`~/.config/systemd/user/lore.service`"), "{outcome}");
    assert_eq!(calls(&env), ["--user daemon-reload", "--user enable --now lore.service"]);
    let unit = fs::read_to_string(env.home().join(UNIT)).expect("it is there");
    for line in [
        "Type=simple",
        "Restart=on-failure",
        "RestartSec=5",
        "WantedBy=default.target",
        &format!("ExecStart=\"{}\" daemon start --foreground", program().display()),
        &format!("Environment=\"LORE_HOME={}\"", env.archive("").display()).replace("/\"", "\""),
    ] {
        assert!(unit.lines().any(|other| other == line), "no `{line}` in\n{unit}");
    }

    // What `enable` does.
    let wants = env.home().join(".config/systemd/user/default.target.wants");
    fs::create_dir(&wants).expect("it can be made");
    let link = wants.join("lore.service");
    std::os::unix::fs::symlink(env.home().join(UNIT), link).expect("it can be made");

    let again = daemon(&env, "install").failure();
    assert!(again.stderr.contains("is there already"), "{again}");
    assert!(again.stderr.contains("`lore daemon uninstall`"), "{again}");

    let _ = daemon(&env, "uninstall").success();
    let expected = ["--user disable --now lore.service", "--user daemon-reload"];
    assert_eq!(calls(&env)[2..4], expected);
    assert_eq!(home(&env), Vec::<PathBuf>::new());
    let again = daemon(&env, "uninstall").success();
    assert!(again.stderr.contains("No service is installed"), "{again}");
}

#[test]
fn other_units_stay() {
    let env = world("");
    let other = env.write(".config/systemd/user/other.service", "[Service]\n");
    let _ = daemon(&env, "install").success();
    let _ = daemon(&env, "uninstall").success();
    assert_eq!(fs::read_to_string(other).expect("it is there"), "[Service]\n");
    assert!(!env.home().join(UNIT).exists());
}

#[test]
fn a_service_that_does_not_start_leaves_nothing() {
    let env =
        world("case \"$*\" in *enable*) echo 'Job for lore.service failed.' >&2; exit 1;; esac");
    let outcome = daemon(&env, "install").failure();
    assert!(outcome.stderr.contains("Job for lore.service failed."), "{outcome}");
    assert!(calls(&env).contains(&"--user disable --now lore.service".to_owned()));
    assert_eq!(home(&env), Vec::<PathBuf>::new());
}

#[test]
fn without_a_session_the_way_out_is_told() {
    let env = world("echo 'Failed to connect to bus: No medium found' >&2; exit 1");
    let outcome = daemon(&env, "install").failure();
    assert!(outcome.stderr.contains("Failed to connect to bus"), "{outcome}");
    assert!(outcome.stderr.contains("`loginctl enable-linger`"), "{outcome}");
    assert_eq!(home(&env), Vec::<PathBuf>::new());

    // Who installed it while there was a session can take it away without one.
    env.write(UNIT, "[Service]\n");
    let outcome = daemon(&env, "uninstall").success();
    assert!(outcome.stderr.contains("could not be stopped"), "{outcome}");
    assert_eq!(home(&env), Vec::<PathBuf>::new());
}

#[test]
fn without_systemd_the_way_out_is_told() {
    let env = TestEnv::new();
    let mut command = env.command(&["daemon", "install"]);
    command.env("PATH", env.work());
    let outcome = env.run(command).failure();
    assert!(outcome.stderr.contains("`systemctl` cannot be run"), "{outcome}");
    assert!(outcome.stderr.contains("your shell's profile"), "{outcome}");
    assert_eq!(home(&env), Vec::<PathBuf>::new());
}

#[test]
fn systemd_takes_the_unit_wherever_the_program_lies() {
    let is_there = Command::new("systemd-analyze").arg("--version").output();
    if !is_there.is_ok_and(|output| output.status.success()) {
        println!("skipped: there is no `systemd-analyze`");
        return;
    }
    for name in
        ["plain", "two words", "100% %h", "it's", "a\\x20b", "the \"best\"", "$HOME", "漢字"]
    {
        let env = world("");
        let directory = env.root().join("bin").join(name);
        fs::create_dir(&directory).expect("it can be made");
        let lore = directory.join("lore");
        // A second name is enough, where the file system takes one.
        let named = fs::hard_link(program(), &lore);
        named.or_else(|_| fs::copy(program(), &lore).map(drop)).expect("there is room");
        let _ = run_as(&env, &lore, &["daemon", "install"]).success();

        let runtime = env.root().join("run");
        fs::create_dir(&runtime).expect("it can be made");
        let unit = env.home().join(UNIT);
        let mut verify = env.other("systemd-analyze");
        verify.args(["--user", "verify"]).arg(&unit).env("XDG_RUNTIME_DIR", runtime);
        let output = verify.output().expect("it can be run");
        let said = String::from_utf8_lossy(&output.stderr);
        let unit = fs::read_to_string(unit).expect("it is there");
        // Nothing but what systemd itself ships is remarked upon, either.
        assert!(output.status.success() && !said.contains("lore"), "{said}\n{unit}");
    }
}
