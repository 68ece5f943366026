//! Results of tool calls.

use lore_plugin_sdk::{ToolResult, json};
use serde_json::Value;

use crate::tools::Kind;
use crate::{field, unpacked};

/// The result in a bubble's `toolFormerData`; nothing as long as the call runs.
pub(crate) fn of_bubble(id: &str, kind: Kind, call: &Value) -> Option<ToolResult> {
    let result = unpacked(&call["result"]);
    let error = unpacked(&call["error"]);
    let status = call["status"].as_str().unwrap_or_default();
    let decision = call["userDecision"].as_str().unwrap_or_default();
    let has_failed = matches!(status, "error" | "cancelled" | "canceled" | "rejected" | "failed");
    if result.is_null() && error.is_null() && !has_failed {
        return None;
    }
    let exit_status = exit_status(kind, &result);
    let mut content = text(&result);
    if content.is_empty() {
        let names = ["clientVisibleErrorMessage", "modelVisibleErrorMessage", "error", "message"];
        content = field(&error, &names).map_or_else(|| text(&error), str::to_owned);
    }
    Some(ToolResult {
        id: id.to_owned(),
        content,
        is_error: has_failed
            || decision == "rejected"
            || result["rejected"] == true
            || result["applyFailed"] == true
            || exit_status.is_some_and(|status| status != 0),
        exit_status,
    })
}

/// A result in a message of the agent; `options` is what the message says about it.
pub(crate) fn of_agent(id: String, kind: Kind, part: &Value, options: &Value) -> ToolResult {
    let high = &options["cursor"]["highLevelToolCallResult"];
    let output = &high["output"];
    let told = ["success", "failure", "error"].iter().map(|name| &output[*name]);
    let told = told.clone().find_map(|outcome| number(&outcome["exitCode"]));
    let mut content = json::content(&part["result"]);
    if content.is_empty() {
        content = json::content(&part["experimental_content"]);
    }
    let said = || {
        let code = content.lines().find_map(|line| line.strip_prefix("Exit code: "))?;
        code.trim().parse().ok()
    };
    let exit_status = told.or_else(|| if kind == Kind::Shell { said() } else { None });
    ToolResult {
        id,
        is_error: high["isError"] == true
            || output["isError"] == true
            || part["isError"] == true
            || part["is_error"] == true
            || exit_status.is_some_and(|status| status != 0),
        content,
        exit_status,
    }
}

/// Cursor leaves out an exit code of 0 in some versions, so a command that ran to its end without
/// one succeeded.
fn exit_status(kind: Kind, result: &Value) -> Option<i32> {
    if kind != Kind::Shell {
        return None;
    }
    let told = number(&result["exitCodeV2"]).or_else(|| number(&result["exitCode"]));
    let ended = result["endedReason"].as_str().unwrap_or_default();
    let is_complete = ended.ends_with("EXECUTION_COMPLETED")
        && result["rejected"] != true
        && result["notInterrupted"] != false;
    told.or_else(|| is_complete.then_some(0))
}

fn number(value: &Value) -> Option<i32> {
    value.as_i64().and_then(|number| i32::try_from(number).ok())
}

/// What people can read of a result.
fn text(result: &Value) -> String {
    match result {
        Value::Object(_) => {
            let names = ["output", "contents", "resultForModel", "text"];
            match names.iter().find_map(|name| result[*name].as_str()) {
                Some(text) => text.to_owned(),
                None => json::compact_elided(result.clone()),
            }
        }
        other => json::content(other),
    }
}
