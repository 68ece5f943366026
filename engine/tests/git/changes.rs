//! What commits changed, beside `git show --numstat`, and the ids of changes.

use lore_engine::git::{ChangeKind, ChangedFile, CommitId, PatchId};

use crate::fixture::{Fixture, numbered};

/// The files of a commit as `git show --numstat -M` lists them.
pub(crate) fn numstat(fixture: &Fixture, id: CommitId) -> Vec<String> {
    let id = id.to_string();
    let shown =
        fixture.git(&["show", "--numstat", "-M", "-m", "--first-parent", "--format=", "-z", &id]);
    let mut fields = shown.split('\0');
    let mut files = Vec::new();
    while let Some(field) = fields.next().filter(|field| !field.is_empty()) {
        // A renamed file has its two paths in fields of their own.
        match field.strip_suffix('\t') {
            Some(counts) => {
                let (old, new) = (fields.next().unwrap_or(""), fields.next().unwrap_or(""));
                files.push(format!("{counts}\t{old} => {new}"));
            }
            None => files.push(field.to_string()),
        }
    }
    files.sort();
    files
}

pub(crate) fn as_numstat(files: &[ChangedFile]) -> Vec<String> {
    let lines = files.iter().map(|file| {
        let count = |lines: fn(&lore_engine::git::Hunk) -> usize| match file.is_binary {
            true => "-".to_string(),
            false => file.hunks.iter().map(lines).sum::<usize>().to_string(),
        };
        let path = match &file.previous_path {
            Some(previous) => format!("{previous} => {}", file.path),
            None => file.path.clone(),
        };
        format!("{}\t{}\t{path}", count(|hunk| hunk.added.len()), count(|hunk| hunk.removed.len()))
    });
    let mut lines: Vec<_> = lines.collect();
    lines.sort();
    lines
}

fn changed(fixture: &Fixture, reference: &str) -> Vec<ChangedFile> {
    let id = fixture.id(reference);
    let files = fixture.open().changes(id).expect("the changes").files;
    assert_eq!(as_numstat(&files), numstat(fixture, id), "{reference}");
    files
}

fn patch_id(fixture: &Fixture, reference: &str) -> PatchId {
    fixture.open().changes(fixture.id(reference)).expect("the changes").patch_id()
}

#[test]
fn hunks_say_what_replaced_what_and_where() {
    let fixture = Fixture::new();
    fixture.write_and_commit("a.rs", "one\r\ntwo\r\nthree\r\nfour\r\n");
    let files = changed(&fixture, "HEAD");
    assert_eq!(files[0].kind, ChangeKind::Added);
    assert_eq!(files[0].hunks[0].added, ["one", "two", "three", "four"]);

    fixture.write_and_commit("a.rs", "zero\r\none\r\n2\r\nII\r\nthree\r\n");
    let files = changed(&fixture, "HEAD");
    assert_eq!(files[0].kind, ChangeKind::Modified);
    let hunks: Vec<_> = files[0]
        .hunks
        .iter()
        .map(|hunk| (hunk.old_start, hunk.removed.join(","), hunk.new_start, hunk.added.join(",")))
        .collect();
    let expected = [(0, "", 0, "zero"), (1, "two", 2, "2,II"), (3, "four", 5, "")];
    let expected = expected
        .map(|(old, removed, new, added)| (old, removed.to_string(), new, added.to_string()));
    assert_eq!(hunks, expected);

    std::fs::remove_file(fixture.root.join("a.rs")).expect("it is removed");
    fixture.commit("gone");
    let files = changed(&fixture, "HEAD");
    assert_eq!(files[0].kind, ChangeKind::Deleted);
    assert_eq!(files[0].path, "a.rs");
}

#[test]
fn moved_files_show_only_what_changed() {
    let fixture = Fixture::new();
    fixture.write("src/a.rs", numbered(40, &[]));
    fixture.write("src/b.rs", numbered(40, &[(1, "another file"), (2, "indeed")]));
    fixture.write("exact", "the same\n");
    fixture.write("small", "one\ntwo\nthree\nfour\n");
    fixture.commit("start");
    std::fs::create_dir(fixture.root.join("lib")).expect("a folder");
    fixture.git(&["mv", "src/a.rs", "lib/c.rs"]);
    fixture.git(&["mv", "src/b.rs", "lib/b.rs"]);
    fixture.git(&["mv", "exact", "moved"]);
    fixture.git(&["mv", "small", "other"]);
    fixture.write("lib/c.rs", numbered(40, &[(7, "changed here")]));
    fixture
        .write("lib/b.rs", numbered(40, &[(1, "another file"), (2, "indeed"), (30, "and here")]));
    fixture.write("other", "nothing\nof\nthe old\n");
    fixture.commit("moved");
    let files = changed(&fixture, "HEAD");
    let find = |path: &str| files.iter().find(|file| file.path == path).expect(path);
    assert_eq!(find("lib/c.rs").kind, ChangeKind::Renamed);
    assert_eq!(find("lib/c.rs").previous_path.as_deref(), Some("src/a.rs"));
    assert_eq!(find("lib/c.rs").hunks.len(), 1);
    assert_eq!(find("lib/c.rs").hunks[0].added, ["changed here"]);
    assert_eq!(find("lib/b.rs").previous_path.as_deref(), Some("src/b.rs"));
    assert_eq!(find("moved").hunks, []);
    assert_eq!(find("other").kind, ChangeKind::Added);
}

