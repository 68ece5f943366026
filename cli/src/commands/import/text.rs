//! What an import did, as text.

use std::io::Write as _;

use lore_engine::api::{ImportReport, Problem, SessionChange, ToolReport};

use super::Context;
use crate::error::CliError;
use crate::home::Home;
use crate::installed;
use crate::output::number::{bytes, count, grouped};
use crate::output::table::Table;
use crate::output::{BAD, DIM, HEADING, ID, plain};

/// Problems and sessions that are shown without `-v`.
const FIRST: usize = 5;

/// Writes what was done, tool by tool.
pub(super) fn write(
    context: &mut Context,
    report: &ImportReport,
    own_places: bool,
) -> Result<(), CliError> {
    for tool in &report.tools {
        write_tool(context, tool, report.dry_run)?;
    }
    let all = if context.verbose { usize::MAX } else { FIRST };
    let count = report.problems.len() as u64;
    write_problems(context, &report.problems, count, all)?;
    for failed in &report.failed_plugins {
        let line = installed::failure(&context.home, failed);
        writeln!(context.output, "{BAD}{}{BAD:#}", plain(&line))?;
    }
    if own_places && report.tools.iter().all(|tool| tool.sources == 0) {
        context.output.note("No sessions of any enabled tool were found on this machine.")?;
        return context.output.note(
            "`lore import PATH` reads a folder from elsewhere; `lore demo` shows what Lore does.",
        );
    }
    write_total(context, report)
}

fn write_tool(context: &mut Context, tool: &ToolReport, dry_run: bool) -> Result<(), CliError> {
    let output = &mut context.output;
    write!(output, "{HEADING}{}{HEADING:#}  {}", plain(&tool.tool), count(tool.sources, "source"))?;
    if tool.unchanged > 0 {
        write!(output, ", {} unchanged", grouped(tool.unchanged))?;
    }
    writeln!(output)?;
    if tool.sources > tool.unchanged {
        let mut parts = vec![count(tool.new_sessions, "new session")];
        if tool.changed_sessions > 0 {
            parts.push(format!("{} changed", grouped(tool.changed_sessions)));
        }
        parts.push(count(tool.new_messages, "new message"));
        if tool.changed_messages > 0 {
            parts.push(format!("{} changed", grouped(tool.changed_messages)));
        }
        if tool.copies > 0 {
            parts.push(format!("{} left out as copies", grouped(tool.copies)));
        }
        writeln!(output, "  {}  {DIM}{} read{DIM:#}", parts.join(", "), bytes(tool.bytes))?;
    }
    let shown = if context.verbose { usize::MAX } else { FIRST };
    // A dry run is made to see them.
    if context.verbose || dry_run {
        write_sessions(context, &tool.sessions, shown)?;
    }
    write_problems(context, &tool.problems, tool.problem_count, shown)
}

fn write_sessions(
    context: &mut Context,
    sessions: &[SessionChange],
    shown: usize,
) -> Result<(), CliError> {
    let mut table = Table::<4>::new().right(1).style(0, ID).style(3, DIM).indent(2);
    for session in sessions.iter().take(shown) {
        table.row([
            session.id.short(),
            count(session.message_count.into(), "message"),
            if session.new { "new" } else { "changed" }.to_owned(),
            session.directory.clone().unwrap_or_default(),
        ]);
    }
    table.write(&mut context.output)?;
    let rest = sessions.len().saturating_sub(shown) as u64;
    if rest > 0 {
        writeln!(context.output, "  {DIM}and {} more (-v shows them){DIM:#}", grouped(rest))?;
    }
    Ok(())
}

fn write_problems(
    context: &mut Context,
    problems: &[Problem],
    count_of_all: u64,
    shown: usize,
) -> Result<(), CliError> {
    if count_of_all == 0 {
        return Ok(());
    }
    let output = &mut context.output;
    writeln!(output, "  {BAD}{}{BAD:#}", count(count_of_all, "problem"))?;
    for problem in problems.iter().take(shown) {
        writeln!(output, "    {}", plain(&describe(&context.home, problem)))?;
    }
    let rest = count_of_all.saturating_sub(problems.len().min(shown) as u64);
    if rest > 0 {
        let more = if shown < problems.len() { " (-v shows them)" } else { "" };
        writeln!(output, "    {DIM}and {} more{more}{DIM:#}", grouped(rest))?;
    }
    Ok(())
}

/// File, offset and what is wrong.
fn describe(home: &Home, problem: &Problem) -> String {
    let path = home.shorten(&problem.path);
    match problem.offset {
        Some(offset) => format!("{path}, byte {offset}: {}", problem.message),
        None => format!("{path}: {}", problem.message),
    }
}

fn write_total(context: &mut Context, report: &ImportReport) -> Result<(), CliError> {
    let sum = |value: fn(&ToolReport) -> u64| report.tools.iter().map(value).sum::<u64>();
    let (new, changed) = (sum(|tool| tool.new_sessions), sum(|tool| tool.changed_sessions));
    let output = &mut context.output;
    match (report.dry_run, new + changed) {
        (true, 0) => writeln!(output, "\nThere is nothing to import.")?,
        (false, 0) => writeln!(output, "\nNothing new.")?,
        (dry_run, _) => {
            let verb = if dry_run { "Would import" } else { "Imported" };
            let messages = sum(|tool| tool.new_messages);
            let (sessions, messages) = (count(new, "new session"), count(messages, "message"));
            write!(output, "\n{verb} {sessions} and {messages}")?;
            if changed > 0 {
                write!(output, "; {} changed", count(changed, "session"))?;
            }
            writeln!(output, ".")?;
        }
    }
    Ok(())
}
