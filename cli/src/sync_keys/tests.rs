//! Keys in files.

use super::*;

pub(super) const STORE: Uuid = Uuid::from_u128(0x0123_4567);

/// The keys in files below a directory.
pub(super) fn files(root: &Path) -> SyncKeys {
    SyncKeys { directory: root.join("sync-keys"), keychain: None, notes: Vec::new() }
}

pub(super) fn secret(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").mode() & 0o777
}

#[test]
fn a_key_is_kept_for_its_user_alone() {
    let root = tempfile::tempdir().expect("there is room for a test");
    let mut keys = files(root.path());
    assert!(keys.load(STORE).expect("there is none").is_none());
    for text in ["5ec7e7", "another"] {
        assert_eq!(keys.keep(STORE, &secret(text)).expect("it is kept"), Kept::File);
        let (key, kept) = keys.load(STORE).expect("it can be read").expect("it is there");
        assert_eq!((key.as_str(), kept), (text, Kept::File));
    }
    assert_eq!(mode(&keys.directory), 0o700);
    assert_eq!(mode(&keys.path(STORE)), 0o600);
    let names = fs::read_dir(&keys.directory).expect("it is there").count();
    assert_eq!(names, 1, "something is left beside it");
    assert!(keys.notes().is_empty());
    assert!(keys.load(Uuid::from_u128(1)).expect("there is none").is_none());
}

#[test]
fn what_others_can_read_is_closed_and_told() {
    let root = tempfile::tempdir().expect("there is room for a test");
    let mut keys = files(root.path());
    keys.keep(STORE, &secret("5ec7e7")).expect("it is kept");
    let path = keys.path(STORE);
    fs::set_permissions(&path, Permissions::from_mode(0o644)).expect("it is ours");
    assert!(keys.load(STORE).expect("it can be read").is_some());
    assert_eq!(mode(&path), 0o600);
    let notes = keys.notes();
    assert!(notes.len() == 1 && notes.iter().all(|note| note.contains("644")), "{notes:?}");
    assert!(keys.notes().is_empty());
    fs::set_permissions(&keys.directory, Permissions::from_mode(0o755)).expect("it is ours");
    keys.keep(STORE, &secret("5ec7e7")).expect("it is kept");
    assert_eq!(mode(&keys.directory), 0o700);
}

#[test]
fn what_is_no_key_is_an_error_that_names_the_file() {
    let root = tempfile::tempdir().expect("there is room for a test");
    let mut keys = files(root.path());
    keys.keep(STORE, &secret("5ec7e7")).expect("it is kept");
    let path = keys.path(STORE);
    for bytes in [&b""[..], b"\n\n", b"\xff\xfe", &vec![b'a'; 70_000]] {
        fs::write(&path, bytes).expect("it is ours");
        let error = keys.load(STORE).expect_err("it is no key").text();
        assert!(error.contains(".key"), "{error}");
    }
}
