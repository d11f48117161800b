//! Execution environments: the pool of those made on demand, and the reserve of those that were provisioned.

use std::collections::{BTreeSet, HashMap};

use super::Millis;
use super::catalog::FunctionId;
use super::dice::hash;

/// Lambda replaces the environments of a busy function now and then; here each function has its own interval, between
/// these two.
const RECYCLED_MS: (Millis, Millis) = (600_000, 1_500_000);

struct Environment {
    id: u64,
    free_at: Millis,
}

/// An environment made on demand: the moment from which it is free, its turn among those made, and its id.
type Made = (Millis, u64, u64);

/// The environments of one version, made on demand. There may be a thousand of them, so each question is answered by a
/// look at the first or the last of an ordered set.
#[derive(Default)]
pub struct Pool {
    /// By the moment from which they are free.
    made: BTreeSet<Made>,
    /// By id: the same, and the place that names it.
    known: HashMap<u64, (Made, Option<u64>)>,
    /// Places that were left.
    left: BTreeSet<u64>,
    /// Places up to here were taken, and so many were made.
    places: u64,
    turns: u64,
    /// How often they were all replaced.
    generation: i64,
    /// One died of idleness since.
    idled: bool,
}

impl Pool {
    /// Replaces all environments if it is time to; returns the moment when it was last done.
    pub fn renew(&mut self, function: FunctionId, at: Millis) -> Millis {
        let drawn = hash(&[function as u64, 16]);
        let (shortest, longest) = RECYCLED_MS;
        let interval = shortest + (drawn % (longest - shortest) as u64) as Millis;
        let phase = (drawn >> 32) as Millis % interval;
        let generation = (at - phase).div_euclid(interval);
        if self.generation != generation {
            *self = Self { generation, ..Self::default() };
        }
        generation * interval + phase
    }

    /// The free environment that was used last: Lambda reuses the warmest. None: all are busy or died of idleness.
    pub fn take(&mut self, at: Millis, idle: Millis) -> Option<u64> {
        while let Some(&(free_at, _, id)) = self.made.first()
            && free_at + idle <= at
        {
            self.remove(id);
            self.idled = true;
        }
        self.made.range(..=(at, u64::MAX, u64::MAX)).next_back().map(|(.., id)| *id)
    }

    /// A new environment. It is known by its place among those that live, so that every run of a block that sees it calls
    /// it the same; unless its place may be that of one that died, which had a log stream of its own.
    pub fn add(&mut self, function: FunctionId, version: u32, arrival: u64, at: Millis) -> u64 {
        let place = (!self.idled).then(|| {
            self.left.pop_first().unwrap_or_else(|| {
                self.places += 1;
                self.places - 1
            })
        });
        let id = match place {
            Some(place) => hash(&[function as u64, u64::from(version), place, self.generation as u64, 9]),
            None => hash(&[arrival, 10]),
        };
        self.turns += 1;
        let made = (at, self.turns, id);
        self.made.insert(made);
        self.known.insert(id, (made, place));
        id
    }

    /// Busy until then; none: it does not survive.
    pub fn occupy(&mut self, id: u64, until: Option<Millis>) {
        match until {
            Some(until) => {
                if let Some((made, _)) = self.known.get_mut(&id) {
                    self.made.remove(made);
                    made.0 = until;
                    self.made.insert(*made);
                }
            }
            None => self.remove(id),
        }
    }

    fn remove(&mut self, id: u64) {
        if let Some((made, place)) = self.known.remove(&id) {
            self.made.remove(&made);
            self.left.extend(place);
        }
    }
}

/// The provisioned environments of one version, known by their number.
#[derive(Default)]
pub struct Reserve {
    busy: Vec<Environment>,
}

impl Reserve {
    /// A free one of `available`. None: all are busy, and the invocation spills over.
    pub fn take(&mut self, at: Millis, available: u32, function: FunctionId, version: u32) -> Option<u64> {
        self.busy.retain(|one| one.free_at > at);
        let named = |number: u32| hash(&[function as u64, u64::from(version), u64::from(number), 8]);
        (0..available).map(named).find(|id| self.busy.iter().all(|one| one.id != *id))
    }

    /// Busy until then.
    pub fn occupy(&mut self, id: u64, until: Millis) {
        self.busy.push(Environment { id, free_at: until });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_warmest_is_reused_and_the_idle_die() {
        let mut pool = Pool::default();
        pool.renew(1, 0);
        let (one, two) = (pool.add(1, 1, 5, 0), pool.add(1, 1, 6, 0));
        assert_ne!(one, two);
        pool.occupy(one, Some(10));
        pool.occupy(two, Some(20));
        assert_eq!(pool.take(15, 1000), Some(one), "the other is busy");
        assert_eq!(pool.take(30, 1000), Some(two), "it was used last");
        assert_eq!(pool.take(2000, 1000), None);
        assert_ne!(pool.add(1, 1, 7, 2000), one, "a log stream belongs to one environment");
    }

    #[test]
    fn a_reserve_has_as_many_as_are_available() {
        let mut reserve = Reserve::default();
        let first = reserve.take(0, 2, 1, 1).unwrap();
        reserve.occupy(first, 100);
        let second = reserve.take(0, 2, 1, 1).unwrap();
        reserve.occupy(second, 50);
        assert_eq!(reserve.take(10, 2, 1, 1), None);
        assert_eq!(reserve.take(60, 2, 1, 1), Some(second));
    }
}
