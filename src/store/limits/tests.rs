use chrono::TimeDelta;

use super::*;
use crate::model::function::{
    AccountSettings, EventSourceMapping, Function, FunctionDetail, ProvisionedConcurrency, ProvisionedStatus,
};
use crate::model::series::{Metric, Series, SeriesKey, Statistic, Subject};

const NOW: i64 = 1_800_000_000;

fn minute(ago: i64) -> Moment {
    Moment::from_timestamp(NOW, 0).expect("a valid moment") - TimeDelta::minutes(ago)
}

/// An account whose newest settled minute is `minute(0)`; it is two minutes later.
struct Given(Store);

impl Given {
    fn account(limit: u32, unreserved: u32) -> Given {
        let mut store = Store::default();
        let settings = AccountSettings { concurrency_limit: limit, unreserved, ..AccountSettings::default() };
        store.account.accept(Ok(settings), minute(0));
        store.metrics.accept(vec![], minute(0), minute(0));
        Given(store)
    }

    fn functions(mut self, functions: &[(&str, Option<Option<u32>>)]) -> Given {
        let all = functions.iter().map(|(name, reserved)| Function {
            name: (*name).into(),
            reserved: *reserved,
            ..Function::default()
        });
        self.0.functions.accept_page(all.collect(), 0, true, minute(0));
        self
    }

    /// Values of consecutive minutes, the last of which is the newest settled one; a negative one is a gap.
    fn series(self, subject: Subject, metric: Metric, statistic: Statistic, values: &[f64]) -> Given {
        self.ending(0, subject, metric, statistic, values)
    }

    fn ending(mut self, ago: i64, subject: Subject, metric: Metric, statistic: Statistic, values: &[f64]) -> Given {
        let last = values.len() as i64 - 1 + ago;
        let points = values.iter().enumerate().filter(|(_, value)| **value >= 0.0);
        let points = points.map(|(at, value)| (minute(last - at as i64), *value)).collect();
        let key = SeriesKey::new(subject, metric, statistic);
        self.0.metrics.accept(vec![(key, Series { period: 60, points })], minute(0), minute(0));
        self
    }

    fn of(self, name: &str, metric: Metric, values: &[f64]) -> Given {
        self.series(Subject::Function(name.into()), metric, usual(metric), values)
    }

    fn fleet(self, metric: Metric, values: &[f64]) -> Given {
        self.series(Subject::Fleet, metric, usual(metric), values)
    }

    fn queue(self, name: &str, metric: Metric, values: &[f64]) -> Given {
        self.series(Subject::Queue(name.into()), metric, Statistic::Maximum, values)
    }

    fn alias(self, function: &str, qualifier: &str, metric: Metric, values: &[f64]) -> Given {
        let subject = Subject::Qualifier { function: function.into(), qualifier: qualifier.into() };
        self.series(subject, metric, usual(metric), values)
    }

    fn detail(mut self, name: &str, detail: FunctionDetail) -> Given {
        self.0.detail_mut(name).accept(Ok(detail), minute(0));
        self
    }

    fn verdict(&self, name: &str) -> Option<Verdict> {
        verdict(&self.0, name, minute(-2))
    }

    fn told(&self, name: &str) -> Verdict {
        self.verdict(name).expect("something is to be told")
    }
}

fn usual(metric: Metric) -> Statistic {
    match metric {
        Metric::Invocations
        | Metric::Errors
        | Metric::Throttles
        | Metric::ProvisionedConcurrencyInvocations
        | Metric::ProvisionedConcurrencySpilloverInvocations => Statistic::Sum,
        Metric::Duration => Statistic::Percentile(50),
        _ => Statistic::Maximum,
    }
}

fn provisioned(qualifier: &str, count: u32) -> ProvisionedConcurrency {
    ProvisionedConcurrency {
        qualifier: qualifier.into(),
        requested: count,
        allocated: count,
        available: count,
        status: ProvisionedStatus::Ready,
        last_modified: None,
    }
}

