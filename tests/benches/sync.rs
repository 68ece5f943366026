//! Synchronising a thousand sessions: whole processes, and what crosses the wire.
//!
//! ```console
//! $ cargo bench -p lore-tests --bench sync
//! $ cargo bench -p lore-tests --bench sync -- 200 1000
//! ```
//!
//! So many sessions (1,000) of so many messages (100) in one repository, two machines, and a bare
//! repository between them on the same disk. Bytes are those of the pack that git sends.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use lore_tests::{ClaudeCode, Random, TestEnv};

const PASSPHRASE: &str = "seven kettles under one bridge\n";
const RUNS: usize = 5;
const WORDS: &[&str] = &[
    "kettle", "boils", "timeout", "retry", "backoff", "parser", "token", "branch", "quartz",
    "nebula", "socket", "buffer", "cursor", "index", "merge", "render", "widget", "schema",
];

/// A machine with a clone.
struct Machine {
    env: TestEnv,
    clone: PathBuf,
}

impl Machine {
    fn new(origin: &Path) -> Self {
        let env = TestEnv::new();
        let clone = env.work().join("kettle");
        let machine = Self { env, clone };
        let (from, to) = (origin.display().to_string(), machine.clone.display().to_string());
        run(machine.env.other("git").args(["clone", "--quiet", &from, &to]));
        machine.git(&["config", "user.name", "Ada"]);
        machine.git(&["config", "user.email", "ada@example.com"]);
        machine
    }

    fn git(&self, arguments: &[&str]) -> f64 {
        run(self.env.other("git").arg("-C").arg(&self.clone).args(arguments))
    }

    fn lore(&self, arguments: &[&str]) -> f64 {
        run(self.env.command(arguments).current_dir(&self.clone))
    }

    fn setup(&self) {
        let mut command = self.env.command(&["sync", "setup", "--passphrase-stdin"]);
        command.current_dir(&self.clone);
        assert_eq!(self.env.answer(command, PASSPHRASE).code(), Some(0), "it is set up");
    }

    fn session(&self, number: u64) -> ClaudeCode {
        // Spread over the store's directories, as ids are.
        let first = (number as u32).wrapping_mul(0x9e37_79b1);
        let id = format!("{first:08x}-1111-4111-8111-{number:012x}");
        ClaudeCode::new(&id).directory(&self.clone.display().to_string())
    }
}

fn main() {
    let numbers: Vec<u64> = std::env::args().filter_map(|text| text.parse().ok()).collect();
    let (sessions, messages) = match numbers.as_slice() {
        [sessions, messages] => (*sessions, *messages),
        _ => (1000, 100),
    };
    let directory = tempfile::tempdir().expect("a temporary directory");
    let origin = directory.path().join("origin.git");
    run(Command::new("git").args(["init", "--quiet", "--bare"]).arg(&origin));
    let ada = Machine::new(&origin);
    fs::write(ada.clone.join("README"), "kettle\n").expect("there is room");
    ada.git(&["add", "README"]);
    ada.git(&["commit", "--quiet", "-m", "kettle"]);
    ada.git(&["push", "--quiet", "origin", "HEAD"]);

    let mut random = Random::new(1);
    let mut last = None;
    for number in 0..sessions {
        let mut session = ada.session(number);
        for _ in 0..messages.div_ceil(2) {
            session.user(&sentence(&mut random));
            session.assistant(&sentence(&mut random));
        }
        ada.env.claude_code(&session);
        last = Some(session);
    }
    ada.lore(&["import"]);
    ada.setup();
    println!("{sessions} sessions of {messages} messages");
    let (before, begun) = (size(&origin), Instant::now());
    ada.lore(&["sync"]);
    tell("first sync, pushed", begun, size(&origin) - before);
    let bob = Machine::new(&origin);
    bob.setup();
    let begun = Instant::now();
    bob.lore(&["sync"]);
    tell("first sync, fetched and merged", begun, 0);
    median("nothing changed", || ada.lore(&["sync"]));

    let Some(mut session) = last else { return };
    let mut pushed = Vec::new();
    median("one new message, pushed", || {
        session.user(&sentence(&mut random));
        ada.env.claude_code(&session);
        ada.lore(&["import"]);
        let before = size(&origin);
        let time = ada.lore(&["sync"]);
        pushed.push(size(&origin) - before);
        time
    });
    pushed.sort_unstable();
    println!("{:40} {:10} bytes", "  of which git sends", pushed[pushed.len() / 2]);
    let begun = Instant::now();
    bob.lore(&["sync"]);
    tell("these, fetched and merged", begun, 0);
    ada.lore(&["tag", &session.id()[..8], "release"]);
    let (before, begun) = (size(&origin), Instant::now());
    ada.lore(&["sync"]);
    tell("one tag, pushed", begun, size(&origin) - before);
}

fn sentence(random: &mut Random) -> String {
    let length = 60 + random.below(120);
    let words = (0..length).map(|_| WORDS[random.below(WORDS.len() as u64) as usize]);
    words.collect::<Vec<_>>().join(" ")
}

/// Bytes of all objects of a repository.
fn size(repository: &Path) -> u64 {
    let mut size = 0;
    for entry in fs::read_dir(repository.join("objects")).into_iter().flatten().flatten() {
        for file in fs::read_dir(entry.path()).into_iter().flatten().flatten() {
            let is_index = file.path().extension().is_some_and(|name| name != "pack");
            size += if is_index { 0 } else { file.metadata().map_or(0, |file| file.len()) };
        }
    }
    size
}

fn tell(name: &str, begun: Instant, bytes: u64) {
    let bytes = if bytes > 0 { format!("{bytes:10} bytes") } else { String::new() };
    println!("{name:40} {:8.0} ms {bytes}", begun.elapsed().as_secs_f64() * 1e3);
}

fn median(name: &str, mut work: impl FnMut() -> f64) {
    let mut times: Vec<f64> = (0..RUNS).map(|_| work()).collect();
    times.sort_by(f64::total_cmp);
    println!("{name:40} {:8.0} ms", times[RUNS / 2]);
}

/// Runs a command to its end; returns the milliseconds that it took.
fn run(command: &mut Command) -> f64 {
    let begun = Instant::now();
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    begun.elapsed().as_secs_f64() * 1e3
}
