//! When a limit is reached if things go on as they do.

use crate::store::Store;
use crate::time::Moment;

/// When the reserve or the account's concurrency is used up.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// `at this rate the reserve of 20 is used up in about 8 min`.
    pub sentence: String,
    /// When.
    pub at: Moment,
    /// Rise, environments per minute.
    pub per_minute: f64,
    /// The limit.
    pub limit: f64,
    /// In use according to the trend, in the newest settled minute.
    pub in_use: f64,
    /// Points that the trend was taken from.
    pub points: usize,
}

/// When the function's reserve (without one, or without a function: the account's concurrency) is used up, if it goes on
/// rising as in the last minutes. None without a clear trend.
pub fn forecast(_store: &Store, _function: Option<&str>, _now: Moment) -> Option<Forecast> {
    None
}
