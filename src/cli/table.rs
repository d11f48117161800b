//! A plain table: columns as wide as their widest cell, two blanks between them.

use crate::text::{safe_line, width};

/// A table under way.
#[derive(Debug, Default)]
pub struct Table {
    columns: Vec<(&'static str, bool)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Titles; those that begin with `>` stand to the right, as numbers do.
    pub fn new(titles: &[&'static str]) -> Table {
        let columns = titles.iter().map(|title| match title.strip_prefix('>') {
            Some(title) => (title, true),
            None => (*title, false),
        });
        Table { columns: columns.collect(), rows: Vec::new() }
    }

    /// A row: one cell for each title.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells: Vec<String> = cells.into_iter().map(|cell| safe_line(&cell).into_owned()).collect();
        debug_assert_eq!(cells.len(), self.columns.len());
        self.rows.push(cells);
    }

    /// The lines, titles first.
    pub fn lines(&self) -> Vec<String> {
        let widths: Vec<usize> = self
            .columns
            .iter()
            .enumerate()
            .map(|(at, (title, _))| {
                self.rows.iter().map(|row| width(&row[at])).chain([width(title)]).max().unwrap_or(0)
            })
            .collect();
        let titles: Vec<String> = self.columns.iter().map(|(title, _)| (*title).to_string()).collect();
        [&titles].into_iter().chain(&self.rows).map(|cells| self.line(cells, &widths)).collect()
    }

    fn line(&self, cells: &[String], widths: &[usize]) -> String {
        let mut line = String::new();
        for ((cell, (_, right)), width_of_column) in cells.iter().zip(&self.columns).zip(widths) {
            let gap = " ".repeat(width_of_column - width(cell));
            if !line.is_empty() {
                line.push_str("  ");
            }
            let (before, after) = if *right { (gap.as_str(), "") } else { ("", gap.as_str()) };
            line.extend([before, cell, after]);
        }
        line.truncate(line.trim_end().len());
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(&["NAME", ">CALLS", "NOTE"]);
        table.row(vec!["日本".into(), "7".into(), String::new()]);
        table.row(vec!["checkout".into(), "12345".into(), "a\nb".into()]);
        assert_eq!(table.lines(), ["NAME      CALLS  NOTE", "日本          7", "checkout  12345  a⏎b"]);
    }

    #[test]
    fn a_first_cell_that_is_empty_keeps_its_column() {
        let mut table = Table::new(&["A", "B"]);
        table.row(vec![String::new(), "x".into()]);
        assert_eq!(table.lines()[1], "   x");
    }
}
