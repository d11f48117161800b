//! Every action through its keys: what the confirmation says, what the account is afterwards, and that the undo restores
//! exactly what was.

use slsdash::app::effect::Change;
use slsdash::aws::{apis, changes, functions};
use slsdash::model::api::{Protocol, Stage};
use slsdash::model::function::{Alias, Routing};

use crate::frames::Scene;

const SIZE: (u16, u16) = (120, 40);
const SHOP_API: &str = "k3v9q2m7ta";
const STOREFRONT: &str = "h5c2n8w3zf";

async fn reserved(scene: &Scene, function: &str) -> Option<u32> {
    functions::reserved(scene.account(), function).await.expect("the account answers")
}

async fn alias(scene: &Scene, function: &str, name: &str) -> Alias {
    let aliases = functions::aliases(scene.account(), function).await.expect("the account answers");
    aliases.into_iter().find(|alias| alias.name == name).expect("there is such an alias")
}

async fn stage(scene: &Scene, api: &str, protocol: Protocol, name: &str) -> Stage {
    let stages = apis::stages(scene.account(), api, protocol).await.expect("the account answers");
    stages.into_iter().find(|stage| stage.name == name).expect("there is such a stage")
}

/// But for the moment of the last change, which no undo takes back.
fn settings(stage: Stage) -> Stage {
    Stage { last_updated: None, ..stage }
}

async fn scene() -> Scene {
    Scene::of("calm", SIZE).await
}

/// The APIs tab on one stage.
async fn on_stage(words: &str) -> Scene {
    let mut scene = scene().await;
    scene.press(&["5"]);
    scene.settle().await;
    scene.press(&["/", words, "enter"]);
    scene.settle().await;
    scene
}

#[track_caller]
fn assert_says(scene: &Scene, what: &str) {
    // Sentences wrap: what is looked for may go over two lines.
    let text = scene.text().replace(['│', '\n'], " ");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(what), "{what:?} is not on the screen:\n{}", scene.text());
}

/// Lets time pass until the screen says it.
async fn pass_until(scene: &mut Scene, what: &str) {
    for _ in 0..120 {
        scene.pass(5).await;
        if scene.text().contains(what) {
            return;
        }
    }
    assert_says(scene, what);
}

#[tokio::test(start_paused = true)]
async fn a_reserve_is_set_removed_and_given_back() {
    let mut scene = scene().await;
    scene.open_function("orders-api").await;
    let before = reserved(&scene, "orders-api").await;
    scene.press(&["R", "delete-line", "50"]);
    assert_says(&scene, "Set reserved concurrency of orders-api");
    scene.press(&["enter"]);
    assert_says(&scene, "aws lambda put-function-concurrency --function-name orders-api");
    scene.go().await;
    assert_eq!(reserved(&scene, "orders-api").await, Some(50));
    scene.press(&["U"]);
    scene.go().await;
    assert_eq!(reserved(&scene, "orders-api").await, before);
}

#[tokio::test(start_paused = true)]
async fn the_kill_switch_says_what_stops_and_gives_back_what_there_was() {
    let mut scene = scene().await;
    scene.open_function("image-resize").await;
    let before = reserved(&scene, "image-resize").await;
    assert!(before.is_some(), "this one has a reserve");
    scene.press(&["K"]);
    assert_says(&scene, "Switch image-resize off");
    assert_says(&scene, "invoked by sqs image-uploads: Enabled");
    scene.go().await;
    assert_eq!(reserved(&scene, "image-resize").await, Some(0));
    scene.settle().await;
    scene.press(&["K"]);
    assert_says(&scene, "on again");
    assert_says(&scene, "what it had when it was switched off");
    scene.go().await;
    assert_eq!(reserved(&scene, "image-resize").await, before);
}

#[tokio::test(start_paused = true)]
async fn from_the_table_an_action_waits_for_what_it_needs_to_know() {
    let mut scene = scene().await;
    scene.press(&["2"]);
    scene.settle().await;
    scene.press(&["/", "orders-api", "enter", "K"]);
    assert_says(&scene, "Reading orders-api first");
    scene.settle().await;
    assert_says(&scene, "Switch orders-api off");
    scene.press(&["esc"]);
    assert_eq!(reserved(&scene, "orders-api").await, None, "Cancel is the default");
}