/// One function with a reserve of 3 that is used up in three of four minutes.
fn reserved() -> Given {
    Given::account(1000, 900)
        .functions(&[("orders-api", Some(Some(3)))])
        .of("orders-api", Metric::Invocations, &[100.0, 80.0, 80.0, 80.0, 100.0])
        .of("orders-api", Metric::Throttles, &[0.0, 20.0, 40.0, 20.0, 0.0])
        .of("orders-api", Metric::ConcurrentExecutions, &[1.0, 3.0, 3.0, 3.0, 2.0])
        .of("orders-api", Metric::Duration, &[900.0; 5])
}

#[test]
fn a_reserve_that_is_used_up_is_named_with_what_would_be_enough() {
    let verdict = reserved().told("orders-api");
    assert_eq!((verdict.cause, verdict.second, verdict.certain), (Cause::Reserved, None, true));
    assert_eq!(
        verdict.sentence,
        "orders-api is throttled by its reserved concurrency: 3 of 3 in use in 3 of the last 4 minutes, 80 attempts \
         refused (19%); about 5 would have been enough"
    );
    assert_eq!((verdict.since, verdict.at, verdict.over), (Some(minute(3)), Some(minute(2)), false));
    assert!(verdict.remedy.contains("to 5 or more"), "{}", verdict.remedy);
    assert!(verdict.figures.contains(&("reserved".to_string(), "3".to_string())), "{:?}", verdict.figures);
}

#[test]
fn nothing_is_told_where_nothing_is_refused() {
    let calm = Given::account(1000, 900)
        .functions(&[("orders-api", Some(Some(3))), ("idle", None)])
        .of("orders-api", Metric::Invocations, &[100.0; 5])
        .of("orders-api", Metric::Throttles, &[0.0; 5])
        // At its reserve, and nobody minds.
        .of("orders-api", Metric::ConcurrentExecutions, &[3.0; 5])
        .fleet(Metric::ClaimedAccountConcurrency, &[1000.0; 5]);
    assert_eq!(calm.verdict("orders-api"), None);
    assert_eq!(calm.verdict("idle"), None);
    assert_eq!(calm.verdict("unheard-of"), None);
}

#[test]
fn what_is_over_says_so_and_a_fall_in_provisional_minutes_is_none() {
    let mut values = vec![20.0, 20.0];
    values.extend([0.0; 20]);
    let mut busy = vec![3.0, 3.0];
    busy.extend([1.0; 20]);
    let over = Given::account(1000, 900)
        .functions(&[("orders-api", Some(Some(3)))])
        .of("orders-api", Metric::Invocations, &[80.0; 22])
        .of("orders-api", Metric::Throttles, &values)
        .of("orders-api", Metric::ConcurrentExecutions, &busy);
    let verdict = over.told("orders-api");
    assert!(verdict.over && verdict.certain);
    assert!(verdict.sentence.starts_with("orders-api was throttled by its reserved"), "{}", verdict.sentence);
    assert!(verdict.sentence.ends_with("over for 21 min"), "{}", verdict.sentence);
    // Refused until the newest settled minute; the two after it, still coming in, show nothing.
    let own = Subject::Function("orders-api".into());
    let fresh = Given::account(1000, 900)
        .functions(&[("orders-api", Some(Some(3)))])
        .ending(-2, own.clone(), Metric::Throttles, Statistic::Sum, &[5.0, 5.0, 0.0, 0.0])
        .ending(-2, own.clone(), Metric::Invocations, Statistic::Sum, &[80.0, 80.0, 2.0, 1.0])
        .ending(-2, own, Metric::ConcurrentExecutions, Statistic::Maximum, &[3.0, 3.0, 1.0, 1.0]);
    let verdict = fresh.told("orders-api");
    assert!(!verdict.over);
    assert!(verdict.sentence.contains("in 2 of the last 2 minutes"), "{}", verdict.sentence);
}

