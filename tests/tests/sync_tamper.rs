//! A store on a host that changes what it keeps: nothing wrong is merged, the rest is, what is wrong is
//! named, and a machine that knows better puts it right.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use lore_engine::model::SessionNumber;
use lore_engine::store::{Access, Store};
use lore_tests::{ClaudeCode, Machine, PASSPHRASE, Remote, STORE};
use serde_json::Value;

const SESSIONS: [&str; 5] = [
    "11111111-0000-4000-8000-000000000001",
    "22222222-0000-4000-8000-000000000002",
    "33333333-0000-4000-8000-000000000003",
    "44444444-0000-4000-8000-000000000004",
    "55555555-0000-4000-8000-000000000005",
];
const FORGOTTEN: [&str; 2] =
    ["66666666-0000-4000-8000-000000000006", "77777777-0000-4000-8000-000000000007"];

/// Bytes before what is sealed: magic, number of the key, nonce.
const HEADER: usize = 19;

/// Ada captures, Bob adds, and a third machine has the key and nothing else.
struct World {
    remote: Remote,
    ada: Machine,
    bob: Machine,
    new: Machine,
    /// The store as it was once, and as it is.
    old: String,
    good: String,
    /// What the third machine has of the store once it has read all of it.
    all: BTreeMap<String, String>,
}

impl World {
    fn new() -> Self {
        let remote = Remote::new();
        let machine = |name| Machine::new(name, &remote, "kettle");
        let (ada, bob, new) = (machine("Ada"), machine("Bob"), machine("Eli"));
        let ids = SESSIONS.into_iter().chain(FORGOTTEN);
        let mut sessions: Vec<ClaudeCode> = ids.map(|id| ada.session(id)).collect();
        for session in &mut sessions {
            talk(session, 7);
            ada.env.claude_code(session);
        }
        ada.lore(&["import"]).success();
        ada.set_up();
        ada.lore(&["tag", "1111", "early"]).success();
        ada.sync();
        ada.lore(&["sync", "forget", FORGOTTEN[0]]).success();
        let old = remote.state();
        for session in &mut sessions[..SESSIONS.len()] {
            talk(session, 4);
            ada.env.claude_code(session);
        }
        ada.lore(&["import"]).success();
        for id in SESSIONS {
            ada.lore(&["tag", id, "later"]).success();
            ada.lore(&["annotate", "-s", id, &format!("a note on {id}")]).success();
        }
        ada.lore(&["sync", "forget", FORGOTTEN[1]]).success();
        bob.set_up();
        bob.sync();
        bob.lore(&["tag", "2222", "from-bob"]).success();
        bob.sync();
        new.set_up();
        new.keep();
        new.sync();
        bob.sync();
        ada.sync();
        let all = contents(&new);
        assert_eq!(all.len(), SESSIONS.len());
        let good = remote.state();
        for id in SESSIONS {
            let files = remote.files(&good);
            let pages = files.keys().filter(|path| path.contains(id));
            assert!(pages.count() >= 2 + 3, "several pages");
        }
        Self { remote, ada, bob, new, old, good, all }
    }

    /// The paths of the pages of a session in a state of the store: the first, and the last.
    fn pages(&self, state: &str, id: &str) -> [String; 2] {
        let pages = self.all_pages(state, id);
        [pages[0].clone(), pages[pages.len() - 1].clone()]
    }

    fn all_pages(&self, state: &str, id: &str) -> Vec<String> {
        let is_page = |path: &String| {
            let name = path.rsplit('/').next().expect("a name");
            path.contains(id) && name != "head" && name != "meta"
        };
        self.remote.files(state).into_keys().filter(is_page).collect()
    }

    /// A page of a session that one state has and the other has not.
    fn page_of_only(&self, state: &str, other: &str, id: &str) -> String {
        let others = self.all_pages(other, id);
        let own = self.all_pages(state, id).into_iter().find(|page| !others.contains(page));
        own.expect("the session has grown")
    }

    /// All but what is not authenticated, and the list of machines, in which a machine's own line is
    /// as new as it says.
    fn sealed(&self, state: &str) -> BTreeMap<String, String> {
        let mut files = self.remote.files(state);
        files.retain(|path, _| !path.ends_with("/meta") && path != "machines");
        files
    }

