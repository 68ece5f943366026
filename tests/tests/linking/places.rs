//! Where a session is held, and where its repository lies later.

use std::fs;

use lore_tests::{ClaudeCode, Codex, Repository, TestEnv, minute};

use super::{authors, auto, backfill, check_linked, check_links, forget, linked, session, short};

#[test]
fn sessions_in_a_sub_directory() {
    let env = TestEnv::new();
    let repository = Repository::new(&env, "kettle");
    repository.write("README.md", "# Kettle\n");
    let begin = repository.commit(&minute(-600), "begin");
    let below = repository.path("crates/heat");

    let claude = session(&repository, 1);
    let mut claude = claude.directory(&below);
    claude.resume(&minute(0));
    claude.user("Write the heating.");
    repository.create(
        &mut claude,
        "crates/heat/src/lib.rs",
        "pub struct HeatingElement {\n    watts: u32,\n}\n",
    );
    let heating = repository.commit(&minute(1), "heating");
    claude.resume(&minute(3));
    claude.assistant("It is there.");
    env.claude_code(&claude);

    // Its paths are relative to where it is held.
    let mut codex = Codex::new("00000002-0000-7000-8000-000000000002", &below, &minute(10));
    codex.user("Write the sensor.");
    codex.patch(
        "*** Begin Patch\n*** Add File: src/sensor.rs\n+pub struct TemperatureSensor {\n+    ohms: u32,\n+}\n*** End Patch\n",
    );
    repository
        .write("crates/heat/src/sensor.rs", "pub struct TemperatureSensor {\n    ohms: u32,\n}\n");
    let sensor = repository.commit(&minute(11), "sensor");
    codex.resume(&minute(13));
    codex.assistant("It is there.");
    env.codex(&codex);

    // The same name below another directory is another file.
    repository
        .write("crates/lid/src/sensor.rs", "pub struct LidSensorByHand {\n    volts: u32,\n}\n");
    let other = repository.commit(&minute(12), "by hand");

    let (claude, codex) = (claude.id(), codex.id());
    let expected: [(&str, &[&str]); 4] =
        [(&begin, &[]), (&heating, &[claude]), (&sensor, &[codex]), (&other, &[])];
    check_links(&repository, &expected);
    assert_eq!(authors(&repository, "crates/heat/src/sensor.rs")[..2], [short(codex); 2]);
    assert_eq!(authors(&repository, "crates/lid/src/sensor.rs")[..2], ["hand"; 2]);
}

#[test]
fn sessions_in_linked_worktrees() {
    let env = TestEnv::new();
    let main = Repository::new(&env, "kettle");
    main.write("src/heat.rs", "// Heating.\n");
    let begin = main.commit(&minute(-600), "begin");
    let beside = env.work().join("kettle-fix");
    main.ask(&["worktree", "add", "--quiet", "-b", "fix", beside.to_str().expect("a plain name")]);
    let fix = Repository::at(&env, beside);

    // At the same time, in files of the same name.
    let (mut a, mut b) = (session(&main, 1), session(&fix, 2).branch("fix"));
    a.resume(&minute(0));
    a.user("Add an upper limit.");
    main.edit(
        &mut a,
        "src/heat.rs",
        "// Heating.\n",
        "// Heating.\nconst UPPER_LIMIT: u32 = 90;\n",
    );
    b.resume(&minute(0));
    b.user("Add a lower limit.");
    fix.edit(&mut b, "src/heat.rs", "// Heating.\n", "// Heating.\nconst LOWER_LIMIT: u32 = 20;\n");
    let upper = main.commit(&minute(1), "upper");
    let lower = fix.commit(&minute(2), "lower");
    main.write("src/handle.rs", "pub struct HandleByHand;\n");
    let by_hand = main.commit(&minute(3), "by hand");
    a.resume(&minute(5));
    a.assistant("There is an upper limit.");
    b.resume(&minute(5));
    b.assistant("There is a lower limit.");
    env.claude_code(&a);
    env.claude_code(&b);

    let (a, b) = (a.id(), b.id());
    let expected: [(&str, &[&str]); 4] =
        [(&begin, &[]), (&upper, &[a]), (&lower, &[b]), (&by_hand, &[])];
    check_links(&main, &expected);
    check_linked(&fix, &expected, "from commits, seen from the worktree");
    assert_eq!(authors(&main, "src/heat.rs"), ["hand", short(a)]);
    assert_eq!(authors(&fix, "src/heat.rs"), ["hand", short(b)]);

    // It is the same repository when the worktree is gone.
    main.ask(&["worktree", "remove", "--force", &fix.path("")]);
    check_links(&main, &expected);
}

