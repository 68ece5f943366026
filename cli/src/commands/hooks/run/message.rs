//! Names the active sessions in a commit's message, if the setting `commit_footer` is on.
//!
//! Git waits meanwhile, so this is done within a moment or not at all. Git's own program puts the
//! trailers where they belong: it knows comments, the diff below `commit -v`'s line, and the trailers
//! that are there already.
//!
//! A message that is still to be written in the editor is left alone: leaving it empty is how people
//! change their mind about a commit. So are the messages of merges and squashes, and of commits that
//! are made anew, by a rebase or a cherry-pick: who is active now did not write them.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::client::{Access, Client, ClientError};
use crate::commands::{Context, current_directory};
use crate::config::{Config, Key, Setting};
use crate::error::CliError;

/// Time that git may be made to wait, unless the variable says otherwise.
const MOMENT: Duration = Duration::from_millis(150);

/// Milliseconds, in place of [`MOMENT`].
const VARIABLE: &str = "LORE_HOOK_MILLISECONDS";

/// What lies in git's directory while commits are made of others.
const UNDER_WAY: [&str; 6] =
    ["MERGE_HEAD", "SQUASH_MSG", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply"];

/// Adds `Lore-Session: ID` to the message in the file, for each session that is active here.
pub(super) fn name_sessions(context: &Context, file: &Path, source: &str) -> Result<(), CliError> {
    let is_written = matches!(source, "message" | "commit");
    if !is_written || !is_wanted(&Config::load(&context.home)?) || is_made_of_others(file) {
        return Ok(());
    }
    let moment = std::env::var(VARIABLE).ok().and_then(|text| text.parse().ok());
    let moment = moment.map_or(MOMENT, Duration::from_millis);
    let (home, place) = (context.home.clone(), current_directory()?);
    let (answer, answered) = mpsc::sync_channel(1);
    std::thread::spawn(move || {
        let found = Client::connect_within(&home, Access::Read, moment)
            .map_err(ClientError::from)
            .and_then(|mut client| client.active(&place));
        answer.send(found)
    });
    let Ok(found) = answered.recv_timeout(moment) else {
        let milliseconds = moment.as_millis();
        return Err(CliError::new(format!(
            "the active sessions could not be told within {milliseconds} milliseconds"
        )));
    };
    let sessions: Vec<String> =
        found?.iter().map(|detail| format!("Lore-Session: {}", detail.session.id)).collect();
    match sessions.is_empty() {
        true => Ok(()),
        false => add_trailers(file, &sessions),
    }
}

fn is_wanted(config: &Config) -> bool {
    let setting = Key::find("commit_footer").and_then(|key| config.get(key));
    matches!(setting, Some(Setting::Switch(true)))
}

/// Whether the commit is made of others. The message lies in git's directory.
fn is_made_of_others(file: &Path) -> bool {
    let directory = file.parent().unwrap_or(Path::new("."));
    UNDER_WAY.iter().any(|name| directory.join(name).exists())
}

fn add_trailers(file: &Path, trailers: &[String]) -> Result<(), CliError> {
    let mut git = Command::new("git");
    git.args(["interpret-trailers", "--in-place", "--no-divider", "--where", "end"]);
    git.args(["--if-exists", "addIfDifferent", "--if-missing", "add"]);
    for trailer in trailers {
        git.args(["--trailer", trailer]);
    }
    let status = git.arg(file).stdin(Stdio::null()).stdout(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(CliError::new(format!("`git interpret-trailers` ended with {status}"))),
        Err(error) => Err(CliError::new(format!("cannot run `git`: {error}"))),
    }
}
