//! Several sessions in one repository at the same time.

use lore_tests::{Repository, TestEnv, minute};

use super::{authors, check_links, session, short};

const HEAT: &str = "pub fn heat(limit: u32) -> u32 {\n    limit.saturating_sub(10)\n}\n";
const LID: &str = "pub struct Lid {\n    opens_upwards: bool,\n    hinge: Hinge,\n}\n";

#[test]
fn two_sessions_edit_different_files() {
    let env = TestEnv::new();
    let repository = Repository::new(&env, "kettle");
    repository.write("README.md", "# Kettle\n");
    let begin = repository.commit(&minute(-600), "begin");

    let (mut a, mut b) = (session(&repository, 1), session(&repository, 2));
    a.resume(&minute(0));
    a.user("Write the heating.");
    b.resume(&minute(0));
    b.user("Write the lid.");
    repository.create(&mut a, "src/heat.rs", HEAT);
    a.resume(&minute(1));
    repository.create(&mut b, "src/lid.rs", LID);
    repository.ask(&["add", "src/heat.rs"]);
    repository.git(&minute(2), &["commit", "-q", "-m", "heating"]);
    let heating = repository.commit_of("HEAD");
    let lid = repository.commit(&minute(3), "lid");
    a.resume(&minute(4));
    repository.edit(&mut a, "src/heat.rs", "saturating_sub(10)", "saturating_sub(12).max(20)");
    b.resume(&minute(4));
    repository.edit(
        &mut b,
        "src/lid.rs",
        "hinge: Hinge,",
        "hinge: Hinge,\n    weight_in_grams: u16,",
    );
    let both = repository.commit(&minute(5), "both");
    a.resume(&minute(6));
    a.assistant("The heating is done.");
    b.resume(&minute(6));
    b.assistant("The lid is done.");
    env.claude_code(&a);
    env.claude_code(&b);

    let (a, b) = (a.id(), b.id());
    check_links(&repository, &[(&begin, &[]), (&heating, &[a]), (&lid, &[b]), (&both, &[a, b])]);
    assert_eq!(authors(&repository, "src/lid.rs")[1..4], [short(b); 3]);
}

#[test]
fn two_sessions_edit_different_places_of_a_file() {
    let env = TestEnv::new();
    let repository = Repository::new(&env, "kettle");
    repository.write("src/kettle.rs", &format!("{HEAT}\n{LID}"));
    let begin = repository.commit(&minute(-600), "begin");

    let (mut a, mut b) = (session(&repository, 1), session(&repository, 2));
    let file = "src/kettle.rs";
    a.resume(&minute(0));
    a.user("Heat faster.");
    a.read(&repository.path(file), &repository.read(file));
    b.resume(&minute(0));
    b.user("Make the lid heavier.");
    b.read(&repository.path(file), &repository.read(file));
    let (limit, faster) = ("    limit.saturating_sub(10)", "    limit.saturating_sub(3) // faster");
    repository.edit(&mut a, file, limit, faster);
    let of_a = repository.commit(&minute(1), "of a");
    b.resume(&minute(2));
    let (hinge, heavier) = ("    hinge: Hinge,", "    hinge: Hinge,\n    weight_in_grams: u16,");
    repository.edit(&mut b, file, hinge, heavier);
    let of_b = repository.commit(&minute(3), "of b");
    // Both are in what is committed next, and each has the other's lines before its eyes.
    a.resume(&minute(4));
    a.read(&repository.path(file), &repository.read(file));
    repository.edit(&mut a, file, "pub fn heat(limit: u32)", "pub fn heat_until(limit: u32)");
    b.resume(&minute(4));
    b.read(&repository.path(file), &repository.read(file));
    repository.edit(&mut b, file, "    opens_upwards: bool,\n", "    opening_angle: f32,\n");
    let both = repository.commit(&minute(5), "of both");
    a.resume(&minute(9));
    a.assistant("It heats faster.");
    b.resume(&minute(9));
    b.assistant("The lid is heavier.");
    env.claude_code(&a);
    env.claude_code(&b);

    let (a, b) = (a.id(), b.id());
    check_links(&repository, &[(&begin, &[]), (&of_a, &[a]), (&of_b, &[b]), (&both, &[a, b])]);
    let authors = authors(&repository, file);
    assert_eq!(authors[5..8], [short(b), "hand", short(b)], "{authors:?}");
    assert_eq!(authors[..2], [short(a), short(a)], "{authors:?}");
}

#[test]
fn a_session_that_only_reads_is_not_linked() {
    let env = TestEnv::new();
    let repository = Repository::new(&env, "kettle");
    repository.write("src/heat.rs", HEAT);
    let begin = repository.commit(&minute(-600), "begin");

    let (mut writes, mut reads) = (session(&repository, 1), session(&repository, 2));
    reads.resume(&minute(0));
    reads.user("What does the heating do?");
    reads.read(&repository.path("src/heat.rs"), HEAT);
    writes.resume(&minute(0));
    writes.user("Heat faster.");
    let before = "    limit.saturating_sub(10)";
    repository.edit(&mut writes, "src/heat.rs", before, "    limit.saturating_sub(3) // faster");
    let faster = repository.commit(&minute(1), "faster");
    // It sees what the other one wrote, and shows it to the person.
    reads.resume(&minute(2));
    reads.read(&repository.path("src/heat.rs"), &repository.read("src/heat.rs"));
    reads.bash("git show", &repository.ask(&["show"]), false);
    reads.assistant("It says `    limit.saturating_sub(3) // faster` now.");
    writes.resume(&minute(3));
    writes.assistant("It heats faster.");
    env.claude_code(&writes);
    env.claude_code(&reads);

    check_links(&repository, &[(&begin, &[]), (&faster, &[writes.id()])]);
    assert_eq!(authors(&repository, "src/heat.rs"), ["hand", short(writes.id()), "hand"]);
}
