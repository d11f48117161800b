//! Traces end to end: what is asked of X-Ray and what is not, what is shown of it, and why something is not there.

use std::collections::BTreeSet;
use std::time::Duration;

use slsdash::app::step::{Jump, TraceTarget};
use slsdash::app::tabs::traces::Panel;
use slsdash::model::trace::Source;
use slsdash::sim::faults::Fault;
use slsdash::sim::world::invocation::Cause;

use crate::frames::Scene;

const SIZE: (u16, u16) = (120, 40);

/// The Traces tab with its list.
async fn list(scenario: &str) -> Scene {
    let mut scene = Scene::of(scenario, SIZE).await;
    scene.press(&["4"]);
    scene.settle().await;
    scene
}

/// Lets pollers go on until it is so.
async fn until(scene: &mut Scene, what: &str, is: impl Fn(&Scene) -> bool) {
    for _ in 0..60 {
        if is(scene) {
            return;
        }
        scene.wait(Duration::from_secs(2)).await;
    }
    panic!("{what}:\n{}", scene.text());
}

#[tokio::test(start_paused = true)]
async fn whole_traces_are_read_when_asked_for_five_at_a_time_and_once() {
    let mut scene = list("outage").await;
    assert_eq!(scene.sim().ledger().count("xray", "BatchGetTraces"), 0, "a list opens nothing");
    scene.press(&["tab", "tab", "tab"]);
    assert_eq!(scene.app.traces.panel, Panel::Statistics);
    until(&mut scene, "the statistics are complete", |scene| {
        scene.app.traces.statistics.counts.wanted > 0 && scene.app.traces.statistics.counts.waiting == 0
    })
    .await;
    // X-Ray takes five ids a call and refuses more; the open ones may have come in the last call alone.
    let wanted = scene.app.traces.statistics.counts.wanted as u64;
    let calls = scene.sim().ledger().count("xray", "BatchGetTraces");
    assert!(calls >= wanted.div_ceil(5) && calls <= wanted / 5 + 6, "{calls} calls for {wanted} traces");
    assert!(scene.sim().ledger().calls().iter().all(|call| call.operation != "BatchGetTraces" || call.status == 200));
    // What fails, and in whose name: the provider of payments.
    let failures = &scene.app.traces.statistics.failures;
    assert!(failures[0].what.contains("payments.example.com"), "{failures:#?}");
    assert!(failures[0].exception.contains("ProviderException"), "{failures:#?}");
    let before = scene.sim().ledger().count("xray", "BatchGetTraces");
    scene.press(&["tab"]);
    scene.settle().await;
    scene.press(&["tab", "tab", "tab"]);
    scene.settle().await;
    assert_eq!(scene.app.traces.panel, Panel::Statistics);
    assert_eq!(scene.sim().ledger().count("xray", "BatchGetTraces"), before, "coming back costs nothing");
}

fn is_root(cause: &Cause) -> bool {
    matches!(cause, Cause::Mapping(_) | Cause::Schedule | Cause::Client)
}

