//! Running a query over events, newest first, in as many slices as it takes.

use super::expression::{Datum, Expression, Fields};
use super::{Aggregate, Column, Command, Order, Query, Statistic, fields};
use crate::sim::services::logs::event::Event;
use serde_json::Value;
use std::cell::OnceCell;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Rows of a query without a `limit`.
const DEFAULT_ROWS: usize = 10_000;
/// Most rows of a query, and rows kept for commands that need all of them: what is older is left out.
pub const MAX_ROWS: usize = 100_000;

/// A query on its way.
#[derive(Debug)]
pub struct Run {
    query: Query,
    limit: usize,
    /// Commands up to here work on one row at a time.
    split: usize,
    rows: Vec<Row>,
    /// What `dedup` has let through.
    seen: BTreeSet<Vec<Option<String>>>,
    groups: Option<Groups>,
    /// Events seen.
    pub scanned: u64,
    /// Events that passed the filters.
    pub matched: u64,
    /// Their size.
    pub bytes: u64,
}

/// An event with what the commands have added, or a row of statistics.
#[derive(Clone, Debug, Default)]
struct Row {
    event: Option<(Event, String)>,
    added: Vec<(String, Datum)>,
    document: OnceCell<Option<Value>>,
}

impl Fields for Row {
    fn field(&self, name: &str) -> Option<Datum> {
        if let Some((_, value)) = self.added.iter().rev().find(|(added, _)| added == name) {
            return Some(value.clone());
        }
        let (event, log) = self.event.as_ref()?;
        if name.starts_with('@') {
            return fields::system(event, log, name);
        }
        let document = self.document.get_or_init(|| fields::document(&event.message));
        fields::of_document(document.as_ref()?, name)
    }
}

#[derive(Debug, Default)]
struct Groups {
    places: BTreeMap<Vec<Option<String>>, usize>,
    /// In the order in which they were first seen.
    list: Vec<(Vec<Option<Datum>>, Vec<Tally>)>,
}

/// What a statistic remembers of the values so far.
#[derive(Clone, Debug, Default)]
struct Tally {
    count: u64,
    sum: f64,
    squares: f64,
    least: Option<Datum>,
    greatest: Option<Datum>,
    values: Vec<f64>,
    distinct: BTreeSet<String>,
    first: Option<Datum>,
    last: Option<Datum>,
}

impl Run {
    /// Begins; `limit` holds for a query without one of its own.
    pub fn new(query: Query, limit: Option<usize>) -> Self {
        let limit = query.limit().or(limit).unwrap_or(DEFAULT_ROWS).min(MAX_ROWS);
        let streaming = |command: &Command| {
            matches!(command, Command::Fields(_) | Command::Display(_) | Command::Filter(_) | Command::Parse { .. })
        };
        let split = query.commands.iter().position(|command| !streaming(command)).unwrap_or(query.commands.len());
        let groups = matches!(query.commands.get(split), Some(Command::Stats { .. })).then(Groups::default);
        Run { query, limit, split, rows: Vec::new(), seen: BTreeSet::new(), groups, scanned: 0, matched: 0, bytes: 0 }
    }

    /// Takes the next event, in `log` (account id, colon, group).
    pub fn feed(&mut self, event: Event, log: &str) {
        self.scanned += 1;
        self.bytes += event.message.len() as u64;
        let row = Row { event: Some((event, log.to_owned())), ..Row::default() };
        let Some(row) = stream(&self.query.commands[..self.split], row) else { return };
        self.matched += 1;
        match (&mut self.groups, self.query.commands.get(self.split)) {
            (Some(groups), Some(Command::Stats { aggregates, by })) => groups.add(aggregates, by, &row),
            (_, Some(Command::Limit(limit))) if self.rows.len() >= *limit => {}
            (_, Some(Command::Dedup(columns))) if !self.seen.insert(show_all(columns, &row)) => {}
            _ if self.rows.len() >= MAX_ROWS => {}
            (_, Some(Command::Sort(keys))) => {
                self.rows.push(row);
                let shown_at_once = self.query.commands[self.split + 1..]
                    .iter()
                    .all(|command| matches!(command, Command::Limit(_) | Command::Display(_) | Command::Fields(_)));
                // Only so many can be shown: the others go, now and then.
                if shown_at_once && self.rows.len() > self.limit + DEFAULT_ROWS {
                    sort(&mut self.rows, keys);
                    self.rows.truncate(self.limit);
                }
            }
            _ => self.rows.push(row),
        }
    }

