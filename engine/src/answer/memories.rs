//! Reads what tools remember of a project: notes that they keep and rules that people write for them.
//!
//! Nothing of it is kept. The files are read at every question, each through its tool's plugin, so
//! what is gone is not told any more and nothing has to watch them.

use std::path::{Path, PathBuf};

use super::repository::global_config;
use crate::Engine;
use crate::api::{ApiError, MemoriesAnswer, MemoriesRequest, Problem};
use crate::git::Repository;
use crate::import::discover::{MemoryFile, Project, memory_files};
use crate::model::{Memory, memory_id};
use crate::plugin::{Event, MemoryRecord, Plugin, ReadError, SourceFile};
use crate::search::rank;

/// Files that are read for one answer.
const MAX_FILES: usize = 2000;

/// Bytes of text in one answer.
const MAX_TEXT: usize = 64 << 20;

pub(crate) fn memories(
    engine: &Engine,
    request: &MemoriesRequest,
) -> Result<MemoriesAnswer, ApiError> {
    let loaded = engine.plugins();
    let is_enabled = |plugin: &&Plugin| {
        let tool = &plugin.info().tool;
        request.tool.as_ref() == Some(tool)
            || request.enabled.as_ref().is_none_or(|enabled| enabled.contains(tool))
    };
    let plugins: Vec<&Plugin> =
        loaded.plugins.iter().map(|loaded| &loaded.plugin).filter(is_enabled).collect();
    let tool = match &request.tool {
        None => None,
        Some(tool) => match plugins.iter().position(|plugin| &plugin.info().tool == tool) {
            Some(number) => Some(number),
            None => return Err(ApiError::Invalid(format!("no plugin reads `{tool}`"))),
        },
    };
    let project = project(engine, &request.project);
    let mut found = memory_files(&plugins, &project, &request.places);
    if let Some(tool) = tool {
        found.files.retain(|file| file.readers.iter().any(|reader| reader.plugin == tool));
        // Who is asked for is named first.
        found.files.iter_mut().for_each(|file| file.readers.sort_by_key(|r| r.plugin != tool));
        // Where the others lie is not what was asked for.
        found.looked_in = memory_files(&[plugins[tool]], &project, &request.places).looked_in;
    }
    let mut answer = MemoriesAnswer {
        project: project.root,
        looked_in: found.looked_in,
        problems: found.problems,
        ..MemoriesAnswer::default()
    };
    if found.files.len() > MAX_FILES {
        let message = format!("{} files are too many: {MAX_FILES} are read", found.files.len());
        answer.problems.push(problem(&answer.project, None, message));
        found.files.truncate(MAX_FILES);
    }
    let scratch = engine.options().layout.scratch();
    let mut text = 0;
    for file in &found.files {
        match read(file, &plugins, &scratch, &mut answer.problems) {
            Ok(memory) if text + memory.content.len() > MAX_TEXT => {
                let message = format!("the memories have more than {MAX_TEXT} bytes without it");
                answer.problems.push(problem(memory.path.as_ref(), None, message));
            }
            Ok(memory) => {
                text += memory.content.len();
                answer.memories.push(memory);
            }
            Err(reason) => {
                // As it was found: a link may lead to where nothing is read.
                let reader = file.readers.first();
                let found = reader.map(|reader| reader.base.join(&reader.relative));
                let path = found.as_ref().unwrap_or(&file.path);
                answer.problems.push(problem(path, None, reason));
            }
        }
    }
    answer.memories.sort_by(|a, b| (&a.tool, &a.path).cmp(&(&b.tool, &b.path)));
    if let Some(query) = &request.query {
        answer.memories = ranked(answer.memories, query)?;
    }
    answer.total = answer.memories.len();
    answer.memories.truncate(request.limit.unwrap_or(usize::MAX));
    Ok(answer)
}

/// The project of a directory: the top of its working tree, or the directory itself.
fn project(engine: &Engine, directory: &Path) -> Project {
    match Repository::discover(directory, &global_config(engine)) {
        Ok(repository) => {
            let root = repository.root().to_owned();
            let mut known_as = vec![root.clone()];
            // Tools keep one memory for all working trees.
            known_as.extend(repository.worktree_roots().into_iter().take(1).filter(|r| *r != root));
            Project { root, known_as }
        }
        // What git cannot read, or does not trust, is a directory all the same.
        Err(_) => {
            let root = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
            Project { known_as: vec![root.clone()], root }
        }
    }
}

/// Reads a file through the first of its plugins.
fn read(
    file: &MemoryFile,
    plugins: &[&Plugin],
    scratch: &Path,
    problems: &mut Vec<Problem>,
) -> Result<Memory, String> {
    let mut tools = file.readers.iter().map(|reader| plugins[reader.plugin].info().tool.clone());
    let (Some(reader), Some(tool)) = (file.readers.first(), tools.next()) else {
        return Err("no plugin reads it".to_owned());
    };
    let path = reader.base.join(&reader.relative);
    let source = SourceFile::open_alone(&reader.base, &reader.relative, scratch)
        .map_err(|error| error.to_string())?;
    let updated = source.modified();
    let mut record: Option<MemoryRecord> = None;
    let reading = plugins[reader.plugin].read(source, None).map_err(reason)?;
    for batch in reading {
        for event in batch.map_err(reason)?.events {
            match event {
                Event::Memory(memory) if record.is_none() => record = Some(memory),
                Event::Problem { offset, message } => {
                    problems.push(problem(&path, Some(offset), message));
                }
                Event::Memory(_) | Event::Session(_) | Event::Message(_) => {
                    return Err(format!("plugin `{tool}` does not read it as one memory"));
                }
            }
        }
    }
    let MemoryRecord { name, description, kind, content } =
        record.ok_or_else(|| format!("plugin `{tool}` finds no memory in it"))?;
    Ok(Memory {
        id: memory_id(&file.path.to_string_lossy()),
        also: tools.collect(),
        tool,
        name,
        description,
        kind,
        content,
        path: path.to_string_lossy().into_owned(),
        updated: Some(updated),
    })
}

fn reason(error: ReadError) -> String {
    match error {
        ReadError::NotMine(place) => format!("plugin `{}` does not read it", place.plugin),
        error => error.to_string(),
    }
}

fn problem(path: &Path, offset: Option<u64>, message: String) -> Problem {
    Problem { path: PathBuf::from(path.to_string_lossy().into_owned()), offset, message }
}

/// Those that the words of a query are found in, the best first.
fn ranked(memories: Vec<Memory>, query: &str) -> Result<Vec<Memory>, ApiError> {
    let texts: Vec<[&str; 3]> = memories
        .iter()
        .map(|memory| {
            let description = memory.description.as_deref().unwrap_or_default();
            [memory.name.as_str(), description, memory.content.as_str()]
        })
        .collect();
    let order = rank(query, &texts).ok_or_else(|| {
        ApiError::Invalid(format!("`{query}` has no letter or digit to search for"))
    })?;
    let mut memories: Vec<Option<Memory>> = memories.into_iter().map(Some).collect();
    Ok(order.into_iter().filter_map(|number| memories.get_mut(number)?.take()).collect())
}
