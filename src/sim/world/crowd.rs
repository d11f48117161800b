//! The account's pool of concurrency, when one function takes nearly all of it and the others find nothing left.
//!
//! Functions are computed one by one and don't see each other. Their own needs are small beside the account's limit, so
//! only a hog that the scenario names can exhaust it: its concurrency is looked up, the rest is taken as a constant.

use super::arrivals::Arrival;
use super::catalog::FunctionId;
use super::dice::Dice;
use super::invocation::Outcome;
use super::{Millis, World};

/// What all the other functions without a reserve need together, about.
const OTHERS: u32 = 12;
/// Share of the others' tries that come too late while the pool is full.
const LATE: f64 = 0.25;

/// Who else wants the pool.
pub struct Crowd {
    who: Who,
    /// The size of the pool, and the ten seconds for which it was looked up: it changes with the settings only.
    pool: (Millis, u32),
}

enum Who {
    Nobody,
    /// The function is the hog itself.
    Itself,
    /// The hog's invocations: their starts and their ends, each ascending.
    Hog(Vec<Millis>, Vec<Millis>),
}

impl Crowd {
    /// Around a function between two moments.
    pub fn around(world: &World, function: FunctionId, from: Millis, until: Millis) -> Self {
        let hog = world.scenario.hog.as_deref().and_then(|name| world.catalog.function_named(name));
        let who = match hog {
            None => Who::Nobody,
            Some(hog) if hog == function => Who::Itself,
            Some(hog) => {
                let longest = Millis::from(world.catalog.functions[hog].timeout_s) * 1000;
                let mut all = world.planned_invocations(hog, from - longest, until);
                all.retain(|one| !matches!(one.outcome, Outcome::Throttled { .. }));
                let mut starts: Vec<Millis> = all.iter().map(|one| one.start).collect();
                let mut ends: Vec<Millis> = all.iter().map(|one| one.start + one.duration_ms as Millis).collect();
                starts.sort_unstable();
                ends.sort_unstable();
                Who::Hog(starts, ends)
            }
        };
        Self { who, pool: (Millis::MIN, 0) }
    }

    /// The account's pool is exhausted for an arrival; `own` is what the function has in flight itself.
    pub fn leaves_no_room(&mut self, world: &World, arrival: &Arrival, own: usize) -> bool {
        if matches!(self.who, Who::Nobody) {
            return false;
        }
        let moment = arrival.at - arrival.at.rem_euclid(10_000);
        if self.pool.0 != moment {
            self.pool = (moment, world.unreserved(moment));
        }
        let pool = self.pool.1;
        match &self.who {
            Who::Nobody => false,
            Who::Itself => own as u32 + OTHERS >= pool,
            Who::Hog(starts, ends) => {
                let running = starts.partition_point(|start| *start <= arrival.at)
                    - ends.partition_point(|end| *end <= arrival.at);
                let full = running as u32 + OTHERS + OTHERS / 2 >= pool;
                full && Dice::of(&[world.seed, arrival.key, 17]).chance(LATE)
            }
        }
    }
}
