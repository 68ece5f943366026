//! Pages: some messages of a session, stored together.
//!
//! A page holds about 96 KiB of messages before compression; only a session's last page ever grows.
//! It lies in two tables: its *keys* (ids, hashes, flags: what duplicates are found by, without
//! reading a message) and its *body* (the messages, compressed).
//!
//! ```text
//! keys   version u8 = 1, then per message: id 16 bytes, xxh3-64 of its content u64 LE, flags u8
//! body   version u8 = 1, raw length u32 LE, lz4 block of: per message length u32 LE, bytes (postcard)
//!        of its parent and its content; the hash is the content's
//! ```
//!
//! redb gives a value that is larger than its 4 KiB pages a run of pages of the next power of two.
//! A body is therefore cut into parts that fill such runs to the last byte.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Damage;
use crate::model::{Block, Message, MessageId, Role, Timestamp, Usage};

/// Bytes of messages after which a page is full.
pub(crate) const FULL: usize = 96 << 10;

const VERSION: u8 = 1;
const KEY_BYTES: usize = 25;
const WITHDRAWN: u8 = 1;

/// The longest body that is read, in bytes: a bound for what a damaged length can make us allocate.
const MAX_BODY: usize = 1 << 30;

/// The hash by which a changed message is told from an unchanged one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ContentHash(u64);

impl ContentHash {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(xxhash_rust::xxh3::xxh3_64(bytes))
    }
}

/// Id, hash and flags of one stored message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MessageKey {
    pub(crate) id: MessageId,
    pub(crate) hash: ContentHash,
    pub(crate) withdrawn: bool,
}

pub(crate) fn encode_keys(keys: &[MessageKey]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1 + keys.len() * KEY_BYTES);
    bytes.push(VERSION);
    for key in keys {
        bytes.extend_from_slice(key.id.0.as_bytes());
        bytes.extend_from_slice(&key.hash.0.to_le_bytes());
        bytes.push(if key.withdrawn { WITHDRAWN } else { 0 });
    }
    bytes
}

pub(crate) fn decode_keys(bytes: &[u8]) -> Result<Vec<MessageKey>, Damage> {
    let (&VERSION, rows) = bytes.split_first().ok_or(Damage("a page without keys"))? else {
        return Err(Damage("keys of an unknown version"));
    };
    let (rows, []) = rows.as_chunks::<KEY_BYTES>() else {
        return Err(Damage("keys of a wrong length"));
    };
    let key = |row: &[u8; KEY_BYTES]| {
        let (id, rest) = row.split_first_chunk::<16>()?;
        let (hash, flags) = rest.split_first_chunk::<8>()?;
        Some(MessageKey {
            id: MessageId(Uuid::from_bytes(*id)),
            hash: ContentHash(u64::from_le_bytes(*hash)),
            withdrawn: flags.first()? & WITHDRAWN != 0,
        })
    };
    rows.iter().map(|row| key(row).ok_or(Damage("keys of a wrong length"))).collect()
}

/// The messages of a page, each in its stored form, before compression.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Body {
    bytes: Vec<u8>,
}

impl Body {
    /// Adds a message in its stored form.
    pub(crate) fn push(&mut self, message: &[u8]) {
        self.bytes.extend_from_slice(&(message.len() as u32).to_le_bytes());
        self.bytes.extend_from_slice(message);
    }

