//! Asks before something is done that the person may not want.

use std::io::{self, IsTerminal as _, Write as _};

use super::Context;
use crate::error::CliError;

/// Asks at standard input, which may be a pipe. Anything but a yes is a no, the end of input too.
pub(super) fn confirm(context: &mut Context, question: &str) -> Result<bool, CliError> {
    write!(context.output, "{question} (y/N): ")?;
    context.output.flush()?;
    let goes_ahead = says_yes();
    if !io::stdin().is_terminal() {
        // Nobody's Enter ended the line.
        writeln!(context.output)?;
    }
    if !goes_ahead {
        context.output.note("Nothing was changed.")?;
    }
    Ok(goes_ahead)
}

/// Asks the person at the terminal, beside what is written to standard output.
///
/// # Errors
/// If nobody is there to be asked.
pub(super) fn confirm_at_terminal(context: &mut Context, question: &str) -> Result<bool, CliError> {
    if !io::stdin().is_terminal() {
        let error = CliError::new("this needs a yes, and there is no terminal to ask at");
        return Err(error.with_hint("`--yes` says it beforehand"));
    }
    context.output.flush()?;
    // A question that cannot be seen is answered with no.
    let asked = anstream::stderr().write_all(format!("{question} (y/N): ").as_bytes());
    let goes_ahead = asked.is_ok() && says_yes();
    if !goes_ahead {
        context.output.note("Nothing was changed.")?;
    }
    Ok(goes_ahead)
}

fn says_yes() -> bool {
    let mut answer = String::new();
    // What cannot be read is no yes.
    let read = io::stdin().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}
