//! The plugins that ship inside the binary.

use std::borrow::Cow;
use std::collections::HashMap;

use lore_engine::Component;
use lore_engine::model::Digest;
use lore_engine::plugin::PluginInfo;
use serde::Deserialize;

macro_rules! built_in {
    ($($tool:literal),* $(,)?) => {
        &[$(($tool, include_bytes!(concat!("../../plugins/dist/", $tool, ".wasm")))),*]
    };
}

/// Tool and component of every built-in plugin, in the order of the tools' names.
///
/// A static: a constant would be in the binary as often as it is used.
static BUILT_IN: &[(&str, &[u8])] = built_in![
    "aider",
    "amp",
    "claude-code",
    "cline",
    "codex",
    "continue",
    "copilot-chat",
    "copilot-cli",
    "crush",
    "cursor",
    "droid",
    "gemini",
    "goose",
    "kilo-code",
    "kimi",
    "opencode",
    "pi",
    "qwen",
    "roo-code",
];

/// What the components were made of; a test compares it with them.
const MANIFEST: &str = include_str!("../../plugins/dist/manifest.json");

#[derive(Deserialize)]
struct Manifest<'a> {
    #[serde(borrow)]
    components: Vec<Listed<'a>>,
}

#[derive(Deserialize)]
struct Listed<'a> {
    tool: &'a str,
    component_sha256: &'a str,
    info: PluginInfo,
}

/// The tools that can be enabled.
pub(crate) fn tools() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(tool, _)| *tool)
}

/// The components, for the engine. It would take long to look at each of them at every start, so
/// the manifest says what they are.
pub(crate) fn components() -> Vec<Component> {
    let listed = serde_json::from_str::<Manifest<'_>>(MANIFEST)
        .map_or_else(|_| Vec::new(), |manifest| manifest.components);
    let mut known: HashMap<&str, (Digest, PluginInfo)> = listed
        .into_iter()
        .filter_map(|listed| {
            let digest = Digest::from_hex(listed.component_sha256)?;
            Some((listed.tool, (digest, listed.info)))
        })
        .collect();
    let component = |&(tool, bytes): &(&'static str, &'static [u8])| Component {
        name: tool.to_owned(),
        bytes: Cow::Borrowed(bytes),
        known: known.remove(tool),
        built_in: true,
    };
    BUILT_IN.iter().map(component).collect()
}
