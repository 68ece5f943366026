//! No secret stands here as a whole: they are put together when the tests run, so that nobody's
//! scanner takes them for real.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::model::{Block, EditKind, FileEdit, Message, MessageId, Role, ToolResult, ToolUse};

/// Compiled once: it takes a moment.
static REDACTOR: LazyLock<Redactor> = LazyLock::new(Redactor::built_in);

/// So many characters of all sorts.
fn random(length: usize) -> String {
    "aB3dE5gH7jK9mN1pQ2sT4vW6xY8z0cF".chars().cycle().take(length).collect()
}

#[track_caller]
fn check(text: &str, expected: &str) {
    let masked = REDACTOR.mask(text);
    assert_eq!(masked.text, expected);
    let again = REDACTOR.mask(&masked.text);
    assert_eq!(again.text, expected, "masked twice");
    assert!(again.found.is_empty());
}

/// The secret is masked wherever it stands.
#[track_caller]
fn check_token(kind: &str, secret: &str) {
    for (before, after) in [("", ""), ("use ", " now"), ("\"", "\","), ("(", ")."), ("ä ", "ä")] {
        check(&format!("{before}{secret}{after}"), &format!("{before}[REDACTED:{kind}]{after}"));
    }
}

#[track_caller]
fn check_innocent(text: &str) {
    let masked = REDACTOR.mask(text);
    assert!(matches!(masked.text, Cow::Borrowed(_)), "{text:?} became {:?}", masked.text);
    assert!(masked.found.is_empty());
}

#[test]
fn tokens_with_a_form_of_their_own() {
    let r = random;
    for letter in ["p", "o", "u", "s", "r"] {
        check_token("github-token", &format!("gh{letter}_{}", r(36)));
    }
    check_token("github-token", &format!("github_{}_{}_{}", "pat", r(22), r(59)));
    check_token("gitlab-token", &format!("{}-{}", "glpat", r(20)));
    check_token("npm-token", &format!("{}_{}", "npm", r(36)));
    check_token("pypi-token", &format!("{}-AgEIc{}", "pypi", r(60)));
    check_token("docker-token", &format!("dckr_{}_{}", "pat", r(27)));
    for letter in ["b", "p", "a", "s"] {
        check_token("slack-token", &format!("xox{letter}-1234567890-{}", r(24)));
    }
    check_token(
        "slack-webhook",
        &format!("https://hooks.slack.com/{}/T0/B0/{}", "services", r(24)),
    );
    check_token("stripe-key", &format!("sk_{}_{}", "live", r(24)));
    check_token("sendgrid-key", &format!("SG.{}.{}", r(22), r(43)));
    check_token("digitalocean-token", &format!("dop_v1_{}", "0123456789abcdef".repeat(4)));
    check_token("vault-token", &format!("hvs.{}", r(24)));
    check_token("anthropic-key", &format!("sk-{}-api03-{}-{}", "ant", r(40), r(20)));
    check_token("openai-key", &format!("sk-{}", r(48)));
    check_token("openai-key", &format!("sk-{}-{}_{}", "proj", r(40), r(20)));
    check_token("huggingface-token", &format!("hf_{}", r(34)));
    check_token("google-key", &format!("{}{}", "AIza", r(35)));
    for prefix in ["AKIA", "ASIA"] {
        check_token("aws-access-key", &format!("{prefix}{}", r(16).to_uppercase()));
    }
    check_token("json-web-token", &format!("eyJ{}.eyJ{}.{}", r(17), r(40), r(43)));
}

