//! Hears from the file system.
//!
//! What is watched: the directories of the plan, those beside them, the nearest directory on the way to
//! each that does not exist yet, and Lore's own, for the settings and plugins. What cannot be watched,
//! or only in part, is to be polled.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;

use lore_engine::api::{WatchPlan, Watched};
use notify::event::{AccessKind, AccessMode, EventKind, MetadataKind, ModifyKind, RenameMode};
use notify::{ErrorKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::control::Directory;
use super::event::{Change, Event};
use crate::home::Home;

/// What is watched.
pub(super) struct Watcher {
    /// Nothing if the system offers none.
    notify: Option<RecommendedWatcher>,
    /// Something was not told because the queue was full.
    lost: Arc<AtomicBool>,
    root: PathBuf,
    plan: WatchPlan,
    /// What the system was asked to tell of.
    current: BTreeMap<PathBuf, Watch>,
    /// Directories that have to be polled, and why.
    polled: BTreeMap<PathBuf, String>,
    /// Those of them that the system said so about by itself.
    given_up: BTreeSet<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Watch {
    recursive: bool,
    /// Device and number of the directory: another one may come to its place.
    identity: Option<(u64, u64)>,
}

/// What it means that something changed at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It is no concern of ours.
    Nothing,
    /// The settings or the plugins.
    Settings,
    /// Other directories than before are to be watched.
    Places,
    /// Maybe a source, or something beside one.
    Source,
}

/// What follows when directories are watched by a plan.
pub(super) struct Applied {
    /// Something is watched that was not before: there, more may have happened than was told.
    pub(super) is_new: bool,
    /// Directories came or went since the plan was made, and it may not have been told.
    pub(super) is_outdated: bool,
}

impl Watcher {
    /// Begins to hear of Lore's own directory, which exists.
    pub(super) fn new(home: &Home, events: SyncSender<Event>) -> Self {
        let lost = Arc::new(AtomicBool::new(false));
        let config = notify::Config::default().with_follow_symlinks(false);
        let hear = hear(events, Arc::clone(&lost));
        let mut notify = RecommendedWatcher::new(hear, config).ok();
        // The settings are read from here on, so no change of them may be missed. If it cannot be watched,
        // the first plan tries that again and says why.
        let root = home.root().to_owned();
        let watch = Watch { recursive: false, identity: identity(&root) };
        let is_watched = notify
            .as_mut()
            .is_some_and(|notify| notify.watch(&root, RecursiveMode::NonRecursive).is_ok());
        Self {
            notify,
            lost,
            current: is_watched.then(|| (root.clone(), watch)).into_iter().collect(),
            root,
            plan: WatchPlan::default(),
            polled: BTreeMap::new(),
            given_up: BTreeSet::new(),
        }
    }

    /// Whether something was not told since this was last asked.
    pub(super) fn has_lost(&self) -> bool {
        self.lost.swap(false, Ordering::Relaxed)
    }

    /// Watches by this plan.
    pub(super) fn apply(&mut self, plan: WatchPlan) -> Applied {
        let is_other = self.plan != plan;
        self.plan = plan;
        let wanted = self.wanted();
        // It may be possible by now.
        let given_up = std::mem::take(&mut self.given_up);
        let outdated = |path: &PathBuf, watch: &Watch| {
            wanted.get(path) != Some(&watch.recursive)
                || watch.identity != identity(path)
                || given_up.iter().any(|below| below.starts_with(path))
        };
        let old: Vec<PathBuf> = self
            .current
            .iter()
            .filter(|(path, watch)| outdated(path, watch))
            .map(|(path, _)| path.clone())
            .collect();
        self.polled.clear();
        if self.notify.is_none() {
            for watched in &self.plan.watched {
                self.polled.insert(watched.root.clone(), "the system tells of no changes".into());
            }
            return Applied { is_new: false, is_outdated: false };
        }
        let (mut is_new, mut is_gone) = (false, false);
        if let Some(notify) = &mut self.notify {
            let mut paths = notify.paths_mut();
            for path in old {
                // It may be gone, and its watch with it.
                let _ = paths.remove(&path);
                self.current.remove(&path);
            }
            for (path, &recursive) in &wanted {
                if self.current.contains_key(path) {
                    continue;
                }
                let identity = identity(path);
                let mode = match recursive {
                    true => RecursiveMode::Recursive,
                    false => RecursiveMode::NonRecursive,
                };
                match paths.add(path, mode) {
                    Ok(()) => {
                        self.current.insert(path.clone(), Watch { recursive, identity });
                        is_new = true;
                    }
                    // It went away just now: the next plan knows.
                    Err(error) if matches!(error.kind, ErrorKind::PathNotFound) => is_gone = true,
                    Err(error) => {
                        self.polled.insert(path.clone(), reason(&error));
                    }
                }
            }
            if let Err(error) = paths.commit() {
                self.polled.insert(self.root.clone(), reason(&error));
            }
        }
        for path in wanted.keys() {
            if let Some(kind) = remote_kind(path) {
                let reason = format!("it lies on {kind}, where not every change is told");
                self.polled.entry(path.clone()).or_insert(reason);
            }
        }
        // What was made between planning and watching was not told. A plan that is the same again knows.
        let has_come = || self.plan.missing.iter().any(|missing| missing.exists());
        Applied { is_new, is_outdated: is_other && (is_gone || has_come()) }
    }

    /// The directories to watch, and whether with all below.
    fn wanted(&self) -> BTreeMap<PathBuf, bool> {
        let mut wanted = BTreeMap::from([(self.root.clone(), false)]);
        let plugins = self.root.join("plugins");
        if plugins.is_dir() {
            wanted.insert(plugins, false);
        }
        for missing in &self.plan.missing {
            if let Some(there) = missing.ancestors().skip(1).find(|path| path.is_dir()) {
                wanted.insert(there.to_owned(), false);
            }
        }
        let watched = self.plan.watched.iter().map(|watched| (&watched.root, watched.recursive));
        let beside = self.plan.beside.iter().map(|(path, recursive)| (path, *recursive));
        for (path, recursive) in watched.chain(beside) {
            *wanted.entry(path.clone()).or_insert(false) |= recursive;
        }
        let deep: BTreeSet<PathBuf> = wanted
            .iter()
            .filter(|(_, recursive)| **recursive)
            .map(|(path, _)| path.clone())
            .collect();
        wanted.retain(|path, _| !path.ancestors().skip(1).any(|above| deep.contains(above)));
        wanted
    }

    /// What a change at this path means; `gone` if nothing is there any more.
    pub(super) fn meaning(&mut self, path: &Path, gone: bool) -> Meaning {
        if gone {
            let lost = |watched: &PathBuf| watched.starts_with(path);
            let lost: Vec<PathBuf> =
                self.current.keys().filter(|watched| lost(watched)).cloned().collect();
            for watched in &lost {
                self.current.remove(watched);
                if let Some(notify) = &mut self.notify {
                    let _ = notify.unwatch(watched);
                }
            }
            if !lost.is_empty() {
                return Meaning::Places;
            }
        }
        if path.parent() == Some(&self.root) && self.own(path) {
            return Meaning::Settings;
        }
        if path.starts_with(&self.root) {
            let is_plugin = path.starts_with(self.root.join("plugins"));
            return if is_plugin { Meaning::Settings } else { Meaning::Nothing };
        }
        if self.plan.missing.iter().any(|missing| missing.starts_with(path)) {
            return Meaning::Places;
        }
        let below = |root: &Path, recursive: bool| {
            path.parent() == Some(root) || path == root || recursive && path.starts_with(root)
        };
        let is_watched = |watched: &Watched| below(&watched.root, watched.recursive);
        let is_beside = |(root, recursive): &(PathBuf, bool)| below(root, *recursive);
        let is_source =
            self.plan.watched.iter().any(is_watched) || self.plan.beside.iter().any(is_beside);
        if is_source { Meaning::Source } else { Meaning::Nothing }
    }

    /// Whether it is the settings, or the directory of plugins. The store's own files lie there, too.
    fn own(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| name == "config.yaml" || name == "plugins")
    }

    /// The file system says that it cannot tell of all below a path.
    pub(super) fn give_up(&mut self, path: &Path, reason: String) {
        self.polled.insert(path.to_owned(), reason);
        self.given_up.insert(path.to_owned());
    }

    /// The plan that is watched by.
    pub(super) fn plan(&self) -> &WatchPlan {
        &self.plan
    }

    /// Whether anything has to be polled.
    pub(super) fn is_polling(&self) -> bool {
        !self.polled.is_empty()
    }

    /// Why directories have to be polled, a line each.
    pub(super) fn troubles(&self) -> Vec<String> {
        let line = |(path, reason): (&PathBuf, &String)| {
            format!("`{}` is looked at now and then: {reason}", path.display())
        };
        self.polled.iter().map(line).collect()
    }

    /// The directories of tools, for people.
    pub(super) fn directories(&self) -> Vec<Directory> {
        let is_polled = |root: &Path| {
            self.polled.keys().any(|polled| polled.starts_with(root) || root.starts_with(polled))
        };
        let shown = |watched: &Watched| Directory {
            tool: watched.tool.clone(),
            path: watched.root.display().to_string(),
            how: if is_polled(&watched.root) { "polled" } else { "notified" }.to_owned(),
        };
        let mut directories: Vec<Directory> = self.plan.watched.iter().map(shown).collect();
        directories.sort();
        directories.dedup();
        directories
    }
}

