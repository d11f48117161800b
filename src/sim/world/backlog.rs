//! Batches that wait: a queue or stream that fills up faster than its mapping empties it. The pollers of a queue hand over at
//! most MaximumConcurrency batches at once, those of a stream one for each shard; what comes meanwhile waits its turn.
//!
//! Which batches wait at the start of a block follows from the block before it, and so on back to the beginning of the
//! backlog, which the scenario names: before it nothing waits.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;

use super::arrivals::{Arrival, offered, trace_id};
use super::block::{self, start_of};
use super::catalog::FunctionId;
use super::fate::key;
use super::invocation::{Cause, Invocation, Outcome};
use super::mapping::Pause;
use super::tally::{MINUTE, QueueTally};
use super::{Millis, World};

/// Pollers that were throttled leave the function alone for so long.
const BACK_OFF: Millis = 5_000;

/// What waits for a function in the course of a block.
pub struct Line {
    hands: usize,
    /// In the order in which they will have their turn.
    waiting: VecDeque<Arrival>,
    /// The ends of those at work.
    busy: BinaryHeap<Reverse<Millis>>,
    not_before: Millis,
    /// The times without polling.
    pauses: Vec<Pause>,
    /// Whose turn it is, as it was in the line.
    current: Option<Arrival>,
}

impl Line {
    /// The line as the block finds it; none where nothing ever waits in it.
    pub fn at_start_of(world: &World, function: FunctionId, block: i64) -> Option<Self> {
        let hands = world.hands(function, block)?;
        let start = start_of(block);
        let mapping = world.catalog.mappings.iter().position(|mapping| mapping.function == function)?;
        let before = world.planned(function, block - 1);
        let ends = before.iter().filter(|one| is_batch(one)).map(end_of).filter(|end| *end > start);
        Some(Self {
            hands,
            waiting: world.waiting(function, block).iter().cloned().collect(),
            busy: ends.map(Reverse).collect(),
            not_before: start,
            pauses: world.pauses(mapping, start_of(block + 1)),
            current: None,
        })
    }

    /// A batch joins the end of the line.
    pub fn join(&mut self, arrival: &Arrival) {
        self.waiting.push_back(arrival.clone());
    }

    /// The first in the line, if a hand is free for it before `until`: it arrives when that is.
    pub fn turn(&mut self, until: Millis) -> Option<Arrival> {
        let first = self.waiting.front()?;
        let earliest = first.at.max(self.not_before);
        while self.busy.peek().is_some_and(|Reverse(end)| *end <= earliest) {
            self.busy.pop();
        }
        let free = if self.busy.len() < self.hands { earliest } else { self.busy.peek().map_or(earliest, |end| end.0) };
        // Nobody polls in a pause; one that lasts has no end in sight.
        let paused = self.pauses.iter().rfind(|pause| pause.from <= free && pause.until.is_none_or(|end| free < end));
        let free = paused.map_or(free, |pause| pause.until.unwrap_or(Millis::MAX));
        if free >= until {
            return None;
        }
        let first = self.waiting.pop_front()?;
        let key = key(free, &[first.key, 18]);
        let waited = first.waited + free - first.at;
        let arrival = Arrival { key, at: free, trace_id: trace_id(free, key), waited, ..first.clone() };
        self.current = Some(first);
        Some(arrival)
    }

    /// What became of it: a hand is at work, or the batch goes back to the head of the line.
    pub fn took(&mut self, invocation: &Invocation) {
        let Some(current) = self.current.take() else { return };
        if matches!(invocation.outcome, Outcome::Throttled { .. }) {
            self.waiting.push_front(current);
            self.not_before = invocation.start + BACK_OFF;
            return;
        }
        if self.busy.len() >= self.hands {
            self.busy.pop();
        }
        self.busy.push(Reverse(end_of(invocation)));
    }
}

fn is_batch(one: &Invocation) -> bool {
    matches!(one.cause, Cause::Mapping(_)) && !matches!(one.outcome, Outcome::Throttled { .. })
}

fn end_of(one: &Invocation) -> Millis {
    one.start + one.duration_ms as Millis
}

