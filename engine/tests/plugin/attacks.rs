//! Whatever a plugin does, the reading fails with the reason and the engine goes on.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use lore_engine::plugin::{Exceeded, Limits, Place as At, Plugin, ReadError};

use crate::{Place, attacker, limited, texts};

/// Runs an attack, and afterwards a well-behaved reading with the same plugin.
#[track_caller]
fn fails(order: &str) -> ReadError {
    fails_with(&attacker(), order)
}

#[track_caller]
fn fails_with(plugin: &Plugin, order: &str) -> ReadError {
    let place = Place::new();
    let error = place.read(plugin, &format!("attack {order}\n")).unwrap_err();
    let At { plugin: tool, path, .. } = error.place();
    assert_eq!((tool.as_str(), path.as_str()), ("attacker", "chats/a.jsonl"));
    let shown = error.to_string();
    assert!(shown.contains("attacker") && shown.contains("chats/a.jsonl"), "{shown}");
    assert!(shown.len() < 2000 && !shown.contains('\x1b'), "{shown}");

    let good = place.read(plugin, "{\"text\":\"still here\"}\n").unwrap();
    assert_eq!(texts(&good), ["still here"]);
    error
}

#[track_caller]
fn hits(order: &str, expected: Exceeded) {
    match fails(order) {
        ReadError::Limit { limit, .. } => assert_eq!(limit, expected),
        other => panic!("no limit: {other}"),
    }
}

#[test]
fn limits_are_told_in_units() {
    let told = |limit: Exceeded| limit.to_string();
    assert_eq!(told(Exceeded::Memory(256 << 20)), "it wanted more than 256 MiB of memory");
    assert_eq!(
        told(Exceeded::Stack(512 << 10)),
        "its calls are nested deeper than 512 KiB of stack"
    );
    assert_eq!(told(Exceeded::Batch(1000)), "it handed over more than 1000 bytes at once");
    assert_eq!(told(Exceeded::Deadline(Duration::from_secs(10))), "it returned nothing for 10 s");
}

#[track_caller]
fn breaks_contract(order: &str, expected: &str) {
    match fails(order) {
        ReadError::Contract { reason, .. } => assert!(reason.contains(expected), "{reason}"),
        other => panic!("no broken contract: {other}"),
    }
}

#[test]
fn endless_loops_meet_the_deadline() {
    let deadline = Duration::from_millis(300);
    let plugin = limited(Limits { deadline, ..Limits::default() });
    for order in ["loop", "begin"] {
        let ReadError::Limit { limit, .. } = fails_with(&plugin, order) else { panic!("{order}") };
        assert_eq!(limit, Exceeded::Deadline(deadline), "{order}");
    }
}

#[test]
fn memory_is_bounded() {
    hits("memory", Exceeded::Memory(256 << 20));
}

#[test]
fn a_plugin_may_live_with_the_memory_it_gets() {
    assert_eq!(Place::new().answer(&attacker(), "memory-and-live"), "true");
}

#[test]
fn recursion_is_bounded() {
    hits("recursion", Exceeded::Stack(512 << 10));
}

#[test]
fn batches_are_bounded() {
    let batch = 16 << 20;
    let plugin = limited(Limits { batch, ..Limits::default() });
    for order in ["large-batch", "many-events", "long-path"] {
        let ReadError::Limit { limit, .. } = fails_with(&plugin, order) else { panic!("{order}") };
        assert_eq!(limit, Exceeded::Batch(batch), "{order}");
    }
}

#[test]
fn batches_that_lead_nowhere_are_counted() {
    hits("empty-batches", Exceeded::Standstill(16));
    let few = limited(Limits { standing_batches: 50, ..Limits::default() });
    let ReadError::Limit { limit, place } = fails_with(&few, "standing-batches") else { panic!() };
    assert_eq!((limit, place.position), (Exceeded::Standstill(50), 0));
}

#[test]
fn calls_are_counted() {
    let few = limited(Limits { calls: 1000, ..Limits::default() });
    for order in ["read-for-ever", "find-for-ever"] {
        let ReadError::Limit { limit, .. } = fails_with(&few, order) else { panic!("{order}") };
        assert_eq!(limit, Exceeded::Calls(1000), "{order}");
    }
}

