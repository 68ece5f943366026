//! The settings of a session, in the file beside it.

use lore_plugin_sdk::{Source, Usage, json};
use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64;

/// The largest file of settings that is read, in bytes.
const LIMIT: u64 = 1 << 20;

/// What the settings say.
pub(crate) struct Settings {
    /// Tells one state of the file from another.
    pub(crate) digest: u64,
    pub(crate) model: Option<String>,
    /// Of the whole session so far.
    pub(crate) usage: Option<Usage>,
    /// All of it, as JSON.
    pub(crate) json: String,
}

/// The settings beside a session's file; nothing if there are none, or while they are being written.
pub(crate) fn beside(source: &Source) -> Option<Settings> {
    let path = source.path();
    let file = source.open(&format!("{}.settings.json", path.strip_suffix(".jsonl")?)).ok()?;
    let bytes = file.read_whole(LIMIT).ok()?;
    let settings: Value = serde_json::from_slice(&bytes).ok().filter(Value::is_object)?;
    let used = &settings["tokenUsage"];
    let count = |name: &str| used[name].as_u64().unwrap_or(0);
    let model = json::text(&settings["model"]);
    Some(Settings {
        digest: xxh3_64(&bytes),
        model: (!model.is_empty()).then(|| model.to_owned()),
        usage: used.is_object().then(|| Usage {
            input: count("inputTokens"),
            output: count("outputTokens"),
            cache_read: count("cacheReadTokens"),
            cache_write: count("cacheCreationTokens"),
        }),
        json: json::compact_elided(settings),
    })
}
