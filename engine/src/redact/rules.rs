//! What secrets look like.
//!
//! A rule's secret is its first group, or all that it matches if it has none. Earlier rules go first
//! where several match. Names and prefixes are those that the services document.

/// A form that secrets have.
#[derive(Debug)]
pub(super) struct Rule {
    /// What it is called in the mask.
    pub(super) kind: &'static str,
    /// A regular expression, of ASCII classes only: they are quick in any text.
    pub(super) pattern: &'static str,
    /// What else must hold.
    pub(super) check: Check,
}

/// What must hold of a secret beside its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    /// Nothing: the form says it all.
    Form,
    /// It does not stand for something else, as `${PASSWORD}` does.
    Literal,
    /// It looks as if it were drawn by lot: letters and digits, few of them twice.
    Random,
    /// It is of a person, not of a program: `git@` is not.
    Person,
    /// It is of a machine, not of this one.
    Remote,
}

const fn rule(kind: &'static str, pattern: &'static str) -> Rule {
    Rule { kind, pattern, check: Check::Form }
}

const fn checked(kind: &'static str, check: Check, pattern: &'static str) -> Rule {
    Rule { kind, pattern, check }
}

/// All rules.
pub(super) const RULES: &[Rule] = &[
    // One that is cut off has no end.
    rule(
        "private-key",
        r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?:[\s\S]*?-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|[A-Za-z0-9+/=\s\\]*)",
    ),
    rule("private-key", r"(?-u:\b)AGE-SECRET-KEY-1[0-9A-Z]{58}"),
    // Code hosts and registries.
    rule("github-token", r"(?-u:\b)gh[pousr]_[A-Za-z0-9]{36,255}"),
    rule("github-token", r"(?-u:\b)github_pat_[A-Za-z0-9_]{22,255}"),
    rule(
        "gitlab-token",
        r"(?-u:\b)gl(?:pat|oas|dt|rt|cbt|ptt|ft|imt|agent|soat|ffct)-[A-Za-z0-9_-]{20,}",
    ),
    rule("npm-token", r"(?-u:\b)npm_[A-Za-z0-9]{36}"),
    rule("pypi-token", r"(?-u:\b)pypi-(?:AgE[A-Za-z0-9_-]{16,}|[A-Za-z0-9_-]{50,})"),
    rule("docker-token", r"(?-u:\b)dckr_pat_[A-Za-z0-9_-]{20,}"),
    // Services.
    rule("slack-token", r"(?-u:\b)xox[abeoprs]-[A-Za-z0-9-]{10,}"),
    rule("slack-token", r"(?-u:\b)xapp-[0-9]-[A-Za-z0-9-]{10,}"),
    rule("slack-webhook", r"https://hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9/_-]{20,}"),
    rule("stripe-key", r"(?-u:\b)[sr]k_(?:live|test)_[A-Za-z0-9]{16,}"),
    rule("stripe-key", r"(?-u:\b)whsec_[A-Za-z0-9+/=]{24,}"),
    rule("sendgrid-key", r"(?-u:\b)SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}"),
    rule("digitalocean-token", r"(?-u:\b)do[opr]_v1_[a-f0-9]{64}"),
    rule("vault-token", r"(?-u:\b)hv[sbr]\.[A-Za-z0-9_-]{24,}"),
    // Models.
    rule("anthropic-key", r"(?-u:\b)sk-ant-[A-Za-z0-9_-]{20,}"),
    rule(
        "openai-key",
        r"(?-u:\b)sk-(?:(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,}|(?:or-v1-)?[A-Za-z0-9]{20,})",
    ),
    rule("huggingface-token", r"(?-u:\b)hf_[A-Za-z0-9]{30,}"),
    rule("groq-key", r"(?-u:\b)gsk_[A-Za-z0-9]{40,}"),
    // Clouds.
    rule("google-key", r"(?-u:\b)AIza[A-Za-z0-9_-]{35}"),
    rule("google-token", r"(?-u:\b)(?:ya29\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{28})"),
    rule("aws-access-key", r"(?-u:\b)(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?-u:\b)"),
    rule(
        "aws-secret-key",
        r#"(?i)(?:aws[_.-]?secret[_.-]?(?:access[_.-]?)?key|secret[_.-]?access[_.-]?key)\\?["']?\s*(?:=>|[=:])\s*\\?["']?([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+]|$)"#,
    ),
    rule("azure-key", r"(?i)(?-u:\b)(?:Account|SharedAccess)Key=([A-Za-z0-9+/]{40,}={0,2})"),
    // Wherever they are from.
    rule("json-web-token", r"(?-u:\b)eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
    checked(
        "password-in-url",
        Check::Literal,
        r#"(?i)(?-u:\b)[a-z][a-z0-9+.-]{1,30}://[^\s:/@"'<>]*:([^\s@/"'<>]+)@"#,
    ),
    checked(
        "authorization",
        Check::Random,
        r#"(?i)(?-u:\b)(?:bearer|basic)\s+([A-Za-z0-9._~+/=-]{16,})"#,
    ),
    checked(
        "api-key",
        Check::Random,
        r#"(?i)(?:api|access|auth|private|encryption|signing|secret|client)[_.-]?(?:key|id[_.-]?secret)\\?["']?\s*(?:=>|:=|[=:])\s*\\?["'`]?([A-Za-z0-9._~+/=-]{16,})"#,
    ),
    checked(
        "token",
        Check::Random,
        r#"(?i)(?:token|bearer|credentials?)\\?["']?\s*(?:=>|:=|[=:])\s*\\?["'`]?([A-Za-z0-9._~+/=-]{16,})"#,
    ),
    checked(
        "password",
        Check::Literal,
        r#"(?i)(?:password|passwd|passphrase|pwd|secret)\\?["']?\s*(?:=>|:=|[=:])\s*(?:\\?"([^"\\\s]{8,})\\?"|'([^'\\\s]{8,})')"#,
    ),
    checked(
        "password",
        Check::Random,
        r#"(?i)(?:password|passwd|passphrase|pwd|secret)\s*(?:=|:)\s*([A-Za-z0-9!@#%^&*_+/=~-]{8,})(?:[\s"'`,;]|$)"#,
    ),
    checked(
        "email-address",
        Check::Person,
        r"(?-u:\b)[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?-u:\b)",
    ),
    checked(
        "ip-address",
        Check::Remote,
        r"(?:^|[^A-Za-z0-9_.-])((?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9]))(?:[^A-Za-z0-9_.-]|\.?\s|\.?$)",
    ),
];
