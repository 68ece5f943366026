//! `lore db`: looks after the store.

use std::io::Write as _;

use clap::{Args, Subcommand};
use lore_engine::api::{Finding, Stats, Verification};
use serde_json::json;

use super::Context;
use crate::client::Access;
use crate::error::CliError;
use crate::output::json::{PathJson, Utc};
use crate::output::number::{bytes, count, grouped};
use crate::output::progress::ProgressLine;
use crate::output::table::Table;
use crate::output::{BAD, DIM, Format, GOOD, HEADING, plain, time};

/// Look after the store
#[derive(Args)]
#[command(after_help = "Examples:
  lore db stats                        What lies in the store
  lore db verify                       Prove that store, index and sources agree
  lore db reindex                      Build the index anew
  lore db compact                      Give unused space back")]
pub(crate) struct Db {
    #[command(subcommand)]
    action: Action,

    /// How to answer
    #[arg(short, long, value_enum, default_value_t = Format::Text, global = true)]
    format: Format,
}

#[derive(Subcommand)]
enum Action {
    /// Show what lies in the store
    #[command(after_help = "Examples:\n  lore db stats\n  lore db stats --format json")]
    Stats,
    /// Prove that store, index and sources agree, and say what does not
    #[command(after_help = "Examples:\n  lore db verify")]
    Verify,
    /// Build the index anew
    #[command(after_help = "Examples:\n  lore db reindex")]
    Reindex,
    /// Give unused space back to the file system
    #[command(alias = "vacuum", after_help = "Examples:\n  lore db compact")]
    Compact,
}

impl Db {
    pub(super) fn run(self, context: &mut Context) -> Result<(), CliError> {
        match self.action {
            Action::Stats => stats(context, self.format),
            Action::Verify => verify(context, self.format),
            Action::Reindex => reindex(context, self.format),
            Action::Compact => compact(context, self.format),
        }
    }
}

fn stats(context: &mut Context, format: Format) -> Result<(), CliError> {
    let stats = context.client(Access::Read)?.stats()?;
    match format {
        Format::Json => context.output.json(&stats_json(&stats)),
        Format::Text => stats_text(context, &stats),
    }
}

fn stats_json(stats: &Stats) -> serde_json::Value {
    let tools = stats.tools.iter().map(
        |tool| json!({ "tool": tool.tool, "sessions": tool.sessions, "messages": tool.messages }),
    );
    let tables = stats
        .tables
        .iter()
        .map(|table| json!({ "table": table.name, "rows": table.rows, "bytes": table.bytes }));
    json!({
        "sessions": stats.sessions,
        "messages": stats.messages,
        "sources": stats.sources,
        "size_bytes": stats.store_bytes + stats.index_bytes,
        "store_bytes": stats.store_bytes,
        "index_bytes": stats.index_bytes,
        "oldest_session_at": stats.oldest.map(Utc),
        "newest_session_at": stats.newest.map(Utc),
        "tools": tools.collect::<Vec<_>>(),
        "tables": tables.collect::<Vec<_>>(),
        "format": format!("{}.{}", stats.format.0, stats.format.1),
    })
}

fn stats_text(context: &mut Context, stats: &Stats) -> Result<(), CliError> {
    let mut table = Table::<2>::new().style(0, DIM);
    let mut row = |name: &str, value| table.row([name.to_owned(), value]);
    row("Sessions", grouped(stats.sessions));
    row("Messages", grouped(stats.messages));
    row("Sources", grouped(stats.sources));
    row("Oldest", time::local_or_dash(stats.oldest));
    row("Newest", time::local_or_dash(stats.newest));
    row("Store", bytes(stats.store_bytes));
    row("Index", bytes(stats.index_bytes));
    row("Format", format!("{}.{}", stats.format.0, stats.format.1));
    let output = &mut context.output;
    table.write(output)?;

    let mut tools = Table::with_headings(["TOOL", "SESSIONS", "MESSAGES"]).right(1).right(2);
    for tool in &stats.tools {
        tools.row([tool.tool.clone(), grouped(tool.sessions), grouped(tool.messages)]);
    }
    if !tools.is_empty() {
        writeln!(output)?;
        tools.write(output)?;
    }
    let mut tables = Table::with_headings(["TABLE", "ROWS", "SIZE"]).right(1).right(2);
    for table in &stats.tables {
        tables.row([table.name.clone(), grouped(table.rows), bytes(table.bytes)]);
    }
    if context.verbose && !tables.is_empty() {
        writeln!(output)?;
        tables.write(output)?;
    }
    Ok(())
}

