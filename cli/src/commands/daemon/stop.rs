//! `lore daemon stop`: asks the daemon to end, and waits until it has. Nothing is ever signalled.

use std::io::Write as _;
use std::time::{Duration, Instant};

use super::Context;
use crate::daemon::control::{self, Answer, Command};
use crate::daemon::lock::{self, Owner};
use crate::error::CliError;
use crate::service::Service;

/// How long the daemon may take: it finishes the transaction that it is at.
const PATIENCE: Duration = Duration::from_secs(10);

/// Pause between two looks whether it has ended.
const PAUSE: Duration = Duration::from_millis(20);

/// Stops the daemon, if one runs.
pub(super) fn stop(context: &mut Context) -> Result<(), CliError> {
    if let Some(service) = Service::installed(&context.home) {
        // Else it may be started again as soon as it has ended.
        service.stop()?;
    }
    let said = if end(context)? { "The daemon was stopped." } else { "The daemon is not running." };
    Ok(writeln!(context.output, "{said}")?)
}

/// Ends the daemon, whoever started it; returns whether one ran.
pub(super) fn end(context: &Context) -> Result<bool, CliError> {
    let Some(owner) = lock::owner(&context.home)? else { return Ok(false) };
    let begun = Instant::now();
    let mut asked = false;
    while lock::owner(&context.home)?.is_some() {
        if !asked {
            // It may be about to listen, or to end.
            let answer = control::ask(&context.home, Command::Stop);
            asked = matches!(answer, Ok(Some(Answer::Stopping { .. })));
        }
        if begun.elapsed() > PATIENCE {
            return Err(still_running(&owner, asked));
        }
        std::thread::sleep(PAUSE);
    }
    Ok(true)
}

fn still_running(owner: &Owner, asked: bool) -> CliError {
    let (pid, seconds) = (owner.pid, PATIENCE.as_secs());
    let what = if asked { "was told to stop and is still running" } else { "does not answer" };
    CliError::new(format!("the daemon, process {pid}, {what} after {seconds} seconds"))
        .with_hint(format!("`ps -p {pid}` shows what it is; if it is lore, `kill {pid}` ends it"))
}
