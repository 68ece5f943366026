//! `lore_search`: messages in which words stand, the best first.

use lore_engine::api::{Match, SearchRequest, SessionMatches};
use lore_engine::model::{Role, Timestamp};
use lore_engine::search::parse_date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Tool, number, said};
use crate::mcp::budget::{Budget, shortened};
use crate::mcp::desk::Desk;
use crate::mcp::failure::Failure;
use crate::mcp::shapes::{LeftOut, SessionInfo, time};
use crate::output::time::{now, utc_offset_minutes};

/// The furthest match that can be reached.
const FURTHEST: u32 = 10_000;
/// Bytes of a snippet, and of the query where it is repeated.
const SNIPPET: usize = 1000;
const QUERY: usize = 200;
/// Sessions that match by what they are called.
const NAMED: usize = 3;

pub(super) struct Search;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    /// What to look for. All words must occur in one message. "phrases", OR, -words, prefix*, and
    /// fields (tool: project: repo: branch: role: file: cmd: model: since: until: is:error) narrow it.
    query: String,
    /// At most so many matches, from 1 to 100; 10 if not given.
    limit: Option<u32>,
    /// Only sessions held in this directory or below it; everywhere if not given.
    repo: Option<String>,
    /// Only sessions of this AI tool, such as claude-code or codex.
    tool: Option<String>,
    /// Only messages since then: 2026-01-05, 2026-01-05T08:00:00Z, yesterday, 3d, 2w, 1m.
    since: Option<String>,
    /// Only messages before then.
    until: Option<String>,
    /// Only messages of user, assistant or system.
    role: Option<String>,
    /// Passes over so many matches: what an earlier answer gave as `next`.
    from: Option<u32>,
    /// The answer's size in tokens, from 500; 8000 if not given.
    max_tokens: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Output {
    query: String,
    /// What was not understood in the query, and what was searched instead.
    note: Option<String>,
    /// Messages that match, those that are not shown included.
    total_matches: u64,
    matches: Vec<Found>,
    /// Sessions whose title, directory or branch matches.
    sessions: Vec<SessionInfo>,
    /// `from` of the next call; null at the end.
    next: Option<u32>,
    left_out: Option<LeftOut>,
}

/// A message that matches.
#[derive(Debug, Serialize, JsonSchema)]
struct Found {
    session: SessionInfo,
    message_id: String,
    /// The message's place in its session: lore_get_session reads around it with `from`.
    index: u32,
    role: String,
    snippet: String,
    timestamp: Option<String>,
}

impl Tool for Search {
    const NAME: &'static str = "lore_search";
    const TITLE: &'static str = "Search past AI sessions";
    const DESCRIPTION: &'static str = "Searches everything that was said and done in past sessions \
        with AI coding tools on this machine: prompts, answers, commands, edits and their output. \
        Use it to find out whether something was discussed, tried, decided or fixed before. \
        Returns the best matches with session id and message index; lore_get_session reads on from \
        there.";
    type Input = Input;
    type Output = Output;

    fn answer(desk: &Desk, input: Input) -> Result<Output, Failure> {
        said("query", &input.query)?;
        let limit = number("limit", input.limit, 10, 100)?;
        let from = input.from.unwrap_or(0);
        if from > FURTHEST {
            return Err(Failure::Arguments(format!("`from` is a number up to {FURTHEST}")));
        }
        let request = request(desk, &input, (from + limit) as usize)?;
        let found = desk.client()?.search(request)?;
        let mut output = Output {
            query: shortened(&input.query, QUERY),
            note: found.note.as_deref().map(|note| shortened(note, QUERY)),
            total_matches: found.total,
            matches: Vec::new(),
            sessions: Vec::new(),
            next: None,
            left_out: None,
        };
        let mut budget = Budget::new(input.max_tokens);
        budget.spend(&output)?;
        let matches = by_rank(&found.sessions);
        for (session, found) in matches.iter().skip(from as usize).take(limit as usize) {
            let build = |most| Found {
                session: (*session).into(),
                message_id: found.id.to_string(),
                index: found.index,
                role: found.role.name().to_owned(),
                snippet: shortened(&found.snippet, most),
                timestamp: time(found.at),
            };
            if !budget.add(&mut output.matches, SNIPPET, build)? {
                break;
            }
        }
        let named = found.sessions.iter().filter(|found| from == 0 && found.by_metadata);
        for found in named.take(NAMED) {
            if !budget.add(&mut output.sessions, 0, |_| found.into())? {
                break;
            }
        }
        let shown = from + output.matches.len() as u32;
        let rest = found.total.saturating_sub(shown.into());
        if rest > 0 && !output.matches.is_empty() {
            output.next = Some(shown);
            let how = format!("call lore_search again with from={shown}, or narrow the query");
            output.left_out = Some(LeftOut { matches: Some(rest), how, ..LeftOut::default() });
        }
        Ok(output)
    }
}

fn request(desk: &Desk, input: &Input, limit: usize) -> Result<SearchRequest, Failure> {
    let role = match input.role.as_deref().map(str::to_ascii_lowercase).as_deref() {
        None => None,
        Some("user") => Some(Role::User),
        Some("assistant") => Some(Role::Assistant),
        Some("system") => Some(Role::System),
        Some(_) => {
            return Err(Failure::Arguments("`role` is user, assistant or system".to_owned()));
        }
    };
    Ok(SearchRequest {
        query: input.query.clone(),
        limit,
        context: 0,
        repo: input.repo.as_deref().map(|repo| desk.path(repo)),
        tool: input.tool.clone(),
        project: None,
        branch: None,
        role,
        since: date("since", input.since.as_deref())?,
        until: date("until", input.until.as_deref())?,
        utc_offset_minutes: utc_offset_minutes(now()),
    })
}

fn date(name: &str, given: Option<&str>) -> Result<Option<Timestamp>, Failure> {
    let Some(text) = given else { return Ok(None) };
    let now = now();
    let exact = || text.trim().parse().ok().map(|time: jiff::Timestamp| Timestamp::from(time));
    match parse_date(text, now, utc_offset_minutes(now)).or_else(exact) {
        Some(time) => Ok(Some(time)),
        None => Err(Failure::Arguments(format!(
            "`{name}` does not know the date `{text}`: dates look like 2026-01-05, \
             2026-01-05T08:00:00Z, yesterday, 12h, 3d, 2w, 1m"
        ))),
    }
}

/// The matches of all sessions, the best first, in the order that the index has them in.
fn by_rank(sessions: &[SessionMatches]) -> Vec<(&SessionMatches, &Match)> {
    type Ranked<'a> = (&'a SessionMatches, &'a Match);
    let mut all: Vec<Ranked<'_>> = Vec::new();
    for session in sessions {
        all.extend(session.matches.iter().map(|found| (session, found)));
    }
    let time = |(SessionMatches { session, .. }, found): &Ranked<'_>| {
        found.at.or(session.started).or(session.last_activity)
    };
    all.sort_by(|one, other| {
        let by_score = other.1.score.total_cmp(&one.1.score);
        let place = |(of, found): &Ranked<'_>| (of.session.number, found.index);
        by_score.then(time(other).cmp(&time(one))).then(place(other).cmp(&place(one)))
    });
    all
}
