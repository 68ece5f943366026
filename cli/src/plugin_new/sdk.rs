//! The SDK, as it is brought along for those who write plugins: it is on no registry.

/// Its manifest, with what it inherits from the workspace written out.
const MANIFEST: &str = include_str!("../../plugin-template/sdk-manifest.toml");

macro_rules! sources {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../../plugin-sdk/", $path)))),*]
    };
}

/// Path and content of all other files.
const SOURCES: &[(&str, &str)] = sources![
    "src/component.rs",
    "src/corpus.rs",
    "src/damage.rs",
    "src/document.rs",
    "src/fixture.rs",
    "src/front_matter.rs",
    "src/glob.rs",
    "src/json.rs",
    "src/jsonl.rs",
    "src/lib.rs",
    "src/memories.rs",
    "src/memory.rs",
    "src/native.rs",
    "src/output.rs",
    "src/patch.rs",
    "src/records.rs",
    "src/shell.rs",
    "src/shell/script.rs",
    "src/source.rs",
    "src/time.rs",
    "src/uri.rs",
    "src/value.rs",
    "wit/lore-watcher@0.1.0/watcher.wit",
];

/// Path, from the SDK's folder, and content of every file.
pub(super) fn files() -> impl Iterator<Item = (&'static str, &'static str)> {
    [("Cargo.toml", MANIFEST)].into_iter().chain(SOURCES.iter().copied())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    use serde_json::Value;

    use super::*;

    fn sdk() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugin-sdk")
    }

    fn collect(directory: &Path, below: &str, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(directory).expect("a folder") {
            let entry = entry.expect("an entry");
            let path = format!("{below}/{}", entry.file_name().to_string_lossy());
            match entry.path().is_dir() {
                true => collect(&entry.path(), &path, found),
                false => drop(found.insert(path)),
            }
        }
    }

    /// What a build of a crate depends on, and the features that there are.
    fn facts(dir: &Path) -> (Value, Vec<Vec<Value>>) {
        let output = Command::new(env!("CARGO"))
            .current_dir(dir)
            .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
            .output()
            .expect("cargo runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let packages = metadata["packages"].as_array().expect("packages");
        let is_sdk = |package: &&Value| package["name"] == "lore-plugin-sdk";
        let package = packages.iter().find(is_sdk).expect("the SDK");
        let dependencies = package["dependencies"].as_array().expect("dependencies").iter();
        let mut dependencies: Vec<Vec<Value>> = dependencies
            .filter(|dependency| dependency["kind"] != "dev")
            .map(|dependency| {
                let mut features = dependency["features"].clone();
                if let Some(features) = features.as_array_mut() {
                    features.sort_by_key(ToString::to_string);
                }
                let facts = ["name", "req", "optional", "uses_default_features"];
                facts.iter().map(|fact| dependency[fact].clone()).chain([features]).collect()
            })
            .collect();
        dependencies.sort_by_key(|facts| facts[0].to_string());
        let own = ["version", "edition", "rust_version", "license", "features"];
        (own.iter().map(|fact| package[fact].clone()).collect(), dependencies)
    }

    #[test]
    fn every_file_is_brought_along() {
        let mut there = BTreeSet::new();
        for part in ["src", "wit"] {
            collect(&sdk().join(part), part, &mut there);
        }
        let listed: BTreeSet<String> = SOURCES.iter().map(|(path, _)| (*path).to_owned()).collect();
        assert_eq!(listed, there);
    }

    #[test]
    fn the_manifest_says_what_the_sdk_s_own_says() {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, content) in files() {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, content).expect("a file");
        }
        assert_eq!(facts(folder.path()), facts(&sdk()));
    }
}
