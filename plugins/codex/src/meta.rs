//! What a rollout says about its session: heads, turn contexts, names.
//!
//! The first `session_meta` is the session's own. In a fork the parent's lines follow, with their
//! heads: those before the first message name the ancestors, and the last of them is the session
//! that the history began in.

use lore_plugin_sdk::{Output, Session, json};
use serde::Deserialize;
use serde_json::Value;

use crate::record::{self, Item, Raw};
use crate::rollout;
use crate::state::State;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Meta<'a> {
    #[serde(borrow)]
    id: Raw<'a>,
    #[serde(borrow)]
    session_id: Raw<'a>,
    #[serde(borrow)]
    timestamp: Raw<'a>,
    #[serde(borrow)]
    cwd: Raw<'a>,
    #[serde(borrow)]
    cli_version: Raw<'a>,
    #[serde(borrow)]
    git: Raw<'a>,
    #[serde(borrow)]
    source: Raw<'a>,
    #[serde(borrow)]
    thread_source: Raw<'a>,
    #[serde(borrow)]
    forked_from_id: Raw<'a>,
    #[serde(borrow)]
    parent_thread_id: Raw<'a>,
    #[serde(borrow)]
    subagent_history_start_ordinal: Raw<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Git<'a> {
    #[serde(borrow)]
    commit_hash: Raw<'a>,
    #[serde(borrow)]
    branch: Raw<'a>,
    #[serde(borrow)]
    repository_url: Raw<'a>,
}

/// Takes in a head, given as JSON; returns whether it said something.
pub(crate) fn head(state: &mut State, head: &str, out: &mut Output) -> bool {
    let Ok(meta) = serde_json::from_str::<Meta<'_>>(head) else { return false };
    let id = record::some_text(meta.id).or_else(|| record::some_text(meta.session_id));
    let own = state.id.clone().unwrap_or_else(|| id.clone().unwrap_or(state.name.clone()));
    if !state.has_meta && (state.id.is_none() || id.as_ref().is_none_or(|id| *id == own)) {
        begin(state, own, &meta, out);
        return true;
    }
    let Some(ancestor) = id.filter(|id| *id != own && !state.has_begun()) else { return false };
    let mut session = Session::new(own);
    if state.parent.is_none() {
        state.parent = Some(ancestor.clone());
        session.parent = Some(ancestor.clone());
    }
    state.lineage = ancestor.clone();
    session.lineage = Some(ancestor);
    out.session(session);
    true
}

fn begin(state: &mut State, id: String, meta: &Meta<'_>, out: &mut Output) {
    let forked_from = record::some_text(meta.forked_from_id).filter(|parent| *parent != id);
    let source: Value = meta
        .source
        .map(|raw| raw.get())
        .and_then(|s| serde_json::from_str(s).ok())
        .unwrap_or_default();
    let spawned_by = record::some_text(meta.parent_thread_id)
        .or_else(|| find(&source["subagent"], "parent_thread_id", 4))
        .filter(|parent| *parent != id);
    let root = record::some_text(meta.session_id).filter(|root| *root != id);
    state.sidechain = spawned_by.is_some()
        || !source["subagent"].is_null()
        || record::text(meta.thread_source).is_some_and(|source| source == "subagent");
    // A sub-agent begins with its parent's history only if it says so.
    let copies = record::integer(meta.subagent_history_start_ordinal).is_some_and(|at| at > 0);
    if !state.has_begun() {
        let copied = forked_from.clone().or_else(|| spawned_by.clone().filter(|_| copies));
        state.lineage = copied.unwrap_or_else(|| id.clone());
    }
    state.parent = forked_from.or(spawned_by).or(root);
    state.home = record::some_text(meta.cwd);
    state.directory.clone_from(&state.home);
    state.has_meta = true;

    let git = record::fields::<Git<'_>>(meta.git).unwrap_or_default();
    let mut session = Session::new(id.clone());
    session.parent.clone_from(&state.parent);
    session.lineage = Some(state.lineage.clone());
    session.started = rollout::time(meta.timestamp).or(state.at);
    session.directory.clone_from(&state.directory);
    session.branch = record::some_text(git.branch);
    session.commit = record::some_text(git.commit_hash);
    session.repository = record::some_text(git.repository_url);
    session.tool_version = record::some_text(meta.cli_version);
    state.id = Some(id);
    state.at = state.at.or(session.started);
    out.session(session);
}

/// Finds a string field at any depth.
fn find(value: &Value, name: &str, depth: u8) -> Option<String> {
    let fields = value.as_object()?;
    if let Some(found) = fields.get(name) {
        return Some(json::text(found)).filter(|text| !text.is_empty()).map(str::to_owned);
    }
    if depth == 0 {
        return None;
    }
    fields.values().find_map(|inner| find(inner, name, depth - 1))
}

/// Takes in a turn context: model and directory hold for what follows.
pub(crate) fn turn(state: &mut State, item: &Item<'_>, out: &mut Output) {
    state.session(out);
    if let Some(directory) = record::some_text(item.cwd) {
        if state.home.is_none() {
            state.home = Some(directory.clone());
            let mut session = Session::new(state.session(out));
            session.directory = Some(directory.clone());
            out.session(session);
        }
        state.directory = Some(directory);
    }
    if let Some(model) = record::some_text(item.model)
        && state.model.as_ref() != Some(&model)
    {
        let mut session = Session::new(state.session(out));
        session.model = Some(model.clone());
        state.model = Some(model);
        out.session(session);
    }
}

/// Takes in a title, unless it is an ancestor's.
pub(crate) fn name(state: &mut State, item: &Item<'_>, out: &mut Output) -> bool {
    let own = state.session(out).to_owned();
    let is_own = record::text(item.thread_id).is_none_or(|id| id == own);
    let Some(title) = record::some_text(item.thread_name).filter(|_| is_own) else { return false };
    let mut session = Session::new(own);
    session.title = Some(title);
    out.session(session);
    true
}
