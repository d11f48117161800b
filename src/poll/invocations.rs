//! Recent invocations of the function whose detail is open, from the REPORT lines of its log: back until there are
//! enough, and then in increments.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::TimeDelta;
use tokio::sync::Mutex;

use super::desk::{Closed, Desk};
use super::history::{Past, Refusal, back};
use crate::app::interests::TailGroup;
use crate::app::message::News;
use crate::model::invocation::{Invocation, read_report, version_of_stream};
use crate::model::trouble::Trouble;
use crate::time::{Moment, TimeWindow};

/// As many as are looked for at first.
const ENOUGH: usize = 100;
/// As many as are kept.
const KEPT: usize = 500;
/// A REPORT may be late by this, in ms: so much is read a second time.
const LOOK_BACK: i64 = 30_000;
/// Lines of the platform in text logs, and in JSON ones. Terms that every server finds, in place of a JSON pattern that
/// some do not know.
const PATTERNS: [&str; 2] = ["REPORT", "\"platform.report\""];

type Want = (String, TailGroup, TimeWindow);

/// What is known of one function's invocations.
struct Known {
    want: Want,
    /// Which of the patterns has found something.
    pattern: Option<usize>,
    /// Read up to here, ms since 1970; none before the first reading.
    to: Option<i64>,
    /// Ids of events that would come again, with their times.
    seen: HashMap<String, i64>,
    /// Newest first.
    invocations: Vec<Invocation>,
}

pub(super) async fn poll(desk: Desk) -> Result<(), Closed> {
    let every = desk.pace.detail;
    let known: Arc<Mutex<Option<Known>>> = Arc::default();
    desk.keep_fresh(
        |interests| interests.invocations.clone().map(|(name, group)| (name, group, interests.window)),
        // A window that ends in the past is read once.
        move |(.., window)| window.end.is_none().then_some(every),
        move |desk, want: Want| {
            let known = known.clone();
            async move {
                let mut known = known.lock().await;
                let name = want.0.clone();
                match read(&desk, &mut known, want).await? {
                    Ok(invocations) => {
                        desk.tell(News::Invocations(name, Ok(invocations))).await?;
                        Ok(Ok(()))
                    }
                    Err((_, trouble)) => {
                        desk.tell(News::Invocations(name, Err(trouble.clone()))).await?;
                        Ok::<Result<(), Trouble>, Closed>(Err(trouble))
                    }
                }
            }
        },
    )
    .await
}

/// Reads what has come since, or begins anew.
async fn read(desk: &Desk, known: &mut Option<Known>, want: Want) -> Result<Result<Vec<Invocation>, Refusal>, Closed> {
    let (start, end) = want.2.bounds(desk.clock.now());
    let (start, end) = (start.timestamp_millis(), end.timestamp_millis() + 1);
    let mut next = match known.take().filter(|known| known.want == want) {
        Some(known) => known,
        None => Known { want, pattern: None, to: None, seen: HashMap::new(), invocations: Vec::new() },
    };
    let until = next.to.map_or(start, |to| (to - LOOK_BACK).max(start));
    let enough = if next.to.is_none() { ENOUGH } else { KEPT };
    let patterns = next.pattern.map_or(0..PATTERNS.len(), |found| found..found + 1);
    for index in patterns {
        let group = std::slice::from_ref(&next.want.1);
        let past = match back(desk, group, PATTERNS[index], end, until, enough).await? {
            Ok(past) => past,
            Err(refusal) => {
                // What is known is not read again for this.
                *known = Some(next).filter(|next| next.to.is_some());
                return Ok(Err(refusal));
            }
        };
        if next.take(past) {
            next.pattern = Some(index);
            break;
        }
    }
    next.to = Some(end);
    next.seen.retain(|_, timestamp| *timestamp >= end - LOOK_BACK);
    let invocations = next.invocations.clone();
    *known = Some(next);
    Ok(Ok(invocations))
}

impl Known {
    /// Takes in what was read; whether there was an invocation in it.
    fn take(&mut self, past: Past) -> bool {
        let mut found = false;
        for event in past.events {
            let Some(mut invocation) = read_report(&event.message) else { continue };
            found = true;
            if self.seen.insert(event.id, event.timestamp).is_some() {
                continue;
            }
            // A REPORT is written at the end.
            let taken = TimeDelta::milliseconds(invocation.duration_ms.unwrap_or_default().clamp(0.0, 1e9) as i64);
            invocation.version = version_of_stream(&event.stream).map(str::to_string);
            invocation.start = Moment::from_timestamp_millis(event.timestamp).map(|end| end - taken);
            self.invocations.push(invocation);
        }
        self.invocations.sort_by_key(|invocation| std::cmp::Reverse(invocation.start));
        self.invocations.truncate(KEPT);
        found
    }
}
