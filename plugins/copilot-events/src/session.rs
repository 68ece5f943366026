//! What events say about the session, and where it runs.

use lore_plugin_sdk::{Session, json, time};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where the agent works.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) directory: Option<String>,
    pub(crate) branch: Option<String>,
}

impl Place {
    pub(crate) fn read(context: &Value) -> Self {
        Self { directory: some(&context["cwd"]), branch: some(&context["branch"]) }
    }
}

/// A session from the event that begins it.
pub(crate) fn started(id: &str, data: &Value, at: Option<i64>) -> Session {
    let context = &data["context"];
    let place = Place::read(context);
    Session {
        started: time::parse(&data["startTime"]).or(at),
        directory: place.directory,
        branch: place.branch,
        commit: some(&context["headCommit"]).filter(|commit| commit.bytes().any(|b| b != b'0')),
        repository: repository(context),
        tool_version: some(&data["copilotVersion"]),
        model: model(&data["selectedModel"]),
        ..Session::new(id)
    }
}

/// The remote's URL, where the host is told beside `owner/name`.
fn repository(context: &Value) -> Option<String> {
    let repository = some(&context["repository"])?;
    if repository.contains("://") || repository.contains('@') {
        return Some(repository);
    }
    let host = match json::text(&context["repositoryHost"]) {
        "" if context["hostType"] == "github" => "github.com",
        host => host,
    };
    Some(if host.is_empty() { repository } else { format!("https://{host}/{repository}") })
}

/// A model's name; `auto` is none.
pub(crate) fn model(value: &Value) -> Option<String> {
    some(value).filter(|model| model != "auto")
}

/// A text that is not empty.
pub(crate) fn some(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}
