//! Git neither fails nor waits, whatever is with the store.

use std::time::Instant;

use lore_tests::{Archive, Running};

use super::*;

/// Time after which git must have waited for something: a hook that waits for the store gives up later.
const FAR_TOO_LONG: Duration = Duration::from_secs(20);

impl Repository {
    /// A repository with hooks, and a remote `origin`.
    fn with_hooks_and_remote() -> Self {
        let repository = Self::new();
        let remote = repository.env.root().join("remote");
        let remote = remote.to_str().expect("it is text");
        repository.git(&["init", "--quiet", "--bare", remote]);
        repository.git(&["remote", "add", "origin", remote]);
        repository
    }

    /// Commits and pushes; says how long each took. Both give their streams back.
    #[track_caller]
    fn commit_and_push(&self, what: &str) -> [Duration; 2] {
        let begun = Instant::now();
        self.git(&["commit", "--quiet", "--allow-empty", "--message", what]);
        let committed = begun.elapsed();
        self.git(&["push", "--quiet", "origin", "main"]);
        let took = [committed, begun.elapsed() - committed];
        println!("{what}: commit {:?}, push {:?}", took[0], took[1]);
        assert!(took.iter().all(|took| *took < FAR_TOO_LONG), "{took:?}");
        took
    }

    fn log(&self) -> String {
        fs::read_to_string(self.env.archive("logs/hooks.log")).unwrap_or_default()
    }
}

/// An import that holds the store, and is stopped.
fn stopped_holder(env: &TestEnv) -> Running {
    let _ = Archive { sessions: 120, turns: 60, seed: 7 }.write(env);
    let mut import = env.start(&["import"]);
    let socket = env.archive("store.sock");
    assert!(wait_until(DEADLINE, || socket.exists() || !import.is_running()), "it does not begin");
    let id = import.id().to_string();
    let stopped = Command::new("kill").args(["-STOP", &id]).status().expect("it can be run");
    assert!(stopped.success() && import.is_running(), "it was over before it could be stopped");
    import
}

#[test]
fn the_store_is_held_by_a_stopped_process() {
    let repository = Repository::with_hooks_and_remote();
    repository.commit_and_push("without hooks");
    let _ = repository.install();
    let _ = repository.env.lore(&["config", "set", "commit_footer", "true"]).success();
    let _ = repository.env.lore(&["import"]).success();
    let mut holder = stopped_holder(&repository.env);
    let mut git = repository.git_command(
        &repository.top,
        &["commit", "--allow-empty", "--quiet", "-m", "held, footer"],
    );
    // As long as git may really be made to wait.
    git.env_remove("LORE_HOOK_MILLISECONDS");
    let _ = repository.env.run(git).success();
    let _ = repository.env.lore(&["config", "set", "commit_footer", "false"]).success();
    repository.commit_and_push("held by a stopped process");
    assert!(holder.is_running(), "git has waited for it");

    // Whoever waits in the background gives up, and leaves the commits to the next one.
    let given_up = wait_until(DEADLINE, || repository.log().contains("does not answer"));
    assert!(given_up && holder.is_running(), "{}", repository.log());
    assert!(repository.waiting() > 0);
    holder.kill();
    repository.commit_and_push("not held any more");
    repository.settle();
}

#[test]
fn there_is_no_store() {
    let repository = Repository::with_hooks_and_remote();
    repository.commit_and_push("without hooks");
    let _ = repository.install();
    repository.commit_and_push("no store");
    repository.git(&["commit", "--amend", "--allow-empty", "--message", "again"]);
    // Nobody who never imported anything gets an archive from a hook.
    assert!(!repository.env.archive("").exists());
}

#[test]
fn the_store_is_damaged() {
    let repository = Repository::with_hooks_and_remote();
    repository.commit_and_push("without hooks");
    let _ = repository.install();
    fs::create_dir(repository.env.archive("")).expect("it can be made");
    fs::write(repository.env.archive("lore.db"), "no store at all").expect("it can be written");
    repository.commit_and_push("damaged");
    assert!(wait_until(DEADLINE, || repository.log().contains("lore.db")), "nothing was noted");
    let mode = fs::metadata(repository.env.archive("logs/hooks.log")).expect("it is there");
    assert_eq!(mode.permissions().mode() & 0o777, 0o600);
    let lines = repository.log().lines().count();
    assert_eq!(lines, 1, "{}", repository.log());
    // What was to be done is not forgotten; here, nobody is going to do it.
    assert!(repository.waiting() > 0);
    fs::remove_file(repository.env.archive("hooks/queue")).expect("it can be removed");
}

#[test]
fn lore_is_gone() {
    let repository = Repository::with_hooks_and_remote();
    let _ = repository.install();
    let ours = program().to_str().expect("it is text");
    for hook in HOOKS {
        let path = format!(".git/hooks/{hook}");
        let text = repository.read(&path).replace(ours, "/no/lore");
        repository.script(&path, &text, 0o755);
    }
    let mut git = repository.git_command(&repository.top, &["commit", "--allow-empty", "-m", "x"]);
    git.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let outcome = repository.env.run(git).success();
    assert_eq!(outcome.stderr, "");
}

#[test]
fn the_log_does_not_grow_for_ever() {
    let repository = Repository::with_hooks_and_remote();
    let _ = repository.install();
    fs::create_dir_all(repository.env.archive("logs")).expect("it can be made");
    fs::write(repository.env.archive("lore.db"), "no store at all").expect("it can be written");
    let old = "old\n".repeat(1 << 18);
    fs::write(repository.env.archive("logs/hooks.log"), &old).expect("it can be written");
    let _ = repository.commit("second");
    assert!(wait_until(DEADLINE, || repository.log().contains("lore.db")), "nothing was noted");
    let kept = fs::read_to_string(repository.env.archive("logs/hooks.log.1"));
    assert_eq!(kept.expect("it is kept"), old);
    assert!(repository.log().len() < 1000);
    fs::remove_file(repository.env.archive("hooks/queue")).expect("it can be removed");
}