/// Hands over what the system tells, in its thread.
fn hear(events: SyncSender<Event>, lost: Arc<AtomicBool>) -> impl notify::EventHandler {
    move |told: notify::Result<notify::Event>| {
        let event = match told {
            Ok(told) if told.need_rescan() => Event::Lost,
            Ok(told) if !is_change(told.kind) => return,
            Ok(told) => Event::Changed(Change { gone: is_gone(told.kind), paths: told.paths }),
            Err(error) => match error.paths.first() {
                Some(path) => Event::Unwatchable(path.clone(), reason(&error)),
                None => Event::Lost,
            },
        };
        // The loop must not be able to hold up the thread that it asks to watch something.
        if events.try_send(event).is_err() {
            lost.store(true, Ordering::Relaxed);
        }
    }
}

fn is_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(kind) => kind == AccessKind::Close(AccessMode::Write),
        EventKind::Modify(ModifyKind::Metadata(MetadataKind::AccessTime)) => false,
        _ => true,
    }
}

fn is_gone(kind: EventKind) -> bool {
    let renamed = [RenameMode::From, RenameMode::Both, RenameMode::Any];
    match kind {
        EventKind::Remove(_) => true,
        EventKind::Modify(ModifyKind::Name(mode)) => renamed.contains(&mode),
        _ => false,
    }
}

fn reason(error: &notify::Error) -> String {
    match &error.kind {
        ErrorKind::MaxFilesWatch => "the system's limit of watched directories is reached \
             (`sysctl fs.inotify.max_user_watches` raises it)"
            .to_owned(),
        ErrorKind::Io(error) => format!("it cannot be watched: {error}"),
        _ => format!("it cannot be watched: {error}"),
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

/// The kind of file system, if it is one whose changes by other machines are not told.
#[cfg(target_os = "linux")]
fn remote_kind(path: &Path) -> Option<&'static str> {
    // Numbers of `statfs(2)`.
    match rustix::fs::statfs(path).ok()?.f_type as u32 {
        0x6969 => Some("NFS"),
        0x517b | 0xfe53_4d42 | 0xff53_4d42 => Some("SMB"),
        0x6573_5546 => Some("FUSE"),
        0x0102_1997 => Some("9p"),
        0x00c3_6400 => Some("Ceph"),
        0x5346_414f => Some("AFS"),
        _ => None,
    }
}

/// The kind of file system, if it is one whose changes by other machines are not told.
#[cfg(not(target_os = "linux"))]
fn remote_kind(_: &Path) -> Option<&'static str> {
    None
}
