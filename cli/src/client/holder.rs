//! Serves the processes that find the store held by this one.
//!
//! The socket is made after the store's lock is taken and removed before it is given back, so
//! whoever finds the lock taken finds a socket soon, and a socket that nobody listens at is left
//! over from a process that was killed.

use std::io;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use lore_engine::Engine;
use lore_engine::api::Request;

use super::wire::{self, Hello, Question, Reply};
use crate::home::Home;
use crate::installed;
use crate::socket;

/// Time between two reports of progress to one client.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// Listens until it is dropped; then it answers what was asked and hangs up.
pub(super) struct Holder {
    socket: PathBuf,
    stopping: Arc<AtomicBool>,
    /// Requests that are being answered.
    answering: Arc<AtomicUsize>,
    connections: Arc<Mutex<Vec<Connection>>>,
    listening: Option<JoinHandle<()>>,
}

struct Connection {
    stream: UnixStream,
    thread: JoinHandle<()>,
}

impl Holder {
    /// Begins to serve. The caller holds the store.
    pub(super) fn start(engine: Arc<Engine>, home: &Home, socket: &Path) -> io::Result<Self> {
        let listener = socket::listen(socket)?;
        let stopping = Arc::new(AtomicBool::new(false));
        let answering = Arc::new(AtomicUsize::new(0));
        let connections = Arc::new(Mutex::new(Vec::new()));
        let listening = std::thread::spawn({
            let (stopping, connections) = (Arc::clone(&stopping), Arc::clone(&connections));
            let (home, answering) = (home.clone(), Arc::clone(&answering));
            move || listen(&listener, &engine, &home, &stopping, &answering, &connections)
        });
        let listening = Some(listening);
        Ok(Self { socket: socket.to_owned(), stopping, answering, connections, listening })
    }

    /// Whether a request is being answered: to hang up would be to wait for that.
    pub(super) fn is_answering(&self) -> bool {
        self.answering.load(Ordering::SeqCst) > 0
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        // Wakes the thread that waits for connections, then nobody can connect any more.
        self.stopping.store(true, Ordering::SeqCst);
        let _ = UnixStream::connect(&self.socket);
        let _ = std::fs::remove_file(&self.socket);
        if let Some(listening) = self.listening.take() {
            let _ = listening.join();
        }
        let connections =
            std::mem::take(&mut *self.connections.lock().unwrap_or_else(PoisonError::into_inner));
        for Connection { stream, thread } in connections {
            // Whoever waits for the next request sees the end; a request being answered goes on.
            let _ = stream.shutdown(std::net::Shutdown::Read);
            let _ = thread.join();
        }
    }
}

fn listen(
    listener: &UnixListener,
    engine: &Arc<Engine>,
    home: &Home,
    stopping: &AtomicBool,
    answering: &Arc<AtomicUsize>,
    connections: &Mutex<Vec<Connection>>,
) {
    for stream in listener.incoming() {
        if stopping.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let Ok(kept) = stream.try_clone() else { continue };
        let (engine, home, answering) = (Arc::clone(engine), home.clone(), Arc::clone(answering));
        // A client that goes away in the middle is no concern of ours.
        let thread = std::thread::spawn(move || drop(serve(stream, &engine, &home, &answering)));
        let mut connections = connections.lock().unwrap_or_else(PoisonError::into_inner);
        connections.retain(|connection| !connection.thread.is_finished());
        connections.push(Connection { stream: kept, thread });
    }
}

fn serve(
    mut stream: UnixStream,
    engine: &Engine,
    home: &Home,
    answering: &AtomicUsize,
) -> io::Result<()> {
    let theirs: Hello = wire::receive(&mut stream)?;
    wire::send(&mut stream, &Hello::ours())?;
    if theirs != Hello::ours() {
        return Ok(());
    }
    loop {
        let question: Question = wire::receive(&mut stream)?;
        if matches!(question, Request::Import(_) | Request::Status(_)) {
            // Plugins may have been installed or removed since this process began.
            engine.set_plugins(installed::components(home));
        }
        let mut told: Option<Instant> = None;
        answering.fetch_add(1, Ordering::SeqCst);
        let answer = engine.handle(question, &mut |progress| {
            if told.is_none_or(|told| told.elapsed() >= PROGRESS_EVERY) {
                told = Some(Instant::now());
                let _ = wire::send(&mut stream, &Reply::Progress(progress));
            }
        });
        answering.fetch_sub(1, Ordering::SeqCst);
        wire::send(&mut stream, &Reply::Done(answer))?;
    }
}
