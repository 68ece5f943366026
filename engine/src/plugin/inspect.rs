//! What a component says of itself before any of it is compiled or run.

use wasmparser::{
    ComponentTypeRef, Encoding, KnownCustom, Parser, Payload, ProducersSectionReader, TypeBounds,
};

use super::{LoadError, checks, empty_wasi, v0_1};
use crate::model::Digest;

/// What a component is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// SHA-256 of the component.
    pub digest: Digest,
    /// Bytes.
    pub size: u64,
    /// The version of the contract that it speaks, if it is a plugin.
    pub contract: Option<String>,
    /// What it asks for.
    pub imports: Vec<String>,
    /// What it gives.
    pub exports: Vec<String>,
    /// Bytes of code in all of its modules.
    pub code_size: u64,
    /// Custom sections of the component and its modules.
    pub sections: Vec<Section>,
    /// What it was made with.
    pub producers: Vec<Producer>,
}

/// A custom section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its name.
    pub name: String,
    /// Bytes.
    pub size: u64,
}

/// Something that a component was made with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Producer {
    /// `language`, `processed-by` or `sdk`.
    pub field: String,
    /// Its name: `rustc`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// Takes a component apart, without compiling or running it. One that this build cannot load is
/// taken apart all the same.
///
/// # Errors
/// If the bytes are no component.
pub fn inspect(component: &[u8]) -> Result<Inspection, LoadError> {
    if !component.starts_with(b"\0asm") {
        return Err(LoadError::NotAComponent("it does not begin as WebAssembly does".into()));
    }
    // Some of the parser's messages quote what was expected over many lines.
    let malformed = |error: wasmparser::BinaryReaderError| {
        let reason = error.message().lines().next().unwrap_or_default();
        LoadError::NotAComponent(format!("{} at byte {}", checks::words(reason), error.offset()))
    };
    let mut inspection = Inspection {
        digest: Digest::of(component),
        size: component.len() as u64,
        contract: None,
        imports: Vec::new(),
        exports: Vec::new(),
        code_size: 0,
        sections: Vec::new(),
        producers: Vec::new(),
    };
    // Modules and components within; only the outermost one's imports and exports count.
    let mut depth = 0usize;
    for payload in Parser::new(0).parse_all(component) {
        match payload.map_err(malformed)? {
            Payload::Version { encoding, .. } if depth == 0 && encoding != Encoding::Component => {
                return Err(LoadError::NotAComponent(
                    "a core module; `lore plugin build` makes a component of it".into(),
                ));
            }
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(imports) if depth == 0 => {
                for import in imports {
                    let import = import.map_err(malformed)?;
                    // The name of a type that is known already asks for nothing.
                    if !matches!(import.ty, ComponentTypeRef::Type(TypeBounds::Eq(_))) {
                        inspection.imports.push(import.name.name.to_owned());
                    }
                }
            }
            Payload::ComponentExportSection(exports) if depth == 0 => {
                for export in exports {
                    inspection.exports.push(export.map_err(malformed)?.name.name.to_owned());
                }
            }
            Payload::CodeSectionStart { size, .. } => inspection.code_size += u64::from(size),
            Payload::CustomSection(section) => {
                inspection.sections.push(Section {
                    name: section.name().to_owned(),
                    size: section.data().len() as u64,
                });
                if let KnownCustom::Producers(fields) = section.as_known() {
                    // A damaged note about the tools is no reason to refuse the component.
                    inspection.producers.extend(producers(fields).unwrap_or_default());
                }
            }
            _ => {}
        }
    }
    inspection.producers.sort();
    inspection.producers.dedup();
    inspection.contract = inspection
        .exports
        .iter()
        .find_map(|name| name.strip_prefix("lore:watcher/parser@"))
        .map(str::to_owned);
    Ok(inspection)
}

impl Inspection {
    /// Whether it asks for WASI, of which it gets an empty one: no files, no environment, no network.
    pub fn gets_empty_wasi(&self) -> bool {
        self.imports.iter().any(|name| empty_wasi::is_wasi(name))
    }

    /// Whether this build can load it, as far as that shows without compiling; returns the version of
    /// the contract.
    ///
    /// # Errors
    /// If it is no plugin, speaks another version of the contract, or imports more than that gives.
    pub fn check(&self) -> Result<&str, LoadError> {
        let contract = self.contract.as_deref().ok_or(LoadError::NotAPlugin)?;
        if contract != v0_1::VERSION {
            return Err(LoadError::Contract {
                found: contract.to_owned(),
                supported: v0_1::VERSION.to_owned(),
            });
        }
        let is_given =
            |name: &String| v0_1::IMPORTS.contains(&name.as_str()) || empty_wasi::is_wasi(name);
        match self.imports.iter().find(|name| !is_given(name)) {
            None => Ok(contract),
            Some(name) => {
                Err(LoadError::Import { name: name.clone(), contract: contract.to_owned() })
            }
        }
    }
}

fn producers(fields: ProducersSectionReader<'_>) -> wasmparser::Result<Vec<Producer>> {
    let mut producers = Vec::new();
    for field in fields {
        let field = field?;
        for value in field.values {
            let value = value?;
            producers.push(Producer {
                field: field.name.to_owned(),
                name: value.name.to_owned(),
                version: value.version.to_owned(),
            });
        }
    }
    Ok(producers)
}
