//! How the daemon begins and ends, and what it leaves.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Stdio};

use lore_tests::{TestEnv, wait_until};

use crate::{DEADLINE, FIRST, SECOND, active, append, since};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

#[test]
fn it_starts_in_the_background_and_stops_when_asked() {
    let env = TestEnv::new();
    let outcome = env.lore(&["daemon", "status"]).success();
    assert_eq!(outcome.stdout, "The daemon is not running.\n");
    assert_eq!(env.json(&["daemon", "status"])["running"], false);
    let outcome = env.lore(&["daemon", "stop"]).success();
    assert_eq!(outcome.stdout, "The daemon is not running.\n");
    env.lore(&["daemon", "logs"]).success();
    assert!(!env.archive("").exists(), "something was made");

    let outcome = env.lore(&["daemon", "start"]).success();
    assert!(outcome.stdout.contains("The daemon is running, process "), "{outcome}");
    assert!(outcome.stdout.contains("logs/daemon.log"), "{outcome}");
    let status = env.json(&["daemon", "status"]);
    let pid = status["pid"].as_u64().expect("a process");
    assert!(outcome.stdout.contains(&format!("process {pid}.")), "{outcome}");
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
    let overview = env.json(&["status"]);
    assert_eq!(
        (&overview["daemon"]["running"], &overview["daemon"]["pid"]),
        (&true.into(), &pid.into())
    );
    let text = env.lore(&["daemon", "status"]).success().stdout;
    assert!(text.contains("Running") && text.contains(&pid.to_string()), "{text}");

    // There are no two.
    for arguments in [&["daemon", "start"][..], &["daemon", "start", "--foreground"]] {
        let outcome = env.lore(arguments).success();
        let expected = format!("The daemon is running already, process {pid}.\n");
        assert_eq!((outcome.stdout.as_str(), outcome.stderr), ("", expected));
    }
    let outcome = env.lore(&["daemon", "stop"]).success();
    assert_eq!(outcome.stdout, "The daemon was stopped.\n");
    assert_eq!(env.json(&["status"])["daemon"]["running"], false);
    assert!(!env.archive("daemon.sock").exists() && !env.archive("store.sock").exists());
    let logs = env.lore(&["daemon", "logs", "-n", "2"]).success().stdout;
    assert_eq!(logs.lines().count(), 2);
    assert!(logs.ends_with("INFO  stopped\n"), "{logs}");
}

#[test]
fn of_many_that_start_at_once_one_runs() {
    let env = TestEnv::new();
    let start = || env.start(&["daemon", "start", "--foreground"]);
    let mut running: Vec<_> = (0..4).map(|_| start()).collect();
    let left = |running: &mut Vec<lore_tests::Running>| {
        running.iter_mut().filter_map(|daemon| daemon.is_running().then_some(())).count()
    };
    assert!(wait_until(DEADLINE, || left(&mut running) == 1));
    assert!(wait_until(DEADLINE, || {
        let store = env.json(&["daemon", "status"])["store"].take();
        store == "held" || store == "resting"
    }));
    assert_eq!(left(&mut running), 1);
    env.lore(&["daemon", "stop"]).success();
    for daemon in running {
        let outcome = daemon.outcome().success();
        assert!(outcome.stdout.is_empty(), "{outcome}");
    }
}

#[test]
fn one_that_was_killed_leaves_nothing_that_stops_the_next() {
    let env = TestEnv::new();
    let mut session = active(FIRST);
    session.user("Where is the quartz?");
    let file = env.claude_code(&session);
    for round in 0..3 {
        let daemon = env.daemon();
        let before = session.text().len();
        session.assistant(&format!("It may be in nebula{round}."));
        append(&file, &since(&session, before));
        daemon.wait_for_matches(&format!("nebula{round}"), 1);
        daemon.kill();
        assert!(env.archive("daemon.sock").exists() && env.archive("store.sock").exists());
        assert_eq!(env.json(&["daemon", "status"])["running"], false);
        assert_eq!(env.json(&["sessions"])[0]["message_count"], round + 2);
    }
    env.verify();
}

#[test]
fn signals_end_it_in_order() {
    let env = TestEnv::new();
    for name in ["TERM", "INT"] {
        let daemon = env.daemon();
        let _ = daemon.signal(name).success();
        let log = fs::read_to_string(env.archive("logs/daemon.log")).expect("it has written");
        assert!(log.ends_with("INFO  stopped\n"), "{log}");
        assert!(!env.archive("daemon.sock").exists() && !env.archive("store.sock").exists());
    }
}

/// The number of a process in a file says nothing: it may be that of another program by now.
#[test]
fn no_other_process_is_signalled() {
    let env = TestEnv::new();
    let mut other = Command::new("sleep").arg("600").stdin(Stdio::null()).spawn().expect("it runs");
    fs::create_dir_all(env.archive("")).expect("it can be made");
    let owner = format!("{{\"pid\":{},\"version\":\"0.0.1\"}}", other.id());
    fs::write(env.archive("daemon.lock"), owner).expect("it can be written");
    let outcome = env.lore(&["daemon", "stop"]).success();
    assert_eq!(outcome.stdout, "The daemon is not running.\n");

    // Not even if something holds the lock and does not answer.
    let lock = fs::File::open(env.archive("daemon.lock")).expect("it is there");
    lock.lock().expect("it can be locked");
    let outcome = env.lore(&["daemon", "stop"]).failure();
    let said = format!("process {}, does not answer after 10 seconds", other.id());
    assert!(outcome.stderr.contains(&said), "{outcome}");
    assert!(outcome.stderr.contains(&format!("`kill {}` ends it", other.id())), "{outcome}");
    assert!(other.try_wait().expect("its state is known").is_none(), "it was ended");
    other.kill().expect("it can be killed");
    other.wait().expect("it ends");
}