    /// Older events can change nothing any more.
    pub fn is_satisfied(&self) -> bool {
        let newest_first = |keys: &[(Expression, Order)]| matches!(keys, [(Expression::Field(name), Order::Descending)] if name == "@timestamp");
        let ordered = match &self.query.commands[self.split..] {
            [] | [Command::Limit(_)] => true,
            [Command::Sort(keys)] | [Command::Sort(keys), Command::Limit(_)] => newest_first(keys),
            _ => false,
        };
        ordered && self.rows.len() >= self.limit
    }

    /// The rows as far as they are known: names and values, as the service shows them.
    pub fn rows(&self) -> Vec<Vec<(String, String)>> {
        let mut rows: Vec<Row>;
        let mut shown = shown_by(&[], &self.query.commands[..self.split]);
        let mut rest = &self.query.commands[self.split..];
        if let (Some(groups), [Command::Stats { aggregates, by }, after @ ..]) = (&self.groups, rest) {
            rows = groups.rows(aggregates, by);
            shown = stats_columns(aggregates, by);
            rest = after;
        } else {
            rows = self.rows.clone();
        }
        for command in rest {
            match command {
                Command::Sort(keys) => sort(&mut rows, keys),
                Command::Limit(limit) => rows.truncate(*limit),
                Command::Dedup(columns) => {
                    let mut seen = BTreeSet::new();
                    rows.retain(|row| seen.insert(show_all(columns, row)));
                }
                Command::Stats { aggregates, by } => {
                    let mut groups = Groups::default();
                    rows.iter().for_each(|row| groups.add(aggregates, by, row));
                    rows = groups.rows(aggregates, by);
                    shown = stats_columns(aggregates, by);
                }
                other => {
                    let one = std::slice::from_ref(other);
                    rows = rows.into_iter().filter_map(|row| stream(one, row)).collect();
                    shown = shown_by(&shown, one);
                }
            }
        }
        rows.truncate(self.limit);
        if shown.is_empty() {
            shown = vec!["@timestamp".to_owned(), "@message".to_owned()];
        }
        rows.iter()
            .map(|row| {
                let values = shown.iter().filter_map(|name| Some((name.clone(), row.field(name)?.show())));
                let pointer = row.event.as_ref().map(|(event, _)| ("@ptr".to_owned(), fields::pointer(event)));
                values.chain(pointer.filter(|_| !shown.iter().any(|name| name == "@ptr"))).collect()
            })
            .collect()
    }
}

/// Puts a row through commands that look at one row at a time; none where a filter stops it.
fn stream(commands: &[Command], mut row: Row) -> Option<Row> {
    for command in commands {
        match command {
            Command::Filter(condition) if !condition.holds(&row) => return None,
            Command::Fields(columns) | Command::Display(columns) => {
                for column in columns {
                    if !matches!(&column.expression, Expression::Field(name) if *name == column.name)
                        && let Some(value) = column.expression.value(&row)
                    {
                        row.added.push((column.name.clone(), value));
                    }
                }
            }
            Command::Parse { from, pattern, names } => {
                let Some(text) = from.value(&row).map(|value| value.show()) else { continue };
                let Some(captures) = pattern.captures(&text) else { continue };
                let named = pattern.capture_names().flatten().next().is_some();
                for (place, name) in names.iter().enumerate() {
                    let found = if named { captures.name(name) } else { captures.get(place + 1) };
                    if let Some(found) = found {
                        row.added.push((name.clone(), Datum::Text(found.as_str().to_owned())));
                    }
                }
            }
            _ => {}
        }
    }
    Some(row)
}

/// The columns shown after these commands: `fields` adds, `display` decides.
fn shown_by(before: &[String], commands: &[Command]) -> Vec<String> {
    let mut shown = before.to_vec();
    for command in commands {
        match command {
            Command::Fields(columns) => shown.extend(columns.iter().map(|column| column.name.clone())),
            Command::Display(columns) => shown = columns.iter().map(|column| column.name.clone()).collect(),
            Command::Parse { names, .. } if !shown.is_empty() => shown.extend(names.iter().cloned()),
            _ => {}
        }
    }
    let mut seen = BTreeSet::new();
    shown.retain(|name| seen.insert(name.clone()));
    shown
}

