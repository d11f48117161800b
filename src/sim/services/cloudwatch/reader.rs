//! Reads the world's minutes as CloudWatch would have stored them.

use super::samples::{Samples, Statistic};
use super::series::Series;
use crate::sim::world::catalog::ApiId;
use crate::sim::world::tally::MINUTE;
use crate::sim::world::{Millis, World};

/// Nothing is known from before: the account begins with three hours of history.
const HISTORY: Millis = 3 * 60 * MINUTE;

/// Datapoints, oldest first.
pub type Points = Vec<(Millis, f64)>;

/// One request's view of the metrics: what is over by now.
pub struct Reader<'a> {
    world: &'a World,
    from: Millis,
    until: Millis,
}

impl<'a> Reader<'a> {
    /// What is known at `now`: whole minutes only, the running one has not been reported yet.
    pub fn new(world: &'a World, now: Millis) -> Reader<'a> {
        let from = (world.born - HISTORY).div_euclid(MINUTE) * MINUTE;
        Reader { world, from, until: now.div_euclid(MINUTE) * MINUTE }
    }

    /// The first moment that has not been reported yet.
    pub fn until(&self) -> Millis {
        self.until
    }

    /// Adds what was observed in `from..to` to the samples; minutes count by their beginnings.
    pub fn observe(&self, series: &Series, from: Millis, to: Millis, samples: &mut Samples) {
        let first = from.max(self.from).div_euclid(MINUTE);
        let last = to.min(self.until).div_euclid(MINUTE);
        for minute in (first..last).map(|minute| minute * MINUTE) {
            self.minute(series, minute, samples);
        }
    }

    fn minute(&self, series: &Series, minute: Millis, samples: &mut Samples) {
        match series {
            Series::Fleet(read) => read(&self.world.fleet_tally(minute), samples),
            Series::Function { function, qualifier, executed, read } => match (qualifier, executed) {
                (Some(alias), Some(version)) => {
                    read(&self.world.tally_executed(*function, minute, alias, *version), samples);
                }
                _ => read(&self.world.tally(*function, minute, qualifier.as_deref()), samples),
            },
            Series::Queue { mapping, read } => read(&self.world.queue_tally(*mapping, minute), samples),
            Series::Api { apis, stage, route, read } => {
                for &id in apis {
                    let api = &self.world.catalog.apis[id];
                    let detailed = route.as_ref().map(|(method, path)| self.detailed(id, method, path, minute));
                    if detailed.as_ref().is_some_and(|stages| !stages.contains(&true)) {
                        continue;
                    }
                    for request in self.world.seen(id, minute).iter() {
                        let in_stage = stage.as_ref().is_none_or(|stage| {
                            api.stages.get(usize::from(request.stage)).is_some_and(|s| s.name == *stage)
                        });
                        let in_route = route.as_ref().is_none_or(|(method, path)| {
                            api.routes
                                .get(usize::from(request.route))
                                .is_some_and(|r| r.method == *method && r.path == *path)
                        });
                        let is_metered = detailed.as_ref().is_none_or(|stages| stages[usize::from(request.stage)]);
                        if in_stage && in_route && is_metered {
                            read(api, request, samples);
                        }
                    }
                }
            }
        }
    }

    /// Of each stage of an API whether it told the metrics of a method by itself in a minute.
    fn detailed(&self, api: ApiId, method: &str, path: &str, minute: Millis) -> Vec<bool> {
        let stages = 0..self.world.catalog.apis[api].stages.len();
        stages.map(|stage| self.world.stage(api, stage, minute).detailed(path, method)).collect()
    }

    /// Datapoints of some series together, oldest first: one for each period of `period` ms that begins in `from..to`
    /// (its boundaries at multiples of the period) and saw anything.
    pub fn points(&self, series: &[&Series], statistic: Statistic, period: Millis, from: Millis, to: Millis) -> Points {
        // StartTime is rounded down to its minute; a period that began before it is left out.
        let from = from.max(self.from).div_euclid(MINUTE) * MINUTE;
        let first = (from + period - 1).div_euclid(period) * period;
        let mut points = Vec::new();
        let mut start = first;
        while start < to.min(self.until) {
            let mut samples = Samples::new(statistic.needs_values());
            for one in series {
                // EndTime is exclusive, and cuts its period short.
                self.observe(one, start, (start + period).min(to), &mut samples);
            }
            points.extend(samples.statistic(statistic).map(|value| (start, value)));
            start += period;
        }
        points
    }
}
