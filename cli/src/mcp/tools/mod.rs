//! The tools that a model may call.
//!
//! Each is a file: what it is called with, what it answers, and how. Here is what they have in
//! common: descriptions and schemas for the list, arguments that are checked, answers that are marked
//! as Lore's own and written as JSON, once as text and once as structure.

mod file_history;
mod get_context;
mod get_linked_sessions;
mod get_session;
mod list_sessions;
mod memories;
mod search;
mod why;

use std::sync::Arc;

use rmcp::ErrorData;
use rmcp::model::{CallToolResult, ContentBlock, JsonObject, Tool as Listed, ToolAnnotations};
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::desk::Desk;
use super::failure::Failure;
pub(super) use why::{Input as WhyInput, Why};

/// A tool.
pub(super) trait Tool {
    /// What it is called.
    const NAME: &'static str;
    /// What people see.
    const TITLE: &'static str;
    /// What a model decides by whether to call it.
    const DESCRIPTION: &'static str;
    /// What it is called with.
    type Input: DeserializeOwned + JsonSchema;
    /// What it answers.
    type Output: Serialize + JsonSchema;

    /// Answers a call. Blocks.
    fn answer(desk: &Desk, input: Self::Input) -> Result<Self::Output, Failure>;
}

/// An answer with its mark, by which it is known when it comes back in a session.
#[derive(Serialize, JsonSchema)]
struct Marked<T> {
    // Sorted first where members are sorted.
    /// The tool that answered.
    #[serde(rename = "_lore_answer")]
    lore_answer: &'static str,
    #[serde(flatten)]
    answer: T,
}

/// How a tool answers a call.
type Answer = fn(&Desk, JsonObject) -> Result<CallToolResult, ErrorData>;

/// A tool in the list of all.
struct Entry {
    name: &'static str,
    list: fn() -> Listed,
    answer: Answer,
}

const fn entry<T: Tool>() -> Entry {
    Entry { name: T::NAME, list: listed::<T>, answer: answered::<T> }
}

const ALL: [Entry; 9] = [
    entry::<search::Search>(),
    entry::<get_session::GetSession>(),
    entry::<list_sessions::ListSessions>(),
    entry::<get_context::GetContext>(),
    entry::<get_linked_sessions::GetLinkedSessions>(),
    entry::<memories::GetMemories>(),
    entry::<memories::SearchMemories>(),
    entry::<Why>(),
    entry::<file_history::FileHistory>(),
];

/// All tools, as the protocol lists them.
pub(super) fn list() -> Vec<Listed> {
    ALL.iter().map(|entry| (entry.list)()).collect()
}

/// What answers calls of a tool.
pub(super) fn find(name: &str) -> Option<Answer> {
    ALL.iter().find(|entry| entry.name == name).map(|entry| entry.answer)
}

fn listed<T: Tool>() -> Listed {
    let annotations = ToolAnnotations::with_title(T::TITLE)
        .read_only(true)
        .destructive(false)
        .idempotent(true)
        .open_world(false);
    let one_type = RecursiveTransform(|schema: &mut Schema| {
        let types = schema.get("type").and_then(Value::as_array);
        if let Some(first) = types.and_then(|types| types.first()).cloned() {
            schema.insert("type".to_owned(), first);
        }
    });
    let input = schema::<T::Input>(SchemaSettings::draft2020_12().with_transform(one_type));
    let output = schema::<Marked<T::Output>>(SchemaSettings::draft2020_12().for_serialize());
    Listed::new(T::NAME, T::DESCRIPTION, input)
        .with_title(T::TITLE)
        .with_raw_output_schema(output)
        .with_annotations(annotations)
}

/// The schema of a type. Without references and formats, and what need not be given has one type:
/// not every client knows more.
fn schema<T: JsonSchema>(settings: SchemaSettings) -> Arc<JsonObject> {
    let bare = RecursiveTransform(|schema: &mut Schema| {
        schema.remove("format");
    });
    let settings = settings
        .with(|settings| {
            settings.inline_subschemas = true;
            settings.meta_schema = None;
        })
        .with_transform(bare);
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.remove("title");
    schema.remove("description");
    match Value::from(schema) {
        Value::Object(object) => Arc::new(object),
        // The schema of a structure is an object.
        _ => Arc::default(),
    }
}

fn answered<T: Tool>(desk: &Desk, arguments: JsonObject) -> Result<CallToolResult, ErrorData> {
    match answer::<T>(desk, arguments) {
        Ok(result) => Ok(result),
        Err(failure) => failure.of_tool(T::NAME),
    }
}

fn answer<T: Tool>(desk: &Desk, arguments: JsonObject) -> Result<CallToolResult, Failure> {
    let input = serde_json::from_value(Value::Object(arguments))
        .map_err(|error| Failure::Arguments(format!("{}: {error}", T::NAME)))?;
    let answer = Marked { lore_answer: T::NAME, answer: T::answer(desk, input)? };
    let mut result =
        CallToolResult::success(vec![ContentBlock::text(serde_json::to_string(&answer)?)]);
    result.structured_content = Some(serde_json::to_value(&answer)?);
    Ok(result)
}

/// A number that the caller may give, within bounds.
fn number(name: &str, given: Option<u32>, usual: u32, most: u32) -> Result<u32, Failure> {
    match given {
        None => Ok(usual),
        Some(number) if (1..=most).contains(&number) => Ok(number),
        Some(_) => Err(Failure::Arguments(format!("`{name}` is a number from 1 to {most}"))),
    }
}

/// Text that must say something.
fn said(name: &str, given: &str) -> Result<(), Failure> {
    match given.trim().is_empty() {
        true => Err(Failure::Arguments(format!("`{name}` is empty"))),
        false => Ok(()),
    }
}
