//! Log groups, streams and events.

/// StartLiveTail takes so many log groups a session.
pub const GROUPS_PER_LIVE_SESSION: usize = 10;
/// What a Live Tail session costs, US$ a minute, after 1,800 free minutes a month.
pub const LIVE_MINUTE: f64 = 0.01;
/// CloudWatch ends a Live Tail session after so long, s: three hours.
pub const LIVE_SESSION: i64 = 3 * 3600;

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
    /// creationTime, ms since 1970.
    pub created: i64,
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

/// Why events of a stretch of time are missing from a tail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Missed {
    /// Live Tail had more than 500 events in a second and sent a sample.
    Sampled,
    /// The live session was interrupted, and what came meanwhile is not read yet.
    Interrupted,
    /// There were more pages than one reading may take.
    TooMuch,
    /// The service gave the same page token again and again.
    Circle,
    /// Nobody has asked for this stretch: a jump to another time left it out.
    NotAsked,
}

/// A stretch of time of which a tail does not have everything.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Gap {
    /// logGroupName; none for all groups of the tail.
    pub group: Option<String>,
    /// First moment, ms since 1970.
    pub from: i64,
    /// Last moment, ms since 1970, itself included.
    pub to: i64,
    /// Why.
    pub why: Missed,
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
    /// No event: a mark of ours where events are missing. Every filter lets it pass.
    Gap,
}

impl Level {
    /// All of them, in their order.
    pub const ALL: [Level; 6] = [Level::Platform, Level::Debug, Level::Info, Level::Warn, Level::Error, Level::Gap];
}

/// The function that writes to a log stream, and its version, where the stream's name tells that. Lambda names them
/// `YYYY/MM/DD/[VERSION]ID`, in a group of one's own `YYYY/MM/DD/FUNCTION[VERSION][ID]`.
pub fn writer<'a>(group: &'a str, stream: &'a str) -> (&'a str, Option<&'a str>) {
    let last = stream.rsplit('/').next().unwrap_or_default();
    let (name, version) = match last.split_once('[') {
        Some((name, rest)) => (name, rest.split(']').next().filter(|version| !version.is_empty())),
        None => ("", None),
    };
    let by_group = group.strip_prefix("/aws/lambda/").unwrap_or(group);
    (if name.is_empty() { by_group } else { name }, version)
}
