//! The SDK's way and our reading of what comes back, straight at the servers: what the pollers will live on.

use crate::servers::{Seeded, ministack, moto};
use chrono::{TimeDelta, Utc};
use slsdash::app::effect::{Change, Failure, Outcome};
use slsdash::app::tabs::logs::insights::table::cell;
use slsdash::aws::{
    Account, Keys, Settings, alarms, apis, changes, functions, insights, logs, metrics, provisioned, service_graph,
    tags, traces,
};
use slsdash::model::alarm::AlarmState;
use slsdash::model::function::{InvocationType, ProvisionedStatus};
use slsdash::model::insights::{Query, Status};
use slsdash::model::series::{Metric, SeriesKey, Statistic, Subject};
use slsdash::model::trouble::Kind;
use slsdash::time::{Clock, Moment};
use std::time::Duration;

async fn account(server: &Seeded) -> Account {
    let settings = Settings {
        region: Some("us-east-1".into()),
        endpoint_url: Some(server.url.clone()),
        keys: Some(Keys { id: "testing".into(), secret: "testing".into() }),
        ..Settings::chain(Clock::system())
    };
    Account::connect(settings).await.expect("an endpoint, a region and keys are enough to connect")
}

fn last_two_hours() -> (Moment, Moment) {
    let now = Utc::now();
    (now - TimeDelta::minutes(125), now)
}

fn echo(payload: &str, qualifier: Option<&str>) -> Change {
    Change::Invoke {
        function: "shop-dev-echo".into(),
        qualifier: qualifier.map(str::to_owned),
        kind: InvocationType::RequestResponse,
        payload: payload.into(),
        timeout_s: 30,
    }
}

#[tokio::test]
async fn the_account_is_the_one_that_was_seeded() {
    for server in [moto(), ministack()] {
        let identity = account(server).await.identity().await.expect("STS answers");
        assert_eq!(identity.scope.account, server.account());
    }
}

#[tokio::test]
async fn functions_have_their_configuration_and_no_values_of_their_environment() {
    for server in [moto(), ministack()] {
        let found = functions::all(&account(server).await).await.expect("ListFunctions answers");
        assert_eq!(found.len(), server.functions().len());
        for (name, right) in server.functions() {
            let function = found.iter().find(|function| function.name == name).expect("each is listed");
            assert_eq!(function.runtime, right.runtime);
            assert_eq!(u64::from(function.memory_mb), right.memory_size);
            assert_eq!(u64::from(function.timeout_s), right.timeout);
            assert!(function.last_modified.is_some(), "every server's LastModified is read: {name}");
            assert_eq!(function.log_group, format!("/aws/lambda/{name}"));
            assert!(function.environment.contains(&("STRIPE_SECRET_KEY".into(), 22)), "{:?}", function.environment);
        }
        assert!(!format!("{found:?}").contains("sk_test_not_a_real_key"), "values stop at the door");
    }
}

#[tokio::test]
async fn detail_of_a_function_on_ministack_is_complete() {
    let account = account(ministack()).await;
    let detail = functions::detail(&account, "shop-prod-checkout-api").await.expect("the function is there");
    assert_eq!(detail.missing, []);
    let aliases: Vec<(&str, &str)> = detail.aliases.iter().map(|a| (a.name.as_str(), a.version.as_str())).collect();
    assert!(aliases.contains(&("live", "1")) && aliases.contains(&("canary", "2")), "{aliases:?}");
    let live = detail.aliases.iter().find(|alias| alias.name == "live").expect("just seen");
    assert_eq!(live.weights, [("2".to_owned(), 0.1)]);
    let [provisioned] = detail.provisioned.as_slice() else { panic!("one alias has some: {:?}", detail.provisioned) };
    let seeded = ministack().functions().remove("shop-prod-checkout-api").and_then(|f| f.provisioned).expect("seeded");
    assert_eq!(provisioned.qualifier, seeded.qualifier);
    assert_eq!(u64::from(provisioned.requested), seeded.requested);
    assert_eq!(provisioned.status, ProvisionedStatus::Ready);
    let worker = functions::detail(&account, "shop-prod-payments-worker").await.expect("the function is there");
    assert_eq!(worker.reserved, Some(20));
}

#[tokio::test]
async fn detail_of_a_function_on_moto_names_what_it_could_not_get() {
    let account = account(moto()).await;
    let detail = functions::detail(&account, "shop-prod-checkout-api").await.expect("what there is, is shown");
    assert_eq!(detail.aliases.len(), 2);
    assert!(
        detail.missing.iter().any(|trouble| trouble.operation.contains("ProvisionedConcurrency")),
        "moto has no provisioned concurrency, and that is not the same as none being set: {:?}",
        detail.missing
    );
    assert_eq!(
        functions::reserved(&account, "shop-prod-legacy-export").await,
        Ok(Some(0)),
        "the kill switch is not none"
    );
    assert_eq!(functions::reserved(&account, "shop-prod-orders-api").await, Ok(None));
}

