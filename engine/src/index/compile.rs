//! Turns a query into tantivy's.

use std::collections::BTreeSet;
use std::ops::Bound;

use tantivy::query::{
    BooleanQuery, BoostQuery, ConstScoreQuery, EmptyQuery, InvertedIndexRangeQuery, Occur,
    PhrasePrefixQuery, PhraseQuery, Query, RangeQuery, TermQuery, TermSetQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Searcher, Term};

use super::excluded::Excluded;
use super::label::{Label, Owner};
use super::schema::field;
use crate::model::Timestamp;
use crate::search::{Filter, Node, Sequence, Text};

/// What another form of a word is worth of the word itself.
const FORM_BOOST: f32 = 0.6;
/// A phrase whose last word may go on is looked for in at most so many words: each takes memory.
const MAX_EXPANSIONS: u32 = 20_000;

type AnyQuery = Box<dyn Query>;

/// Makes queries for the messages or for the sessions of an index.
pub(super) struct Compiler<'a> {
    pub(super) searcher: &'a Searcher,
    pub(super) owner: Owner,
}

impl Compiler<'_> {
    /// Finds what `node` is true of. Only texts are scored.
    pub(super) fn compile(&self, node: &Node) -> tantivy::Result<AnyQuery> {
        match node {
            Node::All(_) | Node::Not(_) => self.all(node),
            Node::Any(nodes) => {
                let queries: tantivy::Result<_> =
                    nodes.iter().map(|node| self.compile(node)).collect();
                Ok(Box::new(BooleanQuery::union(queries?)))
            }
            Node::Text(text) => {
                let field = match self.owner {
                    Owner::Message => field::BODY,
                    Owner::Session => field::NAME,
                };
                self.text(field, text)
            }
            Node::Filter(filter) => self.filter(filter),
        }
    }

    /// Every message, or every session.
    pub(super) fn everything(&self) -> AnyQuery {
        unscored(term_query(label_term(Label::Kind, self.owner, "")))
    }

    fn all(&self, node: &Node) -> tantivy::Result<AnyQuery> {
        let mut clauses = Vec::new();
        self.collect(node, &mut clauses)?;
        if clauses.iter().all(|(occur, _)| *occur == Occur::MustNot) {
            clauses.push((Occur::Must, self.everything()));
        }
        if let [(Occur::Must, query)] = clauses.as_slice() {
            return Ok(query.box_clone());
        }
        Ok(Box::new(BooleanQuery::new(clauses)))
    }

    /// Collects the clauses that must all hold for `node`.
    fn collect(&self, node: &Node, clauses: &mut Vec<(Occur, AnyQuery)>) -> tantivy::Result<()> {
        match node {
            Node::All(nodes) => nodes.iter().try_for_each(|node| self.collect(node, clauses)),
            Node::Not(node) => {
                clauses.push((Occur::MustNot, Box::new(Excluded(self.compile(node)?))));
                Ok(())
            }
            _ => {
                clauses.push((Occur::Must, self.compile(node)?));
                Ok(())
            }
        }
    }

    fn text(&self, field: Field, text: &Text) -> tantivy::Result<AnyQuery> {
        let mut queries = Vec::new();
        for sequence in &text.sequences {
            if let Some(query) = self.sequence(field, sequence)? {
                queries.push(query);
            }
        }
        Ok(match queries.len() {
            0 => Box::new(EmptyQuery),
            1 => queries.remove(0),
            _ => Box::new(BooleanQuery::union(queries)),
        })
    }

    /// `None` if a word does not exist.
    fn sequence(&self, field: Field, sequence: &Sequence) -> tantivy::Result<Option<AnyQuery>> {
        let terms: Vec<Term> =
            sequence.words.iter().map(|word| Term::from_field_text(field, word)).collect();
        let complete = terms.len() - usize::from(sequence.prefix);
        for term in &terms[..complete] {
            if self.searcher.doc_freq(term)? == 0 {
                return Ok(None);
            }
        }
        let query: AnyQuery = match (terms.len(), sequence.prefix) {
            (1, false) => {
                let term =
                    terms.into_iter().next().unwrap_or_else(|| Term::from_field_text(field, ""));
                Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs))
            }
            (1, true) => {
                let (from, to) = bounds(field, &sequence.words[0]);
                Box::new(InvertedIndexRangeQuery::new(Bound::Included(from), Bound::Excluded(to)))
            }
            (_, false) => Box::new(PhraseQuery::new(terms)),
            (last, true) => {
                let expansions = self.expansions(field, &sequence.words[last - 1])?;
                if expansions == 0 {
                    return Ok(None);
                }
                let mut query = PhrasePrefixQuery::new(terms);
                query.set_max_expansions(expansions);
                Box::new(query)
            }
        };
        Ok(Some(if sequence.form { Box::new(BoostQuery::new(query, FORM_BOOST)) } else { query }))
    }

    /// The most words of a segment that begin with `prefix`.
    fn expansions(&self, field: Field, prefix: &str) -> tantivy::Result<u32> {
        let (from, to) = bounds(field, prefix);
        let mut most = 0;
        for segment in self.searcher.segment_readers() {
            let index = segment.inverted_index(field)?;
            let range = index.terms().range();
            let range = range.ge(from.serialized_value_bytes()).lt(to.serialized_value_bytes());
            let mut terms = range.into_stream()?;
            let mut count = 0;
            while count < MAX_EXPANSIONS && terms.advance() {
                count += 1;
            }
            most = most.max(count);
        }
        Ok(most)
    }

    fn filter(&self, filter: &Filter) -> tantivy::Result<AnyQuery> {
        let contains = |label, part: &str| {
            let part = part.to_lowercase();
            self.labels(label, |value| value.to_lowercase().contains(&part))
        };
        let terms = match filter {
            Filter::Tool(tool) => {
                self.labels(Label::Tool, |value| value.eq_ignore_ascii_case(tool))?
            }
            Filter::Project(part) => contains(Label::Directory, part)?,
            Filter::Branch(part) => contains(Label::Branch, part)?,
            Filter::Model(part) => contains(Label::Model, part)?,
            Filter::Repository(path) => {
                let path = Components::of(path);
                let mut terms = self.labels(Label::Directory, |value| path.hold(value))?;
                if !path.absolute {
                    terms.extend(self.labels(Label::Repository, |value| path.hold(value))?);
                }
                terms
            }
            Filter::Role(role) => vec![label_term(Label::Role, self.owner, role.name())],
            Filter::Error => vec![label_term(Label::Error, self.owner, "")],
            Filter::File(text) => return self.text(field::FILE, text).map(unscored),
            Filter::Command(text) => return self.text(field::COMMAND, text).map(unscored),
            Filter::Since(time) => return Ok(self.time(Bound::Included(*time), Bound::Unbounded)),
            Filter::Until(time) => {
                // What has no time is neither before nor after.
                return Ok(self.time(Bound::Excluded(Timestamp(0)), Bound::Excluded(*time)));
            }
        };
        Ok(match terms.len() {
            0 => Box::new(EmptyQuery),
            1 => unscored(terms.into_iter().map(term_query).collect::<Vec<_>>().remove(0)),
            _ => unscored(Box::new(TermSetQuery::new(terms))),
        })
    }

    fn time(&self, from: Bound<Timestamp>, to: Bound<Timestamp>) -> AnyQuery {
        let term = |time: Timestamp| Term::from_field_i64(field::TIME, time.0);
        let range: AnyQuery = Box::new(RangeQuery::new(from.map(term), to.map(term)));
        unscored(Box::new(BooleanQuery::intersection(vec![self.everything(), range])))
    }

    /// The terms of the labels whose value is `right`. There are few distinct ones.
    fn labels(&self, label: Label, right: impl Fn(&str) -> bool) -> tantivy::Result<Vec<Term>> {
        let prefix = label.prefix(self.owner).to_string();
        let (from, to) = bounds(field::LABEL, &prefix);
        let mut found = BTreeSet::new();
        for segment in self.searcher.segment_readers() {
            let index = segment.inverted_index(field::LABEL)?;
            let range = index.terms().range();
            let range = range.ge(from.serialized_value_bytes()).lt(to.serialized_value_bytes());
            let mut terms = range.into_stream()?;
            while terms.advance() {
                let value = std::str::from_utf8(terms.key()).unwrap_or_default();
                if value.strip_prefix(&prefix).is_some_and(&right) {
                    found.insert(value.to_owned());
                }
            }
        }
        Ok(found.iter().map(|label| Term::from_field_text(field::LABEL, label)).collect())
    }
}

