//! One event of a log group: its place in the order of time and its id.

use crate::sim::world::Millis;
use crate::sim::world::dice::hash;
use serde_json::{Value, json};

/// Place of an event: FilterLogEvents orders by timestamp, then ingestion, then the order in which it was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// When it was written.
    pub timestamp: Millis,
    /// When the service had it: nobody sees it earlier.
    pub ingestion: Millis,
    /// Key of the invocation or request that wrote it.
    pub atom: u64,
    /// Number of the line among those of its atom.
    pub index: u16,
}

impl Key {
    /// The place right behind this event: a walk backward from there begins with it.
    pub fn behind(self) -> Key {
        Key { index: self.index.saturating_add(1), ..self }
    }

    /// The place right before this event: a walk forward from there begins with it.
    pub fn before(self) -> Key {
        match self.index.checked_sub(1) {
            Some(index) => Key { index, ..self },
            None => Key { atom: self.atom.saturating_sub(1), index: u16::MAX, ..self },
        }
    }

    /// The eventId: 56 digits that grow with time, as the service's own (the timestamp shifted by 144 bits).
    pub fn id(&self) -> String {
        let mix = hash(&[self.atom, u64::from(self.index)]);
        // 192 bits, highest limb first: timestamp (48), atom (64), index (16), mix (64).
        let timestamp = self.timestamp.max(0).cast_unsigned();
        let mut limbs = [timestamp << 16 | self.atom >> 48, self.atom << 16 | u64::from(self.index), mix];
        // Decimal by long division, nineteen digits at a time.
        const CHUNK: u128 = 10_000_000_000_000_000_000;
        let mut chunks = [0_u64; 3];
        for chunk in chunks.iter_mut().rev() {
            let mut remainder: u128 = 0;
            for limb in &mut limbs {
                let dividend = remainder << 64 | u128::from(*limb);
                *limb = (dividend / CHUNK) as u64;
                remainder = dividend % CHUNK;
            }
            *chunk = remainder as u64;
        }
        let digits = format!("{}{:019}{:019}", chunks[0], chunks[1], chunks[2]);
        format!("{digits:0>56}")
    }
}

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its place.
    pub key: Key,
    /// Which of the groups asked for it is in.
    pub group: usize,
    /// Log stream.
    pub stream: String,
    /// The text as it was put, line break included.
    pub message: String,
}

impl Event {
    /// As FilterLogEvents gives it.
    pub fn filtered(&self) -> Value {
        json!({
            "logStreamName": self.stream,
            "timestamp": self.key.timestamp,
            "message": self.message,
            "ingestionTime": self.key.ingestion,
            "eventId": self.key.id(),
        })
    }

    /// As GetLogEvents gives it: without eventId.
    pub fn plain(&self) -> Value {
        json!({
            "timestamp": self.key.timestamp,
            "message": self.message,
            "ingestionTime": self.key.ingestion,
        })
    }

    /// What it counts towards the megabyte of a page: the text and 26 bytes, as in PutLogEvents.
    pub fn size(&self) -> usize {
        self.message.len() + 26
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_digits_that_grow_with_time_and_tell_lines_apart() {
        // The id in the API reference, 31132629274945519779805322857203735586714454643391594505, is of 1396035378988.
        let key = Key { timestamp: 1_396_035_378_988, ingestion: 0, atom: 0, index: 0 };
        assert!(key.id().starts_with("3113262927494"), "{}", key.id());
        assert_eq!(key.id().len(), 56);
        let line = Key { index: 1, ..key };
        let later = Key { timestamp: key.timestamp + 1, ..key };
        let other = Key { atom: u64::MAX, ..key };
        assert!(key.id() < line.id() && line.id() < other.id() && other.id() < later.id());
        let late = Key { ingestion: 9, ..key };
        assert_eq!(late.id(), key.id());
    }
}
