//! Asks before something is done that the person may not want.

use std::io::{self, IsTerminal as _, Write as _};

use super::Context;
use crate::error::CliError;

/// Asks at standard input, which may be a pipe. Anything but a yes is a no, the end of input too.
pub(super) fn confirm(context: &mut Context, question: &str) -> Result<bool, CliError> {
    write!(context.output, "{question} (y/N): ")?;
    context.output.flush()?;
    let answer = answer();
    if !io::stdin().is_terminal() || !answer.ends_with('\n') {
        // Nobody's Enter ended the line.
        writeln!(context.output)?;
    }
    decide(context, &answer)
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
    let answer = if asked.is_ok() { answer() } else { String::new() };
    decide(context, &answer)
}

/// The next line; nothing if it cannot be read.
fn answer() -> String {
    let mut answer = String::new();
    match io::stdin().read_line(&mut answer) {
        Ok(_) => answer,
        Err(_) => String::new(),
    }
}

/// Whether it is a yes; says so if not.
fn decide(context: &mut Context, answer: &str) -> Result<bool, CliError> {
    let goes_ahead = matches!(answer.trim().to_lowercase().as_str(), "y" | "yes");
    if !goes_ahead {
        context.output.note("Nothing was changed.")?;
    }
    Ok(goes_ahead)
}
