//! What a function's invocations tell one by one: memory, cold starts, time-outs. Known of functions that were opened.

use super::{ENOUGH, Round};
use crate::model::finding::Severity;
use crate::model::function::Function;
use crate::model::invocation::{Invocation, Status};
use crate::text;

/// Lambda's smallest MemorySize, MB: nothing is too large that can't be made smaller.
const SMALLEST_MB: u32 = 128;
/// Invocations below which a share of cold starts says nothing.
const COLD_ENOUGH: usize = 30;

pub(super) fn all(round: &mut Round, function: &Function, invocations: &[Invocation]) {
    let ended: Vec<&Invocation> = invocations.iter().filter(|one| one.status != Status::Open).collect();
    timed_out(round, function, &ended);
    memory(round, function, &ended);
    cold(round, function, &ended);
}

fn timed_out(round: &mut Round, function: &Function, ended: &[&Invocation]) {
    let count = ended.iter().filter(|one| one.status == Status::TimedOut).count();
    let share = count as f64 / ended.len().max(1) as f64;
    let limit = round.thresholds.timeout_share;
    if count == 0 || ended.len() < ENOUGH as usize || share < limit {
        return;
    }
    // The invocations themselves know better than a percentile.
    round.found.retain(|found| !(found.check == "time-outs" && found.about.is_function(&function.name)));
    let sentence = format!(
        "{} ran into its time-out of {} s in {count} of its last {} invocations ({}), limit {}",
        function.name,
        function.timeout_s,
        ended.len(),
        text::percent(share),
        text::percent(limit)
    );
    round.tell("time-outs", Severity::Critical, &function.name, "l", share, sentence);
}

fn memory(round: &mut Round, function: &Function, ended: &[&Invocation]) {
    let name = &function.name;
    let killed = ended.iter().filter(|one| one.status == Status::OutOfMemory).count();
    if killed > 0 {
        let sentence = format!(
            "{name} was killed for want of memory in {killed} of its last {} invocations: {} MB are not enough",
            ended.len(),
            function.memory_mb
        );
        round.tell("memory", Severity::Critical, name, "l", killed as f64, sentence);
        return;
    }
    let of_size = |one: &&Invocation| {
        let (used, size) = one.memory_used_mb.zip(one.memory_mb.filter(|size| *size > 0))?;
        Some((f64::from(used) / f64::from(size), used, size))
    };
    // Of the size that it has now: what was measured before a change tells nothing any more.
    let sized = ended.iter().filter_map(of_size).filter(|(.., size)| *size == function.memory_mb);
    let known: Vec<(f64, u32, u32)> = sized.collect();
    let Some(&(share, used, size)) = known.iter().max_by(|a, b| a.0.total_cmp(&b.0)) else { return };
    let (near, low) = (round.thresholds.memory_of_size, round.thresholds.memory_low);
    if share >= near {
        let sentence = format!(
            "{name} used up to {used} of its {size} MB ({}), limit {}",
            text::percent(share),
            text::percent(near)
        );
        round.tell("memory", Severity::Warning, name, "m", share, sentence);
    } else if share < low && known.len() >= ENOUGH as usize && size > SMALLEST_MB {
        let sentence = format!(
            "{name} used at most {used} of its {size} MB ({}), limit {}: a smaller size costs less, but gives less CPU",
            text::percent(share),
            text::percent(low)
        );
        round.tell("memory-low", Severity::Notice, name, "m", 1.0 - share, sentence);
    }
}

fn cold(round: &mut Round, function: &Function, ended: &[&Invocation]) {
    let starts: Vec<f64> = ended.iter().filter_map(|one| one.init_ms.or(one.restore_ms)).collect();
    let share = starts.len() as f64 / ended.len().max(1) as f64;
    let limit = round.thresholds.cold_share;
    if ended.len() < COLD_ENOUGH || starts.is_empty() || share < limit {
        return;
    }
    let longest = starts.iter().copied().fold(0.0, f64::max);
    let sentence = format!(
        "{} started cold in {} of its last {} invocations ({}), for up to {}; limit {}",
        function.name,
        starts.len(),
        ended.len(),
        text::percent(share),
        text::millis(longest),
        text::percent(limit)
    );
    round.tell("cold-starts", Severity::Notice, &function.name, "m", share, sentence);
}
