//! Begins a plugin: writes a crate that builds, passes its test and reads a sample.
//!
//! ```text
//! <name>/
//!   Cargo.toml  README.md  .gitignore
//!   src/lib.rs                        the parser of an invented format
//!   sample/…                          a session in that format, which the plugin's location names
//!   fixtures/…  tests/fixtures.rs     what it is expected to give
//!   lore-plugin-sdk/…                 the SDK of this release
//! ```
//!
//! The files are those of `plugin-template`, where the tool is called My Tool.

mod sdk;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::builtin;

/// The longest name, in bytes: the engine takes no longer one.
const LONGEST: usize = 64;

macro_rules! template {
    ($($path:literal: $file:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../plugin-template/", $file)))),*]
    };
}

/// Path and content of the files.
const TEMPLATE: &[(&str, &str)] = template![
    "Cargo.toml": "manifest.toml",
    ".gitignore": "gitignore",
    "README.md": "README.md",
    "src/lib.rs": "src/lib.rs",
    "tests/fixtures.rs": "tests/fixtures.rs",
    "sample/kettle.jsonl": "sample/kettle.jsonl",
    "fixtures/conversation/input/kettle.jsonl": "fixtures/conversation/input/kettle.jsonl",
    "fixtures/conversation/expected.json": "fixtures/conversation/expected.json",
];

/// Why a plugin was not begun.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NewError {
    /// The name is none that a tool can have.
    #[error(
        "`{0}` is no name for a tool: it takes lower-case letters and digits, in words joined by `-`, \
         and begins with a letter, as `my-tool`"
    )]
    Name(String),
    /// Lore reads the tool already.
    #[error("Lore has a plugin for `{0}`: choose another name")]
    BuiltIn(String),
    /// The folder is there.
    #[error("`{}` exists already: choose another folder with `--path`", .0.display())]
    Exists(PathBuf),
    /// A file cannot be written.
    #[error("cannot write `{}`", .path.display())]
    Write { path: PathBuf, source: io::Error },
}

/// Writes the crate of a plugin for the tool `name` into the folder `dir`, which must not be there.
///
/// # Errors
/// [`NewError`]; if a file cannot be written, those before it are left.
pub(crate) fn create(name: &str, dir: &Path) -> Result<(), NewError> {
    check(name)?;
    // A link to nowhere is something, too.
    if dir.symlink_metadata().is_ok() {
        return Err(NewError::Exists(dir.to_owned()));
    }
    for (path, content) in TEMPLATE {
        write(&dir.join(path), &named(content, name))?;
    }
    let sdk = dir.join("lore-plugin-sdk");
    sdk::files().try_for_each(|(path, content)| write(&sdk.join(path), content))
}

fn check(name: &str) -> Result<(), NewError> {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    let begins = name.starts_with(|first: char| first.is_ascii_lowercase());
    if name.len() > LONGEST || !begins || !name.split('-').all(is_word) {
        return Err(NewError::Name(name.to_owned()));
    }
    match builtin::tools().any(|tool| tool == name) {
        true => Err(NewError::BuiltIn(name.to_owned())),
        false => Ok(()),
    }
}

/// The text with the tool's name in the place of My Tool's, in all its forms.
fn named(text: &str, name: &str) -> String {
    let title: Vec<String> = name
        .split('-')
        .map(|word| {
            let (first, rest) = word.split_at(1);
            first.to_uppercase() + rest
        })
        .collect();
    text.replace("my-tool", name)
        .replace("MY_TOOL", &name.to_uppercase().replace('-', "_"))
        .replace("My Tool", &title.join(" "))
}

fn write(path: &Path, content: &str) -> Result<(), NewError> {
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent)
        .and_then(|()| fs::write(path, content))
        .map_err(|source| NewError::Write { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_tools() {
        for name in ["my-tool", "x", "k9", "a-1-b", &"a".repeat(64)] {
            assert!(check(name).is_ok(), "{name}");
        }
        for name in
            ["", "-", "a-", "-a", "a--b", "A", "my_tool", "9k", "ä", "../x", "a/b", &"a".repeat(65)]
        {
            assert!(matches!(check(name), Err(NewError::Name(_))), "{name}");
        }
        assert!(matches!(check("codex"), Err(NewError::BuiltIn(_))));
    }

    #[test]
    fn every_form_of_the_name_is_replaced() {
        assert_eq!(named("my-tool MY_TOOL_HOME My Tool", "tea-2"), "tea-2 TEA_2_HOME Tea 2");
        for (path, content) in TEMPLATE {
            let named = named(content, "tea").to_lowercase();
            for left in ["my-tool", "my_tool", "my tool", "mytool"] {
                assert!(!named.contains(left), "{path} has `{left}`");
            }
        }
    }
}