#[tokio::test(start_paused = true)]
async fn an_alias_is_shifted_rolled_back_and_given_back() {
    let mut scene = scene().await;
    scene.open_function("cart-api").await;
    let before = alias(&scene, "cart-api", "live").await;
    // The newest version is the second choice of the second field; it leads there already, so the one before is taken.
    assert_eq!(before.version, newest(&scene, "cart-api").await);
    scene.press(&["V"]);
    assert_says(&scene, "Which alias");
    scene.press(&["enter", "tab", "right", "right", "tab", "10"]);
    scene.press(&["enter"]);
    assert_says(&scene, "aws lambda update-alias");
    let Change::MoveAlias { to, .. } = scene.go().await else { panic!("a move") };
    assert_eq!(to.weights.len(), 1);
    let shifted = alias(&scene, "cart-api", "live").await;
    assert_eq!(shifted.routing(), to);
    scene.settle().await;
    scene.press(&["B", "enter"]);
    assert_says(&scene, "the older of its two versions gets everything");
    scene.go().await;
    assert!(alias(&scene, "cart-api", "live").await.weights.is_empty());
    scene.press(&["U"]);
    scene.go().await;
    assert_eq!(alias(&scene, "cart-api", "live").await.routing(), shifted.routing());
    scene.press(&["U"]);
    scene.go().await;
    assert_eq!(alias(&scene, "cart-api", "live").await.routing(), before.routing());
}

async fn newest(scene: &Scene, function: &str) -> String {
    let detail = functions::detail(scene.account(), function).await.expect("the account answers");
    detail.versions.last().expect("it has versions").version.clone()
}

#[tokio::test(start_paused = true)]
async fn a_move_that_somebody_else_has_made_meanwhile_is_not_overwritten() {
    let mut scene = scene().await;
    scene.open_function("orders-api").await;
    scene.press(&["V", "enter", "right", "enter"]);
    // Somebody else is quicker.
    let known = alias(&scene, "orders-api", "live").await;
    let versions = functions::detail(scene.account(), "orders-api").await.expect("it answers").versions;
    let other = versions.iter().find(|version| version.version != known.version).expect("another version");
    let theirs = Change::MoveAlias {
        function: "orders-api".into(),
        alias: "live".into(),
        from: known.routing(),
        to: Routing { version: other.version.clone(), weights: vec![] },
        revision: None,
    };
    changes::perform(scene.account(), theirs).await;
    scene.go().await;
    assert_says(&scene, "Nothing was changed: somebody else has changed it meanwhile");
    assert_eq!(alias(&scene, "orders-api", "live").await.version, other.version);
}

#[tokio::test(start_paused = true)]
async fn settings_of_a_stage_go_to_and_fro() {
    let mut scene = on_stage("shop-api stage:prod").await;
    let before = stage(&scene, SHOP_API, Protocol::Rest, "prod").await;
    scene.press(&["E", "delete-line", "33", "down", "delete-line", "66", "down", "down", "delete-line", "120"]);
    assert_says(&scene, "from rate 200, burst 400, cache TTL 300 s to rate 33, burst 66, cache TTL 120 s");
    scene.press(&["enter"]);
    assert_says(&scene, "op=replace,path=/*/*/throttling/rateLimit,value=33");
    scene.go().await;
    let changed = stage(&scene, SHOP_API, Protocol::Rest, "prod").await;
    assert_eq!((changed.defaults.throttle_rate, changed.defaults.throttle_burst), (Some(33.0), Some(66)));
    assert_eq!(changed.defaults.cache_ttl_s, Some(120));
    scene.press(&["U"]);
    scene.go().await;
    assert_eq!(settings(stage(&scene, SHOP_API, Protocol::Rest, "prod").await), settings(before));
}

#[tokio::test(start_paused = true)]
async fn tracing_is_one_switch() {
    let mut scene = on_stage("shop-api stage:prod").await;
    scene.press(&["T"]);
    assert_says(&scene, "Change X-Ray tracing of shop-api prod from on to off");
    scene.go().await;
    assert!(!stage(&scene, SHOP_API, Protocol::Rest, "prod").await.tracing);
    scene.press(&["U"]);
    scene.go().await;
    assert!(stage(&scene, SHOP_API, Protocol::Rest, "prod").await.tracing);
}

