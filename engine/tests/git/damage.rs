//! Damaged repositories: an error that names what is damaged, and no panic.

use lore_engine::git::{BlameFile, CommitId, GitError, GlobalConfig, Repository};
use lore_engine::model::Timestamp;

use crate::fixture::Fixture;

fn object(fixture: &Fixture, id: &str) -> std::path::PathBuf {
    fixture.root.join(".git/objects").join(&id[..2]).join(&id[2..])
}

/// Damages an object file, which git protects from writing.
fn damage(fixture: &Fixture, id: &str, change: impl Fn(&mut Vec<u8>)) {
    let place = object(fixture, id);
    let mut bytes = std::fs::read(&place).expect("an object");
    change(&mut bytes);
    std::fs::remove_file(&place).expect("it is removed");
    std::fs::write(&place, bytes).expect("it is written");
}

fn everything(repository: &Repository, id: CommitId) -> Vec<GitError> {
    let ignored = Default::default();
    let file = BlameFile {
        path: "a",
        rev: Some(id),
        lines: None,
        ignored: &ignored,
        ignore_whitespace: false,
    };
    let results = [
        repository.commit(id).map(drop),
        repository.changes(id).map(drop),
        repository.commits_since(Timestamp(0)).map(drop),
        repository.branches_containing(id).map(drop),
        repository.reachable(&[id]).map(drop),
        repository.range("HEAD~1..HEAD").map(drop),
        repository.identity().map(drop),
        repository.blame(&file).map(drop),
        repository.file_at(id, "a").map(drop),
        repository.resolve("HEAD~1").map(drop),
    ];
    results.into_iter().filter_map(Result::err).collect()
}

#[test]
fn damaged_objects_are_named() {
    let cuts: [fn(&mut Vec<u8>); 4] = [
        |bytes| bytes.truncate(bytes.len() / 2),
        Vec::clear,
        |bytes| bytes.truncate(3),
        |bytes| bytes.iter_mut().skip(8).for_each(|byte| *byte ^= 0x55),
    ];
    for cut in cuts {
        for what in ["HEAD", "HEAD^{tree}", "HEAD:a", "HEAD~1", "HEAD~1^{tree}", "HEAD~1:a"] {
            let fixture = Fixture::new();
            fixture.write_and_commit("a", "1\n2\n");
            let head = fixture.write_and_commit("a", "1\nB\n");
            let id = fixture.git(&["rev-parse", what]);
            damage(&fixture, &id, cut);
            let errors = everything(&fixture.open(), head);
            let named = errors.iter().any(|error| error.to_string().contains(&id));
            assert!(named, "{what}: {errors:?}");
        }
    }
}

#[test]
fn missing_objects_are_named() {
    for what in ["HEAD^{tree}", "HEAD:a", "HEAD~1^{tree}", "HEAD~1:a"] {
        let fixture = Fixture::new();
        fixture.write_and_commit("a", "1\n2\n");
        let head = fixture.write_and_commit("a", "1\nB\n");
        let id = fixture.git(&["rev-parse", what]);
        std::fs::remove_file(object(&fixture, &id)).expect("it is removed");
        let errors = everything(&fixture.open(), head);
        assert!(errors.iter().any(|error| error.to_string().contains(&id)), "{what}: {errors:?}");
    }
}

/// A history whose beginning is gone is read as far as it is there.
#[test]
fn a_missing_parent_ends_the_history() {
    let fixture = Fixture::new();
    let first = fixture.write_and_commit("a", "1\n2\n");
    let head = fixture.write_and_commit("a", "1\nB\n");
    std::fs::remove_file(object(&fixture, &first.to_string())).expect("it is removed");
    let repository = fixture.open();
    assert_eq!(repository.identity().expect("one").first_commit, None);
    assert_eq!(repository.commits_since(Timestamp(0)).expect("one").len(), 1);
    let lines = crate::blame::lines_of(&repository, "a", Some(head));
    assert!(lines.iter().all(|(commit, ..)| *commit == Some(head)), "{lines:?}");
    let missing = repository.commit(first).expect_err("it is gone");
    assert_eq!(missing.to_string(), format!("there is no commit `{first}`"));
}

#[test]
fn what_is_not_an_object_does_no_harm() {
    let fixture = Fixture::new();
    let head = fixture.write_and_commit("a", "1\n2\n");
    let git = fixture.root.join(".git");
    fixture.git(&["commit-graph", "write", "--reachable"]);
    let graph = git.join("objects/info/commit-graph");
    std::fs::remove_file(&graph).expect("it is removed");
    std::fs::write(&graph, "no graph").expect("a file");
    std::fs::write(git.join("refs/heads/broken"), "no reference").expect("a file");
    std::fs::write(git.join("refs/heads/gone"), format!("{}\n", "1".repeat(40))).expect("a file");
    std::fs::write(git.join("packed-refs"), "no references\n").expect("a file");
    let _ = everything(&fixture.open(), head);
    std::fs::remove_file(git.join("packed-refs")).expect("it is removed");
    let repository = fixture.open();
    let walked = repository.commits_since(Timestamp(0)).expect("the rest is there");
    assert_eq!(walked.len(), 1);
    assert_eq!(walked[0].branches, ["main"]);

    std::fs::write(git.join("HEAD"), "nowhere").expect("a file");
    let opened = Repository::discover(&fixture.root, &GlobalConfig::default());
    if let Ok(repository) = opened {
        assert!(repository.head().is_err());
    }
}
