//! Paths that mean the same on every machine.
//!
//! On the way out, a path inside the repository becomes one below its top, the person's home becomes
//! `~`, and both are replaced wherever they stand in a text. On the way in, the paths of edits, reads
//! and directories are those of the clone that is here; what stands in texts stays as it came.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use crate::model::{Block, Message, Session};
use crate::origin::cleaned;

/// Makes paths portable.
pub(super) struct Outward {
    /// What is replaced, the longest first.
    needles: Vec<Needle>,
    /// The tops of the session's repository.
    roots: Vec<PathBuf>,
    home: Option<PathBuf>,
}

struct Needle {
    text: String,
    is_root: bool,
}

impl Outward {
    /// `roots` are the names of the top of the session's repository, none if it lies in none.
    pub(super) fn new(roots: Vec<PathBuf>, home: Option<&Path>) -> Self {
        let named = |path: &Path| path.to_str().filter(|text| text.len() > 1).map(str::to_owned);
        let mut needles: Vec<Needle> = roots
            .iter()
            .filter_map(|root| Some(Needle { text: named(root)?, is_root: true }))
            .collect();
        let own = home.and_then(named).map(|text| Needle { text, is_root: false });
        needles.extend(own);
        // A repository that is the home directory itself is the repository.
        needles.sort_by_key(|needle| (std::cmp::Reverse(needle.text.len()), !needle.is_root));
        needles.dedup_by(|later, earlier| later.text == earlier.text);
        Self { needles, roots, home: home.map(Path::to_owned) }
    }

    /// Tells what is replaced: the same bytes, the same replacements.
    pub(super) fn describe(&self, bytes: &mut Vec<u8>) {
        for Needle { text, is_root } in &self.needles {
            bytes.extend_from_slice(text.as_bytes());
            bytes.push(u8::from(*is_root));
        }
    }

    /// A text, with each root and the home directory replaced.
    pub(super) fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut portable = self.once(text);
        // What is left of two paths may be one again: `//home/ada/home/ada`.
        while let Cow::Owned(shorter) = self.once(&portable) {
            portable = Cow::Owned(shorter);
        }
        portable
    }

    fn once<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut result = String::new();
        let mut done = 0;
        let mut from = 0;
        // All of them begin with a slash: nothing else has to be looked at.
        while let Some(at) = text[from..].find('/').map(|offset| from + offset) {
            from = at + 1;
            if !may_begin(&text[..at]) {
                continue;
            }
            let fits =
                |needle: &&Needle| text[at..].strip_prefix(&needle.text).is_some_and(may_end);
            let Some(needle) = self.needles.iter().find(fits) else { continue };
            result.push_str(&text[done..at]);
            let after = at + needle.text.len();
            done = after;
            let goes_on = text[after..].strip_prefix('/').is_some_and(goes_on);
            match (needle.is_root, goes_on) {
                (false, _) => result.push('~'),
                (true, true) => done += 1,
                (true, false) => result.push('.'),
            }
            from = done;
        }
        match done {
            0 => Cow::Borrowed(text),
            _ => {
                result.push_str(&text[done..]);
                Cow::Owned(result)
            }
        }
    }

    /// A path that a tool named while it was in `directory`.
    pub(super) fn path(&self, path: &str, directory: Option<&str>) -> String {
        let full = match directory {
            Some(directory) => cleaned(&Path::new(directory).join(path)),
            None => PathBuf::from(path),
        };
        for root in &self.roots {
            if let Ok(inside) = full.strip_prefix(root) {
                return match inside.to_string_lossy() {
                    inside if inside.is_empty() => ".".to_owned(),
                    // Not the home directory.
                    inside if inside.starts_with('~') => format!("./{inside}"),
                    inside => inside.into_owned(),
                };
            }
        }
        let below = self.home.as_ref().and_then(|home| full.strip_prefix(home).ok());
        match below {
            Some(below) if below.as_os_str().is_empty() => "~".to_owned(),
            Some(below) => format!("~/{}", below.to_string_lossy()),
            // A relative one that is in no repository is told as it was.
            None if full.is_absolute() => full.to_string_lossy().into_owned(),
            None => path.to_owned(),
        }
    }

    /// All of a message; `directory` is the session's.
    pub(super) fn message(&self, message: &mut Message, directory: Option<&str>) {
        let own = message.directory.clone();
        let directory = own.as_deref().or(directory);
        paths_of(message, &mut |path| *path = self.path(path, directory));
        if let Some(own) = &mut message.directory {
            *own = self.path(own, None);
        }
        message.visit_strings(&mut |text| {
            if let Cow::Owned(replaced) = self.text(text) {
                *text = replaced;
            }
        });
    }
}