fn verify(context: &mut Context, format: Format) -> Result<(), CliError> {
    let verification = context.client(Access::Read)?.verify()?;
    match format {
        Format::Json => context.output.json(&verification_json(&verification))?,
        Format::Text => verification_text(context, &verification)?,
    }
    let findings = &verification.findings;
    if findings.is_empty() {
        return Ok(());
    }
    let only_index = findings.iter().all(|finding| matches!(finding, Finding::Index { .. }));
    let error = CliError::new(format!("{} found", count(findings.len() as u64, "disagreement")));
    Err(error.with_hint(match only_index {
        true => "`lore db reindex` builds the index anew from the store",
        false => "`lore import --force` reads the sources again",
    }))
}

fn verification_json(verification: &Verification) -> serde_json::Value {
    let findings = verification.findings.iter().map(|finding| match finding {
        Finding::Session { id, what } => {
            json!({ "about": "session", "session_id": id, "path": null, "what": what })
        }
        Finding::Source { path, what } => json!({
            "about": "source", "session_id": null, "path": PathJson(path), "what": what
        }),
        Finding::Index { what } => {
            json!({ "about": "index", "session_id": null, "path": null, "what": what })
        }
        Finding::Store { what } => {
            json!({ "about": "store", "session_id": null, "path": null, "what": what })
        }
    });
    json!({
        "ok": verification.findings.is_empty(),
        "sessions": verification.sessions,
        "messages": verification.messages,
        "indexed_messages": verification.indexed,
        "sources": verification.sources,
        "missing_sources": verification.missing_sources,
        "records": verification.records,
        "findings": findings.collect::<Vec<_>>(),
    })
}

fn verification_text(context: &mut Context, verification: &Verification) -> Result<(), CliError> {
    let Context { home, output, .. } = context;
    let (sessions, messages) = (verification.sessions, verification.messages);
    writeln!(output, "Read {} of {}.", count(messages, "message"), count(sessions, "session"))?;
    writeln!(output, "The index holds {}.", count(verification.indexed, "message"))?;
    write!(
        output,
        "Compared {} ({})",
        count(verification.sources, "source"),
        count(verification.records, "record")
    )?;
    match verification.missing_sources {
        0 => writeln!(output, ".")?,
        missing => {
            let missing = count(missing, "file");
            writeln!(output, "; {missing} gone since, what was captured stays.")?;
        }
    }
    for finding in &verification.findings {
        let (about, what) = match finding {
            Finding::Session { id, what } => (format!("session {id}"), what),
            Finding::Source { path, what } => (home.shorten(path), what),
            Finding::Index { what } => ("index".to_owned(), what),
            Finding::Store { what } => ("store".to_owned(), what),
        };
        writeln!(output, "{BAD}{}:{BAD:#} {}", plain(&about), plain(what))?;
    }
    if verification.findings.is_empty() {
        writeln!(output, "{GOOD}Store, index and sources agree.{GOOD:#}")?;
    }
    Ok(())
}

fn reindex(context: &mut Context, format: Format) -> Result<(), CliError> {
    let mut client = context.client(Access::Write)?;
    let mut line = ProgressLine::new("Indexing");
    let result = client.reindex(&mut |progress| line.update(progress));
    drop(line);
    let messages = result?;
    match format {
        Format::Json => context.output.json(&json!({ "indexed_messages": messages })),
        Format::Text => {
            Ok(writeln!(context.output, "The index holds {}.", count(messages, "message"))?)
        }
    }
}

fn compact(context: &mut Context, format: Format) -> Result<(), CliError> {
    let (before, after) = context.client(Access::Write)?.compact()?;
    let saved = before.saturating_sub(after);
    if format == Format::Json {
        return context.output.json(&json!({
            "bytes_before": before, "bytes_after": after, "bytes_saved": saved
        }));
    }
    let mut table = Table::<2>::new().style(0, DIM).style(1, HEADING);
    table.row(["Before".to_owned(), bytes(before)]);
    table.row(["After".to_owned(), bytes(after)]);
    table.row(["Saved".to_owned(), bytes(saved)]);
    Ok(table.write(&mut context.output)?)
}