    /// Whether the store is as it should be.
    #[track_caller]
    fn assert_good(&self, why: &str) {
        let there = self.sealed(&self.remote.state());
        let expected = self.sealed(&self.good);
        let other: Vec<_> =
            there.iter().filter(|(path, id)| expected.get(*path) != Some(id)).collect();
        let lost: Vec<_> = expected.keys().filter(|path| !there.contains_key(*path)).collect();
        assert!(other.is_empty() && lost.is_empty(), "{why}: other {other:?}, lost {lost:?}");
    }

    /// A machine that knows nothing has merged all but some sessions, and nothing else.
    #[track_caller]
    fn assert_merged(&self, machine: &Machine, without: &BTreeSet<&str>, why: &str) {
        let mut expected = self.all.clone();
        expected.retain(|id, _| !without.contains(id.as_str()));
        let found = contents(machine);
        let ids = |map: &BTreeMap<String, String>| map.keys().cloned().collect::<Vec<_>>();
        assert_eq!(ids(&found), ids(&expected), "{why}");
        for (id, content) in found {
            assert!(content == expected[&id], "{why}: {id} is another:\n{content}");
        }
    }
}

/// Some pages of talk, each message of its own.
fn talk(session: &mut ClaudeCode, turns: u32) {
    for _ in 0..turns {
        let number = session.messages();
        let text = format!("{} says word{number} at line {number}. ", session.id()).repeat(400);
        session.user(&text);
        session.assistant("Done.");
    }
}

/// What a machine has of each session, but for its number.
fn contents(machine: &Machine) -> BTreeMap<String, String> {
    let path = machine.env.archive("lore.db");
    let store = Store::open(&path, Access::Read).expect("an archive");
    let view = store.view().expect("a view");
    let sessions = view.all_sessions().expect("sessions").into_iter();
    let content = |mut session: lore_engine::model::Session| {
        let number = session.number;
        session.number = SessionNumber(0);
        let messages = view.messages(number, 0, u32::MAX).expect("messages");
        let children = view.children(number).expect("what hangs on it");
        (session.id.to_string(), format!("{session:?}\n{messages:?}\n{children:?}"))
    };
    sessions.map(content).collect()
}

fn problems(answer: &Value) -> Vec<String> {
    let problems = answer["problems"].as_array().expect("a list").iter();
    problems.map(|problem| problem.as_str().expect("a text").to_owned()).collect()
}

/// Ways to damage a blob.
#[derive(Clone, Copy, Debug)]
enum Damage {
    /// A bit of the byte there; from the end, if it is negative.
    Flip(isize),
    /// Cut to so many bytes; so many less, if it is negative.
    Cut(isize),
    /// Another sealed object of the same kind in its place.
    Swap,
    /// Taken away.
    Gone,
    /// Something behind it.
    Longer,
}

const DAMAGES: [Damage; 19] = [
    Damage::Flip(0),
    Damage::Flip(3),
    Damage::Flip(6),
    Damage::Flip(7),
    Damage::Flip(18),
    Damage::Flip(HEADER as isize),
    Damage::Flip(40),
    Damage::Flip(-17),
    Damage::Flip(-16),
    Damage::Flip(-1),
    Damage::Cut(0),
    Damage::Cut(2),
    Damage::Cut(6),
    Damage::Cut(HEADER as isize),
    Damage::Cut(34),
    Damage::Cut(-1),
    Damage::Swap,
    Damage::Gone,
    Damage::Longer,
];

impl Damage {
    fn of(self, bytes: &[u8], other: &[u8]) -> Option<Vec<u8>> {
        let at = |offset: isize| match offset {
            0.. => offset as usize,
            _ => bytes.len() - offset.unsigned_abs(),
        };
        let mut bytes = bytes.to_vec();
        match self {
            Self::Flip(offset) => {
                let place = at(offset);
                bytes[place] ^= 0x10;
            }
            Self::Cut(length) => bytes.truncate(at(length)),
            Self::Swap => return Some(other.to_vec()),
            Self::Gone => return None,
            Self::Longer => bytes.push(0),
        }
        Some(bytes)
    }
}

