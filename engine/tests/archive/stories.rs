//! Bugs that were found, each with its story.

use std::thread;
use std::time::Duration;

use lore_engine::api::{Request, Response, SearchRequest};
use lore_engine::model::Usage;

use crate::Archive;
use crate::sources::{IDS, Step, WORD, claude, claude_path, codex, codex_path, file};

/// An import that ended in the middle left entries in the outbox. The next import of the same process
/// named a later one in its commit and emptied the outbox, so what stood there was never found.
#[test]
fn what_a_failed_import_stored_is_found_after_the_next() {
    let mut archive = Archive::new();
    for id in [IDS[0], IDS[1]] {
        archive.write(&claude_path(id), file(&claude(id, &[Step::Ask, Step::Answer])));
    }
    let request = archive.request();
    let mut heard = 0;
    // A transaction is committed after half a second; the next progress is that of the second file.
    let failed = archive.try_import(request, &mut |progress| {
        heard += 1;
        assert!(progress.sources == 0 || heard == 0, "the listener fails");
        if progress.messages > 0 {
            thread::sleep(Duration::from_millis(600));
        }
    });
    assert!(failed.is_err());
    archive.import();
    assert_eq!(archive.found(WORD).len(), 4);
    archive.assert_sound();
}

/// A session that a rewritten file does not speak of at all was not withdrawn: the file had left its
/// rereading before the session was opened.
#[test]
fn a_session_that_its_file_has_no_more_is_withdrawn() {
    let mut archive = Archive::new();
    archive.write(&codex_path(IDS[0]), file(&codex(IDS[0], &[Step::Ask, Step::Answer])));
    archive.import();
    archive.write(&codex_path(IDS[0]), file(&codex(IDS[1], &[Step::Ask])));
    archive.import();
    let dump = archive.dump();
    assert!(dump.sessions[IDS[0]].1.iter().all(|message| message.withdrawn));
    assert!(dump.sessions[IDS[1]].1.iter().all(|message| !message.withdrawn));
}

/// A message that came back without the usage that it had was completed with it, and then stayed
/// withdrawn, as its content was that of before.
#[test]
fn what_comes_back_without_its_usage_is_not_withdrawn() {
    let mut archive = Archive::new();
    let lines = claude(IDS[0], &[Step::Ask, Step::Answer]);
    let path = claude_path(IDS[0]);
    archive.write(&path, file(&lines));
    archive.import();
    archive.write(&path, file(&lines[..1]));
    archive.import();
    let bare = String::from_utf8_lossy(&lines[1]).replace("\"usage\"", "\"unused\"");
    archive.write(&path, file(&[lines[0].clone(), bare.into_bytes()]));
    archive.import();
    let (session, messages, _) = &archive.dump().sessions[IDS[0]];
    assert!(messages.iter().all(|message| !message.withdrawn));
    assert_eq!(session.usage, Usage { input: 3, output: 1, ..Usage::default() });
}

/// A session that was only named so far counted as changed, not as new, when it first said something.
#[test]
fn a_session_is_new_with_its_first_message() {
    let mut archive = Archive::new();
    let lines = claude(IDS[0], &[Step::Title, Step::Ask]);
    archive.write(&claude_path(IDS[0]), file(&lines[..1]));
    let report = archive.import();
    assert_eq!((report.tools[0].new_sessions, report.tools[0].new_messages), (0, 0));
    archive.write(&claude_path(IDS[0]), file(&lines));
    let report = archive.import();
    assert_eq!((report.tools[0].new_sessions, report.tools[0].changed_sessions), (1, 0));
}

/// A file that was rewritten to the same length was gone on with if its first and its last 4 KiB were
/// those of before: what stood between was never read.
#[test]
fn a_file_rewritten_at_the_same_length_is_read_again() {
    let mut archive = Archive::new();
    let whole = file(&claude(IDS[0], &vec![Step::Ask; 60]));
    archive.write(&claude_path(IDS[0]), &whole);
    archive.import();
    let masked = String::from_utf8_lossy(&whole).replace("word30 ", "hidden ");
    assert_eq!(masked.len(), whole.len());
    archive.write(&claude_path(IDS[0]), &masked);
    let report = archive.import();
    assert_eq!(report.tools[0].changed_messages, 1);
    assert_eq!(archive.found("hidden").len(), 1);
    assert_eq!(archive.found("word30").len(), 0);
    archive.assert_sound();
}

/// A file that no plugin takes is tried again, and is read once it can be.
#[test]
fn a_file_that_becomes_readable_is_read() {
    let mut archive = Archive::new();
    archive.write(&claude_path(IDS[0]), "words\n");
    let report = archive.import();
    assert_eq!(report.problems.len(), 1, "{report:?}");
    archive.write(&claude_path(IDS[0]), file(&claude(IDS[0], &[Step::Ask])));
    archive.import();
    assert_eq!(archive.found(WORD).len(), 1);
    archive.assert_sound();
}

/// Searching goes on while an import writes, and each finds what it should.
#[test]
fn one_imports_while_another_searches() {
    let mut archive = Archive::new();
    for id in IDS {
        archive.write(&claude_path(id), file(&claude(id, &vec![Step::Ask; 200])));
    }
    let request = archive.request();
    let engine = archive.engine();
    thread::scope(|scope| {
        let importing = scope.spawn(|| engine.handle(Request::Import(request), &mut |_| {}));
        while !importing.is_finished() {
            let search =
                SearchRequest { query: WORD.to_owned(), limit: 1000, ..SearchRequest::default() };
            let answer = engine.handle(Request::Search(search), &mut |_| {});
            let Ok(Response::Search(answer)) = answer else { panic!("{answer:?}") };
            let found: usize = answer.sessions.iter().map(|found| found.matches.len()).sum();
            assert!(found as u64 <= answer.total && found <= 600);
        }
        importing.join().unwrap().unwrap();
    });
    assert_eq!(archive.found(WORD).len(), 600);
    archive.assert_sound();
}
