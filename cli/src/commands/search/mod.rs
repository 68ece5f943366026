//! `lore search`: finds messages, grouped by session, the best session first.

mod json;
mod text;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use lore_engine::api::SearchRequest;
use lore_engine::model::{Role, Timestamp};
use lore_engine::search::parse_date;

use super::{Context, absolute};
use crate::client::Access;
use crate::error::CliError;
use crate::output::{Format, time};

/// Search what was said and done
///
/// All words must occur. A query may hold "phrases", OR, -words that must not occur, prefix*, and
/// fields: tool: project: repo: branch: role: file: cmd: model: since: until: is:error
#[derive(Args)]
#[command(after_help = "Examples:
  lore search authentication middleware            Both words in one message
  lore search '\"retry loop\" OR backoff -test'      Phrases, alternatives, exclusions
  lore search 'file:src/auth.rs token*'            Fields and prefixes
  lore search timeout --since 2w --role user       What you said in the last two weeks
  lore search timeout --repo . -C 3                In this project, with more context
  lore search timeout --format json                For scripts")]
pub(crate) struct Search {
    /// What to search for
    #[arg(required = true)]
    query: Vec<String>,

    /// At most so many messages
    #[arg(short, long, value_name = "N", default_value_t = 10)]
    limit: usize,

    /// Only sessions in this directory or below it
    #[arg(long, value_name = "PATH")]
    repo: Option<PathBuf>,

    /// Only sessions of this tool
    #[arg(long, value_name = "NAME")]
    tool: Option<String>,

    /// Not before this date: 2026-01-05, yesterday, 3d, 2w, 1m
    #[arg(long, value_name = "DATE")]
    since: Option<String>,

    /// Before this date
    #[arg(long, value_name = "DATE")]
    until: Option<String>,

    /// Only sessions whose directory contains this
    #[arg(long, value_name = "TEXT")]
    project: Option<String>,

    /// Only messages on a branch that contains this
    #[arg(long, value_name = "TEXT")]
    branch: Option<String>,

    /// Only messages of this role
    #[arg(long, value_enum, ignore_case = true)]
    role: Option<RoleArgument>,

    /// Messages to show before and after each match
    #[arg(short = 'C', long, value_name = "N", default_value_t = 1)]
    context: usize,

    /// How to answer
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleArgument {
    User,
    Assistant,
    System,
}

impl Search {
    pub(super) fn run(self, context: &mut Context) -> Result<(), CliError> {
        let query = self.query.join(" ");
        if query.trim().is_empty() {
            return Err(CliError::usage("the query is empty")
                .with_hint("name a word: `lore search authentication`"));
        }
        let now = time::now();
        let utc_offset_minutes = time::utc_offset_minutes(now);
        let date = |option: &str, text: Option<&String>| -> Result<Option<Timestamp>, CliError> {
            let Some(text) = text else { return Ok(None) };
            match parse_date(text, now, utc_offset_minutes) {
                Some(time) => Ok(Some(time)),
                None => Err(CliError::usage(format!("`{option}` does not know the date `{text}`"))
                    .with_hint(
                        "dates look like 2026-01-05, today, yesterday, 12h, 3d, 2w, 1m, 1y",
                    )),
            }
        };
        let request = SearchRequest {
            limit: self.limit,
            context: self.context,
            repo: self.repo.as_deref().map(absolute).transpose()?,
            tool: self.tool,
            project: self.project,
            branch: self.branch,
            role: self.role.map(|role| match role {
                RoleArgument::User => Role::User,
                RoleArgument::Assistant => Role::Assistant,
                RoleArgument::System => Role::System,
            }),
            since: date("--since", self.since.as_ref())?,
            until: date("--until", self.until.as_ref())?,
            utc_offset_minutes,
            query,
        };
        let query = request.query.clone();
        let answer = context.client(Access::Read)?.search(request)?;
        match self.format {
            Format::Json => context.output.json(&json::SearchJson::new(&query, &answer)),
            Format::Text => text::write(context, &answer),
        }
    }
}
