//! Which START and which REPORT of one request id belong together.

use super::attempt::{Attempt, Evidence, NEVER, NONE, Report};
use super::{ATTEMPTS, EVIDENCE, Invocations};

/// When a START came, and its version.
type Start = (i64, u16);

impl Invocations {
    /// A START has come.
    pub(super) fn start(&mut self, head: u32, at: i64, version: u16) {
        let one = self.attempts[head as usize];
        let fits = one.started == NEVER && (one.report.at == NEVER || one.report.at >= at);
        if fits && self.is_only(head) {
            self.change(head, |one| (one.started, one.version) = (at, version));
        } else {
            self.arrange(head, Some((at, version)), None);
        }
    }

    /// A REPORT has come.
    pub(super) fn report(&mut self, head: u32, report: Report) {
        let one = self.attempts[head as usize];
        let fits = one.report.at == NEVER && (one.started == NEVER || report.at >= one.started);
        if fits && self.is_only(head) {
            self.change(head, |one| one.report = report);
        } else {
            self.arrange(head, None, Some(report));
        }
    }

    /// A line tells of a failure.
    pub(super) fn tell(&mut self, head: u32, evidence: Evidence) {
        let told = self.evidence.entry(head).or_default();
        if told.len() < EVIDENCE {
            told.push(evidence);
        }
        if self.is_only(head) {
            self.attempts[head as usize].hear(evidence);
        } else {
            self.share_out(head);
        }
    }

    fn is_only(&self, head: u32) -> bool {
        self.attempts[head as usize].next == NONE || self.siblings(head).nth(1).is_none()
    }

    /// Changes what anchors an attempt in time.
    fn change(&mut self, slot: u32, how: impl FnOnce(&mut Attempt)) {
        let one = &mut self.attempts[slot as usize];
        let (start, anchor) = (one.start(), one.anchor());
        how(one);
        let (now, end, source) = (one.start(), one.report.at.max(one.start()), one.source);
        if now != start {
            self.order.moved(start, now);
        }
        if let Some(stream) = self.streams.get_mut(usize::from(source)).and_then(Option::as_mut) {
            match anchor {
                None => stream.attempts.push(now, slot),
                Some(before) if before != now => stream.attempts.moved(before, now),
                Some(_) => {}
            }
        }
        self.touch(source, anchor.unwrap_or(now).min(now), end);
    }

    /// Puts together again what is known of a request id on one stream, where it ran more than once: each START begins
    /// an attempt, the first REPORT before the next START ends it, and a REPORT without a START is an attempt too.
    fn arrange(&mut self, head: u32, start: Option<(i64, u16)>, report: Option<Report>) {
        let mut slots: Vec<u32> = self.siblings(head).collect();
        let known = || slots.iter().map(|slot| &self.attempts[*slot as usize]);
        let mut starts: Vec<(i64, u16)> =
            known().filter(|one| one.started != NEVER).map(|one| (one.started, one.version)).chain(start).collect();
        let mut reports: Vec<Report> =
            known().map(|one| one.report).filter(|report| report.at != NEVER).chain(report).collect();
        starts.sort_unstable();
        reports.sort_by(|a, b| a.at.cmp(&b.at).then(a.duration_ms.total_cmp(&b.duration_ms)));
        let pair = starts.len() == 1 && reports.len() == 1 && reports[0].at >= starts[0].0;
        let mut reports = reports.into_iter().peekable();
        let mut arranged: Vec<(Option<Start>, Option<Report>)> = Vec::new();
        for place in 0..=starts.len() {
            let start = place.checked_sub(1).map(|place| starts[place]);
            let until = starts.get(place).map_or(i64::MAX, |(at, _)| *at);
            let first = reports.next_if(|report| !pair && report.is_before(until) || pair && place == 1);
            if start.is_some() || first.is_some() {
                arranged.push((start, first));
            }
            while let Some(more) = reports.next_if(|report| !pair && report.is_before(until)) {
                arranged.push((None, Some(more)));
            }
        }
        arranged.truncate(ATTEMPTS);
        while slots.len() < arranged.len() {
            let Attempt { request, source, next, .. } = self.attempts[head as usize];
            let slot = self.allot(Attempt { request, source, next, ..Attempt::default() });
            self.attempts[head as usize].next = slot;
            // Its start is known in a moment, and then it moves there.
            self.order.push(self.attempts[slot as usize].start(), slot);
            slots.push(slot);
        }
        for (slot, (start, report)) in slots.into_iter().zip(arranged) {
            self.change(slot, |one| {
                (one.started, one.version) = start.unwrap_or((NEVER, 0));
                one.report = report.unwrap_or_default();
            });
        }
        self.share_out(head);
    }

    /// Gives each attempt what lines tell of its end.
    fn share_out(&mut self, head: u32) {
        let mut slots: Vec<u32> = self.siblings(head).collect();
        slots.sort_by_key(|slot| {
            let one = &self.attempts[*slot as usize];
            (one.start(), one.started, one.report.at)
        });
        for slot in &slots {
            self.attempts[*slot as usize].unhear();
        }
        for evidence in self.evidence.get(&head).into_iter().flatten() {
            let behind = slots.partition_point(|slot| self.attempts[*slot as usize].start() < evidence.at);
            // What tells of an end comes at the end: not at the moment of the next START.
            if let Some(slot) = slots.get(behind.saturating_sub(1)) {
                self.attempts[*slot as usize].hear(*evidence);
            }
        }
    }
}
