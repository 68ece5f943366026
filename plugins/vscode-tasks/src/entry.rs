//! One entry of `ui_messages.json`, and what its kind means.

use lore_plugin_sdk::{Block, json, time};
use serde::Deserialize;
use serde_json::Value;

/// An entry as far as it is understood.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The entry's time, unique in the file: the program's own name for it.
    pub(crate) key: String,
    pub(crate) at: Option<i64>,
    /// What the program calls it: `api_req_started`.
    pub(crate) kind: String,
    pub(crate) meaning: Meaning,
    pub(crate) text: String,
    /// It was still being written, and is written again when it is complete.
    pub(crate) is_partial: bool,
    /// Place of the last message that the model had been sent or had answered by then.
    pub(crate) index: Option<i64>,
    pub(crate) model: Option<String>,
    /// Images and files, as JSON.
    pub(crate) attached: Vec<Block>,
}

/// What an entry is in the conversation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Meaning {
    /// A person's words.
    Prompt,
    /// What a person changed by hand, as JSON.
    Amendment,
    /// A request to the model begins; its usage is added when it ends.
    Request,
    /// Where the usage stands in old files.
    RequestEnd,
    /// The model's words.
    Speech,
    Reasoning,
    Tool,
    /// What a tool call gave.
    Output,
    /// The program's words to the person.
    Notice,
    /// The model's list of steps.
    Progress,
    /// What the program tells the model in place of a person.
    Addition,
    /// What the requests of sub-agents used.
    SubagentUsage,
    /// A mark without content.
    Mark,
    Unknown,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    #[serde(default)]
    ts: Value,
    #[serde(rename = "type")]
    kind: String,
    say: Option<String>,
    ask: Option<String>,
    text: Option<String>,
    reasoning: Option<String>,
    #[serde(default)]
    images: Value,
    #[serde(default)]
    files: Value,
    partial: Option<bool>,
    conversation_history_index: Option<i64>,
    model_info: Option<ModelInfo>,
    context_condense: Option<Value>,
    context_truncation: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ModelInfo {
    model_id: Option<String>,
}

impl Entry {
    /// Reads an entry; nothing if it has not the shape of one. The key still is its time alone.
    pub(crate) fn read(json: &str, is_prompted: bool) -> Option<Self> {
        let written: Written = serde_json::from_str(json).ok()?;
        let (is_ask, kind) = match (written.kind.as_str(), written.say, written.ask) {
            ("say", Some(kind), _) => (false, kind),
            ("ask", _, Some(kind)) => (true, kind),
            _ => return None,
        };
        let mut text = written.text.unwrap_or_default();
        if let Some(condensed) = written.context_condense {
            text = json::text(&condensed["summary"]).to_owned();
        } else if let Some(truncated) = written.context_truncation {
            text = json::compact(&truncated);
        } else if text.is_empty() && kind == "reasoning" {
            text = written.reasoning.unwrap_or_default();
        }
        // Flags for the view that the program puts behind a command or a result.
        if matches!(kind.as_str(), "command" | "completion_result") {
            for flag in ["REQ_APP", "HAS_CHANGES"] {
                text.truncate(text.strip_suffix(flag).unwrap_or(&text).len());
            }
        }
        let at = time::parse(&written.ts);
        let meaning = if kind == "text" && !is_ask && !is_prompted {
            Meaning::Prompt
        } else {
            meaning(is_ask, &kind)
        };
        Some(Self {
            key: at.map(|at| at.to_string()).unwrap_or_default(),
            at,
            meaning,
            text,
            is_partial: written.partial == Some(true),
            index: written.conversation_history_index,
            model: written.model_info.and_then(|info| info.model_id),
            attached: attached(written.images, written.files),
            kind,
        })
    }

    /// Whether there is something to tell.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.trim().is_empty() && self.attached.is_empty()
    }
}

/// Images, which stand there as data URIs, and the names of files.
fn attached(images: Value, files: Value) -> Vec<Block> {
    let block = |kind: &str, value: Value| {
        let block = serde_json::json!({"type": kind, kind: value});
        Block::Other(json::compact_elided(block))
    };
    let list = |value| match value {
        Value::Array(items) => items,
        _ => Vec::new(),
    };
    let images = list(images).into_iter().map(|image| block("image", image));
    images.chain(list(files).into_iter().map(|file| block("file", file))).collect()
}

fn meaning(is_ask: bool, kind: &str) -> Meaning {
    match kind {
        "task" | "user_feedback" => Meaning::Prompt,
        "user_feedback_diff" | "user_edit_todos" => Meaning::Amendment,
        "api_req_started" => Meaning::Request,
        "api_req_finished" => Meaning::RequestEnd,
        "text" | "completion_result" | "followup" | "plan_mode_respond" | "plan_mode_response"
        | "act_mode_respond" => Meaning::Speech,
        "reasoning" => Meaning::Reasoning,
        "tool"
        | "command"
        | "browser_action"
        | "browser_action_launch"
        | "use_mcp_server"
        | "load_mcp_documentation"
        | "generate_explanation"
        | "use_subagents"
        | "report_bug"
        | "new_task"
        | "condense"
        | "summarize_task" => Meaning::Tool,
        "command_output"
        | "mcp_server_response"
        | "browser_action_result"
        | "codebase_search_result"
        | "subagent"
        | "image" => Meaning::Output,
        "subagent_usage" => Meaning::SubagentUsage,
        "subtask_result" | "condense_context" => Meaning::Addition,
        "task_progress" => Meaning::Progress,
        "error"
        | "diff_error"
        | "clineignore_error"
        | "rooignore_error"
        | "info"
        | "command_permission_denied"
        | "mcp_notification"
        | "condense_context_error"
        | "sliding_window_truncation"
        | "shell_integration_warning"
        | "shell_integration_warning_with_suggestion"
        | "too_many_tools_warning"
        | "api_req_failed"
        | "mistake_limit_reached"
        | "auto_approval_max_req_reached"
        | "payment_required_prompt"
        | "invalid_model" => Meaning::Notice,
        "api_req_retried"
        | "error_retry"
        | "api_req_retry_delayed"
        | "api_req_rate_limited"
        | "api_req_rate_limit_wait"
        | "api_req_deleted"
        | "deleted_api_reqs"
        | "checkpoint_created"
        | "checkpoint_saved"
        | "mcp_server_request_started"
        | "browser_session_status"
        | "hook_status"
        | "hook_output_stream"
        | "conditional_rules_applied" => Meaning::Mark,
        "resume_task" | "resume_completed_task" | "checkpoint_restore" if is_ask => Meaning::Mark,
        _ => Meaning::Unknown,
    }
}
