//! Makes a component of a core module, and checks that it is a plugin and nothing else.

use wasmparser::{ComponentTypeRef, Parser, Payload, TypeBounds};
use wit_component::ComponentEncoder;

use super::BuildError;

/// The contract, with its version: all that a plugin may import.
const IMPORTS: [&str; 2] = ["lore:watcher/types@0.1.0", "lore:watcher/source@0.1.0"];

/// What makes a component a plugin.
const EXPORTS: [&str; 2] = ["describe", "lore:watcher/parser@0.1.0"];

/// Encodes and validates the component of the module that the crate `name` was compiled to.
pub(super) fn from_module(name: &str, module: &[u8]) -> Result<Vec<u8>, BuildError> {
    let no_component = |message: String| BuildError::NoComponent { name: name.to_owned(), message };
    let component = ComponentEncoder::default()
        .validate(true)
        .module(module)
        .and_then(|encoder| encoder.encode())
        .map_err(|error| no_component(format!("{error:#}")))?;
    let (imports, exports) = names(&component).map_err(|error| no_component(error.to_string()))?;
    if let Some(import) = imports.iter().find(|import| !IMPORTS.contains(&import.as_str())) {
        return Err(BuildError::ForeignImport {
            name: name.to_owned(),
            import: import.clone(),
            allowed: IMPORTS.join("` and `"),
        });
    }
    match EXPORTS.iter().find(|export| !exports.iter().any(|name| name == *export)) {
        None => Ok(component),
        Some(export) => {
            Err(BuildError::NoPlugin { name: name.to_owned(), export: (*export).to_owned() })
        }
    }
}

/// The names of what the component itself imports and exports.
fn names(component: &[u8]) -> wasmparser::Result<(Vec<String>, Vec<String>)> {
    let (mut imports, mut exports) = (vec![], vec![]);
    let mut depth = 0; // 1 is the component, more is nested in it
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    let import = import?;
                    // A name for a type that is already known lets nothing in.
                    if !matches!(import.ty, ComponentTypeRef::Type(TypeBounds::Eq(_))) {
                        imports.push(import.name.name.to_owned());
                    }
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section {
                    exports.push(export?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok((imports, exports))
}