    /// Bytes before compression.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The messages in their stored form.
    pub(crate) fn messages(&self) -> impl Iterator<Item = Result<&[u8], Damage>> {
        let mut rest = self.bytes.as_slice();
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let message = rest.split_first_chunk::<4>().and_then(|(length, tail)| {
                tail.split_at_checked(u32::from_le_bytes(*length) as usize)
            });
            let Some((message, tail)) = message else {
                rest = &[];
                return Some(Err(Damage("a message longer than its page")));
            };
            rest = tail;
            Some(Ok(message))
        })
    }

    /// The messages of a page, each with its key; there are as many as keys.
    pub(crate) fn messages_of<'b>(
        &'b self,
        keys: &'b [MessageKey],
    ) -> Result<Vec<(&'b MessageKey, &'b [u8])>, Damage> {
        let messages = self.messages().collect::<Result<Vec<_>, _>>()?;
        if messages.len() != keys.len() {
            return Err(Damage("its keys are not as many as its messages"));
        }
        Ok(keys.iter().zip(messages).collect())
    }

    /// Puts other bytes in the place of the message at `place`.
    pub(crate) fn replace(&mut self, place: usize, message: &[u8]) -> Result<(), Damage> {
        let mut replaced = Body::default();
        for (at, old) in self.messages().enumerate() {
            replaced.push(if at == place {
                old?;
                message
            } else {
                old?
            });
        }
        *self = replaced;
        Ok(())
    }

    pub(crate) fn compress(&self) -> Vec<u8> {
        let bound = lz4_flex::block::get_maximum_output_size(self.bytes.len());
        let mut out = vec![0; 5 + bound];
        out[0] = VERSION;
        out[1..5].copy_from_slice(&(self.bytes.len() as u32).to_le_bytes());
        let length = lz4_flex::block::compress_into(&self.bytes, &mut out[5..])
            .expect("the output has the size that compression can need at most");
        out.truncate(5 + length);
        out
    }

    pub(crate) fn decompress(bytes: &[u8]) -> Result<Self, Damage> {
        let (&VERSION, rest) = bytes.split_first().ok_or(Damage("a page without body"))? else {
            return Err(Damage("a body of an unknown version"));
        };
        let (length, block) = rest.split_first_chunk::<4>().ok_or(Damage("a body that is cut"))?;
        let length = u32::from_le_bytes(*length) as usize;
        // lz4 makes at most 255 bytes of one.
        if length > MAX_BODY || length > block.len().saturating_mul(255) {
            return Err(Damage("a body of an impossible length"));
        }
        let bytes = lz4_flex::block::decompress(block, length)
            .map_err(|_| Damage("a body that does not decompress"))?;
        Ok(Self { bytes })
    }
}

/// Lengths of the parts that a value of `length` bytes is cut into.
pub(crate) fn parts(mut length: usize) -> impl Iterator<Item = usize> {
    /// redb's header of a page with one pair: 4 bytes, the value's length 4, our key 10.
    const HEADER: usize = 18;
    const LARGEST: u32 = 4; // 64 KiB
    std::iter::from_fn(move || {
        let run = |order: u32| (4096usize << order) - HEADER;
        let order = (0..=LARGEST).rev().find(|&order| run(order) <= length).unwrap_or(0);
        let part = run(order).min(length);
        length -= part;
        (part > 0).then_some(part)
    })
}

/// How a message names the one that it answers.
#[derive(Serialize, Deserialize)]
enum Parent {
    None,
    Previous,
    Other(MessageId),
}

/// A message without its id, which stands among the keys, and without its parent, which depends on
/// what it is stored after.
type Content = (
    (Role, bool, bool),
    Option<Timestamp>,
    Option<String>,
    Option<String>,
    Option<String>,
    Vec<Block>,
    Option<Usage>,
);

/// The stored form of a message's content: what its [`ContentHash`] is made of.
pub(crate) fn encode_content(message: &Message) -> Vec<u8> {
    let content = (
        (message.role, message.injected, message.sidechain),
        message.at,
        &message.model,
        &message.directory,
        &message.branch,
        &message.content,
        message.usage,
    );
    postcard::to_stdvec(&content).expect("plain data is always written to memory")
}

/// The stored form of a message that is stored after `previous`.
pub(crate) fn encode_message(
    parent: Option<MessageId>,
    previous: Option<MessageId>,
    content: &[u8],
) -> Vec<u8> {
    let parent = match parent {
        None => Parent::None,
        parent if parent == previous => Parent::Previous,
        Some(parent) => Parent::Other(parent),
    };
    let mut bytes = Vec::with_capacity(content.len() + 18);
    bytes = postcard::to_extend(&parent, bytes).expect("plain data is always written to memory");
    bytes.extend_from_slice(content);
    bytes
}

pub(crate) fn decode_message(
    bytes: &[u8],
    key: &MessageKey,
    previous: Option<MessageId>,
) -> Result<Message, Damage> {
    let unreadable = |_| Damage("a message that cannot be read");
    let (parent, bytes) = postcard::take_from_bytes::<Parent>(bytes).map_err(unreadable)?;
    let ((role, injected, sidechain), at, model, directory, branch, content, usage): Content =
        postcard::from_bytes(bytes).map_err(unreadable)?;
    let parent = match parent {
        Parent::None => None,
        Parent::Previous => previous,
        Parent::Other(id) => Some(id),
    };
    Ok(Message {
        id: key.id,
        parent,
        role,
        injected,
        sidechain,
        withdrawn: key.withdrawn,
        at,
        model,
        directory,
        branch,
        content,
        usage,
    })
}

#[cfg(test)]
mod tests;
