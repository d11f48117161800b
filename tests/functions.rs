//! The function table through its keys: columns, filter, groups, the ranking, and what each of them asks of the account.

use std::time::Duration;

use slsdash::app::message::{Message, News};
use slsdash::app::tabs::functions::columns::Column;
use slsdash::app::tabs::functions::groups::Row;
use slsdash::app::tabs::functions::order::Sort;
use slsdash::model::function::Function;
use slsdash::model::series::{Metric, SeriesKey, Statistic, Subject};
use slsdash::model::tags::Tagged;
use slsdash::model::trouble::{Kind, Trouble};

use crate::frames::Scene;

const SMALL: (u16, u16) = (80, 24);

async fn table(scenario: &str, size: (u16, u16)) -> Scene {
    let mut scene = Scene::of(scenario, size).await;
    scene.press(&["2"]);
    scene.settle().await;
    scene
}

/// The first line of the panel.
fn title(scene: &Scene) -> String {
    let text = scene.text();
    text.lines()
        .find(|line| line.contains("Functions ") && line.contains('╭'))
        .unwrap_or_else(|| panic!("{text}"))
        .to_string()
}

fn headings(scene: &Scene) -> String {
    let text = scene.text();
    text.lines().find(|line| line.contains(" function ")).unwrap_or_else(|| panic!("{text}")).to_string()
}

/// Names of the functions in the table, in their order.
fn names(scene: &Scene) -> Vec<String> {
    let (tab, all) = (&scene.app.functions, scene.app.store.functions.all());
    let rows = (0..tab.rows()).filter_map(|at| tab.row(at));
    rows.filter_map(|row| match row {
        Row::Function(at) => Some(all[at].name.clone()),
        Row::Head(_) => None,
    })
    .collect()
}

fn told(scene: &mut Scene, news: News) {
    scene.app.update(Message::News(news));
    scene.app.update(Message::Second(scene.app.now, Default::default()));
}

/// Every other function is of the team `pay`, those of `shop` in a stack too.
fn tag(scene: &mut Scene) {
    let functions = scene.app.store.functions.all().iter().enumerate();
    let tags = functions.map(|(n, function)| Tagged {
        arn: function.arn.clone(),
        tags: match n % 2 {
            0 => vec![("team".into(), "pay".into())],
            _ => vec![("team".into(), "shop".into()), ("aws:cloudformation:stack-name".into(), "shop-prod".into())],
        },
    });
    let tags = tags.collect();
    told(scene, News::Tags(Ok(tags)));
}

#[tokio::test(start_paused = true)]
async fn columns_are_chosen_moved_and_sorted_by_in_one_list() {
    let mut scene = table("outage", SMALL).await;
    assert!(headings(&scene).contains("err%") && !headings(&scene).contains("p90"), "{}", scene.text());
    scene.press(&["C"]);
    assert!(scene.text().contains("[x] invocations") && scene.text().contains("[ ] p90"), "{}", scene.text());
    let row = |scene: &Scene, column: Column| match scene.app.overlays.last() {
        Some(slsdash::app::overlay::Overlay::Columns(chooser)) => {
            chooser.items.iter().position(|(known, _)| *known == column).expect("every column is listed")
        }
        other => panic!("{other:?}"),
    };
    for _ in 0..row(&scene, Column::P90) {
        scene.press(&["down"]);
    }
    scene.press(&["space"]);
    for _ in 0..40 {
        scene.press(&["left"]);
    }
    assert_eq!(row(&scene, Column::P90), 0, "it was moved to the front");
    scene.press(&["s"]);
    let copied = scene.press(&["y"]);
    let copied = format!("{copied:?}");
    assert!(copied.contains("[functions]") && copied.contains("p90"), "{copied}");
    scene.press(&["esc"]);
    scene.settle().await;
    assert_eq!(scene.app.functions.columns[0], Column::P90);
    assert_eq!(scene.app.functions.sort, Sort::By(Column::P90));
    assert!(title(&scene).contains("by p90"), "{}", scene.text());
    assert!(headings(&scene).contains("p90"), "{}", scene.text());
    let (tab, all) = (&scene.app.functions, scene.app.store.functions.all());
    let values: Vec<f64> = tab.order.iter().filter_map(|at| tab.facts(*at)?.figures.p90).collect();
    assert!(values.len() > 5 && values.windows(2).all(|pair| pair[0] >= pair[1]), "{values:?}");
    assert_eq!(tab.order.len(), all.len());
    // Scrolled, the others come into sight.
    let before = headings(&scene);
    scene.press(&["right", "right", "right"]);
    assert_ne!(headings(&scene), before);
    assert!(!headings(&scene).contains("p90") && headings(&scene).contains('<'), "{}", scene.text());
}

