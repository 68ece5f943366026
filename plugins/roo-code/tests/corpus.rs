//! Real files, where there are some: `LORE_CORPUS` names a directory with one folder for each tool.
//! None of them is this tool's.

use std::path::{Path, PathBuf};

use lore_plugin_roo_code::RooCode;
use lore_plugin_sdk::{ParseError, Source, native};

fn check(root: &Path, directory: &Path) {
    for entry in std::fs::read_dir(directory).expect("the corpus can be listed") {
        let path = entry.expect("the corpus can be listed").path();
        if path.is_dir() {
            check(root, &path);
            continue;
        }
        let name = path.strip_prefix(root).expect("it was found below");
        let name = name.to_string_lossy().replace('\\', "/");
        let bytes = std::fs::read(&path).expect("the corpus can be read");
        let is_own = name.starts_with("roo-code/");
        if !is_own && !bytes.iter().all(u8::is_ascii_whitespace) {
            let read = native::read_all::<RooCode>(&Source::memory(&name, bytes));
            assert_eq!(read.map(|batch| batch.events.len()), Err(ParseError::NotMine), "{name}");
        }
    }
}

#[test]
fn files_of_other_tools_are_refused() {
    match std::env::var_os("LORE_CORPUS").map(PathBuf::from) {
        Some(root) => check(&root, &root),
        None => println!("skipped: LORE_CORPUS is not set"),
    }
}