#[test]
fn a_burst_that_hides_within_the_minute_is_only_probable() {
    let hidden = Given::account(1000, 900)
        .functions(&[("orders-api", Some(Some(5)))])
        .of("orders-api", Metric::Invocations, &[80.0; 4])
        .of("orders-api", Metric::Throttles, &[0.0, 2.0, 3.0, 0.0])
        .of("orders-api", Metric::ConcurrentExecutions, &[2.0, 4.0, 3.0, 2.0]);
    let verdict = hidden.told("orders-api");
    assert_eq!((verdict.cause, verdict.certain), (Cause::Reserved, false));
    assert!(verdict.sentence.contains("is probably throttled by its reserved"), "{}", verdict.sentence);
    assert!(verdict.sentence.contains("4 of 5 in use") || verdict.sentence.contains("3 of 5 in use"));
    assert!(verdict.sentence.contains("bursts shorter than a minute"), "{}", verdict.sentence);
}

#[test]
fn where_no_limit_is_near_the_cause_is_not_known_and_what_can_t_be_seen_is_named() {
    let unseen = |reserved| {
        Given::account(1000, 900)
            .functions(&[("orders-api", reserved)])
            .of("orders-api", Metric::Invocations, &[80.0; 4])
            .of("orders-api", Metric::Throttles, &[0.0, 2.0, 3.0, 0.0])
            .of("orders-api", Metric::ConcurrentExecutions, &[1.0; 4])
    };
    let verdict = unseen(Some(Some(20))).told("orders-api");
    assert_eq!((verdict.cause, verdict.certain), (Cause::Unknown, false));
    assert!(
        verdict.sentence.ends_with("5 attempts refused (2.0%); at most 1 of 20 reserved in use"),
        "{}",
        verdict.sentence
    );
    let verdict = unseen(None).told("orders-api");
    assert!(verdict.sentence.contains("whether it has a reserve is not known yet"), "{}", verdict.sentence);
    let verdict = unseen(Some(None)).told("orders-api");
    assert!(verdict.sentence.contains("the account's concurrency is not measured"), "{}", verdict.sentence);
    let quiet = unseen(Some(None)).fleet(Metric::ClaimedAccountConcurrency, &[130.0; 4]).told("orders-api");
    assert!(quiet.sentence.contains("at most 130 of the account's 1,000 in use"), "{}", quiet.sentence);
}

#[test]
fn a_reserve_of_nothing_is_a_switch() {
    let off = Given::account(1000, 900).functions(&[("orders-api", Some(Some(0)))]).of(
        "orders-api",
        Metric::Throttles,
        &[10.0, 10.0],
    );
    let verdict = off.told("orders-api");
    assert_eq!((verdict.cause, verdict.certain), (Cause::Off, true));
    assert_eq!(
        verdict.sentence,
        "orders-api is switched off: its reserved concurrency is 0, 20 attempts refused (100%)"
    );
}

#[test]
fn what_is_provisioned_is_taken_from_the_reserve_whether_it_is_used_or_not() {
    let detail = FunctionDetail { provisioned: vec![provisioned("live", 4)], ..FunctionDetail::default() };
    let given = |reserve, in_use, on_provisioned| {
        Given::account(1000, 900)
            .functions(&[("checkout-api", Some(Some(reserve)))])
            .detail("checkout-api", FunctionDetail { reserved: Some(reserve), ..detail.clone() })
            .of("checkout-api", Metric::Invocations, &[80.0; 3])
            .of("checkout-api", Metric::Throttles, &[8.0; 3])
            .of("checkout-api", Metric::ConcurrentExecutions, &[in_use; 3])
            .alias("checkout-api", "live", Metric::ProvisionedConcurrentExecutions, &[on_provisioned; 3])
            .told("checkout-api")
    };
    let full = given(4, 4.0, 4.0);
    assert!(full.certain && full.sentence.contains("4 of 4 in use (all of it provisioned) in 3"), "{}", full.sentence);
    // Of six, four are set aside for the alias and hardly used: $LATEST has but two.
    let beside = given(6, 3.0, 1.0);
    assert_eq!((beside.cause, beside.certain), (Cause::Reserved, true));
    let free = given(6, 3.0, 3.0);
    assert!(!free.certain, "{}", free.sentence);
}

