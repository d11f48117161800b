//! Execution environments: the pool of those made on demand, and the reserve of those that were provisioned.

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

/// The environments of one version, made on demand.
#[derive(Default)]
pub struct Pool {
    environments: Vec<Environment>,
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
            self.environments.clear();
            self.idled = false;
            self.generation = generation;
        }
        generation * interval + phase
    }

    /// The free environment that was used last: Lambda reuses the warmest. None: all are busy or died of idleness.
    pub fn take(&mut self, at: Millis, idle: Millis) -> Option<u64> {
        let before = self.environments.len();
        self.environments.retain(|one| one.free_at + idle > at);
        self.idled |= self.environments.len() < before;
        let free = self.environments.iter().filter(|one| one.free_at <= at);
        free.max_by_key(|one| one.free_at).map(|one| one.id)
    }

    /// A new environment. It is known by its place among those that live, so that every run of a block that sees it calls
    /// it the same; unless its place may be that of one that died, which had a log stream of its own.
    pub fn add(&mut self, function: FunctionId, version: u32, arrival: u64, at: Millis) -> u64 {
        let named = |place: u64| hash(&[function as u64, u64::from(version), place, self.generation as u64, 9]);
        let free = |id: &u64| self.environments.iter().all(|one| one.id != *id);
        let by_arrival = hash(&[arrival, 10]);
        let id = if self.idled { by_arrival } else { (0..).map(named).find(free).unwrap_or(by_arrival) };
        self.environments.push(Environment { id, free_at: at });
        id
    }

    /// Busy until then; none: it does not survive.
    pub fn occupy(&mut self, id: u64, until: Option<Millis>) {
        match until {
            Some(until) => {
                self.environments.iter_mut().filter(|one| one.id == id).for_each(|one| one.free_at = until);
            }
            None => self.environments.retain(|one| one.id != id),
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
