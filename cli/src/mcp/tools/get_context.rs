//! `lore_get_context`: what was worked on in a project lately.

use lore_engine::api::SessionFilter;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Tool;
use super::get_session::MessageInfo;
use crate::mcp::budget::{Budget, shortened};
use crate::mcp::desk::{Desk, last_messages, top_of};
use crate::mcp::failure::Failure;
use crate::mcp::shapes::{LeftOut, LinkInfo, SessionInfo};

/// Sessions of a context.
const SESSIONS: usize = 5;
/// Messages at the end of the last session.
const MESSAGES: u32 = 3;
/// Commits of a session.
const COMMITS: usize = 5;
/// Bytes of a path where it is repeated.
const DIRECTORY: usize = 200;

pub(super) struct GetContext;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    /// A directory in the project; the one that the server was started in if not given.
    repo: Option<String>,
    /// Only the last session, with the last messages of it.
    last: Option<bool>,
    /// The answer's size in tokens, from 500; 8000 if not given.
    max_tokens: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Output {
    working_directory: String,
    /// The newest first.
    sessions: Vec<Recent>,
    /// The last messages of the last session; null unless `last` was given.
    recent_messages: Option<Vec<MessageInfo>>,
    left_out: Option<LeftOut>,
}

/// A session of late.
#[derive(Debug, Serialize, JsonSchema)]
struct Recent {
    #[serde(flatten)]
    session: SessionInfo,
    /// It is going on.
    active: bool,
    /// What somebody wrote down about it.
    summary: Option<String>,
    linked_commits: Vec<LinkInfo>,
}

impl Tool for GetContext {
    const NAME: &'static str = "lore_get_context";
    const TITLE: &'static str = "What was worked on here";
    const DESCRIPTION: &'static str = "Tells what was worked on in this project lately, with any AI \
        coding tool: the newest sessions with summaries and commits. With `last`, the last session \
        and how it ended. Use it at the start of a task, or when you are asked to continue.";
    type Input = Input;
    type Output = Output;

    fn answer(desk: &Desk, input: Input) -> Result<Output, Failure> {
        let project = top_of(&desk.place(input.repo.as_deref()));
        let last = input.last.unwrap_or(false);
        let filter = SessionFilter {
            repo: Some(project.clone()),
            limit: if last { 1 } else { SESSIONS },
            ..SessionFilter::default()
        };
        let mut client = desk.client()?;
        let found = client.sessions(filter)?;
        let mut output = Output {
            working_directory: shortened(&project.to_string_lossy(), DIRECTORY),
            sessions: Vec::new(),
            recent_messages: last.then(Vec::new),
            left_out: None,
        };
        let mut budget = Budget::new(input.max_tokens);
        budget.spend(&output)?;
        // Of the last one alone, what is left is for its messages.
        let share = if last { 4 } else { 2 * SESSIONS };
        let most = budget.left() / share;
        for detail in &found {
            let build = |most| Recent {
                session: detail.into(),
                active: detail.active,
                summary: detail
                    .summary
                    .as_ref()
                    .filter(|_| most > 0)
                    .map(|summary| shortened(&summary.content, most)),
                linked_commits: detail
                    .links
                    .iter()
                    .take(if most > 200 { COMMITS } else { 0 })
                    .map(LinkInfo::from)
                    .collect(),
            };
            if !budget.add(&mut output.sessions, most, build)? {
                break;
            }
        }
        if let (Some(shown), Some(detail)) = (&mut output.recent_messages, found.first()) {
            let session = (detail.session.id, detail.session.message_count);
            let (from, messages) = last_messages(&mut client, session, MESSAGES)?;
            let most = budget.left() / (MESSAGES as usize + 1);
            for (index, message) in (from..).zip(&messages) {
                let build = |most| MessageInfo::brief(index, message, most);
                if !budget.add(shown, most, build)? {
                    break;
                }
            }
            let id = detail.session.id.short();
            let how = format!("lore_get_session with session_id={id} reads all of the session");
            let messages = Some(from.into());
            output.left_out = Some(LeftOut { messages, how, ..LeftOut::default() });
        }
        Ok(output)
    }
}
