//! The plugins that ship inside the binary.

use std::borrow::Cow;
use std::collections::HashMap;

use lore_engine::Component;
use lore_engine::model::Digest;
use serde::Deserialize;

macro_rules! built_in {
    ($($tool:literal),* $(,)?) => {
        &[$(($tool, include_bytes!(concat!("../../plugins/dist/", $tool, ".wasm")))),*]
    };
}

/// Tool and component of every built-in plugin, in the order of the tools' names.
const BUILT_IN: &[(&str, &[u8])] =
    built_in![
    "amp", "claude-code", "cline", "codex", "continue", "crush", "droid", "gemini", "goose",
    "kilo-code", "kimi", "opencode", "pi", "qwen", "roo-code",
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
}

/// The tools that can be enabled.
pub(crate) fn tools() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(tool, _)| *tool)
}

/// The components, for the engine. It takes milliseconds to digest them all, so that is not done at
/// every start.
pub(crate) fn components() -> Vec<Component> {
    let listed = serde_json::from_str::<Manifest<'_>>(MANIFEST)
        .map_or_else(|_| Vec::new(), |manifest| manifest.components);
    let digests: HashMap<&str, &str> =
        listed.iter().map(|listed| (listed.tool, listed.component_sha256)).collect();
    let component = |(tool, bytes): &(&str, &'static [u8])| Component {
        name: (*tool).to_owned(),
        bytes: Cow::Borrowed(bytes),
        digest: digests.get(tool).and_then(|digest| Digest::from_hex(digest)),
        built_in: true,
    };
    BUILT_IN.iter().map(component).collect()
}
