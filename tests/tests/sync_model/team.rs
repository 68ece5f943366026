//! Machines around one remote, which share their sessions.

use lore_tests::{Machine, Remote, STORE};

/// A remote with a few commits, and machines that have been set up.
pub(crate) struct Team {
    remote: Remote,
    pub(crate) machines: Vec<Machine>,
    /// The commits that sessions are linked to.
    pub(crate) commits: Vec<String>,
}

impl Team {
    pub(crate) fn new(machines: usize) -> Self {
        let remote = Remote::new();
        let commits = (0..3).map(|number| remote.commit(&format!("Wait {number}"))).collect();
        let machine = |number: usize| {
            let name = format!("Person {number}");
            let machine = Machine::new(&name, &remote, &format!("clone-{number}"));
            machine.set_up();
            machine
        };
        let machines = (0..machines).map(machine).collect();
        Self { remote, machines, commits }
    }

    /// The commit of the store at the remote.
    pub(crate) fn store(&self) -> String {
        self.remote.state()
    }

    /// Whether the remote's store has a session.
    pub(crate) fn has(&self, id: &str) -> bool {
        let tree = self.remote.git(&["ls-tree", "-r", "-t", "--name-only", STORE]);
        tree.lines().any(|path| path.ends_with(id))
    }

    /// Requires that git finds nothing amiss in the remote or in any clone.
    #[track_caller]
    pub(crate) fn fsck(&self) {
        self.remote.git(&["fsck", "--strict"]);
        for machine in &self.machines {
            machine.git(&["fsck", "--strict"]);
        }
    }
}
