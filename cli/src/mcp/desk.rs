//! Where requests of the protocol become requests of the engine.
//!
//! Every call connects anew and hangs up when it is answered: a server lives for days, and must not
//! keep others from the store, nor show it as it was when the server was started.

use std::path::{Path, PathBuf};
use std::time::Duration;

use lore_engine::api::Places;
use lore_engine::model::{Message, SessionId};

use super::failure::Failure;
use crate::client::{Access, Client};
use crate::config::Config;
use crate::home::Home;

/// Time that a process that holds the store may take until it answers.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a call works with.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    pub(super) home: Home,
    /// The directory that the server was started in.
    pub(super) directory: PathBuf,
}

impl Desk {
    /// Reaches the archive; of one that does not exist, an empty one.
    pub(super) fn client(&self) -> Result<Client, Failure> {
        Ok(Client::connect_within(&self.home, Access::Read, PATIENCE)?)
    }

    /// A path as the caller wrote it, absolute; with links resolved where it exists, for tools record
    /// the real directory.
    pub(super) fn path(&self, given: &str) -> PathBuf {
        let path = self.directory.join(self.home.expand(given));
        path.canonicalize().unwrap_or(path)
    }

    /// The directory that is asked about: the given one, or the server's.
    pub(super) fn place(&self, repo: Option<&str>) -> PathBuf {
        self.path(repo.unwrap_or("."))
    }

    /// Where the tools' files lie, and which tools are enabled.
    pub(super) fn places(&self) -> Result<(Places, Vec<String>), Failure> {
        let config = Config::load(&self.home).map_err(crate::error::CliError::from)?;
        Ok((config.places(&self.home), config.watchers()))
    }
}

/// The top of the working tree around a directory, or the directory itself.
pub(super) fn top_of(place: &Path) -> PathBuf {
    let top = place.ancestors().find(|directory| directory.join(".git").exists());
    top.unwrap_or(place).to_owned()
}

/// The last messages of a session, and the index of the first of them.
pub(super) fn last_messages(
    client: &mut Client,
    (session, messages): (SessionId, u32),
    count: u32,
) -> Result<(u32, Vec<Message>), Failure> {
    let from = messages.saturating_sub(count);
    Ok((from, client.messages(session, from, count)?))
}
