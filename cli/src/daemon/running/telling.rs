//! Tells what happens: in the log, to those who watch, and to whoever asks.

use lore_engine::model::SessionId;

use super::Running;
use crate::daemon::control::{Answer, Command, Notice, Seen, Status};
use crate::daemon::endings::News;
use crate::daemon::event::Answers;
use crate::daemon::listener::{json_line, version};
use crate::daemon::troubles::Topic;
use crate::output::number::count;
use crate::output::time;

impl Running {
    /// What is found now of a topic is all that there is of it.
    pub(super) fn found(&mut self, topic: Topic, messages: Vec<String>) {
        let (new, over) = self.troubles.found(topic, messages, time::now());
        for message in new {
            self.tell_trouble(message);
        }
        for message in over {
            self.log.info(&format!("no longer: {message}"));
        }
    }

    pub(super) fn tell_trouble(&mut self, message: String) {
        self.log.warn(&message);
        self.audience.tell(&Notice::Trouble { at: time::now().to_string(), message });
    }

    pub(super) fn tell_capture(&mut self, seen: &Seen, news: &News) {
        let what = if news.new { "new session" } else { "session" };
        let messages = count(news.messages.into(), "message");
        self.log.debug(&format!("captured {messages} of the {what} {}", seen.id));
        let (at, session) = (time::now().to_string(), seen.clone());
        let (new, new_messages) = (news.new, news.messages);
        self.audience.tell(&Notice::Captured { at, new, new_messages, session });
    }

    pub(super) fn tell_end(&mut self, session: Seen) {
        let id = session.id.parse().map_or_else(|_| session.id.clone(), SessionId::short);
        self.log.info(&format!("session {id} has ended"));
        self.audience.tell(&Notice::Ended { at: time::now().to_string(), session });
    }

    pub(super) fn asked(&mut self, command: Command, answers: Answers) {
        match command {
            Command::Status => answer(&answers, &Answer::Status(Box::new(self.status()))),
            Command::Rescan => {
                self.look_at_everything();
                answer(&answers, &Answer::Rescanning);
            }
            Command::Watch => {
                let sessions = self.endings.active().cloned().collect();
                self.audience.join(answers, &Notice::Watching { sessions });
            }
            // The listener answers a ping, and a stop ends the loop.
            Command::Ping | Command::Stop => {}
        }
    }

    fn status(&self) -> Status {
        Status {
            pid: std::process::id(),
            version: version().to_owned(),
            started_at: self.counts.started.to_string(),
            uptime_seconds: self.counts.running.elapsed().as_secs(),
            store: self.capturing.store,
            watched: self.watcher.directories(),
            active_sessions: self.endings.active().len() as u64,
            sessions_captured: self.counts.sessions,
            messages_captured: self.counts.messages,
            links_made: self.counts.links,
            last_capture_at: self.counts.last_capture.map(|time| time.to_string()),
            troubles: self.troubles.shown(),
        }
    }
}

/// Sends the one line of an answer. Who asked may have gone away.
pub(super) fn answer(answers: &Answers, answer: &Answer) {
    let _ = answers.try_send(Some(json_line(answer)));
}
