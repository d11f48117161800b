//! What polling costs, proved by the ledger of the account: as little as was promised, and what the header says.

use crate::embedded::Embedded;
use slsdash::app::interests::{Interests, Tail, TailGroup, Tempo, TraceQuery};
use slsdash::app::message::News;
use slsdash::app::tabs::functions::columns::{self, Column};
use slsdash::model::series::{Metric, SeriesKey, Statistic, Subject};
use slsdash::model::trouble::Kind;
use slsdash::poll::Pace;
use slsdash::sim::faults::Fault;
use slsdash::time::TimeWindow;
use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

fn fleet() -> BTreeSet<SeriesKey> {
    let of = |metric, statistic| SeriesKey::new(Subject::Fleet, metric, statistic);
    [
        of(Metric::Invocations, Statistic::Sum),
        of(Metric::Errors, Statistic::Sum),
        of(Metric::Throttles, Statistic::Sum),
        of(Metric::Duration, Statistic::Percentile(50)),
        of(Metric::Duration, Statistic::Percentile(99)),
        of(Metric::ConcurrentExecutions, Statistic::Maximum),
        of(Metric::ClaimedAccountConcurrency, Statistic::Maximum),
    ]
    .into()
}

fn overview() -> Interests {
    Interests {
        window: TimeWindow::last(Duration::from_secs(300)),
        inventory: true,
        series: fleet(),
        account_settings: true,
        alarms: true,
        apis: true,
        ..Interests::default()
    }
}

