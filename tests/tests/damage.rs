//! Damaged files of an archive: an error with the way out, or a rebuild; never a panic.

use std::fs;
use std::path::{Path, PathBuf};

use lore_tests::{Archive, Outcome, Random, TestEnv, Truth};
use redb::{Database, TableDefinition};

/// The store's table of facts about itself, as `docs/store-format.md` draws it.
const META: TableDefinition<&str, u64> = TableDefinition::new("meta");

/// An archive, and its files as they are when nothing is wrong.
struct Sound {
    env: TestEnv,
    truth: Truth,
    files: Vec<(PathBuf, Vec<u8>)>,
}

impl Sound {
    fn new() -> Self {
        let env = TestEnv::new();
        let truth = Archive { sessions: 12, turns: 20, seed: 7 }.write(&env);
        env.lore(&["import"]).success();
        // Once more, so that the index has nothing to catch up with.
        env.lore(&["import"]).success();
        env.verify();
        let mut files = Vec::new();
        for path in std::iter::once(env.archive("lore.db")).chain(index_files(&env)) {
            let bytes = fs::read(&path).expect("an archive can be read");
            files.push((path, bytes));
        }
        assert!(files.len() > 5, "the index has files of its own");
        Self { env, truth, files }
    }

    fn store(&self) -> (&Path, &[u8]) {
        (&self.files[0].0, &self.files[0].1)
    }

    /// Puts everything back as it was.
    fn mend(&self) {
        for path in index_files(&self.env) {
            fs::remove_file(path).expect("an archive can be written");
        }
        for (path, bytes) in &self.files {
            fs::create_dir_all(path.parent().expect("it is in the archive")).expect("it is made");
            fs::write(path, bytes).expect("an archive can be written");
        }
    }

    fn id(&self) -> &str {
        &self.truth.unique[0].session
    }

    /// Runs every command that reads, and requires of each that it answers, or says what is
    /// damaged and what to do. Returns how many failed.
    fn read_all(&self, what: &str) -> usize {
        let commands: [&[&str]; 7] = [
            &["sessions"],
            &["show", self.id()],
            &["search", "quartz", "--limit", "100"],
            &["status"],
            &["db", "stats"],
            &["db", "verify"],
            &["import", "--dry-run"],
        ];
        let failed = commands.iter().filter(|arguments| {
            let outcome = self.env.lore(arguments);
            assert_told(&outcome, &format!("{what}: {arguments:?}"));
            outcome.code() != Some(0)
        });
        failed.count()
    }

    /// Requires that the search finds what was written, and that store and index agree.
    fn assert_searchable(&self, what: &str) {
        let expected = [
            ("\"quartz nebula\"", &self.truth.phrase),
            ("zyzzyvaunique", &self.truth.unique),
            ("vermilionmark", &self.truth.answer),
        ];
        for (query, expected) in expected {
            let outcome = self.env.lore(&["search", query, "--limit", "5000", "--format", "json"]);
            assert_told(&outcome, what);
            let found = outcome.json();
            assert_eq!(found["total_matches"], expected.len(), "{what}: {query}: {outcome}");
        }
        self.env.verify();
    }
}

/// Every command either does what was asked or says what is damaged, by its name, and what to do.
fn assert_told(outcome: &Outcome, what: &str) {
    assert!(matches!(outcome.code(), Some(0 | 1)), "{what}:\n{outcome}");
    let text = format!("{}{}", outcome.stdout, outcome.stderr);
    for word in ["panicked", "internal error", "RUST_BACKTRACE"] {
        assert!(!text.contains(word), "{what}:\n{outcome}");
    }
    if outcome.code() == Some(1) {
        let names = ["lore.db", "index-v", "store.sock", "the index", "session", "source"];
        assert!(
            names.iter().any(|name| text.contains(name)),
            "it names nothing: {what}:\n{outcome}"
        );
        let ways = ["move the file away", "lore db reindex", "update lore", "lore import", "hint:"];
        assert!(ways.iter().any(|way| text.contains(way)), "no way out: {what}:\n{outcome}");
    }
}

fn index_files(env: &TestEnv) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(env.archive(""))
        .expect("there is an archive")
        .map(|entry| entry.expect("it can be listed").path())
        .filter(|path| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with("index-")))
        .flat_map(|folder| fs::read_dir(folder).expect("it is a folder"))
        .map(|entry| entry.expect("it can be listed").path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    files
}

#[test]
fn a_store_that_is_cut() {
    let sound = Sound::new();
    let (path, bytes) = sound.store();
    let full = bytes.len();
    for length in [1, 63, 64, 320, 4_096, 5_000, full / 4, full / 2, full - 4_096, full - 1] {
        fs::write(path, &bytes[..length]).expect("it can be written");
        let failed = sound.read_all(&format!("cut at {length} of {full}"));
        if length < full / 2 {
            assert!(failed > 0, "nothing noticed that the store was cut at {length} of {full}");
        }
        assert_told(&sound.env.lore(&["import"]), &format!("import, cut at {length}"));
        sound.mend();
    }
    sound.assert_searchable("mended");
}

