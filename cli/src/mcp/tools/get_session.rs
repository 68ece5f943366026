//! `lore_get_session`: one session, its messages page by page; or one of its messages in full.

use lore_engine::api::SessionDetail;
use lore_engine::model::{Message, Session};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Tool, number, said};
use crate::client::Client;
use crate::mcp::budget::{Budget, cut, shortened};
use crate::mcp::desk::Desk;
use crate::mcp::failure::Failure;
use crate::mcp::shapes::{AnnotationInfo, LeftOut, LinkInfo, SessionInfo, time};
use crate::mcp::words;

/// Messages that are asked for at once.
const PAGE: u32 = 200;
/// Bytes of a tag.
const TAG: usize = 40;
/// Of the answer, what a summary, the commits, the notes and the tags may take, and one message of
/// many.
const SUMMARY_SHARE: usize = 8;
const LIST_SHARE: usize = 10;
const MESSAGE_SHARE: usize = 4;

pub(super) struct GetSession;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    /// The session's id, or its first digits.
    session_id: String,
    /// Whether to read the messages; true if not given.
    include_messages: Option<bool>,
    /// The index of the first message to read; 0 if not given. An earlier answer's `next` reads on.
    from: Option<u32>,
    /// At most so many messages, from 1 to 1000.
    limit: Option<u32>,
    /// Reads only the message with this index, and all of it: thoughts, tools' arguments and output.
    message: Option<u32>,
    /// With `message`: passes over so many bytes of it. An earlier answer's `next_offset` reads on.
    offset: Option<u64>,
    /// The answer's size in tokens, from 500; 8000 if not given.
    max_tokens: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Output {
    session: SessionInfo,
    linked_commits: Vec<LinkInfo>,
    /// Null if they were not asked for.
    messages: Option<Vec<MessageInfo>>,
    /// What somebody wrote down about the session.
    summary: Option<String>,
    /// Notes that people put on the session, the oldest first; those that say too much are cut.
    annotations: Vec<AnnotationInfo>,
    tags: Vec<String>,
    /// `from` of the next call; null at the end.
    next: Option<u32>,
    /// `offset` of the next call for the same `message`; null at its end.
    next_offset: Option<u64>,
    left_out: Option<LeftOut>,
}

/// A message.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::mcp) struct MessageInfo {
    /// Its place in the session, from 0.
    index: u32,
    /// Its id, to cite.
    id: String,
    role: String,
    /// What is said, and in a line each what tools were called for and answered.
    content: String,
    timestamp: Option<String>,
    /// The content is cut: `message` with this index reads all of it.
    cut: bool,
}

impl MessageInfo {
    /// In brief, with at most so many bytes of what it says.
    pub(in crate::mcp) fn brief(index: u32, message: &Message, most: usize) -> Self {
        let words = words::brief(message);
        let content = shortened(&words, most);
        Self::new(index, message, content.len() < words.len(), content)
    }

    fn new(index: u32, message: &Message, cut: bool, content: String) -> Self {
        Self {
            index,
            id: message.id.to_string(),
            role: message.role.name().to_owned(),
            content,
            timestamp: time(message.at),
            cut,
        }
    }
}

impl Tool for GetSession {
    const NAME: &'static str = "lore_get_session";
    const TITLE: &'static str = "Read a past AI session";
    const DESCRIPTION: &'static str = "Reads a past session with an AI coding tool: who asked for \
        what, what was answered and done, the commits that came of it. Long sessions come in pages \
        (`from`, `next`); tools' output is shortened, and `message` reads one message in full. Use \
        it after lore_search, lore_list_sessions or lore_why gave you an id.";
    type Input = Input;
    type Output = Output;

    fn answer(desk: &Desk, input: Input) -> Result<Output, Failure> {
        said("session_id", &input.session_id)?;
        let limit = number("limit", input.limit, 1000, 1000)?;
        if input.offset.is_some() && input.message.is_none() {
            return Err(Failure::Arguments("`offset` goes with `message`".to_owned()));
        }
        let mut client = desk.client()?;
        let detail = client.session(&input.session_id)?;
        let mut budget = Budget::new(input.max_tokens);
        let mut output = head(&detail, &mut budget)?;
        match input.message {
            Some(index) => {
                let offset = input.offset.unwrap_or(0);
                output.message(&mut client, &detail.session, (index, offset), &mut budget)?;
            }
            None if input.include_messages.unwrap_or(true) => {
                let from = input.from.unwrap_or(0);
                output.messages(&mut client, &detail.session, (from, limit), &mut budget)?;
            }
            None => {}
        }
        Ok(output)
    }
}