#[test]
fn keys_of_models_and_of_what_agents_use() {
    let (r, hex) = (random, |length| "0123456789abcdef".chars().cycle().take(length).collect());
    let hex: &dyn Fn(usize) -> String = &hex;
    let upper = |length| random(length).to_uppercase();
    let lower = |length| random(length).to_lowercase();
    let uuid = format!("{}-{}-{}-{}-{}", hex(8), hex(4), hex(4), hex(4), hex(12));
    for (kind, prefix, rest) in [
        ("anthropic-key", "sk-ant", format!("-oat01-{}", r(90))),
        ("openrouter-key", "sk-or", format!("-v1-{}", hex(64))),
        ("langfuse-key", "sk-lf", format!("-{uuid}")),
        ("openai-key", "sk-svcacct", format!("-{}", r(100))),
        ("openai-key", "sk-", hex(32)),
        ("xai-key", "xai", format!("-{}", r(80))),
        ("groq-key", "gsk", format!("_{}", r(52))),
        ("perplexity-key", "pplx", format!("-{}", r(48))),
        ("replicate-token", "r8", format!("_{}", r(37))),
        ("together-key", "tgp", format!("_v1_{}", r(43))),
        ("fireworks-key", "fw", format!("_{}", r(24))),
        ("cerebras-key", "csk", format!("-{}", lower(48))),
        ("nvidia-key", "nvapi", format!("-{}", r(64))),
        ("elevenlabs-key", "sk", format!("_{}", hex(48))),
        ("langsmith-key", "lsv2", format!("_pt_{}_{}", hex(32), hex(10))),
        ("pinecone-key", "pcsk", format!("_{}_{}", r(6), r(63))),
        ("tavily-key", "tvly", format!("-dev-{}", r(32))),
        ("cursor-key", "key", format!("_{}", hex(64))),
        ("e2b-key", "e2b", format!("_{}", hex(40))),
        ("google-key", "AQ", format!(".Ab8{}", r(47))),
        ("google-token", "GOCSPX", format!("-{}", r(28))),
        ("aws-bedrock-key", "ABSK", r(120)),
        ("azure-key", "", format!("{}JQQJ99{}", r(52), r(26))),
        ("cloudflare-token", "cfut", format!("_{}", r(48))),
        ("supabase-key", "sb_secret", format!("_{}", r(31))),
        ("supabase-key", "sbp", format!("_{}", hex(40))),
        ("vercel-token", "vcp", format!("_{}", r(56))),
        ("databricks-token", "dapi", format!("{}-2", hex(32))),
        ("tailscale-key", "tskey", format!("-auth-{}-{}", r(17), r(32))),
        ("planetscale-token", "pscale", format!("_tkn_{}", r(43))),
        ("linear-key", "lin", format!("_api_{}", r(40))),
        ("notion-token", "ntn", format!("_{}", r(46))),
        ("figma-token", "figd", format!("_{}", r(40))),
        ("atlassian-token", "ATATT", format!("3xFfGF0{}=ABCDEF12", r(170))),
        ("airtable-token", "pat", format!("{}.{}", r(14), hex(64))),
        ("postman-key", "PMAK", format!("-{}-{}", hex(24), hex(34))),
        ("doppler-token", "dp", format!(".st.dev.{}", r(43))),
        ("1password-token", "ops", format!("_eyJ{}", r(300))),
        ("sentry-token", "sntryu", format!("_{}", hex(64))),
        ("sentry-token", "sntrys", format!("_eyJ{}", r(120))),
        ("new-relic-key", "NRAK", format!("-{}", upper(27))),
        ("grafana-token", "glsa", format!("_{}_{}", r(32), hex(8))),
        ("twilio-key", "SK", hex(32)),
        ("telegram-token", "123456789:", format!("AA{}", r(33))),
        ("discord-token", "MTIzNDU2Nzg5MDEy", format!("MzQ1Njc4.{}.{}", r(6), r(38))),
        ("shopify-token", "shpat", format!("_{}", hex(32))),
        ("stripe-key", "rk_test", format!("_{}", r(24))),
        ("hubspot-token", "pat-na1", format!("-{uuid}")),
        ("private-key", "AGE-SECRET-", format!("KEY-1{}", upper(58))),
    ] {
        check_token(kind, &format!("{prefix}{rest}"));
    }
}

