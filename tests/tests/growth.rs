//! Importing while a tool writes ends with what one import at the end has, and the daemon follows what
//! it writes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lore_tests::{Growing, TestEnv, copy_tree, wait_until};
use serde_json::Value;

/// Time in which the daemon has read what changed. It is less than that between two looks at
/// everything, so that notifications have to be what tells it.
const DEADLINE: Duration = Duration::from_secs(30);

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

/// Tells Lore of the projects that a case will have.
fn name_projects(env: &TestEnv, case: &Path) {
    let mut projects = BTreeSet::new();
    let mut waiting: Vec<(PathBuf, PathBuf)> =
        entries(case).map(|step| (step.join("home"), env.home())).collect();
    while let Some((directory, place)) = waiting.pop() {
        for path in entries(&directory) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if IN_PROJECTS.iter().any(|beginning| name.starts_with(beginning)) {
                projects.insert(place.display().to_string());
            } else if path.is_dir() {
                waiting.push((path, place.join(name)));
            }
        }
    }
    if !projects.is_empty() {
        let projects: Vec<String> = projects.into_iter().collect();
        env.lore(&["config", "set", "project_dirs", &projects.join(",")]).success();
    }
}

fn entries(directory: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(directory).expect("it can be listed");
    entries.map(|entry| entry.expect("it can be listed").path())
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
        name_projects(&env, &case);
        let mut growing = Growing::new(&case, &env.home());
        for step in 0..growing.steps() {
            growing.advance(step);
            env.lore(&["import"]).success();
        }
        let again = env.json(&["import"]);
        let unchanged = again["tools"].as_array().is_some_and(|tools| {
            tools.iter().all(|tool| tool["new_messages"] == 0 && tool["changed_messages"] == 0)
        });
        let once = TestEnv::new();
        name_projects(&once, &case);
        copy_tree(&env.home(), &once.home());
        once.lore(&["import"]).success();
        let expected = current(&once);
        let name = format!("{tool}, {}", case.file_name().unwrap_or_default().to_string_lossy());
        if !unchanged {
            failures.push(format!("{name}: a second import changes something: {again:#}"));
        }
        let found = current(&env);
        if expected.is_empty() {
            failures.push(format!("{name}: there is no session in the end"));
        }
        if let Some(difference) = difference(&expected, &found) {
            failures.push(format!("{name}: {difference}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn the_daemon_follows_every_step() {
    let cases = cases();
    assert!(!cases.is_empty(), "no plugin has a case");
    let mut failures = Vec::new();
    for (tool, case) in cases {
        let (env, imported) = (TestEnv::new(), TestEnv::new());
        let daemon = env.daemon();
        name_projects(&env, &case);
        name_projects(&imported, &case);
        let mut followed = Growing::new(&case, &env.home());
        let mut growing = Growing::new(&case, &imported.home());
        for step in 0..growing.steps() {
            followed.advance(step);
            growing.advance(step);
            imported.lore(&["import"]).success();
            let (expected, mut found) = (current(&imported), Vec::new());
            let follows = wait_until(DEADLINE, || {
                found = current(&env);
                found == expected
            });
            if !follows && let Some(difference) = difference(&expected, &found) {
                let name = case.file_name().unwrap_or_default().to_string_lossy();
                let log = daemon.log();
                failures.push(format!("{tool}, {name}, step {step}: {difference}\n{log}"));
                break;
            }
        }
        let outcome = daemon.signal("TERM");
        assert_eq!(outcome.code(), Some(0), "{tool}: {outcome}");
        env.verify();
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
        "after\n{}\nis expected\n{}\nbut found\n{}",
        show(&expected, same.saturating_sub(12), same),
        show(&expected, same, same + 6),
        show(&found, same, same + 6),
    ))
}