/// The components of a path that is looked for.
struct Components<'a> {
    absolute: bool,
    names: Vec<&'a str>,
}

impl<'a> Components<'a> {
    fn of(path: &'a str) -> Components<'a> {
        let drive = matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
        Components { absolute: path.starts_with(['/', '\\']) || drive, names: names(path) }
    }

    /// Whether `directory` is this one or below it; or, if this is not absolute, has these
    /// components somewhere.
    fn hold(&self, directory: &str) -> bool {
        let names = names(directory);
        if self.absolute {
            return names.starts_with(&self.names);
        }
        self.names.is_empty() || names.windows(self.names.len()).any(|part| part == self.names)
    }
}

fn names(path: &str) -> Vec<&str> {
    // `https://host/owner/name.git` and `git@host:owner/name.git` name the same as a path would.
    let path = path.strip_suffix(".git").unwrap_or(path);
    path.split(['/', '\\', ':']).filter(|name| !matches!(*name, "" | ".")).collect()
}

/// The terms between which the words lie that begin with `prefix`, which is not empty.
fn bounds(field: Field, prefix: &str) -> (Term, Term) {
    let mut end = prefix.as_bytes().to_vec();
    // A byte of UTF-8 is never the greatest one.
    if let Some(last) = end.last_mut() {
        *last += 1;
    }
    (Term::from_field_text(field, prefix), Term::from_field_bytes(field, &end))
}

fn label_term(label: Label, owner: Owner, value: &str) -> Term {
    Term::from_field_text(field::LABEL, &label.term(owner, value))
}

fn term_query(term: Term) -> AnyQuery {
    Box::new(TermQuery::new(term, IndexRecordOption::Basic))
}

fn unscored(query: AnyQuery) -> AnyQuery {
    Box::new(ConstScoreQuery::new(query, 0.0))
}
