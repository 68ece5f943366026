//! The components that ship give the same records as the plugins' sources: every fixture case, read
//! through the sandbox. `LORE_DIST` names another directory of components.

#[path = "../../cli/src/plugin_test/records.rs"]
mod records;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use lore_engine::plugin::{Limits, Plugin, PluginHost, PluginInfo, SourceFile};
use lore_plugin_sdk::fixture::{Expected, Parsed, cases};
use tempfile::TempDir;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn load(tool: &str) -> Plugin {
    let dist = env::var_os("LORE_DIST").map_or_else(|| root().join("plugins/dist"), PathBuf::from);
    let path = dist.join(format!("{tool}.wasm"));
    let component = fs::read(&path).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()));
    PluginHost::new(None, Limits::default()).load(component).expect("it is a plugin")
}

/// The plugins that ship: the crates that have fixture cases and a component.
fn tools() -> Vec<(String, PluginInfo)> {
    let manifest = fs::read(root().join("plugins/dist/manifest.json")).expect("it is there");
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).expect("it is JSON");
    let components = manifest["components"].as_array().expect("a list").iter();
    let shipped = components.filter(|component| component["shipped"] == true);
    let described = |component: &serde_json::Value| {
        let info = serde_json::from_value(component["info"].clone()).expect("what it is");
        (component["tool"].as_str().expect("a name").to_owned(), info)
    };
    shipped.map(described).collect()
}

#[test]
fn every_component_gives_the_same_through_the_sandbox() {
    let tools = tools();
    assert!(tools.len() >= 2, "the manifest names {tools:?}");
    tools.iter().for_each(|(tool, info)| check(tool, info));
}

fn check(tool: &str, info: &PluginInfo) {
    let plugin = load(tool);
    assert_eq!(plugin.info().tool, tool);
    assert_eq!(plugin.info(), info, "the manifest says something else of {tool}");
    let cases = cases(&root().join("plugins").join(tool).join("fixtures")).expect("they are read");
    assert!(!cases.is_empty(), "there are no cases");
    for case in cases {
        let base = TempDir::new().expect("there is room for a test");
        let scratch = TempDir::new().expect("there is room for a test");
        for (path, bytes) in &case.files {
            let path = base.path().join(path);
            fs::create_dir_all(path.parent().expect("it is in the base")).expect("it can be made");
            fs::write(path, bytes).expect("it can be written");
        }
        for (path, expected) in &case.expected {
            let found = read(&plugin, base.path(), path, scratch.path());
            if found != *expected {
                let (expected, found) = (lines(expected), lines(&found));
                let same = expected.iter().zip(&found).take_while(|(a, b)| a == b).count();
                let (expected, found) = (expected.get(same), found.get(same));
                let name = &case.name;
                panic!("{tool}: {name}: {path}: {expected:?} is expected, {found:?} was found");
            }
        }
    }
}

/// The lines of it as JSON.
fn lines(records: &Expected) -> Vec<String> {
    let json = serde_json::to_string_pretty(records).expect("records are plain data");
    json.lines().map(str::to_owned).collect()
}

/// Reads one source to its end, in words of the SDK.
fn read(plugin: &Plugin, base: &Path, path: &str, scratch: &Path) -> Expected {
    let source = SourceFile::open(base, Path::new(path), scratch).expect("it can be opened");
    let mut parsed = Parsed::default();
    let reading = match plugin.read(source, None) {
        Ok(reading) => reading,
        Err(error) => return Expected::Refused { error: records::error(error) },
    };
    for read in reading {
        match read {
            Ok(read) => parsed.push(records::batch(read)),
            Err(error) => return Expected::Refused { error: records::error(error) },
        }
    }
    Expected::Parsed(parsed)
}
