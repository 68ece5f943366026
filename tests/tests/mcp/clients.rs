//! The official clients: they know the protocol better than we do.

use std::env;
use std::path::PathBuf;

use lore_tests::{ClaudeCode, Repository, TestEnv, minute, program};

use crate::id;

/// A repository with a commit by a session.
fn world(env: &TestEnv) -> PathBuf {
    let repository = Repository::new(env, "shop");
    let directory = repository.directory().to_path_buf();
    let mut session = ClaudeCode::new(&id("a0000000"))
        .directory(directory.to_str().expect("it is text"))
        .at(&minute(0));
    session.user("Write a kettle.");
    repository.create(&mut session, "kettle.rs", "fn boil_the_kettle() {}\n");
    repository.commit(&minute(5), "Kettle");
    repository.write("CLAUDE.md", "Kettles are made of steel.\n");
    env.claude_code(&session);
    env.lore(&["import"]).success();
    repository.lore(&["link", &id("a0000000"), "--yes"]).success();
    directory
}

#[test]
fn the_python_client_lists_and_calls_everything() {
    let Some(python) = env::var_os("LORE_MCP_PYTHON") else {
        println!("LORE_MCP_PYTHON names no python with the package `mcp`: skipped");
        return;
    };
    let env = TestEnv::new();
    let directory = world(&env);
    let mut command = env.other(python);
    command
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/mcp/client.py"))
        .arg(program())
        .arg(id("a0000000"))
        .current_dir(directory);
    let outcome = env.run(command).success();
    assert!(outcome.stdout.contains("9 tools, 1 resource, 2 prompts"), "{outcome}");
}

#[test]
fn the_inspector_lists_and_calls() {
    let Some(inspector) = env::var_os("LORE_MCP_INSPECTOR") else {
        println!("LORE_MCP_INSPECTOR names no inspector: skipped");
        return;
    };
    let env = TestEnv::new();
    let directory = world(&env);
    let session = format!("session_id={}", id("a0000000"));
    let uri = format!("lore://session/{}", id("a0000000"));
    let asked: [(&[&str], &str); 16] = [
        (&["tools/list"], "lore_file_history"),
        (&["tools/call", "--tool-name", "lore_search", "--tool-arg", "query=kettle"], "kettle"),
        (&["tools/call", "--tool-name", "lore_get_session", "--tool-arg", &session], "kettle"),
        (&["tools/call", "--tool-name", "lore_list_sessions", "--tool-arg", "limit=5"], "a0000000"),
        (&["tools/call", "--tool-name", "lore_get_context"], "a0000000"),
        (&["tools/call", "--tool-name", "lore_why", "--tool-arg", "file=kettle.rs"], "boil"),
        (
            &["tools/call", "--tool-name", "lore_file_history", "--tool-arg", "file=kettle.rs"],
            "boil",
        ),
        (
            &[
                "tools/call",
                "--tool-name",
                "lore_get_linked_sessions",
                "--tool-arg",
                "commit_sha=HEAD",
            ],
            "a0000000",
        ),
        (&["tools/call", "--tool-name", "lore_get_memories"], "made of steel"),
        (
            &["tools/call", "--tool-name", "lore_search_memories", "--tool-arg", "query=steel"],
            "made of steel",
        ),
        (&["resources/list"], "lore://session/"),
        (&["resources/templates/list"], "lore://session/{id}"),
        (&["resources/read", "--uri", &uri], "kettle"),
        (&["prompts/list"], "continue"),
        (&["prompts/get", "--prompt-name", "continue"], "kettle"),
        (
            &["prompts/get", "--prompt-name", "why", "--prompt-args", "file=kettle.rs", "lines=1"],
            "kettle",
        ),
    ];
    for (method, says) in asked {
        let mut command = env.other(&inspector);
        command.arg("--cli").arg(program()).args(["mcp", "serve", "--method"]).args(method);
        command.current_dir(&directory);
        // It does not hand the environment on.
        for name in ["HOME", "LORE_HOME"] {
            let value = env.command(&[]);
            let value = value.get_envs().find(|(other, _)| *other == name);
            let value = value.and_then(|(_, value)| value?.to_str()).expect("it is set");
            command.arg("-e").arg(format!("{name}={value}"));
        }
        let outcome = env.run(command).success();
        assert!(outcome.stdout.contains(says), "{method:?}:\n{outcome}");
    }
}
