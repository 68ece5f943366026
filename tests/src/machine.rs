//! Machines that share the sessions of one repository.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::git::{line, run, text};
use crate::{ClaudeCode, Outcome, Remote, Running, Terminal, TestEnv, copy_tree, program};

/// What opens the stores of tests.
pub const PASSPHRASE: &str = "copper lantern walks over meadows";

/// Somebody's machine, and a clone on it.
#[derive(Debug)]
pub struct Machine {
    /// Its world.
    pub env: TestEnv,
    /// The top of the clone.
    pub clone: PathBuf,
    /// What its programs find in their environment beside.
    pub variables: Vec<(String, String)>,
}

impl Machine {
    /// Clones the remote to a directory below the place for work. The machine of `Ada` is called
    /// `ada-laptop`.
    ///
    /// # Panics
    /// If that fails.
    #[track_caller]
    pub fn new(name: &str, remote: &Remote, directory: &str) -> Self {
        let env = TestEnv::new();
        let lower = name.to_lowercase().replace(' ', "-");
        let config = format!(
            "[user]\nname = {name}\nemail = {lower}@example.com\n[init]\ndefaultBranch = main\n\
             [commit]\ngpgSign = false\n[advice]\nignoredHook = false\n"
        );
        fs::write(env.root().join("gitconfig"), config).expect("there is room for a test");
        let clone = env.work().join(directory);
        let machine = Self { env, clone, variables: Vec::new() };
        machine.clone_to(remote, &machine.clone, "origin");
        let called = format!("{lower}-laptop");
        let _ = machine.lore(&["config", "set", "machine_name", &called]).success();
        machine
    }

    /// Clones a remote, which gets that name there.
    #[track_caller]
    pub fn clone_to(&self, remote: &Remote, directory: &Path, name: &str) {
        let mut git = self.env.other("git");
        git.args(["clone", "--quiet", "--origin", name, remote.path()]).arg(directory);
        run(git, b"");
    }