#[test]
fn a_store_with_flipped_bits() {
    let sound = Sound::new();
    let (path, bytes) = sound.store();
    let mut random = Random::new(11);
    println!("seed 11");
    // The header, and places all over the file.
    let header = (0..320).step_by(16);
    let anywhere = (0..40).map(|_| random.below(bytes.len() as u64) as usize);
    for offset in header.chain(anywhere.collect::<Vec<_>>()) {
        let mut damaged = bytes.to_vec();
        damaged[offset] ^= 1 << random.below(8);
        fs::write(path, &damaged).expect("it can be written");
        sound.read_all(&format!("a bit flipped at {offset}"));
        sound.mend();
    }
    sound.assert_searchable("mended");
}

#[test]
fn a_store_that_is_something_else() {
    let sound = Sound::new();
    let (path, bytes) = sound.store();
    let mut random = Random::new(13);
    let contents: [(&str, Vec<u8>); 4] = [
        ("random bytes", random.bytes(100_000)),
        ("zeros", vec![0; bytes.len()]),
        ("a text", b"sessions: none\n".to_vec()),
        ("the end of the store", bytes[bytes.len() / 2..].to_vec()),
    ];
    for (what, content) in contents {
        fs::write(path, content).expect("it can be written");
        assert!(sound.read_all(what) > 0, "nothing noticed {what}");
        assert_told(&sound.env.lore(&["import"]).failure(), what);
        sound.mend();
    }
    sound.assert_searchable("mended");
}

/// An empty file is what a crash leaves in the moment after the store was created.
#[test]
fn a_store_of_no_length() {
    let sound = Sound::new();
    let (path, _) = sound.store();
    fs::write(path, "").expect("it can be written");
    sound.read_all("an empty file");
    sound.env.lore(&["import"]).success();
    sound.assert_searchable("imported anew");
}

#[test]
fn a_store_of_a_newer_release() {
    let sound = Sound::new();
    let (path, _) = sound.store();
    let set_format = |major: u64, minor: u64| {
        let database = Database::create(path).expect("a store is a redb database");
        let transaction = database.begin_write().expect("it can be written");
        let mut meta = transaction.open_table(META).expect("it has the table");
        meta.insert("format", major << 16 | minor).expect("it can be written");
        drop(meta);
        transaction.commit().expect("it can be written");
    };

    set_format(2, 0);
    for arguments in [&["sessions"][..], &["search", "quartz"], &["import"], &["status"]] {
        let outcome = sound.env.lore(arguments).failure();
        assert!(outcome.stderr.contains("lore.db"), "{outcome}");
        assert!(outcome.stderr.contains("update lore"), "{outcome}");
    }

    // What only adds to the format can be read, and is not written.
    set_format(1, 9);
    let sessions = sound.env.lore(&["sessions"]).success().stdout;
    sound.env.lore(&["show", sound.id()]).success();
    sound.env.lore(&["search", "quartz"]).success();
    let outcome = sound.env.lore(&["import", "--force"]).failure();
    assert!(outcome.stderr.contains("update lore"), "{outcome}");
    let outcome = sound.env.lore(&["tag", sound.id(), "later"]).failure();
    assert!(outcome.stderr.contains("update lore"), "{outcome}");
    assert_eq!(sound.env.lore(&["sessions"]).success().stdout, sessions);
}

#[test]
fn an_index_that_is_gone() {
    let sound = Sound::new();
    for path in index_files(&sound.env) {
        fs::remove_file(path).expect("it can be removed");
    }
    sound.assert_searchable("without files");
    let folder = sound.files[1].0.parent().expect("it is in a folder");
    fs::remove_dir_all(folder).expect("it can be removed");
    sound.assert_searchable("without a folder");
}

/// Damages each file of the index in each way. Commands may fail with the way out, which is taken;
/// afterwards the search is right.
#[test]
fn an_index_with_damaged_files() {
    let sound = Sound::new();
    let mut random = Random::new(17);
    println!("seed 17");
    let index: Vec<_> = sound.files[1..].iter().collect();
    for (path, bytes) in index {
        if path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(".lock")) {
            continue;
        }
        let length = bytes.len();
        let mut flipped = bytes.clone();
        if let Some(byte) = flipped.get_mut(random.below(length as u64) as usize) {
            *byte ^= 1 << random.below(8);
        }
        let ways = [
            ("deleted", None),
            ("emptied", Some(Vec::new())),
            ("cut", Some(bytes[..length / 2].to_vec())),
            ("without its end", Some(bytes[..length.saturating_sub(1)].to_vec())),
            ("with a flipped bit", Some(flipped)),
            ("garbage", Some(random.bytes(length))),
        ];
        for (way, content) in ways {
            let what = format!("{} {way}", path.display());
            match content {
                Some(content) => fs::write(path, content).expect("it can be written"),
                None => fs::remove_file(path).expect("it can be removed"),
            }
            sound.read_all(&what);
            assert_told(&sound.env.lore(&["import"]), &what);
            let verified = sound.env.lore(&["db", "verify"]);
            assert_told(&verified, &what);
            if verified.code() != Some(0) {
                sound.env.lore(&["db", "reindex"]).success();
            }
            sound.assert_searchable(&what);
            sound.mend();
        }
    }
}
