//! What is forgotten to keep the index under its cap.

use super::Invocations;
use super::attempt::{Attempt, NONE};

impl Invocations {
    /// Forgets the oldest: a sixteenth at once, so that it need not be done for each line.
    pub(super) fn forget(&mut self) {
        let gone = self.order.take_first(self.order.len() - self.kept + self.kept / 16);
        let mut sources = Vec::new();
        for stand in gone {
            self.horizon = self.horizon.max(stand.start);
            sources.push(self.attempts[stand.slot as usize].source);
            self.release(stand.slot);
            self.forgotten += 1;
        }
        sources.sort_unstable();
        sources.dedup();
        for source in sources {
            if let Some(stream) = self.streams.get_mut(usize::from(source)).and_then(Option::as_mut) {
                self.loose -= stream.forget(&self.attempts, self.horizon);
            }
        }
    }

    /// An attempt that stands in no order any more makes room.
    pub(super) fn release(&mut self, slot: u32) {
        self.unlink(slot);
        let one = &mut self.attempts[slot as usize];
        one.gone = true;
        self.failing.look_at(slot, one);
        self.free.push(slot);
    }

    fn unlink(&mut self, slot: u32) {
        let Attempt { request, source, next, .. } = self.attempts[slot as usize];
        if next == NONE && self.heads.get(&request) == Some(&slot) {
            self.heads.remove(&request);
            if !self.evidence.is_empty() {
                self.evidence.remove(&slot);
            }
            return;
        }
        let told = self.evidence.remove(&slot);
        let heir = self.siblings(slot).find(|other| *other != slot);
        match self.heads.get(&request).copied() {
            Some(first) if first == slot => {
                if next == NONE {
                    self.heads.remove(&request);
                } else {
                    self.heads.insert(request, next);
                }
            }
            Some(mut before) => {
                while self.attempts[before as usize].next != slot && self.attempts[before as usize].next != NONE {
                    before = self.attempts[before as usize].next;
                }
                self.attempts[before as usize].next = next;
            }
            None => {}
        }
        // What is counted per stream goes on with the next attempt on it.
        if let Some(heir) = heir {
            let one = self.attempts[slot as usize];
            let heir_is_head = self.head_of(request, source) == Some(heir);
            let to = &mut self.attempts[heir as usize];
            if heir_is_head && one.lines > 0 {
                (to.first, to.last, to.lines) = (to.first.min(one.first), to.last.max(one.last), to.lines + one.lines);
                (to.errors, to.ends, to.trace) =
                    (to.errors + one.errors, to.ends.max(one.ends), to.trace.max(one.trace));
                if let Some(told) = told {
                    self.evidence.insert(heir, told);
                }
            }
        }
        self.tell_apart(request);
    }
}
