//! The lines of a rollout, read loosely: no field is required, none must have one type.
//!
//! Fields stay raw JSON that borrows from the line until their kind tells what to expect of them.

use std::borrow::Cow;

use lore_plugin_sdk::json;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// A field as it is written; absent if it is `null`.
pub(crate) type Raw<'a> = Option<&'a RawValue>;

/// One line with its envelope. A line without one has no payload.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Record<'a> {
    #[serde(borrow)]
    pub(crate) timestamp: Raw<'a>,
    #[serde(borrow)]
    pub(crate) created_at: Raw<'a>,
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Raw<'a>,
    #[serde(borrow)]
    pub(crate) payload: Option<Item<'a>>,
}

/// A payload of any kind, or a line without an envelope: all fields that some kind has.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Item<'a> {
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Raw<'a>,
    #[serde(borrow)]
    pub(crate) record_type: Raw<'a>,
    #[serde(borrow)]
    pub(crate) id: Raw<'a>,
    #[serde(borrow)]
    pub(crate) call_id: Raw<'a>,
    // Messages and reasoning.
    #[serde(borrow)]
    pub(crate) role: Raw<'a>,
    #[serde(borrow)]
    pub(crate) content: Raw<'a>,
    #[serde(borrow)]
    pub(crate) message: Raw<'a>,
    #[serde(borrow)]
    pub(crate) text: Raw<'a>,
    #[serde(borrow)]
    pub(crate) summary: Raw<'a>,
    #[serde(borrow)]
    pub(crate) images: Raw<'a>,
    #[serde(borrow)]
    pub(crate) summary_text: Raw<'a>,
    #[serde(borrow)]
    pub(crate) raw_content: Raw<'a>,
    // Calls and their results.
    #[serde(borrow)]
    pub(crate) name: Raw<'a>,
    #[serde(borrow)]
    pub(crate) function: Raw<'a>,
    #[serde(borrow)]
    pub(crate) arguments: Raw<'a>,
    #[serde(borrow)]
    pub(crate) input: Raw<'a>,
    #[serde(borrow)]
    pub(crate) action: Raw<'a>,
    #[serde(borrow)]
    pub(crate) output: Raw<'a>,
    #[serde(borrow)]
    pub(crate) result: Raw<'a>,
    #[serde(borrow)]
    pub(crate) content_items: Raw<'a>,
    #[serde(borrow)]
    pub(crate) error: Raw<'a>,
    #[serde(borrow)]
    pub(crate) tools: Raw<'a>,
    #[serde(borrow)]
    pub(crate) status: Raw<'a>,
    #[serde(borrow)]
    pub(crate) success: Raw<'a>,
    #[serde(borrow)]
    pub(crate) stdout: Raw<'a>,
    #[serde(borrow)]
    pub(crate) stderr: Raw<'a>,
    #[serde(borrow)]
    pub(crate) aggregated_output: Raw<'a>,
    #[serde(borrow)]
    pub(crate) exit_code: Raw<'a>,
    #[serde(borrow)]
    pub(crate) command: Raw<'a>,
    #[serde(borrow)]
    pub(crate) changes: Raw<'a>,
    #[serde(borrow)]
    pub(crate) invocation: Raw<'a>,
    #[serde(borrow)]
    pub(crate) server: Raw<'a>,
    #[serde(borrow)]
    pub(crate) tool: Raw<'a>,
    // What is said about the session.
    #[serde(borrow)]
    pub(crate) info: Raw<'a>,
    #[serde(borrow)]
    pub(crate) cwd: Raw<'a>,
    #[serde(borrow)]
    pub(crate) model: Raw<'a>,
    #[serde(borrow)]
    pub(crate) thread_id: Raw<'a>,
    #[serde(borrow)]
    pub(crate) thread_name: Raw<'a>,
    #[serde(borrow)]
    pub(crate) item: Raw<'a>,
    // What tells whose file it is.
    #[serde(borrow)]
    pub(crate) timestamp: Raw<'a>,
    #[serde(borrow)]
    pub(crate) instructions: Raw<'a>,
    #[serde(borrow)]
    pub(crate) git: Raw<'a>,
    #[serde(borrow, rename = "sessionId")]
    pub(crate) session_id_of_others: Raw<'a>,
    #[serde(borrow)]
    pub(crate) uuid: Raw<'a>,
}

