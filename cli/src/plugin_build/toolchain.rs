//! Finds a compiler that can build for `wasm32-unknown-unknown`.
//!
//! Best is one that has the target (`rustup target add`). Else one that has the sources of the
//! standard library will do: cargo compiles the library along. Debian's `rustc-web` with
//! `rust-web-src` is such a one, on every machine of a release the very same: the reference.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::BuildError;

/// The compiler of the reference toolchain, and the package it comes from.
const REFERENCE: (&str, &str) = ("/usr/bin/rustc", "rustc-web");

pub(super) const TARGET: &str = "wasm32-unknown-unknown";

/// A compiler that can build a plugin.
pub(super) struct Toolchain {
    pub(super) rustc: PathBuf,
    version: String,
    pub(super) library: Library,
}

/// Where the standard library for the target comes from.
pub(super) enum Library {
    Installed,
    Sources {
        /// The folder that holds `library/`.
        root: PathBuf,
        linker: PathBuf,
    },
}

impl Toolchain {
    /// The compiler that cargo would use in `dir` if it can, else the reference.
    pub(super) fn find(dir: &Path) -> Result<Self, BuildError> {
        let own = std::env::var_os("RUSTC").map_or_else(|| "rustc".into(), PathBuf::from);
        let compilers: Vec<Compiler> = [own, REFERENCE.0.into()]
            .into_iter()
            .filter_map(|rustc| Compiler::ask(rustc, dir))
            .collect();
        if let Some(compiler) = compilers.iter().find(|compiler| compiler.has_target()) {
            return Ok(compiler.toolchain(Library::Installed));
        }
        let compiler = compilers.iter().find(|compiler| compiler.sources().is_some());
        compiler.ok_or(BuildError::NoToolchain)?.with_sources(dir)
    }

    /// The reference, its library always from sources.
    pub(super) fn reference(dir: &Path) -> Result<Self, BuildError> {
        Compiler::ask(REFERENCE.0.into(), dir)
            .filter(|compiler| debian_version().is_some() && compiler.sources().is_some())
            .ok_or(BuildError::NoReference)?
            .with_sources(dir)
    }

    /// The version line of the compiler, and the version of its Debian package if it is one.
    pub(super) fn description(&self) -> String {
        match debian_version() {
            Some(package) if self.rustc == Path::new(REFERENCE.0) => {
                format!("{}, {} {package}", self.version, REFERENCE.1)
            }
            _ => self.version.clone(),
        }
    }
}

/// What a compiler says about itself.
struct Compiler {
    rustc: PathBuf,
    version: String,
    /// Major version of its LLVM.
    llvm: String,
    sysroot: PathBuf,
    target_libdir: PathBuf,
}

impl Compiler {
    fn ask(rustc: PathBuf, dir: &Path) -> Option<Self> {
        let verbose = answer(&rustc, dir, &["--version", "--verbose"])?;
        let llvm = verbose.lines().find_map(|line| line.strip_prefix("LLVM version: "))?;
        Some(Self {
            version: verbose.lines().next()?.to_owned(),
            llvm: llvm.split('.').next()?.to_owned(),
            sysroot: answer(&rustc, dir, &["--print", "sysroot"])?.into(),
            target_libdir: answer(&rustc, dir, &["--print", "target-libdir", "--target", TARGET])?
                .into(),
            rustc,
        })
    }

    fn has_target(&self) -> bool {
        let files = std::fs::read_dir(&self.target_libdir).into_iter().flatten().flatten();
        files.into_iter().any(|file| {
            let name = file.file_name();
            let name = name.to_string_lossy();
            name.starts_with("libcore-") && name.ends_with(".rlib")
        })
    }

    fn sources(&self) -> Option<PathBuf> {
        let root = self.sysroot.join("lib/rustlib/src/rust");
        root.join("library/std/src/lib.rs").is_file().then_some(root)
    }

    fn toolchain(&self, library: Library) -> Toolchain {
        Toolchain { rustc: self.rustc.clone(), version: self.version.clone(), library }
    }

    fn with_sources(&self, dir: &Path) -> Result<Toolchain, BuildError> {
        let root = self.sources().ok_or(BuildError::NoToolchain)?;
        let linker = self.linker(dir).ok_or(BuildError::NoLinker { llvm: self.llvm.clone() })?;
        Ok(self.toolchain(Library::Sources { root, linker }))
    }

    /// LLVM's linker: the one of this compiler's LLVM, else the one that rustup's compiler brings.
    fn linker(&self, dir: &Path) -> Option<PathBuf> {
        let versioned = format!("/usr/lib/llvm-{}/bin/wasm-ld", self.llvm);
        let of_rustup = answer(Path::new("rustc"), dir, &["--print", "sysroot"])
            .zip(answer(Path::new("rustc"), dir, &["--print", "host-tuple"]))
            .map(|(sysroot, host)| format!("{sysroot}/lib/rustlib/{host}/bin/rust-lld"));
        let candidates = [Some(versioned), of_rustup].into_iter().flatten().map(PathBuf::from);
        candidates.into_iter().find(|linker| linker.is_file())
    }
}

fn debian_version() -> Option<String> {
    let query = ["--show", "--showformat", "${db:Status-Status} ${Version}", REFERENCE.1];
    let answer = answer(Path::new("dpkg-query"), Path::new("/"), &query)?;
    answer.strip_prefix("installed ").map(str::to_owned)
}

/// What a program prints, if it succeeds.
fn answer(program: &Path, dir: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).current_dir(dir).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim_end().to_owned())
}
