//! Traces: the list in increments, so that no trace is scanned (and billed) over and over, and the open one.

use std::collections::HashSet;
use std::time::Duration;

use chrono::TimeDelta;

use super::desk::{Closed, Desk};
use crate::app::interests::{Interests, Tempo, TraceQuery};
use crate::app::message::News;
use crate::aws::traces::{Belongs, IDS_PER_CALL, page, trace, whole_traces, windows};
use crate::model::trace::started;
use crate::model::trouble::{Kind, Trouble};
use crate::time::{Moment, TimeWindow, instant};

/// Traces show up late: this much is scanned a second time.
const OVERLAP: TimeDelta = TimeDelta::seconds(30);
/// A trace of which parts are still to come is asked for again.
const PROGRESS: Duration = Duration::from_secs(5);
/// How far around a moment traces are looked for, to compare before and after it; and how many pages of each side.
const AROUND: TimeDelta = TimeDelta::minutes(3);
const AROUND_PAGES: usize = 6;
/// How long a trace may grow: Lambda's longest time-out, and some minutes.
const LONGEST: TimeDelta = TimeDelta::minutes(20);
/// A trace that is not there is asked for again while it is younger than this.
const YOUNG: TimeDelta = TimeDelta::minutes(2);

/// What has been read of one list.
#[derive(Clone)]
struct Read {
    query: TraceQuery,
    end: Option<Moment>,
    from: Moment,
    to: Moment,
    capped: bool,
}

/// The trace list.
pub(super) async fn poll_list(desk: Desk) -> Result<(), Closed> {
    let every = desk.pace.traces;
    let read: std::sync::Arc<tokio::sync::Mutex<Option<Read>>> = std::sync::Arc::default();
    desk.keep_fresh(
        |interests: &Interests| interests.traces.clone().map(|query| (query, interests.window)),
        // A window that ends in the past is read once.
        move |(_, window)| window.end.is_none().then_some(every),
        move |desk, (query, window)| {
            let read = read.clone();
            async move {
                let mut read = read.lock().await;
                let answer = increment(&desk, &mut read, &query, window).await?;
                desk.note("xray", &answer).await?;
                if let Err(trouble) = &answer {
                    desk.tell(News::TracesFailed(trouble.clone())).await?;
                }
                Ok(answer)
            }
        },
    )
    .await
}

/// Reads what has not been read yet: what came since, and what a longer window adds.
async fn increment(
    desk: &Desk,
    read: &mut Option<Read>,
    query: &TraceQuery,
    window: TimeWindow,
) -> Result<Result<(), Trouble>, Closed> {
    let (start, end) = window.bounds(desk.clock.now());
    let same = |read: &Read| read.query == *query && read.end == window.end && read.to >= start && read.from <= end;
    let known = read.clone().filter(same);
    let cap = desk.pace.traces_cap;
    let (mut spans, mut capped) = (vec![(start, end, Belongs::Begun)], false);
    if let Some(known) = &known {
        capped = known.capped;
        // What is new, and what has ended since it was listed in progress.
        spans = vec![(start.max(known.to - OVERLAP), end, Belongs::Updated)];
        if start < known.from && !known.capped {
            spans.push((start, known.from, Belongs::Begun));
        }
    }
    let mut found = 0;
    for (start, end, belongs) in spans {
        for (start, end) in windows(start, end) {
            let mut seen = HashSet::new();
            let mut token = None;
            loop {
                desk.pass("xray", 1).await;
                let page = match page(&desk.account, &query.filter, belongs, (start, end), token).await {
                    Ok(page) => page,
                    Err(trouble) => return Ok(Err(trouble)),
                };
                found += page.summaries.len();
                // Empty pages with a token happen; a token that comes twice leads in circles.
                token = page.next.filter(|token| seen.insert(token.clone()));
                capped |= token.is_some() && found >= cap;
                let filter = query.filter.clone();
                let (summaries, scanned) = (page.summaries, page.scanned);
                desk.tell(News::Traces { filter, summaries, read_to: end, capped, scanned }).await?;
                if token.is_none() || found >= cap || seen.len() > cap {
                    break;
                }
            }
        }
        if capped && known.is_none() {
            break;
        }
    }
    let from = known.map_or(start, |known| known.from.min(start));
    *read = Some(Read { query: query.clone(), end: window.end, from, to: end, capped });
    Ok(Ok(()))
}

