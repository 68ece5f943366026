//! A daemon that is killed at any moment, while sessions are written, loses nothing and doubles nothing.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use lore_tests::{ClaudeCode, Codex, Random, TestEnv, copy_tree, wait_until};
use serde_json::Value;

use crate::{append, seconds_ago};

/// Daemons that are killed.
const KILLS: u32 = 100;

/// Sessions that are written at once, half of them by each tool.
const SESSIONS: u32 = 20;

/// Pause between two appends.
const PAUSE: Duration = Duration::from_millis(5);

/// A session that grows.
enum Session {
    ClaudeCode(ClaudeCode),
    Codex(Codex),
}

struct Growing {
    session: Session,
    file: PathBuf,
    written: usize,
}

impl Growing {
    fn new(env: &TestEnv, number: u32) -> Self {
        let id = format!("{number:08x}-0000-4000-8000-{number:012x}");
        let (session, file) = if number.is_multiple_of(2) {
            let session = ClaudeCode::new(&id).at(&seconds_ago(60));
            let file = env.claude_code(&session);
            (Session::ClaudeCode(session), file)
        } else {
            let session = Codex::new(&id, "/home/ada/kettle", &seconds_ago(60));
            let file = env.codex(&session);
            (Session::Codex(session), file)
        };
        let mut growing = Self { session, file, written: 0 };
        growing.written = growing.text().len();
        growing
    }

    fn text(&self) -> String {
        match &self.session {
            Session::ClaudeCode(session) => session.text(),
            Session::Codex(session) => session.text(),
        }
    }

    /// Says something; writes it in two parts, as a tool may whose buffer is full.
    fn say(&mut self, random: &mut Random) {
        let words = format!("quartz {}", random.number());
        match &mut self.session {
            Session::ClaudeCode(session) => session.user(&words),
            Session::Codex(session) => session.user(&words),
        };
        let text = self.text();
        let new = &text[self.written..];
        let (first, second) = new.split_at(random.below(new.len() as u64) as usize);
        append(&self.file, first);
        append(&self.file, second);
        self.written = text.len();
    }
}

#[test]
fn kill_9_at_any_moment() {
    let env = TestEnv::new();
    let mut sessions: Vec<Growing> =
        (0..SESSIONS).map(|number| Growing::new(&env, number)).collect();
    // A daemon lives as long as one needs that captures something, or twice that.
    env.lore(&["import"]).success();
    let mut random = Random::new(1);
    sessions.iter_mut().for_each(|session| session.say(&mut random));
    let begun = Instant::now();
    let daemon = env.daemon();
    daemon.wait_for_matches("quartz", u64::from(SESSIONS));
    daemon.kill();
    let life = 2 * u64::try_from(begun.elapsed().as_micros()).expect("it began");

    let ended = AtomicBool::new(false);
    let (messages, captured) = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut messages = u64::from(SESSIONS);
            while !ended.load(Ordering::Relaxed) {
                sessions[random.below(u64::from(SESSIONS)) as usize].say(&mut random);
                messages += 1;
                std::thread::sleep(PAUSE);
            }
            messages
        });
        let mut random = Random::new(2);
        let mut captured = u64::from(SESSIONS);
        for _ in 0..KILLS {
            let mut daemon = env.start(&["daemon", "start", "--foreground"]);
            let time = Duration::from_micros(random.below(life));
            assert!(!wait_until(time, || !daemon.is_running()), "{}", daemon.outcome());
            daemon.kill();
            // Whoever asks is answered, whatever was left.
            let found = env.json(&["search", "quartz"])["total_matches"].as_u64();
            let found = found.expect("a number");
            assert!(found >= captured, "{found} after {captured}");
            captured = found;
        }
        ended.store(true, Ordering::Relaxed);
        (writer.join().expect("it writes"), captured)
    });
    println!("{captured} of {messages} messages were captured when the last daemon was killed");
    assert!(captured > u64::from(SESSIONS), "none came to capture anything");

    let daemon = env.daemon();
    daemon.wait_for_matches("quartz", messages);
    let outcome = daemon.signal("TERM");
    assert_eq!(outcome.code(), Some(0), "{outcome}");
    let verification = env.verify();
    assert_eq!(verification["messages"], messages);
    assert_eq!(verification["indexed_messages"], messages);

    let calm = TestEnv::new();
    copy_tree(&env.home(), &calm.home());
    calm.lore(&["import"]).success();
    // Some began at the same moment.
    let everything = |env: &TestEnv| {
        let mut sessions: Vec<String> = env.everything().iter().map(Value::to_string).collect();
        sessions.sort();
        sessions
    };
    assert_eq!(everything(&env), everything(&calm));
}