/// When it was handed over, before any init.
fn handed_over(one: &Invocation) -> Millis {
    one.start - one.init_ms.unwrap_or(0.0) as Millis
}

/// A batch wants to be handed over.
pub fn wants(arrival: &Arrival) -> bool {
    matches!(arrival.cause, Cause::Mapping(_))
}

impl World {
    /// How many batches the function is given at once, in a block in which its backlog is told batch by batch.
    pub(super) fn hands(&self, function: FunctionId, block: i64) -> Option<usize> {
        let name = &self.catalog.functions[function].name;
        let backlog = self.scenario.backlog.iter().find(|backlog| backlog.function == *name)?;
        let (from, until) = (self.minute(backlog.from_minute), self.minute(backlog.until_minute));
        let mapping = self.catalog.mappings.iter().position(|mapping| mapping.function == function)?;
        let most = self.mapping_concurrency(mapping, start_of(block));
        let hands = most.unwrap_or(backlog.shards).max(1);
        (start_of(block + 1) > from && start_of(block) < until).then_some(hands as usize)
    }

    /// What waits at the start of a block, the oldest first.
    fn waiting(&self, function: FunctionId, block: i64) -> Arc<Vec<Arrival>> {
        let generation = self.generation(start_of(block));
        self.waiting.get((function, block, generation), || {
            if self.hands(function, block - 1).is_none() {
                return Vec::new();
            }
            let served = self.planned(function, block - 1).iter().filter(|one| is_batch(one)).count();
            let came = self.arrivals(function, block - 1);
            let all = self.waiting(function, block - 1);
            all.iter().chain(came.iter().filter(|one| wants(one))).skip(served).cloned().collect()
        })
    }

    /// What a queue holds and lets through in the minute that begins at `minute`, which is one message a batch: at the rates
    /// of this account, with no batching window, a poller hardly ever finds two.
    ///
    /// A message whose batch was throttled counts as received; what becomes of it when it is visible again is told only
    /// where the scenario has a backlog.
    pub fn queue_tally(&self, mapping: usize, minute: Millis) -> QueueTally {
        let function = self.catalog.mappings[mapping].function;
        let minute = minute - minute.rem_euclid(MINUTE);
        let (block, end) = (block::of(minute), minute + MINUTE);
        let ours = |cause: &Cause| *cause == Cause::Mapping(mapping);
        let came = self.arrivals(function, block);
        let came: Vec<&Arrival> = came.iter().filter(|one| ours(&one.cause) && one.at < end).collect();
        let sent = offered(self, function, mapping, (minute, end), usize::MAX).len();
        // What a disabled mapping has left in its queue.
        let held = self.mapping_backlog(mapping, end - 1);
        let longest = Millis::from(self.catalog.functions[function].timeout_s) * 1000;
        let near = self.invocations(function, minute - longest, end + super::LONGEST_INIT);
        let handed = |one: &&Invocation| ours(&one.cause) && handed_over(one) < end;
        let at_work = near.iter().filter(handed).filter(|one| is_batch(one) && end_of(one) >= end);
        let ages: Vec<Millis> = at_work.map(|one| end - handed_over(one) + Millis::from(one.waited_ms)).collect();
        let mut tally = QueueTally {
            sent: sent as u32,
            received: near.iter().filter(handed).filter(|one| handed_over(one) >= minute).count() as u32,
            visible: held.batches as u32,
            in_flight: ages.len() as u32,
            oldest_ms: ages.into_iter().chain(held.oldest.map(|came| end - came)).max().unwrap_or(0),
        };
        if self.hands(function, block).is_some() {
            let before = self.waiting(function, block);
            let run = self.planned(function, block);
            let served = run.iter().filter(|one| is_batch(one) && handed_over(one) < end).count();
            let mut left = before.iter().chain(came).skip(served).peekable();
            let oldest = left.peek().map_or(0, |one| end - one.at + one.waited);
            tally.oldest_ms = tally.oldest_ms.max(oldest);
            tally.visible += left.count() as u32;
        }
        tally
    }
}
