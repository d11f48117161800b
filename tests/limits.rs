//! Which limit bites: in each scenario that provokes one, the sentence with its numbers on the right function; in a calm account
//! none on any.

use std::time::Duration;

use slsdash::app::findings;
use slsdash::app::step::Jump;
use slsdash::model::finding::Finding;
use slsdash::model::series::{Metric, Statistic, Subject};
use slsdash::store::limits::{self, Cause, Verdict};
use slsdash::store::metrics::Figures;

use crate::frames::Scene;

const SIZE: (u16, u16) = (120, 40);

/// The dashboard with one function open, as far as the pollers can tell of it.
async fn looking_at(scenario: &str, function: &str) -> Scene {
    let mut scene = Scene::of(scenario, SIZE).await;
    scene.settle().await;
    scene.app.jump(Jump::Function(function.into()));
    scene.settle().await;
    // What was found makes more worth asking: who uses the pool, the queue of a mapping.
    scene.settle().await;
    scene
}

fn verdict(scene: &Scene, function: &str) -> Option<Verdict> {
    limits::verdict(&scene.app.store, function, scene.app.now)
}

fn told(scene: &Scene, function: &str) -> Verdict {
    verdict(scene, function).unwrap_or_else(|| panic!("nothing is told of {function}"))
}

fn figures(scene: &Scene, function: &str) -> Figures {
    scene.app.store.metrics.figures(&Subject::Function(function.into()))
}

fn found(scene: &Scene, check: &str) -> Vec<Finding> {
    let app = &scene.app;
    let all = findings::all(&app.store, &app.config.thresholds, app.now);
    all.into_iter().filter(|finding| finding.check == check).collect()
}

/// Everybody of whom something is told, but those named.
fn others(scene: &Scene, but: &[&str]) -> Vec<String> {
    let names = scene.app.store.functions.all().iter().map(|function| function.name.as_str());
    let others = names.filter(|name| !but.contains(name));
    others.filter_map(|name| verdict(scene, name)).map(|verdict| verdict.sentence).collect()
}

