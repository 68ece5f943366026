//! Searches: asks the index which messages match, and the store what they say.

use std::collections::HashMap;

use super::foreign::origin;
use crate::Engine;
use crate::api::{ApiError, ContextMessage, Match, SearchAnswer, SearchRequest, SessionMatches};
use crate::index::Place;
use crate::model::{Block, Message, SessionNumber};
use crate::search::{Query, snippet};
use crate::store::View;

/// Characters of a message beside a match.
const CONTEXT_CHARACTERS: usize = 200;

pub(crate) fn search(engine: &Engine, request: &SearchRequest) -> Result<SearchAnswer, ApiError> {
    let query = Query::from_request(request, (engine.options().now)());
    let store = engine.store();
    let view = store.view()?;
    let found = engine.index().search(&query, request.limit)?;
    let mut sessions: Vec<SessionMatches> = Vec::new();
    let mut places: HashMap<SessionNumber, usize> = HashMap::new();
    // Hits come best first, so a session stands where its best one does.
    for hit in found.hits {
        let place = match places.get(&hit.session) {
            Some(&place) => place,
            None => {
                // The index may be ahead of what this snapshot shows.
                let Some(session) = view.session(hit.session)? else { continue };
                places.insert(hit.session, sessions.len());
                let origin = origin(engine, &view, &session)?;
                let (by_metadata, matches) = (false, Vec::new());
                sessions.push(SessionMatches { session, origin, by_metadata, matches });
                sessions.len() - 1
            }
        };
        let entry = &mut sessions[place];
        match hit.place {
            Place::Session => entry.by_metadata = true,
            Place::Message(index) => {
                let context = u32::try_from(request.context).unwrap_or(u32::MAX).min(100);
                if let Some(found) = read(&view, hit.session, index, context, &query, hit.score)? {
                    entry.matches.push(found);
                }
            }
        }
    }
    for session in &mut sessions {
        session.matches.sort_by_key(|found| found.index);
    }
    Ok(SearchAnswer { total: found.total, sessions, note: query.note().map(str::to_owned) })
}

fn read(
    view: &View<'_>,
    session: SessionNumber,
    index: u32,
    context: u32,
    query: &Query,
    score: f32,
) -> Result<Option<Match>, ApiError> {
    let from = index.saturating_sub(context);
    let messages = view.messages(session, from, index - from + 1 + context)?;
    let place = (index - from) as usize;
    let Some(message) = messages.get(place) else { return Ok(None) };
    let found = snippet(message, query);
    Ok(Some(Match {
        id: message.id,
        index,
        role: message.role,
        at: message.at,
        snippet: found.text,
        highlights: found.highlights,
        score,
        before: beside(&messages[..place], from),
        after: beside(&messages[place + 1..], index + 1),
    }))
}

fn beside(messages: &[Message], from: u32) -> Vec<ContextMessage> {
    (from..)
        .zip(messages)
        .map(|(index, message)| ContextMessage {
            id: message.id,
            index,
            role: message.role,
            text: beginning(message),
        })
        .collect()
}

/// The first words of a message; of one that says nothing, what it does.
fn beginning(message: &Message) -> String {
    let text = message.text();
    let text = if text.trim().is_empty() {
        message.content.iter().find_map(shown).unwrap_or_default()
    } else {
        text
    };
    text.trim().chars().take(CONTEXT_CHARACTERS).collect()
}

fn shown(block: &Block) -> Option<String> {
    match block {
        Block::ToolUse(tool) => Some(match &tool.command {
            Some(command) => format!("[{}] {command}", tool.name),
            None => format!("[{}]", tool.name),
        }),
        Block::ToolResult(result) => {
            Some(result.content.chars().take(CONTEXT_CHARACTERS).collect())
        }
        Block::Thinking(text) => Some(text.chars().take(CONTEXT_CHARACTERS).collect()),
        Block::Text(_) | Block::Other(_) => None,
    }
}
