//! Sessions belong to a repository wherever it lies.

use std::fs;

use lore_tests::minutes_ago;

use crate::{says, two};

#[test]
fn directories_worktrees_and_moved_clones_are_the_same_repository() {
    let (origin, ada, bob) = two();
    let text = |path: &std::path::Path| path.to_str().expect("it is text").to_owned();

    // In a directory of the clone, in a worktree, and in a clone that is elsewhere by now.
    let below = ada.clone.join("src");
    fs::create_dir(&below).expect("there is room for a test");
    let mut inner = ada.session_of('1').directory(&text(&below)).at(&minutes_ago(30));
    let content = "fn retry() {\n    attempts(5);\n}\n";
    fs::write(below.join("lib.rs"), content).expect("there is room for a test");
    inner.user("Let it retry.");
    inner.write(&text(&below.join("lib.rs")), content);
    ada.hold(&inner);
    ada.git(&["add", "--all"]);
    ada.git(&["commit", "--quiet", "-m", "retry"]);
    ada.git(&["push", "--quiet", "origin", "main"]);

    let worktree = ada.env.work().join("beside");
    ada.git(&["worktree", "add", "--quiet", &text(&worktree)]);
    let mut beside = ada.session_of('2').directory(&text(&worktree));
    beside.user("What is beside the kettle?");
    ada.hold(&beside);

    let [old, new] = ["old", "new"].map(|name| ada.env.work().join(name));
    ada.clone_to(&origin, &old, "origin");
    let mut moved = ada.session_of('3').directory(&text(&old));
    moved.user("Where does the kettle stand?");
    ada.hold(&moved);
    fs::rename(&old, &new).expect("there is room for a test");

    // That of something else stays here.
    let mut other = ada.session_of('4').directory(&text(ada.env.root()));
    other.user("What is not about the kettle?");
    ada.hold(&other);

    assert_eq!(ada.json(&["sync", "status"])["unsynced_sessions"], 3);
    says(&ada.lore_in(&below, &["sync"]).success(), &["Pulled 0, pushed 3"]);
    for place in [&worktree, &new] {
        says(&ada.lore_in(place, &["sync"]).success(), &["Pulled 0, pushed 0"]);
    }
    bob.git(&["pull", "--quiet"]);
    says(&bob.lore(&["sync"]).success(), &["Pulled 3, pushed 0"]);
    assert_eq!(bob.sessions(), ["11111111", "22222222", "33333333"]);

    // The other machine asks from such places, too.
    let beside = bob.env.work().join("beside");
    bob.git(&["worktree", "add", "--quiet", &text(&beside)]);
    let moved = bob.env.work().join("pot");
    let ask = |place: &std::path::Path, file: &str| {
        let blamed = bob.lore_in(place, &["blame", &format!("{file}:2")]).success();
        says(&blamed, &["Written by  a session", "11111111", "on Ada@ada-laptop"]);
        let listed = bob.lore_in(place, &["sessions"]).success();
        says(&listed, &["11111111"]);
        says(&listed, &["22222222"]);
        says(&listed, &["33333333"]);
        let shown = bob.lore_in(place, &["show", "1111"]).success();
        says(&shown, &["Machine    Ada@ada-laptop", "lib.rs"]);
        says(&bob.lore_in(place, &["search", "retry"]).success(), &["11111111", "Ada@ada-laptop"]);
    };
    ask(&bob.clone, "src/lib.rs");
    ask(&bob.clone.join("src"), "lib.rs");
    ask(&beside, "src/lib.rs");
    fs::rename(&bob.clone, &moved).expect("there is room for a test");
    ask(&moved, "src/lib.rs");
}
