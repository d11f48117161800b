//! Writing blocks anew that have too many holes.
//!
//! Blocks go when their last line does. Lines that came out of order leave holes in blocks that live on.

use std::collections::VecDeque;

use super::entry::Entry;
use super::indexes::Unread;
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
        let victims: Vec<bool> =
            self.blocks.iter().map(|block| block.dead > 0 && block.dead * 4 > block.text.len()).collect();
        // What is written anew must not go where it is about to be thrown away.
        if victims.last() == Some(&true) {
            let text = String::with_capacity(self.block_size());
            self.blocks.push_back(Block { text, ..Block::default() });
        }
        let is_victim = |entry: &Entry| victims.get(entry.block.wrapping_sub(first) as usize).copied().unwrap_or(false);
        // The indexes are told where the lines went that they have not read yet.
        let mut waiting = self.waiting.take();
        let copies = waiting.as_mut().map(Unread::copies).filter(|copies| !copies.is_empty());
        let mut moved = Vec::new();
        let mut entries = std::mem::take(&mut self.entries);
        for entry in entries.iter_mut().filter(|entry| is_victim(entry)) {
            let block = entry.block.wrapping_sub(first) as usize;
            let text = std::mem::take(&mut self.blocks[block].text);
            let spot = self.write(&text[entry.start as usize..entry.end()], entry.key);
            self.blocks[block].text = text;
            if copies.is_some() {
                moved.push(((entry.block, entry.start), spot));
            }
            (entry.block, entry.start) = spot;
        }
        self.entries = entries;
        if let Some(copies) = copies {
            follow(copies, moved, is_victim);
        }
        self.waiting = waiting;
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
fn follow(copies: &mut VecDeque<Entry>, mut moved: Vec<(Spot, Spot)>, is_victim: impl Fn(&Entry) -> bool) {
    moved.sort_unstable();
    for entry in copies.iter_mut().filter(|entry| is_victim(entry)) {
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
    fn what_the_indexes_have_not_read_stays_unread_and_is_read_where_it_went() {
        let mut store = LogStore::new(1 << 20);
        store.index();
        store.accept((0..4_000).map(|n| report(n, n as usize)).collect());
        store.index_some(1);
        // Half of each batch is newer than what has been read, and stands among lines that are older and soon dropped.
        let mut n = 4_000;
        while store.compactions() == 0 {
            let events = (n..n + 50).map(|n| report(if n % 2 == 0 { n } else { n - 4_000 }, n as usize));
            store.accept(events.collect());
            n += 50;
            assert!(n < 100_000, "nothing has been compacted");
        }
        assert!(store.unread() > 2_000, "a backlog is not read at once: {} lines are left", store.unread());
        while store.is_behind() {
            store.index_some(1000);
        }
        assert_eq!(store.invocations.rows().count(), store.len(), "each line in store is an invocation of its own");
    }
}
