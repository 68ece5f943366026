//! What SQLite sees of the world: one snapshot, and a little memory instead of temporary files.
//!
//! Each connection has a file system of its own, so there is nothing else that it could open. It has
//! no locks, no shared memory, no directory, no clock and no chance to write but into its own memory,
//! of which there is a limit.
//!
//! All of Lore's calls of C that the compiler cannot check are in this file.
#![expect(unsafe_code, reason = "SQLite calls a file system through C pointers")]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Once};
use std::{ptr, slice};

use rusqlite::ffi::{self, sqlite3_file, sqlite3_io_methods, sqlite3_vfs};

use super::snapshot::Snapshot;

/// The name under which SQLite opens the snapshot.
pub(super) const DATABASE: &CStr = c"/database";
/// Bytes of memory that sorting and other temporary data of one connection may take.
const SCRATCH: usize = 64 << 20;
/// Bytes of memory that SQLite may take for all connections of the process. A statement of a few
/// words can ask for any amount, and SQLite has no limit for one connection.
const HEAP: i64 = 1 << 30;

/// A file system, known to SQLite for as long as it lives.
pub(super) struct Vfs {
    name: CString,
    /// A box, until this is dropped.
    shared: *mut Shared,
}

/// What SQLite has pointers to.
struct Shared {
    vfs: sqlite3_vfs,
    snapshot: Arc<Snapshot>,
    /// Bytes that temporary files have taken.
    scratch: Arc<AtomicUsize>,
}

/// A file as SQLite knows it. It allocates it and puts the methods' address into `base`.
#[repr(C)]
struct Opened {
    base: sqlite3_file,
    /// A box, from opening to closing.
    content: *mut Content,
}

enum Content {
    Database(Arc<Snapshot>),
    Scratch { bytes: Vec<u8>, taken: Arc<AtomicUsize> },
}

// SAFETY: what `shared` points to is owned by this alone, and may be used by any thread: its `vfs` is
// changed by SQLite only, under a lock, as a link of the list of file systems.
unsafe impl Send for Vfs {}

impl Vfs {
    /// Makes a snapshot known to SQLite; None if it does not want to.
    pub(super) fn register(snapshot: Arc<Snapshot>) -> Option<Self> {
        static HEAP_LIMIT: Once = Once::new();
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        // SAFETY: may be called at any time, from any thread.
        HEAP_LIMIT.call_once(|| unsafe {
            ffi::sqlite3_hard_heap_limit64(HEAP);
        });
        let name = format!("lore-snapshot-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let name = CString::new(name).ok()?;
        let shared = Box::into_raw(Box::new(Shared {
            vfs: sqlite3_vfs {
                iVersion: 1,
                szOsFile: size_of::<Opened>() as c_int,
                mxPathname: 512,
                pNext: ptr::null_mut(),
                zName: name.as_ptr(),
                pAppData: ptr::null_mut(),
                xOpen: Some(open),
                xDelete: Some(delete),
                xAccess: Some(access),
                xFullPathname: Some(full_path),
                xDlOpen: Some(open_library),
                xDlError: Some(library_error),
                xDlSym: Some(library_symbol),
                xDlClose: Some(close_library),
                xRandomness: Some(randomness),
                xSleep: Some(sleep),
                xCurrentTime: Some(current_time),
                xGetLastError: Some(last_error),
                xCurrentTimeInt64: None,
                xSetSystemCall: None,
                xGetSystemCall: None,
                xNextSystemCall: None,
            },
            snapshot,
            scratch: Arc::default(),
        }));
        let vfs = Self { name, shared };
        // SAFETY: `shared` stays where it is until `drop` has made SQLite forget it. The functions are
        // those below, and the name is text that ends in a zero and lives as long.
        let code = unsafe {
            (*shared).vfs.pAppData = shared.cast();
            ffi::sqlite3_vfs_register(&raw mut (*shared).vfs, 0)
        };
        (code == ffi::SQLITE_OK).then_some(vfs)
    }

    /// The name by which a connection asks for it.
    pub(super) fn name(&self) -> &CStr {
        &self.name
    }
}

impl Drop for Vfs {
    fn drop(&mut self) {
        // SAFETY: it is a box that nobody else frees. Forgetting a file system that is not known is
        // harmless, and the connection that uses this one is dropped before.
        unsafe {
            ffi::sqlite3_vfs_unregister(&raw mut (*self.shared).vfs);
            drop(Box::from_raw(self.shared));
        }
    }
}

impl Drop for Content {
    fn drop(&mut self) {
        if let Self::Scratch { bytes, taken } = self {
            taken.fetch_sub(bytes.len(), Ordering::Relaxed);
        }
    }
}

impl Content {
    fn size(&self) -> u64 {
        match self {
            Self::Database(snapshot) => snapshot.size(),
            Self::Scratch { bytes, .. } => bytes.len() as u64,
        }
    }

