//! The file that is being read, and its siblings.

use std::collections::BTreeMap;

use crate::bindings::lore::watcher::source as host;
use crate::{ParseError, Value, glob};

/// A file of the tool, given by the host or held in memory.
pub struct Source(Inner);

enum Inner {
    Host(host::File),
    Memory { path: String, modified: i64, files: BTreeMap<String, Vec<u8>> },
}

impl Source {
    pub(crate) fn host(file: host::File) -> Self {
        Self(Inner::Host(file))
    }

    /// A source in memory, for tests outside WebAssembly.
    pub fn memory(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        let path = path.into();
        let files = BTreeMap::from([(path.clone(), bytes.into())]);
        Self(Inner::Memory { path, modified: 0, files })
    }

    /// Adds a file beside a source in memory.
    ///
    /// # Panics
    /// If the source is the host's.
    #[must_use]
    pub fn with_sibling(mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        match &mut self.0 {
            Inner::Memory { files, .. } => files.insert(path.into(), bytes.into()),
            Inner::Host(_) => panic!("the host's files are what they are"),
        };
        self
    }

    /// Path relative to the location's base, with `/`: `projects/-home-a/1b2c.jsonl`.
    pub fn path(&self) -> String {
        match &self.0 {
            Inner::Host(file) => file.path(),
            Inner::Memory { path, .. } => path.clone(),
        }
    }

    /// The file's name without its last extension: `1b2c`.
    pub fn stem(&self) -> String {
        let path = self.path();
        let name = path.rsplit('/').next().unwrap_or(&path);
        name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
    }

    /// Bytes, decompressed.
    pub fn size(&self) -> u64 {
        match &self.0 {
            Inner::Host(file) => file.size(),
            Inner::Memory { path, files, .. } => files[path].len() as u64,
        }
    }

    /// When the file was last written, in milliseconds since the Unix epoch.
    pub fn modified(&self) -> i64 {
        match &self.0 {
            Inner::Host(file) => file.modified(),
            Inner::Memory { modified, .. } => *modified,
        }
    }

    /// At most `max` bytes (1 MiB) from `offset`; empty at the end.
    ///
    /// # Errors
    /// [`ParseError::Read`] with the host's words.
    pub fn read(&self, offset: u64, max: u32) -> Result<Vec<u8>, ParseError> {
        match &self.0 {
            Inner::Host(file) => file.read(offset, max).map_err(ParseError::Read),
            Inner::Memory { path, files, .. } => {
                let bytes = &files[path];
                let from = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                let to = from.saturating_add(max as usize).min(bytes.len());
                Ok(bytes[from..to].to_vec())
            }
        }
    }

    /// Opens another file below the location's base.
    ///
    /// # Errors
    /// [`ParseError::Read`] with the host's words.
    pub fn open(&self, path: &str) -> Result<Source, ParseError> {
        match &self.0 {
            Inner::Host(_) => host::open(path).map(Source::host).map_err(ParseError::Read),
            Inner::Memory { modified, files, .. } if files.contains_key(path) => {
                let (path, files) = (path.to_owned(), files.clone());
                Ok(Self(Inner::Memory { path, modified: *modified, files }))
            }
            Inner::Memory { .. } => Err(ParseError::Read(format!("no file `{path}`"))),
        }
    }

    /// Paths below the location's base that match a glob, sorted.
    ///
    /// # Errors
    /// [`ParseError::Read`] with the host's words: there are too many, say.
    pub fn find(&self, pattern: &str) -> Result<Vec<String>, ParseError> {
        match &self.0 {
            Inner::Host(_) => host::find(pattern).map_err(ParseError::Read),
            Inner::Memory { files, .. } => {
                let matching = files.keys().filter(|path| glob::is_match(pattern, path));
                Ok(matching.cloned().collect())
            }
        }
    }

    /// Rows of one read-only statement, if the file is an SQLite database. The host bounds their
    /// bytes, so large tables are read in pieces: `WHERE id > ?1 ORDER BY id LIMIT 100`.
    ///
    /// Outside WebAssembly this needs the feature `fixture`.
    ///
    /// # Errors
    /// [`ParseError::Read`] with the host's words: it is no database, the statement is wrong or
    /// takes too long, the result is too large.
    pub fn query(&self, sql: &str, params: &[Value]) -> Result<Vec<Vec<Value>>, ParseError> {
        match &self.0 {
            Inner::Host(file) => file.query(sql, params).map_err(ParseError::Read),
            #[cfg(feature = "fixture")]
            Inner::Memory { path, files, .. } => crate::memory::query(&files[path], sql, params)
                .map_err(|error| ParseError::Read(format!("`{path}`: {error}"))),
            #[cfg(not(feature = "fixture"))]
            Inner::Memory { path, .. } => {
                Err(ParseError::Read(format!("`{path}` cannot be queried without `fixture`")))
            }
        }
    }

    /// The names of a table's columns; none if the database has no such table.
    ///
    /// # Errors
    /// As for [`Source::query`].
    pub fn columns(&self, table: &str) -> Result<Vec<String>, ParseError> {
        let rows = self.query("SELECT name FROM pragma_table_info(?1)", &[table.into()])?;
        Ok(rows.iter().filter_map(|row| row.first()?.as_text().map(str::to_owned)).collect())
    }

    /// The whole file, refused beyond `limit` bytes.
    ///
    /// # Errors
    /// [`ParseError::Read`] if it is larger or cannot be read.
    pub fn read_whole(&self, limit: u64) -> Result<Vec<u8>, ParseError> {
        let size = self.size();
        if size > limit {
            return Err(ParseError::Read(format!("{size} bytes are more than {limit}")));
        }
        let mut bytes = Vec::with_capacity(size as usize);
        loop {
            let chunk = self.read(bytes.len() as u64, crate::jsonl::CHUNK)?;
            if chunk.is_empty() {
                return Ok(bytes);
            }
            bytes.extend_from_slice(&chunk);
        }
    }
}
