//! A jq expression over the JSON lines: what it makes of a line stands in its place, and lines of which it makes nothing
//! are left out.
//!
//! Expressions run in a process of their own, batch by batch, the newest lines first. What comes is taken in by itself: a
//! line costs the same however many have been looked at.

use std::collections::{HashMap, HashSet};

use super::matching::{Shown, Taken};
use super::places::Places;
use crate::app::effect::{Effect, JqResult};
use crate::model::log::Level;
use crate::store::logs::{Arrival, LogStore};

/// Lines that are sent at once, and bytes of them unless a single line has more.
const BATCH: usize = 2_000;
const BATCH_BYTES: usize = 1 << 20;
/// Lines that an expression looks at, the newest: a process answers some hundred thousand a second.
pub const LOOKED_AT: usize = 100_000;
/// Answers that are kept: also of lines that a filter has left out meanwhile.
const ANSWERS: usize = 4 * LOOKED_AT;

/// An expression and what it made of the lines.
#[derive(Debug, Default)]
pub struct Lens {
    /// As typed.
    pub expression: String,
    generation: u64,
    /// By the address of the line.
    answers: HashMap<u64, JqResult>,
    /// The store's compactions of which the addresses are.
    addressed: u64,
    /// Lines with an answer that says something, and marks of gaps: what is shown.
    rows: Places,
    /// The marks of gaps among them.
    marks: Places,
    /// Lines of which nothing is made.
    silent: Places,
    /// Lines that it fails on.
    failing: Places,
    /// Lines that are to be asked for.
    waiting: Places,
    /// Lines that have been asked for.
    under_way: Places,
    /// Lines of which the answer has not come, whatever has become of them since.
    asked: usize,
    /// The store's compactions when they were asked for.
    asked_under: u64,
    failure: Option<String>,
    /// Lines beyond those that are looked at.
    pub left_out: usize,
    /// Why there are no more answers.
    pub trouble: Option<String>,
    /// When the line happened on which they ended, ms since 1970.
    pub blamed: Option<i64>,
}

impl Lens {
    /// An expression that has seen nothing yet.
    pub fn new(expression: &str, generation: u64) -> Lens {
        Lens { expression: expression.to_string(), generation, ..Lens::default() }
    }

    /// Lines shown.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// No line is shown.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Place in the store of a row.
    pub fn place(&self, row: usize) -> Option<usize> {
        self.rows.get(row)
    }

    /// The first row at or after a place.
    pub fn row_of(&self, place: usize) -> usize {
        self.rows.row_of(place)
    }

    /// Whether the row of a place will stay what [`Lens::row_of`] says, but for rows before it.
    pub fn has_decided(&self, place: usize) -> bool {
        let is_past = |list: &Places| list.newest().is_none_or(|newest| newest < place);
        self.trouble.is_some() || self.rows.contains(place) || (is_past(&self.waiting) && is_past(&self.under_way))
    }

    /// Lines that an answer is still to come of.
    pub fn unanswered(&self) -> usize {
        if self.trouble.is_some() { 0 } else { self.waiting.len() + self.under_way.len() }
    }

    /// What the expression made of a line.
    pub fn text(&self, place: usize, store: &LogStore) -> Option<&str> {
        match self.answers.get(&store.address(place)?)? {
            Ok(text) => text.as_deref(),
            Err(_) => None,
        }
    }

    /// Lines that it has looked at.
    pub fn looked_at(&self) -> usize {
        self.said() + self.silent.len() + self.failing.len()
    }

    /// Lines that it made something of.
    pub fn said(&self) -> usize {
        self.rows.len() - self.marks.len()
    }

    /// How many lines made it fail, and one of the failures.
    pub fn failures(&self) -> Option<(usize, &str)> {
        self.failure.as_deref().filter(|_| !self.failing.is_empty()).map(|failure| (self.failing.len(), failure))
    }

    /// All that are looked at: the newest of the rows below.
    fn watched(&self) -> usize {
        self.rows.len() + self.silent.len() + self.failing.len() + self.unseen()
    }

    fn unseen(&self) -> usize {
        self.waiting.len() + self.under_way.len()
    }

    fn lists(&mut self) -> [&mut Places; 6] {
        let Lens { rows, marks, silent, failing, waiting, under_way, .. } = self;
        [rows, marks, silent, failing, waiting, under_way]
    }

    /// The rows below are others now. What the expression made of a line it makes of it still.
    pub fn restart(&mut self, shown: &Shown, store: &LogStore) {
        self.lists().into_iter().for_each(Places::clear);
        self.failure = None;
        if self.addressed != store.compactions() {
            self.answers.clear();
            self.addressed = store.compactions();
        }
        self.extend(shown, store);
    }

