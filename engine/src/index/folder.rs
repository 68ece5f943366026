//! The folder that the index lies in, with fewer waits for the disk than tantivy's own.
//!
//! The index can be built anew at any time, so it need not survive the loss of power, as long as
//! what is left of it is not taken for the whole. Large files are flushed to the disk when they are
//! complete, as is the list of segments at each commit. Small files, of which the commit of a
//! single message writes half a dozen, are left to the system: opening compares their checksums.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tantivy::Directory;
use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    AntiCallToken, DirectoryLock, FileHandle, Lock, MmapDirectory, TerminatingWrite, WatchCallback,
    WatchHandle, WritePtr,
};

/// Files of up to so many bytes are not flushed.
pub(super) const SMALL_FILE: u64 = 64 << 10;

/// The list of segments.
pub(super) const SEGMENTS: &str = "meta.json";

/// How files begin that are not complete.
const INCOMPLETE: &str = ".new-";

/// A folder of tantivy's.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    path: PathBuf,
    mapped: MmapDirectory,
}

impl Folder {
    /// Nobody else may have it open.
    pub(super) fn open(path: &Path) -> tantivy::Result<Folder> {
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(INCOMPLETE) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(Folder { path: path.to_owned(), mapped: MmapDirectory::open(path)? })
    }

    fn flush_entries(&self) -> io::Result<()> {
        // Elsewhere a folder cannot be opened, and its entries are flushed with the files.
        if cfg!(unix) { File::open(&self.path)?.sync_data() } else { Ok(()) }
    }
}

impl Directory for Folder {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.mapped.get_file_handle(path)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.mapped.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.mapped.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        let place = self.path.join(path);
        // What a commit left that was interrupted: no list of segments names it, and the commit that
        // is made in its place uses the same names.
        let cleared = match fs::remove_file(&place) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
        let create = || OpenOptions::new().write(true).create_new(true).open(&place);
        let file = cleared.and_then(|()| create());
        let file = file.map_err(|error| OpenWriteError::wrap_io_error(error, path.to_owned()))?;
        Ok(BufWriter::new(Box::new(Writer { file, written: 0 })))
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.mapped.atomic_read(path)
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        let durable = path == Path::new(SEGMENTS);
        let mut file = tempfile::Builder::new().prefix(INCOMPLETE).tempfile_in(&self.path)?;
        file.write_all(data)?;
        if durable {
            file.as_file().sync_data()?;
        }
        file.persist(self.path.join(path))?;
        if durable { self.flush_entries() } else { Ok(()) }
    }

    fn sync_directory(&self) -> io::Result<()> {
        // The entries are flushed once, after the list of segments.
        Ok(())
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        self.mapped.acquire_lock(lock)
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.mapped.watch(callback)
    }
}

/// A file that is being written.
struct Writer {
    file: File,
    written: u64,
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.written += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl TerminatingWrite for Writer {
    fn terminate_ref(&mut self, _: AntiCallToken) -> io::Result<()> {
        if self.written > SMALL_FILE { self.file.sync_data() } else { Ok(()) }
    }
}
