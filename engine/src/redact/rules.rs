//! What secrets look like.
//!
//! A rule's secret is its first group, or all that it matches if it has none. Earlier rules go first
//! where several match. Names and prefixes are those that the services document; a service whose keys
//! have no form of their own is found by what they are assigned to.

/// A form that secrets have.
#[derive(Debug)]
pub(super) struct Rule {
    /// What it is called in the mask.
    pub(super) kind: &'static str,
    /// A regular expression, of ASCII classes where that is possible: they are quick in any text.
    pub(super) pattern: &'static str,
    /// What else must hold.
    pub(super) check: Check,
    /// It is a word of its own, and all of it is the secret.
    pub(super) is_token: bool,
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
    Rule { kind, pattern, check: Check::Form, is_token: false }
}

const fn checked(kind: &'static str, check: Check, pattern: &'static str) -> Rule {
    Rule { kind, pattern, check, is_token: false }
}

/// A secret that begins where a word begins, and has no group in its pattern.
const fn token(kind: &'static str, pattern: &'static str) -> Rule {
    Rule { kind, pattern, check: Check::Form, is_token: true }
}

/// One whose prefix alone could be a part of a name.
const fn random(kind: &'static str, pattern: &'static str) -> Rule {
    Rule { kind, pattern, check: Check::Random, is_token: true }
}

