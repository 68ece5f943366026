//! Whole processes: what a person waits for.
//!
//! ```console
//! $ python3 gen_corpus.py --out DIR --sessions 1000 --messages 100
//! $ cargo bench -p lore-tests --bench process -- DIR
//! ```
//!
//! `DIR` is a home directory. Each figure is the median of several runs of the release build; the
//! peak memory is what GNU time tells, where it is installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

/// Runs of what changes nothing.
const RUNS: usize = 21;
/// Runs of a cold import.
const IMPORTS: usize = 3;

fn main() -> ExitCode {
    // Cargo adds `--bench`.
    let directory = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let Some(home) = directory else {
        println!("no home directory is named, so nothing is measured: see the top of this file");
        return ExitCode::SUCCESS;
    };
    let archive = tempfile::tempdir().expect("a temporary directory");
    let bench = Bench { home: home.into(), archive: archive.path().join("lore") };
    let raw = size(&bench.home.join(".claude")) + size(&bench.home.join(".codex"));
    println!("sources                {:8.1} MB", raw as f64 / 1e6);

    bench.run(&["import"]); // compiles the plugins, whose code stays
    let cold: Vec<f64> = (0..IMPORTS).map(|_| bench.cold_import()).collect();
    let cold = median(cold);
    println!("import, cold           {cold:8.0} ms  {:.0} MB/s", raw as f64 / 1e3 / cold);
    let store = size(&bench.archive.join("lore.db"));
    let index = size(&bench.archive.join("index-v2"));
    let part = (store + index) as f64 / raw as f64;
    println!("store                  {:8.1} MB", store as f64 / 1e6);
    println!(
        "index                  {:8.1} MB  together {part:.2} of the sources",
        index as f64 / 1e6
    );
    if let Some(memory) = bench.peak_memory() {
        println!("import, peak memory    {memory:8.0} MB");
    }
    for (name, arguments) in [
        ("import, nothing new", &["import"][..]),
        ("search, a word", &["search", "zyzzyvaunique"]),
        ("search, a phrase", &["search", "\"quartz nebula\""]),
        ("search, common words", &["search", "the function returns"]),
        ("sessions", &["sessions"]),
        ("--version (a process)", &["--version"]),
    ] {
        let times = (0..RUNS).map(|_| bench.run(arguments)).collect();
        println!("{name:22} {:8.1} ms", median(times));
    }
    ExitCode::SUCCESS
}

struct Bench {
    home: PathBuf,
    archive: PathBuf,
}

impl Bench {
    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).env("HOME", &self.home).env("LORE_HOME", &self.archive);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command
    }

    /// Runs `lore`; returns the milliseconds that it took.
    fn run(&self, arguments: &[&str]) -> f64 {
        let program = lore_tests::program().display().to_string();
        let begun = Instant::now();
        let status = self.command(&program, arguments).status().expect("the built program runs");
        assert!(status.success(), "`lore {}` fails", arguments.join(" "));
        begun.elapsed().as_secs_f64() * 1e3
    }

    /// Removes all but the plugins' compiled code.
    fn forget(&self) {
        fs::remove_file(self.archive.join("lore.db")).expect("there is a store");
        fs::remove_dir_all(self.archive.join("index-v2")).expect("there is an index");
    }

    fn cold_import(&self) -> f64 {
        self.forget();
        self.run(&["import"])
    }

    /// Megabytes that a cold import needs at most.
    fn peak_memory(&self) -> Option<f64> {
        self.forget();
        let program = lore_tests::program().display().to_string();
        let mut command = self.command("/usr/bin/time", &["-f", "%M", &program, "import"]);
        let output = command.stderr(Stdio::piped()).output().ok()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        Some(text.lines().last()?.trim().parse::<f64>().ok()? / 1e3)
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Bytes of a file, or of all files below a directory.
fn size(path: &Path) -> u64 {
    let Ok(metadata) = fs::symlink_metadata(path) else { return 0 };
    if !metadata.is_dir() {
        return metadata.len();
    }
    let entries = fs::read_dir(path).expect("a directory that can be read");
    entries.map(|entry| size(&entry.expect("an entry").path())).sum()
}
