//! Sessions as Codex writes them.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::time::Clock;

/// A session that is being written. What adds a message returns its place in the session.
pub struct Codex {
    id: String,
    directory: String,
    started: String,
    clock: Clock,
    lines: Vec<String>,
    messages: u32,
}

impl Codex {
    /// A session with this id (a UUID) that begins in `directory` at `time`.
    pub fn new(id: &str, directory: &str, time: &str) -> Self {
        let clock = Clock::at(time);
        let mut session = Self {
            id: id.to_owned(),
            directory: directory.to_owned(),
            started: clock.text(),
            clock,
            lines: Vec::new(),
            messages: 0,
        };
        let meta = json!({
            "id": id, "timestamp": session.started, "cwd": directory,
            "originator": "codex_cli_rs", "cli_version": "0.77.0", "source": "cli",
            "model_provider": "openai", "instructions": null,
            "git": {"branch": "main", "repository_url": "https://git.example/ada/kettle.git"},
        });
        session.line("session_meta", meta);
        let context = json!({
            "turn_id": "1", "cwd": directory, "approval_policy": "on-request",
            "sandbox_policy": {"type": "workspace-write"}, "model": "gpt-5.2-codex",
            "effort": "medium", "summary": "auto",
        });
        session.line("turn_context", context);
        session
    }

    /// It goes on at this time.
    pub fn resume(&mut self, time: &str) {
        self.clock = Clock::at(time);
    }

    /// The person says something.
    pub fn user(&mut self, text: &str) -> u32 {
        let index = self.message("user", "input_text", text);
        self.line("event_msg", json!({"type": "user_message", "message": text, "images": []}));
        index
    }

    /// The model says something.
    pub fn assistant(&mut self, text: &str) -> u32 {
        let index = self.message("assistant", "output_text", text);
        self.line("event_msg", json!({"type": "agent_message", "message": text}));
        index
    }

    /// The model runs a command; its output follows, as a message of its own.
    pub fn command(&mut self, command: &str, output: &str, exit: i32) -> u32 {
        let call = self.call(self.messages);
        let arguments = json!({"cmd": command, "workdir": self.directory}).to_string();
        let index = self.item(json!({
            "type": "function_call", "name": "exec_command", "arguments": arguments,
            "call_id": call,
        }));
        let output = format!(
            "Chunk ID: 1a2b3c\nWall time: 0.01 seconds\nProcess exited with code {exit}\nOutput:\n{output}"
        );
        self.item(json!({"type": "function_call_output", "call_id": call, "output": output}));
        index
    }

    /// The model patches files; the answer follows, as a message of its own.
    pub fn patch(&mut self, patch: &str) -> u32 {
        self.patched(patch, "Success.\n", 0)
    }

    /// The model tries to patch files, and cannot.
    pub fn failed_patch(&mut self, patch: &str) -> u32 {
        self.patched(patch, "apply_patch verification failed: Failed to find expected lines", 1)
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
        format!("call_{message}")
    }

    /// Messages so far.
    pub fn messages(&self) -> u32 {
        self.messages
    }

    /// Where it lies below the tool's directory.
    pub fn path(&self) -> PathBuf {
        let (day, time) = self.started.split_at(10);
        let time = time[1..9].replace(':', "-");
        let name = format!("rollout-{day}T{time}-{}.jsonl", self.id);
        let folder = day.replace('-', "/");
        PathBuf::from("sessions").join(folder).join(name)
    }

    /// The content of its file.
    pub fn text(&self) -> String {
        self.lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
    }

    fn patched(&mut self, patch: &str, output: &str, exit: i32) -> u32 {
        let call = self.call(self.messages);
        let index = self.item(json!({
            "type": "custom_tool_call", "status": "completed", "call_id": call,
            "name": "apply_patch", "input": patch,
        }));
        let output = json!({"output": output, "metadata": {"exit_code": exit}}).to_string();
        self.item(json!({"type": "custom_tool_call_output", "call_id": call, "output": output}));
        index
    }

    fn message(&mut self, role: &str, kind: &str, text: &str) -> u32 {
        let content = json!([{"type": kind, "text": text}]);
        self.item(json!({"type": "message", "role": role, "content": content}))
    }

    fn item(&mut self, payload: Value) -> u32 {
        self.line("response_item", payload);
        self.messages += 1;
        self.messages - 1
    }

    fn line(&mut self, kind: &str, payload: Value) {
        let line = json!({"timestamp": self.clock.tick(), "type": kind, "payload": payload});
        self.raw(&line.to_string());
    }
}
