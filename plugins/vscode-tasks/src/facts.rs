//! What is known about a task: from the files beside it, and from what its messages say.

use lore_plugin_sdk::{Session, Source};
use serde::Deserialize;

/// The largest of the small files that is read, in bytes.
const LIMIT: u64 = 8 << 20;

/// The longest title, in characters.
const TITLE: usize = 200;

/// An entry of a history of tasks.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HistoryItem {
    pub(crate) id: String,
    ts: Option<f64>,
    title: Option<String>,
    pub(crate) task: Option<String>,
    workspace: Option<String>,
    cwd_on_task_initialization: Option<String>,
    shadow_git_config_work_tree: Option<String>,
    model_id: Option<String>,
    parent_task_id: Option<String>,
    status: Option<String>,
}

impl HistoryItem {
    /// What it tells about its task.
    pub(crate) fn session(self) -> Session {
        let some = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let line =
            |text: &String| text.lines().map(str::trim).find(|line| !line.is_empty()).map(short);
        let is_over = self.status.as_deref() == Some("completed");
        Session {
            parent: some(self.parent_task_id),
            title: some(self.title).or(self.task).as_ref().and_then(line),
            started: started(&self.id),
            ended: self.ts.filter(|ts| is_over && *ts > 0.0).map(|ts| ts as i64),
            directory: some(self.workspace)
                .or(some(self.cwd_on_task_initialization))
                .or(some(self.shadow_git_config_work_tree)),
            model: some(self.model_id),
            ..Session::new(self.id)
        }
    }
}

fn short(line: &str) -> String {
    match line.char_indices().nth(TITLE) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

/// The time in a task's name, which Cline makes of the time when it begins.
pub(crate) fn started(id: &str) -> Option<i64> {
    let is_time = id.len() == 13 && id.bytes().all(|byte| byte.is_ascii_digit());
    if is_time { id.parse().ok() } else { None }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Metadata {
    model_usage: Vec<ModelUsage>,
    environment_history: Vec<Environment>,
}

#[derive(Deserialize)]
struct ModelUsage {
    model_id: Option<String>,
}

#[derive(Deserialize)]
struct Environment {
    cline_version: Option<String>,
}

/// What the small files in the task's folder tell; `folder` ends with `/` or is empty.
pub(crate) fn beside(source: &Source, folder: &str, id: &str) -> Session {
    let item = read::<HistoryItem>(source, &format!("{folder}history_item.json"));
    let mut session = item.map_or_else(|| Session::new(id), HistoryItem::session);
    id.clone_into(&mut session.id);
    if let Some(metadata) = read::<Metadata>(source, &format!("{folder}task_metadata.json")) {
        let model = metadata.model_usage.into_iter().rev().find_map(|usage| usage.model_id);
        session.model = session.model.or(model);
        let mut versions = metadata.environment_history.into_iter().rev();
        session.tool_version = versions.find_map(|environment| environment.cline_version);
    }
    session
}

/// Reads a small file; nothing if it is not there or not what is expected.
fn read<T: serde::de::DeserializeOwned>(source: &Source, path: &str) -> Option<T> {
    let bytes = source.open(path).ok()?.read_whole(LIMIT).ok()?;
    serde_json::from_str(&String::from_utf8_lossy(&bytes)).ok()
}
