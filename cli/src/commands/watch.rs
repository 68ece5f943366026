//! `lore watch`: what is captured, as it is captured.
//!
//! On a terminal the active sessions are a table at the bottom, which what happens scrolls past. Piped,
//! it is a line for each thing that happens.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use clap::Args;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use lore_engine::model::SessionId;

use super::Context;
use crate::daemon::control::{Lines, Notice, Seen};
use crate::error::CliError;
use crate::output::number::count;
use crate::output::plain::{fitting, one_line};
use crate::output::{Format, plain, time, width};

/// Sessions in the table; the others are only told of.
const MOST: usize = 20;

/// How often the table is drawn while many things happen, times a second.
const DRAWN: u8 = 10;

/// Show what the daemon captures, while it does
///
/// On a terminal a table of the active sessions stays below; piped, each event is a line.
#[derive(Args)]
#[command(after_help = "Examples:
  lore watch                           Until it is interrupted
  lore watch | grep linked
  lore watch --format json             A JSON object a line")]
pub(crate) struct Watch {
    /// How to answer
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Watch {
    pub(super) fn run(self, context: &mut Context) -> Result<(), CliError> {
        let Some(mut lines) = Lines::watch(&context.home)? else {
            return Err(CliError::new("the daemon is not running, so nothing is captured now")
                .with_hint("`lore daemon start` starts it"));
        };
        let mut live = std::io::stdout().is_terminal().then(Live::new);
        while let Some(line) = lines.next()? {
            if self.format == Format::Json {
                // As the daemon said it, also what this version does not know.
                context.output.json_line(&line)?;
                continue;
            }
            let Ok(notice) = serde_json::from_str::<Notice>(&line) else { continue };
            match &mut live {
                Some(live) => live.show(&notice),
                None => {
                    if let Some(text) = text(&notice) {
                        writeln!(context.output, "{text}")?;
                        context.output.flush()?;
                    }
                }
            }
        }
        drop(live);
        context.output.note("The daemon has stopped.")
    }
}

/// A notice in one line; nothing if it tells nothing to people.
fn text(notice: &Notice) -> Option<String> {
    let line = match notice {
        Notice::Watching { sessions } => {
            format!("watching; {} active", count(sessions.len() as u64, "session"))
        }
        Notice::Captured { at, new, new_messages, session } => {
            let what = if *new { "new     " } else { "captured" };
            let added = count((*new_messages).into(), "message");
            format!("{}  {what}  {}  +{added}", clock(at), row(session))
        }
        Notice::Ended { at, session } => format!("{}  ended     {}", clock(at), row(session)),
        Notice::Linked { at, session_id, commits } => {
            let commits = count(*commits, "commit");
            format!("{}  linked    {}  to {commits}", clock(at), short(session_id))
        }
        Notice::Trouble { at, message } => {
            format!("{}  trouble   {}", clock(at), one_line(message))
        }
        Notice::Unknown => return None,
    };
    Some(line)
}

/// A session in a line: id, tool, directory, branch, messages.
fn row(session: &Seen) -> String {
    let directory = session.directory.as_deref().and_then(|path| path.rsplit('/').next());
    let parts = [
        short(&session.id),
        one_line(&session.tool),
        one_line(directory.unwrap_or("-")),
        one_line(session.branch.as_deref().unwrap_or("-")),
        count(session.message_count.into(), "message"),
    ];
    parts.join("  ")
}

fn short(id: &str) -> String {
    id.parse().map_or_else(|_| one_line(id), SessionId::short)
}

/// The time of day of a moment, or a dash.
fn clock(at: &str) -> String {
    let time = at.parse().ok().map(|time: jiff::Timestamp| time::clock(time.into()));
    time.unwrap_or_else(|| "-".to_owned())
}

/// The table on a terminal.
struct Live {
    table: MultiProgress,
    sessions: BTreeMap<String, ProgressBar>,
}

impl Live {
    fn new() -> Self {
        let target = ProgressDrawTarget::stdout_with_hz(DRAWN);
        Self { table: MultiProgress::with_draw_target(target), sessions: BTreeMap::new() }
    }

    fn show(&mut self, notice: &Notice) {
        if let Some(line) = text(notice) {
            // What cannot be drawn is no reason to end.
            let _ = self.table.println(fitting(&line, width()));
        }
        match notice {
            Notice::Watching { sessions } => sessions.iter().for_each(|session| self.put(session)),
            Notice::Captured { session, .. } => self.put(session),
            Notice::Ended { session, .. } => {
                if let Some(bar) = self.sessions.remove(&session.id) {
                    bar.finish_and_clear();
                    self.table.remove(&bar);
                }
            }
            Notice::Linked { .. } | Notice::Trouble { .. } | Notice::Unknown => {}
        }
    }

    fn put(&mut self, session: &Seen) {
        if self.sessions.len() >= MOST && !self.sessions.contains_key(&session.id) {
            return;
        }
        let bar = self.sessions.entry(session.id.clone()).or_insert_with(|| {
            // Never fails: the template is a constant.
            let style = ProgressStyle::with_template("{spinner} {msg}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner());
            let bar = self.table.add(ProgressBar::new_spinner().with_style(style));
            bar.enable_steady_tick(Duration::from_millis(500));
            bar
        });
        let last = session.last_activity_at.as_deref().map_or_else(|| "-".to_owned(), clock);
        let line = format!("{}  last {last}", plain(&row(session)));
        bar.set_message(fitting(&line, width().saturating_sub(2)).into_owned());
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        for bar in self.sessions.values() {
            bar.finish_and_clear();
        }
    }
}
