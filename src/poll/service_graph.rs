//! The service graph of the window, and of the one before it.

use std::time::Duration;

use chrono::TimeDelta;

use super::desk::{Closed, Desk};
use crate::app::interests::Interests;
use crate::app::message::News;
use crate::aws::service_graph::service_graph;
use crate::time::{Moment, TimeWindow};

/// How often the graph is asked for while it is on screen: it is of minutes.
const EVERY: Duration = Duration::from_secs(60);
/// The window before moves as slowly as the window does: so often, in parts of its length.
const PARTS: u32 = 10;

/// The window's.
pub(super) async fn poll(desk: Desk) -> Result<(), Closed> {
    keep(desk, |interests| interests.service_graph, EVERY, |window, now| window.bounds(now), News::ServiceGraph).await
}

/// That of the window before.
pub(super) async fn poll_before(desk: Desk) -> Result<(), Closed> {
    let before = |window: TimeWindow, now: Moment| {
        let (start, _) = window.bounds(now);
        (start - TimeDelta::from_std(window.length).unwrap_or_default(), start)
    };
    let every = EVERY.max(Duration::from_secs(3600) / PARTS);
    keep(desk, |interests| interests.service_graph_before, every, before, News::ServiceGraphBefore).await
}

async fn keep(
    desk: Desk,
    wanted: impl Fn(&Interests) -> bool,
    every: Duration,
    bounds: impl Fn(TimeWindow, Moment) -> (Moment, Moment),
    tell: fn(Result<crate::model::service_graph::ServiceGraph, crate::model::trouble::Trouble>) -> News,
) -> Result<(), Closed> {
    desk.keep_fresh(
        |interests: &Interests| wanted(interests).then_some(interests.window),
        move |window| window.end.is_none().then_some(every),
        |desk, window| {
            let (start, end) = bounds(window, desk.clock.now());
            async move {
                desk.pass("xray", 1).await;
                let answer = service_graph(&desk.account, start, end).await;
                desk.note("xray", &answer).await?;
                let told = answer.as_ref().map(|_| ()).map_err(Clone::clone);
                desk.tell(tell(answer)).await?;
                Ok(told)
            }
        },
    )
    .await
}
