//! Text of others inside of Markdown, in marks that it cannot close.

use std::io::{self, Write};

use super::{plain, plain::one_line};

/// A code block; `rest` says what is left out at its end.
pub(crate) fn fenced(
    output: &mut impl Write,
    language: &str,
    text: &str,
    rest: &str,
) -> io::Result<()> {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    writeln!(output, "\n{fence}{language}\n{}{rest}\n{fence}", plain(text.trim_end()))
}

/// Text in a cell of a table.
pub(crate) fn cell(text: &str) -> String {
    one_line(text).replace('|', "\\|")
}

/// A line of code in a cell of a table.
pub(crate) fn code_cell(line: &str) -> String {
    let text = plain(line).replace('|', "\\|");
    let text = text.trim_end();
    let run = longest_run(text);
    let marks = "`".repeat(run + 1);
    match run {
        _ if text.is_empty() => String::new(),
        0 => format!("{marks}{text}{marks}"),
        // A mark at either end would belong to ours.
        _ => format!("{marks} {text} {marks}"),
    }
}

/// The most backticks in a row.
fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_cannot_leave_its_cell() {
        assert_eq!(code_cell("\tlet a = b;"), "`\tlet a = b;`");
        assert_eq!(code_cell("a | `b`"), "`` a \\| `b` ``");
        assert_eq!(code_cell("  "), "");
    }
}
