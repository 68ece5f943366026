//! `lore current`: which session is being held here.

use std::cmp::Reverse;
use std::io::Write as _;
use std::path::Path;

use clap::Args;
use lore_engine::api::{ApiError, SessionDetail, SessionFilter};
use lore_engine::model::SessionId;
use serde::Serialize;

use super::{Context, absolute};
use crate::client::{Access, Client, ClientError};
use crate::daemon::lock;
use crate::error::CliError;
use crate::output::Format;

/// Show the session that is being held here
///
/// It is the most recent one that is active in this directory or below it; if there is none, that of
/// the repository around it.
#[derive(Args)]
#[command(after_help = "Examples:
  lore current                         The first digits of its id
  lore show $(lore current)            Read it
  lore current --format json           For scripts")]
pub(crate) struct Current {
    /// How to answer
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Serialize)]
struct CurrentJson<'a> {
    session_id: Option<SessionId>,
    tool: Option<&'a str>,
    working_directory: Option<&'a str>,
    source: &'static str,
}

impl Current {
    pub(super) fn run(self, context: &mut Context) -> Result<(), CliError> {
        let mut client = context.client(Access::Read)?;
        let found = current(&mut client, &absolute(Path::new("."))?)?;
        // Else it is as of the last import.
        let is_followed = lock::owner(&context.home)?.is_some();
        let session = found.as_ref().map(|detail| &detail.session);
        match (self.format, session) {
            (Format::Json, _) => context.output.json(&CurrentJson {
                session_id: session.map(|session| session.id),
                tool: session.map(|session| session.tool.as_str()),
                working_directory: session.and_then(|session| session.directory.as_deref()),
                source: if is_followed { "daemon" } else { "database" },
            }),
            (Format::Text, Some(session)) => {
                Ok(writeln!(context.output, "{}", session.id.short())?)
            }
            (Format::Text, None) => context.output.note("No active session."),
        }
    }
}

/// The session that is active in a directory, or in the repository around it.
pub(super) fn current(
    client: &mut Client,
    here: &Path,
) -> Result<Option<SessionDetail>, ClientError> {
    let is_here = |detail: &SessionDetail| {
        let directory = detail.session.directory.as_deref().map(Path::new);
        directory.is_some_and(|directory| directory.starts_with(here))
    };
    let mut sessions = match client.active(here) {
        Err(ClientError::Api(ApiError::NoRepository { .. })) => Vec::new(),
        found => found?,
    };
    // The answer has those that have just ended, too.
    sessions.retain(|detail| detail.active);
    if !sessions.iter().any(is_here) {
        // There may be other repositories below.
        let filter = SessionFilter {
            repo: Some(here.to_owned()),
            limit: usize::MAX,
            ..SessionFilter::default()
        };
        sessions.extend(client.sessions(filter)?.into_iter().filter(|detail| detail.active));
    }
    Ok(sessions
        .into_iter()
        .min_by_key(|detail| (!is_here(detail), Reverse(detail.session.last_activity))))
}
