//! Asks for a passphrase: at standard input, in a file, or of the person at the terminal.
//!
//! It is never an argument, which every process of the machine could read, and never written anywhere.
//! What is read is wiped from memory when it is dropped.

mod weak;

use std::fs::File;
use std::io::{self, IsTerminal as _, Read, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::SIGINT;
use zeroize::{Zeroize as _, Zeroizing};

use crate::commands::Context;
use crate::error::CliError;

/// Names a file whose first line is the passphrase.
pub(crate) const VARIABLE: &str = "LORE_PASSPHRASE_FILE";

/// Characters that a new passphrase must have.
pub(crate) const SHORTEST: usize = 8;

/// Bytes that a passphrase may have.
const LONGEST: usize = 4096;

/// How often a person may try to give a new one.
const TRIES: u32 = 3;

/// Where passphrases come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The next line of standard input, as `--passphrase-stdin` wants.
    Input,
    /// The file that the variable names, or the person at the terminal.
    FileOrTerminal,
    /// The file that the variable names; nobody is asked.
    FileOnly,
}

/// A passphrase that is there already: asked for once.
///
/// # Errors
/// If there is none, or nowhere to get it from.
pub(crate) fn known(context: &mut Context, source: Source) -> Result<Zeroizing<String>, CliError> {
    match given(context, source)? {
        Some(passphrase) => Ok(passphrase),
        None => prompt(context, "Enter passphrase: "),
    }
}

/// A new passphrase: long enough, asked for twice if a person types it, and warned about if it is easy
/// to guess, also from the names of what it is for.
///
/// # Errors
/// If there is none, nowhere to get it from, or it is too short.
pub(crate) fn new(
    context: &mut Context,
    source: Source,
    names: &[&str],
) -> Result<Zeroizing<String>, CliError> {
    let passphrase = match given(context, source)? {
        Some(passphrase) if is_long_enough(&passphrase) => passphrase,
        Some(_) => return Err(CliError::new(too_short())),
        None => typed(context)?,
    };
    if source != Source::FileOnly
        && let Some(reason) = weak::reason(&passphrase, names)
    {
        context.output.note(&format!(
            "warning: this passphrase is easy to guess: {reason}; several words that have nothing to \
             do with each other are better"
        ))?;
    }
    Ok(passphrase)
}

/// What was given without a question; nothing if the person is to be asked.
fn given(context: &mut Context, source: Source) -> Result<Option<Zeroizing<String>>, CliError> {
    let file = std::env::var_os(VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
    match (source, file) {
        (Source::Input, _) => {
            // Not through a buffer, which would keep it, and take what follows.
            let input = io::stdin().as_fd().try_clone_to_owned().map(File::from);
            let line = input.and_then(first_line);
            let line = line.map_err(|error| {
                CliError::new(format!("cannot read the passphrase at standard input: {error}"))
            })?;
            some(line, "standard input has no passphrase").map(Some)
        }
        (Source::FileOrTerminal | Source::FileOnly, Some(path)) => {
            let line = read(context, source, &path)?;
            let nothing = format!("`{}` has no passphrase in its first line", path.display());
            some(line, &nothing).map(Some)
        }
        (Source::FileOrTerminal, None) if io::stdin().is_terminal() => Ok(None),
        (Source::FileOrTerminal | Source::FileOnly, None) => Err(nowhere()),
    }
}

/// The first line of a file.
fn read(context: &mut Context, source: Source, path: &Path) -> Result<Zeroizing<String>, CliError> {
    let failed = |error: io::Error| CliError::file("cannot read the passphrase in", path, &error);
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    // A pipe is of those who know of it.
    if metadata.is_file() && metadata.mode() & 0o077 != 0 && source != Source::FileOnly {
        context.output.note(&format!(
            "warning: others can use the file of the passphrase (mode {:03o}): `chmod 600 '{}'` \
             keeps them off",
            metadata.mode() & 0o777,
            path.display()
        ))?;
    }
    first_line(file).map_err(failed)
}

/// The first line, without its end.
fn first_line(mut input: impl Read) -> io::Result<Zeroizing<String>> {
    // Never grows: what grows leaves its old bytes behind.
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST));
    let mut byte = [0];
    loop {
        match input.read(&mut byte) {
            Ok(0) => break,
            Ok(_) if byte == *b"\n" => break,
            Ok(_) if line.len() == LONGEST => {
                let text = format!("its first line is longer than {LONGEST} bytes");
                return Err(io::Error::new(io::ErrorKind::InvalidData, text));
            }
            Ok(_) => line.extend(byte),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    byte.zeroize();
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    match std::str::from_utf8(&line) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err(io::Error::new(io::ErrorKind::InvalidData, "it is no text in UTF-8")),
    }
}

