//! No secret stands here as a whole: they are put together when the tests run, so that nobody's
//! scanner takes them for real.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

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
fn private_keys_whole_and_cut_off() {
    let begin = format!("-----BEGIN RSA PRIVATE {}-----", "KEY");
    let end = format!("-----END RSA PRIVATE {}-----", "KEY");
    let body = format!("{}\n{}", random(64), random(20));
    check(&format!("this:\n{begin}\n{body}\n{end}\nok"), "this:\n[REDACTED:private-key]\nok");
    check(&format!("{begin}\n{body}"), "[REDACTED:private-key]");
    check(&format!(r#""{begin}\n{}\n{end}\n""#, random(64)), r#""[REDACTED:private-key]\n""#);
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

#[test]
fn kinds_are_counted() {
    let token = format!("ghp_{}", random(36));
    let text = format!("{token} {token} postgres://ada:lovelace@db");
    let found = REDACTOR.mask(&text).found;
    assert_eq!(found, BTreeMap::from([("github-token", 2), ("password-in-url", 1)]));
}

#[test]
fn masks_name_their_kind_plainly() {
    for rule in RULES {
        let plain = |c: char| c.is_ascii_lowercase() || c == '-';
        assert!(rule.kind.chars().all(plain), "{}", rule.kind);
    }
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