    /// More rows have been found below, before all others.
    pub fn extend(&mut self, shown: &Shown, store: &LogStore) {
        let rows = shown.len(store);
        let wanted = rows.min(LOOKED_AT);
        for row in (rows - wanted..rows - self.watched().min(wanted)).rev() {
            let Some(place) = shown.place(row, store) else { break };
            if store.level(place) == Level::Gap {
                self.rows.push_front(place);
                self.marks.push_front(place);
                continue;
            }
            let answer = store.address(place).and_then(|address| self.answers.get(&address));
            let list = match answer {
                Some(Ok(Some(_))) => &mut self.rows,
                Some(Ok(None)) => &mut self.silent,
                Some(Err(why)) => {
                    self.failure.get_or_insert_with(|| why.clone());
                    &mut self.failing
                }
                None => &mut self.waiting,
            };
            list.push_front(place);
        }
        self.left_out = rows - self.watched().min(rows);
    }

    /// Lines have come and gone, and with them rows below.
    pub fn take_in(&mut self, arrival: &Arrival, taken: &Taken, shown: &Shown, store: &LogStore) {
        if taken.anew || self.addressed != store.compactions() {
            self.restart(shown, store);
            return;
        }
        self.lists().into_iter().for_each(|list| list.follow(arrival));
        self.add(&taken.added, shown, store);
    }

    /// A line was taken out of the store.
    pub fn lose(&mut self, place: usize, taken: &Taken, shown: &Shown, store: &LogStore) {
        self.lists().into_iter().for_each(|list| _ = list.lose(place));
        self.add(&taken.added, shown, store);
    }

    fn add(&mut self, added: &[usize], shown: &Shown, store: &LogStore) {
        let (marks, lines): (Vec<usize>, Vec<usize>) =
            added.iter().partition(|place| store.level(**place) == Level::Gap);
        self.rows.merge(marks.iter().copied());
        self.marks.merge(marks);
        self.waiting.merge(lines);
        for _ in LOOKED_AT..self.watched() {
            self.leave_oldest();
        }
        self.extend(shown, store);
    }

    fn leave_oldest(&mut self) {
        let [rows, marks, silent, failing, waiting, under_way] = self.lists();
        let lists = [rows, silent, failing, waiting, under_way];
        let oldest = lists.into_iter().filter(|list| !list.is_empty()).min_by_key(|list| list.oldest());
        if let Some(place) = oldest.and_then(Places::pop_front) {
            marks.remove(place);
        }
    }

    /// The next batch of lines without an answer, if none is under way.
    pub fn ask(&mut self, store: &LogStore) -> Option<Effect> {
        if self.asked > 0 || self.trouble.is_some() {
            return None;
        }
        let (mut lines, mut bytes) = (Vec::new(), 0);
        while lines.len() < BATCH
            && let Some(place) = self.waiting.newest()
            && let (Some(line), Some(address)) = (store.line(place), store.address(place))
            && (lines.is_empty() || bytes + line.text.len() <= BATCH_BYTES)
        {
            bytes += line.text.len();
            lines.push((address, line.text.to_string()));
            self.waiting.pop_back();
            self.under_way.merge([place]);
        }
        if lines.is_empty() {
            return None;
        }
        (self.asked, self.asked_under) = (lines.len(), store.compactions());
        Some(Effect::Jq { generation: self.generation, expression: self.expression.clone(), lines })
    }

    /// Takes in answers to a batch; whether they were to this expression.
    pub fn answered(
        &mut self,
        generation: u64,
        results: Vec<(u64, JqResult)>,
        trouble: Option<String>,
        store: &LogStore,
    ) -> bool {
        if generation != self.generation {
            return false;
        }
        self.asked = self.asked.saturating_sub(results.len());
        // Addresses from before a compaction are of no line, or of another one.
        if self.asked_under == store.compactions() {
            let culprit = results.last().filter(|(_, result)| trouble.is_some() && result.is_err());
            let culprit = culprit.map(|(address, _)| *address);
            let results: HashMap<u64, JqResult> = results.into_iter().collect();
            self.sort(&results, culprit, store);
            self.answers.extend(results);
        }
        if trouble.is_some() {
            self.asked = 0;
            self.trouble = trouble;
        }
        if self.answers.len() > ANSWERS {
            let lists = [&self.rows, &self.silent, &self.failing];
            let places = lists.into_iter().flat_map(Places::iter);
            let needed: HashSet<u64> = places.filter_map(|place| store.address(place)).collect();
            self.answers.retain(|address, _| needed.contains(address));
        }
        true
    }

    /// Puts the lines that were asked for where they belong by their answers.
    fn sort(&mut self, results: &HashMap<u64, JqResult>, culprit: Option<u64>, store: &LogStore) {
        let (mut rows, mut silent, mut failing) = (Vec::new(), Vec::new(), Vec::new());
        for place in std::mem::take(&mut self.under_way).iter() {
            let Some(address) = store.address(place) else { continue };
            match results.get(&address) {
                Some(Ok(Some(_))) => rows.push(place),
                Some(Ok(None)) => silent.push(place),
                Some(Err(why)) => {
                    failing.push(place);
                    self.failure.get_or_insert_with(|| why.clone());
                    if culprit == Some(address) {
                        self.blamed = store.timestamp(place);
                    }
                }
                None => self.under_way.merge([place]),
            }
        }
        self.rows.merge(rows);
        self.silent.merge(silent);
        self.failing.merge(failing);
    }
}
