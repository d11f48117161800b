//! What polling costs, counted where requests leave the program: every attempt of every client passes here.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use chrono::TimeDelta;

use crate::app::message::Traffic;
use crate::model::log::LIVE_MINUTE;
use crate::time::{Clock, Moment};

/// GetMetricData: US$ 0.01 per 1,000 metrics asked for, outside of any free tier.
const PER_METRIC: f64 = 0.01 / 1000.0;
/// X-Ray: US$ 0.50 per million traces scanned or retrieved.
const PER_TRACE: f64 = 0.50 / 1_000_000.0;
/// The rate is that of the last minutes, so that it follows what is on screen.
const RATE_OVER: TimeDelta = TimeDelta::minutes(5);
/// A rate over less than a poll interval would be a burst and no rate.
const RATE_AT_LEAST: TimeDelta = TimeDelta::minutes(1);
/// More calls in a minute than this are not told apart.
const MOST_RECENT: usize = 20_000;

/// The counters of one account.
#[derive(Debug)]
pub(super) struct Meter {
    counts: Mutex<Counts>,
    in_flight: AtomicU32,
}

#[derive(Debug)]
struct Counts {
    started: Moment,
    calls: u64,
    metrics: u64,
    throttles: u64,
    by_service: BTreeMap<&'static str, u64>,
    /// Calls of the last minute.
    recent: VecDeque<Moment>,
    /// US$ of the last minutes.
    spent: VecDeque<(Moment, f64)>,
    /// How far the service's clock was ahead of ours when it last answered.
    ahead: Option<TimeDelta>,
}

impl Meter {
    pub(super) fn new(started: Moment) -> Meter {
        Meter {
            counts: Mutex::new(Counts {
                started,
                calls: 0,
                metrics: 0,
                throttles: 0,
                by_service: BTreeMap::new(),
                recent: VecDeque::new(),
                spent: VecDeque::new(),
                ahead: None,
            }),
            in_flight: AtomicU32::new(0),
        }
    }

    /// A request leaves.
    fn called(&self, service: &'static str, now: Moment) {
        let mut counts = self.lock();
        counts.calls += 1;
        *counts.by_service.entry(service).or_default() += 1;
        if counts.recent.len() == MOST_RECENT {
            counts.recent.pop_front();
        }
        counts.recent.push_back(now);
    }

    /// A GetMetricData asks for so many metrics.
    pub(super) fn asked_for_metrics(&self, metrics: u64, now: Moment) {
        let mut counts = self.lock();
        counts.metrics += metrics;
        counts.spend(metrics as f64 * PER_METRIC, now);
    }

    /// X-Ray has scanned or handed out so many traces.
    pub(super) fn read_traces(&self, traces: u64, now: Moment) {
        self.lock().spend(traces as f64 * PER_TRACE, now);
    }

    /// A Live Tail session has been open for so much longer.
    pub(super) fn tailed_live(&self, passed: TimeDelta, now: Moment) {
        self.lock().spend(passed.as_seconds_f64().max(0.0) / 60.0 * LIVE_MINUTE, now);
    }

    /// A call was throttled.
    pub(super) fn throttled(&self) {
        self.lock().throttles += 1;
    }

    /// How far the service's clock is ahead of ours, to the second, as of its last answer.
    pub(super) fn clock_ahead(&self) -> Option<TimeDelta> {
        self.lock().ahead
    }

    pub(super) fn by_service(&self) -> BTreeMap<&'static str, u64> {
        self.lock().by_service.clone()
    }

    pub(super) fn traffic(&self, now: Moment) -> Traffic {
        let mut counts = self.lock();
        while counts.recent.front().is_some_and(|&when| when <= now - TimeDelta::minutes(1)) {
            counts.recent.pop_front();
        }
        counts.forget(now);
        let spent = counts.spent.iter().fold(0.0, |sum, (_, dollars)| sum + dollars);
        let over = (now - counts.started).clamp(RATE_AT_LEAST, RATE_OVER);
        Traffic {
            calls_per_minute: counts.recent.len() as u32,
            calls: counts.calls,
            metrics: counts.metrics,
            dollars_per_hour: spent * 3600.0 / over.as_seconds_f64(),
            throttles: counts.throttles,
            in_flight: self.in_flight.load(Ordering::Relaxed),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn spend(&mut self, dollars: f64, now: Moment) {
        self.forget(now);
        match self.spent.back_mut() {
            Some((when, sum)) if *when == now => *sum += dollars,
            _ => self.spent.push_back((now, dollars)),
        }
    }

    fn forget(&mut self, now: Moment) {
        while self.spent.front().is_some_and(|&(when, _)| when <= now - RATE_OVER) {
            self.spent.pop_front();
        }
    }
}

/// Counts the attempts of one service's client.
#[derive(Debug)]
pub(super) struct Metering {
    service: &'static str,
    meter: Arc<Meter>,
    clock: Clock,
}

impl Metering {
    pub(super) fn new(service: &'static str, meter: Arc<Meter>, clock: Clock) -> Metering {
        Metering { service, meter, clock }
    }
}

/// Lives as long as its request, which may also end by being abandoned.
#[derive(Debug)]
struct InFlight(Arc<Meter>);

impl Storable for InFlight {
    type Storer = StoreReplace<InFlight>;
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Intercept for Metering {
    fn name(&self) -> &'static str {
        "Metering"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.meter.called(self.service, self.clock.now());
        self.meter.in_flight.fetch_add(1, Ordering::Relaxed);
        bag.interceptor_state().store_put(InFlight(self.meter.clone()));
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        bag.interceptor_state().unset::<InFlight>();
        let date = context.response().and_then(|response| response.headers().get("date"));
        if let Some(date) = date.and_then(|date| chrono::DateTime::parse_from_rfc2822(date).ok()) {
            self.meter.lock().ahead = Some(date.to_utc() - self.clock.now());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Moment {
        Moment::from_timestamp(1_800_000_000 + seconds, 0).expect("a valid moment")
    }

    #[test]
    fn the_rate_is_that_of_the_last_minutes() {
        let meter = Meter::new(at(0));
        meter.asked_for_metrics(12, at(1));
        let traffic = meter.traffic(at(2));
        assert_eq!(traffic.metrics, 12);
        assert!((traffic.dollars_per_hour - 12.0 * 0.00001 * 60.0).abs() < 1e-12);
        for minute in 1..10 {
            meter.asked_for_metrics(12, at(minute * 60 + 1));
        }
        assert!((meter.traffic(at(599)).dollars_per_hour - 12.0 * 0.00001 * 60.0).abs() < 1e-12);
        assert_eq!(meter.traffic(at(1200)).dollars_per_hour, 0.0);
        assert_eq!(meter.traffic(at(1200)).metrics, 120);
    }

    #[test]
    fn an_open_live_tail_costs_sixty_cents_an_hour() {
        let meter = Meter::new(at(0));
        for second in 1..600 {
            meter.tailed_live(TimeDelta::seconds(1), at(second));
        }
        assert!((meter.traffic(at(599)).dollars_per_hour - 0.60).abs() < 0.003);
    }

    #[test]
    fn calls_per_minute_forget_what_is_older() {
        let meter = Meter::new(at(0));
        for second in 0..90 {
            meter.called("logs", at(second));
        }
        let traffic = meter.traffic(at(89));
        assert_eq!((traffic.calls, traffic.calls_per_minute), (90, 60));
        assert_eq!(meter.by_service()["logs"], 90);
    }
}
