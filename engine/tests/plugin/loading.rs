//! Which components become plugins, and the cache of compiled code.

use std::fs;
use std::path::{Path, PathBuf};

use lore_engine::model::Digest;
use lore_engine::plugin::{Growth, Limits, Plugin, PluginHost, Reading, SourceFile, inspect};

use crate::{ATTACKER, Place, attacker, texts};

/// The attacker with some bytes replaced by as many others, wherever they stand.
fn patched(from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = ATTACKER.to_vec();
    let starts: Vec<usize> = (0..bytes.len() - from.len())
        .filter(|&at| bytes[at..].starts_with(from.as_bytes()))
        .collect();
    assert!(!starts.is_empty());
    for at in starts {
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
    }
    bytes
}

#[track_caller]
fn refused(component: &[u8]) -> String {
    match PluginHost::new(None, Limits::default()).load(component.to_vec()) {
        Ok(_) => panic!("it was loaded"),
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn works(plugin: &Plugin) {
    let batches = Place::new().read(plugin, "{\"text\":\"hello\"}\n").unwrap();
    assert_eq!(texts(&batches), ["hello"]);
}

#[test]
fn a_plugin_says_what_it_is() {
    let plugin = attacker();
    let info = plugin.info();
    assert_eq!((info.tool.as_str(), info.title.as_str()), ("attacker", "Attacker"));
    let location = &info.locations[0];
    assert_eq!(
        (location.base.as_str(), location.pattern.as_str()),
        ("~/.attacker", "chats/*.jsonl")
    );
    assert_eq!(location.growth, Growth::AppendOnly);
    assert_eq!((plugin.contract(), plugin.digest()), ("0.1.0", Digest::of(ATTACKER)));
    works(&plugin);
}

#[test]
fn plugins_are_shared_between_threads_and_readings_move() {
    fn shared<T: Send + Sync>() {}
    fn moved<T: Send>() {}
    shared::<PluginHost>();
    shared::<Plugin>();
    moved::<Reading>();
    moved::<SourceFile>();
}

#[test]
fn a_component_is_taken_apart_without_running_it() {
    let inspection = inspect(ATTACKER).unwrap();
    assert_eq!(inspection.contract.as_deref(), Some("0.1.0"));
    assert_eq!(inspection.imports, ["lore:watcher/types@0.1.0", "lore:watcher/source@0.1.0"]);
    assert_eq!(inspection.exports, ["describe", "lore:watcher/parser@0.1.0"]);
    assert_eq!(inspection.size, ATTACKER.len() as u64);
    assert!(inspection.code_size > 0 && inspection.code_size < inspection.size);
    assert!(inspection.producers.iter().any(|p| p.name == "wit-component"), "{inspection:?}");
    assert!(inspection.check().is_ok());
}

#[test]
fn another_contract_is_refused_in_one_sentence() {
    let newer = patched("@0.1.0", "@0.9.0");
    assert_eq!(
        refused(&newer),
        "the plugin needs version 0.9.0 of the contract `lore:watcher`, this release speaks 0.1.0: \
         rebuild the plugin or install a release that speaks 0.9.0"
    );
    assert_eq!(inspect(&newer).unwrap().contract.as_deref(), Some("0.9.0"));
}

#[test]
fn an_import_beyond_the_contract_is_refused_by_its_name() {
    let greedy = patched("lore:watcher/source@0.1.0", "other:sockets/types@0.2.0");
    let error = refused(&greedy);
    assert!(error.contains("imports `other:sockets/types@0.2.0`"), "{error}");
}

#[test]
fn what_is_no_plugin_is_refused() {
    for text in ["", "#!/bin/sh", "{\"text\":\"hello\"}\n"] {
        let reason = "not a WebAssembly component: it does not begin as WebAssembly does";
        assert_eq!(refused(text.as_bytes()), reason);
    }
    assert!(refused(b"\0asm\x01\0\0\0").contains("a core module"));
    assert!(refused(b"\0asm\x0d\0\x01\0").contains("is not a plugin"));
    for cut in (8..ATTACKER.len()).step_by(ATTACKER.len() / 50) {
        let reason = refused(&ATTACKER[..cut]);
        assert!(!reason.contains('\n'), "{reason}");
    }
}

#[test]
fn a_description_that_cannot_be_used_is_refused() {
    let changes = [
        ("chats/*.jsonl", "chats/[.jsonl", "`chats/[.jsonl` is no pattern"),
        ("chats/*.jsonl", "/hats/*.jsonl", "`/hats/*.jsonl` is no pattern"),
        ("chats/*.jsonl", "../ts/*.jsonl", "leads out of itself"),
        ("~/.attacker", "~/../ttacke", "leads out of itself"),
        ("ATTACKER_HOME", "ATTACKER HOME", "environment variable"),
    ];
    for (from, to, expected) in changes {
        let error = refused(&patched(from, to));
        assert!(error.contains("description") && error.contains(expected), "{error}");
    }
}

#[test]
fn a_reading_goes_on_where_the_last_one_ended() {
    let (place, plugin) = (Place::new(), attacker());
    let first = place.read(&plugin, "{\"text\":\"one\"}\n").unwrap();
    let checkpoint = &first.last().unwrap().checkpoint;
    place.write("chats/a.jsonl", "{\"text\":\"one\"}\n{\"text\":\"two\"}\n");
    let reading = plugin.read(place.open("chats/a.jsonl"), Some(checkpoint)).unwrap();
    let second: Result<Vec<_>, _> = reading.collect();
    assert_eq!(texts(&second.unwrap()), ["two"]);
}

#[test]
fn the_same_bytes_give_the_same_records() {
    let lines: String = (0..2000).map(|i| format!("{{\"text\":\"{i}\"}}\nno json {i}\n")).collect();
    let place = Place::new();
    let first = place.read(&attacker(), &lines).unwrap();
    let plugin = PluginHost::new(None, Limits::default()).load(ATTACKER).unwrap();
    for _ in 0..3 {
        assert_eq!(place.read(&plugin, &lines).unwrap(), first);
    }
}

/// The only file of compiled code in a cache.
#[track_caller]
fn only_file(cache: &Path) -> PathBuf {
    let files = fs::read_dir(cache).unwrap().map(|entry| entry.unwrap().path());
    let is_code = |file: &PathBuf| file.extension().is_some_and(|extension| extension == "cwasm");
    let files: Vec<_> = files.filter(is_code).collect();
    let [file] = files.as_slice() else { panic!("{files:?}") };
    file.clone()
}

#[test]
fn compiled_code_is_kept_and_used() {
    let directory = tempfile::tempdir().unwrap();
    let cache = directory.path().join("lore/compiled");
    works(&PluginHost::new(Some(&cache), Limits::default()).load(ATTACKER).unwrap());
    let file = only_file(&cache);
    let name = file.file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with(&Digest::of(ATTACKER).to_string()) && name.ends_with(".cwasm"));

    // A second host takes the file as it is: its time would change if it were written again.
    let written = file.metadata().unwrap().modified().unwrap();
    works(&PluginHost::new(Some(&cache), Limits::default()).load(ATTACKER).unwrap());
    assert_eq!(only_file(&cache).metadata().unwrap().modified().unwrap(), written);
}

/// An import that finds nothing new asks every plugin where its files lie, and runs none.
#[test]
fn what_a_plugin_is_is_known_without_its_code() {
    let directory = tempfile::tempdir().unwrap();
    let cache = directory.path().join("compiled");
    let first = PluginHost::new(Some(&cache), Limits::default()).load(ATTACKER).unwrap();
    let file = only_file(&cache);
    fs::remove_file(&file).unwrap();

    let plugin = PluginHost::new(Some(&cache), Limits::default()).load(ATTACKER).unwrap();
    assert_eq!(plugin.info(), first.info());
    assert!(!file.exists());
    works(&plugin);
    assert!(file.exists());
}

#[test]
fn compiled_code_that_does_not_load_is_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let cache = directory.path().join("compiled");
    works(&PluginHost::new(Some(&cache), Limits::default()).load(ATTACKER).unwrap());
    let file = only_file(&cache);
    let whole = fs::read(&file).unwrap();
    for damaged in [&b""[..], b"torn", &whole[..100], &vec![0; whole.len()]] {
        fs::write(&file, damaged).unwrap();
        works(&PluginHost::new(Some(&cache), Limits::default()).load(ATTACKER).unwrap());
        assert_eq!(fs::read(only_file(&cache)).unwrap(), whole, "{} bytes", damaged.len());
    }
}