#[tokio::test(start_paused = true)]
async fn a_cache_takes_its_time_and_is_watched_until_it_is_there() {
    let mut scene = on_stage("shop-api stage:staging").await;
    let before = stage(&scene, SHOP_API, Protocol::Rest, "staging").await;
    assert!(!before.cache_enabled);
    scene.press(&["C", "right", "down", "right", "enter"]);
    assert_says(&scene, "a month, used or not");
    scene.go().await;
    assert_says(&scene, "it is watched until it is done");
    scene.pass(10).await;
    assert_says(&scene, "shop-api staging: CREATE_");
    pass_until(&mut scene, "Done: the cache of shop-api staging is AVAILABLE").await;
    scene.press(&["F"]);
    scene.go().await;
    pass_until(&mut scene, "Done: the cache of shop-api staging is AVAILABLE").await;
    scene.press(&["U"]);
    assert_says(&scene, "from 1.6 GB to off");
    scene.go().await;
    scene.pass(300).await;
    assert!(!stage(&scene, SHOP_API, Protocol::Rest, "staging").await.cache_enabled);
}

#[tokio::test(start_paused = true)]
async fn what_is_in_the_way_is_waited_for_and_then_asked_about_again() {
    let mut scene = on_stage("shop-api stage:staging").await;
    scene.press(&["C", "right", "enter"]);
    scene.go().await;
    scene.pass(5).await;
    scene.press(&["C", "down", "right", "right", "enter"]);
    assert_says(&scene, "API Gateway refuses changes until that is over");
    scene.go().await;
    assert_says(&scene, "Nothing was changed: another change is in progress");
    scene.press(&["enter"]);
    scene.pass(300).await;
    assert_says(&scene, "waited");
    let Change::UpdateStage { edit, .. } = scene.go().await else { panic!("a stage") };
    assert_eq!(edit.patches.len(), 1, "{edit:?}");
    scene.pass(300).await;
    assert_eq!(stage(&scene, SHOP_API, Protocol::Rest, "staging").await.cache_size.as_deref(), Some("6.1"));
}

#[tokio::test(start_paused = true)]
async fn routes_of_the_second_version_are_set_as_a_whole() {
    let mut scene = on_stage("storefront stage:$default").await;
    let before = stage(&scene, STOREFRONT, Protocol::Http, "$default").await;
    scene.press(&["E", "delete-line", "40", "enter"]);
    assert_says(&scene, "aws apigatewayv2 update-stage");
    scene.go().await;
    let changed = stage(&scene, STOREFRONT, Protocol::Http, "$default").await;
    assert_eq!(changed.defaults.throttle_rate, Some(40.0));
    assert_eq!(changed.defaults.throttle_burst, before.defaults.throttle_burst);
    scene.press(&["U"]);
    scene.go().await;
    assert_eq!(settings(stage(&scene, STOREFRONT, Protocol::Http, "$default").await), settings(before));
}

