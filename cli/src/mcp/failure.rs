//! Why a call fails, as the model that made it should hear it.
//!
//! Arguments that make no sense are errors of the protocol. Everything else is an answer that says
//! that it is an error, for a model reads those and can do something about it.

use lore_engine::api::ApiError;
use rmcp::ErrorData;
use rmcp::model::{CallToolResult, ContentBlock};
use serde::Serialize;

use crate::client::{ClientError, ConnectError};
use crate::error::CliError;

/// Why a call fails.
#[derive(Debug)]
pub(super) enum Failure {
    /// The arguments make no sense; says which would.
    Arguments(String),
    /// What was asked for cannot be had.
    Refused { message: String, hint: Option<String> },
}

#[derive(Serialize)]
struct Told<'a> {
    #[serde(rename = "_lore_answer")]
    lore_answer: &'a str,
    error: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
}

impl Failure {
    /// The answer of a tool that failed so.
    pub(super) fn of_tool(self, tool: &str) -> Result<CallToolResult, ErrorData> {
        match self {
            Self::Arguments(message) => Err(ErrorData::invalid_params(message, None)),
            Self::Refused { message, hint } => {
                let told = Told { lore_answer: tool, error: &message, hint: hint.as_deref() };
                let text = serde_json::to_string(&told).unwrap_or(message.clone());
                Ok(CallToolResult::error(vec![ContentBlock::text(text)]))
            }
        }
    }

    /// The error of a request that has no answer for failures.
    pub(super) fn of_request(self) -> ErrorData {
        match self {
            Self::Arguments(message) => ErrorData::invalid_params(message, None),
            Self::Refused { message, hint: None } => ErrorData::internal_error(message, None),
            Self::Refused { message, hint: Some(hint) } => {
                ErrorData::internal_error(format!("{message}\n{hint}"), None)
            }
        }
    }
}

impl From<CliError> for Failure {
    fn from(error: CliError) -> Self {
        Self::Refused { message: error.text(), hint: error.hint().map(str::to_owned) }
    }
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        CliError::from(error).into()
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let hint = match &error {
            ClientError::Api(ApiError::NoSuchSession { empty: true, .. }) => {
                "nothing is imported yet: `lore import` reads the sessions of all tools"
            }
            ClientError::Api(ApiError::NoSuchSession { .. }) => {
                "`lore_list_sessions` lists the newest ones, `lore_search` finds others"
            }
            ClientError::Api(ApiError::NoRepository { .. }) => {
                "give `repo`: a directory in the repository"
            }
            // The hints for people name commands, which a model may run as well.
            _ => return CliError::from(error).into(),
        };
        Self::Refused { message: error.to_string(), hint: Some(hint.to_owned()) }
    }
}

impl From<serde_json::Error> for Failure {
    /// What is written here is always valid.
    fn from(error: serde_json::Error) -> Self {
        Self::Refused { message: error.to_string(), hint: None }
    }
}
