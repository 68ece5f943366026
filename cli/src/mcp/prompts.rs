//! Texts that a person begins with: to go on where the last session ended, and to ask why code is as
//! it is.

use std::fmt::Write as _;

use lore_engine::api::{SessionDetail, SessionFilter};
use lore_engine::model::{Block, Message, Role};
use lore_engine::search::{OWN_TEXT, OWN_TEXT_END};
use rmcp::model::{
    GetPromptResult, JsonObject, Prompt, PromptArgument, PromptMessage, Role as Speaker,
};
use serde_json::Value;

use super::budget::shortened;
use super::desk::{Desk, last_messages, top_of};
use super::failure::Failure;
use super::shapes::{LinkInfo, time};
use super::tools::{Tool as _, Why, WhyInput};
use super::words;

/// Messages at the end of a session that are told, and those that are looked at for open ends.
const MESSAGES: u32 = 8;
const LOOKED_AT: u32 = 60;
/// Commits and tasks that are told.
const COMMITS: usize = 10;
const TASKS: usize = 20;
/// Bytes of a summary, a message, a task.
const SUMMARY: usize = 2000;
const MESSAGE: usize = 1500;
const TASK: usize = 200;
/// Tokens of an answer about lines.
const WHY_TOKENS: u32 = 4000;

/// All prompts.
pub(super) fn list() -> Vec<Prompt> {
    let repo = PromptArgument::new("repo")
        .with_title("Project")
        .with_description("A directory in the project; the server's if not given");
    let file = PromptArgument::new("file")
        .with_title("File")
        .with_description("The file: absolute, or relative to the server's directory")
        .with_required(true);
    let lines = PromptArgument::new("lines")
        .with_title("Lines")
        .with_description("A line or a range, as 12 or 12-20; all lines if not given");
    let go_on = "Go on with what the last AI session in this project did, with any tool";
    let why = "Ask why code is as it is: who wrote it, what for, what was tried before";
    vec![
        Prompt::new("continue", Some(go_on), Some(vec![repo]))
            .with_title("Continue where we left off"),
        Prompt::new("why", Some(why), Some(vec![file, lines])).with_title("Why is this code so"),
    ]
}

/// A prompt's text.
pub(super) fn get(
    desk: &Desk,
    name: &str,
    arguments: &JsonObject,
) -> Result<GetPromptResult, Failure> {
    let argument = |name: &str| match arguments.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(Failure::Arguments(format!("`{name}` is a text"))),
    };
    let text = match name {
        "continue" => go_on(desk, argument("repo")?)?,
        "why" => why(desk, argument("file")?, argument("lines")?)?,
        _ => return Err(Failure::Arguments(format!("there is no prompt `{name}`"))),
    };
    let text = format!("{OWN_TEXT}: {name} -->\n{text}\n{OWN_TEXT_END}");
    Ok(GetPromptResult::new(vec![PromptMessage::new_text(Speaker::User, text)]))
}

