//! What has been computed already, bounded: forgetting costs time, never an answer.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// Answers by question; the oldest are forgotten first.
pub struct Memory<K, V> {
    cap: usize,
    inner: Mutex<(HashMap<K, Arc<V>>, VecDeque<K>)>,
}

impl<K: Eq + Hash + Clone, V> Memory<K, V> {
    /// Remembers so many answers.
    pub fn new(cap: usize) -> Self {
        Self { cap, inner: Mutex::new((HashMap::new(), VecDeque::new())) }
    }

    /// The answer, computed if it is not known. Nobody waits while it is: two askers may compute the same thing, and find
    /// the same.
    pub fn get(&self, key: K, compute: impl FnOnce() -> V) -> Arc<V> {
        if let Some(known) = self.inner.lock().unwrap_or_else(PoisonError::into_inner).0.get(&key) {
            return known.clone();
        }
        let answer = Arc::new(compute());
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.0.insert(key.clone(), answer.clone()).is_none() {
            inner.1.push_back(key);
        }
        while inner.1.len() > self.cap {
            if let Some(oldest) = inner.1.pop_front() {
                inner.0.remove(&oldest);
            }
        }
        answer
    }
}