/// What is known of the session, within a part of the budget.
fn head(detail: &SessionDetail, budget: &mut Budget) -> Result<Output, Failure> {
    let mut output = Output {
        session: detail.into(),
        linked_commits: Vec::new(),
        messages: Some(Vec::new()),
        summary: None,
        annotations: Vec::new(),
        tags: Vec::new(),
        next: None,
        next_offset: None,
        left_out: None,
    };
    budget.spend(&output)?;
    output.messages = None;
    let summary = detail.summary.as_ref().map(|summary| summary.content.as_str());
    output.summary = summary.map(|text| shortened(text, budget.left() / SUMMARY_SHARE));
    budget.spend(&output.summary)?;
    let least = budget.left() - budget.left() / LIST_SHARE;
    for link in &detail.links {
        let is_full = budget.left() < least;
        if is_full || !budget.add(&mut output.linked_commits, 0, |_| link.into())? {
            break;
        }
    }
    let most = budget.left() / LIST_SHARE;
    let least = budget.left() - most;
    for note in &detail.annotations {
        let is_full = budget.left() < least;
        if is_full
            || !budget.add(&mut output.annotations, most, |most| AnnotationInfo::new(note, most))?
        {
            break;
        }
    }
    let least = budget.left() - budget.left() / LIST_SHARE;
    for tag in &detail.tags {
        let is_full = budget.left() < least;
        if is_full || !budget.add(&mut output.tags, 0, |_| shortened(tag, TAG))? {
            break;
        }
    }
    Ok(output)
}

impl Output {
    /// Reads messages, as many as there is room for.
    fn messages(
        &mut self,
        client: &mut Client,
        session: &Session,
        (from, limit): (u32, u32),
        budget: &mut Budget,
    ) -> Result<(), Failure> {
        let mut shown = Vec::new();
        let most = budget.left() / MESSAGE_SHARE;
        let end = from.saturating_add(limit);
        let mut next = from;
        'pages: while next < end {
            let page = client.messages(session.id, next, PAGE.min(end - next))?;
            if page.is_empty() {
                break;
            }
            for message in &page {
                if !budget.add(&mut shown, most, |most| MessageInfo::brief(next, message, most))? {
                    break 'pages;
                }
                next += 1;
            }
        }
        let rest = session.message_count.saturating_sub(next);
        let cut = shown.iter().find(|message| message.cut).map(|message| message.index);
        if rest > 0 && next > from {
            self.next = Some(next);
        }
        let mut how = Vec::new();
        how.extend(self.next.map(|next| format!("call lore_get_session again with from={next}")));
        how.extend(cut.map(|index| format!("message={index} reads a message that is cut in full")));
        if !how.is_empty() {
            let messages = Some(rest.into());
            self.left_out = Some(LeftOut { messages, how: how.join("; "), ..LeftOut::default() });
        }
        self.messages = Some(shown);
        Ok(())
    }

    /// Reads one message in full, as far as there is room for.
    fn message(
        &mut self,
        client: &mut Client,
        session: &Session,
        (index, offset): (u32, u64),
        budget: &mut Budget,
    ) -> Result<(), Failure> {
        let page = client.messages(session.id, index, 1)?;
        let Some(message) = page.first() else {
            let count = session.message_count;
            return Err(Failure::Arguments(format!("the session has {count} messages, from 0")));
        };
        let words = words::full(message);
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(words.len());
        let rest = &words[words.floor_char_boundary(start)..];
        let mut shown = Vec::new();
        let mut left = 0;
        budget.add(&mut shown, budget.left(), |most| {
            let (content, cut) = cut(rest, most);
            left = cut;
            MessageInfo::new(index, message, cut > 0, content.to_owned())
        })?;
        if left > 0 {
            let next = (words.len() - left) as u64;
            self.next_offset = Some(next);
            let how = format!("call lore_get_session again with message={index}, offset={next}");
            self.left_out = Some(LeftOut { bytes: Some(left as u64), how, ..LeftOut::default() });
        }
        self.messages = Some(shown);
        Ok(())
    }
}
