//! Where hooks lie: `core.hooksPath`, linked working trees, hook managers.

use super::*;

/// Installs from a directory; the hooks are then in another one, and run.
#[track_caller]
fn check_place(repository: &Repository, from: &Path, expected: &Path) {
    let _ = repository.lore_in(from, &["hooks", "install"]).success();
    for hook in HOOKS {
        assert!(expected.join(hook).is_file(), "`{}` has no {hook}", expected.display());
    }
    let status = repository.lore_in(from, &["hooks", "status", "--format", "json"]).json();
    let directory = status["directory"].as_str().expect("a text");
    assert_eq!(Path::new(directory).canonicalize().expect("it is there"), expected);
    // One of the archive's, so that the hook leaves a trace.
    let _ = repository.env.lore(&["import"]).success();
    let _ = repository.commit("in place");
    let queue = repository.env.archive("hooks/queue");
    assert!(wait_until(DEADLINE, || queue.is_file()), "the hook did not run");
    repository.settle();
    let _ = repository.lore_in(from, &["hooks", "uninstall"]).success();
    assert!(!expected.join("post-commit").exists());
}

#[test]
fn a_relative_directory_is_of_the_top() {
    let repository = Repository::new();
    repository.write("sub dir/x", "x");
    repository.git(&["config", "core.hooksPath", "my hooks"]);
    check_place(&repository, &repository.top.join("sub dir"), &repository.top.join("my hooks"));
}

#[test]
fn an_absolute_directory_is_taken_as_it_is() {
    let repository = Repository::new();
    let hooks = repository.env.root().join("hooks");
    repository.git(&["config", "core.hooksPath", hooks.to_str().expect("it is text")]);
    check_place(&repository, &repository.top, &hooks);
}

#[test]
fn a_directory_may_be_below_home() {
    let repository = Repository::new();
    repository.git(&["config", "core.hooksPath", "~/hooks"]);
    check_place(&repository, &repository.top, &repository.env.home().join("hooks"));
}

#[test]
fn a_directory_that_all_repositories_share_needs_force() {
    let repository = Repository::new();
    let hooks = repository.env.root().join("shared");
    let hooks = hooks.to_str().expect("it is text");
    repository.git(&["config", "--global", "core.hooksPath", hooks]);
    let outcome = repository.lore(&["hooks", "install"]).failure();
    assert!(outcome.stderr.contains("--force"), "{outcome}");
    assert!(!Path::new(hooks).exists());
    fs::create_dir(hooks).expect("it can be made");
    fs::write(Path::new(hooks).join("post-commit"), "#!/bin/sh\n").expect("it can be written");
    let _ = repository.lore(&["hooks", "install", "--force"]).success();
    // What others rely on is chained all the same.
    assert_eq!(repository.states(), ["chained", "installed", "installed", "installed"]);
    // One that is relative is another directory in each repository.
    repository.git(&["config", "--global", "core.hooksPath", ".githooks"]);
    let _ = repository.install();
    assert!(repository.top.join(".githooks/pre-push").is_file());
}

#[test]
fn linked_working_trees_have_the_hooks_of_all() {
    let repository = Repository::new();
    let linked = repository.env.work().join("linked");
    repository.git(&["worktree", "add", "--quiet", linked.to_str().expect("it is text")]);
    check_place(&repository, &linked, &repository.top.join(".git/hooks"));
}

#[test]
fn submodules_have_hooks_of_their_own() {
    let repository = Repository::new();
    let source = repository.env.work().join("lid");
    let source_text = source.to_str().expect("it is text");
    repository.git(&["clone", "--quiet", "--", ".", source_text]);
    let allowed = ["-c", "protocol.file.allow=always"];
    repository.git(&[&allowed[..], &["submodule", "add", "--quiet", source_text, "lid"]].concat());
    let inside = repository.top.join("lid");
    let _ = repository.lore_in(&inside, &["hooks", "install"]).success();
    assert!(repository.top.join(".git/modules/lid/hooks/post-commit").is_file());
    assert_eq!(repository.states(), ["not_installed"; 4]);
}

#[test]
fn husky_runs_a_part_of_the_persons_file() {
    let repository = Repository::new();
    // As husky 9 lays itself out: git runs what it generated, and that runs the person's file.
    let generated = "#!/usr/bin/env sh\nn=$(basename \"$0\")\ns=$(dirname \"$(dirname \"$0\")\")/$n\n\
                     [ ! -f \"$s\" ] && exit 0\nsh -e \"$s\" \"$@\"\n";
    for hook in HOOKS {
        repository.script(&format!(".husky/_/{hook}"), generated, 0o755);
    }
    repository.git(&["config", "core.hooksPath", ".husky/_"]);
    repository.script(".husky/post-commit", "echo ran >>.git/ran.log", 0o644);
    repository.script(".husky/pre-push", "", 0o755);
    let before = (repository.files(".husky/_"), repository.read(".husky/post-commit"));
    let outcome = repository.install();
    assert!(outcome.stderr.contains("husky"), "{outcome}");
    assert_eq!(repository.states(), ["chained", "installed", "installed", "installed"]);
    let text = repository.read(".husky/post-commit");
    assert!(text.starts_with("echo ran >>.git/ran.log\n"), "{text}");
    assert!(!text.contains(program().to_str().expect("it is text")), "{text}");
    let outcome = repository.install();
    assert_eq!(outcome.stdout.matches("nothing to do").count(), 4, "{outcome}");

    let _ = repository.env.lore(&["import"]).success();
    let _ = repository.commit("second");
    assert_eq!(repository.read(".git/ran.log"), "ran\n");
    let queue = repository.env.archive("hooks/queue");
    assert!(wait_until(DEADLINE, || queue.is_file()), "the hook did not run");
    repository.settle();

    // What a person adds stays when ours goes.
    let text = repository.read(".husky/post-commit") + "echo again >>.git/ran.log\n";
    repository.write(".husky/post-commit", &text);
    let _ = repository.lore(&["hooks", "uninstall"]).success();
    let expected = format!("{}echo again >>.git/ran.log\n", before.1);
    assert_eq!(repository.read(".husky/post-commit"), expected);
    assert_eq!(repository.files(".husky/_"), before.0);
    assert!(repository.top.join(".husky/pre-push").is_file());
    assert!(!repository.top.join(".husky/post-rewrite").exists());
}

#[test]
fn outside_of_a_repository_there_are_no_hooks() {
    let repository = Repository::new();
    for action in ["install", "uninstall", "status"] {
        let outcome = repository.env.lore(&["hooks", action]).failure();
        assert!(outcome.stderr.contains("not a git repository"), "{outcome}");
    }
}
