//! Who wrote which line, in the cases that random histories do not reach.

use std::collections::HashSet;

use lore_engine::git::{BlameFile, BlamedLine, CommitId, GitError, Repository};

use crate::fixture::{Fixture, numbered};

/// The commit of a line, the file's path and the line's number there.
pub(crate) type Origin = (Option<CommitId>, String, u32);

pub(crate) fn blame(
    repository: &Repository,
    path: &str,
    rev: Option<CommitId>,
) -> Result<Vec<BlamedLine>, GitError> {
    let ignored = HashSet::new();
    repository.blame(&BlameFile {
        path,
        rev,
        lines: None,
        ignored: &ignored,
        ignore_whitespace: false,
    })
}

pub(crate) fn origins(lines: Vec<BlamedLine>) -> Vec<Origin> {
    lines.into_iter().map(|line| (line.commit, line.original_path, line.original_line)).collect()
}

#[track_caller]
pub(crate) fn lines_of(repository: &Repository, path: &str, rev: Option<CommitId>) -> Vec<Origin> {
    origins(blame(repository, path, rev).expect("the lines"))
}

/// What `git blame` says; a commit of zeros is one that is not made yet.
pub(crate) fn lines_of_git(fixture: &Fixture, arguments: &[&str]) -> Vec<Origin> {
    let mut all = vec!["blame", "--line-porcelain"];
    all.extend(arguments);
    let shown = fixture.git(&all);
    let mut origins = Vec::new();
    let mut current = None;
    for line in shown.lines() {
        let mut words = line.split(' ');
        if line.starts_with('\t') {
            origins.extend(current.take());
        } else if let Some(path) = line.strip_prefix("filename ") {
            let (commit, _, number) = current.take().expect("a line");
            current = Some((commit, path.to_string(), number));
        } else if current.is_none() {
            let commit = words.next().expect("an id");
            let number = words.next().expect("a number").parse().expect("a number");
            let is_made = commit.bytes().any(|digit| digit != b'0');
            current = Some((is_made.then(|| crate::fixture::id(commit)), String::new(), number));
        }
    }
    origins
}

#[track_caller]
fn check(fixture: &Fixture, path: &str) {
    let head = fixture.id("HEAD");
    assert_eq!(
        lines_of(&fixture.open(), path, Some(head)),
        lines_of_git(fixture, &["HEAD", "--", path])
    );
}

#[test]
fn the_working_copy_has_lines_of_its_own() {
    let fixture = Fixture::new();
    let first = fixture.write_and_commit("a", "one\ntwo\nthree\n");
    fixture.write("a", "zero\none\n2\nthree\nfour");
    let repository = fixture.open();
    let lines = blame(&repository, "a", None).expect("the lines");
    let commits: Vec<_> = lines.iter().map(|line| line.commit).collect();
    assert_eq!(commits, [None, Some(first), None, Some(first), None]);
    assert_eq!(lines[2].replaced, ["two"]);
    assert_eq!(lines[0].replaced, Vec::<String>::new());
    assert_eq!((lines[4].text.as_str(), lines[4].line), ("four", 5));
    assert_eq!(origins(lines), lines_of_git(&fixture, &["a"]));

    fixture.write("new", "not\nknown\n");
    let unknown = [(None, "new".to_string(), 1), (None, "new".to_string(), 2)];
    assert_eq!(lines_of(&repository, "new", None), unknown);
    fixture.git(&["add", "new"]);
    assert_eq!(lines_of(&repository, "new", None), unknown);
}

#[test]
fn a_file_that_was_moved_but_not_committed_keeps_its_lines() {
    let fixture = Fixture::new();
    let first = fixture.write_and_commit("a", numbered(9, &[]));
    fixture.git(&["mv", "a", "b"]);
    fixture.write("b", numbered(9, &[(3, "new")]));
    let lines = lines_of(&fixture.open(), "b", None);
    assert_eq!(lines, lines_of_git(&fixture, &["b"]));
    assert_eq!(lines[0], (Some(first), "a".into(), 1));
    assert_eq!(lines[2], (None, "b".into(), 3));
}

