//! When we ask: one poller per noun. What is worth asking comes down as [`Interests`], what was learnt goes up as
//! messages; a poller never touches the state.
//!
//! Each poller reacts at once to a changed interest that it serves, and only to that; asks again at its interval, four
//! times less often while nobody is looking and not at all while paused; asks at once on `refresh`. What is denied is
//! asked for every five minutes only. A service that throttles is left alone by all of them together.

mod alarms;
mod apis;
mod desk;
mod functions;
mod history;
mod identity;
mod insights;
mod invocations;
mod known;
mod live;
mod logs;
mod metrics;
mod pace;
mod ranking;
mod reading;
pub mod seen;
mod service_graph;
mod tags;
mod tail;
mod traces;
mod tracing;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::app::interests::Interests;
use crate::app::message::Message;
use crate::aws::Account;
use crate::time::Clock;
use desk::Desk;
pub use pace::Pace;

/// Starts those that read logs, a tail or a query as is wanted, and no others: for whoever prints instead of drawing.
pub fn start_logs(
    account: Account,
    clock: Clock,
    interests: watch::Receiver<Interests>,
    news: mpsc::Sender<Message>,
    pace: Pace,
    cancel: CancellationToken,
) {
    let desk = Desk::new(account, clock, interests, news, pace, cancel);
    desk.run(tail::poll);
    desk.run(insights::poll);
}

/// Starts the pollers, on the runtime that this is called from; all of them end with `cancel`, or when nobody holds the
/// other ends of `interests` and `news` any more.
pub fn start(
    account: Account,
    clock: Clock,
    interests: watch::Receiver<Interests>,
    news: mpsc::Sender<Message>,
    pace: Pace,
    cancel: CancellationToken,
) {
    let desk = Desk::new(account, clock, interests, news, pace, cancel);
    desk.run(identity::poll);
    desk.run(functions::poll_inventory);
    desk.run(functions::poll_settings);
    desk.run(functions::poll_reserved);
    functions::run_detail(&desk);
    desk.run(metrics::poll);
    desk.run(ranking::poll);
    desk.run(tags::poll);
    desk.run(alarms::poll);
    desk.run(logs::poll_groups);
    desk.run(tail::poll);
    desk.run(live::poll);
    desk.run(history::poll_older);
    desk.run(insights::poll);
    desk.run(history::poll_fetch);
    desk.run(invocations::poll);
    desk.run(traces::poll_list);
    desk.run(traces::poll_open);
    desk.run(traces::poll_around);
    desk.run(traces::poll_whole);
    desk.run(service_graph::poll);
    desk.run(service_graph::poll_before);
    desk.run(tracing::poll);
    apis::run(&desk);
}
