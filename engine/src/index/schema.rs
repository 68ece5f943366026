//! What the index holds of a message or a session.
//!
//! | field    | of       | what |
//! |----------|----------|------|
//! | body     | messages | what is said and done, with positions |
//! | file     | messages | paths that are read or changed, with positions |
//! | command  | messages | shell commands, with positions |
//! | name     | sessions | title, tool, directory and branches, with positions |
//! | label    | both     | facts such as the tool: see [`super::label::Label`] |
//! | place    | both     | session number and message index |
//! | time     | both     | milliseconds since the Unix epoch |
//! | weight   | messages | what it is worth in the ranking: see [`super::document::Weight`] |
//! | line     | messages | fingerprints of the lines that its edits wrote: see [`crate::origin`] |
//!
//! A session is one document, its messages are others; they share no label and no text field, so a
//! search for one never meets the other.

use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::TokenizerManager;

use super::hit::Place;
use super::label::LabelSplitter;
use crate::model::SessionNumber;
use crate::search::Splitter;

/// The fields, by their numbers in the schema.
pub(super) mod field {
    use tantivy::schema::Field;

    pub(crate) const BODY: Field = Field::from_field_id(0);
    pub(crate) const FILE: Field = Field::from_field_id(1);
    pub(crate) const COMMAND: Field = Field::from_field_id(2);
    pub(crate) const NAME: Field = Field::from_field_id(3);
    pub(crate) const LABEL: Field = Field::from_field_id(4);
    pub(crate) const PLACE: Field = Field::from_field_id(5);
    pub(crate) const TIME: Field = Field::from_field_id(6);
    pub(crate) const WEIGHT: Field = Field::from_field_id(7);
    pub(crate) const LINE: Field = Field::from_field_id(8);
}

/// The columns' names.
pub(super) const PLACE: &str = "place";
pub(super) const TIME: &str = "time";
pub(super) const WEIGHT: &str = "weight";

const WORDS: &str = "words";
const LABELS: &str = "labels";

/// The schema of this version.
pub(super) fn schema() -> Schema {
    let text = |splitter: &str, detail, norms| {
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(splitter)
            .set_index_option(detail)
            .set_fieldnorms(norms);
        TextOptions::default().set_indexing_options(indexing)
    };
    let positions = IndexRecordOption::WithFreqsAndPositions;
    let mut schema = Schema::builder();
    let fields: [Field; 9] = [
        schema.add_text_field("body", text(WORDS, positions, true)),
        schema.add_text_field("file", text(WORDS, positions, false)),
        schema.add_text_field("command", text(WORDS, positions, false)),
        schema.add_text_field("name", text(WORDS, positions, false)),
        schema.add_text_field("label", text(LABELS, IndexRecordOption::Basic, false)),
        schema.add_u64_field(PLACE, NumericOptions::from(FAST)),
        schema.add_i64_field(TIME, NumericOptions::from(FAST)),
        schema.add_u64_field(WEIGHT, NumericOptions::from(FAST)),
        schema.add_u64_field("line", NumericOptions::from(INDEXED)),
    ];
    debug_assert_eq!(fields.map(Field::field_id), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    schema.build()
}

/// How each field's text is split.
pub(super) fn splitters() -> TokenizerManager {
    // tantivy looks the one called `default` up for fields without text, too.
    let splitters = TokenizerManager::default();
    splitters.register(WORDS, Splitter::default());
    splitters.register(LABELS, LabelSplitter::default());
    splitters
}

/// Session number and place in one number.
pub(super) fn pack(session: SessionNumber, place: Place) -> u64 {
    let index = match place {
        Place::Message(index) => index.min(u32::MAX - 1),
        Place::Session => u32::MAX,
    };
    u64::from(session.0) << 32 | u64::from(index)
}

/// The inverse of [`pack`].
pub(super) fn unpack(packed: u64) -> (SessionNumber, Place) {
    let index = packed as u32;
    let place = if index == u32::MAX { Place::Session } else { Place::Message(index) };
    (SessionNumber((packed >> 32) as u32), place)
}
