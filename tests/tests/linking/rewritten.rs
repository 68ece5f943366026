//! History that is written anew: links and lines find their sessions again.

use std::fs;

use lore_tests::{ClaudeCode, Outcome, Repository, TestEnv, minute};

use super::{authors, backfill, commits, everything, linked, session, short};

const HEAT: &str = "pub struct HeatingElement {\n    watts: u32,\n    glows_red: bool,\n}\n";
const LID: &str =
    "pub struct LidOfTheKettle {\n    opens_upwards: bool,\n    hinge_is_oiled: bool,\n}\n";

/// Two commits on a branch, each of a session of its own; imported and linked.
struct Linked<'env> {
    repository: Repository<'env>,
    heat: ClaudeCode,
    lid: ClaudeCode,
    heat_commit: String,
    lid_commit: String,
}

impl<'env> Linked<'env> {
    /// The branch is made from `main`, which holds a file made by hand.
    fn on_branch(env: &'env TestEnv, branch: &str) -> Self {
        let repository = Repository::new(env, "kettle");
        repository.write("README.md", "# Kettle, described by hand\n");
        repository.commit(&minute(-600), "begin");
        if branch != "main" {
            repository.ask(&["checkout", "--quiet", "-b", branch]);
        }
        let mut heat = session(&repository, 1).branch(branch);
        heat.resume(&minute(0));
        heat.user("Write the heating.");
        repository.create(&mut heat, "src/heat.rs", HEAT);
        let heat_commit = repository.commit(&minute(1), "heating");
        heat.resume(&minute(2));
        heat.assistant("It is there.");
        let mut lid = session(&repository, 2).branch(branch);
        lid.resume(&minute(60));
        lid.user("Write the lid.");
        repository.create(&mut lid, "src/lid.rs", LID);
        let lid_commit = repository.commit(&minute(61), "lid");
        lid.resume(&minute(62));
        lid.assistant("It is there.");
        env.claude_code(&heat);
        env.claude_code(&lid);
        let _ = env.lore(&["import"]).success();
        backfill(&repository);
        assert_eq!(linked(&repository, &heat_commit), [short(heat.id())]);
        assert_eq!(linked(&repository, &lid_commit), [short(lid.id())]);
        Self { repository, heat, lid, heat_commit, lid_commit }
    }

    fn heat(&self) -> &str {
        short(self.heat.id())
    }

    fn lid(&self) -> &str {
        short(self.lid.id())
    }

    /// The lines of both files are still the sessions', under these names.
    #[track_caller]
    fn check_lines(&self, repository: &Repository<'_>, heat: &str, lid: &str) {
        assert_eq!(authors(repository, heat)[..3], [self.heat(); 3], "{heat}");
        assert_eq!(authors(repository, lid)[..3], [self.lid(); 3], "{lid}");
        assert_eq!(authors(repository, "README.md"), ["hand"]);
    }

    /// Repairs, which says what moved from where to where, and requires that the links of the
    /// sessions are at these commits then; and that there is nothing left to repair.
    #[track_caller]
    fn check_repair(
        &self,
        repository: &Repository<'_>,
        moved: &[(&str, &str)],
        heat: &str,
        lid: &str,
    ) {
        let repaired = repair(repository);
        for (from, to) in moved {
            let tells = |line: &str| line.contains(&from[..7]) && line.contains(&to[..7]);
            assert!(
                repaired.stdout.lines().any(tells),
                "it does not say that {from} moved to {to}:\n{repaired}"
            );
        }
        assert_eq!(commits(repository, self.heat.id()), [heat], "{repaired}");
        assert_eq!(commits(repository, self.lid.id()), [lid], "{repaired}");
        check_nothing_to_repair(repository);
        assert_eq!(commits(repository, self.heat.id()), [heat]);
        assert_eq!(commits(repository, self.lid.id()), [lid]);
        assert!(linked(repository, heat).contains(&self.heat().to_owned()));
        assert!(linked(repository, lid).contains(&self.lid().to_owned()));
    }
}

#[track_caller]
fn repair(repository: &Repository<'_>) -> Outcome {
    repository.lore(&["link", "--repair"]).success()
}

#[track_caller]
fn check_nothing_to_repair(repository: &Repository<'_>) {
    let outcome = repair(repository);
    let told = everything(&outcome).to_lowercase();
    assert!(told.contains("nothing") || told.contains("no link"), "{outcome}");
}

/// Nothing is left of what was there before but what branches lead to.
fn forget_old_commits(repository: &Repository<'_>) {
    repository.ask(&["reflog", "expire", "--expire=now", "--all"]);
    repository.ask(&["gc", "--quiet", "--prune=now"]);
}

#[test]
fn nothing_was_rewritten() {
    let env = TestEnv::new();
    let world = Linked::on_branch(&env, "main");
    world.check_lines(&world.repository, "src/heat.rs", "src/lid.rs");
    check_nothing_to_repair(&world.repository);
    assert_eq!(commits(&world.repository, world.heat.id()), [world.heat_commit.as_str()]);
}

