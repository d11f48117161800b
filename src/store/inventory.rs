//! The functions of the region: complete rounds replace each other, the first round is shown while it comes in.

use std::collections::{HashMap, HashSet};

use crate::model::function::Function;
use crate::model::trouble::Trouble;
use crate::store::feed::{Feed, Standing};
use crate::time::Moment;

/// Names of deleted functions that are remembered.
const GONE: usize = 10_000;

/// Every function known.
#[derive(Debug, Default)]
pub struct Inventory {
    feed: Feed<Vec<Function>>,
    by_name: HashMap<String, usize>,
    /// Log groups with the place of their first writer and how many write there: asked for at each frame, and for each
    /// group of the palette.
    by_group: HashMap<String, (usize, usize)>,
    coming: Vec<Function>,
    complete: bool,
    /// Functions that were listed once and are not any more.
    gone: HashSet<String>,
    /// Raised at each change, so that derived orders know when they are old.
    pub generation: u64,
    /// Raised when functions change places: until then new ones are only put behind those that are there.
    pub arrangement: u64,
    /// Raised when functions change in their places.
    pub edits: u64,
}

impl Inventory {
    /// A page of a round.
    pub fn accept_page(&mut self, functions: Vec<Function>, page: usize, last: bool, now: Moment) {
        if page == 0 {
            self.coming.clear();
        }
        if self.complete {
            self.coming.extend(functions);
            if last {
                let round = std::mem::take(&mut self.coming);
                self.replace(round, now, true);
            }
        } else if page == 0 {
            self.replace(functions, now, last);
        } else {
            self.append(functions, now, last);
        }
    }

    /// A further page of the first round: shown at once, and without touching those that are there.
    fn append(&mut self, functions: Vec<Function>, now: Moment, complete: bool) {
        let mut known = self.feed.get_mut().map(std::mem::take).unwrap_or_default();
        known.reserve(functions.len());
        for function in functions {
            self.index(&function, known.len());
            known.push(function);
        }
        self.accept(known, now, complete);
    }

    fn replace(&mut self, mut functions: Vec<Function>, now: Moment, complete: bool) {
        if let Some(old) = self.feed.get() {
            // Reserved concurrency comes by other calls: a new round of ListFunctions must not forget it.
            for function in &mut functions {
                if function.reserved.is_none() {
                    function.reserved =
                        self.by_name.get(&function.name).and_then(|&at| old.get(at)).and_then(|known| known.reserved);
                }
            }
        }
        let before = std::mem::take(&mut self.by_name);
        self.by_group.clear();
        for (at, function) in functions.iter().enumerate() {
            self.index(function, at);
        }
        self.gone.retain(|name| !self.by_name.contains_key(name));
        if complete {
            if self.gone.len() > GONE {
                self.gone.clear();
            }
            self.gone.extend(before.into_keys().filter(|name| !self.by_name.contains_key(name)));
        }
        self.arrangement += 1;
        self.accept(functions, now, complete);
    }

    fn index(&mut self, function: &Function, at: usize) {
        self.by_name.insert(function.name.clone(), at);
        self.by_group.entry(function.log_group.clone()).or_insert((at, 0)).1 += 1;
    }

    fn accept(&mut self, functions: Vec<Function>, now: Moment, complete: bool) {
        if complete {
            self.feed.accept(Ok(functions), now);
        } else {
            self.feed.accept_part(functions, now);
        }
        self.complete |= complete;
        self.generation += 1;
    }

    /// The round failed; what is known stays.
    pub fn fail(&mut self, trouble: Trouble, now: Moment) {
        self.feed.accept(Err(trouble), now);
    }

    /// Reserved concurrency, asked for as functions come into view.
    pub fn accept_reserved(&mut self, reserved: Vec<(String, Option<u32>)>) {
        let Some(functions) = self.feed.get_mut() else { return };
        for (name, value) in reserved {
            if let Some(function) = self.by_name.get(&name).and_then(|&at| functions.get_mut(at)) {
                function.reserved = Some(value);
            }
        }
        self.generation += 1;
        self.edits += 1;
    }

    /// All of them, in the order of the API.
    pub fn all(&self) -> &[Function] {
        self.feed.get().map_or(&[], Vec::as_slice)
    }

