//! Laws that real files hold, where there are some: `LORE_CORPUS` names a directory with one folder
//! for each tool. Without it nothing is checked, and the tests say so.

use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::de::IgnoredAny;

use crate::fixture::Parsed;
use crate::{Batch, ParseError, Source, Value, Watcher, native};

/// How many places a file is cut at.
const CUTS: usize = 40;

/// Path below the corpus, parted by `/`, and content of the files whose path is wanted, sorted;
/// none if there is no corpus.
///
/// # Panics
/// If the corpus cannot be read or has no such file.
#[track_caller]
pub fn files(is_wanted: impl Fn(&str) -> bool) -> Vec<(String, Vec<u8>)> {
    let Some(root) = std::env::var_os("LORE_CORPUS").map(PathBuf::from) else {
        eprintln!("skipped: LORE_CORPUS is not set");
        return Vec::new();
    };
    let mut files = Vec::new();
    collect(&root, "", &is_wanted, &mut files)
        .unwrap_or_else(|error| panic!("the corpus `{}` cannot be read: {error}", root.display()));
    assert!(!files.is_empty(), "the corpus `{}` has no such files", root.display());
    files.sort();
    files
}

fn collect(
    directory: &Path,
    below: &str,
    is_wanted: &dyn Fn(&str) -> bool,
    files: &mut Vec<(String, Vec<u8>)>,
) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{name}/"), is_wanted, files)?;
        } else if is_wanted(&name) {
            files.push((name, fs::read(entry.path())?));
        }
    }
    Ok(())
}

/// The first bytes of one of these files, beside all the others.
pub fn beside(files: &[(String, Vec<u8>)], name: &str, bytes: &[u8]) -> Source {
    let others = files.iter().filter(|(other, _)| other != name);
    others.fold(Source::memory(name, bytes), |source, (other, bytes)| {
        source.with_sibling(other.as_str(), bytes.as_slice())
    })
}

/// How many rows a table of a database has; nothing if there is no such table.
///
/// # Panics
/// If that is not what is counted.
#[track_caller]
pub fn rows(database: &Source, table: &str) -> Option<u64> {
    let rows = database.query(&format!("SELECT count(*) FROM {table}"), &[]).ok()?;
    match rows.as_slice() {
        [row] => match row.as_slice() {
            [Value::Integer(count)] => u64::try_from(*count).ok(),
            other => panic!("{table}: a count is an integer, not {other:?}"),
        },
        other => panic!("{table}: a count is one row, not {other:?}"),
    }
}

/// Reads a source to its end.
///
/// # Panics
/// If it is refused.
#[track_caller]
pub fn read<W: Watcher>(source: &Source) -> Batch {
    native::read_all::<W>(source).unwrap_or_else(|error| panic!("{}: {error:?}", source.path()))
}

/// Checks that files that are not the tool's are refused. What is blank or breaks off in its first
/// line may become anybody's: it may be taken, as long as nothing is told of it.
///
/// # Panics
/// If any other is taken, or refused for another reason; it names them all.
#[track_caller]
pub fn refuses_foreign<W: Watcher>(is_own: impl Fn(&str) -> bool) {
    let mut taken = Vec::new();
    for (name, bytes) in files(|name| !is_own(name)) {
        let has_begun = has_begun(&bytes);
        match native::read_all::<W>(&Source::memory(name.as_str(), bytes)) {
            Err(ParseError::NotMine) => {}
            Ok(batch) if !has_begun && batch.events.is_empty() && batch.counts.is_empty() => {}
            Ok(batch) => taken.push(format!("{name}: taken, {} events", batch.events.len())),
            Err(error) => taken.push(format!("{name}: {error:?}")),
        }
    }
    assert!(taken.is_empty(), "not refused: {taken:#?}");
}

/// Whether there is more than part of one line.
fn has_begun(bytes: &[u8]) -> bool {
    let text = bytes.trim_ascii();
    text.contains(&b'\n') || serde_json::from_slice::<IgnoredAny>(text).is_ok()
}

/// Checks that each file gives the same if it is read at first as far as it was written at some
/// moment, and later from the checkpoint. Until it tells of something, a part may be refused: so
/// little may not tell whose file it is.
///
/// # Panics
/// If one does not, or is refused.
#[track_caller]
pub fn reads_the_same_in_two_steps<W: Watcher>(
    files: &[(String, Vec<u8>)],
    source: impl Fn(&str, &[u8]) -> Source,
) {
    for (name, bytes) in files {
        let whole = source(name, bytes);
        let once = Parsed::from_iter([read::<W>(&whole)]).settled();
        let mut is_recognised = false;
        for cut in (0..bytes.len()).step_by(bytes.len() / CUTS + 1) {
            let first = match native::read_all::<W>(&source(name, &bytes[..cut])) {
                Err(ParseError::NotMine) if !is_recognised => continue,
                first => first.unwrap_or_else(|error| panic!("{name}, {cut} bytes: {error:?}")),
            };
            is_recognised |= !first.events.is_empty();
            let second = native::read_rest::<W>(&whole, Some(&first.checkpoint))
                .unwrap_or_else(|error| panic!("{name} from {cut} on: {error:?}"));
            let twice = Parsed::from_iter([first, second]).settled();
            if let Some(difference) = twice.difference(&once) {
                panic!("{name}, cut at {cut}: {difference}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::prelude::*;

    /// Numbers its lines, and does not remember the number.
    struct Forgetful;

    #[derive(Default, Serialize, Deserialize)]
    struct Number {
        #[serde(skip)]
        last: u32,
    }

    impl Watcher for Forgetful {
        type State = Number;

        fn info() -> WatcherInfo {
            WatcherInfo::new("forgetful", "Forgetful", "1.0.0")
        }

        fn start(_: &Source) -> Result<Number, ParseError> {
            Ok(Number::default())
        }

        fn line(number: &mut Number, _: &Line<'_>, out: &mut Output) -> Result<(), ParseError> {
            number.last += 1;
            out.kept("line");
            out.message(Message::new("s", number.last.to_string(), Role::User));
            Ok(())
        }
    }

    #[test]
    #[should_panic(expected = "cut at 4")]
    fn a_state_that_is_not_kept_is_found() {
        let files = [("a.jsonl".to_owned(), b"one\ntwo\n".to_vec())];
        reads_the_same_in_two_steps::<Forgetful>(&files, |name, bytes| Source::memory(name, bytes));
    }

    #[test]
    fn a_file_that_breaks_off_in_its_first_line_is_only_a_beginning() {
        for (bytes, expected) in [
            (" \n", false),
            ("{\"type\":", false),
            ("{}", true),
            ("{\"type\":\n1", true),
            ("# Words\nand more", true),
        ] {
            assert_eq!(has_begun(bytes.as_bytes()), expected, "{bytes:?}");
        }
    }
}
