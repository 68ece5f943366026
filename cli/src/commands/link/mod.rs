//! `lore link`: links sessions to commits: those that are named, the active ones, or those that have
//! something in common with a commit.

mod auto;
mod backfill;
mod json;
mod named;
mod repair;

use std::io::{self, Write};

use clap::{ArgGroup, Args};
use lore_engine::api::{NewLink, Proposal};
use lore_engine::model::Creator;

use super::{Context, evidence};
use crate::client::Access;
use crate::config::Config;
use crate::error::CliError;
use crate::output::Format;

/// Links that are made at once: their commits are read, which takes its time.
const BATCH: usize = 64;

/// Link sessions to a commit
///
/// Sessions are named, or found: the active ones, or those that the time, the files, the branch and
/// the lines of a commit speak for.
#[derive(Args)]
#[command(group = ArgGroup::new("what").required(true).args(["sessions", "current", "auto", "repair"]))]
#[command(after_help = "Examples:
  lore link 3fa81c02                   To HEAD
  lore link 3fa81c02 5b1f0c52          Several sessions to one commit
  lore link 3fa81c02 --commit v1.0.0   To a branch, a tag or any other reference
  lore link 3fa81c02 --dry-run         See what it would do
  lore link --current                  The active sessions of this repository
  lore link --auto                     Find the sessions that made HEAD, then ask
  lore link --auto --explain           And see what speaks for each
  lore link --auto --backfill          Find the commits of all sessions that have ended
  lore link --repair                   Find the commits again after a rebase")]
pub(crate) struct Link {
    /// Ids of the sessions, or their first digits
    #[arg(value_name = "SESSION")]
    sessions: Vec<String>,

    /// The commit
    #[arg(long, value_name = "REF", default_value = "HEAD")]
    commit: String,

    /// Link the active sessions of this repository, and those that ended in the last five minutes
    #[arg(long)]
    current: bool,

    /// Find the sessions that made the commit
    #[arg(long)]
    auto: bool,

    /// Find the commits of all sessions that have ended, in all repositories
    #[arg(long, requires = "auto", conflicts_with_all = ["commit", "sessions", "current", "repair"])]
    backfill: bool,

    /// Confidence that a link needs, from 0.0 to 1.0; without it the setting `auto_link_threshold`
    #[arg(long, value_name = "N", requires = "auto", value_parser = fraction)]
    threshold: Option<f32>,

    /// Ask nothing
    #[arg(short, long, conflicts_with = "repair")]
    yes: bool,

    /// Change nothing
    #[arg(long)]
    dry_run: bool,

    /// Show what speaks for each link
    #[arg(long, requires = "auto")]
    explain: bool,

    /// Find linked commits again that were rewritten, and move their links
    #[arg(long, conflicts_with = "commit")]
    repair: bool,

    /// How to answer; JSON is never asked about, so it needs `--yes` to link what was found
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How to go about what was found.
struct Manner {
    threshold: f32,
    yes: bool,
    dry_run: bool,
    explain: bool,
    format: Format,
}

impl Link {
    pub(super) fn run(self, context: &mut Context) -> Result<(), CliError> {
        let threshold = match self.threshold {
            Some(threshold) => threshold,
            None => Config::load(&context.home)?.auto_link_threshold(),
        };
        let manner = Manner {
            threshold,
            yes: self.yes && !self.dry_run,
            dry_run: self.dry_run,
            explain: self.explain,
            format: self.format,
        };
        if self.repair {
            repair::run(context, &manner)
        } else if self.backfill {
            backfill::run(context, &manner)
        } else if self.auto {
            auto::run(context, &self.commit, &manner)
        } else if self.current {
            named::current(context, &self.commit, &manner)
        } else {
            named::run(context, &self.sessions, &self.commit, &manner)
        }
    }
}

/// Makes links of proposals, and hands over each with whether it was not linked before.
fn apply<'a>(
    context: &mut Context,
    proposals: &[&'a Proposal],
    mut visit: impl FnMut(&mut Context, &'a Proposal, bool) -> io::Result<()>,
) -> Result<(), CliError> {
    let mut client = context.client(Access::Write)?;
    for batch in proposals.chunks(BATCH) {
        let links = batch.iter().map(|proposal| NewLink {
            session: proposal.session,
            place: proposal.commit.root.clone(),
            commit: proposal.commit.id.clone(),
            created_by: Creator::Auto,
            judgement: Some((proposal.confidence, proposal.evidence.clone())),
        });
        let new = client.link(links.collect())?;
        for (proposal, new) in batch.iter().zip(new) {
            visit(context, proposal, new)?;
        }
    }
    Ok(())
}

impl Manner {
    /// Writes what speaks for a proposal, if that is wanted.
    fn explain(&self, output: &mut impl Write, proposal: &Proposal) -> io::Result<()> {
        match self.explain {
            true => evidence::table(&proposal.evidence).write(output),
            false => Ok(()),
        }
    }
}

/// A number from 0 to 1.
fn fraction(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(number) if (0.0..=1.0).contains(&number) => Ok(number),
        _ => Err("it takes a number from 0.0 to 1.0".to_owned()),
    }
}