#[tokio::test(start_paused = true)]
async fn in_a_calm_account_nothing_is_told_of_any_function() {
    let mut scene = Scene::of("calm", SIZE).await;
    scene.settle().await;
    let names: Vec<String> = scene.app.store.functions.all().iter().map(|function| function.name.clone()).collect();
    assert!(names.len() > 20);
    for name in names {
        scene.app.jump(Jump::Function(name.clone()));
        // Its detail, and then what the detail makes worth asking.
        scene.wait(Duration::from_secs(3)).await;
        scene.wait(Duration::from_secs(3)).await;
        assert!(scene.app.store.details.get(&name).is_some_and(|feed| feed.get().is_some()), "{name} was looked at");
        assert_eq!(verdict(&scene, &name).map(|verdict| verdict.sentence), None);
        scene.press(&["esc"]);
    }
    for check in ["throttles", "held-back", "spillover", "forecast", "async-dropped", "iterator-age"] {
        assert_eq!(found(&scene, check), [], "{check}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_reserve_that_is_used_up() {
    let mut scene = Scene::of("throttle-reserved", SIZE).await;
    scene.settle().await;
    scene.settle().await;
    // From the Overview alone: what is refused there is asked for its reserve.
    let told = told(&scene, "orders-api");
    assert_eq!((told.cause, told.certain), (Cause::Reserved, true), "{}", told.sentence);
    let refused = figures(&scene, "orders-api").throttles;
    assert!(refused > 10.0);
    assert!(told.sentence.contains("reserved concurrency: 3 of 3 in use in "), "{}", told.sentence);
    assert!(told.sentence.contains(" would have been enough"), "{}", told.sentence);
    assert!(scene.text().contains("is throttled by its reserved concurrency"), "{}", scene.text());
    assert_eq!(others(&scene, &["orders-api"]), [] as [&str; 0]);
}

#[tokio::test(start_paused = true)]
async fn the_pool_that_one_function_uses_up() {
    let scene = looking_at("throttle-pool", "report-builder").await;
    let hog = told(&scene, "report-builder");
    assert_eq!((hog.cause, hog.certain), (Cause::AccountPool, true), "{}", hog.sentence);
    assert!(hog.sentence.starts_with("report-builder uses up the account's pool: "), "{}", hog.sentence);
    let victims: Vec<String> = scene
        .app
        .store
        .metrics
        .functions()
        .filter(|name| *name != "report-builder" && figures(&scene, name).throttles >= 5.0)
        .map(str::to_string)
        .collect();
    assert!(!victims.is_empty(), "others are refused as well");
    for victim in victims {
        let told = told(&scene, &victim);
        assert_eq!(told.cause, Cause::AccountPool, "{}", told.sentence);
        assert!(told.sentence.contains("report-builder uses "), "{}", told.sentence);
    }
    let users = limits::pool(&scene.app.store);
    assert_eq!(users[0].0, "report-builder", "{users:?}");
}

#[tokio::test(start_paused = true)]
async fn a_burst_that_outgrows_the_scaling_rate() {
    let scene = looking_at("throttle-scaling", "recommend").await;
    let told = told(&scene, "recommend");
    assert_eq!(told.cause, Cause::ScalingRate, "{}", told.sentence);
    assert!(told.sentence.contains("faster than 1,000 new environments per 10 s"), "{}", told.sentence);
    assert_eq!(others(&scene, &["recommend"]), [] as [&str; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_short_function_that_is_called_too_often() {
    let scene = looking_at("throttle-rate", "ws-connect").await;
    let told = told(&scene, "ws-connect");
    assert_eq!((told.cause, told.certain), (Cause::RequestRate, true), "{}", told.sentence);
    let reserve = scene.app.store.functions.get("ws-connect").and_then(|function| function.reserved.flatten());
    let reserve = reserve.expect("it has a reserve");
    let limit = format!("requests/s against 10 x {reserve} = {}, though only ", reserve * 10);
    assert!(told.sentence.contains(&limit), "{}", told.sentence);
    assert_eq!(others(&scene, &["ws-connect"]), [] as [&str; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_spills_over_and_what_is_refused_beyond_the_provisioned() {
    let scene = looking_at("throttle-spillover", "storefront-render").await;
    let spills = told(&scene, "storefront-render");
    assert_eq!((spills.cause, spills.certain), (Cause::Spillover, true), "{}", spills.sentence);
    assert!(
        spills.sentence.contains("of storefront-render:live spilled over its 3 provisioned"),
        "{}",
        spills.sentence
    );
    let scene = looking_at("throttle-spillover", "checkout-api").await;
    let refused = told(&scene, "checkout-api");
    assert_eq!((refused.cause, refused.certain), (Cause::Reserved, true), "{}", refused.sentence);
    assert!(refused.sentence.contains("4 of 4 in use (all of it provisioned) in "), "{}", refused.sentence);
}

#[tokio::test(start_paused = true)]
async fn a_mapping_that_allows_no_more() {
    let scene = looking_at("throttle-queue", "image-resize").await;
    let told = told(&scene, "image-resize");
    assert_eq!((told.cause, told.certain), (Cause::EventSourceMaximum, true), "{}", told.sentence);
    assert!(told.sentence.contains("not throttled but held back: the mapping of queue "), "{}", told.sentence);
    assert!(told.sentence.contains(" allows 10 at once, 10 in use in "), "{}", told.sentence);
    assert!(told.sentence.contains("the oldest "), "{}", told.sentence);
    assert_eq!(figures(&scene, "image-resize").throttles, 0.0);
    assert_eq!(found(&scene, "held-back").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_not_kept_up_with() {
    let scene = looking_at("stream-lag", "clickstream-aggregate").await;
    let told = told(&scene, "clickstream-aggregate");
    assert_eq!((told.cause, told.certain), (Cause::EventSourceMaximum, false), "{}", told.sentence);
    assert!(
        told.sentence.contains("falls behind its stream clickstream: the oldest record read is "),
        "{}",
        told.sentence
    );
    assert!(told.sentence.contains("2 batches are worked on at once"), "{}", told.sentence);
    let ages = Subject::Function("clickstream-aggregate".into());
    let ages = scene.app.store.metrics.get(&ages, Metric::IteratorAge, Statistic::Maximum).expect("asked for");
    assert!(ages.maximum().expect("measured") > 60_000.0);
}

#[tokio::test(start_paused = true)]
async fn events_that_are_dropped() {
    let scene = looking_at("async-drops", "invoice-render").await;
    let dropped = found(&scene, "async-dropped");
    assert_eq!(dropped.len(), 1, "{dropped:#?}");
    assert!(dropped[0].about.is_function("invoice-render"));
    assert!(dropped[0].sentence.starts_with("invoice-render dropped "), "{}", dropped[0].sentence);
    assert_eq!(others(&scene, &[]), [] as [&str; 0], "nothing is throttled");
}

#[tokio::test(start_paused = true)]
async fn a_finding_sleeps_until_it_is_woken() {
    let mut scene = Scene::of("throttle-reserved", SIZE).await;
    scene.settle().await;
    scene.settle().await;
    let first = scene.app.overview.findings[0].clone();
    let count = scene.app.overview.findings.len();
    scene.press(&["n"]);
    assert!(scene.text().contains("until it is gone"), "{}", scene.text());
    scene.press(&["enter"]);
    assert_eq!((scene.app.overview.findings.len(), scene.app.overview.asleep), (count - 1, 1));
    assert!(!scene.app.overview.findings.contains(&first));
    assert!(scene.text().contains("1 snoozed (N)"), "{}", scene.text());
    scene.press(&["N"]);
    assert!(scene.text().contains(&format!("{} of ", first.check)), "{}", scene.text());
    scene.press(&["enter"]);
    assert_eq!((scene.app.overview.findings.len(), scene.app.overview.asleep), (count, 0));
}