#[test]
fn compiled_code_of_another_version_is_removed() {
    let directory = tempfile::tempdir().unwrap();
    let cache = directory.path().join("compiled");
    works(&PluginHost::new(Some(&cache), Limits::default()).load(ATTACKER).unwrap());
    let file = only_file(&cache);
    let other = format!("{}-0123456789abcdef.cwasm", Digest::of(ATTACKER));
    fs::rename(&file, cache.join(other)).unwrap();
    works(&PluginHost::new(Some(&cache), Limits::default()).load(ATTACKER).unwrap());
    assert_eq!(only_file(&cache), file);
}

#[cfg(unix)]
#[test]
fn compiled_code_is_private() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let allow = |path: &Path, mode: u32| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let directory = tempfile::tempdir().unwrap();
    let cache = directory.path().join("compiled");
    let load = |cache: &Path| {
        works(&PluginHost::new(Some(cache), Limits::default()).load(ATTACKER).unwrap())
    };
    load(&cache);
    let file = only_file(&cache);
    assert_eq!((mode(&cache), mode(&file)), (0o700, 0o600));

    // A file that others could have written is not run but replaced.
    allow(&file, 0o666);
    load(&cache);
    assert_eq!(mode(&file), 0o600);

    // A directory that others can write to is left alone.
    for entry in fs::read_dir(&cache).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    allow(&cache, 0o777);
    load(&cache);
    assert_eq!(fs::read_dir(&cache).unwrap().count(), 0);

    // So is one that is somewhere else.
    allow(&cache, 0o700);
    let link = directory.path().join("link");
    symlink(&cache, &link).unwrap();
    load(&link);
    assert_eq!(fs::read_dir(&cache).unwrap().count(), 0);
}
