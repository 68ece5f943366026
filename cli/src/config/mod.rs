//! The settings: `config.yaml` in Lore's directory.
//!
//! A missing or empty file means the defaults. Keys that this build does not know are kept as they
//! are. The file is only ever replaced as a whole, and only its user can read it.

mod keys;

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use lore_engine::api::Places;
use lore_engine::model::MachineId;
use lore_engine::redact::RedactorSettings;
use serde_norway::{Mapping, Value};
use uuid::Uuid;

use crate::error::CliError;
use crate::home::Home;
use crate::installed;
pub(crate) use keys::{KEYS, Key, Setting};

/// What the file says.
#[derive(Debug)]
pub(crate) struct Config {
    values: Mapping,
    /// The tools that can be enabled.
    tools: Vec<String>,
}

/// Why the settings cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file system's fault.
    #[error("cannot {action} `{}`", .path.display())]
    File { action: &'static str, path: PathBuf, source: io::Error },
    /// The file is not what it should be.
    #[error("`{}`, line {line}: {message}", .path.display())]
    Content { path: PathBuf, line: usize, message: String },
}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> Self {
        let result = Self::from_error(&error);
        match error {
            ConfigError::Content { .. } => result.with_hint(
                "correct that line, or move the file away to go on with the default settings",
            ),
            ConfigError::File { .. } => result,
        }
    }
}