/// `report-builder` uses up what nobody has reserved.
fn pool_used_up() -> Given {
    Given::account(1000, 900)
        .functions(&[
            ("report-builder", Some(None)),
            ("image-resize", Some(None)),
            ("cart-api", Some(None)),
            ("orders-api", Some(Some(100))),
            ("asleep", Some(None)),
        ])
        .of("report-builder", Metric::ConcurrentExecutions, &[871.0; 3])
        .of("report-builder", Metric::Invocations, &[900.0; 3])
        .of("report-builder", Metric::Throttles, &[300.0; 3])
        .of("image-resize", Metric::ConcurrentExecutions, &[20.0; 3])
        .of("image-resize", Metric::Invocations, &[88.0; 3])
        .of("image-resize", Metric::Throttles, &[12.0; 3])
        .of("cart-api", Metric::ConcurrentExecutions, &[9.0; 3])
        .of("cart-api", Metric::Invocations, &[88.0; 3])
        .of("cart-api", Metric::Throttles, &[3.0; 3])
        .of("orders-api", Metric::ConcurrentExecutions, &[40.0; 3])
        .of("orders-api", Metric::Throttles, &[0.0; 3])
        .fleet(Metric::ConcurrentExecutions, &[945.0; 3])
        .fleet(Metric::UnreservedConcurrentExecutions, &[900.0; 3])
        .fleet(Metric::ClaimedAccountConcurrency, &[1000.0; 3])
}

#[test]
fn who_uses_up_the_pool_is_named_to_those_who_are_refused() {
    let given = pool_used_up();
    let victim = given.told("image-resize");
    assert_eq!((victim.cause, victim.certain), (Cause::AccountPool, true));
    assert_eq!(
        victim.sentence,
        "image-resize is throttled by the account's pool: report-builder uses 871 of the 900 unreserved, in 3 of the last 3 \
         minutes, 36 attempts refused (12%)"
    );
    let culprit = given.told("report-builder");
    assert_eq!(
        culprit.sentence,
        "report-builder uses up the account's pool: 871 of the 900 unreserved, image-resize and cart-api are refused too, 900 \
         attempts refused (25%) of its own"
    );
    assert_eq!(given.verdict("orders-api"), None, "its reserve is its own");
}

#[test]
fn a_reserve_protects_from_the_pool() {
    let given = pool_used_up().of("orders-api", Metric::Throttles, &[0.0, 4.0, 0.0]);
    assert_eq!(given.told("orders-api").cause, Cause::Unknown);
}

#[test]
fn the_pool_without_a_culprit_says_what_is_measured() {
    let given = Given::account(1000, 900)
        .functions(&[("image-resize", Some(None)), ("other", Some(None))])
        .of("image-resize", Metric::Throttles, &[5.0])
        .of("image-resize", Metric::Invocations, &[95.0])
        .fleet(Metric::UnreservedConcurrentExecutions, &[899.0]);
    let told = given.told("image-resize").sentence;
    assert!(told.contains("899 of the 900 unreserved in use in the last minute"), "{told}");
    assert!(told.ends_with("who uses them is not measured here"), "{told}");
    let told = given.of("image-resize", Metric::ConcurrentExecutions, &[12.0]).told("image-resize").sentence;
    assert!(told.ends_with("image-resize uses most of what is measured, 12"), "{told}");
}

#[test]
fn a_growth_beyond_a_thousand_in_ten_seconds_is_the_scaling_rate() {
    let given = |reserve| {
        Given::account(5000, 5000)
            .functions(&[("recommend", reserve)])
            .of("recommend", Metric::Invocations, &[300.0, 300.0, 2900.0, 200.0])
            .of("recommend", Metric::Throttles, &[0.0, 0.0, 400.0, 0.0])
            .of("recommend", Metric::ConcurrentExecutions, &[38.0, 40.0, 1870.0, 60.0])
            .fleet(Metric::ClaimedAccountConcurrency, &[100.0, 100.0, 1950.0, 120.0])
            .told("recommend")
    };
    let verdict = given(Some(None));
    assert_eq!((verdict.cause, verdict.certain), (Cause::ScalingRate, true));
    assert_eq!(
        verdict.sentence,
        "recommend grows faster than 1,000 new environments per 10 s: its concurrency rose from 40 to 1,870 in one minute, 400 \
         attempts refused (11%)"
    );
    // A reserve as small is reached, not outpaced.
    assert_eq!(given(Some(Some(1870))).cause, Cause::Reserved);
    let unsure = given(None);
    assert!(
        !unsure.certain && unsure.sentence.contains("whether it has a reserve is not known"),
        "{}",
        unsure.sentence
    );
}

