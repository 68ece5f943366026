//! `lore show`: one session, as text, Markdown or JSON.
//!
//! Messages are asked for a page at a time and written as they come: a session may be larger than
//! memory is to be.

mod commit;
mod json;
mod markdown;
#[cfg(test)]
mod tests;
pub(super) mod text;

use std::io::{self, Write as _};

use clap::{Args, ValueEnum};
use lore_engine::api::SessionDetail;
use lore_engine::model::{Annotation, Block, Link, Message, Role, SessionId, Timestamp};

use super::{Context, evidence};
use crate::client::{Access, Client, ClientError};
use crate::error::CliError;
use crate::home::Home;
use crate::output::machine::label;
use crate::output::{
    HEADING,
    number::count,
    plain::{cut, one_line},
    short_commit, time,
};

/// Messages that are asked for at once.
const PAGE: u32 = 200;
/// Bytes of a text that are shown.
const TEXT_BYTES: usize = 500;
/// Bytes of a tool's answer that are shown.
const RESULT_BYTES: usize = 200;

/// Show a session
#[derive(Args)]
#[command(after_help = "Examples:
  lore show 3fa81c02                   By the first digits of its id
  lore show 3fa81c02 --full            Nothing is cut
  lore show 3fa81c02 --thinking        With the model's thoughts
  lore show --commit HEAD              The sessions linked to a commit
  lore show --commit v1.0 --explain    With what speaks for each link
  lore show 3fa81c02 -f markdown       To paste elsewhere
  lore show 3fa81c02 -f json           Complete, for scripts")]
pub(crate) struct Show {
    /// Id of the session, or its first digits
    #[arg(required_unless_present = "commit")]
    session: Option<String>,

    /// The sessions that are linked to this commit: a branch, a tag, any reference, or first digits
    #[arg(long, value_name = "REF", conflicts_with = "session")]
    commit: Option<String>,

    /// Show what speaks for each link
    #[arg(long, requires = "commit")]
    explain: bool,

    /// Cut nothing
    #[arg(long)]
    full: bool,

    /// Show the model's thoughts
    #[arg(long)]
    thinking: bool,

