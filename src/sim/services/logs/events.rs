//! FilterLogEvents and GetLogEvents: the events of a group, page by page.

use super::event::{Event, Key};
use super::filter_pattern::{self, Pattern};
use super::groups::{self, Group, invalid_token};
use super::input::{Input, Refusal};
use super::scan::{Range, Scan};
use super::source::Source;
use super::token;
use crate::sim::services::Call;
use crate::sim::wire::Response;
use crate::sim::world::dice::{hash, hash_text};
use crate::sim::world::{Millis, World};
use serde_json::{Value, json};

/// What the service gives at most, and the bounds of `limit`.
const MAX_EVENTS: i64 = 10_000;
/// What the embedded account gives at most: few, so that every client has to page.
const PAGE_EVENTS: usize = 500;
/// A page of the service is at most a megabyte.
const PAGE_BYTES: usize = 1 << 20;
/// Events looked at for one page; a pattern that matches little gets short and empty pages, as in life.
const PAGE_SCANNED: usize = 4_000;
/// One page in so many is empty for no reason and has a token all the same.
const EMPTY_IN: u64 = 8;
/// Names of streams in one request.
const MAX_STREAMS: usize = 100;

impl Group {
    /// Its writers, for a walk over this group alone.
    pub fn walk(&self) -> Vec<(usize, Source)> {
        self.sources.iter().map(|source| (0, *source)).collect()
    }
}

/// All that was written into a group with timestamps in `t0..t1` and is visible at `now`: what a client must have read to
/// have missed nothing. Empty for an unknown group.
pub fn written(world: &World, group: &str, t0: Millis, t1: Millis, now: Millis) -> Vec<Event> {
    let Some(group) = groups::find(world, group) else { return Vec::new() };
    let sources = group.walk();
    let range = Range { sources: &sources, from: t0, to: t1 - 1, descending: false, after: None, streams: &|_| true };
    Scan::new(world, now, range).collect()
}

/// The eventIds of [`written`].
pub fn truth(world: &World, group: &str, t0: Millis, t1: Millis, now: Millis) -> Vec<String> {
    written(world, group, t0, t1, now).into_iter().map(|event| event.key.id()).collect()
}

/// Place of a page's end, as the tokens hold it.
struct Place {
    /// The last event that was looked at; none before the first.
    after: Option<Key>,
    /// The page was one of the empty ones; the next is not.
    rested: bool,
    /// Newest first. On later pages the token decides, whatever startFromHead says.
    descending: bool,
}

impl Place {
    fn write(&self) -> String {
        let flags = format!("{},{}", u8::from(self.rested), u8::from(self.descending));
        match self.after {
            Some(key) => format!("{flags},{},{},{},{}", key.timestamp, key.ingestion, key.atom, key.index),
            None => flags,
        }
    }

    fn read(text: &str) -> Option<Place> {
        let mut parts = text.split(',');
        let (rested, descending) = (parts.next()? == "1", parts.next()? == "1");
        let Some(timestamp) = parts.next() else { return Some(Place { after: None, rested, descending }) };
        let after = Key {
            timestamp: timestamp.parse().ok()?,
            ingestion: parts.next()?.parse().ok()?,
            atom: parts.next()?.parse().ok()?,
            index: parts.next()?.parse().ok()?,
        };
        Some(Place { after: Some(after), rested, descending })
    }
}

/// Newest first is for ranges that begin in 2024 or later.
const NEWEST_FIRST_SINCE: Millis = 1_704_067_200_000;
/// Bounds of a `startTime` or `endTime`.
const ANY_TIME: std::ops::RangeInclusive<i64> = 0..=i64::MAX;

