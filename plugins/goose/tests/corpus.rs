//! Real files, where there are some.

use lore_plugin_goose::Goose;
use lore_plugin_sdk::{Event, Source, corpus, native};

fn is_database(name: &str) -> bool {
    name.starts_with("goose/") && name.ends_with(".db")
}

#[test]
fn every_row_is_accounted_for() {
    for (name, bytes) in corpus::files(is_database) {
        let source = Source::memory(&name, bytes);
        let batch = native::read_all::<Goose>(&source).expect("it is read");
        let rows = |table| corpus::rows(&source, table).expect("the table is there");
        let counted: u64 = batch.counts.iter().map(|count| u64::from(count.records)).sum();
        let is_problem = |event: &&Event| matches!(event, Event::Problem(_));
        let problems = batch.events.iter().filter(is_problem).count() as u64;
        assert_eq!(counted + problems, rows("sessions") + rows("messages"), "{name}");
        let told = native::remaining(std::slice::from_ref(&batch));
        let own = told.iter().filter(|message| !message.key.contains('/')).count() as u64;
        assert_eq!(own, rows("messages"), "{name}");
        let sessions = batch.events.iter().filter(|event| matches!(event, Event::Session(_)));
        assert_eq!(sessions.count() as u64, rows("sessions"), "{name}");
        let again = native::read_rest::<Goose>(&source, Some(&batch.checkpoint));
        assert_eq!(
            native::remaining(&[batch, again.expect("the checkpoint holds")]),
            told,
            "{name}"
        );
    }
}

#[test]
fn files_of_other_tools_are_refused() {
    corpus::refuses_foreign::<Goose>(is_database);
}
