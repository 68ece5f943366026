//! What stands beside the messages about them: when tools ended, and what responses used.
//!
//! Results of tools have no time of their own; the trace of their run has. Older threads tell usage
//! in a ledger only, where newer ones have it in each message.

use std::collections::HashMap;

use lore_plugin_sdk::{Usage, json, time};
use serde_json::Value;

/// By the id of the message that they belong to.
pub(crate) struct Times {
    /// When the tools that a message called had all ended.
    tools_ended: HashMap<i64, i64>,
    ledger: HashMap<i64, Response>,
}

/// One response of the model, as the ledger tells it.
#[derive(Clone, Default)]
pub(crate) struct Response {
    pub(crate) at: Option<i64>,
    pub(crate) model: Option<String>,
    pub(crate) usage: Option<Usage>,
}

impl Times {
    /// Those of a thread.
    pub(crate) fn of(thread: &Value) -> Self {
        let mut tools_ended = HashMap::new();
        for trace in list(&thread["meta"]["traces"]) {
            if json::text(&trace["name"]) == "tools"
                && let Some(caller) = trace["context"]["messageId"].as_i64()
                && let Some(ended) = time::parse(&trace["endTime"])
            {
                tools_ended.insert(caller, ended);
            }
        }
        let mut ledger = HashMap::new();
        for event in list(&thread["usageLedger"]["events"]) {
            let Some(answer) = event["toMessageId"].as_i64() else { continue };
            let tokens = &event["tokens"];
            let count = |name: &str| tokens[name].as_u64().unwrap_or(0);
            let response = Response {
                at: time::parse(&event["timestamp"]),
                model: crate::thread::some_text(&event["model"]),
                usage: tokens.is_object().then(|| Usage {
                    input: count("input"),
                    output: count("output"),
                    cache_read: count("cacheReadInputTokens"),
                    cache_write: count("cacheCreationInputTokens"),
                }),
            };
            ledger.insert(answer, response);
        }
        Self { tools_ended, ledger }
    }

    /// When the tools that this message called had ended.
    pub(crate) fn tools_ended(&self, caller: Option<i64>) -> Option<i64> {
        self.tools_ended.get(&caller?).copied()
    }

    /// What the ledger tells of this message.
    pub(crate) fn response(&self, message: Option<i64>) -> Response {
        message.and_then(|id| self.ledger.get(&id)).cloned().unwrap_or_default()
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