/// FilterLogEvents.
pub fn filter(call: &Call<'_>, input: &Input) -> Result<Response, Refusal> {
    let world = call.world;
    let limit = input.number("limit", 1..=MAX_EVENTS)?.unwrap_or(MAX_EVENTS) as usize;
    let from = input.number("startTime", ANY_TIME)?.unwrap_or(0);
    let to = input.number("endTime", ANY_TIME)?.unwrap_or(Millis::MAX);
    let names = input.texts("logStreamNames", MAX_STREAMS)?;
    let prefix = input.text("logStreamNamePrefix")?;
    let source = input.text("filterPattern")?.unwrap_or_default();
    let descending = input.flag("startFromHead")? == Some(false);
    let token = input.text("nextToken")?;
    let group = groups::named(world, input)?;
    groups::must_be_standard(&group, "FilterLogEvents")?;
    if from > to {
        return Err(Refusal::invalid("startTime must not be later than endTime."));
    }
    if descending && token.is_none() && from < NEWEST_FIRST_SINCE {
        return Err(Refusal::invalid("startFromHead=false needs a startTime on or after Jan 1, 2024 00:00:00 UTC."));
    }
    if prefix.is_some() && !names.is_empty() {
        return Err(Refusal::invalid("logStreamNames and logStreamNamePrefix can not be specified together."));
    }
    let pattern = filter_pattern::parse(source).map_err(Refusal::invalid)?;
    let request = format!("filter {} {from} {to} {names:?} {prefix:?} {source:?}", group.name);
    let place = match token {
        None => Place { after: None, rested: false, descending },
        Some(token) => token::open(world.seed, &request, call.now, token)
            .and_then(|place| Place::read(&place))
            .ok_or_else(invalid_token)?,
    };
    let descending = place.descending;
    let seal =
        |after, rested| token::seal(world.seed, &request, call.now, &Place { after, rested, descending }.write());

    let draw = hash(&[world.seed, hash_text(&request), place.after.map_or(0, |key| key.atom ^ u64::from(key.index))]);
    if draw.is_multiple_of(EMPTY_IN) && !place.rested {
        let next = seal(place.after, true);
        return Ok(call.ok(&json!({ "events": [], "nextToken": next, "searchedLogStreams": [] })));
    }
    let sources = group.walk();
    let streams = |stream: &str| {
        prefix.is_none_or(|prefix| stream.starts_with(prefix)) && (names.is_empty() || names.contains(&stream))
    };
    let range = Range { sources: &sources, from, to, descending, after: place.after, streams: &streams };
    let page = Page::read(Scan::new(world, call.now, range), limit.min(PAGE_EVENTS), &pattern);
    let events: Vec<Value> = page.events.iter().map(Event::filtered).collect();
    let mut body = json!({ "events": events, "searchedLogStreams": [] });
    if page.more {
        body["nextToken"] = seal(page.last, false).into();
    }
    Ok(call.ok(&body))
}

/// What fits on a page.
struct Page {
    events: Vec<Event>,
    /// The last event looked at.
    last: Option<Key>,
    /// There are more behind it.
    more: bool,
}

impl Page {
    fn read(scan: impl Iterator<Item = Event>, limit: usize, pattern: &Pattern) -> Page {
        let mut page = Page { events: Vec::new(), last: None, more: false };
        let mut bytes = 0;
        for (seen, event) in scan.enumerate() {
            let size = event.size();
            let full = page.events.len() == limit || seen == PAGE_SCANNED;
            if full || (!page.events.is_empty() && bytes + size > PAGE_BYTES) {
                page.more = true;
                break;
            }
            page.last = Some(event.key);
            if pattern.matches(&event.message) {
                bytes += size;
                page.events.push(event);
            }
        }
        page
    }
}