#[test]
fn open_files_are_counted() {
    let ReadError::Source { reason, .. } = fails("hold-files chats/a.jsonl") else { panic!() };
    assert_eq!(reason, "too many files are open");
}

#[test]
fn one_read_gives_a_mebibyte_at_most() {
    let place = Place::new();
    let content = format!("attack read-large\n{}", "x".repeat(3 << 20));
    let batches = place.read(&attacker(), &content).unwrap();
    assert_eq!(texts(&batches), ["1048576"]);
}

#[test]
fn panic_is_a_crash_of_the_plugin() {
    let ReadError::Trap { reason, place } = fails("panic") else { panic!() };
    assert!(reason.contains("unreachable"), "{reason}");
    assert_eq!(place.position, 0);
}

#[test]
fn batches_before_a_crash_hold_and_it_names_their_end() {
    let place = Place::new();
    place.write("chats/a.jsonl", "attack panic-later\n");
    let mut reading = attacker().read(place.open("chats/a.jsonl"), None).unwrap();
    assert_eq!(texts(&[reading.next().unwrap().unwrap()]), ["good"]);
    let error = reading.next().unwrap().unwrap_err();
    assert!(matches!(error, ReadError::Trap { .. }));
    assert_eq!(error.place().position, 12);
    assert_eq!(
        error.to_string(),
        "plugin `attacker` crashed in `chats/a.jsonl` after byte 12: \
         wasm trap: wasm `unreachable` instruction executed"
    );
    assert!(reading.next().is_none(), "nothing follows a crash");
}

#[test]
fn lies_are_found_out() {
    breaks_contract("position-back", "went back to byte 6");
    breaks_contract("position-beyond", "byte 24, but the source ends at byte 23");
    breaks_contract("position-huge", "ends at byte");
    breaks_contract("problem-beyond", "problem at byte 23, but the source ends at byte 22");
    breaks_contract("empty-session", "id is empty");
    breaks_contract("long-session", "10485760 bytes, more than 4096");
    breaks_contract("empty-key", "key is empty");
    breaks_contract("long-key", "10485760 bytes, more than 4096");
    breaks_contract("long-kind", "name of a kind of record");
    breaks_contract("many-kinds", "100000 kinds");
    breaks_contract("empty-memory", "a memory's name is empty");
    breaks_contract("long-memory", "a memory has 8388608 bytes, more than 4194304");
    breaks_contract("large-checkpoint", "checkpoint has 8388608 bytes");
}

#[test]
fn refusals_are_told_apart() {
    assert!(matches!(fails("not-mine"), ReadError::NotMine(_)));
    let ReadError::Plugin { reason, .. } = fails("words") else { panic!() };
    assert!(reason.starts_with(" [2Jwww") && reason.chars().count() == 1001, "{reason}");

    let (place, plugin) = (Place::new(), attacker());
    let batches = place.read(&plugin, "attack stale\n").unwrap();
    let checkpoint = &batches[0].checkpoint;
    let mut reading = plugin.read(place.open("chats/a.jsonl"), Some(checkpoint)).unwrap();
    assert!(matches!(reading.next(), Some(Err(ReadError::StaleCheckpoint(_)))));
}

#[test]
fn attacks_beside_each_other_do_not_disturb_good_readings() {
    // Only the loop is to meet it, however busy the machine is.
    let (deadline, batch) = (Duration::from_secs(8), 16 << 20);
    let plugin = limited(Limits { deadline, batch, ..Limits::default() });
    let orders = ["loop", "memory", "recursion", "panic", "large-batch", "position-huge"];
    thread::scope(|scope| {
        let attacks: Vec<_> = orders
            .iter()
            .map(|order| {
                let plugin = plugin.clone();
                scope.spawn(move || Place::new().read(&plugin, &format!("attack {order}\n")))
            })
            .collect();
        let place = Place::new();
        for round in 0..50 {
            let text = format!("round {round}");
            let good = place.read(&plugin, &format!("{{\"text\":\"{text}\"}}\n")).unwrap();
            assert_eq!(texts(&good), [text]);
        }
        let errors = attacks.into_iter().map(|attack| attack.join().unwrap().unwrap_err());
        let errors: BTreeSet<String> = errors.map(|error| error.to_string()).collect();
        assert_eq!(errors.len(), orders.len());
    });
}