    /// The program with these arguments in the clone, not yet run.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.other(program());
        command.args(arguments);
        command
    }

    /// Any program in the clone, not yet run.
    pub(crate) fn other(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = self.env.other(program);
        command.current_dir(&self.clone);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs the program in the clone to its end.
    #[must_use]
    pub fn lore(&self, arguments: &[&str]) -> Outcome {
        self.answer(arguments, "")
    }

    /// The same in another directory.
    #[must_use]
    pub fn lore_in(&self, directory: &Path, arguments: &[&str]) -> Outcome {
        let mut command = self.command(arguments);
        command.current_dir(directory);
        self.env.answer(command, "")
    }

    /// Runs the program in the clone, with that at standard input.
    #[must_use]
    pub fn answer(&self, arguments: &[&str], input: &str) -> Outcome {
        self.env.answer(self.command(arguments), input)
    }

    /// Runs the program in the clone, beside the test.
    pub fn start(&self, arguments: &[&str]) -> Running {
        Running::start(self.command(arguments), self.env.root())
    }

    /// Runs the program in the clone, at a terminal.
    pub fn terminal(&self, arguments: &[&str]) -> Terminal {
        Terminal::start(&self.env, self.command(arguments))
    }

    /// What the program answers in the clone, as JSON.
    ///
    /// # Panics
    /// If it fails.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        self.lore(&[arguments, &["--format", "json"]].concat()).json()
    }

    /// Runs git in the clone; returns what it says.
    ///
    /// # Panics
    /// If it fails.
    #[track_caller]
    pub fn git(&self, arguments: &[&str]) -> String {
        line(&self.bytes(arguments))
    }

    /// The same, byte for byte.
    ///
    /// # Panics
    /// If it fails.
    #[track_caller]
    pub fn bytes(&self, arguments: &[&str]) -> Vec<u8> {
        let mut git = self.other("git");
        // Whoever asks for lore by name gets the one that is tested.
        let ours = program().parent().expect("it lies in a directory").to_owned();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths([ours].into_iter().chain(std::env::split_paths(&path)));
        git.args(arguments).env("PATH", path.expect("directories"));
        git.env("LORE_HOOK_MILLISECONDS", "60000");
        run(git, b"")
    }

    /// Makes the store of the repository, or joins it.
    ///
    /// # Panics
    /// If that fails.
    #[track_caller]
    pub fn set_up(&self) -> Outcome {
        self.set_up_with(PASSPHRASE).success()
    }

    /// The same with another passphrase.
    #[must_use]
    pub fn set_up_with(&self, passphrase: &str) -> Outcome {
        self.answer(&["sync", "setup", "--passphrase-stdin"], &format!("{passphrase}\n"))
    }

    /// Synchronises; returns what was said, as JSON.
    ///
    /// # Panics
    /// If it fails.
    #[track_caller]
    pub fn sync(&self) -> Value {
        self.json(&["sync"])
    }

    /// An empty session in the clone.
    pub fn session(&self, id: &str) -> ClaudeCode {
        ClaudeCode::new(id).directory(text(&self.clone))
    }

    /// The same; the digit is what its id is made of.
    pub fn session_of(&self, digit: char) -> ClaudeCode {
        let digits = |count| digit.to_string().repeat(count);
        self.session(&format!("{}-0000-4000-8000-{}", digits(8), digits(12)))
    }

    /// The tool writes the session, and it is imported.
    #[track_caller]
    pub fn hold(&self, session: &ClaudeCode) {
        self.env.claude_code(session);
        let _ = self.lore(&["import"]).success();
    }

    /// A session of one question and its answer is held.
    #[track_caller]
    pub fn ask(&self, digit: char, question: &str) -> ClaudeCode {
        let mut session = self.session_of(digit);
        session.user(question);
        session.assistant("It is done.");
        self.hold(&session);
        session
    }

    /// The ids of the listed sessions.
    #[track_caller]
    fn ids(&self) -> Vec<String> {
        let listed = self.json(&["sessions", "--limit", "1000000"]);
        let id = |session: &Value| session["id"].as_str().expect("an id").to_owned();
        listed.as_array().expect("a list").iter().map(id).collect()
    }

    /// The first eight digits of the listed sessions' ids, sorted.
    #[track_caller]
    pub fn sessions(&self) -> Vec<String> {
        let mut ids: Vec<String> = self.ids().iter().map(|id| id[..8].to_owned()).collect();
        ids.sort();
        ids
    }

    /// All that it knows, by the ids of the sessions; without what differs from machine to machine,
    /// which is where it lies and that it comes from elsewhere.
    ///
    /// # Panics
    /// If it cannot be read.
    #[track_caller]
    pub fn content(&self) -> BTreeMap<String, Value> {
        self.ids().into_iter().map(|id| (id.clone(), self.show(&id))).collect()
    }

    /// One session, in the same way.
    ///
    /// # Panics
    /// If it is not there.
    #[track_caller]
    pub fn show(&self, id: &str) -> Value {
        let shown = self.json(&["show", id]).to_string();
        let clone = text(&self.clone);
        let shown = shown.replace(&format!("{clone}/"), "").replace(clone, ".");
        let mut shown: Value = serde_json::from_str(&shown).expect("it was JSON before");
        for name in ["origin", "source_path", "source_paths"] {
            shown["session"][name].take();
        }
        shown
    }

    /// Keeps archive and clone as they are.
    ///
    /// # Panics
    /// If they cannot be copied.
    pub fn keep(&self) {
        for (from, to) in self.kept() {
            replace(&from, &to);
        }
    }

    /// Has archive and clone as they were kept.
    ///
    /// # Panics
    /// If they cannot be copied.
    pub fn reset(&self) {
        for (from, to) in self.kept() {
            replace(&to, &from);
        }
    }

    fn kept(&self) -> [(PathBuf, PathBuf); 2] {
        let root = self.env.root();
        [(root.join("lore"), root.join("kept-lore")), (self.clone.clone(), root.join("kept-clone"))]
    }
}

fn replace(from: &Path, to: &Path) {
    if to.exists() {
        fs::remove_dir_all(to).expect("it can be removed");
    }
    fs::create_dir_all(to).expect("it can be made");
    copy_tree(from, to);
}
