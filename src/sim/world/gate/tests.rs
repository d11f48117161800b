//! Each scenario of a refusal provokes its own cause and no other.

use std::collections::BTreeMap;

use super::*;
use crate::sim::world::tally::MINUTE;

/// 2026-11-21, 10:00:30 UTC.
const BORN: Millis = 1_795_255_230_000;
const HOUR: Millis = 60 * MINUTE;

/// Refusals in a window: API, stage, method and path, cause, key; with the requests of that method and their refusals.
type Refused = BTreeMap<(String, String, String, Limit, Option<&'static str>), usize>;

fn refused(world: &World, from: Millis, to: Millis) -> Refused {
    let mut found = Refused::new();
    for (id, api) in world.catalog.apis.iter().enumerate() {
        for request in world.api_requests(id, from, to) {
            assert_eq!(request.refused.is_some(), request.status == 429);
            let Some(limit) = request.refused else {
                continue;
            };
            let route = &api.routes[request.route];
            let key = plans::client(route, request.key).map(|key| KEYS[key].name);
            let place = (
                api.name.clone(),
                api.stages[request.stage].name.clone(),
                format!("{} {}", route.method, route.path),
                limit,
                key.filter(|_| matches!(limit, Limit::Plan | Limit::PlanMethod | Limit::Quota)),
            );
            *found.entry(place).or_default() += 1;
        }
    }
    found
}

impl Ord for Limit {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (*self as u8).cmp(&(*other as u8))
    }
}

impl PartialOrd for Limit {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

#[test]
fn each_scenario_provokes_its_cause_at_any_hour_and_is_quiet_before() {
    let cases: [(&str, Limit, &[&str], Option<&str>); 5] = [
        ("throttle-stage", Limit::Stage, &["partner-api"], None),
        ("throttle-method", Limit::Method, &["shop-api"], None),
        ("throttle-plan", Limit::Plan, &["partner-api"], Some("acme-feed")),
        ("throttle-quota", Limit::Quota, &["partner-api"], Some("acme-feed")),
        ("throttle-api-account", Limit::Account, &["order-events", "partner-api", "shop-api", "storefront"], None),
    ];
    for (scenario, limit, apis, key) in cases {
        for hour in [4, 16] {
            let born = BORN + hour * HOUR;
            let world = World::new(scenario, 7, 0, born).unwrap();
            let quiet = refused(&world, born - 30 * MINUTE, born - 11 * MINUTE);
            assert!(quiet.values().sum::<usize>() <= 3, "{scenario} at {hour}: {quiet:?}");
            let found = refused(&world, born - 9 * MINUTE, born);
            let (right, wrong): (Refused, Refused) =
                found.into_iter().partition(|((.., cause, by), _)| *cause == limit && key == *by);
            assert!(wrong.values().sum::<usize>() <= 2, "{scenario} at {hour}: {wrong:?}");
            let total = right.values().sum::<usize>();
            assert!(total >= 40, "{scenario} at {hour}: {total} in 9 minutes");
            assert!(right.keys().all(|(api, ..)| apis.contains(&api.as_str())), "{scenario}: {right:?}");
            if scenario == "throttle-method" {
                assert!(right.keys().all(|(_, _, method, ..)| method == "GET /catalog/search"), "{right:?}");
            }
            println!("{scenario} +{hour} h: {total} in 9 minutes: {right:?}");
        }
    }
}

#[test]
fn the_calm_account_refuses_nobody() {
    let world = World::new("calm", 7, 0, BORN).unwrap();
    let found = refused(&world, BORN - 60 * MINUTE, BORN);
    assert!(found.values().sum::<usize>() <= 3, "{found:?}");
}

#[test]
fn a_client_that_lifts_the_quota_is_served_again() {
    let world = World::new("throttle-quota", 7, 0, BORN).unwrap();
    let quota = |world: &World, from: Millis| {
        let found = refused(world, from, from + 5 * MINUTE);
        found.iter().filter(|((.., limit, _), _)| *limit == Limit::Quota).map(|(_, count)| *count).sum::<usize>()
    };
    assert!(quota(&world, BORN) > 50);
    let patch = |path: &str, value: &str| {
        let patch = vec![crate::sim::world::change::StagePatch {
            op: "replace".into(),
            path: path.into(),
            value: Some(value.into()),
        }];
        crate::sim::world::What::Plan { plan: 0, patch }
    };
    world.change(BORN + 10 * MINUTE, patch("/quota/limit", "2000100"));
    // A hundred more, and it is used up again.
    assert!(quota(&world, BORN + 20 * MINUTE) > 50);
    let served = |from: Millis, to: Millis| {
        let partner = world.catalog.api_of_id("p8d4x1s6hb").unwrap();
        let spec = &world.catalog.apis[partner];
        let all = world.api_requests(partner, from, to);
        let own =
            |one: &&super::super::invocation::ApiRequest| plans::client(&spec.routes[one.route], one.key) == Some(0);
        all.iter().filter(own).filter(|one| one.refused.is_none()).count()
    };
    assert_eq!(served(BORN + 10 * MINUTE, BORN + 60 * MINUTE), 100);
    world.change(BORN + 60 * MINUTE, patch("/quota/limit", "3000000"));
    assert_eq!(quota(&world, BORN + 60 * MINUTE), 0);
}

#[test]
fn a_deleted_stage_takes_no_requests() {
    let world = World::new("calm", 7, 0, BORN).unwrap();
    let shop = world.catalog.api_of_id("k3v9q2m7ta").unwrap();
    assert_eq!(world.delete_stage("k3v9q2m7ta", "staging", BORN), Some(()));
    assert_eq!(world.delete_stage("k3v9q2m7ta", "staging", BORN + 1), None);
    assert_eq!(world.delete_stage("nosuch", "staging", BORN + 1), None);
    let of = |from: Millis| {
        let all = world.api_requests(shop, from, from + 10 * MINUTE);
        all.iter().filter(|request| request.stage == 1).count()
    };
    assert!(of(BORN - 10 * MINUTE) > 0);
    assert_eq!(of(BORN), 0);
    assert!(world.has_stage(shop, 0, BORN + 1) && !world.has_stage(shop, 1, BORN + 1));
}

#[test]
fn a_canary_takes_its_share() {
    let world = World::new("calm", 7, 0, BORN).unwrap();
    let partner = world.catalog.api_of_id("p8d4x1s6hb").unwrap();
    let all = world.api_requests(partner, BORN - 60 * MINUTE, BORN);
    let share = all.iter().filter(|request| request.canary).count() as f64 / all.len() as f64;
    assert!((0.07..0.13).contains(&share), "{share} of {}", all.len());
}
