//! Which START and which REPORT of one request id belong together.

use super::attempt::{Attempt, Evidence, NEVER, Others, Report};
use super::{ATTEMPTS, EVIDENCE, Invocations};
use crate::model::line::RequestId;

/// When a START came, and its version.
pub(super) type Start = (i64, u16);

impl Invocations {
    /// A START has come.
    pub(super) fn start(&mut self, head: u32, at: i64, version: u16) {
        let one = self.attempts[head as usize];
        let fits = one.started == NEVER && (one.report.at == NEVER || one.report.at >= at);
        if fits && self.is_only(head) {
            self.change(head, |one| (one.started, one.version) = (at, version));
        } else {
            self.arrange(head, |starts, _| starts.push((at, version)));
        }
    }

    /// A REPORT has come.
    pub(super) fn report(&mut self, head: u32, report: Report) {
        let one = self.attempts[head as usize];
        let fits = one.report.at == NEVER && (one.started == NEVER || report.at >= one.started);
        if fits && self.is_only(head) {
            self.change(head, |one| one.report = report);
        } else {
            self.arrange(head, |_, reports| reports.push(report));
        }
    }

    /// A line tells of a failure.
    pub(super) fn tell(&mut self, head: u32, evidence: Evidence) {
        let told = self.evidence.entry(head).or_default();
        if told.len() < EVIDENCE {
            told.push(evidence);
        }
        if self.is_only(head) {
            let one = &mut self.attempts[head as usize];
            one.hear(evidence);
            self.failing.look_at(head, one);
        } else {
            self.share_out(head);
        }
    }

    /// There is no other attempt of its request id on its stream.
    pub(super) fn is_only(&self, head: u32) -> bool {
        self.attempts[head as usize].others != Others::Here
    }

    /// Changes what anchors an attempt in time.
    pub(super) fn change(&mut self, slot: u32, how: impl FnOnce(&mut Attempt)) {
        let one = &mut self.attempts[slot as usize];
        let (start, anchor, ended) = (one.start(), one.anchor(), one.report.at);
        how(one);
        let (now, anchored, source) = (one.start(), one.is_anchored(), one.source);
        let end = ended.max(one.report.at);
        self.failing.look_at(slot, one);
        let attempts = &self.attempts;
        let apart = |slot: u32| attempts[slot as usize].request.0;
        if now != start {
            self.order.moved(slot, start, now, apart);
        }
        if let Some(stream) = self.streams.get_mut(usize::from(source)).and_then(Option::as_mut) {
            match anchor {
                None if anchored => stream.attempts.push(now, slot),
                Some(before) if !anchored => stream.attempts.remove(slot, before),
                Some(before) if before != now => stream.attempts.moved(slot, before, now, apart),
                _ => {}
            }
        }
        let moments = anchor.into_iter().chain(anchored.then_some(now));
        if let (Some(from), Some(to)) = (moments.clone().min(), moments.max()) {
            self.touch(source, from, to.max(end));
        }
    }

    /// Puts together again what is known of a request id on one stream, where it ran more than once: each START begins
    /// an attempt, the first REPORT before the next START ends it, and a REPORT without a START is an attempt too. `edit`
    /// adds the one that has come, or takes away the one that goes.
    pub(super) fn arrange(&mut self, head: u32, edit: impl FnOnce(&mut Vec<Start>, &mut Vec<Report>)) {
        let mut slots: Vec<u32> = self.siblings(head).collect();
        let known = || slots.iter().map(|slot| &self.attempts[*slot as usize]);
        let mut starts: Vec<Start> =
            known().filter(|one| one.started != NEVER).map(|one| (one.started, one.version)).collect();
        let mut reports: Vec<Report> = known().map(|one| one.report).filter(|report| report.at != NEVER).collect();
        edit(&mut starts, &mut reports);
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
        let mut arranged = arranged.into_iter();
        for slot in slots {
            let known = arranged.next();
            let surplus = known.is_none() && slot != head;
            let (start, report) = known.unwrap_or_default();
            self.change(slot, |one| {
                (one.started, one.version) = start.unwrap_or((NEVER, 0));
                one.report = report.unwrap_or_default();
            });
            if surplus {
                self.discard(slot);
            }
        }
        self.tell_apart(self.attempts[head as usize].request);
        self.share_out(head);
    }

    /// Writes down which attempts of a request id have others beside them.
    pub(super) fn tell_apart(&mut self, request: RequestId) {
        let slots: Vec<u32> = self.chain(request).collect();
        for slot in &slots {
            let one = &self.attempts[*slot as usize];
            let (before, source, from, to) = (one.others, one.source, one.start(), one.last.max(one.start()));
            let beside = |other: &u32| other != slot && self.attempts[*other as usize].source == source;
            let others = match slots.len() {
                1 => Others::None,
                _ if slots.iter().any(beside) => Others::Here,
                _ => Others::Elsewhere,
            };
            if others != before {
                self.attempts[*slot as usize].others = others;
                self.touch(source, from, to);
            }
        }
    }

    /// Gives each attempt what lines tell of its end.
    pub(super) fn share_out(&mut self, head: u32) {
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
        for slot in slots {
            self.failing.look_at(slot, &mut self.attempts[slot as usize]);
        }
    }

    /// Whoever counts failures looks at all attempts of a request id on a stream again.
    pub(super) fn look_at_siblings(&mut self, head: u32) {
        if self.is_only(head) {
            self.failing.look_at(head, &mut self.attempts[head as usize]);
            return;
        }
        for slot in self.siblings(head).collect::<Vec<u32>>() {
            self.failing.look_at(slot, &mut self.attempts[slot as usize]);
        }
    }
}
