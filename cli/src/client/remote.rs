//! Asks the process that holds the store.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use lore_engine::api::{ApiError, Progress, Request, Response};

use super::wire::{self, Hello, Reply};

/// A connection to the holder.
pub(super) struct Remote {
    stream: UnixStream,
}

/// Why the holder cannot be asked.
pub(super) enum Refusal {
    /// Nobody listens, or not any more.
    Gone,
    /// It is of another version.
    Version(String),
}

impl Remote {
    /// Connects. A holder greets at once, however much it has to do, unless it is stopped: its
    /// greeting is waited for only so long.
    pub(super) fn connect(socket: &Path, patience: Duration) -> Result<Self, Refusal> {
        let gone = |_: io::Error| Refusal::Gone;
        let mut stream = UnixStream::connect(socket).map_err(gone)?;
        let patience = patience.max(Duration::from_millis(1));
        stream.set_read_timeout(Some(patience)).map_err(gone)?;
        wire::send(&mut stream, &Hello::ours()).map_err(gone)?;
        let theirs: Hello = wire::receive(&mut stream).map_err(gone)?;
        stream.set_read_timeout(None).map_err(gone)?;
        if theirs != Hello::ours() {
            return Err(Refusal::Version(theirs.version));
        }
        Ok(Self { stream })
    }

    /// Asks; an error of the connection means that the holder went away.
    pub(super) fn ask(
        &mut self,
        request: &Request,
        progress: &mut dyn FnMut(Progress),
    ) -> io::Result<Result<Response, ApiError>> {
        wire::send(&mut self.stream, request)?;
        loop {
            match wire::receive(&mut self.stream)? {
                Reply::Progress(how_far) => progress(how_far),
                Reply::Done(answer) => return Ok(answer),
            }
        }
    }
}