#[test]
fn what_is_damaged_is_named_and_left_out_and_put_right() {
    let world = World::new();
    let World { remote, ada, new, good, .. } = &world;
    for (round, damage) in DAMAGES.into_iter().enumerate() {
        let session = |role: usize| SESSIONS[(round + role) % SESSIONS.len()];
        let [first, _] = world.pages(good, session(1));
        let [_, last] = world.pages(good, session(2));
        let [page_of_another, _] = world.pages(good, session(4));
        let directory = |role: usize| format!("sessions/{}/{}", &session(role)[..2], session(role));
        // A session is as good without what stands in the clear about it.
        let pairs = [
            (format!("{}/head", directory(0)), format!("{}/head", directory(4))),
            (first, page_of_another.clone()),
            (last, page_of_another),
            (format!("{}/meta", directory(3)), format!("{}/meta", directory(0))),
            ("machines".to_owned(), "tombstones".to_owned()),
            ("tombstones".to_owned(), "machines".to_owned()),
        ];
        let files = pairs.iter().map(|(path, other)| {
            let (bytes, other) = (remote.file(good, path), remote.file(good, other));
            (path.clone(), damage.of(&bytes, &other))
        });
        let files: Vec<_> = files.collect();
        remote.replace(good, &files);
        let damaged: BTreeSet<&str> = [session(0), session(1), session(2)].into();
        let why = format!("{damage:?} of {damaged:?}");

        new.reset();
        let found = problems(&new.sync());
        for role in [0, 1, 2] {
            let named = found.iter().filter(|problem| problem.contains(session(role)));
            assert_eq!(named.count(), 1, "{why}: {found:?}");
        }
        for list in ["machines", "tombstones"] {
            let is_named = found.iter().any(|problem| problem.contains(&format!("`{list}`")));
            // What is not there is not wrong.
            assert_eq!(is_named, !matches!(damage, Damage::Gone), "{why}: {list} in {found:?}");
        }
        assert!(!found.iter().any(|problem| problem.contains(session(3))), "{why}: {found:?}");
        world.assert_merged(new, &damaged, &why);
        new.env.verify();

        let found = problems(&ada.sync());
        for role in [0, 1, 2] {
            let named = found.iter().filter(|problem| problem.contains(session(role)));
            assert_eq!(named.count(), 1, "{why}: {found:?}");
        }
        world.assert_good(&why);
        assert_eq!(problems(&new.sync()), Vec::<String>::new(), "{why}");
        world.assert_merged(new, &BTreeSet::new(), &why);
        assert_eq!(problems(&ada.sync()), Vec::<String>::new(), "{why}");
    }
    ada.env.verify();
    new.env.verify();
    remote.git(&["fsck", "--full", "--strict"]);
}

#[test]
fn older_versions_are_noticed_by_whoever_knows_newer_ones() {
    let world = World::new();
    let World { remote, ada, bob, new, old, good, .. } = &world;
    let file = |state: &str, path: &str| Some(remote.file(state, path));
    let head = |id: &str| format!("sessions/{}/{id}/head", &id[..2]);
    let head_id = SESSIONS[0];
    let last = world.page_of_only(good, old, SESSIONS[1]);
    let last_of_old = world.page_of_only(old, good, SESSIONS[1]);

    // Single blobs. A head leads to pages that are not there any more, or a page is not that which
    // its name is of; the lists are whole, and what they lack is known here.
    let files = [
        (head(head_id), file(old, &head(head_id))),
        (last, file(old, &last_of_old)),
        ("tombstones".to_owned(), file(old, "tombstones")),
        ("machines".to_owned(), file(old, "machines")),
    ];
    remote.replace(good, &files);
    new.reset();
    let found = problems(&new.sync());
    let named = |id: &str| found.iter().any(|problem| problem.contains(id));
    assert!(named(head_id) && named(SESSIONS[1]), "{found:?}");
    world.assert_merged(new, &[head_id, SESSIONS[1]].into(), "old blobs");
    let answer = ada.sync();
    assert!(answer["rolled_back"].is_string() && !problems(&answer).is_empty(), "{answer}");
    world.assert_good("old blobs");

    // A whole session: only who has seen a newer one can tell.
    let directory = format!("sessions/{}/{head_id}", &head_id[..2]);
    let listed = remote.files(good).into_iter().chain(remote.files(old));
    let files = listed.filter(|(path, _)| path.starts_with(&directory)).map(|(path, _)| {
        let is_there = remote.files(old).contains_key(&path);
        let content = is_there.then(|| remote.file(old, &path));
        (path, content)
    });
    remote.replace(good, &files.collect::<Vec<_>>());
    let answer = bob.sync();
    let said = answer["rolled_back"].as_str().expect("it is said");
    assert!(said.contains("1 session"), "{said}");
    world.assert_good("an old session");

    // All of it.
    for machine in [ada, bob] {
        remote.set_store(old);
        let outcome = machine.lore(&["sync"]).success();
        assert!(outcome.stderr.contains("older state"), "{outcome}");
        world.assert_good("an old store");
        assert_eq!(machine.sync()["rolled_back"], Value::Null);
    }
    remote.git(&["update-ref", "-d", STORE]);
    assert_eq!(bob.sync()["rolled_back"], "the whole store");
    world.assert_good("no store");
    for machine in [ada, bob, new] {
        machine.sync();
        machine.env.verify();
    }
    world.assert_merged(new, &BTreeSet::new(), "at the end");
}

