//! The rows of a query as a table: columns as they come up, sorted and filtered here, without another query.

use std::cmp::Ordering;

use crate::app::command::Action;
use crate::app::cursor::{Cursor, Motion};
use crate::model::insights::Row;
use crate::text;

/// Widest column, but for the last.
const WIDEST: usize = 60;
/// So many rows are measured for the widths.
const MEASURED: usize = 300;

/// A column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    /// Name of the field.
    pub name: String,
    /// Columns of the screen that it takes.
    pub width: usize,
    /// Holds numbers: pushed to the right.
    pub numbers: bool,
}

/// Rows and what is seen of them.
#[derive(Clone, Debug, Default)]
pub struct Table {
    rows: Vec<Row>,
    /// Columns in the order in which they first come up.
    pub columns: Vec<Column>,
    /// Rows that pass the filter, in their order.
    order: Vec<usize>,
    /// Column by which they are sorted, and whether from the greatest; none is the query's own order.
    pub sort: Option<(String, bool)>,
    /// Filter, as typed.
    pub filter: String,
    /// Cursor in the rows shown.
    pub cursor: Cursor,
    /// First column shown.
    pub first: usize,
}

/// The cell of a row.
pub fn cell<'a>(row: &'a Row, name: &str) -> Option<&'a str> {
    row.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
}

impl Table {
    /// Other rows of the same query.
    pub fn set(&mut self, rows: Vec<Row>) {
        self.rows = rows;
        self.measure();
        self.arrange();
    }

    /// How many rows there are.
    pub fn total(&self) -> usize {
        self.rows.len()
    }

    /// How many of them are shown.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// No row is shown.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// A row that is shown.
    pub fn row(&self, at: usize) -> Option<&Row> {
        self.rows.get(*self.order.get(at)?)
    }

    /// The row under the cursor.
    pub fn selected(&self) -> Option<&Row> {
        self.row(self.cursor.row)
    }

    fn measure(&mut self) {
        self.columns.clear();
        for row in &self.rows {
            for (name, _) in row {
                // A pointer for GetLogRecord, of no use to anybody who reads.
                if name != "@ptr" && !self.columns.iter().any(|column| column.name == *name) {
                    let width = text::width(name) + 1;
                    self.columns.push(Column { name: name.clone(), width, numbers: true });
                }
            }
        }
        for column in &mut self.columns {
            let mut any = false;
            for value in self.rows.iter().take(MEASURED).filter_map(|row| cell(row, &column.name)) {
                let shown = &value[..value.floor_char_boundary(WIDEST * 4)];
                column.width = column.width.max(text::width(&text::safe_line(shown))).min(WIDEST);
                column.numbers &= value.parse::<f64>().is_ok();
                any = true;
            }
            column.numbers &= any;
        }
        self.first = self.first.min(self.columns.len().saturating_sub(1));
    }

    /// Filter and order anew.
    pub fn arrange(&mut self) {
        let wanted = self.filter.to_lowercase();
        let passes = |row: &Row| {
            wanted.is_empty()
                || row.iter().any(|(name, value)| name != "@ptr" && value.to_lowercase().contains(&wanted))
        };
        self.order = (0..self.rows.len()).filter(|at| passes(&self.rows[*at])).collect();
        if let Some((name, greatest_first)) = &self.sort {
            let rows = &self.rows;
            self.order.sort_by(|a, b| match (cell(&rows[*a], name), cell(&rows[*b], name)) {
                (Some(a), Some(b)) if *greatest_first => compare(b, a),
                (Some(a), Some(b)) => compare(a, b),
                // A row that lacks the field comes last in either order.
                (a, b) => b.is_some().cmp(&a.is_some()),
            });
        }
        self.cursor.row = self.cursor.row.min(self.order.len().saturating_sub(1));
    }

    /// What a key does to the table; false where it does nothing.
    pub fn act(&mut self, action: Action, height: usize) -> bool {
        if let Some(motion) = Motion::of(action) {
            self.cursor.go(motion, self.order.len(), height);
            return true;
        }
        match action {
            Action::Left => self.first = self.first.saturating_sub(1),
            Action::Right => self.first = (self.first + 1).min(self.columns.len().saturating_sub(1)),
            Action::Sort => {
                let at = self.sort.as_ref().and_then(|(name, _)| self.columns.iter().position(|c| c.name == *name));
                let next = at.map_or(0, |at| at + 1);
                // Numbers are asked for from the greatest, names from the first letter.
                self.sort = self.columns.get(next).map(|column| (column.name.clone(), column.numbers));
                self.arrange();
            }
            Action::SortReverse => {
                if let Some((_, greatest_first)) = &mut self.sort {
                    *greatest_first = !*greatest_first;
                }
                self.arrange();
            }
            _ => return false,
        }
        self.cursor.fit(self.order.len(), height);
        true
    }

    /// Names and cells of what is shown, for a file.
    pub fn cells(&self) -> (Vec<String>, Vec<Vec<Option<String>>>) {
        let names: Vec<String> = self.columns.iter().map(|column| column.name.clone()).collect();
        let row = |row: &Row| names.iter().map(|name| cell(row, name).map(str::to_string)).collect();
        let rows = (0..self.len()).filter_map(|at| self.row(at)).map(row).collect();
        (names, rows)
    }
}

/// Numbers by value where both are numbers, else as text.
fn compare(a: &str, b: &str) -> Ordering {
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => a.total_cmp(&b),
        _ => a.cmp(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let row = |cells: &[(&str, &str)]| cells.iter().map(|(n, v)| ((*n).to_string(), (*v).to_string())).collect();
        let mut table = Table::default();
        table.set(vec![
            row(&[("name", "b"), ("ms", "9"), ("@ptr", "zz")]),
            row(&[("name", "a"), ("ms", "10.5"), ("@ptr", "zz")]),
            row(&[("name", "c"), ("extra", "only here")]),
        ]);
        table
    }

    fn names(table: &Table) -> String {
        (0..table.len()).filter_map(|at| cell(table.row(at)?, "name")).collect()
    }

    #[test]
    fn columns_come_up_in_order_and_know_their_width() {
        let table = table();
        let columns: Vec<(&str, usize, bool)> =
            table.columns.iter().map(|column| (column.name.as_str(), column.width, column.numbers)).collect();
        assert_eq!(columns, [("name", 5, false), ("ms", 4, true), ("extra", 9, false)]);
    }

    #[test]
    fn numbers_sort_as_numbers_and_what_is_missing_comes_last() {
        let mut table = table();
        assert_eq!(names(&table), "bac");
        table.act(Action::Sort, 10);
        assert_eq!(names(&table), "abc");
        table.act(Action::Sort, 10);
        assert_eq!(table.sort, Some(("ms".into(), true)));
        assert_eq!(names(&table), "abc");
        table.act(Action::SortReverse, 10);
        assert_eq!(names(&table), "bac");
        table.act(Action::Sort, 10);
        table.act(Action::Sort, 10);
        assert_eq!((table.sort.clone(), names(&table)), (None, "bac".into()));
    }

    #[test]
    fn the_filter_looks_at_what_is_shown_only() {
        let mut table = table();
        table.filter = "ONLY".into();
        table.arrange();
        assert_eq!(names(&table), "c");
        table.filter = "zz".into();
        table.arrange();
        assert!(table.is_empty() && table.selected().is_none());
        table.filter.clear();
        table.arrange();
        let (names, rows) = table.cells();
        assert_eq!(names, ["name", "ms", "extra"]);
        assert_eq!(rows[2], [Some("c".to_string()), None, Some("only here".to_string())]);
    }
}
