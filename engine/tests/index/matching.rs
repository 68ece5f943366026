//! What matches what.

use lore_engine::model::{Block, EditKind, FileEdit, Message, ToolUse};

use crate::fixtures::{TestIndex, answer, call, message, said};

/// Checks queries against messages: a query is followed by the numbers of those that match.
#[track_caller]
fn check(messages: &[&str], queries: &[(&str, &[u32])]) {
    let messages: Vec<Message> = messages.iter().map(|text| said(text)).collect();
    let index = TestIndex::of(&messages);
    for (query, expected) in queries {
        index.check(query, expected);
    }
}

#[test]
fn words_phrases_and_operators() {
    check(
        &["the quartz nebula glows", "nebula of quartz", "Quartz!", "nothing here"],
        &[
            ("quartz", &[0, 1, 2]),
            ("QUARTZ nebula", &[0, 1]),
            ("quartz AND nebula", &[0, 1]),
            ("\"quartz nebula\"", &[0]),
            ("“quartz nebula”", &[0]),
            ("quartz -nebula", &[2]),
            ("-quartz", &[3]),
            ("-quartz -nothing", &[]),
            ("-\"quartz nebula\" quartz", &[1, 2]),
            ("glows OR nothing", &[0, 3]),
            ("quartz glows OR of", &[0, 1]),
            ("glows OR -quartz", &[0, 3]),
            ("neb*", &[0, 1]),
            ("n*", &[0, 1, 3]),
            ("\"quartz neb*\"", &[0]),
            ("-neb*", &[2, 3]),
            ("absent", &[]),
            ("quartz absent", &[]),
            ("\"quartz absent\"", &[]),
            ("quartz OR absent", &[0, 1, 2]),
            ("", &[0, 1, 2, 3]),
        ],
    );
}

#[test]
fn identifiers_are_found_as_a_whole_and_by_their_parts() {
    check(
        &[
            "let server = HttpServer::new();",
            "http_server.start()",
            "the http server",
            "httpserver",
            "HTTP_SERVER and http-server",
            "open src/index/main.rs please",
            "snake_case_name",
            "serverHttp",
        ],
        &[
            ("HttpServer", &[0, 1, 2, 3, 4]),
            ("httpserver", &[0, 3]),
            ("http_server", &[0, 1, 2, 4]),
            ("\"http server\"", &[0, 1, 2, 4]),
            ("http server", &[0, 1, 2, 4, 7]),
            ("HttpServer::new", &[0]),
            ("httpserv*", &[0, 3]),
            ("HttpSer*", &[0, 1, 2, 3, 4]),
            ("src/index/main.rs", &[5]),
            ("index/main", &[5]),
            ("main.rs", &[5]),
            ("\"open src/index/main.rs please\"", &[5]),
            ("src/main.rs", &[]),
            ("case_name", &[6]),
            ("snake_name", &[]),
        ],
    );
}

#[test]
fn digits_and_digests() {
    check(
        &["sha256 of it", "SHA-256", "a1b2c3d4", "utf8", "version 256", "sha256sum"],
        &[
            ("sha256", &[0, 1]),
            ("sha-256", &[0, 1]),
            ("256", &[0, 1, 4]),
            ("sha*", &[0, 1, 5]),
            ("sha25*", &[0, 1, 5]),
            ("a1b2c3d4", &[2]),
            ("a1b2*", &[2]),
            ("a1*", &[2]),
            ("utf-8", &[3]),
        ],
    );
}

#[test]
fn a_plain_word_finds_its_forms_and_a_quoted_one_does_not() {
    check(
        &["it crashed", "crashes again", "a crash", "retries", "retrying"],
        &[
            ("crash", &[0, 1, 2]),
            ("crashing", &[0, 1, 2]),
            ("\"crash\"", &[2]),
            ("retry", &[3, 4]),
            ("-crash", &[3, 4]),
            ("crash*", &[0, 1, 2]),
        ],
    );
}

