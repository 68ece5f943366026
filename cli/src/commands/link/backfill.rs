//! `lore link --auto --backfill`: finds the commits of the sessions that have ended.

use std::io::{self, Write};

use lore_engine::api::{Proposal, Proposals, ProposeRequest, Scanned};

use super::json::{AnswerJson, Outcome, PairJson};
use super::{Manner, apply};
use crate::client::Access;
use crate::commands::Context;
use crate::commands::confirm::confirm;
use crate::commands::current_directory;
use crate::error::CliError;
use crate::output::plain::one_line;
use crate::output::{Format, short_commit};

/// Characters of a commit's first line that are shown.
const SUBJECT_WIDTH: usize = 60;

pub(super) fn run(context: &mut Context, manner: &Manner) -> Result<(), CliError> {
    let request =
        ProposeRequest::Backfill { place: Some(current_directory()?), threshold: manner.threshold };
    // The store is let go afterwards: a question may wait long for its answer.
    let found = context.client(Access::Read)?.propose(request)?;
    match manner.format {
        Format::Json => json(context, &found, manner),
        Format::Text => text(context, &found, manner),
    }
}

fn json(context: &mut Context, found: &Proposals, manner: &Manner) -> Result<(), CliError> {
    let all: Vec<&Proposal> = found.proposals.iter().collect();
    let mut links = Vec::with_capacity(all.len());
    match manner.yes {
        true => apply(context, &all, |_, proposal, new| {
            links.push(PairJson::new(proposal, Outcome::done(new)));
            Ok(())
        })?,
        false => {
            links.extend(all.iter().map(|proposal| PairJson::new(proposal, Outcome::Proposed)));
        }
    }
    context.output.json(&AnswerJson {
        commit: None,
        files_changed: None,
        threshold: Some(manner.threshold),
        dry_run: manner.dry_run,
        links,
        scanned: Some(found.scanned.into()),
    })
}

fn text(context: &mut Context, found: &Proposals, manner: &Manner) -> Result<(), CliError> {
    let all: Vec<&Proposal> = found.proposals.iter().collect();
    if all.is_empty() {
        writeln!(context.output, "0 session-to-commit link(s) found")?;
        return Ok(scanned(&mut context.output, found.scanned)?);
    }
    writeln!(context.output, "{} session-to-commit link(s) found:", all.len())?;
    if !manner.yes {
        for proposal in &all {
            writeln!(context.output, "  [dry-run] Would link {}", pair(proposal))?;
            manner.explain(&mut context.output, proposal)?;
        }
        scanned(&mut context.output, found.scanned)?;
        if manner.dry_run || !confirm(context, "Apply these links?")? {
            return Ok(());
        }
    }
    apply(context, &all, |context, proposal, new| {
        let done = if new { "Linked" } else { "Already linked" };
        writeln!(context.output, "  {done} {}", pair(proposal))?;
        // Without a question they were not seen yet.
        if manner.yes { manner.explain(&mut context.output, proposal) } else { Ok(()) }
    })?;
    match manner.yes {
        true => Ok(scanned(&mut context.output, found.scanned)?),
        false => Ok(()),
    }
}

/// The session, the commit, and what it is about.
fn pair(Proposal { session, commit, .. }: &Proposal) -> String {
    let subject: String = one_line(&commit.subject).chars().take(SUBJECT_WIDTH).collect();
    format!("{} -> {} {}", session.short(), short_commit(&commit.id), subject.trim_end())
}

/// What was looked at, and what was passed over.
fn scanned(output: &mut impl Write, scanned: Scanned) -> io::Result<()> {
    let Scanned { ended, existing, in_repositories } = scanned;
    writeln!(
        output,
        "Scanned {ended} ended session(s); {existing} with existing directories; \
         {in_repositories} in git repos"
    )?;
    let missing = ended.saturating_sub(existing);
    if missing > 0 {
        writeln!(output, "Skipped {missing} session(s) with missing directories")?;
    }
    let elsewhere = existing.saturating_sub(in_repositories);
    if elsewhere > 0 {
        writeln!(output, "Skipped {elsewhere} session(s) in non-git directories")?;
    }
    Ok(())
}
