//! When we ask: one poller per noun. What is worth asking comes down as [`Interests`], what was learnt goes up as
//! messages; a poller never touches the state.

use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::app::interests::Interests;
use crate::app::message::Message;
use crate::aws::Account;
use crate::time::Clock;

/// How often each noun is asked for while it is of interest, and how much that may cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Pace {
    /// Series on screen.
    pub metrics: Duration,
    /// ListFunctions, account settings, names of log groups.
    pub inventory: Duration,
    /// Alarms.
    pub alarms: Duration,
    /// The tail.
    pub tail: Duration,
    /// The trace list, in increments.
    pub traces: Duration,
    /// APIs and their routes.
    pub apis: Duration,
    /// Stages on screen.
    pub stages: Duration,
    /// The open detail of a function.
    pub detail: Duration,
    /// Provisioned concurrency that is being allocated.
    pub provisioning: Duration,
    /// Ceiling of what metrics may cost, US$ per hour: beyond it they are asked for less often. None is no ceiling.
    pub dollars_per_hour: Option<f64>,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace {
            metrics: Duration::from_secs(60),
            inventory: Duration::from_secs(15 * 60),
            alarms: Duration::from_secs(60),
            tail: Duration::from_secs(2),
            traces: Duration::from_secs(30),
            apis: Duration::from_secs(15 * 60),
            stages: Duration::from_secs(60),
            detail: Duration::from_secs(30),
            provisioning: Duration::from_secs(2),
            dollars_per_hour: None,
        }
    }
}

/// Starts one task per noun; all of them end with `cancel`, or when nobody listens to `news` any more.
pub fn start(
    account: Account,
    clock: Clock,
    interests: watch::Receiver<Interests>,
    news: mpsc::Sender<Message>,
    pace: Pace,
    cancel: CancellationToken,
) {
    drop((account, clock, interests, news, pace, cancel));
}