    /// How to answer; JSON is always complete
    #[arg(short, long, value_enum, default_value_t = ShowFormat::Text)]
    format: ShowFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ShowFormat {
    Text,
    Json,
    Markdown,
}

/// How much of a message is shown.
#[derive(Clone, Copy)]
struct Extent {
    full: bool,
    thinking: bool,
}

impl Show {
    pub(super) fn run(self, context: &mut Context) -> Result<(), CliError> {
        if let Some(reference) = &self.commit {
            return commit::write(context, reference, self.explain, self.format);
        }
        let mut client = context.client(Access::Read)?;
        let detail = client.session(self.session.as_deref().unwrap_or_default())?;
        let extent = Extent { full: self.full, thinking: self.thinking };
        match self.format {
            ShowFormat::Json => json::write(context, client, &detail),
            ShowFormat::Text => {
                text::write_session(context, &detail)?;
                writeln!(context.output, "\n{HEADING}Conversation{HEADING:#}")?;
                for_each_message(&mut client, detail.session.id, |index, message| {
                    text::write_message(&mut context.output, extent, index, message)
                        .map_err(CliError::from)
                })
            }
            ShowFormat::Markdown => {
                markdown::write_session(&mut context.output, &context.home, &detail)?;
                for_each_message(&mut client, detail.session.id, |index, message| {
                    markdown::write_message(&mut context.output, extent, index, message)
                        .map_err(CliError::from)
                })
            }
        }
    }
}

/// What is known about a session, as `--format markdown` shows it.
pub(crate) fn markdown_head(home: &Home, detail: &SessionDetail) -> io::Result<String> {
    in_memory(|output| markdown::write_session(output, home, detail))
}

/// A message, as `--format markdown` shows it.
pub(crate) fn markdown_message(index: u32, message: &Message) -> io::Result<String> {
    let extent = Extent { full: false, thinking: false };
    in_memory(|output| markdown::write_message(output, extent, index, message))
}

fn in_memory(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> io::Result<String> {
    let mut bytes = Vec::new();
    write(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Hands over all messages of a session with their places, in order.
pub(super) fn for_each_message<E: From<ClientError>>(
    client: &mut Client,
    session: SessionId,
    mut visit: impl FnMut(u32, &mut Message) -> Result<(), E>,
) -> Result<(), E> {
    let mut index = 0;
    loop {
        let mut page = client.messages(session, index, PAGE)?;
        if page.is_empty() {
            return Ok(());
        }
        for message in &mut page {
            visit(index, message)?;
            index += 1;
        }
    }
}

impl Extent {
    /// The part of a text that is shown, and what is said about the rest.
    fn of<'a>(&self, text: &'a str, limit: usize) -> (&'a str, String) {
        match cut(text, if self.full { usize::MAX } else { limit }) {
            (text, 0) => (text, String::new()),
            (text, missing) => (text, format!("… ({missing} more bytes)")),
        }
    }
}

/// Whether anything of the message is shown.
fn is_shown(message: &Message, extent: Extent) -> bool {
    let thought = |block: &Block| matches!(block, Block::Thinking(_));
    extent.thinking || message.content.is_empty() || !message.content.iter().all(thought)
}

/// Who speaks, for people.
pub(super) fn speaker(message: &Message) -> String {
    let mut text = match message.role {
        Role::User => "Human",
        Role::Assistant => "Assistant",
        Role::System => "System",
    }
    .to_owned();
    let marks = [
        (message.injected, " (injected)"),
        (message.sidechain, " (sub-agent)"),
        (message.withdrawn, " (withdrawn)"),
    ];
    text.extend(marks.iter().filter(|(holds, _)| *holds).map(|(_, mark)| *mark));
    text
}

/// What is known about a session: names and values, in the order in which they are shown.
pub(super) fn properties(home: &Home, detail: &SessionDetail) -> Vec<(&'static str, String)> {
    let session = &detail.session;
    let mut rows = vec![("ID", session.id.to_string())];
    let mut add = |name, value: Option<String>| {
        rows.extend(value.filter(|value| !value.is_empty()).map(|value| (name, value)));
    };
    add("Title", session.title.clone());
    add("Tool", Some(session.tool.clone()));
    add("Version", session.tool_version.clone());
    add("Model", session.model.clone());
    add("Started", session.started.map(time::local));
    add("Ended", ended(detail));
    add("Messages", Some(session.message_count.to_string()));
    add("Directory", session.directory.clone());
    add("Branch", Some(session.branches.join(" → ")));
    add("Commit", session.commit.clone());
    add("Repository", session.repository.clone());
    add("Machine", detail.origin.as_ref().map(label));
    add("Part of", session.parent.map(|parent| parent.to_string()));
    add("Tags", Some(detail.tags.join(", ")));
    add("Summary", detail.summary.as_ref().map(|summary| summary.content.clone()));
    for path in &detail.source_paths {
        add("Source", Some(home.shorten(path)));
    }
    rows
}

/// A commit that the session is linked to: its id, what it is about, how sure that is.
pub(super) fn linked_commit(link: &Link) -> [String; 3] {
    let sure = match link.confidence {
        Some(_) => evidence::confidence(link),
        None => String::new(),
    };
    [short_commit(&link.commit).to_owned(), link.mark.subject.clone(), sure]
}

/// When a note was made, and by whom if that is known.
pub(super) fn noted(annotation: &Annotation) -> String {
    let at = time::local(annotation.created_at);
    match &annotation.author {
        Some(author) => format!("{at}, {}", one_line(author)),
        None => at,
    }
}

/// The end, and how long the session took.
fn ended(detail: &SessionDetail) -> Option<String> {
    let session = &detail.session;
    let end = session.ended.or(session.last_activity)?;
    let minutes = |start: Timestamp| end.0.saturating_sub(start.0).max(0).unsigned_abs() / 60_000;
    let mut text = time::local(end);
    if let Some(start) = session.started {
        text = format!("{text} ({})", count(minutes(start), "minute"));
    }
    Some(if detail.active { format!("not yet; last active {text}") } else { text })
}