/// GetLogEvents: one stream, forward or backward; at either end the token that was sent comes back.
pub fn get(call: &Call<'_>, input: &Input) -> Result<Response, Refusal> {
    let world = call.world;
    let limit = input.number("limit", 1..=MAX_EVENTS)?.unwrap_or(MAX_EVENTS) as usize;
    let from = input.number("startTime", ANY_TIME)?.unwrap_or(0);
    // Unlike FilterLogEvents: events at endTime are not included.
    let to = input.number("endTime", ANY_TIME)?.map_or(Millis::MAX, |end| end - 1);
    let stream = input.required("logStreamName")?;
    let from_head = input.flag("startFromHead")?.unwrap_or(false);
    let group = groups::named(world, input)?;
    groups::must_be_standard(&group, "GetLogEvents")?;
    let request = format!("get {} {stream} {from} {to}", group.name);
    let given = input.text("nextToken")?;
    let place = match given {
        None => Place { after: None, rested: false, descending: !from_head },
        Some(token) => read_direction(world, &request, call.now, token).ok_or_else(invalid_token)?,
    };
    let sources = group.walk();
    let streams = |name: &str| name == stream;
    let range =
        Range { sources: &sources, from, to, descending: place.descending, after: place.after, streams: &streams };
    let everything = filter_pattern::parse("").expect("the empty pattern is one");
    let mut page = Page::read(Scan::new(world, call.now, range), limit.min(PAGE_EVENTS), &everything);
    let forward = !place.descending;
    if !forward {
        page.events.reverse();
    }
    let known = || groups::streams(world, &group, call.now).iter().any(|known| known.name == stream);
    if given.is_none() && page.events.is_empty() && !known() {
        return Err(Refusal::not_found("The specified log stream does not exist."));
    }
    let token = |mark: &str, key: Option<Key>| {
        let place = Place { after: key, rested: false, descending: mark == "b" };
        let sealed = token::seal(world.seed, &request, call.now, &place.write());
        format!("{mark}/{sealed}/s")
    };
    // A page without events is an end: the token that led there comes back, and the other way begins where one stands.
    let (next, previous) = match (page.events.first(), page.events.last()) {
        (Some(first), Some(last)) => (token("f", Some(last.key)), token("b", Some(first.key))),
        _ => {
            let turned = place.after.map(|key| if forward { key.behind() } else { key.before() });
            let same = given.map(str::to_owned);
            if forward {
                (same.unwrap_or_else(|| token("f", None)), token("b", turned))
            } else {
                (token("f", turned), same.unwrap_or_else(|| token("b", None)))
            }
        }
    };
    let events: Vec<Value> = page.events.iter().map(Event::plain).collect();
    Ok(call.ok(&json!({
        "events": events,
        "nextForwardToken": next,
        "nextBackwardToken": previous,
    })))
}

fn read_direction(world: &World, request: &str, now: Millis, token: &str) -> Option<Place> {
    let sealed = token.strip_prefix("f/").or_else(|| token.strip_prefix("b/"))?.strip_suffix("/s")?;
    let place = Place::read(&token::open(world.seed, request, now, sealed)?)?;
    (place.descending == token.starts_with('b')).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(count: u64, size: usize) -> impl Iterator<Item = Event> {
        (0..count).map(move |atom| {
            let key = Key { timestamp: 1, ingestion: 2, atom, index: 0 };
            let message = if atom % 100 == 99 { "x".repeat(size) } else { "y".repeat(size) };
            Event { key, group: 0, stream: String::new(), message }
        })
    }

    #[test]
    fn a_page_ends_at_its_limit_at_a_megabyte_and_at_what_was_looked_at() {
        let everything = filter_pattern::parse("").expect("a pattern");
        let page = Page::read(events(10, 1), 10, &everything);
        assert_eq!((page.events.len(), page.more), (10, false));
        let page = Page::read(events(11, 1), 10, &everything);
        assert_eq!((page.events.len(), page.more, page.last.map(|key| key.atom)), (10, true, Some(9)));
        let page = Page::read(events(10, 300 << 10), 10, &everything);
        assert_eq!((page.events.len(), page.more), (3, true));
        // One event that is larger than a page is a page.
        let page = Page::read(events(2, 2 << 20), 10, &everything);
        assert_eq!((page.events.len(), page.more), (1, true));
        let rare = filter_pattern::parse("x").expect("a pattern");
        let page = Page::read(events(10_000, 1), 500, &rare);
        assert_eq!((page.events.len(), page.more, page.last.map(|key| key.atom)), (40, true, Some(3_999)));
        let never = filter_pattern::parse("z").expect("a pattern");
        let page = Page::read(events(10_000, 1), 500, &never);
        assert_eq!((page.events.len(), page.more), (0, true), "an empty page with more behind it");
    }
}
