//! The MCP server: what Lore knows, for other AI tools.
//!
//! ```text
//! [`server`]     the protocol: lists, calls, errors
//!   [`tools`]      what a model may call, a file each
//!   [`resources`]  sessions to read
//!   [`prompts`]    texts to begin with
//! [`desk`]       the way to the engine, anew for every call
//! [`budget`]     how large an answer may be
//! ```
//!
//! This is the only place with an async runtime, which the protocol's SDK wants: one thread that
//! reads, writes and waits. What asks the engine runs beside it and blocks.

mod budget;
mod desk;
mod failure;
mod prompts;
mod resources;
mod server;
mod shapes;
mod tools;
mod words;

use std::path::PathBuf;

use rmcp::ServiceExt as _;
use rmcp::service::{QuitReason, ServerInitializeError};

use crate::error::CliError;
use crate::home::Home;
use desk::Desk;
use server::Server;

/// Threads for calls, and for reading and writing: a client that asks for more at once waits.
const THREADS: usize = 16;

/// Serves standard input and output until the former ends. `directory` is what relative paths are
/// relative to.
pub(crate) fn serve(home: &Home, directory: PathBuf) -> Result<(), CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(THREADS)
        .build()
        .map_err(|error| CliError::new(format!("cannot serve: {error}")))?;
    let server = Server::new(Desk { home: home.clone(), directory });
    let served = runtime.block_on(async {
        match server.serve(rmcp::transport::stdio()).await {
            Ok(running) => match running.waiting().await {
                Ok(QuitReason::JoinError(_)) | Err(_) => Err(CliError::internal()),
                Ok(_) => Ok(()),
            },
            // Nobody asked for anything.
            Err(ServerInitializeError::ConnectionClosed(_)) => Ok(()),
            Err(error) => Err(CliError::new(format!("the client does not speak MCP: {error}"))),
        }
    });
    // A thread may still wait for input or for the engine; nobody waits for it.
    runtime.shutdown_background();
    served
}
