//! The digest of the sources that a component is made of.
//!
//! It tells, without building, whether a component that lies in the repository may be out of date.
//! It covers what decides the component's bytes but the toolchain: of the crate and of every crate of
//! the workspace that it is built from, the manifest, the sources and the contract; of all other
//! crates, name, version and checksum as `Cargo.lock` has them.
//!
//! A test reads this file as a module of its own: it uses nothing of the rest of the builder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use serde_json::Value;
use sha2::{Digest, Sha256};

/// What of a crate's folder goes into its component.
const PARTS: [&str; 4] = ["Cargo.toml", "build.rs", "src", "wit"];

/// The crates of a workspace and its locked dependencies.
pub(crate) struct Sources {
    /// The folder of the workspace.
    pub(crate) root: PathBuf,
    members: BTreeMap<String, Value>,
    lock: BTreeMap<String, Vec<Locked>>,
}

/// An entry of `Cargo.lock`.
#[derive(Default)]
struct Locked {
    version: String,
    checksum: String,
    /// Names, followed by a version where the name alone is ambiguous.
    dependencies: Vec<String>,
}

impl Sources {
    /// Reads the workspace that the folder belongs to.
    ///
    /// # Errors
    /// If cargo cannot read it, or it has no `Cargo.lock`.
    pub(crate) fn read(dir: &Path) -> io::Result<Self> {
        let output = Command::new("cargo")
            .current_dir(dir)
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .output()?;
        if !output.status.success() {
            return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
        let metadata: Value = serde_json::from_slice(&output.stdout)?;
        let root = PathBuf::from(text(&metadata, "workspace_root"));
        let packages = metadata["packages"].as_array().cloned().unwrap_or_default();
        Ok(Self {
            members: packages
                .into_iter()
                .map(|package| (text(&package, "name").to_owned(), package))
                .collect(),
            lock: read_lock(&fs::read_to_string(root.join("Cargo.lock"))?),
            root,
        })
    }

    /// The crates that register a plugin: name and folder, the latter from the workspace's root.
    ///
    /// # Errors
    /// If a source cannot be read.
    pub(crate) fn plugins(&self) -> io::Result<Vec<(String, PathBuf)>> {
        let mut plugins = vec![];
        for (name, package) in &self.members {
            let dir = dir(package);
            if files(&dir)?.iter().any(|(path, bytes)| path.ends_with(".rs") && exports(bytes)) {
                let from_root = dir.strip_prefix(&self.root).map_err(io::Error::other)?;
                plugins.push((name.clone(), from_root.to_owned()));
            }
        }
        Ok(plugins)
    }

    /// The digest of all that the component of the crate is made of.
    ///
    /// # Errors
    /// If the workspace has no such crate, or a file cannot be read.
    pub(crate) fn digest(&self, crate_name: &str) -> io::Result<String> {
        let (mut own, mut others) = (BTreeSet::new(), BTreeSet::new());
        self.collect(crate_name, None, &mut own, &mut others);
        let mut digest = Sha256::new();
        for name in own {
            let package = self
                .members
                .get(&name)
                .ok_or_else(|| io::Error::other(format!("the workspace has no crate `{name}`")))?;
            add(&mut digest, "crate", facts(package).to_string().as_bytes());
            for (path, bytes) in files(&dir(package))? {
                add(&mut digest, &path, &bytes);
            }
        }
        for line in others {
            add(&mut digest, "locked", line.as_bytes());
        }
        Ok(hex(&digest.finalize()))
    }

    /// Collects what the crate is built from: crates of the workspace, and lines of all others.
    fn collect(
        &self,
        name: &str,
        version: Option<&str>,
        own: &mut BTreeSet<String>,
        others: &mut BTreeSet<String>,
    ) {
        let entries = self.lock.get(name).map(Vec::as_slice).unwrap_or_default();
        let fits = |entry: &&Locked| version.is_none_or(|version| entry.version == version);
        if let Some(package) = self.members.get(name) {
            if own.insert(name.to_owned()) {
                let built_from: Vec<&str> =
                    built_from(package).iter().map(|dependency| text(dependency, "name")).collect();
                for (name, version) in entries.iter().flat_map(Locked::dependencies) {
                    if built_from.contains(&name) {
                        self.collect(name, version, own, others);
                    }
                }
            }
            return;
        }
        for entry in entries.iter().filter(fits) {
            if others.insert(format!("{name} {} {}", entry.version, entry.checksum)) {
                for (name, version) in entry.dependencies() {
                    self.collect(name, version, own, others);
                }
            }
        }
    }
}

impl Locked {
    fn dependencies(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.dependencies.iter().map(|dependency| {
            let mut words = dependency.split(' ');
            (words.next().unwrap_or_default(), words.next())
        })
    }
}

/// The SHA-256 of some bytes, in lower-case hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Takes in a named part; its sizes keep two parts from reading as another two.
fn add(digest: &mut Sha256, name: &str, bytes: &[u8]) {
    digest.update(format!("{} {name} {}\n", name.len(), bytes.len()));
    digest.update(bytes);
}

/// Whether a source registers a watcher, or exports the contract without the SDK's help.
fn exports(source: &[u8]) -> bool {
    let begins = |line: &[u8]| {
        line.starts_with(b"lore_plugin_sdk::register!(") || line.starts_with(b"export!(")
    };
    source.split(|byte| *byte == b'\n').any(begins)
}

/// What the crate inherits from its workspace, which its own manifest does not say.
fn facts(package: &Value) -> Value {
    let dependencies: Vec<Value> = built_from(package)
        .into_iter()
        .map(|dependency| {
            let facts = ["name", "req", "rename", "uses_default_features", "features", "target"];
            facts.iter().map(|fact| dependency[fact].clone()).collect()
        })
        .collect();
    ["name", "version", "edition", "features"]
        .iter()
        .map(|fact| package[fact].clone())
        .chain(dependencies)
        .collect()
}

/// The dependencies that are part of a build: not those of tests.
fn built_from(package: &Value) -> Vec<&Value> {
    let dependencies = package["dependencies"].as_array().map(Vec::as_slice).unwrap_or_default();
    dependencies.iter().filter(|dependency| dependency["kind"] != "dev").collect()
}

/// The files that a crate's component is made of, by their path from the crate's folder.
fn files(dir: &Path) -> io::Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    let mut waiting: Vec<PathBuf> = PARTS.iter().map(|part| dir.join(part)).collect();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            for entry in fs::read_dir(&path)? {
                waiting.push(entry?.path());
            }
        } else if path.is_file() {
            let from_dir = path.strip_prefix(dir).map_err(io::Error::other)?;
            files.insert(from_dir.to_string_lossy().replace('\\', "/"), fs::read(&path)?);
        }
    }
    Ok(files)
}

/// Reads the entries of a `Cargo.lock`, which cargo writes with one value a line.
fn read_lock(lock: &str) -> BTreeMap<String, Vec<Locked>> {
    let mut entries: BTreeMap<String, Vec<Locked>> = BTreeMap::new();
    for block in lock.split("[[package]]").skip(1) {
        let (mut name, mut entry) = (String::new(), Locked::default());
        for line in block.lines() {
            let quoted = line.split('"').nth(1).unwrap_or_default().to_owned();
            match line.split(' ').next() {
                Some("name") => name = quoted,
                Some("version") => entry.version = quoted,
                Some("checksum") => entry.checksum = quoted,
                Some("") if !quoted.is_empty() => entry.dependencies.push(quoted),
                _ => {}
            }
        }
        entries.entry(name).or_default().push(entry);
    }
    entries
}

fn dir(package: &Value) -> PathBuf {
    let manifest = Path::new(text(package, "manifest_path"));
    manifest.parent().unwrap_or(manifest).to_owned()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}
