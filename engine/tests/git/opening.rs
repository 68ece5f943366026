//! Which repository a place belongs to, whose it is, and what is known of it at once.

use std::path::{Path, PathBuf};

use lore_engine::git::{GitError, GlobalConfig, Identity, Repository};

use crate::fixture::{Fixture, discover, id};

#[test]
fn every_place_in_a_repository_leads_to_it() {
    let fixture = Fixture::new();
    fixture.write_and_commit("src/deep/a.rs", "fn a() {}\n");
    for place in ["", "src/deep", "src/deep/a.rs", ".git", ".git/refs/heads", ".git/HEAD"] {
        let repository = discover(&fixture.root.join(place));
        assert_eq!(repository.root(), fixture.root, "{place}");
        assert_eq!(repository.git_dir(), fixture.root.join(".git"), "{place}");
        assert_eq!(repository.common_dir(), fixture.root.join(".git"), "{place}");
        assert!(repository.has_worktree(), "{place}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_leads_where_it_points() {
    let fixture = Fixture::new();
    let link = fixture.folder.path().join("link");
    std::os::unix::fs::symlink(&fixture.root, &link).expect("a link");
    assert_eq!(discover(&link).root(), fixture.root);
}

#[test]
fn elsewhere_there_is_none() {
    let folder = tempfile::tempdir().expect("a folder");
    for place in [folder.path().to_path_buf(), folder.path().join("missing")] {
        let error = Repository::discover(&place, &GlobalConfig::default()).expect_err("none");
        assert!(matches!(error, GitError::NoRepository { .. }), "{error:?}");
        let expected = format!("`{}` is not in a git repository", place.display());
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn linked_worktrees_share_what_they_have_in_common() {
    let fixture = Fixture::new();
    let first = fixture.write_and_commit("a", "1\n");
    let linked = fixture.folder.path().canonicalize().expect("it exists").join("linked");
    fixture.git(&["worktree", "add", "--quiet", "-b", "side", &linked.to_string_lossy()]);
    std::fs::create_dir(linked.join("sub")).expect("a folder");

    for place in [linked.clone(), linked.join("sub"), fixture.root.join(".git/worktrees/linked")] {
        let repository = discover(&place);
        assert_eq!(repository.root(), linked, "{}", place.display());
        assert_eq!(repository.git_dir(), fixture.root.join(".git/worktrees/linked"));
        assert_eq!(repository.common_dir(), fixture.root.join(".git"));
        assert_eq!(repository.head_branch().as_deref(), Some("side"));
        assert_eq!(repository.head().expect("a head"), Some(first));
    }
    let roots = [fixture.root.clone(), linked.clone()];
    assert_eq!(fixture.open().worktree_roots(), roots);
    assert_eq!(discover(&linked).worktree_roots(), roots);
    let same =
        fixture.open().identity().expect("it").is_same(&discover(&linked).identity().expect("it"));
    assert!(same);

    std::fs::remove_dir_all(&linked).expect("it is removed");
    assert_eq!(fixture.open().worktree_roots(), std::slice::from_ref(&fixture.root));
}

#[test]
fn a_submodule_is_a_repository_of_its_own() {
    let fixture = Fixture::new();
    fixture.write_and_commit("a", "1\n");
    let other = Fixture::new();
    other.write_and_commit("b", "2\n");
    fixture.git(&["submodule", "--quiet", "add", &other.root.to_string_lossy(), "parts/other"]);
    fixture.commit("a submodule");
    let inside = fixture.root.join("parts/other");
    for place in [inside.clone(), fixture.root.join(".git/modules/parts/other")] {
        let repository = discover(&place);
        assert_eq!(repository.root(), inside);
        assert_eq!(repository.git_dir(), fixture.root.join(".git/modules/parts/other"));
        assert_eq!(repository.head().expect("a head"), Some(other.id("HEAD")));
    }
    assert_eq!(fixture.open().root(), fixture.root);
    let changes = fixture.open().changes(fixture.id("HEAD")).expect("the changes");
    let module = changes.files.iter().find(|file| file.path == "parts/other").expect("it");
    assert_eq!(module.hunks[0].added, [format!("Subproject commit {}", other.id("HEAD"))]);
}

#[test]
fn a_bare_repository_has_no_worktree() {
    let fixture = Fixture::with(&["init", "--bare", "--initial-branch=main"]);
    let repository = discover(&fixture.root.join("objects"));
    assert!(!repository.has_worktree());
    assert_eq!(repository.root(), fixture.root);
    assert_eq!(repository.worktree_roots(), Vec::<PathBuf>::new());
    assert_eq!(repository.head().expect("a head"), None);
    assert_eq!(repository.head_branch().as_deref(), Some("main"));
}

#[test]
fn before_the_first_commit_there_is_nothing() {
    let fixture = Fixture::new();
    let repository = fixture.open();
    assert_eq!(repository.head().expect("a head"), None);
    assert_eq!(repository.head_branch().as_deref(), Some("main"));
    assert_eq!(repository.identity().expect("one"), Identity::default());
    assert!(matches!(repository.resolve("HEAD"), Err(GitError::NoSuchCommit { .. })));
    let since = lore_engine::model::Timestamp(0);
    assert_eq!(repository.commits_since(since).expect("none"), []);
}

#[test]
fn a_detached_head_is_on_no_branch() {
    let fixture = Fixture::new();
    let first = fixture.write_and_commit("a", "1\n");
    fixture.write_and_commit("a", "2\n");
    fixture.git(&["checkout", "--quiet", &first.to_string()]);
    let repository = fixture.open();
    assert_eq!(repository.head().expect("a head"), Some(first));
    assert_eq!(repository.head_branch(), None);
}

#[test]
fn references_are_resolved_as_git_does() {
    let fixture = Fixture::new();
    for number in 0..4 {
        fixture.write_and_commit("a", format!("{number}\n"));
    }
    fixture.git(&["tag", "-a", "-m", "the first", "v1", "HEAD~2"]);
    fixture.git(&["branch", "feature/x", "HEAD~1"]);
    fixture.git(&["pack-refs", "--all"]);
    let repository = fixture.open();
    let full = fixture.id("HEAD").to_string();
    let short = &full[..7];
    for reference in [
        "HEAD",
        "HEAD~2",
        "HEAD^",
        "main",
        "refs/heads/main",
        "v1",
        "v1^{commit}",
        "feature/x",
        "feature/x~1",
        "@",
        "main@{1}",
        &full,
        short,
        "HEAD^{/a changes}",
    ] {
        let expected = fixture.id(&format!("{reference}^{{commit}}"));
        assert_eq!(repository.resolve(reference).expect(reference), expected, "{reference}");
    }
    for missing in
        ["nothing", "HEAD~9", "0123456789abcdef0123456789abcdef01234567", "", "-x", "HEAD:a"]
    {
        let error = repository.resolve(missing).expect_err(missing);
        assert!(matches!(error, GitError::NoSuchCommit { .. }), "{missing}: {error:?}");
    }
}

#[test]
fn short_ids_of_several_commits_are_ambiguous() {
    let fixture = Fixture::new();
    fixture.write_and_commit("a", "1\n");
    let tree = fixture.git(&["rev-parse", "HEAD^{tree}"]);
    let prefix = |id: &str| id[..4].to_string();
    let mut known = std::collections::HashMap::new();
    let (one, other) = loop {
        let subject = format!("number {}", known.len());
        let made = fixture.git(&["commit-tree", &tree, "-m", &subject]);
        if let Some(other) = known.insert(prefix(&made), made.clone()) {
            break (made, other);
        }
    };
    let error = fixture.open().resolve(&prefix(&one)).expect_err("two");
    let GitError::AmbiguousCommit { candidates, .. } = error else {
        panic!("{error:?}");
    };
    assert!(candidates.contains(&one) && candidates.contains(&other), "{candidates:?}");
}

#[test]
fn the_configuration_is_the_repositorys_then_the_persons() {
    let fixture = Fixture::new();
    let home = fixture.folder.path();
    let write = |name: &str, content: &str| {
        let place = home.join(name);
        std::fs::write(&place, content).expect("a file");
        place
    };
    let global = write(
        ".gitconfig",
        &format!(
            "[user]\n\temail = Ada@Example.com\n[core]\n\thooksPath = /global\n\
             [include]\n\tpath = ~/more\n[includeIf \"gitdir:{}/\"]\n\tpath = work\n\
             [includeIf \"gitdir:/elsewhere/\"]\n\tpath = elsewhere\n",
            fixture.root.display()
        ),
    );
    write("more", "[blame]\n\tignoreRevsFile = .ignored\n");
    write("work", "[user]\n\temail = ada@work.example\n");
    write("elsewhere", "[user]\n\temail = nobody@example.com\n");
    let config = GlobalConfig::read(&[home.join("missing"), global]);
    let open = || Repository::discover(&fixture.root, &config).expect("it opens");
    assert_eq!(open().config("core.hooksPath").as_deref(), Some("/global"));
    assert_eq!(open().config("blame.ignoreRevsFile").as_deref(), Some(".ignored"));
    assert_eq!(open().config("nothing.here"), None);
    assert_eq!(open().emails(), ["ada@example.com", "ada@work.example"]);

    fixture.git(&["config", "core.hooksPath", ".husky"]);
    fixture.git(&["config", "user.email", "ada@local.example"]);
    assert_eq!(open().config("core.hooksPath").as_deref(), Some(".husky"));
    assert_eq!(open().emails(), ["ada@local.example", "ada@example.com", "ada@work.example"]);
    assert_eq!(fixture.open().emails(), ["ada@local.example"]);
}

#[test]
fn clones_are_the_same_repository() {
    let fixture = Fixture::new();
    let first = fixture.write_and_commit("a", "1\n");
    fixture.write_and_commit("a", "2\n");
    fixture.git(&["remote", "add", "origin", "https://ada:secret@GitHub.com/ada/kettle.git"]);
    fixture.git(&["remote", "add", "backup", "git@example.org:ada/kettle"]);
    let identity = fixture.open().identity().expect("one");
    assert_eq!(identity.first_commit, Some(first));
    assert_eq!(identity.remotes, ["example.org/ada/kettle", "github.com/ada/kettle"]);
    let json = serde_json::to_string(&identity).expect("it is written");
    assert_eq!(serde_json::from_str::<Identity>(&json).expect("it is read"), identity);
    assert!(!json.contains("secret"));

    let clone = fixture.folder.path().join("clone");
    fixture.git(&["clone", "--quiet", ".", &clone.to_string_lossy()]);
    assert!(discover(&clone).identity().expect("one").is_same(&identity));
    let other = Fixture::new();
    other.write_and_commit("b", "1\n");
    assert!(!other.open().identity().expect("one").is_same(&identity));
    assert!(!Identity::default().is_same(&Identity::default()));
}

#[test]
fn a_shallow_clone_does_not_know_its_beginning() {
    let fixture = Fixture::new();
    for number in 0..5 {
        fixture.write_and_commit("a", format!("{number}\nlast\n"));
    }
    let clone = fixture.folder.path().join("clone");
    let url = format!("file://{}", fixture.root.display());
    fixture.git(&["clone", "--quiet", "--depth=2", &url, &clone.to_string_lossy()]);
    let repository = discover(&clone);
    assert_eq!(repository.identity().expect("one").first_commit, None);
    let since = lore_engine::model::Timestamp(0);
    let walked = repository.commits_since(since).expect("the commits");
    let ids: Vec<_> = walked.iter().map(|walked| walked.commit.id).collect();
    assert_eq!(ids, fixture.ids(&["log", "-2", "--format=%H"]));
    let oldest = repository.changes(ids[1]).expect("its changes");
    assert_eq!(oldest.files[0].hunks[0].added, ["3", "last"]);
    assert!(!repository.contains(fixture.id("HEAD~3")));
    let lines = crate::blame::lines_of(&repository, "a", Some(ids[0]));
    assert_eq!(lines, [(Some(ids[0]), "a".into(), 1), (Some(ids[1]), "a".into(), 2)]);
}

#[test]
fn repositories_with_long_hashes_are_read() {
    let fixture = Fixture::with(&["init", "--initial-branch=main", "--object-format=sha256"]);
    let first = fixture.write_and_commit("a", "1\n2\n");
    let second = fixture.write_and_commit("a", "1\nB\n");
    assert_eq!(second.to_string().len(), 64);
    let repository = fixture.open();
    assert_eq!(repository.head().expect("a head"), Some(second));
    assert_eq!(repository.identity().expect("one").first_commit, Some(first));
    assert_eq!(repository.changes(first).expect("it").files[0].hunks[0].added, ["1", "2"]);
    assert_eq!(repository.changes(second).expect("it").files[0].hunks[0].removed, ["2"]);
    assert_eq!(repository.resolve(&second.to_string()[..9]).expect("it"), second);
    let lines = crate::blame::lines_of(&repository, "a", None);
    assert_eq!(lines, [(Some(first), "a".into(), 1), (Some(second), "a".into(), 2)]);
    assert_eq!(id(&second.to_string()), second);
}

/// Only root can give files away.
#[cfg(unix)]
#[test]
fn what_belongs_to_others_is_refused_until_it_is_trusted() {
    let fixture = Fixture::new();
    let commit = fixture.write_and_commit("a", "1\n");
    fixture.git(&["config", "core.hooksPath", ".husky"]);
    if std::os::unix::fs::chown(&fixture.root, Some(12_345), None).is_err() {
        println!("skipped: only root can give a folder to another user");
        return;
    }
    let global = fixture.folder.path().join(".gitconfig");
    let open = |trusted: &str| {
        std::fs::write(&global, format!("[safe]\n{trusted}")).expect("a file");
        Repository::discover(&fixture.root, &GlobalConfig::read(std::slice::from_ref(&global)))
    };
    let entry = |path: &Path| format!("\tdirectory = {}\n", path.display());
    let above = fixture.root.parent().expect("a folder");
    let own = entry(&fixture.root);
    for refused in [
        "".to_string(),
        entry(above),
        entry(&above.join("other")),
        entry(&above.join("other/*")),
        format!("{own}\tdirectory = \n"),
    ] {
        let error = open(&refused).expect_err(&refused);
        assert!(matches!(error, GitError::Unsafe { .. }), "{error:?}");
        let way_out =
            format!("`git config --global --add safe.directory {}`", fixture.root.display());
        assert!(error.to_string().ends_with(&way_out), "{error}");
    }
    // The repository's own configuration cannot vouch for itself.
    fixture.try_git(&fixture.root, &["config", "--file", ".git/config", "safe.directory", "*"]);
    assert!(open("").is_err());
    for trusted in [
        own,
        entry(&above.join("*")),
        "\tdirectory = *\n".into(),
        "\tdirectory = ~/kettle\n".into(),
    ] {
        let repository = open(&trusted).expect(&trusted);
        assert_eq!(repository.head().expect("a head"), Some(commit));
        assert_eq!(repository.config("core.hooksPath").as_deref(), Some(".husky"));
    }
}
