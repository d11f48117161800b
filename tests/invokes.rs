//! Invokes from one to the next: templates, saved payloads, answers, through the keys, the real SDK and real files.

use std::path::Path;

use slsdash::app::effect::Effect;
use slsdash::app::message::Message;
use slsdash::app::overlay::Overlay;
use slsdash::config::Keep;

use crate::frames::Scene;

/// A dashboard with a folder, the invoke form of a function open and its triggers known.
async fn form(folder: &Path, function: &str, size: (u16, u16)) -> Scene {
    let mut scene = Scene::keeping("shop", size, folder).await;
    scene.open_function(function).await;
    open_form(&mut scene).await;
    scene
}

async fn open_form(scene: &mut Scene) {
    let effects = scene.press(&["i"]);
    assert_eq!(scene.file(effects), []);
    scene.settle().await;
}

fn payload(scene: &Scene) -> String {
    match scene.app.overlays.last() {
        Some(Overlay::Invoke(form)) => form.text(),
        other => panic!("the form is open, not {other:?}:\n{}", scene.text()),
    }
}

#[track_caller]
fn shows(scene: &Scene, words: &[&str]) {
    let screen = scene.text();
    for word in words {
        assert!(screen.contains(word), "`{word}` is not on the screen:\n{screen}");
    }
}

/// Types a payload in the place of what is there, and sends it.
async fn send(scene: &mut Scene, payload: &str) {
    let Some(Overlay::Invoke(form)) = scene.app.overlays.last_mut() else { panic!("the form is open") };
    form.put("");
    scene.press(&[payload, "ctrl-s"]);
    scene.confirm().await;
}

