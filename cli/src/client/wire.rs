//! What crosses the socket: frames of a length and postcard.
//!
//! ```text
//! frame    length u32 LE, then so many bytes of postcard
//! client   Hello, then any number of Request, one after the other
//! holder   Hello, then for each request any number of Progress, and one Done
//! ```

use std::io::{self, Read, Write};

use lore_engine::api::{ApiError, PROTOCOL, Progress, Request, Response};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

/// The longest frame that is read, in bytes: a bound for what a wrong length can make us allocate.
const MAX_FRAME: u32 = 1 << 30;

/// Bytes that are set aside for a frame. Those that hold keys are shorter.
const FRAME: usize = 16 << 10;

/// Who speaks. Both sides must be of the same version: what they say has no other description.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hello {
    pub(super) protocol: u32,
    pub(super) version: String,
}

impl Hello {
    pub(super) fn ours() -> Self {
        Self { protocol: PROTOCOL, version: env!("CARGO_PKG_VERSION").to_owned() }
    }
}

/// What a client says after the greeting.
pub(super) type Question = Request;

/// What a holder says after the greeting.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Reply {
    Progress(Progress),
    Done(Result<Response, ApiError>),
}

pub(super) fn send<T: Serialize>(stream: &mut impl Write, message: &T) -> io::Result<()> {
    // It may hold keys: it does not grow, which would leave its old bytes behind, and is wiped.
    let mut frame = Vec::with_capacity(FRAME);
    frame.extend_from_slice(&[0; 4]);
    let frame = postcard::to_extend(message, frame).map_err(io::Error::other)?;
    let mut frame = Zeroizing::new(frame);
    let length = u32::try_from(frame.len() - 4).map_err(io::Error::other)?;
    frame[..4].copy_from_slice(&length.to_le_bytes());
    stream.write_all(&frame)
}

pub(super) fn receive<T: DeserializeOwned>(stream: &mut impl Read) -> io::Result<T> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    if length > MAX_FRAME {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a frame of an impossible length"));
    }
    let mut frame = Zeroizing::new(Vec::with_capacity(FRAME.min(length as usize)));
    // Grows with what arrives, not with what is promised.
    stream.take(u64::from(length)).read_to_end(&mut frame)?;
    if frame.len() != length as usize {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    postcard::from_bytes(&frame).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}
