//! What tools remember of a project, through the built program.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use lore_tests::{ClaudeCode, Repository, TestEnv};
use serde_json::Value;

/// A note in the form in which Claude Code keeps them.
const TESTS_FIRST: &str = "---\nname: Tests first\ndescription: How to begin a change\nmetadata:\n  \
                           type: feedback\n---\n\nWrite the test that fails.\n";

/// An archive that has been made, so that plugins are compiled once for a test, and a repository.
fn world(env: &TestEnv) -> Repository<'_> {
    env.claude_code(&ClaudeCode::new("0a0a0a0a-1111-4111-8111-0a0a0a0a0a0a"));
    env.lore(&["import", "--tool", "claude-code"]).success();
    Repository::new(env, "kettle")
}

/// Where Claude Code keeps the notes about a directory.
fn notes(directory: &Path) -> PathBuf {
    let slug = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let slug: String = directory.to_str().expect("a plain path").chars().map(slug).collect();
    Path::new(".claude/projects").join(slug).join("memory")
}

/// The memories of a directory.
#[track_caller]
fn memories(env: &TestEnv, project: &Path, options: &[&str]) -> Vec<Value> {
    let project = ["memories", "--project", project.to_str().expect("a plain path")];
    env.json(&[&project, options].concat()).as_array().expect("a list").clone()
}

/// One value of each.
fn all<'m>(memories: &'m [Value], key: &str) -> Vec<&'m str> {
    memories.iter().map(|memory| memory[key].as_str().unwrap_or("-")).collect()
}

/// Every file below a directory, with its content and time.
fn snapshot(directory: &Path) -> Vec<(PathBuf, Vec<u8>, SystemTime)> {
    let (mut found, mut waiting) = (vec![], vec![directory.to_owned()]);
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("a readable folder");
            waiting.extend(entries.map(|entry| entry.expect("an entry").path()));
        } else {
            let modified = path.metadata().and_then(|m| m.modified()).expect("a time");
            found.push((path.clone(), fs::read(&path).expect("a readable file"), modified));
        }
    }
    found.sort();
    found
}

#[test]
fn notes_say_what_they_are() {
    let env = TestEnv::new();
    let repository = world(&env);
    let place = notes(repository.directory());
    let file = env.write(place.join("tests-first.md"), TESTS_FIRST);
    env.write(place.join("MEMORY.md"), "- [Tests first](tests-first.md)\n");
    env.write(place.join("plain.md"), "No front matter.\n");
    env.write(place.join("broken.md"), "---\nname: x\nprose\n---\n");
    env.write(place.join("deeper/none.md"), "Not looked into.\n");
    env.write(place.join("none.txt"), "Of another kind.\n");
    let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_767_600_000_123);
    let opened = fs::File::options().write(true).open(&file).expect("the note");
    opened.set_modified(time).expect("a time");
    let before = (snapshot(&env.home()), snapshot(repository.directory()));

    let found = memories(&env, repository.directory(), &[]);
    assert_eq!(all(&found, "name"), ["MEMORY", "broken", "plain", "Tests first"]);
    assert_eq!(all(&found, "memory_type"), ["index", "-", "-", "feedback"]);
    assert_eq!(all(&found, "tool"), ["claude-code"; 4]);
    let note = &found[3];
    assert_eq!(note["description"], "How to begin a change");
    assert_eq!(note["content"], "Write the test that fails.\n");
    assert_eq!(note["file_path"], file.to_str().expect("a plain path"));
    assert_eq!(note["updated_at"], "2026-01-05T08:00:00.123Z");
    assert_eq!(found[1]["content"], "---\nname: x\nprose\n---\n");

    let outcome = repository.lore(&["memories"]).success();
    for shown in [
        "kettle  4 memories",
        "Tests first [feedback]  claude-code",
        "  How to begin a change",
        "/memory/tests-first.md, 2026-01-05 08:00",
        "    Write the test that fails.",
    ] {
        assert!(outcome.stdout.contains(shown), "`{shown}` is not in\n{outcome}");
    }
    assert_eq!(before, (snapshot(&env.home()), snapshot(repository.directory())), "it was written");
}

