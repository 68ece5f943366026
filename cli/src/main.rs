//! The command line: at this stage only `lore plugin build`.

mod plugin_build;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use plugin_build::{Built, Request};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let flag = |name: &str| arguments.iter().any(|argument| argument == name);
    let out = arguments.iter().position(|argument| argument == "--out");
    let out = out.and_then(|at| arguments.get(at + 1)).map(PathBuf::from);
    let built = if flag("--all") {
        plugin_build::dist::refresh(Path::new("."), out.as_deref().unwrap_or(Path::new(".")))
    } else {
        let crate_dir = Path::new(arguments.get(2).map_or(".", String::as_str));
        let (reference, quiet) = (flag("--reference"), flag("--quiet"));
        plugin_build::build(Request { crate_dir, out: out.as_deref(), reference, quiet })
            .map(|built| vec![built])
    };
    match built {
        Ok(all) => {
            for Built { name, path, bytes, sha256, toolchain } in all {
                let path = path.display();
                anstream::println!("{name}: {path}, {bytes} bytes, sha256 {sha256}, {toolchain}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            anstream::eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
