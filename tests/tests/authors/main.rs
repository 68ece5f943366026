//! Who wrote a line: `lore blame` against a model that knows.
//!
//! A few cases by default, since each runs git and the program hundreds of times; `PROPTEST_CASES`
//! shakes more.

mod lines;
mod steps;
mod world;

use std::cell::RefCell;
use std::fmt::Write as _;

use lore_tests::TestEnv;
use proptest::prelude::*;
use proptest::test_runner::{TestError, TestRng, TestRunner};
use serde_json::Value;

use steps::{Story, story};
use world::{Call, Line, SESSIONS, World, session_id};

/// Cases, if the environment does not say how many.
const CASES: u32 = 12;

/// Of the lines that sessions wrote, so many must be found, over all cases.
const SHARE: f64 = 0.99;

/// Milliseconds after which a failing case is not made smaller any more.
const SHRINKING: u32 = 120_000;

/// What was found of the lines that can be told apart.
#[derive(Clone, Copy, Debug, Default)]
struct Figures {
    by_sessions: u32,
    right_session: u32,
    right_call: u32,
    by_hand: u32,
    claimed: u32,
    /// By hand, and a session's before.
    changed: u32,
    changed_from_right_session: u32,
}

impl Figures {
    fn add(&mut self, other: Self) {
        self.by_sessions += other.by_sessions;
        self.right_session += other.right_session;
        self.right_call += other.right_call;
        self.by_hand += other.by_hand;
        self.claimed += other.claimed;
        self.changed += other.changed;
        self.changed_from_right_session += other.changed_from_right_session;
    }

    /// Some few lines of a case may be missed, none may be claimed.
    fn is_good(self) -> bool {
        let allowance = 1 + self.by_sessions / 20;
        self.claimed == 0 && self.right_call + allowance >= self.by_sessions
    }
}

#[test]
fn a_line_is_given_to_who_wrote_it() {
    let mut config = ProptestConfig {
        failure_persistence: None,
        max_shrink_time: SHRINKING,
        max_shrink_iters: u32::MAX,
        ..ProptestConfig::default()
    };
    // The same stories every time, unless somebody wants to shake more of them.
    let mut runner = if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = CASES;
        let algorithm = config.rng_algorithm;
        TestRunner::new_with_rng(config, TestRng::deterministic_rng(algorithm))
    } else {
        TestRunner::new(config)
    };
    let total = RefCell::new(Figures::default());
    let result = runner.run(&story(), |story| {
        let (figures, wrong) = figures_of(&story).map_err(TestCaseError::fail)?;
        total.borrow_mut().add(figures);
        if !figures.is_good() {
            return Err(TestCaseError::fail(format!("{figures:#?}\n{wrong}")));
        }
        Ok(())
    });
    match result {
        Err(TestError::Fail(reason, story)) => panic!("{reason}\nafter the steps{story:?}"),
        Err(TestError::Abort(reason)) => panic!("{reason}"),
        Ok(()) => {}
    }
    let figures = total.into_inner();
    println!("{figures:#?}");
    assert!(figures.by_sessions > 100 && figures.by_hand > 100, "too few lines: {figures:#?}");
    let share = f64::from(figures.right_call) / f64::from(figures.by_sessions);
    assert!(share >= SHARE, "only {share:.4} of the lines of sessions are found: {figures:#?}");
}

