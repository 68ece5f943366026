//! Commits by people in the time of a session: the teammate's, and those made by hand.

use lore_tests::{Repository, TestEnv, minute};

use super::{authors, check_links, session, short};

const DAY: i64 = 24 * 60;

#[test]
fn commits_of_a_teammate_are_pulled() {
    let env = TestEnv::new();
    let repository = Repository::new(&env, "kettle");
    repository.write("src/heat.rs", "// Heating.\nconst UPPER_LIMIT: u32 = 100;\n");
    let begin = repository.commit(&minute(-600), "begin");
    let origin = env.root().join("origin.git");
    let origin = origin.to_str().expect("a plain name");
    repository.ask(&["clone", "--quiet", "--bare", ".", origin]);
    repository.ask(&["remote", "add", "origin", origin]);
    repository.ask(&["fetch", "--quiet", "origin"]);
    repository.ask(&["branch", "--quiet", "--set-upstream-to=origin/main"]);
    let origin = Repository::at(&env, origin.into());
    let bobs = Repository::clone_for("Bob", &origin, env.root().join("bob"));

    let mut session = session(&repository, 1);
    session.resume(&minute(0));
    session.user("Lower the limit.");
    let (before, after) = ("const UPPER_LIMIT: u32 = 100;", "const UPPER_LIMIT: u32 = 90;");
    repository.edit(&mut session, "src/heat.rs", before, after);
    let lower = repository.commit(&minute(2), "lower");
    repository.ask(&["push", "--quiet", "origin", "main"]);

    bobs.git(&minute(3), &["pull", "--quiet", "--ff-only"]);
    bobs.write("src/lid.rs", "pub struct LidOfTheTeam;\n");
    let by_bob = bobs.commit(&minute(4), "a lid");
    bobs.replace("src/heat.rs", "// Heating.", "// Heating, as the team explains it.");
    let same_file = bobs.commit(&minute(5), "explain");
    bobs.ask(&["push", "--quiet"]);

    repository.git(&minute(6), &["pull", "--quiet", "--ff-only"]);
    session.resume(&minute(7));
    session.user("And a lower bound.");
    repository.edit(
        &mut session,
        "src/heat.rs",
        after,
        &format!("{after}\nconst LOWER_LIMIT: u32 = 20;"),
    );
    let bound = repository.commit(&minute(8), "bound");
    session.resume(&minute(10));
    session.assistant("There are two limits now.");
    env.claude_code(&session);

    let id = session.id();
    let expected: [(&str, &[&str]); 5] =
        [(&begin, &[]), (&lower, &[id]), (&by_bob, &[]), (&same_file, &[]), (&bound, &[id])];
    check_links(&repository, &expected);
    assert_eq!(authors(&repository, "src/heat.rs"), ["hand", short(id), short(id)]);
    assert_eq!(authors(&repository, "src/lid.rs"), ["hand"]);
}

#[test]
fn a_session_goes_on_over_three_days() {
    let env = TestEnv::new();
    let repository = Repository::new(&env, "kettle");
    repository.write("src/heat.rs", "// Heating.\n");
    let begin = repository.commit(&minute(-600), "begin");

    let mut session = session(&repository, 1);
    session.resume(&minute(0));
    session.user("Begin with the thermostat.");
    repository.create(
        &mut session,
        "src/thermostat.rs",
        "pub struct Thermostat {\n    degrees: u32,\n}\n",
    );
    let first = repository.commit(&minute(3), "first day");

    // The second day is the team's, and the owner's own.
    repository.write("src/spout.rs", "pub struct SpoutByTheTeam;\n");
    repository.ask(&["add", "--all"]);
    let by_bob =
        ["commit", "-q", "-m", "second day, the team", "--author", "Bob <bob@example.com>"];
    repository.git(&minute(DAY), &by_bob);
    let team = repository.commit_of("HEAD");
    repository.write("src/handle.rs", "pub struct HandleByHand;\n");
    let by_hand = repository.commit(&minute(DAY + 60), "second day, by hand");
    repository.replace(
        "src/thermostat.rs",
        "    degrees: u32,\n",
        "    degrees: u32,\n    by_hand: bool,\n",
    );
    let same_file = repository.commit(&minute(DAY + 90), "second day, by hand, the same file");

    session.resume(&minute(2 * DAY));
    session.user("Go on with the sensor.");
    repository.create(&mut session, "src/sensor.rs", "pub struct Sensor {\n    ohms: u32,\n}\n");
    let third = repository.commit(&minute(2 * DAY + 4), "third day");
    session.resume(&minute(2 * DAY + 6));
    session.assistant("Both are there.");
    env.claude_code(&session);

    let id = session.id();
    let expected: [(&str, &[&str]); 6] = [
        (&begin, &[]),
        (&first, &[id]),
        (&team, &[]),
        (&by_hand, &[]),
        (&same_file, &[]),
        (&third, &[id]),
    ];
    check_links(&repository, &expected);
    let authors = authors(&repository, "src/thermostat.rs");
    assert_eq!(authors[..3], [short(id), short(id), "hand"]);
}

#[test]
fn a_commit_by_hand_in_the_time_of_a_session() {
    let env = TestEnv::new();
    let repository = Repository::new(&env, "kettle");
    repository.write("src/heat.rs", "// Heating.\nconst UPPER_LIMIT: u32 = 100;\n");
    let begin = repository.commit(&minute(-600), "begin");

    let mut session = session(&repository, 1);
    session.resume(&minute(0));
    session.user("Lower the limit.");
    session.read(&repository.path("src/heat.rs"), &repository.read("src/heat.rs"));
    repository.write("src/handle.rs", "pub struct HandleByHand;\n");
    let other_file = repository.commit(&minute(1), "by hand");
    repository.replace("src/heat.rs", "// Heating.", "// Heating, as a person explains it.");
    let same_file = repository.commit(&minute(2), "by hand, a file that the session edits");
    session.resume(&minute(3));
    let (before, after) = ("const UPPER_LIMIT: u32 = 100;", "const UPPER_LIMIT: u32 = 90;");
    repository.edit(&mut session, "src/heat.rs", before, after);
    let own = repository.commit(&minute(4), "of the session");
    session.resume(&minute(6));
    session.assistant("It is lower.");
    env.claude_code(&session);

    let id = session.id();
    let expected: [(&str, &[&str]); 4] =
        [(&begin, &[]), (&other_file, &[]), (&same_file, &[]), (&own, &[id])];
    check_links(&repository, &expected);
}