#[test]
fn hashes_and_names_are_no_keys() {
    let hex = |length| "0123456789abcdef".chars().cycle().take(length).collect::<String>();
    for length in [32, 40, 64, 128] {
        let hash = hex(length);
        for text in [
            hash.clone(),
            format!("sha256:{hash}"),
            format!("commit {hash}"),
            format!("md5-{hash}"),
            format!("/blobs/{hash}.json"),
            format!("\"integrity\": \"sha512-{hash}==\""),
            hash.to_uppercase(),
        ] {
            check_innocent(&text);
        }
    }
    for text in [
        "napi_create_string_utf8(env, value, length, &result)",
        "pk_columns, fw_update, re_compile_fastmap, key_press_handler",
        "vcp_helper_for_something_with_a_long_name",
        "access-control-allow-origin-and-other-headers",
        "patient.name_with_sixty_four_characters_is_not_a_token_of_airtable_no",
        "secret_of_the_old_clock_that_nobody_ever_wound_up_again",
        "MyVeryLongModuleNameThatIsLong.method.another_very_long_name_is_here",
        "curl -u $USER:$PASSWORD https://example.org",
        "import numpy as np; np.random.rand(10)",
        "550e8400-e29b-41d4-a716-446655440000",
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ",
    ] {
        check_innocent(text);
    }
}