#[test]
fn lines_of_a_merge_that_is_not_committed_belong_to_both() {
    let fixture = Fixture::new();
    fixture.write_and_commit("a", numbered(9, &[]));
    fixture.git(&["checkout", "--quiet", "-b", "side"]);
    fixture.write_and_commit("a", numbered(9, &[(8, "theirs")]));
    fixture.git(&["checkout", "--quiet", "main"]);
    fixture.write_and_commit("a", numbered(9, &[(2, "ours")]));
    fixture.git(&["merge", "--no-commit", "--no-ff", "side"]);
    let lines = lines_of(&fixture.open(), "a", None);
    assert_eq!(lines, lines_of_git(&fixture, &["a"]));
    assert_eq!(lines[7].0, Some(fixture.id("side")));
}

#[test]
fn only_the_wanted_lines_are_told() {
    let fixture = Fixture::new();
    fixture.write_and_commit("a", numbered(9, &[]));
    fixture.write_and_commit("a", numbered(9, &[(4, "new")]));
    let repository = fixture.open();
    let all = blame(&repository, "a", None).expect("the lines");
    let ignored = HashSet::new();
    let wanted = |lines: std::ops::RangeInclusive<u32>| {
        let file = BlameFile {
            path: "a",
            rev: None,
            lines: Some(lines),
            ignored: &ignored,
            ignore_whitespace: false,
        };
        repository.blame(&file).expect("the lines")
    };
    assert_eq!(wanted(3..=5), all[2..5]);
    assert_eq!(wanted(0..=1), all[..1]);
    assert_eq!(wanted(9..=99), all[8..]);
    assert_eq!(wanted(10..=11), []);
    assert_eq!(wanted(u32::MAX..=u32::MAX), []);
    #[expect(clippy::reversed_empty_ranges)]
    let reversed = 5..=3;
    assert_eq!(wanted(reversed), []);
}

#[test]
fn a_converted_checkout_has_changed_nothing() {
    let fixture = Fixture::new();
    let first = fixture.write_and_commit("a", "one\ntwo\n");
    fixture.git(&["config", "core.autocrlf", "true"]);
    fixture.write("a", "one\r\ntwo\r\nthree\r\n");
    let lines = blame(&fixture.open(), "a", None).expect("the lines");
    let commits: Vec<_> = lines.iter().map(|line| (line.commit, line.text.as_str())).collect();
    assert_eq!(commits, [(Some(first), "one"), (Some(first), "two"), (None, "three")]);
    // Line endings that were committed are lines like others.
    fixture.git(&["config", "core.autocrlf", "false"]);
    fixture.commit("converted");
    check(&fixture, "a");
    assert!(
        lines_of(&fixture.open(), "a", None)
            .iter()
            .all(|(commit, ..)| *commit == Some(fixture.id("HEAD")))
    );
}

#[test]
fn files_that_are_none_are_refused() {
    let fixture = Fixture::new();
    let first = fixture.write_and_commit("folder/a", "1\n");
    fixture.write_and_commit("gone", "1\n");
    std::fs::remove_file(fixture.root.join("gone")).expect("it is removed");
    #[cfg(unix)]
    std::os::unix::fs::symlink("folder", fixture.root.join("link")).expect("a link");
    let repository = fixture.open();
    for path in [
        "missing",
        "folder",
        "gone",
        "",
        "../kettle/folder/a",
        "/etc/hosts",
        "link/a",
        "folder/a/b",
        ".",
        "folder/",
    ] {
        for rev in [None, Some(first)] {
            // A folder by another name is still a folder; only the last slash is forgiven by the disk.
            let error = blame(&repository, path, rev).expect_err(path);
            assert!(matches!(error, GitError::NoSuchFile { .. }), "{path}: {error:?}");
        }
    }
    let error = blame(&repository, "gone", None).expect_err("it is gone");
    assert_eq!(error.to_string(), "there is no file `gone` in the working copy");
    let error = blame(&repository, "gone", Some(first)).expect_err("it was not there");
    assert_eq!(error.to_string(), format!("there is no file `gone` in `{first}`"));
}