#[test]
fn amended() {
    for old_is_gone in [false, true] {
        let env = TestEnv::new();
        let world = Linked::on_branch(&env, "main");
        let repository = &world.repository;
        repository.write("src/handle.rs", "pub struct HandleByHand;\n");
        repository.ask(&["add", "--all"]);
        repository.git(&minute(300), &["commit", "--quiet", "--amend", "-m", "lid and handle"]);
        if old_is_gone {
            forget_old_commits(repository);
        }
        let amended = repository.commit_of("HEAD");
        assert_eq!(linked(repository, "HEAD"), [world.lid()]);
        world.check_lines(repository, "src/heat.rs", "src/lid.rs");
        assert_eq!(authors(repository, "src/handle.rs"), ["hand"]);
        let moved = [(&*world.lid_commit, &*amended)];
        world.check_repair(repository, &moved, &world.heat_commit, &amended);
    }
}

/// Both commits get new ids, and later times than their sessions had.
#[test]
fn rebased() {
    for old_is_gone in [false, true] {
        let env = TestEnv::new();
        let world = Linked::on_branch(&env, "feature");
        let repository = &world.repository;
        repository.ask(&["checkout", "--quiet", "main"]);
        repository.write("src/spout.rs", "pub struct SpoutByHand;\n");
        let by_hand = repository.commit(&minute(200), "spout");
        repository.ask(&["checkout", "--quiet", "feature"]);
        repository.git(&minute(300), &["rebase", "--quiet", "main"]);
        if old_is_gone {
            forget_old_commits(repository);
        }
        let [heat, lid] = ["HEAD~1", "HEAD"].map(|name| repository.commit_of(name));
        assert_ne!(heat, world.heat_commit);
        assert_eq!(linked(repository, "HEAD"), [world.lid()]);
        assert_eq!(linked(repository, "HEAD~1"), [world.heat()]);
        assert!(linked(repository, &by_hand).is_empty());
        world.check_lines(repository, "src/heat.rs", "src/lid.rs");
        let moved = [(&*world.heat_commit, &*heat), (&*world.lid_commit, &*lid)];
        world.check_repair(repository, &moved, &heat, &lid);
        assert!(linked(repository, &by_hand).is_empty());
    }
}

#[test]
fn squashed() {
    for old_is_gone in [false, true] {
        let env = TestEnv::new();
        let world = Linked::on_branch(&env, "main");
        let repository = &world.repository;
        repository.ask(&["reset", "--quiet", "--soft", "HEAD~2"]);
        let squashed = repository.commit(&minute(300), "heating and lid");
        if old_is_gone {
            forget_old_commits(repository);
        }
        assert_eq!(linked(repository, "HEAD"), [world.heat(), world.lid()]);
        world.check_lines(repository, "src/heat.rs", "src/lid.rs");
        let moved = [(&*world.heat_commit, &*squashed), (&*world.lid_commit, &*squashed)];
        world.check_repair(repository, &moved, &squashed, &squashed);
    }
}

/// The branch that it was picked from is deleted later; until then both are the session's.
#[test]
fn cherry_picked() {
    let env = TestEnv::new();
    let world = Linked::on_branch(&env, "feature");
    let repository = &world.repository;
    repository.ask(&["checkout", "--quiet", "-b", "release", "main"]);
    repository.write("src/spout.rs", "pub struct SpoutByHand;\n");
    let by_hand = repository.commit(&minute(200), "spout");
    repository.git(&minute(300), &["cherry-pick", "feature"]);
    let picked = repository.commit_of("HEAD");
    assert_eq!(linked(repository, "HEAD"), [world.lid()]);
    assert_eq!(linked(repository, "feature"), [world.lid()]);
    assert!(linked(repository, &by_hand).is_empty());
    assert_eq!(authors(repository, "src/lid.rs")[..3], [world.lid(); 3]);
    assert_eq!(authors(repository, "src/spout.rs"), ["hand"]);

    repository.git(&minute(400), &["cherry-pick", "feature~1"]);
    let heat = repository.commit_of("HEAD");
    repository.ask(&["branch", "--quiet", "-D", "feature"]);
    forget_old_commits(repository);
    world.check_lines(repository, "src/heat.rs", "src/lid.rs");
    let moved = [(&*world.heat_commit, &*heat), (&*world.lid_commit, &*picked)];
    world.check_repair(repository, &moved, &heat, &picked);
}

