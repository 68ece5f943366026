//! The plugin host, through its public door, with the component of `tests/attacker`.

mod attacks;
mod database;
mod files;
mod live;
mod loading;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use lore_engine::model::Block;
use lore_engine::plugin::{Batch, Event, Limits, Plugin, PluginHost, ReadError, SourceFile};
use tempfile::TempDir;

/// The plugin that does what the first line of its source says.
const ATTACKER: &[u8] = include_bytes!("../../../tests/attacker/attacker.wasm");

/// A directory with sources in `base`, beside what must not be read.
struct Place {
    directory: TempDir,
}

impl Place {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("base")).unwrap();
        fs::write(directory.path().join("secret"), "the secret").unwrap();
        Self { directory }
    }

    fn base(&self) -> PathBuf {
        self.directory.path().join("base")
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.base().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    fn open(&self, path: &str) -> SourceFile {
        SourceFile::open(&self.base(), Path::new(path), self.directory.path()).unwrap()
    }

    /// What comes of a source with this content: its first hundred batches, or the error.
    fn read(&self, plugin: &Plugin, content: &str) -> Result<Vec<Batch>, ReadError> {
        self.write("chats/a.jsonl", content);
        plugin.read(self.open("chats/a.jsonl"), None)?.take(100).collect()
    }

    /// What an attack says that it got.
    #[track_caller]
    fn answer(&self, plugin: &Plugin, order: &str) -> String {
        let batches = self.read(plugin, &format!("attack {order}\n")).unwrap();
        texts(&batches).concat()
    }
}

/// The plugin with the default limits, compiled once.
fn attacker() -> Plugin {
    static ATTACKER_PLUGIN: LazyLock<Plugin> = LazyLock::new(|| limited(Limits::default()));
    ATTACKER_PLUGIN.clone()
}

/// The plugin with limits of its own.
fn limited(limits: Limits) -> Plugin {
    PluginHost::new(None, limits).load(ATTACKER).unwrap()
}

/// The texts of all messages.
fn texts(batches: &[Batch]) -> Vec<&str> {
    let events = batches.iter().flat_map(|batch| &batch.events);
    let messages = events.filter_map(|event| match event {
        Event::Message(message) => Some(&message.content),
        _ => None,
    });
    let texts = messages.flatten().filter_map(|block| match block {
        Block::Text(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}
