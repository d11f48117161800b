//! The service as its clients see it where segments go to CloudWatch Logs, and what its spans say.

use super::*;
use crate::sim::faults::Faults;
use crate::sim::services::{Service, logs};
use crate::sim::wire::{Dialect, Request};
use crate::sim::{Clock, world};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const BORN: Millis = 1_795_000_000_000;

struct Account {
    world: Arc<World>,
    faults: Arc<Faults>,
    clock: Clock,
    queries: logs::Queries,
    retrievals: Retrievals,
}

impl Account {
    fn new(scenario: &str) -> Account {
        Account {
            world: Arc::new(World::new(scenario, 7, 0, BORN).expect("the scenario is known")),
            faults: Arc::default(),
            clock: Arc::new(|| BORN),
            queries: logs::Queries::default(),
            retrievals: Retrievals::default(),
        }
    }

    fn ask(&self, now: Millis, operation: &str, input: &Value) -> (u16, Value) {
        let request: Request = http::Request::post("/").body(input.to_string().into()).expect("a request");
        let call = Call {
            world: &self.world,
            now,
            clock: &self.clock,
            request: &request,
            service: Service::XRay,
            operation,
            labels: &[],
            dialect: Dialect::Rest,
            region: "eu-west-1",
            access_key: "AKIDEXAMPLE",
            request_id: "5f7f2f9a-0000-4000-8000-000000000000",
            faults: &self.faults,
            queries: &self.queries,
            retrievals: &self.retrievals,
        };
        let answer = handle(&call);
        (answer.status().as_u16(), serde_json::from_slice(answer.body().bytes()).expect("JSON"))
    }

    fn good(&self, now: Millis, operation: &str, input: &Value) -> Value {
        let (status, body) = self.ask(now, operation, input);
        assert_eq!(status, 200, "{operation} {input}: {body}");
        body
    }

    /// The traces of some minutes that are over.
    fn traces(&self) -> Vec<world::Trace> {
        self.world.traces(BORN - 240_000, BORN - 120_000)
    }
}

fn seconds(ms: Millis) -> f64 {
    ms as f64 / 1000.0
}

#[test]
fn spans_tell_what_segments_tell() {
    let account = Account::new("spans");
    let (mut faults, mut annotated, mut raised, mut senders) = (0, 0, 0, BTreeSet::new());
    for trace in account.traces() {
        let Some(drawn) = draw::draw(&account.world, &trace) else { continue };
        let mut spans = BTreeMap::new();
        span::each(&drawn, &mut |span| {
            let document = span.document(&drawn.id, &account.world.catalog, false);
            spans.insert(document["spanId"].as_str().expect("an id").to_owned(), document);
        });
        let mut segments = 0;
        for segment in drawn.segments.iter().filter(|segment| !segment.inferred) {
            segment.walk(&mut |part| {
                segments += 1;
                let span = &spans[&hex(part.id)];
                assert_eq!(span["traceId"], drawn.id[2..].replace('-', ""));
                for (key, ms) in [("startTimeUnixNano", part.start_ms), ("endTimeUnixNano", part.end_ms)] {
                    let nano = span[key].as_u64().expect("a whole number") as f64;
                    assert!((nano / 1e6 - ms).abs() < 0.002, "{span}");
                }
                let known = &span["attributes"];
                assert_eq!(known["aws.xray.fault"] == true, part.failure.fault, "{span}");
                assert_eq!(span["status"]["code"] == "ERROR", !part.failure.none(), "{span}");
                let events = span["events"].as_array().map_or(0, Vec::len);
                assert_eq!(events, part.exceptions.len(), "{span}");
                for exception in &part.exceptions {
                    raised += 1;
                    assert_eq!(span["events"][0]["attributes"]["exception.message"], exception.message.as_str());
                }
                for (key, value) in &part.annotations {
                    annotated += 1;
                    assert_eq!(&known[key], value);
                    assert!(known["aws.xray.annotation_keys"].as_array().expect("keys").contains(&json!(key)));
                }
                faults += usize::from(part.failure.fault);
                senders.insert(format!("{:?}", part.sender));
                let otel = part.sender == trace::Sender::OpenTelemetry;
                assert_eq!((span["scope"].is_object(), span["_aws"].is_object()), (otel, !otel), "{span}");
            });
        }
        assert_eq!(spans.len(), segments);
        let roots = spans.values().filter(|span| span["parentSpanId"].is_null()).count();
        assert_eq!(roots, 1);
        for span in spans.values().filter(|span| span["parentSpanId"].is_string()) {
            assert!(spans.contains_key(span["parentSpanId"].as_str().expect("checked")), "{span}");
        }
    }
    assert!(faults > 20 && annotated > 100 && raised > 20, "{faults} {annotated} {raised}");
    assert_eq!(senders.len(), 3, "{senders:?}");
}