#[tokio::test]
async fn metrics_add_up_in_time_order_whatever_the_servers_order() {
    for server in [moto(), ministack()] {
        let (start, end) = last_two_hours();
        let of = |name: &String, metric| SeriesKey::new(Subject::Function(name.clone()), metric, Statistic::Sum);
        let seeded = server.functions();
        let keys: Vec<SeriesKey> = seeded
            .keys()
            .flat_map(|name| [of(name, Metric::Invocations), of(name, Metric::Errors), of(name, Metric::Throttles)])
            .collect();
        let measured =
            metrics::measure(&account(server).await, &keys, start, end, 60).await.expect("GetMetricData answers");
        assert_eq!(measured.failed, None);
        let total = |name: &String, metric| {
            let key = of(name, metric);
            let series = measured.series.iter().find(|(found, _)| *found == key).map(|(_, series)| series);
            let series = series.unwrap_or_else(|| panic!("{key:?} was asked for"));
            assert!(series.points.is_sorted_by_key(|(time, _)| *time), "{key:?}");
            series.total()
        };
        for (name, right) in
            seeded.iter().filter(|(name, _)| !name.starts_with("shop-dev-ec") && *name != "shop-dev-canary")
        {
            assert_eq!(total(name, Metric::Invocations), right.invocations as f64, "{name}");
            assert_eq!(total(name, Metric::Errors), right.errors as f64, "{name}");
            assert_eq!(total(name, Metric::Throttles), right.throttles as f64, "{name}");
        }
    }
}

#[tokio::test]
async fn percentiles_come_from_ministack_and_are_absent_on_moto() {
    let (start, end) = last_two_hours();
    let p99 =
        SeriesKey::new(Subject::Function("shop-prod-orders-api".into()), Metric::Duration, Statistic::Percentile(99));
    let keys = [p99];
    let measured = metrics::measure(&account(ministack()).await, &keys, start, end, 300).await.expect("answers");
    let most = measured.series[0].1.maximum().expect("there are points");
    assert!((74.0..500.0).contains(&most), "{most} ms");
    let measured =
        metrics::measure(&account(moto()).await, &keys, start, end, 300).await.expect("the rest of the batch lives");
    assert_eq!(measured.series[0].1.points, []);
}

#[tokio::test]
async fn stages_show_cache_and_limits_however_their_methods_are_spelt() {
    for server in [moto(), ministack()] {
        let account = account(server).await;
        let (found, trouble) = apis::all(&account).await;
        assert_eq!(trouble, None);
        let mut names: Vec<&str> = found.iter().map(|api| api.name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["shop-live", "shop-public", "shop-web"]);
        let public = found.iter().find(|api| api.name == "shop-public").expect("just seen");
        let stages = apis::stages(&account, &public.id, public.protocol).await.expect("GetStages answers");
        let prod = stages.iter().find(|stage| stage.name == "prod").expect("the stage is there");
        assert!(prod.cache_enabled && prod.tracing);
        assert_eq!(prod.cache_size.as_deref(), Some("0.5"));
        assert_eq!((prod.defaults.throttle_rate, prod.defaults.throttle_burst), (Some(500.0), Some(1000)));
        assert_eq!((prod.defaults.caching, prod.defaults.cache_ttl_s), (Some(true), Some(300)));
        assert_eq!(prod.defaults.logging.as_deref(), Some("ERROR"));
        let [(method, checkout)] = prod.overrides.as_slice() else {
            panic!("one method differs: {:?}", prod.overrides)
        };
        assert_eq!(method, "POST /checkout", "on {}", server.url);
        assert_eq!(
            (checkout.throttle_rate, checkout.throttle_burst, checkout.caching),
            (Some(50.0), Some(100), Some(false))
        );
        let routes = apis::routes(&account, &public.id, public.protocol).await.expect("GetResources answers");
        let orders =
            routes.iter().find(|route| route.key == "GET /orders/{id}").unwrap_or_else(|| panic!("{routes:?}"));
        assert_eq!(orders.function.as_deref(), Some("shop-prod-orders-api"));
    }
}