#[tokio::test(start_paused = true)]
async fn what_a_kind_of_api_does_not_have_is_said() {
    let mut scene = on_stage("storefront stage:$default").await;
    for (key, says) in [("C", "only REST APIs have a cache"), ("T", "only REST APIs trace"), ("R", "canaries")] {
        scene.press(&[key]);
        assert_says(&scene, says);
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_source_is_switched_off_watched_and_on_again() {
    let mut scene = scene().await;
    scene.open_function("order-worker").await;
    let state = async |scene: &Scene| {
        let detail = functions::detail(scene.account(), "order-worker").await.expect("the account answers");
        detail.mappings[0].state.clone()
    };
    scene.press(&["E", "enter"]);
    assert_says(&scene, "Disable the event source mapping of queue orders to order-worker");
    scene.go().await;
    pass_until(&mut scene, "Done: the mapping of queue orders is Disabled").await;
    assert_eq!(state(&scene).await, "Disabled");
    scene.press(&["U"]);
    scene.go().await;
    pass_until(&mut scene, "Done: the mapping of queue orders is Enabled").await;
    assert_eq!(state(&scene).await, "Enabled");
}

#[tokio::test(start_paused = true)]
async fn a_method_that_had_no_settings_of_its_own_has_none_again() {
    let mut scene = on_stage("shop-api stage:prod").await;
    let before = stage(&scene, SHOP_API, Protocol::Rest, "prod").await;
    scene.press(&["enter"]);
    scene.settle().await;
    scene.press(&["tab"]);
    for _ in 0..20 {
        if scene.app.selected().route.as_deref() == Some("GET /orders") {
            break;
        }
        scene.press(&["down"]);
    }
    scene.press(&["E", "7", "down", "9", "enter"]);
    assert_says(&scene, "op=replace,path=/~1orders/GET/throttling/rateLimit,value=7");
    scene.go().await;
    let changed = stage(&scene, SHOP_API, Protocol::Rest, "prod").await;
    let own = changed.overrides.iter().find(|(key, _)| key == "GET /orders").expect("it has its own now");
    assert_eq!((own.1.throttle_rate, own.1.throttle_burst), (Some(7.0), Some(9)));
    scene.press(&["U"]);
    assert_says(&scene, "op=remove,path=/~1orders/GET");
    scene.go().await;
    assert_eq!(settings(stage(&scene, SHOP_API, Protocol::Rest, "prod").await), settings(before));
}

const PARTNER_API: &str = "p8d4x1s6hb";

#[tokio::test(start_paused = true)]
async fn a_canary_is_shifted_promoted_and_as_it_was() {
    let mut scene = on_stage("partner-api").await;
    let before = stage(&scene, PARTNER_API, Protocol::Rest, "v1").await;
    scene.press(&["R"]);
    assert_says(&scene, "Reading the deployments first");
    scene.settle().await;
    scene.press(&["25", "enter"]);
    assert_says(&scene, "op=replace,path=/canarySettings/percentTraffic,value=25");
    scene.go().await;
    let shifted = stage(&scene, PARTNER_API, Protocol::Rest, "v1").await;
    assert_eq!(shifted.canary.as_ref().map(|canary| canary.percent), Some(25.0));
    scene.press(&["U"]);
    scene.go().await;
    assert_eq!(settings(stage(&scene, PARTNER_API, Protocol::Rest, "v1").await), settings(before.clone()));
    scene.settle().await;
    scene.press(&["O"]);
    assert_says(&scene, "op=copy,path=/deploymentId,from=/canarySettings/deploymentId");
    scene.go().await;
    let promoted = stage(&scene, PARTNER_API, Protocol::Rest, "v1").await;
    assert_eq!(promoted.deployment, before.canary.as_ref().and_then(|canary| canary.deployment.clone()));
    scene.press(&["U"]);
    scene.go().await;
    assert_eq!(settings(stage(&scene, PARTNER_API, Protocol::Rest, "v1").await), settings(before));
}

#[tokio::test(start_paused = true)]
async fn a_usage_plan_is_changed_and_given_back_at_its_own_pace() {
    let limits = async |scene: &Scene, id: &str| {
        let (plans, _) = apis::usage_plans(scene.account(), None).await.expect("the account answers");
        let plan = plans.into_iter().find(|plan| plan.id == id).expect("the plan is there");
        (plan.throttle, plan.quota)
    };
    let mut scene = on_stage("partner-api").await;
    scene.press(&["P"]);
    assert_says(&scene, "Reading the usage plans first");
    scene.settle().await;
    if scene.text().contains("Which usage plan") {
        scene.press(&["enter"]);
    }
    scene.press(&["9"]);
    assert_says(&scene, "Change the limits of usage plan");
    scene.press(&["enter"]);
    assert_says(&scene, "op=replace,path=/throttle/rateLimit,value=9");
    let Some(slsdash::app::overlay::Overlay::Confirm(question)) = scene.app.overlays.last() else { panic!("asked") };
    let Change::UpdateUsagePlan { plan, .. } = question.change.clone() else { panic!("a plan") };
    let before = limits(&scene, &plan).await;
    scene.go().await;
    assert_eq!(limits(&scene, &plan).await.0.and_then(|throttle| throttle.rate), Some(9.0));
    // The undo comes too soon for API Gateway: nothing is changed, and it is offered to ask again.
    scene.press(&["U"]);
    scene.go().await;
    assert_says(&scene, "Nothing was changed: too many requests");
    assert_eq!(limits(&scene, &plan).await.0.and_then(|throttle| throttle.rate), Some(9.0));
    scene.press(&["enter"]);
    scene.pass(30).await;
    assert_says(&scene, "waited");
    scene.go().await;
    assert_eq!(limits(&scene, &plan).await, before);
}
