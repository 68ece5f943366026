//! The daemon as a service of the system, which starts it at login and again after a crash.
//!
//! ```text
//! Linux   ~/.config/systemd/user/lore.service                  [`systemd`]
//! macOS   ~/Library/LaunchAgents/com.lore.daemon.plist         [`launchd`]
//!         ~/Library/LaunchAgents/homebrew.mxcl.lore.plist      Homebrew's own, used if it is there
//! ```
//!
//! This module knows the system's service managers, and nothing of what the daemon does.

mod launchd;
mod systemd;

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::CliError;
use crate::home::Home;
use launchd::Agent;
use systemd::Unit;

/// The daemon's arguments.
const ARGUMENTS: [&str; 3] = ["daemon", "start", "--foreground"];

/// How the daemon is, or would be, a service.
#[derive(Debug)]
pub(crate) enum Service {
    /// A user unit of systemd.
    Systemd(Unit),
    /// An agent of launchd.
    Launchd(Agent),
}

impl Service {
    /// The service, if it is installed.
    pub(crate) fn installed(home: &Home) -> Option<Self> {
        Self::here(home, std::env::consts::OS).filter(Service::is_installed)
    }

    /// The service that this system can have.
    ///
    /// # Errors
    /// If it can have none.
    pub(crate) fn possible(home: &Home) -> Result<Self, CliError> {
        Self::here(home, std::env::consts::OS).ok_or_else(|| {
            CliError::new("there is no service manager that Lore knows on this system")
                .with_hint("start `lore daemon start` with your session, from your shell's profile")
        })
    }

    fn here(home: &Home, system: &str) -> Option<Self> {
        match system {
            "linux" => Unit::of(home).map(Service::Systemd),
            "macos" => Agent::of(home).map(Service::Launchd),
            _ => None,
        }
    }

    /// Whether it is installed.
    pub(crate) fn is_installed(&self) -> bool {
        match self {
            Service::Systemd(unit) => unit.is_installed(),
            Service::Launchd(agent) => agent.is_installed(),
        }
    }

    /// What it is, for people: `systemd user service`.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Service::Systemd(_) => "systemd user service",
            Service::Launchd(agent) if agent.is_homebrew() => "Homebrew service",
            Service::Launchd(_) => "launchd agent",
        }
    }

    /// Its file.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Service::Systemd(unit) => unit.path(),
            Service::Launchd(agent) => agent.path(),
        }
    }

    /// Makes it, and starts the daemon.
    ///
    /// # Errors
    /// If it is there already, or the service manager refuses it; nothing is left of it then.
    pub(crate) fn install(&self, home: &Home, program: &Path) -> Result<(), CliError> {
        if self.is_installed() {
            let error = CliError::new(format!("`{}` is there already", self.path().display()));
            return Err(error.with_hint(match self {
                Service::Launchd(agent) if agent.is_homebrew() => {
                    "Homebrew looks after it: `brew services start lore`"
                }
                _ => "`lore daemon uninstall` removes it, `lore daemon start` starts it",
            }));
        }
        match self {
            Service::Systemd(unit) => unit.install(home, program),
            Service::Launchd(agent) => agent.install(home, program),
        }
    }

    /// Stops the daemon and leaves nothing of the service. Returns what the service manager said if it
    /// could not be asked to stop it.
    pub(crate) fn uninstall(&self) -> Result<Option<String>, CliError> {
        match self {
            Service::Systemd(unit) => unit.uninstall(),
            Service::Launchd(agent) => agent.uninstall(),
        }
    }

    /// Starts the daemon.
    pub(crate) fn start(&self) -> Result<(), CliError> {
        match self {
            Service::Systemd(unit) => unit.start(),
            Service::Launchd(agent) => agent.start(),
        }
    }

    /// Stops the daemon, until the next login.
    pub(crate) fn stop(&self) -> Result<(), CliError> {
        match self {
            Service::Systemd(unit) => unit.stop(),
            Service::Launchd(agent) => agent.stop(),
        }
    }
}

/// Why a service manager did not do something.
#[derive(Debug)]
enum Failure {
    /// Its program cannot be run.
    Missing(String),
    /// What it said.
    Refused(String),
}

impl Failure {
    fn text(self) -> String {
        match self {
            Failure::Missing(text) | Failure::Refused(text) => text,
        }
    }
}

/// Runs the program of a service manager; returns what it wrote to standard error.
fn call(program: &Path, arguments: &[&str], file: Option<&Path>) -> Result<String, Failure> {
    let name = program.display();
    let output = Command::new(program)
        .args(arguments)
        .args(file)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Failure::Missing(format!("`{name}` cannot be run: {error}")))?;
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    match output.status.success() {
        true => Ok(said),
        false if said.is_empty() => {
            let arguments = arguments.join(" ");
            Err(Failure::Refused(format!("`{name} {arguments}` failed: {}", output.status)))
        }
        false => Err(Failure::Refused(said)),
    }
}

/// Writes a file that is not there yet, as a whole, and makes the directories that it needs.
fn write_new(path: &Path, text: &str) -> Result<(), CliError> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let written = fs::create_dir_all(directory)
        .and_then(|()| tempfile::Builder::new().prefix(".lore-").tempfile_in(directory))
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            // Whoever looks after the machine may read how it starts.
            #[cfg(unix)]
            file.as_file().set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
            file.as_file().sync_all()?;
            file.persist_noclobber(path).map_err(|error| error.error)
        });
    written.map(drop).map_err(|error| CliError::file("cannot write", path, &error))
}

/// Removes a file, if it is there.
fn remove(path: &Path) -> Result<(), CliError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(CliError::file("cannot remove", path, &error))
        }
        _ => Ok(()),
    }
}

/// Removes those of these directories that are empty, the innermost first.
fn remove_empty(directories: &[PathBuf]) {
    for directory in directories {
        // It refuses those that hold anything, which is what is wanted.
        let _ = fs::remove_dir(directory);
    }
}

/// A path as text, for files that can hold nothing else.
fn text_of<'a>(path: &'a Path, what: &str) -> Result<&'a str, CliError> {
    let text = path.to_str().filter(|text| !text.contains(char::is_control));
    text.ok_or_else(|| {
        CliError::new(format!("{what} `{}` cannot be named to a service", path.display()))
            .with_hint("a path without control characters, in UTF-8, can be")
    })
}