    /// One of them.
    pub fn get(&self, name: &str) -> Option<&Function> {
        self.by_name.get(name).map(|&at| &self.all()[at])
    }

    /// Its place in [`Inventory::all`].
    pub fn place(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// It was listed once, and the last complete round is without it: it was deleted, or has another name now.
    pub fn is_gone(&self, name: &str) -> bool {
        self.gone.contains(name)
    }

    /// The function whose log group this is, if exactly one writes there.
    pub fn of_log_group(&self, group: &str) -> Option<&Function> {
        let (first, writers) = self.by_group.get(group)?;
        if *writers == 1 { self.all().get(*first) } else { None }
    }

    /// Several functions write into this group.
    pub fn is_shared_group(&self, group: &str) -> bool {
        self.by_group.get(group).is_some_and(|(_, writers)| *writers > 1)
    }

    /// The last round was complete.
    pub fn complete(&self) -> bool {
        self.complete
    }

    /// Its standing.
    pub fn standing(&self) -> Standing<'_> {
        self.feed.standing()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(name: &str) -> Function {
        Function { name: name.into(), ..Function::default() }
    }

    #[test]
    fn the_first_round_shows_as_it_comes_and_later_rounds_replace_it_whole() {
        let now = Moment::from_timestamp(1_000, 0).expect("a valid moment");
        let mut inventory = Inventory::default();
        inventory.accept_page(vec![function("a")], 0, false, now);
        assert_eq!(inventory.all().len(), 1);
        assert!(!inventory.complete());
        inventory.accept_page(vec![function("b")], 1, true, now);
        assert_eq!(inventory.all().len(), 2);
        assert!(inventory.complete());
        inventory.accept_reserved(vec![("b".into(), Some(5))]);
        inventory.accept_page(vec![function("b")], 0, false, now);
        assert_eq!(inventory.all().len(), 2, "half a round replaces nothing");
        inventory.accept_page(vec![function("c")], 1, true, now);
        assert_eq!(inventory.all().iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["b", "c"]);
        assert_eq!(inventory.get("b").expect("b is listed").reserved, Some(Some(5)));
        assert!(inventory.get("a").is_none());
        assert!(inventory.is_gone("a") && !inventory.is_gone("b") && !inventory.is_gone("never"));
        inventory.accept_page(vec![function("a"), function("b")], 0, true, now);
        assert!(!inventory.is_gone("a") && inventory.is_gone("c"), "one that comes back is not gone");
    }

    #[test]
    fn pages_of_the_first_round_leave_those_before_in_their_places() {
        let now = Moment::from_timestamp(1_000, 0).expect("a valid moment");
        let mut inventory = Inventory::default();
        inventory.accept_page(vec![function("a")], 0, false, now);
        let arrangement = inventory.arrangement;
        inventory.accept_page(vec![function("b"), function("c")], 1, false, now);
        inventory.accept_page(vec![function("d")], 2, true, now);
        assert_eq!(inventory.arrangement, arrangement);
        assert_eq!(["a", "b", "c", "d"].map(|name| inventory.place(name)), [0, 1, 2, 3].map(Some));
        inventory.accept_page(vec![function("d")], 0, true, now);
        assert_ne!(inventory.arrangement, arrangement);
    }

    #[test]
    fn a_group_knows_its_only_writer_and_whether_it_is_shared() {
        let now = Moment::from_timestamp(1_000, 0).expect("a valid moment");
        let writer = |name: &str, group: &str| Function { log_group: group.into(), ..function(name) };
        let mut inventory = Inventory::default();
        inventory.accept_page(vec![writer("a", "/own"), writer("b", "/shop"), writer("c", "/shop")], 0, true, now);
        assert_eq!(inventory.of_log_group("/own").map(|function| function.name.as_str()), Some("a"));
        assert!(inventory.of_log_group("/shop").is_none() && inventory.is_shared_group("/shop"));
        assert!(!inventory.is_shared_group("/own") && !inventory.is_shared_group("/none"));
        inventory.accept_page(vec![writer("c", "/shop")], 0, true, now);
        assert_eq!(inventory.of_log_group("/shop").map(|function| function.name.as_str()), Some("c"));
    }
}
