//! Walks of the history, beside what git lists.

use std::collections::HashSet;

use lore_engine::git::{CommitId, Repository};
use lore_engine::model::Timestamp;

use crate::fixture::{Fixture, START};

/// Two branches that were merged, one that was not, one that was left behind, and a tag.
///
/// ```text
/// first - second - third - merged - last (main)
///              \- side - side2 -/       \- extra (extra)
/// ```
fn branching() -> Fixture {
    let fixture = Fixture::new();
    fixture.write_and_commit("a", "1\n");
    fixture.write_and_commit("a", "2\n");
    fixture.git(&["branch", "old"]);
    fixture.git(&["checkout", "--quiet", "-b", "side"]);
    fixture.write_and_commit("b", "1\n");
    fixture.write_and_commit("b", "2\n");
    fixture.git(&["checkout", "--quiet", "main"]);
    fixture.write_and_commit("a", "3\n");
    fixture.clock.set(fixture.clock.get() + 60);
    fixture.git(&["merge", "--quiet", "--no-ff", "-m", "merged", "side"]);
    fixture.write_and_commit("a", "4\n");
    fixture.git(&["checkout", "--quiet", "-b", "extra"]);
    fixture.write_and_commit("c", "1\n");
    fixture.git(&["checkout", "--quiet", "main"]);
    fixture
}

fn check_walks(fixture: &Fixture) {
    let repository = fixture.open();
    let all = fixture.ids(&["log", "--branches", "--format=%H"]);
    for since in [0, START, START + 60, START + 61, START + 200, START + 300, START + 10_000] {
        let walked = repository.commits_since(Timestamp(since * 1000)).expect("the commits");
        let ids: HashSet<_> = walked.iter().map(|walked| walked.commit.id).collect();
        assert_eq!(ids.len(), walked.len());
        let expected: HashSet<_> =
            all.iter().copied().filter(|id| committed(fixture, *id) >= since).collect();
        assert_eq!(ids, expected, "since {since}");
        let times: Vec<_> = walked.iter().map(|walked| walked.commit.committed).collect();
        assert!(times.is_sorted_by(|one, other| one >= other), "{times:?}");
        for walked in &walked {
            assert_eq!(walked.branches, containing(fixture, walked.commit.id));
        }
    }
    for id in &all {
        let branches = repository.branches_containing(*id).expect("the branches");
        assert_eq!(branches, containing(fixture, *id), "{id}");
    }
    assert_eq!(repository.reachable(&all).expect("it"), all.iter().copied().collect());
}

fn committed(fixture: &Fixture, id: CommitId) -> i64 {
    let time = fixture.git(&["show", "-s", "--format=%ct", &id.to_string()]);
    time.parse().expect("a time")
}

fn containing(fixture: &Fixture, id: CommitId) -> Vec<String> {
    let format = "--format=%(refname:short)";
    let branches = fixture.git(&["branch", "--contains", &id.to_string(), format]);
    branches.lines().filter(|line| !line.starts_with('(')).map(str::to_string).collect()
}

#[test]
fn commits_of_a_time_are_found_on_all_branches() {
    check_walks(&branching());
}

#[test]
fn packed_references_and_a_commit_graph_change_nothing() {
    let fixture = branching();
    fixture.git(&["gc", "--quiet"]);
    check_walks(&fixture);
    fixture.git(&["commit-graph", "write", "--reachable", "--changed-paths"]);
    check_walks(&fixture);
    // A commit that the graph does not know yet.
    fixture.write_and_commit("a", "5\n");
    check_walks(&fixture);
}

#[test]
fn wrong_clocks_hide_nothing() {
    let fixture = branching();
    // A machine that believes it is 1970, and one that is a year ahead.
    for clock in [1_000, START + 31_000_000, START + 900, 2_000, START + 1_000] {
        fixture.clock.set(clock);
        fixture.write_and_commit("a", format!("{clock}\n"));
    }
    check_walks(&fixture);
}

#[test]
fn many_branches_are_told_apart() {
    let fixture = branching();
    for number in 0..130 {
        let tip = ["main", "side", "main~1", "old"][number % 4];
        fixture.git(&["branch", &format!("b{number}"), tip]);
    }
    check_walks(&fixture);
}

#[test]
fn a_commit_says_who_made_it_and_when() {
    let fixture = Fixture::new();
    fixture.write("a", "1\n");
    fixture.clock.set(START);
    fixture.git(&["add", "--all"]);
    let message = "the first\nline of it\n\nand the rest";
    let author = "Zoë Ünal <zoe@example.com>";
    fixture.git(&[
        "commit",
        "--quiet",
        "-m",
        message,
        "--author",
        author,
        "--date=1700000000 +0530",
    ]);
    let commit = fixture.open().commit(fixture.id("HEAD")).expect("it");
    assert_eq!(commit.subject, "the first line of it");
    assert_eq!(commit.author, "Zoë Ünal");
    assert_eq!(commit.author_email, "zoe@example.com");
    assert_eq!(commit.committer_email, "ada@example.com");
    assert_eq!(commit.authored, Timestamp(1_700_000_000_000));
    assert_eq!(commit.committed, Timestamp(START * 1000));
    assert!(commit.parents.is_empty());
}

