//! Each way of being throttled or held back has a scenario in which it bites, and nothing else does.

use std::collections::{BTreeMap, BTreeSet};

use super::invocation::{Cause, Outcome};
use super::tally::MINUTE;
use super::*;

const BORN: Millis = 29_833_333 * MINUTE;
/// The new scenarios have bitten by then.
const LAST: std::ops::Range<i64> = -7..0;

fn world(scenario: &str) -> World {
    World::new(scenario, 7, 0, BORN).unwrap()
}

fn id(world: &World, name: &str) -> FunctionId {
    world.catalog.function_named(name).unwrap()
}

/// What refused a function's tries in some minutes, and how often.
fn reasons(world: &World, name: &str, minutes: std::ops::Range<i64>) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    let all = world.invocations(id(world, name), BORN + minutes.start * MINUTE, BORN + minutes.end * MINUTE);
    for one in all {
        if let Outcome::Throttled { reason } = one.outcome {
            *counts.entry(reason).or_default() += 1;
            assert!(narration::lines(world, &one).is_empty(), "a throttled try has no log");
        }
    }
    counts
}

/// The functions that were throttled at all.
fn throttled(world: &World, minutes: std::ops::Range<i64>) -> BTreeSet<&str> {
    let functions = &world.catalog.functions;
    let any = |function: FunctionId| {
        minutes.clone().any(|minute| world.tally(function, BORN + minute * MINUTE, None).throttles > 0)
    };
    (0..functions.len()).filter(|function| any(*function)).map(|function| functions[function].name.as_str()).collect()
}

#[test]
fn nothing_bites_in_a_calm_account() {
    let world = world("calm");
    assert_eq!(throttled(&world, -30..5), BTreeSet::new());
    for minute in -10..0 {
        let minute = BORN + minute * MINUTE;
        let fleet = world.fleet_tally(minute);
        assert_eq!((fleet.async_dropped, fleet.undelivered), (0, 0));
        assert!(fleet.claimed < 200 && fleet.iterator_ages.iter().all(|age| *age < 1000.0));
        for mapping in (0..world.catalog.mappings.len()).filter(|at| world.catalog.mappings[*at].queue().is_some()) {
            let queue = world.queue_tally(mapping, minute);
            assert_eq!((queue.visible, queue.sent), (0, queue.received));
            assert!(queue.oldest_ms < 60_000, "{queue:?}");
        }
        for name in ["storefront-render", "checkout-api"] {
            assert_eq!(world.tally(id(&world, name), minute, None).spillover, 0, "{name}");
        }
    }
}

#[test]
fn a_reserve_is_used_up() {
    let world = world("throttle-reserved");
    assert_eq!(throttled(&world, -15..5), BTreeSet::from(["orders-api"]));
    assert_eq!(throttled(&world, -15..-10), BTreeSet::new(), "it has begun ten minutes ago");
    let reasons = reasons(&world, "orders-api", LAST);
    assert!(reasons.len() == 1 && reasons["ReservedFunctionConcurrentInvocationLimitExceeded"] > 100, "{reasons:?}");
    let orders = id(&world, "orders-api");
    assert_eq!(world.reserved(orders, BORN), Some(3));
    for minute in LAST {
        let tally = world.tally(orders, BORN + minute * MINUTE, None);
        assert_eq!((tally.concurrency(), tally.errors), (3, 0));
        assert!(tally.throttles > 10 && tally.invocations > 40, "{tally:?}");
    }
}

#[test]
fn the_pool_is_taken_by_one_function() {
    let world = world("throttle-pool");
    let refused = throttled(&world, LAST);
    assert!(refused.len() > 12 && refused.contains("report-builder") && refused.contains("cart-api"), "{refused:?}");
    assert_eq!(throttled(&world, -15..-10), BTreeSet::new());
    for name in refused {
        assert_eq!(world.reserved(id(&world, name), BORN), None, "{name} has a reserve of its own");
        let reasons = reasons(&world, name, LAST);
        assert!(reasons.len() == 1 && reasons.contains_key("ConcurrentInvocationLimitExceeded"), "{name} {reasons:?}");
    }
    let hog = id(&world, "report-builder");
    for minute in LAST {
        let minute = BORN + minute * MINUTE;
        let fleet = world.fleet_tally(minute);
        assert!((985..=1000).contains(&fleet.claimed), "{}", fleet.claimed);
        assert!(world.tally(hog, minute, None).concurrency() * 10 > fleet.unreserved * 9);
    }
}

