//! Journeys: from what is wrong to the segment at fault and to its log lines, with keys only, in each scenario.

use std::time::Duration;

use slsdash::model::finding::About;
use slsdash::model::trace::{Span, Waterfall};
use slsdash::store::waterfall::{failures, guilty};
use slsdash::time::TimeWindow;

use crate::frames::Scene;

/// Keys from the Overview to the log lines, at most.
const KEYS: usize = 5;

/// The open trace, and the selected span in it.
fn selected(scene: &Scene) -> (Waterfall, usize, Span) {
    let open = scene.app.traces.open.as_ref().unwrap_or_else(|| panic!("a trace is open:\n{}", scene.text()));
    let (_, waterfall) = open.whole(&scene.app.store).unwrap_or_else(|| panic!("the trace came:\n{}", scene.text()));
    let (at, span) = open.selected(waterfall).expect("a span is selected");
    (waterfall.clone(), at, span.clone())
}

/// Presses keys one after the other, each after the answer to the one before.
async fn walk(scene: &mut Scene, keys: &[&str]) {
    for key in keys {
        scene.press(&[key]);
        scene.settle().await;
    }
}

/// The first finding about a function that is traced: how many rows down it is.
fn traced_finding(scene: &Scene) -> Option<usize> {
    let store = &scene.app.store;
    scene.app.overview.findings.iter().position(|finding| match &finding.about {
        About::Function(name) => store.functions.get(name).is_some_and(|function| function.traced),
        _ => false,
    })
}

/// Five keys lead from what is wrong to the lines that say why.
async fn journey(scenario: &str) {
    let mut scene = Scene::of(scenario, (120, 40)).await;
    // A quarter of an hour is told as well as an hour, and drawn by the embedded account in a quarter of the time.
    scene.app.window = TimeWindow::last(Duration::from_secs(900));
    scene.settle().await;
    let mut keys: Vec<&str> = match traced_finding(&scene) {
        Some(row) if row + 4 <= KEYS => [vec!["down"; row], vec!["t", "e", "enter"]].concat(),
        // No finding names a traced function near the top: the newest failure of all.
        _ => vec!["4", "e", "enter"],
    };
    walk(&mut scene, &keys).await;
    let (waterfall, at, span) = selected(&scene);
    assert_eq!(Some(at), guilty(&waterfall), "{scenario}: {keys:?}\n{}", scene.text());
    assert!(failures(&waterfall).contains(&at), "{scenario}: it is where the failure began\n{}", scene.text());
    let leads_to = scene.app.selected();
    assert!(leads_to.function.is_some() || leads_to.stage.is_some(), "{scenario}:\n{}", scene.text());
    keys.push("l");
    walk(&mut scene, &["l"]).await;
    scene.read_all();
    let screen = scene.text();
    assert!(keys.len() <= KEYS, "{scenario}: {keys:?}");
    if span.throttle && span.origin == "AWS::Lambda" {
        assert!(screen.contains("was throttled and never ran"), "{scenario}:\n{screen}");
        return;
    }
    let ids: Vec<String> = match &leads_to.function {
        Some(name) => {
            let own = waterfall.invocations().into_iter().filter(|one| one.function == *name);
            own.filter_map(|one| one.request_id).collect()
        }
        None => vec![span.request_id.clone().expect("a stage has a request id")],
    };
    let lines: Vec<&str> = screen.lines().filter(|line| ids.iter().any(|id| line.contains(&id[..8]))).collect();
    // The title names the filter; the lines themselves are more.
    assert!(lines.len() >= 2, "{scenario}: {ids:?}\n{screen}");
    let told = leads_to.function.is_none() || screen.contains('●');
    assert!(told, "{scenario}: one of them is the error\n{screen}");
    // And back, the way that one came.
    walk(&mut scene, &["esc"]).await;
    assert_eq!(selected(&scene).1, at, "{scenario}: Esc leads back to the segment\n{}", scene.text());
}

macro_rules! journeys {
    ($($scenario:ident)*) => {$(
        #[tokio::test(start_paused = true)]
        async fn $scenario() {
            journey(stringify!($scenario)).await;
        }
    )*};
}

// Each for itself: they take their time, and there is more than one core. `flood` is `shop` with a log of a hundred thousand lines
// a minute, which takes minutes to make up; the tests of the tail read it.
journeys!(shop calm outage throttle coldstart deploy spans);
