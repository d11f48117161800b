//! The course of an invocation once its callees are known: a callee's cold start makes its caller wait, a throttled callee
//! makes it fail. Its fate alone could not say so, as both are decided by the callee's pool of environments.

use super::World;
use super::catalog::FunctionId;
use super::fate::{self, Call};
use super::invocation::{Invocation, Outcome};
use super::retries;

/// What an invocation did beside its own work.
pub struct Course {
    /// The calls that it made, each at its true moment.
    pub calls: Vec<Call>,
    /// How long it waited for cold starts, ms.
    pub waited_ms: f64,
    /// The callee that was throttled, or is no longer there.
    pub throttled: Option<FunctionId>,
}

/// The course of an invocation up to the call of `until`, whose own pool is not asked.
pub fn of(world: &World, parent: &Invocation, until: Option<FunctionId>) -> Course {
    let mut course = Course { calls: Vec::new(), waited_ms: 0.0, throttled: None };
    if matches!(parent.outcome, Outcome::Throttled { .. }) || world.callees(parent.function).is_empty() {
        return course;
    }
    let fate = fate::of(world, parent.function, parent.key, parent.start, parent.version);
    for call in fate.calls {
        let call = Call { at: call.at + course.waited_ms as i64, ..call };
        course.calls.push(call);
        if call.asynchronous {
            course.calls.extend(retries::of(world, &call));
        }
        if until == Some(call.function) {
            break;
        }
        if call.asynchronous {
            continue;
        }
        match world.invocation(call.function, call.key) {
            Some(callee) if matches!(callee.outcome, Outcome::Throttled { .. }) => {
                course.throttled = Some(call.function);
                break;
            }
            // What was deleted can't be invoked.
            None if !world.exists(call.function, call.at) => {
                course.throttled = Some(call.function);
                break;
            }
            Some(callee) => course.waited_ms += callee.init_ms.unwrap_or(0.0),
            None => {}
        }
    }
    course
}

/// The invocations of a block as they really went.
pub fn settle(world: &World, planned: &[Invocation]) -> Vec<Invocation> {
    planned.iter().map(|one| settled(world, one)).collect()
}

fn settled(world: &World, planned: &Invocation) -> Invocation {
    let mut one = planned.clone();
    let course = of(world, planned, None);
    let limit = f64::from(world.catalog.functions[one.function].timeout_of(one.version)) * 1000.0;
    if let (Some(callee), Outcome::Success) = (course.throttled, &one.outcome) {
        let name = &world.catalog.functions[callee].name;
        let at = course.calls.last().map_or(one.start, |call| call.at);
        let (kind, message) = if world.exists(callee, at) {
            ("TooManyRequestsException", format!("{name} refused: Rate Exceeded."))
        } else {
            ("ResourceNotFoundException", format!("Function not found: {}", world.catalog.function_arn(callee)))
        };
        one.outcome = Outcome::Error { kind: kind.to_owned(), message };
        // The SDK tries twice more before it gives up.
        one.duration_ms = (at - one.start) as f64 + 160.0;
    } else {
        one.duration_ms += course.waited_ms;
    }
    if one.duration_ms >= limit && one.outcome != Outcome::TimedOut {
        one.outcome = Outcome::TimedOut;
    }
    one.duration_ms = (one.duration_ms.min(limit) * 100.0).round() / 100.0;
    one
}
