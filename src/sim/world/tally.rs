//! One function-minute in numbers: what CloudWatch knows of the invocations that began in it.

use super::Millis;

/// Milliseconds in a minute.
pub const MINUTE: Millis = 60_000;

/// What happened to a function (or one of its aliases or versions) in a minute.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    /// Invocations that ran; throttled tries are not among them.
    pub invocations: u32,
    /// Of these, the ones that ended in an error, a time-out or for want of memory.
    pub errors: u32,
    /// Tries that were refused.
    pub throttles: u32,
    /// Duration of each invocation, ms, ascending.
    pub durations: Vec<f64>,
    /// Init Duration of each cold start, ms, ascending.
    pub inits: Vec<f64>,
    /// Invocations in flight at the busiest moment of each second.
    pub in_flight: [u16; 60],
    /// Invocations that ran on provisioned concurrency.
    pub provisioned: u32,
    /// Invocations of an alias with provisioned concurrency that ran beside it.
    pub spillover: u32,
    /// Provisioned environments busy at the busiest moment.
    pub provisioned_in_flight: u32,
    /// Provisioned environments available; none where nothing is provisioned.
    pub provisioned_available: Option<u32>,
    /// AsyncEventsReceived.
    pub async_received: u32,
    /// AsyncEventsDropped.
    pub async_dropped: u32,
    /// AsyncEventAge of each, ms.
    pub async_ages: Vec<f64>,
    /// IteratorAge of each batch of a stream, ms.
    pub iterator_ages: Vec<f64>,
    /// Dead letters that could not be delivered.
    pub dead_letter_errors: u32,
    /// DestinationDeliveryFailures.
    pub undelivered: u32,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            invocations: 0,
            errors: 0,
            throttles: 0,
            durations: Vec::new(),
            inits: Vec::new(),
            in_flight: [0; 60],
            provisioned: 0,
            spillover: 0,
            provisioned_in_flight: 0,
            provisioned_available: None,
            async_received: 0,
            async_dropped: 0,
            async_ages: Vec::new(),
            iterator_ages: Vec::new(),
            dead_letter_errors: 0,
            undelivered: 0,
        }
    }
}

impl Tally {
    /// ConcurrentExecutions, Maximum.
    pub fn concurrency(&self) -> u32 {
        self.in_flight.iter().copied().max().map_or(0, u32::from)
    }

    /// ProvisionedConcurrencyUtilization, 0 to 1; none where nothing is provisioned or nothing ran.
    pub fn utilization(&self) -> Option<f64> {
        let available = self.provisioned_available.filter(|count| *count > 0)?;
        Some(f64::from(self.provisioned_in_flight) / f64::from(available))
    }
}

/// All functions of the region in one minute.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FleetTally {
    /// Sum of Invocations.
    pub invocations: u32,
    /// Sum of Errors.
    pub errors: u32,
    /// Sum of Throttles.
    pub throttles: u32,
    /// Duration of each invocation, ms, ascending.
    pub durations: Vec<f64>,
    /// ConcurrentExecutions, Maximum.
    pub concurrency: u32,
    /// UnreservedConcurrentExecutions, Maximum.
    pub unreserved: u32,
    /// ClaimedAccountConcurrency: unreserved in use + reserved + provisioned of functions without a reserve.
    pub claimed: u32,
    /// ProvisionedConcurrencyInvocations.
    pub provisioned: u32,
    /// ProvisionedConcurrencySpilloverInvocations.
    pub spillover: u32,
    /// AsyncEventsReceived.
    pub async_received: u32,
    /// AsyncEventsDropped.
    pub async_dropped: u32,
    /// AsyncEventAge of each, ms.
    pub async_ages: Vec<f64>,
    /// IteratorAge of each batch of a stream, ms.
    pub iterator_ages: Vec<f64>,
    /// DestinationDeliveryFailures.
    pub undelivered: u32,
    /// ProvisionedConcurrentExecutions of all functions that have any.
    pub provisioned_in_flight: u32,
}

/// A queue in one minute.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueueTally {
    /// NumberOfMessagesSent.
    pub sent: u32,
    /// NumberOfMessagesReceived.
    pub received: u32,
    /// ApproximateNumberOfMessagesVisible at the end of the minute.
    pub visible: u32,
    /// ApproximateNumberOfMessagesNotVisible at the end of the minute.
    pub in_flight: u32,
    /// Age of the oldest message that was not deleted yet, at the end of the minute, ms; 0 where there is none.
    pub oldest_ms: Millis,
}
