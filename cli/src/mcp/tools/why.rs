//! `lore_why`: who wrote lines of a file, what for, and what was tried before.

use std::collections::HashMap;
use std::path::PathBuf;

use lore_engine::api::{BlameAnswer, BlameLine, BlameRequest, Earlier, EditCall, Origin, Writer};
use lore_engine::model::{Block, EditKind, Message, Role, Session};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Tool, said};
use crate::client::Client;
use crate::mcp::budget::{Budget, shortened};
use crate::mcp::desk::Desk;
use crate::mcp::failure::Failure;
use crate::mcp::shapes::{CommitInfo, LeftOut, PromptInfo, SessionName, time};

/// Messages before an edit in which its reasons are looked for.
const BEFORE: u32 = 12;
/// Bytes of a path and of names.
const PATH: usize = 200;
const NAME: usize = 60;
/// Bytes of the longest text of a block, where there is room.
const TEXT: usize = 1600;
/// Tries that are told of a block.
const TRIED: usize = 6;

pub(in crate::mcp) struct Why;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::mcp) struct Input {
    /// The file: absolute, or relative to `repo`.
    pub(in crate::mcp) file: String,
    /// The first line, from 1; all lines if not given.
    pub(in crate::mcp) line: Option<u32>,
    /// The last line; only `line` if not given.
    pub(in crate::mcp) end_line: Option<u32>,
    /// The file as it is in this commit, branch or tag; as it is on disk if not given.
    pub(in crate::mcp) revision: Option<String>,
    /// A directory in the repository; the one that the server was started in if not given.
    pub(in crate::mcp) repo: Option<String>,
    /// The answer's size in tokens, from 500; 8000 if not given.
    pub(in crate::mcp) max_tokens: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::mcp) struct Output {
    /// The file's path in the repository.
    file: String,
    /// The lines in order; those that belong together are one block.
    blocks: Vec<CodeBlock>,
    /// `line` of the next call; null at the end.
    next: Option<u32>,
    left_out: Option<LeftOut>,
}

/// Lines that came by the same edit and the same commit.
#[derive(Debug, Serialize, JsonSchema)]
struct CodeBlock {
    first_line: u32,
    last_line: u32,
    text: String,
    /// session: an AI session wrote them; changed: it did, and somebody changed them by hand since;
    /// hand: no session that is known wrote them; unknown: they say too little to tell.
    written_by: &'static str,
    /// The commit that they came with; null if they are not committed.
    commit: Option<CommitInfo>,
    /// The session that wrote them.
    session: Option<SessionName>,
    /// The edit in it.
    message: Option<EditInfo>,
    /// What the person asked for before it.
    prompt: Option<PromptInfo>,
    /// What the model said or thought when it made the edit.
    reasoning: Option<PromptInfo>,
    /// What stood there before the edit.
    replaced: Option<String>,
    /// What sessions had written in this place before, and was replaced; the newest first.
    tried: Vec<Tried>,
    /// Prompt, reasoning and tries stand with the block that begins at this line: the same edit.
    details_at_line: Option<u32>,
}

/// The message that an edit was made by, to cite.
#[derive(Debug, Serialize, JsonSchema)]
struct EditInfo {
    session_id: String,
    message_id: String,
    /// The message's place in its session.
    index: u32,
    tool_use_id: String,
    tool_name: String,
    timestamp: Option<String>,
}

/// What was tried and replaced.
#[derive(Debug, Serialize, JsonSchema)]
struct Tried {
    message: EditInfo,
    /// The lines that were replaced later.
    text: String,
    /// The message that replaced them.
    replaced_by: String,
    prompt: Option<PromptInfo>,
}

impl Tool for Why {
    const NAME: &'static str = "lore_why";
    const TITLE: &'static str = "Why is this code so";
    const DESCRIPTION: &'static str = "Tells why lines of a file are as they are: which AI session \
        wrote them and in which message, what the person had asked for, what the model reasoned, and \
        what was tried before in the same place and replaced. Lines that were written by hand are \
        said to be so. Use it before you change code whose reason is not plain. Cite session id and \
        message index.";
    type Input = Input;
    type Output = Output;