/// All rules.
pub(super) const RULES: &[Rule] = &[
    // One that is cut off has no end. Line feeds may be escaped. The end is not looked for beyond what
    // else begins: a text of beginnings would take the square of its length.
    rule(
        "private-key",
        r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?:(?:[^-]|-{1,4}[^-])*?-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|(?:[A-Za-z0-9+/=\s]|\\+[nrt])*)",
    ),
    rule("private-key", r"PuTTY-User-Key-File-[23]: [\s\S]*?Private-MAC: [a-f0-9]{40,64}"),
    token("private-key", r"AGE-SECRET-KEY-1[0-9A-Z]{58}"),
    // Code hosts and registries.
    token("github-token", r"gh[pousr]_[A-Za-z0-9]{36,255}"),
    token("github-token", r"github_pat_[A-Za-z0-9_]{22,255}"),
    token(
        "gitlab-token",
        r"gl(?:pat|oas|dt|rt|rtr|cbt|ptt|ft|imt|agent|soat|ffct|wt)-[A-Za-z0-9_-]{20,}(?:\.[A-Za-z0-9_-]{2,}){0,3}",
    ),
    token("gitlab-token", r"GR1348941[A-Za-z0-9_-]{20,}"),
    token("bitbucket-token", r"ATBB[A-Za-z0-9]{32}(?-u:\b)"),
    token("atlassian-token", r"AT(?:ATT|CTT|STT)3[A-Za-z0-9_=-]{60,}"),
    token("npm-token", r"npm_[A-Za-z0-9]{36,}"),
    token("pypi-token", r"pypi-(?:AgE[A-Za-z0-9_-]{16,}|[A-Za-z0-9_-]{50,})"),
    random("crates-token", r"cio[A-Za-z0-9]{32}(?-u:\b)"),
    token("rubygems-key", r"rubygems_[a-f0-9]{48}"),
    token("nuget-key", r"oy2[a-z0-9]{43}(?-u:\b)"),
    token("clojars-token", r"CLOJARS_[A-Za-z0-9]{60}"),
    token("docker-token", r"dckr_[po]at_[A-Za-z0-9_-]{20,}"),
    token("jfrog-key", r"AKCp[A-Za-z0-9]{69}(?-u:\b)"),
    // Building and deploying.
    token("vercel-token", r"vc[piark]_[A-Za-z0-9]{24,}"),
    token("vercel-token", r"vercel_blob_rw_[A-Za-z0-9]{12,}_[A-Za-z0-9]{20,}"),
    token("netlify-token", r"nf[pcoub]_[A-Za-z0-9]{36,}"),
    token("fly-token", r"fm[12]r?_[A-Za-z0-9+/]{60,}={0,3}"),
    token("fly-token", r"fo1_[A-Za-z0-9_-]{43}"),
    token("heroku-key", r"HRKU-AA[A-Za-z0-9_-]{58}"),
    random("render-key", r"rnd_[A-Za-z0-9]{32}(?-u:\b)"),
    token("circleci-token", r"CCIP(?:AT|RJ)_[A-Za-z0-9]{22}_[a-f0-9]{40}"),
    token("buildkite-token", r"bk(?:ua|pt|at|ct)_[a-f0-9]{40}"),
    token("sonar-token", r"sq[pua]_[a-f0-9]{40}"),
    token("sourcegraph-token", r"sgp_(?:(?:[a-f0-9]{16}|local)_)?[a-f0-9]{40}"),
    token("pulumi-token", r"pul-[a-f0-9]{40}"),
    token("terraform-token", r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,}"),
    token("harness-token", r"[ps]at\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{20}(?-u:\b)"),
    token("prefect-key", r"pnu_[A-Za-z0-9]{36}"),
    token("infracost-key", r"ico-[A-Za-z0-9]{32}(?-u:\b)"),
    token("octopus-key", r"API-[A-Z0-9]{26}(?-u:\b)"),
    // What keeps secrets.
    token("vault-token", r"hv[sbr]\.[A-Za-z0-9_-]{24,}"),
    token(
        "doppler-token",
        r"dp\.(?:pt|st|ct|sa|scim|audit|said)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44}",
    ),
    token("1password-token", r"ops_eyJ[A-Za-z0-9+/_-]{100,}={0,3}"),
    token(
        "1password-key",
        r"A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}(?-u:\b)",
    ),
    // Talking.
    token("slack-token", r"xox[abcdeoprs]-[A-Za-z0-9%+/=-]{10,}"),
    token("slack-token", r"xapp-[0-9]-[A-Za-z0-9-]{10,}"),
    rule(
        "slack-webhook",
        r"https://hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]{20,}",
    ),
    // It begins with a number in base64.
    token(
        "discord-token",
        r"(?:[MNO][DTjz][AEIMQUYcgk][w-z0-5]){6}[A-Za-z0-9_-]{0,4}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,}",
    ),
    rule(
        "discord-webhook",
        r"https://(?:[a-z]+\.)?discord(?:app)?\.com/api/(?:v[0-9]+/)?webhooks/[0-9]{17,20}/[A-Za-z0-9_-]{60,}",
    ),
    rule(
        "teams-webhook",
        r"https://[a-z0-9-]+\.webhook\.office\.com/webhookb2/[A-Za-z0-9@/-]{60,}",
    ),
    token("telegram-token", r"[0-9]{8,10}:AA[A-Za-z0-9_-]{33}"),
    token("twilio-key", r"SK[a-f0-9]{32}(?-u:\b)"),
    token("sendgrid-key", r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}"),
    token("mailchimp-key", r"[a-f0-9]{32}-us[0-9]{1,2}(?-u:\b)"),
    token("brevo-key", r"x(?:keysib|smtpsib)-[a-f0-9]{64}-[A-Za-z0-9]{16}"),
    random("resend-key", r"re_[A-Za-z0-9]{8}_[A-Za-z0-9]{20,32}(?-u:\b)"),
    // Buying and selling.
    token("stripe-key", r"[sr]k_(?:live|test|prod)_[A-Za-z0-9]{16,}"),
    token("stripe-key", r"whsec_[A-Za-z0-9+/=]{24,}"),
    token("shopify-token", r"shp(?:at|ca|pa|ss|ua|tka)_[a-fA-F0-9]{32}"),
    token("square-token", r"sq0(?:atp|csp)-[A-Za-z0-9_-]{22,43}"),
    token("braintree-token", r"access_token\$(?:production|sandbox)\$[a-z0-9]{16}\$[a-f0-9]{32}"),
    token(
        "plaid-token",
        r"access-(?:sandbox|development|production)-[a-f0-9]{8}(?:-[a-f0-9]{4}){3}-[a-f0-9]{12}",
    ),
    token("flutterwave-key", r"FLWSECK(?:_TEST)?-[A-Za-z0-9]{12,40}(?:-X)?"),
    token("easypost-key", r"EZ[AT]K[A-Za-z0-9]{54}(?-u:\b)"),
    token("shippo-token", r"shippo_(?:live|test)_[a-fA-F0-9]{40}"),
    token("duffel-token", r"duffel_(?:live|test)_[A-Za-z0-9_-]{43}"),
    // Working together.
    token("linear-key", r"lin_(?:api|oauth|wh)_[A-Za-z0-9]{32,}"),
    token("notion-token", r"ntn_[A-Za-z0-9]{40,}"),
    random("notion-token", r"secret_[A-Za-z0-9]{43}(?-u:\b)"),
    token("figma-token", r"fig[douh]_[A-Za-z0-9_-]{36,}"),
    token("airtable-token", r"pat[A-Za-z0-9]{14}\.[a-f0-9]{64}"),
    token("clickup-token", r"pk_[0-9]{6,12}_[A-Z0-9]{32}"),
    token("hubspot-token", r"pat-(?:na|eu|ap)[0-9]-[a-f0-9]{8}(?:-[a-f0-9]{4}){3}-[a-f0-9]{12}"),
    token("contentful-token", r"CFPAT-[A-Za-z0-9_-]{43}"),
    token("typeform-token", r"tfp_[A-Za-z0-9_.=-]{59}"),
    token("dropbox-token", r"sl\.(?:u\.)?[A-Za-z0-9_-]{120,}"),
    token("mapbox-token", r"sk\.eyJ[A-Za-z0-9_-]{40,}\.[A-Za-z0-9_-]{20,}"),
    token("readme-key", r"rdme_[a-z0-9]{70}"),
    token("posthog-key", r"ph[xs]_[A-Za-z0-9]{36,}"),
    token("postman-key", r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}"),
    // Watching.
    token("grafana-token", r"glsa_[A-Za-z0-9]{32}_[a-fA-F0-9]{8}"),
    token("grafana-token", r"glc_eyJ[A-Za-z0-9+/]{40,}={0,2}"),
    token("grafana-token", r"eyJrIjoi[A-Za-z0-9+/]{60,}={0,2}"),
    token("sentry-token", r"sntrys_eyJ[A-Za-z0-9+/=_-]{60,}"),
    token("sentry-token", r"sntry[a-z]_[a-f0-9]{64}"),
    token("new-relic-key", r"NRAK-[A-Z0-9]{27}"),
    token("new-relic-key", r"NRI[IQ]-[A-Za-z0-9_-]{32}"),
    token("new-relic-key", r"(?:eu01xx)?[a-f0-9]{30,36}(?:FF)?NRAL(?-u:\b)"),
    token("dynatrace-token", r"dt0[a-z][0-9]{2}\.[A-Z0-9]{8,24}\.[A-Z0-9]{64}"),
    token("honeycomb-key", r"hc[a-z]i[kc]_[a-z0-9]{58}"),
    // Models and what agents use.
    token("anthropic-key", r"sk-ant-[A-Za-z0-9_-]{20,}"),
    token("openrouter-key", r"sk-or-(?:v1-)?[A-Za-z0-9]{20,}"),
    token("langfuse-key", r"sk-lf-[a-f0-9]{8}(?:-[a-f0-9]{4}){3}-[a-f0-9]{12}"),
    token(
        "openai-key",
        r"sk-(?:(?:proj|svcacct|service|admin|None)-[A-Za-z0-9_-]{20,}|[A-Za-z0-9]{20,})",
    ),
    token("openai-key", r"sess-[A-Za-z0-9]{40}(?-u:\b)"),
    token("huggingface-token", r"hf_[A-Za-z0-9]{30,}"),
    token("huggingface-token", r"api_org_[A-Za-z0-9]{34}(?-u:\b)"),
    token("groq-key", r"gsk_[A-Za-z0-9]{40,}"),
    token("xai-key", r"xai-[A-Za-z0-9]{60,}"),
    token("perplexity-key", r"pplx-[A-Za-z0-9]{40,}"),
    token("replicate-token", r"r8_[A-Za-z0-9]{37,}"),
    token("together-key", r"tgp_v1_[A-Za-z0-9_-]{40,}"),
    random("fireworks-key", r"fw_[A-Za-z0-9]{22,24}(?-u:\b)"),
    token("cerebras-key", r"csk-[a-z0-9]{40,}"),
    token("nvidia-key", r"nvapi-[A-Za-z0-9_-]{60,}"),
    token("elevenlabs-key", r"sk_[a-f0-9]{48}(?-u:\b)"),
    token("langsmith-key", r"lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}"),
    token("pinecone-key", r"pcsk_[A-Za-z0-9]{4,8}_[A-Za-z0-9]{50,}"),
    token("tavily-key", r"tvly-(?:(?:dev|prod)-)?[A-Za-z0-9]{28,}"),
    token("firecrawl-key", r"fc-[a-f0-9]{32}(?-u:\b)"),
    token("jina-key", r"jina_[A-Za-z0-9_-]{60}"),
    token("apify-token", r"apify_(?:api|proxy)_[A-Za-z0-9]{34,}"),
    token("browserbase-key", r"bb_(?:live|test)_[A-Za-z0-9_-]{20,}"),
    token("cursor-key", r"(?:key|crsr)_[a-f0-9]{64}"),
    token("e2b-key", r"e2b_[a-f0-9]{40}"),
    token("daytona-key", r"dtn_[a-f0-9]{64}"),
    token("runpod-key", r"rpa_[A-Za-z0-9]{40,}"),
    // Clouds and databases.
    token("google-key", r"AIza[A-Za-z0-9_-]{35}"),
    token("google-key", r"AQ\.A[A-Za-z0-9_-]{40,}"),
    token("google-token", r"(?:ya29\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{28})"),
    token("google-token", r"1//0[A-Za-z0-9_-]{40,}"),
    token("google-token", r"AAAA[A-Za-z0-9_-]{7}:[A-Za-z0-9_-]{140}"),
    token("aws-access-key", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?-u:\b)"),
    token("aws-bedrock-key", r"ABSK[A-Za-z0-9+/]{100,}={0,2}"),
    token("aws-bedrock-key", r"bedrock-api-key-[A-Za-z0-9+/=]{28,}"),
    rule(
        "aws-secret-key",
        r#"(?i)(?:aws[_.-]?secret[_.-]?(?:access[_.-]?)?key|secret[_.-]?access[_.-]?key)(?:\\*["'])?\s*(?:=>|[=:])\s*(?:\\*["'])?([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+]|$)"#,
    ),
    rule("azure-key", r"(?i)(?-u:\b)(?:Account|SharedAccess)Key=([A-Za-z0-9+/]{40,}={0,2})"),
    token("azure-key", r"[A-Za-z0-9]{52}JQQJ9[9D][A-Za-z0-9]{25,29}(?:==)?"),
    token("azure-key", r"[A-Za-z0-9]{42}Az(?:Se|Ca)[A-D][A-Za-z0-9]{5}(?-u:\b)"),
    token("azure-key", r"[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}(?-u:\b)"),
    rule("azure-secret", r#"(?:^|[\s"'`>=:(,\\])([A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34})"#),
    rule(
        "azure-signature",
        r"[?&;]sig=([A-Za-z0-9/+]{43}=|(?:[A-Za-z0-9]|%[0-9A-Fa-f]{2}){43,}%3[Dd])",
    ),
    random("alibaba-key", r"LTAI[A-Za-z0-9]{17,20}(?-u:\b)"),
    random("tencent-key", r"AKID[A-Za-z0-9]{32}(?-u:\b)"),
    token("yandex-key", r"AQVN[A-Za-z0-9_-]{35,38}"),
    token("adobe-secret", r"p8e-[A-Za-z0-9_-]{32}(?-u:\b)"),
    token("cloudflare-token", r"cf(?:k|ut|at)_[A-Za-z0-9]{40,}"),
    token("cloudflare-key", r"v1\.0-[a-f0-9]{24}-[a-f0-9]{146}"),
    token("digitalocean-token", r"do[opr]_v1_[a-f0-9]{64}"),
    token("openshift-token", r"sha256~[A-Za-z0-9_-]{43}"),
    token("tailscale-key", r"tskey-[a-z]+-[A-Za-z0-9]+-[A-Za-z0-9]{20,}"),
    token("supabase-key", r"sb_secret_[A-Za-z0-9_-]{20,}"),
    token("supabase-key", r"sbp_(?:v0_|oauth_)?[a-f0-9]{40}"),
    token("planetscale-token", r"pscale_(?:pw|tkn|oauth)_[A-Za-z0-9_.=-]{32,64}"),
    token("neon-key", r"napi_[a-z0-9]{40,}"),
    token("mongodb-secret", r"mdb_sa_sk_[A-Za-z0-9_-]{36,}"),
    token("databricks-token", r"(?:dapi|dose|dkea)[a-f0-9]{32}(?:-[0-9]+)?(?-u:\b)"),
    // Wherever they are from.
    token("json-web-token", r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
    checked(
        "password-in-url",
        Check::Literal,
        r#"(?i)(?-u:\b)[a-z][a-z0-9+.-]{1,30}://[^\s:/@"'<>\\]*:([^\s@/"'<>\\]+)@"#,
    ),
    checked(
        "authorization",
        Check::Random,
        r#"(?i)(?-u:\b)(?:bearer|basic)\s+([A-Za-z0-9._~+/=-]{16,})"#,
    ),
    checked(
        "authorization",
        Check::Literal,
        r#"(?-u:\b)curl(?-u:\b)[^\n\\]{0,200}?\s(?:-u|--user)[ =]?["']?[^\s:"'\\@/]+:([^\s"'\\]{3,})"#,
    ),
    checked(
        "authorization",
        Check::Random,
        r#""_?auth(?:\\*)"\s*:\s*\\*"([A-Za-z0-9+/]{16,}={0,2})\\*""#,
    ),
    checked(
        "api-key",
        Check::Random,
        r#"(?i)(?:api|access|app|application|account|admin|auth|private|encryption|signing|secret|client|deploy|license|master|service|shared|storage|subscription|azure|openai|cognitive)[_.-]?(?:key|id[_.-]?secret)(?:\\*["'])?\s*(?:=>|:=|[=:])\s*(?:\\*["'`])?([A-Za-z0-9._~+/=-]{16,})"#,
    ),
    checked(
        "token",
        Check::Random,
        r#"(?i)(?:token|bearer|credentials?)(?:\\*["'])?\s*(?:=>|:=|[=:])\s*(?:\\*["'`])?([A-Za-z0-9._~+/=-]{16,})"#,
    ),
    checked(
        "password",
        Check::Literal,
        r#"(?i)(?:password|passwd|passphrase|pwd|secret)(?:\\*["'])?\s*(?:=>|:=|[=:])\s*(?:\\*"([^"\\\s]{8,})\\*"|'([^'\\\s]{8,})')"#,
    ),
    checked(
        "password",
        Check::Random,
        r#"(?i)(?:password|passwd|passphrase|pwd|secret)\s*(?:=|:)\s*([A-Za-z0-9!@#%^&*_+/=~-]{8,})(?:[\s"'`,;\\]|$)"#,
    ),
    // One of several settings in a line, as data sources have them.
    checked(
        "password",
        Check::Literal,
        r#"(?i);\s?(?:password|pwd)=([^;"'\s\\]{3,})(?:[;"'\s\\]|$)"#,
    ),
    checked(
        "password",
        Check::Literal,
        r"(?-u:\b)machine\s+\S+\s+login\s+\S+\s+password\s+([^\s\\]{3,})",
    ),
    checked(
        "email-address",
        Check::Person,
        r"(?:\\[nrt]|(?-u:\b))([A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?-u:\b))",
    ),
    checked(
        "ip-address",
        Check::Remote,
        r"(?:^|[^A-Za-z0-9_.-]|\\[nrt])((?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9]))(?:[^A-Za-z0-9_.-]|\.?\s|\.?$)",
    ),
];
