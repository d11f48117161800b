//! The embedded account's API Gateway and X-Ray as the SDK's own clients read them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_sdk_apigateway::types::{CacheClusterStatus, Op, PatchOperation, Resource, Stage};
use aws_sdk_apigatewayv2::types::{ProtocolType, RouteSettings};
use aws_sdk_xray::primitives::DateTime;
use aws_sdk_xray::types::{Service, ServiceStatistics, TimeRangeType, TraceSegmentDestination, TraceSummary};
use slsdash::sim::transport::connector;
use slsdash::sim::{Options, Sim};

const BORN: i64 = 1_795_000_000_000;

/// An account with a clock in the test's hand, and what the SDK needs to reach it.
struct Account {
    now: Arc<AtomicI64>,
    sim: Arc<Sim>,
    config: aws_config::SdkConfig,
}

impl Account {
    async fn new(scenario: &str) -> Self {
        let now = Arc::new(AtomicI64::new(BORN));
        let hand = Arc::clone(&now);
        let options = Options {
            scenario: scenario.to_owned(),
            seed: 5,
            functions: 0,
            region: None,
            clock: Arc::new(move || hand.load(Ordering::Relaxed)),
        };
        let sim = Sim::new(options).expect("the scenario exists");
        let region = sim.world().catalog.region.clone();
        let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
            .http_client(connector::client(Arc::clone(&sim)))
            .region(aws_config::Region::new(region))
            .credentials_provider(aws_credential_types::Credentials::new("AKID", "secret", None, None, "test"))
            .retry_config(aws_config::retry::RetryConfig::disabled())
            .load()
            .await;
        Self { now, sim, config }
    }

    fn wait(&self, seconds: i64) {
        self.now.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    fn time(&self, seconds: i64) -> DateTime {
        DateTime::from_millis(self.now.load(Ordering::Relaxed) + seconds * 1000)
    }

    fn v1(&self) -> aws_sdk_apigateway::Client {
        aws_sdk_apigateway::Client::new(&self.config)
    }

    fn v2(&self) -> aws_sdk_apigatewayv2::Client {
        aws_sdk_apigatewayv2::Client::new(&self.config)
    }

    fn xray(&self) -> aws_sdk_xray::Client {
        aws_sdk_xray::Client::new(&self.config)
    }

    /// The REST API of that name.
    async fn rest_api(&self, name: &str) -> String {
        let apis = self.v1().get_rest_apis().send().await.expect("a list").items.expect("items");
        apis.into_iter().find(|api| api.name() == Some(name)).and_then(|api| api.id).expect("the shop has it")
    }

    async fn patch(&self, api: &str, stage: &str, op: Op, path: &str, value: &str) -> Result<Stage, String> {
        let patch = PatchOperation::builder().op(op).path(path).value(value).build();
        let sent = self.v1().update_stage().rest_api_id(api).stage_name(stage).patch_operations(patch).send().await;
        let updated = sent.map_err(|error| {
            let error = error.into_service_error();
            format!("{}: {}", error.meta().code().unwrap_or("?"), error.meta().message().unwrap_or("?"))
        })?;
        drop(updated);
        self.stage(api, stage).await
    }

    async fn stage(&self, api: &str, stage: &str) -> Result<Stage, String> {
        let stages = self.v1().get_stages().rest_api_id(api).send().await.map_err(|error| error.to_string())?;
        let found = stages.item.unwrap_or_default().into_iter().find(|found| found.stage_name() == Some(stage));
        found.ok_or_else(|| "no such stage".to_owned())
    }

    async fn summaries(&self, seconds: i64, filter: &str) -> Vec<TraceSummary> {
        let request = self.xray().get_trace_summaries().start_time(self.time(-seconds)).end_time(self.time(0));
        let request = if filter.is_empty() { request } else { request.filter_expression(filter) };
        let mut pages = request.into_paginator().send();
        let mut all = Vec::new();
        while let Some(page) = pages.next().await {
            all.extend(page.expect("a page").trace_summaries.unwrap_or_default());
        }
        all
    }
}

fn resource_of<'a>(resources: &'a [Resource], path: &str) -> &'a Resource {
    resources.iter().find(|resource| resource.path() == Some(path)).expect("the path is among the routes")
}

