//! Sessions as Claude Code writes them.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::time::Clock;

/// A session that is being written. What adds a message returns its place in the session.
pub struct ClaudeCode {
    id: String,
    directory: String,
    branch: String,
    clock: Clock,
    lines: Vec<String>,
    messages: u32,
    last: Option<String>,
}

impl ClaudeCode {
    /// An empty session with this id (a UUID), in `/home/ada/kettle`. The last twelve digits should
    /// be its own: the ids of its messages end with them.
    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            directory: "/home/ada/kettle".to_owned(),
            branch: "main".to_owned(),
            clock: Clock::at("2026-01-05T09:00:00Z"),
            lines: Vec::new(),
            messages: 0,
            last: None,
        }
    }

    /// From here on, it is this time.
    #[must_use]
    pub fn at(mut self, time: &str) -> Self {
        self.clock = Clock::at(time);
        self
    }

    /// The working directory from here on.
    #[must_use]
    pub fn directory(mut self, directory: &str) -> Self {
        self.directory = directory.to_owned();
        self
    }

    /// The branch from here on.
    #[must_use]
    pub fn branch(mut self, branch: &str) -> Self {
        self.branch = branch.to_owned();
        self
    }

    /// It goes on at this time.
    pub fn resume(&mut self, time: &str) {
        self.clock = Clock::at(time);
    }

    /// Another branch is checked out.
    pub fn switch(&mut self, branch: &str) {
        self.branch = branch.to_owned();
    }

    /// The person says something.
    pub fn user(&mut self, text: &str) -> u32 {
        self.message("user", json!({"role": "user", "content": text}))
    }

    /// The model says something.
    pub fn assistant(&mut self, text: &str) -> u32 {
        self.answer(json!({"type": "text", "text": text}))
    }

    /// The model thinks something.
    pub fn thinking(&mut self, text: &str) -> u32 {
        self.answer(json!({"type": "thinking", "thinking": text, "signature": "none"}))
    }

    /// The model calls a tool; its result follows.
    pub fn tool(&mut self, name: &str, input: Value, result: &str, is_error: bool) -> u32 {
        let call = self.call(self.messages);
        let index =
            self.answer(json!({"type": "tool_use", "id": call, "name": name, "input": input}));
        let content = json!([{
            "type": "tool_result", "tool_use_id": call, "content": result, "is_error": is_error,
        }]);
        self.message("user", json!({"role": "user", "content": content}));
        index
    }

    /// The model replaces text in a file.
    pub fn edit(&mut self, path: &str, before: &str, after: &str) -> u32 {
        let input = json!({"file_path": path, "old_string": before, "new_string": after});
        self.tool("Edit", input, &format!("The file {path} has been updated."), false)
    }

    /// The model tries to replace text in a file, and cannot.
    pub fn failed_edit(&mut self, path: &str, before: &str, after: &str) -> u32 {
        let input = json!({"file_path": path, "old_string": before, "new_string": after});
        let result = "<tool_use_error>String to replace not found in file.</tool_use_error>";
        self.tool("Edit", input, result, true)
    }

    /// The model replaces several texts in a file, one after the other.
    pub fn multi_edit(&mut self, path: &str, replacements: &[(String, String)]) -> u32 {
        let edits = replacements
            .iter()
            .map(|(before, after)| json!({"old_string": before, "new_string": after}));
        let input = json!({"file_path": path, "edits": edits.collect::<Vec<_>>()});
        let result = format!("Applied {} edits to {path}", replacements.len());
        self.tool("MultiEdit", input, &result, false)
    }

    /// The model writes a whole file.
    pub fn write(&mut self, path: &str, content: &str) -> u32 {
        let input = json!({"file_path": path, "content": content});
        self.tool("Write", input, &format!("File created successfully at: {path}"), false)
    }

    /// The model reads a file of this content.
    pub fn read(&mut self, path: &str, content: &str) -> u32 {
        let lines = content.lines().enumerate();
        let numbered: Vec<String> =
            lines.map(|(number, line)| format!("{:>6}\t{line}", number + 1)).collect();
        self.tool("Read", json!({"file_path": path}), &numbered.join("\n"), false)
    }

    /// The model runs a command.
    pub fn bash(&mut self, command: &str, output: &str, is_error: bool) -> u32 {
        self.tool("Bash", json!({"command": command, "description": "Run"}), output, is_error)
    }

    /// The session gets a title.
    pub fn title(&mut self, title: &str) {
        let line = json!({"type": "custom-title", "customTitle": title, "sessionId": self.id});
        self.raw(&line.to_string());
    }

    /// A line of any kind.
    pub fn raw(&mut self, line: &str) {
        self.lines.push(line.to_owned());
    }

    /// The session's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The id of the call that a message makes.
    pub fn call(&self, message: u32) -> String {
        format!("toolu_{}_{message}", &self.id[..8])
    }

    /// Messages so far.
    pub fn messages(&self) -> u32 {
        self.messages
    }

    /// Where it lies below the tool's directory.
    pub fn path(&self) -> PathBuf {
        let project = self.directory.replace(|sign: char| !sign.is_ascii_alphanumeric(), "-");
        ["projects", &project, &format!("{}.jsonl", self.id)].iter().collect()
    }

    /// The content of its file.
    pub fn text(&self) -> String {
        self.lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
    }

    /// What was added to its file at last.
    pub fn last_line(&self) -> String {
        self.lines.last().map(|line| format!("{line}\n")).unwrap_or_default()
    }

    fn answer(&mut self, block: Value) -> u32 {
        let id = format!("msg_{}_{}", &self.id[..8], self.messages);
        let usage = json!({
            "input_tokens": 100, "cache_creation_input_tokens": 20, "cache_read_input_tokens": 300,
            "output_tokens": 40,
        });
        let message = json!({
            "id": id, "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
            "content": [block], "stop_reason": null, "usage": usage,
        });
        self.message("assistant", message)
    }

    fn message(&mut self, kind: &str, message: Value) -> u32 {
        let index = self.messages;
        let uuid = format!("{index:08x}-0000-4000-8000-{}", &self.id[self.id.len() - 12..]);
        let line = json!({
            "parentUuid": self.last, "isSidechain": false, "userType": "external",
            "cwd": self.directory, "sessionId": self.id, "version": "2.0.14",
            "gitBranch": self.branch, "type": kind, "message": message, "uuid": uuid,
            "timestamp": self.clock.tick(),
        });
        self.raw(&line.to_string());
        self.last = Some(uuid);
        self.messages += 1;
        index
    }
}
