//! Going back through logs: FilterLogEvents answers oldest first, and the newest of what is old is wanted.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::desk::{Closed, Desk};
use super::known::{Known, Subject};
use super::pace::Retry;
use super::reading::{Reading, Step};
use super::seen::Feed;
use super::tail::SERVICE;
use crate::app::interests::TailGroup;
use crate::app::message::News;
use crate::aws::logs::{Wanted, is_stream_of, page};
use crate::model::log::{Gap, LogEvent, Missed};
use crate::model::trouble::{Kind, Trouble};
use crate::time::Moment;

/// Pages of one stretch, over all groups.
const STRETCH_PAGES: usize = 200;
/// Failures of one group in one stretch, before it is left out.
const FAILURES: usize = 8;
/// What scrolling back aims to bring.
const ENOUGH: usize = 300;
/// How far back one scroll looks, in ms.
const REACH: i64 = 24 * 3_600_000;
/// Pages of one group in one window, before the window is made smaller.
const PAGES: usize = 20;
/// The first window, in ms, and by how much they grow and shrink.
const FIRST: i64 = 60_000;
const GROWTH: i64 = 8;
/// No window is made smaller than this, in ms.
const SMALLEST: i64 = 1000;

/// Older pages of the tail, asked for by scrolling to the top.
pub(super) async fn poll_older(desk: Desk) -> Result<(), Closed> {
    desk.keep_fresh(
        |interests| interests.tail.as_ref().and_then(|tail| Some((Subject::of(tail), tail.older_than?))),
        |_| None,
        async |desk, (subject, older_than)| {
            let (tail, known) = (subject.generation, desk.known(subject.clone()));
            let read = back(&desk, &subject.groups, &subject.pattern, older_than, older_than - REACH, ENOUGH).await?;
            match read {
                Ok(past) => {
                    let read_from = Moment::from_timestamp_millis(past.from).unwrap_or_default();
                    let permit = desk.permit().await?;
                    let events = known.admit_all(Feed::Older, past.events, desk.service_millis());
                    permit.tell(News::OlderLogEvents { tail, events, read_from });
                    Ok(Ok(()))
                }
                Err((group, trouble)) => {
                    desk.tell(News::TailTrouble { tail, group, trouble: Some(trouble.clone()) }).await?;
                    Ok(Err(trouble))
                }
            }
        },
    )
    .await
}

/// A stretch that was asked for: a gap to fill, or a moment that the user went to.
pub(super) async fn poll_fetch(mut desk: Desk) -> Result<(), Closed> {
    let mut done = None;
    loop {
        let want = {
            let interests = desk.interests.borrow_and_update();
            interests.tail.as_ref().and_then(|tail| Some((Subject::of(tail), tail.fetch.clone()?)))
        };
        // The same may be asked for again, when it has not been wanted for a while.
        let Some((subject, asked)) = want.filter(|want| done.as_ref() != Some(want)) else {
            let still = desk.interests.borrow().tail.as_ref().is_some_and(|tail| tail.fetch.is_some());
            done = done.filter(|_| still);
            desk.changed().await?;
            continue;
        };
        let (known, reader) = (desk.known(subject.clone()), desk.clone());
        let fetch = fetch(&reader, &known, &asked);
        tokio::pin!(fetch);
        loop {
            tokio::select! {
                biased;
                ended = &mut fetch => {
                    ended?;
                    done = Some((subject, asked.clone()));
                    break;
                }
                changed = desk.changed() => {
                    changed?;
                    let interests = desk.interests.borrow();
                    let tail = interests.tail.as_ref();
                    if tail.is_none_or(|tail| Subject::of(tail) != subject || tail.fetch.as_ref() != Some(&asked)) {
                        break;
                    }
                }
            }
        }
    }
}

async fn fetch(desk: &Desk, known: &Known, asked: &Gap) -> Result<(), Closed> {
    let left = AtomicUsize::new(STRETCH_PAGES);
    let groups = known.subject.groups.iter().enumerate();
    let groups = groups.filter(|(_, group)| asked.group.as_ref().is_none_or(|name| *name == group.name));
    let mut asking: FuturesUnordered<_> = groups.map(|(index, _)| stretch(desk, known, index, asked, &left)).collect();
    let (mut events, mut rests) = (Vec::new(), Vec::new());
    while let Some(read) = asking.next().await {
        let read = read?;
        events.extend(read.0);
        rests.extend(read.1);
    }
    drop(asking);
    let rest = rests.into_iter().reduce(|a: Gap, b| Gap {
        group: a.group.filter(|name| b.group.as_ref() == Some(name)),
        from: a.from.min(b.from),
        to: a.to.max(b.to),
        why: a.why,
    });
    let permit = desk.permit().await?;
    let events = known.admit_all(Feed::Filtered, events, desk.service_millis());
    permit.tell(News::LogsFetched { tail: known.subject.generation, asked: asked.clone(), events, rest });
    Ok(())
}

