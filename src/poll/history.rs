//! Going back through logs: FilterLogEvents answers oldest first, and the newest of what is old is wanted.

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

/// Older pages of the tail, asked for by scrolling to the top. A group that can't be read does not hold up the others,
/// and tells its trouble by itself; what may heal is waited for.
pub(super) async fn poll_older(desk: Desk) -> Result<(), Closed> {
    desk.keep_fresh(
        |interests| interests.tail.as_ref().and_then(|tail| Some((Subject::of(tail), tail.older_than?))),
        |_| None,
        async |desk, (subject, older_than)| {
            let (tail, known) = (subject.generation, desk.known(subject.clone()));
            let read = back(&desk, &subject.groups, &subject.pattern, older_than, older_than - REACH, ENOUGH).await?;
            let past = match read {
                Ok(past) => past,
                Err((_, trouble)) => return Ok(Err(trouble)),
            };
            let read_from = Moment::from_timestamp_millis(past.from).unwrap_or_default();
            let permit = desk.permit().await?;
            {
                let _telling = known.telling();
                let events = known.admit_all(Feed::Asked, past.events, desk.service_millis());
                permit.tell(News::OlderLogEvents { tail, events, read_from });
            }
            for gap in past.gaps {
                desk.tell(News::LogGap { tail, gap }).await?;
            }
            Ok(Ok(()))
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
    let _telling = known.telling();
    let events = known.admit_all(Feed::Asked, events, desk.service_millis());
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
    /// Everything from here on is in it but for the gaps, ms since 1970.
    pub(super) from: i64,
    /// What could not be read of it.
    pub(super) gaps: Vec<Gap>,
}

/// What could not be read, and of which group.
pub(super) type Refusal = (String, Trouble);

/// Goes back from `before` (itself not included) until there is enough, or as far as `until`; ms since 1970. The windows
/// grow while there is little in them, and shrink while there is too much. Of several groups those that can't be read are
/// left out.
pub(super) async fn back(
    desk: &Desk,
    groups: &[TailGroup],
    pattern: &str,
    before: i64,
    until: i64,
    enough: usize,
) -> Result<Result<Past, Refusal>, Closed> {
    let until = until.max(0);
    let (mut end, mut width) = (before - 1, FIRST);
    let mut groups: Vec<&TailGroup> = groups.iter().collect();
    let mut past = Past { events: Vec::new(), from: before, gaps: Vec::new() };
    while end >= until && past.events.len() < enough {
        let from = (end - width + 1).max(until);
        let (mut events, mut gaps, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        let mut asked: FuturesUnordered<_> =
            groups.iter().map(|group| window(desk, group, pattern, from, end)).collect();
        while let Some(answer) = asked.next().await {
            match answer? {
                Ok((some, gap)) => {
                    events.extend(some);
                    gaps.extend(gap);
                }
                Err((name, trouble)) if groups.len() > 1 && trouble.lasts() => refused.push(name),
                Err(refusal) => return Ok(Err(refusal)),
            }
        }
        drop(asked);
        groups.retain(|group| !refused.contains(&group.name));
        if groups.is_empty() {
            break;
        }
        // Pages come oldest first: with some missing there would be a gap before what is known already.
        let too_much = gaps.iter().any(|gap: &Gap| gap.why == Missed::TooMuch) && !events.is_empty();
        if too_much && width > SMALLEST {
            width = (width / GROWTH).max(SMALLEST);
            continue;
        }
        past.events.extend(events);
        past.gaps.extend(gaps);
        end = from - 1;
        width *= GROWTH;
    }
    past.events.sort_by_key(|event| (event.timestamp, event.ingestion));
    past.from = end + 1;
    Ok(Ok(past))
}

/// One window of one group, and what is missing of it.
async fn window(
    desk: &Desk,
    group: &TailGroup,
    pattern: &str,
    from: i64,
    to: i64,
) -> Result<Result<(Vec<LogEvent>, Option<Gap>), Refusal>, Closed> {
    let wanted = Wanted { group: group.name.clone(), pattern: pattern.to_string(), from, to: Some(to), limit: None };
    let mut reading = Reading::new(wanted, desk.service_millis());
    let mut found = Vec::new();
    let missed = loop {
        desk.pass(SERVICE, 1).await;
        let (wanted, token) = reading.ask(desk.service_millis());
        let answer = page(&desk.account, &wanted, token).await;
        desk.note(SERVICE, &answer).await?;
        match answer {
            Ok((mut events, next)) => {
                let step = reading.advance(&events, next, desk.service_millis());
                if let Some(function) = &group.function {
                    events.retain(|event| is_stream_of(&event.stream, function));
                }
                found.extend(events);
                match step {
                    // A pattern that matches nothing makes many empty pages: a smaller window would have as many.
                    Step::More if reading.pages >= if found.is_empty() { STRETCH_PAGES } else { PAGES } => {
                        break Missed::TooMuch;
                    }
                    Step::More => {}
                    Step::Circle => break Missed::Circle,
                    Step::Done => return Ok(Ok((found, None))),
                }
            }
            // The group of a function that has never run.
            Err(trouble) if trouble.kind == Kind::Missing => return Ok(Ok((Vec::new(), None))),
            Err(trouble) => return Ok(Err((group.name.clone(), trouble))),
        }
    };
    let gap = Gap { group: Some(group.name.clone()), from: reading.reached, to, why: missed };
    Ok(Ok((found, Some(gap))))
}
