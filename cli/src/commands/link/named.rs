//! Links to one commit: of the sessions that are named, or of those that are active.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::Path;

use lore_engine::api::{CommitDetail, NewLink, ProposeRequest, SessionDetail};
use lore_engine::model::{Creator, Evidence, SessionId};

use super::Manner;
use super::json::{AnswerJson, Outcome, PairJson};
use crate::client::{Access, Client};
use crate::commands::{Context, current_directory};
use crate::error::CliError;
use crate::output::{Format, plain, short_commit};

/// How sure the links are, and why.
type Judgements = HashMap<SessionId, (f32, Evidence)>;

/// Links the sessions that are named.
pub(super) fn run(
    context: &mut Context,
    prefixes: &[String],
    reference: &str,
    manner: &Manner,
) -> Result<(), CliError> {
    let mut client = context.client(access(manner))?;
    let place = current_directory()?;
    let commit = client.commit(&place, reference)?;
    // All of them are looked up before anything is changed.
    let sessions = prefixes.iter().map(|prefix| client.session(prefix));
    let sessions = sessions.collect::<Result<Vec<_>, _>>()?;
    let links = sessions.iter().map(|detail| NewLink {
        session: detail.session.id,
        place: place.clone(),
        commit: commit.id.clone(),
        created_by: Creator::User,
        judgement: None,
    });
    link(context, client, &commit, &sessions, links.collect(), manner)
}

/// Links the active sessions of the repository here.
pub(super) fn current(
    context: &mut Context,
    reference: &str,
    manner: &Manner,
) -> Result<(), CliError> {
    let mut client = context.client(access(manner))?;
    let place = current_directory()?;
    let commit = client.commit(&place, reference)?;
    let sessions = client.active(&place)?;
    if manner.format == Format::Text {
        let root = commit.root.display().to_string();
        let root = plain(&root);
        if sessions.is_empty() {
            return Ok(writeln!(context.output, "No active session in {root}")?);
        }
        writeln!(context.output, "Found {} active session(s) in {root}", sessions.len())?;
    }
    let mut judgements = match sessions.is_empty() {
        true => Judgements::new(),
        false => judge(&mut client, &place, &commit)?,
    };
    let links = sessions.iter().map(|detail| NewLink {
        session: detail.session.id,
        place: place.clone(),
        commit: commit.id.clone(),
        created_by: Creator::Auto,
        judgement: judgements.remove(&detail.session.id),
    });
    link(context, client, &commit, &sessions, links.collect(), manner)
}

fn access(manner: &Manner) -> Access {
    if manner.dry_run { Access::Read } else { Access::Write }
}

/// What speaks for the sessions that have something in common with the commit.
fn judge(client: &mut Client, place: &Path, commit: &CommitDetail) -> Result<Judgements, CliError> {
    let (place, reference) = (place.to_owned(), commit.id.clone());
    let found = client.propose(ProposeRequest::Commit { place, reference })?;
    let judged = found
        .proposals
        .into_iter()
        .map(|proposal| (proposal.session, (proposal.confidence, proposal.evidence)));
    Ok(judged.collect())
}

fn link(
    context: &mut Context,
    mut client: Client,
    commit: &CommitDetail,
    sessions: &[SessionDetail],
    links: Vec<NewLink>,
    manner: &Manner,
) -> Result<(), CliError> {
    let judgements: Vec<_> = links.iter().map(|link| link.judgement.clone()).collect();
    let outcomes: Vec<Outcome> = if manner.dry_run {
        let linked =
            |detail: &SessionDetail| detail.links.iter().any(|link| link.commit == commit.id);
        sessions.iter().map(|detail| Outcome::planned(!linked(detail))).collect()
    } else if links.is_empty() {
        Vec::new()
    } else {
        client.link(links)?.into_iter().map(Outcome::done).collect()
    };
    let results = sessions.iter().map(|detail| detail.session.id).zip(&outcomes);
    if manner.format == Format::Json {
        let links = results.zip(&judgements).map(|((session, outcome), judgement)| PairJson {
            session_id: session,
            commit_sha: &commit.id,
            commit_summary: &commit.subject,
            confidence: judgement.as_ref().map(|(confidence, _)| *confidence),
            evidence: judgement.as_ref().map(|(_, evidence)| evidence.into()),
            outcome: *outcome,
        });
        return context.output.json(&AnswerJson {
            commit: Some(commit.into()),
            files_changed: None,
            threshold: None,
            dry_run: manner.dry_run,
            links: links.collect(),
            scanned: None,
        });
    }
    let to = short_commit(&commit.id);
    writeln!(context.output, "Linking to commit {to}")?;
    for (session, outcome) in results {
        let from = session.short();
        match outcome {
            Outcome::Linked => writeln!(context.output, "  Linked session {from} -> commit {to}"),
            Outcome::AlreadyLinked => {
                writeln!(context.output, "  Already linked session {from} -> commit {to}")
            }
            Outcome::Proposed | Outcome::BelowThreshold => {
                writeln!(context.output, "  [dry-run] Would link session {from} -> commit {to}")
            }
        }?;
    }
    Ok(())
}
