//! Invocations in numbers, over what is loaded.

use super::Invocations;
use super::attempt::NEVER;
use crate::model::invocation::Status;

/// Invocations in numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// How many began.
    pub invocations: usize,
    /// Those that have no end yet.
    pub open: usize,
    /// Those that failed, in whatever way.
    pub errors: usize,
    /// ... by their time-out.
    pub timed_out: usize,
    /// ... for want of memory.
    pub out_of_memory: usize,
    /// ... because the runtime ended.
    pub crashed: usize,
    /// Those that returned normally and yet wrote lines of level ERROR.
    pub quiet_errors: usize,
    /// Cold starts, restores of SnapStart included.
    pub cold: usize,
    /// Those with a REPORT: what the share of cold starts is of.
    pub reported: usize,
    /// Duration, ms: median.
    pub p50: Option<f64>,
    /// Duration, ms: 95 of 100 took at most this.
    pub p95: Option<f64>,
    /// Duration, ms: 99 of 100 took at most this.
    pub p99: Option<f64>,
    /// The longest, ms.
    pub max: Option<f64>,
    /// All Billed Durations, ms.
    pub billed_ms: u64,
}

impl Summary {
    /// Share of cold starts, 0 to 1.
    pub fn cold_share(&self) -> Option<f64> {
        (self.reported > 0).then(|| self.cold as f64 / self.reported as f64)
    }
}

impl Invocations {
    /// All invocations in numbers, or those of one function.
    pub fn summary(&self, function: Option<&str>) -> Summary {
        let Some(wanted) = function.map_or(Some(None), |name| self.names.find(name).map(Some)) else {
            return Summary::default();
        };
        let takes = |source: u16| {
            let stream = self.streams.get(usize::from(source)).and_then(Option::as_deref);
            stream.is_some_and(|stream| wanted.is_none_or(|wanted| stream.function == wanted))
        };
        self.summarize(self.order.slots().filter(|slot| takes(self.attempts[*slot as usize].source)))
    }

    /// Some invocations in numbers.
    pub fn summary_of(&self, keys: &[super::Key]) -> Summary {
        self.summarize(keys.iter().map(|key| key.slot).filter(|slot| (*slot as usize) < self.attempts.len()))
    }

    fn summarize(&self, slots: impl Iterator<Item = u32>) -> Summary {
        let mut told = Summary::default();
        let mut durations = Vec::with_capacity(slots.size_hint().1.unwrap_or_default().min(self.order.len()));
        for slot in slots.filter(|slot| self.is_shown(*slot)) {
            let one = &self.attempts[slot as usize];
            told.invocations += 1;
            match one.status(one.report.at != NEVER || self.has_ended(slot)) {
                Status::Open => told.open += 1,
                Status::Ok => told.quiet_errors += usize::from(one.errors + one.loose.errors > 0),
                status => {
                    told.errors += 1;
                    told.timed_out += usize::from(status == Status::TimedOut);
                    told.out_of_memory += usize::from(status == Status::OutOfMemory);
                    told.crashed += usize::from(status == Status::Crashed);
                }
            }
            let report = &one.report;
            if report.at != NEVER {
                told.reported += 1;
                told.cold += usize::from(!report.init_ms.is_nan());
                if report.billed_ms != u32::MAX {
                    told.billed_ms += u64::from(report.billed_ms);
                }
                if !report.duration_ms.is_nan() {
                    durations.push(report.duration_ms);
                }
            }
        }
        told.percentiles(&mut durations);
        told
    }
}

impl Summary {
    /// By nearest rank, as CloudWatch gives percentiles of so few values.
    fn percentiles(&mut self, durations: &mut [f64]) {
        let count = durations.len();
        if count == 0 {
            return;
        }
        // Each looks only through what is above the one before.
        let mut from = 0;
        let mut at = |percent: usize| {
            let rank = (count * percent).div_ceil(100).clamp(1, count) - 1;
            let (_, value, _) = durations[from..].select_nth_unstable_by(rank - from, f64::total_cmp);
            let value = *value;
            from = rank;
            Some(value)
        };
        self.p50 = at(50);
        self.p95 = at(95);
        self.p99 = at(99);
        self.max = at(100);
    }
}
