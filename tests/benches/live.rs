//! What the daemon costs, and how long one waits for it.
//!
//! ```console
//! $ cargo bench -p lore-tests --bench live -- load 120 600
//! $ cargo bench -p lore-tests --bench live -- crowd 60
//! ```
//!
//! `load`: for so many seconds, a process appends two messages a second to each of 50 sessions of Claude
//! Code, among a thousand that are there; told is how long it takes from the write of a message, of one
//! after the other, until a search finds it, and what the daemon needs, also for as many seconds in
//! which nothing happens. `crowd`: for so many seconds, eight MCP servers are asked, sessions are
//! imported and every command that reads is run beside a daemon; told are the longest waits. Memory and
//! processor time are read from `/proc`, so they are told on Linux only.

use std::fs::{self, File};
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use lore_tests::{Archive, ClaudeCode, Daemon, TestEnv, crowd, wait_until};

const SESSIONS: usize = 50;
const EACH: Duration = Duration::from_millis(500);
/// Sessions that are there before.
const KNOWN: u32 = 1000;
/// A message that is not found after that is lost.
const LOST: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    // Cargo adds `--bench`.
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let seconds = |at: usize| arguments.get(at).and_then(|text| text.parse().ok());
    match (arguments.first().map(String::as_str), seconds(1), seconds(2)) {
        (Some("load"), Some(load), idle) => {
            follow(Duration::from_secs(load), Duration::from_secs(idle.unwrap_or(0)));
        }
        (Some("crowd"), Some(length), None) => show_crowd(Duration::from_secs(length)),
        _ => println!("nothing is named to be measured: see the top of this file"),
    }
    ExitCode::SUCCESS
}

fn follow(load: Duration, idle: Duration) {
    let env = TestEnv::new();
    Archive { sessions: KNOWN, turns: 20, seed: 1 }.write(&env);
    env.lore(&["import"]).success();
    let known = env.verify()["messages"].as_u64().expect("a number");
    let daemon = env.daemon();
    // It has looked at everything, and found nothing.
    std::thread::sleep(Duration::from_secs(2));
    let begun = cpu(&daemon);

    let newest: Mutex<Option<(String, Instant)>> = Mutex::new(None);
    let (written, mut times) = std::thread::scope(|scope| {
        let writer = scope.spawn(|| write(&env, load, &newest));
        let mut times = Vec::new();
        while !writer.is_finished() {
            let next = newest.lock().expect("nobody panics who holds it").take();
            if let Some((word, written)) = next {
                let found = || env.json(&["search", &word, "-l", "1"])["total_matches"] == 1;
                assert!(wait_until(LOST, found), "{word} is not found: {}", daemon.log());
                times.push(written.elapsed().as_secs_f64() * 1e3);
            } else {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        (writer.join().expect("it writes"), times)
    });
    times.sort_by(f64::total_cmp);
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize];
    println!("written              {written:8}    messages in {} s", load.as_secs());
    println!("found after, median  {:8.0} ms of {}", at(0.5), times.len());
    println!("99th percentile      {:8.0} ms", at(0.99));
    println!("longest              {:8.0} ms", at(1.0));
    daemon.wait_for_matches("written", written);
    if let Some(peak) = memory(&daemon, "VmHWM") {
        println!("memory at most       {peak:8.1} MB");
    }
    if let (Some(begun), Some(now)) = (begun, cpu(&daemon)) {
        println!("processor time       {:8.1} s", now - begun);
    }
    if !idle.is_zero() {
        std::thread::sleep(Duration::from_secs(10));
        let begun = cpu(&daemon);
        std::thread::sleep(idle);
        if let (Some(begun), Some(now)) = (begun, cpu(&daemon)) {
            println!(
                "idle for {:4} s       {:9.2} s of processor time",
                idle.as_secs(),
                now - begun
            );
        }
        for (name, field) in [("memory", "VmRSS"), ("of it its own", "RssAnon")] {
            if let Some(size) = memory(&daemon, field) {
                println!("{name:20} {size:8.1} MB");
            }
        }
    }
    let outcome = daemon.signal("TERM");
    assert_eq!(outcome.code(), Some(0), "{outcome}");
    let verification = env.verify();
    assert_eq!(verification["messages"], known + written, "messages were lost, or doubled");
    assert_eq!(verification["indexed_messages"], known + written);
}

/// Writes messages, each with a word of its own, and tells of the newest; returns how many.
fn write(env: &TestEnv, load: Duration, newest: &Mutex<Option<(String, Instant)>>) -> u64 {
    let now = format!("{:.3}", jiff::Timestamp::now());
    let mut sessions: Vec<(ClaudeCode, File)> = (0..SESSIONS)
        .map(|number| {
            let id = format!("aaaaaaaa-0000-4000-8000-{number:012x}");
            let session = ClaudeCode::new(&id).at(&now).directory("/home/ada/live");
            let file = env.claude_code(&session);
            (session, File::options().append(true).open(file).expect("it is there"))
        })
        .collect();
    let (begun, pause) = (Instant::now(), EACH / SESSIONS as u32);
    let mut written = 0_u32;
    while begun.elapsed() < load {
        let (session, file) = &mut sessions[written as usize % SESSIONS];
        let word = format!("w{written}x");
        session.user(&format!("This was written, {word}, by hand, and is as long as many are."));
        let line = session.last_line();
        file.write_all(line.as_bytes()).expect("there is room");
        *newest.lock().expect("nobody panics who holds it") = Some((word, Instant::now()));
        written += 1;
        std::thread::sleep((begun + pause * written).saturating_duration_since(Instant::now()));
    }
    written.into()
}

fn show_crowd(length: Duration) {
    for (name, waits) in crowd(&TestEnv::new(), length) {
        let mean = waits.sum / waits.times;
        println!(
            "{name:40} {:6} times {:8.1} ms {:8.1} ms at most",
            waits.times,
            mean.as_secs_f64() * 1e3,
            waits.longest.as_secs_f64() * 1e3,
        );
    }
}

/// Megabytes that the daemon has.
fn memory(daemon: &Daemon<'_>, field: &str) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<f64>().ok()? * 1024.0 / 1e6)
}

/// Seconds of processor time that the daemon took.
fn cpu(daemon: &Daemon<'_>) -> Option<f64> {
    // Fields 14 and 15 of proc(5); the name in parentheses may hold blanks. A tick is 10 ms.
    let stat = fs::read_to_string(format!("/proc/{}/stat", daemon.id())).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / 100.0)
}