/// A forge makes one commit of a branch, with a message and a committer of its own.
#[test]
fn squashed_by_a_forge() {
    let env = TestEnv::new();
    let world = Linked::on_branch(&env, "feature");
    let repository = &world.repository;
    let origin = env.root().join("origin.git");
    let origin = origin.to_str().expect("a plain name");
    repository.ask(&["clone", "--quiet", "--bare", ".", origin]);
    repository.ask(&["remote", "add", "origin", origin]);
    repository.ask(&["fetch", "--quiet", "origin"]);

    let origin = Repository::at(&env, origin.into());
    origin.ask(&["symbolic-ref", "HEAD", "refs/heads/main"]);
    let forge = Repository::clone_for("Forge", &origin, env.root().join("forge"));
    forge.ask(&["checkout", "--quiet", "-B", "main", "origin/main"]);
    forge.write("src/spout.rs", "pub struct SpoutByTheTeam;\n");
    let team = forge.commit(&minute(200), "spout (#11)");
    forge.ask(&["merge", "--quiet", "--squash", "origin/feature"]);
    let message = "heating and lid (#12)";
    let by_ada = ["commit", "--quiet", "-m", message, "--author", "Ada <ada@example.com>"];
    forge.git(&minute(300), &by_ada);
    forge.ask(&["push", "--quiet", "origin", "main", ":feature"]);

    repository.ask(&["checkout", "--quiet", "main"]);
    repository.ask(&["pull", "--quiet", "--ff-only", "origin", "main"]);
    repository.ask(&["branch", "--quiet", "-D", "feature"]);
    repository.ask(&["fetch", "--quiet", "--prune", "origin"]);
    let squashed = repository.commit_of("HEAD");
    assert_eq!(linked(repository, "HEAD"), [world.heat(), world.lid()]);
    assert!(linked(repository, &team).is_empty());
    world.check_lines(repository, "src/heat.rs", "src/lid.rs");
    let moved = [(&*world.heat_commit, &*squashed), (&*world.lid_commit, &*squashed)];
    world.check_repair(repository, &moved, &squashed, &squashed);
    assert!(linked(repository, &team).is_empty());
}

#[test]
fn renamed() {
    let env = TestEnv::new();
    let world = Linked::on_branch(&env, "main");
    let repository = &world.repository;
    fs::create_dir(repository.directory().join("lib")).expect("there is room");
    repository.ask(&["mv", "src/heat.rs", "lib/heating.rs"]);
    let rename = repository.commit(&minute(300), "rename a file");
    assert!(linked(repository, &rename).is_empty());
    assert_eq!(linked(repository, "HEAD~2"), [world.heat()]);
    world.check_lines(repository, "lib/heating.rs", "src/lid.rs");
    check_nothing_to_repair(repository);
    backfill(repository);
    assert!(linked(repository, &rename).is_empty());
    assert_eq!(commits(repository, world.heat.id()), [world.heat_commit.as_str()]);
}

/// Even if everything happens at once: the branch is rebased, squashed and cloned, the file renamed,
/// and what was there before is gone.
#[test]
fn cloned_to_another_place() {
    for is_rewritten in [false, true] {
        let env = TestEnv::new();
        let world = Linked::on_branch(&env, "main");
        let repository = &world.repository;
        let mut heat_name = "src/heat.rs";
        if is_rewritten {
            repository.ask(&["reset", "--quiet", "--soft", "HEAD~2"]);
            repository.commit(&minute(300), "heating and lid");
            repository.ask(&["mv", "src/heat.rs", "src/heating.rs"]);
            repository.commit(&minute(310), "rename a file");
            heat_name = "src/heating.rs";
        }
        let clone = Repository::clone_for("Ada", repository, env.root().join("elsewhere"));
        fs::remove_dir_all(repository.directory()).expect("nobody uses it");
        world.check_lines(&clone, heat_name, "src/lid.rs");
        if is_rewritten {
            let squashed = clone.commit_of("HEAD~1");
            assert_eq!(linked(&clone, &squashed), [world.heat(), world.lid()]);
            assert!(linked(&clone, "HEAD").is_empty());
            let moved = [(&*world.heat_commit, &*squashed), (&*world.lid_commit, &*squashed)];
            world.check_repair(&clone, &moved, &squashed, &squashed);
        } else {
            assert_eq!(linked(&clone, "HEAD"), [world.lid()]);
            assert_eq!(linked(&clone, "HEAD~1"), [world.heat()]);
            check_nothing_to_repair(&clone);
        }
    }
}

/// A person's link moves as well as one that was found, and stays a person's.
#[test]
fn a_link_by_a_person_moves_too() {
    let env = TestEnv::new();
    let world = Linked::on_branch(&env, "main");
    let repository = &world.repository;
    // The session has nothing of this commit.
    let _ = repository.lore(&["link", world.heat(), "--commit", "HEAD"]).success();
    repository.git(&minute(300), &["commit", "--quiet", "--amend", "-m", "the lid"]);
    let amended = repository.commit_of("HEAD");
    assert_eq!(linked(repository, "HEAD"), [world.heat(), world.lid()]);
    let _ = repair(repository);
    let mut expected = [world.heat_commit.clone(), amended];
    expected.sort();
    assert_eq!(commits(repository, world.heat.id()), expected);
    let shown = repository.json(&["show", "--commit", "HEAD"]);
    let sessions = shown["sessions"].as_array().expect("a list");
    let of_person = sessions.iter().find(|session| session["session_id"] == world.heat.id());
    assert!(of_person.is_some_and(|session| session["confidence"].is_null()), "{shown:#}");
}
