use chrono::TimeDelta;

use super::*;
use crate::config::Config;
use crate::model::function::{Alias, AsyncConfig, EventSourceMapping, Function, FunctionDetail, Version};
use crate::model::invocation::{Invocation, Status};
use crate::model::series::{Metric, Series, SeriesKey, Statistic};

fn minute(ago: i64) -> Moment {
    // 2026-11-29: some runtimes are deprecated, none of today's newest is.
    Moment::from_timestamp(1_795_910_400, 0).expect("a valid moment") - TimeDelta::minutes(ago)
}

fn function() -> Function {
    Function {
        name: "orders-api".into(),
        runtime: "python3.14".into(),
        timeout_s: 10,
        memory_mb: 512,
        ..Function::default()
    }
}

fn store(function: Function, detail: FunctionDetail) -> Store {
    let mut store = Store::default();
    let name = function.name.clone();
    store.functions.accept_page(vec![function], 0, true, minute(0));
    store.detail_mut(&name).accept(Ok(detail), minute(0));
    store.metrics.accept(vec![], minute(2), minute(0));
    store
}

fn measure(store: &mut Store, metric: Metric, statistic: Statistic, values: &[f64]) {
    let last = values.len() as i64 + 1;
    let points = values.iter().enumerate().map(|(at, value)| (minute(last - at as i64), *value)).collect();
    let key = SeriesKey::new(Subject::Function("orders-api".into()), metric, statistic);
    store.metrics.accept(vec![(key, Series { period: 60, points })], minute(2), minute(0));
}

fn found(store: &Store) -> Vec<(&'static str, Severity, String)> {
    let thresholds = Config::default().thresholds;
    all(store, &thresholds, minute(0)).into_iter().map(|f| (f.check, f.severity, f.sentence)).collect()
}

/// The only finding.
fn one(store: &Store) -> (&'static str, Severity, String) {
    let found = found(store);
    assert_eq!(found.len(), 1, "{found:#?}");
    found[0].clone()
}

fn ran(count: usize, invocation: Invocation) -> Vec<Invocation> {
    vec![Invocation { status: Status::Ok, memory_mb: Some(512), memory_used_mb: Some(200), ..invocation }; count]
}

fn invoked(invocations: Vec<Invocation>) -> Store {
    let mut store = store(function(), FunctionDetail::default());
    store.invocations.entry("orders-api".into()).or_default().accept(Ok(invocations), minute(0));
    store
}

#[test]
fn a_healthy_function_has_no_finding() {
    let mut store = invoked(ran(50, Invocation::default()));
    measure(&mut store, Metric::Invocations, Statistic::Sum, &[100.0; 5]);
    measure(&mut store, Metric::Errors, Statistic::Sum, &[0.0; 5]);
    measure(&mut store, Metric::Throttles, Statistic::Sum, &[0.0; 5]);
    measure(&mut store, Metric::Duration, Statistic::Percentile(99), &[80.0; 5]);
    assert_eq!(found(&store), []);
}

#[test]
fn throttles_speak_the_verdict_and_are_critical_from_their_share_on() {
    let given = |refused: f64| {
        let mut store = store(Function { reserved: Some(Some(3)), ..function() }, FunctionDetail::default());
        measure(&mut store, Metric::Invocations, Statistic::Sum, &[100.0; 4]);
        measure(&mut store, Metric::Throttles, Statistic::Sum, &[refused; 4]);
        measure(&mut store, Metric::ConcurrentExecutions, Statistic::Maximum, &[3.0; 4]);
        one(&store)
    };
    let (check, severity, sentence) = given(30.0);
    assert_eq!((check, severity), ("throttles", Severity::Critical));
    assert!(sentence.starts_with("orders-api is throttled by its reserved concurrency: 3 of 3"), "{sentence}");
    assert_eq!(given(5.0).1, Severity::Warning);
}

#[test]
fn a_function_that_is_switched_off_is_told_of_once() {
    let mut store = store(Function { reserved: Some(Some(0)), ..function() }, FunctionDetail::default());
    assert_eq!(one(&store).0, "switched-off");
    measure(&mut store, Metric::Throttles, Statistic::Sum, &[30.0; 4]);
    let (check, severity, sentence) = one(&store);
    assert_eq!((check, severity), ("throttles", Severity::Critical));
    assert!(sentence.contains("switched off"), "{sentence}");
}

