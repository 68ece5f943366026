//! Makes a checked component from a plugin's crate, ours and a third party's alike.
//!
//! The crate is compiled for `wasm32-unknown-unknown` with one fixed profile ([`compile`]) by a
//! toolchain that is found on the machine ([`toolchain`]); the module becomes a component that
//! imports nothing but the contract ([`component`]). With the reference toolchain the bytes depend
//! on neither the folder, the user, cargo's home nor cargo's version: that is how the components
//! that ship with Lore ([`dist`]) are proven to come from their sources.
//!
//! This module does not run components, and does not print: cargo's own messages go to standard
//! error unless the request is quiet.

mod compile;
mod component;
pub(crate) mod dist;
mod error;
mod package;
mod sources;
mod toolchain;

use std::path::{Path, PathBuf};

pub(crate) use error::BuildError;

use package::Package;
use toolchain::Toolchain;

/// How a crate is to be built.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    /// The folder of the crate, with its `Cargo.toml`.
    pub(crate) crate_dir: &'a Path,
    /// The file to write; absent: `lore-plugin/<crate>.wasm` in cargo's target directory.
    pub(crate) out: Option<&'a Path>,
    /// Build with the reference toolchain and the locked dependencies, or fail.
    pub(crate) reference: bool,
    /// Keep cargo's messages back; they are part of the error if it fails.
    pub(crate) quiet: bool,
}

/// A component that was built.
#[derive(Debug)]
pub(crate) struct Built {
    /// Name of the crate.
    pub(crate) name: String,
    /// Where the component lies.
    pub(crate) path: PathBuf,
    /// Its size in bytes.
    pub(crate) bytes: u64,
    /// Its digest, in lower-case hex.
    pub(crate) sha256: String,
    /// What compiled it: the version line of `rustc`, and of its Debian package if it is one.
    pub(crate) toolchain: String,
}

/// Builds the component of a crate and writes it.
///
/// # Errors
/// If there is no toolchain, the crate does not compile, or the result is no plugin.
pub(crate) fn build(request: Request<'_>) -> Result<Built, BuildError> {
    let package = Package::read(request.crate_dir, request.reference)?;
    let toolchain = if request.reference {
        Toolchain::reference(&package.dir)?
    } else {
        Toolchain::find(&package.dir)?
    };
    let module = compile::compile(&package, &toolchain, request)?;
    let component = component::from_module(&package.name, &error::read(&module)?)?;
    let path = match request.out {
        Some(out) => out.to_owned(),
        None => package.build_dir.join(format!("{}.wasm", package.name)),
    };
    error::write(&path, &component)?;
    Ok(Built {
        name: package.name,
        path,
        bytes: component.len() as u64,
        sha256: sources::sha256(&component),
        toolchain: toolchain.description(),
    })
}
