//! Minutes in numbers, counted from the invocations themselves.

use super::catalog::FunctionId;
use super::dice::Dice;
use super::fate::{self, key};
use super::invocation::{Cause, Invocation, Outcome};
use super::tally::{FleetTally, MINUTE, Tally};
use super::{LONGEST_INIT, Millis, World};

/// What happened to a function in a minute, of all or of one qualifier and one version.
pub fn tally(
    world: &World,
    function: FunctionId,
    minute: Millis,
    qualifier: Option<&str>,
    executed: Option<u32>,
) -> Tally {
    let spec = &world.catalog.functions[function];
    let number = qualifier.and_then(|qualifier| qualifier.parse::<u32>().ok());
    let counts = |one: &Invocation| {
        let through = match (qualifier, number) {
            (None, _) => true,
            (Some(_), Some(version)) => one.version == version,
            (Some("$LATEST"), None) => one.version == 0,
            (Some(alias), None) => one.alias.as_deref() == Some(alias),
        };
        through && executed.is_none_or(|version| one.version == version)
    };
    // What began earlier may still run; no invocation outlives the function's time-out.
    let longest = Millis::from(spec.timeout_s) * 1000;
    let mut near = world.invocations(function, minute - longest, minute + MINUTE);
    near.retain(|one| counts(one));
    let mut tally = Tally::default();
    let asynchronous = world.asynchronous(function);
    for one in near.iter().filter(|one| one.start >= minute) {
        let mut dice = Dice::of(&[one.key, 30]);
        if let Cause::Function { asynchronous: true, .. } = one.cause {
            tally.async_received += u32::from(one.attempt == 0);
            tally.async_ages.push(20.0 + 60.0 * dice.unit() + f64::from(one.waited_ms));
            if let Some(asynchronous) = asynchronous.filter(|said| one.attempt >= said.retries && failed(one)) {
                tally.async_dropped += 1;
                tally.undelivered += u32::from(asynchronous.destination_fails);
            }
        }
        if let Cause::Mapping(mapping) = one.cause
            && !world.catalog.mappings[mapping].source_arn.contains(":sqs:")
        {
            tally.iterator_ages.push(80.0 + 900.0 * dice.unit() + f64::from(one.waited_ms));
        }
        if matches!(one.outcome, Outcome::Throttled { .. }) {
            tally.throttles += 1;
            continue;
        }
        tally.invocations += 1;
        tally.errors += u32::from(one.outcome != Outcome::Success);
        tally.durations.push(one.duration_ms);
        tally.inits.extend(one.init_ms);
        match one.provisioned {
            Some(true) => tally.provisioned += 1,
            Some(false) => tally.spillover += 1,
            None => {}
        }
    }
    tally.durations.sort_by(f64::total_cmp);
    tally.inits.sort_by(f64::total_cmp);
    let ran = |one: &&Invocation| !matches!(one.outcome, Outcome::Throttled { .. });
    tally.in_flight = in_flight(near.iter().filter(ran), minute);
    let provisioned = near.iter().filter(|one| one.provisioned == Some(true));
    tally.provisioned_in_flight = in_flight(provisioned, minute).into_iter().max().map_or(0, u32::from);
    tally.provisioned_available = match qualifier {
        Some(qualifier) => world.provisioned(function, qualifier, minute + MINUTE - 1).map(|config| config.available),
        None => {
            let all = world.all_provisioned(function, minute + MINUTE - 1);
            (!all.is_empty()).then(|| all.iter().map(|config| config.available).sum())
        }
    };
    tally
}

/// It ran, and did not succeed.
fn failed(one: &Invocation) -> bool {
    !matches!(one.outcome, Outcome::Success | Outcome::Throttled { .. })
}

/// The most invocations in flight at one moment of each second.
fn in_flight<'a>(invocations: impl Iterator<Item = &'a Invocation>, minute: Millis) -> [u16; 60] {
    let mut edges: Vec<(Millis, i32)> = Vec::new();
    for one in invocations {
        let end = one.start + (one.duration_ms as Millis).max(1);
        if end > minute {
            edges.push((one.start.max(minute), 1));
            edges.push((end, -1));
        }
    }
    // An end counts before a start at the same moment.
    edges.sort_unstable();
    let mut seconds = [0_u16; 60];
    let mut running = 0_i32;
    let mut next = 0;
    for (second, most) in seconds.iter_mut().enumerate() {
        let until = minute + (second as Millis + 1) * 1000;
        *most = running.max(0) as u16;
        while next < edges.len() && edges[next].0 < until {
            running += edges[next].1;
            *most = (*most).max(running.max(0) as u16);
            next += 1;
        }
    }
    seconds
}

