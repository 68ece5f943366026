//! The edits of sessions, read from the store a page at a time and kept for the next question.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use super::edit::Written;
use super::line::normalised;
use crate::model::{
    Block, EditKind, Message, MessageId, Role, Session, SessionNumber, Timestamp, ToolUse,
};
use crate::store::{StoreError, View};

/// Pages that are kept.
const KEPT_PAGES: usize = 1024;

/// Pages that are looked through for the answer to a call, or for what was read before.
const PAGES_AROUND: usize = 8;

/// An edit of a session.
#[derive(Clone, Debug)]
pub(crate) struct Edit {
    pub(crate) session: SessionNumber,
    pub(crate) message: MessageId,
    /// The message's place in the session.
    pub(crate) index: u32,
    /// Its place among the edits of the message.
    pub(crate) ordinal: u32,
    pub(crate) at: Option<Timestamp>,
    pub(crate) call: String,
    pub(crate) tool: String,
    pub(crate) kind: EditKind,
    /// As the tool wrote it, and the directory that it is relative to.
    pub(crate) path: String,
    pub(crate) directory: Option<String>,
    /// Wrote a whole file, and what it held before is not known.
    pub(crate) is_whole: bool,
    pub(crate) written: Written,
    /// The text that it replaced, and by which, if it did not write the whole file.
    pub(crate) replacement: Option<(String, String)>,
}

/// Reads sessions and their edits.
pub(crate) struct Library<'v> {
    view: &'v View<'v>,
    sessions: HashMap<SessionNumber, Option<Rc<Session>>>,
    /// By session and first message.
    pages: BTreeMap<(SessionNumber, u32), Rc<Page>>,
    edits: HashMap<(SessionNumber, u32), Rc<Vec<Rc<Edit>>>>,
    touched: HashMap<SessionNumber, Rc<Vec<Touched>>>,
}

/// A file that a session worked on.
#[derive(Clone, Debug)]
pub(crate) struct Touched {
    pub(crate) path: String,
    pub(crate) directory: Option<String>,
    pub(crate) at: Option<Timestamp>,
    pub(crate) edited: bool,
}

/// A page of messages.
struct Page {
    first: u32,
    messages: Vec<Message>,
}

impl<'v> Library<'v> {
    pub(crate) fn new(view: &'v View<'v>) -> Self {
        let (sessions, pages, edits, touched) = Default::default();
        Self { view, sessions, pages, edits, touched }
    }

    /// What it reads.
    pub(crate) fn view(&self) -> &'v View<'v> {
        self.view
    }

    pub(crate) fn session(
        &mut self,
        number: SessionNumber,
    ) -> Result<Option<Rc<Session>>, StoreError> {
        if let Some(session) = self.sessions.get(&number) {
            return Ok(session.clone());
        }
        let session = self.view.session(number)?.map(Rc::new);
        self.sessions.insert(number, session.clone());
        Ok(session)
    }

    /// The edits of a message that did not fail.
    pub(crate) fn edits(
        &mut self,
        session: SessionNumber,
        index: u32,
    ) -> Result<Rc<Vec<Rc<Edit>>>, StoreError> {
        if let Some(edits) = self.edits.get(&(session, index)) {
            return Ok(Rc::clone(edits));
        }
        let mut edits = Vec::new();
        if let (Some(page), Some(row)) = (self.page(session, index)?, self.session(session)?)
            && let Some(message) = page.messages.get((index - page.first) as usize)
        {
            let calls = message.content.iter().filter_map(tool_use);
            for call in calls.filter(|call| !call.edits.is_empty()) {
                if self.failed(session, index, &call.id)? {
                    continue;
                }
                for edit in &call.edits {
                    let ordinal = edits.len() as u32;
                    let directory = message.directory.as_ref().or(row.directory.as_ref());
                    let is_whole = edit.kind == EditKind::Create && edit.before.is_none();
                    let mut written = Written::of(edit);
                    if is_whole {
                        let known = self.read_before(session, index, &edit.path)?;
                        written.take_off(&known);
                    }
                    edits.push(Rc::new(Edit {
                        session,
                        message: message.id,
                        index,
                        ordinal,
                        at: message.at.or(row.started),
                        call: call.id.clone(),
                        tool: call.name.clone(),
                        kind: edit.kind,
                        path: edit.to.clone().unwrap_or_else(|| edit.path.clone()),
                        directory: directory.cloned(),
                        is_whole,
                        written,
                        replacement: edit.before.clone().zip(edit.after.clone()),
                    }));
                }
            }
        }
        let edits = Rc::new(edits);
        self.edits.insert((session, index), Rc::clone(&edits));
        Ok(edits)
    }

    /// The last thing that a person asked for before a message, and its place.
    pub(crate) fn prompt(
        &mut self,
        session: SessionNumber,
        index: u32,
    ) -> Result<Option<(u32, MessageId, String)>, StoreError> {
        let mut end = index;
        loop {
            let Some(page) = self.page(session, end)? else { return Ok(None) };
            let before = page.messages.get(..=(end - page.first) as usize).unwrap_or_default();
            if let Some(place) = before.iter().rposition(is_prompt) {
                let message = &before[place];
                return Ok(Some((page.first + place as u32, message.id, message.text())));
            }
            match page.first.checked_sub(1) {
                Some(earlier) => end = earlier,
                None => return Ok(None),
            }
        }
    }

