//! `lore memories`: what tools remember of a project, and the rules that people wrote for them.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use lore_engine::api::{MemoriesAnswer, MemoriesRequest, Problem};
use lore_engine::model::Memory;
use serde::Serialize;
use uuid::Uuid;

use super::{Context, absolute, current_directory};
use crate::client::Access;
use crate::config::Config;
use crate::error::CliError;
use crate::output::json::Utc;
use crate::output::number::count;
use crate::output::plain::one_line;
use crate::output::{BAD, DIM, Format, HEADING, plain, time};

/// Problems that are shown one by one.
const SHOWN_PROBLEMS: usize = 20;

/// Show what tools remember of a project, and the rules in it
///
/// Notes that tools keep and files that people write for them, such as CLAUDE.md and AGENTS.md, are
/// read where they lie, each time: nothing of them is copied or changed.
#[derive(Args)]
#[command(after_help = "Examples:
  lore memories                        Those of this project
  lore memories --search timeouts      The best first
  lore memories -p ~/work/shop -t claude-code
  lore memories --format json          For scripts")]
pub(crate) struct Memories {
    /// A directory in the project, instead of this one
    #[arg(short, long, value_name = "PATH")]
    project: Option<PathBuf>,

    /// Only what this tool reads
    #[arg(short, long, value_name = "NAME")]
    tool: Option<String>,

    /// Only those with these words, the best first
    #[arg(long, value_name = "WORDS")]
    search: Option<String>,

    /// At most so many
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<usize>,

    /// How to answer
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// A memory, as `docs/json.md` promises it.
#[derive(Serialize)]
struct MemoryJson<'a> {
    id: Uuid,
    tool: &'a str,
    also_read_by: &'a [String],
    name: &'a str,
    description: Option<&'a str>,
    memory_type: Option<&'a str>,
    content: &'a str,
    file_path: &'a str,
    updated_at: Option<Utc>,
}

impl<'a> From<&'a Memory> for MemoryJson<'a> {
    fn from(memory: &'a Memory) -> Self {
        Self {
            id: memory.id,
            tool: &memory.tool,
            also_read_by: &memory.also,
            name: &memory.name,
            description: memory.description.as_deref(),
            memory_type: memory.kind.as_deref(),
            content: &memory.content,
            file_path: &memory.path,
            updated_at: memory.updated.map(Utc),
        }
    }
}

impl Memories {
    pub(super) fn run(self, context: &mut Context) -> Result<(), CliError> {
        let project = match &self.project {
            Some(path) => absolute(path)?,
            None => current_directory()?,
        };
        if !project.exists() {
            let error = CliError::new(format!("there is no directory `{}`", project.display()));
            return Err(error.with_hint("`--project` takes a directory in the project"));
        }
        let request = MemoriesRequest {
            project,
            tool: self.tool,
            enabled: Some(Config::load(&context.home)?.watchers()),
            places: context.places()?,
            query: self.search,
            limit: self.limit,
        };
        let searched = request.query.is_some();
        let answer = context.client(Access::Read)?.memories(request)?;
        match self.format {
            Format::Json => {
                let memories: Vec<_> = answer.memories.iter().map(MemoryJson::from).collect();
                context.output.json(&memories)?;
            }
            Format::Text => text(context, &answer, searched)?,
        }
        problems(context, &answer.problems)
    }
}

fn text(context: &mut Context, answer: &MemoriesAnswer, searched: bool) -> Result<(), CliError> {
    let project = plain(&context.home.shorten(&answer.project)).into_owned();
    if answer.total == 0 {
        if searched {
            return context.output.note(&format!("No memory of {project} has these words."));
        }
        let mut note = format!("No tool remembers anything of {project}. Looked for:");
        for pattern in &answer.looked_in {
            let pattern = context.home.shorten(pattern.as_ref());
            note.push_str(&format!("\n  {}", plain(&pattern)));
        }
        return context.output.note(&note);
    }
    let total = count(answer.total as u64, "memory");
    writeln!(context.output, "{HEADING}{project}{HEADING:#}  {total}")?;
    for memory in &answer.memories {
        writeln!(context.output)?;
        write(context, memory)?;
    }
    let left = answer.total - answer.memories.len();
    if left > 0 {
        context.output.note(&format!("\n{left} more: `--limit` shows them."))?;
    }
    Ok(())
}

fn write(context: &mut Context, memory: &Memory) -> Result<(), CliError> {
    let path = context.home.shorten(memory.path.as_ref());
    let output = &mut context.output;
    write!(output, "{HEADING}{}{HEADING:#}", one_line(&memory.name))?;
    if let Some(kind) = &memory.kind {
        write!(output, " [{}]", one_line(kind))?;
    }
    let tools: Vec<_> =
        [&memory.tool].into_iter().chain(&memory.also).map(|tool| plain(tool)).collect();
    writeln!(output, "  {}", tools.join(", "))?;
    if let Some(description) = &memory.description {
        writeln!(output, "  {}", one_line(description))?;
    }
    let updated = time::local_or_dash(memory.updated);
    writeln!(output, "  {DIM}{}, {updated}{DIM:#}", plain(&path))?;
    let content = plain(memory.content.trim_matches(['\r', '\n']).trim_end()).into_owned();
    for line in content.lines() {
        match line.is_empty() {
            true => writeln!(output)?,
            false => writeln!(output, "    {line}")?,
        }
    }
    Ok(())
}

/// Tells of files that could not be read; the others are shown.
fn problems(context: &mut Context, problems: &[Problem]) -> Result<(), CliError> {
    for problem in problems.iter().take(SHOWN_PROBLEMS) {
        let path = context.home.shorten(&problem.path);
        let line = format!("{BAD}{}{BAD:#}: {}", plain(&path), one_line(&problem.message));
        context.output.note(&line)?;
    }
    match problems.len().saturating_sub(SHOWN_PROBLEMS) {
        0 => Ok(()),
        more => context.output.note(&format!("and {more} more that could not be read")),
    }
}
