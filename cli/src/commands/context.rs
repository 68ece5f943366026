//! `lore context`: what was done here lately.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use lore_engine::api::{ApiError, SessionDetail, SessionFilter};
use lore_engine::model::{Message, SessionId};
use serde::Serialize;

use super::show::speaker;
use super::show::text::write_session;
use super::{Context as Surroundings, absolute, current_directory};
use crate::client::{Access, Client, ClientError};
use crate::error::CliError;
use crate::output::json::{AnnotationJson, PathJson, Utc};
use crate::output::machine::MachineJson;
use crate::output::number::grouped;
use crate::output::table::Table;
use crate::output::{DIM, Format, HEADING, HIT, ID, plain, time};

/// Sessions that are listed.
const SESSIONS: usize = 5;
/// Messages of the last session that are shown.
const MESSAGES: usize = 3;
/// Characters of a message that are shown.
const CHARACTERS: usize = 200;
/// Messages that are asked for at once.
const PAGE: u32 = 50;

/// Show what was done here lately
///
/// Lists the newest sessions of the repository around this directory, or of the directory if there
/// is none.
#[derive(Args)]
#[command(after_help = "Examples:
  lore context                         The newest five sessions of this repository
  lore context --last                  Where the last one stopped
  lore context --repo ../api           Those of another directory and below
  lore context --last --format json    For scripts")]
pub(crate) struct Context {
    /// The sessions in this directory or below it
    #[arg(short, long, value_name = "PATH")]
    repo: Option<PathBuf>,

    /// The newest session in detail
    #[arg(long)]
    last: bool,

    /// How to answer
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Serialize)]
struct ContextJson<'a> {
    working_directory: PathJson<'a>,
    sessions: Vec<SessionJson<'a>>,
}

/// A session; every value is absent if there is none.
#[derive(Default, Serialize)]
struct SessionJson<'a> {
    id: Option<SessionId>,
    id_short: Option<String>,
    tool: Option<&'a str>,
    title: Option<&'a str>,
    started_at: Option<Utc>,
    message_count: Option<u32>,
    linked_commits: Vec<&'a str>,
    working_directory: Option<&'a str>,
    git_branch: Option<&'a str>,
    origin: Option<MachineJson<'a>>,
}

#[derive(Serialize)]
struct LastJson<'a> {
    #[serde(flatten)]
    session: SessionJson<'a>,
    summary: Option<&'a str>,
    annotations: Vec<AnnotationJson<'a>>,
    tags: &'a [String],
    recent_messages: Vec<MessageJson>,
}

#[derive(Serialize)]
struct MessageJson {
    role: &'static str,
    content: String,
    timestamp: Option<Utc>,
}

impl Context {
    pub(super) fn run(self, context: &mut Surroundings) -> Result<(), CliError> {
        let mut client = context.client(Access::Read)?;
        let directory = match &self.repo {
            Some(repo) => absolute(repo)?,
            None => top(&mut client, &absolute(&current_directory()?)?)?,
        };
        let limit = if self.last { 1 } else { SESSIONS };
        let filter =
            SessionFilter { repo: Some(directory.clone()), limit, ..SessionFilter::default() };
        let details = client.sessions(filter)?;
        if self.last {
            let recent = match details.first() {
                Some(detail) => recent_messages(&mut client, detail)?,
                None => Vec::new(),
            };
            return match self.format {
                Format::Json => context.output.json(&last_json(details.first(), &recent)),
                Format::Text => last(context, details.first(), &recent),
            };
        }
        match self.format {
            Format::Json => context.output.json(&ContextJson {
                working_directory: PathJson(&directory),
                sessions: details.iter().map(session_json).collect(),
            }),
            Format::Text if details.is_empty() => nothing(context),
            Format::Text => Ok(table(&details).write(&mut context.output)?),
        }
    }
}

/// The top of the repository around a directory; the directory itself outside of repositories.
fn top(client: &mut Client, here: &Path) -> Result<PathBuf, ClientError> {
    match client.commit(here, "HEAD") {
        Ok(commit) => Ok(commit.root),
        Err(ClientError::Api(ApiError::NoSuchCommit { root, .. })) => Ok(root),
        // A repository that cannot be read is a directory still.
        Err(ClientError::Api(_)) => Ok(here.to_owned()),
        Err(error) => Err(error),
    }
}