    /// Fills the buffer, with zeros where the file has ended.
    fn read(&self, buffer: &mut [u8], offset: u64) -> c_int {
        let filled = match self {
            Self::Database(snapshot) => match snapshot.read(buffer, offset) {
                Ok(filled) => filled,
                Err(_) => return ffi::SQLITE_IOERR_READ,
            },
            Self::Scratch { bytes, .. } => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX);
                let there = bytes.get(start..).unwrap_or_default();
                let filled = there.len().min(buffer.len());
                buffer[..filled].copy_from_slice(&there[..filled]);
                filled
            }
        };
        match buffer.get_mut(filled..) {
            Some(rest) if !rest.is_empty() => {
                rest.fill(0);
                ffi::SQLITE_IOERR_SHORT_READ
            }
            _ => ffi::SQLITE_OK,
        }
    }

    fn write(&mut self, buffer: &[u8], offset: u64) -> c_int {
        let end = usize::try_from(offset).ok().and_then(|start| start.checked_add(buffer.len()));
        let Some(end) = end else { return ffi::SQLITE_FULL };
        match self.resize(end.max(self.size() as usize)) {
            ffi::SQLITE_OK => {}
            refused => return refused,
        }
        if let Self::Scratch { bytes, .. } = self
            && let Some(target) = bytes.get_mut(end - buffer.len()..end)
        {
            target.copy_from_slice(buffer);
        }
        ffi::SQLITE_OK
    }

    fn resize(&mut self, size: usize) -> c_int {
        let Self::Scratch { bytes, taken } = self else { return ffi::SQLITE_READONLY };
        let others = taken.load(Ordering::Relaxed).saturating_sub(bytes.len());
        if size > SCRATCH.saturating_sub(others) {
            return ffi::SQLITE_FULL;
        }
        bytes.resize(size, 0);
        // All files of a connection are written by one thread.
        taken.store(others + size, Ordering::Relaxed);
        ffi::SQLITE_OK
    }
}

/// The methods of every file. Version 1 has neither shared memory nor mappings.
static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    iVersion: 1,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(lock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: None,
    xShmLock: None,
    xShmBarrier: None,
    xShmUnmap: None,
    xFetch: None,
    xUnfetch: None,
};

