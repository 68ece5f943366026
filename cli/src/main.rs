//! The `lore` command: reads the command line, runs one command, and turns its result into an exit
//! code. This package is the only code that knows of terminals, HOME and the environment.

mod builtin;
mod client;
mod commands;
mod config;
mod daemon;
mod error;
mod home;
mod installed;
mod log;
mod mcp;
mod mcp_clients;
mod output;
mod passphrase;
mod plugin_build;
mod plugin_new;
mod plugin_test;
mod program;
mod service;
mod socket;
mod sync_keys;
mod transport;

use std::process::ExitCode;

use clap::Parser as _;

use commands::{Arguments, Context};
use error::{CliError, EXIT_SUCCESS};

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(answer) => {
            // Help and version as well; nobody is left to tell if this fails.
            let _ = answer.print();
            return ExitCode::from(u8::try_from(answer.exit_code()).unwrap_or(error::EXIT_USAGE));
        }
    };
    // A panic is a fault of ours: told as an error, like any other, and not in the middle of a table.
    if std::env::var_os("RUST_BACKTRACE").is_none() {
        std::panic::set_hook(Box::new(|_| ()));
    }
    let result = std::panic::catch_unwind(|| run(arguments));
    match result.unwrap_or_else(|_| Err(CliError::internal())) {
        Ok(()) => ExitCode::from(EXIT_SUCCESS),
        Err(error) => {
            error.print();
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(arguments: Arguments) -> Result<(), CliError> {
    let mut context = Context::new(arguments.verbose)?;
    arguments.command.run(&mut context)?;
    context.finish()
}
