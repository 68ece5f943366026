//! Which sessions made which commits: `lore link`, `unlink`, and `show` with commits.
//!
//! Sessions here lie in the past, so they have ended, unless a test says otherwise.

mod apart;
mod page;
mod people;
mod places;
mod rewritten;
mod together;

use lore_tests::{ClaudeCode, Outcome, Repository};
use serde_json::Value;

/// A session of Claude Code that is held at the top of a repository.
fn session(repository: &Repository<'_>, number: u32) -> ClaudeCode {
    let id = format!("{number:08x}-0000-4000-8000-{number:012x}");
    ClaudeCode::new(&id).directory(&repository.path("")[..repository.path("").len() - 1])
}

/// The first eight digits of an id.
fn short(id: &str) -> &str {
    &id[..8]
}

/// A commit, and the sessions whose work is in it.
type Expected<'a> = (&'a str, &'a [&'a str]);

/// Imports all sessions, links them in both ways, each in an archive of its own, and requires each
/// time that every commit is linked to these sessions and to no other.
#[track_caller]
fn check_links(repository: &Repository<'_>, expected: &[Expected<'_>]) {
    for way in ["from sessions", "from commits"] {
        forget(repository);
        let _ = repository.env().lore(&["import"]).success();
        match way {
            "from sessions" => backfill(repository),
            _ => expected.iter().for_each(|(commit, _)| auto(repository, commit)),
        }
        check_linked(repository, expected, way);
    }
}

/// Requires that every commit is linked to these sessions and to no other.
#[track_caller]
fn check_linked(repository: &Repository<'_>, expected: &[Expected<'_>], way: &str) {
    let subject = |commit: &str| repository.ask(&["log", "-1", "--format=%s", commit]);
    let shown = |found: &dyn Fn(&Expected<'_>) -> Vec<String>| -> Vec<String> {
        let line = |of: &Expected<'_>| format!("{}: {}", subject(of.0), found(of).join(" "));
        expected.iter().map(line).collect()
    };
    let linked = shown(&|(commit, _)| linked(repository, commit));
    let wanted = shown(&|(_, sessions)| {
        let mut ids: Vec<String> = sessions.iter().map(|id| short(id).to_owned()).collect();
        ids.sort();
        ids
    });
    assert_eq!(linked, wanted, "linked {way}");
    // Sessions lead to their commits, too.
    for (commit, sessions) in expected {
        for session in *sessions {
            let commits = commits(repository, session);
            assert!(commits.iter().any(|id| id == commit), "{commit} of {commits:?}, {way}");
        }
    }
}

/// Makes an empty archive of it.
fn forget(repository: &Repository<'_>) {
    let archive = repository.env().archive("");
    if archive.exists() {
        std::fs::remove_dir_all(archive).expect("nobody uses it");
    }
}

/// Links what has ended.
#[track_caller]
fn backfill(repository: &Repository<'_>) {
    let _ = repository.lore(&["link", "--auto", "--backfill", "--yes"]).success();
}

/// Links what made a commit.
#[track_caller]
fn auto(repository: &Repository<'_>, commit: &str) {
    let _ = repository.lore(&["link", "--auto", "--commit", commit, "--yes"]).success();
}

/// The sessions that a commit is linked to, by the first digits of their ids, sorted.
#[track_caller]
fn linked(repository: &Repository<'_>, commit: &str) -> Vec<String> {
    let shown = repository.json(&["show", "--commit", commit]);
    let sessions = shown["sessions"].as_array().unwrap_or_else(|| panic!("no list in {shown:#}"));
    let id = |session: &Value| short(session["session_id"].as_str().expect("an id")).to_owned();
    let mut ids: Vec<String> = sessions.iter().map(id).collect();
    ids.sort();
    ids
}

/// The commits that a session is linked to, sorted.
#[track_caller]
fn commits(repository: &Repository<'_>, session: &str) -> Vec<String> {
    let shown = repository.json(&["show", session]);
    let links = shown["links"].as_array().unwrap_or_else(|| panic!("no list in {shown:#}"));
    let commit = |link: &Value| link["commit_sha"].as_str().expect("a commit").to_owned();
    let mut commits: Vec<String> = links.iter().map(commit).collect();
    commits.sort();
    commits
}

/// What `lore blame` says of each line of a file.
#[track_caller]
fn blame(repository: &Repository<'_>, file: &str) -> Vec<Value> {
    let answer = repository.json(&["blame", file]);
    answer["lines"].as_array().unwrap_or_else(|| panic!("no lines in {answer:#}")).clone()
}

/// Who wrote each line of a file: the first digits of a session, or `hand`.
#[track_caller]
fn authors(repository: &Repository<'_>, file: &str) -> Vec<String> {
    let author = |line: &Value| match line["origin"]["session_id"].as_str() {
        Some(id) if line["written_by"] == "session" => short(id).to_owned(),
        _ if line["written_by"] == "session" => panic!("a session without an id: {line:#}"),
        _ => "hand".to_owned(),
    };
    blame(repository, file).iter().map(author).collect()
}

/// What a run gave, for a snapshot: commits have names instead of ids.
fn told(outcome: &Outcome, commits: &[(&str, &str)]) -> String {
    named(&outcome.to_string(), commits)
}

/// The text with a name for every id, or first digits of one, of a commit.
fn named(text: &str, commits: &[(&str, &str)]) -> String {
    let mut named = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let is_digit = |sign: char| sign.is_ascii_alphanumeric();
        let length = rest.find(|sign| !is_digit(sign)).unwrap_or(rest.len());
        let (word, after) = match length {
            0 => rest.split_at(rest.chars().next().map_or(0, char::len_utf8)),
            _ => rest.split_at(length),
        };
        let of = commits.iter().find(|(id, _)| word.len() >= 7 && id.starts_with(word));
        named.push_str(of.map_or(word, |(_, name)| name));
        rest = after;
    }
    named
}

/// The text with `[N]%` for each share, but those after `<` or `Threshold:`, which were asked for.
fn without_shares(text: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(sign) = rest.find('%') {
        let digits = |c: char| c.is_ascii_digit() || c == '.';
        let number = rest[..sign].trim_end_matches(digits).len();
        let before = &rest[..number];
        result.push_str(before);
        let asked_for = before.ends_with("< ") || before.ends_with("Threshold: ");
        result.push_str(if number < sign && !asked_for { "[N]" } else { &rest[number..sign] });
        result.push('%');
        rest = &rest[sign + 1..];
    }
    result + rest
}

/// All that was written, on standard output first.
fn everything(outcome: &Outcome) -> String {
    format!("{}\n{}", outcome.stdout, outcome.stderr)
}

#[test]
fn snapshots_name_what_differs() {
    let commit = "a1b2c3d4e5f60718293a4b5c6d7e8f9001122334";
    let text = format!("-> a1b2c3d, {commit}; a1b2c3e (confidence: 45% < 60%) 7.5%");
    let named = named(&text, &[(commit, "[FIRST]")]);
    assert_eq!(
        without_shares(&named),
        "-> [FIRST], [FIRST]; a1b2c3e (confidence: [N]% < 60%) [N]%"
    );
}
