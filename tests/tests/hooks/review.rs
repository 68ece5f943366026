//! `lore review`: a branch, as a report.

use super::*;

const SESSION: &str = "eeee1111-0000-4000-8000-0000000000e1";
const TEXT: &str = "Fill the kettle with vinegar and water.\nBoil it, and wait an hour.\n";

#[test]
fn a_branch_is_reported_and_its_secrets_are_masked() {
    let repository = Repository::new();
    let mut session = repository.session(SESSION, "descaling.md", TEXT);
    // Nobody's: it is put together here.
    let token = format!("ghp_{}", "aB3dE5gH7j".repeat(4));
    session.user(&format!("# Push it\n\nwith {token}, @ada"));
    let path = repository.top.join("rinsing.md");
    let path = path.to_str().expect("it is text");
    let rinsing = "Pour it out, and rinse the kettle twice.\n";
    let input = serde_json::json!({"file_path": path, "content": rinsing});
    session.tool("Write", input, "File created successfully.", false);
    repository.env.claude_code(&session);
    let _ = repository.env.lore(&["import"]).success();
    repository.git(&["checkout", "--quiet", "-b", "descaling"]);
    repository.write("descaling.md", TEXT);
    repository.write("rinsing.md", rinsing);
    repository.git(&["add", "--all"]);
    repository.git(&["commit", "--quiet", "--message", "Tell how to descale"]);
    let _ = repository.commit("The lid is made of glass, and closes tightly.");

    for range in [&["main..descaling"][..], &["descaling"], &[]] {
        let report = repository.lore(&[&["review", "--format", "json"], range].concat()).json();
        assert_eq!(report["commits"].as_array().map(Vec::len), Some(2), "{range:?}: {report}");
        assert_eq!(report["lines"]["session"], 3, "{report}");
        assert_eq!(report["lines"]["hand"], 1, "{report}");
        let first = &report["commits"][0];
        assert_eq!(first["summary"], "Tell how to descale");
        assert_eq!(first["sessions"][0]["session_id"], SESSION);
        assert_eq!(first["prompts"].as_array().map(Vec::len), Some(2));
        assert_eq!(report["commits"][1]["prompts"].as_array().map(Vec::len), Some(0));
        assert_eq!(report["sessions"][0]["prompts"].as_array().map(Vec::len), Some(2));
        assert!(report.to_string().contains(&token), "it is masked without being asked to");
    }

    let outcome = repository.lore(&["review", "--redact"]).success();
    let report = &outcome.stdout;
    assert!(!report.contains(&token), "{outcome}");
    assert!(report.contains("Secrets masked: github-token 1."), "{outcome}");
    assert!(report.starts_with("## ") && !report.contains("\n# "), "{outcome}");
    assert!(!report.contains("@ada"), "{outcome}");
    assert!(report.contains("2 commits: 4 lines added, 75% by sessions, 25% by hand"), "{outcome}");

    let file = repository.env.root().join("review.md");
    let name = file.to_str().expect("it is text");
    let outcome = repository.lore(&["review", "--redact", "--output", name]).success();
    assert_eq!(outcome.stdout, "");
    assert_eq!(&fs::read_to_string(&file).expect("it is written"), report);
}
