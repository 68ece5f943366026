//! What aider says itself, as far as it is a fact about the session or the answer above.

use std::borrow::Cow;

use lore_plugin_sdk::Usage;

/// One line of aider's that says something.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fact {
    Version(String),
    Model {
        name: String,
        /// How it is to write edits: `diff`, `whole`, `udiff`, …
        format: String,
    },
    /// An absolute path of the project.
    Directory(String),
    Tokens(Usage),
    /// A path whose edits are in the file now.
    Applied(String),
    /// A path that was not there before.
    Created(String),
    /// A command that the model proposed.
    Ran(String),
}

/// What a line says; `before` is the one above it, without its prefix.
pub(crate) fn fact(line: &str, before: &str) -> Option<Fact> {
    if let Some(version) = line.strip_prefix("Aider v") {
        return Some(Fact::Version(version.to_owned()));
    }
    if let Some(rest) =
        ["Model: ", "Main model: ", "Models: "].iter().find_map(|start| line.strip_prefix(start))
    {
        return model(rest);
    }
    if let Some(rest) = line.strip_prefix("Tokens: ") {
        return tokens(rest).map(Fact::Tokens);
    }
    if let Some(path) = line.strip_prefix("Applied edit to ") {
        return Some(Fact::Applied(path.to_owned()));
    }
    if let Some(path) = line.strip_prefix("Creating empty file ") {
        return Some(Fact::Created(path.to_owned()));
    }
    if let Some(rest) = line.strip_prefix("Allow creation of new file ") {
        return Some(Fact::Created(rest.rsplit_once('?')?.0.to_owned()));
    }
    if line.starts_with("Create new file?") && !before.is_empty() {
        return Some(Fact::Created(before.to_owned()));
    }
    if let Some(command) = line.strip_prefix("Running ") {
        let is_asked = before.starts_with("Run shell command") || before.starts_with("Running ");
        return is_asked.then(|| Fact::Ran(command.to_owned()));
    }
    let path = ["Git working dir: ", "Git repository created in "]
        .iter()
        .find_map(|start| line.strip_prefix(start))?;
    let is_absolute = path.starts_with('/') || path.as_bytes().get(1) == Some(&b':');
    is_absolute.then(|| Fact::Directory(path.to_owned()))
}

/// `sonnet with ♾️ diff edit format, weak model haiku`
fn model(rest: &str) -> Option<Fact> {
    let (name, rest) = rest.split_once(" with ")?;
    let (format, _) = rest.split_once(" edit format")?;
    let name = name.split_whitespace().next()?;
    let format = format.split_whitespace().next_back()?;
    Some(Fact::Model { name: name.to_owned(), format: format.to_owned() })
}

/// `3.2k sent, 1.1k cache write, 2k cache hit, 120 received. Cost: …`
fn tokens(rest: &str) -> Option<Usage> {
    let mut usage = Usage { input: 0, output: 0, cache_read: 0, cache_write: 0 };
    for part in rest.split(", ") {
        let (number, what) = part.split_once(' ')?;
        let number = number_of(number)?;
        match what {
            "sent" | "sent." => usage.input = number,
            "cache write" => usage.cache_write = number,
            "cache hit" => usage.cache_read = number,
            _ if what.starts_with("received.") => {
                usage.output = number;
                break;
            }
            _ => return None,
        }
    }
    // What was sent includes what was cached.
    usage.input = usage.input.saturating_sub(usage.cache_read.saturating_add(usage.cache_write));
    Some(usage)
}

/// `120`, `5,244`, `3.2k`, `1.1M`
fn number_of(text: &str) -> Option<u64> {
    let (digits, unit) = match text.strip_suffix('k') {
        Some(digits) => (digits, 1e3),
        None => text.strip_suffix('M').map_or((text, 1.0), |digits| (digits, 1e6)),
    };
    let digits: Cow<'_, str> =
        if digits.contains(',') { digits.replace(',', "").into() } else { digits.into() };
    let number: f64 = digits.parse().ok()?;
    (0.0..1e15).contains(&number).then(|| (number * unit).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_read_in_every_shape() {
        let usage = |input, output, cache_read, cache_write| {
            Some(Fact::Tokens(Usage { input, output, cache_read, cache_write }))
        };
        for (line, expected) in [
            ("Tokens: 5,244 sent, 604 received. Cost: $0.02 request.", usage(5244, 604, 0, 0)),
            (
                "Tokens: 3.2k sent, 1.0k cache write, 2k cache hit, 1.1M received.",
                usage(200, 1_100_000, 2000, 1000),
            ),
            ("Tokens: 12 sent, 0 received.", usage(12, 0, 0, 0)),
            ("Tokens: about 12, more or less", None),
            ("Tokens: 12 eaten, 3 received.", None),
            ("Tokens: nan sent, inf received.", None),
        ] {
            assert_eq!(fact(line, ""), expected, "{line}");
        }
    }

    #[test]
    fn models_are_read_with_their_format() {
        let model = |name: &str, format: &str| {
            Some(Fact::Model { name: name.into(), format: format.into() })
        };
        for (line, expected) in [
            ("Model: gpt-4o with ♾️ whole edit format", model("gpt-4o", "whole")),
            ("Models: a/b ♾️ with diff edit format, weak model c", model("a/b", "diff")),
            ("Main model: o1 with architect edit format", model("o1", "architect")),
            ("Models which match \"mixtral\":", None),
            ("Model gpt-4o: Missing these environment variables:", None),
        ] {
            assert_eq!(fact(line, ""), expected, "{line}");
        }
    }

    #[test]
    fn a_command_is_one_that_was_asked_for() {
        let ran = Some(Fact::Ran("mkdir data".into()));
        assert_eq!(fact("Running mkdir data", "Run shell command? (Y)es/(N)o [Yes]: y"), ran);
        assert_eq!(fact("Running mkdir data", "Running mkdir results"), ran);
        assert_eq!(fact("Running with scissors", "Loaded .env"), None);
    }
}
