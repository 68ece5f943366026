//! Git's configuration: what the repository says, and what the person says for all repositories.
//!
//! The person's files are handed in; nothing here looks for them. `~` in them is the folder that a
//! file named `.gitconfig` or `.config/git/config` lies in, so that HOME need not be read.

use std::path::{Path, PathBuf};

use gix::bstr::{BString, ByteSlice};
use gix::config::file::{Metadata, includes, init};

use super::Repository;

/// What is known of the person's git, beside the repository.
#[derive(Clone, Debug, Default)]
pub struct GlobalConfig {
    files: Vec<gix::config::File>,
    home: Option<PathBuf>,
}

/// The person's configuration as it applies to one repository.
#[derive(Clone, Debug)]
pub(super) struct AppliedConfig {
    files: Vec<gix::config::File>,
    home: Option<PathBuf>,
}

impl GlobalConfig {
    /// Reads the files; where they differ, later ones win. Those that are missing or unreadable
    /// count as empty.
    pub fn read(files: &[PathBuf]) -> Self {
        let parsed = files.iter().filter_map(|path| {
            let mut bytes = std::fs::read(path).ok()?;
            let metadata = Metadata::from(gix::config::Source::User)
                .at(path.clone())
                .with(gix::sec::Trust::Full);
            gix::config::File::from_bytes_owned(&mut bytes, metadata, init::Options::default()).ok()
        });
        Self { files: parsed.collect(), home: files.iter().find_map(|path| home_of(path)) }
    }

    /// Follows the includes, also those that are for this git directory or branch only.
    pub(super) fn applied_to(
        &self,
        git_dir: &Path,
        branch: Option<&gix::refs::FullNameRef>,
    ) -> AppliedConfig {
        let conditional =
            includes::conditional::Context { git_dir: Some(git_dir), branch_name: branch };
        let options = init::Options {
            includes: includes::Options {
                err_on_max_depth_exceeded: false,
                conditional,
                ..includes::Options::follow_without_conditional(self.home.as_deref())
            },
            lossy: true,
            ignore_io_errors: true,
        };
        let files = self.files.iter().map(|file| {
            let mut complete = file.clone();
            match complete.resolve_includes(options) {
                Ok(()) => complete,
                Err(_) => file.clone(),
            }
        });
        AppliedConfig { files: files.collect(), home: self.home.clone() }
    }
}

impl AppliedConfig {
    /// The value that wins; `true` for a key without a value.
    pub(super) fn string(&self, key: &str) -> Option<BString> {
        let values = self.files.iter().rev();
        values
            .filter_map(|file| file.string_implicit(key))
            .next()
            .map(|value| value.unwrap_or_else(|| "true".into()))
    }

    /// All values, in the order in which they were read.
    pub(super) fn strings(&self, key: &str) -> Vec<BString> {
        let values = self.files.iter().filter_map(|file| file.strings(key));
        values.flatten().collect()
    }

    pub(super) fn files(&self) -> &[gix::config::File] {
        &self.files
    }

    /// Whether `safe.directory` names this folder: an empty entry forgets those before it.
    pub(super) fn trusts(&self, folder: &Path) -> bool {
        let mut trusted = false;
        for entry in self.strings("safe.directory") {
            let entry = entry.to_str_lossy().into_owned();
            if entry.is_empty() {
                trusted = false;
                continue;
            }
            if trusted || entry == "*" {
                trusted = true;
                continue;
            }
            let (named, below) = match entry.strip_suffix("/*") {
                Some(named) => (named, true),
                None => (entry.as_str(), false),
            };
            let named = match (named.strip_prefix("~/"), &self.home) {
                (Some(rest), Some(home)) => home.join(rest),
                _ => PathBuf::from(named),
            };
            let named = named.canonicalize().unwrap_or(named);
            trusted =
                if below { folder.starts_with(&named) && folder != named } else { folder == named };
        }
        trusted
    }
}

impl Repository {
    /// A value of the configuration such as `core.hooksPath`: the repository's, else the person's;
    /// `true` for a key without a value.
    pub fn config(&self, key: &str) -> Option<String> {
        let local = self.inner.config_snapshot();
        let value = match local.plumbing().string_implicit(key) {
            Some(value) => Some(value.unwrap_or_else(|| "true".into())),
            None => self.global.string(key),
        };
        value.map(|value| value.to_str_lossy().into_owned())
    }

    /// A setting of the repository, or else of the person.
    pub(crate) fn setting(&self, key: &str) -> Option<String> {
        let own = self.inner.config_snapshot().plumbing().string(key);
        let value = own.or_else(|| self.global.strings(key).pop())?;
        let text = value.to_str_lossy().trim().to_owned();
        (!text.is_empty()).then_some(text)
    }

    /// The addresses that the person commits with here, in lower case; empty if they are not known.
    pub fn emails(&self) -> Vec<String> {
        let mut emails: Vec<String> = Vec::new();
        for key in ["user.email", "author.email", "committer.email"] {
            let local = self.inner.config_snapshot();
            let values = local.plumbing().strings(key).unwrap_or_default();
            for value in values.into_iter().chain(self.global.strings(key)) {
                let email = value.to_str_lossy().trim().to_lowercase();
                if !email.is_empty() && !emails.contains(&email) {
                    emails.push(email);
                }
            }
        }
        emails
    }
}

fn home_of(file: &Path) -> Option<PathBuf> {
    if file.file_name()? == ".gitconfig" {
        return Some(file.parent()?.to_path_buf());
    }
    let folder = file.parent()?;
    file.ends_with(".config/git/config")
        .then(|| folder.parent()?.parent().map(Path::to_path_buf))?
}
