//! Standard output and what is written to it.
//!
//! Data goes to standard output, everything else to standard error. Text is styled as the terminal
//! and `NO_COLOR`, `CLICOLOR` and `CLICOLOR_FORCE` want it; what is not a terminal gets it plain.

pub(crate) mod json;
pub(crate) mod machine;
pub(crate) mod markdown;
pub(crate) mod number;
pub(crate) mod plain;
pub(crate) mod progress;
pub(crate) mod table;
pub(crate) mod time;

use std::io::{self, BufWriter, IsTerminal as _, Stdout, Write};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::error::CliError;
pub(crate) use plain::plain;

/// Headings.
pub(crate) const HEADING: Style = Style::new().bold();
/// What matters less.
pub(crate) const DIM: Style = Style::new().dimmed();
/// Ids.
pub(crate) const ID: Style = AnsiColor::Yellow.on_default();
/// What a search found.
pub(crate) const HIT: Style = AnsiColor::Green.on_default().bold();
/// What is in order.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// What is not.
pub(crate) const BAD: Style = AnsiColor::Red.on_default();

/// The first eight digits of a commit's id, as people see it.
pub(crate) fn short_commit(commit: &str) -> &str {
    commit.get(..8).unwrap_or(commit)
}

/// Columns that a line may take: the terminal's, or 120 where there is none.
pub(crate) fn width() -> usize {
    let size = io::stdout().is_terminal().then(terminal_size::terminal_size).flatten();
    size.map_or(120, |(width, _)| width.0.into())
}

/// How a command answers: for people, or for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

/// Standard output.
pub(crate) struct Output {
    writer: BufWriter<AutoStream<Stdout>>,
}

impl Output {
    /// Takes standard output only while it writes: other threads may write to it, too.
    pub(crate) fn new() -> Self {
        Self { writer: BufWriter::new(AutoStream::auto(io::stdout())) }
    }

    /// Writes a JSON document, indented.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<(), CliError> {
        self.flush()?;
        // Not through the writer for text, which leaves control characters out.
        let mut writer = BufWriter::new(io::stdout().lock());
        serde_json::to_writer_pretty(&mut writer, value)?;
        writer.write_all(b"\n")?;
        Ok(writer.flush()?)
    }

    /// Writes a line that is JSON already, at once.
    pub(crate) fn json_line(&mut self, line: &str) -> Result<(), CliError> {
        self.flush()?;
        let mut writer = io::stdout().lock();
        writeln!(writer, "{line}")?;
        Ok(writer.flush()?)
    }

    /// Writes a line to standard error, after what was written before.
    pub(crate) fn note(&mut self, text: &str) -> Result<(), CliError> {
        self.flush()?;
        // Notes are not worth failing for.
        let _ = anstream::stderr().write_all(format!("{text}\n").as_bytes());
        Ok(())
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
