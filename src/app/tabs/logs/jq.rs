//! A jq expression over the JSON lines: what it makes of a line stands in its place, and lines of which it makes nothing
//! are left out.
//!
//! Expressions run in a process of their own, batch by batch, the newest lines first.

use std::collections::HashMap;

use super::matching::Shown;
use crate::app::effect::{Effect, JqResult};
use crate::store::logs::LogStore;

/// Lines that are sent at once.
const BATCH: usize = 2_000;
/// Lines that an expression looks at, the newest: a process answers some hundred thousand a second.
pub const LOOKED_AT: usize = 100_000;

/// An expression and what it made of the lines.
#[derive(Debug, Default)]
pub struct Lens {
    /// As typed.
    pub expression: String,
    generation: u64,
    /// By the address of the line.
    answers: HashMap<u64, JqResult>,
    /// Lines with an answer that says something, ascending, by their places.
    places: Vec<usize>,
    /// Nothing has come since no line was left to ask for.
    settled: bool,
    /// Lines under way.
    asked: usize,
    /// Lines that it looked at, and of these those that it failed on.
    pub looked_at: usize,
    /// Lines that made it fail.
    pub failed: usize,
    /// The first failure.
    pub failure: Option<String>,
    /// Lines beyond those that are looked at.
    pub left_out: usize,
    /// Why there are no more answers.
    pub trouble: Option<String>,
    /// When the line happened on which they ended, ms since 1970.
    pub blamed: Option<i64>,
    /// The address of that line.
    culprit: Option<u64>,
}

impl Lens {
    /// An expression that has seen nothing yet.
    pub fn new(expression: &str, generation: u64) -> Lens {
        Lens { expression: expression.to_string(), generation, ..Lens::default() }
    }

    /// Lines shown.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// No line is shown.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Place in the store of a row.
    pub fn place(&self, row: usize) -> Option<usize> {
        self.places.get(row).copied()
    }

    /// The first row at or after a place.
    pub fn row_of(&self, place: usize) -> usize {
        self.places.partition_point(|known| *known < place)
    }

    /// What the expression made of a line.
    pub fn text(&self, place: usize, store: &LogStore) -> Option<&str> {
        match self.answers.get(&store.address(place)?)? {
            Ok(text) => text.as_deref(),
            Err(_) => None,
        }
    }

    /// Lines have come or gone, or answers have: which of the lines say something.
    pub fn renew(&mut self, shown: &Shown, store: &LogStore) {
        let rows = shown.len(store);
        self.settled = false;
        self.places.clear();
        self.left_out = rows.saturating_sub(LOOKED_AT);
        (self.looked_at, self.failed, self.failure) = (0, 0, None);
        for row in self.left_out..rows {
            let Some(place) = shown.place(row, store) else { break };
            match store.address(place).and_then(|address| self.answers.get(&address)) {
                Some(Ok(Some(_))) => self.places.push(place),
                Some(Err(why)) => {
                    if self.culprit.is_some() && self.culprit == store.address(place) {
                        self.blamed = store.timestamp(place);
                    }
                    self.failed += 1;
                    self.failure.get_or_insert_with(|| why.clone());
                }
                Some(Ok(None)) => {}
                None => continue,
            }
            self.looked_at += 1;
        }
    }

    /// The next batch of lines without an answer, if none is under way.
    pub fn ask(&mut self, shown: &Shown, store: &LogStore) -> Option<Effect> {
        if self.settled || self.asked > 0 || self.trouble.is_some() {
            return None;
        }
        if self.answers.len() > 4 * LOOKED_AT {
            self.answers.clear();
        }
        let rows = shown.len(store);
        let mut lines = Vec::new();
        for row in (rows.saturating_sub(LOOKED_AT)..rows).rev() {
            let Some(place) = shown.place(row, store) else { break };
            let Some(address) = store.address(place) else { break };
            if !self.answers.contains_key(&address)
                && let Some(line) = store.line(place)
                && line.text.starts_with(['{', '['])
            {
                lines.push((address, line.text.to_string()));
                if lines.len() == BATCH {
                    break;
                }
            }
        }
        if lines.is_empty() {
            self.settled = true;
            return None;
        }
        self.asked = lines.len();
        Some(Effect::Jq { generation: self.generation, expression: self.expression.clone(), lines })
    }

    /// Takes in answers to a batch; whether they were to this expression.
    pub fn answered(&mut self, generation: u64, results: Vec<(u64, JqResult)>, trouble: Option<String>) -> bool {
        if generation != self.generation {
            return false;
        }
        self.asked = self.asked.saturating_sub(results.len());
        if trouble.is_some() {
            self.culprit = results.last().filter(|(_, result)| result.is_err()).map(|(address, _)| *address);
        }
        self.answers.extend(results);
        if trouble.is_some() {
            self.asked = 0;
            self.trouble = trouble;
        }
        true
    }
}