#[tokio::test(start_paused = true)]
async fn an_overview_costs_a_dozen_calls_a_minute_at_most() {
    let embedded = Embedded::start("shop").await;
    let mut polling = embedded.poll(overview(), Pace::default());
    polling.news_for(MINUTE).await;
    for minute in 1..5 {
        embedded.sim.ledger().clear();
        polling.news_for(MINUTE).await;
        let calls = embedded.sim.ledger().counts();
        assert!(embedded.sim.ledger().total() <= 12, "minute {minute}: {calls:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn series_are_asked_for_in_as_few_calls_as_they_fit_into() {
    let embedded = Embedded::of("shop", 400).await;
    let names: Vec<String> = embedded.sim.world().catalog.functions.iter().map(|f| f.name.clone()).collect();
    let series = names.iter().take(400).flat_map(|name| {
        let of = |metric, statistic| SeriesKey::new(Subject::Function(name.clone()), metric, statistic);
        [
            of(Metric::Invocations, Statistic::Sum),
            of(Metric::Duration, Statistic::Percentile(50)),
            of(Metric::Duration, Statistic::Percentile(99)),
        ]
    });
    let interests = Interests {
        series: series.collect(),
        window: TimeWindow::last(Duration::from_secs(300)),
        ..Interests::default()
    };
    let count = interests.series.len();
    assert_eq!(count, 1200);
    let mut polling = embedded.poll(interests, Pace::default());
    let news = polling.news_for(MINUTE / 2).await;
    assert_eq!(embedded.sim.ledger().count("cloudwatch", "GetMetricData"), count.div_ceil(500) as u64);
    let told: HashSet<SeriesKey> = news
        .into_iter()
        .flat_map(|news| match news {
            News::Series { series, .. } => series.into_iter().map(|(key, _)| key).collect(),
            _ => Vec::new(),
        })
        .collect();
    assert_eq!(told.len(), count);
    polling.news_for(MINUTE).await;
    assert_eq!(embedded.sim.ledger().count("cloudwatch", "GetMetricData"), 2 * count.div_ceil(500) as u64);
    // Two that come into view are asked for by themselves.
    polling.want(|interests| {
        for metric in [Metric::Errors, Metric::Throttles] {
            interests.series.insert(SeriesKey::new(Subject::Fleet, metric, Statistic::Sum));
        }
    });
    let before = embedded.account.traffic(embedded.clock.now()).metrics;
    polling.news_for(Duration::from_secs(2)).await;
    assert_eq!(embedded.account.traffic(embedded.clock.now()).metrics, before + 2);
}

/// The function table of four hundred functions: what is visible is measured, in as few calls as it fits into, and a
/// function's percentiles and maximum are billed as one metric.
#[tokio::test(start_paused = true)]
async fn a_table_of_many_functions_measures_what_is_visible_in_one_call() {
    let embedded = Embedded::of("shop", 400).await;
    let series = |visible: usize| -> BTreeSet<SeriesKey> {
        let functions = embedded.sim.world().catalog.functions.iter().take(visible);
        let mut tab = slsdash::app::tabs::functions::Functions::new(&slsdash::config::Config::default().functions);
        tab.set_columns(
            ["p50", "p90", "p99", "max", "concurrency"].iter().filter_map(|name| Column::named(name)).collect(),
        );
        let wanted = tab.series();
        functions
            .flat_map(|function| columns::keys(&function.name, wanted.iter().copied()).collect::<Vec<_>>())
            .collect()
    };
    let window = TimeWindow::last(Duration::from_secs(300));
    let interests = Interests { series: series(21), window, ..Interests::default() };
    assert_eq!(interests.series.len(), 21 * 8);
    let mut polling = embedded.poll(interests, Pace::default());
    polling.news_for(MINUTE / 2).await;
    assert_eq!(embedded.sim.ledger().count("cloudwatch", "GetMetricData"), 1);
    assert_eq!(embedded.sim.ledger().billed(), 21 * 5, "invocations, errors, throttles, duration, concurrency");
    embedded.sim.ledger().clear();
    polling.want(|interests| interests.series = series(100));
    polling.news_for(MINUTE).await;
    embedded.sim.ledger().clear();
    polling.news_for(MINUTE).await;
    let calls = embedded.sim.ledger().count("cloudwatch", "GetMetricData");
    assert_eq!(calls, (100 * 8_u64).div_ceil(500), "a cycle");
}

#[tokio::test(start_paused = true)]
async fn the_header_agrees_with_the_ledger() {
    let embedded = Embedded::start("shop").await;
    let mut polling = embedded.poll(overview(), Pace::default());
    polling.news_for(6 * MINUTE).await;
    let (traffic, ledger) = (embedded.account.traffic(embedded.clock.now()), embedded.sim.ledger());
    assert_eq!((traffic.calls, traffic.metrics), (ledger.total(), ledger.billed()));
    let now = embedded.sim.now();
    let within = |minutes: i64| ledger.calls().into_iter().filter(move |call| call.when > now - minutes * 60_000);
    assert_eq!(u64::from(traffic.calls_per_minute), within(1).count() as u64);
    let spent = within(5).map(|call| call.series.billed).sum::<usize>() as f64 * 0.00001 * 12.0;
    assert!((traffic.dollars_per_hour - spent).abs() <= spent * 0.01, "{} {spent}", traffic.dollars_per_hour);
    assert_eq!(traffic.in_flight, 0);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_asked_for_that_is_not_of_interest() {
    let embedded = Embedded::start("shop").await;
    let stages: BTreeSet<String> = [embedded.sim.world().catalog.apis[0].id.clone()].into();
    let mut polling = embedded.poll(Interests { stages: stages.clone(), ..Interests::default() }, Pace::default());
    polling.news_for(5 * MINUTE).await;
    let counts = embedded.sim.ledger().counts();
    let asked: Vec<&str> = counts.keys().map(|(_, operation)| operation.as_str()).collect();
    // The inventory tells of which version an API is, once.
    assert_eq!(asked, ["GetRestApis", "GetStages", "GetApis", "GetCallerIdentity"]);
    embedded.sim.ledger().clear();
    polling.want(|interests| *interests = Interests::default());
    polling.news_for(5 * MINUTE).await;
    assert_eq!(embedded.sim.ledger().total(), 0);
    polling.want(|interests| {
        interests.stages = stages;
        interests.tempo = Tempo::Paused;
    });
    polling.news_for(5 * MINUTE).await;
    assert_eq!(embedded.sim.ledger().total(), 0);
    polling.want(|interests| interests.tempo = Tempo::Idle);
    polling.news_for(12 * MINUTE + Duration::from_secs(5)).await;
    let idle = embedded.sim.ledger().total();
    assert!((3..=4).contains(&idle), "{idle} calls in twelve minutes");
    polling.want(|interests| interests.refresh += 1);
    polling.news_for(Duration::from_secs(1)).await;
    let counts = embedded.sim.ledger().counts();
    assert_eq!(embedded.sim.ledger().count("apigateway", "GetStages"), idle + 1, "{counts:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_out_of_sight_for_a_moment_is_not_asked_for_again() {
    let embedded = Embedded::start("shop").await;
    let mut polling = embedded.poll(overview(), Pace::default());
    polling.news_for(Duration::from_secs(5)).await;
    embedded.sim.ledger().clear();
    for _ in 0..5 {
        polling.want(|interests| *interests = Interests { window: interests.window, ..Interests::default() });
        polling.news_for(Duration::from_secs(1)).await;
        polling.want(|interests| *interests = overview());
        polling.news_for(Duration::from_secs(1)).await;
    }
    assert_eq!(embedded.sim.ledger().total(), 0, "{:?}", embedded.sim.ledger().counts());
}

#[tokio::test(start_paused = true)]
async fn throttling_slows_down_everybody_who_asks_that_service_and_nobody_else() {
    let embedded = Embedded::start("shop").await;
    embedded.sim.faults().inject("cloudwatch:*", Fault::Throttle);
    let mut polling = embedded.poll(overview(), Pace::default());
    let news = polling.news_for(10 * MINUTE).await;
    assert!(news.iter().any(|news| matches!(news, News::Throttled { service: "cloudwatch", .. })));
    assert!(news.iter().any(|news| matches!(news, News::FunctionsPage { last: true, .. })));
    let first = embedded.sim.ledger().count("cloudwatch", "GetMetricData");
    embedded.sim.ledger().clear();
    polling.news_for(20 * MINUTE).await;
    let later = embedded.sim.ledger().count("cloudwatch", "GetMetricData");
    assert!(first <= 14 && later <= 20, "{first} calls in ten minutes, {later} in twenty");
    embedded.sim.faults().clear();
    let news = polling.news_for(6 * MINUTE).await;
    assert!(news.iter().any(|news| matches!(news, News::Series { .. })), "it heals");
    assert!(embedded.account.traffic(embedded.clock.now()).throttles >= first);
}

#[tokio::test(start_paused = true)]
async fn what_is_denied_is_asked_for_every_five_minutes_or_on_refresh() {
    let embedded = Embedded::start("shop").await;
    embedded.sim.faults().inject("*", Fault::Deny);
    let mut polling = embedded.poll(overview(), Pace::default());
    let news = polling.news_for(MINUTE * 4).await;
    for (noun, found) in [
        ("identity", news.iter().any(|n| matches!(n, News::Identity(Err(t)) if t.kind == Kind::Denied))),
        ("functions", news.iter().any(|n| matches!(n, News::FunctionsFailed(t) if t.kind == Kind::Denied))),
        ("series", news.iter().any(|n| matches!(n, News::SeriesFailed(_, t) if t.kind == Kind::Denied))),
        ("alarms", news.iter().any(|n| matches!(n, News::Alarms(Err(t)) if t.kind == Kind::Denied))),
        ("apis", news.iter().any(|n| matches!(n, News::Apis { trouble: Some(t), .. } if t.kind == Kind::Denied))),
    ] {
        assert!(found, "{noun}: {news:?}");
    }
    let counts = embedded.sim.ledger().counts();
    assert!(counts.values().all(|count| count.calls == 1), "{counts:?}");
    polling.want(|interests| interests.refresh += 1);
    polling.news_for(Duration::from_secs(1)).await;
    let counts = embedded.sim.ledger().counts();
    assert!(counts.values().all(|count| count.calls == 2), "{counts:?}");
}

#[tokio::test(start_paused = true)]
async fn everything_hanging_is_told_and_heals_within_an_interval() {
    let embedded = Embedded::start("shop").await;
    embedded.sim.faults().inject("*", Fault::Hang);
    let mut polling = embedded.poll(overview(), Pace::default());
    let news = polling.news_for(Duration::from_secs(10)).await;
    assert!(news.iter().any(|n| matches!(n, News::Identity(Err(t)) if t.kind == Kind::Network)), "{news:?}");
    assert!(news.iter().any(|n| matches!(n, News::SeriesFailed(_, t) if t.kind == Kind::Network)), "{news:?}");
    polling.news_for(5 * MINUTE).await;
    embedded.sim.faults().clear();
    let news = polling.news_for(MINUTE + Duration::from_secs(10)).await;
    assert!(news.iter().any(|n| matches!(n, News::Identity(Ok(_)))));
    assert!(news.iter().any(|n| matches!(n, News::Series { .. })));
    assert!(news.iter().any(|n| matches!(n, News::Alarms(Ok(_)))));
    assert!(news.iter().any(|n| matches!(n, News::FunctionsPage { last: true, .. })));
}

fn busiest(embedded: &Embedded) -> String {
    let (world, now) = (embedded.sim.world(), embedded.sim.now());
    let invoked = |index: usize| world.invocations(index, now - 60_000, now).len();
    let busiest = (0..world.catalog.functions.len()).max_by_key(|index| invoked(*index)).expect("a function");
    world.catalog.functions[busiest].log_group.clone()
}

#[tokio::test(start_paused = true)]
async fn a_tail_loses_nothing_and_shows_nothing_twice() {
    let embedded = Embedded::start("shop").await;
    let begin = embedded.clock.millis() - 300_000;
    let group = busiest(&embedded);
    let tail = |generation| Tail {
        generation,
        groups: vec![TailGroup { name: group.clone(), function: None }],
        since_s: 300,
        follow: true,
        ..Tail::default()
    };
    let mut polling = embedded.poll(Interests { tail: Some(tail(1)), ..Interests::default() }, Pace::default());
    let mut news = polling.news_for(MINUTE).await;
    // What goes wrong for a while delays it, and no more.
    embedded.sim.faults().inject("logs:*", Fault::Drop);
    news.extend(polling.news_for(MINUTE).await);
    embedded.sim.faults().clear();
    embedded.sim.faults().inject("logs:*", Fault::Throttle);
    news.extend(polling.news_for(MINUTE).await);
    embedded.sim.faults().clear();
    news.extend(polling.news_for(6 * MINUTE).await);
    let troubles = news.iter().filter(|n| matches!(n, News::TailTrouble { trouble: Some(_), .. })).count();
    let healed = news.iter().any(|n| matches!(n, News::TailTrouble { trouble: None, .. }));
    assert!(troubles >= 1 && healed);
    let mut seen = Vec::new();
    let mut read_to = 0;
    for told in news {
        if let News::LogEvents { tail: 1, events, read_to: to, .. } = told {
            seen.extend(events.into_iter().map(|event| event.id));
            read_to = to.timestamp_millis();
        }
    }
    let once: HashSet<&String> = seen.iter().collect();
    assert_eq!(once.len(), seen.len(), "events came twice");
    // The truth, read in one go; the last half minute may still be coming in.
    let wanted = slsdash::aws::logs::Wanted {
        group: group.clone(),
        from: begin,
        to: Some(read_to - 30_000),
        ..slsdash::aws::logs::Wanted::default()
    };
    let (mut token, mut missing, mut total) = (None, 0, 0);
    loop {
        let (events, next) = slsdash::aws::logs::page(&embedded.account, &wanted, token).await.expect("a page");
        total += events.len();
        missing += events.iter().filter(|event| !once.contains(&event.id)).count();
        token = next;
        if token.is_none() {
            break;
        }
    }
    assert!(total > 0);
    assert_eq!(missing, 0, "of {total}");
    // Another tail is another generation, and begins at once; older pages join what is there.
    polling.want(|interests| {
        let mut other = tail(2);
        other.older_than = Some(begin);
        interests.tail = Some(other);
    });
    let news = polling.news_for(Duration::from_secs(5)).await;
    assert!(news.iter().any(|n| matches!(n, News::LogEvents { tail: 2, .. })));
    let older = news.into_iter().find_map(|n| match n {
        News::OlderLogEvents { tail: 2, events, read_from } => Some((events, read_from.timestamp_millis())),
        _ => None,
    });
    let (events, read_from) = older.expect("older events");
    assert!(!events.is_empty() && read_from < begin);
    assert!(events.iter().all(|event| event.timestamp < begin && event.timestamp >= read_from));
    assert!(events.windows(2).all(|pair| pair[0].timestamp <= pair[1].timestamp), "oldest first");
}

#[tokio::test(start_paused = true)]
async fn traces_are_not_scanned_over_and_over() {
    let embedded = Embedded::start("shop").await;
    let interests = Interests {
        traces: Some(TraceQuery::default()),
        window: TimeWindow::last(Duration::from_secs(900)),
        ..Interests::default()
    };
    let mut polling = embedded.poll(interests, Pace::default());
    let first = polling.news_for(Duration::from_secs(10)).await;
    let mut ids: HashSet<String> = HashSet::new();
    let mut told = 0;
    for news in first.into_iter().chain(polling.news_for(10 * MINUTE).await) {
        if let News::Traces { summaries, .. } = news {
            told += summaries.len();
            ids.extend(summaries.into_iter().map(|summary| summary.id));
        }
    }
    assert!(!ids.is_empty());
    assert!(told < ids.len() * 5 / 2, "{told} told of {} traces", ids.len());
    let spent = embedded.account.traffic(embedded.clock.now()).dollars_per_hour;
    assert!(spent < 0.01, "{spent}");
}

#[tokio::test(start_paused = true)]
async fn provisioning_is_watched_closely_and_a_detail_is_not() {
    let embedded = Embedded::start("shop").await;
    let world = embedded.sim.world();
    let function = world.catalog.functions.iter().find(|f| !f.aliases.is_empty()).expect("an alias").name.clone();
    let interests = Interests { detail: Some(function), ..Interests::default() };
    let mut polling = embedded.poll(interests, Pace::default());
    let news = polling.news_for(2 * MINUTE).await;
    assert!(news.iter().any(|n| matches!(n, News::FunctionDetail(_, Ok(_)))));
    let calls = embedded.sim.ledger().count("lambda", "ListAliases");
    assert!((4..=5).contains(&calls), "{calls}");
    embedded.sim.ledger().clear();
    polling.want(|interests| interests.watch_provisioning = true);
    polling.news_for(Duration::from_secs(20)).await;
    let watched = embedded.sim.ledger().count("lambda", "ListProvisionedConcurrencyConfigs");
    assert!((9..=13).contains(&watched), "{watched}");
    assert!(embedded.sim.ledger().count("lambda", "ListAliases") <= 1);
}

#[tokio::test(start_paused = true)]
async fn recent_invocations_are_those_of_the_account() {
    let embedded = Embedded::start("shop").await;
    let group = busiest(&embedded);
    let world = embedded.sim.world();
    let index = world.catalog.functions.iter().position(|function| function.log_group == group).expect("a function");
    let name = world.catalog.functions[index].name.clone();
    let interests =
        Interests { invocations: Some((name, TailGroup { name: group, function: None })), ..Interests::default() };
    let mut polling = embedded.poll(interests, Pace::default());
    let news = polling.news_for(5 * MINUTE).await;
    let told: Vec<_> = news
        .into_iter()
        .filter_map(|news| match news {
            News::Invocations(_, Ok(invocations)) => Some(invocations),
            _ => None,
        })
        .collect();
    assert!(told.len() >= 9, "{} times in five minutes", told.len());
    let (first, last) = (&told[0], &told[told.len() - 1]);
    assert!(first.len() >= 50, "{}", first.len());
    assert!(last.windows(2).all(|pair| pair[0].start >= pair[1].start), "newest first");
    // Each that began in these seconds is there once, but for those that are still to be reported.
    let now = embedded.sim.now();
    let (since, until) = (now - 150_000, now - 60_000);
    let began = |start: i64| (since..until).contains(&start);
    let truth = world.invocations(index, since, until);
    let told = last.iter().filter(|i| i.start.is_some_and(|start| began(start.timestamp_millis()))).count();
    let executed = truth
        .iter()
        .filter(|i| !matches!(i.outcome, slsdash::sim::world::invocation::Outcome::Throttled { .. }))
        .count();
    assert!(told.abs_diff(executed) <= 2, "{told} told of {executed}");
}
