//! What comes, and what becomes of the rows and the cursor when it does.

use super::Logs;
use crate::model::log::{Gap, LogEvent};
use crate::store::Store;
use crate::store::logs::Arrival;
use crate::time::Moment;

/// An event that comes this much later than it happened is told apart, ms: most are there within seconds.
const LATE: i64 = 30_000;

impl Logs {
    /// A batch of the tail is about to be stored: how far it has read, and what of it was late.
    pub fn note_batch(&mut self, events: &[LogEvent], read_to: Moment, caught_up: bool) {
        self.read_to = Some(read_to);
        self.caught_up |= caught_up;
        self.late += events.iter().filter(|event| event.ingestion - event.timestamp > LATE).count() as u64;
    }

    /// Lines have come: what is shown follows at once, the cursor when there is time.
    pub fn took_in(&mut self, arrival: &Arrival, store: &Store) {
        let logs = &store.logs;
        let anchor = self.anchor_before(arrival, logs).map(|anchor| anchor.moved(arrival));
        if self.wants(store).folded && !self.shown.wants().folded {
            // The first frame of all.
            let before = (logs.len() + arrival.dropped).checked_sub(arrival.inserted.len());
            match before.filter(|_| arrival.cut == 0) {
                Some(before) => self.shown.begin_to_fold(before),
                None => self.shown.set(self.wants(store), logs),
            }
        }
        let taken = self.shown.take_in(arrival, logs);
        if let Some(lens) = &mut self.lens {
            lens.take_in(arrival, &taken, &self.shown, logs);
        }
        self.count_in(arrival, &taken, logs);
        if self.paused {
            // The cursor stays on its line, and the line on its row of the screen.
            self.hold(anchor, logs);
            self.unseen += taken.added.len();
        }
    }

    /// Older lines have come.
    pub fn took_in_older(&mut self, read_from: Moment, arrival: &Arrival, store: &Store) {
        self.older_than = None;
        self.read_from = Some(read_from.timestamp_millis());
        let unseen = self.unseen;
        self.took_in(arrival, store);
        self.unseen = unseen;
    }

    /// A stretch that was asked for has been read.
    pub fn fetched(&mut self, asked: &Gap) {
        self.fetching.take_if(|fetching| fetching == asked);
    }

    /// A line was taken out of the store.
    pub fn lost_mark(&mut self, place: usize, store: &Store) {
        let logs = &store.logs;
        // The rows do not know of it yet.
        let anchor = self.anchor(logs).map(|anchor| anchor.without(place));
        let taken = self.shown.lose(place, logs);
        if let Some(lens) = &mut self.lens {
            lens.lose(place, &taken, &self.shown, logs);
        }
        self.count_without(place, &taken, logs);
        self.hold(anchor, logs);
    }

    /// Lines a second over the last ten seconds of the log, by their own time: a backlog that is read in one go is no
    /// flood.
    pub fn rate(&self, store: &Store) -> f64 {
        let Some(read_to) = self.read_to else { return 0.0 };
        let until = read_to.timestamp_millis();
        let lines = store.logs.place_of(until + 1) - store.logs.place_of(until - 10_000);
        lines as f64 / 10.0
    }
}
