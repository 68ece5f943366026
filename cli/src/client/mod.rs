//! Typed methods over the engine's requests.

use lore_engine::api::{
    ApiError, ImportReport, ImportRequest, Places, Progress, SearchAnswer, SearchRequest,
    SessionDetail, SessionFilter, Stats, Status, Verification,
};
use lore_engine::model::{Message, SessionId};

use crate::config::{Config, ConfigError};
use crate::home::Home;

/// Asks the engine.
pub(crate) struct Client;

/// What the command is going to do.
pub(crate) enum Access {
    /// Creates nothing: where there is no store, answers are those of an empty one.
    Read,
    /// Creates the store if there is none.
    Write,
}

/// Why the engine cannot be reached.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    /// The settings cannot be read or written.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// The engine's answer.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The holder went away.
    #[error("the process that holds the store went away")]
    Lost,
}

impl Client {
    pub(crate) fn connect(home: &Home, access: Access) -> Result<Client, ConnectError> {
        if let Access::Write = access {
            Config::machine_id(home)?;
            Config::load(home)?.session_idle_minutes();
        }
        Ok(Client)
    }

    pub(crate) fn import(
        &mut self,
        _: ImportRequest,
        _: &mut dyn FnMut(Progress),
    ) -> Result<ImportReport, ClientError> {
        Err(ClientError::Lost)
    }

    pub(crate) fn sessions(&mut self, _: SessionFilter) -> Result<Vec<SessionDetail>, ClientError> {
        Err(ClientError::Lost)
    }

    pub(crate) fn session(&mut self, _: &str) -> Result<SessionDetail, ClientError> {
        Err(ClientError::Lost)
    }

    pub(crate) fn messages(
        &mut self,
        _: SessionId,
        _: u32,
        _: u32,
    ) -> Result<Vec<Message>, ClientError> {
        Err(ClientError::Lost)
    }

    pub(crate) fn search(&mut self, _: SearchRequest) -> Result<SearchAnswer, ClientError> {
        Err(ClientError::Lost)
    }

    pub(crate) fn tag(&mut self, _: SessionId, _: &str, _: bool) -> Result<bool, ClientError> {
        Err(ClientError::Lost)
    }

    pub(crate) fn status(&mut self, _: Places) -> Result<Status, ClientError> {
        Err(ClientError::Lost)
    }

    pub(crate) fn stats(&mut self) -> Result<Stats, ClientError> {
        Err(ClientError::Lost)
    }

    pub(crate) fn verify(&mut self) -> Result<Verification, ClientError> {
        Err(ClientError::Lost)
    }

    pub(crate) fn reindex(&mut self, _: &mut dyn FnMut(Progress)) -> Result<u64, ClientError> {
        Err(ClientError::Lost)
    }

    pub(crate) fn compact(&mut self) -> Result<(u64, u64), ClientError> {
        Err(ClientError::Lost)
    }
}
