//! The shapes of the tool's records, as far as they are read.
//!
//! A line is read once into [`Record`], borrowing what needs no unescaping; fields that are not
//! named here are passed over. A record in which a field has another type than here does not fit at
//! all and is kept whole by [`crate::loose`].

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use lore_plugin_sdk::time;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::session::Envelope;

/// A string that borrows where it can. (`Option<Cow<str>>` itself never does.)
#[derive(Deserialize)]
pub(crate) struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<Text<'_>> for String {
    fn from(text: Text<'_>) -> Self {
        text.0.into_owned()
    }
}

/// One line of a session file, whatever its type.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record<'a> {
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Option<Text<'a>>,
    pub(crate) uuid: Option<Text<'a>>,
    pub(crate) parent_uuid: Option<Text<'a>>,
    pub(crate) logical_parent_uuid: Option<Text<'a>>,
    pub(crate) session_id: Option<Text<'a>>,
    timestamp: Option<&'a RawValue>,
    pub(crate) cwd: Option<Text<'a>>,
    pub(crate) git_branch: Option<Text<'a>>,
    pub(crate) version: Option<Text<'a>>,
    pub(crate) is_sidechain: Option<bool>,
    pub(crate) is_meta: Option<bool>,
    pub(crate) is_compact_summary: Option<bool>,
    pub(crate) is_visible_in_transcript_only: Option<bool>,
    pub(crate) is_api_error_message: Option<bool>,
    pub(crate) origin: Option<&'a RawValue>,
    pub(crate) request_id: Option<Text<'a>>,
    pub(crate) message: Option<Said<'a>>,
    pub(crate) tool_use_result: Option<&'a RawValue>,
    pub(crate) attachment: Option<&'a RawValue>,
    pub(crate) summary: Option<Text<'a>>,
    pub(crate) leaf_uuid: Option<Text<'a>>,
    pub(crate) agent_name: Option<Text<'a>>,
    pub(crate) ai_title: Option<Text<'a>>,
    pub(crate) custom_title: Option<Text<'a>>,
}

impl Record<'_> {
    /// What the record says about itself and its session.
    pub(crate) fn envelope(&self) -> Envelope<'_> {
        Envelope {
            uuid: self.uuid.as_deref(),
            session: self.session_id.as_deref(),
            at: self.timestamp.and_then(|at| time::parse_text(at.get().trim_matches('"'))),
            directory: self.cwd.as_deref(),
            branch: self.git_branch.as_deref(),
            version: self.version.as_deref(),
            model: None,
            is_conversation: false,
        }
    }

    /// The record that this one answers, also across a compaction.
    pub(crate) fn parent(&self) -> Option<&str> {
        self.parent_uuid.as_deref().or(self.logical_parent_uuid.as_deref())
    }
}

/// The `message` of a record: what went over the API.
#[derive(Deserialize)]
pub(crate) struct Said<'a> {
    #[serde(borrow)]
    pub(crate) id: Option<Text<'a>>,
    pub(crate) role: Option<Text<'a>>,
    pub(crate) model: Option<Text<'a>>,
    #[serde(default)]
    pub(crate) content: Content<'a>,
    pub(crate) usage: Option<Tokens>,
}

/// Tokens of one response, as the API counts them.
#[derive(Deserialize)]
pub(crate) struct Tokens {
    pub(crate) input_tokens: Option<u64>,
    pub(crate) output_tokens: Option<u64>,
    pub(crate) cache_read_input_tokens: Option<u64>,
    pub(crate) cache_creation_input_tokens: Option<u64>,
}

/// What a message says.
#[derive(Default)]
pub(crate) enum Content<'a> {
    #[default]
    Absent,
    Text(String),
    Blocks(Vec<Part<'a>>),
    /// Some other JSON value.
    Loose,
}

/// One block of a message, with the fields of all types.
#[derive(Deserialize)]
pub(crate) struct Part<'a> {
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Option<Text<'a>>,
    pub(crate) text: Option<String>,
    pub(crate) thinking: Option<String>,
    pub(crate) id: Option<Text<'a>>,
    pub(crate) name: Option<Text<'a>>,
    pub(crate) input: Option<&'a RawValue>,
    pub(crate) tool_use_id: Option<Text<'a>>,
    #[serde(default)]
    pub(crate) content: Output,
    pub(crate) is_error: Option<bool>,
}

/// What a tool answered.
#[derive(Default)]
pub(crate) enum Output {
    #[default]
    Absent,
    Text(String),
    /// A list of blocks, or some other JSON value.
    Loose,
}

impl<'de: 'a, 'a> Deserialize<'de> for Content<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shapes;
        impl<'de> Visitor<'de> for Shapes {
            type Value = Content<'de>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string or a list of blocks")
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Content::Text(text.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut parts = Vec::with_capacity(1);
                while let Some(part) = list.next_element()? {
                    parts.push(part);
                }
                Ok(Content::Blocks(parts))
            }
            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Content::Absent)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Content::Loose)
            }
        }
        deserializer.deserialize_any(Shapes)
    }
}

impl<'de> Deserialize<'de> for Output {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shapes;
        impl<'de> Visitor<'de> for Shapes {
            type Value = Output;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string or a list of blocks")
            }
            fn visit_str<E>(self, text: &str) -> Result<Output, E> {
                Ok(Output::Text(text.to_owned()))
            }
            fn visit_unit<E>(self) -> Result<Output, E> {
                Ok(Output::Absent)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Output, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Output::Loose)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Output, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Output::Loose)
            }
        }
        deserializer.deserialize_any(Shapes)
    }
}