#[tokio::test]
async fn rest_apis_are_read_page_by_page() {
    let account = Account::new("calm").await;
    let mut pages = account.v1().get_rest_apis().limit(1).into_paginator().items().send();
    let mut names = Vec::new();
    while let Some(api) = pages.next().await {
        names.extend(api.expect("a page").name);
    }
    assert_eq!(names, ["shop-api", "partner-api"]);

    let id = account.rest_api("shop-api").await;
    let mut pages =
        account.v1().get_resources().rest_api_id(&id).embed("methods").limit(3).into_paginator().items().send();
    let mut resources = Vec::new();
    while let Some(resource) = pages.next().await {
        resources.push(resource.expect("a page"));
    }
    let ids: BTreeSet<_> = resources.iter().filter_map(Resource::id).collect();
    assert_eq!(ids.len(), resources.len());
    for resource in &resources {
        let parent = resource.parent_id();
        assert!(parent.is_none_or(|parent| ids.contains(parent)), "{resource:?}");
    }
    let checkout =
        resource_of(&resources, "/checkout").resource_methods().expect("embedded").get("POST").expect("a method");
    let uri = checkout.method_integration().and_then(|integration| integration.uri()).expect("a Lambda integration");
    assert!(uri.ends_with(":function:checkout-api:live/invocations"), "{uri}");
    assert_eq!(checkout.authorization_type(), Some("COGNITO_USER_POOLS"));
    let authorizers =
        account.v1().get_authorizers().rest_api_id(&id).send().await.expect("a list").items.expect("items");
    assert_eq!(authorizers[0].id(), checkout.authorizer_id());
}

#[tokio::test]
async fn a_cache_cluster_comes_is_flushed_and_goes_by_the_clock() {
    let account = Account::new("calm").await;
    let api = account.rest_api("shop-api").await;
    let status =
        async || account.stage(&api, "staging").await.map(|stage| stage.cache_cluster_status.expect("a status"));
    assert_eq!(status().await, Ok(CacheClusterStatus::NotAvailable));
    let flush = account.v1().flush_stage_cache().rest_api_id(&api).stage_name("staging").send().await;
    assert!(flush.expect_err("no cache").into_service_error().is_bad_request_exception());

    let size = account.patch(&api, "staging", Op::Replace, "/cacheClusterSize", "1.6").await.expect("a known size");
    assert!(!size.cache_cluster_enabled);
    let enabled = account.patch(&api, "staging", Op::Replace, "/cacheClusterEnabled", "true").await.expect("allowed");
    assert_eq!(enabled.cache_cluster_status, Some(CacheClusterStatus::CreateInProgress));
    account.wait(1);
    let second = account.patch(&api, "staging", Op::Replace, "/cacheClusterSize", "6.1").await;
    assert!(second.expect_err("it is being made").starts_with("ConflictException"));
    account.wait(20);
    assert_eq!(status().await, Ok(CacheClusterStatus::Available));
    account.v1().flush_stage_cache().rest_api_id(&api).stage_name("staging").send().await.expect("flushed");
    assert_eq!(status().await, Ok(CacheClusterStatus::FlushInProgress));
    account.wait(6);
    assert_eq!(status().await, Ok(CacheClusterStatus::Available));
    let disabled = account.patch(&api, "staging", Op::Replace, "/cacheClusterEnabled", "false").await.expect("allowed");
    assert_eq!(disabled.cache_cluster_status, Some(CacheClusterStatus::DeleteInProgress));
    account.wait(16);
    assert_eq!(status().await, Ok(CacheClusterStatus::NotAvailable));
}

