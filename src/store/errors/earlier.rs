//! When an error was first seen stays known when its lines are gone: what comes again is not new.

use std::collections::HashMap;

use super::Group;

/// Groups remembered at most.
const KEPT: usize = 16_384;

/// When groups were first seen of which there is no line now.
#[derive(Debug, Default)]
pub struct Earlier(HashMap<u64, i64>);

impl Earlier {
    /// A group goes.
    pub fn remember(&mut self, group: &Group) {
        if self.0.len() < KEPT || self.0.contains_key(&group.hash) {
            self.0.insert(group.hash, group.seen);
        }
    }

    /// A group comes, with a line of this moment, ms since 1970; when it was first seen.
    pub fn take(&mut self, hash: u64, at: i64) -> i64 {
        self.0.remove(&hash).unwrap_or(at).min(at)
    }
}