/// A repository in which one session made a commit, beside one made by hand: what is expected.
fn one_session(repository: &Repository<'_>) -> (ClaudeCode, [String; 3]) {
    repository.write("README.md", "# Kettle\n");
    let begin = repository.commit(&minute(-600), "begin");
    let mut session = session(repository, 1);
    session.resume(&minute(0));
    session.user("Write the heating.");
    repository.create(
        &mut session,
        "src/heat.rs",
        "pub struct HeatingElement {\n    watts: u32,\n}\n",
    );
    let heating = repository.commit(&minute(1), "heating");
    repository.write("src/handle.rs", "pub struct HandleByHand;\n");
    let by_hand = repository.commit(&minute(2), "by hand");
    session.resume(&minute(4));
    session.assistant("It is there.");
    repository.env().claude_code(&session);
    (session, [begin, heating, by_hand])
}

/// Whether it is moved before the import or after: its session names a directory that is gone.
#[test]
fn a_repository_is_moved() {
    for (is_imported_first, from_sessions) in
        [(true, true), (true, false), (false, true), (false, false)]
    {
        let env = TestEnv::new();
        let repository = Repository::new(&env, "kettle");
        let (session, [begin, heating, by_hand]) = one_session(&repository);
        if is_imported_first {
            let _ = env.lore(&["import"]).success();
        }
        let elsewhere = env.root().join("elsewhere/kettle-as-it-is-called-now");
        fs::create_dir_all(elsewhere.parent().expect("it has one")).expect("it can be made");
        fs::rename(repository.directory(), &elsewhere).expect("it can be moved");
        let moved = Repository::at(&env, elsewhere);
        let _ = env.lore(&["import"]).success();
        match from_sessions {
            true => backfill(&moved),
            false => [&begin, &heating, &by_hand].iter().for_each(|commit| auto(&moved, commit)),
        }
        let way = format!("imported first: {is_imported_first}, from sessions: {from_sessions}");
        let expected: [(&str, &[&str]); 3] =
            [(&begin, &[]), (&heating, &[session.id()]), (&by_hand, &[])];
        check_linked(&moved, &expected, &way);
        assert_eq!(authors(&moved, "src/heat.rs")[..2], [short(session.id()); 2], "{way}");
        assert_eq!(authors(&moved, "src/handle.rs"), ["hand"], "{way}");
    }
}

#[test]
fn a_repository_is_moved_after_it_was_linked() {
    let env = TestEnv::new();
    let repository = Repository::new(&env, "kettle");
    let (session, [_, heating, by_hand]) = one_session(&repository);
    let _ = env.lore(&["import"]).success();
    backfill(&repository);
    let elsewhere = env.work().join("kettle-as-it-is-called-now");
    fs::rename(repository.directory(), &elsewhere).expect("it can be moved");
    let moved = Repository::at(&env, elsewhere);
    assert_eq!(linked(&moved, &heating), [short(session.id())]);
    backfill(&moved);
    assert_eq!(linked(&moved, &heating), [short(session.id())]);
    assert!(linked(&moved, &by_hand).is_empty());
}

#[test]
fn a_session_outside_of_any_repository() {
    let env = TestEnv::new();
    let repository = Repository::new(&env, "kettle");
    repository.write("src/heat.rs", "pub struct HeatingElementByHand {\n    watts: u32,\n}\n");
    let begin = repository.commit(&minute(1), "by hand");
    let notes = env.work().join("notes");
    fs::create_dir_all(&notes).expect("there is room");
    let mut outside = session(&repository, 1).directory(notes.to_str().expect("a plain name"));
    outside.resume(&minute(0));
    outside.user("Take notes.");
    outside.write(notes.join("heat.rs").to_str().expect("a plain name"), "// Notes of heating.\n");
    outside.resume(&minute(4));
    outside.assistant("They are taken.");
    env.claude_code(&outside);

    check_links(&repository, &[(&begin, &[])]);
    forget(&repository);
    let _ = env.lore(&["import"]).success();
    let outcome = repository.lore(&["link", "--auto", "--backfill", "--yes"]).success();
    let counted = "Skipped 1 session(s) in non-git directories";
    assert!(outcome.stdout.contains(counted), "{outcome}");
    assert_eq!(authors(&repository, "src/heat.rs")[..2], ["hand"; 2]);
}
