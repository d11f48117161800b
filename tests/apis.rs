//! APIs through the keys, over the embedded account: which limit bites in each scenario that provokes one and silence where
//! none does, what applies to a method and what is cached, usage plans, what is denied; and what all that costs.

use std::collections::BTreeSet;
use std::time::Duration;

use slsdash::app::interests::{Interests, RefusedQuery};
use slsdash::app::message::News;
use slsdash::app::tabs::apis::Panel;
use slsdash::model::api::Refused;
use slsdash::model::trouble::Kind;
use slsdash::poll::Pace;
use slsdash::sim::faults::Fault;
use slsdash::store::gateway::{self, Cause};
use slsdash::time::TimeWindow;

use crate::embedded::Embedded;
use crate::frames::Scene;

/// A scene with a stage open on a panel; a window that is told as well as an hour and drawn in a quarter of the time.
async fn opened(scenario: &str, size: (u16, u16), (api, stage): (&str, &str), panel: Panel) -> Scene {
    let mut scene = Scene::of(scenario, size).await;
    scene.app.window = TimeWindow::last(Duration::from_secs(900));
    scene.press(&["5"]);
    scene.settle().await;
    scene.press(&["/", &format!("name:{api} stage:{stage}"), "enter", "enter"]);
    scene.settle().await;
    while scene.app.apis.panel != panel {
        scene.press(&["tab"]);
    }
    scene.settle().await;
    scene
}

