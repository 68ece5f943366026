//! Clocks that are wrong: a library that the program is made to load tells it another time.

use std::process::Command;
use std::sync::OnceLock;

use lore_tests::Machine;
use tempfile::TempDir;

/// Stands in for the system's own function, and adds the seconds that a variable holds.
const LIBRARY: &str = r#"
#![no_std]
use core::ffi::{c_char, c_int, c_long};
#[repr(C)]
pub struct Timespec { seconds: i64, nanoseconds: i64 }
#[link(name = "c")]
unsafe extern "C" {
    fn syscall(number: c_long, ...) -> c_long;
    fn getenv(name: *const c_char) -> *const c_char;
    fn atoll(text: *const c_char) -> i64;
}
#[cfg(target_arch = "x86_64")]
const CLOCK_GETTIME: c_long = 228;
#[cfg(target_arch = "aarch64")]
const CLOCK_GETTIME: c_long = 113;
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clock_gettime(clock: c_int, time: *mut Timespec) -> c_int {
    let result = unsafe { syscall(CLOCK_GETTIME, clock as c_long, time) };
    let ahead = unsafe { getenv(c"TEST_SECONDS_AHEAD".as_ptr()) };
    if clock == 0 && result == 0 && !ahead.is_null() {
        unsafe { (*time).seconds += atoll(ahead) };
    }
    result as c_int
}
// Never called; the precompiled `core` may name it.
#[unsafe(no_mangle)]
pub extern "C" fn rust_eh_personality() {}
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! { loop {} }
"#;

/// Whether the clocks of programs can be set here.
pub(super) fn can_be_set() -> bool {
    let can = cfg!(all(
        target_os = "linux",
        target_env = "gnu",
        any(target_arch = "x86_64", target_arch = "aarch64")
    ));
    if !can {
        println!("skipped: the clocks of programs cannot be set on this system");
    }
    can
}

/// Makes the machine's clock go so many seconds ahead, or behind.
pub(super) fn set(mate: &mut Machine, seconds: i64) {
    static BUILT: OnceLock<(TempDir, String)> = OnceLock::new();
    let (_, library) = BUILT.get_or_init(|| {
        let directory = TempDir::with_prefix("clock-").expect("there is room for a test");
        let source = directory.path().join("clock.rs");
        std::fs::write(&source, LIBRARY).expect("there is room for a test");
        let library = directory.path().join("libclock.so");
        let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or("rustc".into()));
        rustc.args(["--edition", "2024", "--crate-type", "cdylib", "-C", "panic=abort", "-o"]);
        let output = rustc.arg(&library).arg(&source).output().expect("there is a compiler");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let library = library.to_str().expect("it is text").to_owned();
        (directory, library)
    });
    mate.variables.retain(|(name, _)| name != "LD_PRELOAD" && name != "TEST_SECONDS_AHEAD");
    mate.variables.push(("LD_PRELOAD".to_owned(), library.clone()));
    mate.variables.push(("TEST_SECONDS_AHEAD".to_owned(), seconds.to_string()));
}