fn go_on(desk: &Desk, repo: Option<&str>) -> Result<String, Failure> {
    let project = top_of(&desk.place(repo));
    let mut client = desk.client()?;
    let filter =
        SessionFilter { repo: Some(project.clone()), limit: 1, ..SessionFilter::default() };
    let Some(SessionDetail { session, summary, links, .. }) = client.sessions(filter)?.pop() else {
        return Ok(format!(
            "No session is known in `{}`. Say so, and ask what to do; `lore import` reads the \
             sessions of all AI tools.",
            project.display()
        ));
    };
    let (from, messages) =
        last_messages(&mut client, (session.id, session.message_count), LOOKED_AT)?;
    // Writing to a text does not fail.
    let mut text = format!("Let us continue where we left off in `{}`.\n\n", project.display());
    let _ = writeln!(
        text,
        "The last session here: {} with {}, from {} to {}, {} messages.",
        session.id,
        session.tool,
        time(session.started).unwrap_or_default(),
        time(session.last_activity).unwrap_or_default(),
        session.message_count
    );
    if let Some(title) = &session.title {
        let _ = writeln!(text, "It is called: {}", shortened(title, TASK));
    }
    if let Some(summary) = &summary {
        let _ = writeln!(text, "\n## Summary\n\n{}", shortened(&summary.content, SUMMARY));
    }
    if !links.is_empty() {
        text.push_str("\n## Commits that it made\n\n");
    }
    for LinkInfo { commit_sha, summary, .. } in links.iter().take(COMMITS).map(LinkInfo::from) {
        let _ = writeln!(text, "- {commit_sha} {summary}");
    }
    let open = open_ends(&messages);
    if !open.is_empty() {
        text.push_str("\n## Open ends\n\n");
    }
    for end in open {
        let _ = writeln!(text, "- {end}");
    }
    text.push_str("\n## Its last messages\n");
    let all: Vec<(u32, &Message)> = (from..).zip(&messages).collect();
    let last = all.len().saturating_sub(MESSAGES as usize);
    for (index, message) in &all[last..] {
        let said = shortened(&words::brief(message), MESSAGE);
        let _ = write!(text, "\n{} #{index}:\n{said}\n", message.role.name());
    }
    let _ = write!(
        text,
        "\nSay in a few sentences where we stand and what is open, then go on. \
         lore_get_session with session_id={} reads more of the session.",
        session.id
    );
    Ok(text)
}

/// What the last messages leave open: tasks of the last list that are not done, a question without
/// an answer, a call that failed.
fn open_ends(messages: &[Message]) -> Vec<String> {
    let blocks = messages.iter().flat_map(|message| &message.content);
    let lists = blocks.rev().filter_map(|block| match block {
        Block::ToolUse(call) => tasks(&call.input),
        _ => None,
    });
    let mut open: Vec<String> = lists.into_iter().next().unwrap_or_default();
    let Some(last) = messages.last() else { return open };
    let failed = |block: &Block| matches!(block, Block::ToolResult(result) if result.is_error);
    if last.content.iter().any(failed) {
        open.push("the last call of a tool failed".to_owned());
    } else if last.role == Role::User && !last.text().trim().is_empty() {
        open.push("the last thing that the person said was not answered".to_owned());
    }
    open
}

/// The tasks of a list that are not done, as tools write such lists: objects with a status.
fn tasks(input: &str) -> Option<Vec<String>> {
    let input: Value = serde_json::from_str(input).ok()?;
    let list = ["todos", "plan"].iter().find_map(|name| input.get(name)?.as_array())?;
    let open = list.iter().filter_map(|task| {
        let status = task.get("status")?.as_str()?;
        let what = ["content", "step"].iter().find_map(|name| task.get(name)?.as_str())?;
        let is_done = matches!(status, "completed" | "done" | "cancelled");
        (!is_done).then(|| format!("{} ({status})", shortened(what, TASK)))
    });
    Some(open.take(TASKS).collect())
}

fn why(desk: &Desk, file: Option<&str>, lines: Option<&str>) -> Result<String, Failure> {
    let Some(file) = file else {
        return Err(Failure::Arguments("`file` is needed: the file to ask about".to_owned()));
    };
    let (line, end_line) = match lines {
        None => (None, None),
        Some(lines) => {
            let (first, last) = lines.split_once('-').unwrap_or((lines, lines));
            let number = |text: &str| text.trim().parse().ok();
            match (number(first), number(last)) {
                (Some(first), Some(last)) => (Some(first), Some(last)),
                _ => {
                    return Err(Failure::Arguments(
                        "`lines` is a line or a range, as 12 or 12-20".to_owned(),
                    ));
                }
            }
        }
    };
    let input = WhyInput {
        file: file.to_owned(),
        line,
        end_line,
        max_tokens: Some(WHY_TOKENS),
        ..WhyInput::default()
    };
    let known = serde_json::to_string(&Why::answer(desk, input)?)?;
    let of = lines.map_or(String::new(), |lines| format!(", lines {lines},"));
    Ok(format!(
        "Why is `{file}`{of} as it is? Answer from what Lore knows of it: what was asked for, what \
         was reasoned, what was tried before and replaced. Cite session id and message index. \
         lore_get_session reads around a message.\n\n{known}"
    ))
}
