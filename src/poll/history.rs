//! Going back through logs: FilterLogEvents answers oldest first, and the newest of what is old is wanted.

use std::collections::HashSet;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::desk::{Closed, Desk};
use super::tail::{SERVICE, Subject};
use crate::app::interests::TailGroup;
use crate::app::message::News;
use crate::aws::logs::{Wanted, is_stream_of, page};
use crate::model::log::LogEvent;
use crate::model::trouble::{Kind, Trouble};
use crate::time::Moment;

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
            let tail = subject.generation;
            let read = back(&desk, &subject.groups, &subject.pattern, older_than, older_than - REACH, ENOUGH).await?;
            match read {
                Ok(past) => {
                    let read_from = Moment::from_timestamp_millis(past.from).unwrap_or_default();
                    desk.tell(News::OlderLogEvents { tail, events: past.events, read_from }).await?;
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
    found.sort_by_key(|event: &LogEvent| event.timestamp);
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
