//! What a person sees and types at a terminal.

use lore_tests::{ClaudeCode, Repository, Terminal, TestEnv, minute};

#[test]
fn a_question_waits_for_its_answer() {
    let env = TestEnv::new();
    let repository = Repository::new(&env, "kettle");
    let directory = repository.directory().to_str().expect("it is text");
    let session = ClaudeCode::new("aaaa1111-0000-4000-8000-00000000000a");
    let mut session = session.at(&minute(0)).directory(directory);
    session.user("Write down how the kettle is descaled.");
    repository.create(&mut session, "descaling.txt", "With vinegar.\n");
    env.claude_code(&session);
    let _ = env.lore(&["import"]).success();
    let commit = repository.commit(&minute(5), "How to descale");
    let _ = repository.lore(&["link", "aaaa1111", "--commit", &commit]).success();

    for (answer, links) in [("n", 1), ("y", 0)] {
        let mut command = env.command(&["unlink", "aaaa1111"]);
        command.current_dir(repository.directory());
        let mut terminal = Terminal::start(&env, command);
        let before = terminal.expect("Unlink? (y/N): ");
        assert!(before.contains(&commit[..8]) && before.contains("How to descale"), "{before}");
        terminal.send_line(answer);
        let outcome = terminal.end().success();
        assert!(outcome.stdout.contains(&format!("(y/N): {answer}\n")), "{outcome}");
        let shown = env.json(&["show", "aaaa1111"]);
        assert_eq!(shown["links"].as_array().expect("a list").len(), links, "{shown}");
    }
}