#[tokio::test]
async fn patches_change_what_they_name() {
    let account = Account::new("calm").await;
    let api = account.rest_api("shop-api").await;
    let before = account.stage(&api, "prod").await.expect("the stage");
    let methods = before.method_settings().expect("settings");
    let checkout = &methods["~1checkout/POST"];
    assert_eq!((checkout.throttling_rate_limit(), checkout.throttling_burst_limit()), (20.0, 40));
    assert!(methods["~1catalog~1items~1{id}/GET"].caching_enabled());
    assert_eq!(methods["*/*"].throttling_rate_limit(), 200.0);

    account.wait(5);
    let steps = [
        ("/*/*/throttling/rateLimit", "50"),
        ("/~1checkout/POST/throttling/burstLimit", "7"),
        ("/~1catalog~1items~1{id}/GET/caching/ttlInSeconds", "30"),
        ("/~1orders/GET/logging/loglevel", "INFO"),
        ("/tracingEnabled", "false"),
        ("/variables/region", "eu"),
        ("/description", "the one that pays"),
    ];
    for (path, value) in steps {
        account.patch(&api, "prod", Op::Replace, path, value).await.expect(path);
    }
    account.patch(&api, "prod", Op::Remove, "/variables/alias", "").await.expect("variables can go");
    account.patch(&api, "prod", Op::Remove, "/~1catalog~1search/GET", "").await.expect("overrides can go");
    let after = account.stage(&api, "prod").await.expect("the stage");
    let methods = after.method_settings().expect("settings");
    assert_eq!(methods["*/*"].throttling_rate_limit(), 50.0);
    assert_eq!(methods["~1checkout/POST"].throttling_burst_limit(), 7);
    assert_eq!(methods["~1catalog~1items~1{id}/GET"].cache_ttl_in_seconds(), 30);
    assert_eq!(methods["~1orders/GET"].logging_level(), Some("INFO"));
    assert!(!methods.contains_key("~1catalog~1search/GET"));
    let variables = after.variables().expect("variables");
    assert_eq!(variables.get("region").map(String::as_str), Some("eu"));
    assert!(!variables.contains_key("alias"));
    assert!(!after.tracing_enabled());
    assert_eq!(after.description(), Some("the one that pays"));
    assert!(after.last_updated_date() > before.last_updated_date());
    assert_eq!(after.created_date(), before.created_date());
}

#[tokio::test]
async fn a_patch_that_cannot_be_is_refused_and_changes_nothing() {
    let account = Account::new("calm").await;
    let api = account.rest_api("shop-api").await;
    let before = account.stage(&api, "prod").await;
    let refused = [
        (Op::Replace, "/colour", "red", "Invalid method setting path: /colour. Must be one of: [/deploymentId"),
        (Op::Replace, "tracingEnabled", "true", "Invalid method setting path: tracingEnabled"),
        (Op::Replace, "/~1orders/GET/throttling/speed", "1", "Invalid method setting path"),
        (Op::Replace, "/tracingEnabled", "yes", "Invalid boolean value 'yes'"),
        (Op::Replace, "/cacheClusterSize", "0.7", "Must be one of: [0.5, 1.6"),
        (Op::Replace, "/*/*/caching/ttlInSeconds", "3601", "must be from 0 to 3600"),
        (Op::Replace, "/*/*/throttling/burstLimit", "1.5", "must be a whole number"),
        (Op::Replace, "/*/*/throttling/rateLimit", "-2", "must be from 0"),
        (Op::Replace, "/*/*/throttling/rateLimit", "many", "Invalid number 'many'"),
        (Op::Replace, "/deploymentId", "nope42", "Deployment id does not exist"),
        (Op::Add, "/description", "x", "Invalid patch operation 'add'"),
        (Op::Remove, "/tracingEnabled", "", "Invalid patch operation 'remove'"),
    ];
    for (op, path, value, says) in refused {
        let error = account.patch(&api, "prod", op, path, value).await.expect_err(path);
        assert!(error.starts_with("BadRequestException: ") && error.contains(says), "{error}");
    }
    assert_eq!(account.stage(&api, "prod").await, before);
}

#[tokio::test]
async fn what_is_not_there_is_not_found_by_its_name() {
    let account = Account::new("calm").await;
    let api = account.rest_api("shop-api").await;
    let missing = account.v1().get_rest_api().rest_api_id("xyz").send().await.expect_err("no such API");
    let missing = missing.into_service_error();
    assert!(missing.is_not_found_exception());
    let message = missing.meta().message().unwrap_or_default();
    assert!(message.starts_with("Invalid API identifier specified ") && message.ends_with(":xyz"), "{message}");
    let stage = account.v1().get_stage().rest_api_id(&api).stage_name("dev").send().await.expect_err("no such stage");
    assert!(stage.into_service_error().is_not_found_exception());
    let v2 = account.v2().get_api().api_id(&api).send().await.expect_err("a REST API is none of version 2");
    assert!(v2.into_service_error().is_not_found_exception());
    let limit = account.v1().get_rest_apis().limit(501).send().await.expect_err("500 is the most");
    assert!(limit.into_service_error().is_bad_request_exception());
    let position = account.v1().get_rest_apis().position("bm90IG1pbmU").send().await.expect_err("not its token");
    assert!(position.into_service_error().is_bad_request_exception());
}

