//! A session of the editor, a *composer*: what is known of it, and which bubbles it has.

use std::collections::BTreeMap;

use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::time;
use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::bubble::Voice;
use crate::{field, taken, uri};

/// A composer as its record has it.
pub(crate) struct Composer {
    pub(crate) session: Session,
    /// Key of each bubble and when it was made, in the order of the conversation.
    pub(crate) order: Vec<(String, Option<i64>)>,
    /// Bubbles that are in the record itself, by their key.
    pub(crate) inline: BTreeMap<String, Value>,
    /// Composers of its sub-agents.
    pub(crate) below: Vec<String>,
    pub(crate) is_draft: bool,
    pub(crate) voice: Voice,
}

impl Composer {
    /// Reads the record of the composer `id`.
    pub(crate) fn read(id: &str, mut record: Value) -> Self {
        let headers = record["fullConversationHeadersOnly"].as_array().into_iter().flatten();
        let mut order: Vec<(String, Option<i64>)> = headers
            .filter_map(|header| {
                let id = header["bubbleId"].as_str()?;
                Some((id.to_owned(), time::parse(&header["createdAt"])))
            })
            .collect();
        let mut inline = BTreeMap::new();
        if let Value::Object(bubbles) = taken(&mut record, "conversationMap") {
            inline.extend(bubbles);
        }
        if let Value::Array(bubbles) = taken(&mut record, "conversation") {
            for (index, bubble) in bubbles.into_iter().enumerate() {
                let key = field(&bubble, &["bubbleId"]).map(str::to_owned);
                let key = key.unwrap_or_else(|| index.to_string());
                if !order.iter().any(|(known, _)| *known == key) {
                    order.push((key.clone(), None));
                }
                inline.insert(key, bubble);
            }
        }
        let model = field(&record["modelConfig"], &["modelName"]);
        let model = model.filter(|model| *model != "default").map(str::to_owned);
        let info = &record["subagentInfo"];
        let parent = field(info, &["parentComposerId"])
            .or_else(|| field(&record, &["parentComposerId"]))
            .map(str::to_owned);
        let below = ["subComposerIds", "subagentComposerIds"].iter();
        let below = below.flat_map(|name| record[*name].as_array().into_iter().flatten());
        let below = below.filter_map(|id| id.as_str().map(str::to_owned)).collect();
        let created = record["newlyCreatedFiles"].as_array().into_iter().flatten();
        let created = created.filter_map(|file| {
            let uri = if file["uri"].is_null() { file } else { &file["uri"] };
            uri.as_str().or_else(|| field(uri, &["external", "path"])).map(str::to_owned)
        });
        let created = created.collect();
        Self {
            voice: Voice {
                session: id.to_owned(),
                is_sidechain: parent.is_some(),
                created,
                code: taken(&mut record, "codeBlockData"),
                model: model.clone(),
                counted: None,
            },
            session: Session {
                parent,
                title: field(&record, &["name"]).map(str::to_owned),
                started: time::parse(&record["createdAt"]),
                directory: uri::workspace(&record["workspaceIdentifier"]),
                branch: field(&record, &["createdOnBranch"]).map(str::to_owned),
                model,
                ..Session::new(id)
            },
            is_draft: record["isDraft"] == true,
            order,
            inline,
            below,
        }
    }
}

/// A hash of the keys of bubbles in their order: whether a conversation begins as another one did.
#[derive(Clone, Copy)]
pub(crate) struct Chain(pub(crate) u64);

impl Chain {
    pub(crate) fn push(&mut self, key: &str) {
        self.0 = xxh3_64_with_seed(key.as_bytes(), self.0);
    }

    /// The chain of the first `count` keys; nothing if there are fewer.
    pub(crate) fn of<'k>(mut keys: impl Iterator<Item = &'k str>, count: u32) -> Option<u64> {
        let mut chain = Self(0);
        for _ in 0..count {
            chain.push(keys.next()?);
        }
        Some(chain.0)
    }
}
