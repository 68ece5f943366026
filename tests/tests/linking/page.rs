//! Every example of the page of `lore link`, and of `unlink` and `show` with commits.
//!
//! The page fixes what is printed; where it does not say on which stream a question stands, or how
//! sure a link is, snapshots leave that out.

use insta::assert_snapshot;
use lore_tests::{ClaudeCode, Outcome, Repository, TestEnv, minute, minutes_ago};

use super::{commits, everything, linked, named, told, without_shares};

/// The session that did the work, one that looked at it, and one of another project.
const WORK: &str = "c9731a91-4f2b-4e8a-9c3d-1a2b3c4d5e6f";
const LOOK: &str = "abc12345-0000-4000-8000-0000000000aa";
const OTHER: &str = "def45678-0000-4000-8000-0000000000bb";

const QUESTION: &str = "Apply these links? (y/N)";

fn held(id: &str, directory: &str) -> ClaudeCode {
    ClaudeCode::new(id).directory(directory)
}

/// Three commits: one before all sessions, one that the session made, one made by hand after it.
struct Page<'env> {
    repository: Repository<'env>,
    begin: String,
    fix: String,
    later: String,
}

impl<'env> Page<'env> {
    fn new(env: &'env TestEnv) -> Self {
        let repository = Repository::new(env, "shop");
        let top = repository.directory().display().to_string();
        repository
            .write("src/login.rs", "pub fn login(name: &str) -> bool {\n    name.is_empty()\n}\n");
        let begin = repository.commit(&minute(-600), "Begin");
        repository.ask(&["tag", "v1.0.0"]);

        let (mut work, mut look) = (held(WORK, &top), held(LOOK, &top));
        work.resume(&minute(80));
        work.user("Nobody can log in. Fix that, and test it.");
        let (wrong, right) = ("    name.is_empty()", "    !name.trim().is_empty()");
        repository.edit(&mut work, "src/login.rs", wrong, right);
        let test = "#[test]\nfn ada_can_log_in() {\n    assert!(login(\"ada\"));\n}\n";
        repository.create(&mut work, "tests/login.rs", test);
        repository.create(&mut work, "NEWS.md", "- People can log in again.\n");
        look.resume(&minute(82));
        look.user("What does logging in do?");
        look.read(&repository.path("src/login.rs"), &repository.read("src/login.rs"));
        look.assistant("It looks at the name.");
        let fix = repository.commit(&minute(90), "Fix login bug");
        work.resume(&minute(92));
        work.assistant("People can log in, and there is a test.");
        repository.write("src/logout.rs", "pub fn log_out_by_hand() {}\n");
        let later = repository.commit(&minute(2000), "Add logout");

        let mut other = held(OTHER, env.work().to_str().expect("a plain name"));
        other.resume(&minute(85));
        other.user("What is the weather like?");
        other.assistant("It is wet.");
        for session in [&work, &look, &other] {
            env.claude_code(session);
        }
        let _ = env.lore(&["import"]).success();
        Self { repository, begin, fix, later }
    }

    fn names(&self) -> [(&str, &str); 3] {
        [(&self.begin, "[BEGIN]"), (&self.fix, "[FIX]"), (&self.later, "[LATER]")]
    }

    fn told(&self, outcome: &Outcome) -> String {
        without_shares(&told(outcome, &self.names()))
    }

    /// What is shown before the question, which is asked.
    #[track_caller]
    fn preview(&self, outcome: &Outcome) -> String {
        assert_eq!(outcome.code(), Some(0), "{outcome}");
        assert!(everything(outcome).contains(QUESTION), "nothing is asked:\n{outcome}");
        let shown = outcome.stdout.split(QUESTION).next().unwrap_or_default();
        without_shares(&named(shown.trim_end(), &self.names()))
    }

    fn linked(&self, commit: &str) -> Vec<String> {
        linked(&self.repository, commit)
    }
}

