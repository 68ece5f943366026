//! The formats, byte for byte, and every decoder on bytes that nobody wrote.

use proptest::prelude::*;
use uuid::Uuid;

use super::content::{
    Facts, Head, PageContent, PageEntry, RepositoryFacts, decode, encode, page_name,
};
use super::manifest::Manifest;
use super::probe::{keys, place, probe};
use super::seal::{open, seal};
use super::secret::{from_hex, to_hex};
use super::tree::History;
use crate::model::{
    Annotation, Block, CommitMark, Creator, EditKind, Evidence, FileEdit, Link, Machine, MachineId,
    Message, MessageId, Role, SessionId, Summary, Timestamp, ToolResult, ToolUse, Usage,
};
use crate::store::{Child, ChildKey, ChildValue};

/// Version 1 of the layouts of a head and of a page. Stores hold such bytes for ever: never change
/// them here; what does not read them any more needs a new version of the layout.
const HEAD: &str = "\
    0110000000000000000000000000000000110b636c617564652d636f646506656c6576656e011000000000000000\
    000000000000000022010552657472790180a0abfef96201d0afabfef9620101010373726302046d61696e036669\
    78012865666566656665666566656665666566656665666566656665666566656665666566656665666566011a68\
    747470733a2f2f6578616d706c652e636f6d2f6b6574746c650103322e300106736f6e6e6574ac020102ac020401\
    046c696e6501087e2f6b6574746c6501283031303130313031303130313031303130313031303130313031303130\
    313031303130313031303101126578616d706c652e636f6d2f6b6574746c65100000000000000000000000000000\
    00440501f8869d96dee678c88f1faad8e832b0bbac02050004646f6e6580a0abfef96201000004676f6e6580a0ab\
    fef96200012861626162616261626162616261626162616261626162616261626162616261626162616261626162\
    80a0abfef96201011000000000000000000000000000000011286162616261626162616261626162616261626162\
    61626162616261626162616261626162616261620282a0abfef962010000403f010000803f0000003f010000803f\
    010000803e07090101030303030303030303030303030303030201ffffffffffffffffff0104626f696c01046d61\
    696e0128636463646364636463646364636463646364636463646364636463646364636463646364636463640210\
    0000000000000000000000000000003380a0abfef962010210000000000000000000000000000000330877687920\
    6669766584a0abfef96201034164610380a0abfef962010308526574726965732e02";
const PAGE: &str = "\
    01020000001000000000000000000000000000000002011000000000000000000000000000000001000100010180\
    a0abfef9620106736f6e6e6574010373726301046d61696e02000c6d616b6520697420626f696c010468c3bc6d01\
    01c80103041000000000000000000000000000000003011000000000000000000000000000000002010100010180\
    a0abfef9620106736f6e6e6574010373726301046d61696e03020274310445646974027b7d0404612e7273000101\
    310101320104622e727304612e7273010101310101320104622e727304612e7273020101310101320104622e7273\
    04612e7273030101310101320104622e72730104632e727301026c7303027431026f6b01010104027b7d0101c801\
    0304";

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// A head in which nothing is empty.
fn head() -> Head {
    let session = SessionId(id(0x11));
    let child = |key, value| Child { key, stamp: 1_700_000_000_000, value };
    let link = Link {
        session,
        commit: "ab".repeat(20),
        created_by: Creator::Hook,
        created_at: Timestamp(1_700_000_000_001),
        confidence: Some(0.75),
        evidence: Some(Evidence {
            time: 1.0,
            files: 0.5,
            branch: Some(1.0),
            content: Some(0.25),
            lines: 7,
            added: 9,
            other_author: true,
        }),
        mark: CommitMark {
            patch: Some([3; 16]),
            lines: vec![1, u64::MAX],
            subject: "boil".to_owned(),
            branch: text("main"),
        },
        earlier: vec!["cd".repeat(20)],
    };
    let note = Annotation {
        id: id(0x33),
        content: "why five".to_owned(),
        created_at: Timestamp(1_700_000_000_002),
        author: text("Ada"),
    };
    let summary = Summary { content: "Retries.".to_owned(), generated_at: Timestamp(1) };
    let name = page_name(&keys(), 1, session, b"a page").expect("there is a first key");
    Head {
        facts: Facts {
            id: session,
            tool: "claude-code".to_owned(),
            native_id: "eleven".to_owned(),
            parent: Some(SessionId(id(0x22))),
            title: text("Retry"),
            started: Some(Timestamp(1_700_000_000_000)),
            last_activity: Some(Timestamp(1_700_000_001_000)),
            ended: Some(Timestamp(-1)),
            directory: text("src"),
            branches: vec!["main".to_owned(), "fix".to_owned()],
            commit: Some("ef".repeat(20)),
            repository: text("https://example.com/kettle"),
            tool_version: text("2.0"),
            model: text("sonnet"),
            message_count: 300,
            usage: Usage { input: 1, output: 2, cache_read: 300, cache_write: 4 },
            lineage: text("line"),
            home: Some(RepositoryFacts {
                root: "~/kettle".to_owned(),
                first_commit: Some("01".repeat(20)),
                remotes: vec!["example.com/kettle".to_owned()],
            }),
        },
        machine: MachineId(id(0x44)),
        revision: 5,
        pages: vec![PageEntry { name, messages: 300 }],
        children: vec![
            child(ChildKey::Tag("done".to_owned()), Some(ChildValue::Tag)),
            child(ChildKey::Tag("gone".to_owned()), None),
            child(ChildKey::Link("ab".repeat(20)), Some(ChildValue::Link(link))),
            child(ChildKey::Annotation(id(0x33)), Some(ChildValue::Annotation(note))),
            child(ChildKey::Summary, Some(ChildValue::Summary(summary))),
        ],
    }
}

