//! Tokens, counted once for each response.
//!
//! A response is written as several lines, each with the usage so far. A line is given what exceeds
//! the lines before it, so that the sum is that of the last one.

use lore_plugin_sdk::Usage;
use serde::{Deserialize, Serialize};

use crate::digest;
use crate::record::Tokens;

/// Responses that can be under way at once: parallel sub-agents write into one file.
const REMEMBERED: usize = 16;

/// What was counted of the latest responses.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Counted(Vec<Response>);

#[derive(Serialize, Deserialize)]
struct Response {
    message: u32,
    request: Option<u32>,
    counted: Usage,
}

impl Counted {
    /// What `tokens` adds to what was counted of this response; nothing if it is nothing.
    pub(crate) fn add(
        &mut self,
        message: Option<&str>,
        request: Option<&str>,
        tokens: &Tokens,
    ) -> Option<Usage> {
        let total = Usage {
            input: tokens.input_tokens.unwrap_or(0),
            output: tokens.output_tokens.unwrap_or(0),
            cache_read: tokens.cache_read_input_tokens.unwrap_or(0),
            cache_write: tokens.cache_creation_input_tokens.unwrap_or(0),
        };
        let Some(message) = message.map(digest) else { return some(total) };
        let request = request.map(digest);
        // A copied line may have lost its request.
        let same = |r: &Response| {
            let requests = r.request.zip(request);
            r.message == message && requests.is_none_or(|(theirs, ours)| theirs == ours)
        };
        let nothing = Usage { input: 0, output: 0, cache_read: 0, cache_write: 0 };
        let (request, counted) = match self.0.iter().position(same) {
            Some(index) => {
                let known = self.0.remove(index);
                (known.request.or(request), known.counted)
            }
            None => (request, nothing),
        };
        if self.0.len() == REMEMBERED {
            self.0.remove(0);
        }
        let each = |of: fn(u64, u64) -> u64| Usage {
            input: of(total.input, counted.input),
            output: of(total.output, counted.output),
            cache_read: of(total.cache_read, counted.cache_read),
            cache_write: of(total.cache_write, counted.cache_write),
        };
        self.0.push(Response { message, request, counted: each(u64::max) });
        some(each(u64::saturating_sub))
    }
}

fn some(usage: Usage) -> Option<Usage> {
    let any = usage.input | usage.output | usage.cache_read | usage.cache_write;
    (any != 0).then_some(usage)
}
