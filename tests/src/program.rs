//! The program under test: built when it is first asked for, of the same profile as the tests.

use std::env;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::thread::JoinHandle;
use std::time::Duration;

use crate::{Outcome, wait_until};

/// Time after which a program that has not ended is taken to hang.
const PATIENCE: Duration = Duration::from_secs(300);

/// The same for one that compiles.
const PATIENCE_OF_BUILDS: Duration = Duration::from_secs(3600);

/// The path of the built `lore`.
///
/// # Panics
/// If it cannot be built.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| build().unwrap_or_else(|error| panic!("lore cannot be built: {error}")))
}

/// Builds it beside this executable, which lies in `<target>/<profile>/deps`. Cargo holds its lock
/// only while it builds, so it can be asked while it runs the tests.
fn build() -> Result<PathBuf, String> {
    let ours = env::current_exe().map_err(|error| error.to_string())?;
    let profile_directory =
        ours.parent().and_then(Path::parent).ok_or("the tests lie in no target directory")?;
    let target = profile_directory.parent().ok_or("the tests lie in no target directory")?;
    let profile = match profile_directory.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let output = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "lore-cli", "--bin", "lore"])
        .args(["--profile", profile, "--target-dir"])
        .arg(target)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .map_err(|error| format!("`{}` cannot be run: {error}", env!("CARGO")))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(profile_directory.join(format!("lore{}", env::consts::EXE_SUFFIX)))
}

/// A program that runs beside the test. It is killed if the test ends before it.
#[derive(Debug)]
pub struct Running {
    child: Child,
    root: PathBuf,
    patience: Duration,
    /// Read as they are written: a program whose pipe is full waits for its reader.
    stdout: Option<Reading>,
    stderr: Option<Reading>,
}

type Reading = JoinHandle<std::io::Result<Vec<u8>>>;

impl Running {
    pub(crate) fn start(command: Command, root: &Path) -> Self {
        Self::reading(command, root, Stdio::null())
    }

    /// It finds `input` at its standard input, which must be short.
    pub(crate) fn answered(command: Command, root: &Path, input: &str) -> Self {
        let mut running = Self::reading(command, root, Stdio::piped());
        let mut stdin = running.child.stdin.take().expect("it is a pipe");
        // It may end without having read it.
        let _ = stdin.write_all(input.as_bytes());
        running
    }

    fn reading(mut command: Command, root: &Path, stdin: Stdio) -> Self {
        let mut child = command
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the built program can be run");
        let stdout = child.stdout.take().map(read);
        let stderr = child.stderr.take().map(read);
        Self { child, root: root.to_owned(), patience: PATIENCE, stdout, stderr }
    }

    /// It may compile, which takes longer than anything else.
    pub(crate) fn compiling(mut self) -> Self {
        self.patience = PATIENCE_OF_BUILDS;
        self
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// It has not ended.
    ///
    /// # Panics
    /// If the system does not say.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child's state is known").is_none()
    }

    /// Ends it as `kill -9` does, wherever it is, and waits for that.
    ///
    /// # Panics
    /// If the system refuses.
    pub fn kill(&mut self) -> ExitStatus {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a killed child ends")
    }

    /// What it did, once it has ended.
    ///
    /// # Panics
    /// If it hangs.
    pub fn outcome(mut self) -> Outcome {
        let ended = wait_until(self.patience, || !self.is_running());
        if !ended {
            self.kill();
        }
        let text = |reading: Option<Reading>| {
            let bytes = reading.map(|reading| reading.join().expect("reading does not panic"));
            let bytes = bytes.transpose().expect("a pipe can be read").unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let (stdout, stderr) = (text(self.stdout.take()), text(self.stderr.take()));
        assert!(ended, "it hangs; it wrote\n{stdout}\n{stderr}");
        let status = self.child.wait().expect("an ended child has a status");
        Outcome::new(status, stdout, stderr, &self.root)
    }
}

fn read(mut pipe: impl Read + Send + 'static) -> Reading {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).map(|_| bytes)
    })
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail if it has ended, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