fn stats_columns(aggregates: &[(String, Aggregate)], by: &[Column]) -> Vec<String> {
    by.iter().map(|column| &column.name).chain(aggregates.iter().map(|(name, _)| name)).cloned().collect()
}

fn show_all(columns: &[Column], row: &Row) -> Vec<Option<String>> {
    columns.iter().map(|column| column.expression.value(row).map(|value| value.show())).collect()
}

fn sort(rows: &mut [Row], keys: &[(Expression, Order)]) {
    // A row that lacks the field comes last in either order.
    rows.sort_by(|one, two| {
        keys.iter().fold(Ordering::Equal, |so_far, (key, order)| {
            so_far.then_with(|| match (key.value(one), key.value(two)) {
                (Some(one), Some(two)) if *order == Order::Ascending => one.compare(&two),
                (Some(one), Some(two)) => two.compare(&one),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => Ordering::Equal,
            })
        })
    });
}

impl Groups {
    fn add(&mut self, aggregates: &[(String, Aggregate)], by: &[Column], row: &Row) {
        let values: Vec<Option<Datum>> = by.iter().map(|column| column.expression.value(row)).collect();
        let key: Vec<Option<String>> = values.iter().map(|value| value.as_ref().map(Datum::show)).collect();
        let place = *self.places.entry(key).or_insert_with(|| {
            self.list.push((values, vec![Tally::default(); aggregates.len()]));
            self.list.len() - 1
        });
        for ((_, aggregate), tally) in aggregates.iter().zip(&mut self.list[place].1) {
            match &aggregate.of {
                None => tally.count += 1,
                Some(expression) => {
                    if let Some(value) = expression.value(row) {
                        tally.add(aggregate.function, value);
                    }
                }
            }
        }
    }

    fn rows(&self, aggregates: &[(String, Aggregate)], by: &[Column]) -> Vec<Row> {
        self.list
            .iter()
            .map(|(values, tallies)| {
                let keys =
                    by.iter().zip(values).filter_map(|(column, value)| Some((column.name.clone(), value.clone()?)));
                let statistics = aggregates
                    .iter()
                    .zip(tallies)
                    .filter_map(|((name, aggregate), tally)| Some((name.clone(), tally.result(aggregate.function)?)));
                Row { added: keys.chain(statistics).collect(), ..Row::default() }
            })
            .collect()
    }
}

impl Tally {
    fn add(&mut self, function: Statistic, value: Datum) {
        self.count += 1;
        match function {
            Statistic::CountDistinct => {
                self.distinct.insert(value.show());
            }
            // Events come newest first.
            Statistic::Latest if self.first.is_none() => self.first = Some(value),
            Statistic::Earliest => self.last = Some(value),
            Statistic::Least if self.least.as_ref().is_none_or(|least| value.compare(least).is_lt()) => {
                self.least = Some(value);
            }
            Statistic::Greatest if self.greatest.as_ref().is_none_or(|most| value.compare(most).is_gt()) => {
                self.greatest = Some(value);
            }
            Statistic::Sum | Statistic::Average | Statistic::Deviation | Statistic::Percentile(_) => {
                let Some(number) = value.number() else {
                    self.count -= 1;
                    return;
                };
                self.sum += number;
                self.squares += number * number;
                if matches!(function, Statistic::Percentile(_)) {
                    self.values.push(number);
                }
            }
            _ => {}
        }
    }

    fn result(&self, function: Statistic) -> Option<Datum> {
        let count = self.count as f64;
        let some = |number: f64| (self.count > 0).then_some(Datum::Number(number));
        match function {
            Statistic::Count => Some(Datum::Number(count)),
            Statistic::CountDistinct => Some(Datum::Number(self.distinct.len() as f64)),
            Statistic::Sum => some(self.sum),
            Statistic::Average => some(self.sum / count),
            Statistic::Deviation => some((self.squares / count - (self.sum / count).powi(2)).max(0.0).sqrt()),
            Statistic::Least => self.least.clone(),
            Statistic::Greatest => self.greatest.clone(),
            Statistic::Latest => self.first.clone(),
            Statistic::Earliest => self.last.clone(),
            Statistic::Percentile(rank) => {
                let mut values = self.values.clone();
                values.sort_unstable_by(f64::total_cmp);
                let place = (rank / 100.0 * values.len() as f64).ceil() as usize;
                values.get(place.clamp(1, values.len().max(1)) - 1).copied().map(Datum::Number)
            }
        }
    }
}