#[test]
fn what_others_could_read_is_made_private() {
    let env = TestEnv::new();
    let mut session = active(FIRST);
    session.user("Where is the quartz?");
    env.claude_code(&session);
    env.lore(&["import"]).success();
    fs::create_dir(env.archive("logs")).expect("it can be made");
    for (name, mode) in [("", 0o755), ("logs", 0o777), ("lore.db", 0o644)] {
        fs::set_permissions(env.archive(name), Permissions::from_mode(mode)).expect("it is ours");
    }
    let daemon = env.daemon();
    for (name, expected) in [
        ("", 0o700),
        ("logs", 0o700),
        ("lore.db", 0o600),
        ("daemon.lock", 0o600),
        ("daemon.sock", 0o600),
        ("store.sock", 0o600),
        ("logs/daemon.log", 0o600),
    ] {
        assert_eq!(mode(&env.archive(name)), expected, "{name}");
    }
    daemon.wait_for("lore.db` could be used by others (mode 644)");
}

#[test]
fn the_log_is_bounded_and_says_as_much_as_is_wanted() {
    let env = TestEnv::new();
    fs::create_dir_all(env.archive("logs")).expect("it can be made");
    let large = "x".repeat(1 << 20) + "\n";
    fs::write(env.archive("logs/daemon.log"), &large).expect("there is room");
    for number in 1..5 {
        let name = format!("logs/daemon.log.{number}");
        fs::write(env.archive(&name), number.to_string()).expect("there is room");
    }
    let daemon = env.daemon_with(&[("LORE_LOG", "error")]);
    let _ = daemon.signal("TERM").success();
    assert_eq!(fs::read_to_string(env.archive("logs/daemon.log")).expect("it is there"), large);

    let daemon = env.daemon_with(&[("LORE_LOG", "debug")]);
    daemon.wait_for("DEBUG the store is open");
    let _ = daemon.signal("TERM").success();
    let read = |number: u32| {
        let name = format!("logs/daemon.log.{number}");
        fs::read_to_string(env.archive(&name)).expect("it is there")
    };
    assert_eq!((read(1), read(2), read(4)), (large, "1".to_owned(), "3".to_owned()));
    assert!(!env.archive("logs/daemon.log.5").exists());
    let line = env.lore(&["daemon", "logs", "--lines", "1"]).success().stdout;
    let (time, rest) = line.split_once(' ').expect("there are words");
    assert!(time.parse::<jiff::Timestamp>().is_ok() && time.ends_with('Z'), "{line}");
    assert_eq!(rest, "INFO  stopped\n");
}

#[test]
fn the_path_of_the_archive_may_be_long() {
    let env = TestEnv::new();
    let long = env.root().join("l".repeat(60)).join("m".repeat(60));
    let lore = |arguments: &[&str]| {
        let mut command = env.command(arguments);
        command.env("LORE_HOME", &long);
        env.run(command)
    };
    let _ = lore(&["daemon", "start"]).success();
    let status = lore(&["daemon", "status", "--format", "json"]).json();
    assert_eq!(status["running"], true);
    let mut session = active(FIRST);
    session.user("Where is the quartz?");
    env.claude_code(&session);
    let found = || lore(&["search", "quartz", "--format", "json"]).json()["total_matches"] == 1;
    let is_found = wait_until(DEADLINE, found);
    let stopped = lore(&["daemon", "stop"]).success();
    assert_eq!(stopped.stdout, "The daemon was stopped.\n");
    assert!(is_found);
}

/// Who holds the store and who asks are one program, unless it was updated in between.
#[test]
fn another_version_at_the_store_says_so() {
    let env = TestEnv::new();
    let mut session = active(SECOND);
    session.user("Where is the quartz?");
    env.claude_code(&session);
    env.lore(&["import"]).success();
    // The greeting of a holder: protocol and version, after its length.
    let greeting = [&[7, 0, 0, 0, 99, 5][..], b"9.8.7"].concat();
    let listener = UnixListener::bind(env.archive("store.sock")).expect("it is free");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a client");
            std::io::Write::write_all(&mut stream, &greeting).expect("it listens");
            let _ = std::io::Read::read(&mut stream, &mut [0; 64]);
        }
    });
    let store = redb::Database::open(env.archive("lore.db")).expect("it is free");
    let outcome = env.lore(&["search", "quartz"]).failure();
    let ours = env!("CARGO_PKG_VERSION");
    assert!(
        outcome.stderr.contains(&format!("held by a process of lore 9.8.7, this is lore {ours}")),
        "{outcome}"
    );
    assert!(outcome.stderr.contains("`lore daemon stop`, then `lore daemon start`"), "{outcome}");
    drop(store);
}