#[tokio::test(start_paused = true)]
async fn a_filter_that_means_nothing_says_so_and_hides_nothing() {
    let mut scene = table("outage", SMALL).await;
    let all = names(&scene).len();
    scene.press(&["/", "runtim:x"]);
    assert!(title(&scene).contains("there is no attribute `runtim`: did you mean `runtime`"), "{}", scene.text());
    assert_eq!(names(&scene).len(), all);
    scene.press(&["esc", "/", "runti"]);
    assert!(scene.text().contains("runtime:nodejs18"), "its use is offered: {}", scene.text());
    scene.press(&["tab", "node", "tab", "enter"]);
    let filter = scene.app.functions.filter.clone();
    assert!(filter.starts_with("runtime:nodejs"), "{filter}");
    let named = names(&scene);
    assert!(!named.is_empty() && named.len() < all, "{named:?}");
    for name in &named {
        assert!(scene.app.store.functions.get(name).expect("it is listed").runtime.contains("nodejs"), "{name}");
    }
    scene.press(&["esc"]);
    assert_eq!(names(&scene).len(), all);
    scene.press(&["/", "state:active", "enter"]);
    assert!(names(&scene).is_empty());
    let remark = format!("state:active is not known of {all}");
    assert!(scene.text().contains(&remark), "nobody is told a lie: {}", scene.text());
    scene.press(&["esc", "/", "err>1 inv>10 -mem<1", "enter"]);
    let named = names(&scene);
    assert!(!named.is_empty() && named.len() < all, "{named:?}");
    for name in &named {
        let figures = scene.app.store.metrics.figures(&Subject::Function(name.clone()));
        assert!(figures.error_share() > 0.01 && figures.invocations > Some(10.0), "{name} {figures:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn groups_have_sums_fold_and_keep_the_selection() {
    let mut scene = table("outage", SMALL).await;
    let all = names(&scene).len();
    scene.press(&["b"]);
    assert!(scene.app.interests().tags, "tags are read as soon as somebody may choose one");
    tag(&mut scene);
    assert!(scene.text().contains("tag team"), "the list that is open has learnt of them: {}", scene.text());
    scene.press(&["end", "enter"]);
    assert!(title(&scene).contains("grouped by tag team"), "{}", scene.text());
    let heads = scene.app.functions.groups.as_ref().expect("groups").heads.clone();
    assert_eq!(heads.len(), 2);
    assert_eq!(heads.iter().map(|head| head.functions).sum::<usize>(), all);
    let fleet: f64 =
        scene.app.functions.order.iter().filter_map(|at| scene.app.functions.facts(*at)?.figures.invocations).sum();
    assert!((heads.iter().map(|head| head.invocations).sum::<f64>() - fleet).abs() < 0.5 && fleet > 0.0);
    // On the second function of the first group; folded, its head is selected and stays so.
    scene.press(&["home", "down", "down"]);
    let selected = scene.app.selected().function.expect("a function");
    scene.press(&["s", "s", "S"]);
    assert_eq!(scene.app.selected().function.as_deref(), Some(selected.as_str()), "the selection stays with it");
    scene.press(&["space"]);
    let groups = scene.app.functions.groups.as_ref().expect("groups");
    assert_eq!(groups.heads.iter().filter(|head| head.folded).count(), 1);
    let folded = groups.heads.iter().find(|head| head.folded).expect("one").clone();
    assert_eq!(names(&scene).len(), all - folded.functions);
    assert!(scene.app.selected().title.contains(&folded.key), "{:?}", scene.app.selected());
    scene.press(&["enter"]);
    assert_eq!(names(&scene).len(), all, "Enter unfolds a head");
    scene.press(&["/", "tag.team=pay", "enter"]);
    assert_eq!(scene.app.functions.groups.as_ref().expect("groups").heads.len(), 1);
    scene.press(&["esc", "b", "down", "enter"]);
    let keys: Vec<String> =
        scene.app.functions.groups.as_ref().expect("groups").heads.iter().map(|head| head.key.clone()).collect();
    assert_eq!(keys, ["shop-prod", "(none)"]);
    scene.press(&["b", "home", "enter"]);
    assert!(scene.app.functions.groups.is_none());
}

#[tokio::test(start_paused = true)]
async fn by_api_the_routes_are_read_and_tell_who_is_behind_them() {
    let mut scene = table("shop", (120, 40)).await;
    scene.press(&["b", "down", "down", "enter"]);
    for _ in 0..6 {
        scene.settle().await;
    }
    let groups = scene.app.functions.groups.as_ref().expect("groups");
    let apis: Vec<&str> = scene.app.store.apis.get().expect("APIs").iter().map(|api| api.name.as_str()).collect();
    assert!(groups.heads.iter().any(|head| apis.iter().any(|api| head.key.contains(api))), "{:?}", groups.heads);
}

#[tokio::test(start_paused = true)]
async fn denied_tags_are_said_and_the_rest_works() {
    let mut scene = table("outage", SMALL).await;
    let denied = Trouble::new(Kind::Denied, "tag:GetResources", "not authorized");
    scene.press(&["b"]);
    told(&mut scene, News::Tags(Err(denied)));
    assert!(scene.text().contains("tag:GetResources"), "{}", scene.text());
    scene.press(&["down", "enter"]);
    assert!(scene.text().contains("tags: ") && scene.text().contains("tag:GetResources"), "{}", scene.text());
    assert!(!names(&scene).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_ranking_tells_its_price_and_is_asked_once() {
    let mut scene = table("outage", SMALL).await;
    let before = scene.sim().ledger().billed();
    scene.press(&["M"]);
    let count = scene.app.store.functions.all().len();
    assert!(scene.text().contains(&format!("{count} metrics over 1h: about $0.000")), "{}", scene.text());
    scene.settle().await;
    let insights = |scene: &Scene| {
        let calls = scene.sim().ledger().calls();
        calls
            .iter()
            .filter(|call| {
                call.operation == "GetMetricData"
                    && call.series.queries > 0
                    && call.series.queries == call.series.billed
            })
            .count()
    };
    assert_eq!(insights(&scene), 0, "nothing is asked before it is taken");
    scene.press(&["enter"]);
    assert!(scene.app.interests().ranking.is_some_and(|ranking| ranking.metric == Metric::Errors));
    scene.settle().await;
    assert!(title(&scene).contains("ranked by Metrics Insights, "), "{}", scene.text());
    assert!(title(&scene).contains("errors over 1h"), "{}", scene.text());
    let ranked = names(&scene);
    let (_, rows) = scene.app.store.ranking.get().expect("a ranking").clone();
    assert!(!ranked.is_empty() && ranked.iter().eq(rows.iter().map(|(name, _)| name)), "{ranked:?} {rows:?}");
    assert!(rows.windows(2).all(|pair| pair[0].1 >= pair[1].1));
    for (name, value) in &rows {
        let figures = scene.app.store.metrics.figures(&Subject::Function(name.clone()));
        assert!((figures.errors - value).abs() <= value * 0.1 + 2.0, "{name}: {value} and {}", figures.errors);
    }
    assert_eq!(insights(&scene), 1);
    // Not by itself, not by `r`, not by coming back.
    scene.press(&["r", "1", "2"]);
    scene.settle().await;
    scene.wait(Duration::from_secs(120)).await;
    assert_eq!(insights(&scene), 1);
    assert!(scene.sim().ledger().billed() >= before + count as u64, "what it looked at is billed");
    scene.press(&["esc"]);
    assert!(title(&scene).contains("worst first"), "{}", scene.text());
    assert_eq!(names(&scene).len(), count);
}

#[tokio::test(start_paused = true)]
async fn what_is_deleted_leaves_its_place_to_its_neighbour() {
    let mut scene = table("outage", SMALL).await;
    scene.press(&["down", "down", "down"]);
    let (all, before) = (scene.app.store.functions.all().to_vec(), names(&scene));
    let gone = scene.app.selected().function.expect("a function");
    assert_eq!(gone, before[3]);
    let left: Vec<Function> = all.into_iter().filter(|function| function.name != gone).collect();
    let half = left.len() / 2;
    told(&mut scene, News::FunctionsPage { functions: left[..half].to_vec(), page: 0, last: false });
    assert!(names(&scene).contains(&gone), "half a round proves nothing");
    told(&mut scene, News::FunctionsPage { functions: left[half..].to_vec(), page: 1, last: true });
    assert!(!names(&scene).contains(&gone));
    assert!(scene.app.store.functions.is_gone(&gone));
    assert_eq!(scene.app.selected().function.as_deref(), Some(before[4].as_str()));
    assert!(!scene.text().contains(&gone), "{}", scene.text());
}

#[tokio::test(start_paused = true)]
async fn only_what_is_shown_is_asked_for_and_percentiles_are_billed_once() {
    let mut scene = table("shop", SMALL).await;
    let of = |scene: &Scene, name: &str| -> Vec<SeriesKey> {
        let subject = Subject::Function(name.into());
        scene.app.interests().series.into_iter().filter(|key| key.subject == subject).collect()
    };
    let name = names(&scene)[0].clone();
    let columns = [Column::P50, Column::P90, Column::P99, Column::Maximum];
    scene.app.functions.set_columns(vec![Column::Memory]);
    scene.press(&["s"]);
    assert_eq!(of(&scene, &name).len(), 3, "invocations, errors and throttles make the mark");
    scene.app.functions.set_columns(columns.to_vec());
    let keys = of(&scene, &name);
    assert_eq!(keys.len(), 7);
    assert_eq!(slsdash::aws::metrics::billed(&keys), 4, "four statistics of Duration are one metric");
    assert!(keys.iter().any(|key| key.statistic == Statistic::Maximum && key.metric == Metric::Duration));
    scene.press(&["/", "conc>1", "enter"]);
    assert_eq!(of(&scene, &name).len(), 8, "what is filtered by is measured too");
}

#[tokio::test(start_paused = true)]
async fn tags_are_read_when_something_names_one_and_only_then() {
    let mut scene = table("shop", SMALL).await;
    let calls = |scene: &Scene| scene.sim().ledger().count("tagging", "GetResources");
    assert_eq!(calls(&scene), 0, "nothing names a tag");
    let all = names(&scene).len();
    scene.press(&["/", "stack:checkout", "enter"]);
    scene.settle().await;
    assert!(calls(&scene) >= 1);
    let named = names(&scene);
    assert!(named.iter().any(|name| name == "checkout-api") && named.len() < all, "{named:?}");
    scene.press(&["esc", "b", "down", "enter"]);
    scene.settle().await;
    let groups = scene.app.functions.groups.as_ref().expect("groups");
    let keys: Vec<&str> = groups.heads.iter().map(|head| head.key.as_str()).collect();
    assert!(keys.contains(&"shop-checkout") && keys.last() == Some(&"(none)"), "{keys:?}");
    let asked = calls(&scene);
    scene.wait(Duration::from_secs(300)).await;
    assert_eq!(calls(&scene), asked, "tags change seldom");
}

#[tokio::test(start_paused = true)]
async fn an_account_that_denies_tags_is_asked_once_and_the_table_works() {
    let mut scene = table("shop", SMALL).await;
    scene.sim().faults().inject("tagging:*", slsdash::sim::faults::Fault::Deny);
    let all = names(&scene).len();
    scene.press(&["b", "down", "enter"]);
    scene.settle().await;
    assert!(scene.text().contains("tag:GetResources"), "{}", scene.text());
    assert_eq!(names(&scene).len(), all);
    assert_eq!(scene.sim().ledger().count("tagging", "GetResources"), 1);
}