#[test]
fn a_function_grows_no_faster_than_it_may() {
    let world = world("throttle-scaling");
    assert_eq!(throttled(&world, -16..5), BTreeSet::from(["recommend"]));
    assert_eq!(world.unreserved(BORN), 5000 - 116);
    let recommend = id(&world, "recommend");
    for minute in [-15, -10, -5, 0] {
        let begin = BORN + minute * MINUTE;
        let tally = world.tally(recommend, begin, None);
        assert!(tally.throttles > 200 && (900..1100).contains(&tally.concurrency()), "{tally:?}");
        assert!(world.fleet_tally(begin).claimed < 1200, "far below the account's limit");
        let all = world.invocations(recommend, begin - 30_000, begin + MINUTE);
        // An environment is made when its Init begins.
        let made = |one: &Invocation| Some(one.start - one.init_ms? as Millis);
        let mut made: Vec<Millis> = all.iter().filter_map(made).collect();
        made.sort_unstable();
        assert!(made.windows(1001).all(|some| some[1000] - some[0] >= 10_000), "over 1,000 in ten seconds");
    }
    assert_eq!(world.tally(recommend, BORN - 3 * MINUTE, None).throttles, 0, "between two bursts");
    let reasons = reasons(&world, "recommend", LAST);
    assert_eq!(reasons.into_keys().collect::<Vec<_>>(), ["ConcurrentInvocationLimitExceeded"]);
}

#[test]
fn a_short_function_is_called_too_often() {
    let world = world("throttle-rate");
    assert_eq!(throttled(&world, -16..5), BTreeSet::from(["ws-connect"]));
    let connect = id(&world, "ws-connect");
    assert_eq!(world.reserved(connect, BORN), Some(6));
    let tally = world.tally(connect, BORN - 10 * MINUTE, None);
    assert!(tally.concurrency() <= 3, "half of the reserve is idle: {}", tally.concurrency());
    assert_eq!(tally.invocations, 60 * 60, "ten times the reserve in each of sixty seconds");
    assert!(tally.throttles > 1000);
    let reasons = reasons(&world, "ws-connect", -11..1);
    assert_eq!(reasons.into_keys().collect::<Vec<_>>(), ["ReservedFunctionInvocationRateLimitExceeded"]);
}

#[test]
fn what_is_provisioned_is_used_up() {
    let world = world("throttle-spillover");
    assert_eq!(throttled(&world, -16..5), BTreeSet::from(["checkout-api"]));
    let (storefront, checkout) = (id(&world, "storefront-render"), id(&world, "checkout-api"));
    assert_eq!((world.reserved(storefront, BORN), world.reserved(checkout, BORN)), (None, Some(4)));
    for minute in LAST {
        let minute = BORN + minute * MINUTE;
        let spilled = world.tally(storefront, minute, Some("live"));
        assert!(spilled.spillover > 50 && spilled.inits.len() > 10, "{spilled:?}");
        assert_eq!(spilled.utilization(), Some(1.0));
        let refused = world.tally(checkout, minute, None);
        assert!(refused.spillover == 0 && refused.concurrency() <= 4 && refused.inits.is_empty(), "{refused:?}");
        assert_eq!(world.tally(id(&world, "fraud-score"), minute, None).spillover, 0);
    }
    let reasons = reasons(&world, "checkout-api", LAST);
    assert!(reasons.len() == 1 && reasons["ReservedFunctionConcurrentInvocationLimitExceeded"] > 20, "{reasons:?}");
    // With nothing left beside what is provisioned, no other version ever runs.
    let staging = world.tally(checkout, BORN - MINUTE, Some("staging"));
    assert_eq!(staging.invocations, 0);
}