    fn answer(desk: &Desk, input: Input) -> Result<Output, Failure> {
        said("file", &input.file)?;
        let mut client = desk.client()?;
        let answer = client.blame(BlameRequest {
            place: desk.place(input.repo.as_deref()),
            file: PathBuf::from(&input.file),
            lines: lines(&input)?,
            rev: input.revision.clone(),
            ignore_revs_file: None,
            ignore_whitespace: false,
            earlier: true,
        })?;
        let mut output = Output {
            file: shortened(&answer.file, PATH),
            blocks: Vec::new(),
            next: None,
            left_out: None,
        };
        let mut budget = Budget::new(input.max_tokens);
        budget.spend(&output)?;
        let mut told = HashMap::new();
        let mut rest = answer.lines.as_slice();
        while let Some(first) = rest.first() {
            let (lines, after) = rest.split_at(block_of(rest));
            let known = Known::new(&answer, lines, &mut client, &told)?;
            if !budget.add(&mut output.blocks, TEXT, |most| known.block(most))? {
                break;
            }
            if let Some(origin) = first.origin {
                told.entry(origin).or_insert(first.line);
            }
            rest = after;
        }
        if let Some(line) = rest.first() {
            let last = answer.lines.last().map_or(line.line, |last| last.line);
            output.next = Some(line.line);
            let how = format!("call lore_why again with line={}, end_line={last}", line.line);
            let lines = Some(rest.len() as u64);
            output.left_out = Some(LeftOut { lines, how, ..LeftOut::default() });
        }
        Ok(output)
    }
}

fn lines(input: &Input) -> Result<Option<(u32, u32)>, Failure> {
    let mistake = |text: &str| Err(Failure::Arguments(text.to_owned()));
    match (input.line, input.end_line) {
        (None, None) => Ok(None),
        (None, Some(_)) => mistake("`end_line` goes with `line`"),
        (Some(0), _) => mistake("`line` is a number from 1"),
        (Some(line), None) => Ok(Some((line, line))),
        (Some(line), Some(end)) if end < line => mistake("`end_line` is not before `line`"),
        (Some(line), Some(end)) => Ok(Some((line, end))),
    }
}

/// How many of the first lines belong together. Those that tell nothing go with the ones before.
fn block_of(lines: &[BlameLine]) -> usize {
    let Some(first) = lines.first() else { return 0 };
    let origin = |line: &BlameLine| {
        (line.origin, line.changed_from.as_ref().map(|from| from.origin), line.written_by)
    };
    let mut of = first;
    for (count, line) in lines.iter().enumerate() {
        let is_unknown = line.written_by == Writer::Unknown;
        if line.commit != of.commit {
            return count;
        }
        if of.written_by == Writer::Unknown && !is_unknown {
            of = line;
        }
        if !is_unknown && origin(line) != origin(of) {
            return count;
        }
    }
    lines.len()
}

/// What is known of the lines of a block.
struct Known<'a> {
    answer: &'a BlameAnswer,
    lines: &'a [BlameLine],
    text: String,
    /// The line that says most.
    line: Option<&'a BlameLine>,
    origin: Option<&'a Origin>,
    /// Where what led to the edit was told already.
    told_at: Option<u32>,
    reasoning: Option<(u32, Message, String)>,
}

impl<'a> Known<'a> {
    fn new(
        answer: &'a BlameAnswer,
        lines: &'a [BlameLine],
        client: &mut Client,
        told: &HashMap<u32, u32>,
    ) -> Result<Self, Failure> {
        let line = lines.iter().find(|line| line.written_by != Writer::Unknown).or(lines.first());
        let number = line
            .and_then(|line| line.origin.or(line.changed_from.as_ref().map(|from| from.origin)));
        let origin = number.and_then(|number| answer.origins.get(number as usize));
        let told_at = number.and_then(|number| told.get(&number).copied());
        let mut reasoning = None;
        if let (Some(origin), None) = (origin, told_at)
            && let Some(session) = session_of(answer, origin.call.session)
        {
            reasoning = reasons(client, session, origin)?;
        }
        let text = lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n");
        Ok(Self { answer, lines, text, line, origin, told_at, reasoning })
    }