/// Whether a path may begin behind this.
fn may_begin(before: &str) -> bool {
    let mut characters = before.chars().rev();
    match characters.next() {
        None => true,
        // A URL's.
        Some('/') => characters.next() == Some('/'),
        Some('.' | '~' | '_' | '-') => false,
        Some(letter) if letter.is_alphanumeric() => match characters.next() {
            // A line feed in JSON.
            Some('\\') => matches!(letter, 'n' | 't' | 'r'),
            // A flag, as in `-I/usr/include`.
            Some('-') => characters.next().is_none_or(|c| !c.is_alphanumeric() && c != '-'),
            _ => false,
        },
        Some(_) => true,
    }
}

/// Whether a path's component may end before this.
fn may_end(after: &str) -> bool {
    let mut characters = after.chars();
    match characters.next() {
        None => true,
        Some('_' | '-' | '~' | '+' | '@') => false,
        // The end of a sentence.
        Some('.') => characters.next().is_none_or(|next| !next.is_alphanumeric()),
        Some(next) => !next.is_alphanumeric(),
    }
}

/// Whether a path goes on behind a slash.
fn goes_on(after: &str) -> bool {
    after.chars().next().is_some_and(|next| next.is_alphanumeric() || "._-~@+".contains(next))
}

/// Gives portable paths the place that they have here.
pub(super) struct Inward {
    /// The top of the clone that is here.
    root: Option<PathBuf>,
    /// Stands for `~`, if what is read is the person's own.
    home: Option<PathBuf>,
}

impl Inward {
    pub(super) fn new(root: Option<PathBuf>, home: Option<PathBuf>) -> Self {
        Self { root, home }
    }

    pub(super) fn path(&self, path: &str) -> String {
        let below_home =
            path.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let full = match (below_home, &self.home, &self.root) {
            (Some(below), Some(home), _) => cleaned(&home.join(below.trim_start_matches('/'))),
            (None, _, Some(root)) if !Path::new(path).is_absolute() => cleaned(&root.join(path)),
            _ => return path.to_owned(),
        };
        full.to_string_lossy().into_owned()
    }

    pub(super) fn session(&self, session: &mut Session) {
        if let Some(directory) = &mut session.directory {
            *directory = self.path(directory);
        }
    }

    pub(super) fn message(&self, message: &mut Message) {
        paths_of(message, &mut |path| *path = self.path(path));
        if let Some(directory) = &mut message.directory {
            *directory = self.path(directory);
        }
    }
}

