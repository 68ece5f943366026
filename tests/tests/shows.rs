//! What Lore promises of an archive: every line is accounted for, importing again changes nothing,
//! and what was said or done is found.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lore_tests::{Archive, Message, TestEnv};
use serde_json::Value;

/// Sums a number over the tools of an import's report.
fn sum(report: &Value, key: &str) -> u64 {
    let tools = report["tools"].as_array().expect("a list").iter();
    tools.map(|tool| tool[key].as_u64().expect("a number")).sum()
}

/// Records that were taken in or left out on purpose, and problems.
fn accounted_for(report: &Value) -> u64 {
    let tools = report["tools"].as_array().expect("a list").iter();
    let records = tools.flat_map(|tool| tool["records"].as_array().expect("a list"));
    let records: u64 = records.map(|kind| kind["count"].as_u64().expect("a number")).sum();
    records + sum(report, "problem_count")
}

fn assert_nothing_new(report: &Value) {
    for key in ["new_sessions", "changed_sessions", "new_messages", "changed_messages", "bytes"] {
        assert_eq!(sum(report, key), 0, "{key}: {report:#}");
    }
    assert_eq!(sum(report, "sources"), sum(report, "unchanged"), "{report:#}");
}

/// Every file below a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).expect("it can be listed") {
        let path = entry.expect("it can be listed").path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Lines that hold something.
fn lines(path: &Path) -> u64 {
    let bytes = fs::read(path).expect("it can be read");
    let lines = bytes.split(|byte| *byte == b'\n');
    lines.filter(|line| !line.iter().all(u8::is_ascii_whitespace)).count() as u64
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the corpus has plain names")
}

#[test]
fn every_line_of_real_files_is_accounted_for() {
    let Some(corpus) = std::env::var_os("LORE_CORPUS").map(PathBuf::from) else {
        println!("skipped: LORE_CORPUS is not set");
        return;
    };
    let folders = [corpus.join("claude-code"), corpus.join("codex")];
    let env = TestEnv::new();
    let arguments = ["import", text(&folders[0]), text(&folders[1])];
    let report = env.json(&arguments);
    let sources: Vec<PathBuf> = folders.iter().flat_map(|folder| files(folder)).collect();
    assert!(!sources.is_empty(), "the corpus has no files");
    assert_eq!(sum(&report, "sources"), sources.len() as u64, "{:#}", report["problems"]);
    assert_eq!(report["problems"], Value::Array(Vec::new()));
    env.verify();

    let stored = env.everything();
    assert_nothing_new(&env.json(&arguments));
    assert_eq!(env.everything(), stored);
    env.verify();

    // Each file alone, so that one that is short cannot be hidden by one that is not.
    let mut problems = 0;
    for path in sources.iter().filter(|path| path.extension().is_some_and(|e| e == "jsonl")) {
        let report = TestEnv::new().json(&["import", "--dry-run", text(path)]);
        let message = format!("{}: {report:#}", path.display());
        assert_eq!(sum(&report, "sources"), 1, "{message}");
        assert_eq!(accounted_for(&report), lines(path), "{message}");
        problems += sum(&report, "problem_count");
    }
    assert_eq!(problems, sum(&report, "problem_count"));
}

/// Where the messages are that a query finds.
fn found(env: &TestEnv, query: &str) -> Vec<Message> {
    let answer = env.json(&["search", query, "--limit", "5000", "-C", "0"]);
    assert_eq!(answer["note"], Value::Null, "{query}");
    let mut found = Vec::new();
    for session in answer["sessions"].as_array().expect("a list") {
        for hit in session["matches"].as_array().expect("a list") {
            let message = &hit["message"];
            let role = match message["role"].as_str() {
                Some("user") => "user",
                Some("assistant") => "assistant",
                _ => "system",
            };
            let session = session["session_id"].as_str().expect("a session has an id").to_owned();
            let index = message["index"].as_u64().and_then(|index| u32::try_from(index).ok());
            found.push(Message { session, index: index.expect("a small number"), role });
        }
    }
    found.sort();
    assert_eq!(answer["total_matches"], found.len(), "{query}");
    found
}

#[test]
fn an_archive_is_imported_once_and_found_again() {
    let env = TestEnv::new();
    let archive = Archive { sessions: 60, turns: 25, seed: 42 };
    let truth = archive.write(&env);
    assert!(truth.phrase.len() > 50, "the archive says what is searched for");

    let report = env.json(&["import"]);
    assert_eq!(sum(&report, "new_sessions"), u64::from(archive.sessions));
    assert_eq!(sum(&report, "new_messages"), truth.messages);
    assert_eq!(sum(&report, "problem_count"), 0);
    let folders = [env.home().join(".claude/projects"), env.home().join(".codex/sessions")];
    let lines: u64 = folders.iter().flat_map(|folder| files(folder)).map(|p| lines(&p)).sum();
    assert_eq!(accounted_for(&report), lines);

    let verification = env.verify();
    assert_eq!(verification["sessions"], archive.sessions);
    assert_eq!(verification["messages"], truth.messages);
    assert_eq!(verification["indexed_messages"], truth.messages);
    assert_eq!(verification["records"], lines);

    assert_eq!(found(&env, "\"quartz nebula\""), truth.phrase);
    assert_eq!(found(&env, "zyzzyvaunique"), truth.unique);
    assert_eq!(found(&env, "heliotropemark"), truth.input);
    assert_eq!(found(&env, "cinnabarmark"), truth.arguments);
    assert_eq!(found(&env, "vermilionmark"), truth.answer);

    // Each message says what it was found for.
    let stored = env.everything();
    let sessions: BTreeMap<&str, &Value> = stored
        .iter()
        .map(|shown| (shown["session"]["id"].as_str().expect("an id"), &shown["messages"]))
        .collect();
    for message in &truth.phrase {
        let shown = &sessions[message.session.as_str()][message.index as usize];
        assert_eq!(shown["role"], message.role);
        assert!(shown["content"].to_string().contains("quartz nebula"), "{shown:#}");
    }

    assert_nothing_new(&env.json(&["import"]));
    assert_eq!(env.everything(), stored);
    assert_eq!(found(&env, "\"quartz nebula\""), truth.phrase);
}