#[test]
fn every_answer_is_what_lies_there_now() {
    let env = TestEnv::new();
    let repository = world(&env);
    let place = notes(repository.directory());
    let gone = env.write(place.join("gone.md"), "old\n");
    env.write(place.join("stays.md"), "old\n");
    let first = memories(&env, repository.directory(), &[]);
    assert_eq!(all(&first, "name"), ["gone", "stays"]);

    fs::remove_file(gone).expect("it is there");
    env.write(place.join("stays.md"), "---\nname: Another name\n---\nnew\n");
    env.write(place.join("new.md"), "new\n");
    let second = memories(&env, repository.directory(), &[]);
    assert_eq!(all(&second, "name"), ["new", "Another name"]);
    assert_eq!(second[1]["id"], first[1]["id"], "the id is the file's");
    assert_ne!(second[0]["id"], second[1]["id"]);
    assert_eq!(second[1]["content"], "new\n");
}

#[test]
fn a_project_is_the_top_of_its_repository() {
    let env = TestEnv::new();
    let repository = world(&env);
    repository.write("CLAUDE.md", "Of the project.\n");
    repository.write("src/CLAUDE.md", "Of a folder.\n");
    repository.commit("2026-01-05T09:00:00Z", "Begin");
    let place = notes(repository.directory());
    env.write(place.join("note.md"), "Of the project.\n");
    // A path that begins alike, and one that is alike but for signs.
    for other in ["kettle-old", "kettle.old"] {
        let directory = env.work().join(other);
        fs::create_dir(&directory).expect("there is room");
        env.write(notes(&directory).join("other.md"), "Of another.\n");
    }
    let names = |directory: &Path| {
        let found = memories(&env, directory, &["-t", "claude-code"]);
        let mut names: Vec<String> = all(&found, "name").into_iter().map(str::to_owned).collect();
        names.sort();
        names
    };
    assert_eq!(names(repository.directory()), ["CLAUDE", "note"]);
    assert_eq!(names(&repository.directory().join("src")), ["CLAUDE", "note"]);

    // Another working tree has files of its own, and the notes of all.
    let tree = env.work().join("tree");
    repository.ask(&["worktree", "add", "--quiet", tree.to_str().expect("a plain path")]);
    fs::remove_file(tree.join("CLAUDE.md")).expect("it is checked out");
    assert_eq!(names(&tree), ["note"]);
    env.write(notes(&tree).join("own.md"), "Of this tree.\n");
    assert_eq!(names(&tree), ["note", "own"]);
    assert_eq!(names(repository.directory()), ["CLAUDE", "note"]);

    // Without a repository the directory itself is the project.
    let outside = env.work().join("kettle-old");
    assert_eq!(names(&outside), ["other"]);
    let inside = outside.join("inside");
    fs::create_dir(&inside).expect("there is room");
    assert_eq!(names(&inside), [""; 0]);
    let outcome = env.lore(&["memories", "-p", "nowhere"]).failure();
    assert!(outcome.stderr.contains("there is no directory"), "{outcome}");
}

#[test]
fn rules_of_all_tools_are_found_once() {
    let env = TestEnv::new();
    let repository = world(&env);
    let rules = [
        ("AGENTS.md", "AGENTS"),
        ("CLAUDE.local.md", "CLAUDE.local"),
        ("CONVENTIONS.md", "CONVENTIONS"),
        ("CRUSH.md", "CRUSH"),
        ("GEMINI.md", "GEMINI"),
        ("QWEN.md", "QWEN"),
        (".claude/rules/deep/style.md", "style"),
        (".clinerules/first.md", "first"),
        (".continue/rules/two.md", "two"),
        (".cursor/rules/deep/three.mdc", "three"),
        (".cursorrules", ".cursorrules"),
        (".github/copilot-instructions.md", "copilot-instructions"),
        (".github/instructions/deep/rust.instructions.md", "rust"),
        (".goosehints", ".goosehints"),
        (".kilocode/rules/four.md", "four"),
        (".roo/rules-code/five.md", "five"),
        (".roorules", ".roorules"),
    ];
    for (path, _) in rules {
        repository.write(path, "A rule.\n");
    }
    repository.write("README.md", "No rule.\n");
    let found = memories(&env, repository.directory(), &[]);
    for (path, name) in rules {
        let path = repository.path(path);
        let here: Vec<_> = found.iter().filter(|memory| memory["file_path"] == *path).collect();
        assert_eq!(here.len(), 1, "{path}: {here:?}");
        assert_eq!((&here[0]["name"], &here[0]["memory_type"]), (&name.into(), &"rule".into()));
    }
    assert_eq!(found.len(), rules.len());

    // Who reads it is named, first the one whose own it is, or the one that is asked for.
    let of = |name: &str, options: &[&str]| {
        let found = memories(&env, repository.directory(), options);
        found.iter().find(|memory| memory["name"] == name).cloned().unwrap_or_default()
    };
    let gemini = of("GEMINI", &[]);
    assert_eq!(gemini["tool"], "gemini");
    assert!(gemini["also_read_by"].as_array().expect("a list").contains(&"crush".into()));
    let (first, asked) = (of("AGENTS", &[]), of("AGENTS", &["--tool", "opencode"]));
    assert_eq!((&asked["tool"], &asked["id"]), (&"opencode".into(), &first["id"]));
    let outcome = repository.lore(&["memories", "-t", "nobody"]).failure();
    assert!(outcome.stderr.contains("no plugin reads `nobody`"), "{outcome}");

    // A tool that is not enabled reads nothing.
    env.lore(&["plugin", "disable", "aider"]).success();
    assert_eq!(of("CONVENTIONS", &[]), Value::Null);
}

