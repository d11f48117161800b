//! Where the account's segments go: to X-Ray, or to CloudWatch Logs as spans, of which X-Ray then indexes a part.

use super::change::What;
use super::dice::hash_text;
use super::settings::ALWAYS;
use super::{Millis, World};

/// How long after UpdateTraceSegmentDestination segments still go where they went: a few minutes in life.
const SETTLES_MS: Millis = 15_000;
/// DesiredSamplingPercentage until somebody changes it: what AWS indexes for nothing.
const INDEXED_PERCENTAGE: f64 = 1.0;

/// Destination of GetTraceSegmentDestination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// X-Ray keeps every trace.
    XRay,
    /// Transaction Search: every segment becomes spans in the log group `aws/spans`.
    CloudWatchLogs,
}

impl World {
    /// What was chosen, from each moment on, the first from the beginning.
    fn destinations(&self) -> Vec<(Millis, Destination)> {
        let first = if self.scenario.spans { Destination::CloudWatchLogs } else { Destination::XRay };
        let mut all = vec![(ALWAYS, first)];
        self.changes_with(|list| {
            for change in list {
                if let What::Destination(chosen) = change.what
                    && all.last().is_some_and(|(_, last)| *last != chosen)
                {
                    all.push((change.at, chosen));
                }
            }
        });
        all
    }

    /// Where the segments of a trace go whose root begins at `at`.
    pub fn destination(&self, at: Millis) -> Destination {
        let all = self.destinations();
        all.iter().rev().find(|(since, _)| since + SETTLES_MS <= at).map_or(all[0].1, |(_, chosen)| *chosen)
    }

    /// What was chosen last at `at`, and whether it is in force already.
    pub fn chosen_destination(&self, at: Millis) -> (Destination, bool) {
        let all = self.destinations();
        let (since, chosen) = *all.iter().rev().find(|(since, _)| *since <= at).unwrap_or(&all[0]);
        (chosen, since + SETTLES_MS <= at)
    }

    /// There is a log group `aws/spans`: it was made when somebody chose it, and stays.
    pub fn has_spans(&self) -> bool {
        self.destinations().iter().any(|(_, chosen)| *chosen == Destination::CloudWatchLogs)
    }

    /// DesiredSamplingPercentage at a moment, and since when it holds.
    pub fn indexing(&self, at: Millis) -> (f64, Option<Millis>) {
        let mut found = (INDEXED_PERCENTAGE, None);
        self.changes_with(|list| {
            let changed = list.iter().rev().filter(|change| change.at <= at).find_map(|change| match change.what {
                What::Indexing(percentage) => Some((percentage, Some(change.at))),
                _ => None,
            });
            found = changed.unwrap_or(found);
        });
        found
    }

    /// X-Ray itself has the trace whose root began at `start`: where segments go to logs, it has the indexed ones.
    pub fn in_xray(&self, trace: &str, start: Millis) -> bool {
        let drawn = (hash_text(trace) >> 11) as f64 / (1_u64 << 53) as f64;
        self.destination(start) == Destination::XRay || drawn * 100.0 < self.indexing(start).0
    }

    /// How long after the start of its root something of a trace may still begin, inits included.
    pub fn longest_trace(&self) -> Millis {
        let traced = (0..self.catalog.functions.len()).filter(|function| self.catalog.functions[*function].traced);
        traced.map(|function| self.longest_from(function)).max().unwrap_or(0)
    }

    fn longest_from(&self, function: super::catalog::FunctionId) -> Millis {
        let own = Millis::from(self.catalog.functions[function].timeout_s) * 1000 + super::LONGEST_INIT;
        let then = self.callees(function).iter().filter(|(callee, ..)| *callee != function);
        own + then.map(|(callee, ..)| self.longest_from(*callee)).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BORN: Millis = 1_795_000_000_000;

    #[test]
    fn a_choice_takes_its_time_and_is_remembered() {
        let world = World::new("calm", 7, 0, BORN).unwrap();
        assert_eq!(world.chosen_destination(BORN), (Destination::XRay, true));
        assert!(!world.has_spans());
        world.change(BORN, What::Destination(Destination::CloudWatchLogs));
        assert_eq!(world.chosen_destination(BORN + 1), (Destination::CloudWatchLogs, false));
        assert_eq!(world.destination(BORN + 1), Destination::XRay);
        let later = BORN + SETTLES_MS;
        assert_eq!(world.chosen_destination(later), (Destination::CloudWatchLogs, true));
        assert_eq!(
            (world.destination(later), world.destination(BORN - 1)),
            (Destination::CloudWatchLogs, Destination::XRay)
        );
        world.change(later, What::Destination(Destination::XRay));
        assert_eq!(world.destination(later + SETTLES_MS), Destination::XRay);
        assert!(world.has_spans(), "the group stays");
    }

    #[test]
    fn one_in_a_hundred_is_indexed_until_somebody_asks_for_more() {
        let world = World::new("spans", 7, 0, BORN).unwrap();
        let traces = world.traces(BORN - 600_000, BORN);
        let indexed = |at: Millis| {
            traces.iter().filter(|trace| world.in_xray(&trace.id, at)).count() as f64 / traces.len() as f64
        };
        assert!((0.002..0.02).contains(&indexed(BORN)), "{}", indexed(BORN));
        world.change(BORN, What::Indexing(50.0));
        assert_eq!(world.indexing(BORN), (50.0, Some(BORN)));
        assert!((0.45..0.55).contains(&indexed(BORN)) && indexed(BORN - 1) < 0.02);
        world.change(BORN + 1, What::Indexing(100.0));
        assert!(traces.iter().all(|trace| world.in_xray(&trace.id, BORN + 1)));
    }
}
