//! The components that lie in the repository, and the manifest that tells what they were made of.
//!
//! ```text
//! plugins/dist/manifest.json        what compiled them; for each its sources' digest and its own
//! plugins/dist/<tool>.wasm          a plugin of `plugins/<tool>`: it ships with Lore
//! tests/<folder>/<folder>.wasm      a plugin that only tests load
//! ```
//!
//! They are always built by the reference toolchain.

use std::path::Path;

use lore_engine::plugin::{Limits, PluginHost, PluginInfo};
use serde::Serialize;

use super::sources::Sources;
use super::{BuildError, Built, Request, build, error};

/// Where the manifest lies, from the workspace's root.
const MANIFEST: &str = "plugins/dist/manifest.json";

/// What `plugins/dist/manifest.json` says.
#[derive(Serialize)]
struct Manifest {
    /// The compiler of all components, as [`Built::toolchain`] names it.
    toolchain: String,
    components: Vec<Component>,
}

/// One component of the manifest. Paths are from the workspace's root.
#[derive(Serialize)]
struct Component {
    tool: String,
    file: String,
    #[serde(rename = "crate")]
    crate_dir: String,
    /// Whether it is part of the `lore` binary.
    shipped: bool,
    source_sha256: String,
    component_sha256: String,
    /// What it says that it is, so that nobody has to ask it.
    info: PluginInfo,
}

/// Builds every plugin of the workspace, and the manifest, below the folder `into`: the workspace's
/// own root to renew what lies there, any other to compare.
///
/// # Errors
/// As for [`build`], and if the workspace cannot be read.
pub(crate) fn refresh(workspace: &Path, into: &Path) -> Result<Vec<Built>, BuildError> {
    let unreadable = |source| BuildError::Workspace { root: workspace.to_owned(), source };
    let sources = Sources::read(workspace).map_err(unreadable)?;
    let mut manifest = Manifest { toolchain: String::new(), components: vec![] };
    let mut all = vec![];
    for (name, dir) in sources.plugins().map_err(unreadable)? {
        let tool = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let crate_dir = dir.to_string_lossy().replace('\\', "/");
        let shipped = dir.starts_with("plugins");
        let folder = if shipped { "plugins/dist" } else { &crate_dir };
        let file = format!("{folder}/{tool}.wasm");
        let built = build(Request {
            crate_dir: &sources.root.join(&dir),
            out: Some(&into.join(&file)),
            reference: true,
            quiet: false,
        })?;
        manifest.toolchain.clone_from(&built.toolchain);
        manifest.components.push(Component {
            tool,
            file,
            crate_dir,
            shipped,
            source_sha256: sources.digest(&name).map_err(unreadable)?,
            component_sha256: built.sha256.clone(),
            info: describe(&built)?,
        });
        all.push(built);
    }
    let text = serde_json::to_string_pretty(&manifest)
        .map_err(|error| unreadable(std::io::Error::other(error)))?;
    error::write(&into.join(MANIFEST), format!("{text}\n").as_bytes())?;
    Ok(all)
}

/// Asks a component what it is.
fn describe(built: &Built) -> Result<PluginInfo, BuildError> {
    let host = PluginHost::new(None, Limits::default());
    let plugin = host.load(error::read(&built.path)?).map_err(|error| BuildError::NoComponent {
        name: built.name.clone(),
        message: error.to_string(),
    })?;
    Ok(plugin.info().clone())
}