#[tokio::test]
async fn tags_of_all_functions_come_from_moto_at_once() {
    let account = account(moto()).await;
    let mut round = tags::Round::default();
    while !round.is_over() {
        round.next(&account).await.expect("GetResources of the tagging API answers");
    }
    let tagged = round.tagged();
    let functions = functions::all(&account).await.expect("ListFunctions answers");
    assert!(!functions.is_empty());
    for function in functions {
        let tags = tagged.iter().find(|tagged| tagged.arn == function.arn).map(|tagged| tagged.tags.clone());
        let tags = tags.unwrap_or_else(|| panic!("{} is not among {tagged:?}", function.arn));
        assert!(tags.contains(&("app".into(), "shop".into())), "{}: {tags:?}", function.name);
    }
}

#[tokio::test]
async fn alarms_have_the_state_that_was_set() {
    for server in [moto(), ministack()] {
        let found = alarms::all(&account(server).await).await.expect("DescribeAlarms answers, though the types differ");
        let state = |name: &str| found.iter().find(|alarm| alarm.name == name).map(|alarm| alarm.state);
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(state("shop-prod-payments-worker-throttles"), Some(AlarmState::Alarm));
        assert_eq!(state("shop-prod-checkout-errors"), Some(AlarmState::InsufficientData));
        let throttles = found.iter().find(|alarm| alarm.name.ends_with("throttles")).expect("just seen");
        assert_eq!(throttles.function.as_deref(), Some("shop-prod-payments-worker"));
    }
}