/// All functions together: the shop's counted, the fillers' by arithmetic.
pub fn fleet(world: &World, minute: Millis) -> FleetTally {
    let mut fleet = FleetTally::default();
    let mut on_demand = [0_u32; 60];
    let mut all = [0_u32; 60];
    let (mut reserved, mut provisioned_alone) = (0, 0);
    let end = minute + MINUTE - 1;
    for function in world.shop_functions() {
        let tally = world.tally(function, minute, None);
        fleet.invocations += tally.invocations;
        fleet.errors += tally.errors;
        fleet.throttles += tally.throttles;
        fleet.durations.extend_from_slice(&tally.durations);
        fleet.provisioned += tally.provisioned;
        fleet.spillover += tally.spillover;
        fleet.async_received += tally.async_received;
        fleet.async_dropped += tally.async_dropped;
        fleet.async_ages.extend_from_slice(&tally.async_ages);
        fleet.iterator_ages.extend_from_slice(&tally.iterator_ages);
        fleet.undelivered += tally.undelivered;
        fleet.provisioned_in_flight += tally.provisioned_in_flight;
        let own_reserve = world.reserved(function, end);
        for second in 0..60 {
            all[second] += u32::from(tally.in_flight[second]);
            if own_reserve.is_none() {
                on_demand[second] += u32::from(tally.in_flight[second]).saturating_sub(tally.provisioned_in_flight);
            }
        }
        match own_reserve {
            Some(n) => reserved += n,
            None => provisioned_alone += tally.provisioned_available.unwrap_or(0),
        }
    }
    let changed = world.changed_fillers();
    for timetable in &world.fillers {
        // It starts cold each time, so what the minute before called may begin in this one.
        let ticks = [timetable.tick(minute - MINUTE).filter(|at| *at > minute - LONGEST_INIT), timetable.tick(minute)];
        for at in ticks.into_iter().flatten() {
            if changed.contains(&timetable.function) {
                continue;
            }
            let fate = fate::of(world, timetable.function, key(at, &[timetable.rule]), at, 0);
            let start = at + fate.init_ms as Millis;
            if !(minute..minute + MINUTE).contains(&start) {
                continue;
            }
            fleet.invocations += 1;
            fleet.errors += u32::from(fate.outcome != Outcome::Success);
            fleet.durations.push(fate.duration_ms);
            let second = ((start - minute) / 1000) as usize;
            all[second] += 1;
            on_demand[second] += 1;
        }
    }
    fleet.durations.sort_by(f64::total_cmp);
    fleet.concurrency = all.into_iter().max().unwrap_or(0);
    let unreserved_in_use = on_demand.into_iter().max().unwrap_or(0);
    fleet.unreserved = unreserved_in_use;
    // The seconds of a minute don't peak together, and Lambda lets nobody claim more than there is.
    fleet.claimed = (unreserved_in_use + reserved + provisioned_alone).min(world.scenario.account_concurrency);
    fleet
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::world::narration;
    use crate::sim::world::scenario::Scenario;

    const BORN: Millis = 29_833_333 * MINUTE;

    #[test]
    fn any_order_of_asking_gives_the_same_answer() {
        let (one, other) = (World::new("shop", 7, 0, BORN).unwrap(), World::new("shop", 7, 0, BORN).unwrap());
        let checkout = one.catalog.function_named("checkout-api").unwrap();
        let late = other.invocations(checkout, BORN - 60_000, BORN);
        let _ = other.invocations(checkout, BORN - 3_600_000, BORN - 3_000_000);
        let _ = one.invocations(checkout, BORN - 3_600_000, BORN - 3_000_000);
        assert_eq!(one.invocations(checkout, BORN - 60_000, BORN), late);
        assert!(!late.is_empty());
    }

    #[test]
    fn what_metrics_count_is_what_logs_tell() {
        for scenario in Scenario::names() {
            let world = World::new(scenario, 7, 0, BORN).unwrap();
            for function in 0..world.catalog.functions.len() {
                let (mut ran, mut failed, mut reports, mut bad) = (0, 0, 0, 0);
                for minute in -5..0 {
                    let minute = BORN + minute * MINUTE;
                    let tally = world.tally(function, minute, None);
                    ran += tally.invocations;
                    failed += tally.errors;
                    for one in world.invocations(function, minute, minute + MINUTE) {
                        for line in narration::lines(&world, &one) {
                            let report =
                                line.message.starts_with("REPORT") || line.message.contains("\"platform.report\"");
                            if report {
                                reports += 1;
                                let fine = !line.message.contains("Status: ")
                                    && !line.message.contains("\"status\":\"error\"")
                                    && !line.message.contains("\"status\":\"timeout\"");
                                bad += u32::from(!fine);
                            }
                        }
                    }
                }
                let name = &world.catalog.functions[function].name;
                assert_eq!((ran, failed), (reports, bad), "{scenario} {name}");
            }
        }
    }

    #[test]
    fn provisioning_ends_cold_starts_and_spills_over_above() {
        let world = World::new("coldstart", 7, 0, BORN).unwrap();
        let function = world.catalog.function_named("recommend").unwrap();
        let inits = |from: Millis| {
            (0..10).map(|m| world.tally(function, from + m * MINUTE, Some("live")).inits.len()).sum::<usize>()
        };
        let before = inits(BORN);
        assert!(before > 3, "the storm starts {before} times cold");
        let set = |requested| {
            let what = super::super::What::SetProvisioned { function, qualifier: "live".into(), requested };
            world.change(BORN, what);
        };
        set(40);
        let state = world.provisioned(function, "live", BORN + 5_000).unwrap();
        assert_eq!((state.status, state.available), ("IN_PROGRESS", 0));
        assert_eq!(world.provisioned(function, "live", BORN + 20_000).unwrap().status, "READY");
        assert_eq!(inits(BORN + MINUTE), 0);
    }

    #[test]
    fn ten_thousand_functions_are_made_at_once() {
        let world = World::new("shop", 7, 10_000, BORN).unwrap();
        assert_eq!(world.catalog.functions.len(), 10_000);
        let fleet = world.fleet_tally(BORN - MINUTE);
        assert!(fleet.invocations > 1000, "{}", fleet.invocations);
        // What is counted by arithmetic is what is counted one by one.
        let world = World::new("shop", 7, 1_000, BORN).unwrap();
        for minute in [-90, -7, 0] {
            let minute = BORN + minute * MINUTE;
            let each: u32 = (0..1_000).map(|function| world.tally(function, minute, None).invocations).sum();
            assert_eq!(world.fleet_tally(minute).invocations, each);
        }
    }

    #[test]
    fn each_incident_shows() {
        let total = |world: &World, name: &str, what: fn(&Tally) -> u32| -> u32 {
            let function = world.catalog.function_named(name).unwrap();
            (-5..0).map(|minute| what(&world.tally(function, BORN + minute * MINUTE, None))).sum()
        };
        let calm = World::new("calm", 7, 0, BORN).unwrap();
        assert_eq!(total(&calm, "checkout-api", |tally| tally.errors), 0);
        let outage = World::new("outage", 7, 0, BORN).unwrap();
        assert!(total(&outage, "payment-authorize", |tally| tally.errors) > 10);
        assert!(total(&outage, "checkout-api", |tally| tally.errors) > 10);
        let throttle = World::new("throttle", 7, 0, BORN).unwrap();
        assert!(total(&throttle, "image-resize", |tally| tally.throttles) > 10);
        let deploy = World::new("deploy", 7, 0, BORN).unwrap();
        let p99 = |minute: Millis| {
            let function = deploy.catalog.function_named("orders-api").unwrap();
            let all: Vec<f64> = (0..5)
                .flat_map(|m| deploy.tally(function, BORN + (minute + m) * MINUTE, None).durations.clone())
                .collect();
            all.iter().sum::<f64>() / all.len() as f64
        };
        assert!(p99(-5) > 1.8 * p99(-60), "{} after {}", p99(-5), p99(-60));
    }

    #[test]
    fn blocks_meet_without_losing_anything() {
        let world = World::new("shop", 7, 0, BORN).unwrap();
        let function = world.catalog.function_named("cart-api").unwrap();
        let edge = crate::sim::world::block::start_of(crate::sim::world::block::of(BORN));
        let whole = world.invocations(function, edge - 30_000, edge + 30_000);
        let parts =
            [world.invocations(function, edge - 30_000, edge), world.invocations(function, edge, edge + 30_000)]
                .concat();
        assert_eq!(whole, parts);
    }
}
