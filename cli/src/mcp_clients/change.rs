//! A change of a file: shown first, then written as a whole.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::record::Mark;
use crate::error::CliError;
use crate::output::{BAD, DIM, GOOD, plain};

/// Largest file that is changed.
const LARGEST: u64 = 64 << 20;

/// Longest line that is shown whole.
const LONGEST_LINE: usize = 200;

/// Stands at the beginning of some texts.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// What a file holds.
#[derive(Debug)]
pub(crate) struct Content {
    /// Nothing: the file is not there.
    whole: Option<String>,
    permissions: Option<Permissions>,
}

/// What a file needed.
#[derive(Debug, Default)]
pub(super) struct Made {
    /// The innermost first.
    pub(super) directories: Vec<PathBuf>,
}

impl Content {
    pub(super) fn read(path: &Path) -> Result<Self, CliError> {
        let failed = |error: io::Error| CliError::file("cannot read", path, &error);
        let metadata = match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if fs::symlink_metadata(path).is_ok() {
                    return Err(failed(error).with_hint("it is a link that leads nowhere"));
                }
                return Ok(Self { whole: None, permissions: None });
            }
            found => found.map_err(failed)?,
        };
        if metadata.len() > LARGEST {
            let error = CliError::new(format!("`{}` is too large to be changed", path.display()));
            return Err(error.with_hint("settings of more than 64 MiB are none"));
        }
        let whole = fs::read(path).map_err(failed)?;
        let whole = String::from_utf8(whole).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            CliError::new(format!("`{}` is no UTF-8 text from byte {at} on", path.display()))
                .with_hint("nothing was changed; write it as UTF-8, then try again")
        })?;
        Ok(Self { whole: Some(whole), permissions: Some(metadata.permissions()) })
    }

    pub(super) fn is_there(&self) -> bool {
        self.whole.is_some()
    }

    /// The text, without a byte order mark.
    pub(super) fn text(&self) -> &str {
        let whole = self.whole.as_deref().unwrap_or_default();
        whole.strip_prefix(BYTE_ORDER_MARK).unwrap_or(whole)
    }

    fn mark(&self) -> &'static str {
        let whole = self.whole.as_deref().unwrap_or_default();
        if whole.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK } else { "" }
    }
}

/// A change of a file.
#[derive(Debug)]
pub(crate) struct Change {
    path: PathBuf,
    before: Content,
    /// Nothing: the file is removed.
    after: Option<String>,
    mark: Option<Mark>,
}

impl Change {
    pub(super) fn new(
        path: &Path,
        before: Content,
        after: Option<String>,
        mark: Option<Mark>,
    ) -> Self {
        Self { path: path.to_owned(), before, after, mark }
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn mark(&self) -> Option<&Mark> {
        self.mark.as_ref()
    }

    /// Shows the lines that go and those that come.
    pub(crate) fn show(&self, output: &mut impl Write) -> io::Result<()> {
        let (before, after) = (self.before.text(), self.after.as_deref().unwrap_or_default());
        let old: Vec<&str> = before.lines().collect();
        let new: Vec<&str> = after.lines().collect();
        let same = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
        let rest = old[same..].iter().rev().zip(new[same..].iter().rev());
        let same_end = rest.take_while(|(old, new)| old == new).count();
        writeln!(output, "{DIM}@@ line {}{DIM:#}", same + 1)?;
        let old = &old[same..old.len() - same_end];
        let new = &new[same..new.len() - same_end];
        if old.iter().chain(new).any(|line| line.len() > LONGEST_LINE) {
            return show_within(output, before, after);
        }
        for line in old {
            writeln!(output, "{BAD}-{}{BAD:#}", plain(line))?;
        }
        for line in new {
            writeln!(output, "{GOOD}+{}{GOOD:#}", plain(line))?;
        }
        Ok(())
    }

    /// Writes it: whoever reads the file finds the old text or the new one.
    ///
    /// # Errors
    /// If the file has changed since it was read.
    pub(super) fn write(self) -> Result<Made, CliError> {
        if Content::read(&self.path)?.whole != self.before.whole {
            let path = self.path.display();
            let error = CliError::new(format!("`{path}` has changed in the meantime"));
            return Err(error.with_hint("nothing was changed; try again"));
        }
        let failed = |error: io::Error| CliError::file("cannot write", &self.path, &error);
        // A link stays one: what it leads to is written.
        let target = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let Some(after) = &self.after else {
            fs::remove_file(&target).map_err(failed)?;
            return Ok(Made::default());
        };
        let directory = target.parent().unwrap_or(Path::new("."));
        let missing = |directory: &&Path| !directory.exists();
        let directories = directory.ancestors().take_while(missing).map(Path::to_owned).collect();
        fs::create_dir_all(directory).map_err(failed)?;
        let mut file =
            tempfile::Builder::new().prefix(".lore-").tempfile_in(directory).map_err(failed)?;
        file.write_all(self.before.mark().as_bytes()).map_err(failed)?;
        file.write_all(after.as_bytes()).map_err(failed)?;
        if let Some(permissions) = &self.before.permissions {
            file.as_file().set_permissions(permissions.clone()).map_err(failed)?;
        }
        file.as_file().sync_all().map_err(failed)?;
        file.persist(&target).map_err(|error| failed(error.error))?;
        Ok(Made { directories })
    }
}

/// Shows what differs where lines are too long to be shown.
fn show_within(output: &mut impl Write, before: &str, after: &str) -> io::Result<()> {
    let same = before.bytes().zip(after.bytes()).take_while(|(old, new)| old == new).count();
    let same = before.floor_char_boundary(same);
    let (old, new) = (&before[same..], &after[after.floor_char_boundary(same)..]);
    let end = old.bytes().rev().zip(new.bytes().rev()).take_while(|(old, new)| old == new).count();
    let old = &old[..old.ceil_char_boundary(old.len() - end)];
    let new = &new[..new.ceil_char_boundary(new.len() - end)];
    for (style, sign, text) in [(BAD, '-', old), (GOOD, '+', new)] {
        if !text.is_empty() {
            writeln!(output, "{style}{sign}…{}…{style:#}", plain(text))?;
        }
    }
    Ok(())
}
