//! Metrics: what a series is of, and its points.

use crate::time::Moment;

/// A CloudWatch metric that the program knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)] // each is AWS's own name; `Metric::name` gives it
pub enum Metric {
    Invocations,
    Errors,
    Throttles,
    Duration,
    ConcurrentExecutions,
    UnreservedConcurrentExecutions,
    ClaimedAccountConcurrency,
    ProvisionedConcurrentExecutions,
    ProvisionedConcurrencyInvocations,
    ProvisionedConcurrencySpilloverInvocations,
    ProvisionedConcurrencyUtilization,
    AsyncEventAge,
    AsyncEventsReceived,
    AsyncEventsDropped,
    DeadLetterErrors,
    DestinationDeliveryFailures,
    IteratorAge,
    ApproximateAgeOfOldestMessage,
    ApproximateNumberOfMessagesVisible,
    Count,
    Error4xx,
    Error5xx,
    Latency,
    IntegrationLatency,
    CacheHitCount,
    CacheMissCount,
}

/// A statistic of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Statistic {
    /// Sum.
    Sum,
    /// Average.
    Average,
    /// Maximum.
    Maximum,
    /// SampleCount.
    SampleCount,
    /// A percentile, as 50, 90, 99.
    Percentile(u8),
}

/// What a series is of.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// All functions of the region (AWS/Lambda without dimensions).
    Fleet,
    /// One function.
    Function(String),
    /// One alias or version of a function (Resource = `name:qualifier`).
    Qualifier {
        /// FunctionName.
        function: String,
        /// Alias or version.
        qualifier: String,
    },
    /// What one version executed of what came through an alias (ExecutedVersion): of a weighted alias.
    ExecutedVersion {
        /// FunctionName.
        function: String,
        /// Alias.
        alias: String,
        /// Version.
        version: String,
    },
    /// An SQS queue by its name (AWS/SQS).
    Queue(String),
    /// A method of a REST API's stage; only where its detailed metrics are on.
    RestMethod {
        /// ApiName.
        api: String,
        /// Stage.
        stage: String,
        /// Method, as `GET`.
        method: String,
        /// Resource, as `/orders/{id}`.
        resource: String,
    },
    /// A route of an HTTP API's stage; only where its detailed metrics are on.
    HttpRoute {
        /// ApiId.
        api: String,
        /// Stage.
        stage: String,
        /// Method, as `GET`.
        method: String,
        /// Resource, as `/orders/{id}`.
        resource: String,
    },
    /// A stage of a REST API: v1 metrics are keyed by the API's name, not by its id.
    RestStage {
        /// ApiName.
        api: String,
        /// Stage.
        stage: String,
    },
    /// A stage of an HTTP API.
    HttpStage {
        /// ApiId.
        api: String,
        /// Stage.
        stage: String,
    },
    /// A stage of a WebSocket API.
    WebSocketStage {
        /// ApiId.
        api: String,
        /// Stage.
        stage: String,
    },
}

/// One series: what, of what, which statistic.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeriesKey {
    /// What it is of.
    pub subject: Subject,
    /// The metric.
    pub metric: Metric,
    /// The statistic.
    pub statistic: Statistic,
}

impl SeriesKey {
    /// A key.
    pub fn new(subject: Subject, metric: Metric, statistic: Statistic) -> SeriesKey {
        SeriesKey { subject, metric, statistic }
    }
}

/// The points of one series, oldest first. A bucket without data has no point: a gap is not a zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Seconds per bucket.
    pub period: u32,
    /// (start of the bucket, value).
    pub points: Vec<(Moment, f64)>,
}

impl Series {
    /// Sum over the points.
    pub fn total(&self) -> f64 {
        // Not `sum()`: of nothing that is -0.0, and the user reads the sign.
        self.points.iter().fold(0.0, |sum, (_, value)| sum + value)
    }

    /// Largest value.
    pub fn maximum(&self) -> Option<f64> {
        self.points
            .iter()
            .map(|(_, value)| *value)
            .fold(None, |most, value| Some(most.map_or(value, |m: f64| m.max(value))))
    }

    /// The newest value.
    pub fn last(&self) -> Option<f64> {
        self.points.last().map(|(_, value)| *value)
    }

    /// Value of the bucket that begins at `start`.
    pub fn at(&self, start: Moment) -> Option<f64> {
        self.points.binary_search_by_key(&start, |(moment, _)| *moment).ok().map(|index| self.points[index].1)
    }
}
