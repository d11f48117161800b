//! When something happened, kept so that each time can be taken away again.

use std::collections::{BTreeMap, VecDeque};

const MINUTE: i64 = 60_000;

/// Moments by the minute, two bytes each: lines go a minute at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Minutes {
    /// By minutes since 1970: the milliseconds within, in order.
    minutes: BTreeMap<i64, VecDeque<u16>>,
}

impl Minutes {
    /// One at a moment, ms since 1970.
    pub fn count(&mut self, at: i64) {
        let (minute, within) = apart(at);
        let known = self.minutes.entry(minute).or_default();
        if known.back().is_none_or(|last| *last <= within) {
            known.push_back(within);
        } else {
            let place = known.partition_point(|other| *other <= within);
            known.insert(place, within);
        }
    }

    /// One less at a moment; whether there was one.
    pub fn uncount(&mut self, at: i64) -> bool {
        let (minute, within) = apart(at);
        let Some(known) = self.minutes.get_mut(&minute) else { return false };
        let place = known.partition_point(|other| *other < within);
        let there = known.get(place) == Some(&within);
        if there {
            known.remove(place);
            if known.is_empty() {
                self.minutes.remove(&minute);
            }
        }
        there
    }

    /// The first, ms since 1970.
    pub fn first(&self) -> Option<i64> {
        let (minute, within) = self.minutes.first_key_value()?;
        Some(moment(*minute, *within.front()?))
    }

    /// The last, ms since 1970.
    pub fn last(&self) -> Option<i64> {
        let (minute, within) = self.minutes.last_key_value()?;
        Some(moment(*minute, *within.back()?))
    }

    /// Counts of equal spans between two moments, ms since 1970, for a sparkline of `slots` columns.
    pub fn over(&self, from: i64, to: i64, slots: usize) -> Vec<f64> {
        let mut over = vec![0.0; slots];
        let (span, columns) = (i128::from(to.saturating_sub(from).max(1)), slots as i128);
        if slots == 0 {
            return over;
        }
        let column = |at: i64| ((i128::from(at) - i128::from(from)) * columns / span).clamp(0, columns - 1);
        for (minute, within) in &self.minutes {
            let mut place = 0;
            while let Some(first) = within.get(place) {
                // Those of one column are counted at once.
                let here = column(moment(*minute, *first));
                let next = within.partition_point(|other| column(moment(*minute, *other)) <= here);
                over[here as usize] += (next - place) as f64;
                place = next;
            }
        }
        over
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.minutes.values().map(|within| within.len() as u64).sum()
    }
}

fn apart(at: i64) -> (i64, u16) {
    (at.div_euclid(MINUTE), at.rem_euclid(MINUTE) as u16)
}

fn moment(minute: i64, within: u16) -> i64 {
    minute.saturating_mul(MINUTE).saturating_add(within.into())
}