/// One group of a stretch, and what is missing of it still.
async fn stretch(
    desk: &Desk,
    known: &Known,
    index: usize,
    asked: &Gap,
    left: &AtomicUsize,
) -> Result<(Vec<LogEvent>, Option<Gap>), Closed> {
    let group = &known.subject.groups[index];
    let wanted = Wanted {
        group: group.name.clone(),
        pattern: known.subject.pattern.clone(),
        from: asked.from.max(0),
        to: Some(asked.to.max(asked.from).max(0)),
        limit: None,
    };
    let mut reading = Reading::new(wanted, desk.service_millis());
    let (mut found, mut failures, mut retry) = (Vec::new(), 0, Retry::default());
    let why = loop {
        if left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err() {
            break Missed::TooMuch;
        }
        desk.pass(SERVICE, 1).await;
        let (wanted, token) = reading.ask(desk.service_millis());
        let resumed = token.is_some();
        let answer = page(&desk.account, &wanted, token).await;
        desk.note(SERVICE, &answer).await?;
        let trouble = match answer {
            Ok((events, next)) => {
                let step = reading.advance(&events, next, desk.service_millis());
                found.extend(events);
                match step {
                    Step::More => continue,
                    Step::Circle => break Missed::Circle,
                    // What was forgotten is not shown, for it might have been.
                    Step::Done if known.lock().groups[index].seen.forgot_some_of(asked.from, asked.to) => {
                        reading.reached = asked.from;
                        break Missed::TooMuch;
                    }
                    Step::Done => return Ok((found, None)),
                }
            }
            Err(trouble) => trouble,
        };
        failures += 1;
        match trouble.kind {
            Kind::Missing => return Ok((found, None)),
            Kind::Invalid if resumed && !reading.restarted => {
                reading.restart();
                found.clear();
            }
            Kind::Denied | Kind::Invalid | Kind::Garbled => break asked.why,
            _ if failures > FAILURES => break asked.why,
            // Waited for before the next call.
            Kind::Throttled => {}
            _ => tokio::time::sleep(desk.retry(&mut retry, &trouble, desk.pace.tail)).await,
        }
    };
    let rest = Gap { group: Some(group.name.clone()), from: reading.reached.max(asked.from), to: asked.to, why };
    Ok((found, Some(rest)))
}

/// A part of the past.
pub(super) struct Past {
    /// Oldest first.
    pub(super) events: Vec<LogEvent>,
    /// Everything from here on is in it, ms since 1970.
    pub(super) from: i64,
}

/// What could not be read, and of which group.
pub(super) type Refusal = (String, Trouble);

/// Goes back from `before` (itself not included) until there is enough, or as far as `until`; ms since 1970. The windows
/// grow while there is little in them, and shrink while there is too much.
pub(super) async fn back(
    desk: &Desk,
    groups: &[TailGroup],
    pattern: &str,
    before: i64,
    until: i64,
    enough: usize,
) -> Result<Result<Past, Refusal>, Closed> {
    let until = until.max(0);
    let (mut end, mut width, mut found) = (before - 1, FIRST, Vec::new());
    while end >= until && found.len() < enough {
        let from = (end - width + 1).max(until);
        let (mut whole, mut events) = (true, Vec::new());
        let mut asked: FuturesUnordered<_> =
            groups.iter().map(|group| window(desk, group, pattern, from, end)).collect();
        while let Some(answer) = asked.next().await {
            match answer? {
                Ok((some, complete)) => {
                    events.extend(some);
                    whole &= complete;
                }
                Err(refusal) => return Ok(Err(refusal)),
            }
        }
        drop(asked);
        // Pages come oldest first: with some missing there would be a gap before what is known already.
        if !whole && width > SMALLEST {
            width = (width / GROWTH).max(SMALLEST);
            continue;
        }
        found.extend(events);
        end = from - 1;
        width *= GROWTH;
    }
    found.sort_by_key(|event: &LogEvent| (event.timestamp, event.ingestion));
    Ok(Ok(Past { events: found, from: end + 1 }))
}

/// One window of one group, and whether that is all of it.
async fn window(
    desk: &Desk,
    group: &TailGroup,
    pattern: &str,
    from: i64,
    to: i64,
) -> Result<Result<(Vec<LogEvent>, bool), Refusal>, Closed> {
    let wanted = Wanted { group: group.name.clone(), pattern: pattern.to_string(), from, to: Some(to), limit: None };
    let (mut tokens, mut token, mut found) = (HashSet::new(), None, Vec::new());
    loop {
        desk.pass(SERVICE, 1).await;
        let answer = page(&desk.account, &wanted, token).await;
        desk.note(SERVICE, &answer).await?;
        match answer {
            Ok((mut events, next)) => {
                if let Some(function) = &group.function {
                    events.retain(|event| is_stream_of(&event.stream, function));
                }
                found.extend(events);
                token = next.filter(|next| tokens.insert(next.clone()));
            }
            // The group of a function that has never run.
            Err(trouble) if trouble.kind == Kind::Missing => return Ok(Ok((Vec::new(), true))),
            Err(trouble) => return Ok(Err((group.name.clone(), trouble))),
        }
        if token.is_none() {
            return Ok(Ok((found, true)));
        }
        if tokens.len() >= PAGES {
            return Ok(Ok((found, false)));
        }
    }
}