#[test]
fn link_to_head_and_to_other_commits() {
    let env = TestEnv::new();
    let page = Page::new(&env);
    let repository = &page.repository;
    // Without a commit it is the last one, and a few digits of a session are enough.
    assert_snapshot!(page.told(&repository.lore(&["link", "c973"])), @"
    exit 0
    --- stdout
    Linking to commit [LATER]
      Linked session c9731a91 -> commit [LATER]
    ");
    assert_eq!(page.linked("HEAD"), ["c9731a91"]);
    assert_snapshot!(page.told(&repository.lore(&["link", WORK, "def456", "--commit", &page.fix[..7]])), @"
    exit 0
    --- stdout
    Linking to commit [FIX]
      Linked session c9731a91 -> commit [FIX]
      Linked session def45678 -> commit [FIX]
    ");
    assert_eq!(page.linked(&page.fix), ["c9731a91", "def45678"]);
    assert_snapshot!(page.told(&repository.lore(&["link", "abc123", "--commit", "v1.0.0"])), @"
    exit 0
    --- stdout
    Linking to commit [BEGIN]
      Linked session abc12345 -> commit [BEGIN]
    ");
    assert_eq!(page.linked("v1.0.0"), ["abc12345"]);
    assert_snapshot!(page.told(&repository.lore(&["link", "def456", "--commit", "main"])), @"
    exit 0
    --- stdout
    Linking to commit [LATER]
      Linked session def45678 -> commit [LATER]
    ");
    assert_eq!(commits(repository, "def456"), sorted([&page.fix, &page.later]));
    assert_eq!(commits(repository, "c9731a91"), sorted([&page.fix, &page.later]));

    // Once more changes nothing.
    let again = repository.lore(&["link", "c973", "--commit", &page.fix]).success();
    assert!(!again.stdout.contains("Linked session"), "{again}");
    assert_eq!(commits(repository, "c9731a91"), sorted([&page.fix, &page.later]));
    // A link that a person made is not a guess.
    let shown = repository.json(&["show", "c973"]);
    assert!(shown["links"][0]["confidence"].is_null(), "{:#}", shown["links"]);
}

#[test]
fn link_changes_nothing_in_a_dry_run() {
    let env = TestEnv::new();
    let page = Page::new(&env);
    let repository = &page.repository;
    assert_snapshot!(page.told(&repository.lore(&["link", "c9731a91", "--dry-run"])), @"
    exit 0
    --- stdout
    Linking to commit [LATER]
      [dry-run] Would link session c9731a91 -> commit [LATER]
    ");
    for arguments in [
        &["link", "--auto", "--commit", "HEAD~1", "--dry-run"][..],
        &["link", "--auto", "--backfill", "--dry-run"],
        &["link", "--auto", "--backfill", "--dry-run", "--yes"],
    ] {
        let outcome = repository.lore(arguments).success();
        assert!(outcome.stdout.contains("[dry-run] Would link c9731a91"), "{outcome}");
        assert!(!everything(&outcome).contains(QUESTION), "{outcome}");
    }
    for commit in ["HEAD", "HEAD~1", "HEAD~2"] {
        assert!(page.linked(commit).is_empty(), "{commit}");
    }
}

#[test]
fn link_refuses_what_it_cannot_find() {
    let env = TestEnv::new();
    let page = Page::new(&env);
    let repository = &page.repository;
    for arguments in [
        &["link", "ffff"][..],
        &["link", "c973", "--commit", "no-such-branch"],
        &["link", "c973", "ffff"],
        &["unlink", "ffff", "--yes"],
    ] {
        let outcome = repository.lore(arguments).failure();
        let wanted = if arguments.contains(&"ffff") { "ffff" } else { "no-such-branch" };
        assert!(outcome.stderr.contains(wanted), "{outcome}");
    }
    for commit in ["HEAD", "HEAD~1", "HEAD~2"] {
        assert!(page.linked(commit).is_empty(), "{commit}");
    }
    for arguments in [
        &["link"][..],
        &["link", "--backfill"],
        &["link", "--auto", "--threshold", "1.5"],
        &["link", "--auto", "--threshold", "many"],
        &["link", "--auto", "--current"],
    ] {
        let outcome = repository.lore(arguments);
        assert!(matches!(outcome.code(), Some(1 | 2)), "{arguments:?}: {outcome}");
        assert!(!outcome.stderr.is_empty(), "{arguments:?}: {outcome}");
    }
}

#[test]
fn link_current_finds_who_is_at_work() {
    let env = TestEnv::new();
    let page = Page::new(&env);
    let repository = &page.repository;
    let top = repository.directory().display().to_string();

    // Nobody is at work yet: the sessions of the page ended long ago.
    let nobody = repository.lore(&["link", "--current"]).success();
    assert!(!nobody.stdout.contains("Linked session"), "{nobody}");
    assert!(page.linked("HEAD").is_empty());

    let mut now = held("c0ffee00-0000-4000-8000-0000000000cc", &top);
    now.resume(&minutes_ago(30));
    now.user("Rename the function.");
    let before = "log_out_by_hand";
    repository.edit(&mut now, "src/logout.rs", before, "log_out_everywhere");
    now.resume(&minutes_ago(1));
    now.assistant("It is renamed.");
    let mut elsewhere = held("c0ffee11-0000-4000-8000-0000000000dd", &format!("{top}-old"));
    elsewhere.resume(&minutes_ago(1));
    elsewhere.user("Go on elsewhere.");
    elsewhere.assistant("Yes.");
    env.claude_code(&now);
    env.claude_code(&elsewhere);
    let _ = env.lore(&["import"]).success();
    let commit = repository.commit(&minutes_ago(0), "Rename logout");
    let names = [(commit.as_str(), "[COMMIT]"), (&page.later, "[LATER]")];

    let outcome = repository.lore(&["link", "--current", "--dry-run"]).success();
    assert_snapshot!(told(&outcome, &names), @"
    exit 0
    --- stdout
    Found 1 active session(s) in [ROOT]/work/shop
    Linking to commit [COMMIT]
      [dry-run] Would link session c0ffee00 -> commit [COMMIT]
    ");
    assert!(page.linked("HEAD").is_empty());
    assert_snapshot!(told(&repository.lore(&["link", "--current"]), &names), @"
    exit 0
    --- stdout
    Found 1 active session(s) in [ROOT]/work/shop
    Linking to commit [COMMIT]
      Linked session c0ffee00 -> commit [COMMIT]
    ");
    assert_eq!(page.linked("HEAD"), ["c0ffee00"]);
    assert_snapshot!(told(&repository.lore(&["link", "--current", "--commit", "HEAD~1"]), &names), @"
    exit 0
    --- stdout
    Found 1 active session(s) in [ROOT]/work/shop
    Linking to commit [LATER]
      Linked session c0ffee00 -> commit [LATER]
    ");
    let again = repository.lore(&["link", "--current"]).success();
    assert!(!again.stdout.contains("Linked session"), "{again}");
    assert_eq!(commits(repository, "c0ffee00"), sorted([&commit, &page.later]));
    assert!(commits(repository, "c0ffee11").is_empty());
}

#[test]
fn link_auto_shows_asks_and_links() {
    let env = TestEnv::new();
    let page = Page::new(&env);
    let repository = &page.repository;
    let preview = ["link", "--auto", "--commit", "HEAD~1"];
    // No is what it takes for an answer, too, if there is none.
    let shown = page.preview(&repository.answer(&preview, "n\n"));
    assert_snapshot!(shown, @"
    Auto-linking to commit [FIX]
      Commit: Fix login bug (2026-02-03 10:30)
      Files changed: 3
      Threshold: 60%

    Found 2 candidate session(s)
      Skipped abc12345 (confidence: [N]% < 60%)
    1 session(s) meet the confidence threshold:
      [dry-run] Would link c9731a91 -> [FIX] (confidence: [N]%)
    ");
    assert!(page.linked(&page.fix).is_empty());
    for answer in ["\n", "", "perhaps\n"] {
        assert_eq!(page.preview(&repository.answer(&preview, answer)), shown, "{answer:?}");
        assert!(page.linked(&page.fix).is_empty(), "answered {answer:?}");
    }
    assert!(page.preview(&repository.answer(&preview, "y\n")).contains("c9731a91"));
    assert_eq!(page.linked(&page.fix), ["c9731a91"]);
    assert_eq!(commits(repository, "c9731a91"), [page.fix.as_str()]);

    // It is known how sure the link is, and both sides tell.
    let of_session = repository.json(&["show", "c973"]);
    let confidence = of_session["links"][0]["confidence"].as_f64().expect("a number");
    assert!((0.6..=1.0).contains(&confidence), "{confidence}");
    let of_commit = repository.json(&["show", "--commit", "HEAD~1"]);
    assert_eq!(of_commit["sessions"][0]["confidence"], of_session["links"][0]["confidence"]);
    assert_eq!(of_commit["commit_sha"], page.fix);
    let text = repository.lore(&["show", "c973"]).success();
    assert!(text.stdout.contains(&page.fix[..7]), "{text}");
    let text = repository.lore(&["show", "--commit", "HEAD~1"]).success();
    let percent = format!("{:.0}%", confidence * 100.0);
    for part in ["Fix login bug", "c9731a91", &page.fix[..7], &percent] {
        assert!(text.stdout.contains(part), "`{part}`:\n{text}");
    }

    // What is linked is not proposed again.
    let again = repository.lore(&["link", "--auto", "--commit", "HEAD~1", "--yes"]).success();
    assert!(!again.stdout.contains("link c9731a91"), "{again}");
    assert_eq!(page.linked(&page.fix), ["c9731a91"]);
}

#[test]
fn link_auto_keeps_to_its_threshold() {
    let env = TestEnv::new();
    let page = Page::new(&env);
    let repository = &page.repository;
    let commit = ["link", "--auto", "--commit", "HEAD~1"];
    let preview = repository.answer(&[&commit[..], &["--threshold", "0.8"]].concat(), "n\n");
    let preview = page.preview(&preview);
    assert!(preview.contains("  Threshold: 80%\n"), "{preview}");
    assert!(preview.contains("(confidence: [N]% < 80%)"), "{preview}");
    let all = repository.answer(&[&commit[..], &["--threshold", "0"]].concat(), "n\n");
    let all = page.preview(&all);
    assert!(all.contains("2 session(s) meet the confidence threshold:"), "{all}");
    assert!(all.contains("[dry-run] Would link abc12345 -> [FIX] (confidence: [N]%)"), "{all}");

    // A commit made by hand when no session was at work has none to propose.
    let nothing = repository.lore(&["link", "--auto", "--yes"]).success();
    assert!(nothing.stdout.contains("Auto-linking to commit"), "{nothing}");
    assert!(page.linked("HEAD").is_empty());
    let applied = repository.lore(&[&commit[..], &["--yes"]].concat()).success();
    assert!(!everything(&applied).contains(QUESTION), "{applied}");
    assert_eq!(page.linked("HEAD~1"), ["c9731a91"]);
}

#[test]
fn link_explains_what_speaks_for_it() {
    let env = TestEnv::new();
    let page = Page::new(&env);
    let repository = &page.repository;
    let plain = ["link", "--auto", "--commit", "HEAD~1", "--dry-run"];
    let explained = [&plain[..], &["--explain"]].concat();
    let (plain, explained) =
        (repository.lore(&plain).success(), repository.lore(&explained).success());
    let told = explained.stdout.to_lowercase();
    for factor in ["time", "file", "branch", "content"] {
        assert!(told.contains(factor), "`{factor}` is not told of:\n{explained}");
    }
    assert!(explained.stdout.len() > plain.stdout.len(), "{plain}\n{explained}");
    let json = repository.json(&["link", "--auto", "--commit", "HEAD~1", "--dry-run"]);
    let json = json.to_string();
    for factor in [WORK, &page.fix, "confidence", "time", "files", "branch", "content"] {
        assert!(json.contains(factor), "`{factor}` is not told of: {json}");
    }
    assert!(page.linked("HEAD~1").is_empty());
}

/// The page's world, a session of a directory that is gone, and one whose repository has two commits
/// of its work.
#[test]
fn link_backfill_counts_shows_asks_and_links() {
    let env = TestEnv::new();
    let page = Page::new(&env);
    let second = Repository::new(&env, "till");
    let mut till =
        held("e5f6a7b8-0000-4000-8000-0000000000ee", &second.path("")[..second.path("").len() - 1]);
    till.resume(&minute(3000));
    till.user("Write a till.");
    second.create(&mut till, "src/till.rs", "pub struct Till {\n    cents_inside: u64,\n}\n");
    let feature = second.commit(&minute(3005), "feat: add a till");
    till.resume(&minute(3006));
    second.edit(
        &mut till,
        "src/till.rs",
        "    cents_inside: u64,",
        "    tenths_of_cents_inside: u128,",
    );
    let refactor = second.commit(&minute(3010), "refactor: count finer");
    till.resume(&minute(3012));
    till.assistant("It counts finer.");
    env.claude_code(&till);
    let gone = env.work().join("gone");
    let mut gone =
        held("e0000000-0000-4000-8000-0000000000ff", gone.to_str().expect("a plain name"));
    gone.resume(&minute(10));
    gone.user("This directory will be deleted.");
    gone.assistant("Yes.");
    env.claude_code(&gone);
    let _ = env.lore(&["import"]).success();

    let repository = &page.repository;
    let mut names = page.names().to_vec();
    names.extend([(feature.as_str(), "[FEATURE]"), (&refactor, "[REFACTOR]")]);
    let outcome = repository.answer(&["link", "--auto", "--backfill"], "n\n");
    let shown = named(&page.preview(&outcome), &names);
    // Newest sessions come first; their commits may come in either order.
    let mut lines: Vec<&str> = shown.lines().collect();
    if lines.len() > 3 {
        lines[1..3].sort_unstable();
    }
    assert_snapshot!(lines.join("\n"), @"
    3 session-to-commit link(s) found:
      [dry-run] Would link e5f6a7b8 -> [FEATURE] feat: add a till
      [dry-run] Would link e5f6a7b8 -> [REFACTOR] refactor: count finer
      [dry-run] Would link c9731a91 -> [FIX] Fix login bug
    Scanned 5 ended session(s); 4 with existing directories; 3 in git repos
    Skipped 1 session(s) with missing directories
    Skipped 1 session(s) in non-git directories
    ");
    assert!(page.linked(&page.fix).is_empty());

    let outcome = repository.answer(&["link", "--auto", "--backfill"], "y\n");
    assert!(page.preview(&outcome).contains("3 session-to-commit link(s) found:"));
    assert_eq!(page.linked(&page.fix), ["c9731a91"]);
    assert_eq!(commits(&second, "e5f6a7b8"), sorted([&feature, &refactor]));
    for session in [LOOK, OTHER, "e0000000"] {
        assert!(commits(repository, session).is_empty(), "{session}");
    }

    // There is nothing left, so nothing is asked.
    let again = repository.lore(&["link", "--auto", "--backfill", "--yes"]).success();
    assert!(!again.stdout.contains("Would link") && !again.stdout.contains("Linked"), "{again}");
    let counted = "Scanned 5 ended session(s); 4 with existing directories; 3 in git repos";
    assert!(again.stdout.contains(counted), "{again}");
    let again = repository.lore(&["link", "--auto", "--backfill"]).success();
    assert!(!everything(&again).contains(QUESTION), "{again}");
    assert_eq!(commits(&second, "e5f6a7b8"), sorted([&feature, &refactor]));
}

#[test]
fn link_backfill_leaves_out_who_is_at_work() {
    let env = TestEnv::new();
    // It may have to be built, while the session would grow old.
    let _ = env.lore(&["--version"]).success();
    let repository = Repository::new(&env, "shop");
    let mut now = held(WORK, &repository.path("")[..repository.path("").len() - 1]);
    now.resume(&minutes_ago(20));
    now.user("Write a till.");
    repository.create(&mut now, "src/till.rs", "pub struct Till {\n    cents_inside: u64,\n}\n");
    let commit = repository.commit(&minutes_ago(10), "a till");
    now.resume(&minutes_ago(1));
    now.assistant("It is there.");
    env.claude_code(&now);
    let _ = env.lore(&["import"]).success();
    let outcome = repository.lore(&["link", "--auto", "--backfill", "--yes"]).success();
    assert!(outcome.stdout.contains("Scanned 0 ended session(s)"), "{outcome}");
    assert!(linked(&repository, &commit).is_empty());
}

#[test]
fn unlink_one_and_all() {
    let env = TestEnv::new();
    let page = Page::new(&env);
    let repository = &page.repository;
    for commit in ["HEAD", "HEAD~1", "HEAD~2"] {
        let _ = repository.lore(&["link", "c973", "abc123", "--commit", commit]).success();
    }
    let all = sorted([&page.begin, &page.fix, &page.later]);

    let outcome = repository.answer(&["unlink", "c973"], "n\n");
    assert_eq!(outcome.code(), Some(0), "{outcome}");
    assert!(everything(&outcome).contains('?'), "nothing is asked:\n{outcome}");
    assert_eq!(commits(repository, "c973"), all);
    let _ = repository.lore(&["unlink", "c973", "--commit", &page.fix[..8], "--yes"]).success();
    assert_eq!(commits(repository, "c973"), sorted([&page.begin, &page.later]));
    assert_eq!(page.linked(&page.fix), ["abc12345"]);
    let outcome = repository.answer(&["unlink", "c973"], "y\n");
    assert_eq!(outcome.code(), Some(0), "{outcome}");
    assert!(commits(repository, "c973").is_empty());
    // The other session's are its own.
    assert_eq!(commits(repository, "abc123"), all);
    let _ = repository.lore(&["unlink", "abc123", "--yes"]).success();
    assert!(commits(repository, "abc123").is_empty());

    let nothing = repository.lore(&["unlink", "abc123"]);
    assert_eq!(nothing.code(), Some(0), "{nothing}");
    assert!(!everything(&nothing).trim().is_empty(), "it says that there is nothing");
}

fn sorted<const COUNT: usize>(commits: [&String; COUNT]) -> Vec<String> {
    let mut commits: Vec<String> = commits.into_iter().cloned().collect();
    commits.sort();
    commits
}
