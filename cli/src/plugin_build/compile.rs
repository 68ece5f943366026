//! Compiles a crate to a core module, the same way wherever it lies.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::package::Package;
use super::toolchain::{Library, TARGET, Toolchain};
use super::{BuildError, Request};

/// The profile of every plugin, whatever its workspace says. Names, which hold hashes of paths, are
/// stripped; speed counts for more than size.
const PROFILE: [&str; 10] = [
    "inherits='release'",
    "opt-level=3",
    "lto='fat'",
    "codegen-units=1",
    "panic='abort'",
    "strip='symbols'",
    "debug=false",
    "debug-assertions=false",
    "overflow-checks=false",
    "incremental=false",
];

/// One line of cargo's answer.
#[derive(Deserialize)]
struct Artifact {
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

/// Compiles the crate; returns the file of the module.
pub(super) fn compile(
    package: &Package,
    toolchain: &Toolchain,
    request: Request<'_>,
) -> Result<PathBuf, BuildError> {
    let output = command(package, toolchain, request)
        .stderr(if request.quiet { Stdio::piped() } else { Stdio::inherit() })
        .output()
        .map_err(|source| BuildError::Run { program: "cargo".into(), source })?;
    let failed = || BuildError::Compile {
        name: package.name.clone(),
        messages: String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    if !output.status.success() {
        return Err(failed());
    }
    let answer = String::from_utf8_lossy(&output.stdout);
    let artifacts = answer.lines().filter_map(|line| serde_json::from_str::<Artifact>(line).ok());
    let mut modules = artifacts
        .flat_map(|artifact| artifact.filenames)
        .filter(|file| file.extension().is_some_and(|extension| extension == "wasm"));
    modules.next_back().ok_or_else(failed)
}

fn command(package: &Package, toolchain: &Toolchain, request: Request<'_>) -> Command {
    let mut cargo = Command::new("cargo");
    cargo
        .current_dir(&package.dir)
        // The crate of this folder: its name may be that of a dependency, too.
        .args(["rustc", "--lib", "--crate-type", "cdylib"])
        .args(["--target", TARGET, "--profile", "plugin"])
        .args(["--message-format", "json-render-diagnostics"])
        .arg("--target-dir")
        .arg(&package.build_dir)
        .args(request.reference.then_some("--locked"))
        .args(request.quiet.then_some("--quiet"))
        .env("RUSTC", &toolchain.rustc)
        // What the user set for other builds must not change this one.
        .env("RUSTC_WRAPPER", "")
        .env("RUSTC_WORKSPACE_WRAPPER", "")
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_INCREMENTAL")
        .env_remove("CARGO_BUILD_TARGET");
    for option in PROFILE {
        cargo.arg("--config").arg(format!("profile.plugin.{option}"));
    }
    let mut folders = package.folders.clone();
    if let Library::Sources { root, linker } = &toolchain.library {
        cargo
            .args(["-Z", "build-std=std,panic_abort"])
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        // The folder may be a link; the compiler writes either name.
        folders.extend(root.canonicalize().map(|real| (real, "/rust".to_owned())));
        folders.push((root.clone(), "/rust".to_owned()));
    }
    cargo.env("CARGO_ENCODED_RUSTFLAGS", remapped(&folders));
    cargo
}

/// The compiler's arguments that write `folders` under their other names.
fn remapped(folders: &[(PathBuf, String)]) -> OsString {
    let mut arguments = OsString::new();
    for (folder, name) in folders {
        if !arguments.is_empty() {
            arguments.push("\x1f");
        }
        arguments.push("--remap-path-prefix=");
        arguments.push(folder);
        arguments.push(format!("={name}"));
    }
    arguments
}
