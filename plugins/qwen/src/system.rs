//! Records of the type `system`: notices of the tool and facts about the session.

use lore_plugin_sdk::{Block, json};
use serde_json::Value;

use crate::State;
use crate::held::Fate;

/// Subtypes that repeat what other records say, or say how the program is set and what it keeps.
const SKIPPED: &[&str] = &[
    "agent_bootstrap",
    "agent_retry",
    "agent_session_ready",
    "attribution_snapshot",
    "branch_checkpoint",
    "file_history_snapshot",
    "goal_state",
    "goal_turn_end",
    "session_approval_mode",
    "session_artifact_event",
    "session_artifact_snapshot",
    "session_execution_engine",
    "session_model",
    "session_source",
    "session_sources_snapshot",
    "turn_result",
    "ui_telemetry",
    "user_text_elements",
];

/// Takes in a record; what is to be shown of it goes into `content`.
pub(crate) fn take(
    state: &mut State,
    record: &Value,
    subtype: &str,
    content: &mut Vec<Block>,
) -> Fate {
    let payload = &record["systemPayload"];
    match subtype {
        "custom_title" => {
            let is_chosen = payload["titleSource"] != "auto";
            match state.told.title(json::text(&payload["customTitle"]), is_chosen) {
                Some(news) => state.held.session(news),
                None => return Fate::Skipped,
            }
        }
        "parent_session" => match payload["parentSessionId"].as_str() {
            Some(parent) => {
                let news = state.told.parent(parent);
                news.into_iter().for_each(|news| state.held.session(news));
            }
            None => return Fate::Skipped,
        },
        "rewind" => {}
        "slash_command" => {
            *content = command(payload);
            if content.is_empty() {
                return Fate::Skipped;
            }
        }
        "chat_compression" => {
            let summary = json::content(&payload["compressedHistory"][0]["parts"]);
            if summary.is_empty() {
                return Fate::Skipped;
            }
            content.push(Block::Text(summary));
        }
        "at_command" if payload.is_object() => {
            content.push(Block::Other(json::compact_elided(payload.clone())));
        }
        _ if SKIPPED.contains(&subtype) => return Fate::Skipped,
        _ => {
            content.push(Block::Other(json::compact_elided(record.clone())));
            return Fate::Unknown;
        }
    }
    Fate::Kept
}

/// A command of the program, or what it showed in answer.
fn command(payload: &Value) -> Vec<Block> {
    let items = payload["outputHistoryItems"].as_array().map(Vec::as_slice).unwrap_or_default();
    if payload["phase"] == "result" || !items.is_empty() {
        let block = |item: &Value| match item["text"].as_str() {
            Some(text) => Block::Text(text.to_owned()),
            None => Block::Other(json::compact_elided(item.clone())),
        };
        return items.iter().map(block).collect();
    }
    let command = json::text(&payload["rawCommand"]);
    if command.is_empty() { Vec::new() } else { vec![Block::Text(command.to_owned())] }
}
