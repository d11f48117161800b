//! How the log is looked at, apart from its lines: what a jump changes, and what coming back restores.

use super::needle::Term;
use super::wants::Only;
use super::{Logs, Panel};
use crate::app::interests::TailGroup;
use crate::app::tabs::Context;
use crate::model::log::Level;
use crate::store::Store;

/// A way to look at the log.
#[derive(Clone, Debug)]
pub struct Look {
    panel: Panel,
    list: Option<Panel>,
    groups: Vec<TailGroup>,
    pattern: String,
    since_s: u64,
    filters: Vec<Term>,
    least: Option<Level>,
    range: Option<(i64, i64)>,
    only: Option<(Only, String)>,
    /// The moment of the line under the cursor, ms since 1970, where the cursor rests.
    at: Option<i64>,
}

impl Look {
    /// Shows the same lines in the same panel, wherever the cursor is.
    fn is_like(&self, other: &Look) -> bool {
        let texts = |look: &Look| look.filters.iter().map(|term| term.text.clone()).collect::<Vec<_>>();
        (self.panel, self.least, self.range, &self.groups, &self.pattern, &self.only, texts(self))
            == (other.panel, other.least, other.range, &other.groups, &other.pattern, &other.only, texts(other))
    }
}

impl Logs {
    /// How the log is looked at now.
    pub fn look(&self, store: &Store) -> Look {
        let place = self.anchor(&store.logs).map(|anchor| anchor.place).filter(|_| self.paused);
        Look {
            panel: self.panel,
            list: self.list,
            groups: self.groups.clone(),
            pattern: self.pattern.clone(),
            since_s: self.since_s,
            filters: self.filters.clone(),
            least: self.least,
            range: self.range,
            only: self.only.clone(),
            at: place.and_then(|place| store.logs.timestamp(place)),
        }
    }

    /// Looks at the log in that way again; lines that have been dropped meanwhile are read again.
    pub fn look_again(&mut self, look: Look, cx: &Context) {
        if look.groups != self.groups || look.pattern != self.pattern {
            self.begin(look.groups, cx);
            self.pattern = look.pattern;
        }
        self.since_s = self.since_s.max(look.since_s);
        (self.panel, self.list) = (look.panel, look.list);
        (self.filters, self.complaint) = (look.filters, None);
        (self.least, self.range, self.only) = (look.least, look.range, look.only);
        (self.brush, self.lens, self.context, self.arrival) = (None, None, None, None);
        self.target = look.at;
        self.paused = look.at.is_some();
        self.arrange(cx);
        self.follow_lists(cx);
    }

    /// Nothing has been changed since a jump led here: Esc leads back to where it came from.
    pub fn is_as_jumped_to(&self, store: &Store) -> bool {
        let plain = self.brush.is_none() && self.context.is_none() && self.lens.is_none();
        plain && self.arrival.as_ref().is_some_and(|arrival| arrival.is_like(&self.look(store)))
    }
}