/// What was amended away and what hangs on a detached HEAD of another working tree.
#[test]
fn what_nothing_leads_to_is_not_reachable() {
    let fixture = branching();
    let amended = fixture.write_and_commit("d", "0\n");
    fixture.git(&["commit", "--quiet", "--amend", "-m", "better"]);
    fixture.git(&["checkout", "--quiet", "--detach"]);
    let tagged = fixture.write_and_commit("d", "1\n");
    fixture.git(&["tag", "-a", "-m", "kept", "v1"]);
    let remote = fixture.write_and_commit("d", "2\n");
    fixture.git(&["update-ref", "refs/remotes/origin/topic", "HEAD"]);
    let detached = fixture.write_and_commit("d", "3\n");
    let linked = fixture.folder.path().join("linked");
    fixture.git(&["worktree", "add", "--quiet", "--detach", &linked.to_string_lossy()]);
    fixture.git(&["checkout", "--quiet", "main"]);
    fixture.write("a", "changed\n");
    fixture.git(&["stash", "--quiet"]);
    let stashed = fixture.id("refs/stash");
    let private = fixture.git(&["commit-tree", "-m", "not a branch", "HEAD^{tree}"]);
    fixture.git(&["update-ref", "refs/notes/x", &private]);
    let private = crate::fixture::id(&private);
    let missing = crate::fixture::id(&"1".repeat(40));

    let asked = [amended, tagged, remote, detached, stashed, private, missing, fixture.id("side")];
    let found = fixture.open().reachable(&asked).expect("an answer");
    let expected = HashSet::from([tagged, remote, detached, stashed, fixture.id("side")]);
    assert_eq!(found, expected);
    assert!(fixture.open().contains(amended));
    assert!(!fixture.open().contains(missing));
    assert!(!fixture.open().contains(fixture.id("HEAD^{tree}")));

    let walked = fixture.open().commits_since(Timestamp(0)).expect("the commits");
    let on_none: Vec<_> = walked.iter().filter(|walked| walked.branches.is_empty()).collect();
    let on_none: Vec<_> = on_none.into_iter().map(|walked| walked.commit.id).collect();
    assert_eq!(on_none, [detached, remote, tagged]);
}

#[track_caller]
fn check_range(fixture: &Fixture, repository: &Repository, range: &str, arguments: &[&str]) {
    let mut all = vec!["log", "--reverse", "--format=%H"];
    all.extend(arguments);
    let commits = repository.range(range).expect(range);
    let ids: Vec<_> = commits.iter().map(|commit| commit.id).collect();
    assert_eq!(ids, fixture.ids(&all), "{range}");
}

#[test]
fn ranges_are_those_of_git_log() {
    let fixture = branching();
    let repository = fixture.open();
    for range in [
        "main~1..main",
        "old..main",
        "side..extra",
        "main..old",
        "main..extra",
        "extra~4..extra",
        "..extra",
        "old..",
    ] {
        check_range(&fixture, &repository, range, &[range]);
    }
    check_range(&fixture, &repository, "side...main", &["side..main"]);
    check_range(&fixture, &repository, "main...extra", &["main..extra"]);
    check_range(&fixture, &repository, "extra", &["main..extra"]);
    // What the default branch holds already is asked about for itself.
    check_range(&fixture, &repository, "side", &["-1", "side"]);
    check_range(&fixture, &repository, "main~1", &["-1", "main~1"]);
    assert!(repository.range("nothing..main").is_err());
    assert!(repository.range("nothing").is_err());
}

#[test]
fn the_default_branch_is_the_remotes_or_has_a_usual_name() {
    let fixture = Fixture::with(&["init", "--initial-branch=trunk"]);
    fixture.write_and_commit("a", "1\n");
    fixture.git(&["checkout", "--quiet", "-b", "topic"]);
    fixture.write_and_commit("a", "2\n");
    // Nothing tells which branch it left, so all of it is its own.
    check_range(&fixture, &fixture.open(), "topic", &["topic"]);
    fixture.git(&["config", "init.defaultBranch", "trunk"]);
    check_range(&fixture, &fixture.open(), "topic", &["trunk..topic"]);
    fixture.git(&["branch", "master", "topic"]);
    fixture.write_and_commit("a", "3\n");
    check_range(&fixture, &fixture.open(), "topic", &["master..topic"]);
    fixture.git(&["update-ref", "refs/remotes/origin/trunk", "trunk"]);
    fixture.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk"]);
    check_range(&fixture, &fixture.open(), "topic", &["trunk..topic"]);
}
