//! Every call that was made of the account: the proof of thrift.

use super::wire::Series;
use super::world::Millis;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Calls that the ledger keeps in full; counters go on for ever.
const KEPT: usize = 10_000;
/// Operations that are counted one by one; a client that invents more is counted under `…`.
const COUNTED: usize = 500;

/// One call.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// As `cloudwatch`.
    pub service: &'static str,
    /// As `GetMetricData`.
    pub operation: String,
    /// When it came.
    pub when: Millis,
    /// Status answered; 0 when it was left hanging or its connection dropped.
    pub status: u16,
    /// What a GetMetricData asked for, nothing for all others.
    pub series: Series,
}

/// Totals of one operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// All calls.
    pub calls: u64,
    /// Those with a status other than 2xx.
    pub failed: u64,
    /// Series asked for.
    pub series: u64,
    /// Metrics that CloudWatch bills for these.
    pub billed: u64,
}

/// The record of calls.
#[derive(Default)]
pub struct Ledger {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    entries: VecDeque<Entry>,
    counts: BTreeMap<(&'static str, String), Count>,
}

impl Ledger {
    /// Writes a call down.
    pub fn record(&self, entry: Entry) {
        let mut inner = self.lock();
        let mut name = (entry.service, entry.operation.clone());
        if inner.counts.len() >= COUNTED && !inner.counts.contains_key(&name) {
            name.1 = "…".to_string();
        }
        let count = inner.counts.entry(name).or_default();
        count.calls += 1;
        count.failed += u64::from(!(200..300).contains(&entry.status));
        count.series += entry.series.queries as u64;
        count.billed += entry.series.billed as u64;
        if inner.entries.len() == KEPT {
            inner.entries.pop_front();
        }
        inner.entries.push_back(entry);
    }

    /// The last calls, oldest first, at most 10,000.
    pub fn calls(&self) -> Vec<Entry> {
        self.lock().entries.iter().cloned().collect()
    }

    /// How often an operation was called.
    pub fn count(&self, service: &str, operation: &str) -> u64 {
        let inner = self.lock();
        let same = inner.counts.iter().filter(|((s, o), _)| *s == service && o == operation);
        same.map(|(_, count)| count.calls).sum()
    }

    /// All calls.
    pub fn total(&self) -> u64 {
        self.lock().counts.values().map(|count| count.calls).sum()
    }

    /// All series asked for.
    pub fn series(&self) -> u64 {
        self.lock().counts.values().map(|count| count.series).sum()
    }

    /// All metrics that CloudWatch bills.
    pub fn billed(&self) -> u64 {
        self.lock().counts.values().map(|count| count.billed).sum()
    }

    /// Totals by service and operation.
    pub fn counts(&self) -> BTreeMap<(&'static str, String), Count> {
        self.lock().counts.clone()
    }

    /// Begins anew.
    pub fn clear(&self) {
        *self.lock() = Inner::default();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(operation: &str, status: u16, series: usize) -> Entry {
        let series = Series { queries: series, billed: series };
        Entry { service: "cloudwatch", operation: operation.into(), when: 1, status, series }
    }

    #[test]
    fn counters_outlive_the_ring() {
        let ledger = Ledger::default();
        for _ in 0..KEPT + 5 {
            ledger.record(entry("GetMetricData", 200, 3));
        }
        ledger.record(entry("ListMetrics", 400, 0));
        assert_eq!(ledger.calls().len(), KEPT);
        assert_eq!(ledger.count("cloudwatch", "GetMetricData"), KEPT as u64 + 5);
        assert_eq!(ledger.series(), 3 * (KEPT as u64 + 5));
        assert_eq!(ledger.counts()[&("cloudwatch", "ListMetrics".to_string())].failed, 1);
    }

    #[test]
    fn invented_operations_do_not_grow_it() {
        let ledger = Ledger::default();
        for n in 0..COUNTED * 2 {
            ledger.record(entry(&format!("Op{n}"), 400, 0));
        }
        assert!(ledger.counts().len() <= COUNTED + 1);
        assert_eq!(ledger.total(), COUNTED as u64 * 2);
    }
}