#[cfg(unix)]
#[test]
fn a_link_is_its_target_and_not_what_lies_there() {
    let fixture = Fixture::new();
    fixture.write_and_commit("secret", "text\n");
    std::fs::remove_file(fixture.root.join("secret")).expect("it is removed");
    std::os::unix::fs::symlink("/etc/hosts", fixture.root.join("secret")).expect("a link");
    let linked = fixture.commit("a link");
    for rev in [None, Some(linked)] {
        let lines = blame(&fixture.open(), "secret", rev).expect("the lines");
        assert_eq!(lines.len(), 1);
        assert_eq!((lines[0].text.as_str(), lines[0].commit), ("/etc/hosts", Some(linked)));
    }
}

#[test]
fn odd_files_are_blamed_too() {
    let fixture = Fixture::new();
    fixture.write("empty", "");
    fixture.write("binary", b"\0\xff\n\xfe\n");
    fixture.write("open", "one\ntwo");
    fixture.commit("start");
    fixture.write("binary", b"\0\xff\n\xfd\n");
    fixture.write("open", "one\ntwo\n");
    fixture.commit("changed");
    assert_eq!(lines_of(&fixture.open(), "empty", None), []);
    assert_eq!(lines_of(&fixture.open(), "empty", Some(fixture.id("HEAD"))), []);
    check(&fixture, "binary");
    check(&fixture, "open");
    let lines = blame(&fixture.open(), "binary", None).expect("the lines");
    assert_eq!(
        (lines[1].text.as_str(), lines[1].replaced.as_slice()),
        ("\u{fffd}", &["\u{fffd}".to_string()][..])
    );
}

#[test]
fn a_file_that_comes_back_begins_anew() {
    let fixture = Fixture::new();
    fixture.write_and_commit("a", numbered(9, &[]));
    std::fs::remove_file(fixture.root.join("a")).expect("it is removed");
    fixture.commit("gone");
    let back = fixture.write_and_commit("a", numbered(9, &[]));
    check(&fixture, "a");
    assert_eq!(lines_of(&fixture.open(), "a", None)[0].0, Some(back));
}

fn ignoring(fixture: &Fixture, ignored: &[CommitId]) -> Vec<Origin> {
    let ignored = ignored.iter().copied().collect();
    let file = BlameFile {
        path: "a",
        rev: None,
        lines: None,
        ignored: &ignored,
        ignore_whitespace: false,
    };
    origins(fixture.open().blame(&file).expect("the lines"))
}

#[test]
fn a_commit_that_only_formats_can_be_looked_through() {
    let fixture = Fixture::new();
    let first = fixture.write_and_commit("a", "fn pour(){\nlet tea=boil(1);\nserve(tea);\n}\n");
    let second = fixture.write_and_commit("a", "fn pour(){\nlet tea=boil(2);\nserve(tea);\n}\n");
    let formatted = "fn pour() {\n    let tea = boil(2);\n    serve(tea);\n\n    // done\n}\n";
    let format = fixture.write_and_commit("a", formatted);
    let lines = ignoring(&fixture, &[format]);
    let commits: Vec<_> =
        lines.iter().map(|(commit, ..)| commit.expect("it is committed")).collect();
    assert_eq!(commits, [first, second, first, format, format, first]);
    let found: Vec<_> = lines.iter().map(|(_, _, line)| *line).collect();
    assert_eq!(found, [1, 2, 3, 4, 5, 4]);
    let git = lines_of_git(&fixture, &["--ignore-rev", &format.to_string(), "HEAD", "--", "a"]);
    assert_eq!(lines, git);
    // Without it, all that was formatted is the formatter's.
    let all = ignoring(&fixture, &[]);
    assert_eq!(all.iter().filter(|(commit, ..)| *commit == Some(format)).count(), 5);
}

#[test]
fn lines_that_an_ignored_commit_only_added_stay_with_it() {
    let fixture = Fixture::new();
    let first = fixture.write_and_commit("a", numbered(4, &[]));
    let added = fixture
        .write_and_commit("a", format!("// header\n{}", numbered(4, &[(2, "line 2 of a file")])));
    let lines = ignoring(&fixture, &[added, first]);
    let commits: Vec<_> = lines.iter().map(|(commit, ..)| *commit).collect();
    assert_eq!(commits, [Some(added), Some(first), Some(first), Some(first), Some(first)]);
}