impl Config {
    /// Reads the file, and checks the values of the keys that are known.
    pub(crate) fn load(home: &Home) -> Result<Self, ConfigError> {
        let path = home.config_path();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(ConfigError::File { action: "read", path, source }),
        };
        let values = parse(&text).map_err(|(line, message)| ConfigError::Content {
            path: path.clone(),
            line,
            message,
        })?;
        let config = Self { values, tools: installed::known_tools(home) };
        for key in KEYS {
            if let Err(message) = config.read(key) {
                let message = format!("`{}` {message}", key.name);
                return Err(ConfigError::Content { path, line: line_of(&text, key), message });
            }
        }
        Ok(config)
    }

    /// Changes the file. Processes that change it at the same time wait for each other.
    pub(crate) fn update<T>(
        home: &Home,
        change: impl FnOnce(&mut Self) -> T,
    ) -> Result<T, ConfigError> {
        let lock = home.root().join("config.lock");
        let locked = home.create().and_then(|()| {
            let file = File::options().create(true).truncate(false).write(true).open(&lock)?;
            file.lock().map(|()| file)
        });
        // Held until the end of this function.
        let _file =
            locked.map_err(|source| ConfigError::File { action: "lock", path: lock, source })?;
        let mut config = Self::load(home)?;
        let result = change(&mut config);
        let path = home.config_path();
        match config.save(&path) {
            Ok(()) => Ok(result),
            Err(source) => Err(ConfigError::File { action: "write", path, source }),
        }
    }

    /// This machine's id, made when it is first asked for.
    pub(crate) fn machine_id(home: &Home) -> Result<MachineId, ConfigError> {
        match Self::load(home)?.stored_machine_id() {
            Some(id) => Ok(id),
            None => Self::update(home, |config| {
                // Another process may have been faster.
                config.stored_machine_id().unwrap_or_else(|| {
                    let id = MachineId(Uuid::new_v4());
                    config.values.insert("machine_id".into(), id.to_string().into());
                    id
                })
            }),
        }
    }

    /// The value of a key, its default if the file has none.
    pub(crate) fn get(&self, key: &Key) -> Option<Setting> {
        self.read(key).ok().flatten().or_else(|| self.default(key))
    }

    /// What holds if the file says nothing.
    pub(crate) fn default(&self, key: &Key) -> Option<Setting> {
        match key.name {
            "watchers" => Some(Setting::Tools(self.tools.clone())),
            _ => key.default(),
        }
    }

    /// Whether the file has a value for the key.
    pub(crate) fn is_set(&self, key: &Key) -> bool {
        matches!(self.read(key), Ok(Some(_)))
    }

    /// Sets a key; nothing removes it.
    pub(crate) fn set(&mut self, key: &Key, setting: Option<Setting>) {
        match setting.and_then(|setting| serde_norway::to_value(setting).ok()) {
            Some(value) => drop(self.values.insert(key.name.into(), value)),
            // Keeps the order of the others.
            None => drop(self.values.shift_remove(key.name)),
        }
    }

    /// The tools whose sessions are imported.
    pub(crate) fn watchers(&self) -> Vec<String> {
        match Key::find("watchers").and_then(|key| self.get(key)) {
            Some(Setting::Tools(tools)) => tools,
            _ => Vec::new(),
        }
    }

    /// The tools that can be enabled: built in or installed, sorted.
    pub(crate) fn known_tools(&self) -> &[String] {
        &self.tools
    }

    /// Adds a tool to those whose sessions are imported, or takes it off; returns whether that
    /// changed anything. When all are enabled again, so are those that come later.
    pub(crate) fn enable(&mut self, tool: &str, enabled: bool) -> bool {
        let Some(key) = Key::find("watchers") else { return false };
        let mut tools = self.watchers();
        if tools.iter().any(|other| other == tool) == enabled {
            return false;
        }
        match enabled {
            true => tools.push(tool.to_owned()),
            false => tools.retain(|other| other != tool),
        }
        let all = self.tools.iter().all(|known| tools.contains(known));
        self.set(key, (!all).then_some(Setting::Tools(tools)));
        true
    }

    /// The projects whose own session files are imported.
    fn project_dirs(&self) -> Vec<String> {
        match Key::find("project_dirs").and_then(|key| self.get(key)) {
            Some(Setting::Directories(directories)) => directories,
            _ => Vec::new(),
        }
    }

    /// Where the tools' files lie.
    pub(crate) fn places(&self, home: &Home) -> Places {
        let projects = self.project_dirs();
        let projects = projects.iter().map(|given| home.expand(given)).collect();
        Places { projects, ..home.places() }
    }

    /// Whether sessions that end are linked to their commits.
    pub(crate) fn auto_link(&self) -> bool {
        let setting = Key::find("auto_link").and_then(|key| self.get(key));
        matches!(setting, Some(Setting::Switch(true)))
    }

    /// Whether keys are kept in the system's keychain.
    pub(crate) fn use_keychain(&self) -> bool {
        let setting = Key::find("use_keychain").and_then(|key| self.get(key));
        matches!(setting, Some(Setting::Switch(true)))
    }

    /// Minutes without a message after which a session counts as ended.
    pub(crate) fn session_idle_minutes(&self) -> u64 {
        match Key::find("session_idle_minutes").and_then(|key| self.get(key)) {
            Some(Setting::Count(minutes)) => minutes,
            _ => 30,
        }
    }

    /// Confidence from which on links are proposed, from 0 to 1.
    pub(crate) fn auto_link_threshold(&self) -> f32 {
        match Key::find("auto_link_threshold").and_then(|key| self.get(key)) {
            Some(Setting::Fraction(threshold)) => threshold as f32,
            _ => 0.6,
        }
    }

    /// What people want masked, with addresses of people and machines or without.
    pub(crate) fn redactor(&self, addresses: bool) -> RedactorSettings {
        let patterns = |name| match Key::find(name).and_then(|key| self.get(key)) {
            Some(Setting::Patterns(patterns)) => patterns,
            _ => Vec::new(),
        };
        RedactorSettings {
            addresses,
            patterns: patterns("redact_patterns"),
            allow: patterns("redact_allow"),
        }
    }

    fn read(&self, key: &Key) -> Result<Option<Setting>, String> {
        self.values.get(key.name).map_or(Ok(None), |value| key.read(value))
    }

    /// This machine's id, if it was ever asked for.
    pub(crate) fn stored_machine_id(&self) -> Option<MachineId> {
        self.values.get("machine_id")?.as_str()?.parse().ok()
    }

    fn save(&self, path: &Path) -> io::Result<()> {
        // A link to a file elsewhere stays one.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let text = serde_norway::to_string(&self.values).map_err(io::Error::other)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        // A temporary file can be read and written by its user only.
        let mut file = tempfile::Builder::new().prefix(".config").tempfile_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path).map(drop).map_err(|error| error.error)
    }
}

/// The mapping that the text is, or the line of the first mistake and what it is.
fn parse(text: &str) -> Result<Mapping, (usize, String)> {
    match serde_norway::from_str(text) {
        Ok(Value::Mapping(values)) => Ok(values),
        Ok(Value::Null) => Ok(Mapping::new()),
        Ok(_) => Err((1, "not a list of `key: value` lines".to_owned())),
        Err(error) => {
            let line = error.location().map_or(1, |location| location.line());
            let message = error.to_string();
            let end = message.rfind(" at line ").unwrap_or(message.len());
            Err((line, message[..end].to_owned()))
        }
    }
}

/// The line that the key stands in.
fn line_of(text: &str, key: &Key) -> usize {
    let own = |line: &str| line.strip_prefix(key.name).is_some_and(|rest| rest.starts_with(':'));
    text.lines().position(own).map_or(1, |index| index + 1)
}