#[test]
fn the_group_holds_the_spans_of_every_trace_and_those_of_lambda_twice() {
    let account = Account::new("spans");
    let (from, to) = (BORN - 180_000, BORN - 120_000);
    let written = logs::written(&account.world, span_log::GROUP, from, to, BORN);
    assert!(written.is_sorted_by_key(|event| event.key));
    let mut found: BTreeMap<(String, bool), usize> = BTreeMap::new();
    for event in &written {
        let record: Value = serde_json::from_str(&event.message).expect("JSON");
        // Floating point takes a nanosecond off now and then.
        let began = record["startTimeUnixNano"].as_u64().expect("a time") / 1_000_000;
        assert!(event.key.timestamp.cast_unsigned().abs_diff(began) <= 1, "{record}");
        let ended = record["endTimeUnixNano"].is_u64();
        assert_eq!(record["attributes"]["aws.xray.inprogress"] == true, !ended);
        *found.entry((record["spanId"].as_str().expect("an id").to_owned(), ended)).or_default() += 1;
    }
    assert!(found.values().all(|count| *count == 1));
    let mut expected = BTreeSet::new();
    for trace in account.world.traces(from - 900_000, to) {
        let Some(drawn) = draw::draw(&account.world, &trace) else { continue };
        span::each(&drawn, &mut |span| {
            if (from..to).contains(&(span.part.start_ms as Millis)) {
                expected.insert((hex(span.part.id), true));
                if span.part.origin.as_deref() == Some("AWS::Lambda") {
                    expected.insert((hex(span.part.id), false));
                }
            }
        });
    }
    assert_eq!(found.into_keys().collect::<BTreeSet<_>>(), expected);
    assert!(logs::written(&Account::new("outage").world, span_log::GROUP, from, to, BORN).is_empty());
}

#[test]
fn xray_has_the_indexed_and_a_retrieval_all_of_them() {
    let account = Account::new("spans");
    let traces = account.traces();
    let window = json!({"StartTime": seconds(BORN - 240_000), "EndTime": seconds(BORN - 120_000) - 0.001});
    let listed = account.good(BORN, "GetTraceSummaries", &window);
    let listed: Vec<&str> =
        listed["TraceSummaries"].as_array().expect("a list").iter().filter_map(|one| one["Id"].as_str()).collect();
    let indexed: Vec<&world::Trace> =
        traces.iter().filter(|trace| account.world.in_xray(&trace.id, trace.start())).collect();
    assert_eq!(listed.len(), indexed.len());
    assert!(indexed.len() * 20 < traces.len(), "{} of {}", indexed.len(), traces.len());
    let hidden = traces.iter().find(|trace| !account.world.in_xray(&trace.id, trace.start())).expect("most are");
    let batch = account.good(BORN, "BatchGetTraces", &json!({"TraceIds": [hidden.id]}));
    assert_eq!(batch, json!({"Traces": [], "UnprocessedTraceIds": [hidden.id]}));

    let mut ids: Vec<String> = traces.iter().take(11).map(|trace| trace.id.clone()).collect();
    ids.push(span::w3c(&hidden.id));
    ids.push("1-5f000000-000000000000000000000000".to_owned());
    let mut input = window.clone();
    input["TraceIds"] = json!(ids);
    let token = account.good(BORN, "StartTraceRetrieval", &input)["RetrievalToken"].clone();
    let ask = json!({"RetrievalToken": token, "TraceFormat": "OTEL"});
    for status in ["SCHEDULED", "RUNNING"] {
        let answer = account.good(BORN, "ListRetrievedTraces", &ask);
        assert_eq!(answer, json!({"RetrievalStatus": status, "TraceFormat": "OTEL", "Traces": []}));
    }
    let (mut found, mut next) = (Vec::new(), Value::Null);
    loop {
        let mut ask = ask.clone();
        ask["NextToken"] = next;
        let mut page = account.good(BORN, "ListRetrievedTraces", &ask);
        assert_eq!(page["RetrievalStatus"], "COMPLETE");
        let Value::Array(traces) = page["Traces"].take() else { panic!("a list") };
        assert!(traces.len() <= 5);
        found.extend(traces);
        next = page["NextToken"].take();
        if next.is_null() {
            break;
        }
    }
    ids.pop();
    assert_eq!(found.iter().filter_map(|one| one["Id"].as_str()).collect::<Vec<_>>(), ids);
    for one in &found {
        let spans = one["Spans"].as_array().expect("a list");
        assert!((1..=100).contains(&spans.len()));
        let document: Value = serde_json::from_str(spans[0]["Document"].as_str().expect("text")).expect("JSON");
        assert_eq!(document["spanId"], spans[0]["Id"]);
    }
    let segments = account.good(BORN, "ListRetrievedTraces", &json!({"RetrievalToken": token}));
    let text = segments["Traces"][0]["Spans"][0]["Document"].as_str().expect("text").to_owned();
    assert!(text.contains("\"trace_id\":\"1-"), "{text}");
    let graph = account.good(BORN, "GetRetrievedTracesGraph", &json!({"RetrievalToken": token}));
    assert!(graph["Services"][0]["Service"]["Name"].is_string(), "{graph}");
    assert_eq!(account.good(BORN + 3_600_000, "ListRetrievedTraces", &ask)["RetrievalStatus"], "TIMEOUT");

    let other = account.good(BORN + 1, "StartTraceRetrieval", &input)["RetrievalToken"].clone();
    account.good(BORN + 1, "CancelTraceRetrieval", &json!({"RetrievalToken": other}));
    let answer = account.good(BORN + 2, "ListRetrievedTraces", &json!({"RetrievalToken": other}));
    assert_eq!(answer["RetrievalStatus"], "CANCELLED");
    let (status, refused) = account.ask(BORN, "ListRetrievedTraces", &json!({"RetrievalToken": "nonesuch"}));
    assert_eq!(status, 404, "{refused}");
}