#[test]
fn durations_near_the_time_out_and_at_it_are_two_things() {
    let given = |p99: f64| {
        let mut store = store(function(), FunctionDetail::default());
        measure(&mut store, Metric::Duration, Statistic::Percentile(99), &[p99; 4]);
        found(&store)
    };
    assert_eq!(given(9_000.0), []);
    assert_eq!(given(9_600.0)[0].0, "duration");
    let at = given(10_000.0);
    assert_eq!(at[0].0, "time-outs");
    assert!(at[0].2.contains("p99 is 10.0s of 10.0s"), "{}", at[0].2);
}

#[test]
fn time_outs_are_counted_where_invocations_are_known() {
    let mut all = ran(18, Invocation::default());
    all.extend(vec![Invocation { status: Status::TimedOut, ..Invocation::default() }; 2]);
    let mut store = invoked(all);
    measure(&mut store, Metric::Duration, Statistic::Percentile(99), &[10_000.0; 4]);
    let (check, severity, sentence) = one(&store);
    assert_eq!((check, severity), ("time-outs", Severity::Critical));
    assert_eq!(sentence, "orders-api ran into its time-out of 10 s in 2 of its last 20 invocations (10%), limit 1.0%");
}

#[test]
fn memory_is_short_or_far_too_large() {
    let used = |used: u32, size: u32| {
        let one =
            Invocation { status: Status::Ok, memory_mb: Some(size), memory_used_mb: Some(used), ..Default::default() };
        invoked(vec![one; 20])
    };
    let (check, severity, sentence) = one(&used(500, 512));
    assert_eq!((check, severity), ("memory", Severity::Warning));
    assert_eq!(sentence, "orders-api used up to 500 of its 512 MB (98%), limit 95%");
    assert_eq!(one(&used(40, 512)).0, "memory-low");
    assert_eq!(found(&used(300, 512)), []);
    assert_eq!(found(&used(250, 256)), [], "it was another size then");
    let mut killed = ran(19, Invocation::default());
    killed.push(Invocation { status: Status::OutOfMemory, ..Invocation::default() });
    let (check, severity, sentence) = one(&invoked(killed));
    assert_eq!((check, severity), ("memory", Severity::Critical));
    assert!(sentence.contains("in 1 of its last 20 invocations: 512 MB are not enough"), "{sentence}");
}

#[test]
fn cold_starts_are_a_share_of_enough_invocations() {
    let cold = |count: usize, of: usize| {
        let mut all = ran(of - count, Invocation::default());
        all.extend(ran(count, Invocation { init_ms: Some(780.0), ..Invocation::default() }));
        found(&invoked(all))
    };
    assert_eq!(cold(0, 100), []);
    assert_eq!(cold(2, 20), [], "too few to tell");
    let found = cold(12, 100);
    assert_eq!(found[0].0, "cold-starts");
    assert_eq!(
        found[0].2,
        "orders-api started cold in 12 of its last 100 invocations (12%), for up to 780ms; limit 1.0%"
    );
}

#[test]
fn an_alias_that_leads_nowhere_is_told_unless_versions_are_not_known() {
    let version = |number: &str| Version { version: number.into(), ..Version::default() };
    let detail = FunctionDetail {
        aliases: vec![Alias {
            name: "live".into(),
            version: "7".into(),
            weights: vec![("8".into(), 0.1)],
            ..Alias::default()
        }],
        versions: vec![version("7")],
        ..FunctionDetail::default()
    };
    let (check, _, sentence) = one(&store(function(), detail.clone()));
    assert_eq!((check, sentence.as_str()), ("alias-astray", "orders-api:live leads to version 8, which is not there"));
    let both = FunctionDetail { versions: vec![version("7"), version("8")], ..detail.clone() };
    assert_eq!(found(&store(function(), both)), []);
    let unknown = FunctionDetail { versions: vec![], ..detail };
    assert_eq!(found(&store(function(), unknown)), []);
}

