//! Real files of every tool, where there are some: `LORE_CORPUS` names a directory with one folder
//! for each tool.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use lore_tests::{TestEnv, copy_tree};
use rusqlite::Connection;
use serde_json::Value;

fn corpus() -> Option<PathBuf> {
    let corpus = std::env::var_os("LORE_CORPUS").map(PathBuf::from);
    if corpus.is_none() {
        println!("skipped: LORE_CORPUS is not set");
    }
    corpus
}

/// The tools that there is a plugin for.
fn tools(env: &TestEnv) -> BTreeSet<String> {
    let plugins = env.json(&["plugin", "list"]);
    let names = plugins.as_array().expect("a list").iter().map(|plugin| plugin["tool"].as_str());
    names.map(|name| name.expect("a name").to_owned()).collect()
}

#[test]
fn every_tool_is_taken_in_and_accounted_for() {
    let Some(corpus) = corpus() else { return };
    let tools = tools(&TestEnv::new());
    let mut imported = 0;
    for tool in tools.iter().filter(|tool| corpus.join(tool).is_dir()) {
        let env = TestEnv::new();
        // A copy, since a database is read with what its program writes beside it.
        let folder = env.work().join(tool);
        fs::create_dir_all(&folder).expect("there is room for a test");
        copy_tree(&corpus.join(tool), &folder);
        let path = folder.to_str().expect("it is text");
        let report = env.json(&["import", path]);
        for other in report["tools"].as_array().expect("a list") {
            assert_eq!(other["tool"], tool.as_str(), "{tool}'s files were taken: {other:#}");
            assert!(other["sources"].as_u64() > Some(0), "{report:#}");
        }
        let verified = env.verify();
        let again = env.json(&["import", path]);
        for tool in again["tools"].as_array().expect("a list") {
            assert_eq!(tool["sources"], tool["unchanged"], "{again:#}");
        }
        if let Some(expected) = prompts(tool, &folder) {
            assert_eq!(prompts_found(&env), expected, "prompts of {tool}");
        }
        if let Some(expected) = rows(tool, &folder) {
            assert_eq!(verified["messages"], expected, "messages of {tool}");
        }
        imported += 1;
    }
    assert!(imported >= 15, "only {imported} of {tools:?} have files");
}

/// Messages that people wrote, as the archive has them.
fn prompts_found(env: &TestEnv) -> usize {
    let is_prompt = |message: &&Value| {
        let blocks = message["content"].as_array().expect("a list");
        message["role"] == "user"
            && message["injected"] == false
            && blocks.iter().any(|block| block["type"] == "text")
    };
    let sessions = env.everything();
    let messages = sessions.iter().flat_map(|shown| shown["messages"].as_array().expect("a list"));
    messages.filter(is_prompt).count()
}

/// Messages that people wrote, counted in the tool's files as simply as its format allows; nothing
/// where that takes more than a look at each record.
fn prompts(tool: &str, folder: &Path) -> Option<usize> {
    let lines = || records(folder);
    let of = |record: &Value, kind: &str| record["type"] == kind;
    let is_user = |message: &Value| message["role"] == "user";
    Some(match tool {
        "amp" => {
            let threads = documents(folder);
            let messages = threads.iter().flat_map(|(_, thread)| list(&thread["messages"]));
            let is_text =
                |block: &Value| block["text"].as_str().is_some_and(|text| !text.trim().is_empty());
            messages
                .filter(|message| is_user(message) && list(&message["content"]).any(is_text))
                .count()
        }
        "copilot-cli" => lines().iter().filter(|(_, record)| of(record, "user.message")).count(),
        "gemini" => {
            let mut ids = BTreeSet::new();
            let told = lines().into_iter().chain(documents(folder).into_iter().flat_map(
                |(path, document)| {
                    let messages: Vec<Value> = list(&document["messages"]).cloned().collect();
                    messages.into_iter().map(move |message| (path.clone(), message))
                },
            ));
            // The same message is appended again whenever something is added to it.
            for (path, message) in told.filter(|(_, message)| of(message, "user")) {
                ids.insert((path, message["id"].to_string()));
            }
            ids.len()
        }
        "opencode" => {
            let messages = documents(folder).into_iter().filter(|(path, message)| {
                path.iter().any(|part| part == "message") && is_user(message)
            });
            messages.map(|(_, message)| message["id"].to_string()).collect::<BTreeSet<_>>().len()
        }
        "pi" => {
            let told = lines();
            let messages = told.iter().filter(|(_, record)| of(record, "message"));
            messages.filter(|(_, record)| is_user(&record["message"])).count()
        }
        "qwen" => lines().iter().filter(|(_, record)| of(record, "user")).count(),
        _ => return None,
    })
}

/// Rows of messages in the tool's databases.
fn rows(tool: &str, folder: &Path) -> Option<i64> {
    if !["crush", "goose"].contains(&tool) {
        return None;
    }
    let mut rows = 0;
    for path in files(folder, "db") {
        let database = Connection::open(path).expect("it is a database");
        let count = database.query_row("SELECT count(*) FROM messages", [], |row| row.get(0));
        rows += count.unwrap_or(0_i64);
    }
    Some(rows)
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The records of all files of JSON lines, each with its file.
fn records(folder: &Path) -> Vec<(PathBuf, Value)> {
    let mut records = Vec::new();
    for path in files(folder, "jsonl") {
        let text = String::from_utf8_lossy(&fs::read(&path).expect("it can be read")).into_owned();
        let lines = text.lines().filter_map(|line| serde_json::from_str(line).ok());
        records.extend(lines.map(|record| (path.clone(), record)));
    }
    records
}

/// All JSON documents, each with its file.
fn documents(folder: &Path) -> Vec<(PathBuf, Value)> {
    let documents = files(folder, "json").into_iter().filter_map(|path| {
        let document = serde_json::from_slice(&fs::read(&path).ok()?).ok()?;
        Some((path, document))
    });
    documents.collect()
}

/// The files with an extension, at any depth.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(&directory).expect("it can be listed") {
            let path = entry.expect("it can be listed").path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension() == Some(OsStr::new(extension)) {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}
