//! Usage plans over time, and what their keys use.

use super::*;
use crate::sim::world::tally::MINUTE;

const BORN: Millis = 1_795_255_230_000;

fn patch(op: &str, path: &str, value: &str) -> StagePatch {
    let value = Some(value.to_owned()).filter(|value| !value.is_empty());
    StagePatch { op: op.to_owned(), path: path.to_owned(), value }
}

#[test]
fn a_plan_is_patched_by_its_paths() {
    let world = World::new("calm", 7, 0, BORN).unwrap();
    let mut plan = world.plan(0, BORN);
    assert_eq!(plan.stages[0].method("/inventory", "GET"), Some((5.0, 10)));
    for (op, path, value) in [
        ("replace", "/throttle/rateLimit", "7.5"),
        ("replace", "/quota/period", "WEEK"),
        ("replace", "/quota/offset", "1"),
        ("replace", "/apiStages/p8d4x1s6hb:v1/throttle/~1shipments~1{id}/GET/rateLimit", "3"),
        ("replace", "/apiStages/p8d4x1s6hb:v1/throttle//shipments/{id}/GET/burstLimit", "4"),
        ("remove", "/apiStages/p8d4x1s6hb:v1/throttle/~1inventory/GET", ""),
    ] {
        plan.apply(&patch(op, path, value));
    }
    assert_eq!(plan.throttle, Some((7.5, 40)));
    assert_eq!(plan.quota, Some(Quota { limit: 2_000_000, offset: 1, period: Period::Week }));
    assert_eq!(plan.stages[0].method("/shipments/{id}", "GET"), Some((3.0, 4)));
    assert_eq!(plan.stages[0].method("/inventory", "GET"), None);
    plan.apply(&patch("remove", "/throttle", ""));
    plan.apply(&patch("remove", "/quota", ""));
    plan.apply(&patch("remove", "/apiStages", "p8d4x1s6hb:v1"));
    assert_eq!((plan.throttle, &plan.quota, plan.stages.len()), (None, &None, 0));
}

#[test]
fn periods_begin_on_their_day() {
    let day = |text: &str| NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap();
    let begins = |period, offset, at: &str| Quota { limit: 1, offset, period }.begins(day(at)).to_string();
    assert_eq!(begins(Period::Day, 0, "2026-11-21"), "2026-11-21");
    // The 21st is a Saturday.
    assert_eq!(begins(Period::Week, 0, "2026-11-21"), "2026-11-15");
    assert_eq!(begins(Period::Week, 6, "2026-11-21"), "2026-11-21");
    assert_eq!(begins(Period::Week, 1, "2026-11-15"), "2026-11-09");
    assert_eq!(begins(Period::Month, 0, "2026-11-21"), "2026-11-01");
    assert_eq!(begins(Period::Month, 27, "2026-03-05"), "2026-02-28");
    assert_eq!(begins(Period::Month, 4, "2026-03-05"), "2026-03-05");
}

#[test]
fn what_is_used_is_what_got_through() {
    for scenario in ["calm", "throttle-quota", "throttle-plan"] {
        let world = World::new(scenario, 7, 0, BORN).unwrap();
        let partner = world.catalog.api_of_id("p8d4x1s6hb").unwrap();
        let spec = &world.catalog.apis[partner];
        let day = BORN.div_euclid(DAY);
        for (key, name) in KEYS.iter().enumerate().map(|(key, of)| (key, of.name)) {
            let (from, to) = (BORN - 17 * MINUTE - 123, BORN + 4 * MINUTE);
            let all = world.api_requests(partner, from, to);
            let own = all.iter().filter(|one| client(&spec.routes[one.route], one.key) == Some(key));
            let served = own.filter(|one| one.refused.is_none()).count() as u64;
            let used = world.used_on(key, day, to) - world.used_on(key, day, from);
            assert_eq!(used, served, "{scenario} {name}");
        }
    }
    let world = World::new("throttle-quota", 7, 0, BORN).unwrap();
    let quota = world.plan(0, BORN).quota.unwrap();
    assert_eq!(world.used_by(0, &quota, BORN.div_euclid(DAY), BORN), quota.limit);
    assert!(world.used_by(1, &quota, BORN.div_euclid(DAY), BORN) < quota.limit / 2);
    let before = world.used_by(0, &quota, BORN.div_euclid(DAY), BORN - 12 * MINUTE);
    assert!(before < quota.limit && before > quota.limit - 600, "{before}");
}

#[test]
fn a_quota_that_ends_in_the_first_hours_of_a_period_ends_too() {
    // 2026-12-01, 01:00 UTC: nothing of the month lies before what is known one by one.
    let born = 1_796_086_800_000;
    let world = World::new("throttle-quota", 7, 0, born).unwrap();
    let quota = world.plan(0, born).quota.unwrap();
    assert_eq!(world.used_by(0, &quota, born.div_euclid(DAY), born), quota.limit);
}