#[tokio::test]
async fn plans_keys_and_usage_agree() {
    let account = Account::new("calm").await;
    let v1 = account.v1();
    let limits = v1.get_account().send().await.expect("the account").throttle_settings.expect("limits");
    assert_eq!((limits.rate_limit(), limits.burst_limit()), (10_000.0, 5000));
    let keys = v1.get_api_keys().send().await.expect("keys").items.expect("items");
    assert!(keys.iter().all(|key| key.value().is_none()), "values only on demand");
    let shown = v1.get_api_keys().include_values(true).send().await.expect("keys").items.expect("items");
    assert!(shown.iter().all(|key| key.value().is_some_and(|value| value.len() == 40)));
    let partner = account.rest_api("partner-api").await;
    for plan in v1.get_usage_plans().send().await.expect("plans").items.expect("items") {
        let id = plan.id().expect("an id");
        assert_eq!(plan.api_stages()[0].api_id(), Some(partner.as_str()));
        let limit = plan.quota().map(|quota| i64::from(quota.limit())).expect("a quota");
        let usage = v1.get_usage().usage_plan_id(id).start_date("2026-11-16").end_date("2026-11-18").send().await;
        let usage = usage.expect("usage").items.expect("items");
        for (key, days) in usage {
            assert!(keys.iter().any(|known| known.id() == Some(&key)));
            assert_eq!(days.len(), 3);
            assert!(days.iter().all(|day| day[0] > 0 && day[0] + day[1] <= limit), "{days:?}");
            assert!(days[0][1] > days[1][1], "what remains shrinks within the month: {days:?}");
        }
    }
}

#[tokio::test]
async fn http_and_websocket_apis_have_routes_stages_and_their_own_limits() {
    let account = Account::new("calm").await;
    let v2 = account.v2();
    let first = v2.get_apis().max_results("1").send().await.expect("a page");
    let token = first.next_token().expect("two APIs on pages of one");
    let second = v2.get_apis().max_results("1").next_token(token).send().await.expect("a page");
    assert!(second.next_token().is_none());
    let (http, socket) = (&first.items()[0], &second.items()[0]);
    assert_eq!(
        (http.protocol_type(), socket.protocol_type()),
        (Some(&ProtocolType::Http), Some(&ProtocolType::Websocket))
    );

    let id = http.api_id().expect("an id");
    let routes = v2.get_routes().api_id(id).send().await.expect("routes");
    let integrations = v2.get_integrations().api_id(id).send().await.expect("integrations");
    for route in routes.items() {
        let target = route.target().expect("a target");
        let found = integrations
            .items()
            .iter()
            .any(|one| Some(target) == one.integration_id().map(|id| format!("integrations/{id}")).as_deref());
        assert!(found, "{target}");
    }
    let settings = RouteSettings::builder().throttling_rate_limit(3.5).throttling_burst_limit(9).build();
    let update = v2.update_stage().api_id(id).stage_name("$default");
    let update = update.route_settings("GET /home", settings).description("quiet");
    update.send().await.expect("allowed");
    let stages = v2.get_stages().api_id(id).send().await.expect("stages");
    let stage = stages.items().iter().find(|stage| stage.stage_name() == Some("$default")).expect("the stage");
    let own = &stage.route_settings().expect("settings")["GET /home"];
    assert_eq!((own.throttling_rate_limit(), own.throttling_burst_limit()), (Some(3.5), Some(9)));
    assert_eq!(stage.description(), Some("quiet"));
    v2.delete_route_settings().api_id(id).stage_name("$default").route_key("GET /home").send().await.expect("gone");
    let stage = v2.get_stage().api_id(id).stage_name("$default").send().await.expect("the stage");
    assert!(stage.route_settings().is_some_and(std::collections::HashMap::is_empty));

    let logging = RouteSettings::builder().data_trace_enabled(true).build();
    let refused =
        v2.update_stage().api_id(id).stage_name("$default").default_route_settings(logging.clone()).send().await;
    let refused = refused.expect_err("HTTP APIs have no execution logs").into_service_error();
    assert_eq!(refused.meta().message(), Some("Execution logs are not supported on protocolType HTTP"));
    let unknown =
        v2.update_stage().api_id(id).stage_name("$default").route_settings("GET /nowhere", logging).send().await;
    assert!(unknown.expect_err("no such route").into_service_error().is_not_found_exception());
}