#[test]
fn a_queue_waits_for_its_mapping() {
    let world = world("throttle-queue");
    assert_eq!(throttled(&world, -30..5), BTreeSet::new());
    let resize = id(&world, "image-resize");
    let mapping = world.catalog.mappings.iter().position(|mapping| mapping.function == resize).unwrap();
    assert_eq!(world.catalog.mappings[mapping].maximum_concurrency, Some(10));
    let mut before = world.queue_tally(mapping, BORN - 16 * MINUTE);
    assert_eq!(before.visible, 0);
    for minute in -15..90 {
        let minute = BORN + minute * MINUTE;
        let queue = world.queue_tally(mapping, minute);
        assert_eq!(queue.visible + queue.received, before.visible + queue.sent, "no message is lost or comes twice");
        let most = world.tally(resize, minute, None).concurrency();
        assert!(most <= 10 && (before.visible == 0 || most == 10), "{most} at once");
        if before.visible > 50 && minute < BORN + 50 * MINUTE {
            assert!(queue.oldest_ms > before.oldest_ms, "{before:?} {queue:?}");
        }
        before = queue;
        if minute == BORN {
            assert!(before.visible > 500 && before.oldest_ms > 240_000, "{before:?}");
        }
    }
    assert!(before.visible == 0 && before.oldest_ms < 30_000, "it is drained: {before:?}");
}

#[test]
fn a_stream_falls_behind() {
    let world = world("stream-lag");
    assert_eq!(throttled(&world, -30..5), BTreeSet::new());
    let aggregate = id(&world, "clickstream-aggregate");
    let age = |minute: i64| {
        let tally = world.tally(aggregate, BORN + minute * MINUTE, None);
        assert!(tally.concurrency() <= 2 || minute < -12, "one batch a shard");
        tally.iterator_ages.iter().copied().fold(0.0, f64::max)
    };
    assert!(age(-13) < 1000.0);
    let ages: Vec<f64> = [-11, -8, -5, -2, 0].into_iter().map(age).collect();
    assert!(ages.is_sorted() && ages[4] > 240_000.0, "{ages:?}");
    assert!(age(88) < 1000.0, "it has caught up");
    assert_eq!(world.fleet_tally(BORN - MINUTE).errors, 0);
}

#[test]
fn events_are_tried_again_and_dropped() {
    let world = world("async-drops");
    assert_eq!(throttled(&world, -30..5), BTreeSet::new());
    let render = id(&world, "invoice-render");
    let (mut received, mut dropped) = (0, 0);
    for minute in LAST {
        let tally = world.tally(render, BORN + minute * MINUTE, None);
        assert!(tally.async_ages.iter().any(|age| *age > 180_000.0), "the last attempt comes after three minutes");
        assert_eq!(tally.undelivered, tally.async_dropped);
        (received, dropped) = (received + tally.async_received, dropped + tally.async_dropped);
    }
    assert!(dropped * 10 > received * 3 && dropped * 10 < received * 8, "{dropped} of {received}");
    let mut attempts: BTreeMap<String, Vec<Invocation>> = BTreeMap::new();
    for one in world.invocations(render, BORN - 11 * MINUTE, BORN) {
        attempts.entry(one.request_id.clone()).or_default().push(one);
    }
    for all in attempts.values() {
        let settled = all[0].attempt > 0 || all[0].start > BORN - 4 * MINUTE || all.len() == 3;
        assert!(settled || all.last().unwrap().outcome == Outcome::Success, "{all:?}");
        for pair in all.windows(2) {
            assert!(pair[0].outcome != Outcome::Success && pair[1].attempt == pair[0].attempt + 1);
            let pause = pair[1].start - pair[0].start - pair[0].duration_ms as Millis;
            let wait = Millis::from(pair[1].attempt) * MINUTE;
            assert!((wait - 6_000..wait + 6_000).contains(&pause), "{pause} ms before {:?}", pair[1]);
            assert_eq!(pair[0].trace_id, pair[1].trace_id);
        }
        // Who called it knows all attempts.
        let Cause::Function { caller, invocation, .. } = all[0].cause else { panic!("{:?}", all[0]) };
        let children = world.children(&world.invocation(caller, invocation).unwrap());
        assert!(all.iter().all(|one| children.contains(one)));
    }
    assert!(attempts.values().filter(|all| all.len() == 3).count() > 20);
}
