//! The thread that links sessions which have ended to their commits.
//!
//! It asks as any command does, so that a repository that takes long holds up no import.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender};

use lore_engine::api::{ApiError, NewLink, Proposal, ProposeRequest, SessionDetail};
use lore_engine::model::{Creator, SessionId};

use super::event::Event;
use crate::client::{Access, Client, ClientError};
use crate::error::CliError;
use crate::home::Home;

/// Sessions that are looked at together.
const BATCH: usize = 50;

/// Links that are made in one transaction.
const LINKS: usize = 100;

/// Sessions to link.
pub(super) struct Task {
    pub(super) sessions: Vec<SessionId>,
    /// Confidence that a link needs.
    pub(super) threshold: f32,
}

/// What came of a task.
#[derive(Default)]
pub(super) struct Linked {
    /// The sessions that got links, and how many.
    pub(super) links: Vec<(SessionId, u64)>,
    /// The sessions that are dealt with; the others are to be tried again.
    pub(super) dealt_with: Vec<SessionId>,
    /// The sessions that have not ended after all.
    pub(super) going_on: Vec<SessionDetail>,
    /// What went wrong.
    pub(super) troubles: Vec<String>,
}

/// Does tasks until no more can come.
pub(super) fn run(home: &Home, tasks: Receiver<Task>, events: &SyncSender<Event>) {
    for Task { sessions, threshold } in tasks {
        let mut linked = Linked::default();
        if let Err(error) = link_all(home, &sessions, threshold, &mut linked) {
            linked.troubles.push(CliError::from(error).text());
        }
        if events.send(Event::Linked(linked)).is_err() {
            return;
        }
    }
}

fn link_all(
    home: &Home,
    sessions: &[SessionId],
    threshold: f32,
    linked: &mut Linked,
) -> Result<(), ClientError> {
    let mut client = Client::connect(home, Access::Write)?;
    for batch in sessions.chunks(BATCH) {
        match link(&mut client, batch, threshold, linked) {
            Ok(()) => {}
            Err(error) if may_pass(&error) => return Err(error),
            // One of them is the reason, the others are not to suffer for it.
            Err(_) => {
                for session in batch {
                    match link(&mut client, &[*session], threshold, linked) {
                        Err(error) if may_pass(&error) => return Err(error),
                        Err(error) => {
                            let (id, reason) = (session.short(), CliError::from(error).text());
                            linked
                                .troubles
                                .push(format!("session {id} cannot be linked: {reason}"));
                        }
                        Ok(()) => {}
                    }
                }
            }
        }
        linked.dealt_with.extend(batch);
    }
    Ok(())
}

/// Whether the same may succeed later.
fn may_pass(error: &ClientError) -> bool {
    match error {
        ClientError::Api(error) => matches!(error, ApiError::Store(_) | ApiError::Index(_)),
        ClientError::Lost(_) | ClientError::Confused => true,
    }
}

fn link(
    client: &mut Client,
    sessions: &[SessionId],
    threshold: f32,
    linked: &mut Linked,
) -> Result<(), ClientError> {
    let request = ProposeRequest::Ended { sessions: sessions.to_vec(), threshold };
    let proposals = client.propose(request)?.proposals;
    for proposals in proposals.chunks(LINKS) {
        let links =
            proposals.iter().map(|Proposal { session, commit, confidence, evidence }| NewLink {
                session: *session,
                place: commit.root.clone(),
                commit: commit.id.clone(),
                created_by: Creator::Auto,
                judgement: Some((*confidence, evidence.clone())),
            });
        let new = client.link(links.collect())?;
        let mut counts: BTreeMap<SessionId, u64> = BTreeMap::new();
        for (proposal, _) in proposals.iter().zip(new).filter(|(_, new)| *new) {
            *counts.entry(proposal.session).or_default() += 1;
        }
        linked.links.extend(counts);
    }
    // Another process may have captured more of them meanwhile.
    for session in sessions {
        match client.session(&session.to_string()) {
            Ok(detail) if detail.active => linked.going_on.push(detail),
            // It has no messages.
            Ok(_) | Err(ClientError::Api(ApiError::NoSuchSession { .. })) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
