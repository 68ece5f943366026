//! A user unit of systemd.

use std::fs;
use std::path::{Path, PathBuf};

use super::{ARGUMENTS, Failure, call, remove, remove_empty, text_of, write_new};
use crate::error::CliError;
use crate::home::Home;

/// The unit's name.
const NAME: &str = "lore.service";

/// Where `enable` puts a link to the unit.
const WANTS: &str = "default.target.wants";

/// The unit, whether it is installed or not.
#[derive(Debug)]
pub(crate) struct Unit {
    /// What talks to systemd.
    systemctl: PathBuf,
    path: PathBuf,
    /// The directories that it may be alone in, the innermost first.
    directories: Vec<PathBuf>,
}

impl Unit {
    /// The unit of this person, who may have no home directory.
    pub(super) fn of(home: &Home) -> Option<Self> {
        let settings = home.settings()?;
        let systemd = settings.join("systemd");
        let user = systemd.join("user");
        let mut directories = vec![user.join(WANTS), user.clone(), systemd];
        if home.person().is_some_and(|person| settings == person.join(".config")) {
            directories.push(settings);
        }
        Some(Self { systemctl: PathBuf::from("systemctl"), path: user.join(NAME), directories })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn is_installed(&self) -> bool {
        fs::symlink_metadata(&self.path).is_ok()
    }

    pub(super) fn install(&self, home: &Home, program: &Path) -> Result<(), CliError> {
        let text = text(program, home.moved())?;
        let missing: Vec<PathBuf> =
            self.directories.iter().filter(|directory| !directory.exists()).cloned().collect();
        let done = write_new(&self.path, &text)
            .and_then(|()| self.ask(&["daemon-reload"]).map_err(refused))
            .and_then(|()| self.ask(&["enable", "--now", NAME]).map_err(refused));
        if done.is_err() {
            // It may have been enabled, and not have started.
            let _ = self.ask(&["disable", "--now", NAME]);
            self.remove_files()?;
            remove_empty(&missing);
            let _ = self.ask(&["daemon-reload"]);
        }
        done
    }

    pub(super) fn uninstall(&self) -> Result<Option<String>, CliError> {
        let disabled = self.ask(&["disable", "--now", NAME]);
        self.remove_files()?;
        remove_empty(&self.directories);
        // What is left of it is in the memory of a manager that may not be there.
        let _ = self.ask(&["daemon-reload"]);
        let _ = self.ask(&["reset-failed", NAME]);
        Ok(disabled.err().map(Failure::text))
    }

    pub(super) fn start(&self) -> Result<(), CliError> {
        self.ask(&["start", NAME]).map_err(refused)
    }

    pub(super) fn stop(&self) -> Result<(), CliError> {
        self.ask(&["stop", NAME]).map_err(refused)
    }

    fn ask(&self, arguments: &[&str]) -> Result<(), Failure> {
        call(&self.systemctl, &[&["--user"], arguments].concat(), None).map(drop)
    }

    fn remove_files(&self) -> Result<(), CliError> {
        remove(&self.path)?;
        match self.path.parent() {
            Some(user) => remove(&user.join(WANTS).join(NAME)),
            None => Ok(()),
        }
    }
}

fn refused(failure: Failure) -> CliError {
    let hint = match &failure {
        Failure::Missing(_) => {
            "without systemd, start `lore daemon start` with your session, from your shell's profile"
        }
        Failure::Refused(said) if said.contains("connect to bus") => {
            "systemd does not run for you in this session: log in directly instead of by `su` or \
             `sudo`, or give your user a manager of its own with `loginctl enable-linger`; without \
             one, start `lore daemon start` from your shell's profile"
        }
        Failure::Refused(_) => {
            "`journalctl --user -u lore` and `lore daemon logs` tell more about a service that does \
             not start"
        }
    };
    CliError::new(format!("systemd refused: {}", failure.text())).with_hint(hint)
}

/// The unit's file.
///
/// Of the environment it is given Lore's directory only: variables that move a tool's directory are
/// set with `systemctl --user edit lore`.
fn text(program: &Path, lore_home: Option<&Path>) -> Result<String, CliError> {
    let program = text_of(program, "the program")?;
    let environment = match lore_home {
        Some(home) => {
            let home = text_of(home, "the directory")?;
            format!("Environment={}\n", quoted(&format!("LORE_HOME={home}")))
        }
        None => String::new(),
    };
    // systemd runs no program with one of these in its path; `env` runs any.
    let (before, program) = match program.contains(['"', '\'', '\\', '$']) {
        true => ("/usr/bin/env ", quoted(program).replace('$', "$$")),
        false => ("", quoted(program)),
    };
    let arguments = ARGUMENTS.join(" ");
    Ok(format!(
        "[Unit]
Description=Lore AI session capture daemon
After=default.target

[Service]
Type=simple
ExecStart={before}{program} {arguments}
{environment}Restart=on-failure
RestartSec=5
TimeoutStopSec=20
UMask=0077

[Install]
WantedBy=default.target
"
    ))
}

/// A word of a unit's file, as it is.
fn quoted(word: &str) -> String {
    let mut quoted = String::with_capacity(word.len() + 2);
    for character in word.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '%' => quoted.push_str("%%"),
            _ => quoted.push(character),
        }
    }
    format!("\"{quoted}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_as_systemd_reads_them() {
        assert_eq!(quoted("/opt/my tools/100%/lore"), r#""/opt/my tools/100%%/lore""#);
        assert_eq!(quoted(r#"a\b"c"#), r#""a\\b\"c""#);
    }

    #[test]
    fn programs_that_systemd_does_not_run_are_run_by_env() {
        let text = text(Path::new("/opt/it's $5/lore"), None).expect("it is text");
        let start = "ExecStart=/usr/bin/env \"/opt/it's $$5/lore\" daemon start --foreground\n";
        assert!(text.contains(start), "{text}");
        assert!(!text.contains("Environment"), "{text}");
    }

    #[test]
    fn a_path_cannot_add_lines() {
        let error = text(Path::new("/opt/a\nExecStartPre=b/lore"), None).expect_err("two lines");
        assert!(error.text().contains("cannot be named"), "{}", error.text());
    }
}
