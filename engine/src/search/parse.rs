//! Reads the query language of `docs/search.md`.
//!
//! Nothing that is typed is an error: what is not understood is searched as plain words, and the
//! query's note says so.

use super::date::parse_date;
use super::query::{Filter, Meaning, Node, Query, Text};
use crate::model::{Role, Timestamp};

/// Reads a query. `now` and the minutes that local time is ahead of UTC are for dates such as
/// `since:yesterday`. What does not parse is searched as plain words, and [`Query::note`] says so.
pub fn parse(text: &str, now: Timestamp, utc_offset_minutes: i32) -> Query {
    let mut parser = Parser { rest: text, now, utc_offset_minutes, notes: Vec::new() };
    let root = parser.parse();
    let note = (!parser.notes.is_empty()).then(|| parser.notes.join("; "));
    Query { root, note, now }
}

struct Parser<'a> {
    rest: &'a str,
    now: Timestamp,
    utc_offset_minutes: i32,
    notes: Vec<String>,
}

/// A piece of the query, up to a space.
enum Piece<'a> {
    Quoted(&'a str),
    Plain(&'a str),
}

impl<'a> Parser<'a> {
    /// All of the terms, where `OR` joins two neighbours to one.
    fn parse(&mut self) -> Node {
        let mut terms: Vec<Node> = Vec::new();
        let mut join = false;
        loop {
            self.rest = self.rest.trim_start();
            if self.rest.is_empty() {
                break;
            }
            if let Some(rest) = self.operator("OR")
                && !terms.is_empty()
                && !rest.trim_start().is_empty()
            {
                self.rest = rest;
                join = true;
                continue;
            }
            if let Some(rest) = self.operator("AND")
                && !terms.is_empty()
                && !rest.trim_start().is_empty()
            {
                self.rest = rest;
                continue;
            }
            let Some(term) = self.term() else { continue };
            match terms.last_mut() {
                Some(Node::Any(nodes)) if join => nodes.push(term),
                Some(last) if join => {
                    let first = std::mem::replace(last, Node::All(Vec::new()));
                    *last = Node::Any(vec![first, term]);
                }
                _ => terms.push(term),
            }
            join = false;
        }
        Node::All(terms)
    }

    /// What follows `name`, if the rest begins with this word.
    fn operator(&self, name: &str) -> Option<&'a str> {
        let rest = self.rest.strip_prefix(name)?;
        rest.starts_with(char::is_whitespace).then_some(rest)
    }

    /// A term; `None` if there is nothing in it to search for.
    fn term(&mut self) -> Option<Node> {
        if let Some(rest) = self.rest.strip_prefix('-')
            && !rest.starts_with(|next: char| next == '-' || next.is_whitespace())
            && !rest.is_empty()
        {
            self.rest = rest;
            return self.positive().map(|node| Node::Not(Box::new(node)));
        }
        self.positive()
    }

    fn positive(&mut self) -> Option<Node> {
        let start = self.rest;
        if let Some((name, rest)) = self.rest.split_once(':')
            && let Some(field) = Field::named(name)
        {
            self.rest = rest;
            let value = self.piece();
            let (Piece::Quoted(value) | Piece::Plain(value)) = value;
            return match self.filter(field, value) {
                Ok(filter) => Some(Node::Filter(filter)),
                Err(problem) => {
                    let written = &start[..start.len() - self.rest.len()];
                    self.notes.push(format!("`{written}` {problem} and was searched as words"));
                    Text::new(written, Meaning::Exact).map(Node::Text)
                }
            };
        }
        let (text, meaning) = match self.piece() {
            Piece::Quoted(text) => (text, Meaning::Exact),
            Piece::Plain(text) => (text, Meaning::Word),
        };
        let meaning = if goes_on(text) { Meaning::Prefix } else { meaning };
        let text = Text::new(text, meaning);
        if text.is_none() {
            let written = start[..start.len() - self.rest.len()].trim();
            self.notes.push(format!("`{written}` has no letter or digit and was passed over"));
        }
        text.map(Node::Text)
    }

    /// The next piece: what is in quotation marks, or everything up to a space.
    fn piece(&mut self) -> Piece<'a> {
        let is_quote = |character| matches!(character, '"' | '“' | '”');
        if let Some(inside) = self.rest.strip_prefix(is_quote) {
            if let Some((text, rest)) = inside.split_once(is_quote) {
                self.rest = rest;
                return Piece::Quoted(text);
            }
            self.notes.push("a quotation mark is not closed and was passed over".to_owned());
            self.rest = inside;
        }
        let end = self.rest.find(char::is_whitespace).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        Piece::Plain(text)
    }

    /// The filter of a field, or what is wrong with its value.
    fn filter(&self, field: Field, value: &str) -> Result<Filter, &'static str> {
        let text = || {
            let meaning = if goes_on(value) { Meaning::Prefix } else { Meaning::Exact };
            Text::new(value, meaning).ok_or("has no letter or digit")
        };
        let date = || {
            parse_date(value, self.now, self.utc_offset_minutes)
                .ok_or("is not a date such as `3d`, `yesterday` or `2026-01-05`")
        };
        if value.is_empty() {
            return Err("has no value");
        }
        let owned = || value.to_owned();
        Ok(match field {
            Field::Tool => Filter::Tool(owned()),
            Field::Project => Filter::Project(owned()),
            Field::Repository => Filter::Repository(owned()),
            Field::Branch => Filter::Branch(owned()),
            Field::Model => Filter::Model(owned()),
            Field::Role => {
                Filter::Role(role(value).ok_or("is not `user`, `assistant` or `system`")?)
            }
            Field::File => Filter::File(text()?),
            Field::Command => Filter::Command(text()?),
            Field::Since => Filter::Since(date()?),
            Field::Until => Filter::Until(date()?),
            Field::Is if value.eq_ignore_ascii_case("error") => Filter::Error,
            Field::Is => return Err("is not `is:error`"),
        })
    }
}

/// Whether the last word ends with a star.
fn goes_on(text: &str) -> bool {
    text.strip_suffix('*').is_some_and(|word| word.ends_with(char::is_alphanumeric))
}

fn role(name: &str) -> Option<Role> {
    let roles = [Role::User, Role::Assistant, Role::System];
    roles.into_iter().find(|role| role.name().eq_ignore_ascii_case(name))
}

#[derive(Clone, Copy, Debug)]
enum Field {
    Tool,
    Project,
    Repository,
    Branch,
    Role,
    File,
    Command,
    Model,
    Since,
    Until,
    Is,
}

impl Field {
    fn named(name: &str) -> Option<Field> {
        const NAMES: [(&str, Field); 11] = [
            ("tool", Field::Tool),
            ("project", Field::Project),
            ("repo", Field::Repository),
            ("branch", Field::Branch),
            ("role", Field::Role),
            ("file", Field::File),
            ("cmd", Field::Command),
            ("model", Field::Model),
            ("since", Field::Since),
            ("until", Field::Until),
            ("is", Field::Is),
        ];
        NAMES
            .into_iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, field)| field)
    }
}