unsafe extern "C" fn open(
    vfs: *mut sqlite3_vfs,
    name: *const c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    const TEMPORARY: c_int = ffi::SQLITE_OPEN_TEMP_DB
        | ffi::SQLITE_OPEN_TRANSIENT_DB
        | ffi::SQLITE_OPEN_TEMP_JOURNAL
        | ffi::SQLITE_OPEN_SUBJOURNAL;
    // SAFETY: SQLite gives the file system that was registered, whose `pAppData` is the `Shared` that
    // lives longer than any connection; room of `szOsFile` bytes for the file; a name that is null or
    // ends in a zero; and a place for flags, or null.
    unsafe {
        let file = file.cast::<Opened>();
        (&raw mut (*file).base.pMethods).write(ptr::null());
        let shared = (*vfs).pAppData.cast::<Shared>();
        let content = if flags & TEMPORARY != 0 {
            Content::Scratch { bytes: Vec::new(), taken: (*shared).scratch.clone() }
        } else if flags & ffi::SQLITE_OPEN_MAIN_DB != 0
            && !name.is_null()
            && CStr::from_ptr(name) == DATABASE
        {
            if !flags_out.is_null() {
                *flags_out = flags & !ffi::SQLITE_OPEN_READWRITE | ffi::SQLITE_OPEN_READONLY;
            }
            Content::Database((*shared).snapshot.clone())
        } else {
            return ffi::SQLITE_CANTOPEN;
        };
        (&raw mut (*file).content).write(Box::into_raw(Box::new(content)));
        (&raw mut (*file).base.pMethods).write(&METHODS);
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    // SAFETY: SQLite closes a file that `open` made once, and does not use it afterwards.
    unsafe { drop(Box::from_raw((*file.cast::<Opened>()).content)) };
    ffi::SQLITE_OK
}

/// The content of an open file.
///
/// # Safety
/// `file` was made by `open` and is not closed, and nothing else uses its content meanwhile.
unsafe fn content<'a>(file: *mut sqlite3_file) -> &'a mut Content {
    // SAFETY: as above; `content` is a box until then.
    unsafe { &mut *(*file.cast::<Opened>()).content }
}

unsafe extern "C" fn read(
    file: *mut sqlite3_file,
    buffer: *mut c_void,
    length: c_int,
    offset: i64,
) -> c_int {
    let (Ok(length), Ok(offset)) = (usize::try_from(length), u64::try_from(offset)) else {
        return ffi::SQLITE_IOERR_READ;
    };
    // SAFETY: the file is open, and a connection is used by one thread at a time. There is room for
    // `length` bytes; since it need not have been written to, it is cleared before it is a slice.
    unsafe {
        ptr::write_bytes(buffer.cast::<u8>(), 0, length);
        content(file).read(slice::from_raw_parts_mut(buffer.cast(), length), offset)
    }
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    buffer: *const c_void,
    length: c_int,
    offset: i64,
) -> c_int {
    let (Ok(length), Ok(offset)) = (usize::try_from(length), u64::try_from(offset)) else {
        return ffi::SQLITE_IOERR_WRITE;
    };
    // SAFETY: the file is open, a connection is used by one thread at a time, and SQLite gives
    // `length` bytes.
    unsafe { content(file).write(slice::from_raw_parts(buffer.cast(), length), offset) }
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: i64) -> c_int {
    let Ok(size) = usize::try_from(size) else { return ffi::SQLITE_IOERR_TRUNCATE };
    // SAFETY: the file is open, and a connection is used by one thread at a time.
    unsafe { content(file).resize(size) }
}

unsafe extern "C" fn file_size(file: *mut sqlite3_file, size: *mut i64) -> c_int {
    // SAFETY: the file is open, a connection is used by one thread at a time, and there is a place
    // for the size.
    unsafe { *size = i64::try_from(content(file).size()).unwrap_or(i64::MAX) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn sync(_: *mut sqlite3_file, _: c_int) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn lock(_: *mut sqlite3_file, _: c_int) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn check_reserved_lock(_: *mut sqlite3_file, is_locked: *mut c_int) -> c_int {
    // SAFETY: there is a place for the answer.
    unsafe { *is_locked = 0 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_control(_: *mut sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut sqlite3_file) -> c_int {
    0
}

unsafe extern "C" fn characteristics(file: *mut sqlite3_file) -> c_int {
    // SAFETY: the file is open, and a connection is used by one thread at a time.
    match unsafe { content(file) } {
        // A snapshot does not change, so SQLite neither locks it nor looks for journals.
        Content::Database(_) => ffi::SQLITE_IOCAP_IMMUTABLE,
        Content::Scratch { .. } => 0,
    }
}

unsafe extern "C" fn delete(_: *mut sqlite3_vfs, _: *const c_char, _: c_int) -> c_int {
    ffi::SQLITE_READONLY
}

unsafe extern "C" fn access(
    _: *mut sqlite3_vfs,
    _: *const c_char,
    _: c_int,
    is_there: *mut c_int,
) -> c_int {
    // SAFETY: there is a place for the answer.
    unsafe { *is_there = 0 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_path(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    room: c_int,
    path: *mut c_char,
) -> c_int {
    // SAFETY: the name ends in a zero, there is room for so many bytes, and they do not overlap.
    unsafe {
        let name = CStr::from_ptr(name).to_bytes_with_nul();
        if name.len() > usize::try_from(room).unwrap_or(0) {
            return ffi::SQLITE_CANTOPEN;
        }
        ptr::copy_nonoverlapping(name.as_ptr(), path.cast(), name.len());
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn open_library(_: *mut sqlite3_vfs, _: *const c_char) -> *mut c_void {
    ptr::null_mut()
}

unsafe extern "C" fn library_error(_: *mut sqlite3_vfs, room: c_int, message: *mut c_char) {
    if room > 0 {
        // SAFETY: there is room for a byte.
        unsafe { *message = 0 };
    }
}

type Symbol = unsafe extern "C" fn(*mut sqlite3_vfs, *mut c_void, *const c_char);

unsafe extern "C" fn library_symbol(
    _: *mut sqlite3_vfs,
    _: *mut c_void,
    _: *const c_char,
) -> Option<Symbol> {
    None
}

unsafe extern "C" fn close_library(_: *mut sqlite3_vfs, _: *mut c_void) {}

unsafe extern "C" fn randomness(_: *mut sqlite3_vfs, length: c_int, bytes: *mut c_char) -> c_int {
    // SAFETY: there is room for so many bytes.
    unsafe { ptr::write_bytes(bytes, 0, usize::try_from(length).unwrap_or(0)) };
    length
}

unsafe extern "C" fn sleep(_: *mut sqlite3_vfs, _: c_int) -> c_int {
    0
}

/// Day zero, which SQLite's functions take for unknown: a plugin has no clock.
unsafe extern "C" fn current_time(_: *mut sqlite3_vfs, day: *mut f64) -> c_int {
    // SAFETY: there is a place for the answer.
    unsafe { *day = 0.0 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn last_error(_: *mut sqlite3_vfs, _: c_int, _: *mut c_char) -> c_int {
    0
}
