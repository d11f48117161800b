//! Walking the events of groups in the order of time, in either direction, no further than is asked.

use super::event::{Event, Key};
use super::source::{Begun, LEAD_MS, Source};
use crate::sim::world::{Millis, World};
use std::collections::BTreeMap;

/// First slice of time looked at; slices grow where little happens and shrink where much does.
const FIRST_STEP: Millis = 50;
const SHORTEST_STEP: Millis = 10;
const LONGEST_STEP: Millis = 15 * 60_000;
const FEW: usize = 50;
const MANY: usize = 250;

/// What to walk.
pub struct Range<'a> {
    /// Where the events come from, each with the number of its group.
    pub sources: &'a [(usize, Source)],
    /// First timestamp, included.
    pub from: Millis,
    /// Last timestamp, included.
    pub to: Millis,
    /// Newest first.
    pub descending: bool,
    /// Only events beyond this one, in the direction of the walk.
    pub after: Option<Key>,
    /// Only events of streams that this lets pass.
    pub streams: &'a dyn Fn(&str) -> bool,
}

/// An iterator of events in the order of their keys.
///
/// The lines of an invocation lie before and after its start, by at most the source's lead and trail. Whatever began
/// beyond the frontier is not known yet, so an event comes out as soon as nothing unknown can lie before it.
pub struct Scan<'a> {
    world: &'a World,
    range: Range<'a>,
    now: Millis,
    trail: Millis,
    /// Cold invocations have been looked at up to here, or down to here.
    frontier: Millis,
    /// Warm ones, which are not looked at before their lines are needed.
    warm: Millis,
    step: Millis,
    pending: BTreeMap<Key, Event>,
    ready: std::vec::IntoIter<Event>,
    ended: bool,
}

impl<'a> Scan<'a> {
    /// Begins a walk at `now`: of what the service has ingested by then.
    pub fn new(world: &'a World, now: Millis, mut range: Range<'a>) -> Self {
        range.from = range.from.max(super::beginning(world));
        range.to = range.to.min(now);
        match range.after {
            Some(key) if range.descending => range.to = range.to.min(key.timestamp),
            Some(key) => range.from = range.from.max(key.timestamp),
            None => {}
        }
        let trail = range.sources.iter().map(|(_, source)| source.trail(world)).max().unwrap_or(0);
        let frontier = if range.descending { range.to + LEAD_MS + 1 } else { range.from - trail };
        let ended = range.from > range.to;
        Scan {
            world,
            range,
            now,
            trail,
            frontier,
            warm: frontier,
            step: FIRST_STEP,
            pending: BTreeMap::new(),
            ready: Vec::new().into_iter(),
            ended,
        }
    }

    /// Looks at one more slice of time and moves out what is complete.
    fn advance(&mut self) {
        let before = self.pending.len();
        if self.range.descending {
            let next = (self.frontier - self.step).max(self.range.from - self.trail);
            self.gather(Begun::Cold, next, self.frontier);
            self.gather(Begun::Warm, next, self.frontier);
            self.frontier = next;
            self.ended = next <= self.range.from - self.trail;
            // Nothing that began before the frontier reaches as far as this.
            let complete = Key { timestamp: next + self.trail, ..LEAST };
            let out = if self.ended { std::mem::take(&mut self.pending) } else { self.pending.split_off(&complete) };
            self.ready = out.into_values().rev().collect::<Vec<_>>().into_iter();
        } else {
            // The first slice takes in all that may still be writing when the range begins.
            let begin = self.frontier.max(self.range.from + LEAD_MS);
            let next = (begin + self.step).min(self.range.to + LEAD_MS + 1);
            self.gather(Begun::Cold, self.frontier, next);
            self.frontier = next;
            let warm = next - LEAD_MS + Begun::Warm.lead();
            self.gather(Begun::Warm, self.warm, warm);
            self.warm = warm;
            self.ended = next > self.range.to + LEAD_MS;
            let complete = Key { timestamp: next - LEAD_MS, ..LEAST };
            let rest = if self.ended { BTreeMap::new() } else { self.pending.split_off(&complete) };
            self.ready = std::mem::replace(&mut self.pending, rest).into_values().collect::<Vec<_>>().into_iter();
        }
        let found = (self.pending.len() + self.ready.len()).saturating_sub(before);
        if found < FEW {
            self.step = (self.step * 2).min(LONGEST_STEP);
        } else if found > MANY {
            self.step = (self.step / 2).max(SHORTEST_STEP);
        }
    }

    fn gather(&mut self, begun: Begun, t0: Millis, t1: Millis) {
        let Range { from, to, descending, after, .. } = self.range;
        for (group, source) in self.range.sources {
            source.lines(self.world, begun, t0..t1, from..to + 1, self.range.streams, &mut |key, stream, message| {
                let seen = after.is_some_and(|after| if descending { key >= after } else { key <= after });
                if !seen && key.ingestion <= self.now {
                    self.pending.insert(key, Event { key, group: *group, stream, message });
                }
            });
        }
    }
}

const LEAST: Key = Key { timestamp: 0, ingestion: Millis::MIN, atom: 0, index: 0 };

impl Iterator for Scan<'_> {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.next() {
                return Some(event);
            }
            if self.ended {
                return None;
            }
            self.advance();
        }
    }
}
