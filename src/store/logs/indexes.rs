//! The indexes over the lines, of invocations and of errors: made when somebody looks at them, and then kept up with.
//!
//! Whoever only reads the tail pays neither their time nor their memory.

use std::collections::VecDeque;

use super::LogStore;
use crate::model::line;
use crate::model::log::Level;

impl LogStore {
    /// The indexes are wanted from now on. Reading what is in store takes its time: [`LogStore::index_some`].
    pub fn index(&mut self) {
        if self.waiting.is_none() {
            let lines = self.entries.iter().rev().filter(|entry| entry.level() != Level::Gap);
            self.waiting = Some(lines.copied().collect());
        }
    }

    /// Lines that the indexes have not read yet.
    pub fn unread(&self) -> usize {
        self.waiting.as_ref().map_or(0, VecDeque::len)
    }

    /// Reads some more lines into the indexes, at most so many.
    pub fn index_some(&mut self, lines: usize) {
        let Some(waiting) = &mut self.waiting else { return };
        if waiting.is_empty() {
            return;
        }
        for entry in waiting.drain(..lines.min(waiting.len())) {
            let block = self.blocks.get(entry.block.wrapping_sub(self.first_block) as usize);
            // Its text may have been dropped meanwhile.
            let text = block.and_then(|block| block.text.get(entry.start as usize..entry.end()));
            let (Some(text), Some((group, stream))) = (text, self.sources.get(usize::from(entry.source))) else {
                continue;
            };
            let (said, at) = (line::read(text), entry.key.timestamp());
            self.invocations.accept(entry.source, group, stream, at, text, &said);
            self.errors.accept(entry.source, group, stream, at, text, &said);
        }
        self.invocations.settle();
        self.errors.refresh(&self.invocations);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::log::LogEvent;

    fn event(timestamp: i64, id: &str) -> LogEvent {
        LogEvent {
            group: "/aws/lambda/a".into(),
            stream: "2026/11/21/[$LATEST]0123".into(),
            timestamp,
            ingestion: timestamp,
            message: format!(
                "REPORT RequestId: 8f507cfc-1234-4697-b07a-ac58fc914{id}\tDuration: 5.00 ms\tBilled Duration: 5 ms"
            ),
            ..LogEvent::default()
        }
    }

    #[test]
    fn what_was_there_and_what_comes_is_read_once_somebody_wants_it() {
        let mut store = LogStore::new(1 << 20);
        store.accept(vec![event(1000, "c95"), event(2000, "c96")]);
        assert_eq!((store.unread(), store.invocations.rows().count()), (0, 0));
        store.index();
        assert_eq!(store.unread(), 2);
        store.accept(vec![event(3000, "c97")]);
        store.index_some(1);
        assert_eq!(store.unread(), 2);
        store.index_some(10);
        assert_eq!((store.unread(), store.invocations.rows().count()), (0, 3));
        store.clear();
        store.accept(vec![event(1000, "c95")]);
        assert_eq!(store.unread(), 1, "still wanted");
    }
}
