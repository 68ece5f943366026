//! The plugins that ship inside the binary.

/// Tool and component of every built-in plugin, in the order of the tools' names.
pub(crate) const BUILT_IN: &[(&str, &[u8])] = &[
    // include_bytes!("../../plugins/dist/claude-code.wasm")
    ("claude-code", b""),
    // include_bytes!("../../plugins/dist/codex.wasm")
    ("codex", b""),
];

/// The tools that can be enabled.
pub(crate) fn tools() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(tool, _)| *tool)
}
