//! `lore daemon status`, and what `lore status` says of the daemon.

use std::io::Write as _;

use serde::Serialize;

use super::Context;
use crate::daemon::control::{self, Answer, Command, Directory, Status, StoreState, Trouble};
use crate::daemon::lock;
use crate::error::CliError;
use crate::home::Home;
use crate::output::number::{count, grouped};
use crate::output::table::Table;
use crate::output::{BAD, DIM, Format, GOOD, HEADING, plain, time};

/// Whether there is a daemon.
pub(crate) enum Presence {
    NotRunning,
    /// It holds its lock, but does not answer.
    Silent {
        pid: u32,
        version: String,
    },
    Running(Box<Status>),
}

/// What `lore status` says of the daemon.
#[derive(Serialize)]
pub(crate) struct DaemonJson {
    running: bool,
    message: String,
    pid: Option<u32>,
    version: Option<String>,
}

#[derive(Serialize)]
struct StatusJson<'a> {
    #[serde(flatten)]
    daemon: DaemonJson,
    started_at: Option<&'a str>,
    uptime_seconds: Option<u64>,
    store: Option<StoreState>,
    watched: &'a [Directory],
    active_sessions: u64,
    sessions_captured: u64,
    messages_captured: u64,
    links_made: u64,
    last_capture_at: Option<&'a str>,
    troubles: &'a [Trouble],
}

/// Looks for the daemon.
pub(crate) fn presence(home: &Home) -> Result<Presence, CliError> {
    let Some(owner) = lock::owner(home)? else { return Ok(Presence::NotRunning) };
    match control::ask(home, Command::Status) {
        Ok(Some(Answer::Status(status))) => Ok(Presence::Running(status)),
        _ => Ok(Presence::Silent { pid: owner.pid, version: owner.version }),
    }
}

impl Presence {
    /// In one sentence.
    pub(crate) fn message(&self) -> String {
        match self {
            Presence::NotRunning => "The daemon is not running.".to_owned(),
            Presence::Silent { pid, .. } => {
                format!("The daemon, process {pid}, does not answer; `lore daemon logs` says more.")
            }
            Presence::Running(status) => match self.other_version() {
                Some(hint) => format!("The daemon is running, process {}; {hint}.", status.pid),
                None => format!("The daemon is running, process {}.", status.pid),
            },
        }
    }

    pub(crate) fn json(&self) -> DaemonJson {
        let (pid, version) = match self {
            Presence::NotRunning => (None, None),
            Presence::Silent { pid, version } => (Some(*pid), Some(version.clone())),
            Presence::Running(status) => (Some(status.pid), Some(status.version.clone())),
        };
        let running = !matches!(self, Presence::NotRunning);
        DaemonJson { running, message: self.message(), pid, version }
    }

    /// What to do if the daemon is of another version.
    fn other_version(&self) -> Option<String> {
        let ours = env!("CARGO_PKG_VERSION");
        match self {
            Presence::Running(status) if status.version != ours => Some(format!(
                "it is lore {}, this is lore {ours}: run `lore daemon stop`, then `lore daemon start`",
                plain(&status.version)
            )),
            _ => None,
        }
    }
}

pub(super) fn run(context: &mut Context, format: Format) -> Result<(), CliError> {
    let presence = presence(&context.home)?;
    match format {
        Format::Json => json(context, &presence),
        Format::Text => text(context, &presence),
    }
}

fn json(context: &mut Context, presence: &Presence) -> Result<(), CliError> {
    let nothing = Status::default();
    let (status, running) = match presence {
        Presence::Running(status) => (&**status, true),
        _ => (&nothing, false),
    };
    context.output.json(&StatusJson {
        daemon: presence.json(),
        started_at: running.then_some(status.started_at.as_str()),
        uptime_seconds: running.then_some(status.uptime_seconds),
        store: running.then_some(status.store),
        watched: &status.watched,
        active_sessions: status.active_sessions,
        sessions_captured: status.sessions_captured,
        messages_captured: status.messages_captured,
        links_made: status.links_made,
        last_capture_at: status.last_capture_at.as_deref(),
        troubles: &status.troubles,
    })
}

fn text(context: &mut Context, presence: &Presence) -> Result<(), CliError> {
    let Presence::Running(status) = presence else {
        writeln!(context.output, "{}", presence.message())?;
        return match presence {
            Presence::NotRunning => context.output.note("`lore daemon start` starts it."),
            _ => Ok(()),
        };
    };
    let (home, output) = (&context.home, &mut context.output);
    writeln!(output, "{GOOD}Running{GOOD:#}")?;
    let mut facts = Table::<2>::new().style(0, DIM).indent(2);
    facts.row(["Process".into(), status.pid.to_string()]);
    facts.row(["Version".into(), status.version.clone()]);
    facts.row(["Since".into(), since(status)]);
    facts.row(["Store".into(), store(status.store).into()]);
    let sessions = count(status.sessions_captured, "new session");
    let messages = count(status.messages_captured, "message");
    facts.row(["Captured".into(), format!("{sessions}, {messages}")]);
    facts.row(["Active".into(), count(status.active_sessions, "session")]);
    facts.row(["Linked".into(), count(status.links_made, "commit")]);
    let last = status.last_capture_at.as_deref().map_or_else(|| "-".into(), local);
    facts.row(["Last capture".into(), last]);
    facts.write(output)?;
    if let Some(hint) = presence.other_version() {
        writeln!(output, "\n{BAD}Another version{BAD:#}: {hint}")?;
    }

    writeln!(output, "\n{HEADING}Watched{HEADING:#}")?;
    let mut watched = Table::<3>::new().style(2, DIM).indent(2);
    for Directory { tool, path, how } in &status.watched {
        watched.row([tool.clone(), home.shorten(path.as_ref()), how.clone()]);
    }
    match (watched.is_empty(), status.store) {
        (false, _) => watched.write(output)?,
        (true, StoreState::Held | StoreState::Resting) => {
            writeln!(output, "  {DIM}No directory of an enabled tool exists yet{DIM:#}")?;
        }
        (true, _) => writeln!(output, "  {DIM}Nothing until the store is held{DIM:#}")?,
    }
    if !status.troubles.is_empty() {
        writeln!(output, "\n{HEADING}Troubles{HEADING:#}")?;
        for Trouble { message, count, last_at, .. } in &status.troubles {
            let times =
                if *count == 1 { String::new() } else { format!("{} times, ", grouped(*count)) };
            writeln!(output, "  {BAD}{}{BAD:#}", plain(message))?;
            writeln!(output, "    {DIM}{times}last {}{DIM:#}", local(last_at))?;
        }
    }
    Ok(())
}

fn store(state: StoreState) -> &'static str {
    match state {
        StoreState::Held => "held",
        StoreState::Resting => "closed until something changes",
        StoreState::Waiting => "waiting for another process",
        StoreState::Closed => "not open",
        StoreState::Unknown => "unknown",
    }
}

fn since(status: &Status) -> String {
    let (hours, rest) = (status.uptime_seconds / 3600, status.uptime_seconds % 3600);
    let length = match (hours / 24, hours % 24, rest / 60) {
        (0, 0, 0) => count(rest, "second"),
        (0, 0, minutes) => count(minutes, "minute"),
        (0, hours, _) => count(hours, "hour"),
        (days, _, _) => count(days, "day"),
    };
    format!("{} ({length})", local(&status.started_at))
}

/// A time as people see it, or as it was told.
fn local(text: &str) -> String {
    text.parse()
        .map_or_else(|_| plain(text).into_owned(), |time: jiff::Timestamp| time::local(time.into()))
}
