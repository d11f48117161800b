use super::*;
use crate::model::api::{ApiAccount, ApiKey, MethodSettings, PlanStage, Quota, Refused, Throttle, UsagePlan};
use crate::model::series::{Metric, Series, SeriesKey, Statistic};
use crate::time::Moment;
use chrono::TimeDelta;

fn now() -> Moment {
    Moment::from_timestamp(1_800_000_000, 0).expect("a valid moment")
}

fn api() -> Api {
    Api {
        id: "a1".into(),
        name: "shop".into(),
        protocol: Protocol::Rest,
        endpoint_types: vec![],
        description: String::new(),
        created: None,
        endpoint: None,
        tags: vec![],
    }
}

fn throttle(rate: f64, burst: i32) -> MethodSettings {
    MethodSettings { throttle_rate: Some(rate), throttle_burst: Some(burst), ..MethodSettings::default() }
}

fn prod() -> Stage {
    Stage {
        name: "prod".into(),
        defaults: throttle(10.0, 20),
        overrides: vec![("POST /pay".into(), throttle(1.0, 2))],
        access_log: Some("arn:aws:logs:eu-west-1:1:log-group:/access".into()),
        access_log_format: Some("$context.requestId $context.status".into()),
        ..Stage::default()
    }
}

/// Requests a second and 4xx a minute of each minute, on a stage with an account limit of 100/s.
fn store_with(rate: f64, errors: f64) -> Store {
    let mut store = Store::default();
    store.apis.accept(Ok(vec![api()]), now());
    store.stages.entry("a1".into()).or_default().accept(Ok(vec![prod()]), now());
    store.api_account.accept(Ok(ApiAccount { rate: Some(100.0), burst: Some(50) }), now());
    let route = |key: &str, api_key| Route { key: key.into(), api_key, ..Route::default() };
    store
        .routes
        .entry("a1".into())
        .or_default()
        .accept(Ok(vec![route("GET /a", false), route("GET /b", true), route("POST /pay", false)]), now());
    let subject = stage_subject(&api(), "prod");
    let minutes = |value: f64| Series {
        period: 60,
        points: (1..=14).rev().map(|back| (now() - TimeDelta::minutes(back), value)).collect(),
    };
    let key = |metric| SeriesKey::new(subject.clone(), metric, Statistic::Sum);
    let series = vec![(key(Metric::Count), minutes(rate * 60.0)), (key(Metric::Error4xx), minutes(errors))];
    store.metrics.accept(series, now() - TimeDelta::minutes(2), now());
    store
}

fn refuse(store: &mut Store, refused: u64, kinds: &str, routes: &[(&str, u64)], keys: &[(&str, u64)]) {
    let counts = |counts: &[(&str, u64)]| counts.iter().map(|(name, n)| (name.to_string(), *n)).collect();
    let refused = Refused {
        from: Some(now() - TimeDelta::minutes(15)),
        to: Some(now()),
        refused,
        capped: false,
        kinds: vec![(kinds.to_string(), refused)].into_iter().filter(|(kind, _)| !kind.is_empty()).collect(),
        routes: counts(routes),
        keys: counts(keys),
    };
    store.refused.entry(("a1".into(), "prod".into())).or_default().accept(Ok(refused), now());
}

fn plan(store: &mut Store, rate: f64, used: i64) {
    let plan = UsagePlan {
        id: "p1".into(),
        name: "partner".into(),
        throttle: Some(Throttle { rate: Some(rate), burst: Some(5) }),
        quota: Some(Quota { limit: 1000, offset: 0, period: "DAY".into() }),
        stages: vec![PlanStage {
            api: "a1".into(),
            stage: "prod".into(),
            throttles: vec![("GET /b".into(), Throttle { rate: Some(3.0), burst: Some(40) })],
        }],
        keys: vec![ApiKey {
            id: "k1".into(),
            name: "acme".into(),
            enabled: Some(true),
            used: Some(used),
            left: Some(1000 - used),
        }],
        ..UsagePlan::default()
    };
    store.usage_plans.accept(Ok(vec![plan]), now());
}

fn found(store: &Store) -> Option<Verdict> {
    verdict(store, &api(), stage(store, "a1", "prod")?, now())
}