#[test]
fn the_switches_are_turned_and_what_is_on_the_way_stays_where_it_went() {
    let account = Account::new("calm");
    let (status, refused) = account.ask(BORN, "StartTraceRetrieval", &json!({"TraceIds": ["1"]}));
    assert_eq!(status, 400, "{refused}");
    let asked = account.good(BORN, "UpdateTraceSegmentDestination", &json!({"Destination": "CloudWatchLogs"}));
    assert_eq!(asked, json!({"Destination": "CloudWatchLogs", "Status": "PENDING"}));
    let later = BORN + 60_000;
    let now = account.good(later, "GetTraceSegmentDestination", &json!({}));
    assert_eq!(now, json!({"Destination": "CloudWatchLogs", "Status": "ACTIVE"}));
    let rule = |percentage: f64| json!({"Name": "Default", "Rule": {"Probabilistic": {"DesiredSamplingPercentage": percentage}}});
    assert_eq!(account.ask(later, "UpdateIndexingRule", &rule(101.0)).0, 400);
    account.good(later, "UpdateIndexingRule", &rule(50.0));
    let rules = account.good(later, "GetIndexingRules", &json!({}));
    assert_eq!(rules["IndexingRules"][0]["Rule"]["Probabilistic"]["ActualSamplingPercentage"], 50.0);
    let nobody = json!({"Name": "Other", "Rule": {"Probabilistic": {"DesiredSamplingPercentage": 1.0}}});
    assert_eq!(account.ask(later, "UpdateIndexingRule", &nobody).0, 404);
    let old = account.world.traces(BORN - 60_000, BORN).pop().expect("one");
    let batch = account.good(later, "BatchGetTraces", &json!({"TraceIds": [old.id]}));
    assert_eq!(batch["UnprocessedTraceIds"], json!([]));
    let written = logs::written(&account.world, span_log::GROUP, BORN, later, later);
    assert!(!written.is_empty() && written[0].key.timestamp >= BORN + 14_000);
}

#[test]
fn statistics_of_the_rules_agree_with_the_requests() {
    let account = Account::new("shop");
    let (mut counted, mut next, mut windows) = ((0, 0), Value::Null, BTreeSet::new());
    loop {
        let page = account.good(BORN + 7_000, "GetSamplingStatisticSummaries", &json!({"NextToken": next}));
        for entry in page["SamplingStatisticSummaries"].as_array().expect("a list") {
            counted.0 += entry["RequestCount"].as_u64().expect("a count");
            counted.1 += entry["SampledCount"].as_u64().expect("a count");
            windows.insert(entry["Timestamp"].as_i64().expect("a moment"));
        }
        next = page["NextToken"].clone();
        if next.is_null() {
            break;
        }
    }
    assert_eq!((windows.len(), windows.last().copied()), (30, Some(BORN / 1000 - 10)));
    let traces = account.world.traces(BORN - 300_000, BORN);
    assert_eq!(counted.1 as usize, traces.iter().filter(|trace| trace.request.is_some()).count());
    let requests = account.world.api_requests(0, BORN - 300_000, BORN).len() as u64;
    assert!(counted.0 > counted.1 && counted.0 > requests * 8 / 10, "{counted:?} {requests}");
    let rules = account.good(BORN, "GetSamplingRules", &json!({}));
    let priorities: Vec<i64> = rules["SamplingRuleRecords"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|record| record["SamplingRule"]["Priority"].as_i64())
        .collect();
    assert_eq!(priorities, [100, 200, 10_000]);
}

