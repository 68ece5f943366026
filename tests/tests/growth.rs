//! Importing while a tool writes ends with what one import at the end has.

use std::fs;
use std::path::{Path, PathBuf};

use lore_tests::{Growing, TestEnv, copy_tree};
use serde_json::Value;

/// What a project holds if a tool keeps its sessions inside.
const IN_PROJECTS: [&str; 2] = [".aider.chat.history.md", ".crush"];

/// Every case of every plugin, by its tool.
fn cases() -> Vec<(String, PathBuf)> {
    let plugins = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins"));
    let mut cases = Vec::new();
    for plugin in fs::read_dir(plugins).expect("there are plugins") {
        let plugin = plugin.expect("it can be listed").path();
        let Ok(growth) = fs::read_dir(plugin.join("growth")) else { continue };
        let tool = plugin.file_name().expect("it has a name").to_string_lossy().into_owned();
        cases.extend(growth.map(|case| (tool.clone(), case.expect("it can be listed").path())));
    }
    cases.sort();
    cases
}

/// Tells Lore of the projects below HOME.
fn name_projects(env: &TestEnv) {
    let mut projects = Vec::new();
    let mut waiting = vec![env.home()];
    while let Some(directory) = waiting.pop() {
        if IN_PROJECTS.iter().any(|name| directory.join(name).exists()) {
            projects.push(directory.display().to_string());
        }
        for entry in fs::read_dir(&directory).expect("it can be listed") {
            let path = entry.expect("it can be listed").path();
            if path.is_dir() {
                waiting.push(path);
            }
        }
    }
    if !projects.is_empty() {
        env.lore(&["config", "set", "project_dirs", &projects.join(",")]).success();
    }
}

/// What the archive holds of what the sources hold now.
fn current(env: &TestEnv) -> Vec<Value> {
    let mut sessions = env.everything();
    for shown in &mut sessions {
        let messages = shown["messages"].as_array_mut().expect("a list");
        messages.retain(|message| message["withdrawn"] == false);
        for message in messages {
            message["index"].take();
        }
        // These tell of what was withdrawn, too.
        for key in ["message_count", "usage", "source_path", "source_paths", "git_branches"] {
            shown["session"][key].take();
        }
    }
    sessions.retain(|shown| shown["messages"].as_array().is_some_and(|list| !list.is_empty()));
    let root = env.root().to_string_lossy().into_owned();
    let text = Value::Array(sessions).to_string().replace(&root, "[ROOT]");
    let mut sessions: Vec<Value> = serde_json::from_str(&text).expect("it was JSON before");
    sessions.sort_by_key(|shown| shown["session"]["id"].to_string());
    sessions
}

#[test]
fn importing_between_the_steps_ends_with_the_same() {
    let cases = cases();
    assert!(!cases.is_empty(), "no plugin has a case");
    let mut failures = Vec::new();
    for (tool, case) in cases {
        let env = TestEnv::new();
        let mut growing = Growing::new(&case, &env.home());
        for step in 0..growing.steps() {
            growing.advance(step);
            name_projects(&env);
            env.lore(&["import"]).success();
        }
        let again = env.json(&["import"]);
        let unchanged = again["tools"].as_array().is_some_and(|tools| {
            tools.iter().all(|tool| tool["new_messages"] == 0 && tool["changed_messages"] == 0)
        });
        let once = TestEnv::new();
        copy_tree(&env.home(), &once.home());
        name_projects(&once);
        once.lore(&["import"]).success();
        let name = format!("{tool}, {}", case.file_name().unwrap_or_default().to_string_lossy());
        if !unchanged {
            failures.push(format!("{name}: a second import changes something: {again:#}"));
        }
        let (found, expected) = (current(&env), current(&once));
        if expected.is_empty() {
            failures.push(format!("{name}: there is no session in the end"));
        }
        if let Some(difference) = difference(&expected, &found) {
            failures.push(format!("{name}: {difference}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// The first lines that differ, with some before them.
fn difference(expected: &[Value], found: &[Value]) -> Option<String> {
    if expected == found {
        return None;
    }
    let lines = |values: &[Value]| -> Vec<String> {
        let text = format!("{:#}", Value::Array(values.to_vec()));
        text.lines().map(str::to_owned).collect()
    };
    let (expected, found) = (lines(expected), lines(found));
    let same = expected.iter().zip(&found).take_while(|(a, b)| a == b).count();
    let show =
        |lines: &[String], from: usize, to: usize| lines[from..lines.len().min(to)].join("\n");
    Some(format!(
        "after\n{}\none import at the end has\n{}\nbut importing between the steps\n{}",
        show(&expected, same.saturating_sub(12), same),
        show(&expected, same, same + 6),
        show(&found, same, same + 6),
    ))
}