/// A gitlink leads to a commit that need not be there: it was read as a blob, and nobody could sync any
/// more. A second directory for a session, in a folder whose name only begins its id, hid the right
/// one. And the size of a tree was taken by walking all of it, as often as a part of it stood there.
#[test]
fn entries_that_lore_never_makes_are_in_nobodys_way() {
    let world = World::new();
    let World { remote, ada, bob, new, old, good, .. } = &world;
    let nowhere = "0123456789abcdef0123456789abcdef01234567";
    let [id, other] = [SESSIONS[0], SESSIONS[1]];
    let link = |path: &str| format!("160000 {nowhere}\t{path}\n");
    let head = format!("sessions/{}/{id}/head", &id[..2]);
    let [page, _] = world.pages(good, other);
    let entries = [link(&head), link(&page), link("tombstones"), link("strange/link")].concat();
    let removed =
        [&head, &page, "tombstones"].map(|path| format!("0 {}\t{path}\n", "0".repeat(40)));
    remote.set_entries(good, &(removed.concat() + &entries));
    new.reset();
    let found = problems(&new.sync());
    assert_eq!(found.len(), 2, "{found:?}");
    world.assert_merged(new, &[id, other].into(), "links");
    ada.sync();
    assert_eq!(problems(&new.sync()), Vec::<String>::new());
    world.assert_merged(new, &BTreeSet::new(), "links");

    let copies = remote.files(old).into_iter().filter(|(path, _)| path.contains(id));
    let copies = copies.map(|(path, blob)| {
        let path = path.replace("sessions/11/", "sessions/1111/");
        format!("100644 {blob}\t{path}\n")
    });
    remote.set_entries(good, &copies.collect::<String>());
    let answer = bob.sync();
    assert_eq!((&answer["rolled_back"], problems(&answer).len()), (&Value::Null, 0));
    new.reset();
    new.sync();
    world.assert_merged(new, &BTreeSet::new(), "a second directory");

    // A blob where the sessions are.
    let blob = remote.blob(b"nothing");
    let removed = remote.files(good).into_iter().filter(|(path, _)| path.starts_with("sessions/"));
    let removed = removed.map(|(path, _)| format!("0 {}\t{path}\n", "0".repeat(40)));
    let entries = removed.collect::<String>() + &format!("100644 {blob}\tsessions\n");
    remote.set_entries(good, &entries);
    assert!(ada.sync()["rolled_back"].is_string());
    world.assert_good("no sessions");

    // Numbers in the message of the commit that cannot be added to.
    let (number, tree) = (u64::MAX, format!("{good}^{{tree}}"));
    let message = format!("lore sync\n\ncommits: {number}\nbase: 0\nadded: {number}\n");
    remote.set_store(&remote.git(&["commit-tree", "-m", &message, &tree]));
    ada.lore(&["tag", "5555", "more"]).success();
    assert_eq!(ada.sync()["pushed"], 1);

    // What says that a newer release sealed it is left alone: that may be so.
    let mut sealed = remote.file(good, &head);
    sealed[2] = 2;
    remote.replace(good, &[(head.clone(), Some(sealed.clone()))]);
    for machine in [ada, bob] {
        let found = problems(&machine.sync());
        assert!(found.len() == 1 && found[0].contains(id), "{found:?}");
        assert!(found[0].contains("update lore"), "{found:?}");
        assert!(remote.file(&remote.state(), &head) == sealed, "it was rewritten");
    }

    // As many leaves as there are atoms, of twelve trees.
    let mut tree = String::new();
    for _ in 0..40 {
        let entry = match tree.as_str() {
            "" => format!("100644 blob {}\t", remote.blob(b"leaf")),
            tree => format!("040000 tree {tree}\t"),
        };
        let entries: String = ('a'..='p').map(|name| format!("{entry}{name}\n")).collect();
        let made = remote.feed(&["mktree"], entries.as_bytes());
        tree = String::from_utf8(made).expect("an id").trim().to_owned();
    }
    let root = format!("{}\n040000 tree {tree}\tbomb\n", remote.git(&["ls-tree", good]));
    let root = String::from_utf8(remote.feed(&["mktree"], root.as_bytes())).expect("an id");
    remote.set_tree(good, root.trim());
    let began = Instant::now();
    // A session less: the history begins anew, and its size is taken.
    ada.lore(&["sync", "forget", SESSIONS[4]]).success();
    assert!(began.elapsed() < Duration::from_secs(60));
    ada.env.verify();
}

