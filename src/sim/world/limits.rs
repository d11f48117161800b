//! How fast a function may be called, and how fast it may grow: the two limits that bite below every limit of concurrency.

use std::collections::VecDeque;

use super::Millis;

/// Requests a second for each unit of concurrency that a function may use, synchronous and asynchronous ones together.
const RATE: u32 = 10;
/// New execution environments of one function in any ten seconds.
const GROWTH: usize = 1000;
const WINDOW: Millis = 10_000;

/// What a function has used up lately of both.
#[derive(Default)]
pub struct Limits {
    /// A second, and how many began in it.
    begun: (Millis, u32),
    /// When the environments of the last ten seconds were made.
    made: VecDeque<Millis>,
}

impl Limits {
    /// It was called as often in this second as `concurrency` allows: that of its reserve, or the account's.
    pub fn too_often(&self, at: Millis, concurrency: u32) -> bool {
        self.begun.0 == at.div_euclid(1000) && self.begun.1 >= concurrency.saturating_mul(RATE)
    }

    /// An invocation began.
    pub fn begin(&mut self, at: Millis) {
        let second = at.div_euclid(1000);
        self.begun = (second, if self.begun.0 == second { self.begun.1 + 1 } else { 1 });
    }

    /// It has grown as fast as it may. Lambda refills what is left continuously and lets nobody save up.
    pub fn too_fast(&mut self, at: Millis) -> bool {
        while self.made.front().is_some_and(|made| *made <= at - WINDOW) {
            self.made.pop_front();
        }
        self.made.len() >= GROWTH
    }

    /// An environment was made.
    pub fn grow(&mut self, at: Millis) {
        self.made.push_back(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_room_for_ten_times_the_concurrency() {
        let mut limits = Limits::default();
        for place in 0..20 {
            assert!(!limits.too_often(5_000 + place * 10, 2));
            limits.begin(5_000 + place * 10);
        }
        assert!(limits.too_often(5_999, 2) && !limits.too_often(5_999, 3) && !limits.too_often(6_000, 2));
    }

    #[test]
    fn ten_seconds_see_a_thousand_environments() {
        let mut limits = Limits::default();
        (0..1000).for_each(|made| limits.grow(made));
        assert!(limits.too_fast(5_000) && limits.too_fast(9_999));
        assert!(!limits.too_fast(10_000), "the first of them is ten seconds old");
    }
}
