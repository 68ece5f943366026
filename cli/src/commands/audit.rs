//! `lore audit`: looks for what is better not shared.

use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use lore_engine::api::{Progress, SessionDetail, SessionFilter};
use lore_engine::model::{MessageId, SessionId};
use lore_engine::redact::{Kinds, Redactor};
use serde::Serialize;

use super::sessions::directory_name;
use super::show::for_each_message;
use super::{Context, absolute};
use crate::client::Access;
use crate::config::Config;
use crate::error::CliError;
use crate::output::json::Utc;
use crate::output::number::{count, grouped};
use crate::output::progress::ProgressLine;
use crate::output::table::Table;
use crate::output::{Format, ID, time};

/// Look for what is better not shared
#[derive(Args)]
#[command(after_help = "Examples:
  lore audit secrets                   Which sessions hold secrets, and of which kinds")]
pub(crate) struct Audit {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    Secrets(Secrets),
}

/// List the sessions that hold secrets, and of which kinds
///
/// Keys and tokens are known by their form, passwords by what stands before them. No secret is shown.
#[derive(Args)]
#[command(after_help = "Examples:
  lore audit secrets                   In all sessions
  lore audit secrets --repo .          In those of this directory and below
  lore audit secrets --personal        Addresses of people and machines as well
  lore audit secrets --format json     With the messages that hold them")]
struct Secrets {
    /// Only sessions in this directory or below it
    #[arg(short, long, value_name = "PATH")]
    repo: Option<PathBuf>,

    /// Only sessions of this tool
    #[arg(long, value_name = "NAME")]
    tool: Option<String>,

    /// E-mail and IP addresses as well
    #[arg(long)]
    personal: bool,

    /// How to answer
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Default, Serialize)]
struct Report {
    sessions: u64,
    messages: u64,
    kinds: Kinds,
    found: Vec<Holding>,
}

/// A session that holds secrets.
#[derive(Serialize)]
struct Holding {
    session_id: SessionId,
    tool: String,
    working_directory: Option<String>,
    started_at: Option<Utc>,
    kinds: Kinds,
    /// None for what stands in its title or summary.
    messages: Vec<HoldingMessage>,
}

#[derive(Serialize)]
struct HoldingMessage {
    index: u32,
    message_id: MessageId,
    kinds: Kinds,
}

impl Audit {
    pub(super) fn run(self, context: &mut Context) -> Result<(), CliError> {
        match self.action {
            Action::Secrets(secrets) => secrets.run(context),
        }
    }
}

impl Secrets {
    fn run(self, context: &mut Context) -> Result<(), CliError> {
        let report = self.look(context)?;
        match self.format {
            Format::Json => context.output.json(&report),
            Format::Text => write(context, &report),
        }
    }

    fn look(&self, context: &mut Context) -> Result<Report, CliError> {
        let settings = Config::load(&context.home)?.redactor(self.personal);
        let redactor = Redactor::new(&settings).map_err(|error| CliError::from_error(&error))?;
        let mut client = context.client(Access::Read)?;
        let sessions = client.sessions(SessionFilter {
            repo: self.repo.as_deref().map(absolute).transpose()?,
            tool: self.tool.clone(),
            limit: usize::MAX,
            ..SessionFilter::default()
        })?;
        let mut report = Report { sessions: sessions.len() as u64, ..Report::default() };
        let mut line = ProgressLine::new("Looking");
        for (done, detail) in sessions.into_iter().enumerate() {
            let mut holding = Holding::new(&detail);
            for text in about(&detail) {
                add(&mut holding.kinds, redactor.mask(text).found);
            }
            for_each_message(&mut client, detail.session.id, |index, message| {
                report.messages += 1;
                let kinds = redactor.mask_message(message);
                if !kinds.is_empty() {
                    add(&mut holding.kinds, kinds.clone());
                    holding.messages.push(HoldingMessage { index, message_id: message.id, kinds });
                }
                Ok::<_, CliError>(())
            })?;
            if !holding.kinds.is_empty() {
                add(&mut report.kinds, holding.kinds.clone());
                report.found.push(holding);
            }
            line.update(Progress {
                sources: done as u64 + 1,
                total_sources: report.sessions,
                messages: report.messages,
                ..Progress::default()
            });
        }
        Ok(report)
    }
}

impl Holding {
    fn new(detail: &SessionDetail) -> Self {
        let session = &detail.session;
        Self {
            session_id: session.id,
            tool: session.tool.clone(),
            working_directory: session.directory.clone(),
            started_at: session.started.map(Utc),
            kinds: Kinds::new(),
            messages: Vec::new(),
        }
    }
}

/// What is said about a session.
fn about(detail: &SessionDetail) -> impl Iterator<Item = &str> {
    let summary = detail.summary.as_ref().map(|summary| summary.content.as_str());
    detail.session.title.as_deref().into_iter().chain(summary)
}

fn add(kinds: &mut Kinds, more: Kinds) {
    for (kind, number) in more {
        *kinds.entry(kind).or_default() += number;
    }
}

fn write(context: &mut Context, report: &Report) -> Result<(), CliError> {
    let looked = count(report.sessions, "session");
    if report.found.is_empty() {
        return context.output.note(&format!("No secrets found in {looked}."));
    }
    let headings = ["ID", "STARTED", "TOOL", "SECRETS", "DIRECTORY"];
    let mut table = Table::with_headings(headings).style(0, ID);
    for Holding { session_id, tool, working_directory, started_at, kinds, .. } in &report.found {
        table.row([
            session_id.short(),
            time::local_or_dash(started_at.as_ref().map(|at| at.0)),
            tool.clone(),
            listed(kinds),
            directory_name(working_directory.as_deref()).to_owned(),
        ]);
    }
    table.write(&mut context.output)?;
    let holding = grouped(report.found.len() as u64);
    let kinds = listed(&report.kinds);
    Ok(writeln!(context.output, "\n{holding} of {looked} hold secrets: {kinds}.")?)
}

fn listed(kinds: &Kinds) -> String {
    let kinds: Vec<String> =
        kinds.iter().map(|(kind, number)| format!("{kind} {}", grouped(*number))).collect();
    kinds.join(", ")
}
