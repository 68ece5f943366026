//! What a plugin may read, and what not.

use std::fs;
use std::path::Path;

use lore_engine::plugin::{SourceError, SourceFile};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use crate::{Place, attacker, texts};

fn zstd(content: impl AsRef<[u8]>) -> Vec<u8> {
    compress_to_vec(content.as_ref(), CompressionLevel::Fastest)
}

#[test]
fn files_beside_the_source_are_read() {
    let (place, plugin) = (Place::new(), attacker());
    place.write("index/b.json", "beside");
    place.write("index/c.json.zst", zstd("compressed"));
    assert_eq!(place.answer(&plugin, "open index/b.json"), "read: beside");
    assert_eq!(place.answer(&plugin, "open index/c.json"), "read: compressed");
    let missing = place.answer(&plugin, "open index/d.json");
    assert!(missing.starts_with("refused: cannot read `index/d.json`: "), "{missing}");
}

#[test]
fn of_memories_only_the_source_is_granted() {
    let (place, plugin) = (Place::new(), attacker());
    place.write("notes/b.md", "beside");
    for order in ["open notes/b.md", "open chats/a.jsonl", "find **/*"] {
        place.write("chats/a.jsonl", format!("attack {order}\n"));
        let (base, path) = (place.base(), Path::new("chats/a.jsonl"));
        let source = SourceFile::open_alone(&base, path, place.directory.path()).unwrap();
        let batches: Vec<_> = plugin.read(source, None).unwrap().map(Result::unwrap).collect();
        let answer = texts(&batches).concat();
        assert!(answer.starts_with("refused: ") && answer.contains("is not granted"), "{answer}");
    }
}

#[test]
fn nothing_outside_the_base_is_opened() {
    let (place, plugin) = (Place::new(), attacker());
    let secret = place.directory.path().join("secret");
    let paths = [
        "../secret".to_owned(),
        "chats/../../secret".to_owned(),
        "./../secret".to_owned(),
        secret.display().to_string(),
        "../base/chats/a.jsonl".to_owned(),
        "/etc/passwd".to_owned(),
        "..".to_owned(),
        "a\0b".to_owned(),
    ];
    for path in paths {
        let answer = place.answer(&plugin, &format!("open {path}"));
        assert!(
            answer.starts_with("refused: ") && answer.contains("does not lie below"),
            "{answer}"
        );
    }
    let directory = place.answer(&plugin, "open chats");
    assert_eq!(directory, "refused: `chats` is not a regular file");
}

#[cfg(unix)]
#[test]
fn links_are_followed_below_the_base_only() {
    use std::os::unix::fs::symlink;

    let (place, plugin) = (Place::new(), attacker());
    place.write("real/b.json", "beside");
    symlink(place.base().join("real"), place.base().join("inside")).unwrap();
    symlink("../secret", place.base().join("out.json")).unwrap();
    symlink(place.directory.path(), place.base().join("up")).unwrap();
    assert_eq!(place.answer(&plugin, "open inside/b.json"), "read: beside");
    for path in ["out.json", "up/secret"] {
        let answer = place.answer(&plugin, &format!("open {path}"));
        assert!(answer.contains("does not lie below"), "{answer}");
    }
    let found = place.answer(&plugin, "find up/*");
    assert!(found.contains("does not lie below"), "{found}");
    assert_eq!(place.answer(&plugin, "find **/{secret,*.json}"), "real/b.json");

    // The source itself is no different: a repository may bring a link of that name.
    let opened = SourceFile::open(&place.base(), Path::new("out.json"), place.directory.path());
    assert!(matches!(opened, Err(SourceError::Outside { .. })));
}

/// Every path of up to five parts: whatever opens holds what lies inside.
#[cfg(unix)]
#[test]
fn no_path_leads_outside() {
    use std::os::unix::fs::symlink;

    let place = Place::new();
    let directory = place.directory.path();
    place.write("a/b", "inside");
    fs::create_dir(directory.join("outside")).unwrap();
    fs::write(directory.join("outside/b"), "outside").unwrap();
    symlink("..", place.base().join("a/up")).unwrap();
    symlink("../outside", place.base().join("out")).unwrap();
    symlink(place.base().join("out"), place.base().join("a/again")).unwrap();

    let parts = ["", ".", "..", "a", "b", "up", "out", "again", "base", "outside"];
    let mut opened = 0;
    let mut paths = vec![String::new()];
    for _ in 0..5 {
        paths = paths
            .iter()
            .filter(|path| !path.contains("//"))
            .flat_map(|path| parts.iter().map(move |part| format!("{path}/{part}")))
            .collect();
        for path in &paths {
            // With and without the slash that makes it absolute.
            for path in [&path[1..], path.as_str()] {
                if let Ok(file) = SourceFile::open(&place.base(), Path::new(path), directory) {
                    assert_eq!(file.read(0, 99).unwrap(), b"inside", "{path}");
                    opened += 1;
                }
            }
        }
        // Paths that do not exist lead nowhere, however they go on.
        paths.retain(|path| place.base().join(&path[1..]).exists());
    }
    assert!(opened > 5, "{opened} paths lead inside");
}

#[cfg(unix)]
#[test]
fn a_pipe_is_refused_without_waiting_for_a_writer() {
    let (place, plugin) = (Place::new(), attacker());
    let pipe = place.base().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    assert_eq!(place.answer(&plugin, "open pipe"), "refused: `pipe` is not a regular file");
}

