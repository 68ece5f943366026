//! What a line is, as far as the lines before it tell.
//!
//! aider writes what it says itself as `> …` and prompts as `#### …`, one prefix a line and two
//! spaces at its end. Models write quotes and headings that look the same but for these spaces, and
//! blank lines stand around every answer. What aider says in several lines has the prefix in the
//! first and the spaces in the last only. In a file whose spaces an editor has taken away the
//! prefixes alone must do; the first prefixed line of a session tells which it is.

use serde::{Deserialize, Serialize};

const HEADER: &str = "# aider chat started at ";

/// What a line belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Kind {
    /// A session begins.
    Header,
    /// The first line of a prompt.
    Prompt,
    /// A further line of it.
    MorePrompt,
    Answer,
    /// aider itself.
    Output,
    Blank,
}

/// Where in the history a line stands.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Place {
    /// The last line's, blank ones aside.
    kind: Kind,
    /// Blank lines above, up to 2.
    blanks: u8,
    /// Lines end without two spaces; unknown before the first line with a prefix.
    plain: Option<bool>,
    /// aider's words go on in lines without a prefix.
    open: bool,
    /// In the answer, between the marks of a block that searches and replaces.
    block: bool,
    /// In the answer, the backticks of an open code block.
    fence: usize,
}

impl Place {
    /// Where a file or a session begins.
    pub(crate) fn start() -> Self {
        Self { kind: Kind::Header, blanks: 2, plain: None, open: false, block: false, fence: 0 }
    }

    /// Goes on to the next line, and tells what it is.
    pub(crate) fn take(&mut self, line: &str) -> Kind {
        let kind = self.kind_of(line);
        match kind {
            Kind::Blank => {}
            Kind::Header => *self = Self::start(),
            Kind::Answer => self.walk(line),
            Kind::Prompt | Kind::MorePrompt | Kind::Output => {
                self.open = kind == Kind::Output && !self.ends(line);
                (self.block, self.fence) = (false, 0);
            }
        }
        let is_blank = line.trim_end().is_empty();
        self.blanks = if is_blank { (self.blanks + 1).min(2) } else { 0 };
        if kind != Kind::Blank {
            self.kind = kind;
        }
        kind
    }

    fn kind_of(&mut self, line: &str) -> Kind {
        if line.trim_end().is_empty() {
            return if self.open || self.kind == Kind::Answer { self.kind } else { Kind::Blank };
        }
        let in_code = self.kind == Kind::Answer && (self.block || self.fence > 0);
        // Between an answer and what comes next are two blank lines, aider's own words aside; an
        // answer may end inside of its code, if it was interrupted.
        let is_apart = self.blanks >= if in_code { 2 } else { 1 };
        if is_header(line) && is_apart {
            return Kind::Header;
        }
        if let Some(output) = output(line)
            && self.is_output(line, output, in_code)
        {
            return Kind::Output;
        }
        if prompt(line).is_some() && self.ends(line) {
            if self.kind_is_prompt() && !self.after_blank() {
                return Kind::MorePrompt;
            }
            if is_apart || self.is_plain() && !in_code {
                return Kind::Prompt;
            }
        }
        if self.open { Kind::Output } else { Kind::Answer }
    }

    fn is_output(&mut self, line: &str, output: &str, in_code: bool) -> bool {
        let is_ended = self.ends(line);
        if self.kind != Kind::Answer {
            // An answer may begin with a quote, but a blank line stands above it.
            return is_ended || !self.after_blank() || self.kind == Kind::Header || self.open;
        }
        let is_sure = is_ended && self.after_blank();
        if in_code { is_sure && is_unmistakable(output) } else { is_sure || self.is_plain() }
    }

    /// Whether the line ends as the lines that aider writes do.
    fn ends(&mut self, line: &str) -> bool {
        let has_spaces = line.ends_with("  ");
        if self.plain.is_none() && (output(line).is_some() || prompt(line).is_some()) {
            self.plain = Some(!has_spaces);
        }
        let is_blank = line.trim_end().is_empty();
        self.is_plain() || has_spaces && !is_blank
    }

    fn is_plain(&self) -> bool {
        self.plain == Some(true)
    }

    fn after_blank(&self) -> bool {
        self.blanks > 0
    }

    fn kind_is_prompt(&self) -> bool {
        matches!(self.kind, Kind::Prompt | Kind::MorePrompt)
    }

    /// Goes through a line of an answer.
    fn walk(&mut self, line: &str) {
        if is_search(line) {
            self.block = true;
        } else if is_replace(line) {
            self.block = false;
        } else if !self.block {
            let ticks = ticks(line);
            if self.fence == 0 {
                self.fence = ticks;
            } else if ticks >= self.fence && line.trim().len() == ticks {
                self.fence = 0;
            }
        }
    }
}

