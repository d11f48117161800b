//! What has been computed already, bounded: forgetting costs time, never an answer.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use super::settings::Settings;
use super::tally::{FleetTally, Tally};

/// How much room an answer takes, in things of its kind.
pub trait Weight {
    /// At least 1.
    fn weight(&self) -> usize;
}

impl<T> Weight for Vec<T> {
    fn weight(&self) -> usize {
        1 + self.len()
    }
}

impl Weight for Tally {
    fn weight(&self) -> usize {
        1
    }
}

impl Weight for FleetTally {
    fn weight(&self) -> usize {
        1
    }
}

impl Weight for Settings {
    fn weight(&self) -> usize {
        1
    }
}

/// So many are kept however much they weigh: whoever walks over the edge of two of them needs both.
const FEW: usize = 3;

/// Answers by question; the oldest are forgotten first.
pub struct Memory<K, V> {
    cap: usize,
    inner: Mutex<Inner<K, V>>,
}

struct Inner<K, V> {
    known: HashMap<K, Arc<V>>,
    order: VecDeque<K>,
    weight: usize,
}

impl<K: Eq + Hash + Clone, V: Weight> Memory<K, V> {
    /// Remembers answers of so much weight in all.
    pub fn new(cap: usize) -> Self {
        Self { cap, inner: Mutex::new(Inner { known: HashMap::new(), order: VecDeque::new(), weight: 0 }) }
    }

    /// The answer, computed if it is not known. Nobody waits while it is: two askers may compute the same thing, and find
    /// the same.
    pub fn get(&self, key: K, compute: impl FnOnce() -> V) -> Arc<V> {
        if let Some(known) = self.inner.lock().unwrap_or_else(PoisonError::into_inner).known.get(&key) {
            return known.clone();
        }
        let answer = Arc::new(compute());
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.known.insert(key.clone(), answer.clone()).is_none() {
            inner.order.push_back(key);
            inner.weight += answer.weight();
        }
        while inner.weight > self.cap && inner.order.len() > FEW {
            if let Some(oldest) = inner.order.pop_front()
                && let Some(forgotten) = inner.known.remove(&oldest)
            {
                inner.weight -= forgotten.weight();
            }
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heavy_answers_push_out_the_oldest() {
        let memory: Memory<u32, Vec<u8>> = Memory::new(25);
        for key in 0..5 {
            memory.get(key, || vec![0; 9]);
        }
        let mut asked = false;
        memory.get(4, || unreachable!("the newest is known"));
        memory.get(0, || {
            asked = true;
            Vec::new()
        });
        assert!(asked, "the oldest was forgotten");
    }
}
