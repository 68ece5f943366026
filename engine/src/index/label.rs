//! Labels: the facts by which messages and sessions are filtered.
//!
//! A label is a term of one field, made of a character for the kind of fact and its value:
//! `tclaude-code`. Few distinct values exist, so that a filter that compares by substring or by
//! path runs over the terms and not over the documents.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

/// A kind of fact. Sessions have kinds of their own: the upper-case letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    /// The document is a message, or a session; without a value.
    Kind,
    /// The session's number: on the messages and on the session itself.
    Number,
    Tool,
    Directory,
    /// URL of the repository.
    Repository,
    Branch,
    Model,
    Role,
    /// A tool failed; without a value.
    Error,
}

/// Whether a label is of messages or of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Message,
    Session,
}

/// Stands between labels.
const SEPARATOR: char = '\u{1f}';
/// Longer values are cut to so many bytes, since terms have a limit.
const MAX_BYTES: usize = 4096;

impl Label {
    /// The character that its terms begin with.
    pub(super) fn prefix(self, owner: Owner) -> char {
        let letter = match self {
            Label::Kind => 'k',
            Label::Number => 'n',
            Label::Tool => 't',
            Label::Directory => 'd',
            Label::Repository => 'r',
            Label::Branch => 'b',
            Label::Model => 'm',
            Label::Role => 's',
            Label::Error => 'e',
        };
        match owner {
            Owner::Message => letter,
            Owner::Session => letter.to_ascii_uppercase(),
        }
    }

    /// The term for `value`.
    pub(super) fn term(self, owner: Owner, value: &str) -> String {
        let mut term = String::new();
        self.append(owner, value, &mut term);
        term.pop();
        term
    }

    /// Appends the term for `value` to the text of a document's labels.
    pub(super) fn append(self, owner: Owner, value: &str, labels: &mut String) {
        labels.push(self.prefix(owner));
        let value = &value[..value.floor_char_boundary(MAX_BYTES)];
        labels.extend(value.chars().filter(|character| *character != SEPARATOR));
        labels.push(SEPARATOR);
    }
}

/// Splits the text of a document's labels into terms.
#[derive(Clone, Default)]
pub(super) struct LabelSplitter {
    token: Token,
}

impl Tokenizer for LabelSplitter {
    type TokenStream<'a> = Labels<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Labels<'a> {
        self.token.reset();
        Labels { rest: text, token: &mut self.token }
    }
}

/// The labels of a document.
pub(super) struct Labels<'a> {
    rest: &'a str,
    token: &'a mut Token,
}

impl TokenStream for Labels<'_> {
    fn advance(&mut self) -> bool {
        let Some((label, rest)) = self.rest.split_once(SEPARATOR) else { return false };
        self.rest = rest;
        self.token.text.clear();
        self.token.text.push_str(label);
        // Positions are not indexed.
        self.token.position = 0;
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}
