//! What plugins did not understand, as it is shown.

use std::collections::BTreeMap;

use lore_engine::api::Drift;
use serde::Serialize;

use crate::output::number::count;
use crate::output::plain;

/// Unknown kinds of records that are named.
const KINDS: usize = 4;

/// What was not understood of what one version of the tool wrote.
#[derive(Serialize)]
pub(super) struct DriftJson<'a> {
    version: Option<&'a str>,
    unknown: &'a BTreeMap<String, u64>,
    problems: u64,
}

/// How much it is.
pub(super) fn amounts(drift: &Drift) -> String {
    let mut parts = Vec::new();
    if drift.problems > 0 {
        parts.push(count(drift.problems, "problem"));
    }
    let unknown: u64 = drift.unknown.values().sum();
    if unknown > 0 {
        parts.push(count(unknown, "record") + " of unknown kinds");
    }
    parts.join(", ")
}

/// The kinds that are met most often.
pub(super) fn kinds(drift: &Drift) -> String {
    let mut kinds: Vec<_> = drift.unknown.iter().collect();
    kinds.sort_by_key(|(_, records)| std::cmp::Reverse(**records));
    let shown = kinds.iter().take(KINDS).map(|(kind, _)| plain(kind));
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if kinds.len() > KINDS {
        text.push_str(&format!(" and {} more", kinds.len() - KINDS));
    }
    text
}

impl<'a> From<&'a Drift> for DriftJson<'a> {
    fn from(drift: &'a Drift) -> Self {
        let Drift { version, unknown, problems } = drift;
        Self { version: version.as_deref(), unknown, problems: *problems }
    }
}
