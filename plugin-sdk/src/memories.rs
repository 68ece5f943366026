//! Reads sources of memories: a text, with front matter or without, that is read as a whole.
//!
//! A plugin only declares where they lie ([`WatcherInfo::memories`](crate::WatcherInfo::memories)).

use crate::front_matter::FrontMatter;
use crate::{
    Batch, Content, Count, Event, Location, Memory, Outcome, ParseError, Problem, Source, Watcher,
    glob,
};

/// Bytes that are read of a text.
const MAX_TEXT: usize = 1 << 20;

/// Characters of a name or a type.
const MAX_NAME: usize = 200;

/// The note that lists the others.
const INDEX: &str = "MEMORY.md";

/// What a source of memories holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Holds {
    /// What the tool noted down.
    Note,
    /// What people wrote into their project.
    Rule,
}

/// What a source holds, if its path tells that it is one of memories.
pub(crate) fn held<W: Watcher>(path: &str) -> Option<Holds> {
    let locations = W::info().locations;
    let holds = |location: &&Location| glob::is_match(&location.pattern, path);
    let mut matching = locations.iter().filter(holds).peekable();
    let first = *matching.peek()?;
    if matching.any(|location| location.content == Content::Sessions) {
        return None;
    }
    Some(if first.base.is_empty() { Holds::Rule } else { Holds::Note })
}

/// Reads the source.
///
/// # Errors
/// [`ParseError::Read`] if the host refuses a read.
pub(crate) fn read(source: &Source, holds: Holds) -> Result<Batch, ParseError> {
    let (bytes, size) = (beginning(source)?, source.size());
    let mut events = Vec::new();
    if (bytes.len() as u64) < size {
        let message = format!("only the first {} of {size} bytes are read", bytes.len());
        events.push(Event::Problem(Problem { offset: bytes.len() as u64, message }));
    }
    events.insert(0, Event::Memory(memory(&source.path(), &bytes, holds)));
    let count = Count { kind: "memory".to_owned(), outcome: Outcome::Kept, records: 1 };
    Ok(Batch { events, counts: vec![count], position: size, checkpoint: Vec::new(), done: true })
}

/// The text's bytes, up to a whole character where it is too long.
fn beginning(source: &Source) -> Result<Vec<u8>, ParseError> {
    let mut bytes = Vec::new();
    while bytes.len() < MAX_TEXT {
        let chunk = source.read(bytes.len() as u64, (MAX_TEXT - bytes.len()) as u32)?;
        if chunk.is_empty() {
            return Ok(bytes);
        }
        bytes.extend_from_slice(&chunk);
    }
    if source.size() > bytes.len() as u64
        && let Err(error) = str::from_utf8(&bytes)
        && error.error_len().is_none()
    {
        bytes.truncate(error.valid_up_to());
    }
    Ok(bytes)
}

fn memory(path: &str, bytes: &[u8], holds: Holds) -> Memory {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let (front, body) = match FrontMatter::split(text) {
        Some((front, body)) => (front, body.trim_start_matches(['\r', '\n'])),
        None => (FrontMatter::default(), text),
    };
    let file = path.rsplit('/').next().unwrap_or(path);
    let name = front.get("name").unwrap_or_else(|| stem(file));
    let kind = front.get("metadata.type").or_else(|| front.get("type"));
    let kind = match holds {
        Holds::Note if file == INDEX => Some("index"),
        Holds::Note => kind,
        Holds::Rule => kind.or(Some("rule")),
    };
    Memory {
        name: in_a_line(name),
        description: front.get("description").map(str::to_owned),
        kind: kind.map(in_a_line),
        content: body.to_owned(),
    }
}

/// As much of a text as a name may have, in one line.
fn in_a_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MAX_NAME).collect()
}

