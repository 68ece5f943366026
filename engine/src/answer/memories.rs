//! Reads what tools remember of a project.

use crate::Engine;
use crate::api::{ApiError, MemoriesAnswer, MemoriesRequest};

pub(crate) fn memories(
    _engine: &Engine,
    request: &MemoriesRequest,
) -> Result<MemoriesAnswer, ApiError> {
    Ok(MemoriesAnswer { project: request.project.clone(), ..MemoriesAnswer::default() })
}
