//! Hooks come, beside those that are there, and go.

use super::*;

/// A hook that writes down what it is given, and ends with that status.
fn recording(status: u32) -> String {
    format!("#!/bin/sh\nprintf '%s|' \"$@\" >>arguments.log\ncat >>input.log\nexit {status}\n")
}

#[test]
fn hooks_come_and_go() {
    let repository = Repository::new();
    let before = repository.files(".git/hooks");
    assert_eq!(repository.states(), ["not_installed"; 4]);

    let outcome = repository.install();
    assert_eq!(outcome.stdout.matches("installed").count(), 4, "{outcome}");
    assert_eq!(repository.states(), ["installed"; 4]);
    let installed = repository.files(".git/hooks");
    for hook in HOOKS {
        assert_eq!(installed[hook].1 & 0o777, 0o755, "{hook}");
    }

    let outcome = repository.install();
    assert_eq!(outcome.stdout.matches("nothing to do").count(), 4, "{outcome}");
    assert_eq!(repository.files(".git/hooks"), installed);

    let _ = repository.lore(&["hooks", "uninstall"]).success();
    assert_eq!(repository.files(".git/hooks"), before);
    let _ = repository.lore(&["hooks", "uninstall"]).success();
    assert_eq!(repository.states(), ["not_installed"; 4]);
}

#[test]
fn a_hook_that_was_there_gets_what_git_gives() {
    let repository = Repository::new();
    for hook in HOOKS {
        repository.script(&format!(".git/hooks/{hook}"), &recording(0), 0o755);
    }
    repository.write(".git/info/exclude", "*.log\n");
    let before = repository.files(".git/hooks");
    assert_eq!(repository.states(), ["other"; 4]);
    let _ = repository.install();
    assert_eq!(repository.states(), ["chained"; 4]);

    let remote = repository.env.root().join("remote");
    repository.git(&["init", "--quiet", "--bare", remote.to_str().expect("it is text")]);
    repository.git(&["remote", "add", "origin", remote.to_str().expect("it is text")]);
    let url = remote.display();

    let _ = repository.commit("second");
    assert_eq!(repository.read("arguments.log"), ".git/COMMIT_EDITMSG|message||");
    let old = repository.id("HEAD");
    repository.git(&["commit", "--amend", "--message", "third"]);
    let new = repository.id("HEAD");
    assert_eq!(repository.read("input.log"), format!("{old} {new}\n"));
    repository.write("arguments.log", "");
    repository.write("input.log", "");
    repository.git(&["push", "--quiet", "origin", "main"]);
    assert_eq!(repository.read("arguments.log"), format!("origin|{url}|"));
    let nothing = "0".repeat(40);
    assert_eq!(
        repository.read("input.log"),
        format!("refs/heads/main {new} refs/heads/main {nothing}\n")
    );

    let _ = repository.lore(&["hooks", "uninstall"]).success();
    assert_eq!(repository.files(".git/hooks"), before);
}

#[test]
fn a_hook_that_was_there_decides() {
    let repository = Repository::new();
    for hook in ["prepare-commit-msg", "pre-push"] {
        repository.script(&format!(".git/hooks/{hook}"), &recording(7), 0o755);
    }
    let _ = repository.install();
    let remote = repository.env.root().join("remote");
    let remote = remote.to_str().expect("it is text");
    repository.git(&["init", "--quiet", "--bare", remote]);
    let head = repository.id("HEAD");
    for arguments in [&["commit", "--allow-empty", "-m", "x"][..], &["push", remote, "main"]] {
        let outcome = repository.env.run(repository.git_command(&repository.top, arguments));
        assert_ne!(outcome.code(), Some(0), "{outcome}");
    }
    assert_eq!(repository.id("HEAD"), head);
    let pushed = repository.git(&["ls-remote", remote]);
    assert_eq!(pushed.stdout, "");

    // Lore's own push is not the person's.
    let mut push = repository.git_command(&repository.top, &["push", "--quiet", remote, "main"]);
    push.env("LORE_SYNC_HOOK", "1");
    let _ = repository.env.run(push).success();
}

#[test]
fn a_hook_that_is_out_of_use_stays_so() {
    let repository = Repository::new();
    let text = "#!/bin/sh\necho >>ran.log\n";
    repository.script(".git/hooks/post-commit", text, 0o644);
    let before = repository.files(".git/hooks");
    let _ = repository.install();
    let _ = repository.commit("second");
    assert_eq!(repository.read("ran.log"), "");
    let _ = repository.lore(&["hooks", "uninstall"]).success();
    assert_eq!(repository.files(".git/hooks"), before);
}