/// What a file is called without its kind: `rust` of `rust.instructions.md`, all of `.clinerules`.
fn stem(file: &str) -> &str {
    let stem = file.strip_suffix(".instructions.md").or_else(|| Some(file.rsplit_once('.')?.0));
    stem.filter(|stem| !stem.is_empty()).unwrap_or(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Growth, WatcherInfo, native};

    struct Tool;

    impl Watcher for Tool {
        type State = ();

        fn info() -> WatcherInfo {
            WatcherInfo::new("tool", "Tool", "0")
                .location("~/.tool", None, "chats/**/*.jsonl", Growth::AppendOnly)
                .memories("~/.tool", None, "projects/$PROJECT_SLUG/memory/*.md")
                .memories_in_projects("{TOOL.md,.toolrules}")
                .memories_in_projects(".tool/**/*.{md,mdc}")
        }

        fn start(_: &Source) -> Result<(), ParseError> {
            Err(ParseError::NotMine)
        }
    }

    /// The one memory of a source, and the places of problems.
    #[track_caller]
    fn read(path: &str, bytes: impl Into<Vec<u8>>) -> (Memory, Vec<u64>) {
        let source = Source::memory(path, bytes);
        let batch = native::read_all::<Tool>(&source).expect("it is a memory");
        assert!(batch.done && batch.position == source.size(), "{}", batch.position);
        let mut memories = Vec::new();
        let mut problems = Vec::new();
        for event in batch.events {
            match event {
                Event::Memory(memory) => memories.push(memory),
                Event::Problem(problem) => problems.push(problem.offset),
                event => panic!("{event:?} is no memory"),
            }
        }
        assert_eq!(memories.len(), 1);
        (memories.remove(0), problems)
    }

    const NOTE: &str = "projects/-home-ada-kettle/memory/tests.md";

    #[test]
    fn a_note_says_what_it_is() {
        let text = "---\nname: Tests first\ndescription: How to begin\nmetadata:\n  type: feedback\n\
                    ---\n\nWrite the test.\n";
        let (memory, _) = read(NOTE, text);
        assert_eq!(memory.name, "Tests first");
        assert_eq!(memory.description.as_deref(), Some("How to begin"));
        assert_eq!(memory.kind.as_deref(), Some("feedback"));
        assert_eq!(memory.content, "Write the test.\n");
    }

    #[test]
    fn what_a_file_does_not_say_its_name_does() {
        for (path, name, kind) in [
            (NOTE, "tests", None),
            ("projects/-a/memory/MEMORY.md", "MEMORY", Some("index")),
            ("TOOL.md", "TOOL", Some("rule")),
            (".toolrules", ".toolrules", Some("rule")),
            (".tool/rust.instructions.md", "rust", Some("rule")),
            (".tool/deep/er/style.mdc", "style", Some("rule")),
        ] {
            let (memory, _) = read(path, "# Text\n");
            assert_eq!((memory.name.as_str(), memory.kind.as_deref()), (name, kind), "{path}");
            assert_eq!((memory.description, memory.content.as_str()), (None, "# Text\n"));
        }
    }

    #[test]
    fn broken_front_matter_is_text() {
        let text = "---\nname: x\nand prose\n---\n";
        let (memory, _) = read(NOTE, text);
        assert_eq!((memory.name.as_str(), memory.content.as_str()), ("tests", text));
    }

    #[test]
    fn any_bytes_are_read_up_to_a_mebibyte() {
        assert_eq!(read(NOTE, "").0.content, "");
        assert_eq!(read(NOTE, b"a\xffb".as_slice()).0.content, "a\u{fffd}b");
        assert_eq!(read(NOTE, "\u{feff}---\nname: x\n---\ny").0.name, "x");
        // An `é` of two bytes lies across the end.
        let long = format!("{}é and more", "x".repeat(MAX_TEXT - 1));
        let (memory, problems) = read(NOTE, long);
        assert_eq!(memory.content.len(), MAX_TEXT - 1);
        assert_eq!(problems, [MAX_TEXT as u64 - 1]);
        assert_eq!(read(NOTE, "x".repeat(MAX_TEXT)).1, [0; 0]);
    }

    #[test]
    fn a_long_name_or_type_is_cut() {
        let long = "é".repeat(900);
        let front = format!("---\nname: |\n  a\n  {long}\ntype: {long}\n---\n");
        let (memory, _) = read(NOTE, front);
        assert_eq!(memory.name.chars().count(), MAX_NAME);
        assert!(memory.name.starts_with("a é"));
        assert_eq!(memory.kind.map(|kind| kind.chars().count()), Some(MAX_NAME));
    }

    #[test]
    fn memories_are_read_from_the_start_only_and_sessions_are_none() {
        let note = Source::memory(NOTE, "x");
        assert_eq!(native::read_rest::<Tool>(&note, Some(&[])), Err(ParseError::StaleCheckpoint));
        for path in ["chats/a.jsonl", "projects/-a/memory/deep/x.md", "memory/x.md"] {
            let source = Source::memory(path, "x");
            assert_eq!(native::read_all::<Tool>(&source), Err(ParseError::NotMine), "{path}");
        }
    }
}