/// The last messages in which something is said that no tool put in, the oldest first.
fn recent_messages(
    client: &mut Client,
    detail: &SessionDetail,
) -> Result<Vec<Message>, ClientError> {
    let session = &detail.session;
    let mut found = Vec::new();
    let mut end = session.message_count;
    while end > 0 && found.len() < MESSAGES {
        let start = end.saturating_sub(PAGE);
        let mut page = Vec::new();
        let mut next = start;
        while next < end {
            let part = client.messages(session.id, next, end - next)?;
            if part.is_empty() {
                break;
            }
            next = next.saturating_add(u32::try_from(part.len()).unwrap_or(u32::MAX));
            page.extend(part);
        }
        let is_said = |message: &Message| {
            let beside = message.injected || message.withdrawn || message.sidechain;
            !beside && !message.text().trim().is_empty()
        };
        found.extend(page.into_iter().rev().filter(is_said));
        end = start;
    }
    found.truncate(MESSAGES);
    found.reverse();
    Ok(found)
}

/// The beginning of what a message says.
fn excerpt(message: &Message) -> String {
    let text = message.text();
    let text = text.trim();
    match text.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn table(details: &[SessionDetail]) -> Table<5> {
    let headings = ["ID", "TOOL", "MESSAGES", "COMMITS", "STARTED"];
    let mut table = Table::with_headings(headings).right(2).right(3).style(0, ID);
    for SessionDetail { session, links, .. } in details {
        table.row([
            session.id.short(),
            session.tool.clone(),
            grouped(session.message_count.into()),
            links.len().to_string(),
            time::local_or_dash(session.started),
        ]);
    }
    table
}

fn last(
    context: &mut Surroundings,
    detail: Option<&SessionDetail>,
    recent: &[Message],
) -> Result<(), CliError> {
    let Some(detail) = detail else { return nothing(context) };
    write_session(context, detail)?;
    let output = &mut context.output;
    if !recent.is_empty() {
        writeln!(output, "\n{HEADING}Last messages{HEADING:#}")?;
    }
    for message in recent {
        let at = message.at.map_or_else(String::new, |at| format!("  {}", time::local(at)));
        writeln!(output, "\n{HIT}[{}]{HIT:#}{DIM}{at}{DIM:#}", speaker(message))?;
        writeln!(output, "{}", plain(&excerpt(message)))?;
    }
    Ok(())
}

fn nothing(context: &mut Surroundings) -> Result<(), CliError> {
    context.output.note("No sessions here: `lore import` reads those of your tools.")
}

fn session_json(detail: &SessionDetail) -> SessionJson<'_> {
    let session = &detail.session;
    SessionJson {
        id: Some(session.id),
        id_short: Some(session.id.short()),
        tool: Some(&session.tool),
        title: session.title.as_deref(),
        started_at: session.started.map(Utc),
        message_count: Some(session.message_count),
        linked_commits: detail.links.iter().map(|link| link.commit.as_str()).collect(),
        working_directory: session.directory.as_deref(),
        git_branch: session.branch(),
        origin: detail.origin.as_ref().map(MachineJson::from),
    }
}

fn last_json<'a>(detail: Option<&'a SessionDetail>, recent: &[Message]) -> LastJson<'a> {
    let summary = detail.and_then(|detail| detail.summary.as_ref());
    LastJson {
        session: detail.map(session_json).unwrap_or_default(),
        summary: summary.map(|summary| summary.content.as_str()),
        annotations: detail.map_or_else(Vec::new, |detail| {
            detail.annotations.iter().map(AnnotationJson::from).collect()
        }),
        tags: detail.map_or(&[], |detail| &detail.tags),
        recent_messages: recent
            .iter()
            .map(|message| MessageJson {
                role: message.role.name(),
                content: excerpt(message),
                timestamp: message.at.map(Utc),
            })
            .collect(),
    }
}
