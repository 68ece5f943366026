//! What whoever can push does to the store at a remote, or the host that keeps it.

use std::fs;

use crate::git::{line, run, text};
use crate::remote::{Remote, STORE};

impl Remote {
    /// Lets the reference of the store lead to a commit, or whatever, as a push by force does.
    #[track_caller]
    pub fn set_store(&self, id: &str) {
        self.git(&["update-ref", STORE, id]);
    }

    /// Makes the store a commit of this tree, after `base`.
    #[track_caller]
    pub fn set_tree(&self, base: &str, tree: &str) {
        let commit = self.git(&["commit-tree", "-m", "lore sync", "-p", base, tree]);
        self.set_store(&commit);
    }

    /// Makes the store a commit as `base`, but for these entries, in the form of `git update-index
    /// --index-info`.
    #[track_caller]
    pub fn set_entries(&self, base: &str, entries: &str) {
        let index = self.path.with_extension("index");
        let _ = fs::remove_file(&index);
        let git = |arguments: &[&str], input: &str| {
            let mut command = self.command(arguments);
            command.env("GIT_INDEX_FILE", &index);
            line(&run(command, input.as_bytes()))
        };
        git(&["read-tree", base], "");
        git(&["update-index", "--index-info"], entries);
        let tree = git(&["write-tree"], "");
        self.set_tree(base, &tree);
    }

    /// Makes the store a commit as `base`, but for these files; without a content, it is not there.
    #[track_caller]
    pub fn replace(&self, base: &str, files: &[(String, Option<Vec<u8>>)]) {
        let entries = files.iter().map(|(path, content)| match content {
            Some(content) => format!("100644 {}\t{path}\n", self.blob(content)),
            None => format!("0 {}\t{path}\n", "0".repeat(40)),
        });
        self.set_entries(base, &entries.collect::<String>());
    }

    /// Loses all that it has, but for its branches.
    ///
    /// # Panics
    /// If it cannot be made anew.
    #[track_caller]
    pub fn lose_everything(&self) {
        let main = self.git(&["rev-parse", "main"]);
        let branches = self.path.with_extension("branches");
        let (from, to) = (self.path(), text(&branches));
        self.git(&["clone", "--quiet", "--bare", "--single-branch", from, to]);
        fs::remove_dir_all(&self.path).expect("it is ours");
        fs::rename(&branches, &self.path).expect("it is ours");
        assert_eq!(self.git(&["rev-parse", "main"]), main);
        assert_eq!(self.store(), None);
    }
}
