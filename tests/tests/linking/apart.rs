//! Repositories that look alike, and branches of one.

use lore_tests::{ClaudeCode, Repository, TestEnv, copy_tree, minute};

use super::{authors, backfill, check_linked, check_links, forget, linked, session, short};

/// A session in the first ten minutes that makes the kettle's thermostat, with one number of its own.
fn thermostat(repository: &Repository<'_>, number: u32) -> (ClaudeCode, String) {
    let mut session = session(repository, number);
    session.resume(&minute(0));
    session.user("Write the thermostat.");
    let text = format!(
        "pub struct Thermostat {{\n    degrees: u32,\n}}\n\nconst MODEL_{number}: &str = \"model {number}\";\n"
    );
    repository.create(&mut session, "src/thermostat.rs", &text);
    let commit = repository.commit(&minute(5), &format!("thermostat {number}"));
    session.resume(&minute(9));
    session.assistant("It is there.");
    repository.env().claude_code(&session);
    (session, commit)
}

/// One name begins with the other, the times are the same, and so is most of the content.
#[test]
fn unrelated_repositories_beside_each_other() {
    let env = TestEnv::new();
    let (project, old) = (Repository::new(&env, "project"), Repository::new(&env, "project-old"));
    for repository in [&project, &old] {
        repository.write("README.md", &repository.path(""));
        repository.commit(&minute(-600), "begin");
    }
    let (a, of_a) = thermostat(&project, 1);
    let (b, of_b) = thermostat(&old, 2);

    check_links(&project, &[(&of_a, &[a.id()])]);
    check_linked(&project, &[("HEAD~1", &[])], "the beginning");
    // From sessions, all repositories are linked at once.
    forget(&project);
    let _ = env.lore(&["import"]).success();
    backfill(&project);
    assert_eq!(linked(&old, &of_b), [short(b.id())]);
    assert_eq!(linked(&project, &of_a), [short(a.id())]);
    check_links(&old, &[(&of_b, &[b.id()])]);
    let (in_project, in_old) =
        (authors(&project, "src/thermostat.rs"), authors(&old, "src/thermostat.rs"));
    assert_eq!((&*in_project[4], &*in_old[4]), (short(a.id()), short(b.id())));
}

#[test]
fn a_copy_of_a_repository_beside_it() {
    let env = TestEnv::new();
    let project = Repository::new(&env, "project");
    project.write("README.md", "# Kettle\n");
    project.commit(&minute(-600), "begin");
    let (first, shared) = thermostat(&project, 1);
    let beside = env.work().join("project-old");
    std::fs::create_dir(&beside).expect("there is room");
    copy_tree(project.directory(), &beside);
    let old = Repository::at(&env, beside);

    // Both go on at the same time, in the same file.
    let (mut a, mut b) = (session(&project, 2), session(&old, 3));
    let line = "    degrees: u32,\n";
    a.resume(&minute(20));
    a.user("Measure often.");
    project.edit(
        &mut a,
        "src/thermostat.rs",
        line,
        &format!("{line}    measures_each_second: bool,\n"),
    );
    let of_a = project.commit(&minute(22), "often");
    b.resume(&minute(20));
    b.user("Measure well.");
    old.edit(
        &mut b,
        "src/thermostat.rs",
        line,
        &format!("{line}    digits_after_the_point: u8,\n"),
    );
    let of_b = old.commit(&minute(22), "well");
    for (session, what) in [(&mut a, "often"), (&mut b, "well")] {
        session.resume(&minute(25));
        session.assistant(&format!("It measures {what}."));
        env.claude_code(session);
    }

    let (first, a, b) = (first.id(), a.id(), b.id());
    check_links(&project, &[(&shared, &[first]), (&of_a, &[a])]);
    check_links(&old, &[(&shared, &[first]), (&of_b, &[b])]);
    assert_eq!(authors(&project, "src/thermostat.rs")[2], short(a));
    assert_eq!(authors(&old, "src/thermostat.rs")[1..3], [short(first), short(b)]);
}

#[test]
fn a_session_commits_on_several_branches() {
    let env = TestEnv::new();
    let repository = Repository::new(&env, "kettle");
    repository.write("README.md", "# Kettle\n");
    let begin = repository.commit(&minute(-600), "begin");
    let mut session = session(&repository, 1);
    session.resume(&minute(0));
    session.user("Try two ways, on a branch each.");
    let mut made = Vec::new();
    for (number, branch) in ["gas", "electric"].into_iter().enumerate() {
        let start = 10 * number as i64;
        repository.git(&minute(start), &["checkout", "-q", "-b", branch, "main"]);
        session.resume(&minute(start + 1));
        session.switch(branch);
        let text = format!("pub struct Heating {{\n    burns_{branch}: bool,\n}}\n");
        repository.create(&mut session, "src/heat.rs", &text);
        made.push(repository.commit(&minute(start + 3), &format!("heat by {branch}")));
    }
    // A third branch is a person's, in the same minutes.
    repository.git(&minute(14), &["checkout", "-q", "-b", "wood", "main"]);
    repository.write("src/heat.rs", "pub struct Stove {\n    burns_wood_by_hand: bool,\n}\n");
    let by_hand = repository.commit(&minute(14), "heat by wood");
    repository.git(&minute(15), &["checkout", "-q", "main"]);
    session.resume(&minute(16));
    session.switch("main");
    session.assistant("Electric is better.");
    env.claude_code(&session);

    let id = session.id();
    let expected: [(&str, &[&str]); 4] =
        [(&begin, &[]), (&made[0], &[id]), (&made[1], &[id]), (&by_hand, &[])];
    check_links(&repository, &expected);
}