#[test]
fn the_least_limit_applies_and_says_where_it_comes_from() {
    let mut store = store_with(5.0, 0.0);
    let stage = prod();
    let words = |store: &Store, key: &str, keyed| effective(store, &api(), &stage, key, keyed).sentence();
    assert_eq!(words(&store, "GET /a", false), "rate 10/s from the stage, burst 20 from the stage");
    assert_eq!(words(&store, "POST /pay", false), "rate 1/s of the method, burst 2 of the method");
    plan(&mut store, 7.0, 0);
    assert_eq!(words(&store, "GET /a", false), "rate 10/s from the stage, burst 20 from the stage");
    assert_eq!(words(&store, "GET /a", true), "rate 7/s of plan partner, each key, burst 5 of plan partner, each key");
    assert_eq!(
        words(&store, "GET /b", true),
        "rate 3/s of plan partner for the method, each key, burst 5 of plan partner, each key"
    );
    // -1 and nothing are not set; the account's is what is left.
    let open = Stage { defaults: throttle(-1.0, -1), ..prod() };
    let effective_open = effective(&store, &api(), &open, "GET /a", false);
    assert_eq!(effective_open.sentence(), "rate 100/s from the account, burst 50 from the account");
    let closed = Stage { defaults: throttle(0.0, 20), ..prod() };
    assert!(effective(&store, &api(), &closed, "GET /a", false).is_closed());
    assert!(!effective(&store, &api(), &closed, "POST /pay", false).is_closed(), "its own replaces the stage's");
    assert_eq!(effective(&Store::default(), &api(), &open, "GET /a", false).sentence(), "no limit is known");
}

#[test]
fn the_stage_is_named_where_its_rate_is_exceeded() {
    let mut store = store_with(14.0, 240.0);
    refuse(&mut store, 3360, "THROTTLED", &[("GET /a", 2000), ("GET /b", 1360)], &[]);
    plan(&mut store, 50.0, 10);
    let verdict = found(&store).expect("it is throttled");
    assert_eq!(verdict.cause, Cause::Stage);
    assert_eq!(
        verdict.sentence,
        "shop/prod refused 3360 of 11.8k requests (29%) with 429 in the last 15m: the stage's throttle is 10/s (burst 20), \
         it had 14/s in the busiest minute"
    );
}

#[test]
fn a_method_with_a_throttle_of_its_own_is_named_where_the_refused_are_its() {
    let mut store = store_with(5.0, 30.0);
    refuse(&mut store, 400, "THROTTLED", &[("POST /pay", 400)], &[]);
    let verdict = found(&store).expect("it is throttled");
    assert_eq!(verdict.cause, Cause::Method("POST /pay".into()));
    assert!(verdict.sentence.ends_with("the throttle of POST /pay is 1/s (burst 2), 400 of them were its"));
}

#[test]
fn a_usage_plan_is_named_by_its_key_and_the_quota_with_what_is_used() {
    let mut store = store_with(5.0, 30.0);
    plan(&mut store, 2.0, 300);
    refuse(&mut store, 400, "THROTTLED", &[("GET /a", 400)], &[("k1", 400)]);
    let verdict = found(&store).expect("it is throttled");
    assert_eq!(verdict.cause, Cause::PlanRate("partner".into()));
    assert!(verdict.sentence.contains("usage plan partner lets each key have 2/s (burst 5), key acme had 5/s"));
    refuse(&mut store, 400, "THROTTLED", &[("GET /b", 400)], &[("k1", 400)]);
    plan(&mut store, 9.0, 300);
    assert_eq!(found(&store).map(|v| v.cause), Some(Cause::PlanMethod("partner".into(), "GET /b".into())));
    plan(&mut store, 2.0, 1000);
    refuse(&mut store, 400, "QUOTA_EXCEEDED", &[("GET /a", 400)], &[("k1", 400)]);
    let verdict = found(&store).expect("it is throttled");
    assert_eq!(verdict.cause, Cause::PlanQuota("partner".into()));
    assert!(
        verdict.sentence.ends_with("key acme has used 1000 of the 1000 requests that usage plan partner grants a DAY")
    );
    // A plan whose keys were not refused is not it.
    refuse(&mut store, 400, "", &[("GET /a", 400)], &[("k9", 400)]);
    assert_eq!(found(&store).map(|v| v.cause), Some(Cause::Stage));
}

