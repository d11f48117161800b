//! The pictures in `screenshots/`: real frames of the demo, drawn as SVG and held against the files.
//!
//! `UPDATE=1 cargo test screenshots` draws them anew.

mod svg;

use std::path::PathBuf;

use slsdash::model::finding::About;

use crate::frames::Scene;

const SIZE: (u16, u16) = (120, 40);

fn compare(name: &str, scene: &Scene) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("screenshots").join(format!("{name}.svg"));
    let drawn = svg::draw(&scene.frame(), &format!("slsdash: {name}"));
    if std::fs::read_to_string(&file).is_ok_and(|kept| kept == drawn) {
        return;
    }
    assert!(
        std::env::var_os("UPDATE").is_some(),
        "screenshots/{name}.svg shows something else; `UPDATE=1 cargo test screenshots` draws it anew. The frame is now:\n{}",
        scene.text()
    );
    std::fs::write(&file, drawn).expect("screenshots/ can be written");
}

#[tokio::test(start_paused = true)]
async fn the_pictures_show_what_the_demo_shows() {
    let mut scene = Scene::of("outage", SIZE).await;
    scene.settle().await;
    let broken = |about: &About| *about == About::Function("payment-authorize".into());
    assert!(scene.app.overview.findings.iter().any(|finding| broken(&finding.about)), "the outage is found");
    compare("overview", &scene);

    scene.press(&["5"]);
    scene.settle().await;
    compare("apis", &scene);

    scene.press(&["2"]);
    scene.settle().await;
    compare("functions", &scene);

    scene.press(&["/", "payment-authorize", "enter", "enter"]);
    scene.settle().await;
    compare("function", &scene);
    scene.press(&["P", "backspace", "8", "enter"]);
    compare("provision", &scene);
    scene.press(&["esc", "esc"]);

    scene.press(&[":"]);
    scene.settle().await;
    scene.press(&["logs checkout-api payment-authorize", "enter"]);
    scene.settle().await;
    scene.press(&["H", "e", "E"]);
    compare("logs", &scene);
    scene.press(&["tab"]);
    scene.read_all();
    compare("invocations", &scene);
    scene.press(&["tab"]);
    scene.read_all();
    compare("errors", &scene);

    scene.app.notices.dismiss();
    scene.press(&["4"]);
    scene.settle().await;
    scene.press(&["e", "enter"]);
    scene.settle().await;
    compare("trace", &scene);
    scene.press(&["esc", "tab"]);
    scene.settle().await;
    compare("map", &scene);
    scene.press(&["tab", "tab"]);
    // Whole traces come five at a time.
    for _ in 0..20 {
        scene.settle().await;
        if scene.app.traces.statistics.counts.waiting == 0 {
            break;
        }
    }
    compare("statistics", &scene);
}

#[tokio::test(start_paused = true)]
async fn an_invoke_is_answered_with_its_log() {
    let mut scene = Scene::of("outage", SIZE).await;
    scene.open_function("payment-authorize").await;
    scene.press(&["i", "ctrl-s"]);
    scene.confirm().await;
    compare("invoke", &scene);
}
