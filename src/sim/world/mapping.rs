//! Event source mappings over time: enabled or not, how much at once, and what waits in the source meanwhile.
//!
//! A change takes some seconds, in which the mapping does what it did before. What arrives at the source of a disabled
//! mapping waits there; once it is enabled again, it is worked off, the oldest first, as fast as the mapping may.

use super::catalog::FunctionId;
use super::change::What;
use super::{Millis, World};

/// How long a mapping is Enabling, Disabling or Updating. Lambda takes between some seconds and a minute.
pub const TRANSITION: Millis = 5_000;
/// Batches that a source keeps for a disabled mapping; what comes beyond is lost, as after the retention of a queue.
const KEPT: usize = 20_000;
/// Batches that a mapping without a limit hands over at once: Lambda begins with five pollers.
const POLLERS: u32 = 5;

/// A mapping at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct MappingState {
    /// It is, or is about to be, enabled.
    pub enabled: bool,
    /// `Enabled`, `Disabled`, `Enabling`, `Disabling` or `Updating`.
    pub state: &'static str,
    /// BatchSize.
    pub batch_size: u32,
    /// ScalingConfig.MaximumConcurrency.
    pub maximum_concurrency: Option<u32>,
    /// LastModified; none where nobody has changed it.
    pub changed: Option<Millis>,
}

impl MappingState {
    /// A change is under way.
    pub fn is_in_transition(&self) -> bool {
        !matches!(self.state, "Enabled" | "Disabled")
    }
}

/// What waits in the source of a mapping.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Waiting {
    /// Batches.
    pub batches: usize,
    /// When the oldest of them came.
    pub oldest: Option<Millis>,
}

/// A time without polling, and what came in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pause {
    /// Begin.
    pub from: Millis,
    /// End; none while it lasts.
    pub until: Option<Millis>,
    /// Batches handed over at once when it is over.
    pub hands: u32,
}

impl World {
    /// A mapping (its index in the catalog) at a moment.
    pub fn mapping(&self, mapping: usize, at: Millis) -> MappingState {
        let spec = &self.catalog.mappings[mapping];
        let settled = if spec.enabled { "Enabled" } else { "Disabled" };
        let mut state = MappingState {
            enabled: spec.enabled,
            state: settled,
            batch_size: spec.batch_size,
            maximum_concurrency: spec.maximum_concurrency,
            changed: None,
        };
        self.changes_with(|list| {
            for change in list.iter().take_while(|change| change.at <= at) {
                let What::UpdateMapping { mapping: one, enabled, batch_size, maximum_concurrency, .. } = &change.what
                else {
                    continue;
                };
                if *one != mapping {
                    continue;
                }
                let was = state.enabled;
                state.enabled = enabled.unwrap_or(was);
                state.batch_size = batch_size.unwrap_or(state.batch_size);
                state.maximum_concurrency = maximum_concurrency.unwrap_or(state.maximum_concurrency);
                // Told again what it is, it is updated all the same.
                let under_way = at < change.at + TRANSITION;
                state.state = match (under_way, was, state.enabled) {
                    (true, false, true) => "Enabling",
                    (true, true, false) => "Disabling",
                    (true, ..) => "Updating",
                    (false, _, true) => "Enabled",
                    (false, _, false) => "Disabled",
                };
                state.changed = Some(if under_way { change.at } else { change.at + TRANSITION });
            }
        });
        state
    }

    /// The mapping polls its source: it is enabled, or has not stopped yet.
    pub fn mapping_enabled(&self, mapping: usize, at: Millis) -> bool {
        !self.pauses(mapping, at).iter().any(|pause| pause.from <= at && pause.until.is_none_or(|until| at < until))
    }

    /// ScalingConfig.MaximumConcurrency in force at a moment.
    pub fn mapping_concurrency(&self, mapping: usize, at: Millis) -> Option<u32> {
        self.mapping(mapping, at).maximum_concurrency
    }

    /// The times without polling that had begun by `before`, in their order.
    pub(super) fn pauses(&self, mapping: usize, before: Millis) -> Vec<Pause> {
        let spec = &self.catalog.mappings[mapping];
        let hands = |most: Option<u32>| if spec.source_arn.contains(":sqs:") { most.unwrap_or(POLLERS) } else { 1 };
        let begin = |from| Pause { from, until: None, hands: hands(spec.maximum_concurrency) };
        let mut pauses: Vec<Pause> = Vec::new();
        if !spec.enabled {
            pauses.push(begin(super::settings::ALWAYS));
        }
        let mut most = spec.maximum_concurrency;
        self.changes_with(|list| {
            for change in list.iter().take_while(|change| change.at <= before) {
                let What::UpdateMapping { mapping: one, enabled, maximum_concurrency, .. } = &change.what else {
                    continue;
                };
                if *one != mapping {
                    continue;
                }
                most = maximum_concurrency.unwrap_or(most);
                let open = pauses.last_mut().filter(|pause| pause.until.is_none());
                match (enabled, open) {
                    (Some(true), Some(pause)) => {
                        pause.until = Some(change.at + TRANSITION);
                        pause.hands = hands(most).max(1);
                    }
                    (Some(false), None) => pauses.push(begin(change.at + TRANSITION)),
                    _ => {}
                }
            }
        });
        pauses
    }

    /// What waits in the source of a mapping because nobody polls it, or because what waited is still being worked off.
    pub fn mapping_backlog(&self, mapping: usize, at: Millis) -> Waiting {
        let function = self.catalog.mappings[mapping].function;
        let mut waiting = Waiting::default();
        for pause in self.pauses(mapping, at).into_iter().filter(|pause| pause.from <= at) {
            for held in self.held(function, mapping, &pause, at) {
                if held.came <= at && held.handed_over.is_none_or(|over| over > at) {
                    waiting.batches += 1;
                    waiting.oldest = waiting.oldest.or(Some(held.came));
                }
            }
        }
        waiting
    }

