//! Which columns stand in the table, and in which order.

use super::Functions;
use super::columns::{Column, STACK_TAG};
use super::order::Sort;
use crate::app::command::Action;
use crate::app::cursor::{Cursor, Motion};
use crate::store::Store;

/// The list of columns: those that are shown first, in their order.
#[derive(Debug, Default)]
pub struct Chooser {
    /// Each column, and whether it is shown.
    pub items: Vec<(Column, bool)>,
    /// Selected one.
    pub cursor: Cursor,
}

/// What a key in the list asks of the table.
#[derive(Debug, PartialEq)]
pub enum Choosing {
    /// These columns.
    Columns(Vec<Column>),
    /// Sort by this one.
    Sort(Sort),
    /// Turn the order round.
    Reverse,
    /// Nothing.
    Nothing,
}

impl Chooser {
    /// The list for a table.
    pub fn of(tab: &Functions, store: &Store) -> Chooser {
        let mut items: Vec<(Column, bool)> = tab.columns.iter().map(|column| (column.clone(), true)).collect();
        let rest = Column::all().filter(|column| *column != Column::Name && !tab.columns.contains(column));
        items.extend(rest.map(|column| (column, false)));
        let mut chooser = Chooser { items, cursor: Cursor::default() };
        chooser.add_tags(store);
        chooser
    }

    /// Tags that are known by now have a place at the end.
    pub fn add_tags(&mut self, store: &Store) {
        for key in tag_keys(store) {
            let column = Column::Tag(key);
            if self.items.iter().all(|(known, _)| *known != column) {
                self.items.push((column, false));
            }
        }
    }

    /// Those that are shown, in their order.
    pub fn chosen(&self) -> Vec<Column> {
        self.items.iter().filter(|(_, on)| *on).map(|(column, _)| column.clone()).collect()
    }

    /// A key's meaning.
    pub fn act(&mut self, action: Action, height: usize) -> Choosing {
        if let Some(motion) = Motion::of(action) {
            self.cursor.go(motion, self.items.len(), height);
            return Choosing::Nothing;
        }
        let (row, rows) = (self.cursor.row, self.items.len());
        let Some((column, on)) = self.items.get_mut(row) else { return Choosing::Nothing };
        match action {
            Action::Fold => *on = !*on,
            Action::Left if row > 0 => {
                self.items.swap(row, row - 1);
                self.cursor.go(Motion::By(-1), self.items.len(), height);
            }
            Action::Right if row + 1 < rows => {
                self.items.swap(row, row + 1);
                self.cursor.go(Motion::By(1), self.items.len(), height);
            }
            Action::Sort => return Choosing::Sort(Sort::By(column.clone())),
            Action::SortReverse => return Choosing::Reverse,
            _ => return Choosing::Nothing,
        }
        Choosing::Columns(self.chosen())
    }
}

/// The lines of the configuration that keep columns and sort.
pub fn configuration(columns: &[Column], sort: &Sort) -> String {
    let names: Vec<String> = columns.iter().map(|column| format!("{:?}", column.name())).collect();
    format!("[functions]\ncolumns = [{}]\nsort = {:?}", names.join(", "), sort.name())
}

/// Keys of the functions' tags, those of CloudFormation but for the stack left out.
pub fn tag_keys(store: &Store) -> Vec<String> {
    let Some(tags) = store.tags.get() else { return Vec::new() };
    let of_functions = tags.iter().filter(|(arn, _)| arn.contains(":function:"));
    let keys: std::collections::BTreeSet<&String> =
        of_functions.flat_map(|(_, tags)| tags).map(|(key, _)| key).collect();
    keys.into_iter().filter(|key| !key.starts_with("aws:") && *key != STACK_TAG).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_switched_and_moved() {
        let tab = Functions { columns: vec![Column::P99, Column::Memory], ..Functions::default() };
        let mut chooser = Chooser::of(&tab, &Store::default());
        assert_eq!(chooser.items.len(), Column::all().count() - 1, "the name is no choice");
        assert_eq!(chooser.act(Action::Right, 10), Choosing::Columns(vec![Column::Memory, Column::P99]));
        assert_eq!(chooser.cursor.row, 1, "the cursor goes with its column");
        assert_eq!(chooser.act(Action::Fold, 10), Choosing::Columns(vec![Column::Memory]));
        assert_eq!(chooser.act(Action::Fold, 10), Choosing::Columns(vec![Column::Memory, Column::P99]));
        assert_eq!(chooser.act(Action::Sort, 10), Choosing::Sort(Sort::By(Column::P99)));
        chooser.act(Action::First, 10);
        assert_eq!(chooser.act(Action::Left, 10), Choosing::Nothing, "there is nothing before the first");
        let text = configuration(&[Column::P99, Column::Tag("a \"b\"".into())], &Sort::Worst);
        assert_eq!(text, "[functions]\ncolumns = [\"p99\", \"tag.a \\\"b\\\"\"]\nsort = \"worst\"");
    }
}