#[test]
fn modes_links_and_binary_files_are_told() {
    let fixture = Fixture::new();
    fixture.write("run", "echo\n");
    fixture.write("image", b"\x89PNG\0\x01\x02");
    fixture.write("large", "x".repeat(9 << 20));
    fixture.commit("start");
    let files = fixture.open().changes(fixture.id("HEAD")).expect("the changes").files;
    assert!(files.iter().all(|file| file.is_binary == (file.path != "run")), "{files:?}");
    let before = patch_id(&fixture, "HEAD");

    fixture.write("image", b"\x89PNG\0\x01\x03");
    fixture.commit("another image");
    assert!(changed(&fixture, "HEAD")[0].is_binary);
    let image = patch_id(&fixture, "HEAD");

    fixture.git(&["update-index", "--chmod=+x", "run"]);
    fixture.git(&["commit", "--quiet", "-m", "runs"]);
    let files = changed(&fixture, "HEAD");
    assert_eq!(files[0].hunks, []);
    assert_eq!(files[0].after.map(|version| version.mode), Some(0o100_755));
    let mode = patch_id(&fixture, "HEAD");

    #[cfg(unix)]
    {
        std::fs::remove_file(fixture.root.join("run")).expect("it is removed");
        std::os::unix::fs::symlink("image", fixture.root.join("run")).expect("a link");
        fixture.commit("a link");
        assert_eq!(changed(&fixture, "HEAD")[0].hunks[0].added, ["image"]);
    }
    let ids = std::collections::HashSet::from([before, image, mode, patch_id(&fixture, "HEAD")]);
    assert_eq!(ids.len(), 4);
}

#[test]
fn folders_and_files_take_each_others_place() {
    let fixture = Fixture::new();
    fixture.write_and_commit("thing", "a file\n");
    std::fs::remove_file(fixture.root.join("thing")).expect("it is removed");
    fixture.write_and_commit("thing/inside", "something else\n");
    let paths: Vec<_> =
        changed(&fixture, "HEAD").into_iter().map(|file| (file.path, file.kind)).collect();
    assert_eq!(
        paths,
        [("thing".into(), ChangeKind::Deleted), ("thing/inside".into(), ChangeKind::Added)]
    );
    std::fs::remove_dir_all(fixture.root.join("thing")).expect("it is removed");
    fixture.write_and_commit("thing", "again a file, of other words\n");
    assert_eq!(changed(&fixture, "HEAD").len(), 2);
}

#[test]
fn a_merge_is_compared_with_its_first_parent() {
    let fixture = Fixture::new();
    fixture.write_and_commit("a", "1\n");
    fixture.git(&["checkout", "--quiet", "-b", "side"]);
    fixture.write_and_commit("b", "1\n");
    fixture.git(&["checkout", "--quiet", "main"]);
    fixture.write_and_commit("a", "2\n");
    fixture.git(&["merge", "--quiet", "--no-ff", "-m", "merged", "side"]);
    assert_eq!(changed(&fixture, "HEAD")[0].path, "b");
    let content = fixture.open().file_at(fixture.id("HEAD"), "b").expect("it is read");
    assert_eq!(content.as_deref(), Some(&b"1\n"[..]));
    assert_eq!(fixture.open().file_at(fixture.id("HEAD"), "c").expect("none"), None);
    assert_eq!(fixture.open().file_at(fixture.id("HEAD"), "a/b").expect("none"), None);
}

#[test]
fn a_change_keeps_its_id_when_it_is_made_elsewhere() {
    let fixture = Fixture::new();
    fixture.write("a", numbered(60, &[]));
    fixture.write("b", numbered(30, &[(1, "a file of its own")]));
    fixture.commit("start");
    fixture.git(&["checkout", "--quiet", "-b", "side"]);
    fixture.write("a", numbered(60, &[(50, "new here")]));
    fixture.write("b", numbered(30, &[(1, "a file of its own"), (9, "and here")]));
    fixture.commit("one");
    fixture.git(&["mv", "b", "c"]);
    fixture.commit("two");
    let ids = || ["HEAD~1", "HEAD"].map(|reference| patch_id(&fixture, reference));
    let before = ids();
    assert_ne!(before[0], before[1]);
    let commits = [fixture.id("HEAD~1"), fixture.id("HEAD")];

    fixture.git(&["checkout", "--quiet", "main"]);
    let above = format!("{}{}", "more\n".repeat(5), numbered(60, &[(47, "near")]));
    fixture.write_and_commit("a", above);
    let other = patch_id(&fixture, "HEAD");
    assert!(!before.contains(&other));
    fixture.clock.set(fixture.clock.get() + 5_000);
    fixture.git(&["checkout", "--quiet", "side"]);
    fixture.git(&["rebase", "--quiet", "main"]);
    assert_ne!(commits, [fixture.id("HEAD~1"), fixture.id("HEAD")]);
    assert_eq!(ids(), before);

    fixture.git(&["checkout", "--quiet", "-b", "picked", "main"]);
    fixture.git(&["cherry-pick", "side~1"]);
    assert_eq!(patch_id(&fixture, "HEAD"), before[0]);
    fixture.git(&["commit", "--quiet", "--amend", "-m", "another message"]);
    assert_eq!(patch_id(&fixture, "HEAD"), before[0]);
    // White space does not make it another change, other words do.
    let content = std::fs::read_to_string(fixture.root.join("a")).expect("it");
    fixture.write("a", content.replace("new here", "   new   here"));
    fixture.git(&["commit", "--quiet", "--all", "--amend", "-m", "spaces"]);
    assert_eq!(patch_id(&fixture, "HEAD"), before[0]);
    fixture.write("a", content.replace("new here", "newer here"));
    fixture.git(&["commit", "--quiet", "--all", "--amend", "-m", "words"]);
    assert_ne!(patch_id(&fixture, "HEAD"), before[0]);
}
