//! Answers at the control socket, a thread for each connection.
//!
//! What is asked goes to the loop, which sends back lines. A ping is answered here.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use serde::Serialize;

use super::control::{Answer, Command, LONGEST_LINE, Notice};
use super::event::{Answers, Event};
use crate::home::Home;
use crate::socket;

/// Connections at a time; more are hung up on.
const MOST: usize = 100;

/// How long a client may take to ask, or to take in a line.
const PATIENCE: Duration = Duration::from_secs(10);

/// Lines that a client may be behind before it misses some.
const BEHIND: usize = 4096;

/// Listens until it is dropped. Whoever makes one has the daemon's lock.
pub(super) struct Listener {
    socket: PathBuf,
}

impl Listener {
    pub(super) fn start(home: &Home, events: SyncSender<Event>) -> io::Result<Self> {
        let socket = socket::path(home.root(), socket::DAEMON)?;
        let listener = socket::listen(&socket)?;
        std::thread::spawn(move || listen(&listener, &events));
        Ok(Self { socket })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // The thread ends with the process.
        let _ = std::fs::remove_file(&self.socket);
    }
}

fn listen(listener: &UnixListener, events: &SyncSender<Event>) {
    let connections = Arc::new(());
    for stream in listener.incoming() {
        match stream {
            Ok(stream) if Arc::strong_count(&connections) <= MOST => {
                let (counted, events) = (Arc::clone(&connections), events.clone());
                std::thread::spawn(move || {
                    // A client that goes away in the middle is no concern of ours.
                    let _ = serve(stream, &events);
                    drop(counted);
                });
            }
            Ok(_) => {}
            // There are too many open files: some will be closed.
            Err(_) => std::thread::sleep(Duration::from_millis(100)),
        }
    }
}

fn serve(mut stream: UnixStream, events: &SyncSender<Event>) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = String::new();
    BufReader::new(&stream).take(LONGEST_LINE).read_line(&mut line)?;
    let command: Command = match serde_json::from_str(&line) {
        Ok(command) => command,
        Err(error) => {
            let message = format!("this is no command that lore {} knows: {error}", version());
            return stream.write_all(json_line(&Answer::Error { message }).as_bytes());
        }
    };
    if command == Command::Ping {
        let answer = Answer::Pong { pid: std::process::id(), version: version().to_owned() };
        return stream.write_all(json_line(&answer).as_bytes());
    }
    let (answers, lines) = sync_channel(BEHIND);
    if command == Command::Watch {
        let (mut reader, hung_up) = (stream.try_clone()?, answers.clone());
        reader.set_read_timeout(None)?;
        std::thread::spawn(move || {
            let _ = reader.read(&mut [0]);
            let _ = hung_up.send(None);
        });
    }
    if events.send(Event::Asked(command, answers)).is_err() {
        return Ok(());
    }
    let mut answer = lines.into_iter().map_while(|line| line);
    let told = answer.try_for_each(|line| stream.write_all(line.as_bytes()));
    // Wakes the thread that waits for the client to hang up.
    let _ = stream.shutdown(Shutdown::Both);
    told
}

/// Those who watch.
#[derive(Default)]
pub(super) struct Audience {
    watching: Vec<Answers>,
}

impl Audience {
    /// Somebody watches from now on, and is told this first.
    pub(super) fn join(&mut self, answers: Answers, first: &Notice) {
        if answers.try_send(Some(json_line(first))).is_ok() {
            self.watching.push(answers);
        }
    }

    /// Tells all. Who hung up is not told any more, who does not keep up misses something.
    pub(super) fn tell(&mut self, notice: &Notice) {
        if self.watching.is_empty() {
            return;
        }
        let line = json_line(notice);
        self.watching.retain(|answers| {
            !matches!(answers.try_send(Some(line.clone())), Err(TrySendError::Disconnected(_)))
        });
    }
}

/// A line of JSON.
pub(super) fn json_line(value: &impl Serialize) -> String {
    // Never fails: what is said here has no keys but texts.
    serde_json::to_string(value).unwrap_or_default() + "\n"
}

pub(super) fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