/// The paths that a message's calls are about.
fn paths_of(message: &mut Message, change: &mut dyn FnMut(&mut String)) {
    for block in &mut message.content {
        let Block::ToolUse(call) = block else { continue };
        call.reads.iter_mut().for_each(&mut *change);
        for edit in &mut call.edits {
            change(&mut edit.path);
            edit.to.iter_mut().for_each(&mut *change);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn outward() -> Outward {
        Outward::new(vec!["/home/ada/kettle".into()], Some(Path::new("/home/ada")))
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let outward = outward();
        let once = outward.text(text).into_owned();
        assert_eq!(once, expected);
        assert_eq!(outward.text(&once), expected, "what is portable stays");
    }

    #[test]
    fn texts_lose_the_repository_and_the_home() {
        check("see /home/ada/kettle/src/lib.rs:4", "see src/lib.rs:4");
        check("cd /home/ada/kettle && ls", "cd . && ls");
        check("in /home/ada/kettle. Then", "in .. Then");
        check(
            r#"{"path":"/home/ada/kettle/a.rs","in":"/home/ada"}"#,
            r#"{"path":"a.rs","in":"~"}"#,
        );
        check(r#""a\n/home/ada/kettle/b""#, r#""a\nb""#);
        check("file:///home/ada/kettle/a", "file://a");
        check("-I/home/ada/include", "-I~/include");
        check("/home/ada/.cargo/bin", "~/.cargo/bin");
    }

    #[test]
    fn what_only_begins_alike_stays() {
        check("/home/ada/kettle-old/a", "~/kettle-old/a");
        check("/home/adam/a", "/home/adam/a");
        check("/mnt/home/ada/a", "/mnt/home/ada/a");
        check("/home/ada/kettle.git", "~/kettle.git");
    }

    #[test]
    fn paths_are_below_the_top() {
        let outward = outward();
        assert_eq!(outward.path("lib.rs", Some("/home/ada/kettle/src")), "src/lib.rs");
        assert_eq!(outward.path("../a.rs", Some("/home/ada/kettle/src")), "a.rs");
        assert_eq!(outward.path("/home/ada/kettle", None), ".");
        assert_eq!(outward.path("/home/ada/notes", None), "~/notes");
        assert_eq!(outward.path("/etc/hosts", Some("/home/ada/kettle")), "/etc/hosts");
        let inward = Inward::new(Some("/srv/bob/tea".into()), None);
        assert_eq!(inward.path("src/lib.rs"), "/srv/bob/tea/src/lib.rs");
        assert_eq!(inward.path("."), "/srv/bob/tea");
        assert_eq!(inward.path("~/notes"), "~/notes");
        assert_eq!(inward.path("/etc/hosts"), "/etc/hosts");
    }
    /// Texts of what paths are made of, and of what stands around them.
    fn text() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "/home/ada/kettle",
            "/home/ada",
            "/home",
            "/",
            "//",
            "~",
            ".",
            "..",
            "a.rs",
            "src",
            " ",
            "\"",
            "\\n",
            "-I",
            "_",
            "\u{fc}",
            "file://",
            ":",
            "x",
            "/home/ada/kettle-old",
            "\n",
        ]);
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    fn inside() -> impl Strategy<Value = String> {
        prop::collection::vec("[a-z~\u{fc} ._-]{1,5}", 0..4).prop_map(|names| {
            let names = names.into_iter().filter(|name| name != "." && name != "..");
            names.map(|name| format!("/{name}")).collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

        #[test]
        fn what_is_portable_stays(text in text()) {
            let outward = outward();
            let once = outward.text(&text).into_owned();
            prop_assert_eq!(outward.text(&once), once.as_str());
        }

        #[test]
        fn paths_come_back(inside in inside()) {
            let outward = outward();
            let path = format!("/home/ada/kettle{inside}");
            let portable = outward.path(&path, None);
            prop_assert!(!portable.contains("/home/ada"), "{}", portable);
            let inward = Inward::new(Some("/home/ada/kettle".into()), None);
            prop_assert_eq!(&inward.path(&portable), &path);
            // And are in the same place of another clone.
            let elsewhere = Inward::new(Some("/srv/tea".into()), Some("/home/bob".into()));
            prop_assert_eq!(elsewhere.path(&portable), format!("/srv/tea{inside}"));
            // Those of the home, where it is one's own.
            let below = format!("/home/ada{inside}");
            let own = Inward::new(Some("/home/ada/kettle".into()), Some("/home/ada".into()));
            prop_assert_eq!(own.path(&outward.path(&below, None)), below);
        }
    }
}