/// The trace that is open.
pub(super) async fn poll_open(desk: Desk) -> Result<(), Closed> {
    let mut desk = desk;
    let mut last: Option<(String, u64, Option<tokio::time::Instant>)> = None;
    let mut retry = super::pace::Retry::default();
    loop {
        let (want, refresh) = {
            let interests = desk.interests.borrow_and_update();
            let paused = interests.tempo == Tempo::Paused;
            // Paused is not at all; what is open already stays as it is.
            let known = last.as_ref().is_some_and(|(id, ..)| interests.trace.as_ref() == Some(id));
            (interests.trace.clone().filter(|_| !(paused && known)), interests.refresh)
        };
        let due = match (&want, &last) {
            (None, _) => None,
            (Some(id), Some((asked, at, due))) if id == asked && *at == refresh => *due,
            _ => Some(instant()),
        };
        tokio::select! {
            biased;
            changed = desk.changed() => {
                changed?;
                continue;
            }
            () = super::desk::sleep_until(due) => {}
        }
        let Some(id) = want else { continue };
        desk.pass("xray", 1).await;
        let answer = trace(&desk.account, &id).await;
        desk.note("xray", &answer).await?;
        let wait = match &answer {
            Ok(trace) => {
                retry.answered();
                let growing = trace.documents.iter().any(|(_, document)| {
                    ["\"in_progress\":true", "\"aws.xray.inprogress\":true"].iter().any(|open| document.contains(open))
                });
                // What has not ended after the longest time-out of a function never will.
                let began = started(&id).is_none_or(|began| desk.clock.now() - began < LONGEST);
                (growing && began).then_some(PROGRESS)
            }
            // What is younger than that may still be on its way.
            Err(trouble) if trouble.kind == Kind::Missing && is_young(&id, desk.clock.now()) => Some(PROGRESS),
            Err(trouble) => Some(desk.retry(&mut retry, trouble, Duration::from_secs(10))),
        };
        last = Some((id.clone(), refresh, wait.map(|wait| instant() + wait)));
        desk.tell(News::Trace(id, answer)).await?;
    }
}

/// Traces of just before and just after a moment: some pages of each, once.
pub(super) async fn poll_around(desk: Desk) -> Result<(), Closed> {
    desk.keep_fresh(
        |interests: &Interests| interests.traces_around.clone(),
        |_| None,
        |desk, (filter, at)| async move {
            let mut found = Vec::new();
            let mut answer = Ok(());
            'sides: for window in [(at - AROUND, at), (at, at + AROUND)] {
                let mut token = None;
                for _ in 0..AROUND_PAGES {
                    desk.pass("xray", 1).await;
                    match page(&desk.account, &filter, Belongs::Begun, window, token).await {
                        Ok(page) => {
                            found.extend(page.summaries);
                            token = page.next;
                        }
                        Err(trouble) => {
                            answer = Err(trouble);
                            break 'sides;
                        }
                    }
                    if token.is_none() {
                        break;
                    }
                }
            }
            desk.note("xray", &answer).await?;
            let told = answer.clone().map(|()| found);
            desk.tell(News::TracesAround(at, told)).await?;
            Ok(answer)
        },
    )
    .await
}

/// A trace of that id began within the last minutes.
fn is_young(id: &str, now: Moment) -> bool {
    started(id).is_some_and(|began| (-OVERLAP..YOUNG).contains(&(now - began)))
}

/// Whole traces for statistics, five a call; each is read once, and never more than are wanted.
pub(super) async fn poll_whole(desk: Desk) -> Result<(), Closed> {
    let mut desk = desk;
    let mut done: HashSet<String> = HashSet::new();
    let mut retry = super::pace::Retry::default();
    let mut pause = None;
    loop {
        let next: Vec<String> = {
            let interests = desk.interests.borrow_and_update();
            // What is wanted no more may be forgotten by who wanted it, and be wanted again.
            done.retain(|id| interests.whole_traces.contains(id));
            let paused = interests.tempo == Tempo::Paused;
            let missing = interests.whole_traces.iter().filter(|id| !paused && !done.contains(*id));
            missing.take(IDS_PER_CALL).cloned().collect()
        };
        if next.is_empty() {
            desk.changed().await?;
            continue;
        }
        super::desk::sleep_until(Some(std::mem::take(&mut pause).unwrap_or_else(instant))).await;
        desk.pass("xray", 1).await;
        let answer = whole_traces(&desk.account, &next).await;
        desk.note("xray", &answer).await?;
        match answer {
            Ok(traces) => {
                retry.answered();
                let mut missing: HashSet<String> = next.iter().cloned().collect();
                for trace in traces {
                    missing.remove(&trace.id);
                    desk.tell(News::Trace(trace.id.clone(), Ok(trace))).await?;
                }
                for id in missing {
                    let trouble =
                        Trouble::new(Kind::Missing, "xray:BatchGetTraces", format!("X-Ray has no trace {id}"));
                    desk.tell(News::Trace(id, Err(trouble))).await?;
                }
                done.extend(next);
            }
            Err(trouble) => {
                pause = Some(instant() + desk.retry(&mut retry, &trouble, Duration::from_secs(10)));
                if trouble.lasts() {
                    for id in next {
                        desk.tell(News::Trace(id.clone(), Err(trouble.clone()))).await?;
                        done.insert(id);
                    }
                }
            }
        }
    }
}