#[test]
fn nothing_is_done_with_an_altered_manifest() {
    let world = World::new();
    let World { remote, ada, bob, new, good, .. } = &world;
    let json = remote.file(good, "lore.json");
    let text = String::from_utf8(json.clone()).expect("JSON");
    let joining = Machine::new("Joe", remote, "kettle");
    new.reset();
    let field = |name: &str, value: &str| {
        let mut manifest: Value = serde_json::from_slice(&json).expect("JSON");
        let place = manifest.pointer_mut(name).expect("a field");
        *place = serde_json::from_str(value).expect("JSON");
        serde_json::to_vec_pretty(&manifest).expect("JSON")
    };
    let many_keys = serde_json::to_string(&vec!["00"; 1025]).expect("JSON");
    let long_key = format!("[\"{}\"]", "ab".repeat(300_000));
    let flipped = |needle: &str, offset: usize| {
        let mut bytes = json.clone();
        let at = text.find(needle).expect("it stands there") + offset;
        bytes[at] ^= 1;
        bytes
    };
    let altered = [
        ("empty", Vec::new()),
        ("cut", json[..json.len() / 2].to_vec()),
        ("without its last line feed", json[..json.len() - 1].to_vec()),
        ("longer", [&json[..], b" "].concat()),
        ("no JSON", b"lore".to_vec()),
        ("deep", "[".repeat(100_000).into_bytes()),
        ("endless", vec![b' '; 2 << 20]),
        ("memory", field("/passphrase/memory_kib", "4294967295")),
        ("more memory", field("/passphrase/memory_kib", "2097152")),
        ("cheap", field("/passphrase/memory_kib", "8")),
        ("passes", field("/passphrase/passes", "4294967295")),
        ("lanes", field("/passphrase/lanes", "16777215")),
        ("algorithm", field("/passphrase/algorithm", "\"none\"")),
        ("salt", flipped("\"salt\": \"", 9)),
        ("long salt", field("/passphrase/salt", &format!("\"{}\"", "00".repeat(5000)))),
        ("no key", field("/keys", "[]")),
        ("many keys", field("/keys", &many_keys)),
        ("a long key", field("/keys", &long_key)),
        ("a short key", field("/keys", "[\"00\"]")),
        ("a strange key", field("/keys", "[\"\u{e9}\u{e9}\"]")),
        ("a key", flipped("\"keys\": [\n    \"", 30)),
        ("the code", flipped("\"code\": \"", 20)),
        ("the revision", field("/revision", "18446744073709551615")),
        ("another store", field("/store", "\"00000000-0000-4000-8000-000000000000\"")),
        ("plain", field("/hide_metadata", "true")),
        ("newer", field("/format/major", "2")),
        ("a newer minor one", field("/format/minor", "1")),
    ];
    let before = contents(bob);
    for (what, bytes) in altered {
        remote.replace(good, &[("lore.json".to_owned(), Some(bytes))]);
        let state = remote.state();
        for machine in [bob, new] {
            let began = Instant::now();
            let outcome = machine.lore(&["sync"]).failure();
            assert!(began.elapsed() < Duration::from_secs(20), "{what}");
            let said = &outcome.stderr;
            let names = said.contains("lore.json")
                || (what == "newer" && said.contains("update lore"))
                || (what == "another store" && said.contains("store"));
            assert!(names && !said.contains("panicked"), "{what}: {outcome}");
            assert_eq!(remote.state(), state, "{what}");
        }
        // Costs that are not too high must be paid before anything can be known.
        let outcome = joining.set_up_with(PASSPHRASE).failure();
        assert!(!outcome.stderr.contains("panicked"), "{what}: {outcome}");
    }
    // As the hint says.
    let bytes = flipped("\"code\": \"", 20);
    remote.replace(good, &[("lore.json".to_owned(), Some(bytes))]);
    let outcome = ada.lore(&["sync"]).failure();
    assert!(outcome.stderr.contains("git push --force REMOTE refs/lore/sessions"), "{outcome}");
    ada.git(&["push", "--quiet", "--force", "origin", STORE]);
    assert_eq!(problems(&ada.sync()), Vec::<String>::new());
    world.assert_good("put back");
    assert!(!new.env.archive("lore.db").exists() || contents(new).is_empty());
    assert!(contents(bob) == before, "nothing was merged");

    // Without a manifest, or a commit, it is somebody else's.
    remote.replace(good, &[("lore.json".to_owned(), None)]);
    ada.lore(&["sync"]).failure();
    remote.set_store(&remote.blob(b"not a store"));
    ada.lore(&["sync"]).failure();
    remote.set_store(good);
    for machine in [ada, bob, new] {
        assert_eq!(problems(&machine.sync()), Vec::<String>::new());
        machine.env.verify();
    }
    joining.set_up();
    joining.sync();
    world.assert_good("at the end");
}

