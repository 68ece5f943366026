//! Git hooks, run by the real git.

mod installing;
mod linking;
mod message;
mod never_in_the_way;
mod places;
mod review;
mod syncing;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use lore_tests::{ClaudeCode, Outcome, TestEnv, program, wait_until};
use serde_json::Value;

/// Time that nothing takes that is not broken.
const DEADLINE: Duration = Duration::from_secs(300);

const HOOKS: [&str; 4] = ["post-commit", "prepare-commit-msg", "post-rewrite", "pre-push"];

/// A git repository in a world of its own. When it goes, nothing is at work in it any more.
struct Repository {
    env: TestEnv,
    /// With a blank in its name.
    top: PathBuf,
}

impl Repository {
    /// One with a commit.
    fn new() -> Self {
        let env = TestEnv::new();
        let config = "[user]\nname = Ada\nemail = ada@localhost\n[init]\ndefaultBranch = main\n\
                      [advice]\nignoredHook = false\n[commit]\ngpgSign = false\n";
        fs::write(env.root().join("gitconfig"), config).expect("it can be written");
        let top = env.work().join("my kettle");
        fs::create_dir(&top).expect("it can be made");
        let repository = Self { env, top };
        repository.git(&["init", "--quiet"]);
        repository.commit("first");
        repository
    }

    /// Git with these arguments, not yet run.
    fn git_command(&self, directory: &Path, arguments: &[&str]) -> Command {
        let mut git = Command::new("git");
        git.args(arguments).current_dir(directory).env_clear();
        for (name, value) in self.env.command(&[]).get_envs() {
            git.env(name, value.unwrap_or_default());
        }
        // Whoever asks for lore by name gets the one that is tested.
        let ours = program().parent().expect("it lies in a directory").to_owned();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths([ours].into_iter().chain(std::env::split_paths(&path)));
        git.env("PATH", path.expect("directories"));
        git.env("GIT_EDITOR", "true").env("LORE_HOOK_MILLISECONDS", "60000");
        git
    }

    /// Runs git in the top directory; it succeeds.
    #[track_caller]
    fn git(&self, arguments: &[&str]) -> Outcome {
        self.env.run(self.git_command(&self.top, arguments)).success()
    }

    /// Changes something and commits it.
    #[track_caller]
    fn commit(&self, message: &str) -> Outcome {
        self.write("notes.txt", &format!("{message}\n"));
        self.git(&["add", "--all"]);
        self.git(&["commit", "--message", message])
    }

    /// Runs lore in a directory of the repository.
    fn lore_in(&self, directory: &Path, arguments: &[&str]) -> Outcome {
        let mut command = self.env.command(arguments);
        command.current_dir(directory);
        self.env.run(command)
    }

    fn lore(&self, arguments: &[&str]) -> Outcome {
        self.lore_in(&self.top, arguments)
    }

    #[track_caller]
    fn install(&self) -> Outcome {
        self.lore(&["hooks", "install"]).success()
    }

    /// The state of each hook.
    #[track_caller]
    fn states(&self) -> Vec<String> {
        let status = self.lore(&["hooks", "status", "--format", "json"]).json();
        let hooks = status["hooks"].as_array().expect("a list").iter();
        let state = |hook: &Value| hook["state"].as_str().expect("a text").to_owned();
        hooks.map(state).collect()
    }

    fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.top.join(path);
        fs::create_dir_all(path.parent().expect("it lies in a directory")).expect("it can be made");
        fs::write(&path, text).expect("it can be written");
        path
    }

    /// Writes a script, with that mode.
    fn script(&self, path: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.write(path, text);
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("it is ours");
        path
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.top.join(path)).unwrap_or_default()
    }

    /// The id of a commit.
    #[track_caller]
    fn id(&self, reference: &str) -> String {
        self.git(&["rev-parse", reference]).stdout.trim().to_owned()
    }

    /// The message of the newest commit.
    #[track_caller]
    fn message(&self) -> String {
        self.git(&["log", "-1", "--format=%B"]).stdout
    }

    /// Content and mode of every file in a directory of the repository.
    fn files(&self, directory: &str) -> BTreeMap<String, (Vec<u8>, u32)> {
        let entries = fs::read_dir(self.top.join(directory)).expect("it is there");
        let file = |entry: std::io::Result<fs::DirEntry>| {
            let entry = entry.expect("an entry");
            let mode = fs::metadata(entry.path()).expect("it is there").permissions().mode();
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, (fs::read(entry.path()).expect("a file"), mode))
        };
        entries.map(file).collect()
    }

    /// What the hooks left to be done, in bytes.
    fn waiting(&self) -> u64 {
        fs::metadata(self.env.archive("hooks/queue")).map_or(0, |metadata| metadata.len())
    }

    /// Waits until what the hooks began is done.
    #[track_caller]
    fn settle(&self) {
        assert!(wait_until(DEADLINE, || self.waiting() == 0), "hooks are still at work");
    }

    /// A session that wrote a file of the repository a moment ago.
    fn session(&self, id: &str, file: &str, content: &str) -> ClaudeCode {
        // What is written after a commit has no part in it.
        let begun = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(2);
        let session = ClaudeCode::new(id).at(&begun.to_string());
        let mut session = session.directory(self.top.to_str().expect("it is text"));
        session.user("Write down how the kettle is descaled.");
        let path = self.top.join(file);
        let path = path.to_str().expect("it is text");
        let input = serde_json::json!({"file_path": path, "content": content});
        session.tool("Write", input, "File created successfully.", false);
        session.assistant("It is written down.");
        self.env.claude_code(&session);
        session
    }

    /// The sessions that are linked to a commit.
    #[track_caller]
    fn linked(&self, reference: &str) -> Vec<String> {
        let shown = self.lore(&["show", "--commit", reference, "--format", "json"]).json();
        let sessions = shown["sessions"].as_array().expect("a list").iter();
        sessions.map(|session| session["session_id"].as_str().expect("an id").to_owned()).collect()
    }
}

impl Drop for Repository {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = wait_until(DEADLINE, || self.waiting() == 0);
        }
    }
}
