//! Blame and links in a long history: whole processes, beside git's own.
//!
//! ```console
//! $ cargo bench -p lore-tests --bench history
//! $ python3 gen_corpus.py --out DIR --sessions 1000 --messages 100 --git
//! $ cargo bench -p lore-tests --bench history -- DIR
//! ```
//!
//! The first makes a repository of 10,000 commits, every tenth of which a session made to a file that
//! has 5,000 lines in the end. `DIR` is a home directory with repositories, whose 1,000 sessions are
//! linked. Each figure is the median of several runs of the release build.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use lore_tests::{ClaudeCode, TestEnv};

const COMMITS: u32 = 10_000;
/// Lines that an edit adds to the file.
const LINES: u32 = 5;
const RUNS: usize = 9;
/// Edits of one session.
const EDITS: u32 = 10;

fn main() -> ExitCode {
    // Cargo adds `--bench`.
    let directory = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    match directory {
        Some(home) => links(Path::new(&home)),
        None => blame(),
    }
    ExitCode::SUCCESS
}

fn blame() {
    let env = TestEnv::new();
    let root = env.work().join("kettle");
    history(&env, &root);
    assert_eq!(env.lore(&["import"]).code(), Some(0), "the sessions are imported");
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.arg("-C").arg(&root).args(arguments);
        command
    };
    let lore = |arguments: &[&str]| {
        let mut command = env.command(arguments);
        command.current_dir(&root);
        command
    };
    for graph in [false, true] {
        if graph {
            run(git(&["commit-graph", "write", "--reachable", "--changed-paths"]));
            println!("with a commit graph:");
        }
        show("git blame", || git(&["blame", "src/kettle.rs"]));
        show("lore blame", || lore(&["blame", "src/kettle.rs"]));
        show("lore blame, one line", || lore(&["blame", "src/kettle.rs:2500"]));
        show("lore show --commit HEAD", || lore(&["show", "--commit", "HEAD"]));
        show("lore link --auto", || lore(&["link", "--auto", "--dry-run", "--commit", "HEAD~9"]));
    }
}

/// Ten thousand commits, and the sessions that made every tenth.
fn history(env: &TestEnv, root: &Path) {
    fs::create_dir_all(root).expect("there is room");
    run(Command::new("git").arg("init").args(["--quiet", "--initial-branch", "main"]).arg(root));
    let mut import = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(["fast-import", "--quiet", "--force"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("git runs");
    let mut stream = std::io::BufWriter::new(import.stdin.take().expect("it is piped"));
    let file = root.join("src/kettle.rs").display().to_string();
    let (mut content, mut session) = (String::new(), None);
    // Noon of a day in January; a commit every five minutes.
    let first = 1_767_960_000_u32;
    for number in 0..COMMITS {
        let at = first + number * 300;
        writeln!(stream, "commit refs/heads/main").expect("git reads");
        writeln!(stream, "committer Ada <ada@example.com> {at} +0000").expect("git reads");
        writeln!(stream, "data <<END\nchange {number}\nEND").expect("git reads");
        if number % 10 == 0 {
            let edit = number / 10;
            let lines: String = (0..LINES)
                .map(|line| format!("    let value_{edit}_{line} = boil({number}, {line});\n"))
                .collect();
            if edit % EDITS == 0 {
                session.take().map(|session| env.claude_code(&session));
                let id = format!("{edit:08x}-1111-4111-8111-{edit:012x}");
                let mut new = ClaudeCode::new(&id).directory(&root.display().to_string());
                new.user("Let the kettle boil.");
                session = Some(new);
            }
            let edited = session.take().map(|session| {
                let at = jiff::Timestamp::from_second(i64::from(at) - 60).expect("a time");
                let mut session = session.at(&at.to_string());
                session.edit(&file, "// here", &format!("{lines}// here"));
                session
            });
            session = edited;
            // In the middle, so that every version moves half of the file.
            let middle = content.len() / 2;
            let middle = content[..middle].rfind('\n').map_or(0, |end| end + 1);
            content.insert_str(middle, &lines);
            writeln!(stream, "M 644 inline src/kettle.rs\ndata {}", content.len()).expect("read");
            stream.write_all(content.as_bytes()).expect("git reads");
        } else {
            let text = format!("note {number}\n");
            let name = number % 50;
            writeln!(stream, "M 644 inline notes/{name}.md\ndata {}", text.len()).expect("read");
            stream.write_all(text.as_bytes()).expect("git reads");
        }
        writeln!(stream).expect("git reads");
    }
    session.map(|session| env.claude_code(&session));
    drop(stream);
    assert!(import.wait().expect("git ends").success());
    run(Command::new("git").arg("-C").arg(root).args(["reset", "--quiet", "--hard"]));
}

fn links(home: &Path) {
    let archive = tempfile::tempdir().expect("a temporary directory");
    let lore = |arguments: &[&str], directory: PathBuf| {
        let mut command = Command::new(lore_tests::program());
        command.args(arguments).current_dir(directory);
        command.env("HOME", home).env("LORE_HOME", archive.path());
        command
    };
    run(lore(&["import"], home.to_owned()));
    show("link --auto --backfill, nothing linked", || {
        lore(&["link", "--auto", "--backfill", "--dry-run"], home.to_owned())
    });
    run(lore(&["link", "--auto", "--backfill", "--yes"], home.to_owned()));
    show("link --auto --backfill, all linked", || {
        lore(&["link", "--auto", "--backfill", "--dry-run"], home.to_owned())
    });
    let repository = home.join("src/repo-0");
    show("link --auto", || lore(&["link", "--auto", "--dry-run"], repository.clone()));
    show("show --commit HEAD", || lore(&["show", "--commit", "HEAD"], repository.clone()));
    show("status", || lore(&["status"], repository.clone()));
}

/// Prints the median time of a command.
fn show(name: &str, command: impl Fn() -> Command) {
    let mut times: Vec<f64> = (0..RUNS).map(|_| run(&mut command())).collect();
    times.sort_by(f64::total_cmp);
    println!("{name:40} {:8.0} ms", times[RUNS / 2]);
}

/// Runs a command to its end; returns the milliseconds that it took.
fn run(mut command: impl std::borrow::BorrowMut<Command>) -> f64 {
    let command = command.borrow_mut();
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let begun = Instant::now();
    let status = command.status().expect("it runs");
    assert!(status.success(), "{command:?} fails");
    begun.elapsed().as_secs_f64() * 1e3
}
