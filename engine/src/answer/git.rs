//! Links and origins.

use std::path::Path;

use crate::Engine;
use crate::api::{
    ApiError, BlameAnswer, BlameRequest, CommitDetail, LinkedCommit, MovedLink, NewLink, Proposals,
    ProposeRequest, ReviewAnswer, ReviewRequest, SessionDetail,
};
use crate::model::{Link, SessionId};

pub(crate) fn commit(
    _engine: &Engine,
    _place: &Path,
    _reference: &str,
) -> Result<CommitDetail, ApiError> {
    Err(ApiError::Internal("not there yet".to_owned()))
}

pub(crate) fn linked(
    _engine: &Engine,
    _place: &Path,
    _reference: &str,
) -> Result<LinkedCommit, ApiError> {
    Err(ApiError::Internal("not there yet".to_owned()))
}

pub(crate) fn active(_engine: &Engine, _place: &Path) -> Result<Vec<SessionDetail>, ApiError> {
    Err(ApiError::Internal("not there yet".to_owned()))
}

pub(crate) fn propose(_engine: &Engine, _request: &ProposeRequest) -> Result<Proposals, ApiError> {
    Err(ApiError::Internal("not there yet".to_owned()))
}

pub(crate) fn link(_engine: &Engine, _links: &[NewLink]) -> Result<Vec<bool>, ApiError> {
    Err(ApiError::Internal("not there yet".to_owned()))
}

pub(crate) fn unlink(
    _engine: &Engine,
    _session: SessionId,
    _commit: Option<&str>,
) -> Result<Vec<Link>, ApiError> {
    Err(ApiError::Internal("not there yet".to_owned()))
}

pub(crate) fn repair(
    _engine: &Engine,
    _place: &Path,
    _dry_run: bool,
) -> Result<Vec<MovedLink>, ApiError> {
    Err(ApiError::Internal("not there yet".to_owned()))
}

pub(crate) fn rewritten(
    _engine: &Engine,
    _place: &Path,
    _commits: &[(String, String)],
) -> Result<u64, ApiError> {
    Err(ApiError::Internal("not there yet".to_owned()))
}

pub(crate) fn blame(_engine: &Engine, _request: &BlameRequest) -> Result<BlameAnswer, ApiError> {
    Err(ApiError::Internal("not there yet".to_owned()))
}

pub(crate) fn review(_engine: &Engine, _request: &ReviewRequest) -> Result<ReviewAnswer, ApiError> {
    Err(ApiError::Internal("not there yet".to_owned()))
}
