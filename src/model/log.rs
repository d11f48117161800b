//! Log groups, streams and events.

/// A log group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogGroup {
    /// logGroupName.
    pub name: String,
    /// logGroupArn, without `:*`.
    pub arn: String,
    /// logGroupClass: STANDARD, INFREQUENT_ACCESS or DELIVERY.
    pub class: String,
    /// storedBytes.
    pub stored_bytes: u64,
    /// retentionInDays; `None` keeps for ever.
    pub retention_days: Option<u32>,
}

/// One log event as it came, message untouched.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogEvent {
    /// eventId; empty where the API gives none (Live Tail, GetLogEvents).
    pub id: String,
    /// logGroupName.
    pub group: String,
    /// logStreamName.
    pub stream: String,
    /// When it happened, ms since 1970.
    pub timestamp: i64,
    /// When CloudWatch got it, ms since 1970.
    pub ingestion: i64,
    /// The message.
    pub message: String,
}

/// How serious a line is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Lines of the Lambda platform: START, END, REPORT, INIT_START.
    Platform,
    /// TRACE and DEBUG.
    Debug,
    /// INFO, or no level at all.
    #[default]
    Info,
    /// WARN.
    Warn,
    /// ERROR, FATAL, time-outs, crashes, REPORT with a status.
    Error,
}