#[test]
fn force_puts_other_hooks_out_of_use() {
    let repository = Repository::new();
    repository.script(".git/hooks/post-commit", "#!/bin/sh\necho >>ran.log\n", 0o755);
    let before = repository.files(".git/hooks");
    let outcome = repository.lore(&["hooks", "install", "--force"]).success();
    assert!(outcome.stdout.contains("post-commit.backup"), "{outcome}");
    assert_eq!(repository.states(), ["installed"; 4]);
    let _ = repository.commit("second");
    assert_eq!(repository.read("ran.log"), "");
    let _ = repository.lore(&["hooks", "uninstall"]).success();
    assert_eq!(repository.files(".git/hooks"), before);
}

#[test]
fn hooks_of_another_release_are_brought_up_to_date() {
    let repository = Repository::new();
    repository.script(".git/hooks/pre-push", "#!/bin/sh\nexit 0\n", 0o755);
    let _ = repository.install();
    let installed = repository.files(".git/hooks");
    let text = repository.read(".git/hooks/pre-push").replace("lore-hook: 2 ", "lore-hook: 1 ");
    repository.script(".git/hooks/pre-push", &text, 0o755);
    assert_eq!(repository.states(), ["installed", "installed", "installed", "outdated"]);
    let outcome = repository.install();
    assert!(outcome.stdout.contains("brought up to date"), "{outcome}");
    assert_eq!(repository.files(".git/hooks"), installed);
}

#[test]
fn a_linked_script_stays_a_link() {
    let repository = Repository::new();
    repository.script("scripts/commit.sh", "#!/bin/sh\necho ran >>ran.log\n", 0o755);
    let hook = repository.top.join(".git/hooks/post-commit");
    std::os::unix::fs::symlink("../../scripts/commit.sh", &hook).expect("it can be made");
    let _ = repository.install();
    let _ = repository.commit("second");
    assert_eq!(repository.read("ran.log"), "ran\n");
    let _ = repository.lore(&["hooks", "uninstall"]).success();
    let target = fs::read_link(&hook).expect("it is a link again");
    assert_eq!(target, Path::new("../../scripts/commit.sh"));
}

#[test]
fn an_interrupted_installation_is_gone_on_with_or_taken_back() {
    let repository = Repository::new();
    let text = recording(0);
    repository.script(".git/hooks/post-commit", &text, 0o755);
    let before = repository.files(".git/hooks");
    // Killed between the second name and the new file: git still finds the old hook.
    repository.script(".git/hooks/post-commit.lore-chained", &text, 0o755);
    let _ = repository.lore(&["hooks", "uninstall"]).success();
    assert_eq!(repository.files(".git/hooks"), before);
    repository.script(".git/hooks/post-commit.lore-chained", &text, 0o755);
    let _ = repository.install();
    assert_eq!(repository.states()[0], "chained");
    let _ = repository.lore(&["hooks", "uninstall"]).success();
    assert_eq!(repository.files(".git/hooks"), before);
}

#[test]
fn no_hook_is_lost_when_others_write_over_ours() {
    let repository = Repository::new();
    repository.script(".git/hooks/post-commit", "#!/bin/sh\n# the first\n", 0o755);
    let _ = repository.install();
    repository.script(".git/hooks/post-commit", "#!/bin/sh\n# the second\n", 0o755);
    let outcome = repository.lore(&["hooks", "install"]).failure();
    assert!(outcome.stderr.contains("post-commit.lore-chained"), "{outcome}");
    assert!(repository.read(".git/hooks/post-commit").contains("the second"));
    assert!(repository.read(".git/hooks/post-commit.lore-chained").contains("the first"));
}

#[test]
fn lefthook_may_renew_its_hooks() {
    let repository = Repository::new();
    repository.write("lefthook.yml", "post-commit:\n");
    let script =
        |version: u32| format!("#!/bin/sh\n# LEFTHOOK {version}\necho {version} >>ran.log\n");
    repository.script(".git/hooks/post-commit", &script(1), 0o755);
    let outcome = repository.install();
    assert!(outcome.stderr.contains("lefthook install"), "{outcome}");
    repository.script(".git/hooks/post-commit", &script(2), 0o755);
    assert_eq!(repository.states()[0], "other");
    let _ = repository.install();
    assert_eq!(repository.states()[0], "chained");
    let _ = repository.commit("second");
    assert_eq!(repository.read("ran.log"), "2\n");
}
