//! A Logs Insights query and what has come of it so far.

use crate::time::Moment;

/// Log groups of one query, at most.
pub const GROUPS: usize = 50;
/// Rows that are asked for, at most: as many as one answer holds.
pub const ROWS: usize = 10_000;
/// US$ for a gigabyte scanned, outside of any free tier; a little more or less in some regions.
const DOLLARS_PER_GB: f64 = 0.005;

/// What is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// logGroupName of each group.
    pub groups: Vec<String>,
    /// The query, in the language of Logs Insights.
    pub text: String,
    /// First moment, s since 1970.
    pub from: i64,
    /// Last moment, s since 1970, itself included.
    pub to: i64,
}

/// Status of a query.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// Waiting for its turn: 100 run at once in an account.
    #[default]
    Scheduled,
    /// Under way; the rows so far may be shown.
    Running,
    /// All rows are here.
    Complete,
    /// The service has given up.
    Failed,
    /// Stopped.
    Cancelled,
    /// It took an hour.
    TimedOut,
    /// A status that this program has no word for.
    Unknown,
}

impl Status {
    /// Nothing more will come.
    pub fn has_ended(self) -> bool {
        !matches!(self, Status::Scheduled | Status::Running)
    }
}

/// What a query has read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// bytesScanned: what is billed.
    pub bytes: u64,
    /// recordsScanned.
    pub scanned: u64,
    /// recordsMatched.
    pub matched: u64,
}

impl Statistics {
    /// US$ that it has cost.
    pub fn dollars(&self) -> f64 {
        price(self.bytes)
    }
}

/// US$ for so many bytes scanned.
pub fn price(bytes: u64) -> f64 {
    bytes as f64 / 1e9 * DOLLARS_PER_GB
}

/// Field and value; a row has only the fields that its event has.
pub type Row = Vec<(String, String)>;

/// A value of `@timestamp` or `@ingestionTime`: `2026-11-21 02:05:00.000`, in UTC; some servers write ms since 1970.
pub fn moment(value: &str) -> Option<Moment> {
    match value.parse::<i64>() {
        Ok(ms) => Moment::from_timestamp_millis(ms),
        Err(_) => chrono::NaiveDateTime::parse_from_str(value, "%Y-%m-%d %H:%M:%S%.f").ok().map(|time| time.and_utc()),
    }
}

/// How a query stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Status.
    pub status: Status,
    /// What it has read so far.
    pub statistics: Statistics,
    /// Rows so far, in the order of the query.
    pub rows: Vec<Row>,
    /// There were more, or larger, rows than are kept.
    pub cut: bool,
}

/// Where a query is wrong: offsets in characters, the end not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First character.
    pub from: usize,
    /// The one after the last.
    pub to: usize,
}