    /// The block, with texts of at most so many bytes.
    fn block(&self, most: usize) -> CodeBlock {
        let Self { answer, lines, origin, .. } = self;
        let commit = self.line.and_then(|line| answer.commits.get(line.commit? as usize));
        let details = origin.filter(|_| self.told_at.is_none() && most > 0);
        let prompt = details.and_then(|origin| origin.prompt.as_ref());
        let tried = details.map_or(&[][..], |origin| &origin.earlier);
        // Room for a text is made before there is room for more tries.
        let tries = (most / (TEXT / TRIED)).max(usize::from(most > 100));
        let replaced = details.map(|origin| origin.replaced.join("\n"));
        CodeBlock {
            first_line: lines.first().map_or(0, |line| line.line),
            last_line: lines.last().map_or(0, |line| line.line),
            text: shortened(&self.text, most),
            written_by: self.line.map_or("unknown", writer),
            commit: commit.map(CommitInfo::from),
            session: origin
                .and_then(|origin| answer.sessions.get(origin.call.session as usize))
                .map(|session| SessionName::from(&session.detail)),
            message: origin.map(|origin| self.edit_info(&origin.call)),
            prompt: PromptInfo::new(prompt, most),
            reasoning: self
                .reasoning
                .as_ref()
                .filter(|_| details.is_some())
                .map(|(index, message, text)| PromptInfo::said(message.id, *index, text, most / 2)),
            replaced: replaced
                .filter(|replaced| !replaced.trim().is_empty())
                .map(|replaced| shortened(&replaced, most / 2)),
            tried: tried.iter().take(tries).map(|earlier| self.tried(earlier, most / 2)).collect(),
            details_at_line: self.told_at,
        }
    }

    fn tried(&self, earlier: &Earlier, most: usize) -> Tried {
        Tried {
            message: self.edit_info(&earlier.call),
            text: shortened(&earlier.lines.join("\n"), most),
            replaced_by: earlier.replaced_by.to_string(),
            prompt: PromptInfo::new(earlier.prompt.as_ref(), most),
        }
    }

    fn edit_info(&self, call: &EditCall) -> EditInfo {
        EditInfo {
            session_id: session_id(self.answer, call.session),
            message_id: call.message.to_string(),
            index: call.message_index,
            tool_use_id: shortened(&call.tool_use_id, NAME),
            tool_name: shortened(&call.tool_name, NAME),
            timestamp: time(call.at),
        }
    }
}

fn session_of(answer: &BlameAnswer, session: u32) -> Option<&Session> {
    answer.sessions.get(session as usize).map(|session| &session.detail.session)
}

fn session_id(answer: &BlameAnswer, session: u32) -> String {
    session_of(answer, session).map_or(String::new(), |session| session.id.to_string())
}

fn writer(line: &BlameLine) -> &'static str {
    match (line.written_by, &line.changed_from) {
        (Writer::Session, _) => "session",
        (Writer::Hand, Some(_)) => "changed",
        (Writer::Hand, None) => "hand",
        (Writer::Unknown, _) => "unknown",
    }
}

/// How a file changed, in a word.
pub(super) fn kind_name(kind: EditKind) -> &'static str {
    match kind {
        EditKind::Create => "create",
        EditKind::Replace => "replace",
        EditKind::Delete => "delete",
        EditKind::Rename => "rename",
    }
}

/// What the model said last before an edit, and after the prompt; else what it thought.
fn reasons(
    client: &mut Client,
    session: &Session,
    origin: &Origin,
) -> Result<Option<(u32, Message, String)>, Failure> {
    let after = origin.prompt.as_ref().map_or(0, |prompt| prompt.index + 1);
    let from = after.max(origin.call.message_index.saturating_sub(BEFORE));
    let count = origin.call.message_index.saturating_sub(from) + 1;
    let messages = client.messages(session.id, from, count)?;
    let messages: Vec<(u32, Message)> = (from..).zip(messages).collect();
    let said = |block: &Block| match block {
        Block::Text(text) => Some(text.trim().to_owned()),
        _ => None,
    };
    let thought = |block: &Block| match block {
        Block::Thinking(text) => Some(text.trim().to_owned()),
        _ => None,
    };
    let last = |of: &dyn Fn(&Block) -> Option<String>| {
        messages.iter().rev().find_map(|(index, message)| {
            let texts = message.content.iter().filter_map(of).collect::<Vec<_>>().join("\n");
            let is_answer = message.role == Role::Assistant && !texts.is_empty();
            is_answer.then(|| (*index, message.clone(), texts))
        })
    };
    Ok(last(&said).or_else(|| last(&thought)))
}
