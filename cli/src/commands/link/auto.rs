//! `lore link --auto`: finds the sessions that made a commit.

use std::collections::HashSet;
use std::io::Write as _;

use lore_engine::api::{CommitDetail, Proposal, ProposeRequest};
use lore_engine::model::SessionId;

use super::json::{AnswerJson, Outcome, PairJson};
use super::{Manner, apply};
use crate::client::Access;
use crate::commands::confirm::confirm;
use crate::commands::{Context, current_directory};
use crate::error::CliError;
use crate::output::number::percent;
use crate::output::plain::one_line;
use crate::output::{Format, short_commit, time};

/// The candidates of a commit.
struct Found {
    commit: CommitDetail,
    files: u32,
    /// Each with what is to become of it.
    candidates: Vec<(Proposal, Outcome)>,
}

pub(super) fn run(context: &mut Context, reference: &str, manner: &Manner) -> Result<(), CliError> {
    let found = find(context, reference, manner.threshold)?;
    match manner.format {
        Format::Json => json(context, &found, manner),
        Format::Text => text(context, &found, manner),
    }
}

/// Looks for candidates. The store is let go afterwards: a question may wait long for its answer.
fn find(context: &mut Context, reference: &str, threshold: f32) -> Result<Found, CliError> {
    let mut client = context.client(Access::Read)?;
    let place = current_directory()?;
    let commit = client.commit(&place, reference)?;
    let linked = client.linked(&place, &commit.id)?.linked;
    let linked: HashSet<SessionId> = linked.iter().map(|linked| linked.link.session).collect();
    let answer = client.propose(ProposeRequest::Commit { place, reference: commit.id.clone() })?;
    let candidates = answer.proposals.into_iter().map(|proposal| {
        let outcome = if linked.contains(&proposal.session) {
            Outcome::AlreadyLinked
        } else if proposal.confidence < threshold {
            Outcome::BelowThreshold
        } else {
            Outcome::Proposed
        };
        (proposal, outcome)
    });
    Ok(Found { commit, files: answer.files, candidates: candidates.collect() })
}

impl Found {
    /// Those that are to be linked.
    fn proposed(&self) -> Vec<&Proposal> {
        let candidates = self.candidates.iter();
        let proposed = candidates.filter(|(_, outcome)| *outcome == Outcome::Proposed);
        proposed.map(|(proposal, _)| proposal).collect()
    }
}

fn json(context: &mut Context, found: &Found, manner: &Manner) -> Result<(), CliError> {
    let mut made = HashSet::new();
    if manner.yes {
        apply(context, &found.proposed(), |_, proposal, new| {
            made.extend(new.then_some(proposal.session));
            Ok(())
        })?;
    }
    let links = found.candidates.iter().map(|(proposal, outcome)| {
        let made = made.contains(&proposal.session);
        PairJson::new(proposal, if made { Outcome::Linked } else { *outcome })
    });
    context.output.json(&AnswerJson {
        commit: Some((&found.commit).into()),
        files_changed: Some(found.files),
        threshold: Some(manner.threshold),
        dry_run: manner.dry_run,
        links: links.collect(),
        scanned: None,
    })
}

fn text(context: &mut Context, found: &Found, manner: &Manner) -> Result<(), CliError> {
    let output = &mut context.output;
    let Found { commit, files, candidates } = found;
    let to = short_commit(&commit.id);
    let at = time::local(commit.committed);
    // Exact, unlike confidences: it is what somebody typed.
    let threshold = format!("{}%", (f64::from(manner.threshold) * 1000.0).round() / 10.0);
    writeln!(output, "Auto-linking to commit {to}")?;
    writeln!(output, "  Commit: {} ({at})", one_line(&commit.subject))?;
    writeln!(output, "  Files changed: {files}")?;
    writeln!(output, "  Threshold: {threshold}\n")?;
    writeln!(output, "Found {} candidate session(s)", candidates.len())?;
    for (proposal, outcome) in candidates {
        let (session, sure) = (proposal.session.short(), percent(proposal.confidence));
        match outcome {
            Outcome::BelowThreshold => {
                writeln!(output, "  Skipped {session} (confidence: {sure} < {threshold})")?;
                manner.explain(output, proposal)?;
            }
            Outcome::AlreadyLinked => writeln!(output, "  Already linked {session}")?,
            Outcome::Proposed | Outcome::Linked => {}
        }
    }
    let proposed = found.proposed();
    if proposed.is_empty() {
        return Ok(writeln!(output, "Nothing to link")?);
    }
    writeln!(output, "{} session(s) meet the confidence threshold:", proposed.len())?;
    if !manner.yes {
        for proposal in &proposed {
            let (session, sure) = (proposal.session.short(), percent(proposal.confidence));
            writeln!(output, "  [dry-run] Would link {session} -> {to} (confidence: {sure})")?;
            manner.explain(output, proposal)?;
        }
        if manner.dry_run || !confirm(context, "Apply these links?")? {
            return Ok(());
        }
    }
    apply(context, &proposed, |context, proposal, new| {
        let (session, sure) = (proposal.session.short(), percent(proposal.confidence));
        match new {
            true => writeln!(context.output, "  Linked {session} -> {to} (confidence: {sure})")?,
            false => writeln!(context.output, "  Already linked {session}")?,
        }
        // Without a question they were not seen yet.
        if manner.yes { manner.explain(&mut context.output, proposal) } else { Ok(()) }
    })
}
