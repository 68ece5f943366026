//! `lore blame`: which session, and which message of it, wrote a line.

mod json;
mod line;
mod lines;
mod place;

use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{Args, ValueEnum};
use lore_engine::api::{
    BlameAnswer, BlameLine, BlameRequest, BlameSession, CommitDetail, Origin, Writer,
};

use super::{Context, current_directory};
use crate::client::Access;
use crate::error::CliError;
use place::Place;

/// Show which message of which session wrote a line
///
/// Lines are those of the file as it is on disk, committed or not. They are found by what the
/// sessions wrote, so neither a link nor a hook is needed, and a rebase does no harm.
#[derive(Args)]
#[command(after_help = "Examples:
  lore blame src/auth.rs:42                      One line, and the prompt that led to it
  lore blame src/auth.rs:40-60                   Some lines
  lore blame src/auth.rs                         All of them
  lore blame src/auth.rs:42 --rev v1.0.0         As the file was then
  lore blame src/auth.rs -w                      Changes of white space do not count
  lore blame src/auth.rs --format json           For scripts")]
pub(crate) struct Blame {
    /// The file, and the line or lines of it: `src/auth.rs:42`, `src/auth.rs:40-60`
    #[arg(
        value_name = "FILE[:LINE[-LINE]]",
        value_parser = OsStringValueParser::new().try_map(Place::from_argument)
    )]
    place: Place,

    /// The file as it is in this commit: a branch, a tag, any reference
    #[arg(long, value_name = "REF")]
    rev: Option<String>,

    /// Pass over the commits that this file lists, beside those that git is configured to
    #[arg(long, value_name = "FILE")]
    ignore_revs_file: Option<PathBuf>,

    /// Changes of white space do not count
    #[arg(short = 'w', long)]
    ignore_whitespace: bool,

    /// How to answer
    #[arg(short, long, value_enum, default_value_t = BlameFormat::Text)]
    format: BlameFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum BlameFormat {
    Text,
    Json,
    Markdown,
}

impl Blame {
    pub(super) fn run(self, context: &mut Context) -> Result<(), CliError> {
        // The process that answers may have another current directory.
        let absolute = |path: PathBuf| {
            std::path::absolute(&path).map_err(|error| CliError::file("cannot use", &path, &error))
        };
        let is_line = self.place.is_line();
        let request = BlameRequest {
            place: current_directory()?,
            file: self.place.file,
            lines: self.place.lines,
            rev: self.rev,
            ignore_revs_file: self.ignore_revs_file.map(absolute).transpose()?,
            ignore_whitespace: self.ignore_whitespace,
            earlier: false,
        };
        let answer = context.client(Access::Read)?.blame(request)?;
        match (answer.lines.as_slice(), self.format) {
            ([line], BlameFormat::Json) if is_line => json::write_line(context, &answer, line),
            (_, BlameFormat::Json) => json::write(context, &answer),
            ([line], BlameFormat::Text) if is_line => line::write_text(context, &answer, line),
            ([line], BlameFormat::Markdown) if is_line => {
                line::write_markdown(context, &answer, line)
            }
            (_, BlameFormat::Text) => lines::write_text(context, &answer),
            (_, BlameFormat::Markdown) => lines::write_markdown(context, &answer),
        }
    }
}

/// What is known about a line, with what its numbers refer to.
struct Known<'a> {
    line: &'a BlameLine,
    commit: Option<&'a CommitDetail>,
    /// What a session did to write it.
    origin: Option<Written<'a>>,
    /// What a session did to write the line that this one was, and that line.
    changed_from: Option<(Written<'a>, &'a str)>,
}

/// An edit, and its session.
#[derive(Clone, Copy)]
struct Written<'a> {
    origin: &'a Origin,
    session: &'a BlameSession,
}

impl<'a> Known<'a> {
    fn new(answer: &'a BlameAnswer, line: &'a BlameLine) -> Self {
        let changed_from = line.changed_from.as_ref();
        Self {
            line,
            commit: line.commit.and_then(|commit| answer.commits.get(commit as usize)),
            origin: line.origin.and_then(|origin| Written::new(answer, origin)),
            changed_from: changed_from
                .and_then(|from| Some((Written::new(answer, from.origin)?, from.text.as_str()))),
        }
    }

    /// The edit that the line goes back to, whether or not it was changed since.
    fn written(&self) -> Option<&Written<'a>> {
        self.origin.as_ref().or(self.changed_from.as_ref().map(|(written, _)| written))
    }

    /// Who wrote it, in a word.
    fn writer(&self) -> &'static str {
        match (self.line.written_by, &self.changed_from) {
            (Writer::Session, _) => "session",
            (Writer::Hand, Some(_)) => "changed",
            (Writer::Hand, None) => "hand",
            (Writer::Unknown, _) => "unknown",
        }
    }
}

impl<'a> Written<'a> {
    fn new(answer: &'a BlameAnswer, origin: u32) -> Option<Self> {
        let origin = answer.origins.get(origin as usize)?;
        Some(Self { origin, session: answer.sessions.get(origin.call.session as usize)? })
    }
}
