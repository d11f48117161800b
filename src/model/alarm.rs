//! CloudWatch alarms.

use crate::time::Moment;

/// StateValue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlarmState {
    /// ALARM.
    Alarm,
    /// INSUFFICIENT_DATA.
    InsufficientData,
    /// OK.
    Ok,
}

/// A metric, composite or log alarm.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// AlarmName.
    pub name: String,
    /// StateValue.
    pub state: AlarmState,
    /// StateReason.
    pub reason: String,
    /// StateTransitionedTimestamp, or StateUpdatedTimestamp where that is not given.
    pub since: Option<Moment>,
    /// What it watches, as `AWS/Lambda Errors FunctionName=checkout-api`; empty for composites.
    pub watches: String,
    /// The function that it watches, where its dimensions name one.
    pub function: Option<String>,
    /// The API that it watches, where its dimensions name one (name for REST, id for HTTP).
    pub api: Option<String>,
    /// `metric`, `composite` or `log`.
    pub kind: &'static str,
    /// ActionsEnabled.
    pub actions_enabled: bool,
}
