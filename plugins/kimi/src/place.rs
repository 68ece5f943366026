//! Which session a file belongs to, by its place.
//!
//! ```text
//! sessions/<hash>/<session>/context.jsonl                    Kimi CLI, context_<n>.jsonl its older parts
//! sessions/<hash>/<session>/subagents/<agent>/context.jsonl
//! sessions/<hash>/<session>.jsonl                            its first versions
//! sessions/<directory>/<session>/agents/main/wire.jsonl      Kimi Code
//! sessions/<directory>/<session>/agents/<agent>/wire.jsonl
//! ```

use serde::{Deserialize, Serialize};

/// The session of a file.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) id: String,
    /// The session that a sub-agent works for.
    pub(crate) parent: Option<String>,
}

impl Place {
    pub(crate) fn of(path: &str) -> Self {
        let parts: Vec<&str> = path.split('/').collect();
        let name = parts.last().copied().unwrap_or_default();
        let agent = |session: &str, agent: &str| Self {
            id: format!("{session}/{agent}"),
            parent: Some(session.to_owned()),
        };
        let own = |id: &str| Self { id: id.to_owned(), parent: None };
        match parts.as_slice() {
            [.., session, "agents", "main", "wire.jsonl"] => own(session),
            [.., session, "agents", name, "wire.jsonl"]
            | [.., session, "subagents", name, "context.jsonl"] => agent(session, name),
            [.., session, _] if is_context(name) || name == "state.json" => own(session),
            _ => own(name.rsplit_once('.').map_or(name, |(stem, _)| stem)),
        }
    }
}

/// Whether this is the name of a context or of an older part of it.
pub(crate) fn is_context(name: &str) -> bool {
    name == "context.jsonl" || part(name).is_some()
}

/// Where an older part `context_<n>.jsonl` or a helper's `context_sub_<n>.jsonl` stands in order.
pub(crate) fn part(name: &str) -> Option<(bool, u32)> {
    let rest = name.strip_prefix("context_")?.strip_suffix(".jsonl")?;
    let (is_helper, number) = match rest.strip_prefix("sub_") {
        Some(number) => (true, number),
        None => (false, rest),
    };
    Some((is_helper, number.parse().ok()?))
}
