//! The plugins that people installed.
//!
//! ```text
//! ~/.lore/plugins/             for its user alone
//!   <tool>.wasm                a component; one of a built-in's name takes its place
//! ```
//!
//! What lies there is only handed to the engine: whether it can be used shows when the engine loads
//! it, and one that cannot is told of and passed over.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use lore_engine::Component;
use lore_engine::api::FailedPlugin;

use crate::builtin;
use crate::home::Home;

/// The largest component that is looked at, in bytes; a parser takes a thousandth of it.
pub(crate) const LARGEST: u64 = 256 << 20;

/// All components, for the engine, in the order of the tools' names: an installed one before the
/// built-in that it replaces.
pub(crate) fn components(home: &Home) -> Vec<Component> {
    let mut components = builtin::components();
    components.extend(tools(home).into_iter().map(|name| {
        // The engine says of one without bytes that it is no plugin; `reason` says why.
        let bytes = read(&file(home, &name)).unwrap_or_default();
        Component { name, bytes: Cow::Owned(bytes), known: None, built_in: false }
    }));
    components.sort_by(|a, b| (&a.name, a.built_in).cmp(&(&b.name, b.built_in)));
    components
}

/// A line about a plugin that is passed over.
pub(crate) fn failure(home: &Home, failed: &FailedPlugin) -> String {
    let tool = &failed.tool;
    let reason = reason(home, failed);
    match failed.built_in {
        true => format!("{tool}: the built-in plugin is passed over: {reason}"),
        false => format!("{tool}: `{}` is passed over: {reason}", home.shorten(&file(home, tool))),
    }
}

/// Why a plugin is passed over.
pub(crate) fn reason(home: &Home, failed: &FailedPlugin) -> String {
    let unreadable = || read(&file(home, &failed.tool)).err();
    match if failed.built_in { None } else { unreadable() } {
        Some(error) => format!("it cannot be read: {error}"),
        None => failed.reason.clone(),
    }
}

/// The tools that there are files for, sorted.
pub(crate) fn tools(home: &Home) -> Vec<String> {
    let entries = fs::read_dir(directory(home)).into_iter().flatten().flatten();
    let mut tools: Vec<String> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension() == Some(OsStr::new("wasm")))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        // A file that is being written begins with a dot.
        .filter(|tool| !tool.starts_with('.'))
        .collect();
    tools.sort();
    tools
}

/// All tools that can be enabled: built in or installed, sorted.
pub(crate) fn known_tools(home: &Home) -> Vec<String> {
    let mut tools = tools(home);
    tools.extend(builtin::tools().map(str::to_owned));
    tools.sort();
    tools.dedup();
    tools
}

/// Where the component of a tool lies, or would.
pub(crate) fn file(home: &Home, tool: &str) -> PathBuf {
    directory(home).join(format!("{tool}.wasm"))
}

/// Puts a component in its place, as a whole or not at all.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn write(home: &Home, tool: &str, component: &[u8]) -> io::Result<()> {
    let directory = directory(home);
    home.create()?;
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&directory)?;
    // A temporary file can be read and written by its user only.
    let mut file = tempfile::Builder::new().prefix(".new").tempfile_in(&directory)?;
    file.write_all(component)?;
    file.as_file().sync_all()?;
    file.persist(self::file(home, tool)).map(drop).map_err(|error| error.error)
}

/// Reads a component.
///
/// # Errors
/// If it cannot be read, or is too large to be one.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
    }
    if metadata.len() > LARGEST {
        let (size, largest) = (metadata.len(), LARGEST);
        let reason = format!("it has {size} bytes; a plugin has at most {largest}");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, reason));
    }
    fs::read(path)
}

fn directory(home: &Home) -> PathBuf {
    home.root().join("plugins")
}
