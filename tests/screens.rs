//! Every tab at every size, with data, without, and denied: the text on the screen as snapshots.

use crate::frames::Scene;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];
const TABS: [(&str, &str); 5] = [("1", "overview"), ("2", "functions"), ("3", "logs"), ("4", "traces"), ("5", "apis")];

fn compare(name: String, scene: &Scene) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots/screens");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, scene.text()));
}

/// Goes to a tab with something to show: the log is that of a function.
async fn show(scene: &mut Scene, key: &str) {
    if key == "3" {
        scene.press(&["2"]);
        scene.settle().await;
        scene.press(&["/", "checkout-api", "enter", "l"]);
    } else {
        scene.press(&[key]);
    }
    scene.settle().await;
}

#[tokio::test(start_paused = true)]
async fn every_tab_with_data_at_every_size() {
    let mut scene = Scene::of("outage", (120, 40)).await;
    scene.settle().await;
    for (key, name) in TABS {
        scene.resize(120, 40);
        show(&mut scene, key).await;
        for (columns, rows) in SIZES {
            scene.resize(columns, rows);
            compare(format!("{name}_{columns}x{rows}"), &scene);
        }
    }
}

/// The tab of logs by its panels, over the functions of one incident.
#[tokio::test(start_paused = true)]
async fn every_panel_of_the_logs() {
    let mut scene = Scene::of("outage", (120, 40)).await;
    scene.settle().await;
    scene.press(&[":"]);
    scene.settle().await;
    scene.press(&["logs checkout-api payment-authorize", "enter"]);
    scene.settle().await;
    scene.press(&["H"]);
    for name in ["lines", "invocations", "errors", "insights"] {
        scene.read_all();
        for (columns, rows) in [(80, 24), (120, 40)] {
            scene.resize(columns, rows);
            compare(format!("logs_{name}_{columns}x{rows}"), &scene);
        }
        scene.press(&["tab"]);
    }
}

/// The tab of traces by its panels, and one trace.
#[tokio::test(start_paused = true)]
async fn every_panel_of_the_traces() {
    let mut scene = Scene::of("outage", (120, 40)).await;
    scene.press(&["4"]);
    scene.settle().await;
    scene.press(&["H"]);
    for name in ["list", "map", "sampling", "statistics"] {
        for _ in 0..20 {
            scene.settle().await;
            if scene.app.traces.statistics.counts.waiting == 0 {
                break;
            }
        }
        for (columns, rows) in [(80, 24), (120, 40), (200, 60)] {
            scene.resize(columns, rows);
            compare(format!("traces_{name}_{columns}x{rows}"), &scene);
        }
        scene.resize(120, 40);
        scene.press(&["tab"]);
    }
    scene.press(&["e", "enter"]);
    scene.settle().await;
    for (columns, rows) in [(80, 24), (120, 40), (200, 60)] {
        scene.resize(columns, rows);
        compare(format!("trace_{columns}x{rows}"), &scene);
    }
}

#[tokio::test(start_paused = true)]
async fn every_tab_before_anything_is_known() {
    for (key, name) in TABS {
        let mut scene = Scene::of("outage", (120, 40)).await;
        scene.press(&[key]);
        compare(format!("{name}_waiting"), &scene);
    }
}

#[tokio::test(start_paused = true)]
async fn every_tab_of_an_account_that_grants_nothing() {
    for (key, name) in TABS {
        let mut scene = Scene::denied("outage", (120, 40)).await;
        scene.press(&[key]);
        scene.settle().await;
        compare(format!("{name}_denied"), &scene);
    }
}

#[tokio::test(start_paused = true)]
async fn popups_on_the_smallest_screen() {
    let mut scene = Scene::of("outage", (80, 24)).await;
    scene.open_function("payment-authorize").await;
    for (keys, name) in [(&["?"], "help"), (&[":"], "palette"), (&["i"], "invoke"), (&["P"], "provision")] {
        scene.press(keys);
        compare(format!("{name}_80x24"), &scene);
        scene.press(&["esc"]);
    }
    scene.press(&["i", "ctrl-s"]);
    compare("confirmation_80x24".into(), &scene);
}
