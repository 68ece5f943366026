//! Tokens, as requests of the two files tell them.

use lore_plugin_sdk::Usage;
use serde::Deserialize;
use serde_json::Value;

/// What the text of an `api_req_started` holds, beside its usage.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Request {
    /// What was sent, each part below the other.
    pub(crate) request: Option<String>,
    tokens_in: Option<f64>,
    tokens_out: Option<f64>,
    cache_writes: Option<f64>,
    cache_reads: Option<f64>,
    /// What the person read when it failed.
    pub(crate) streaming_failed_message: Option<String>,
    pub(crate) cancel_reason: Option<String>,
}

impl Request {
    /// Reads the text of an entry; an empty request if it is none.
    pub(crate) fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// The tokens, if there are any.
    pub(crate) fn usage(&self) -> Option<Usage> {
        let count = |tokens: Option<f64>| tokens.map_or(0, |tokens| tokens.max(0.0) as u64);
        some(Usage {
            input: count(self.tokens_in),
            output: count(self.tokens_out),
            cache_read: count(self.cache_reads),
            cache_write: count(self.cache_writes),
        })
    }
}

/// The tokens in the `metrics` of a message of the model.
pub(crate) fn of_metrics(metrics: &Value) -> Option<Usage> {
    let tokens = &metrics["tokens"];
    let count = |name: &str| tokens[name].as_u64().unwrap_or_default();
    some(Usage {
        input: count("prompt"),
        output: count("completion"),
        cache_read: count("cached"),
        cache_write: 0,
    })
}

fn some(usage: Usage) -> Option<Usage> {
    let none = Usage { input: 0, output: 0, cache_read: 0, cache_write: 0 };
    (usage != none).then_some(usage)
}
