//! Going to a moment: among what is loaded, or else it is read first.

use super::Logs;
use crate::app::step::Step;
use crate::app::tabs::Context;
use crate::model::log::{Gap, Missed};
use crate::store::Store;

/// What a jump to another time reads around it, ms.
const AROUND: i64 = 60_000;

impl Logs {
    /// Goes to a moment, ms since 1970.
    pub fn go_to_time(&mut self, at: i64, cx: &Context) -> Vec<Step> {
        let store = &cx.store.logs;
        self.paused = true;
        self.brush = None;
        if self.range.is_some_and(|(from, to)| at < from || at > to) {
            self.range = None;
            self.arrange(cx);
        }
        self.target = Some(at);
        match store.oldest() {
            Some(oldest) if at >= oldest => {
                self.settle(cx);
                vec![]
            }
            oldest => {
                let to = oldest.map_or(at + AROUND, |oldest| (at + AROUND).min(oldest - 1));
                self.fetching = Some(Gap { group: None, from: at - AROUND, to, why: Missed::NotAsked });
                vec![Step::Say("Reading that minute; what lies between is marked as not loaded".into())]
            }
        }
    }

    /// Puts the cursor on the moment that it is to go to, as far as that is loaded: until then each batch may hold a line
    /// that is nearer.
    pub(super) fn reach_target(&mut self, cx: &Context) {
        let store = &cx.store.logs;
        let Some(target) = self.target else { return };
        // The minute around it is on its way.
        if self.fetching.is_some() || store.is_empty() {
            return;
        }
        let is_loaded = self.caught_up || self.read_to.is_some_and(|to| to.timestamp_millis() >= target);
        if is_loaded || store.newest().is_some_and(|newest| newest >= target) {
            self.centre(store.place_of(target), cx);
        }
        if is_loaded {
            self.target = None;
        }
    }

    /// The stretch between what was fetched for a jump and what had been loaded, where there is one.
    pub fn left_out(&self, asked: &Gap, store: &Store) -> Option<Gap> {
        let place = store.logs.place_of(asked.to + 1);
        let next = store.logs.timestamp(place)?;
        (asked.why == Missed::NotAsked && place > 0 && next > asked.to + 1).then(|| Gap {
            group: None,
            from: asked.to + 1,
            to: next - 1,
            why: Missed::NotAsked,
        })
    }
}
