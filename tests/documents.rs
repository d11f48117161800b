//! Trace documents that nobody of this project wrote: they are read whole, and drawn. Sources: documents/SOURCES.md.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use serde_json::Value;
use slsdash::app::keymap::Keymap;
use slsdash::app::message::{Message, News};
use slsdash::app::step::{Jump, TraceTarget};
use slsdash::app::{App, Origin};
use slsdash::config::{Config, Theme};
use slsdash::model::trace::Trace;
use slsdash::store::waterfall;
use slsdash::time::Clock;
use slsdash::view::{self, look::Depth, look::Look};

fn files(folder: &str) -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/documents").join(folder);
    let mut files: Vec<(String, String)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap()))
        .collect();
    files.sort();
    files
}

/// The file as BatchGetTraces would hand it out.
fn trace(name: &str, text: &str) -> Trace {
    let documents: Vec<Value> = serde_json::from_str(text).unwrap();
    let documents = documents.iter().map(|document| (name.to_string(), document.to_string())).collect();
    Trace { id: "1-00000000-000000000000000000000000".into(), documents, ..Trace::default() }
}

/// Every segment and subsegment, with what it stands in, read by nothing of ours.
fn walk<'a>(document: &'a Value, inside: Option<&'a str>, found: &mut HashMap<&'a str, (&'a Value, Option<&'a str>)>) {
    let id = document["id"].as_str().expect("an id");
    let parent = inside.or_else(|| document["parent_id"].as_str());
    found.insert(id, (document, parent));
    for part in document["subsegments"].as_array().into_iter().flatten() {
        walk(part, Some(id), found);
    }
}

#[test]
fn every_segment_is_in_the_waterfall_under_its_parent() {
    let files = files("segments");
    assert!(files.len() >= 20, "{}", files.len());
    for (name, text) in files {
        let waterfall = waterfall::read(&trace(&name, &text));
        assert_eq!(waterfall.broken, Vec::<String>::new(), "{name}");
        let documents: Vec<Value> = serde_json::from_str(&text).unwrap();
        let mut expected = HashMap::new();
        documents.iter().for_each(|document| walk(document, None, &mut expected));
        assert_eq!(waterfall.spans.len(), expected.len(), "{name}");
        for span in &waterfall.spans {
            let (document, parent) = expected[span.id.as_str()];
            assert_eq!(span.name, document["name"].as_str().unwrap(), "{name}");
            assert_eq!(Some(span.start), document["start_time"].as_f64(), "{name} {}", span.name);
            let end = document["end_time"].as_f64().filter(|_| document["in_progress"] != true);
            assert_eq!(span.end, end, "{name} {}", span.name);
            for (flag, is) in [("fault", span.fault), ("error", span.error), ("throttle", span.throttle)] {
                assert_eq!(is, document[flag] == true, "{name} {} {flag}", span.name);
            }
            let above = span.parent.map(|at| waterfall.spans[at].id.as_str());
            assert_eq!(above, parent.filter(|id| expected.contains_key(id)), "{name} {}", span.name);
            let thrown = document["cause"]["exceptions"][0]["message"].as_str();
            let told = span.exception.as_ref().map(|exception| exception.message.as_str());
            if let Some(thrown) = thrown {
                assert_eq!(
                    told.map(|told| told.replace(' ', "")),
                    Some(thrown.replace(['\n', '\t', ' '], "")),
                    "{name}"
                );
            }
            assert!(waterfall::document(&trace(&name, &text), span).is_some(), "{name} {}", span.name);
        }
    }
}

#[test]
fn spans_of_opentelemetry_make_one_tree() {
    for (name, text) in files("spans") {
        let waterfall = waterfall::read(&trace(&name, &text));
        assert_eq!(waterfall.broken, Vec::<String>::new(), "{name}");
        let records: Vec<Value> = serde_json::from_str(&text).unwrap();
        let mut ids: Vec<&str> = records.iter().filter_map(|record| record["spanId"].as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(waterfall.spans.len(), ids.len(), "{name}: an open record and its complete one are one span");
        assert_eq!(waterfall.spans.iter().filter(|span| span.parent.is_none()).count(), 1, "{name}");
        assert!(waterfall.spans.iter().all(|span| span.end.is_some() && span.name != "(no name)"), "{name}");
    }
    let (_, text) = files("spans").into_iter().find(|(name, _)| name.contains("fault")).unwrap();
    let failed = waterfall::read(&trace("fault", &text));
    let guilty = &failed.spans[waterfall::guilty(&failed).unwrap()];
    assert_eq!((guilty.name.as_str(), guilty.status), ("S3", Some(403)), "named as the segment was");
    assert!(guilty.exception.as_ref().unwrap().kind.ends_with("AccessDeniedException"));
}

#[test]
fn what_is_no_document_is_said_and_costs_no_other() {
    for (name, text) in files("broken") {
        let mut whole = trace(&name, r#"[{"id":"a","name":"well","start_time":1,"end_time":2}]"#);
        whole.documents.push((name.clone(), text.clone()));
        let waterfall = waterfall::read(&whole);
        assert!(waterfall.spans.iter().any(|span| span.name == "well"), "{name}");
        let said = waterfall.broken.len() + waterfall.spans.len();
        assert!(said >= 2, "{name} is neither shown nor said: {waterfall:?}");
    }
}

#[test]
fn they_are_drawn_at_any_size_with_their_names() {
    let look = Look::new(&Theme::default(), Depth::True, false);
    for (name, text) in files("segments").into_iter().chain(files("spans")) {
        let whole = trace(&name, &text);
        let (id, waterfall) = (whole.id.clone(), waterfall::read(&whole));
        for size in [(80, 24), (120, 40), (200, 60)] {
            let (config, origin) = (Config::default(), Origin::default());
            let mut app = App::new(config, Keymap::defaults(), origin, Clock::system(), size);
            app.jump(Jump::Trace(TraceTarget::of(&id)));
            app.update(Message::News(News::Trace(id.clone(), Ok(whole.clone()))));
            app.update(Message::Second(app.now, app.traffic.clone()));
            let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
            terminal.draw(|frame| view::draw(&app, &look, frame)).unwrap();
            let screen: String =
                terminal.backend().buffer().content.iter().map(ratatui::buffer::Cell::symbol).collect();
            // Whatever is on screen is named; the selected one is, with its duration.
            let guilty = &waterfall.spans[waterfall::guilty(&waterfall).unwrap()];
            let short: String = guilty.name.chars().take(8).collect();
            assert!(screen.contains(&short), "{name} at {size:?} does not name {}", guilty.name);
            assert!(screen.contains("duration") && screen.contains("own time"), "{name} at {size:?}");
        }
    }
}
