//! Ids. All derived ones are version 5 UUIDs (RFC 9562, section 5.5).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Name space of the ids that Lore derives: version 5 of the URL name space and `lore:watcher`.
const NAMESPACE: Uuid = Uuid::from_u128(0xca3e_793c_8a70_5581_b84d_3b9a_5ebf_f879);

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }
    };
}

uuid_id! {
    /// A session, the same wherever and however often it is captured.
    SessionId
}

uuid_id! {
    /// A message of a session.
    MessageId
}

uuid_id! {
    /// A machine that captures sessions.
    MachineId
}

impl SessionId {
    /// The tool's id where it is a UUID, else derived from the tool and the id.
    pub fn derive(tool: &str, native: &str) -> Self {
        // Only the usual form counts, so that two spellings cannot make two sessions of one.
        match Uuid::try_parse(native) {
            Ok(uuid) if native.len() == 36 => Self(uuid),
            _ => Self(Uuid::new_v5(&NAMESPACE, format!("{tool}\n{native}").as_bytes())),
        }
    }

    /// The first eight digits, as people see it.
    pub fn short(self) -> String {
        format!("{:08x}", self.0.as_u128() >> 96)
    }
}

impl MachineId {
    /// The first eight digits, as people see it where the machine has no name.
    pub fn short(self) -> String {
        format!("{:08x}", self.0.as_u128() >> 96)
    }
}

impl MessageId {
    /// Derived from the session and the key that the plugin gave the message.
    pub fn derive(session: SessionId, key: &str) -> Self {
        Self(Uuid::new_v5(&session.0, key.as_bytes()))
    }
}

/// The id of the memory that lies in a file.
pub(crate) fn memory_id(path: &str) -> Uuid {
    Uuid::new_v5(&NAMESPACE, format!("memory\n{path}").as_bytes())
}

/// The number by which store and index know a session on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionNumber(pub u32);

/// A source: a file, or a database, that sessions were read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceId(pub u32);

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// The digest that 64 hexadecimal digits are.
    pub fn from_hex(hex: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if hex.len() != 64 || !hex.is_ascii() {
            return None;
        }
        for (byte, at) in bytes.iter_mut().zip((0..).step_by(2)) {
            *byte = u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