#[tokio::test]
async fn summaries_come_newest_first_and_pages_add_up() {
    let account = Account::new("outage").await;
    let all = account.summaries(600, "").await;
    assert!(all.len() > 100, "{} traces are several pages", all.len());
    let ids: BTreeSet<_> = all.iter().filter_map(TraceSummary::id).collect();
    assert_eq!(ids.len(), all.len(), "no trace twice");
    let starts: Vec<_> = all.iter().filter_map(|one| one.start_time().and_then(|time| time.to_millis().ok())).collect();
    assert!(starts.windows(2).all(|pair| pair[0] + 10_000 >= pair[1]), "newest first, but for cold starts of the root");
    let faulted = account.summaries(600, "fault = true").await;
    let expected: BTreeSet<_> =
        all.iter().filter(|one| one.has_fault() == Some(true)).filter_map(TraceSummary::id).collect();
    assert!(!expected.is_empty(), "an outage has faults");
    assert_eq!(faulted.iter().filter_map(TraceSummary::id).collect::<BTreeSet<_>>(), expected);
    let none = account.summaries(600, "service(\"nowhere\")").await;
    assert!(none.is_empty());
    let ended = account.xray().get_trace_summaries().start_time(account.time(-60)).end_time(account.time(0));
    let ended = ended.time_range_type(TimeRangeType::Event).send().await.expect("a page");
    assert!(ended.trace_summaries().iter().all(|one| one.matched_event_time().is_some()));
}

#[tokio::test]
async fn a_mistake_in_an_expression_says_where() {
    let account = Account::new("calm").await;
    let request = account.xray().get_trace_summaries().start_time(account.time(-60)).end_time(account.time(0));
    let refused = request.filter_expression("ok AND falt").send().await.expect_err("falt is no keyword");
    let refused = refused.into_service_error();
    assert!(refused.is_invalid_request_exception());
    assert_eq!(refused.meta().message(), Some("Invalid filter expression: unknown keyword \"falt\" at position 7"));
    let long = account.xray().get_trace_summaries().start_time(account.time(-6 * 3600 - 1)).end_time(account.time(0));
    let long = long.send().await.expect_err("six hours are the most").into_service_error();
    assert_eq!(long.meta().message(), Some("Time range cannot be longer than 6 hours"));
}

