//! The functions of the region: complete rounds replace each other, the first round is shown while it comes in.

use std::collections::HashMap;

use crate::model::function::Function;
use crate::model::trouble::Trouble;
use crate::store::feed::{Feed, Standing};
use crate::time::Moment;

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
    /// Raised at each change, so that derived orders know when they are old.
    pub generation: u64,
}

impl Inventory {
    /// A page of a round.
    pub fn accept_page(&mut self, functions: Vec<Function>, page: usize, last: bool, now: Moment) {
        if page == 0 {
            self.coming.clear();
        }
        if !self.complete && !last {
            // The first round: show what there is.
            let mut known = if page == 0 { Vec::new() } else { self.take() };
            known.extend(functions);
            self.set(known, now, false);
            return;
        }
        if !self.complete {
            let mut known = if page == 0 { Vec::new() } else { self.take() };
            known.extend(functions);
            self.set(known, now, true);
            return;
        }
        self.coming.extend(functions);
        if last {
            let round = std::mem::take(&mut self.coming);
            self.set(round, now, true);
        }
    }

    fn take(&mut self) -> Vec<Function> {
        self.feed.get_mut().map(std::mem::take).unwrap_or_default()
    }

    fn set(&mut self, mut functions: Vec<Function>, now: Moment, complete: bool) {
        // Reserved concurrency comes by other calls: a new round of ListFunctions must not forget it.
        if let Some(old) = self.feed.get() {
            for function in &mut functions {
                if function.reserved.is_none() {
                    function.reserved =
                        self.by_name.get(&function.name).and_then(|&at| old.get(at)).and_then(|known| known.reserved);
                }
            }
        }
        self.by_name = functions.iter().enumerate().map(|(at, function)| (function.name.clone(), at)).collect();
        self.by_group.clear();
        for (at, function) in functions.iter().enumerate() {
            self.by_group.entry(function.log_group.clone()).or_insert((at, 0)).1 += 1;
        }
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
    }

    /// All of them, in the order of the API.
    pub fn all(&self) -> &[Function] {
        self.feed.get().map_or(&[], Vec::as_slice)
    }

    /// One of them.
    pub fn get(&self, name: &str) -> Option<&Function> {
        self.by_name.get(name).map(|&at| &self.all()[at])
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
