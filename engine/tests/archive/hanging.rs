//! What hangs on sessions, what tells that they changed, and sessions that are deleted for good.

use std::fs;
use std::path::{Path, PathBuf};

use lore_engine::api::{ApiError, Request, Response, SessionDetail};
use lore_engine::model::{Annotation, SessionId, SessionNumber};
use lore_engine::store::{Access, ChildKey, ChildValue, Store};
use redb::ReadableTable;

use crate::Archive;
use crate::sources::{IDS, Step, WORD, claude, claude_path, codex, codex_path, file};

fn id(text: &str) -> SessionId {
    text.parse().unwrap()
}

impl Archive {
    fn ask(&mut self, request: Request) -> Result<Response, ApiError> {
        self.engine().handle(request, &mut |_| {})
    }

    fn tag(&mut self, session: &str, label: &str, present: bool) -> bool {
        let request = Request::Tag { session: id(session), label: label.to_owned(), present };
        match self.ask(request) {
            Ok(Response::Tag(changed)) => changed,
            other => panic!("{other:?}"),
        }
    }

    fn annotate(&mut self, session: &str, content: &str, author: Option<&str>) {
        let (content, author) = (content.to_owned(), author.map(str::to_owned));
        let noted = self.ask(Request::Annotate { session: id(session), content, author });
        assert!(matches!(noted, Ok(Response::Annotate(_))), "{noted:?}");
    }

    fn delete(&mut self, session: &str) -> Result<(), ApiError> {
        match self.ask(Request::Delete { session: id(session) })? {
            Response::Delete => Ok(()),
            other => panic!("{other:?}"),
        }
    }

    fn detail(&mut self, session: &str) -> Result<SessionDetail, ApiError> {
        match self.ask(Request::Session { prefix: session.to_owned() })? {
            Response::Session(detail) => Ok(*detail),
            other => panic!("{other:?}"),
        }
    }