#[test]
fn it_grows_from_nothing_where_it_was_idle_but_not_where_nothing_is_known() {
    let given = |invocations: &[f64]| {
        Given::account(5000, 5000)
            .functions(&[("recommend", Some(None))])
            .of("recommend", Metric::Invocations, invocations)
            .of("recommend", Metric::Throttles, &[0.0, -1.0, 400.0, 0.0])
            .of("recommend", Metric::ConcurrentExecutions, &[3.0, -1.0, 1000.0, 3.0])
            .fleet(Metric::ClaimedAccountConcurrency, &[100.0, 100.0, 1100.0, 120.0])
            .told("recommend")
    };
    let idle = given(&[3.0, -1.0, 1400.0, 3.0]);
    assert_eq!(idle.cause, Cause::ScalingRate);
    assert!(idle.sentence.contains("from 0 to 1,000"), "{}", idle.sentence);
    let gap = given(&[3.0, 1200.0, 1400.0, 3.0]);
    assert_eq!(gap.cause, Cause::Unknown, "{}", gap.sentence);
}

#[test]
fn short_invocations_hit_the_request_rate_before_the_concurrency() {
    let given = |concurrency: f64, duration: f64, ran: f64, refused: f64| {
        Given::account(1000, 900)
            .functions(&[("ws-connect", Some(Some(5)))])
            .of("ws-connect", Metric::Invocations, &[ran; 3])
            .of("ws-connect", Metric::Throttles, &[refused; 3])
            .of("ws-connect", Metric::ConcurrentExecutions, &[concurrency; 3])
            .of("ws-connect", Metric::Duration, &[duration; 3])
            .told("ws-connect")
    };
    let verdict = given(2.0, 4.0, 3000.0, 720.0);
    assert_eq!((verdict.cause, verdict.certain), (Cause::RequestRate, true));
    assert_eq!(
        verdict.sentence,
        "ws-connect is throttled by the request rate of its reserve: 62 requests/s against 10 x 5 = 50, though only 2 of 5 were \
         in use, 2,160 attempts refused (19%)"
    );
    assert!(verdict.remedy.contains("to 7"), "{}", verdict.remedy);
    // Both are reached: long invocations run out of concurrency first, short ones out of the rate.
    assert_eq!(given(5.0, 400.0, 700.0, 2500.0).cause, Cause::Reserved);
    assert_eq!(given(5.0, 20.0, 3000.0, 720.0).cause, Cause::RequestRate);
}

#[test]
fn two_causes_that_alternate_are_both_named() {
    let given = Given::account(1000, 900)
        .functions(&[("orders-api", Some(Some(5)))])
        .of("orders-api", Metric::Invocations, &[300.0, 3000.0, 300.0, 3000.0])
        .of("orders-api", Metric::Throttles, &[90.0, 60.0, 90.0, 60.0])
        .of("orders-api", Metric::ConcurrentExecutions, &[5.0, 2.0, 5.0, 2.0])
        .of("orders-api", Metric::Duration, &[900.0, 4.0, 900.0, 4.0]);
    let verdict = given.told("orders-api");
    assert_eq!((verdict.cause, verdict.second), (Cause::Reserved, Some(Cause::RequestRate)));
    assert!(verdict.sentence.contains("in 2 of the last 4 minutes"), "{}", verdict.sentence);
    assert!(verdict.sentence.ends_with("in other minutes it is the request rate"), "{}", verdict.sentence);
}

