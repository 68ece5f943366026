//! `lore_get_memories` and `lore_search_memories`: what tools remember of a project.

use lore_engine::api::{MemoriesAnswer, MemoriesRequest};
use lore_engine::model::Memory;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Tool, number, said};
use crate::mcp::budget::{Budget, shortened};
use crate::mcp::desk::Desk;
use crate::mcp::failure::Failure;
use crate::mcp::shapes::{LeftOut, time};

/// Bytes of a path, of a name, and of the query where it is repeated.
const PATH: usize = 250;
const NAME: usize = 120;
/// Of the answer, what one memory of many may take.
const SHARE: usize = 4;

pub(super) struct GetMemories;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    /// A directory in the project; the one that the server was started in if not given.
    project_path: Option<String>,
    /// Only what this AI tool reads, such as claude-code or cursor.
    tool: Option<String>,
    /// Passes over so many memories: what an earlier answer gave as `next`.
    from: Option<u32>,
    /// The answer's size in tokens, from 500; 8000 if not given.
    max_tokens: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Output {
    project_path: String,
    /// The tool, if all are of one.
    source_tool: Option<String>,
    total: u64,
    memories: Vec<MemoryInfo>,
    /// `from` of the next call; null at the end.
    next: Option<u32>,
    left_out: Option<LeftOut>,
}

/// A note that a tool keeps, or a rule that people wrote for it.
#[derive(Debug, Serialize, JsonSchema)]
struct MemoryInfo {
    name: String,
    source_tool: String,
    description: Option<String>,
    memory_type: Option<String>,
    content: String,
    /// The content is cut: `file_path` has all of it.
    cut: bool,
    file_path: String,
    updated_at: Option<String>,
}

impl MemoryInfo {
    fn new(memory: &Memory, most: usize) -> Self {
        let content = shortened(&memory.content, most);
        Self {
            name: shortened(&memory.name, NAME),
            source_tool: shortened(&memory.tool, NAME),
            description: memory.description.as_deref().map(|text| shortened(text, NAME)),
            memory_type: memory.kind.as_deref().map(|kind| shortened(kind, NAME / 2)),
            cut: content.len() < memory.content.len(),
            content,
            file_path: shortened(&memory.path, PATH),
            updated_at: time(memory.updated),
        }
    }
}

impl Tool for GetMemories {
    const NAME: &'static str = "lore_get_memories";
    const TITLE: &'static str = "What AI tools remember of a project";
    const DESCRIPTION: &'static str = "Reads the notes that AI coding tools keep of a project, and \
        the rules that people wrote for them there, of all tools. Use it to learn conventions and \
        preferences that another tool was told.";
    type Input = Input;
    type Output = Output;

    fn answer(desk: &Desk, input: Input) -> Result<Output, Failure> {
        let request = request(desk, input.project_path.as_deref(), input.tool)?;
        let answer = desk.client()?.memories(request)?;
        output::<Self>(&answer, "", (input.from.unwrap_or(0), input.max_tokens))
    }
}

pub(super) struct SearchMemories;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchInput {
    /// What to look for in names, descriptions and texts.
    query: String,
    /// A directory in the project; the one that the server was started in if not given.
    project_path: Option<String>,
    /// At most so many, from 1 to 100; 20 if not given.
    limit: Option<u32>,
    /// Passes over so many memories: what an earlier answer gave as `next`.
    from: Option<u32>,
    /// The answer's size in tokens, from 500; 8000 if not given.
    max_tokens: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SearchOutput {
    query: String,
    #[serde(flatten)]
    found: Output,
}

impl Tool for SearchMemories {
    const NAME: &'static str = "lore_search_memories";
    const TITLE: &'static str = "Search what AI tools remember";
    const DESCRIPTION: &'static str = "Searches the notes and rules that AI coding tools keep of a \
        project, the best first. Use it instead of lore_get_memories if you know what you look for.";
    type Input = SearchInput;
    type Output = SearchOutput;

    fn answer(desk: &Desk, input: SearchInput) -> Result<SearchOutput, Failure> {
        said("query", &input.query)?;
        let limit = number("limit", input.limit, 20, 100)?;
        let from = input.from.unwrap_or(0);
        let mut request = request(desk, input.project_path.as_deref(), None)?;
        request.query = Some(input.query.clone());
        request.limit = Some(from.saturating_add(limit) as usize);
        let answer = desk.client()?.memories(request)?;
        let query = shortened(&input.query, NAME);
        let found = output::<Self>(&answer, &query, (from, input.max_tokens))?;
        Ok(SearchOutput { query, found })
    }
}

fn request(
    desk: &Desk,
    project: Option<&str>,
    tool: Option<String>,
) -> Result<MemoriesRequest, Failure> {
    let (places, enabled) = desk.places()?;
    Ok(MemoriesRequest {
        project: desk.place(project),
        // Whoever names a tool means it, enabled or not.
        enabled: tool.is_none().then_some(enabled),
        tool,
        places,
        query: None,
        limit: None,
    })
}

fn output<T: Tool>(
    answer: &MemoriesAnswer,
    query: &str,
    (from, max_tokens): (u32, Option<u32>),
) -> Result<Output, Failure> {
    let mut tools = answer.memories.iter().map(|memory| &memory.tool);
    let first = tools.next();
    let only = first.filter(|first| tools.all(|tool| tool == *first));
    let mut output = Output {
        project_path: shortened(&answer.project.to_string_lossy(), PATH),
        source_tool: only.map(|tool| shortened(tool, NAME)),
        total: answer.total as u64,
        memories: Vec::new(),
        next: None,
        left_out: None,
    };
    let mut budget = Budget::new(max_tokens);
    budget.spend(&query)?;
    budget.spend(&output)?;
    let most = budget.left() / SHARE;
    for memory in answer.memories.iter().skip(from as usize) {
        if !budget.add(&mut output.memories, most, |most| MemoryInfo::new(memory, most))? {
            break;
        }
    }
    let next = from.saturating_add(output.memories.len() as u32);
    let rest = output.total.saturating_sub(next.into());
    if rest > 0 && !output.memories.is_empty() {
        output.next = Some(next);
        let how = format!("call {} again with from={next}", T::NAME);
        output.left_out = Some(LeftOut { memories: Some(rest), how, ..LeftOut::default() });
    }
    Ok(output)
}
