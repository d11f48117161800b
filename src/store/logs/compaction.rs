//! Writing blocks anew that have too many holes.
//!
//! Blocks go when their last line does. Lines that came out of order leave holes in blocks that live on.

use std::collections::VecDeque;

use super::entry::Entry;
use super::{Block, LogStore};

/// Where a text stands: its block, and its start in it.
type Spot = (u32, u32);

impl LogStore {
    /// How often lines were given other addresses. What [`LogStore::address`] told before is worth nothing then.
    pub fn compactions(&self) -> u64 {
        self.compactions
    }

    /// Writes the lines of blocks with many holes anew, where there are too many in all.
    pub(super) fn compact(&mut self) {
        if self.dead <= (self.cap / 24).max(2 * self.block_size()) {
            return;
        }
        let first = self.first_block;
        let mut victims: Vec<bool> =
            self.blocks.iter().map(|block| block.dead > 0 && block.dead * 4 > block.text.len()).collect();
        // The last one is where lines are written to.
        if let Some(last) = victims.last_mut() {
            *last = false;
        }
        let is_victim = |entry: &Entry| victims.get(entry.block.wrapping_sub(first) as usize).copied().unwrap_or(false);
        // The indexes are told where the lines went that they have not read yet.
        let is_awaited = self.waiting.as_ref().is_some_and(|waiting| !waiting.arrived.is_empty());
        let mut moved = Vec::new();
        let mut entries = std::mem::take(&mut self.entries);
        for entry in entries.iter_mut().filter(|entry| is_victim(entry)) {
            let block = entry.block.wrapping_sub(first) as usize;
            let text = std::mem::take(&mut self.blocks[block].text);
            let spot = self.write(&text[entry.start as usize..entry.end()], entry.key);
            self.blocks[block].text = text;
            if is_awaited {
                moved.push(((entry.block, entry.start), spot));
            }
            (entry.block, entry.start) = spot;
        }
        self.entries = entries;
        if let Some(waiting) = self.waiting.as_mut().filter(|_| is_awaited) {
            follow(&mut waiting.arrived, moved, is_victim);
        }
        for (block, victim) in self.blocks.iter_mut().zip(&victims) {
            if *victim {
                self.dead -= block.dead;
                *block = Block::default();
            }
        }
        while self.blocks.front().is_some_and(|block| block.lines == 0) {
            self.blocks.pop_front();
            self.first_block = self.first_block.wrapping_add(1);
        }
        self.compactions += 1;
    }
}

/// Entries go where their texts went. A line that was dropped went nowhere, and the block where it stood is empty now.
fn follow(waiting: &mut VecDeque<Entry>, mut moved: Vec<(Spot, Spot)>, is_victim: impl Fn(&Entry) -> bool) {
    moved.sort_unstable();
    for entry in waiting.iter_mut().filter(|entry| is_victim(entry)) {
        if let Ok(at) = moved.binary_search_by_key(&(entry.block, entry.start), |(from, _)| *from) {
            (entry.block, entry.start) = moved[at].1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::log::LogEvent;

    fn report(timestamp: i64, n: usize) -> LogEvent {
        LogEvent {
            group: "/aws/lambda/a".into(),
            stream: "2026/11/21/[$LATEST]0123".into(),
            timestamp,
            ingestion: timestamp,
            message: format!(
                "REPORT RequestId: 8f507cfc-1234-4697-b07a-{n:012x}\tDuration: 5.00 ms\tBilled Duration: 5 ms"
            ),
            ..LogEvent::default()
        }
    }

    #[test]
    fn no_text_is_lost() {
        let (mut seed, mut compactions) = (7u64, 0);
        let mut next = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for _ in 0..300 {
            let mut store = LogStore::new(3_000);
            for _ in 0..12 {
                // Some are of a time that has been dropped: those go at once, and leave holes in the last block.
                let mut event =
                    || LogEvent { message: "x".repeat(1 + next(16) as usize), ..report(next(50) as i64, 0) };
                let events = (0..20).map(|_| event()).collect();
                store.accept(events);
                let lost = (0..store.len()).find(|place| store.line(*place).is_none_or(|line| line.text.is_empty()));
                assert_eq!(lost, None, "after {} compactions", store.compactions());
            }
            compactions += store.compactions();
        }
        assert!(compactions > 0, "nothing has been compacted");
    }

    #[test]
    fn what_the_indexes_have_not_read_stays_unread_and_is_read_where_it_went() {
        let mut store = LogStore::new(1 << 20);
        store.index();
        // The later half of each batch lives on in its block, with a hole where the earlier one stood.
        let mut n = 0;
        while store.compactions() == 0 {
            let events = (0..200).map(|k| report(if k % 2 == 0 { n } else { 1_000_000 + n }, (n * 200 + k) as usize));
            store.accept(events.collect());
            n += 1;
            assert!(n < 1000, "nothing has been compacted");
        }
        assert!(store.unread() > 100, "a backlog is not read at once: {} lines are left", store.unread());
        while store.unread() > 0 {
            store.index_some(1000);
        }
        assert_eq!(store.invocations.rows().count(), store.len(), "each line in store is an invocation of its own");
    }
}
