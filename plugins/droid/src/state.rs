//! What is remembered from one line to the next: the checkpoint of a file.

use lore_plugin_sdk::{Block, Message, Output, Role, Session, Source};
use serde::{Deserialize, Serialize};

use crate::recognise::Form;
use crate::settings::{self, Settings};

/// The key of the message that holds a session's settings.
const SETTINGS: &str = "settings";

/// The checkpoint of a file.
#[derive(Default, Serialize, Deserialize)]
pub struct State {
    /// The file's name without its extension: the session's id if no record tells it.
    pub(crate) name: String,
    /// The file is named and placed as Droid does it.
    pub(crate) is_named: bool,
    pub(crate) form: Option<Form>,
    /// The id of the session that was told of last.
    pub(crate) session: Option<String>,
    /// The session is a sub-agent's.
    pub(crate) sidechain: bool,
    /// Digest of the settings that were told last; 0 if none were.
    told: u64,
    /// Of a log: digest of what the model said last.
    pub(crate) answer: u64,
    #[serde(skip)]
    settings: Option<Settings>,
}

impl State {
    /// Before the first line.
    pub(crate) fn of(source: &Source) -> Self {
        let (path, name) = (source.path(), source.stem());
        let is_named = path.starts_with("sessions/") && path.ends_with(".jsonl") && is_uuid(&name);
        Self { name, is_named, ..Self::default() }
    }

    /// Reads the settings beside the file; tells them if they are not what was told.
    pub(crate) fn look_at_settings(&mut self, source: &Source, out: &mut Output) {
        self.settings = settings::beside(source).filter(|settings| settings.digest != self.told);
        self.tell_settings(out);
    }

    /// The id of the session that the lines are of; tells of it if that was not done yet.
    pub(crate) fn session(&mut self, out: &mut Output) -> String {
        if let Some(id) = &self.session {
            return id.clone();
        }
        let id = self.name.clone();
        self.begin(Session::new(id.as_str()), out);
        id
    }

    /// Tells what a record says about its session.
    pub(crate) fn begin(&mut self, session: Session, out: &mut Output) {
        self.session = Some(session.id.clone());
        out.session(session);
        self.tell_settings(out);
    }

    /// A message of the session.
    pub(crate) fn message(&mut self, key: String, role: Role, out: &mut Output) -> Message {
        let mut message = Message::new(self.session(out), key, role);
        message.injected = role == Role::System;
        message.sidechain = self.sidechain;
        message
    }

    /// The settings change under a session that is known, so that what they say replaces what they
    /// said. They come after the head, before all messages.
    fn tell_settings(&mut self, out: &mut Output) {
        let Some(id) = self.session.clone() else { return };
        let Some(settings) = self.settings.take() else { return };
        self.told = settings.digest;
        if settings.model.is_some() {
            out.session(Session { model: settings.model, ..Session::new(id) });
        }
        let mut message = self.message(SETTINGS.to_owned(), Role::System, out);
        message.usage = settings.usage;
        message.content.push(Block::Other(settings.json));
        out.message(message);
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
