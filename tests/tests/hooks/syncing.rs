//! A push leads to a sync with the remote, which nobody waits for.

use std::time::Instant;

use super::*;

/// Time after which a push must have waited for a sync: one that hangs is given up later.
const FAR_TOO_LONG: Duration = Duration::from_secs(60);

const SESSION: &str = "11111111-1111-4111-8111-111111111111";

impl Repository {
    /// A repository with hooks, a session, an archive, a store that can be synced, and a remote `origin` of which
    /// everything that is asked for is written down.
    fn with_store_and_remote() -> Self {
        let repository = Self::new();
        let remote = repository.env.root().join("remote");
        let remote = remote.to_str().expect("it is text");
        repository.git(&["init", "--quiet", "--bare", remote]);
        repository.git(&["remote", "add", "origin", remote]);
        repository.session(SESSION, "descale.md", "Vinegar.\n");
        let _ = repository.env.lore(&["import"]).success();
        let _ = repository.install();
        let mut setup = repository.env.command(&["sync", "setup", "--passphrase-stdin"]);
        setup.current_dir(&repository.top);
        let _ = repository.env.answer(setup, "seven kettles under one bridge\n").success();
        repository.asked("exec git-upload-pack \"$@\"");
        repository
    }

    /// Who fetches from the remote, as a sync does and a push does not, is written down; then this is
    /// done.
    fn asked(&self, then: &str) {
        let text = format!("#!/bin/sh\necho $$ >>\"$0.log\"\n{then}\n");
        // By a shell: a name without a blank.
        let path = self.script("../asked", &text, 0o755);
        let path = path.canonicalize().expect("it is there");
        self.git(&["config", "remote.origin.uploadpack", path.to_str().expect("it is text")]);
    }

    /// How often the remote was asked.
    fn times(&self) -> usize {
        self.read("../asked.log").lines().count()
    }

    /// A push of a new commit.
    #[track_caller]
    fn push(&self) {
        self.git(&["commit", "--quiet", "--allow-empty", "--message", "next"]);
        let begun = Instant::now();
        self.git(&["push", "--quiet", "origin", "main"]);
        let took = begun.elapsed();
        println!("the push took {took:?}");
        assert!(took < FAR_TOO_LONG, "it waited for the sync");
    }

    /// The syncs that are still to be done.
    fn syncs(&self) -> Vec<Value> {
        let Ok(file) = fs::File::open(self.env.archive("hooks/syncs")) else { return Vec::new() };
        file.lock_shared().expect("it can be locked");
        let text = std::io::read_to_string(&file).expect("it can be read");
        text.lines().map(|line| serde_json::from_str(line).expect("a task")).collect()
    }

    /// Waits until no sync is left to be done; then the remote has the session.
    #[track_caller]
    fn synced(&self) {
        let done = wait_until(DEADLINE, || self.times() > 0 && self.syncs().is_empty());
        assert!(done, "{:?}", self.syncs());
        let store =
            ["--git-dir", "../../remote", "ls-tree", "-r", "--name-only", "refs/lore/sessions"];
        let held = self.git(&store);
        assert!(held.stdout.contains(&format!("{SESSION}/head")), "{held}");
    }

    /// Ends what hangs at the remote.
    fn release(&self) {
        for pid in self.read("../asked.log").lines() {
            // Some are gone already.
            let _ = Command::new("kill").args(["-KILL", pid]).output();
        }
    }
}

#[test]
fn a_push_is_followed_by_a_sync() {
    let repository = Repository::with_store_and_remote();
    repository.push();
    repository.synced();
    assert_eq!(repository.times(), 1);
    repository.settle();
}

#[test]
fn where_there_is_no_store_nothing_is_begun() {
    let repository = Repository::with_store_and_remote();
    let store = repository.git(&["rev-parse", "refs/lore/sessions"]);
    for reference in ["refs/lore/sessions", "refs/lore/remotes/origin/sessions"] {
        repository.git(&["update-ref", "-d", reference]);
    }
    repository.push();
    // A push to an address, and one of Lore's own.
    repository.git(&["update-ref", "refs/lore/sessions", store.stdout.trim()]);
    let remote = repository.env.root().join("remote");
    repository.git(&["push", "--quiet", remote.to_str().expect("it is text"), "main:other"]);
    let mut push =
        repository.git_command(&repository.top, &["push", "--quiet", "origin", "main:more"]);
    push.env("LORE_SYNC_HOOK", "1");
    let _ = repository.env.run(push).success();
    // What those would have begun comes before what this one begins.
    repository.settle();
    repository.push();
    repository.synced();
    assert_eq!(repository.times(), 1);
    repository.settle();
}

#[test]
fn a_remote_that_hangs_holds_up_no_push_and_is_asked_once() {
    let repository = Repository::with_store_and_remote();
    repository.asked("exec sleep 1000");
    repository.push();
    assert!(wait_until(DEADLINE, || repository.times() == 1), "the remote is not asked");
    // While it hangs: neither a second sync, nor a list that grows, nor commits that are not linked.
    for _ in 0..3 {
        repository.push();
    }
    repository.settle();
    assert!(wait_until(DEADLINE, || repository.syncs().len() == 2), "{:?}", repository.syncs());
    assert_eq!(repository.times(), 1);
    let begun = |task: &Value| task["task"]["sync"]["begun"].as_bool().expect("a switch");
    assert_eq!(repository.syncs().iter().map(begun).collect::<Vec<_>>(), [true, false]);
    // It answers again: what was asked for meanwhile is done.
    repository.asked("exec git-upload-pack \"$@\"");
    repository.release();
    repository.synced();
    assert_eq!(repository.times(), 2);
}

#[test]
fn what_fails_is_made_up_for_by_the_next_hook() {
    let repository = Repository::with_store_and_remote();
    repository.asked("exit 1");
    repository.push();
    let failed = |task: &Value| task["task"]["sync"]["failures"] == 1;
    let noted = wait_until(DEADLINE, || repository.syncs().iter().any(failed));
    assert!(noted, "{:?}", repository.syncs());
    let log = fs::read_to_string(repository.env.archive("logs/hooks.log")).expect("it is noted");
    assert!(log.contains("pre-push") && log.contains("`origin`"), "{log}");

    // Not before a while has passed.
    repository.asked("exec git-upload-pack \"$@\"");
    let _ = repository.commit("soon");
    repository.settle();
    assert_eq!((repository.times(), repository.syncs().len()), (1, 1));
    let queue = repository.env.archive("hooks/syncs");
    let mut task = repository.syncs().remove(0);
    task["task"]["sync"]["due"] = 0.into();
    fs::write(&queue, format!("{task}\n")).expect("it can be written");
    let _ = repository.commit("later");
    repository.synced();
    assert_eq!(repository.times(), 2);
    repository.settle();
}
