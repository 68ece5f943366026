//! What is captured, and when.

use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use std::sync::mpsc;

use lore_tests::{Codex, Random, TestEnv, program, wait_until};
use serde_json::Value;

use crate::{DEADLINE, FIRST, SECOND, active, append, seconds_ago, since};

#[test]
fn what_is_added_to_a_session_is_found_at_once() {
    let env = TestEnv::new();
    let mut session = active(FIRST);
    session.user("Where is the quartz?");
    let file = env.claude_code(&session);
    let daemon = env.daemon();
    daemon.wait_for_matches("quartz", 1);

    let before = session.text().len();
    session.assistant("The nebula has it.");
    append(&file, &since(&session, before));
    daemon.wait_for_matches("nebula", 1);

    // A line that is not written to its end is read when it is.
    let before = session.text().len();
    session.assistant("An obsidian one, too.");
    let line = since(&session, before);
    let (first, rest) = line.split_at(line.len() / 2);
    append(&file, first);
    append(&file, rest);
    daemon.wait_for_matches("obsidian", 1);

    let status = daemon.status();
    assert_eq!(status["sessions_captured"], 1, "{status}");
    assert_eq!(status["messages_captured"], 3, "{status}");
    assert_eq!(status["active_sessions"], 1, "{status}");
    assert!(status["last_capture_at"].is_string(), "{status}");
    let watched = status["watched"].as_array().expect("a list");
    let directory = env.home().join(".claude/projects").display().to_string();
    let is_watched = |watched: &&Value| {
        watched["tool"] == "claude-code" && watched["path"] == directory.as_str()
    };
    assert!(watched.iter().any(|watched| is_watched(&watched)), "{status}");
    drop(daemon);
    env.verify();
}

#[test]
fn a_directory_that_appears_later_is_watched() {
    let env = TestEnv::new();
    let daemon = env.daemon();
    // Nothing of either tool is there yet.
    let mut session = active(FIRST);
    session.user("Where is the quartz?");
    let file = env.claude_code(&session);
    daemon.wait_for_matches("quartz", 1);
    let mut other = Codex::new(SECOND, "/home/ada/kettle", &seconds_ago(5));
    other.user("Where is the feldspar?");
    env.codex(&other);
    daemon.wait_for_matches("feldspar", 1);

    // Nor the directories of new projects.
    let mut third = active("0c000000-0000-4000-8000-00000000000c").directory("/home/ada/other");
    third.user("Where is the granite?");
    env.claude_code(&third);
    daemon.wait_for_matches("granite", 1);

    // One that is removed and made anew is another one.
    let projects = env.home().join(".claude/projects");
    fs::rename(&projects, env.home().join("old")).expect("it can be moved");
    session.assistant("The nebula has it.");
    env.claude_code(&session);
    daemon.wait_for_matches("nebula", 1);
    let before = session.text().len();
    session.assistant("An obsidian one, too.");
    append(&file, &since(&session, before));
    daemon.wait_for_matches("obsidian", 1);
}

