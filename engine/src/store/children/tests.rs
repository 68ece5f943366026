//! The laws of merging: whatever order changes come in, and however often, all end up with the same.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::*;
use crate::model::{CommitMark, Creator, MachineId, Session, SessionId, Usage};
use crate::store::{Access, Store};

const SESSION: SessionId = SessionId(Uuid::from_u128(7));
const COMMITS: [&str; 2] =
    ["1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222"];

fn store() -> (tempfile::TempDir, Store) {
    let directory = tempfile::tempdir().expect("there is room");
    let store = Store::open(&directory.path().join("store"), Access::Write).expect("it is made");
    (directory, store)
}

/// A new session, the same but for its number.
fn session(tables: &mut Tables<'_>) -> Result<SessionNumber, StoreError> {
    let number = tables.number_session(SESSION)?;
    tables.put_session(&Session {
        id: SESSION,
        number,
        tool: "codex".to_owned(),
        native_id: "7".to_owned(),
        parent: None,
        title: None,
        started: None,
        last_activity: None,
        ended: None,
        directory: None,
        branches: Vec::new(),
        commit: None,
        repository: None,
        tool_version: None,
        model: None,
        message_count: 0,
        usage: Usage::default(),
        sources: Vec::new(),
        machine: MachineId(Uuid::nil()),
        lineage: None,
    })?;
    Ok(number)
}

fn link(commit: &str, confidence: Option<f32>) -> Link {
    Link {
        session: SESSION,
        commit: commit.to_owned(),
        created_by: Creator::Auto,
        created_at: Timestamp(3),
        confidence,
        evidence: None,
        mark: CommitMark { lines: vec![u64::from(confidence.is_some())], ..CommitMark::default() },
        earlier: Vec::new(),
    }
}

/// A change of few children at few moments, so that they meet often.
fn change() -> impl Strategy<Value = Child> {
    let text = || prop::sample::select(vec!["a", "b"]);
    let tag = (text(), any::<bool>()).prop_map(|(label, present)| {
        (ChildKey::Tag(label.to_owned()), present.then_some(ChildValue::Tag))
    });
    let linked = (0..2usize, prop::option::of(prop::option::of(0.5f32..0.6)));
    let linked = linked.prop_map(|(commit, value)| {
        let commit = COMMITS[commit];
        let value = value.map(|confidence| ChildValue::Link(link(commit, confidence)));
        (ChildKey::Link(commit.to_owned()), value)
    });
    let annotation = (text(), any::<bool>()).prop_map(|(content, present)| {
        let note = Annotation::new(SESSION, content.to_owned(), Timestamp(5), None);
        (ChildKey::Annotation(note.id), present.then_some(ChildValue::Annotation(note)))
    });
    let summary = prop::option::of(text()).prop_map(|content| {
        let summary = |content: &str| {
            let (content, generated_at) = (content.to_owned(), Timestamp(2));
            ChildValue::Summary(Summary { content, generated_at })
        };
        (ChildKey::Summary, content.map(summary))
    });
    let all = prop_oneof![tag, linked, annotation, summary];
    (all, 0..4i64).prop_map(|((key, value), stamp)| Child { key, stamp, value })
}

/// What a new session has after these changes, in this order. Nothing of it is kept.
fn merged<'c>(store: &Store, changes: impl IntoIterator<Item = &'c Child>) -> Vec<Child> {
    let children = store.try_out(|tables| {
        let number = session(tables)?;
        for change in changes {
            tables.merge_child(number, change)?;
        }
        let children = tables.children(number)?;
        for child in &children {
            assert_eq!(tables.child(number, &child.key)?.as_ref(), Some(child));
        }
        Ok(children)
    });
    children.unwrap_or_else(|error: StoreError| panic!("{error}"))
}

#[test]
fn merging_does_not_depend_on_order_and_repetition() {
    let (_directory, store) = store();
    let changes = prop::collection::vec(change(), 0..12);
    let shuffled = changes
        .prop_flat_map(|changes| (Just(changes.clone()), Just(changes).prop_shuffle(), 0..12usize));
    proptest!(|((changes, shuffled, cut) in shuffled)| {
        let all = merged(&store, &changes);
        prop_assert_eq!(&merged(&store, &shuffled), &all);
        prop_assert_eq!(&merged(&store, changes.iter().chain(&shuffled)), &all);
        // What two machines have, each after a part, merges to what one has after all.
        let (one, other) = changes.split_at(cut.min(changes.len()));
        let (one, other) = (merged(&store, one), merged(&store, other));
        prop_assert_eq!(&merged(&store, one.iter().chain(&other)), &all);
        prop_assert_eq!(&merged(&store, other.iter().chain(&one)), &all);
        prop_assert_eq!(&merged(&store, &all), &all);
    });
}

/// Of each child the newest change is kept, as a plain list of changes tells.
#[test]
fn the_newest_change_wins() {
    let (_directory, store) = store();
    proptest!(|(changes in prop::collection::vec(change(), 1..12))| {
        for child in merged(&store, &changes) {
            let of_key = changes.iter().filter(|change| change.key == child.key);
            prop_assert_eq!(of_key.clone().map(|change| change.stamp).max(), Some(child.stamp));
            let newest: Vec<_> = of_key.filter(|change| change.stamp == child.stamp).collect();
            prop_assert!(newest.contains(&&child));
            prop_assert!(child.value.is_some() || newest.iter().all(|change| change.value.is_none()));
        }
    });
}