    /// The batches that came in a pause up to `before`, each with the moment when it is handed over.
    pub(super) fn held(&self, function: FunctionId, mapping: usize, pause: &Pause, before: Millis) -> Vec<Held> {
        if pause.from == super::settings::ALWAYS {
            return Vec::new();
        }
        let end = pause.until.unwrap_or(before).min(before);
        let pace = self.catalog.functions[function].character.duration_p50_ms.max(20.0) / f64::from(pause.hands);
        let mut came = super::arrivals::offered(self, function, mapping, (pause.from, end), KEPT);
        came.sort_unstable();
        let handed_over = |place: usize| pause.until.map(|until| until + (place as f64 * pace) as Millis);
        let held = came.into_iter().take(KEPT).enumerate();
        held.map(|(place, (came, number))| Held { came, number, handed_over: handed_over(place) }).collect()
    }
}

/// A batch that waits while its mapping is disabled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Held {
    /// When it came.
    pub came: Millis,
    /// Tells it apart from others of its second.
    pub number: u64,
    /// When the function is invoked with it; none while the mapping is disabled.
    pub handed_over: Option<Millis>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::world::invocation::Cause;

    const BORN: Millis = 1_795_000_000_000;
    const MINUTE: Millis = 60_000;

    fn update(world: &World, mapping: usize, at: Millis, enabled: Option<bool>, most: Option<Option<u32>>) {
        let function = world.catalog.mappings[mapping].function;
        let what = What::UpdateMapping { function, mapping, enabled, batch_size: None, maximum_concurrency: most };
        world.change(at, what);
    }

    /// What the mapping handed over in a time, by the moment.
    fn batches(world: &World, mapping: usize, from: Millis, until: Millis) -> Vec<Millis> {
        let all = world.invocations(world.catalog.mappings[mapping].function, from, until);
        let ours = all.iter().filter(|one| one.cause == Cause::Mapping(mapping));
        ours.map(|one| one.start - one.init_ms.unwrap_or(0.0) as Millis).collect()
    }

    #[test]
    fn a_disabled_mapping_stops_and_its_backlog_is_worked_off_later() {
        let (world, undisturbed) = (World::new("calm", 7, 0, BORN).unwrap(), World::new("calm", 7, 0, BORN).unwrap());
        let mapping = 0;
        let usual = batches(&undisturbed, mapping, BORN, BORN + 40 * MINUTE).len();
        update(&world, mapping, BORN, Some(false), None);
        assert_eq!(world.mapping(mapping, BORN + 1000).state, "Disabling");
        assert_eq!(world.mapping(mapping, BORN + TRANSITION).state, "Disabled");
        assert!(world.mapping_enabled(mapping, BORN + 4_000) && !world.mapping_enabled(mapping, BORN + 5_000));
        assert!(batches(&world, mapping, BORN + 10_000, BORN + 20 * MINUTE).is_empty());
        let waiting = world.mapping_backlog(mapping, BORN + 20 * MINUTE);
        assert!(waiting.batches > 500 && waiting.oldest < Some(BORN + MINUTE), "{waiting:?}");

        update(&world, mapping, BORN + 20 * MINUTE, Some(true), None);
        assert_eq!(world.mapping(mapping, BORN + 20 * MINUTE).state, "Enabling");
        let after = BORN + 20 * MINUTE + TRANSITION;
        assert_eq!(world.mapping(mapping, after).changed, Some(after));
        let most = world.mapping_concurrency(mapping, after).unwrap();
        let soon = batches(&world, mapping, after, after + MINUTE).len();
        assert!(soon > waiting.batches, "{most} at once work it off within a minute: {soon} of {}", waiting.batches);
        assert_eq!(world.mapping_backlog(mapping, BORN + 40 * MINUTE), Waiting::default());
        let all = batches(&world, mapping, BORN, BORN + 40 * MINUTE).len();
        assert!(all.abs_diff(usual) <= 3, "nothing is lost and nothing comes twice: {all} of {usual}");
    }

    #[test]
    fn a_limit_comes_and_goes_by_an_update() {
        let world = World::new("calm", 7, 0, BORN).unwrap();
        update(&world, 1, BORN, None, Some(Some(2)));
        assert_eq!((world.mapping_concurrency(1, BORN), world.mapping(1, BORN).state), (Some(2), "Updating"));
        assert_eq!(world.mapping_concurrency(1, BORN - 1), None);
        update(&world, 1, BORN + 10_000, None, Some(None));
        assert_eq!(world.mapping_concurrency(1, BORN + 10_000), None);
        assert!(world.mapping_enabled(1, BORN + 10_000), "an update does not stop it");
        assert_eq!(world.mapping(1, BORN + 20_000).state, "Enabled");
    }

    #[test]
    fn a_stream_has_one_hand_for_each_shard() {
        let world = World::new("calm", 7, 0, BORN).unwrap();
        let stream = world.catalog.mappings.iter().position(|one| one.source_arn.contains(":kinesis:")).unwrap();
        update(&world, stream, BORN, Some(false), None);
        update(&world, stream, BORN + 10 * MINUTE, Some(true), None);
        let after = BORN + 10 * MINUTE + TRANSITION;
        let found = batches(&world, stream, after, after + 30_000);
        assert!(found.len() > 100 && found.len() < 300, "140 ms each: {}", found.len());
    }
}