/// The screen as one text: what is broken over lines is whole again.
fn flat(scene: &Scene) -> String {
    let text = scene.text();
    let inside = text.lines().map(|line| line.trim_matches(|c: char| c == '│' || c.is_whitespace()));
    inside.collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Causes of all stages that have one.
fn causes(scene: &Scene) -> Vec<(String, Cause, String)> {
    let (store, now) = (&scene.app.store, scene.app.now);
    let mut found = Vec::new();
    for api in store.apis.get().expect("the APIs are known") {
        for stage in gateway::stages(store, &api.id) {
            if let Some(verdict) = gateway::verdict(store, api, stage, now) {
                found.push((format!("{}/{}", api.name, stage.name), verdict.cause, verdict.sentence));
            }
        }
    }
    found
}

/// The stage's verdict names this cause, with these words on the screen, and no other stage has one.
async fn bites(scenario: &str, stage: (&str, &str), cause: Cause, words: &[&str]) {
    let scene = opened(scenario, (80, 24), stage, Panel::Limits).await;
    let screen = flat(&scene);
    let found = causes(&scene);
    let name = format!("{}/{}", stage.0, stage.1);
    let here = found.iter().find(|(of, ..)| *of == name);
    assert_eq!(here.map(|(_, cause, _)| cause), Some(&cause), "{scenario}: {found:?}\n{}", scene.text());
    for words in words {
        assert!(screen.contains(words), "{scenario}: {words:?} is not on the screen:\n{}", scene.text());
    }
    if cause != Cause::Account {
        assert_eq!(found.len(), 1, "{scenario}: {found:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stage_that_refuses_is_told_with_its_throttle_and_what_came() {
    let words = ["partner-api/v1 refused", "with 429 in the last 15m: the stage's throttle is 2/s (burst 10), it had"];
    bites("throttle-stage", ("partner-api", "v1"), Cause::Stage, &words).await;
}

#[tokio::test(start_paused = true)]
async fn a_method_that_refuses_is_told_with_its_own_throttle() {
    let words = ["the throttle of GET /catalog/search is 1/s (burst 2)"];
    let cause = Cause::Method("GET /catalog/search".into());
    bites("throttle-method", ("shop-api", "prod"), cause, &words).await;
}

#[tokio::test(start_paused = true)]
async fn a_usage_plan_that_refuses_is_told_with_its_key() {
    let words = ["usage plan partner-basic lets each key have 2/s (burst 6), key acme-feed had"];
    bites("throttle-plan", ("partner-api", "v1"), Cause::PlanRate("partner-basic".into()), &words).await;
}

#[tokio::test(start_paused = true)]
async fn a_quota_that_is_used_up_is_told_with_what_was_used() {
    let words = ["key acme-feed has used 2000000 of the 2000000 requests that usage plan", "none left"];
    bites("throttle-quota", ("partner-api", "v1"), Cause::PlanQuota("partner-basic".into()), &words).await;
}

#[tokio::test(start_paused = true)]
async fn the_accounts_limit_is_told_with_what_all_apis_had() {
    let words = ["the account's throttle is 30/s (burst 20), all APIs together had"];
    bites("throttle-api-account", ("shop-api", "prod"), Cause::Account, &words).await;
}

#[tokio::test(start_paused = true)]
async fn where_nothing_is_refused_nothing_is_said() {
    for stage in [("partner-api", "v1"), ("shop-api", "prod"), ("storefront", "$default"), ("order-events", "live")] {
        let scene = opened("calm", (80, 24), stage, Panel::Limits).await;
        assert_eq!(causes(&scene), [], "{}", scene.text());
        assert!(!scene.text().contains("refused with 429"), "{}", scene.text());
    }
}

#[tokio::test(start_paused = true)]
async fn methods_tell_what_applies_to_them_and_what_is_cached() {
    let scene = opened("calm", (200, 60), ("shop-api", "prod"), Panel::Methods).await;
    let row = |key: &str| {
        let screen = scene.text();
        screen.lines().find(|line| line.contains(key)).unwrap_or_else(|| panic!("{key}:\n{screen}")).to_string()
    };
    let search = row("GET /catalog/search");
    assert!(search.contains("catalog-search:live") && search.contains("60s"), "{search}");
    let checkout = row("POST /checkout");
    assert!(checkout.contains("20/40") && checkout.contains("method") && checkout.contains(" no "), "{checkout}");
    let orders = row("GET /orders ");
    assert!(orders.contains("200/400") && orders.contains("stage"), "{orders}");
    let (store, now) = (&scene.app.store, scene.app.now);
    let (api, stage) = scene.app.apis.opened(store).expect("it is open");
    let load = gateway::method_load(store, api, stage, "GET /catalog/search", now).expect("detailed metrics are on");
    assert!(load.requests > 0.0 && load.peak > 0.0);
    assert_eq!(scene.app.selected().stage, Some((api.id.clone(), "prod".into())));
}

#[tokio::test(start_paused = true)]
async fn usage_plans_tell_what_each_key_has_used_and_never_its_value() {
    let mut scene = opened("calm", (100, 30), ("partner-api", "v1"), Panel::Limits).await;
    let screen = flat(&scene);
    assert!(screen.contains("plan partner-basic") && screen.contains("key acme-feed"), "{}", scene.text());
    assert!(screen.contains("this MONTH"), "{}", scene.text());
    let plans = scene.app.store.usage_plans.get().expect("they are known");
    let key = &plans.iter().find(|plan| plan.name == "partner-basic").expect("it is there").keys[0];
    let (used, left) = (key.used.expect("used"), key.left.expect("left"));
    assert!(used > 0 && left > 0 && key.enabled == Some(true));
    let basic = plans.iter().find(|plan| plan.name == "partner-basic").map(|plan| plan.id.clone());
    let lines = scene.app.apis.lines(Panel::Limits, &scene.app.store, scene.app.now);
    let at = lines.iter().position(|line| line.what == "plan partner-basic").expect("a line");
    scene.press(&vec!["down"; at]);
    assert_eq!(scene.app.selected().plan, basic);
}

#[tokio::test(start_paused = true)]
async fn charts_tell_whose_time_it_is_and_deployments_which_one_runs() {
    let mut scene = opened("calm", (120, 40), ("shop-api", "prod"), Panel::Charts).await;
    let screen = scene.text();
    // The two latencies are not of the same requests here.
    assert!(screen.contains("that the cache did not answer") && screen.contains("the cache answered"), "{screen}");
    scene.press(&["tab"]);
    scene.settle().await;
    let screen = scene.text();
    assert!(screen.contains("this stage runs it"), "{screen}");
    assert!(screen.contains("https://api.shop.example.com/"), "{screen}");
}

#[tokio::test(start_paused = true)]
async fn what_is_denied_is_named_and_the_rest_is_shown() {
    let mut scene = Scene::of("calm", (100, 30)).await;
    for operation in ["apigateway:GetUsagePlans", "apigateway:GetDomainNames", "logs:FilterLogEvents"] {
        scene.sim().faults().inject(operation, Fault::Deny);
    }
    scene.app.window = TimeWindow::last(Duration::from_secs(900));
    scene.press(&["5"]);
    scene.settle().await;
    scene.press(&["/", "name:partner-api", "enter", "enter", "tab", "tab"]);
    scene.settle().await;
    let screen = scene.text();
    assert!(screen.contains("apigateway:GET /usageplans is denied"), "{screen}");
    assert!(screen.contains("429 unknown: logs:FilterLogEvents is denied"), "{screen}");
    assert!(screen.contains("2/s, burst 10"), "{screen}");
    scene.press(&["tab", "tab"]);
    scene.settle().await;
    let screen = scene.text();
    assert!(
        screen.contains("apigateway:GET /domainnames is denied") && screen.contains("this stage runs it"),
        "{screen}"
    );
}

fn at(embedded: &Embedded, name: &str) -> String {
    let world = embedded.sim.world();
    world.catalog.apis.iter().find(|api| api.name == name).expect("the shop has it").id.clone()
}

#[tokio::test(start_paused = true)]
async fn a_stage_that_is_being_changed_is_looked_at_every_five_seconds() {
    let embedded = Embedded::start("calm").await;
    let api = at(&embedded, "shop-api");
    let mut polling = embedded.poll(Interests { apis: true, ..Interests::default() }, Pace::default());
    polling.news_for(Duration::from_secs(10)).await;
    embedded.sim.ledger().clear();
    polling.want(|interests| interests.watch_stages = Some(api.clone()));
    polling.news_for(Duration::from_secs(60)).await;
    let looked = embedded.sim.ledger().count("apigateway", "GetStages");
    assert!((11..=14).contains(&looked), "{looked}");
}

#[tokio::test(start_paused = true)]
async fn an_open_stage_costs_few_calls_a_minute_and_no_more_than_its_share_at_first() {
    let embedded = Embedded::start("calm").await;
    let api = at(&embedded, "partner-api");
    let wanted = Interests {
        apis: true,
        stages: BTreeSet::from([api.clone()]),
        routes: BTreeSet::from([api.clone()]),
        api_details: BTreeSet::from([api.clone()]),
        usage_plans: true,
        ..Interests::default()
    };
    let mut polling = embedded.poll(wanted, Pace::default());
    let news = polling.news_for(Duration::from_secs(60)).await;
    assert!(
        news.iter()
            .any(|news| matches!(news, News::ApiDetail(id, Ok(detail)) if *id == api && detail.missing.is_empty()))
    );
    let plans = news.iter().find_map(|news| match news {
        News::UsagePlans(Ok(plans)) => Some(plans.len()),
        _ => None,
    });
    assert!(plans.is_some_and(|plans| plans >= 2), "{plans:?}");
    embedded.sim.ledger().clear();
    polling.news_for(Duration::from_secs(60)).await;
    let calls = embedded.sim.ledger().counts();
    // Stages, plans, their keys with what they have used: once a minute; deployments and domains are not asked for again.
    assert!(embedded.sim.ledger().total() <= 20, "{calls:?}");
    for operation in ["GetDeployments", "GetAuthorizers", "GetDomainNames", "GetBasePathMappings", "GetResources"] {
        assert_eq!(embedded.sim.ledger().count("apigateway", operation), 0, "{operation}: {calls:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn refused_requests_are_counted_in_the_access_log_once_a_minute() {
    let embedded = Embedded::start("throttle-stage").await;
    let api = at(&embedded, "partner-api");
    let stages = slsdash::aws::apis::stages(&embedded.account, &api, slsdash::model::api::Protocol::Rest).await;
    let stage = stages.expect("it answers").swap_remove(0);
    let query = RefusedQuery {
        api: api.clone(),
        stage: stage.name.clone(),
        group: "/aws/apigateway/partner-api-access".into(),
        format: stage.access_log_format.expect("it has a format"),
    };
    let broken = RefusedQuery { format: "$context.requestId".into(), ..query.clone() };
    let wanted = Interests { refused: Some(query), ..Interests::default() };
    let mut polling = embedded.poll(wanted, Pace::default());
    let counted = |news: Vec<News>| -> Vec<Result<Refused, Kind>> {
        let of = |news| match news {
            News::Refused(_, _, answer) => Some(answer.map_err(|trouble| trouble.kind)),
            _ => None,
        };
        news.into_iter().filter_map(of).collect()
    };
    let first = counted(polling.news_for(Duration::from_secs(30)).await);
    let refused = first[0].as_ref().expect("it is read");
    assert!(refused.refused > 100 && !refused.capped, "{refused:?}");
    assert_eq!(refused.routes.iter().map(|(_, n)| n).sum::<u64>(), refused.refused, "{refused:?}");
    assert_eq!(first.len(), 1);
    let more = counted(polling.news_for(Duration::from_secs(120)).await);
    assert_eq!(more.len(), 2);
    polling.want(|interests| interests.refused = Some(broken));
    assert_eq!(counted(polling.news_for(Duration::from_secs(10)).await), [Err(Kind::Invalid)]);
}
