//! A session as Markdown.

use std::io::{self, Write};

use lore_engine::api::SessionDetail;
use lore_engine::model::{Block, Message};

use super::{
    Extent, RESULT_BYTES, TEXT_BYTES, is_shown, linked_commit, noted, properties, speaker,
};
use crate::home::Home;
use crate::output::{markdown, plain, plain::one_line, time};

/// What is known about the session.
pub(super) fn write_session(
    output: &mut impl Write,
    home: &Home,
    detail: &SessionDetail,
) -> io::Result<()> {
    let properties = properties(home, detail);
    writeln!(output, "# Session {}\n", detail.session.id.short())?;
    writeln!(output, "| Property | Value |\n|---|---|")?;
    for (name, value) in properties {
        writeln!(output, "| {name} | {} |", markdown::cell(&value))?;
    }
    if !detail.links.is_empty() {
        writeln!(output, "\n## Linked Commits\n")?;
    }
    for link in &detail.links {
        let [id, subject, sure] = linked_commit(link);
        let sure = if sure.is_empty() { sure } else { format!("({sure})") };
        let line = format!("- `{id}` {} {sure}", one_line(&subject));
        writeln!(output, "{}", line.trim_end())?;
    }
    if !detail.annotations.is_empty() {
        writeln!(output, "\n## Notes\n")?;
    }
    for note in &detail.annotations {
        let text = one_line(&note.content);
        writeln!(output, "- `{}` {text} ({})", note.short(), noted(note))?;
    }
    writeln!(output, "\n## Conversation")
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
    write!(output, "\n### {} #{index}", speaker(message))?;
    if let Some(at) = message.at {
        write!(output, " ({})", time::local(at))?;
    }
    writeln!(output)?;
    message.content.iter().try_for_each(|block| write_block(output, extent, block))
}

fn write_block(output: &mut impl Write, extent: Extent, block: &Block) -> io::Result<()> {
    match block {
        Block::Text(text) => {
            let (text, rest) = extent.of(text, TEXT_BYTES);
            writeln!(output, "\n{}{rest}", plain(text.trim_end()))
        }
        Block::Thinking(_) if !extent.thinking => Ok(()),
        Block::Thinking(text) => {
            let (text, rest) = extent.of(text, TEXT_BYTES);
            writeln!(output, "\n<details>\n<summary>Thinking</summary>\n")?;
            writeln!(output, "{}{rest}\n\n</details>", plain(text.trim_end()))
        }
        Block::ToolUse(tool_use) => {
            let input = match serde_json::from_str::<serde_json::Value>(&tool_use.input) {
                Ok(input) => serde_json::to_string_pretty(&input)?,
                Err(_) => tool_use.input.clone(),
            };
            writeln!(output, "\n**Tool: {}**", one_line(&tool_use.name))?;
            fenced(output, "json", extent.of(&input, TEXT_BYTES))
        }
        Block::ToolResult(result) => {
            let label = if result.is_error { "Error" } else { "Result" };
            write!(output, "\n**{label}**")?;
            match result.exit_status.filter(|status| *status != 0) {
                Some(status) => writeln!(output, " (exit {status})")?,
                None => writeln!(output)?,
            }
            fenced(output, "", extent.of(&result.content, RESULT_BYTES))
        }
        Block::Other(value) => {
            writeln!(output, "\n**Other**")?;
            fenced(output, "json", extent.of(value, RESULT_BYTES))
        }
    }
}

/// A code block of the part that is shown.
fn fenced(output: &mut impl Write, language: &str, part: (&str, String)) -> io::Result<()> {
    markdown::fenced(output, language, part.0, &part.1)
}