#[tokio::test]
async fn log_pages_lead_to_every_line() {
    let group = "/aws/lambda/shop-prod-payments-worker";
    for server in [moto(), ministack()] {
        let account = account(server).await;
        let from = (Utc::now() - TimeDelta::minutes(150)).timestamp_millis();
        let wanted = logs::Wanted { group: group.into(), from, ..logs::Wanted::default() };
        let (mut lines, mut token) = (0, None);
        loop {
            let (events, next) = logs::page(&account, &wanted, token).await.expect("FilterLogEvents answers");
            lines += events.len();
            assert!(events.iter().all(|event| event.group == group && event.timestamp > 0 && !event.stream.is_empty()));
            token = next;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(lines, server.log_groups()[group].events);
    }
}

/// moto finds the pointers only.
#[tokio::test]
async fn an_insights_query_of_ministack_finds_the_newest_lines() {
    let account = account(ministack()).await;
    let to = Utc::now().timestamp();
    let query = Query {
        groups: vec!["/aws/lambda/shop-prod-payments-worker".into()],
        text: "fields @timestamp, @message | sort @timestamp desc | limit 20".into(),
        from: to - 150 * 60,
        to,
    };
    let id = insights::start(&account, &query).await.expect("StartQuery answers");
    let progress = loop {
        let progress = insights::progress(&account, &id).await.expect("GetQueryResults answers");
        if progress.status.has_ended() {
            break progress;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert_eq!((progress.status, progress.rows.len()), (Status::Complete, 20));
    let times: Vec<&str> = progress.rows.iter().filter_map(|row| cell(row, "@timestamp")).collect();
    assert!(times.len() == 20 && times.is_sorted_by(|newer, older| newer >= older), "{times:?}");
    assert!(progress.rows.iter().all(|row| cell(row, "@message").is_some_and(|message| !message.is_empty())));
}

#[tokio::test]
async fn live_tail_of_ministack_brings_what_is_logged_while_it_is_open() {
    let account = account(ministack()).await;
    // A group of its own: MiniStack sends a live tail what is put there, not what its own functions log.
    let group = "/tests/live-tail";
    ministack().say(group, "before the tail");
    let groups = logs::groups(&account, Some(group)).await.expect("DescribeLogGroups answers");
    let arn = groups[0].arn.trim_end_matches(":*").to_owned();
    let mut tail =
        logs::live_tail(&account, &[arn], "").await.expect("the host prefix does not lead away from the endpoint");
    let writer = tokio::task::spawn_blocking(move || ministack().say(group, "seen-live"));
    let seen = async {
        while let Some(update) = tail.next().await.expect("the stream goes on") {
            if update.events.iter().any(|event| event.message.contains("seen-live") && event.group == group) {
                return true;
            }
        }
        false
    };
    let seen = tokio::time::timeout(Duration::from_secs(60), seen).await;
    assert_eq!(seen, Ok(true), "the line arrives over the open stream");
    writer.await.expect("the line was written");
}

#[tokio::test]
async fn invoke_brings_answer_log_and_version() {
    let account = account(ministack()).await;
    let Outcome::Invoked { result: Ok(answer), .. } = changes::perform(&account, echo(r#"{"n":1}"#, None)).await else {
        panic!("the invoke is answered");
    };
    assert_eq!((answer.status, answer.function_error), (200, None));
    assert_eq!(answer.executed_version.as_deref(), Some("$LATEST"));
    assert!(answer.log_tail.is_some_and(|tail| tail.contains("handled")));
    assert!(String::from_utf8_lossy(&answer.payload).contains("statusCode"));
}

#[tokio::test]
async fn invoke_of_nothing_is_refused_and_known_to_be() {
    let account = account(ministack()).await;
    let mut change = echo("{}", None);
    if let Change::Invoke { function, .. } = &mut change {
        *function = "shop-dev-nope".into();
    }
    let Outcome::Invoked { result: Err(Failure::Refused(trouble)), .. } = changes::perform(&account, change).await
    else {
        panic!("there is no such function");
    };
    assert_eq!(trouble.kind, Kind::Missing);
}

#[tokio::test]
async fn provisioned_concurrency_can_be_set_watched_and_removed() {
    let account = account(ministack()).await;
    let (function, qualifier) = ("shop-dev-canary", "canary");
    let set =
        Change::SetProvisionedConcurrency { function: function.into(), qualifier: qualifier.into(), from: None, to: 3 };
    let Outcome::Changed { result, .. } = changes::perform(&account, set.clone()).await else { panic!("a change") };
    assert_eq!(result, Ok(()));
    let ready = async {
        loop {
            let found = provisioned::one_provisioned(&account, function, qualifier).await.expect("it answers");
            let found = found.expect("it was just set");
            assert_eq!(found.requested, 3);
            if found.status == ProvisionedStatus::Ready {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let ready = tokio::time::timeout(Duration::from_secs(60), ready).await.expect("it becomes ready");
    assert_eq!((ready.allocated, ready.available), (3, 3));
    let undo = set.undo().expect("what was set can be removed");
    let Outcome::Changed { result, .. } = changes::perform(&account, undo).await else { panic!("a change") };
    assert_eq!(result, Ok(()));
    assert_eq!(provisioned::one_provisioned(&account, function, qualifier).await, Ok(None));
}

#[tokio::test]
async fn traces_of_moto_are_summaries_and_whole_documents() {
    let account = account(moto()).await;
    let (start, end) = last_two_hours();
    let (found, capped) = traces::summaries(&account, "", start, end, 10_000).await.expect("GetTraceSummaries answers");
    assert!(!capped);
    let seeded = moto().traces();
    assert_eq!(found.len(), seeded.len());
    for right in &seeded {
        let summary = found.iter().find(|summary| summary.id == right.id).expect("each is listed");
        assert_eq!(summary.fault, right.fault);
        assert!(summary.start.is_some(), "a trace has its start, at least in its id");
    }
    let ids: Vec<String> = seeded.iter().map(|trace| trace.id.clone()).take(7).collect();
    let whole = traces::batch(&account, &ids).await.expect("BatchGetTraces answers");
    assert_eq!(whole.len(), 7);
    assert!(whole.iter().all(|trace| trace.documents.len() == 3), "stage, service and function");
    let missing = traces::trace(&account, "1-00000000-000000000000000000000000").await.expect_err("there is none");
    assert_eq!(missing.kind, Kind::Missing);
}

/// Whatever comes instead of an answer (an HTML page, nothing at all): one line that says what was asked, without markup.
fn is_a_sentence(trouble: &slsdash::model::trouble::Trouble, operation: &str) {
    let sentence = trouble.sentence();
    assert!(trouble.operation.contains(operation), "{trouble:?}");
    assert!(!sentence.contains('\n') && sentence.chars().count() < 300, "{sentence}");
    for noise in ["<html", "<!doctype", "ServiceError", "Unhandled("] {
        assert!(!sentence.to_lowercase().contains(&noise.to_lowercase()), "{noise} is not for people: {sentence}");
    }
}

#[tokio::test]
async fn what_a_server_can_not_is_told_in_a_sentence() {
    let (start, end) = last_two_hours();
    let mini = account(ministack()).await;
    is_a_sentence(
        &traces::summaries(&mini, "", start, end, 10).await.expect_err("no X-Ray there"),
        "GetTraceSummaries",
    );
    is_a_sentence(
        &service_graph::service_graph(&mini, start, end).await.expect_err("no X-Ray there"),
        "GetServiceGraph",
    );
    let moto = account(moto()).await;
    is_a_sentence(&functions::settings(&moto).await.expect_err("not in moto"), "GetAccountSettings");
    is_a_sentence(
        &traces::summaries(&moto, "fault = true", start, end, 10).await.expect_err("not in moto"),
        "GetTraceSummaries",
    );
}
