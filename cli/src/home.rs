//! Where Lore keeps its files, and what it knows of the person's environment.
//!
//! ```text
//! ~/.lore/            or $LORE_HOME; for its user alone
//!   config.yaml       settings, see [`crate::config`]
//!   lore.db           the store
//!   plugins/          installed plugins, see [`crate::installed`]
//!   hooks/            what git hooks left to be done
//!   sync-keys/        keys of synced stores, see [`crate::sync_keys`]
//!   mcp.json          what was changed in the settings of other tools, see [`crate::mcp_clients`]
//!   logs/             what happened in the background, see [`crate::log`]
//!   daemon*           of the daemon, see [`crate::daemon`]
//! ```
//!
//! The engine reads neither HOME nor the environment: what it needs of them is gathered here. What
//! else lies in the directory belongs to the engine.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use lore_engine::Layout;
use lore_engine::api::Places;

use crate::error::CliError;

/// Lore's directory, and the person's.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    root: PathBuf,
    person: Option<PathBuf>,
}

impl Home {
    /// `LORE_HOME`, else `.lore` in the person's home directory. Creates nothing.
    pub(crate) fn from_environment() -> Result<Self, CliError> {
        let person = variable("HOME").or_else(|| variable("USERPROFILE")).map(PathBuf::from);
        let root = match (variable("LORE_HOME"), &person) {
            (Some(root), _) => PathBuf::from(root),
            (None, Some(person)) => person.join(".lore"),
            (None, None) => {
                return Err(CliError::new("there is no home directory to keep sessions in")
                    .with_hint("set HOME, or LORE_HOME to the directory of your choice"));
            }
        };
        // A relative one would be another directory for every process that asks.
        let root = std::path::absolute(&root)
            .map_err(|error| CliError::file("cannot use", &root, &error))?;
        Ok(Self { root, person })
    }

    /// The directory.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The directory, if it is another than `~/.lore`: what other programs start must be told of it.
    pub(crate) fn moved(&self) -> Option<&Path> {
        let usual = self.person.as_ref().map(|person| person.join(".lore"));
        (usual.as_ref() != Some(&self.root)).then_some(&self.root)
    }

    /// The person's home directory.
    pub(crate) fn person(&self) -> Option<&Path> {
        self.person.as_deref()
    }

    /// Where programs keep a person's settings: `XDG_CONFIG_HOME`, else `~/.config`.
    pub(crate) fn settings(&self) -> Option<PathBuf> {
        let named = variable("XDG_CONFIG_HOME").map(PathBuf::from);
        let usual = || Some(self.person.as_ref()?.join(".config"));
        named.filter(|path| path.is_absolute()).or_else(usual)
    }

    /// The settings' file.
    pub(crate) fn config_path(&self) -> PathBuf {
        self.root.join("config.yaml")
    }

    /// Where what happens in the background is written down.
    pub(crate) fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// The store's file.
    pub(crate) fn store_path(&self) -> PathBuf {
        Layout::new(&self.root).store()
    }

    /// Makes the directory, for its user alone, if it is not there.
    pub(crate) fn create(&self) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.root)
    }

    /// What the engine needs to find the tools' files, but for the projects of the settings.
    pub(crate) fn places(&self) -> Places {
        Places {
            projects: Vec::new(),
            home: self.person.clone(),
            // Any variable may move a tool, but only those that hold a path: keys and passwords stay
            // in this process.
            variables: env::vars_os()
                .filter_map(|(name, value)| {
                    Some((name.into_string().ok()?, value.into_string().ok()?))
                })
                .filter(|(_, value)| looks_like_path(value))
                .collect(),
            os: env::consts::OS.to_owned(),
        }
    }

    /// The person's git configuration files, as git finds them: those that count more last.
    pub(crate) fn git_config(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        if variable("GIT_CONFIG_NOSYSTEM").is_none() {
            let system = variable("GIT_CONFIG_SYSTEM").map(PathBuf::from);
            files.push(system.unwrap_or_else(|| PathBuf::from("/etc/gitconfig")));
        }
        if let Some(global) = variable("GIT_CONFIG_GLOBAL") {
            files.push(PathBuf::from(global));
        } else if let Some(person) = &self.person {
            let xdg = variable("XDG_CONFIG_HOME").map(PathBuf::from);
            files.push(xdg.unwrap_or_else(|| person.join(".config")).join("git/config"));
            files.push(person.join(".gitconfig"));
        }
        files
    }

    /// A directory as people write it, with `~` for their home directory.
    pub(crate) fn expand(&self, given: &str) -> PathBuf {
        match (given.strip_prefix('~'), &self.person) {
            (Some(below), Some(person)) => person.join(below.trim_start_matches('/')),
            _ => PathBuf::from(given),
        }
    }

    /// A path with `~` for the person's home directory, as people write it.
    pub(crate) fn shorten(&self, path: &Path) -> String {
        match self.person.as_deref().and_then(|person| path.strip_prefix(person).ok()) {
            Some(rest) if rest.as_os_str().is_empty() => "~".to_owned(),
            Some(rest) => format!("~/{}", rest.display()),
            None => path.display().to_string(),
        }
    }
}

/// Begins as a path, or a list of paths, does.
fn looks_like_path(value: &str) -> bool {
    value.starts_with(['/', '\\', '~', '.']) || value.get(1..3).is_some_and(|text| text == ":\\")
}

/// A variable that is set to something.
fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}
