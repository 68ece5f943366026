//! The store's file, in other hands and after damage.

use lore_engine::model::SessionNumber;
use lore_engine::store::{Access, FORMAT, Store, StoreError};
use redb::{Database, ReadableTable, TableDefinition};

use crate::Archive;
use crate::sources::{IDS, Step, WORD, claude, claude_path, file};

const META: TableDefinition<&str, u64> = TableDefinition::new("meta");
const PAGES: TableDefinition<(u32, u32, u16), &[u8]> = TableDefinition::new("pages");
const KEYS: TableDefinition<(u32, u32), &[u8]> = TableDefinition::new("keys");

const FIRST: SessionNumber = SessionNumber(1);

/// An archive with one session, closed.
fn archive() -> Archive {
    let mut archive = Archive::new();
    let steps: Vec<Step> = vec![Step::Ask; 20];
    archive.write(&claude_path(IDS[0]), file(&claude(IDS[0], &steps)));
    archive.import();
    archive.engine = None;
    archive
}

fn set_format(archive: &Archive, major: u16, minor: u16) {
    let database = Database::open(archive.layout().store()).unwrap();
    let transaction = database.begin_write().unwrap();
    let format = u64::from(major) << 16 | u64::from(minor);
    transaction.open_table(META).unwrap().insert("format", format).unwrap();
    transaction.commit().unwrap();
}

/// Changes the first page's body and keys.
fn damage(archive: &Archive, change: impl Fn(&mut Vec<u8>, &mut Vec<u8>)) {
    let database = Database::open(archive.layout().store()).unwrap();
    let transaction = database.begin_write().unwrap();
    {
        let mut pages = transaction.open_table(PAGES).unwrap();
        let mut keys = transaction.open_table(KEYS).unwrap();
        let mut body = pages.get((1, 0, 0)).unwrap().unwrap().value().to_vec();
        let mut key = keys.get((1, 0)).unwrap().unwrap().value().to_vec();
        change(&mut body, &mut key);
        pages.insert((1, 0, 0), body.as_slice()).unwrap();
        keys.insert((1, 0), key.as_slice()).unwrap();
    }
    transaction.commit().unwrap();
}

fn read(archive: &Archive) -> Result<usize, StoreError> {
    let store = Store::open(&archive.layout().store(), Access::Read)?;
    Ok(store.view()?.messages(FIRST, 0, u32::MAX)?.len())
}

#[test]
fn one_writer_or_many_readers() {
    let archive = archive();
    let path = archive.layout().store();
    let readers = [Store::open(&path, Access::Read), Store::open(&path, Access::Read)];
    assert!(readers.iter().all(Result::is_ok));
    assert!(matches!(Store::open(&path, Access::Write), Err(StoreError::Busy { .. })));
    drop(readers);
    let _writer = archive.open(Access::Write).unwrap();
    assert!(matches!(Store::open(&path, Access::Read), Err(StoreError::Busy { .. })));
    assert!(archive.open(Access::Read).err().is_some_and(|error| error.is_busy()));
}

#[test]
fn a_newer_major_format_is_refused() {
    let archive = archive();
    set_format(&archive, FORMAT.major + 1, 0);
    for access in [Access::Read, Access::Write] {
        let error = Store::open(&archive.layout().store(), access).err().unwrap();
        assert!(matches!(error, StoreError::TooNew { .. }));
        assert!(error.to_string().ends_with("update lore"), "{error}");
    }
}

/// The index of a newer release's store lies in a folder that this one does not know. To build its
/// own it had to empty the outbox, which it may not, and so the store could not be opened at all.
#[test]
fn a_newer_minor_format_can_be_read_without_an_index() {
    let mut archive = archive();
    set_format(&archive, FORMAT.major, FORMAT.minor + 1);
    std::fs::remove_dir_all(archive.layout().root().join("index-v2")).unwrap();
    assert_eq!(archive.found(WORD).len(), 20);
    let request = archive.request();
    let error =
        archive.try_import(lore_engine::api::ImportRequest { force: true, ..request }, &mut |_| {});
    assert!(error.unwrap_err().to_string().ends_with("update lore"));
    archive.engine = None;
    assert_eq!(archive.found(WORD).len(), 20);
}

/// A rebuild that was cut short left an empty index behind, which passed for complete because the
/// outbox was empty.
#[test]
fn an_index_that_was_not_built_to_the_end_is_built_anew() {
    let mut archive = archive();
    let empty = tempfile::tempdir().unwrap();
    lore_engine::index::Index::create(empty.path()).unwrap();
    let folder = archive.layout().root().join("index-v2");
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::rename(empty.path().join("index-v2"), &folder).unwrap();
    assert_eq!(archive.found(WORD).len(), 20);
    archive.assert_sound();
}

#[test]
fn a_damaged_page_is_named_and_never_fatal() {
    type Change = fn(&mut Vec<u8>, &mut Vec<u8>);
    let changes: [(&str, Change); 8] = [
        ("cut", |body, _| body.truncate(body.len() / 2)),
        ("empty", |body, _| body.clear()),
        ("version", |body, _| body[0] = 9),
        ("length", |body, _| body[1..5].fill(0xff)),
        ("shorter", |body, _| body[1] ^= 0x0f),
        ("bytes", |body, _| body[5..].fill(0xa5)),
        ("keys cut", |_, keys| keys.truncate(30)),
        // Twenty messages with one key used to pass for one message.
        ("fewer keys", |_, keys| keys.truncate(26)),
    ];
    for (name, change) in changes {
        let mut archive = archive();
        damage(&archive, change);
        let error = read(&archive).expect_err(name);
        assert!(matches!(error, StoreError::Damaged { .. }), "{name}: {error}");
        assert!(error.to_string().contains("session 1, page 0"), "{name}: {error}");
        assert_ne!(archive.verify().findings, [], "{name}");
    }
}

#[test]
fn a_file_that_is_no_store_is_damaged_and_an_empty_one_is_none() {
    let mut archive = Archive::new();
    let path = archive.layout().store();
    std::fs::write(&path, "this is a letter, not a store").unwrap();
    for access in [Access::Read, Access::Write] {
        let opened = Store::open(&path, access);
        assert!(matches!(opened, Err(StoreError::Damaged { .. })));
    }
    std::fs::write(&path, "").unwrap();
    assert!(matches!(Store::open(&path, Access::Read), Err(StoreError::Missing { .. })));
    assert_eq!(archive.found(WORD).len(), 0);
}

#[cfg(unix)]
#[test]
fn what_is_made_is_for_its_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let archive = archive();
    let mode =
        |path: std::path::PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(archive.layout().store()), 0o600);
    assert_eq!(mode(archive.layout().root().join("scratch")), 0o700);
}