#[test]
fn an_episode_before_is_another_matter() {
    let mut throttles = vec![500.0];
    throttles.extend([0.0; 29]);
    throttles.extend([7.0, 7.0]);
    let given = Given::account(1000, 900)
        .functions(&[("orders-api", Some(Some(3)))])
        .of("orders-api", Metric::Invocations, &[93.0; 32])
        .of("orders-api", Metric::Throttles, &throttles)
        .of("orders-api", Metric::ConcurrentExecutions, &[3.0; 32]);
    let verdict = given.told("orders-api");
    assert_eq!(verdict.since, Some(minute(1)));
    assert!(
        verdict.sentence.contains("in 2 of the last 2 minutes, 14 attempts refused (7.0%)"),
        "{}",
        verdict.sentence
    );
}

fn queue() -> Given {
    let mapping = EventSourceMapping {
        source: "arn:aws:sqs:eu-west-1:123456789012:uploads".into(),
        state: "Enabled".into(),
        maximum_concurrency: Some(10),
        ..EventSourceMapping::default()
    };
    let detail = FunctionDetail { mappings: vec![mapping], reserved: Some(20), ..FunctionDetail::default() };
    Given::account(1000, 900)
        .functions(&[("image-resize", Some(Some(20)))])
        .detail("image-resize", detail)
        .of("image-resize", Metric::Throttles, &[0.0; 10])
        .of("image-resize", Metric::ConcurrentExecutions, &[4.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0])
}

#[test]
fn a_mapping_at_its_maximum_holds_back_while_messages_wait() {
    let age = [20.0, 60.0, 120.0, 180.0, 240.0, 300.0, 360.0, 420.0, 480.0, 540.0];
    let given = queue().queue("uploads", Metric::ApproximateAgeOfOldestMessage, &age).queue(
        "uploads",
        Metric::ApproximateNumberOfMessagesVisible,
        &[812.0; 10],
    );
    let verdict = given.told("image-resize");
    assert_eq!((verdict.cause, verdict.certain), (Cause::EventSourceMaximum, true));
    assert_eq!(
        verdict.sentence,
        "image-resize is not throttled but held back: the mapping of queue uploads allows 10 at once, 10 in use in 9 of the last \
         10 minutes, 812 messages wait, the oldest 9 min old"
    );
    assert_eq!((verdict.since, verdict.at), (Some(minute(8)), Some(minute(0))));
    assert!(!Cause::EventSourceMaximum.refuses());
}

#[test]
fn a_mapping_at_its_maximum_with_an_empty_queue_holds_nothing_back() {
    let empty = queue().queue("uploads", Metric::ApproximateAgeOfOldestMessage, &[3.0; 10]).queue(
        "uploads",
        Metric::ApproximateNumberOfMessagesVisible,
        &[0.0; 10],
    );
    assert_eq!(empty.verdict("image-resize"), None);
    let unmeasured = queue().told("image-resize");
    assert!(!unmeasured.certain);
    assert!(unmeasured.sentence.contains("how long messages wait is not measured"), "{}", unmeasured.sentence);
    let busy_once = queue().of("image-resize", Metric::ConcurrentExecutions, &[10.0, 2.0, 2.0, 2.0, 2.0]);
    assert_eq!(busy_once.verdict("image-resize"), None);
}

#[test]
fn a_stream_that_is_not_kept_up_with_is_told_and_one_that_catches_up_is_not() {
    let mapping = EventSourceMapping {
        source: "arn:aws:kinesis:eu-west-1:123456789012:stream/clickstream".into(),
        state: "Enabled".into(),
        parallelization: Some(1),
        ..EventSourceMapping::default()
    };
    let given = |ages: &[f64], errors: f64| {
        Given::account(1000, 900)
            .functions(&[("aggregate", Some(None))])
            .detail("aggregate", FunctionDetail { mappings: vec![mapping.clone()], ..FunctionDetail::default() })
            .of("aggregate", Metric::ConcurrentExecutions, &[2.0; 6])
            .of("aggregate", Metric::Invocations, &[40.0; 6])
            .of("aggregate", Metric::Errors, &[errors; 6])
            .of("aggregate", Metric::IteratorAge, ages)
    };
    let rising = [300e3, 354e3, 408e3, 462e3, 516e3, 570e3];
    let verdict = given(&rising, 0.0).told("aggregate");
    assert_eq!((verdict.cause, verdict.certain), (Cause::EventSourceMaximum, false));
    assert!(
        verdict.sentence.starts_with(
            "aggregate is not throttled but falls behind its stream clickstream: the oldest record read is 10 min old and gets \
             54 s older each minute, probably because 2 batches are worked on at once"
        ),
        "{}",
        verdict.sentence
    );
    let failing = given(&rising, 30.0).told("aggregate");
    assert!(failing.sentence.contains("batches fail"), "{}", failing.sentence);
    assert_eq!(failing.next_key, "l");
    assert_eq!(given(&[570e3, 516e3, 462e3, 408e3, 354e3, 300e3], 0.0).verdict("aggregate"), None);
    assert_eq!(given(&[0.2e3, 0.3e3, 0.4e3, 0.5e3, 0.6e3, 0.7e3], 0.0).verdict("aggregate"), None);
}