/// A clock that is an hour behind would lose every argument with those that are right.
#[test]
fn a_change_beats_what_it_has_seen_whatever_the_clock_says() {
    let (_directory, store) = store();
    proptest!(|(changes in prop::collection::vec(change(), 1..8))| {
        let early = Timestamp(-3_600_000);
        store.try_out(|tables| {
            let number = session(tables)?;
            for change in &changes {
                tables.merge_child(number, change)?;
            }
            for child in tables.children(number)? {
                let there = child.value.is_some();
                let changed = match &child.key {
                    ChildKey::Tag(label) => tables.tag(number, label, !there, early)?,
                    ChildKey::Link(commit) if there => {
                        tables.unlink(number, commit, early)?.is_some()
                    }
                    ChildKey::Link(commit) => tables.link(number, link(commit, None), early)?,
                    ChildKey::Annotation(id) if there => tables.unannotate(number, *id, early)?,
                    ChildKey::Annotation(_) => continue,
                    ChildKey::Summary => {
                        let content = "c".to_owned();
                        tables.summarize(number, Summary { content, generated_at: early })?;
                        true
                    }
                };
                prop_assert!(changed);
                let after = tables.child(number, &child.key)?;
                prop_assert_eq!(after.map(|after| after.stamp), Some(child.stamp + 1));
                // What was known before, met again on another machine, changes nothing.
                prop_assert!(!tables.merge_child(number, &child)?);
            }
            Ok::<_, TestCaseError>(())
        })?;
    });
}

#[test]
fn what_makes_no_sense_is_not_taken() {
    let (_directory, store) = store();
    let note = Annotation::new(SESSION, "a".to_owned(), Timestamp(5), None);
    let summary = Summary { content: "a".to_owned(), generated_at: Timestamp(5) };
    let foreign = Link { session: SessionId(Uuid::from_u128(8)), ..link(COMMITS[0], None) };
    let key = |commit: &str| ChildKey::Link(commit.to_owned());
    let cases = [
        (ChildKey::Tag("a".to_owned()), Some(ChildValue::Summary(summary))),
        (ChildKey::Tag(String::new()), Some(ChildValue::Tag)),
        (ChildKey::Tag("a\u{1b}[2J".to_owned()), Some(ChildValue::Tag)),
        (ChildKey::Tag("a".repeat(LONGEST_TAG + 1)), None),
        (key(COMMITS[0]), Some(ChildValue::Link(foreign))),
        (key(COMMITS[0]), Some(ChildValue::Link(link(COMMITS[1], None)))),
        (key("../../HEAD"), Some(ChildValue::Link(link("../../HEAD", None)))),
        (key("abc"), None),
        (ChildKey::Annotation(Uuid::nil()), Some(ChildValue::Annotation(note))),
        (ChildKey::Summary, Some(ChildValue::Tag)),
    ];
    let children = cases.map(|(key, value)| Child { key, stamp: 9, value });
    assert_eq!(merged(&store, &children), []);
}

/// The tables of the first formats have no stamps: what stands in them is as old as it says.
#[test]
fn what_has_no_stamp_has_its_own_time() {
    let (_directory, store) = store();
    let outcome = store.try_out(|tables| {
        let number = session(tables)?;
        tables.tag(number, "a", true, Timestamp(4))?;
        tables.link(number, link(COMMITS[0], None), Timestamp(9))?;
        let summary = Summary { content: "a".to_owned(), generated_at: Timestamp(6) };
        tables.summarize(number, summary)?;
        for child in tables.children(number)? {
            let removed = tables.children.remove((number.0, child.key.to_bytes().as_slice()));
            assert!(removed.map_err(|error| store.error(error))?.is_some());
        }
        let stamps = tables.children(number)?;
        let stamps: Vec<i64> = stamps.into_iter().map(|child| child.stamp).collect();
        assert_eq!(stamps, [4, 3, 6]);
        Ok::<_, StoreError>(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

/// A commit is found by the marks of its links as long as there is one.
#[test]
fn marks_go_with_the_last_link() {
    let (_directory, store) = store();
    let key = ChildKey::Link(COMMITS[0].to_owned());
    let merge = |stamp, value: Option<Link>| {
        let child = Child { key: key.clone(), stamp, value: value.map(ChildValue::Link) };
        let merged = store.write(|tables| {
            let number = match tables.session_number(SESSION)? {
                Some(number) => number,
                None => session(tables)?,
            };
            tables.merge_child(number, &child)
        });
        assert!(merged.unwrap_or_else(|error: StoreError| panic!("{error}")));
        let view = store.view().expect("it can be read");
        [0, 1].map(|mark| !view.marked(mark).expect("it can be read").is_empty())
    };
    assert_eq!(merge(1, Some(link(COMMITS[0], None))), [true, false]);
    assert_eq!(merge(2, Some(link(COMMITS[0], Some(0.5)))), [false, true]);
    assert_eq!(merge(3, None), [false, false]);
}
