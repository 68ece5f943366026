//! Which paths of a repository the edits of sessions are about.
//!
//! A session belongs to a repository by where its directory lies now, or lay when it was read: in
//! one of its working trees, or in a clone of it that was moved or removed since. Paths are compared
//! by component.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use crate::git::{CommitId, GlobalConfig, Identity, Repository};
use crate::model::Session;
use crate::store::{Place, StoreError, View};

/// A repository, and what is known of other directories.
pub(crate) struct Territory<'r> {
    repository: &'r Repository,
    /// Found out when it is first asked for: a long history's beginning is far away.
    identity: OnceCell<Identity>,
    roots: Vec<PathBuf>,
    config: &'r GlobalConfig,
    /// Where sessions' directories lay when they were read.
    places: HashMap<String, Place>,
    /// What was found out about sessions' directories.
    homes: HashMap<String, Home>,
}

/// Where a session's directory lies, seen from a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    /// In the repository, whose top is or was here.
    Here { root: PathBuf, is_clone: bool },
    /// In another one, or in none.
    Elsewhere,
    /// Nobody knows: it does not exist any more.
    Unknown,
}

/// How a file that an edit is about relates to a file of the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Relation {
    /// Another file of the repository.
    OtherFile,
    /// It may be the same: the end of its path is.
    MayBe,
    /// The same, in a clone beside this one.
    InClone,
    /// The same.
    Same,
}

impl Relation {
    /// It is about the file itself.
    pub(crate) fn is_file(self) -> bool {
        self != Self::OtherFile
    }
}

impl<'r> Territory<'r> {
    pub(crate) fn new(
        repository: &'r Repository,
        config: &'r GlobalConfig,
        view: &View<'_>,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            repository,
            identity: OnceCell::new(),
            roots: repository.worktree_roots(),
            config,
            places: view.places()?.into_iter().collect(),
            homes: HashMap::new(),
        })
    }

    /// What the repository is known by.
    fn identity(&self) -> &Identity {
        self.identity.get_or_init(|| {
            let own = |place: &&Place| self.roots.iter().any(|root| Path::new(&place.root) == root);
            match self.places.values().find(own) {
                Some(place) => {
                    let Identity { first_commit, .. } = identity_of(place);
                    Identity { first_commit, remotes: self.repository.remotes() }
                }
                // What cannot be read is nobody's clone.
                None => self.repository.identity().unwrap_or_default(),
            }
        })
    }

    /// Where a session was held.
    pub(crate) fn home(&mut self, session: &Session) -> Home {
        let Some(directory) = session.directory.as_deref() else { return Home::Unknown };
        if let Some(home) = self.homes.get(directory) {
            return home.clone();
        }
        let home = self.find_home(directory, session.repository.as_deref());
        self.homes.insert(directory.to_owned(), home.clone());
        home
    }

    fn find_home(&self, directory: &str, remote: Option<&str>) -> Home {
        let path = Path::new(directory);
        if let Ok(real) = path.canonicalize() {
            return match Repository::discover(&real, self.config) {
                Ok(there) if there.common_dir() == self.repository.common_dir() => {
                    Home::Here { root: there.root().to_owned(), is_clone: false }
                }
                Ok(there) if self.is_clone(directory, &there) => {
                    Home::Here { root: there.root().to_owned(), is_clone: true }
                }
                _ => Home::Elsewhere,
            };
        }
        // A directory that is gone from below a root that is still there.
        if let Some(root) = self.roots.iter().find(|root| path.starts_with(root)) {
            return Home::Here { root: root.clone(), is_clone: false };
        }
        match self.places.get(directory) {
            Some(place) if identity_of(place).is_same(self.identity()) => {
                Home::Here { root: PathBuf::from(&place.root), is_clone: false }
            }
            Some(_) => Home::Elsewhere,
            None => match remote {
                Some(remote) if !self.identity().remotes.is_empty() => {
                    let remote = Identity::of_remote(remote);
                    if remote.is_same(self.identity()) { Home::Unknown } else { Home::Elsewhere }
                }
                _ => Home::Unknown,
            },
        }
    }

    /// Whether the repository that a directory lies in is a clone of this one.
    fn is_clone(&self, directory: &str, there: &Repository) -> bool {
        // Its beginning is far away in a long history.
        let known = self.places.get(directory);
        let known = known.filter(|place| Path::new(&place.root) == there.root());
        match known {
            Some(place) => identity_of(place).is_same(self.identity()),
            None => there.identity().is_ok_and(|there| there.is_same(self.identity())),
        }
    }

    /// Whether the repository that a session was held in has a commit.
    pub(crate) fn has(&self, session: &Session, commit: CommitId) -> bool {
        let directory = session.directory.as_deref().map(Path::new);
        let there = directory.and_then(|path| Repository::discover(path, self.config).ok());
        there.is_some_and(|there| there.contains(commit))
    }

    /// What the file of an edit is to the file that has, or had, these paths in the repository;
    /// nothing if it is none of the repository's.
    pub(crate) fn relation(
        &mut self,
        session: &Session,
        (path, directory): (&str, Option<&str>),
        paths: &[String],
    ) -> Option<Relation> {
        let home = self.home(session);
        let path = match directory {
            Some(directory) => Path::new(directory).join(path),
            None => PathBuf::from(path),
        };
        let path = cleaned(&path);
        let (root, same) = match &home {
            Home::Here { root, is_clone: true } => (Some(root), Relation::InClone),
            Home::Here { root, is_clone: false } => (Some(root), Relation::Same),
            _ => (None, Relation::Same),
        };
        let given = session.directory.as_deref().map(Path::new);
        let roots = self.roots.iter().map(|root| (root, Relation::Same));
        for (root, same) in roots.chain(root.map(|root| (root, same))) {
            if let Some(inside) = inside(&path, root, given) {
                let is_same = paths.iter().any(|other| Path::new(other) == inside);
                return Some(if is_same { same } else { Relation::OtherFile });
            }
        }
        if home != Home::Unknown {
            return None;
        }
        let ends = |other: &String| path.ends_with(Path::new(other));
        paths.iter().any(ends).then_some(Relation::MayBe)
    }
}

/// The path below a root; `given` is the session's directory as the tool wrote it, which may lead
/// there by links.
fn inside(path: &Path, root: &Path, given: Option<&Path>) -> Option<PathBuf> {
    if let Ok(inside) = path.strip_prefix(root) {
        return Some(inside.to_owned());
    }
    let given = given?;
    let below = path.strip_prefix(given).ok()?;
    let real = given.canonicalize().ok()?;
    real.join(below).strip_prefix(root).ok().map(Path::to_owned)
}

/// The path without `.` and `..`, by its words alone.
pub(crate) fn cleaned(path: &Path) -> PathBuf {
    let mut cleaned = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(cleaned.pop()),
            other => cleaned.push(other),
        }
    }
    cleaned
}

fn identity_of(place: &Place) -> Identity {
    Identity {
        first_commit: place
            .first_commit
            .as_deref()
            .and_then(|id| CommitId::from_hex(id.as_bytes()).ok()),
        remotes: place.remotes.clone(),
    }
}
