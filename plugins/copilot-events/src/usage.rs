//! Tokens: what the model wrote with each response, the rest only when the program ends.

use lore_plugin_sdk::Usage;
use serde_json::Value;

/// The tokens of a response, of which only those it wrote are told.
pub(crate) fn of_response(data: &Value) -> Option<Usage> {
    let output = data["outputTokens"].as_u64().filter(|tokens| *tokens > 0)?;
    Some(Usage { output, ..NONE })
}

/// The tokens of all responses since the program began, without the `told` ones that were written.
pub(crate) fn at_end(data: &Value, told: u64) -> Option<Usage> {
    let mut sum = NONE;
    for metrics in data["modelMetrics"].as_object()?.values() {
        let count = |name: &str| metrics["usage"][name].as_u64().unwrap_or_default();
        let (read, written) = (count("cacheReadTokens"), count("cacheWriteTokens"));
        // What was sent includes what was cached.
        let sent = count("inputTokens").saturating_sub(read.saturating_add(written));
        sum.input = sum.input.saturating_add(sent);
        sum.output = sum.output.saturating_add(count("outputTokens"));
        sum.cache_read = sum.cache_read.saturating_add(read);
        sum.cache_write = sum.cache_write.saturating_add(written);
    }
    sum.output = sum.output.saturating_sub(told);
    (sum != NONE).then_some(sum)
}

const NONE: Usage = Usage { input: 0, output: 0, cache_read: 0, cache_write: 0 };
