//! What a query asks for, as a tree.
//!
//! [`super::parse()`] makes it, the index runs it, snippets look for its texts.

use tantivy::tokenizer::TokenStream;

use super::forms::forms;
use super::parse::parse;
use super::words::{Kind, Splitter};
use crate::api::SearchRequest;
use crate::model::{Role, Timestamp};

/// What is searched for.
#[derive(Clone, Debug)]
pub struct Query {
    pub(super) root: Node,
    pub(super) note: Option<String>,
    pub(super) now: Timestamp,
}

impl Query {
    /// The request's query and its filters.
    pub fn from_request(request: &SearchRequest, now: Timestamp) -> Query {
        let mut query = parse(&request.query, now, request.utc_offset_minutes);
        let directory =
            |path: &std::path::PathBuf| Filter::Repository(path.to_string_lossy().into());
        let filters = [
            request.repo.as_ref().map(directory),
            request.tool.clone().map(Filter::Tool),
            request.project.clone().map(Filter::Project),
            request.branch.clone().map(Filter::Branch),
            request.role.map(Filter::Role),
            request.since.map(Filter::Since),
            request.until.map(Filter::Until),
        ];
        let mut nodes = vec![query.root];
        nodes.extend(filters.into_iter().flatten().map(Node::Filter));
        query.root = Node::All(nodes);
        query
    }

    /// What was not understood, and what is searched instead, in one sentence.
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// The tree.
    pub(crate) fn root(&self) -> &Node {
        &self.root
    }

    /// When it is asked.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// The texts that are to be found; not those that must not be there.
    pub(crate) fn texts(&self) -> Vec<&Text> {
        let mut texts = Vec::new();
        self.root.collect_texts(&mut texts);
        texts
    }
}

/// A node of the tree.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    /// All of these; everything if there are none.
    All(Vec<Node>),
    /// At least one of these.
    Any(Vec<Node>),
    /// Not this.
    Not(Box<Node>),
    /// The message says this.
    Text(Text),
    /// A fact.
    Filter(Filter),
}

impl Node {
    fn collect_texts<'a>(&'a self, texts: &mut Vec<&'a Text>) {
        match self {
            Node::All(nodes) | Node::Any(nodes) => {
                nodes.iter().for_each(|node| node.collect_texts(texts));
            }
            Node::Text(text) => texts.push(text),
            Node::Not(_) | Node::Filter(_) => {}
        }
    }

    /// Whether this is about messages alone, so that it cannot be said of a session.
    pub(crate) fn is_of_messages(&self) -> bool {
        match self {
            Node::All(nodes) | Node::Any(nodes) => nodes.iter().any(Node::is_of_messages),
            Node::Not(node) => node.is_of_messages(),
            Node::Text(_) => false,
            Node::Filter(filter) => matches!(
                filter,
                Filter::Role(_) | Filter::File(_) | Filter::Command(_) | Filter::Error
            ),
        }
    }
}

/// A fact of a message or its session.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Filter {
    /// Of this tool, whatever the case.
    Tool(String),
    /// The directory contains this, whatever the case.
    Project(String),
    /// In this directory or below it; or, if relative, with these components somewhere in the
    /// directory or in the repository's URL.
    Repository(String),
    /// The branch contains this, whatever the case.
    Branch(String),
    /// The model contains this, whatever the case.
    Model(String),
    /// Said by this one.
    Role(Role),
    /// Reads or changes such a file.
    File(Text),
    /// Runs such a command.
    Command(Text),
    /// Not before.
    Since(Timestamp),
    /// Before.
    Until(Timestamp),
    /// A tool failed.
    Error,
}

/// Words to be found: one of the sequences.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Text {
    pub(crate) sequences: Vec<Sequence>,
}

/// Words that follow one another.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sequence {
    /// As the splitter gives them; never empty.
    pub(crate) words: Vec<String>,
    /// The last one may go on.
    pub(crate) prefix: bool,
    /// It is not what was written but a form of it.
    pub(crate) form: bool,
}

/// How a text of a query is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// As written.
    Exact,
    /// The last word may go on.
    Prefix,
    /// In other forms as well.
    Word,
}

impl Text {
    /// The words of `text`; `None` if there are none.
    pub(super) fn new(text: &str, meaning: Meaning) -> Option<Text> {
        let mut splitter = Splitter::default();
        let mut tokens = splitter.words(text);
        let mut words = Vec::new();
        let mut whole = None;
        // One run of letters and digits: compounds may then be found as a whole.
        let mut single = true;
        let mut end = None;
        let mut kinds = (Kind::Part, Kind::Part);
        while tokens.advance() {
            let token = tokens.token();
            if tokens.kind() == Kind::Whole {
                whole = Some(token.text.clone());
                continue;
            }
            single &= end.is_none_or(|end| end == token.offset_from);
            end = Some(token.offset_to);
            kinds = (kinds.1, tokens.kind());
            single &= tokens.kind() == Kind::Part;
            words.push(token.text.clone());
        }
        let mut prefix = meaning == Meaning::Prefix;
        match kinds {
            // The pair says all of it, and in a text the stretch may go on.
            (Kind::Pair, Kind::Last) => drop(words.pop()),
            (_, Kind::Last) => prefix = true,
            _ => {}
        }
        let first = Sequence { words, prefix, form: false };
        let mut sequences = Vec::new();
        if single && first.words.len() > 1 {
            let joined = whole.or_else(|| prefix.then(|| first.words.concat()));
            sequences.extend(joined.map(|word| Sequence {
                words: vec![word],
                prefix,
                form: false,
            }));
        }
        if let ([word], Meaning::Word) = (first.words.as_slice(), meaning) {
            sequences.extend(forms(word).into_iter().map(|form| Sequence {
                words: vec![form],
                prefix: false,
                form: true,
            }));
        }
        if first.words.is_empty() {
            return None;
        }
        sequences.insert(0, first);
        Some(Text { sequences })
    }
}
