//! Why a plugin could not be built, and file access that names the file.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// Why a plugin could not be built.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BuildError {
    /// No compiler of this machine has the target or the sources to build its library.
    #[error(
        "no Rust compiler here builds for `wasm32-unknown-unknown`: run `rustup target add \
         wasm32-unknown-unknown`, or on Debian `apt-get install --no-install-recommends rustc-web \
         rust-web-src`"
    )]
    NoToolchain,
    /// The reference toolchain was asked for and is not installed.
    #[error(
        "the reference toolchain is Debian's: run `apt-get install --no-install-recommends \
         rustc-web rust-web-src`"
    )]
    NoReference,
    /// The compiler brings no linker for WebAssembly, and none was found.
    #[error(
        "no linker for WebAssembly was found: install Rust by rustup, or on Debian `apt-get install \
         lld-{llvm}`"
    )]
    NoLinker {
        /// Major version of the LLVM that the compiler uses.
        llvm: String,
    },
    /// A program could not be started.
    #[error("`{program}` cannot be run: {source}")]
    Run {
        /// The program.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Cargo does not understand the folder.
    #[error("`{}` is no crate that cargo can read: {message}", .dir.display())]
    NoCrate {
        /// The folder.
        dir: PathBuf,
        /// What cargo says.
        message: String,
    },
    /// Cargo failed; its messages, if they were kept back.
    #[error("the crate `{name}` does not compile{}", kept(.messages))]
    Compile {
        /// Name of the crate.
        name: String,
        /// What cargo said, empty if the user saw it.
        messages: String,
    },
    /// The module does not fit the contract that it was compiled with.
    #[error("the crate `{name}` makes no component: {message}")]
    NoComponent {
        /// Name of the crate.
        name: String,
        /// What is wrong with the module.
        message: String,
    },
    /// The component lacks an export that makes it a plugin.
    #[error(
        "the crate `{name}` does not export `{export}`: end its `lib.rs` with \
         `lore_plugin_sdk::register!(YourWatcher);`"
    )]
    NoPlugin {
        /// Name of the crate.
        name: String,
        /// The export that is missing.
        export: String,
    },
    /// The component asks for more than the bytes of its source.
    #[error("the plugin `{name}` imports `{import}`, but it may import only `{allowed}`")]
    ForeignImport {
        /// Name of the crate.
        name: String,
        /// The import that is too much.
        import: String,
        /// What it may import.
        allowed: String,
    },
    /// A file could not be read or written.
    #[error("`{}`: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The sources of the workspace do not fit what the builder knows about it.
    #[error("the workspace `{}` cannot be read: {source}", .root.display())]
    Workspace {
        /// Its root.
        root: PathBuf,
        /// Why.
        source: io::Error,
    },
}

fn kept(messages: &str) -> String {
    if messages.is_empty() { String::new() } else { format!(":\n{}", messages.trim_end()) }
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, BuildError> {
    fs::read(path).map_err(|source| BuildError::File { path: path.to_owned(), source })
}

/// Writes a file as a whole, with the folders above it.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), BuildError> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(path, bytes))
        .map_err(|source| BuildError::File { path: path.to_owned(), source })
}