#[test]
fn other_scripts() {
    check(
        &["日本語の文章", "東京で日本", "日 x", "Ein Café in Köln", "naïve Привет"],
        &[
            ("日本", &[0, 1]),
            ("日本語", &[0]),
            ("日", &[0, 1, 2]),
            ("語", &[0]),
            ("本", &[0, 1]),
            ("章", &[0]),
            ("本日", &[]),
            ("\"日 x\"", &[2]),
            ("cafe koln", &[3]),
            ("Café", &[3]),
            ("привет", &[4]),
        ],
    );
}

#[test]
fn everything_that_a_message_holds_is_searched() {
    let edit = FileEdit {
        path: "src/parser.rs".to_owned(),
        kind: EditKind::Replace,
        before: Some("lapis".to_owned()),
        after: Some("onyx".to_owned()),
        to: Some("src/reader.rs".to_owned()),
    };
    let without_input = ToolUse {
        name: "Edit".to_owned(),
        edits: vec![edit],
        reads: vec!["docs/guide.md".to_owned()],
        command: Some("make all".to_owned()),
        ..ToolUse::default()
    };
    let index = TestIndex::of(&[
        message(vec![Block::Thinking("pondering".to_owned())]),
        message(vec![Block::ToolUse(call(
            "Grep",
            r#"{"pattern":"first\nsecond \"third\"","nested":{"outer_name":["ziggurat"]},"n":4711}"#,
        ))]),
        message(vec![Block::ToolResult(answer("obelisk"))]),
        message(vec![Block::Other(r#"{"kind":{"deep":"menhir"}}"#.to_owned())]),
        message(vec![Block::ToolUse(without_input)]),
    ]);
    index.check("pondering", &[0]);
    index.check("grep", &[1]);
    index.check("\"first second third\"", &[1]);
    index.check("nsecond", &[]);
    index.check("ziggurat outer_name 4711", &[1]);
    index.check("pattern", &[]);
    index.check("obelisk", &[2]);
    index.check("menhir", &[3]);
    index.check("lapis onyx", &[4]);
    index.check("src/parser.rs src/reader.rs docs/guide.md \"make all\"", &[4]);
}

/// A phrase must not run from the end of one block into the next.
#[test]
fn no_phrase_reaches_across_blocks() {
    let index = TestIndex::of(&[message(vec![
        Block::Text("ends with amber".to_owned()),
        Block::Text("basalt begins".to_owned()),
    ])]);
    index.check("amber basalt", &[0]);
    index.check("\"amber basalt\"", &[]);
}

#[test]
fn sessions_are_found_by_what_they_are_called() {
    let mut called = crate::fixtures::session(7);
    called.title = Some("Fix the retryLoop".to_owned());
    called.directory = Some("/work/payments".to_owned());
    called.branches = vec!["main".to_owned(), "feature/ledger".to_owned()];
    let index = TestIndex::with(&[
        (called, vec![said("unrelated")]),
        (crate::fixtures::session(8), vec![said("the ledger")]),
    ]);
    let sessions = |query: &str| -> Vec<u32> {
        let hits = index.search(query).hits;
        let sessions = hits.iter().filter(|hit| hit.place == lore_engine::index::Place::Session);
        sessions.map(|hit| hit.session.0).collect()
    };
    assert_eq!(sessions("retryloop"), [7]);
    assert_eq!(sessions("payments ledger"), [7]);
    assert_eq!(sessions("\"feature/ledger\""), [7]);
    assert_eq!(sessions("ledger -payments"), [0; 0]);
    assert_eq!(sessions("ledger project:payments"), [7]);
    assert_eq!(sessions("ledger project:app"), [0; 0]);
    assert_eq!(sessions("ledger tool:claude-code branch:MAIN"), [7]);
    assert_eq!(sessions("ledger role:user"), [0; 0], "sessions have no role");
    assert_eq!(sessions("ledger since:2026-01-06"), [0; 0]);
    assert_eq!(sessions("tool:claude-code"), [0; 0], "filters alone are about messages");
    assert_eq!(sessions("-unrelated"), [0; 0]);
    assert_eq!(index.search("ledger").total, 1, "only messages are counted");
    assert_eq!(index.places("ledger"), [(8, 0)].into());
}
