//! `lore daemon start`.

use std::io::{self, IsTerminal as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::Context;
use crate::daemon::control::{self, Answer};
use crate::daemon::lock::{self, Owner};
use crate::daemon::{self, Ending};
use crate::error::CliError;
use crate::service::Service;

/// How long a daemon that was just started may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Pause between two looks whether it does.
const PAUSE: Duration = Duration::from_millis(20);

/// Starts a daemon in the background, and waits until it answers.
pub(super) fn start(context: &mut Context) -> Result<(), CliError> {
    if let Some(owner) = running(context)? {
        return already_running(context, &owner);
    }
    let mut child = match Service::installed(&context.home) {
        Some(service) => {
            service.start()?;
            None
        }
        None => Some(spawn(context)?),
    };
    let begun = Instant::now();
    let log = daemon::log(&context.home);
    let log = context.home.shorten(log.path());
    let see = || "`lore daemon logs` shows what it did".to_owned();
    loop {
        match control::ask(&context.home, control::Command::Ping) {
            Ok(Some(Answer::Pong { pid, .. })) => {
                writeln!(context.output, "The daemon is running, process {pid}.")?;
                writeln!(context.output, "Its log is {log}")?;
                return Ok(());
            }
            // It is about to listen.
            Ok(_) => {}
            Err(_) if begun.elapsed() < PATIENCE => {}
            Err(error) => return Err(error),
        }
        let ended = child.as_mut().and_then(|child| child.try_wait().ok().flatten());
        if let Some(status) = ended {
            return match running(context)? {
                // Another one was faster.
                Some(owner) => already_running(context, &owner),
                None => Err(CliError::new(format!("the daemon ended at once with {status}"))
                    .with_hint(format!(
                        "`{log}` says why; or run `lore daemon start --foreground`"
                    ))),
            };
        }
        if begun.elapsed() > PATIENCE {
            let seconds = PATIENCE.as_secs();
            return Err(CliError::new(format!(
                "the daemon was started and does not answer within {seconds} seconds"
            ))
            .with_hint(see()));
        }
        std::thread::sleep(PAUSE);
    }
}

/// Is the daemon, until it is stopped.
pub(super) fn here(context: &mut Context, detached: bool) -> Result<(), CliError> {
    spare_memory()?;
    if detached {
        // The terminal that it was started from may go away.
        let _ = rustix::process::setsid();
    }
    if let Some(owner) = running(context)? {
        return already_running(context, &owner);
    }
    let log = daemon::log(&context.home).mirrored(io::stderr().is_terminal());
    match daemon::run(&context.home, log)? {
        Ending::Stopped => Ok(()),
        Ending::AlreadyRunning(owner) => already_running(context, &owner),
    }
}

/// Begins this process anew with settings by which glibc gives memory back (mallopt(3)): its threads
/// share what they allocate from, and large pieces are the system's, however many were freed before.
/// Else each thread keeps for ever what it once needed, which doubles the daemon's memory.
fn spare_memory() -> Result<(), CliError> {
    const VARIABLES: [(&str, &str); 3] = [
        ("MALLOC_ARENA_MAX", "1"),
        ("MALLOC_MMAP_THRESHOLD_", "65536"),
        ("MALLOC_TRIM_THRESHOLD_", "65536"),
    ];
    let is_set = VARIABLES.iter().any(|(name, _)| std::env::var_os(name).is_some());
    if !cfg!(target_env = "gnu") || is_set {
        return Ok(());
    }
    let failed = |error| CliError::new(format!("cannot start the daemon: {error}"));
    let program = std::env::current_exe().map_err(failed)?;
    // It returns only if it fails.
    Err(failed(Command::new(program).args(std::env::args_os().skip(1)).envs(VARIABLES).exec()))
}

/// The daemon that runs already, if one does.
fn running(context: &Context) -> Result<Option<Owner>, CliError> {
    lock::owner(&context.home)
}

fn already_running(context: &mut Context, owner: &Owner) -> Result<(), CliError> {
    context.output.note(&format!("The daemon is running already, process {}.", owner.pid))
}

/// The same program as a daemon, which outlives this process and its terminal.
fn spawn(context: &Context) -> Result<Child, CliError> {
    let failed = |error| CliError::new(format!("cannot start the daemon: {error}"));
    let program = std::env::current_exe().map_err(failed)?;
    Command::new(program)
        .args(["daemon", "start", "--foreground", "--detached"])
        // It is not to keep a directory that others want to remove.
        .current_dir("/")
        .env("LORE_HOME", context.home.root())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)
}
