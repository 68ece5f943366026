//! What happens on a machine when Lore calls git: the call is noted, others push before it, or Lore
//! is killed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use crate::git::text;
use crate::{Machine, Outcome, Running, program, wait_until};

/// Ends whoever calls git with a certain word: as it begins, in the middle, or at its end.
const FATAL: &str = r#"for word; do
    if [ "$word" = "$FATAL_WORD" ]; then
        case $FATAL_MOMENT in
            before) kill -9 $PPID; exit 1 ;;
            during) kill -9 $PPID; exec git "$@" ;;
            after) git "$@"; kill -9 $PPID; exit 1 ;;
        esac
    fi
done"#;

/// Notes each call, and before a push runs the next line of a script, if there is one.
const WATCHING: &str = r#"printf '%s\n' "$*" >> '[CALLS]'
case " $* " in
*' push '*)
    head -n 1 '[BETWEEN]' > '[BETWEEN].now'
    tail -n +2 '[BETWEEN]' > '[BETWEEN].rest'
    mv '[BETWEEN].rest' '[BETWEEN]'
    sh '[BETWEEN].now' >> '[BETWEEN].log' 2>&1 || exit 99
esac"#;

/// When a command is killed, as `kill -9` does.
#[derive(Clone, Copy, Debug)]
pub enum Kill {
    /// After this time, wherever it is then.
    After(Duration),
    /// When it calls git with this word: `before` git does anything, while git goes on without it
    /// (`during`), or `after` git has ended.
    AtGit(&'static str, &'static str),
}

impl Machine {
    /// Runs the program in the clone until it ends or is killed. What it has started has ended then,
    /// too. Killed, its outcome has no code.
    #[must_use]
    pub fn killed(&self, arguments: &[&str], kill: Kill) -> Outcome {
        let mut command = self.other("sh");
        // All that it starts has this, which is read to its end.
        command.args(["-c", r#"exec "$0" "$@" 9>&1"#]).arg(program()).args(arguments);
        if let Kill::AtGit(word, moment) = kill {
            command.env("PATH", self.put_before_git("fatal", FATAL));
            command.env("FATAL_WORD", word).env("FATAL_MOMENT", moment);
        }
        let mut running = Running::start(command, self.env.root());
        if let Kill::After(delay) = kill
            && !wait_until(delay, || !running.is_running())
        {
            running.kill();
        }
        running.outcome()
    }

    /// From now on, calls of git are noted, and before a push the script `between` runs, once for
    /// each line of it. Returns the file of the notes.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn watch_git(&mut self, between: &[String]) -> PathBuf {
        let [notes, waiting] = ["calls", "between"].map(|name| self.env.root().join(name));
        let lines: String = between.iter().map(|line| format!("{line}\n")).collect();
        fs::write(&waiting, lines).expect("there is room for a test");
        fs::write(&notes, "").expect("there is room for a test");
        let script = WATCHING.replace("[CALLS]", text(&notes)).replace("[BETWEEN]", text(&waiting));
        let path = self.put_before_git("watching", &script);
        self.variables.push(("PATH".to_owned(), path));
        notes
    }

    /// Makes a git that runs the script first; returns PATH with it.
    fn put_before_git(&self, directory: &str, script: &str) -> String {
        let directory = self.env.root().join(directory);
        let git = directory.join("git");
        let path = std::env::var("PATH").expect("there is git");
        if !git.exists() {
            let script =
                format!("#!/bin/sh\nPATH='{path}'; export PATH\n{script}\nexec git \"$@\"\n");
            fs::create_dir(&directory).expect("there is room for a test");
            fs::write(&git, script).expect("there is room for a test");
            fs::set_permissions(&git, fs::Permissions::from_mode(0o755)).expect("it is ours");
        }
        format!("{}:{path}", text(&directory))
    }

    /// A line of shell that runs the program on this machine.
    ///
    /// # Panics
    /// If an argument has a quote in it.
    pub fn line(&self, arguments: &[&str], input: &str) -> String {
        let quoted = |text: &str| {
            assert!(!text.contains('\''), "{text}");
            format!("'{text}'")
        };
        let command = self.command(arguments);
        let variables = command.get_envs().map(|(name, value)| {
            let value = value.unwrap_or_default().to_string_lossy();
            quoted(&format!("{}={value}", name.to_string_lossy()))
        });
        let variables: Vec<String> = variables.collect();
        let arguments: Vec<String> = arguments.iter().map(|it| quoted(it)).collect();
        format!(
            "cd {} && printf '%s\\n' {} | env -i {} {} {}",
            quoted(text(&self.clone)),
            quoted(input),
            variables.join(" "),
            quoted(text(program())),
            arguments.join(" ")
        )
    }
}
