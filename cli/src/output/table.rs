//! Tables with aligned columns.

use std::io::{self, Write};

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::{HEADING, plain};

/// Cells in rows.
pub(crate) struct Table<const COLUMNS: usize> {
    headings: Option<[&'static str; COLUMNS]>,
    right: [bool; COLUMNS],
    styles: [Style; COLUMNS],
    rows: Vec<[String; COLUMNS]>,
    indent: usize,
}

impl<const COLUMNS: usize> Table<COLUMNS> {
    /// A table without headings.
    pub(crate) fn new() -> Self {
        Self {
            headings: None,
            right: [false; COLUMNS],
            styles: [Style::new(); COLUMNS],
            rows: Vec::new(),
            indent: 0,
        }
    }

    /// A table with headings.
    pub(crate) fn with_headings(headings: [&'static str; COLUMNS]) -> Self {
        Self { headings: Some(headings), ..Self::new() }
    }

    /// Aligns a column to the right.
    pub(crate) fn right(mut self, column: usize) -> Self {
        self.right[column] = true;
        self
    }

    /// Styles a column.
    pub(crate) fn style(mut self, column: usize, style: Style) -> Self {
        self.styles[column] = style;
        self
    }

    /// Begins every line with so many spaces.
    pub(crate) fn indent(mut self, indent: usize) -> Self {
        self.indent = indent;
        self
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: [String; COLUMNS]) {
        self.rows.push(cells.map(|cell| plain(&cell).replace(['\n', '\t'], " ")));
    }

    /// Whether there is no row.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Writes it.
    pub(crate) fn write(&self, writer: &mut impl Write) -> io::Result<()> {
        let mut widths = self.headings.map_or([0; COLUMNS], |headings| headings.map(str::len));
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        if let Some(headings) = &self.headings {
            self.line(writer, &widths, headings, &[HEADING; COLUMNS])?;
        }
        self.rows.iter().try_for_each(|row| self.line(writer, &widths, row, &self.styles))
    }

    fn line(
        &self,
        writer: &mut impl Write,
        widths: &[usize; COLUMNS],
        cells: &[impl AsRef<str>; COLUMNS],
        styles: &[Style; COLUMNS],
    ) -> io::Result<()> {
        // Spaces are written before the next cell, so that no line ends with them.
        let mut spaces = self.indent;
        for (column, cell) in cells.iter().enumerate() {
            let cell = cell.as_ref();
            let missing = widths[column].saturating_sub(cell.width());
            let (before, after) = if self.right[column] { (missing, 0) } else { (0, missing) };
            if cell.is_empty() {
                spaces += missing + 2;
                continue;
            }
            let style = styles[column];
            write!(writer, "{:1$}{style}{cell}{style:#}", "", spaces + before)?;
            spaces = after + 2;
        }
        writeln!(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_whatever_the_script() {
        let mut table = Table::with_headings(["NAME", "COUNT", "WHERE"]).right(1).indent(1);
        table.row(["漢字".into(), "7".into(), "here".into()]);
        table.row(["a".into(), "12345678".into(), String::new()]);
        table.row([String::new(), "1".into(), "there".into()]);
        let mut text = Vec::new();
        table.write(&mut text).expect("memory takes it");
        let text = anstream::adapter::strip_bytes(&text).into_vec();
        let expected = " NAME     COUNT  WHERE
 漢字         7  here
 a     12345678
              1  there
";
        assert_eq!(String::from_utf8_lossy(&text), expected);
    }
}
