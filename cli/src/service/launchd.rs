//! An agent of launchd, ours or Homebrew's.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::{ARGUMENTS, Failure, call, remove, remove_empty, text_of, write_new};
use crate::error::CliError;
use crate::home::Home;

/// The agent's name.
const LABEL: &str = "com.lore.daemon";

/// The file that `brew services start lore` makes.
const HOMEBREW: &str = "homebrew.mxcl.lore.plist";

/// The agent, whether it is installed or not.
#[derive(Debug)]
pub(crate) struct Agent {
    launchctl: PathBuf,
    brew: PathBuf,
    agents: PathBuf,
    path: PathBuf,
}

impl Agent {
    /// The agent of this person, who may have no home directory.
    pub(super) fn of(home: &Home) -> Option<Self> {
        let agents = home.person()?.join("Library/LaunchAgents");
        let ours = agents.join(format!("{LABEL}.plist"));
        let homebrew = agents.join(HOMEBREW);
        let is_homebrew = fs::symlink_metadata(&homebrew).is_ok();
        Some(Self {
            launchctl: PathBuf::from("launchctl"),
            brew: PathBuf::from("brew"),
            path: if is_homebrew && !ours.exists() { homebrew } else { ours },
            agents,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Homebrew made it and looks after it.
    pub(super) fn is_homebrew(&self) -> bool {
        self.path.ends_with(HOMEBREW)
    }

    pub(super) fn is_installed(&self) -> bool {
        fs::symlink_metadata(&self.path).is_ok()
    }

    pub(super) fn install(&self, home: &Home, program: &Path) -> Result<(), CliError> {
        let logs = home.root().join("logs");
        let text = text(program, home.moved(), &logs)?;
        // launchd makes no directories for what it writes.
        let made = home.create().and_then(|()| fs::create_dir_all(&logs));
        made.map_err(|error| CliError::file("cannot make", &logs, &error))?;
        let is_new = !self.agents.exists();
        let done = write_new(&self.path, &text).and_then(|()| self.load());
        if done.is_err() {
            remove(&self.path)?;
            if is_new {
                remove_empty(std::slice::from_ref(&self.agents));
            }
        }
        done
    }

    pub(super) fn uninstall(&self) -> Result<Option<String>, CliError> {
        // Homebrew removes its file itself.
        let homebrew = self.agents.join(HOMEBREW);
        let mut failed = None;
        if fs::symlink_metadata(&homebrew).is_ok() {
            failed = call(&self.brew, &["services", "stop", "lore"], None).err();
        }
        if !self.is_homebrew() {
            failed = self.launchctl(&["unload", "-w"]).err().or(failed);
            remove(&self.path)?;
        }
        Ok(failed.map(Failure::text))
    }

    pub(super) fn start(&self) -> Result<(), CliError> {
        match self.is_homebrew() {
            true => self.homebrew("start"),
            false => self.load(),
        }
    }

    pub(super) fn stop(&self) -> Result<(), CliError> {
        match self.is_homebrew() {
            true => self.homebrew("stop"),
            // Without `-w`, so that it is there again after the next login.
            false => self.launchctl(&["unload"]).map_err(refused),
        }
    }

    fn load(&self) -> Result<(), CliError> {
        match self.launchctl(&["load", "-w"]) {
            Err(Failure::Refused(said)) if said.contains("already loaded") => Ok(()),
            loaded => loaded.map_err(refused),
        }
    }

    /// It says that it failed, and ends as if it had not.
    fn launchctl(&self, arguments: &[&str]) -> Result<(), Failure> {
        let said = call(&self.launchctl, arguments, Some(&self.path))?;
        match said.contains("failed") || said.contains("Could not") {
            true => Err(Failure::Refused(said)),
            false => Ok(()),
        }
    }

    fn homebrew(&self, verb: &str) -> Result<(), CliError> {
        call(&self.brew, &["services", verb, "lore"], None).map(drop).map_err(|failure| {
            let error = CliError::new(format!("Homebrew refused: {}", failure.text()));
            error.with_hint(format!("`brew services {verb} lore` tells more"))
        })
    }
}

fn refused(failure: Failure) -> CliError {
    CliError::new(format!("launchd refused: {}", failure.text()))
        .with_hint("log in at the Mac itself; launchd has no agents for a session over the network")
}

/// The agent's file. Of the environment it is given Lore's directory only.
fn text(program: &Path, lore_home: Option<&Path>, logs: &Path) -> Result<String, CliError> {
    let program = text_of(program, "the program")?;
    let mut arguments = String::new();
    for argument in [program].into_iter().chain(ARGUMENTS) {
        let _ = write!(arguments, "\n        <string>{}</string>", escaped(argument));
    }
    let environment = match lore_home {
        Some(home) => format!(
            "\n    <key>EnvironmentVariables</key>
    <dict>
        <key>LORE_HOME</key>
        <string>{}</string>
    </dict>",
            escaped(text_of(home, "the directory")?)
        ),
        None => String::new(),
    };
    // The daemon writes and rotates `daemon.log` itself; this is what it cannot write there.
    let errors = logs.join("daemon.err");
    let errors = escaped(text_of(&errors, "the file")?);
    Ok(format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
    <key>Label</key>
    <string>{LABEL}</string>
    <key>ProgramArguments</key>
    <array>{arguments}
    </array>{environment}
    <key>RunAtLoad</key>
    <true/>
    <key>KeepAlive</key>
    <dict>
        <key>SuccessfulExit</key>
        <false/>
    </dict>
    <key>ThrottleInterval</key>
    <integer>5</integer>
    <key>ProcessType</key>
    <string>Background</string>
    <key>Umask</key>
    <integer>63</integer>
    <key>StandardOutPath</key>
    <string>{errors}</string>
    <key>StandardErrorPath</key>
    <string>{errors}</string>
</dict>
</plist>
"#
    ))
}

/// Text of an XML element.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// A directory with an agent that is not installed, and stand-ins for the programs of a Mac that
    /// write down how they are called, and what `answer` says.
    fn world(answer: &str) -> (tempfile::TempDir, Agent) {
        let directory = tempfile::tempdir().expect("there is room for a test");
        let root = directory.path().to_owned();
        for name in ["launchctl", "brew"] {
            let calls = root.join("calls");
            let script = format!("#!/bin/sh\necho {name} $* >> '{}'\n{answer}\n", calls.display());
            fs::write(root.join(name), script).expect("it can be written");
            let mode = fs::Permissions::from_mode(0o755);
            fs::set_permissions(root.join(name), mode).expect("it is ours");
        }
        let agents = root.join("LaunchAgents");
        let path = agents.join("com.lore.daemon.plist");
        let (launchctl, brew) = (root.join("launchctl"), root.join("brew"));
        (directory, Agent { launchctl, brew, agents, path })
    }

    fn calls(directory: &Path) -> String {
        let calls = fs::read_to_string(directory.join("calls")).unwrap_or_default();
        calls.replace(&*directory.to_string_lossy(), "")
    }

    #[test]
    fn the_file_is_xml_whatever_the_paths() {
        let lore_home = Path::new("/Users/ada/a<b>&c");
        let text = text(Path::new("/opt/R&D/lore"), Some(lore_home), &lore_home.join("logs"));
        let text = text.expect("it is text");
        assert!(text.contains("<string>/opt/R&amp;D/lore</string>\n"), "{text}");
        assert!(text.contains("<string>/Users/ada/a&lt;b&gt;&amp;c</string>"), "{text}");
        assert!(text.contains("c/logs/daemon.err</string>"), "{text}");
    }

    #[test]
    fn what_is_loaded_already_is_started() {
        let (directory, agent) = world("echo 'service already loaded' >&2; exit 37");
        agent.start().expect("it runs");
        assert_eq!(
            calls(directory.path()),
            "launchctl load -w /LaunchAgents/com.lore.daemon.plist\n"
        );
    }

    #[test]
    fn a_failure_that_ends_as_a_success_is_one() {
        let (_directory, agent) = world("echo 'Load failed: 5: Input/output error' >&2");
        let error = agent.start().expect_err("it does not run");
        assert!(error.text().contains("Input/output error"), "{}", error.text());
    }

    #[test]
    fn uninstalling_stops_homebrews_service_too() {
        let (directory, agent) = world("");
        fs::create_dir(&agent.agents).expect("it can be made");
        fs::write(&agent.path, "ours").expect("it can be written");
        fs::write(agent.agents.join(HOMEBREW), "Homebrew's").expect("it can be written");
        assert_eq!(agent.uninstall().expect("it can be removed"), None);
        assert!(!agent.path.exists());
        let expected = "brew services stop lore\n\
                        launchctl unload -w /LaunchAgents/com.lore.daemon.plist\n";
        assert_eq!(calls(directory.path()), expected);
    }

    #[test]
    fn homebrews_service_goes_through_brew() {
        let (directory, mut agent) = world("");
        agent.path = agent.agents.join(HOMEBREW);
        agent.start().expect("it runs");
        agent.stop().expect("it stops");
        assert_eq!(calls(directory.path()), "brew services start lore\nbrew services stop lore\n");
    }
}
