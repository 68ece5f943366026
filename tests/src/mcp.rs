//! A running `lore mcp serve`, asked line by line.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{TestEnv, schema, wait_until};

/// Time that nothing takes that is not broken.
const DEADLINE: Duration = Duration::from_secs(120);

/// The server; killed if the test ends before it.
#[derive(Debug)]
pub struct McpServer {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    asked: u64,
    /// By name, the schema of its output.
    outputs: Vec<(String, Value)>,
}

impl McpServer {
    /// Starts it in the place for work, and greets it.
    pub fn start(env: &TestEnv) -> Self {
        Self::start_in(env, &env.work())
    }

    /// The same, in another directory.
    pub fn start_in(env: &TestEnv, directory: &Path) -> Self {
        let mut server = Self::silent(env, directory);
        server.initialize("2025-06-18");
        let tools = server.ask("tools/list", json!({}))["tools"].take();
        let tools = tools.as_array().expect("a list").iter();
        let output = |tool: &Value| {
            (tool["name"].as_str().expect("a name").to_owned(), tool["outputSchema"].clone())
        };
        server.outputs = tools.map(output).collect();
        server
    }

    /// Starts it, and says nothing yet.
    pub fn silent(env: &TestEnv, directory: &Path) -> Self {
        let mut command = env.command(&["mcp", "serve"]);
        command.current_dir(directory);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the built program can be run");
        let stdout = BufReader::new(child.stdout.take().expect("it is a pipe"));
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            stdout.lines().map_while(Result::ok).all(|line| sender.send(line).is_ok());
        });
        let stdin = child.stdin.take();
        Self { child, stdin, lines, asked: 0, outputs: Vec::new() }
    }

    /// Greets it with a version of the protocol; returns the answer.
    pub fn initialize(&mut self, version: &str) -> Value {
        let client = json!({"name": "test", "version": "1"});
        let answer = self.ask(
            "initialize",
            json!({"protocolVersion": version, "capabilities": {}, "clientInfo": client}),
        );
        self.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        answer
    }

    /// Asks; the result.
    #[track_caller]
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        let answer = self.raw(method, params);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// Asks; the error of the protocol.
    #[track_caller]
    pub fn refused(&mut self, method: &str, params: Value) -> Value {
        let answer = self.raw(method, params);
        assert!(answer.get("result").is_none(), "{method}: {answer}");
        answer["error"].clone()
    }

    /// Calls a tool; its structured answer, which is the same as its text, is marked, and is as its
    /// schema says.
    #[track_caller]
    pub fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let (text, answer) = self.call_both(tool, arguments);
        let again: Value = serde_json::from_str(&text).expect("the text is JSON");
        assert_eq!(again, answer, "text and structure differ");
        answer
    }

    /// The text of a tool's answer.
    #[track_caller]
    pub fn text(&mut self, tool: &str, arguments: Value) -> String {
        self.call_both(tool, arguments).0
    }

    #[track_caller]
    fn call_both(&mut self, tool: &str, arguments: Value) -> (String, Value) {
        let mut result = self.ask("tools/call", json!({"name": tool, "arguments": arguments}));
        assert_ne!(result["isError"], true, "{tool} {arguments}: {result}");
        let text = result["content"][0]["text"].as_str().expect("a text").to_owned();
        let answer = result["structuredContent"].take();
        assert!(text.starts_with(&format!("{{\"_lore_answer\":\"{tool}\"")), "{text}");
        let (_, schema) = self.outputs.iter().find(|(name, _)| name == tool).expect("it is listed");
        schema::check(schema, &answer, tool);
        (text, answer)
    }

    /// Calls a tool, which fails; what it says.
    #[track_caller]
    pub fn failure(&mut self, tool: &str, arguments: Value) -> Value {
        let result = self.ask("tools/call", json!({"name": tool, "arguments": arguments}));
        assert_eq!(result["isError"], true, "{tool} {arguments}: {result}");
        let text = result["content"][0]["text"].as_str().expect("a text");
        serde_json::from_str(text).expect("it is JSON")
    }

    /// Closes its input; it ends at once, well, and has said nothing but answers.
    #[track_caller]
    pub fn end(mut self) {
        self.stdin.take();
        let begun = Instant::now();
        let ended = wait_until(DEADLINE, || self.child.try_wait().expect("known").is_some());
        assert!(ended, "it does not end");
        assert!(begun.elapsed() < Duration::from_secs(4), "it took {:?} to end", begun.elapsed());
        assert_eq!(self.child.wait().expect("it ended").code(), Some(0));
        assert_eq!(self.lines.iter().collect::<Vec<_>>(), Vec::<String>::new());
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    #[track_caller]
    fn raw(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        let id = self.asked;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        let line = self.lines.recv_timeout(DEADLINE).expect("it answers");
        let answer: Value = serde_json::from_str(&line).expect("it says only JSON");
        assert_eq!(answer["jsonrpc"], "2.0", "{line}");
        assert_eq!(answer["id"], id, "{line}");
        answer
    }

    fn send(&mut self, message: &Value) {
        let stdin = self.stdin.as_mut().expect("it is open");
        writeln!(stdin, "{message}").expect("it reads");
    }
}

impl Drop for McpServer {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
