//! `lore_file_history`: what sessions did to a file.

use std::path::PathBuf;

use lore_engine::api::{FileHistoryRequest, FileTouch, SessionDetail};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::why::kind_name;
use super::{Tool, number, said};
use crate::mcp::budget::{Budget, shortened};
use crate::mcp::desk::Desk;
use crate::mcp::failure::Failure;
use crate::mcp::shapes::{LeftOut, PromptInfo, SessionName, time};

/// Bytes of a path, of names, and of a text.
const PATH: usize = 150;
const NAME: usize = 60;
const TEXT: usize = 600;
/// Earlier names of the file that are told.
const NAMES: usize = 3;

pub(super) struct FileHistory;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    /// The file: absolute, or relative to `repo`. It need not be there any more.
    file: String,
    /// A directory in the repository; the one that the server was started in if not given.
    repo: Option<String>,
    /// At most so many edits, from 1 to 100; 10 if not given.
    limit: Option<u32>,
    /// Goes on where an earlier answer ended: its `next`.
    cursor: Option<String>,
    /// The answer's size in tokens, from 500; 8000 if not given.
    max_tokens: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Output {
    /// The file's path in the repository.
    file: String,
    /// Other paths that it had.
    earlier_names: Vec<String>,
    /// Edits by sessions, those that are not shown included.
    total: u64,
    /// The newest first.
    edits: Vec<EditOfFile>,
    /// `cursor` of the next call; null at the end.
    next: Option<String>,
    left_out: Option<LeftOut>,
}

/// An edit of the file.
#[derive(Debug, Serialize, JsonSchema)]
struct EditOfFile {
    session: SessionName,
    message_id: String,
    /// The message's place in its session.
    index: u32,
    timestamp: Option<String>,
    /// create (written as a whole), replace, delete or rename.
    kind: &'static str,
    tool_name: String,
    tool_use_id: String,
    /// What the person asked for before.
    prompt: Option<PromptInfo>,
    /// The text that was replaced; null if the tool did not say.
    before: Option<String>,
    /// The text in its place.
    after: Option<String>,
}

impl EditOfFile {
    fn new(edit: &FileTouch, session: &SessionDetail, most: usize) -> Self {
        let text = |text: &Option<String>| {
            text.as_deref().filter(|_| most > 0).map(|text| shortened(text, most))
        };
        Self {
            session: session.into(),
            message_id: edit.call.message.to_string(),
            index: edit.call.message_index,
            timestamp: time(edit.call.at),
            kind: kind_name(edit.kind),
            tool_name: shortened(&edit.call.tool_name, NAME),
            tool_use_id: shortened(&edit.call.tool_use_id, NAME),
            prompt: PromptInfo::new(edit.prompt.as_ref(), most),
            before: text(&edit.before),
            after: text(&edit.after),
        }
    }
}

impl Tool for FileHistory {
    const NAME: &'static str = "lore_file_history";
    const TITLE: &'static str = "What AI sessions did to a file";
    const DESCRIPTION: &'static str = "Lists the edits that AI sessions made to a file, the newest \
        first, through renames and in other working trees and clones of the repository: session, \
        message, prompt, text before and after; also edits that were never committed. Use it to see \
        how a file came about, or to find a text that is gone. For single lines use lore_why.";
    type Input = Input;
    type Output = Output;

    fn answer(desk: &Desk, input: Input) -> Result<Output, Failure> {
        said("file", &input.file)?;
        let limit = number("limit", input.limit, 10, 100)?;
        let mistake = |_| Failure::Arguments("`cursor` is what an earlier answer gave".to_owned());
        let until = input.cursor.as_deref().map(str::parse).transpose().map_err(mistake)?;
        let found = desk.client()?.file_history(FileHistoryRequest {
            place: desk.place(input.repo.as_deref()),
            file: PathBuf::from(&input.file),
            until,
            limit: limit as usize,
        })?;
        let earlier = found.names.iter().filter(|name| **name != found.file);
        let mut output = Output {
            file: shortened(&found.file, PATH),
            earlier_names: earlier.take(NAMES).map(|name| shortened(name, PATH)).collect(),
            total: found.total,
            edits: Vec::new(),
            next: None,
            left_out: None,
        };
        let mut budget = Budget::new(input.max_tokens);
        budget.spend(&output)?;
        let mut rest = found.from + found.edits.len() as u64;
        for edit in &found.edits {
            let Some(session) = found.sessions.get(edit.call.session as usize) else { continue };
            let build = |most| EditOfFile::new(edit, session, most);
            if !budget.add(&mut output.edits, TEXT, build)? {
                break;
            }
            rest -= 1;
        }
        if rest > 0 {
            output.next = Some(rest.to_string());
            let how = format!("call lore_file_history again with cursor=\"{rest}\"");
            output.left_out = Some(LeftOut { edits: Some(rest), how, ..LeftOut::default() });
        }
        Ok(output)
    }
}
