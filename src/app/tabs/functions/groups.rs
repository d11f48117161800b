//! Functions under the heads of their groups: by stack, by API, by a tag.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use super::columns::{Column, Reading};
use super::known::{Facts, Known};
use crate::model::function::Function;

/// What functions are grouped by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupBy(Column);

/// A group's head.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Head {
    /// What its functions share.
    pub key: String,
    /// Functions in it.
    pub functions: usize,
    /// Those of them that were measured.
    pub measured: usize,
    /// Sum of their invocations.
    pub invocations: f64,
    /// Sum of their errors.
    pub errors: f64,
    /// Sum of their throttles.
    pub throttles: f64,
    /// Its functions are not shown.
    pub folded: bool,
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// The head of a group, by its place among the heads.
    Head(usize),
    /// A function, by its place in the inventory.
    Function(usize),
}

/// The groups, and the rows that they make.
#[derive(Clone, Debug)]
pub struct Groups {
    /// By what.
    pub by: GroupBy,
    /// The heads in their order: a group stands where its first function stood, those without one last.
    pub heads: Vec<Head>,
    /// The rows of the table.
    pub rows: Vec<Row>,
    folded: BTreeSet<String>,
}

/// What stands for a group of functions that have none.
const NONE: &str = "(none)";
/// ... and of those of which it is not known.
const UNKNOWN: &str = "(not known yet)";

impl GroupBy {
    /// By the CloudFormation stack.
    pub fn stack() -> GroupBy {
        GroupBy(Column::Stack)
    }

    /// By the APIs that lead to it.
    pub fn api() -> GroupBy {
        GroupBy(Column::Api)
    }

    /// By the value of a tag.
    pub fn tag(key: &str) -> GroupBy {
        GroupBy(Column::Tag(key.to_string()))
    }

    /// The column that has the same.
    pub fn column(&self) -> &Column {
        &self.0
    }

    /// In words.
    pub fn name(&self) -> String {
        match &self.0 {
            Column::Tag(key) => format!("tag {key}"),
            column => column.heading().into_owned(),
        }
    }
}

impl Groups {
    /// No groups yet.
    pub fn by(by: GroupBy) -> Groups {
        Groups { by, heads: Vec::new(), rows: Vec::new(), folded: BTreeSet::new() }
    }

    /// Groups what is in this order.
    pub fn arrange(&mut self, order: &[usize], functions: &[Function], facts: &[Facts], known: &Known) {
        let mut places: HashMap<Cow<str>, usize> = HashMap::new();
        let mut heads: Vec<(u8, Head, Vec<usize>)> = Vec::new();
        for &at in order {
            let (rank, key) = match self.by.0.read(&functions[at], &facts[at], known) {
                Reading::Text(text) => (0, text),
                Reading::Absent | Reading::Number(_) => (1, Cow::Borrowed(NONE)),
                Reading::Unknown => (2, Cow::Borrowed(UNKNOWN)),
            };
            let place = *places.entry(key).or_insert_with_key(|key| {
                let head = Head { folded: self.folded.contains(key.as_ref()), key: key.to_string(), ..Head::default() };
                heads.push((rank, head, Vec::new()));
                heads.len() - 1
            });
            let (_, head, members) = &mut heads[place];
            let figures = &facts[at].figures;
            members.push(at);
            head.functions += 1;
            head.measured += usize::from(figures.invocations.is_some());
            head.invocations += figures.invocations.unwrap_or(0.0);
            head.errors += figures.errors;
            head.throttles += figures.throttles;
        }
        heads.sort_by_key(|(rank, ..)| *rank);
        self.heads.clear();
        self.rows.clear();
        for (place, (_, head, members)) in heads.into_iter().enumerate() {
            self.rows.push(Row::Head(place));
            if !head.folded {
                self.rows.extend(members.into_iter().map(Row::Function));
            }
            self.heads.push(head);
        }
    }

    /// Folds a group, or unfolds it; it shows with the next arrangement.
    pub fn toggle(&mut self, key: &str) {
        if !self.folded.remove(key) {
            self.folded.insert(key.to_string());
        }
    }

    /// The head of the group that a row belongs to.
    pub fn head_of(&self, row: usize) -> Option<&Head> {
        let above = self.rows.get(..=row)?;
        above.iter().rev().find_map(|row| match row {
            Row::Head(place) => self.heads.get(*place),
            Row::Function(_) => None,
        })
    }

    /// The row of a head.
    pub fn row_of(&self, key: &str) -> Option<usize> {
        let place = self.heads.iter().position(|head| head.key == key)?;
        self.rows.iter().position(|row| *row == Row::Head(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use crate::store::metrics::Figures;
    use crate::time::Moment;

    #[test]
    fn heads_sum_up_their_functions_and_hide_them_when_folded() {
        let now = Moment::from_timestamp(1_800_000_000, 0).expect("a valid moment");
        let functions: Vec<Function> = ["a", "b", "c", "d"]
            .map(|name| Function { name: name.into(), arn: format!("arn:{name}"), ..Function::default() })
            .into();
        let figures = |n: f64| Figures { invocations: Some(n), errors: 1.0, ..Figures::default() };
        let facts: Vec<Facts> =
            functions.iter().zip(1u8..).map(|(one, n)| Facts::of(one, figures(f64::from(n)))).collect();
        let mut store = Store::default();
        let team = |of: &str, team: &str| (of.to_string(), vec![("team".to_string(), team.to_string())]);
        store.tags.accept(Ok([team("arn:b", "pay"), team("arn:c", "shop"), team("arn:d", "pay")].into()), now);
        let known = Known::in_store(&store, now, None);
        let mut groups = Groups::by(GroupBy::tag("team"));
        groups.arrange(&[0, 3, 2, 1], &functions, &facts, &known);
        let keys: Vec<&str> = groups.heads.iter().map(|head| head.key.as_str()).collect();
        assert_eq!(keys, ["pay", "shop", "(none)"], "those without one stand last");
        assert_eq!((groups.heads[0].functions, groups.heads[0].invocations, groups.heads[0].errors), (2, 6.0, 2.0));
        use Row::{Function as F, Head as H};
        assert_eq!(groups.rows, [H(0), F(3), F(1), H(1), F(2), H(2), F(0)]);
        assert_eq!(groups.head_of(4).map(|head| head.key.as_str()), Some("shop"));
        groups.toggle("pay");
        groups.arrange(&[0, 3, 2, 1], &functions, &facts, &known);
        assert_eq!(groups.rows, [H(0), H(1), F(2), H(2), F(0)]);
        assert_eq!(groups.row_of("(none)"), Some(3));
    }
}