/// A new one, as the person types it twice.
fn typed(context: &mut Context) -> Result<Zeroizing<String>, CliError> {
    for _ in 0..TRIES {
        let passphrase = prompt(context, "Enter passphrase: ")?;
        if !is_long_enough(&passphrase) {
            context.output.note(&format!("A {}.", too_short()))?;
            continue;
        }
        if *prompt(context, "Confirm passphrase: ")? == *passphrase {
            return Ok(passphrase);
        }
        context.output.note("The passphrases differ.")?;
    }
    Err(CliError::new(format!("no passphrase after {TRIES} tries")))
}

/// Asks at the terminal, which shows an asterisk for each character.
fn prompt(context: &mut Context, question: &str) -> Result<Zeroizing<String>, CliError> {
    context.output.flush()?;
    let config = rpassword::ConfigBuilder::new().password_feedback_mask('*').build();
    // Ctrl-C ends this process, but not before the terminal is as it was.
    let caught = signal_hook::flag::register(SIGINT, Arc::new(AtomicBool::new(false)));
    let answer = rpassword::prompt_password_with_config(question, config).map(Zeroizing::new);
    if let Ok(caught) = caught {
        signal_hook::low_level::unregister(caught);
    }
    match answer {
        Ok(passphrase) => some(passphrase, "no passphrase was typed"),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => {
            let _ = signal_hook::low_level::emulate_default_handler(SIGINT);
            Err(CliError::new("interrupted"))
        }
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Err(CliError::new("no passphrase was typed"))
        }
        Err(error) => Err(CliError::new(format!("cannot ask for the passphrase: {error}"))),
    }
}

fn some(passphrase: Zeroizing<String>, otherwise: &str) -> Result<Zeroizing<String>, CliError> {
    match passphrase.is_empty() {
        true => Err(CliError::new(otherwise)),
        false => Ok(passphrase),
    }
}

fn is_long_enough(passphrase: &str) -> bool {
    passphrase.chars().count() >= SHORTEST
}

fn too_short() -> String {
    format!("passphrase needs at least {SHORTEST} characters")
}

fn nowhere() -> CliError {
    CliError::new("a passphrase is needed, and there is no terminal to ask at").with_hint(format!(
        "run this at a terminal, give it with `--passphrase-stdin` at standard input, or let \
         `{VARIABLE}` name a file whose first line it is"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(bytes: &[u8]) -> Result<String, String> {
        match first_line(bytes) {
            Ok(text) => Ok((*text).clone()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn the_first_line_is_the_passphrase() {
        assert_eq!(line(b" correct horse \nbattery\n"), Ok(" correct horse ".to_owned()));
        assert_eq!(line(b"correct\r\n"), Ok("correct".to_owned()));
        assert_eq!(line("schön".as_bytes()), Ok("schön".to_owned()));
        assert_eq!(line(b""), Ok(String::new()));
        assert!(line(b"\xff\xff").is_err());
        assert!(line(&[b'x'; LONGEST]).is_ok());
        assert!(line(&[b'x'; LONGEST + 1]).is_err());
    }

    #[test]
    fn what_follows_the_first_line_stays_to_be_read() {
        let mut input: &[u8] = b"old\nnew\n";
        assert_eq!(first_line(&mut input).expect("a line").as_str(), "old");
        assert_eq!(first_line(&mut input).expect("a line").as_str(), "new");
    }

    #[test]
    fn characters_are_counted_not_bytes() {
        assert!(!is_long_enough("äöüßäöü"));
        assert!(is_long_enough("äöüßäöüß"));
    }
}
