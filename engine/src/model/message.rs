//! Messages and what they are made of.

use serde::{Deserialize, Serialize};

use super::{MessageId, Timestamp};

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The person, or the tool in the person's place.
    User,
    /// The model.
    Assistant,
    /// The tool.
    System,
}

impl Role {
    /// Its name in lower case: `assistant`.
    pub fn name(self) -> &'static str {
        match self {
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::System => "system",
        }
    }
}

/// One message of a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// The message that it answers.
    pub parent: Option<MessageId>,
    /// Who speaks.
    pub role: Role,
    /// Put in by the tool: neither written by the person nor answered by the model.
    pub injected: bool,
    /// Part of a sub-agent's conversation.
    pub sidechain: bool,
    /// The source does not have it any more.
    pub withdrawn: bool,
    /// When, if the tool says so.
    pub at: Option<Timestamp>,
    /// The model that answered.
    pub model: Option<String>,
    /// The working directory, where it differs from the session's.
    pub directory: Option<String>,
    /// The branch, where it differs from the session's first.
    pub branch: Option<String>,
    /// What is said and done.
    pub content: Vec<Block>,
    /// Tokens that it adds to the session's.
    pub usage: Option<Usage>,
}

impl Message {
    /// The text blocks, joined by line feeds: what is said, without thoughts and tools.
    pub fn text(&self) -> String {
        let texts = self.content.iter().filter_map(|block| match block {
            Block::Text(text) => Some(text.as_str()),
            _ => None,
        });
        texts.collect::<Vec<_>>().join("\n")
    }

    /// Visits every string that it holds and that somebody wrote, to change it: what is said, thought
    /// and done, paths, directory and branch. Ids of calls, names of tools and of models are none.
    pub fn visit_strings(&mut self, visit: &mut dyn FnMut(&mut String)) {
        self.directory.iter_mut().chain(&mut self.branch).for_each(&mut *visit);
        self.content.iter_mut().for_each(|block| block.visit_strings(visit));
    }
}

/// A part of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Block {
    /// Said.
    Text(String),
    /// Thought.
    Thinking(String),
    /// A call of a tool.
    ToolUse(ToolUse),
    /// What a tool answered.
    ToolResult(ToolResult),
    /// Anything else, as JSON.
    Other(String),
}

impl Block {
    /// Visits its strings: see [`Message::visit_strings`].
    pub fn visit_strings(&mut self, visit: &mut dyn FnMut(&mut String)) {
        match self {
            Block::Text(text) | Block::Thinking(text) | Block::Other(text) => visit(text),
            Block::ToolResult(result) => visit(&mut result.content),
            Block::ToolUse(call) => {
                visit(&mut call.input);
                for edit in &mut call.edits {
                    visit(&mut edit.path);
                    let texts = [&mut edit.before, &mut edit.after, &mut edit.to];
                    texts.into_iter().flatten().for_each(&mut *visit);
                }
                call.reads.iter_mut().chain(&mut call.command).for_each(&mut *visit);
            }
        }
    }
}

/// A call of a tool.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ToolUse {
    /// The call's id in the session.
    pub id: String,
    /// The tool's name: `Edit`.
    pub name: String,
    /// The arguments, as JSON.
    pub input: String,
    /// The changes that it makes to files.
    pub edits: Vec<FileEdit>,
    /// Paths that it reads or searches.
    pub reads: Vec<String>,
    /// The shell command that it runs.
    pub command: Option<String>,
}

/// What a tool answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ToolResult {
    /// The call's id.
    pub id: String,
    /// The answer's text.
    pub content: String,
    /// The tool says that it failed.
    pub is_error: bool,
    /// Exit status of a command.
    pub exit_status: Option<i32>,
}

/// How an edit changes its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EditKind {
    /// Written as a whole.
    Create,
    /// A text replaced by another.
    Replace,
    /// Removed.
    Delete,
    /// Moved.
    Rename,
}

/// A change to a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileEdit {
    /// As the tool wrote it, absolute or relative to the working directory.
    pub path: String,
    /// How it changes.
    pub kind: EditKind,
    /// The text before, if known.
    pub before: Option<String>,
    /// The text after.
    pub after: Option<String>,
    /// The new path of a file that was moved.
    pub to: Option<String>,
}

/// Tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Read by the model, without those from its cache.
    pub input: u64,
    /// Written by the model, thoughts included.
    pub output: u64,
    /// Read from the cache.
    pub cache_read: u64,
    /// Written to the cache.
    pub cache_write: u64,
}

impl Usage {
    /// Adds what another response used.
    pub fn add(&mut self, other: &Usage) {
        self.input = self.input.saturating_add(other.input);
        self.output = self.output.saturating_add(other.output);
        self.cache_read = self.cache_read.saturating_add(other.cache_read);
        self.cache_write = self.cache_write.saturating_add(other.cache_write);
    }

    /// Takes off what a response used that is counted anew.
    pub fn remove(&mut self, other: &Usage) {
        self.input = self.input.saturating_sub(other.input);
        self.output = self.output.saturating_sub(other.output);
        self.cache_read = self.cache_read.saturating_sub(other.cache_read);
        self.cache_write = self.cache_write.saturating_sub(other.cache_write);
    }
}