#[test]
fn the_account_is_named_where_all_apis_together_are_over_it() {
    let mut store = store_with(8.0, 60.0);
    store.api_account.accept(Ok(ApiAccount { rate: Some(6.0), burst: Some(4) }), now());
    refuse(&mut store, 800, "THROTTLED", &[("GET /a", 500), ("GET /b", 300)], &[]);
    let verdict = found(&store).expect("it is throttled");
    assert_eq!(verdict.cause, Cause::Account);
    assert!(verdict.sentence.contains("the account's throttle is 6/s (burst 4), all APIs together had 8/s"));
}

#[test]
fn there_is_no_verdict_where_nothing_is_refused_or_nothing_shows_it() {
    let mut store = store_with(14.0, 240.0);
    refuse(&mut store, 0, "", &[], &[]);
    assert_eq!(found(&store), None, "the log is the witness");
    refuse(&mut store, 9, "THROTTLED", &[("GET /a", 9)], &[]);
    assert_eq!(found(&store), None, "a burst here and there, of 11,760 requests");
    // Without a log: 4xx that no limit explains are callers' mistakes.
    assert_eq!(found(&store_with(5.0, 100.0)), None);
    assert_eq!(found(&store_with(14.0, 3.0)), None, "more came than the limit, but next to nothing was refused");
    let likely = found(&store_with(14.0, 240.0)).expect("both agree");
    assert!(!likely.counted && likely.cause == Cause::Stage);
    assert!(likely.sentence.contains("probably 429 (the access log is not read yet)"), "{}", likely.sentence);
    assert_eq!(found(&Store::default()), None);
}

#[test]
fn a_count_without_any_known_limit_says_that_none_is_known() {
    let mut store = store_with(1.0, 10.0);
    store.api_account = crate::store::feed::Feed::default();
    let bare = Stage { defaults: MethodSettings::default(), ..prod() };
    store.stages.entry("a1".into()).or_default().accept(Ok(vec![bare]), now());
    refuse(&mut store, 10, "THROTTLED", &[("GET /a", 10)], &[]);
    assert_eq!(found(&store).map(|v| v.cause), Some(Cause::Unknown));
}

#[test]
fn what_is_cached_and_why_not() {
    let cached = |caching, ttl| MethodSettings { caching: Some(caching), cache_ttl_s: Some(ttl), ..Default::default() };
    let mut stage = Stage { cache_size: Some("0.5".into()), cache_enabled: true, ..prod() };
    stage.cache_status = Some("AVAILABLE".into());
    stage.defaults = MethodSettings { cache_control_guarded: Some(true), ..cached(true, 300) };
    stage.overrides = vec![("POST /pay".into(), cached(true, 60)), ("GET /b".into(), cached(true, 0))];
    let why = |stage: &Stage, key: &str| caching(&api(), stage, key).sentence();
    assert_eq!(
        why(&stage, "GET /a"),
        "cached for 300 s in 0.5 GB; only authorized callers may renew it with Cache-Control: max-age=0"
    );
    assert!(caching(&api(), &stage, "POST /pay").cached, "its own settings say so");
    assert!(why(&stage, "PUT /a").starts_with("not cached: only GET is cached by default, PUT only where"));
    assert_eq!(why(&stage, "GET /b"), "not cached: its TTL is 0 s: nothing is kept");
    stage.cache_status = Some("CREATE_IN_PROGRESS".into());
    assert!(why(&stage, "GET /a").contains("CREATE_IN_PROGRESS"));
    stage.cache_enabled = false;
    assert_eq!(why(&stage, "GET /a"), "not cached: the stage's cache cluster is off, though the method asks for it");
    let http = Api { protocol: Protocol::Http, ..api() };
    assert_eq!(caching(&http, &stage, "GET /a").sentence(), "not cached: HTTP APIs have no cache");
}

#[test]
fn two_apis_of_one_name_share_a_stage_and_not_every_method() {
    let mut store = store_with(1.0, 0.0);
    let other = Api { id: "a2".into(), ..api() };
    store.apis.accept(Ok(vec![api(), other]), now());
    store.stages.entry("a2".into()).or_default().accept(Ok(vec![prod()]), now());
    assert_eq!(sharing(&store, &api(), "prod"), 2);
    assert_eq!(sharing_method(&store, &api(), "prod", "GET /a"), 2, "its methods are not known");
    store.routes.entry("a2".into()).or_default().accept(Ok(vec![]), now());
    assert_eq!(sharing_method(&store, &api(), "prod", "GET /a"), 1);
    assert_eq!(account_load(&store, now()).map(|load| load.peak), Some(1.0), "counted once");
}