#[test]
fn private_keys_whole_and_cut_off() {
    let begin = format!("-----BEGIN RSA PRIVATE {}-----", "KEY");
    let end = format!("-----END RSA PRIVATE {}-----", "KEY");
    let body = format!("{}\n{}", random(64), random(20));
    check(&format!("this:\n{begin}\n{body}\n{end}\nok"), "this:\n[REDACTED:private-key]\nok");
    check(&format!("{begin}\n{body}"), "[REDACTED:private-key]");
    check(&format!(r#""{begin}\n{}\n{end}\n""#, random(64)), r#""[REDACTED:private-key]\n""#);
}

/// Of each of many keys that are cut off the end was looked for in all that followed: a text of a
/// megabyte took minutes.
#[test]
fn many_keys_without_an_end_take_no_longer() {
    let begin = format!("-----BEGIN PRIVATE {}-----\n", "KEY");
    let started = std::time::Instant::now();
    let masked = REDACTOR.mask(&begin.repeat(40_000)).found;
    assert_eq!(masked["private-key"], 40_000);
    assert!(started.elapsed().as_secs() < 20, "it took {:?}", started.elapsed());
}

#[test]
fn assignments_of_secrets() {
    let (short, long, forty) = (random(10), random(20), random(40));
    check(&format!("DB_PASSWORD={short}"), "DB_PASSWORD=[REDACTED:password]");
    check(&format!("password: '{short}'"), "password: '[REDACTED:password]'");
    check("\"password\": \"tiger-tiger\"", "\"password\": \"[REDACTED:password]\"");
    check(
        r#"{\"client_secret\": \"burning-bright\"}"#,
        r#"{\"client_secret\": \"[REDACTED:password]\"}"#,
    );
    check(&format!("api_key = \"{long}\""), "api_key = \"[REDACTED:api-key]\"");
    check(&format!("API-KEY: {long}\n"), "API-KEY: [REDACTED:api-key]\n");
    check(&format!("auth_token={long};"), "auth_token=[REDACTED:token];");
    check(
        &format!("aws_secret_access_key = {forty}\n"),
        "aws_secret_access_key = [REDACTED:aws-secret-key]\n",
    );
    check(
        &format!("curl -H 'Authorization: Bearer {long}' x"),
        "curl -H 'Authorization: Bearer [REDACTED:authorization]' x",
    );
    check(
        &format!("DefaultEndpointsProtocol=https;AccountKey={}==;", random(86)),
        "DefaultEndpointsProtocol=https;AccountKey=[REDACTED:azure-key];",
    );
}

#[test]
fn connection_strings_addresses_and_people() {
    for scheme in ["mysql", "postgres", "postgresql", "mongodb+srv", "redis", "https"] {
        check(
            &format!("{scheme}://ada:lovelace@db.example.org:1234/x"),
            &format!("{scheme}://ada:[REDACTED:password-in-url]@db.example.org:1234/x"),
        );
    }
    check(
        "[REDACTED: https://ada:lovelace@db]",
        "[REDACTED: https://ada:[REDACTED:password-in-url]@db]",
    );
    check("redis://:lovelace@cache", "redis://:[REDACTED:password-in-url]@cache");
    check("ask ada.l+x@mail.example.org.", "ask [REDACTED:email-address].");
    check(
        "from 10.20.30.40 to 10.20.30.41.",
        "from [REDACTED:ip-address] to [REDACTED:ip-address].",
    );
}

#[test]
fn what_is_no_secret_stays() {
    for text in [
        "",
        "Please make the kettle stop at ninety degrees.",
        "let password = config.password.clone();",
        "password: String,",
        "fn token(&self) -> &'static str { self.token }",
        "token = next_token(stream)",
        "export API_KEY=\"${API_KEY}\"",
        "password = \"<your-password>\"",
        "api_key: xxxxxxxxxxxxxxxxxxxxxxxx",
        "postgres://user:$PASSWORD@localhost/db",
        "git clone git@github.com:ada/kettle.git",
        "https://example.org:8080/a@b",
        "sk-learn-some-long-name-of-a-package",
        "Bearer authentication-middleware",
        "the secret: nobody knows it",
        "version 1.2.3, 1.2.3.4.5 and 2026.01.05.300",
        "listens at 127.0.0.1:8080 and 0.0.0.0",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "ghp_short, AKIA, eyJ, -----BEGIN CERTIFICATE-----",
        "cargo add serde@1.0.200 react@18.2.0",
        "[REDACTED:password] password=[REDACTED:password]",
    ] {
        check_innocent(text);
    }
}

fn kinds(kinds: &[(&str, u64)]) -> Kinds {
    kinds.iter().map(|&(kind, number)| (kind.to_owned(), number)).collect()
}

#[test]
fn kinds_are_counted() {
    let token = format!("ghp_{}", random(36));
    let text = format!("{token} {token} postgres://ada:lovelace@db");
    let found = REDACTOR.mask(&text).found;
    assert_eq!(found, kinds(&[("github-token", 2), ("password-in-url", 1)]));
}

#[test]
fn masks_name_their_kind_plainly() {
    for rule in RULES {
        assert!(rule.kind.chars().all(is_plain), "{}", rule.kind);
    }
}

fn with(patterns: &[&str], allow: &[&str]) -> RedactorSettings {
    let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
    RedactorSettings { addresses: true, patterns: owned(patterns), allow: owned(allow) }
}

#[test]
fn patterns_of_a_person() {
    let redactor =
        Redactor::new(&with(&["ticket=ACME-[0-9]+", r"customer (\w+)", "[Kk]ettle,?"], &[]))
            .unwrap();
    let masked = redactor.mask("ACME-17: customer ada wants a kettle, now");
    assert_eq!(
        masked.text,
        "[REDACTED:ticket]: customer [REDACTED:custom] wants a [REDACTED:custom] now"
    );
    assert_eq!(masked.found, kinds(&[("ticket", 1), ("custom", 2)]));
    // Nothing of what a person wants masked stays because a rule has masked a part of it.
    let redactor = Redactor::new(&with(&["line=(?m)^internal:.*$"], &[])).unwrap();
    let text = format!("internal: use ghp_{} today\nok", random(36));
    assert_eq!(redactor.mask(&text).text, "[REDACTED:line]\nok");
    let masked = REDACTOR.mask(&text).text.into_owned();
    let masked = redactor.mask(&masked).text.into_owned();
    assert_eq!(masked, "[REDACTED:line][REDACTED:github-token][REDACTED:line]\nok");
    // Nor does a rule leave what a pattern has a part of.
    let redactor = Redactor::new(&with(&["ghp"], &[])).unwrap();
    let masked = redactor.mask(&text).text.into_owned();
    assert_eq!(masked, "internal: use [REDACTED:custom][REDACTED:github-token] today\nok");
}

#[test]
fn what_is_allowed_stays() {
    let example = "AKIAIOSFODNN7EXAMPLE";
    check(example, "[REDACTED:aws-access-key]");
    let redactor = Redactor::new(&with(&[], &[".*EXAMPLE", "ada@.*"])).unwrap();
    for text in [example, "write to ada@example.org"] {
        assert_eq!(redactor.mask(text).text, text);
    }
    // It has to be the whole.
    for (text, expected) in [
        ("postgres://ada:EXAMPLE-1@db", "postgres://ada:[REDACTED:password-in-url]@db"),
        ("cuthbert.ada@example.org", "[REDACTED:email-address]"),
    ] {
        assert_eq!(redactor.mask(text).text, expected);
    }
}

#[test]
fn patterns_that_cannot_be_used_are_refused() {
    let fault = |settings| Redactor::new(&settings).unwrap_err().to_string();
    assert_eq!(
        fault(with(&["a(b"], &[])),
        "`a(b` is no regular expression that can be used: unclosed group"
    );
    assert!(fault(with(&[], &["[z-a]"])).contains("`[z-a]`"));
    assert!(fault(with(&["(a{1000}){1000}"], &[])).contains("size limit"));
    assert!(matches!(
        Redactor::new(&with(&["password=.*"], &[])),
        Err(PatternError::Empty { pattern }) if pattern == "password=.*"
    ));
    let large: Vec<String> = (0..200).map(|number| format!("x{number}(a{{100}}){{300}}")).collect();
    let large: Vec<&str> = large.iter().map(String::as_str).collect();
    assert_eq!(Redactor::new(&with(&large, &[])).unwrap_err(), PatternError::TooLarge);
}

#[test]
fn the_fingerprint_tells_what_is_masked() {
    let all = [
        with(&[], &[]),
        RedactorSettings { addresses: false, ..with(&[], &[]) },
        with(&["a+"], &[]),
        with(&["x=a+"], &[]),
        with(&["a+", "b+"], &[]),
        with(&["b+", "a+"], &[]),
        with(&[], &["a+"]),
        with(&[], &["a+", "b+"]),
        with(&["a+"], &["b+"]),
    ];
    let of = |settings| Redactor::new(settings).unwrap().fingerprint();
    let prints: std::collections::BTreeSet<u64> = all.iter().map(of).collect();
    assert_eq!(prints.len(), all.len());
    assert_eq!(of(&all[4]), of(&all[4]));
}

#[test]
fn secrets_in_json() {
    let token = format!("ghp_{}", random(36));
    let pem =
        format!("-----BEGIN PRIVATE {0}-----\n{1}\n-----END PRIVATE {0}-----", "KEY", random(64));
    for (value, expected) in [
        (format!("use {token}\nnow"), "use [REDACTED:github-token]\nnow".to_owned()),
        (
            format!("first\n{token}\"quoted\""),
            "first\n[REDACTED:github-token]\"quoted\"".to_owned(),
        ),
        (format!("\t{pem}\n"), "\t[REDACTED:private-key]\n".to_owned()),
        (
            format!("echo \"-----BEGIN PRIVATE {}-----\nMIIB\\\" > x", "KEY"),
            "echo \"[REDACTED:private-key]\\\" > x".to_owned(),
        ),
        (
            "{\"password\": \"tiger-tiger\"}".to_owned(),
            "{\"password\": \"[REDACTED:password]\"}".to_owned(),
        ),
    ] {
        // In a string, and in the JSON of a string.
        let plain = serde_json::json!({ "kept": [1, -2.5e3, null, "a\u{1f}"], "text": value });
        let masked = serde_json::json!({ "kept": [1, -2.5e3, null, "a\u{1f}"], "text": expected });
        check(&plain.to_string(), &masked.to_string());
        let (plain, masked) = (plain.to_string(), masked.to_string());
        check(
            &serde_json::to_string_pretty(&[&plain]).unwrap(),
            &serde_json::to_string_pretty(&[&masked]).unwrap(),
        );
        check(&format!("{plain}\n{plain}\n"), &format!("{masked}\n{masked}\n"));
        // Where it is cut off and no JSON any more.
        let cut = REDACTOR.mask(&plain[..plain.len() - 1]).text.into_owned();
        assert_eq!(cut + "}", masked);
    }
    check(r#"{"password":"tiger-tiger"}"#, r#"{"password":"[REDACTED:password]"}"#);
    // What is escaped without need hides nothing.
    let hidden = token.replace('_', r"\u005f");
    check(&format!(r#"["{hidden}"]"#), r#"["[REDACTED:github-token]"]"#);
    // Half of a pair cannot be read as text.
    check(&format!(r#"["\ud800 {token}", 1]"#), r#"["[REDACTED:github-token]", 1]"#);
}

#[test]
fn private_keys_in_lines_of_json() {
    let (one, two) = (random(64), random(20));
    let lines = serde_json::json!([
        format!("-----BEGIN PRIVATE {}-----\n", "KEY"),
        one,
        two,
        format!("-----END PRIVATE {}-----", "KEY"),
        one
    ]);
    let masked = REDACTOR.mask(&lines.to_string()).text.into_owned();
    let masked: Vec<String> = serde_json::from_str(&masked).unwrap();
    assert_eq!(masked[..3], ["[REDACTED:private-key]"; 3].map(str::to_owned));
    assert_eq!(masked[4], one);
}

#[test]
fn numbers_of_json_become_strings() {
    let redactor = Redactor::new(&with(&[r"\b[0-9]{16}\b"], &[])).unwrap();
    let masked = redactor.mask(r#"{"card": 1234567812345678, "n": [12, 1234567812345678]}"#);
    assert_eq!(masked.text, r#"{"card": "[REDACTED:custom]", "n": [12, "[REDACTED:custom]"]}"#);
    assert_eq!(masked.found, kinds(&[("custom", 2)]));
}

#[test]
fn all_of_a_message() {
    let token = || format!("ghp_{}", random(36));
    let edit = FileEdit {
        path: format!("/tmp/{}", token()),
        kind: EditKind::Replace,
        before: Some(token()),
        after: Some(format!("a {}", token())),
        to: Some(token()),
    };
    let call = ToolUse {
        id: token(),
        name: token(),
        input: serde_json::json!({ "content": format!("\n{}", token()) }).to_string(),
        edits: vec![edit],
        reads: vec![token()],
        command: Some(token()),
    };
    let mut message = Message {
        id: MessageId(uuid::Uuid::nil()),
        parent: None,
        role: Role::User,
        injected: false,
        sidechain: false,
        withdrawn: false,
        at: None,
        model: Some(token()),
        directory: Some(token()),
        branch: Some(token()),
        content: vec![
            Block::Text(token()),
            Block::Thinking(token()),
            Block::ToolUse(call.clone()),
            Block::ToolResult(ToolResult { content: token(), ..ToolResult::default() }),
            Block::Other(serde_json::json!([token()]).to_string()),
        ],
        usage: None,
    };
    let found = REDACTOR.mask_message(&mut message);
    let mut left = 0;
    message.visit_strings(&mut |text| {
        assert!(text.contains("[REDACTED:github-token]"), "{text}");
        left += usize::from(text.contains("ghp_"));
    });
    assert_eq!(left, 0);
    // Of the call, those that stand in its edits, reads and command: its arguments have one of them.
    assert_eq!(found, kinds(&[("github-token", 2 + 2 + 6 + 2)]));
    assert_eq!(message.model, Some(token()));
    let Block::ToolUse(masked) = &message.content[2] else { panic!("a call") };
    assert_eq!((&masked.id, &masked.name), (&call.id, &call.name));
    assert_eq!(masked.input, r#"{"content":"\n[REDACTED:github-token]"}"#);
}

/// Pieces that rules are made of, in any order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("password".to_owned()),
        Just("api_key".to_owned()),
        Just("token".to_owned()),
        Just("=".to_owned()),
        Just(": ".to_owned()),
        Just("\"".to_owned()),
        Just("'".to_owned()),
        Just("\\".to_owned()),
        Just(" ".to_owned()),
        Just("\n".to_owned()),
        Just("bearer ".to_owned()),
        Just("://".to_owned()),
        Just("@".to_owned()),
        Just(".".to_owned()),
        Just("10.0.0.7".to_owned()),
        Just("ghp_".to_owned()),
        Just("sk-".to_owned()),
        Just("eyJ".to_owned()),
        Just("AKIA".to_owned()),
        Just(format!("-----BEGIN PRIVATE {}-----", "KEY")),
        Just(format!("-----END PRIVATE {}-----", "KEY")),
        Just("[REDACTED:".to_owned()),
        Just("]".to_owned()),
        "[a-zA-Z0-9]{1,50}",
        "\\PC{0,4}",
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// JSON with secrets and what looks like them, and JSON in its strings.
fn json() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::Value;
    let secret = prop_oneof![
        Just(format!("ghp_{}", random(36))),
        Just(format!("-----BEGIN PRIVATE {}-----\n{}\n", "KEY", random(64))),
        Just(format!("-----END PRIVATE {}-----", "KEY")),
        Just("postgres://ada:lovelace@db".to_owned()),
        Just("password=\"tiger-tiger\"".to_owned()),
    ];
    let text = prop_oneof![2 => pieces(), 1 => secret, 1 => "\\PC{0,20}"];
    let leaf = prop_oneof![
        text.prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
    ];
    let name = prop_oneof![Just("password".to_owned()), Just("token".to_owned()), "[a-z]{1,5}"];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((name.clone(), inner.clone()), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            inner.prop_map(|value| Value::from(value.to_string())),
        ]
    })
}

/// What of JSON masking does not change.
fn shape(value: &serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        // A number that is a secret becomes a string.
        Value::String(_) | Value::Number(_) => Value::from("text"),
        Value::Array(values) => values.iter().map(shape).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), shape(value))).collect()
        }
        other => other.clone(),
    }
}

proptest! {
    #[test]
    fn masking_again_changes_nothing(text in pieces()) {
        let masked = REDACTOR.mask(&text);
        let again = REDACTOR.mask(&masked.text);
        prop_assert_eq!(&again.text, &masked.text);
        prop_assert!(again.found.is_empty());
        prop_assert_eq!(masked.found.is_empty(), masked.text == text);
    }

    #[test]
    fn json_stays_json(value in json(), indented in any::<bool>()) {
        let text = match indented {
            true => serde_json::to_string_pretty(&value).unwrap(),
            false => value.to_string(),
        };
        let masked = REDACTOR.mask(&text);
        let after: serde_json::Value = serde_json::from_str(&masked.text)
            .map_err(|error| TestCaseError::fail(format!("{error}: {}", masked.text)))?;
        prop_assert_eq!(shape(&after), shape(&value));
        let again = REDACTOR.mask(&masked.text);
        prop_assert_eq!(&again.text, &masked.text);
    }

    #[test]
    fn a_token_in_json_is_never_left(
        before in pieces(), after in pieces(), name in "[a-z_]{0,10}", nested in any::<bool>(),
    ) {
        let token = format!("ghp_{}", random(36));
        let mut text = serde_json::json!({ name: format!("{before}\n{token}\t{after}") }).to_string();
        if nested {
            text = serde_json::json!([text]).to_string();
        }
        prop_assert!(!REDACTOR.mask(&text).text.contains(&token));
    }

    #[test]
    fn a_token_is_never_left(before in "\\PC{0,40}", after in "\\PC{0,40}") {
        let token = format!("ghp_{}", random(36));
        let text = format!("{before} {token} {after}");
        let masked = REDACTOR.mask(&text);
        prop_assert!(!masked.text.contains(&token));
    }

    #[test]
    fn words_stay(text in "[a-zäöü ,.!?\n]{0,300}") {
        let masked = REDACTOR.mask(&text);
        prop_assert!(masked.found.is_empty(), "{:?}", masked.text);
    }
}
