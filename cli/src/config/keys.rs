//! The keys of the settings: what each may hold, what holds without it, and what it is for.

use std::path::Path;

use lore_engine::model::MachineId;
use lore_engine::redact::RedactorSettings;
use serde::Serialize;
use serde_norway::Value;

/// A key.
#[derive(Debug)]
pub(crate) struct Key {
    /// As it stands in the file.
    pub(crate) name: &'static str,
    /// What it is for.
    pub(crate) about: &'static str,
    kind: Kind,
    default: Option<&'static str>,
}

#[derive(Debug)]
enum Kind {
    Switch,
    /// From 0 to 1.
    Fraction,
    /// Above 0.
    Count,
    Text,
    Choice(&'static [&'static str]),
    /// Shown masked.
    Secret,
    Tools,
    /// Directories, separated by commas.
    Directories,
    /// Regular expressions, one a line.
    Patterns(Pattern),
    /// Written by Lore only.
    MachineId,
    /// Written by Lore only.
    Salt,
    /// Named after the host by default.
    HostName,
}

/// What a regular expression is for.
#[derive(Clone, Copy, Debug)]
enum Pattern {
    /// It matches what is masked.
    Secret,
    /// It matches what is not.
    Allowed,
}

/// The value of a key.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Setting {
    /// On or off.
    Switch(bool),
    /// From 0 to 1.
    Fraction(f64),
    /// Above 0.
    Count(u64),
    /// Any text.
    Text(String),
    /// Names of tools.
    Tools(Vec<String>),
    /// Directories, absolute or with `~` at the start.
    Directories(Vec<String>),
    /// Regular expressions.
    Patterns(Vec<String>),
}

impl std::fmt::Display for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Setting::Switch(value) => value.fmt(f),
            Setting::Fraction(value) => value.fmt(f),
            Setting::Count(value) => value.fmt(f),
            Setting::Text(value) => value.fmt(f),
            Setting::Tools(value) | Setting::Directories(value) => value.join(",").fmt(f),
            // A comma may be a part of one.
            Setting::Patterns(value) => value.join("\n").fmt(f),
        }
    }
}

const fn key(
    name: &'static str,
    kind: Kind,
    default: Option<&'static str>,
    about: &'static str,
) -> Key {
    Key { name, about, kind, default }
}

const PROVIDERS: &[&str] = &["anthropic", "openai", "openrouter"];

/// All keys, in the order in which they are shown.
pub(crate) const KEYS: &[Key] = &[
    key("watchers", Kind::Tools, None, "Tools whose sessions are imported"),
    key("project_dirs", Kind::Directories, None, "Projects whose own session files are imported"),
    key("session_idle_minutes", Kind::Count, Some("30"), "Quiet minutes that end a session"),
    key("machine_id", Kind::MachineId, None, "Identity of this machine"),
    key("machine_name", Kind::HostName, None, "Name of this machine"),
    key("auto_link", Kind::Switch, Some("true"), "Link ended sessions to their commits"),
    key("auto_link_threshold", Kind::Fraction, Some("0.6"), "Confidence that a link needs"),
    key("commit_footer", Kind::Switch, Some("false"), "Name the session in the commit message"),
    key("summary_provider", Kind::Choice(PROVIDERS), None, "Who writes summaries"),
    key("summary_api_key_anthropic", Kind::Secret, None, "API key"),
    key("summary_api_key_openai", Kind::Secret, None, "API key"),
    key("summary_api_key_openrouter", Kind::Secret, None, "API key"),
    key("summary_model_anthropic", Kind::Text, None, "Model, if not the usual one"),
    key("summary_model_openai", Kind::Text, None, "Model, if not the usual one"),
    key("summary_model_openrouter", Kind::Text, None, "Model, if not the usual one"),
    key("summary_auto", Kind::Switch, Some("false"), "Summarize sessions when they end"),
    key("summary_auto_threshold", Kind::Count, Some("10"), "Messages that such a session needs"),
    key(
        "redact_patterns",
        Kind::Patterns(Pattern::Secret),
        None,
        "What is masked as a secret, too",
    ),
    key("redact_allow", Kind::Patterns(Pattern::Allowed), None, "What is not masked"),
    key(
        "sync_redact",
        Kind::Switch,
        Some("true"),
        "Mask secrets before sessions leave this machine",
    ),
    key(
        "sync_hide_metadata",
        Kind::Switch,
        Some("false"),
        "Seal dates, tools and branches as well",
    ),
    key("sync_name", Kind::Text, None, "Name that others see beside your sessions"),
    key("sync_global_remote", Kind::Text, None, "Git remote of the store of all sessions"),
    key("use_keychain", Kind::Switch, Some("false"), "Keep keys in the system's keychain"),
    key(
        "cloud_url",
        Kind::Text,
        Some("https://app.lore.varalys.com"),
        "Address of the cloud service",
    ),
    key("encryption_salt", Kind::Salt, None, "Salt of the cloud key"),
];

