//! A session as text for terminals.

use std::io::{self, Write};

use lore_engine::api::SessionDetail;
use lore_engine::model::{Block, Message};

use super::{
    Context, Extent, RESULT_BYTES, TEXT_BYTES, is_shown, linked_commit, noted, properties, speaker,
};
use crate::output::table::Table;
use crate::output::{BAD, DIM, HEADING, HIT, ID, plain, time};

/// What is known about the session.
pub(in crate::commands) fn write_session(
    context: &mut Context,
    detail: &SessionDetail,
) -> io::Result<()> {
    let mut table = Table::<2>::new().style(0, DIM).indent(2);
    for (name, value) in properties(&context.home, detail) {
        table.row([name.to_owned(), value]);
    }
    let output = &mut context.output;
    writeln!(output, "{HEADING}Session {}{HEADING:#}", detail.session.id.short())?;
    table.write(output)?;
    if !detail.links.is_empty() {
        writeln!(output, "\n{HEADING}Linked commits{HEADING:#}")?;
        let mut links = Table::<3>::new().style(0, ID).indent(2);
        detail.links.iter().for_each(|link| links.row(linked_commit(link)));
        links.write(output)?;
    }
    if !detail.annotations.is_empty() {
        writeln!(output, "\n{HEADING}Notes{HEADING:#}")?;
    }
    for note in &detail.annotations {
        writeln!(output, "  {ID}{}{ID:#}  {DIM}{}{DIM:#}", note.short(), noted(note))?;
        for line in plain(&note.content).to_string().lines() {
            writeln!(output, "    {line}")?;
        }
    }
    Ok(())
}

/// One message.
pub(super) fn write_message(
    output: &mut impl Write,
    extent: Extent,
    index: u32,
    message: &Message,
) -> io::Result<()> {
    if !is_shown(message, extent) {
        return Ok(());
    }
    write!(output, "\n{HIT}[{}]{HIT:#} {DIM}#{index}", speaker(message))?;
    if let Some(at) = message.at {
        write!(output, "  {}", time::local(at))?;
    }
    writeln!(output, "{DIM:#}")?;
    message.content.iter().try_for_each(|block| write_block(output, extent, block))
}

fn write_block(output: &mut impl Write, extent: Extent, block: &Block) -> io::Result<()> {
    match block {
        Block::Text(text) => {
            let (text, rest) = extent.of(text, TEXT_BYTES);
            writeln!(output, "{}{DIM}{rest}{DIM:#}", plain(text.trim_end()))
        }
        Block::Thinking(_) if !extent.thinking => Ok(()),
        Block::Thinking(text) => {
            let (text, rest) = extent.of(text, TEXT_BYTES);
            writeln!(output, "{DIM}[Thinking] {}{rest}{DIM:#}", plain(text.trim_end()))
        }
        Block::ToolUse(tool_use) => {
            let (input, rest) = extent.of(&tool_use.input, TEXT_BYTES);
            let name = plain(&tool_use.name);
            writeln!(
                output,
                "{HEADING}[Tool: {name}]{HEADING:#} {}{DIM}{rest}{DIM:#}",
                plain(input)
            )
        }
        Block::ToolResult(result) => {
            let (text, rest) = extent.of(&result.content, RESULT_BYTES);
            let (style, label) = if result.is_error { (BAD, "Error") } else { (HEADING, "Result") };
            write!(output, "{style}[{label}]{style:#} ")?;
            if let Some(status) = result.exit_status.filter(|status| *status != 0) {
                write!(output, "{BAD}exit {status}{BAD:#} ")?;
            }
            writeln!(output, "{}{DIM}{rest}{DIM:#}", plain(text.trim_end()))
        }
        Block::Other(value) => {
            let (value, rest) = extent.of(value, RESULT_BYTES);
            writeln!(output, "{DIM}[Other] {}{rest}{DIM:#}", plain(value))
        }
    }
}
