//! In which order functions stand.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::columns::{Column, Reading};
use super::known::{Facts, Known};
use crate::model::function::Function;

/// What functions are sorted by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// The score, the worst first.
    #[default]
    Worst,
    /// A column.
    By(Column),
}

impl Sort {
    /// The sort of a name, as `worst` or a column's.
    pub fn named(name: &str) -> Option<Sort> {
        match name {
            "worst" => Some(Sort::Worst),
            name => Column::named(name).map(Sort::By),
        }
    }

    /// Its name.
    pub fn name(&self) -> Cow<'static, str> {
        match self {
            Sort::Worst => Cow::Borrowed("worst"),
            Sort::By(column) => column.name(),
        }
    }

    /// The column that sorts.
    pub fn column(&self) -> Option<&Column> {
        match self {
            Sort::Worst => None,
            Sort::By(column) => Some(column),
        }
    }
}

/// What is compared of a function.
enum Key<'a> {
    Number(f64),
    Text(Cow<'a, str>),
    /// Stands last, whichever way round.
    Missing,
}

/// Sorts functions by their places in the inventory.
pub struct Sorter<'a> {
    /// All functions.
    pub functions: &'a [Function],
    /// What is derived of each.
    pub facts: &'a [Facts],
    /// What is known beside.
    pub known: &'a Known<'a>,
    /// By what.
    pub sort: &'a Sort,
    /// Turned round.
    pub reversed: bool,
}

impl<'a> Sorter<'a> {
    /// Sorts; each key is read once.
    pub fn sort(&self, places: &mut Vec<usize>) {
        let mut keyed: Vec<(Key, usize)> = places.iter().map(|&at| (self.key(at), at)).collect();
        keyed.sort_by(|a, b| self.compare(a, b));
        places.clear();
        places.extend(keyed.into_iter().map(|(_, at)| at));
    }

    /// Puts those that have come among those that are sorted already.
    pub fn merge(&self, sorted: &mut Vec<usize>, mut coming: Vec<usize>) {
        self.sort(&mut coming);
        let old = std::mem::replace(sorted, Vec::with_capacity(sorted.len() + coming.len()));
        let keyed = |at: usize| (self.key(at), at);
        let (mut left, mut right) = (old.into_iter().map(keyed).peekable(), coming.into_iter().map(keyed).peekable());
        loop {
            let next = match (left.peek(), right.peek()) {
                (Some(a), Some(b)) if self.compare(b, a) == Ordering::Less => right.next(),
                (Some(_), _) => left.next(),
                (None, _) => right.next(),
            };
            match next {
                Some((_, at)) => sorted.push(at),
                None => return,
            }
        }
    }

    fn key(&self, at: usize) -> Key<'a> {
        let (function, facts) = (&self.functions[at], &self.facts[at]);
        match self.sort {
            Sort::Worst if facts.score < 0.0 => Key::Missing,
            Sort::Worst => Key::Number(facts.score),
            // Of texts the case does not count.
            Sort::By(Column::Name) => Key::Text(Cow::Borrowed(&facts.lower)),
            Sort::By(column) => match column.read(function, facts, self.known) {
                Reading::Number(value) => Key::Number(value),
                Reading::Text(text) => Key::Text(text),
                Reading::Absent | Reading::Unknown => Key::Missing,
            },
        }
    }

    fn compare(&self, a: &(Key, usize), b: &(Key, usize)) -> Ordering {
        let ascending = self.sort.column().is_some_and(Column::is_ascending) != self.reversed;
        let turned = |order: Ordering| if ascending { order } else { order.reverse() };
        let by = match (&a.0, &b.0) {
            (Key::Number(x), Key::Number(y)) => turned(x.total_cmp(y)),
            (Key::Text(x), Key::Text(y)) => turned(x.cmp(y)),
            (Key::Missing, Key::Missing) => Ordering::Equal,
            (Key::Missing, _) => Ordering::Greater,
            (_, Key::Missing) => Ordering::Less,
            (Key::Number(_), Key::Text(_)) => Ordering::Less,
            (Key::Text(_), Key::Number(_)) => Ordering::Greater,
        };
        by.then_with(|| self.functions[a.1].name.cmp(&self.functions[b.1].name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use crate::store::metrics::Figures;
    use crate::time::Moment;
    use proptest::prelude::*;

    fn functions(count: usize) -> Vec<Function> {
        (0..count)
            .map(|n| Function {
                name: format!("f{:03}", n * 7919 % 1000),
                runtime: ["nodejs22.x", "python3.13", ""][n % 3].into(),
                memory_mb: 128 * (1 + n as u32 % 5),
                ..Function::default()
            })
            .collect()
    }

    #[test]
    fn what_is_not_known_stands_last_whichever_way_round() {
        let now = Moment::from_timestamp(1_800_000_000, 0).expect("a valid moment");
        let (store, functions) = (Store::default(), functions(4));
        let known = Known::in_store(&store, now, None);
        let errors = [Some(3.0), None, Some(9.0), None];
        let figures =
            errors.map(|n: Option<f64>| Figures { invocations: n, errors: n.unwrap_or(0.0), ..Figures::default() });
        let facts: Vec<Facts> = functions.iter().zip(figures).map(|(one, figures)| Facts::of(one, figures)).collect();
        let order = |sort: Sort, reversed: bool| {
            let mut places = vec![0, 1, 2, 3];
            Sorter { functions: &functions, facts: &facts, known: &known, sort: &sort, reversed }.sort(&mut places);
            places
        };
        assert_eq!(order(Sort::Worst, false), [2, 0, 3, 1]);
        assert_eq!(order(Sort::Worst, true), [0, 2, 3, 1]);
        assert_eq!(order(Sort::By(Column::Errors), false), [2, 0, 3, 1]);
        assert_eq!(order(Sort::By(Column::Memory), false), [3, 2, 1, 0]);
        assert_eq!(order(Sort::By(Column::Name), false), [0, 3, 2, 1]);
    }

    proptest! {
        #[test]
        fn merging_page_by_page_is_sorting_once(
            pages in prop::collection::vec(1usize..40, 1..6), reversed: bool, pick in 0usize..5
        ) {
            let now = Moment::from_timestamp(1_800_000_000, 0).expect("a valid moment");
            let (store, functions) = (Store::default(), functions(pages.iter().sum()));
            let known = Known::in_store(&store, now, None);
            let figures = |n: usize| Figures {
                invocations: (!n.is_multiple_of(4)).then_some((n % 11) as f64), errors: (n % 3) as f64, ..Figures::default()
            };
            let facts: Vec<Facts> = functions.iter().enumerate().map(|(n, one)| Facts::of(one, figures(n))).collect();
            let sorts = [Column::Name, Column::Errors, Column::Runtime, Column::Memory].map(Sort::By);
            let sort = sorts.get(pick).cloned().unwrap_or_default();
            let sorter = Sorter { functions: &functions, facts: &facts, known: &known, sort: &sort, reversed };
            let mut all: Vec<usize> = (0..functions.len()).collect();
            sorter.sort(&mut all);
            let (mut merged, mut from) = (Vec::new(), 0);
            for page in pages {
                sorter.merge(&mut merged, (from..from + page).collect());
                from += page;
            }
            prop_assert_eq!(merged, all);
        }
    }
}