impl Key {
    /// The key of that name.
    pub(crate) fn find(name: &str) -> Option<&'static Key> {
        KEYS.iter().find(|key| key.name == name)
    }

    /// Whether people may set it.
    pub(crate) fn settable(&self) -> bool {
        !matches!(self.kind, Kind::MachineId | Kind::Salt)
    }

    /// Whether its values stand one a line.
    pub(crate) fn takes_lines(&self) -> bool {
        matches!(self.kind, Kind::Patterns(_))
    }

    /// What holds if the file says nothing, wherever that is the same on every machine.
    pub(crate) fn default(&self) -> Option<Setting> {
        match self.kind {
            Kind::HostName => {
                Some(Setting::Text(gethostname::gethostname().to_string_lossy().into_owned()))
            }
            _ => self.parse(self.default?).ok(),
        }
    }

    /// Reads what a person typed. The error says what the key takes.
    pub(crate) fn parse(&self, text: &str) -> Result<Setting, String> {
        let text = text.trim();
        match self.kind {
            Kind::Switch => match text.to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" => Ok(Setting::Switch(true)),
                "false" | "0" | "no" => Ok(Setting::Switch(false)),
                _ => Err("takes `true` or `false`".to_owned()),
            },
            Kind::Fraction => match text.parse::<f64>() {
                Ok(value) if (0.0..=1.0).contains(&value) => Ok(Setting::Fraction(value)),
                _ => Err("takes a number from 0.0 to 1.0".to_owned()),
            },
            Kind::Count => match text.parse() {
                Ok(value) if value > 0 => Ok(Setting::Count(value)),
                _ => Err("takes a whole number above 0".to_owned()),
            },
            Kind::Choice(choices) => {
                let text = text.to_lowercase();
                match choices.contains(&text.as_str()) {
                    true => Ok(Setting::Text(text)),
                    false => Err(format!("takes one of {}", choices.join(", "))),
                }
            }
            Kind::Tools => {
                let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
                Ok(Setting::Tools(names.map(str::to_owned).collect()))
            }
            Kind::Directories => {
                let given = text.split(',').map(str::trim).filter(|given| !given.is_empty());
                let given: Vec<String> = given.map(str::to_owned).collect();
                match given.iter().all(|given| given.starts_with('~') || is_absolute(given)) {
                    true => Ok(Setting::Directories(given)),
                    false => Err("takes absolute directories, separated by commas".to_owned()),
                }
            }
            Kind::Patterns(pattern) => {
                // An array where it is one: a class of characters is none.
                let given = serde_json::from_str(text).unwrap_or_else(|_| {
                    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
                    lines.map(str::to_owned).collect()
                });
                pattern.checked(given)
            }
            Kind::MachineId => match text.parse::<MachineId>() {
                Ok(id) => Ok(Setting::Text(id.to_string())),
                Err(_) => Err("takes a UUID".to_owned()),
            },
            Kind::Text | Kind::Secret | Kind::Salt | Kind::HostName => {
                Ok(Setting::Text(text.to_owned()))
            }
        }
    }

    /// Reads what stands in the file; nothing where there is a key without a value.
    pub(crate) fn read(&self, value: &Value) -> Result<Option<Setting>, String> {
        let text = match value {
            Value::Null => return Ok(None),
            Value::Sequence(items) if let Kind::Patterns(pattern) = self.kind => {
                let given = items.iter().map(scalar).collect::<Option<Vec<_>>>();
                let given = given.ok_or("takes regular expressions")?;
                return pattern.checked(given).map(Some);
            }
            Value::Sequence(items) if matches!(self.kind, Kind::Tools | Kind::Directories) => {
                let names = items.iter().map(scalar).collect::<Option<Vec<_>>>();
                names.map(|names| names.join(","))
            }
            value => scalar(value),
        };
        match text {
            // A list without items says something: none.
            Some(text) if text.is_empty() && !matches!(value, Value::Sequence(_)) => Ok(None),
            Some(text) => self.parse(&text).map(Some),
            None if matches!(self.kind, Kind::Tools) => Err("takes names of tools".to_owned()),
            None if matches!(self.kind, Kind::Directories) => Err("takes directories".to_owned()),
            None => Err("takes a single value".to_owned()),
        }
    }

    /// The value as it may be shown.
    pub(crate) fn shown(&self, setting: Setting) -> Setting {
        match (&self.kind, &setting) {
            (Kind::Secret, Setting::Text(secret)) => Setting::Text(mask(secret)),
            _ => setting,
        }
    }
}

impl Pattern {
    fn checked(self, given: Vec<String>) -> Result<Setting, String> {
        let mut settings = RedactorSettings::default();
        match self {
            Pattern::Secret => settings.patterns.clone_from(&given),
            Pattern::Allowed => settings.allow.clone_from(&given),
        }
        match settings.check() {
            Ok(()) => Ok(Setting::Patterns(given)),
            Err(fault) => Err(format!("takes regular expressions, one a line: {fault}")),
        }
    }
}

fn is_absolute(directory: &str) -> bool {
    Path::new(directory).is_absolute()
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(value) => Some(value.to_string()),
        Value::String(value) => Some(value.clone()),
        _ => None,
    }
}

/// Hides a secret: the first and last four characters stay of a long one, none of a short one.
fn mask(secret: &str) -> String {
    let characters: Vec<char> = secret.chars().collect();
    match characters.as_slice() {
        [first @ .., _, _, _, _] if characters.len() > 12 => {
            let last = &characters[first.len()..];
            format!("{}...{}", first.iter().take(4).collect::<String>(), String::from_iter(last))
        }
        _ => "*".repeat(characters.len()),
    }
}