/// Messages of all kinds.
fn messages() -> Vec<Message> {
    let edit = |kind| FileEdit {
        path: "a.rs".to_owned(),
        kind,
        before: text("1"),
        after: text("2"),
        to: text("b.rs"),
    };
    let kinds = [EditKind::Create, EditKind::Replace, EditKind::Delete, EditKind::Rename];
    let call = ToolUse {
        id: "t1".to_owned(),
        name: "Edit".to_owned(),
        input: "{}".to_owned(),
        edits: kinds.map(edit).to_vec(),
        reads: vec!["c.rs".to_owned()],
        command: text("ls"),
    };
    let result = ToolResult {
        id: "t1".to_owned(),
        content: "ok".to_owned(),
        is_error: true,
        exit_status: Some(-1),
    };
    let message = |number, role, content| Message {
        id: MessageId(id(number)),
        parent: Some(MessageId(id(number - 1))),
        role,
        injected: true,
        sidechain: false,
        withdrawn: true,
        at: Some(Timestamp(1_700_000_000_000)),
        model: text("sonnet"),
        directory: text("src"),
        branch: text("main"),
        content,
        usage: Some(Usage { input: 1, output: 200, cache_read: 3, cache_write: 4 }),
    };
    let said = vec![Block::Text("make it boil".to_owned()), Block::Thinking("h\u{fc}m".to_owned())];
    let done = vec![Block::ToolUse(call), Block::ToolResult(result), Block::Other("{}".to_owned())];
    vec![message(2, Role::User, said), message(3, Role::Assistant, done)]
}

fn page() -> Vec<u8> {
    let mut page = PageContent::default();
    messages().iter().for_each(|message| page.push(message));
    page.encode()
}

#[test]
fn the_layouts_are_those_of_version_1() {
    assert_eq!(to_hex(&encode(&head())), HEAD);
    assert_eq!(to_hex(&page()), PAGE);
    let bytes = from_hex(HEAD).expect("hexadecimal digits");
    let read: Head = decode(&bytes).expect("version 1 is read");
    assert_eq!(read, head());
    let bytes = from_hex(PAGE).expect("hexadecimal digits");
    assert_eq!(PageContent::decode(&bytes).expect("version 1 is read"), messages());
}

/// Something valid for every decoder.
fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let forgotten = vec![(SessionId(id(0x55)), 1_700_000_000_000_i64)];
    let machines = vec![Machine {
        id: MachineId(id(0x44)),
        name: "anvil".to_owned(),
        person: text("Ada"),
        stamp: 1_700_000_000_000,
    }];
    let history = History { commits: 3, base: 4000, added: 500 };
    let sealed = seal(&keys(), &place(), &encode(&head()));
    vec![
        ("head", encode(&head())),
        ("page", page()),
        ("tombstones", encode(&forgotten)),
        ("machines", encode(&machines)),
        ("sealed", sealed),
        ("keys", keys().to_text().as_bytes().to_vec()),
        ("history", history.message().into_bytes()),
        ("lore.json", Manifest::of_probe(&keys()).to_json().as_bytes().to_vec()),
    ]
}

#[test]
fn the_seeds_of_the_fuzzer_are_what_is_written() {
    for (name, bytes) in seeds() {
        let path = format!("{}/fuzz/seeds/{name}", env!("CARGO_MANIFEST_DIR"));
        let there = std::fs::read(&path).unwrap_or_default();
        assert!(there == bytes, "`{path}` should be the bytes {}", to_hex(&bytes));
        probe(&there);
    }
    let sealed = &seeds()[4].1;
    assert_eq!(*open(&keys(), &place(), sealed).expect("it was sealed"), encode(&head()));
    let manifest = Manifest::parse(&seeds()[7].1).expect("it was written");
    manifest.check(&keys()).expect("it was coded");
}

/// What mutations do to bytes.
#[derive(Clone, Debug)]
enum Mutation {
    Set(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Insert(prop::sample::Index, Vec<u8>),
    Repeat(prop::sample::Index, prop::sample::Index),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = any::<prop::sample::Index>;
    let byte = prop_oneof![any::<u8>(), Just(0), Just(0x7f), Just(0x80), Just(0xff)];
    prop_oneof![
        4 => (at(), byte.clone()).prop_map(|(at, byte)| Mutation::Set(at, byte)),
        1 => at().prop_map(Mutation::Cut),
        2 => (at(), prop::collection::vec(byte, 1..12))
            .prop_map(|(at, bytes)| Mutation::Insert(at, bytes)),
        1 => (at(), at()).prop_map(|(from, to)| Mutation::Repeat(from, to)),
    ]
}

fn mutated(mut bytes: Vec<u8>, mutations: &[Mutation]) -> Vec<u8> {
    for mutation in mutations {
        let length = bytes.len() + 1;
        match mutation {
            Mutation::Set(at, byte) => {
                if let Some(place) = bytes.get_mut(at.index(length)) {
                    *place = *byte;
                }
            }
            Mutation::Cut(at) => bytes.truncate(at.index(length)),
            Mutation::Insert(at, more) => {
                let at = at.index(length);
                bytes.splice(at..at, more.iter().copied());
            }
            Mutation::Repeat(from, to) => {
                let (from, to) = (from.index(length), to.index(length));
                bytes.extend_from_within(from.min(to)..from.max(to));
            }
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_hurt(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        probe(&bytes);
        probe(&[&[1], &bytes[..]].concat());
    }

    #[test]
    fn nothing_that_was_changed_hurts(
        seed in 0..8_usize,
        mutations in prop::collection::vec(mutation(), 1..6),
    ) {
        let (_, bytes) = seeds().swap_remove(seed);
        probe(&mutated(bytes, &mutations));
    }
}
