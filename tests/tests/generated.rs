//! Generated repositories, of which it is known who wrote every line and which session made which
//! commit: the figures of `blame`, and the links that are found afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use lore_tests::{Repository, TestEnv};
use serde_json::Value;

/// Sessions, which take turns in the repositories.
const SESSIONS: usize = 60;
const REPOSITORIES: usize = 4;

/// So many commits of a repository were made one at last.
const SQUASHED: usize = 5;

/// The programs that write a world and judge `blame` in it, beside the corpus; none if there is none.
fn tools() -> Option<PathBuf> {
    let Some(corpus) = std::env::var_os("LORE_CORPUS").map(PathBuf::from) else {
        println!("skipped: LORE_CORPUS is not set");
        return None;
    };
    let tools = corpus.parent().expect("the corpus lies in a folder").join("tools");
    let is_there = tools.join("gen_corpus.py").is_file() && tools.join("blame_score.py").is_file();
    let has_python = Command::new("python3").arg("--version").output().is_ok();
    if !is_there || !has_python {
        println!("skipped: there is no `tools` beside LORE_CORPUS, or no python3");
        return None;
    }
    Some(tools)
}

fn python(env: &TestEnv, script: &Path, arguments: &[&str]) -> String {
    let mut command = env.other("python3");
    command.arg(script).args(arguments);
    let outcome = env.run(command);
    assert_eq!(outcome.code(), Some(0), "{}:\n{outcome}", script.display());
    outcome.stdout
}

/// The ids of all sessions in the order in which they began: a commit's subject ends with the number
/// of its session in it.
fn sessions(env: &TestEnv) -> Vec<String> {
    let listed = env.json(&["sessions", "--limit", "100000"]);
    let mut sessions: Vec<(String, String)> = listed
        .as_array()
        .expect("a list")
        .iter()
        .map(|session| {
            let text = |key: &str| session[key].as_str().expect("it is known").to_owned();
            (text("started_at"), text("id"))
        })
        .collect();
    sessions.sort();
    sessions.into_iter().map(|(_, id)| id).collect()
}

/// The number at the end of a commit's subject: `change a, b (12)`.
fn number(subject: &str) -> Option<usize> {
    subject.strip_suffix(')')?.rsplit_once('(')?.1.parse().ok()
}

/// The commits of a repository, newest first, each with the sessions that made it.
fn commits(
    repository: &Repository<'_>,
    index: usize,
    sessions: &[String],
) -> Vec<(String, String, BTreeSet<String>)> {
    let own: BTreeSet<usize> = (index..SESSIONS).step_by(REPOSITORIES).collect();
    let log = repository.ask(&["log", "--format=%H %s"]);
    let commits: Vec<(&str, &str)> =
        log.lines().map(|line| line.split_once(' ').expect("a commit has a subject")).collect();
    let alone: BTreeSet<usize> =
        commits.iter().filter_map(|(_, subject)| number(subject)).collect();
    let squashed: BTreeSet<usize> = own.difference(&alone).copied().collect();
    assert_eq!(squashed.len(), SQUASHED, "{log}");
    assert_eq!(commits.len(), own.len() - SQUASHED + 2, "{log}");
    let made_by = |subject: &str| match (number(subject), subject) {
        (Some(number), _) => BTreeSet::from([number]),
        (None, "squashed: five changes") => squashed.clone(),
        (None, "rename a file") => BTreeSet::new(),
        _ => panic!("an unknown commit: {subject}"),
    };
    let ids = |numbers: BTreeSet<usize>| {
        numbers.into_iter().map(|number| sessions[number].clone()).collect()
    };
    commits
        .into_iter()
        .map(|(id, subject)| (id.to_owned(), subject.to_owned(), ids(made_by(subject))))
        .collect()
}

/// The sessions that a commit is linked to.
fn linked(repository: &Repository<'_>, commit: &str) -> BTreeSet<String> {
    let shown = repository.json(&["show", "--commit", commit]);
    let sessions = shown["sessions"].as_array().expect("a list");
    let id = |session: &Value| session["session_id"].as_str().expect("an id").to_owned();
    sessions.iter().map(id).collect()
}

fn check(seed: u32) {
    let Some(tools) = tools() else { return };
    let env = TestEnv::new();
    let (count, repositories, seed) =
        (SESSIONS.to_string(), REPOSITORIES.to_string(), seed.to_string());
    let home = env.home().display().to_string();
    let arguments = [
        "--out",
        &home,
        "--sessions",
        &count,
        "--messages",
        "40",
        "--repos",
        &repositories,
        "--seed",
        &seed,
        "--git",
        "--rewrite",
    ];
    python(&env, &tools.join("gen_corpus.py"), &arguments);
    let report = env.json(&["import"]);
    assert_eq!(report["problems"], Value::Array(Vec::new()), "{report:#}");
    let sessions = sessions(&env);
    assert_eq!(sessions.len(), SESSIONS);

    let repositories: Vec<Repository<'_>> = (0..REPOSITORIES)
        .map(|index| Repository::at(&env, env.home().join(format!("src/repo-{index}"))))
        .collect();
    let expected: Vec<_> = repositories
        .iter()
        .enumerate()
        .map(|(index, repository)| (repository, commits(repository, index, &sessions)))
        .collect();

    let lore = lore_tests::program().display().to_string();
    let arguments = ["--home", &home, "--lore", &lore, "--files", "100"];
    println!("{}", python(&env, &tools.join("blame_score.py"), &arguments));

    let _ = repositories[0].lore(&["link", "--auto", "--backfill", "--yes"]).success();
    let mut wrong = BTreeMap::new();
    for (repository, commits) in &expected {
        for (commit, subject, sessions) in commits {
            let linked = linked(repository, commit);
            if linked != *sessions {
                wrong.insert(subject, (sessions, linked));
            }
        }
    }
    assert!(wrong.is_empty(), "commits, their sessions, and what is linked: {wrong:#?}");
}

#[test]
fn the_first_seed() {
    check(1);
}

#[test]
fn the_second_seed() {
    check(2);
}

#[test]
fn the_third_seed() {
    check(3);
}
