//! What makes two folders the same repository: the first commit, and where it is shared.

use std::collections::BTreeSet;

use gix::bstr::{BStr, BString, ByteSlice};
use serde::{Deserialize, Serialize};

use super::{CommitId, GitError, Repository};

/// By what a repository is known again, as a clone, a worktree or after it was moved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Where the first parents of HEAD end; none before the first commit, and none in a shallow
    /// clone, which does not know it.
    #[serde(with = "hex")]
    pub first_commit: Option<CommitId>,
    /// Its remotes as `github.com/ada/kettle`, sorted: without scheme, user, password, port, `.git`.
    pub remotes: Vec<String>,
}

impl Identity {
    /// What the URL of a remote tells.
    pub fn of_remote(url: &str) -> Self {
        let url = normalized(url.into(), std::path::Path::new("/"));
        Self { first_commit: None, remotes: url.into_iter().collect() }
    }

    /// Whether both are the same repository: a remote in common, or the same first commit.
    pub fn is_same(&self, other: &Self) -> bool {
        let shared = self.remotes.iter().any(|url| other.remotes.contains(url));
        shared || (self.first_commit.is_some() && self.first_commit == other.first_commit)
    }
}

impl Repository {
    /// Tells the first commit and the remotes. Follows the first parents to their end.
    pub fn identity(&self) -> Result<Identity, GitError> {
        Ok(Identity { first_commit: self.first_commit()?, remotes: self.remotes() })
    }

    fn first_commit(&self) -> Result<Option<CommitId>, GitError> {
        if !self.shallow.is_empty() {
            return Ok(None);
        }
        let mut first = None;
        let mut next = self.head()?;
        while let Some(id) = next {
            // A history whose beginning is missing has no beginning that others would agree on.
            let Some(node) = self.node(id)? else {
                return Ok(None);
            };
            first = Some(id);
            next = node.parents.first().copied();
        }
        Ok(first)
    }

    /// Tells where it is shared: see [`Identity::remotes`].
    pub fn remotes(&self) -> Vec<String> {
        let config = self.inner.config_snapshot();
        let files = std::iter::once(config.plumbing()).chain(self.global.files());
        let rewrites: Vec<(BString, BString)> = files.flat_map(instead_of).collect();
        let remotes = config.plumbing().sections_by_name("remote");
        let urls = remotes.into_iter().flatten().filter_map(|section| {
            let url = section.value("url")?;
            normalized(rewritten(url, &rewrites).as_bstr(), &self.root)
        });
        urls.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// The `url.<base>.insteadOf` of a configuration: what is replaced, and by what.
fn instead_of(config: &gix::config::File) -> Vec<(BString, BString)> {
    let sections = config.sections_by_name("url").into_iter().flatten();
    let pairs = sections.flat_map(|section| {
        let base = section.header().subsection_name().map(BStr::to_owned);
        let replaced = section.values("insteadOf").into_iter();
        replaced.filter_map(|prefix| Some((prefix, base.clone()?))).collect::<Vec<_>>()
    });
    pairs.collect()
}

fn rewritten(url: BString, rewrites: &[(BString, BString)]) -> BString {
    let fitting = rewrites.iter().filter(|(prefix, _)| url.starts_with(prefix));
    match fitting.max_by_key(|(prefix, _)| prefix.len()) {
        Some((prefix, base)) => [base.as_slice(), &url[prefix.len()..]].concat().into(),
        None => url,
    }
}

/// Makes `github.com/ada/kettle` of all the ways to write it, and an absolute path of a local one.
fn normalized(url: &BStr, root: &std::path::Path) -> Option<String> {
    let url = url.to_str_lossy();
    let url = url.trim();
    let (host, path) = match url.split_once("://") {
        Some(("file", path)) => ("", path.to_string()),
        Some((_, rest)) => {
            let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
            (authority, path.to_string())
        }
        None => match url.split_once(':') {
            // As git has it: a colon before any slash is a host's, but a single letter is a drive.
            Some((host, path)) if host.len() > 1 && !host.contains('/') => (host, path.to_string()),
            _ => ("", root.join(url).to_string_lossy().into_owned()),
        },
    };
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    // The colons of an IPv6 address stand in brackets, that of a port after them.
    let host = match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => host,
    };
    let path = path.trim_end_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let path = path.trim_end_matches('/');
    if host.is_empty() {
        return (!path.is_empty()).then(|| path.to_string());
    }
    let path = path.trim_start_matches('/');
    Some(format!("{}/{path}", host.to_lowercase()))
}

/// A commit's id as text, of whatever hash.
mod hex {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use super::CommitId;

    pub(super) fn serialize<S: Serializer>(
        id: &Option<CommitId>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        id.map(|id| id.to_string()).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<CommitId>, D::Error> {
        let text: Option<String> = Option::deserialize(deserializer)?;
        text.map(|text| CommitId::from_hex(text.as_bytes())).transpose().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::normalized;

    #[track_caller]
    fn check(url: &str, expected: &str) {
        let found = normalized(url.into(), Path::new("/srv/work"));
        assert_eq!(found.as_deref(), Some(expected), "{url}");
    }

    #[test]
    fn all_ways_to_write_a_remote_are_one() {
        let kettle = "github.com/ada/kettle";
        check("https://github.com/ada/kettle.git", kettle);
        check("https://ada:secret@GitHub.com/ada/kettle/", kettle);
        check("ssh://git@github.com:22/ada/kettle.git", kettle);
        check("git@github.com:ada/kettle.git", kettle);
        check("github.com:/ada/kettle", kettle);
        check("git://github.com/ada/kettle.git/", kettle);
        check("ssh://git@[::1]:22/ada/kettle.git", "[::1]/ada/kettle");
    }

    #[test]
    fn local_remotes_keep_their_path() {
        check("/srv/git/kettle.git", "/srv/git/kettle");
        check("file:///srv/git/kettle.git/", "/srv/git/kettle");
        check("tea.git", "/srv/work/tea");
    }
}
