//! What the engine does not take a plugin's word for.

use globset::Glob;

use super::record::{Batch, Content, Event, Location, MemoryRecord, PROJECT_SLUG, PluginInfo};

/// Bytes of an id or a key.
const ID: usize = 4096;
/// Bytes of the name of a kind of record.
const KIND: usize = 1024;
/// Kinds that one batch may count.
const KINDS: usize = 10_000;
/// Bytes of a checkpoint: it is stored with every source.
const CHECKPOINT: usize = 4 << 20;
/// Characters of a plugin's own words that are passed on.
const WORDS: usize = 1000;
/// Bytes of a memory's text. The contract asks for 1 MiB, which may grow where bytes are no UTF-8.
const MEMORY: usize = 4 << 20;
/// Places that one tool may keep sessions in.
const LOCATIONS: usize = 256;

/// What is wrong with a plugin's description, if anything is.
pub(super) fn description(info: &PluginInfo) -> Result<(), String> {
    let kebab = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    if info.tool.len() > 64 || !info.tool.split('-').all(kebab) {
        return Err(format!("the tool's name `{}` is not in kebab case", words(&info.tool)));
    }
    for (name, text) in [("title", &info.title), ("version", &info.version)] {
        if text.trim().is_empty() || text.len() > 128 || text.chars().any(char::is_control) {
            return Err(format!("its {name} is empty, too long or no plain text"));
        }
    }
    if info.locations.len() > LOCATIONS {
        return Err(format!("it has more than {LOCATIONS} locations"));
    }
    for location in &info.locations {
        let Location { base, env, pattern, content, .. } = location;
        let leads_up = |path: &str| path.split(['/', '\\']).any(|part| part == "..");
        if base.len() > ID || pattern.len() > ID || leads_up(base) || leads_up(pattern) {
            return Err(format!("the location `{}` leads out of itself", words(base)));
        }
        if pattern.is_empty() || pattern.starts_with('/') || Glob::new(pattern).is_err() {
            return Err(format!("`{}` is no pattern below a directory", words(pattern)));
        }
        let is_misused = |part: &str| {
            part.contains(PROJECT_SLUG) && (*content == Content::Sessions || part != PROJECT_SLUG)
        };
        if pattern.split('/').any(is_misused) {
            return Err(format!("`{PROJECT_SLUG}` is a whole part of a pattern of memories"));
        }
        let variable = |name: &String| {
            !name.is_empty()
                && name.len() <= 128
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        };
        if env.as_ref().is_some_and(|env| !variable(env)) {
            return Err("the name of an environment variable is none".to_owned());
        }
    }
    Ok(())
}

/// What is wrong with a batch, if anything is. `position` is the last one's, `size` the source's.
pub(super) fn batch(batch: &Batch, position: u64, size: u64) -> Result<(), String> {
    if batch.position < position {
        return Err(format!("its position went back to byte {}", batch.position));
    }
    if batch.position > size {
        return Err(format!(
            "its position is byte {}, but the source ends at byte {size}",
            batch.position
        ));
    }
    if batch.checkpoint.len() > CHECKPOINT {
        return Err(format!(
            "its checkpoint has {} bytes, more than {CHECKPOINT}",
            batch.checkpoint.len()
        ));
    }
    if batch.counts.len() > KINDS {
        return Err(format!(
            "it counts {} kinds of records at once, more than {KINDS}",
            batch.counts.len()
        ));
    }
    if let Some(count) = batch.counts.iter().find(|count| count.kind.len() > KIND) {
        return Err(format!(
            "the name of a kind of record has {} bytes, more than {KIND}",
            count.kind.len()
        ));
    }
    batch.events.iter().try_for_each(|event| self::event(event, size))
}

/// A plugin's own words, cut and without control characters, so that they can be shown.
pub(super) fn words(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let mut words: String = text.chars().take(WORDS).map(plain).collect();
    if text.chars().nth(WORDS).is_some() {
        words.push('…');
    }
    words
}

fn event(event: &Event, size: u64) -> Result<(), String> {
    match event {
        Event::Session(session) => {
            id("a session's id", Some(&session.id))?;
            id("the id of a session's parent", session.parent.as_ref())?;
            id("a session's lineage", session.lineage.as_ref())
        }
        Event::Message(message) => {
            id("the session's id of a message", Some(&message.session))?;
            id("a message's key", Some(&message.key))?;
            id("the key of a message's parent", message.parent.as_ref())
        }
        Event::Problem { offset, .. } if *offset > size => {
            Err(format!("it names a problem at byte {offset}, but the source ends at byte {size}"))
        }
        Event::Problem { .. } => Ok(()),
        Event::Memory(MemoryRecord { name, kind, description, content }) => {
            id("a memory's name", Some(name))?;
            id("a memory's type", kind.as_ref())?;
            match content.len() + description.as_ref().map_or(0, String::len) {
                length if length > MEMORY => {
                    Err(format!("a memory has {length} bytes, more than {MEMORY}"))
                }
                _ => Ok(()),
            }
        }
    }
}

fn id(what: &str, id: Option<&String>) -> Result<(), String> {
    match id.map(String::len) {
        Some(0) => Err(format!("{what} is empty")),
        Some(length) if length > ID => Err(format!("{what} has {length} bytes, more than {ID}")),
        _ => Ok(()),
    }
}
