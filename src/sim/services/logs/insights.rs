//! The Logs Insights query language: the commands that dashboards use, and a refusal that names whatever else is asked.
//!
//! `fields`, `display`, `filter`, `parse`, `sort`, `limit`, `dedup` and `stats`, with arithmetic, comparisons, `like`, `in`
//! and a few functions. A query reads events newest first, so one that wants the newest need not read the rest.

mod expression;
mod fields;
mod parser;
mod reader;
mod run;

pub use parser::parse;
pub use run::{MAX_ROWS, Run};

use expression::Expression;
use regex::Regex;

/// What the service calls MalformedQueryException.
#[derive(Clone, Debug, PartialEq)]
pub struct Malformed {
    /// Offset in characters of what is not understood.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// What is wrong with it.
    pub message: String,
}

/// A query, understood.
#[derive(Clone, Debug)]
pub struct Query {
    commands: Vec<Command>,
}

#[derive(Clone, Debug)]
enum Command {
    Fields(Vec<Column>),
    Display(Vec<Column>),
    Filter(Expression),
    Parse { from: Expression, pattern: Regex, names: Vec<String> },
    Sort(Vec<(Expression, Order)>),
    Limit(usize),
    Dedup(Vec<Column>),
    Stats { aggregates: Vec<(String, Aggregate)>, by: Vec<Column> },
}

/// An expression and the name under which it is shown.
#[derive(Clone, Debug)]
struct Column {
    name: String,
    expression: Expression,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Ascending,
    Descending,
}

#[derive(Clone, Debug)]
struct Aggregate {
    function: Statistic,
    /// None for `count(*)`.
    of: Option<Expression>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Statistic {
    Count,
    CountDistinct,
    Sum,
    Average,
    Least,
    Greatest,
    Deviation,
    /// 0 to 100.
    Percentile(f64),
    Earliest,
    Latest,
}

impl Query {
    /// The `limit` of the query, if it has one.
    pub fn limit(&self) -> Option<usize> {
        self.commands.iter().rev().find_map(|command| match command {
            Command::Limit(rows) => Some(*rows),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests;
