//! Minutes of an API as its metrics remember them: of each request the few numbers that are counted.

use super::World;
use super::block;
use super::catalog::ApiId;
use super::invocation::ApiRequest;
use super::tally::MINUTE;
use super::{Millis, memory};
use std::sync::Arc;

/// One request as the metrics saw it: 16 bytes, for hours of them are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Index of the stage.
    pub stage: u8,
    /// Index of the route.
    pub route: u16,
    /// Status answered to the caller.
    pub status: u16,
    /// Answered from the stage cache, looked up in vain, or not cacheable.
    pub cache_hit: Option<bool>,
    latency_us: u32,
    /// `u32::MAX` where the integration was not called.
    integration_us: u32,
}

impl Seen {
    fn of(request: &ApiRequest) -> Seen {
        let micros = |ms: f64| (ms * 1000.0).round() as u32;
        Seen {
            stage: request.stage as u8,
            route: request.route as u16,
            status: request.status,
            cache_hit: request.cache_hit,
            latency_us: micros(request.latency_ms),
            integration_us: request.integration_ms.map_or(u32::MAX, micros),
        }
    }

    /// Latency, ms.
    pub fn latency_ms(&self) -> f64 {
        f64::from(self.latency_us) / 1000.0
    }

    /// IntegrationLatency, ms; none when the integration was not called.
    pub fn integration_ms(&self) -> Option<f64> {
        (self.integration_us != u32::MAX).then(|| f64::from(self.integration_us) / 1000.0)
    }
}

/// Three hours of the shop's APIs are some 60,000 requests.
pub(super) const KEPT: usize = 150_000;

/// Requests by API, minute, and what was changed by then.
pub(super) type SeenMinutes = memory::Memory<(ApiId, Millis, usize), Vec<Seen>>;

impl World {
    /// Requests of an API in the minute that begins at `minute` (rounded down), all stages, in their order.
    pub fn seen(&self, api: ApiId, minute: Millis) -> Arc<Vec<Seen>> {
        let minute = minute - minute.rem_euclid(MINUTE);
        let generation = self.generation(block::start_of(block::of(minute) + 1));
        let read = || self.api_requests(api, minute, minute + MINUTE).iter().map(Seen::of).collect();
        self.seen.get((api, minute, generation), read)
    }
}
