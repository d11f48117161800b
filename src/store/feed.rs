//! A fact and its standing: how the program keeps from showing an old number as a new one.

use crate::model::trouble::Trouble;
use crate::time::Moment;

/// Something that AWS tells us again and again.
#[derive(Clone, Debug, PartialEq)]
pub struct Feed<T> {
    value: Option<T>,
    as_of: Option<Moment>,
    trouble: Option<Trouble>,
}

/// What may be said of a feed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Standing<'a> {
    /// Asked, or about to be asked; nothing known.
    Waiting,
    /// Known as of that moment, and nothing has gone wrong since.
    Live(Moment),
    /// Known as of that moment, but the last try to renew it failed.
    Stale(Moment, &'a Trouble),
    /// Nothing known, and why.
    Failed(&'a Trouble),
}

impl<T> Default for Feed<T> {
    fn default() -> Self {
        Feed { value: None, as_of: None, trouble: None }
    }
}

impl<T> Feed<T> {
    /// A new answer, good or bad. A bad one keeps the old value, marked stale.
    pub fn accept(&mut self, answer: Result<T, Trouble>, now: Moment) {
        match answer {
            Ok(value) => {
                self.value = Some(value);
                self.as_of = Some(now);
                self.trouble = None;
            }
            Err(trouble) => self.trouble = Some(trouble),
        }
    }

    /// A part of an answer that is still coming in: shown, and not yet called complete.
    pub fn accept_part(&mut self, value: T, now: Moment) {
        self.value = Some(value);
        self.as_of = Some(now);
    }

    /// The last known value, whatever its age.
    pub fn get(&self) -> Option<&T> {
        self.value.as_ref()
    }

    /// The last known value, to change it in place.
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.value.as_mut()
    }

    /// Its standing.
    pub fn standing(&self) -> Standing<'_> {
        match (self.as_of, &self.trouble) {
            (None, None) => Standing::Waiting,
            (Some(moment), None) => Standing::Live(moment),
            (Some(moment), Some(trouble)) => Standing::Stale(moment, trouble),
            (None, Some(trouble)) => Standing::Failed(trouble),
        }
    }

    /// What went wrong last, if anything.
    pub fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }

    /// When the value was learnt.
    pub fn as_of(&self) -> Option<Moment> {
        self.as_of
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::trouble::Kind;

    #[test]
    fn a_failure_keeps_the_old_value_and_says_that_it_is_old() {
        let now = Moment::from_timestamp(1_000, 0).expect("a valid moment");
        let mut feed = Feed::default();
        assert_eq!(feed.standing(), Standing::Waiting);
        feed.accept(Err(Trouble::new(Kind::Denied, "lambda:ListFunctions", "no")), now);
        assert!(matches!(feed.standing(), Standing::Failed(_)));
        feed.accept(Ok(7), now);
        assert_eq!(feed.standing(), Standing::Live(now));
        feed.accept(Err(Trouble::new(Kind::Network, "lambda:ListFunctions", "gone")), now);
        assert!(matches!(feed.standing(), Standing::Stale(..)));
        assert_eq!(feed.get(), Some(&7));
    }
}
