//! Asks before something is done that the person may not want.

use std::io::{self, IsTerminal as _, Write as _};

use super::Context;
use crate::error::CliError;

/// Whether to go ahead: `yes` says so beforehand, else the person at the terminal does.
///
/// # Errors
/// If nobody is there to be asked.
pub(super) fn confirm(context: &mut Context, question: &str, yes: bool) -> Result<bool, CliError> {
    if yes {
        return Ok(true);
    }
    if !io::stdin().is_terminal() {
        let error = CliError::new("this needs a yes, and there is no terminal to ask at");
        return Err(error.with_hint("`--yes` says it beforehand"));
    }
    context.output.flush()?;
    let mut answer = String::new();
    // A question that cannot be seen is answered with no.
    let asked = anstream::stderr().write_all(format!("{question} [y/N] ").as_bytes());
    if asked.is_err() || io::stdin().read_line(&mut answer).is_err() {
        return Ok(false);
    }
    let goes_ahead = matches!(answer.trim().to_lowercase().as_str(), "y" | "yes");
    if !goes_ahead {
        context.output.note("Nothing was changed.")?;
    }
    Ok(goes_ahead)
}
