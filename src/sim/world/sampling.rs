//! Which requests send segments: the sampling rules of the account, as its API stages follow them. Functions that nobody
//! requested through a stage follow none: Lambda takes one a second and 5 % of the rest, and nobody can change that.

use std::collections::HashMap;

use super::catalog::{ApiId, Catalog};
use super::dice::Dice;
use super::invocation::ApiRequest;
use super::scenario::Scenario;
use super::{Millis, World};

/// A sampling rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// RuleName.
    pub name: &'static str,
    /// The rule with the lowest that matches holds.
    pub priority: u32,
    /// Requests that each stage samples every second whatever the rate is.
    pub reservoir: u32,
    /// Share of the rest, 0 to 1.
    pub rate: f64,
    /// ServiceName: `api/stage`, with `*` and `?`.
    pub service: &'static str,
    /// HTTPMethod.
    pub method: &'static str,
    /// URLPath, stage included.
    pub path: &'static str,
}

/// The rule of Lambda, and of the stages where no other holds.
pub const DEFAULT: Rule =
    Rule { name: "Default", priority: 10_000, reservoir: 1, rate: 0.05, service: "*", method: "*", path: "*" };

/// Every checkout counts, and one read of the catalog is like another.
const OWN: [Rule; 2] = [
    Rule {
        name: "checkout",
        priority: 100,
        reservoir: 5,
        rate: 0.5,
        service: "shop-api/*",
        method: "POST",
        path: "*/checkout",
    },
    Rule {
        name: "catalog-reads",
        priority: 200,
        reservoir: 1,
        rate: 0.01,
        service: "shop-api/*",
        method: "GET",
        path: "*/catalog/*",
    },
];

/// All rules of an account, by priority; the last matches everything.
pub fn rules(scenario: &Scenario) -> Vec<Rule> {
    let mut rules = OWN.to_vec();
    rules.push(Rule { rate: scenario.default_sampling.unwrap_or(DEFAULT.rate), ..DEFAULT });
    rules
}

/// What has been taken from the reservoirs: of each rule and stage, or of a function, in each second.
#[derive(Default)]
pub struct Reservoirs(HashMap<(usize, usize, Millis), u32>);

impl Reservoirs {
    /// Whether the request or invocation `key` is sampled by `rule`, the one with that number, at that stage.
    pub fn sample(&mut self, seed: u64, rule: (usize, &Rule), stage: usize, at: Millis, key: u64) -> bool {
        let taken = self.0.entry((rule.0, stage, at / 1000)).or_default();
        *taken += 1;
        *taken <= rule.1.reservoir || Dice::of(&[seed, key, 4]).chance(rule.1.rate)
    }
}

impl Rule {
    fn matches(&self, catalog: &Catalog, api: ApiId, stage: usize, route: usize) -> bool {
        let api = &catalog.apis[api];
        let (stage, route) = (&api.stages[stage].name, &api.routes[route]);
        (self.method == "*" || self.method == route.method)
            && like(self.service, &format!("{}/{stage}", api.name))
            && like(self.path, &format!("/{stage}{}", route.path))
    }
}

/// Whether a text is like a pattern with `*` and `?`.
fn like(pattern: &str, text: &str) -> bool {
    match pattern.chars().next() {
        None => text.is_empty(),
        Some('*') => {
            let rest = &pattern[1..];
            text.char_indices().any(|(at, _)| like(rest, &text[at..])) || like(rest, "")
        }
        Some(wanted) => {
            let mut rest = text.chars();
            let found = rest.next();
            found.is_some_and(|found| wanted == '?' || wanted == found)
                && like(&pattern[wanted.len_utf8()..], rest.as_str())
        }
    }
}

impl World {
    /// The sampling rules, by priority.
    pub fn sampling_rules(&self) -> &[Rule] {
        &self.sampling
    }

    /// The rule that holds for the requests of a route at a stage, with its number.
    pub fn sampling_rule(&self, api: ApiId, stage: usize, route: usize) -> (usize, &Rule) {
        let mut all = self.sampling.iter().enumerate();
        let found = all.find(|(_, rule)| rule.matches(&self.catalog, api, stage, route));
        found.unwrap_or((self.sampling.len() - 1, &self.sampling[self.sampling.len() - 1]))
    }

    /// Requests that a rule decided about in `t0..t1`, and how many of them were sampled, for each rule.
    pub fn sampling_statistics(&self, t0: Millis, t1: Millis) -> Vec<(u32, u32)> {
        let mut counts = vec![(0, 0); self.sampling.len()];
        for api in 0..self.catalog.apis.len() {
            let decided = |request: &ApiRequest| {
                // A stage that turns a request away asks no rule.
                request.status != 429 && self.stage(api, request.stage, request.start).traced
            };
            for request in self.api_requests(api, t0, t1).iter().filter(|request| decided(request)) {
                let count = &mut counts[self.sampling_rule(api, request.stage, request.route).0];
                count.0 += 1;
                count.1 += u32::from(request.sampled);
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BORN: Millis = 1_795_000_000_000;

    #[test]
    fn patterns_match_as_in_sampling_rules() {
        for (pattern, text) in [("*", ""), ("*", "/a"), ("/a?c", "/abc"), ("*/b/*", "/prod/b/c"), ("a*", "a")] {
            assert!(like(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("", "a"), ("?", ""), ("*/b", "/a/b/c"), ("a", "ab")] {
            assert!(!like(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn requests_are_sampled_as_their_rules_say() {
        let world = World::new("calm", 7, 0, BORN).unwrap();
        let counts = world.sampling_statistics(BORN - 120_000, BORN);
        let share = |rule: usize| f64::from(counts[rule].1) / f64::from(counts[rule].0);
        assert!(share(0) > 0.99, "five a second are more checkouts than there are: {counts:?}");
        assert!((0.1..0.5).contains(&share(1)) && counts[1].0 > 500, "{counts:?}");
        let all = World::new("spans", 7, 0, BORN).unwrap().sampling_statistics(BORN - 120_000, BORN);
        assert_eq!(all[2].0, all[2].1, "Transaction Search wants all");
    }

    #[test]
    fn every_sampled_request_was_counted_once() {
        let world = World::new("shop", 7, 0, BORN).unwrap();
        let (from, to) = (BORN - 300_000, BORN);
        let sampled: u32 = world.sampling_statistics(from, to).iter().map(|(_, sampled)| sampled).sum();
        let traces = world.traces(from, to).iter().filter(|trace| trace.request.is_some()).count();
        assert_eq!(sampled as usize, traces);
    }
}
