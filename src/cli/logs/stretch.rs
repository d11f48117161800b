//! A stretch of time that is read by queries, each of which gives so many rows and no more: split where there are more.

use std::collections::VecDeque;

use crate::model::insights::ROWS;

/// What is left to read, earliest first.
#[derive(Debug)]
pub struct Stretch {
    /// Seconds since 1970, the last not included.
    left: VecDeque<(i64, i64)>,
}

/// What of an answer counts.
#[derive(Debug, PartialEq, Eq)]
pub struct Taken {
    /// So many of its rows, from the first; the others come again.
    pub rows: usize,
    /// The second (since 1970) of which there are rows that no query gives.
    pub lost: Option<i64>,
}

impl Stretch {
    /// All of it is to be read. Seconds since 1970, the last not included.
    pub fn new(from: i64, to: i64) -> Stretch {
        Stretch { left: VecDeque::from([(from, to.max(from + 1))]) }
    }

    /// What to ask for now; nothing when all has been read.
    pub fn next(&self) -> Option<(i64, i64)> {
        self.left.front().copied()
    }

    /// Takes the answer to [`Stretch::next`]: the times of its rows (ms since 1970, earliest first), whether they are as
    /// many as a query gives, and how many there were in all, where the service says.
    ///
    /// A query takes its last second in; whether with all its milliseconds, nobody says. So what is beyond the end of a
    /// piece is left to the next one.
    pub fn take(&mut self, times: &[i64], full: bool, matched: u64) -> Taken {
        let Some((from, to)) = self.left.pop_front() else { return Taken { rows: 0, lost: None } };
        let within = |end: i64| times.partition_point(|at| *at < end.saturating_mul(1000));
        let all = within(to);
        if !full || all < times.len() {
            return Taken { rows: all, lost: None };
        }
        let reached = times.last().map_or(from, |at| at.div_euclid(1000)).clamp(from, to - 1);
        if reached > from {
            // Of the second in which the rows end, some may be missing.
            let rows = within(reached);
            self.split(reached, to, matched.saturating_sub(rows as u64));
            return Taken { rows, lost: None };
        }
        if to == from + 1 {
            return Taken { rows: all, lost: Some(from) };
        }
        self.split(from + 1, to, matched.saturating_sub(all as u64));
        self.left.push_front((from, from + 1));
        Taken { rows: 0, lost: None }
    }

    /// Puts back a piece, in parts that should hold fewer rows than a query gives, if they come evenly.
    fn split(&mut self, from: i64, to: i64, rows: u64) {
        // A fifth less, as they don't.
        let most = (ROWS as u64) * 4 / 5;
        let parts = i64::try_from(rows.div_ceil(most)).unwrap_or(i64::MAX).max(2);
        let width = ((to - from) / parts).max(1);
        let mut pieces = Vec::new();
        let mut at = from;
        while at < to {
            let end = if to - at < width * 2 { to } else { at + width };
            pieces.push((at, end));
            at = end;
        }
        pieces.into_iter().rev().for_each(|piece| self.left.push_front(piece));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads what a log holds (ms since 1970, sorted) by queries that give at most [`ROWS`], up to the end of `to` or to
    /// its beginning only: what was read, how many queries it took, what was lost.
    fn read(log: &[i64], (from, to): (i64, i64), whole_seconds: bool) -> (Vec<i64>, usize, Vec<i64>) {
        let mut stretch = Stretch::new(from, to);
        let (mut read, mut queries, mut lost) = (Vec::new(), 0, Vec::new());
        while let Some((from, to)) = stretch.next() {
            queries += 1;
            let end = if whole_seconds { to * 1000 + 999 } else { to * 1000 };
            let matching: Vec<i64> = log.iter().copied().filter(|at| (from * 1000..=end).contains(at)).collect();
            let times = &matching[..matching.len().min(ROWS)];
            let taken = stretch.take(times, times.len() == ROWS, matching.len() as u64);
            read.extend(&times[..taken.rows]);
            lost.extend(taken.lost);
            assert!(queries < 500, "it does not come to an end");
        }
        (read, queries, lost)
    }

    #[test]
    fn a_little_takes_one_query() {
        let log = [1_000, 1_500, 9_999];
        for whole_seconds in [false, true] {
            assert_eq!(read(&log, (1, 10), whole_seconds), (log.to_vec(), 1, vec![]));
        }
        assert_eq!(read(&[], (5, 5), false), (vec![], 1, vec![]));
    }

    #[test]
    fn more_than_a_query_gives_comes_in_parts_each_line_once() {
        // 100,000 lines evenly over 1,000 s, and 9,000 more within one of them.
        let mut log: Vec<i64> = (0..100_000).map(|n| 7_000 + n * 10).collect();
        log.extend((0..9_000).map(|n| 500_000 + n / 10));
        log.sort_unstable();
        for whole_seconds in [false, true] {
            let (read, queries, lost) = read(&log, (7, 1_007), whole_seconds);
            assert_eq!((read == log, lost), (true, vec![]));
            assert!(queries <= 24, "{queries}");
        }
    }

    #[test]
    fn what_is_in_one_second_only_can_not_be_split_and_is_said() {
        let mut log: Vec<i64> = (0..15_000).map(|n| 20_000 + n / 15).collect();
        log.push(25_000);
        log.insert(0, 3_000);
        let (read, _, lost) = read(&log, (0, 60), false);
        assert_eq!((read.len(), lost), (ROWS + 2, vec![20]));
        assert!(read.is_sorted());
    }
}
