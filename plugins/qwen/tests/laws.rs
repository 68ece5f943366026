//! What holds for every session: it ends as its rewinds say, however often it is read in between.

use lore_plugin_qwen::Qwen;
use lore_plugin_sdk::{Batch, Event, ParseError, Source, native};
use proptest::prelude::*;
use serde_json::json;

const PATH: &str = "projects/-home-ada-sums/chats/11111111-2222-4333-8444-555555555555.jsonl";

#[derive(Clone, Debug)]
enum Step {
    Say,
    Telemetry,
    Noise,
    /// Back to before the nth message that is left.
    Rewind(prop::sample::Index),
}

/// The lines of a session, and the ids of the messages that are left at its end.
fn session(steps: &[Step]) -> (Vec<String>, Vec<String>) {
    let (mut lines, mut tail) = (Vec::new(), None::<String>);
    // The messages that are left, each with the record before it.
    let mut left: Vec<(Option<String>, String)> = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        let id = format!("r{number}");
        let line = |kind: &str, subtype: &str, parent: &Option<String>| {
            let record = json!({
                "uuid": id, "parentUuid": parent, "sessionId": "s", "type": kind, "subtype": subtype,
                "timestamp": "2026-03-01T10:00:00Z", "systemPayload": {},
            });
            record.to_string()
        };
        match step {
            Step::Say => {
                let record = json!({
                    "uuid": id, "parentUuid": tail, "sessionId": "s", "type": "assistant",
                    "message": {"role": "model", "parts": [{"text": id}]},
                });
                lines.push(record.to_string());
                left.push((tail, id.clone()));
            }
            Step::Telemetry => lines.push(line("system", "ui_telemetry", &tail)),
            Step::Noise => {
                lines.push("{\"uuid\": ".into());
                continue;
            }
            Step::Rewind(index) => {
                if left.is_empty() {
                    continue;
                }
                let (before, _) = left.split_off(index.index(left.len())).remove(0);
                lines.push(line("system", "rewind", &before));
            }
        }
        tail = Some(id);
    }
    (lines, left.into_iter().map(|(_, id)| id).collect())
}

fn keys(batches: &[Batch]) -> Vec<String> {
    let events = batches.iter().flat_map(|batch| &batch.events);
    let keys = events.filter_map(|event| match event {
        Event::Message(message) => Some(message.key.clone()),
        _ => None,
    });
    keys.collect()
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => Just(Step::Say),
        3 => Just(Step::Telemetry),
        1 => Just(Step::Noise),
        2 => any::<prop::sample::Index>().prop_map(Step::Rewind),
    ]
}

proptest! {
    #[test]
    fn a_session_ends_as_its_rewinds_say(
        steps in prop::collection::vec(step(), 0..40),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 3),
    ) {
        let steps: Vec<Step> = [Step::Say].into_iter().chain(steps).collect();
        let (lines, expected) = session(&steps);
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len())).collect();
        ends.push(text.len());
        ends.sort_unstable();
        let mut batches: Vec<Batch> = Vec::new();
        for end in ends {
            let source = Source::memory(PATH, &text[..end]);
            let checkpoint = batches.last().map(|batch| batch.checkpoint.clone());
            match native::read_rest::<Qwen>(&source, checkpoint.as_deref()) {
                Ok(batch) => batches.push(batch),
                Err(error) => {
                    // What was written is taken back: the engine begins anew.
                    prop_assert_eq!(error, ParseError::StaleCheckpoint);
                    batches = vec![native::read_all::<Qwen>(&source).expect("it is Qwen's")];
                }
            }
        }
        prop_assert_eq!(keys(&batches), expected);
        let counts = batches.iter().flat_map(|batch| &batch.counts);
        let counted: u32 = counts.map(|count| count.records).sum();
        let events = batches.iter().flat_map(|batch| &batch.events);
        let problems = events.filter(|event| matches!(event, Event::Problem(_))).count();
        prop_assert_eq!(counted as usize + problems, lines.len());
    }
}
