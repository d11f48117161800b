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
        let place = self.place_at(self.cursor.row, &store.logs);
        let above = self.cursor.row - self.cursor.first.min(self.cursor.row);
        let mut added = 0;
        if self.folded && store.logs.continuing() > 0 && !self.shown.wants().folded {
            self.shown.set(self.wants(store), &store.logs);
        } else {
            added = self.shown.take_in(arrival, &store.logs);
        }
        self.renew_lens(&store.logs);
        if self.paused {
            // The cursor stays on its line, and the line on its row of the screen.
            if let Some(place) = place.and_then(|place| arrival.moved(place)) {
                self.cursor.row = self.row_at(place);
                self.cursor.first = self.cursor.row.saturating_sub(above);
            }
            self.unseen += added;
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
        let at = self.place_at(self.cursor.row, &store.logs);
        self.shown.restart(&store.logs);
        self.shown.work(&store.logs);
        self.renew_lens(&store.logs);
        if let Some(at) = at {
            self.cursor.row = self.row_at(at - usize::from(at > place));
        }
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