#[test]
fn settings_hold_without_a_restart() {
    let env = TestEnv::new();
    env.lore(&["config", "set", "watchers", "codex"]).success();
    let daemon = env.daemon();
    let mut session = active(FIRST);
    session.user("Where is the quartz?");
    env.claude_code(&session);
    let mut other = Codex::new(SECOND, "/home/ada/kettle", &seconds_ago(5));
    other.user("Where is the feldspar?");
    env.codex(&other);
    daemon.wait_for_matches("feldspar", 1);
    assert_eq!(env.json(&["search", "quartz"])["total_matches"], 0);

    env.lore(&["config", "set", "watchers", "codex,claude-code"]).success();
    daemon.wait_for_matches("quartz", 1);

    // Settings that cannot be read are told of, and those of before hold.
    let good = fs::read(env.archive("config.yaml")).expect("it is there");
    fs::write(env.archive("config.yaml"), "watchers: [codex\n").expect("it can be written");
    daemon.wait_for("the settings cannot be read, those of before hold");
    assert_eq!(daemon.status()["troubles"].as_array().map(Vec::len), Some(1));
    fs::write(env.archive("config.yaml"), good).expect("it can be written");
    daemon.wait_for("no longer: the settings cannot be read");
    assert_eq!(daemon.status()["troubles"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_plugin_that_fails_is_reported_once() {
    let env = TestEnv::new();
    let mut session = active(FIRST);
    session.user("Where is the quartz?");
    env.claude_code(&session);
    let daemon = env.daemon();
    daemon.wait_for_matches("quartz", 1);
    fs::create_dir_all(env.archive("plugins")).expect("it can be made");
    fs::write(env.archive("plugins/parrot.wasm"), "no component").expect("it can be written");
    daemon.wait_for("parrot.wasm` is passed over");
    let troubles = || daemon.status()["troubles"].clone();
    let seen_often = || {
        daemon.ask("rescan").expect("it listens");
        troubles()[0]["count"].as_u64().is_some_and(|count| count > 2)
    };
    assert!(wait_until(DEADLINE, seen_often), "{}", troubles());
    assert_eq!(daemon.log().matches("is passed over").count(), 1, "{}", daemon.log());

    // The rest goes on.
    let mut other = active(SECOND);
    other.user("Where is the feldspar?");
    env.claude_code(&other);
    daemon.wait_for_matches("feldspar", 1);
    fs::remove_file(env.archive("plugins/parrot.wasm")).expect("it can be removed");
    daemon.wait_for("no longer: parrot");
    assert_eq!(troubles(), Value::Array(vec![]));
}

#[test]
fn watching_shows_what_is_captured() {
    let env = TestEnv::new();
    let outcome = env.lore(&["watch"]).failure();
    assert!(outcome.stderr.contains("hint: `lore daemon start` starts it"), "{outcome}");

    let daemon = env.daemon();
    let mut lines = [&["watch"][..], &["watch", "--format", "json"]].map(|arguments| {
        let mut child = env
            .command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it can be run");
        let (tell, told) = mpsc::channel();
        let stdout = BufReader::new(child.stdout.take().expect("it is a pipe"));
        std::thread::spawn(move || {
            stdout.lines().map_while(Result::ok).try_for_each(|line| tell.send(line))
        });
        (child, told)
    });
    for (_, told) in &lines {
        let first = told.recv_timeout(DEADLINE).expect("it begins");
        assert!(first.contains("watching"), "{first}");
    }
    let mut session = active(FIRST);
    session.user("Where is the quartz?");
    env.claude_code(&session);
    let text = lines[0].1.recv_timeout(DEADLINE).expect("it is told");
    assert!(text.contains("new       0a000000  claude-code  kettle  main  1 message"), "{text}");
    let json = lines[1].1.recv_timeout(DEADLINE).expect("it is told");
    let json: Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(json["type"], "captured");
    assert_eq!((&json["new"], &json["new_messages"]), (&true.into(), &1.into()));
    assert_eq!(json["session"]["id"], FIRST);
    assert_eq!(json["session"]["branch"], "main");

    // They end with the daemon.
    env.lore(&["daemon", "stop"]).success();
    daemon.outcome().success();
    for (child, _) in &mut lines {
        assert!(wait_until(DEADLINE, || child.try_wait().is_ok_and(|status| status.is_some())));
    }
}

#[test]
fn a_file_that_is_replaced_cut_off_or_deleted_loses_nothing() {
    let env = TestEnv::new();
    let mut session = active(FIRST);
    session.user("Where is the quartz?");
    let file = env.claude_code(&session);
    let daemon = env.daemon();
    daemon.wait_for_matches("quartz", 1);

    session.assistant("The nebula has it.");
    let new = file.with_extension("new");
    fs::write(&new, session.text()).expect("there is room");
    fs::rename(&new, &file).expect("it can be replaced");
    daemon.wait_for_matches("nebula", 1);

    fs::write(&file, "").expect("it can be cut off");
    session.assistant("An obsidian one, too.");
    append(&file, &session.text());
    daemon.wait_for_matches("obsidian", 1);

    fs::remove_file(&file).expect("it can be deleted");
    let mut other = active(SECOND);
    other.user("Where is the feldspar?");
    env.claude_code(&other);
    daemon.wait_for_matches("feldspar", 1);
    let shown = env.json(&["show", FIRST]);
    assert_eq!(shown["messages"].as_array().map(Vec::len), Some(3), "{shown}");
}

/// A full disk made redb refuse to go on, and the daemon reported it anew with every try: finding the
/// directories to watch, which writes nothing, was taken for a success.
#[test]
fn a_full_disk_is_reported_once_and_nothing_is_lost() {
    let unlimited = |process: u32| {
        let process = format!("--pid={process}");
        std::process::Command::new("prlimit").args([&process, "--fsize=unlimited"]).output()
    };
    if unlimited(std::process::id()).is_err() {
        return println!("skipped: there is no `prlimit`");
    }
    let env = TestEnv::new();
    let mut session = active(FIRST);
    session.user("Where is the quartz?");
    let file = env.claude_code(&session);
    // No file may be larger than some mebibytes.
    let program = program().to_str().expect("a plain name");
    let script =
        format!("trap '' XFSZ; ulimit -S -f 4096; exec '{program}' daemon start --foreground");
    let mut command = env.other("sh");
    command.args(["-c", &script]);
    let daemon = env.daemon_of(command);
    daemon.wait_for_matches("quartz", 1);

    let before = session.text().len();
    let mut random = Random::new(7);
    for _ in 0..400 {
        let words: Vec<String> = (0..1000).map(|_| random.below(u64::MAX).to_string()).collect();
        session.assistant(&words.join(" "));
    }
    session.assistant("The nebula has it.");
    append(&file, &since(&session, before));
    daemon.wait_for("File too large");
    let seen_often = || daemon.status()["troubles"][0]["count"].as_u64().is_some_and(|c| c > 2);
    assert!(wait_until(DEADLINE, seen_often), "{}", daemon.log());
    assert_eq!(daemon.log().matches("WARN").count(), 1, "{}", daemon.log());
    // What was stored can be read.
    assert_eq!(env.json(&["search", "quartz"])["total_matches"], 1);

    assert!(unlimited(daemon.id()).expect("it can be run").status.success());
    daemon.wait_for("no longer: the store");
    daemon.wait_for_matches("nebula", 1);
    drop(daemon);
    assert_eq!(env.verify()["messages"], 402);
}

#[test]
fn a_directory_that_cannot_be_read_is_reported_once_and_the_rest_goes_on() {
    let env = TestEnv::new();
    let mut hidden = active(FIRST).directory("/home/ada/hidden");
    hidden.user("Where is the quartz?");
    let directory = env.claude_code(&hidden).parent().expect("it lies in one").to_owned();
    let close = |mode| fs::set_permissions(&directory, Permissions::from_mode(mode));
    close(0o000).expect("it is ours");

    // To whoever may do everything, nothing is forbidden.
    let rights = "--bounding-set=-dac_override,-dac_read_search";
    let mut command = match fs::read_dir(&directory) {
        Ok(_) => env.other("setpriv"),
        Err(_) => env.command(&["daemon", "start", "--foreground"]),
    };
    if command.get_program() == "setpriv" {
        command.arg(rights).arg(program()).args(["daemon", "start", "--foreground"]);
    }
    let daemon = env.daemon_of(command);
    let path = directory.to_str().expect("a plain path");
    daemon.wait_for(path);
    let mut other = active(SECOND);
    other.user("Where is the feldspar?");
    env.claude_code(&other);
    daemon.wait_for_matches("feldspar", 1);
    let told = |status: &Value| status["troubles"].to_string().contains(path);
    assert!(told(&daemon.status()), "{}", daemon.status());

    close(0o700).expect("it is ours");
    assert!(daemon.ask("rescan").is_some());
    daemon.wait_for_matches("quartz", 1);
    daemon.wait_for("no longer: ");
    assert!(!told(&daemon.status()), "{}", daemon.status());
    let log = daemon.log();
    let is_told = |line: &&str| line.contains("WARN") && line.contains(path);
    assert_eq!(log.lines().filter(is_told).count(), 1, "{log}");
}

#[test]
fn where_nothing_can_be_watched_it_looks_now_and_then() {
    let env = TestEnv::new();
    // A namespace of its own has its own limit.
    let limited = |then: &str| {
        let script = format!("echo 2 > /proc/sys/user/max_inotify_watches && exec {then}");
        let mut command = env.other("unshare");
        command.args(["--user", "--map-root-user", "sh", "-c", &script]);
        command
    };
    if !limited("true").output().is_ok_and(|output| output.status.success()) {
        return println!("skipped: the number of watched directories cannot be limited");
    }
    let mut session = active(FIRST);
    session.user("Where is the quartz?");
    let file = env.claude_code(&session);
    let program = program().to_str().expect("a plain name");
    let daemon = env.daemon_of(limited(&format!("'{program}' daemon start --foreground")));
    daemon.wait_for_matches("quartz", 1);
    let before = session.text().len();
    session.assistant("The nebula has it.");
    append(&file, &since(&session, before));
    daemon.wait_for_matches("nebula", 1);
    let status = daemon.status();
    assert_eq!(status["watched"][0]["how"], "polled", "{status}");
    assert!(status["troubles"].to_string().contains("fs.inotify.max_user_watches"), "{status}");
}
