//! The remote that machines share sessions over.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::TestEnv;
use crate::git::{line, run, text};

/// The reference of the store.
pub const STORE: &str = "refs/lore/sessions";

const MAIN: &str = "refs/heads/main";

/// A bare repository with one commit on the branch `main`.
#[derive(Debug)]
pub struct Remote {
    env: TestEnv,
    pub(crate) path: PathBuf,
}

impl Default for Remote {
    fn default() -> Self {
        Self::new()
    }
}

impl Remote {
    /// One without a store.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn new() -> Self {
        let env = TestEnv::new();
        let path = env.work().join("kettle.git");
        fs::create_dir(&path).expect("there is room for a test");
        let remote = Self { env, path };
        remote.git(&["init", "--quiet", "--bare", "--initial-branch", "main"]);
        remote.commit("first");
        remote
    }

    /// Where it lies.
    pub fn path(&self) -> &str {
        text(&self.path)
    }

    /// One more commit on `main`; returns it.
    ///
    /// # Panics
    /// If it cannot be made.
    #[track_caller]
    pub fn commit(&self, message: &str) -> String {
        let readme = self.blob(format!("# Kettle\n\n{message}\n").as_bytes());
        let entry = format!("100644 blob {readme}\tREADME.md\n");
        let tree = line(&self.feed(&["mktree"], entry.as_bytes()));
        let main = self.git(&["for-each-ref", "--format=%(objectname)", MAIN]);
        let parent: &[&str] = if main.is_empty() { &[] } else { &["-p", &main] };
        let commit = self.git(&[&["commit-tree", "-m", message, &tree], parent].concat());
        self.git(&["update-ref", MAIN, &commit]);
        commit
    }

    /// Git with these arguments in it, by somebody, and not yet run.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut git = self.env.other("git");
        git.args(arguments).current_dir(&self.path);
        for role in ["AUTHOR", "COMMITTER"] {
            git.env(format!("GIT_{role}_NAME"), "Somebody");
            git.env(format!("GIT_{role}_EMAIL"), "somebody@example.com");
            git.env(format!("GIT_{role}_DATE"), "2026-01-01T00:00:00Z");
        }
        git
    }

    /// Runs git in it; returns what it says.
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
        self.feed(arguments, b"")
    }

    /// The same, with something at standard input.
    ///
    /// # Panics
    /// If it fails.
    #[track_caller]
    pub fn feed(&self, arguments: &[&str], input: &[u8]) -> Vec<u8> {
        run(self.command(arguments), input)
    }

    /// Puts a blob into it; returns its id.
    #[track_caller]
    pub fn blob(&self, bytes: &[u8]) -> String {
        line(&self.feed(&["hash-object", "-w", "--stdin"], bytes))
    }

    /// The commit of the store, if there is a store.
    #[track_caller]
    pub fn store(&self) -> Option<String> {
        let store = self.git(&["for-each-ref", "--format=%(objectname)", STORE]);
        (!store.is_empty()).then_some(store)
    }

    /// The commit of the store, which there is.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn state(&self) -> String {
        self.store().expect("there is a store")
    }

    /// The ids of all blobs in a commit, by path.
    ///
    /// # Panics
    /// If it is not there.
    #[track_caller]
    pub fn files(&self, commit: &str) -> BTreeMap<String, String> {
        let listed = self.git(&["ls-tree", "-r", "-z", commit]);
        let file = |entry: &str| {
            let (mode, path) = entry.split_once('\t').expect("a path");
            (path.to_owned(), mode.split(' ').nth(2).expect("an id").to_owned())
        };
        listed.split_terminator('\0').map(file).collect()
    }

    /// What a file holds in a commit.
    ///
    /// # Panics
    /// If it is not there.
    #[track_caller]
    pub fn file(&self, commit: &str, path: &str) -> Vec<u8> {
        self.bytes(&["cat-file", "blob", &format!("{commit}:{path}")])
    }

    /// The kinds of all objects, by id.
    ///
    /// # Panics
    /// If git cannot list them.
    #[track_caller]
    pub fn objects(&self) -> BTreeMap<String, String> {
        let format = "--batch-check=%(objectname) %(objecttype)";
        let list = self.git(&["cat-file", "--batch-all-objects", format]);
        let object = |line: &str| {
            let (id, kind) = line.split_once(' ').expect("a kind");
            (id.to_owned(), kind.to_owned())
        };
        list.lines().map(object).collect()
    }
}
