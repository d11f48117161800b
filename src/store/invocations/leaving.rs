//! Lines that leave the store, and what they told with them.
//!
//! What a line told is taken back as it was taken in, so that what is known is what the lines in store tell, and a line may
//! come a second time. Two things are remembered longer, until the last line of the request id is gone: the moments of its
//! first and its last line, and its trace id.

use super::attempt::{Attempt, Evidence, NEVER, Others, Report};
use super::{Invocations, Moving, told_by};
use crate::model::line::{self, Kind, RequestId, Said};
use crate::model::log::Level;

impl Invocations {
    /// Takes back a line that was taken in. [`Invocations::settle`] must follow before anything is asked.
    pub fn retract(&mut self, source: u16, timestamp: i64, text: &str, said: &Said<'_>) {
        let stream = self.streams.get(usize::from(source)).and_then(Option::as_ref);
        if timestamp < self.horizon || !stream.is_some_and(|stream| stream.is_lambda()) {
            return;
        }
        if self.moving == Moving::In {
            self.settle();
        }
        self.moving = Moving::Out;
        match said.request() {
            Some(request) => self.leave(source, request, timestamp, text, said),
            None => self.leave_loose(source, timestamp, text, said),
        }
    }

    /// So many were forgotten for want of room, and so few are left since, that the lines in store should be read again.
    pub fn has_room_again(&self) -> bool {
        self.forgotten > 0 && self.order.len() < self.kept / 2
    }

    fn leave_loose(&mut self, source: u16, at: i64, text: &str, said: &Said<'_>) {
        let (told, error) = told_by(text, said);
        let error = error.map_or(0, |error| self.names.number(error));
        let Some(stream) = self.streams.get_mut(usize::from(source)).and_then(Option::as_mut) else { return };
        let news = stream.dirty.is_none();
        match said.kind {
            Kind::InitStart | Kind::InitReport | Kind::RestoreStart | Kind::RestoreReport => {
                stream.leave_init(at, said.kind, line::figures(text, said).duration_ms);
            }
            _ => self.loose -= usize::from(stream.leave_loose(at, told, error)),
        }
        if news && stream.dirty.is_some() {
            self.dirty.push(source);
        }
    }

    fn leave(&mut self, source: u16, request: RequestId, at: i64, text: &str, said: &Said<'_>) {
        let Some(head) = self.known_head(request, source) else { return };
        let error = said.level() == Level::Error && !said.kind.is_platform();
        let one = &mut self.attempts[head as usize];
        one.lines = one.lines.saturating_sub(1);
        one.errors = one.errors.saturating_sub(u32::from(error));
        if one.lines == 0 {
            for slot in self.siblings(head).collect::<Vec<u32>>() {
                self.change(slot, |one| (one.started, one.report) = (NEVER, Report::default()));
                self.discard(slot);
            }
            return;
        }
        if one.failed || one.others == Others::Here {
            self.look_at_siblings(head);
        }
        match said.kind {
            Kind::Start => self.leave_start(head, at),
            Kind::Report => {
                let told = line::figures(text, said);
                let report = self.report_of(at, &told);
                self.leave_report(head, &report);
            }
            Kind::End => {
                let one = &mut self.attempts[head as usize];
                one.ends = one.ends.saturating_sub(1);
            }
            _ => {
                if let Some(evidence) = self.evidence_of(at, text, said) {
                    self.leave_evidence(head, evidence);
                }
            }
        }
    }

    fn leave_start(&mut self, head: u32, at: i64) {
        if !self.is_only(head) {
            self.arrange(head, |starts, _| {
                if let Some(place) = starts.iter().position(|(start, _)| *start == at) {
                    starts.remove(place);
                }
            });
        } else if self.attempts[head as usize].started == at {
            self.change(head, |one| (one.started, one.version) = (NEVER, 0));
        }
    }

    fn leave_report(&mut self, head: u32, gone: &Report) {
        let same = |known: &Report| {
            known.at == gone.at && known.duration_ms.to_bits() == gone.duration_ms.to_bits() && known.at != NEVER
        };
        if !self.is_only(head) {
            self.arrange(head, |_, reports| {
                if let Some(place) = reports.iter().position(same) {
                    reports.remove(place);
                }
            });
        } else if same(&self.attempts[head as usize].report) {
            self.change(head, |one| one.report = Report::default());
        }
    }

    fn leave_evidence(&mut self, head: u32, gone: Evidence) {
        let Some(told) = self.evidence.get_mut(&head) else { return };
        if let Some(place) = told.iter().position(|known| *known == gone) {
            told.remove(place);
        }
        if told.is_empty() {
            self.evidence.remove(&head);
        }
        self.share_out(head);
    }

    /// An attempt of which no line tells any more.
    pub(super) fn discard(&mut self, slot: u32) {
        let Attempt { first, .. } = self.attempts[slot as usize];
        self.order.remove(slot, first);
        self.release(slot);
    }
}
