//! Machines.

use serde::{Deserialize, Serialize};

use super::MachineId;

/// A machine that captures sessions, as it calls itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Machine {
    /// Its id.
    pub id: MachineId,
    /// Its name.
    pub name: String,
    /// Whose it is, if that person wants to be named.
    pub person: Option<String>,
    /// When it called itself so, in milliseconds since 1970: the newest name holds.
    pub stamp: i64,
}

impl Machine {
    /// One of which nothing is known but its id.
    pub fn unknown(id: MachineId) -> Self {
        Self { id, name: id.short(), person: None, stamp: 0 }
    }
}