/// What `lore blame` finds at the end of a story, and what of it is wrong.
///
/// # Errors
/// If it fails, or tells other lines than there are.
fn figures_of(story: &Story) -> Result<(Figures, String), String> {
    let env = TestEnv::new();
    let mut world = World::new(&env);
    world.play(story);
    let report = env.json(&["import"]);
    assert_eq!(report["problems"], Value::Array(Vec::new()), "{report:#}");
    let messages: Vec<Value> = (0..SESSIONS)
        .map(|number| match world.messages(number) {
            0 => Value::Null,
            _ => env.json(&["show", &session_id(number)])["messages"].take(),
        })
        .collect();

    let (mut figures, mut wrong) = (Figures::default(), String::new());
    let tracked = world.repository.ask(&["ls-files"]);
    for file in tracked.lines() {
        let lines = &world.files[file];
        let outcome = world.repository.lore(&["blame", file, "--format", "json"]);
        if outcome.code() != Some(0) {
            return Err(format!("{file} is not told: {outcome}"));
        }
        let answer = outcome.json();
        let found = answer["lines"].as_array().ok_or_else(|| format!("no lines: {answer:#}"))?;
        let text_of = |line: &Value| line["text"].as_str().unwrap_or_default().to_owned();
        let found_texts: Vec<String> = found.iter().map(text_of).collect();
        if !found_texts.iter().eq(lines.iter().map(|line| &line.text)) {
            return Err(format!("{file} has other lines: {found_texts:#?} instead of {lines:#?}"));
        }
        let mut of_file = Figures::default();
        let mut shown = String::new();
        for (number, (line, found)) in lines.iter().zip(found).enumerate() {
            assert_eq!(found["line"], number + 1, "{file}: {found}");
            let judgement = judge(&world, &messages, line, found, &mut of_file);
            let _ = writeln!(
                shown,
                "{judgement} {:>3}  {:<24} {:<44} {}",
                number + 1,
                author(line),
                answered(found),
                line.text
            );
        }
        if of_file.claimed > 0 || of_file.right_call < of_file.by_sessions {
            let _ = writeln!(wrong, "\n{file}: line, written by, answer, text\n{shown}");
        }
        figures.add(of_file);
    }
    Ok((figures, wrong))
}

/// Counts a line, and says whether the answer is right (a space), missing (`-`) or wrong (`!`).
fn judge(
    world: &World<'_>,
    messages: &[Value],
    line: &Line,
    found: &Value,
    figures: &mut Figures,
) -> char {
    if !line.is_distinct {
        return ' ';
    }
    let (by_session, origin) = (found["written_by"] == "session", &found["origin"]);
    let Some(author) = line.author else {
        figures.by_hand += 1;
        figures.claimed += u32::from(by_session);
        if let Some(before) = line.changed_from {
            figures.changed += 1;
            let origin = &found["changed_from"]["origin"];
            let named = origin["session_id"] == session_id(before.session);
            figures.changed_from_right_session += u32::from(named);
        }
        return if by_session { '!' } else { ' ' };
    };
    assert!(wrote(&messages[author.session][author.message as usize], &line.text), "{line:?}");
    figures.by_sessions += 1;
    if !by_session || origin["session_id"] != session_id(author.session) {
        return if by_session { '!' } else { '-' };
    }
    figures.right_session += 1;
    let is_right = is_call(world, messages, author, origin);
    figures.right_call += u32::from(is_right);
    if is_right { ' ' } else { '!' }
}

/// The origin names this call, and its message by number and by id.
fn is_call(world: &World<'_>, messages: &[Value], call: Call, origin: &Value) -> bool {
    let message = &messages[call.session][call.message as usize];
    origin["tool_use_id"] == world.call_id(call)
        && origin["message_index"] == call.message
        && message["id"].is_string()
        && origin["message_id"] == message["id"]
}

/// The archive has the message, and that it wrote this text.
fn wrote(message: &Value, text: &str) -> bool {
    let blocks = message["content"].as_array().into_iter().flatten();
    let mut edits = blocks.flat_map(|block| block["edits"].as_array().into_iter().flatten());
    edits.any(|edit| edit["after"].as_str().is_some_and(|after| after.contains(text.trim())))
}

fn author(line: &Line) -> String {
    match (line.author, line.changed_from) {
        (Some(call), _) => format!("session {} #{}", call.session, call.message),
        (None, Some(call)) => format!("hand, was {} #{}", call.session, call.message),
        (None, None) => "hand".to_owned(),
    }
}

fn answered(found: &Value) -> String {
    let by = found["written_by"].as_str().unwrap_or("nothing");
    let origin = &found["origin"];
    match origin["session_id"].as_str() {
        Some(session) => {
            format!("{by} {session:.8} #{} {}", origin["message_index"], origin["tool_use_id"])
        }
        None => by.to_owned(),
    }
}