#[test]
fn spilling_over_is_told_as_a_share_of_the_alias() {
    let given = |spilled: f64| {
        Given::account(1000, 900)
            .functions(&[("checkout-api", Some(None))])
            .detail(
                "checkout-api",
                FunctionDetail { provisioned: vec![provisioned("live", 5)], ..FunctionDetail::default() },
            )
            .of("checkout-api", Metric::Throttles, &[0.0; 3])
            .alias("checkout-api", "live", Metric::Invocations, &[100.0; 3])
            .alias("checkout-api", "live", Metric::ProvisionedConcurrencySpilloverInvocations, &[0.0, spilled, spilled])
            .alias("checkout-api", "live", Metric::ConcurrentExecutions, &[3.0, 8.0, 7.0])
    };
    let verdict = given(18.0).told("checkout-api");
    assert_eq!(verdict.cause, Cause::Spillover);
    assert_eq!(
        verdict.sentence,
        "12% of the invocations of checkout-api:live spilled over its 5 provisioned: 36 that may have started cold"
    );
    assert!(verdict.remedy.starts_with("Provision 8 for live"), "{}", verdict.remedy);
    assert_eq!(given(0.0).verdict("checkout-api"), None);
}

#[test]
fn refusals_come_before_what_holds_back_unless_they_are_over() {
    let mut throttles = vec![20.0];
    throttles.extend([0.0; 19]);
    let given = queue()
        .of("image-resize", Metric::ConcurrentExecutions, &[20.0; 20])
        .of("image-resize", Metric::Invocations, &[80.0; 20])
        .queue("uploads", Metric::ApproximateAgeOfOldestMessage, &[600.0; 20]);
    let past = given.of("image-resize", Metric::Throttles, &throttles);
    assert_eq!(past.told("image-resize").cause, Cause::EventSourceMaximum);
    let now = past.of("image-resize", Metric::Throttles, &[20.0; 20]);
    assert_eq!(now.told("image-resize").cause, Cause::Reserved);
}

#[test]
fn concurrency_as_it_stands() {
    let given = pool_used_up();
    let stands = concurrency(&given.0, "report-builder");
    assert_eq!((stands.account_limit, stands.claimed, stands.unreserved_left), (Some(1000.0), Some(1000.0), Some(0.0)));
    assert_eq!((stands.reserved, stands.in_use), (Some(None), Some(871.0)));
    let users = pool(&given.0);
    let names: Vec<&str> = users.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names, ["report-builder", "orders-api", "image-resize", "cart-api", ""]);
    assert_eq!(users[1].2, Share::Reserved(100));
    assert_eq!(users[4], (String::new(), 5.0, Share::NotMeasured(1)));
    let Share::Unreserved(share) = users[0].2 else { panic!("{:?}", users[0]) };
    assert!((share - 871.0 / 900.0).abs() < 1e-9);
}

#[test]
fn growth_is_from_one_minute_to_the_very_next() {
    let given = Given::account(1000, 900).functions(&[("a", Some(None))]).of(
        "a",
        Metric::ConcurrentExecutions,
        &[1.0, -1.0, 90.0, 100.0, 40.0],
    );
    assert_eq!(concurrency(&given.0, "a").growth, Some((minute(1), 10.0)), "a gap is not a zero");
    assert_eq!(concurrency(&given.0, "a").peak, Some((minute(1), 100.0)));
}

