//! Everybody who uses one archive, at once.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::{Archive, ClaudeCode, McpServer, Repository, TestEnv, minute};

/// Servers that AI tools ask.
const SERVERS: usize = 8;

/// A session that made a commit.
const SESSION: &str = "c0ffee00-0000-4000-8000-00000000c0de";

/// How long something was waited for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Waits {
    /// How often.
    pub times: u32,
    /// All of them together.
    pub sum: Duration,
    /// The longest.
    pub longest: Duration,
}

/// What was asked, and how long it was waited for.
type Asked = Mutex<BTreeMap<String, Waits>>;

/// For so long, eight servers are asked, a daemon follows what is written, imports read it, and every
/// command that reads is run, one after the other. Returns how long each was waited for.
///
/// # Panics
/// If any of them fails, or something is lost.
pub fn crowd(env: &TestEnv, duration: Duration) -> BTreeMap<String, Waits> {
    let mut messages = Archive { sessions: 20, turns: 20, seed: 1 }.write(env).messages;
    let repository = Repository::new(env, "kettle-in-a-crowd");
    let mut session = ClaudeCode::new(SESSION).directory(&repository.path("")).at(&minute(0));
    session.user("Write a kettle.");
    repository.create(&mut session, "kettle.rs", "fn boil_the_kettle() {}\n");
    repository.write("CLAUDE.md", "Kettles are made of steel.\n");
    repository.commit(&minute(5), "Kettle");
    messages += u64::from(session.messages());
    env.claude_code(&session);
    env.lore(&["import"]).success();
    repository.lore(&["link", SESSION, "--yes"]).success();
    let daemon = env.daemon();

    let (asked, end) = (Asked::default(), Instant::now() + duration);
    let directory = repository.directory();
    std::thread::scope(|scope| {
        for _ in 0..SERVERS {
            scope.spawn(|| serve(env, directory, &asked, end));
        }
        scope.spawn(|| read(&repository, &asked, end));
        let import = scope.spawn(|| import(env, &asked, end));
        messages += import.join().expect("what is imported is stored");
    });
    let outcome = daemon.signal("TERM");
    assert_eq!(outcome.code(), Some(0), "{outcome}");
    env.lore(&["import"]).success();
    let verification = env.verify();
    assert_eq!(verification["messages"], messages);
    assert_eq!(verification["indexed_messages"], messages);
    asked.into_inner().expect("nobody panics who holds it")
}

/// Asks a server for everything that it has.
fn serve(env: &TestEnv, directory: &Path, asked: &Asked, end: Instant) {
    let mut server = McpServer::start_in(env, directory);
    let calls = [
        ("lore_search", json!({"query": "quartz nebula"})),
        ("lore_get_session", json!({"session_id": SESSION})),
        ("lore_list_sessions", json!({})),
        ("lore_get_context", json!({})),
        ("lore_get_linked_sessions", json!({"commit_sha": "HEAD"})),
        ("lore_get_memories", json!({})),
        ("lore_search_memories", json!({"query": "steel"})),
        ("lore_why", json!({"file": "kettle.rs", "line": 1})),
        ("lore_file_history", json!({"file": "kettle.rs"})),
    ];
    let resource = json!({"uri": format!("lore://session/{SESSION}")});
    while Instant::now() < end {
        for (tool, arguments) in &calls {
            wait_for(asked, tool, || server.call(tool, arguments.clone()));
        }
        wait_for(asked, "resources/read", || server.ask("resources/read", resource.clone()));
        let prompt = json!({"name": "continue"});
        wait_for(asked, "prompts/get", || server.ask("prompts/get", prompt));
    }
    server.end();
}

/// Runs every command that reads.
fn read(repository: &Repository<'_>, asked: &Asked, end: Instant) {
    let commands: &[&[&str]] = &[
        &["sessions"],
        &["search", "quartz"],
        &["search", "\"quartz nebula\"", "--format", "json"],
        &["show", SESSION],
        &["show", "--commit", "HEAD"],
        &["blame", "kettle.rs"],
        &["blame", "kettle.rs:1", "--format", "json"],
        &["memories"],
        &["link", "--auto", "--dry-run"],
        &["hooks", "status"],
        &["daemon", "status"],
        &["daemon", "logs"],
        &["status"],
        &["current"],
        &["context"],
        &["context", "--last"],
        &["config", "list"],
        &["db", "stats"],
        &["db", "verify"],
        &["plugin", "list"],
    ];
    while Instant::now() < end {
        for arguments in commands {
            let name = format!("lore {}", arguments.join(" "));
            let outcome = wait_for(asked, &name, || repository.lore(arguments));
            assert_eq!(outcome.code(), Some(0), "{name}: {outcome}");
        }
    }
}

/// Writes sessions, and imports them while the daemon does; returns how many messages there are.
fn import(env: &TestEnv, asked: &Asked, end: Instant) -> u64 {
    let mut messages = 0;
    for seed in 2.. {
        messages += Archive { sessions: 2, turns: 10, seed }.write(env).messages;
        let report = wait_for(asked, "lore import", || env.json(&["import"]));
        assert!(report["tools"].as_array().is_some_and(|tools| !tools.is_empty()), "{report}");
        if Instant::now() >= end {
            break;
        }
    }
    messages
}

/// Does something, and notes how long it took.
fn wait_for<T>(asked: &Asked, name: &str, ask: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let answer = ask();
    let wait = begun.elapsed();
    let mut asked = asked.lock().expect("nobody panics who holds it");
    let waits = asked.entry(name.to_owned()).or_default();
    waits.times += 1;
    waits.sum += wait;
    waits.longest = waits.longest.max(wait);
    answer
}