#[cfg(unix)]
#[test]
fn links_are_followed_inside_of_the_project() {
    use std::os::unix::fs::symlink;

    let env = TestEnv::new();
    let repository = world(&env);
    repository.write("AGENTS.md", "A rule.\n");
    let directory = repository.directory();
    symlink("AGENTS.md", directory.join("CLAUDE.md")).expect("a link");
    env.write("secret.md", "the secret\n");
    symlink(env.home().join("secret.md"), directory.join("GEMINI.md")).expect("a link");
    let found = memories(&env, directory, &[]);
    assert_eq!(all(&found, "content"), ["A rule.\n"], "one file is one memory");
    assert_eq!(found[0]["tool"], "claude-code", "it is the tool that is used here");
    let outcome = repository.lore(&["memories"]).success();
    assert!(!outcome.to_string().contains("the secret"), "{outcome}");
    assert!(outcome.stderr.contains("GEMINI.md: `GEMINI.md` does not lie below"), "{outcome}");
}

#[test]
fn a_search_finds_names_first() {
    let env = TestEnv::new();
    let repository = world(&env);
    let place = notes(repository.directory());
    env.write(place.join("a.md"), format!("{}\n", "the kettle ".repeat(300)));
    env.write(place.join("b.md"), "---\ndescription: about a kettle\n---\nText.\n");
    env.write(place.join("c.md"), "---\nname: The kettle\n---\nText.\n");
    env.write(place.join("d.md"), "Nothing of the kind.\n");
    let search = |words: &str, options: &[&str]| {
        memories(&env, repository.directory(), &[&["--search", words], options].concat())
    };
    assert_eq!(all(&search("kettles", &[]), "name"), ["The kettle", "b", "a"]);
    assert_eq!(all(&search("kettle", &["-n", "1"]), "name"), ["The kettle"]);
    assert_eq!(all(&search("kind", &[]), "name"), ["d"]);
    assert_eq!(search("teapot", &[]).len(), 0);
    let outcome = repository.lore(&["memories", "--search", "teapot"]).success();
    assert!(outcome.stderr.contains("No memory of") && outcome.stdout.is_empty(), "{outcome}");
    let outcome = repository.lore(&["memories", "--search", "..."]).failure();
    assert!(outcome.stderr.contains("`...` has no letter or digit"), "{outcome}");
    let outcome = repository.lore(&["memories", "-n", "1"]).success();
    assert!(outcome.stderr.contains("3 more: `--limit` shows them."), "{outcome}");
}

#[test]
fn what_cannot_be_read_does_not_hide_the_rest() {
    let env = TestEnv::new();
    let repository = world(&env);
    let place = notes(repository.directory());
    env.write(place.join("bytes.md"), b"a \xff b\n");
    env.write(place.join("empty.md"), "");
    env.write(place.join("huge.md"), format!("{}é\n", "x".repeat((1 << 20) - 1)));
    fs::create_dir_all(env.home().join(place.join("folder.md"))).expect("there is room");
    let found = memories(&env, repository.directory(), &[]);
    assert_eq!(all(&found, "name"), ["bytes", "empty", "huge"]);
    assert_eq!(found[0]["content"], "a \u{fffd} b\n");
    assert_eq!(found[1]["content"], "");
    assert_eq!(found[2]["content"].as_str().map(str::len), Some((1 << 20) - 1));
    let outcome = repository.lore(&["memories"]).success();
    assert!(outcome.stderr.contains("huge.md: only the first 1048575 of"), "{outcome}");

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let closed = env.write(place.join("closed.md"), "no\n");
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).expect("a mode");
        // Who may read everything is told of nothing.
        if fs::read(&closed).is_err() {
            assert_eq!(memories(&env, repository.directory(), &[]).len(), 3);
            let outcome = repository.lore(&["memories"]).success();
            assert!(outcome.stderr.contains("closed.md: cannot read"), "{outcome}");
        }
    }
}

