//! Messages and sessions as tantivy sees them.

use std::array::IntoIter;
use std::iter::{Chain, Empty, Flatten, Map};
use std::slice::Iter;

use tantivy::schema::Field;
use tantivy::schema::document::{ReferenceValue, ReferenceValueLeaf, Value};

use super::hit::Place;
use super::label::{Label, Owner};
use super::schema::{field, pack};
use super::space::Space;
use crate::model::{Block, Message, Role, Session, Timestamp};
use crate::origin::fingerprints;
use crate::search::{BREAK, append_text};

/// A document on its way into the index.
pub(super) struct Document {
    body: String,
    files: String,
    commands: String,
    name: String,
    labels: String,
    place: u64,
    time: i64,
    weight: Weight,
    /// Fingerprints of the lines that its edits wrote.
    lines: Vec<u64>,
    /// What it takes of the memory for documents on their way; given back when it is dropped.
    _space: Option<Space>,
}

/// The time of what has none.
const UNKNOWN: Timestamp = Timestamp(0);

/// What a message is worth in the ranking, by what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    Injected,
    Result,
    Call,
    Thought,
    Answer,
    Asked,
}

impl Weight {
    /// The factor of the weight with this number; none is above 1.
    pub(super) fn factor(number: u64) -> f32 {
        const FACTORS: [f32; 6] = [0.5, 0.6, 0.75, 0.8, 0.95, 1.0];
        usize::try_from(number).ok().and_then(|number| FACTORS.get(number)).copied().unwrap_or(1.0)
    }

    fn of(message: &Message) -> Weight {
        if message.injected {
            return Weight::Injected;
        }
        let of_block = |block: &Block| match block {
            Block::Text(_) if message.role == Role::User => Weight::Asked,
            Block::Text(_) => Weight::Answer,
            Block::Thinking(_) => Weight::Thought,
            Block::ToolUse(_) => Weight::Call,
            Block::ToolResult(_) | Block::Other(_) => Weight::Result,
        };
        message.content.iter().map(of_block).max().unwrap_or(Weight::Result)
    }
}

impl Document {
    /// The message at `index` of `session`.
    pub(super) fn message(session: &Session, index: u32, message: &Message) -> Document {
        let mut body = String::with_capacity(content_bytes(message));
        append_text(message, &mut body);
        let (mut files, mut commands) = (String::new(), String::new());
        let (mut failed, mut lines) = (false, Vec::new());
        for block in &message.content {
            match block {
                Block::ToolUse(call) => {
                    let edited =
                        call.edits.iter().flat_map(|edit| [Some(&edit.path), edit.to.as_ref()]);
                    edited.flatten().chain(&call.reads).for_each(|path| append(path, &mut files));
                    call.command.iter().for_each(|command| append(command, &mut commands));
                    lines.extend(call.edits.iter().flat_map(fingerprints));
                }
                Block::ToolResult(result) => {
                    failed |=
                        result.is_error || result.exit_status.is_some_and(|status| status != 0);
                }
                Block::Text(_) | Block::Thinking(_) | Block::Other(_) => {}
            }
        }
        lines.sort_unstable();
        lines.dedup();
        let first_branch = session.branches.first();
        let mut labels = Labels::of(Owner::Message, session);
        labels.add(Label::Directory, message.directory.as_ref().or(session.directory.as_ref()));
        labels.add(Label::Branch, message.branch.as_ref().or(first_branch));
        labels.add(Label::Model, message.model.as_ref().or(session.model.as_ref()));
        labels.add(Label::Role, Some(message.role.name()));
        labels.add(Label::Error, failed.then_some(""));
        Document {
            body,
            files,
            commands,
            name: String::new(),
            labels: labels.text,
            place: pack(session.number, Place::Message(index)),
            time: message.at.or(session.started).or(session.last_activity).unwrap_or(UNKNOWN).0,
            weight: Weight::of(message),
            lines,
            _space: None,
        }
    }