#[tokio::test(start_paused = true)]
async fn from_a_template_to_a_comparison_by_keys_only() {
    let folder = tempfile::tempdir().unwrap();
    let mut scene = form(folder.path(), "checkout-api", (80, 24)).await;
    shows(&scene, &["^t", "template", "^o", "saved", "^g", "editor"]);

    // The API's route in front of the function comes first, of the right version, with method and path.
    scene.press(&["ctrl-t"]);
    shows(&scene, &["Templates for checkout-api", "* API Gateway v", "one of its own triggers", "Kinesis"]);
    scene.press(&["enter"]);
    let event: serde_json::Value = serde_json::from_str(&payload(&scene)).expect("a template is JSON");
    let method = event.pointer("/requestContext/http/method").or(event.pointer("/httpMethod"));
    let path = event.pointer("/rawPath").or(event.pointer("/path")).and_then(|path| path.as_str());
    assert!(method.is_some() && path.is_some_and(|path| path.len() > 1), "{event:#}");

    // Sent, answered, and looked at again.
    scene.press(&["ctrl-s"]);
    shows(&scene, &["Do it"]);
    scene.confirm().await;
    shows(&scene, &["status 200 succeeded", "duration", "billed", "F3"]);
    scene.press(&["f3"]);
    shows(&scene, &["Answers of checkout-api 1", "runs again"]);
    scene.press(&["enter"]);
    shows(&scene, &["status 200", "sent 2026-11-21", "response"]);
    scene.press(&["end"]);
    shows(&scene, &["isBase64Encoded"]);
    scene.press(&["esc"]);

    // Once more, through the confirmation; Cancel sends nothing.
    scene.press(&["r"]);
    shows(&scene, &["Do it", "never retried"]);
    scene.press(&["esc"]);
    shows(&scene, &["Answers of checkout-api 1"]);
    scene.press(&["r"]);
    scene.confirm().await;
    shows(&scene, &["status 200"]);
    scene.press(&["esc"]);
    shows(&scene, &["Answers of checkout-api 2"]);

    // Another payload, from the answer's own: one that fails.
    scene.press(&["i"]);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&payload(&scene)).ok(), Some(event));
    send(&mut scene, r#"{"fail": "Boom: on purpose"}"#).await;
    shows(&scene, &["FunctionError Unhandled", "on purpose"]);
    scene.press(&["f3"]);
    shows(&scene, &["Answers of checkout-api 3"]);

    // The newest is marked, and compared with the oldest.
    scene.press(&["space", "down", "down", "d"]);
    shows(&scene, &["Two answers of checkout-api", "status", "200 FunctionError Unhandled", "differ", "- ", "+ "]);
    scene.press(&["esc", "up", "d"]);
    shows(&scene, &["Two answers of checkout-api"]);
    scene.press(&["esc", "up", "d"]);
    shows(&scene, &["marked answer is this very one"]);
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_and_saved_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut scene = form(folder.path(), "checkout-api", (80, 24)).await;
    assert_eq!(payload(&scene), "{}");
    send(&mut scene, r#"{"id": 7}"#).await;
    scene.press(&["esc"]);
    open_form(&mut scene).await;
    scene.press(&["ctrl-o"]);
    shows(&scene, &["save as ...", "sent last"]);
    scene.press(&["home", "enter", "  "]);
    let effects = scene.press(&["enter"]);
    assert_eq!(scene.file(effects), []);
    shows(&scene, &["a name, please"]);
    let effects = scene.press(&["refund 7", "enter"]);
    assert_eq!(scene.file(effects), []);
    shows(&scene, &["Saved as refund 7"]);
    drop(scene);

    let mut scene = form(folder.path(), "checkout-api", (80, 24)).await;
    assert_eq!(payload(&scene), r#"{"id": 7}"#, "sent last, by the run before");
    shows(&scene, &["1 saved", "1 answered"]);
    scene.press(&["x", "ctrl-o", "enter"]);
    assert_eq!(payload(&scene), r#"{"id": 7}"#);
    scene.press(&["f3", "enter"]);
    shows(&scene, &["status 200 succeeded", "Invoke checkout-api"]);
    scene.press(&["esc", "esc", "ctrl-o", "delete"]);
    shows(&scene, &["once more drops it"]);
    let effects = scene.press(&["delete"]);
    assert_eq!(scene.file(effects), []);
    shows(&scene, &["sent last"]);
    assert!(!scene.text().contains("refund 7"), "{}", scene.text());

    // Another function's are its own.
    let scene = form(folder.path(), "cart-api", (80, 24)).await;
    assert_eq!(payload(&scene), "{}");
}

#[tokio::test(start_paused = true)]
async fn a_queue_in_front_of_the_function_is_in_its_template() {
    let folder = tempfile::tempdir().unwrap();
    let mut scene = Scene::keeping("shop", (120, 40), folder.path()).await;
    scene.press(&["2"]);
    scene.settle().await;
    let catalog = &scene.sim().world().catalog;
    let mapping = catalog.mappings.iter().find(|mapping| mapping.source_arn.contains(":sqs:")).expect("a queue");
    let (arn, function) = (mapping.source_arn.clone(), catalog.functions[mapping.function].name.clone());
    scene.open_function(&function).await;
    open_form(&mut scene).await;
    scene.press(&["ctrl-t", "enter"]);
    let event: serde_json::Value = serde_json::from_str(&payload(&scene)).expect("JSON");
    assert_eq!(event["Records"][0]["eventSourceARN"], arn);
}

#[tokio::test(start_paused = true)]
async fn keeping_may_be_switched_off_and_a_broken_file_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut scene = Scene::keeping("shop", (80, 24), folder.path()).await;
    scene.app.config.invoke.keep = Keep::Nothing;
    scene.open_function("checkout-api").await;
    open_form(&mut scene).await;
    send(&mut scene, r#"{"secret": 1}"#).await;
    shows(&scene, &["status 200"]);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    scene.press(&["f3"]);
    shows(&scene, &["Answers of checkout-api 1"]);

    let mut scene = form(folder.path(), "checkout-api", (80, 24)).await;
    scene.app.config.invoke.keep = Keep::Payloads;
    send(&mut scene, r#"{"id": 1}"#).await;
    let account = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    let file = account.join("eu-west-1/checkout-api.json");
    let text = std::fs::read_to_string(&file).expect("one file per function");
    assert!(text.contains(r#"{\"id\": 1}"#) && text.contains(r#""answers":[]"#), "{text}");

    std::fs::write(&file, "{ not ours").unwrap();
    let mut scene = form(folder.path(), "checkout-api", (120, 40)).await;
    shows(&scene, &["Kept invokes not used, the file is not as we write it"]);
    send(&mut scene, r#"{"id": 2}"#).await;
    shows(&scene, &["status 200"]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "{ not ours");
}

#[tokio::test(start_paused = true)]
async fn a_read_only_dashboard_prepares_and_sends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut scene = Scene::keeping("shop", (120, 40), folder.path()).await;
    scene.app.origin.read_only = Some("--read-only".into());
    scene.open_function("checkout-api").await;
    open_form(&mut scene).await;
    scene.press(&["ctrl-t", "enter", "ctrl-o", "home", "enter"]);
    let effects = scene.press(&["template", "enter"]);
    assert_eq!(scene.file(effects), []);
    shows(&scene, &["Saved as template"]);
    let effects = scene.press(&["ctrl-s", "tab", "enter"]);
    assert!(effects.iter().all(|effect| !effect.is_mutation()), "{effects:?}");
    shows(&scene, &["refused: --read-only"]);
}

#[tokio::test(start_paused = true)]
async fn the_editor_gets_the_payload_and_its_text_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut scene = form(folder.path(), "checkout-api", (80, 24)).await;
    let effects = scene.press(&["ctrl-g"]);
    let [Effect::Edit(text)] = effects.as_slice() else { panic!("an editor is wanted: {effects:?}") };
    assert_eq!(text, "{}");
    let edited = |result| Message::Performed(slsdash::app::effect::Outcome::Edited(result));
    scene.app.update(edited(Ok(Some("{\n  \"id\": oops\n}".into()))));
    shows(&scene, &["not JSON: line 2"]);
    scene.app.update(edited(Ok(None)));
    shows(&scene, &["The payload is as it was", "oops"]);
    scene.app.update(edited(Err("The editor `vi` did not start".into())));
    shows(&scene, &["did not start", "oops"]);
}