#[test]
fn without_memories_it_says_where_it_looked() {
    let env = TestEnv::new();
    let repository = Repository::new(&env, "kettle");
    let outcome = repository.lore(&["memories"]).success();
    assert!(outcome.stdout.is_empty(), "{outcome}");
    let slug = notes(repository.directory());
    let claude = format!("~/{}/*.md", slug.display());
    let agents = repository.path("AGENTS.md");
    for place in [claude.as_str(), &agents] {
        let lines = outcome.stderr.lines().filter(|line| line.trim() == place).count();
        assert_eq!(lines, 1, "`{place}` is not there once:\n{outcome}");
    }
    assert_eq!(repository.json(&["memories"]), Value::Array(vec![]));
    assert!(!env.archive("").exists(), "only looking makes no archive");
}

/// Files that hold memories lie beside sessions, and were told to hold no session that anybody knows.
#[test]
fn memories_are_no_sessions() {
    let env = TestEnv::new();
    let repository = world(&env);
    let note = env.write(notes(repository.directory()).join("note.md"), TESTS_FIRST);
    repository.write("CLAUDE.md", "A rule.\n");
    let status = env.json(&["status"]);
    let outcome = env.lore(&["import"]).success();
    assert!(!outcome.to_string().contains("note.md"), "{outcome}");
    let watchers = |status: &Value| status["watchers"].as_array().expect("a list").clone();
    let claude = watchers(&status).into_iter().find(|w| w["name"] == "claude-code");
    assert_eq!(claude.expect("it is built in")["session_files"], 1);

    for path in [note.to_str().expect("a plain path"), &repository.path("CLAUDE.md")] {
        let outcome = env.lore(&["import", path]).failure();
        assert!(outcome.to_string().contains("`lore memories` shows it"), "{outcome}");
    }
    let sessions = env.json(&["sessions"]);
    let outcome = env.lore(&["import", repository.directory().to_str().expect("a path")]);
    assert!(!outcome.stdout.contains("new session"), "{outcome}");
    assert_eq!(env.json(&["sessions"]), sessions);
    env.verify();
}

#[test]
fn plugins_of_others_have_memories_too() {
    let env = TestEnv::new();
    let repository = world(&env);
    let attacker = Path::new(env!("CARGO_MANIFEST_DIR")).join("attacker/attacker.wasm");
    let attacker = attacker.to_str().expect("a plain path");
    let outcome = env.lore(&["plugin", "install", attacker, "--yes"]).success();
    for shown in [
        "~/.attacker/notes/$PROJECT_SLUG/*.md",
        "ATTACKER.md in every project",
        "the memories themselves, and nothing beside them",
    ] {
        assert!(outcome.stdout.contains(shown), "`{shown}` is not in\n{outcome}");
    }
    let slug = notes(repository.directory());
    let slug = slug.parent().and_then(Path::file_name).expect("a name").to_owned();
    let place = Path::new(".attacker/notes").join(slug);
    env.write(place.join("good.md"), TESTS_FIRST);
    // What it does with these stands in their first lines.
    env.write(place.join("hang.md"), "attack loop\n");
    env.write(place.join("crash.md"), "attack panic\n");
    env.write(place.join("peek.md"), "attack open good.md\n");
    env.write(place.join("two.md"), "attack two-memories\n");
    repository.write("ATTACKER.md", "A rule.\n");
    let outcome = repository.lore(&["memories", "-t", "attacker", "--format", "json"]).success();
    let found = outcome.json();
    let found = found.as_array().expect("a list");
    assert_eq!(all(found, "name"), ["Tests first", "ATTACKER"]);
    for (file, reason) in [
        ("hang.md", "returned nothing for"),
        ("crash.md", "crashed"),
        ("peek.md", "does not read it as one memory"),
        ("two.md", "does not read it as one memory"),
    ] {
        let told = |line: &str| line.contains(file) && line.contains(reason);
        assert!(outcome.stderr.lines().any(told), "{file}: {reason}\n{outcome}");
    }
    assert!(!outcome.to_string().contains("refused: Write"), "{outcome}");
}