#[test]
fn an_older_manifest_is_put_right() {
    let world = World::new();
    let World { remote, ada, bob, new, good, .. } = &world;
    let old = remote.file(good, "lore.json");
    let rekey = ["sync", "rekey", "--passphrase-stdin"];
    ada.answer(&rekey, "another horse battery staple\n").success();
    bob.sync();
    let json = remote.file(&remote.state(), "lore.json");
    remote.replace(&remote.state(), &[("lore.json".to_owned(), Some(old.clone()))]);
    assert_eq!(bob.sync()["rolled_back"], "an older `lore.json`");
    assert!(remote.file(&remote.state(), "lore.json") == json, "the old passphrase opens it again");

    // Also if it lacks a key. What is sealed with the newer one cannot be read by others meanwhile.
    let rekey = ["sync", "rekey", "--new-data-key", "--passphrase-stdin"];
    ada.answer(&rekey, "a third horse battery staple\n").success();
    let state = remote.state();
    remote.replace(&state, &[("lore.json".to_owned(), Some(old))]);
    let answer = ada.sync();
    assert_eq!(answer["rolled_back"], "an older `lore.json`", "{answer}");
    let files = remote.files(&remote.state());
    for (path, id) in remote.files(&state) {
        assert!(path == "machines" || files.get(&path) == Some(&id), "{path} is another");
    }
    // And the whole store as it was before.
    remote.set_store(good);
    assert!(ada.sync()["rolled_back"].is_string());
    new.reset();
    let refused = new.lore(&["sync"]).failure();
    assert!(refused.stderr.contains("`lore sync setup`"), "{refused}");
    new.set_up_with("a third horse battery staple").success();
    assert_eq!(problems(&new.sync()), Vec::<String>::new());
    world.assert_merged(new, &BTreeSet::new(), "after a new key");
    for machine in [ada, new] {
        machine.env.verify();
    }
}
