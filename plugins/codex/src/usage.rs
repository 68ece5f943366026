//! Tokens: `token_count` events, each response counted once.
//!
//! An event carries the total of the session and the usage of the last response. The same event is
//! written again whenever the limits of the account change, so a response is new only if the total
//! has changed. A total that falls was reset, by a compaction or a resume.

use lore_plugin_sdk::Usage;
use serde::{Deserialize, Serialize};

use crate::record::{self, Raw};

/// What the last `token_count` said.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Tokens {
    total: Option<Count>,
    last: Option<Count>,
}

/// Tokens as they are written: cached ones are part of the input, reasoning of the output.
#[derive(Default, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Count {
    #[serde(rename = "input_tokens")]
    input: u64,
    #[serde(rename = "cached_input_tokens")]
    cached: u64,
    #[serde(rename = "output_tokens")]
    output: u64,
}

#[derive(Deserialize)]
struct Info<'a> {
    #[serde(borrow, default)]
    total_token_usage: Raw<'a>,
    #[serde(borrow, default)]
    last_token_usage: Raw<'a>,
}

impl Tokens {
    /// The usage of the response that this event is the first to tell of.
    pub(crate) fn response(&mut self, info: Raw<'_>) -> Option<Usage> {
        let info = record::fields::<Info<'_>>(info)?;
        let total = record::fields::<Count>(info.total_token_usage);
        let last = record::fields::<Count>(info.last_token_usage);
        let repeats = match total {
            Some(_) => total == self.total,
            None => last == self.last,
        };
        let before = self.total.unwrap_or_default();
        (self.total, self.last) = (total.or(self.total), last);
        if repeats {
            return None;
        }
        let response = match (last, total) {
            (Some(last), _) => last,
            (None, Some(total)) => total.since(before),
            (None, None) => return None,
        };
        let cached = response.cached.min(response.input);
        (response != Count::default()).then_some(Usage {
            input: response.input - cached,
            output: response.output,
            cache_read: cached,
            cache_write: 0,
        })
    }
}

impl Count {
    fn since(self, before: Self) -> Self {
        let all = [
            self.input.checked_sub(before.input),
            self.cached.checked_sub(before.cached),
            self.output.checked_sub(before.output),
        ];
        match all {
            [Some(input), Some(cached), Some(output)] => Self { input, cached, output },
            _ => self,
        }
    }
}
