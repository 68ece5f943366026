//! How a report is shown.

use lore_engine::api::{
    CommitDetail, LineShare, Prompt, ReviewAnswer, ReviewCommit, ReviewFile, ReviewSession,
    SessionDetail,
};
use lore_engine::model::{
    MachineId, MessageId, Session, SessionId, SessionNumber, Timestamp, Usage,
};
use uuid::Uuid;

use super::{json::ReviewJson, markdown};
use crate::output::time;

const AT: Timestamp = Timestamp(1_767_600_000_000);

fn session(digit: u128, title: Option<&str>) -> ReviewSession {
    let session = Session {
        id: SessionId(Uuid::from_u128(digit << 124)),
        number: SessionNumber(1),
        tool: "claude-code".into(),
        native_id: String::new(),
        parent: None,
        title: title.map(Into::into),
        started: Some(AT),
        last_activity: Some(AT),
        ended: None,
        directory: None,
        branches: Vec::new(),
        commit: None,
        repository: None,
        tool_version: None,
        model: None,
        message_count: 2,
        usage: Usage::default(),
        sources: Vec::new(),
        machine: MachineId(Uuid::nil()),
        lineage: None,
    };
    let detail = SessionDetail {
        session,
        tags: Vec::new(),
        links: Vec::new(),
        annotations: Vec::new(),
        summary: None,
        source_paths: Vec::new(),
        active: false,
        origin: None,
    };
    let prompt = Prompt {
        message: MessageId(Uuid::from_u128(7)),
        index: 3,
        text: "# Stop at ninety!\n\n```\n</details> ask @ada".into(),
    };
    ReviewSession { detail, prompts: vec![prompt], lines: 30 }
}

fn sample() -> ReviewAnswer {
    let lines = LineShare { session: 30, hand: 9, unknown: 1 };
    let commit = CommitDetail {
        id: "8f3e2a1b".repeat(5),
        subject: "fix: `heat` | stop | at *ninety*".into(),
        author: "Ada".into(),
        authored: AT,
        committed: AT,
        root: "/home/ada/kettle".into(),
    };
    let file = ReviewFile { path: "src/a`|b.rs".into(), lines, sessions: vec![(0, 30)] };
    ReviewAnswer {
        commits: vec![ReviewCommit {
            commit,
            files: vec![file],
            // The last one is of no session.
            sessions: vec![(0, 30, None), (1, 0, Some(0.82)), (9, 1, None)],
            prompts: vec![(0, 0), (1, 0), (0, 0), (1, 9)],
            lines,
        }],
        sessions: vec![session(3, Some("Heat | <b>")), session(4, None)],
        masked: vec![("token".into(), 2)],
    }
}

#[test]
fn a_report_is_one_document() {
    let report = markdown::report(&sample(), true);
    insta::assert_snapshot!(report.replace(&time::local(AT), "[WHEN]"));
}

#[test]
fn an_empty_report_says_so() {
    let report = markdown::report(&ReviewAnswer::default(), true);
    assert_eq!(
        report,
        "## How this was made\n\n0 commits: no lines added.\n\n---\n\nSecrets masked: none found.\n"
    );
    let json = serde_json::to_value(ReviewJson::new("HEAD", true, &ReviewAnswer::default()));
    let expected = serde_json::json!({
        "range": "HEAD", "redacted": true, "lines": {"session": 0, "hand": 0, "unknown": 0},
        "commits": [], "sessions": [], "masked": [],
    });
    assert_eq!(json.expect("it is JSON"), expected);
}

#[test]
fn json_has_the_same_facts() {
    let answer = sample();
    let json = serde_json::to_value(ReviewJson::new("main..heat", false, &answer));
    let json = json.expect("it is JSON");
    let commit = &json["commits"][0];
    assert_eq!(commit["short"], "8f3e2a1b");
    assert_eq!(commit["committed_at"], "2026-01-05T08:00:00.000Z");
    assert_eq!(commit["sessions"].as_array().map(Vec::len), Some(2));
    assert_eq!(commit["sessions"][1]["lines"], 0);
    assert_eq!(commit["files"][0]["sessions"][0]["lines"], 30);
    assert_eq!(commit["files"][0]["lines"]["hand"], 9);
    assert_eq!(json["sessions"][0]["prompts"][0]["message_index"], 3);
    assert_eq!(commit["prompts"].as_array().map(Vec::len), Some(3));
    assert_eq!(commit["prompts"][1]["session_id"], json["sessions"][1]["session_id"]);
    assert_eq!(json["sessions"][1]["title"], serde_json::Value::Null);
    assert_eq!(json["masked"][0], serde_json::json!({"kind": "token", "count": 2}));
}