#[test]
fn a_batch_is_linked_to_who_sent_its_messages_and_they_to_it() {
    let account = Account::new("calm");
    let traces = account.world.traces(BORN - 600_000, BORN - 120_000);
    let drawn: Vec<Trace> = traces.iter().filter_map(|trace| draw::draw(&account.world, trace)).collect();
    let mut parts = BTreeMap::new();
    let mut links = Vec::new();
    for trace in &drawn {
        trace.walk(&mut |part| {
            parts.insert((trace.id.clone(), part.id), part.name.clone());
            links.extend(part.links.iter().map(|link| (trace.id.clone(), link.clone())));
        });
    }
    let of = |kind: &str| links.iter().filter(|(_, link)| link.reference == kind).count();
    assert!(of("parent") > 10 && of("child") > 10, "{} {}", of("parent"), of("child"));
    let mut mutual = 0;
    for (trace, link) in &links {
        // Those at the edge of the window lead out of it.
        let Some(name) = parts.get(&(link.trace.clone(), link.id)) else { continue };
        assert_eq!(name, if link.reference == "parent" { "SQS" } else { "order-worker" });
        assert!(link.sent_ms <= link.received_ms);
        let back = |(from, one): &&(String, trace::Link)| *from == link.trace && one.trace == *trace;
        mutual += usize::from(links.iter().find(back).is_some_and(|(_, one)| one.reference != link.reference));
    }
    assert!(mutual > 20, "{mutual}");
    let linked = links.iter().find(|(_, link)| link.reference == "parent").expect("counted");
    let batch = account.good(BORN, "BatchGetTraces", &json!({"TraceIds": [linked.0]})).to_string();
    assert!(batch.contains("reference_type") && batch.contains(&linked.1.trace), "{batch}");
    let window = json!({"StartTime": seconds(BORN - 600_000), "EndTime": seconds(BORN - 120_000)});
    let (mut services, mut next) = (Vec::new(), Value::Null);
    loop {
        let mut ask = window.clone();
        ask["NextToken"] = next;
        let mut page = account.good(BORN, "GetServiceGraph", &ask);
        let Value::Array(some) = page["Services"].take() else { panic!("a list") };
        services.extend(some);
        next = page["NextToken"].take();
        if next.is_null() {
            break;
        }
    }
    let named = |name: &str, kind: &str| services.iter().find(|one| one["Name"] == name && one["Type"] == kind);
    let (queue, worker) = (named("orders", "AWS::SQS::Queue"), named("order-worker", "AWS::Lambda"));
    let (queue, worker) = (queue.expect("the queue"), worker.expect("the worker"));
    let edges = queue["Edges"].as_array().expect("a list");
    let link = edges.iter().find(|edge| edge["EdgeType"] == "link").expect("a link");
    assert_eq!(link["ReferenceId"], worker["ReferenceId"]);
    assert!(link["ReceivedEventAgeHistogram"][0]["Count"].is_u64() && link["ResponseTimeHistogram"] == json!([]));
    for one in &services {
        assert!(one["State"].is_string() && one["StartTime"].is_f64() && one["EndTime"].is_f64(), "{one}");
        let counted = one["SummaryStatistics"].is_object() && one["DurationHistogram"].is_array();
        assert_eq!(counted, one["Type"] != "client", "{one}");
        for edge in one["Edges"].as_array().expect("a list") {
            assert!(edge["SummaryStatistics"]["TotalCount"].is_u64() && edge["StartTime"].is_f64(), "{edge}");
        }
    }
    let stage = named("shop-api/prod", "AWS::ApiGateway::Stage").expect("the stage");
    let client = named("shop-api/prod", "client").expect("a client");
    assert!(stage["Root"] == true && client["Edges"][0]["ReferenceId"] == stage["ReferenceId"]);
}