    /// Closes the engine and reads the store.
    fn stored<T>(&mut self, read: impl FnOnce(&lore_engine::store::View<'_>) -> T) -> T {
        self.engine = None;
        let store = Store::open(&self.layout().store(), Access::Read).unwrap();
        read(&store.view().unwrap())
    }

    /// The number of a session's last change; 0 if it is not there.
    fn change(&mut self, session: &str) -> u64 {
        self.stored(|view| {
            let number = view.session_number(id(session)).unwrap();
            number.map_or(0, |number| view.change(number).unwrap())
        })
    }

    fn index(&self) -> PathBuf {
        let entries = fs::read_dir(self.layout().root()).unwrap();
        let mut paths = entries.map(|entry| entry.unwrap().path());
        let is_index = |path: &PathBuf| path.to_string_lossy().contains("index-v");
        paths.find(is_index).unwrap()
    }
}

/// Two sessions, imported.
fn imported() -> Archive {
    let mut archive = Archive::new();
    archive.write(&claude_path(IDS[0]), file(&claude(IDS[0], &[Step::Ask, Step::Answer])));
    archive.write(&codex_path(IDS[1]), file(&codex(IDS[1], &[Step::Ask, Step::Answer])));
    archive.import();
    archive
}

#[test]
fn changes_are_numbered() {
    let mut archive = imported();
    let (mut one, other) = (archive.change(IDS[0]), archive.change(IDS[1]));
    assert!(one > 0 && other > 0 && one != other, "{one} {other}");
    let mut highest = one.max(other);
    archive.import();
    archive.import_as(|request| request.force = true);
    assert_eq!((archive.change(IDS[0]), archive.change(IDS[1])), (one, other), "nothing is new");

    let mut changed = |archive: &mut Archive, what: &str| {
        let now = archive.change(IDS[0]);
        assert!(now > highest, "{what}: {now} after {highest}");
        assert_eq!(archive.change(IDS[1]), other, "{what}");
        (one, highest) = (now, now);
    };
    let longer = claude(IDS[0], &[Step::Ask, Step::Answer, Step::Ask]);
    archive.write(&claude_path(IDS[0]), file(&longer));
    archive.import();
    changed(&mut archive, "a message more");
    archive.write(&claude_path(IDS[0]), file(&longer[..1]));
    archive.import();
    changed(&mut archive, "messages withdrawn");
    assert!(archive.tag(IDS[0], "a", true));
    changed(&mut archive, "a tag");
    archive.annotate(IDS[0], "Mind the wind.", None);
    changed(&mut archive, "a note");
    assert!(archive.tag(IDS[0], "a", false));
    changed(&mut archive, "no tag");
    assert!(!archive.tag(IDS[0], "a", false));
    archive.annotate(IDS[0], "Mind the wind.", None);
    assert_eq!(archive.change(IDS[0]), one, "nothing was different");

    archive.delete(IDS[0]).unwrap();
    let numbers = archive.stored(|view| {
        let changes = view.changes().unwrap();
        changes.into_iter().map(|(number, _)| number).collect::<Vec<_>>()
    });
    assert_eq!(numbers, [SessionNumber(2)]);
}

#[test]
fn what_was_taken_off_is_remembered() {
    let mut archive = imported();
    archive.tag(IDS[0], "a", true);
    archive.tag(IDS[0], "b", true);
    archive.tag(IDS[0], "a", false);
    let children = archive.stored(|view| view.children(SessionNumber(1)).unwrap());
    let now = 1_772_500_000_000; // the archive's clock, which stands still
    let [gone, there] = &children[..] else { panic!("{children:?}") };
    assert_eq!((&gone.key, gone.stamp, &gone.value), (&ChildKey::Tag("a".into()), now + 1, &None));
    assert_eq!((&there.key, there.stamp), (&ChildKey::Tag("b".into()), now));
    assert_eq!(there.value, Some(ChildValue::Tag));
}

#[test]
fn a_note_is_put_on_once() {
    let mut archive = imported();
    archive.annotate(IDS[0], "It stays.", None);
    for author in [Some("Ada"), None, Some("Ben")] {
        archive.annotate(IDS[0], " Mind the wind.\n", author);
    }
    let notes = archive.detail(IDS[0]).unwrap().annotations;
    let told = |note: &Annotation| (note.content.clone(), note.author.clone());
    let mut texts: Vec<_> = notes.iter().map(told).collect();
    texts.sort();
    let by_ada = ("Mind the wind.".to_owned(), Some("Ada".to_owned()));
    assert_eq!(texts, [("It stays.".to_owned(), None), by_ada]);
    let annotation = notes.iter().find(|note| note.author.is_some()).unwrap().id;
    let unannotate = Request::Unannotate { session: id(IDS[0]), annotation };
    for removed in [true, false] {
        let answer = archive.ask(unannotate.clone());
        assert!(matches!(answer, Ok(Response::Unannotate(was)) if was == removed), "{answer:?}");
    }
    assert_eq!(archive.detail(IDS[0]).unwrap().annotations.len(), 1);
    for content in ["", " \n", &"x".repeat((64 << 10) + 1)] {
        let request =
            Request::Annotate { session: id(IDS[0]), content: content.to_owned(), author: None };
        assert!(matches!(archive.ask(request), Err(ApiError::Invalid(_))));
    }
}

#[test]
fn a_deleted_session_does_not_come_back() {
    let mut archive = imported();
    let steps = [Step::Ask, Step::Answer, Step::Ask, Step::Garbage, Step::Answer];
    archive.tag(IDS[0], "a", true);
    archive.annotate(IDS[0], "Mind the wind.", None);
    archive.delete(IDS[0]).unwrap();
    archive.delete(IDS[0]).unwrap();
    assert!(matches!(archive.delete(IDS[2]), Err(ApiError::NoSuchSession { .. })));

    let left = |archive: &mut Archive, when: &str| {
        assert!(archive.detail(IDS[0]).is_err(), "{when}");
        let found = archive.found(WORD);
        assert!(found.iter().all(|(session, _)| session == IDS[1]), "{when}: {found:?}");
        assert_eq!(found.len(), 2, "{when}");
        archive.assert_sound();
        let dump = archive.dump();
        assert_eq!(dump.sessions.keys().collect::<Vec<_>>(), [IDS[1]], "{when}");
        assert_eq!(dump.sources.len(), 2, "{when}");
    };
    left(&mut archive, "deleted");
    let report = archive.import();
    assert_eq!(report.tools[0].unchanged, 1);
    left(&mut archive, "imported again");
    archive.write(&claude_path(IDS[0]), file(&claude(IDS[0], &steps)));
    archive.import();
    left(&mut archive, "continued");
    let report = archive.import();
    assert_eq!(report.tools[0].unchanged, 1, "it is read from where it was");
    archive.import_as(|request| request.force = true);
    left(&mut archive, "read from the start");
    archive.write(&claude_path(IDS[0]), file(&claude(IDS[0], &steps[..1])));
    archive.import();
    left(&mut archive, "rewritten");
    let deleted = archive.stored(|view| view.deleted().unwrap());
    let deleted: Vec<SessionId> = deleted.into_iter().map(|(session, _)| session).collect();
    assert_eq!(deleted, [id(IDS[0])]);
}

/// Whoever descends from a deleted session goes on saying so.
#[test]
fn a_deleted_session_may_be_a_parent() {
    let mut archive = Archive::new();
    archive.write(&codex_path(IDS[0]), file(&codex(IDS[0], &[Step::Ask, Step::Answer])));
    let mut lines = vec![crate::sources::codex_head(IDS[1], Some(IDS[0]))];
    lines.extend(crate::sources::codex_body(IDS[1], &[Step::Ask, Step::Answer], 5));
    archive.write(&codex_path(IDS[1]), file(&lines));
    archive.import();
    archive.delete(IDS[0]).unwrap();
    lines.extend(crate::sources::codex_body(IDS[1], &[Step::Ask], 9));
    archive.write(&codex_path(IDS[1]), file(&lines));
    archive.import();
    let session = archive.detail(IDS[1]).unwrap().session;
    assert_eq!((session.parent, session.message_count), (Some(id(IDS[0])), 3));
    archive.assert_sound();
}

/// Killed after the store's commit and before the index's: what the index still has is dropped by
/// whoever opens the archive next, for reading too.
#[test]
fn the_index_catches_up_with_a_deletion() {
    const META: redb::TableDefinition<&str, u64> = redb::TableDefinition::new("meta");
    const OUTBOX: redb::TableDefinition<u64, (u32, u32, u32)> =
        redb::TableDefinition::new("outbox");

    let mut archive = imported();
    archive.engine = None;
    let (index, before) = (archive.index(), archive.directory.path().join("before"));
    copy(&index, &before);
    archive.delete(IDS[0]).unwrap();
    archive.engine = None;
    fs::remove_dir_all(&index).unwrap();
    copy(&before, &index);
    let store = redb::Database::open(archive.layout().store()).unwrap();
    let transaction = store.begin_write().unwrap();
    let last = transaction.open_table(META).unwrap().get("next_outbox").unwrap().unwrap().value();
    transaction.open_table(OUTBOX).unwrap().insert(last, (1, 0, u32::MAX)).unwrap();
    transaction.commit().unwrap();
    drop(store);

    archive.engine = Some(archive.open(Access::Read).unwrap());
    assert_eq!(archive.found(WORD).len(), 2);
    archive.assert_sound();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
