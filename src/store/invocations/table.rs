//! The index as it is read: rows, the newest first, and the lines of one.

use super::attempt::{Attempt, NEVER, Others, bits};
use super::stream::Stream;
use super::{Invocations, Key, Lines, Row};
use crate::model::invocation::Status;
use crate::model::line::{RequestId, TraceId};

impl Invocations {
    /// Changes whenever the index does.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Invocations that went to keep under the cap.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Everything before this moment was passed over or forgotten to keep under the cap, ms since 1970.
    pub fn horizon(&self) -> Option<i64> {
        (self.forgotten > 0).then_some(self.horizon)
    }

    /// Bytes that the index takes, roughly.
    pub fn bytes(&self) -> usize {
        self.attempts.len() * (size_of::<Attempt>() + 64) + self.loose * size_of::<u64>()
    }

    /// All invocations, the newest first by their start.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.slots().map(|slot| self.row_at(slot))
    }

    /// One invocation, if it is still known.
    pub fn row(&self, key: Key) -> Option<Row<'_>> {
        let one = self.attempts.get(key.slot as usize)?;
        (one.request == key.request && !one.gone).then(|| self.row_at(key.slot))
    }

    /// The newest attempt of a request id.
    pub fn find(&self, request: RequestId) -> Option<Key> {
        let slot = self.chain(request).filter(|slot| self.is_shown(*slot)).max_by_key(|slot| {
            let one = &self.attempts[*slot as usize];
            (one.start(), one.source)
        })?;
        Some(Key { slot, request })
    }

    /// Its start and how it ended, which costs less than all of it.
    pub fn status(&self, key: Key) -> Option<Status> {
        let one = self.attempts.get(key.slot as usize).filter(|one| one.request == key.request && !one.gone)?;
        Some(one.status(self.has_ended(key.slot)))
    }

    /// All attempts that fail, in no order.
    pub(in crate::store) fn failing(&self) -> impl Iterator<Item = u32> + '_ {
        self.order.slots().filter(|slot| self.attempts[*slot as usize].failed)
    }

    /// Attempts that fail, failed or are gone, since a piece of news; none where that is too long ago.
    pub(in crate::store) fn failing_since(&self, news: u64) -> Option<&[u32]> {
        self.failing.since(news)
    }

    /// The next piece of news.
    pub(in crate::store) fn next_failing(&self) -> u64 {
        self.failing.next()
    }

    /// An attempt, if it fails.
    pub(in crate::store) fn failure(&self, slot: u32) -> Option<Row<'_>> {
        let one = self.attempts.get(slot as usize)?;
        (one.failed && !one.gone && self.is_shown(slot)).then(|| self.row_at(slot))
    }

    /// The invocation that a line belongs to; `request` is what the line says.
    pub fn of_line(&self, source: u16, timestamp: i64, request: Option<RequestId>) -> Option<Key> {
        if let Some(request) = request {
            let all = self.chain(request).filter(|slot| self.attempts[*slot as usize].source == source);
            let started = |slot: &u32| self.attempts[*slot as usize].start();
            let slot = all.max_by_key(|slot| (started(slot) <= timestamp, started(slot)))?;
            return Some(Key { slot, request });
        }
        let slot = self.stream(source)?.owner_of(timestamp, &self.attempts)?;
        Some(Key { slot, request: self.attempts[slot as usize].request })
    }

    /// What tells the lines of one invocation from all others.
    pub fn only(&self, key: Key) -> Option<Lines> {
        let row = self.row(key)?;
        let one = &self.attempts[key.slot as usize];
        let single = self.siblings(key.slot).nth(1).is_none();
        let mut from = one.start();
        let mut to = row.end;
        if single {
            from = from.min(one.first);
            to = to.max(one.last);
        }
        if one.loose.init_at != NEVER {
            from = from.min(one.loose.init_at);
        }
        if row.status == Status::Open {
            // What it will write belongs to it as well, until the next one starts that can only start when it is over.
            let next = if self.stream(one.source)?.shared { None } else { self.next_start(key.slot) };
            to = next.map_or(i64::MAX, |next| next.saturating_sub(1));
        }
        Some(Lines { request: key.request, source: one.source, from, to, alone: one.is_anchored() && one.loose.alone })
    }

    fn next_start(&self, slot: u32) -> Option<i64> {
        let one = &self.attempts[slot as usize];
        let known = &self.stream(one.source)?.attempts;
        known.stands().get(known.until(one.start())).map(|next| next.start)
    }

    fn stream(&self, source: u16) -> Option<&Stream> {
        self.streams.get(usize::from(source))?.as_deref()
    }

    /// A request id that the platform never named, on a stream that it writes to, is of something else.
    pub(super) fn is_shown(&self, slot: u32) -> bool {
        let one = &self.attempts[slot as usize];
        one.is_anchored() || self.stream(one.source).is_some_and(|stream| !stream.platform)
    }

    pub(super) fn slots(&self) -> impl Iterator<Item = u32> + '_ {
        self.order.slots().rev().filter(|slot| self.is_shown(*slot))
    }

    /// An END came where no REPORT did.
    pub(super) fn has_ended(&self, slot: u32) -> bool {
        let one = &self.attempts[slot as usize];
        if one.report.at != NEVER {
            return true;
        }
        if one.others != Others::Here {
            return one.ends > 0;
        }
        usize::from(self.counts_of(slot).ends) >= self.siblings(slot).count()
    }

    /// The attempt that holds what is counted for all of its request id on its stream.
    pub(super) fn counts_of(&self, slot: u32) -> &Attempt {
        let one = &self.attempts[slot as usize];
        if one.others != Others::Here {
            return one;
        }
        &self.attempts[self.head_of(one.request, one.source).unwrap_or(slot) as usize]
    }

    fn row_at(&self, slot: u32) -> Row<'_> {
        let one = &self.attempts[slot as usize];
        let stream = self.stream(one.source);
        let counts = self.counts_of(slot);
        let mut others: Vec<(i64, u16, u32)> = Vec::new();
        if one.others != Others::None {
            others.extend(self.chain(one.request).filter(|slot| self.is_shown(*slot)).map(|slot| {
                let other = &self.attempts[slot as usize];
                (other.start(), other.source, slot)
            }));
            others.sort_unstable();
        }
        let report = &one.report;
        let reported = report.at != NEVER;
        let error = self.error_of(one);
        let start = one.start();
        let status = one.status(self.has_ended(slot));
        let (init, restore) = one.init();
        Row {
            key: Key { slot, request: one.request },
            function: stream.and_then(|stream| self.names.name(stream.function)).unwrap_or_default(),
            version: self.names.name(one.version).or_else(|| self.names.name(stream?.version)),
            source: one.source,
            start,
            end: if reported { report.at } else { counts.last.max(start) },
            status,
            killed: (one.told | one.loose.bits) & bits::KILLED != 0,
            duration_ms: (!report.duration_ms.is_nan()).then_some(report.duration_ms),
            billed_ms: (report.billed_ms != u32::MAX).then_some(report.billed_ms),
            memory_mb: (report.memory_mb > 0).then_some(u32::from(report.memory_mb)),
            memory_used_mb: (report.memory_used_mb > 0).then_some(u32::from(report.memory_used_mb)),
            init_ms: init,
            restore_ms: restore,
            trace_id: (counts.trace != 0).then_some(TraceId(counts.trace)),
            error_type: if status.is_failure() { self.names.name(error) } else { None },
            lines: counts.lines + one.loose.lines,
            errors: counts.errors + one.loose.errors,
            attempt: others.iter().position(|(.., other)| *other == slot).map_or(1, |place| place + 1),
            attempts: others.len().max(1),
        }
    }

    /// The number of the type of the error that it ended with, as far as lines tell one.
    pub(super) fn error_of(&self, one: &Attempt) -> u16 {
        let (report, told, loose) = (one.report.error, one.told_error, one.loose.error);
        let telling = [report, told, loose].into_iter().find(|error| self.is_telling(*error));
        telling.or_else(|| [told, loose, report].into_iter().find(|n| *n != 0)).unwrap_or_default()
    }

    /// `Runtime.Unknown` and the like tell less than what the handler raised.
    fn is_telling(&self, error: u16) -> bool {
        self.names
            .name(error)
            .is_some_and(|name| !matches!(name, "Runtime.Unknown" | "Unhandled" | "Handled" | "Function.Unknown"))
    }
}