#[test]
fn files_are_found_by_patterns() {
    let (place, plugin) = (Place::new(), attacker());
    for path in ["m/s1/2.json", "m/s1/1.json", "m/s2/3.json", "m/s1/deep/4.json", "m/s1/5.txt"] {
        place.write(path, "");
    }
    place.write("m/s1/6.json.zst", zstd(""));
    let find = |pattern: &str| place.answer(&plugin, &format!("find {pattern}"));
    assert_eq!(find("m/s1/*.json"), "m/s1/1.json m/s1/2.json m/s1/6.json");
    assert_eq!(find("m/*/?.json"), "m/s1/1.json m/s1/2.json m/s1/6.json m/s2/3.json");
    assert_eq!(find("m/**/4.json"), "m/s1/deep/4.json");
    assert_eq!(find("m/s9/*"), "");
    assert!(find("../*").contains("does not lie below"));
    assert!(find("m/[").contains("is not a pattern"));
    assert!(find(&format!("{{{}}}", "a,".repeat(700))).contains("longer than 1024 bytes"));
}

#[test]
fn a_search_among_very_many_files_is_given_up() {
    let (place, plugin) = (Place::new(), attacker());
    fs::create_dir(place.base().join("many")).unwrap();
    for number in 0..10_001 {
        fs::File::create(place.base().join(format!("many/{number}"))).unwrap();
    }
    let answer = place.answer(&plugin, "find many/*");
    let expected = "refused: `many/*` leads through more than 10000 entries below";
    assert!(answer.starts_with(expected), "{answer}");
    assert_eq!(place.answer(&plugin, "find many/777*3"), "many/7773");
    for number in 10_001..100_001 {
        fs::File::create(place.base().join(format!("many/{number}"))).unwrap();
    }
    let answer = place.answer(&plugin, "find many/777*3");
    let expected = "refused: `many/777*3` leads through more than 100000 entries below";
    assert!(answer.starts_with(expected), "{answer}");
}

#[test]
fn compressed_sources_read_as_if_they_were_not() {
    let (place, plugin) = (Place::new(), attacker());
    let lines: String = (0..30_000).map(|i| format!("{{\"text\":\"line {i}\"}}\n")).collect();
    let plain = place.read(&plugin, &lines).unwrap();
    assert_eq!(texts(&plain).len(), 30_000);
    assert!(plain.len() > 1, "several batches");

    // Several frames, one of them to be skipped, are one file.
    let (head, tail) = lines.as_bytes().split_at(lines.len() / 3);
    let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
    fs::remove_file(place.base().join("chats/a.jsonl")).unwrap();
    place.write("chats/a.jsonl.zst", [zstd(head), skipped, zstd(tail)].concat());
    let source = place.open("chats/a.jsonl.zst");
    assert_eq!((source.path(), source.size()), ("chats/a.jsonl", lines.len() as u64));
    let compressed: Result<Vec<_>, _> = plugin.read(source, None).unwrap().collect();
    assert_eq!(compressed.unwrap(), plain);
}

#[test]
fn a_damaged_or_endless_compressed_file_is_refused() {
    let place = Place::new();
    let open = |limit| {
        let path = Path::new("a.jsonl.zst");
        SourceFile::open_within(&place.base(), path, place.directory.path(), limit)
    };
    let content = "{\"text\":\"again and again\"}\n".repeat(10_000);
    let whole = zstd(&content);
    place.write("a.jsonl.zst", &whole);
    assert_eq!(open(content.len() as u64).unwrap().size(), content.len() as u64);
    let error = open(content.len() as u64 - 1).unwrap_err();
    assert!(matches!(error, SourceError::TooLarge { limit: 269_999, .. }), "{error}");

    for cut in [1, whole.len() / 2, whole.len() - 1] {
        place.write("a.jsonl.zst", &whole[..cut]);
        let error = open(u64::MAX).unwrap_err();
        assert!(matches!(error, SourceError::Compressed { .. }), "{cut}: {error}");
    }
    place.write("a.jsonl.zst", "plain text");
    assert!(matches!(open(u64::MAX), Err(SourceError::Compressed { .. })));
    let left = fs::read_dir(place.directory.path()).unwrap().count();
    assert_eq!(left, 2, "no copies are left beside `base` and `secret`");
}

#[test]
fn a_flipped_bit_does_not_pass_the_checksum() {
    // A frame of one raw block, `hello`, with a checksum: made by `zstd --no-compress-literals`.
    let content = b"hello";
    let checksum = (xxhash_rust::xxh64::xxh64(content, 0) as u32).to_le_bytes();
    let frame = |content: &[u8]| {
        // Single segment with checksum, size 5, last raw block of 5 bytes.
        let head = [0x28, 0xb5, 0x2f, 0xfd, 0x24, 5, 0x29, 0, 0];
        [&head[..], content, &checksum[..]].concat()
    };
    let place = Place::new();
    place.write("a.jsonl.zst", frame(content));
    assert_eq!(place.open("a.jsonl.zst").read(0, 99).unwrap(), content);
    place.write("a.jsonl.zst", frame(b"hellp"));
    let opened = SourceFile::open(&place.base(), Path::new("a.jsonl.zst"), place.directory.path());
    let error = opened.unwrap_err().to_string();
    assert_eq!(error, "cannot decompress `a.jsonl.zst`: the checksum does not fit");
}

#[test]
fn a_source_stays_as_it_was_when_it_was_opened() {
    let (place, plugin) = (Place::new(), attacker());
    let path = place.write("chats/a.jsonl", "{\"text\":\"first\"}\n");
    let source = place.open("chats/a.jsonl");
    fs::write(&path, "{\"text\":\"first\"}\n{\"text\":\"appended\"}\n").unwrap();
    let other = place.write("chats/b.jsonl", "{\"text\":\"other\"}\n");
    fs::rename(other, path).unwrap();
    let batches: Result<Vec<_>, _> = plugin.read(source, None).unwrap().collect();
    assert_eq!(texts(&batches.unwrap()), ["first"]);
}
