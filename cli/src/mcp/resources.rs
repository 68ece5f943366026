//! Sessions as resources: `lore://session/{id}`, in Markdown.

use lore_engine::api::SessionFilter;
use lore_engine::search::{OWN_TEXT, OWN_TEXT_END};
use rmcp::ErrorData;
use rmcp::model::{
    ListResourcesResult, ReadResourceResult, Resource, ResourceContents, ResourceTemplate,
};

use super::budget::{DEFAULT_TOKENS, shortened};
use super::desk::Desk;
use super::failure::Failure;
use crate::commands::show::{markdown_head, markdown_message};
use crate::error::CliError;

const SCHEME: &str = "lore://session/";
const MARKDOWN: &str = "text/markdown";
/// Sessions of one page of the list.
const LISTED: usize = 50;
/// Messages that are asked for at once.
const PAGE: u32 = 200;
/// Bytes of a session's text.
const MOST: usize = DEFAULT_TOKENS as usize * 4;
/// Bytes of a title and of what is known about a session.
const TITLE: usize = 120;
const HEAD: usize = MOST / 2;

/// How sessions are named.
pub(super) fn templates() -> Vec<ResourceTemplate> {
    let session = ResourceTemplate::new("lore://session/{id}", "session")
        .with_title("A past AI session")
        .with_description(
            "A session as Markdown, by its id or the first digits of it; a long one is cut, and \
             says how to read on",
        )
        .with_mime_type(MARKDOWN);
    vec![session]
}

/// The newest sessions, after the one that the cursor names.
pub(super) fn list(desk: &Desk, cursor: Option<&str>) -> Result<ListResourcesResult, Failure> {
    let mistake = |_| Failure::Arguments("`cursor` is what an earlier answer gave".to_owned());
    let filter = SessionFilter {
        after: cursor.map(str::parse).transpose().map_err(mistake)?,
        limit: LISTED + 1,
        ..SessionFilter::default()
    };
    let mut found = desk.client()?.sessions(filter)?;
    let has_more = found.len() > LISTED;
    found.truncate(LISTED);
    let next = found.last().filter(|_| has_more).map(|last| last.session.id.to_string());
    let resources = found.iter().map(|detail| {
        let session = &detail.session;
        let directory = session.directory.as_deref().unwrap_or("no directory");
        let started = session.started.map_or(String::new(), |time| time.to_string());
        let title = session.title.as_deref().unwrap_or(directory);
        Resource::new(format!("{SCHEME}{}", session.id), session.id.short())
            .with_title(shortened(title, TITLE))
            .with_description(shortened(
                &format!(
                    "{} {started} {} messages {directory}",
                    session.tool, session.message_count
                ),
                2 * TITLE,
            ))
            .with_mime_type(MARKDOWN)
    });
    let mut result = ListResourcesResult::with_all_items(resources.collect());
    result.next_cursor = next;
    Ok(result)
}

/// A session's text.
pub(super) fn read(desk: &Desk, uri: &str) -> Result<ReadResourceResult, ErrorData> {
    let none = || ErrorData::resource_not_found(format!("there is no resource `{uri}`"), None);
    let id = uri.strip_prefix(SCHEME).filter(|id| !id.is_empty()).ok_or_else(none)?;
    let text = text(desk, id).map_err(|failure| match failure {
        Failure::Refused { message, .. } => ErrorData::resource_not_found(message, None),
        other => other.of_request(),
    })?;
    let contents = ResourceContents::text(text, uri).with_mime_type(MARKDOWN);
    Ok(ReadResourceResult::new(vec![contents]))
}

fn text(desk: &Desk, id: &str) -> Result<String, Failure> {
    let mut client = desk.client()?;
    let detail = client.session(id)?;
    let session = &detail.session;
    let head = markdown_head(&desk.home, &detail).map_err(CliError::from)?;
    let mut text = format!("{OWN_TEXT}: {SCHEME}{} -->\n{}", session.id, shortened(&head, HEAD));
    let mut next = 0;
    'pages: loop {
        let page = client.messages(session.id, next, PAGE)?;
        if page.is_empty() {
            break;
        }
        for message in &page {
            let words = markdown_message(next, message).map_err(CliError::from)?;
            if text.len() + words.len() > MOST {
                let rest = session.message_count.saturating_sub(next);
                text.push_str(&format!(
                    "\n---\n\n{rest} more messages: lore_get_session with session_id={} and \
                     from={next} reads on.\n",
                    session.id
                ));
                break 'pages;
            }
            text.push_str(&words);
            next += 1;
        }
    }
    text.push_str(OWN_TEXT_END);
    Ok(text)
}
