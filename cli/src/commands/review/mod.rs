//! `lore review`: which sessions made the commits of a branch, and what people asked for.

mod json;
mod markdown;
#[cfg(test)]
mod tests;
mod words;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use lore_engine::api::{LineShare, ReviewAnswer, ReviewRequest};
use lore_engine::redact::RedactorSettings;

use super::{Context, current_directory};
use crate::client::Access;
use crate::config::Config;
use crate::error::CliError;

/// Report which sessions made the commits of a branch
///
/// For a pull request: the share of lines that sessions wrote, the sessions, and for each commit the
/// prompts that led to it.
#[derive(Args)]
#[command(after_help = "Examples:
  lore review                          This branch, against the main branch
  lore review main..feature            A range of commits
  lore review --redact -o review.md    Without secrets, into a file
  lore review -f json                  For scripts")]
pub(crate) struct Review {
    /// A range of commits (`main..feature`), or a branch: what the main branch has not
    #[arg(default_value = "HEAD")]
    range: String,

    /// How to answer
    #[arg(short, long, value_enum, default_value_t = ReviewFormat::Markdown)]
    format: ReviewFormat,

    /// Mask secrets in what people said
    #[arg(long)]
    redact: bool,

    /// Write to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ReviewFormat {
    Markdown,
    Json,
}

impl Review {
    fn redactor(&self, context: &Context) -> Result<Option<RedactorSettings>, CliError> {
        match self.redact {
            true => Ok(Some(Config::load(&context.home)?.redactor(true))),
            false => Ok(None),
        }
    }

    pub(super) fn run(self, context: &mut Context) -> Result<(), CliError> {
        let request = ReviewRequest {
            place: current_directory()?,
            range: self.range.clone(),
            redact: self.redactor(context)?,
        };
        let answer = context.client(Access::Read)?.review(request)?;
        let Some(path) = &self.output else {
            return match self.format {
                ReviewFormat::Json => {
                    context.output.json(&json::ReviewJson::new(&self.range, self.redact, &answer))
                }
                ReviewFormat::Markdown => {
                    let text = markdown::report(&answer, self.redact);
                    Ok(std::io::Write::write_all(&mut context.output, text.as_bytes())?)
                }
            };
        };
        let text = match self.format {
            ReviewFormat::Json => {
                let report = json::ReviewJson::new(&self.range, self.redact, &answer);
                serde_json::to_string_pretty(&report)? + "\n"
            }
            ReviewFormat::Markdown => markdown::report(&answer, self.redact),
        };
        std::fs::write(path, text).map_err(|error| CliError::file("cannot write", path, &error))?;
        context.output.note(&format!("Wrote `{}`.", path.display()))
    }
}

/// The lines of all commits.
fn total(answer: &ReviewAnswer) -> LineShare {
    answer.commits.iter().fold(LineShare::default(), |sum, commit| LineShare {
        session: sum.session.saturating_add(commit.lines.session),
        hand: sum.hand.saturating_add(commit.lines.hand),
        unknown: sum.unknown.saturating_add(commit.lines.unknown),
    })
}
