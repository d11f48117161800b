//! An open function through the keys, over the embedded account: its panels, its charts and where they lead.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use slsdash::app::message::Message;
use slsdash::app::tabs::Tab;
use slsdash::app::tabs::functions::detail::Panel;

use crate::frames::Scene;

/// Tab, until a panel listens and has what it asked for.
async fn turn_to(scene: &mut Scene, panel: Panel) {
    for _ in Panel::ALL {
        if scene.app.functions.detail.as_ref().is_some_and(|detail| detail.panel == panel) {
            break;
        }
        scene.press(&["tab"]);
    }
    scene.settle().await;
}

#[tokio::test(start_paused = true)]
async fn every_panel_of_a_function_tells_what_the_account_knows_of_it() {
    for size in [(80, 24), (120, 40), (200, 60)] {
        let mut scene = Scene::of("outage", size).await;
        scene.open_function("payment-authorize").await;
        let words = [
            (Panel::Charts, vec!["invocations", "duration", "concurrency", "crosshair"]),
            (Panel::Qualifiers, vec!["Aliases and versions", "live"]),
            (Panel::Concurrency, vec!["this function", "reserved", "account", "1000"]),
            (Panel::Invocations, vec!["Recent invocations"]),
            (Panel::ColdStarts, vec!["invocations read from REPORT lines", "by version"]),
            (Panel::Triggers, vec!["async", "2 retries (default)"]),
            (Panel::Cost, vec!["a month at the present rate", "us-east-1 list prices", "GB-s"]),
            (Panel::Configuration, vec!["runtime", "memory", "role"]),
        ];
        for (panel, words) in words {
            turn_to(&mut scene, panel).await;
            let text = scene.text();
            for word in words {
                assert!(text.contains(word), "{word} of {panel:?} at {size:?}\n{text}");
            }
            assert!(!text.contains("waiting for"), "{panel:?} at {size:?}\n{text}");
            assert!(scene.app.interests().series.len() <= 500);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_minute_of_the_charts_leads_to_its_invocations_its_log_and_its_traces() {
    let mut scene = Scene::of("outage", (120, 40)).await;
    scene.open_function("payment-authorize").await;
    scene.press(&["left", "left", "left", "left"]);
    let at = scene.app.selected().at.expect("the crosshair is on");
    let minute = at.timestamp_millis()..=at.timestamp_millis() + 59_999;
    let text = scene.text();
    assert!(text.contains(&format!("{}  inv ", at.format("%H:%M"))), "{text}");
    scene.press(&["enter"]);
    scene.settle().await;
    scene.read_all();
    assert_eq!(scene.app.tab, Tab::Logs);
    let index = &scene.app.store.logs.invocations;
    let list = &scene.app.logs.invocations;
    assert!(!list.is_empty(), "{}", scene.text());
    for place in 0..list.len() {
        let row = list.row(place, index).expect("a row of the list");
        assert!(row.start <= *minute.end() && row.end >= *minute.start(), "{row:?}");
        assert_eq!(row.function, "payment-authorize");
    }
    scene.press(&["esc", "l"]);
    scene.settle().await;
    scene.read_all();
    let store = &scene.app.store.logs;
    let rows = scene.app.logs.rows(store);
    assert!(rows > 0, "{}", scene.text());
    scene.press(&["esc", "t"]);
    scene.settle().await;
    assert_eq!(scene.app.tab, Tab::Traces);
    let all = scene.app.store.traces.all();
    let listed = &scene.app.traces.list.order;
    assert!(!listed.is_empty() && listed.len() < all.len(), "{} of {}\n{}", listed.len(), all.len(), scene.text());
    for at in listed {
        let start = all[*at].start.expect("a trace of the list has begun");
        assert!(minute.contains(&start.timestamp_millis()));
    }
    scene.press(&["esc"]);
    assert_eq!((scene.app.tab, scene.app.functions.opened()), (Tab::Functions, Some("payment-authorize")));
    scene.press(&["esc", "esc"]);
    assert_eq!(scene.app.functions.opened(), None, "the crosshair, then the function");
}

#[tokio::test(start_paused = true)]
async fn cold_starts_say_what_provisioning_would_have_saved() {
    let mut scene = Scene::of("coldstart", (120, 40)).await;
    scene.press(&["2"]);
    scene.settle().await;
    // The worst of them, as it stands first.
    scene.press(&["enter"]);
    scene.settle().await;
    turn_to(&mut scene, Panel::ColdStarts).await;
    let text = scene.text();
    assert!(text.contains("provisioning would have saved") && text.contains("kept ready"), "{text}");
    assert!(text.contains("a month") && text.contains("p99"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_keeps_a_function_warm_is_told_from_others() {
    let mut scene = Scene::of("shop", (120, 40)).await;
    scene.open_function("keep-warm").await;
    turn_to(&mut scene, Panel::Triggers).await;
    let text = scene.text();
    assert!(text.contains("keep-warm-every-minute: by its name"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn an_alias_is_charted_alone_and_esc_goes_back_to_the_whole_function() {
    let mut scene = Scene::of("deploy", (120, 40)).await;
    scene.open_function("payment-authorize").await;
    turn_to(&mut scene, Panel::Qualifiers).await;
    let qualifier = scene.app.selected().qualifier.expect("it has aliases or versions");
    scene.press(&["enter"]);
    scene.settle().await;
    assert!(scene.text().contains(&format!("payment-authorize:{qualifier}")), "{}", scene.text());
    scene.press(&["d"]);
    let text = scene.text();
    assert!(text.contains("Compared") && text.contains(" -> "), "{text}");
    scene.press(&["esc", "esc"]);
    scene.wait(Duration::from_secs(1)).await;
    assert!(!scene.text().contains(&format!("payment-authorize:{qualifier}")), "{}", scene.text());
    assert_eq!(scene.app.functions.opened(), Some("payment-authorize"));
    let back = KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT);
    scene.app.update(Message::Key(back));
    assert_eq!(scene.app.functions.detail.as_ref().map(|detail| detail.panel), Some(Panel::Cost));
}
