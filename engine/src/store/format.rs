//! The version of the store's format, and what this build may do with another one.

use std::cmp::Ordering;
use std::fmt;

/// Version of the store's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatVersion {
    /// Grows when older builds could not read the store.
    pub major: u16,
    /// Grows when older builds would lose something by writing it.
    pub minor: u16,
}

/// What this build writes.
pub const FORMAT: FormatVersion = FormatVersion { major: 1, minor: 3 };

/// What a build may do with a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Permission {
    ReadWrite,
    /// A write would drop fields that this build does not know.
    ReadOnly,
    Refused,
}

impl FormatVersion {
    /// What this build may do with a store of this version.
    pub(crate) fn permission(self) -> Permission {
        match (self.major.cmp(&FORMAT.major), self.minor.cmp(&FORMAT.minor)) {
            (Ordering::Greater, _) => Permission::Refused,
            (Ordering::Equal, Ordering::Greater) => Permission::ReadOnly,
            _ => Permission::ReadWrite,
        }
    }

    pub(crate) fn to_u64(self) -> u64 {
        u64::from(self.major) << 16 | u64::from(self.minor)
    }

    pub(crate) fn from_u64(bits: u64) -> Self {
        Self { major: (bits >> 16) as u16, minor: bits as u16 }
    }
}

impl fmt::Display for FormatVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}
