//! What cargo knows about the crate to be built.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use super::BuildError;

/// A crate, as `cargo metadata` tells it.
pub(super) struct Package {
    pub(super) name: String,
    pub(super) dir: PathBuf,
    /// Where its builds and, as given, its component lie: apart from cargo's other builds, because
    /// two compilers share it.
    pub(super) build_dir: PathBuf,
    /// Folders whose paths the compiler would write into the module, and what stands for each.
    /// A later one is stronger.
    pub(super) folders: Vec<(PathBuf, String)>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Listed>,
    target_directory: PathBuf,
    workspace_root: PathBuf,
}

#[derive(Deserialize)]
struct Listed {
    name: String,
    source: Option<String>,
    manifest_path: PathBuf,
}

impl Package {
    pub(super) fn read(dir: &Path, locked: bool) -> Result<Self, BuildError> {
        let no_crate = |message: String| BuildError::NoCrate { dir: dir.to_owned(), message };
        let dir = dir.canonicalize().map_err(|error| no_crate(error.to_string()))?;
        let manifest = dir.join("Cargo.toml");
        if !manifest.is_file() {
            return Err(no_crate("it has no `Cargo.toml`".to_owned()));
        }
        let output = Command::new("cargo")
            .current_dir(&dir)
            .args(["metadata", "--format-version", "1"])
            .args(["--filter-platform", "wasm32-unknown-unknown"])
            .args(locked.then_some("--locked"))
            .output()
            .map_err(|source| BuildError::Run { program: "cargo".into(), source })?;
        if !output.status.success() {
            return Err(no_crate(String::from_utf8_lossy(&output.stderr).trim_end().to_owned()));
        }
        let metadata: Metadata = serde_json::from_slice(&output.stdout)
            .map_err(|error| no_crate(format!("`cargo metadata`: {error}")))?;
        let package = metadata
            .packages
            .iter()
            .find(|package| same_file(&package.manifest_path, &manifest))
            .ok_or_else(|| no_crate("its `Cargo.toml` has no `[package]`".to_owned()))?;
        let build_dir = metadata.target_directory.join("lore-plugin");
        let folders = folders(&metadata, &build_dir);
        Ok(Self { name: package.name.clone(), dir, build_dir, folders })
    }
}

/// The workspace's own folder is not among them: cargo names its files from there.
fn folders(metadata: &Metadata, build_dir: &Path) -> Vec<(PathBuf, String)> {
    let mut folders = vec![];
    if let Some(home) = cargo_home() {
        folders.push((home, "/cargo".to_owned()));
    }
    let mut outside = BTreeMap::new();
    for package in &metadata.packages {
        let Some(dir) = package.manifest_path.parent() else { continue };
        // All crates of a registry lie in one folder, whose name is cargo's business.
        match (&package.source, dir.parent()) {
            (Some(source), Some(registry)) if source.starts_with("registry+") => {
                outside.insert(registry.to_owned(), "/registry".to_owned());
            }
            _ if !dir.starts_with(&metadata.workspace_root) => {
                outside.insert(dir.to_owned(), format!("/crates/{}", package.name));
            }
            _ => {}
        }
    }
    folders.extend(outside);
    folders.push((build_dir.to_owned(), "/target".to_owned()));
    folders
}

fn cargo_home() -> Option<PathBuf> {
    match std::env::var_os("CARGO_HOME") {
        Some(home) if !home.is_empty() => Some(home.into()),
        _ => Some(std::env::home_dir()?.join(".cargo")),
    }
}

fn same_file(a: &Path, b: &Path) -> bool {
    a == b || a.canonicalize().is_ok_and(|a| a == b)
}