#[test]
fn mappings_that_are_off_or_in_trouble() {
    let given = |state: &str, result: &str| {
        let mapping = EventSourceMapping {
            source: "arn:aws:sqs:eu-west-1:123456789012:orders".into(),
            state: state.into(),
            reason: "User action".into(),
            last_result: result.into(),
            ..EventSourceMapping::default()
        };
        found(&store(function(), FunctionDetail { mappings: vec![mapping], ..FunctionDetail::default() }))
    };
    assert_eq!(given("Enabled", "OK"), []);
    assert_eq!(
        given("Disabled", "")[0].2,
        "orders-api is not fed: its mapping of queue orders is Disabled (User action)"
    );
    let trouble = given("Enabled", "PROBLEM: Function call failed");
    assert_eq!((trouble[0].0, trouble[0].1), ("mapping-trouble", Severity::Warning));
    assert!(trouble[0].2.ends_with("PROBLEM: Function call failed"), "{}", trouble[0].2);
}

#[test]
fn asynchronous_events_that_are_dropped_say_where_they_went() {
    let given = |on_failure: Option<&str>, undelivered: f64| {
        let asynchronous = AsyncConfig { on_failure: on_failure.map(str::to_string), ..AsyncConfig::default() };
        let detail = FunctionDetail { asynchronous: Some(asynchronous), ..FunctionDetail::default() };
        let mut store = store(function(), detail);
        measure(&mut store, Metric::AsyncEventsReceived, Statistic::Sum, &[50.0; 4]);
        measure(&mut store, Metric::AsyncEventsDropped, Statistic::Sum, &[5.0; 4]);
        measure(&mut store, Metric::DestinationDeliveryFailures, Statistic::Sum, &[undelivered; 4]);
        measure(&mut store, Metric::AsyncEventAge, Statistic::Maximum, &[60e3; 4]);
        found(&store)
    };
    assert_eq!(
        one_of(&given(None, 0.0), "async-dropped"),
        "orders-api dropped 20 asynchronous events (10% of those received); nothing keeps them, they are lost"
    );
    let kept = given(Some("arn:aws:sqs:eu-west-1:123456789012:failures"), 0.0);
    assert!(one_of(&kept, "async-dropped").ends_with("they went to failures"), "{kept:#?}");
    let lost = given(Some("arn:aws:sqs:eu-west-1:123456789012:failures"), 1.0);
    assert!(one_of(&lost, "async-dropped").ends_with("they are lost"), "{lost:#?}");
    assert!(one_of(&lost, "destination-failures").contains("4 asynchronous events"), "{lost:#?}");
}

fn one_of<'a>(found: &'a [(&'static str, Severity, String)], check: &str) -> &'a str {
    &found.iter().find(|(name, ..)| *name == check).unwrap_or_else(|| panic!("no {check} in {found:#?}")).2
}

#[test]
fn a_stream_read_late_passes_its_threshold() {
    let given = |age: f64| {
        let mapping = EventSourceMapping {
            source: "arn:aws:kinesis:eu-west-1:123456789012:stream/clicks".into(),
            state: "Enabled".into(),
            ..EventSourceMapping::default()
        };
        let detail = FunctionDetail { mappings: vec![mapping], ..FunctionDetail::default() };
        let mut store = store(function(), detail);
        measure(&mut store, Metric::IteratorAge, Statistic::Maximum, &[age; 4]);
        found(&store)
    };
    assert_eq!(given(60e3), []);
    let late = given(7_500e3);
    assert_eq!(
        one_of(&late, "iterator-age"),
        "orders-api reads stream clicks late: the oldest record read was 2h5m old, limit 2h"
    );
}

#[test]
fn deprecated_runtimes_are_one_finding_and_say_what_is_blocked_when() {
    let with = |runtimes: &[(&str, &str)]| {
        let functions = runtimes.iter().map(|(name, runtime)| Function {
            name: (*name).into(),
            runtime: (*runtime).into(),
            ..Function::default()
        });
        let mut store = Store::default();
        store.functions.accept_page(functions.collect(), 0, true, minute(0));
        found(&store)
    };
    assert_eq!(with(&[("a", "python3.14"), ("b", "nodejs99.x"), ("c", "")]), []);
    assert_eq!(
        with(&[("a", "nodejs18.x")])[0].2,
        "a runs on nodejs18.x, deprecated since 2025-09-01; creating will be blocked on 2027-02-01, updating will be blocked on \
         2027-03-03"
    );
    let two = with(&[("a", "nodejs18.x"), ("b", "ruby2.5"), ("c", "python3.14")]);
    assert!(two[0].2.starts_with("2 functions run on deprecated runtimes, the oldest is ruby2.5 of b"), "{two:#?}");
    assert_eq!((two.len(), two[0].1), (1, Severity::Warning), "what has ruby2.5 can't be updated any more");
}
