//! `lore config`: shows and changes the settings.

use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::{Map, Value};

use super::Context;
use crate::config::{Config as Settings, KEYS, Key, Setting};
use crate::error::CliError;
use crate::output::table::Table;
use crate::output::{DIM, Format, HEADING};

/// Show and change the settings
#[derive(Args)]
#[command(after_help = "Examples:
  lore config                                      Show everything
  lore config list                                 Show every key and what it is for
  lore config get watchers                         Show one value
  lore config set watchers claude-code,codex       Change one
  lore config set summary_model_openai ''          Go back to the default")]
pub(crate) struct Config {
    #[command(subcommand)]
    action: Option<Action>,

    /// How to answer
    #[arg(short, long, value_enum, default_value_t = Format::Text, global = true)]
    format: Format,
}

#[derive(Subcommand)]
enum Action {
    /// Show the value of a key
    #[command(after_help = "Examples:\n  lore config get auto_link_threshold")]
    Get {
        /// The key
        key: String,
    },
    /// Change the value of a key; an empty value goes back to the default
    #[command(after_help = "Examples:\n  lore config set auto_link_threshold 0.7")]
    Set {
        /// The key
        key: String,
        /// The value; several are separated by commas, regular expressions by line feeds
        value: String,
    },
    /// Show every key with its value and what it is for
    #[command(after_help = "Examples:\n  lore config list --format json")]
    List,
}

#[derive(Serialize)]
struct ConfigJson {
    database_path: PathBuf,
    config_path: PathBuf,
    config_exists: bool,
    settings: Map<String, Value>,
}

#[derive(Serialize)]
struct KeyJson {
    key: &'static str,
    value: Option<Setting>,
}

#[derive(Serialize)]
struct ListedKeyJson {
    key: &'static str,
    value: Option<Setting>,
    default: Option<Setting>,
    is_set: bool,
    settable: bool,
    about: &'static str,
}

impl Config {
    pub(super) fn run(self, context: &mut Context) -> Result<(), CliError> {
        match self.action {
            None => overview(context, self.format),
            Some(Action::List) => list(context, self.format),
            Some(Action::Get { key }) => get(context, &key, self.format),
            Some(Action::Set { key, value }) => set(context, &key, &value, self.format),
        }
    }
}

fn overview(context: &mut Context, format: Format) -> Result<(), CliError> {
    let settings = Settings::load(&context.home)?;
    let (database_path, config_path) = (context.home.store_path(), context.home.config_path());
    let config_exists = config_path.exists();
    if format == Format::Json {
        let value = |key: &Key| serde_json::to_value(shown(&settings, key));
        let settings = KEYS
            .iter()
            .map(|key| Ok((key.name.to_owned(), value(key)?)))
            .collect::<Result<_, serde_json::Error>>()?;
        let json = ConfigJson { database_path, config_path, config_exists, settings };
        return context.output.json(&json);
    }
    let mut paths = Table::<2>::new().style(0, DIM).indent(2);
    paths.row(["Database".to_owned(), context.home.shorten(&database_path)]);
    let note = if config_exists { "" } else { " (not there: the defaults hold)" };
    paths.row(["Settings".to_owned(), context.home.shorten(&config_path) + note]);
    let mut values = Table::<2>::new().style(0, DIM).indent(2);
    for key in KEYS {
        if let Some(value) = shown(&settings, key) {
            values.row([key.name.to_owned(), in_line(&value)]);
        }
    }
    let output = &mut context.output;
    writeln!(output, "{HEADING}Paths{HEADING:#}")?;
    paths.write(output)?;
    writeln!(output, "\n{HEADING}Settings{HEADING:#}")?;
    Ok(values.write(output)?)
}

fn list(context: &mut Context, format: Format) -> Result<(), CliError> {
    let settings = Settings::load(&context.home)?;
    if format == Format::Json {
        let listed = |key: &'static Key| ListedKeyJson {
            key: key.name,
            value: shown(&settings, key),
            default: settings.default(key),
            is_set: settings.is_set(key),
            settable: key.settable(),
            about: key.about,
        };
        return context.output.json(&KEYS.iter().map(listed).collect::<Vec<_>>());
    }
    let mut table = Table::with_headings(["KEY", "VALUE", "FOR"]).style(2, DIM);
    for key in KEYS {
        let value = shown(&settings, key).map_or("-".to_owned(), |value| in_line(&value));
        table.row([key.name.to_owned(), value, key.about.to_owned()]);
    }
    Ok(table.write(&mut context.output)?)
}

fn get(context: &mut Context, name: &str, format: Format) -> Result<(), CliError> {
    let key = find(name)?;
    let value = shown(&Settings::load(&context.home)?, key);
    if value.is_none() {
        let error = CliError::new(format!("`{name}` has no value"));
        return Err(error.with_hint(valid_keys()));
    }
    write_value(context, key, value, format)
}

fn set(context: &mut Context, name: &str, value: &str, format: Format) -> Result<(), CliError> {
    let key = find(name)?;
    if !key.settable() {
        return Err(CliError::new(format!("`{name}` is set by lore itself")));
    }
    let setting = match value.trim() {
        "" => None,
        value => {
            let invalid = |message| {
                // One of several patterns is named already.
                let given = if key.takes_lines() { "" } else { &format!(", not `{value}`") };
                CliError::new(format!("`{name}` {message}{given}"))
            };
            Some(key.parse(value).map_err(invalid)?)
        }
    };
    if let Some(Setting::Tools(tools)) = &setting {
        check_tools(tools, &Settings::load(&context.home)?)?;
    }
    let value = Settings::update(&context.home, |settings| {
        settings.set(key, setting);
        shown(settings, key)
    })?;
    write_value(context, key, value, format)
}

/// Writes `value` after `get`, `key = value` after `set`; nobody is to guess which.
fn write_value(
    context: &mut Context,
    key: &Key,
    value: Option<Setting>,
    format: Format,
) -> Result<(), CliError> {
    match (format, value) {
        (Format::Json, value) => context.output.json(&KeyJson { key: key.name, value }),
        (Format::Text, Some(value)) => Ok(writeln!(context.output, "{value}")?),
        (Format::Text, None) => context.output.note(&format!("`{}` has no value now.", key.name)),
    }
}

/// The value in one line.
fn in_line(value: &Setting) -> String {
    value.to_string().replace('\n', "  ")
}

/// The value that may be shown.
fn shown(settings: &Settings, key: &Key) -> Option<Setting> {
    settings.get(key).map(|setting| key.shown(setting))
}

fn check_tools(tools: &[String], settings: &Settings) -> Result<(), CliError> {
    let known = settings.known_tools();
    match tools.iter().find(|tool| !known.contains(tool)) {
        Some(unknown) => Err(CliError::new(format!("there is no tool `{unknown}`"))
            .with_hint(format!("the tools are {}", known.join(", ")))),
        None => Ok(()),
    }
}

fn find(name: &str) -> Result<&'static Key, CliError> {
    let error = || CliError::new(format!("there is no key `{name}`")).with_hint(valid_keys());
    Key::find(name).ok_or_else(error)
}

fn valid_keys() -> String {
    let names: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
    format!("the keys are {}", names.join(", "))
}
