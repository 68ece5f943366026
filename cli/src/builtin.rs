//! The plugins that ship inside the binary.

use std::borrow::Cow;

use lore_engine::Component;

/// Tool and component of every built-in plugin, in the order of the tools' names.
const BUILT_IN: &[(&str, &[u8])] = &[
    ("claude-code", include_bytes!("../../plugins/dist/claude-code.wasm")),
    ("codex", include_bytes!("../../plugins/dist/codex.wasm")),
];

/// The tools that can be enabled.
pub(crate) fn tools() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(tool, _)| *tool)
}

/// The components, for the engine.
pub(crate) fn components() -> Vec<Component> {
    let component = |(tool, bytes): &(&str, &'static [u8])| Component {
        name: (*tool).to_owned(),
        bytes: Cow::Borrowed(bytes),
        built_in: true,
    };
    BUILT_IN.iter().map(component).collect()
}
