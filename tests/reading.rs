//! One line of the embedded account, read by keys: folded, filtered by, shown as a column, and left for its trace.

use slsdash::app::effect::Effect;
use slsdash::app::tabs::Tab;

use crate::frames::Scene;

#[tokio::test(start_paused = true)]
async fn a_line_is_opened_and_leads_on() {
    let mut scene = Scene::of("outage", (120, 40)).await;
    scene.settle().await;
    scene.press(&["2"]);
    scene.settle().await;
    scene.press(&["/", "checkout-api", "enter", "l"]);
    scene.settle().await;
    scene.press(&["/", "payment-authorize failed", "enter"]);
    scene.settle().await;
    scene.press(&["enter"]);
    let text = scene.text();
    assert!(text.contains("level: \"ERROR\""), "{text}");

    // The stack of the error is a text of several lines below its key; folded, it stands behind it.
    let below = |text: &str| text.lines().any(|line| line.contains("raise Upstream") && !line.contains("Traceback"));
    assert!(below(&text), "{text}");
    scene.press(&["-"]);
    assert!(!below(&scene.text()), "{}", scene.text());

    // Its columns and filters are the list's.
    assert!(scene.text().contains("checkout-api  .level"), "the first field is selected");
    scene.press(&["C"]);
    assert_eq!(scene.app.logs.columns, [".level"]);
    let effects = scene.press(&["y"]);
    assert!(matches!(effects.as_slice(), [Effect::Copy { what, text }] if what == ".level" && text == "ERROR"));
    scene.press(&["="]);
    scene.settle().await;
    assert_eq!(scene.app.logs.filters.len(), 2, "the filter is put on top of the one that was there");
    assert!(scene.app.overlays.is_empty());

    scene.press(&["enter", "Y", "enter"]);
    scene.press(&["t"]);
    assert_eq!(scene.app.tab, Tab::Traces);
    assert!(scene.app.overlays.is_empty());
}