/// The time of a header, if the line is exactly one.
pub(crate) fn header_time(line: &str) -> Option<&str> {
    const SHAPE: &[u8] = b"0000-00-00 00:00:00";
    let time = line.trim_end().strip_prefix(HEADER)?;
    let fits = |(byte, shape): (u8, &u8)| match shape {
        b'0' => byte.is_ascii_digit(),
        _ => byte == *shape,
    };
    (time.len() == SHAPE.len() && time.bytes().zip(SHAPE).all(fits)).then_some(time)
}

pub(crate) fn is_header(line: &str) -> bool {
    header_time(line).is_some()
}

/// What stands in a line of a prompt.
pub(crate) fn prompt(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("####")?;
    let text = rest.strip_suffix("  ").unwrap_or(rest);
    if text.is_empty() { Some(text) } else { text.strip_prefix(' ') }
}

/// What aider says in a line with its prefix.
pub(crate) fn output(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("> ")?;
    Some(rest.strip_suffix("  ").unwrap_or(rest).trim_end())
}

/// Words that end an answer even if a code block in it was never closed.
fn is_unmistakable(output: &str) -> bool {
    const WORDS: [&str; 12] = [
        "Tokens: ",
        "^C",
        "Applied edit to ",
        "Commit ",
        "You can use /undo",
        "The LLM did not conform",
        "Unexpected error: ",
        "Retrying in ",
        "litellm.",
        "Traceback ",
        "Model ",
        "Exiting",
    ];
    output.is_empty() || WORDS.iter().any(|words| output.starts_with(words))
}

/// Backticks of a line that opens or closes a code block, or 0.
pub(crate) fn ticks(line: &str) -> usize {
    let line = line.trim_start();
    let info = line.trim_start_matches('`');
    let ticks = line.len() - info.len();
    if ticks >= 3 && !info.contains('`') { ticks } else { 0 }
}

/// `<<<<<<< SEARCH`, or `ORIGINAL` in older versions.
pub(crate) fn is_search(line: &str) -> bool {
    is_mark(line, '<', &["SEARCH", "SEARCH>", "ORIGINAL"])
}

/// `=======`
pub(crate) fn is_divider(line: &str) -> bool {
    is_mark(line, '=', &[""])
}

/// `>>>>>>> REPLACE`, or `UPDATED` in older versions.
pub(crate) fn is_replace(line: &str) -> bool {
    is_mark(line, '>', &["REPLACE", "UPDATED"])
}

fn is_mark(line: &str, sign: char, words: &[&str]) -> bool {
    let line = line.trim_end();
    let rest = line.trim_start_matches(sign);
    (5..=9).contains(&(line.len() - rest.len())) && words.contains(&rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> String {
        let mut place = Place::start();
        let sign = |line| match place.take(line) {
            Kind::Header => 'H',
            Kind::Prompt => 'P',
            Kind::MorePrompt => 'p',
            Kind::Answer => 'a',
            Kind::Output => 'o',
            Kind::Blank => '.',
        };
        text.lines().map(sign).collect()
    }

    #[test]
    fn what_aider_writes_is_told_from_what_is_quoted() {
        for (text, expected) in [
            (
                "\n# aider chat started at 2026-01-01 00:00:00\n\n> a  \n\n#### p  \n####   \n",
                ".H.o.Pp",
            ),
            // Headings and quotes of the model.
            (
                "#### p  \n\nSee:\n\n#### Title\n> quote\n\n> quote\n\n> Tokens: 1 sent  \n",
                "P.aaaaaaao",
            ),
            // An answer that begins with a quote, and output that begins below the prompt.
            ("#### p  \n\n> quote\ntext\n", "P.aa"),
            ("#### /run ls  \n> a\nb\n\n   \nc  \nanswer\n", "Poooooa"),
            // A history inside of a block, and words that end a block that is never closed.
            (
                "#### p  \n\n```\n\n# aider chat started at 2026-01-01 00:00:00\n\n#### q  \n```\n",
                "P.aaaaaa",
            ),
            ("#### p  \n\n```\nhalf\n\n\n# aider chat started at 2026-01-01 00:00:00\n", "P.aaaaH"),
            (
                "#### p  \n\n<<<<<<< SEARCH\n\n> b  \n\n> ^C again to exit  \n\n#### q  \n",
                "P.aaaao.P",
            ),
            // Without the spaces.
            ("> a\n#### p\n\nanswer\n> Applied edit to a\n> b\n\n#### q\n", "oP.aoo.P"),
            ("# aider chat started at yesterday\n", "a"),
        ] {
            assert_eq!(kinds(text), expected, "{text}");
        }
    }
}