#[test]
fn a_clear_rise_is_forecast_and_nothing_else_is() {
    let given = |values: &[f64]| {
        let given =
            Given::account(1000, 900).functions(&[("a", Some(Some(20)))]).of("a", Metric::ConcurrentExecutions, values);
        forecast(&given.0, Some("a"), minute(-2))
    };
    let rising = given(&[2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]).expect("a trend");
    // Ten more at one a minute; the newest settled minute began two minutes ago.
    assert_eq!(rising.sentence, "at this rate the reserve of 20 is used up in about 8 min");
    assert!((rising.per_minute - 1.0).abs() < 1e-9 && (rising.in_use - 10.0).abs() < 1e-9);
    assert_eq!(given(&[2.0, 3.0, 4.0, 5.0]), None, "too few points");
    assert_eq!(given(&[9.0, 2.0, 11.0, 3.0, 8.0, 12.0, 2.0, 9.0, 10.0]), None, "no clear trend");
    assert_eq!(given(&[10.0, 9.0, 8.0, 7.0, 6.0, 5.0]), None, "it falls");
    assert_eq!(given(&[5.0; 9]), None, "it stands still");
    assert_eq!(given(&[16.0, 17.0, 18.0, 19.0, 20.0, 20.0]), None, "it is used up already");
    let gaps = given(&[2.0, -1.0, 4.0, -1.0, 6.0, -1.0, 8.0, -1.0, 10.0]).expect("a trend through gaps");
    assert!((gaps.per_minute - 1.0).abs() < 1e-9, "{gaps:?}");
    assert_eq!(given(&[2.0, 4.0, 6.0, 8.0, 10.0, -1.0, -1.0, -1.0, -1.0]), None, "it has fallen silent");
}

#[test]
fn the_account_is_forecast_where_there_is_no_reserve() {
    let rising: Vec<f64> = (0..15).map(|at| 400.0 + 30.0 * f64::from(at)).collect();
    let given =
        Given::account(1000, 900).functions(&[("a", Some(None))]).fleet(Metric::ClaimedAccountConcurrency, &rising);
    for function in [None, Some("a")] {
        let told = forecast(&given.0, function, minute(-2)).expect("a trend").sentence;
        assert_eq!(told, "at this rate the account's concurrency of 1,000 is used up in about 4 min");
    }
    assert_eq!(forecast(&given.0, Some("unheard-of"), minute(-2)), None);
}

#[test]
fn few_series_are_wanted() {
    let plain = Given::account(1000, 900).functions(&[("a", Some(None))]);
    assert!(wanted(&plain.0, "a").len() <= 9, "{:?}", wanted(&plain.0, "a"));
    let keys = wanted(&queue().0, "image-resize");
    let of_queue = keys.iter().filter(|key| key.subject == Subject::Queue("uploads".into())).count();
    assert_eq!(of_queue, 2);
    // Who uses the pool is only worth asking when it is used up and this one suffers by it.
    let short = pool_used_up();
    let of_others = |name: &str| {
        let keys = wanted(&short.0, name);
        keys.iter().filter(|key| key.subject == Subject::Function("asleep".into())).count()
    };
    assert_eq!((of_others("image-resize"), of_others("orders-api")), (2, 0));
}

#[test]
fn the_reason_of_a_refusal_names_the_limit_itself() {
    let given = reserved();
    let told = |reason| refusal(&given.0, "orders-api", reason, minute(0));
    assert_eq!(told("CallerRateLimitExceeded").expect("known").cause, Cause::CallerRate);
    let reserve = told("ReservedFunctionConcurrentInvocationLimitExceeded").expect("known");
    assert_eq!(reserve.sentence, "orders-api was refused by its reserved concurrency of 3");
    assert_eq!(told("FunctionInvocationRateLimitExceeded").expect("known").cause, Cause::RequestRate);
    assert_eq!(told("ConcurrentSnapshotCreateLimitExceeded"), None);
}
