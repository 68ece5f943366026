//! `lore_list_sessions`: the newest sessions.

use lore_engine::api::SessionFilter;
use lore_engine::model::SessionId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Tool, number};
use crate::mcp::budget::Budget;
use crate::mcp::desk::Desk;
use crate::mcp::failure::Failure;
use crate::mcp::shapes::{LeftOut, SessionInfo};

pub(super) struct ListSessions;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    /// At most so many sessions, from 1 to 100; 10 if not given.
    limit: Option<u32>,
    /// Only sessions held in this directory or below it; everywhere if not given.
    repo: Option<String>,
    /// Only sessions of this AI tool, such as claude-code or codex.
    tool: Option<String>,
    /// Goes on where an earlier answer ended: its `next`.
    cursor: Option<String>,
    /// The answer's size in tokens, from 500; 8000 if not given.
    max_tokens: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Output {
    /// The newest first.
    sessions: Vec<SessionInfo>,
    /// `cursor` of the next call; null at the end.
    next: Option<String>,
    left_out: Option<LeftOut>,
}

impl Tool for ListSessions {
    const NAME: &'static str = "lore_list_sessions";
    const TITLE: &'static str = "List past AI sessions";
    const DESCRIPTION: &'static str = "Lists past sessions with AI coding tools, the newest first, \
        of one directory or of all. Use it to see what was worked on lately; use lore_search if you \
        know what you look for.";
    type Input = Input;
    type Output = Output;

    fn answer(desk: &Desk, input: Input) -> Result<Output, Failure> {
        let limit = number("limit", input.limit, 10, 100)?;
        let filter = SessionFilter {
            repo: input.repo.as_deref().map(|repo| desk.path(repo)),
            tag: None,
            tool: input.tool,
            after: input.cursor.as_deref().map(after).transpose()?,
            // One more tells whether there are more.
            limit: limit as usize + 1,
        };
        let found = desk.client()?.sessions(filter)?;
        let mut output = Output { sessions: Vec::new(), next: None, left_out: None };
        let mut budget = Budget::new(input.max_tokens);
        budget.spend(&output)?;
        for detail in found.iter().take(limit as usize) {
            if !budget.add(&mut output.sessions, 0, |_| detail.into())? {
                break;
            }
        }
        let shown = output.sessions.len();
        if let (true, Some(last)) = (shown < found.len(), shown.checked_sub(1)) {
            output.next = Some(found[last].session.id.to_string());
            let how = "call lore_list_sessions again with cursor=`next`".to_owned();
            output.left_out = Some(LeftOut { how, ..LeftOut::default() });
        }
        Ok(output)
    }
}

fn after(cursor: &str) -> Result<SessionId, Failure> {
    let mistake = |_| Failure::Arguments("`cursor` is what an earlier answer gave".to_owned());
    cursor.parse().map_err(mistake)
}
