//! The program at a terminal of its own, as a person sees it.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use pty_process::Size;
use pty_process::blocking::{Pty, open};
use rustix::termios::{LocalModes, tcgetattr};

use crate::{Outcome, TestEnv, wait_until};

/// Time after which a program that neither writes nor ends is taken to hang.
const PATIENCE: Duration = Duration::from_secs(300);

/// The same for the rest of the screen, once the program has ended.
const PATIENCE_OF_THE_SCREEN: Duration = Duration::from_secs(10);

/// A program at a terminal. It is killed if the test ends before it.
pub struct Terminal {
    child: Child,
    root: PathBuf,
    keyboard: Arc<Pty>,
    screen: Arc<Mutex<Vec<u8>>>,
    reading: JoinHandle<()>,
    /// How much of the screen was expected, in bytes.
    seen: usize,
}

impl Terminal {
    /// Starts a command that was made of [`TestEnv::command`] or [`TestEnv::other`].
    ///
    /// # Panics
    /// If there are no terminals.
    pub fn start(env: &TestEnv, mut command: Command) -> Self {
        command.env("TERM", "xterm");
        let (pty, tty) = open().expect("there are terminals");
        // Wide enough that no line of a test is broken.
        pty.resize(Size::new(50, 300)).expect("a terminal has a size");
        let child = pty_process::blocking::Command::from(command)
            .spawn(tty)
            .expect("the built program can be run");
        let keyboard = Arc::new(pty);
        let screen = Arc::new(Mutex::new(Vec::new()));
        let (pty, bytes) = (Arc::clone(&keyboard), Arc::clone(&screen));
        let reading = std::thread::spawn(move || {
            let mut piece = [0; 4096];
            // The end of the last program is an error on some systems.
            while let Ok(length @ 1..) = (&*pty).read(&mut piece) {
                let mut bytes = bytes.lock().unwrap_or_else(PoisonError::into_inner);
                bytes.extend(&piece[..length]);
            }
        });
        Self { child, root: env.root().to_owned(), keyboard, screen, reading, seen: 0 }
    }

    /// Waits until a text stands on the screen, after what was expected before; returns what stands
    /// between the two.
    ///
    /// # Panics
    /// If it does not come.
    #[track_caller]
    pub fn expect(&mut self, text: &str) -> String {
        let seen = self.seen;
        let mut found = None;
        let mut ended = false;
        let _ = wait_until(PATIENCE, || {
            // What was written before the end is on the screen a moment later.
            ended = self.reading.is_finished();
            let screen = self.screen();
            found = screen.get(seen..).and_then(|rest| rest.find(text)).map(|at| seen + at);
            found.is_some() || ended
        });
        let screen = self.screen();
        let Some(at) = found else {
            panic!("`{text}` does not come (ended: {ended}):\n{screen}");
        };
        self.seen = at + text.len();
        screen[seen..at].to_owned()
    }

    /// Types a line.
    ///
    /// # Panics
    /// If nobody is there to read it.
    pub fn send_line(&mut self, line: &str) {
        self.send(&format!("{line}\n"));
    }

    /// Types a line, once the terminal does not show what is typed.
    ///
    /// # Panics
    /// If it goes on showing it.
    #[track_caller]
    pub fn send_secret(&mut self, line: &str) {
        let hidden = wait_until(PATIENCE, || {
            let modes = tcgetattr(&*self.keyboard).expect("a terminal has modes").local_modes;
            !modes.contains(LocalModes::ECHO)
        });
        assert!(hidden, "what is typed is shown:\n{}", self.screen());
        self.send_line(line);
    }

    /// Types keys, as the bytes that they send.
    ///
    /// # Panics
    /// If nobody is there to read them.
    pub fn send(&mut self, keys: &str) {
        (&*self.keyboard).write_all(keys.as_bytes()).expect("the terminal is open");
    }

    /// What it did, once it has ended: the whole screen is its standard output.
    ///
    /// # Panics
    /// If it hangs.
    pub fn end(mut self) -> Outcome {
        let ended = wait_until(PATIENCE, || {
            self.child.try_wait().expect("a child's state is known").is_some()
        });
        assert!(ended, "it hangs; the screen is\n{}", self.screen());
        // What it has left running may hold the terminal.
        let _ = wait_until(PATIENCE_OF_THE_SCREEN, || self.reading.is_finished());
        let status = self.child.wait().expect("an ended child has a status");
        Outcome::new(status, self.screen(), String::new(), &self.root)
    }

    /// The text on the screen: without colours and the like, and with plain ends of lines.
    fn screen(&self) -> String {
        let bytes = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        plain(&String::from_utf8_lossy(&bytes))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Both fail if it has ended, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The text without escape sequences: `ESC [ … letter`, `ESC ] … BEL` or `ESC letter`.
fn plain(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\u{1b}' => match characters.next() {
                Some('[') => {
                    while characters.next().is_some_and(|next| !('@'..='~').contains(&next)) {}
                }
                Some(']') => while characters.next().is_some_and(|next| next != '\u{7}') {},
                _ => {}
            },
            '\r' if characters.peek() == Some(&'\n') => {}
            character => result.push(character),
        }
    }
    result
}

#[test]
fn what_steers_a_terminal_is_left_out() {
    let text = "\u{1b}[1;31mred\u{1b}[0m\r\n\u{1b}]0;title\u{7}next\u{1b}[?25l\u{1b}c\rsame";
    assert_eq!(plain(text), "red\nnext\rsame");
}