#[tokio::test]
async fn traces_are_fetched_five_at_a_time_and_the_missing_are_named() {
    let account = Account::new("calm").await;
    let all = account.summaries(120, "").await;
    let ids: Vec<String> = all.iter().filter_map(|one| one.id.clone()).collect();
    let too_many = account.xray().batch_get_traces().set_trace_ids(Some(ids[..6].to_vec())).send().await;
    assert!(too_many.expect_err("five are the most").into_service_error().is_invalid_request_exception());
    let absent = "1-5f000000-000000000000000000000000";
    let batch = account.xray().batch_get_traces().set_trace_ids(Some(ids[..4].to_vec())).trace_ids(absent);
    let batch = batch.send().await.expect("a batch");
    assert_eq!(batch.unprocessed_trace_ids(), [absent]);
    for trace in batch.traces() {
        let summary = all.iter().find(|one| one.id() == trace.id()).expect("it was listed");
        assert_eq!(summary.duration(), trace.duration());
        let mut services = BTreeSet::new();
        for segment in trace.segments() {
            let document: serde_json::Value =
                serde_json::from_str(segment.document().expect("a document")).expect("JSON");
            assert_eq!(document["id"].as_str(), segment.id());
            assert_eq!(document["trace_id"].as_str(), trace.id());
            services.insert(document["origin"].as_str().unwrap_or("remote").to_owned());
        }
        let listed: BTreeSet<_> = summary.service_ids().iter().filter_map(|id| id.r#type.clone()).collect();
        assert_eq!(services, listed);
    }
}

#[tokio::test]
async fn the_service_graph_counts_what_the_summaries_list() {
    let account = Account::new("outage").await;
    let graph = account.xray().get_service_graph().start_time(account.time(-300)).end_time(account.time(0));
    let mut pages = graph.into_paginator().send();
    let mut services = Vec::new();
    while let Some(page) = pages.next().await {
        services.extend(page.expect("a page").services.unwrap_or_default());
    }
    let references: BTreeSet<_> = services.iter().filter_map(Service::reference_id).collect();
    assert_eq!(references.len(), services.len());
    for edge in services.iter().flat_map(Service::edges) {
        assert!(edge.reference_id().is_some_and(|id| references.contains(&id)));
    }
    let listed = account.summaries(300, "service(id(name: \"checkout-api\", type: \"AWS::Lambda::Function\"))").await;
    let checkout =
        services.iter().find(|one| one.name() == Some("checkout-api") && one.r#type() == Some("AWS::Lambda::Function"));
    let total = checkout.and_then(|one| one.summary_statistics()).and_then(ServiceStatistics::total_count);
    assert_eq!(total, i64::try_from(listed.len()).ok());
    let one = listed[0].id().expect("an id");
    let graph = account.xray().get_trace_graph().trace_ids(one).send().await.expect("a graph");
    assert!(graph.services().iter().any(|service| service.name() == Some("checkout-api")));
    let groups = account.xray().get_groups().send().await.expect("groups");
    assert_eq!(groups.groups().len(), 3);
    let destination = account.xray().get_trace_segment_destination().send().await.expect("a destination");
    assert_eq!(destination.destination().map(TraceSegmentDestination::as_str), Some("XRay"));
}

#[tokio::test]
async fn what_is_patched_bends_the_traffic_from_then_on() {
    let account = Account::new("calm").await;
    let world = account.sim.world();
    let api = account.rest_api("shop-api").await;
    let place = world.catalog.api_of_id(&api).expect("the API");
    // Statuses, and look-ups of the cache that hit, of the minute that just went by.
    let minute = || {
        let now = account.now.load(Ordering::Relaxed);
        let all = world.api_requests(place, now - 60_000, now);
        let prod: Vec<_> = all.into_iter().filter(|request| request.stage == 0).collect();
        let refused = prod.iter().filter(|request| request.status == 429).count();
        let hits = prod.iter().filter(|request| request.cache_hit == Some(true)).count();
        (prod.len(), refused, hits)
    };
    let (count, refused, hits) = minute();
    assert!(count > 100 && refused == 0 && hits > 10, "{count} requests, {refused} refused, {hits} from the cache");

    account.patch(&api, "prod", Op::Replace, "/*/*/throttling/rateLimit", "0.5").await.expect("allowed");
    account.patch(&api, "prod", Op::Replace, "/*/*/throttling/burstLimit", "1").await.expect("allowed");
    account.wait(60);
    let (count, refused, _) = minute();
    assert!(refused > count / 4, "{refused} of {count} refused");
    account.patch(&api, "prod", Op::Replace, "/*/*/throttling/rateLimit", "500").await.expect("allowed");
    account.patch(&api, "prod", Op::Replace, "/*/*/throttling/burstLimit", "1000").await.expect("allowed");
    account.patch(&api, "prod", Op::Replace, "/cacheClusterEnabled", "false").await.expect("allowed");
    account.wait(61);
    let (count, refused, hits) = minute();
    assert!(count > 100 && refused == 0 && hits == 0, "{count} requests, {refused} refused, {hits} from the cache");
}

#[tokio::test]
async fn a_trace_that_is_still_going_on_is_partial() {
    let account = Account::new("calm").await;
    // Every ten minutes legacy-export runs for seconds, but it is not traced; traced checkouts take a tenth of one.
    let mut partial = 0;
    for _ in 0..40 {
        account.wait(1);
        let recent = account.summaries(2, "partial").await;
        for one in &recent {
            partial += 1;
            assert_eq!((one.is_partial(), one.has_fault()), (Some(true), Some(false)));
            let id = one.id().expect("an id");
            let batch = account.xray().batch_get_traces().trace_ids(id).send().await.expect("a batch");
            let documents = batch.traces()[0].segments().iter().filter_map(|segment| segment.document());
            assert!(documents.into_iter().any(|document| document.contains("\"in_progress\":true")));
        }
    }
    assert!(partial > 0, "in forty seconds something was under way");
}