    /// The session itself.
    pub(super) fn session(session: &Session) -> Document {
        let mut name = String::new();
        let parts = session.title.iter().chain([&session.tool]).chain(&session.directory);
        parts.chain(&session.branches).for_each(|part| append(part, &mut name));
        let mut labels = Labels::of(Owner::Session, session);
        labels.add(Label::Directory, session.directory.as_ref());
        for branch in &session.branches {
            labels.add(Label::Branch, Some(branch));
        }
        labels.add(Label::Model, session.model.as_ref());
        Document {
            body: String::new(),
            files: String::new(),
            commands: String::new(),
            name,
            labels: labels.text,
            place: pack(session.number, Place::Session),
            time: session.last_activity.or(session.started).unwrap_or(UNKNOWN).0,
            weight: Weight::Asked,
            lines: Vec::new(),
            _space: None,
        }
    }

    /// Bytes of its values.
    pub(super) fn bytes(&self) -> usize {
        self.body.len()
            + self.files.len()
            + self.commands.len()
            + self.name.len()
            + self.labels.len()
            + self.lines.len() * size_of::<u64>()
    }

    /// The document, which holds `space` until it is indexed.
    pub(super) fn holding(self, space: Space) -> Document {
        Document { _space: Some(space), ..self }
    }
}

/// The text of a document's labels.
struct Labels {
    owner: Owner,
    text: String,
}

impl Labels {
    /// With those that a message shares with its session.
    fn of(owner: Owner, session: &Session) -> Labels {
        let mut labels = Labels { owner, text: String::with_capacity(256) };
        labels.add(Label::Kind, Some(""));
        labels.add(Label::Number, Some(session.number.0.to_string()));
        labels.add(Label::Tool, Some(&session.tool));
        labels.add(Label::Repository, session.repository.as_ref());
        labels
    }

    fn add(&mut self, label: Label, value: Option<impl AsRef<str>>) {
        if let Some(value) = value {
            label.append(self.owner, value.as_ref(), &mut self.text);
        }
    }
}

/// About the bytes of a message's text, so that its buffer is made once.
fn content_bytes(message: &Message) -> usize {
    let bytes = message.content.iter().map(|block| match block {
        Block::Text(text) | Block::Thinking(text) | Block::Other(text) => text.len(),
        Block::ToolUse(call) => call.name.len() + call.input.len(),
        Block::ToolResult(result) => result.content.len(),
    });
    bytes.sum::<usize>() + message.content.len()
}

/// Appends `part`, so that no phrase reaches into it.
fn append(part: &str, text: &mut String) {
    if !text.is_empty() {
        text.push(BREAK);
    }
    text.push_str(part);
}

/// A value of a field.
#[derive(Clone, Copy, Debug)]
pub(super) enum FieldValue<'a> {
    Text(&'a str),
    Number(u64),
    Time(i64),
}

impl<'a> Value<'a> for FieldValue<'a> {
    type ArrayIter = Empty<Self>;
    type ObjectIter = Empty<(&'a str, Self)>;

    fn as_value(&self) -> ReferenceValue<'a, Self> {
        ReferenceValue::Leaf(match *self {
            FieldValue::Text(text) => ReferenceValueLeaf::Str(text),
            FieldValue::Number(number) => ReferenceValueLeaf::U64(number),
            FieldValue::Time(time) => ReferenceValueLeaf::I64(time),
        })
    }
}

impl tantivy::Document for Document {
    type Value<'a> = FieldValue<'a>;
    type FieldsValuesIter<'a> = Chain<
        Flatten<IntoIter<Option<(Field, FieldValue<'a>)>, 8>>,
        Map<Iter<'a, u64>, fn(&'a u64) -> (Field, FieldValue<'a>)>,
    >;

    fn iter_fields_and_values(&self) -> Self::FieldsValuesIter<'_> {
        fn text(field: Field, text: &str) -> Option<(Field, FieldValue<'_>)> {
            (!text.is_empty()).then_some((field, FieldValue::Text(text)))
        }
        let fields = [
            text(field::BODY, &self.body),
            text(field::FILE, &self.files),
            text(field::COMMAND, &self.commands),
            text(field::NAME, &self.name),
            text(field::LABEL, &self.labels),
            Some((field::PLACE, FieldValue::Number(self.place))),
            Some((field::TIME, FieldValue::Time(self.time))),
            Some((field::WEIGHT, FieldValue::Number(self.weight as u64))),
        ];
        let line: fn(&u64) -> (Field, FieldValue<'_>) =
            |line| (field::LINE, FieldValue::Number(*line));
        fields.into_iter().flatten().chain(self.lines.iter().map(line))
    }
}