#[tokio::test(start_paused = true)]
async fn the_sample_is_said_to_be_one_and_of_about_how_much() {
    let mut scene = list("calm").await;
    let rule = scene.app.store.tracing.get().and_then(|tracing| tracing.default_rule()).expect("the rules").clone();
    scene.resize(200, 60);
    assert!(scene.text().contains("sampled by 3 rules"), "{}", scene.text());
    // Requests that Lambda and API Gateway decided on by the default rule, where nothing else decides.
    let world = scene.sim().world();
    let (now, listed) = (scene.sim().now(), scene.app.store.traces.all());
    let oldest = listed.last().and_then(|summary| summary.start).expect("a list").timestamp_millis();
    let function =
        world.catalog.functions.iter().position(|f| f.name == "email-sender").expect("a function of the shop");
    let truth = world.invocations(function, oldest, now).iter().filter(|one| is_root(&one.cause)).count() as f64;
    let of = |name: &str| listed.iter().filter(|s| s.entry_point.as_deref() == Some(name)).cloned().collect::<Vec<_>>();
    let mut store = slsdash::store::traces::Traces::default();
    store.accept(of("email-sender"), false, 10_000, scene.app.now);
    let about =
        store.requests(scene.app.window.bounds(scene.app.now).0, rule.reservoir, rule.rate).expect("an estimate");
    assert!((about - truth).abs() < truth * 0.35 + 20.0, "about {about}, and it was {truth}");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_says_why() {
    let mut scene = Scene::of("outage", SIZE).await;
    scene.settle().await;
    // A log line that says so: nobody need be asked.
    let nobody = "1-6b017dcb-000000000000000000000000";
    let target = TraceTarget { sampled: Some(false), ..TraceTarget::of(nobody) };
    scene.app.jump(Jump::Trace(target));
    scene.settle().await;
    assert_eq!(scene.sim().ledger().count("xray", "BatchGetTraces"), 0);
    assert!(scene.text().contains("Sampled=0"), "{}", scene.text());
    // Too old for X-Ray.
    scene.app.jump(Jump::Trace(TraceTarget::of("1-5f84c7a5-000000000000000000000000")));
    scene.settle().await;
    assert!(scene.text().contains("older than 30 days"), "{}", scene.text());
    // Nobody knows.
    scene.app.jump(Jump::Trace(TraceTarget::of(nobody)));
    scene.settle().await;
    assert!(scene.text().contains("most likely not sampled"), "{}", scene.text());
    scene.press(&["esc", "esc", "esc"]);
    assert!(scene.app.traces.open.is_none());
}

#[tokio::test(start_paused = true)]
async fn an_annotation_becomes_a_filter_and_a_column() {
    let mut scene = list("outage").await;
    scene.press(&["e", "enter"]);
    scene.settle().await;
    scene.press(&["home"]);
    // Down to a span that has annotations of its own.
    for _ in 0..30 {
        let rows = &scene.app.traces.open.as_ref().expect("open").detail.rows;
        if rows.iter().any(|row| row.literal.is_some() && !row.name.starts_with("aws:")) {
            break;
        }
        scene.press(&["down"]);
    }
    scene.press(&["tab"]);
    for _ in 0..60 {
        let detail = &scene.app.traces.open.as_ref().expect("open").detail;
        if detail.selected().is_some_and(|row| row.literal.is_some()) {
            break;
        }
        scene.press(&["down"]);
    }
    let row = scene.app.traces.open.as_ref().and_then(|open| open.detail.selected().cloned()).expect("an annotation");
    scene.press(&["C"]);
    assert_eq!(scene.app.traces.list.annotations, std::slice::from_ref(&row.name));
    scene.press(&["="]);
    scene.settle().await;
    let expression = scene.app.traces.expression().to_string();
    assert!(expression.contains(&row.name) && expression.contains(&row.value), "{expression} for {row:?}");
    let all = scene.app.store.traces.all();
    assert!(!all.is_empty(), "{}", scene.text());
    let has = |value: &str, key: &str| key == row.name && value == row.value;
    assert!(all.iter().all(|summary| summary.annotations.iter().any(|(key, value)| has(value, key))));
    assert!(scene.text().contains(&row.name), "{}", scene.text());
    // And back to the trace.
    scene.press(&["esc"]);
    assert!(scene.app.traces.open.is_some(), "{}", scene.text());
}

#[tokio::test(start_paused = true)]
async fn the_map_leads_to_the_traces_of_a_service_and_of_a_call() {
    let mut scene = list("outage").await;
    scene.press(&["tab"]);
    scene.settle().await;
    let graph = scene.app.store.graph.get().expect("a graph");
    assert_eq!(graph.nodes.iter().filter(|node| node.kind == "client").count(), 1);
    let worst = scene.app.traces.map.selected().expect("something is selected").clone();
    assert!(worst.now.fault_share() > 0.05, "what fails most is selected first: {worst:?}");
    scene.press(&["d"]);
    scene.settle().await;
    assert!(scene.app.store.graph_before.get().is_some());
    assert!(scene.text().contains("window before"), "{}", scene.text());
    scene.press(&["n"]);
    let edge = scene.app.traces.map.selected().expect("an edge").name.clone();
    assert!(edge.contains('→'), "{edge}");
    scene.press(&["enter"]);
    scene.settle().await;
    assert_eq!(scene.app.traces.panel, Panel::List);
    assert!(scene.app.traces.expression().starts_with("edge("), "{}", scene.app.traces.expression());
    assert!(!scene.app.store.traces.all().is_empty(), "{}", scene.text());
    // As a table, sorted otherwise.
    scene.press(&["tab", "v", "s"]);
    assert!(scene.text().contains("by requests"), "{}", scene.text());
}

#[tokio::test(start_paused = true)]
async fn all_logs_of_a_trace_are_its_lines_and_no_others() {
    let mut scene = list("outage").await;
    scene.press(&["e", "enter"]);
    scene.settle().await;
    let open = scene.app.traces.open.as_ref().expect("open");
    let id = open.id().to_string();
    let (_, waterfall) = open.whole(&scene.app.store).expect("it has come");
    let touched = waterfall.invocations();
    assert!(touched.len() > 1, "several functions");
    scene.press(&["L"]);
    scene.settle().await;
    scene.settle().await;
    scene.read_all();
    let screen = scene.text();
    // Every function that it touched has lines on the screen.
    for one in &touched {
        assert!(screen.contains(&one.function), "{} is missing:\n{screen}", one.function);
    }
    let ids: Vec<&str> = touched.iter().filter_map(|one| one.request_id.as_deref()).chain([id.as_str()]).collect();
    let (logs, store) = (&scene.app.logs, &scene.app.store.logs);
    let places = (0..logs.rows(store)).filter_map(|row| logs.place_at(row, store));
    let shown: Vec<&str> = places.filter_map(|place| store.line(place)).map(|line| line.text).collect();
    assert!(shown.len() >= touched.len() * 3, "START, END and REPORT at least: {shown:#?}");
    let named = shown.iter().filter(|text| ids.iter().any(|id| text.contains(id))).count();
    assert!(named * 10 >= shown.len() * 9, "{named} of {}: {shown:#?}", shown.len());
    // Of those that name a request, none is another's.
    let world = scene.sim().world();
    for text in &shown {
        let other = slsdash::model::line::uuid(text).filter(|uuid| !ids.contains(uuid));
        let known = other.is_some_and(|uuid| {
            let now = scene.sim().now();
            (0..world.catalog.functions.len())
                .any(|f| world.invocations(f, now - 3_600_000, now).iter().any(|one| one.request_id == uuid))
        });
        assert!(!known, "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn transaction_search_is_read_by_retrieval_and_from_the_spans() {
    let mut scene = Scene::of("spans", SIZE).await;
    scene.settle().await;
    // A request that was traced and is not indexed.
    let world = scene.sim().world().clone();
    let now = scene.sim().now();
    let indexed: BTreeSet<String> = {
        scene.press(&["4"]);
        scene.settle().await;
        scene.app.store.traces.all().iter().map(|summary| summary.id.clone()).collect()
    };
    let found = world.traces(now - 120_000, now - 60_000);
    let trace = found.iter().find(|trace| trace.invocations.len() > 1 && !indexed.contains(&trace.id));
    let trace = trace.expect("most are not indexed");
    scene.app.jump(Jump::Trace(TraceTarget::of(&trace.id)));
    until(&mut scene, "the retrieval ends", |scene| scene.app.store.traces.waterfall(&trace.id).is_some()).await;
    let retrieved = scene.app.store.traces.whole(&trace.id).and_then(|feed| feed.get()).expect("it has come").clone();
    assert_eq!(retrieved.0.source, Source::Retrieval);
    assert!(scene.text().contains("retrieved"), "{}", scene.text());
    // The same from the log group, for whoever may not retrieve.
    scene.sim().faults().inject("xray:StartTraceRetrieval", Fault::Deny);
    scene.press(&["r"]);
    until(&mut scene, "the spans are read", |scene| {
        scene
            .app
            .store
            .traces
            .whole(&trace.id)
            .and_then(|feed| feed.get())
            .is_some_and(|whole| whole.0.source == Source::Spans)
    })
    .await;
    let spans = scene.app.store.traces.whole(&trace.id).and_then(|feed| feed.get()).expect("it has come").clone();
    let tell = |waterfall: &slsdash::model::trace::Waterfall| -> BTreeSet<(String, i64, bool, bool)> {
        let told = waterfall.spans.iter().filter(|span| !span.inferred);
        told.map(|span| (span.id.clone(), (span.start * 1000.0).round() as i64, span.fault, span.error)).collect()
    };
    assert_eq!(tell(&retrieved.1), tell(&spans.1), "both tell the same story");
    let mut one = retrieved.1.invocations();
    let mut other = spans.1.invocations();
    one.iter_mut().chain(&mut other).for_each(|touched| touched.start = 0.0);
    assert_eq!(one, other);
    // By the id that OpenTelemetry has for it.
    let w3c = slsdash::model::trace::w3c_id(&trace.id);
    assert_eq!(slsdash::model::trace::xray_id(&w3c), trace.id);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_xray_is_asked_again_and_said_so() {
    let mut scene = Scene::of("outage", SIZE).await;
    scene.settle().await;
    scene.sim().faults().inject_times("xray:GetTraceSummaries", Fault::Throttle, 3);
    scene.press(&["4"]);
    scene.settle().await;
    until(&mut scene, "the list comes after all", |scene| !scene.app.store.traces.all().is_empty()).await;
    scene.sim().faults().inject_times("xray:BatchGetTraces", Fault::Throttle, 2);
    scene.press(&["enter"]);
    let id = scene.app.traces.open.as_ref().expect("open").id().to_string();
    until(&mut scene, "the trace comes after all", |scene| scene.app.store.traces.waterfall(&id).is_some()).await;
    scene.press(&["esc"]);
    scene.sim().faults().inject("xray:GetServiceGraph", Fault::Deny);
    scene.press(&["tab"]);
    scene.settle().await;
    assert!(scene.text().contains("xray:GetServiceGraph"), "{}", scene.text());
    scene.press(&["esc"]);
    assert!(!scene.app.store.traces.all().is_empty(), "the list is not darkened by it");
}

#[tokio::test(start_paused = true)]
async fn a_window_made_shorter_and_longer_again_has_its_traces_still() {
    // Few enough of an hour for all of them to be kept.
    let failing = "error = true OR fault = true";
    let mut scene = Scene::of("calm", SIZE).await;
    scene.app.jump(Jump::Traces(failing.into()));
    scene.settle().await;
    let all = scene.app.traces.list.in_window;
    assert!(all > 20 && all < 1000, "{all}");
    scene.press(&["z"]);
    scene.settle().await;
    assert!(scene.app.traces.list.in_window < all, "{}", scene.text());
    scene.press(&["w"]);
    scene.settle().await;
    assert_eq!(scene.app.traces.list.in_window, all, "{}", scene.text());
    // The selected trace stays selected while new ones come in above it.
    scene.press(&["down", "down", "down"]);
    let selected = scene.app.selected().trace_id.expect("a trace");
    let newest = slsdash::model::trace::TraceSummary {
        id: "1-6b017fff-00000000000000000000000a".into(),
        start: Some(scene.app.now),
        ..Default::default()
    };
    scene.app.update(slsdash::app::message::Message::News(slsdash::app::message::News::Traces {
        filter: failing.into(),
        summaries: vec![newest],
        read_to: scene.app.now,
        capped: false,
        scanned: 1,
    }));
    assert_eq!(scene.app.selected().trace_id, Some(selected));
}

#[test]
fn a_trace_without_length_is_moved_in_without_a_panic() {
    use slsdash::app::keymap::Keymap;
    use slsdash::app::message::{Message, News};
    use slsdash::app::{App, Origin};
    let config = slsdash::config::Config::default();
    let mut app = App::new(config, Keymap::defaults(), Origin::default(), slsdash::time::Clock::system(), SIZE);
    let id = "1-6b017fff-00000000000000000000000a";
    app.jump(Jump::Trace(TraceTarget::of(id)));
    let documents = vec![("a".into(), r#"{"id":"a","name":"A","start_time":1,"in_progress":true}"#.into())];
    let trace = slsdash::model::trace::Trace { id: id.into(), documents, ..Default::default() };
    app.update(Message::News(News::Trace(id.into(), Ok(trace))));
    for key in [',', '.', 'z', '.', ',', 'z', 'Z', '.', 'c', 'n', 'e'] {
        app.update(Message::Key(crossterm::event::KeyEvent::new(
            crossterm::event::KeyCode::Char(key),
            crossterm::event::KeyModifiers::NONE,
        )));
    }
    assert!(app.traces.open.is_some());
}

#[test]
fn a_linked_trace_is_opened_from_the_detail() {
    use slsdash::app::keymap::Keymap;
    use slsdash::app::message::{Message, News};
    use slsdash::app::{App, Origin};
    let config = slsdash::config::Config::default();
    let mut app = App::new(config, Keymap::defaults(), Origin::default(), slsdash::time::Clock::system(), SIZE);
    let (id, other) = ("1-6b017fff-00000000000000000000000a", "1-6b017fff-00000000000000000000000b");
    app.jump(Jump::Trace(TraceTarget::of(id)));
    let document =
        format!(r#"{{"id":"a","name":"A","start_time":1,"end_time":2,"links":[{{"trace_id":"{other}","id":"b"}}]}}"#);
    let documents = vec![("a".into(), document)];
    let trace = slsdash::model::trace::Trace { id: id.into(), documents, ..Default::default() };
    app.update(Message::News(News::Trace(id.into(), Ok(trace))));
    let key = |code| Message::Key(crossterm::event::KeyEvent::new(code, crossterm::event::KeyModifiers::NONE));
    app.update(key(crossterm::event::KeyCode::Tab));
    let rows = app.traces.open.as_ref().expect("open").detail.rows.len();
    for _ in 0..rows {
        let open = app.traces.open.as_ref().expect("open");
        if open.detail.selected().is_some_and(|row| row.value == other) {
            break;
        }
        app.update(key(crossterm::event::KeyCode::Down));
    }
    app.update(key(crossterm::event::KeyCode::Enter));
    assert_eq!(app.traces.open.as_ref().map(|open| open.id().to_string()), Some(other.to_string()));
}
