//! What holds for every context and every wire.

use std::collections::BTreeSet;

use lore_plugin_kimi::Kimi;
use lore_plugin_sdk::{Batch, Event, Source, native};
use proptest::prelude::*;
use serde_json::{Value, json};

const FOLDER: &str =
    "sessions/abababababababababababababababab/11111111-2222-4333-8444-555555555555";

#[derive(Clone, Debug)]
enum Step {
    Say,
    Checkpoint,
    /// Back to one of the checkpoints: the context is moved aside and begins with what stays.
    Revert(prop::sample::Index),
    Clear,
    /// The system prompt is put before everything.
    Prompt,
}

#[derive(Default)]
struct Context {
    older: Vec<Vec<Value>>,
    now: Vec<Value>,
}

impl Context {
    fn take(&mut self, step: &Step, number: usize) {
        let checkpoints: Vec<usize> =
            (0..self.now.len()).filter(|at| self.now[*at]["role"] == "_checkpoint").collect();
        match step {
            Step::Say => self.now.push(json!({"role": "user", "content": format!("{number}")})),
            Step::Checkpoint => self.now.push(json!({"role": "_checkpoint", "id": number})),
            Step::Revert(_) if checkpoints.is_empty() => {}
            Step::Revert(index) => {
                self.older.push(self.now.clone());
                self.now.truncate(checkpoints[index.index(checkpoints.len())]);
            }
            Step::Clear => self.older.push(std::mem::take(&mut self.now)),
            Step::Prompt => self.now.insert(0, json!({"role": "_system_prompt", "content": "p"})),
        }
    }

    fn source(&self) -> Source {
        let text =
            |lines: &[Value]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
        let now = Source::memory(format!("{FOLDER}/context.jsonl"), text(&self.now));
        let older = (1..).zip(&self.older);
        older.fold(now, |source, (number, lines)| {
            source.with_sibling(format!("{FOLDER}/context_{number}.jsonl"), text(lines))
        })
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => Just(Step::Say),
        2 => Just(Step::Checkpoint),
        1 => any::<prop::sample::Index>().prop_map(Step::Revert),
        1 => Just(Step::Clear),
        1 => Just(Step::Prompt),
    ]
}

/// A record of a wire, among few steps so that they meet.
fn record() -> impl Strategy<Value = Value> {
    let event =
        |event: Value| json!({"type": "context.append_loop_event", "event": event, "time": 1});
    let step = "s[1-3]";
    prop_oneof![
        step.prop_map(move |id| event(json!({"type": "step.begin", "uuid": id}))),
        step.prop_map(move |id| event(
            json!({"type": "content.part", "stepUuid": id, "part": {"type": "text", "text": "t"}})
        )),
        step.prop_map(move |id| event(
            json!({"type": "tool.call", "stepUuid": id, "toolCallId": "c", "name": "Bash", "args": {}})
        )),
        Just(event(json!({"type": "tool.result", "toolCallId": "c", "result": {"output": "o"}}))),
        step.prop_map(move |id| event(
            json!({"type": "step.end", "uuid": id, "usage": {"output": 1}})
        )),
        Just(json!({"type": "usage.record", "usage": {"output": 1}, "time": 1})),
        Just(json!({"type": "llm.request", "model": "m", "time": 1})),
        Just(json!({"type": "context.append_message", "time": 1,
            "message": {"role": "user", "content": "u", "origin": {"kind": "user"}}})),
        Just(json!("no record")),
    ]
}

proptest! {
    /// Whatever the conversation is cut back to, what was said is told once, and stays.
    #[test]
    fn what_was_said_stays(steps in prop::collection::vec(step(), 1..30)) {
        let mut context = Context::default();
        let mut told = BTreeSet::new();
        let mut said = 0;
        for (number, step) in steps.iter().enumerate() {
            context.take(step, number);
            said += usize::from(matches!(step, Step::Say));
            let batch = native::read_all::<Kimi>(&context.source()).expect("it is Kimi's");
            let keys: Vec<String> = native::remaining(&[batch]).into_iter().map(|m| m.key).collect();
            prop_assert_eq!(keys.len(), said);
            let keys: BTreeSet<String> = keys.into_iter().collect();
            prop_assert!(told.is_subset(&keys));
            told = keys;
        }
    }

    #[test]
    fn a_wire_read_in_steps_gives_the_same(
        records in prop::collection::vec(record(), 1..30),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 3),
    ) {
        let path = "sessions/wd/session_1/agents/main/wire.jsonl";
        let begin = json!({"type": "config.update", "cwd": "/home/ada", "time": 1});
        let lines: Vec<String> =
            [begin].iter().chain(&records).map(|record| format!("{record}\n")).collect();
        let text = lines.concat();
        let whole = native::read_all::<Kimi>(&Source::memory(path, text.as_str())).expect("Kimi's");
        let counted: u32 = whole.counts.iter().map(|count| count.records).sum();
        let problems = whole.events.iter().filter(|event| matches!(event, Event::Problem(_))).count();
        prop_assert_eq!(counted as usize + problems, lines.len());

        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len())).collect();
        ends.push(text.len());
        ends.sort_unstable();
        let mut batches: Vec<Batch> = Vec::new();
        for end in ends {
            let checkpoint = batches.last().map(|batch| batch.checkpoint.clone());
            let source = Source::memory(path, &text[..end]);
            batches.push(native::read_rest::<Kimi>(&source, checkpoint.as_deref()).expect("Kimi's"));
        }
        prop_assert_eq!(native::remaining(&batches), native::remaining(&[whole]));
    }
}
