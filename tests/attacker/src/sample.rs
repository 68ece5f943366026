//! The well-behaved plugin of the SDK's example.

use lore_plugin_sdk::prelude::*;

/// Reads `{"text": …}` lines.
pub struct Sample;

impl Watcher for Sample {
    type State = String;

    fn info() -> WatcherInfo {
        let home = ("~/.attacker", Some("ATTACKER_HOME"));
        WatcherInfo::new("attacker", "Attacker", env!("CARGO_PKG_VERSION"))
            .location(home.0, home.1, "chats/*.jsonl", Growth::AppendOnly)
            .memories(home.0, home.1, "notes/$PROJECT_SLUG/*.md")
            .memories_in_projects("ATTACKER.md")
    }

    fn start(source: &Source) -> Result<String, ParseError> {
        Ok(source.stem())
    }

    fn line(id: &mut String, line: &Line<'_>, out: &mut Output) -> Result<(), ParseError> {
        let Some(record) = line.json::<serde_json::Value>(out) else { return Ok(()) };
        let mut message = Message::new(id.as_str(), line.offset().to_string(), Role::User);
        let text = record["text"].as_str().unwrap_or_default();
        message.content.push(Block::Text(text.to_owned()));
        out.kept("message");
        out.message(message);
        Ok(())
    }
}