/// The payload of a line as it is written.
pub(crate) fn payload(line: &str) -> &str {
    #[derive(Deserialize)]
    struct Payload<'a> {
        #[serde(borrow, default)]
        payload: Raw<'a>,
    }
    serde_json::from_str::<Payload<'_>>(line)
        .ok()
        .and_then(|record| record.payload)
        .map_or(line, RawValue::get)
}

/// The text of a string.
pub(crate) fn text(raw: Raw<'_>) -> Option<Cow<'_, str>> {
    let written = raw?.get();
    let inner = written.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        serde_json::from_str(written).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}

/// The text of a string that is not empty.
pub(crate) fn some_text(raw: Raw<'_>) -> Option<String> {
    text(raw).filter(|text| !text.is_empty()).map(Cow::into_owned)
}

/// A number.
pub(crate) fn integer(raw: Raw<'_>) -> Option<i64> {
    raw?.get().parse().ok()
}

/// Whether it is exactly `true` or `false`.
pub(crate) fn flag(raw: Raw<'_>) -> Option<bool> {
    raw?.get().parse().ok()
}

/// The fields of an object.
pub(crate) fn fields<'a, T: Deserialize<'a>>(raw: Raw<'a>) -> Option<T> {
    let written = raw?.get();
    if written.starts_with('{') { serde_json::from_str(written).ok() } else { None }
}

/// JSON as it is written, without payloads of base64.
pub(crate) fn elided(written: &str) -> String {
    match serde_json::from_str::<Value>(written) {
        Ok(value) => json::compact_elided(value),
        Err(_) => written.to_owned(),
    }
}

/// A part of a content that holds text.
#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow, default)]
    text: Raw<'a>,
}

/// Texts and the rest of a content: a string, one part, or a list of parts.
#[derive(Default)]
pub(crate) struct Content<'a> {
    pub(crate) texts: Vec<Cow<'a, str>>,
    /// Parts without text, as JSON.
    pub(crate) others: Vec<String>,
}

impl<'a> Content<'a> {
    pub(crate) fn read(raw: Raw<'a>) -> Self {
        let mut content = Self::default();
        content.add(raw);
        content
    }

    /// Adds a string, a part, or a list of them. Lists in lists are kept as JSON: nothing nests.
    pub(crate) fn add(&mut self, raw: Raw<'a>) {
        let Some(value) = raw else { return };
        if !value.get().starts_with('[') {
            return self.add_part(value);
        }
        match serde_json::from_str::<Vec<Part<'_>>>(value.get()) {
            // Most contents are texts alone.
            Ok(parts) if parts.iter().all(|part| text(part.text).is_some()) => {
                parts.into_iter().for_each(|part| self.add_text(text(part.text)));
            }
            _ => {
                let parts: Vec<&RawValue> = serde_json::from_str(value.get()).unwrap_or_default();
                parts.into_iter().for_each(|part| self.add_part(part));
            }
        }
    }

    fn add_part(&mut self, part: &'a RawValue) {
        let part_text = match part.get().as_bytes().first() {
            Some(b'"') => text(Some(part)),
            _ => fields::<Part<'_>>(Some(part)).and_then(|part| text(part.text)),
        };
        match part_text {
            Some(_) => self.add_text(part_text),
            None => self.others.push(elided(part.get())),
        }
    }

    fn add_text(&mut self, text: Option<Cow<'a, str>>) {
        self.texts.extend(text.filter(|text| !text.is_empty()));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.texts.is_empty() && self.others.is_empty()
    }
}
