//! The MCP server: what Lore knows, for other AI tools.
//!
//! The only place with an async runtime, which the protocol's SDK wants: one thread that reads,
//! writes and waits. What asks the engine runs beside it and blocks.

use std::path::PathBuf;

use rmcp::model::{Implementation, ServerCapabilities, ServerConfig};
use rmcp::{ServerHandler, ServiceExt as _};

use crate::error::CliError;
use crate::home::Home;

/// Serves standard input and output until the former ends.
pub(crate) fn serve(home: &Home, directory: PathBuf) -> Result<(), CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::new(format!("cannot serve: {error}")))?;
    let server = Server { _home: home.clone(), _directory: directory };
    let served = runtime.block_on(async {
        let running = server.serve(rmcp::transport::stdio()).await.map_err(drop)?;
        running.waiting().await.map(drop).map_err(drop)
    });
    // A thread may still wait for input, or for the engine: nobody does for it.
    runtime.shutdown_background();
    served.or(Ok(()))
}

/// What answers.
struct Server {
    _home: Home,
    _directory: PathBuf,
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().build())
            .with_server_info(Implementation::new("lore", env!("CARGO_PKG_VERSION")))
    }
}
