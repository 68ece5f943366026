//! `lore mcp serve`, asked as AI tools ask it.

mod bounds;
mod clients;
mod code;
mod own_answers;
mod protocol;
mod sessions;
mod together;

/// A session's id with these first digits.
fn id(digits: &str) -> String {
    format!("{digits}-1111-4111-8111-{digits}0000")
}