    /// The files that a session worked on: as the tool wrote their paths, with the directory that
    /// they are relative to, the time, and whether it changed them.
    pub(crate) fn touched(&mut self, session: &Session) -> Result<Rc<Vec<Touched>>, StoreError> {
        if let Some(touched) = self.touched.get(&session.number) {
            return Ok(Rc::clone(touched));
        }
        let (mut touched, mut from) = (Vec::new(), 0);
        while let Some(page) = self.page(session.number, from)? {
            for message in &page.messages {
                let directory = message.directory.as_ref().or(session.directory.as_ref());
                for call in message.content.iter().filter_map(tool_use) {
                    let touch = |path: &String, edited| Touched {
                        path: path.clone(),
                        directory: directory.cloned(),
                        at: message.at,
                        edited,
                    };
                    touched.extend(call.reads.iter().map(|path| touch(path, false)));
                    for edit in &call.edits {
                        touched.push(touch(&edit.path, true));
                        touched.extend(edit.to.as_ref().map(|path| touch(path, true)));
                    }
                }
            }
            from = page.first + page.messages.len() as u32;
        }
        let touched = Rc::new(touched);
        self.touched.insert(session.number, Rc::clone(&touched));
        Ok(touched)
    }

    /// Whether the tool says that a call failed.
    fn failed(
        &mut self,
        session: SessionNumber,
        index: u32,
        call: &str,
    ) -> Result<bool, StoreError> {
        if call.is_empty() {
            return Ok(false);
        }
        let mut from = index;
        for _ in 0..PAGES_AROUND {
            let Some(page) = self.page(session, from)? else { break };
            let later = page.messages.iter().skip((from - page.first) as usize);
            let mut blocks = later.flat_map(|message| &message.content);
            let answer = blocks.find_map(|block| match block {
                Block::ToolResult(result) if result.id == call => Some(result.is_error),
                _ => None,
            });
            if let Some(is_error) = answer {
                return Ok(is_error);
            }
            from = page.first + page.messages.len() as u32;
        }
        Ok(false)
    }

    /// The lines that tools told of a file before a message, normalised: they were there then.
    pub(crate) fn read_before(
        &mut self,
        session: SessionNumber,
        index: u32,
        path: &str,
    ) -> Result<HashSet<String>, StoreError> {
        let mut lines = HashSet::new();
        let mut results: HashMap<String, (Rc<Page>, usize, usize)> = HashMap::new();
        let mut end = index;
        for _ in 0..PAGES_AROUND {
            let Some(page) = self.page(session, end)? else { break };
            let before = (end - page.first) as usize + usize::from(end != index);
            for (at, message) in page.messages.iter().enumerate().take(before).rev() {
                for (place, block) in message.content.iter().enumerate() {
                    match block {
                        // The answer stands behind the call, and is met before it on the way back.
                        Block::ToolResult(result) => {
                            results.insert(result.id.clone(), (Rc::clone(&page), at, place));
                        }
                        Block::ToolUse(call) if call.reads.iter().any(|read| read == path) => {
                            if let Some((page, at, place)) = results.get(&call.id)
                                && let Block::ToolResult(result) =
                                    &page.messages[*at].content[*place]
                            {
                                lines.extend(result.content.lines().flat_map(told));
                            }
                        }
                        _ => {}
                    }
                }
            }
            match page.first.checked_sub(1) {
                Some(earlier) => end = earlier,
                None => break,
            }
        }
        Ok(lines)
    }

    /// The page that a message lies in.
    fn page(&mut self, session: SessionNumber, index: u32) -> Result<Option<Rc<Page>>, StoreError> {
        let before = self.pages.range((session, 0)..=(session, index)).next_back();
        if let Some((_, page)) = before
            && ((index - page.first) as usize) < page.messages.len()
        {
            return Ok(Some(Rc::clone(page)));
        }
        let Some((first, messages)) = self.view.page(session, index)? else { return Ok(None) };
        if self.pages.len() >= KEPT_PAGES {
            self.pages.clear();
            self.edits.clear();
        }
        let page = Rc::new(Page { first, messages });
        self.pages.insert((session, first), Rc::clone(&page));
        Ok(Some(page))
    }
}

fn tool_use(block: &Block) -> Option<&ToolUse> {
    match block {
        Block::ToolUse(call) => Some(call),
        _ => None,
    }
}

/// Whether a person says something in the message.
fn is_prompt(message: &Message) -> bool {
    let says = |block: &Block| matches!(block, Block::Text(text) if !text.trim().is_empty());
    message.role == Role::User
        && !message.injected
        && !message.sidechain
        && message.content.iter().any(says)
}

/// A line of a file as a tool tells it, which often puts the line's number before it: with and
/// without that.
fn told(line: &str) -> [String; 2] {
    let numbered = line.trim_start().trim_start_matches(|digit: char| digit.is_ascii_digit());
    let bare = numbered.trim_start_matches(['\u{2192}', '\t', ':', '|']);
    [normalised(line), normalised(bare)]
}
