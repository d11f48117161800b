//! Segment documents of all kinds, good and bad.

use std::collections::HashSet;

use super::*;
use proptest::prelude::*;

fn trace(documents: &[&str]) -> Trace {
    let documents = documents.iter().map(|text| ("x".to_string(), (*text).to_string())).collect();
    Trace { id: "1-0-0".into(), documents, ..Trace::default() }
}

/// From the guide to segment documents in AWS's X-Ray documentation ("A minimal segment", "Subsegments").
#[test]
fn the_samples_of_the_documentation_read() {
    let waterfall = read(&trace(&[r#"{
        "trace_id": "1-5759e988-bd862e3fe1be46a994272793", "id": "defdfd9912dc5a56",
        "start_time": 1461096053.37518, "end_time": 1461096053.4042, "name": "www.example.com",
        "http": {"request": {"url": "https://www.example.com/health", "method": "GET", "client_ip": "11.0.3.111"},
                 "response": {"status": 200, "content_length": 86}},
        "subsegments": [{"id": "53995c3f42cd8ad8", "name": "api.example.com", "start_time": 1461096053.37769,
            "end_time": 1461096053.40379, "namespace": "remote",
            "http": {"request": {"url": "https://api.example.com/health", "method": "POST", "traced": true},
                     "response": {"status": 200, "content_length": 861}}}]}"#]));
    assert_eq!(waterfall.spans.len(), 2);
    assert_eq!((waterfall.spans[0].depth, waterfall.spans[1].depth), (0, 1));
    assert_eq!(waterfall.spans[1].origin, "remote");
    assert!(waterfall.broken.is_empty());
}

#[test]
fn the_broken_one_is_said_and_the_rest_is_shown() {
    let waterfall = read(&trace(&[
        r#"{"id":"a","name":"A","start_time":1,"end_time":3}"#,
        "{broken",
        r#"{"id":"b","name":"B","start_time":2,"parent_id":"a","in_progress":true}"#,
        r#"{"id":"c","name":"C","start_time":2,"end_time":1e999,"parent_id":"nobody"}"#,
    ]));
    assert_eq!(waterfall.broken.len(), 2, "{:?}", waterfall.broken);
    assert_eq!(waterfall.spans.iter().map(|span| span.name.as_str()).collect::<Vec<_>>(), ["A", "B"]);
    assert_eq!(waterfall.spans[1].end, None);
}

#[test]
fn circles_end() {
    let waterfall = read(&trace(&[
        r#"{"id":"a","name":"A","start_time":1,"end_time":3,"parent_id":"b"}"#,
        r#"{"id":"b","name":"B","start_time":1,"end_time":3,"parent_id":"a"}"#,
        r#"{"id":"c","name":"C","start_time":1,"end_time":3,"parent_id":"c"}"#,
    ]));
    assert_eq!(waterfall.spans.len(), 3);
}

#[test]
fn depth_beyond_reason_is_refused_and_not_overflowed() {
    let mut text = String::new();
    for n in 0..2_000 {
        text.push_str(&format!(r#"{{"id":"{n}","name":"n","start_time":1,"subsegments":["#));
    }
    text.push_str(&"]}".repeat(2_000));
    assert_eq!(read(&trace(&[&text])).broken.len(), 1);
}

fn names(waterfall: &Waterfall) -> Vec<&str> {
    waterfall.spans.iter().map(|span| span.name.as_str()).collect()
}

fn span_named<'a>(waterfall: &'a Waterfall, name: &str) -> &'a Span {
    waterfall.spans.iter().find(|span| span.name == name).unwrap()
}

/// A handler that works, calls A, waits, calls B and C side by side, and works again.
fn story() -> Waterfall {
    read(&trace(&[r#"{"id":"r","name":"root","start_time":100,"end_time":110,"subsegments":[
        {"id":"a","name":"A","start_time":101,"end_time":103},
        {"id":"b","name":"B","start_time":105,"end_time":109,"subsegments":[{"id":"d","name":"D","start_time":106,"end_time":108}]},
        {"id":"c","name":"C","start_time":105,"end_time":107},
        {"id":"z","name":"late","start_time":109.5,"end_time":120}]}"#]))
}

#[test]
fn time_is_given_to_whom_the_answer_waited_for() {
    let story = story();
    let seconds: Vec<(&str, f64, f64)> =
        story.spans.iter().map(|span| (span.name.as_str(), span.own, span.critical)).collect();
    assert_eq!(
        seconds,
        [
            // 100-101, 103-105, 109-109.5; of the rest it waited for what it did not call asynchronously.
            ("root", 3.5, 4.0),
            ("A", 2.0, 2.0),
            ("B", 2.0, 2.0),
            ("D", 2.0, 2.0),
            ("C", 2.0, 0.0),
            ("late", 10.5, 0.0),
        ]
    );
    assert_eq!(story.spans[5].odd, [Oddity::Late]);
    let waited: f64 = story.spans.iter().map(|span| span.critical).sum();
    assert!((waited - 10.0).abs() < 1e-9, "all of the root's time is somebody's");
}

#[test]
fn an_initialization_is_no_gap_of_the_service_around_it() {
    let cold = read(&trace(&[
        r#"{"id":"a","name":"pay","origin":"AWS::Lambda","start_time":1,"end_time":8}"#,
        r#"{"id":"b","name":"pay","origin":"AWS::Lambda::Function","parent_id":"a","start_time":6,"end_time":8,"subsegments":[
            {"id":"c","name":"Init","start_time":1.5,"end_time":6}]}"#,
    ]));
    let seconds: Vec<(f64, f64)> = cold.spans.iter().map(|span| (span.own, span.critical)).collect();
    assert_eq!(seconds, [(0.5, 0.5), (2.0, 2.0), (4.5, 4.5)]);
    assert_eq!(cold.spans[guilty(&cold).unwrap()].name, "Init");
    assert_eq!(gaps(&cold, 0).len(), 1);
}

#[test]
fn calls_that_overlap_by_a_hair_came_one_after_the_other() {
    let calls = read(&trace(&[r#"{"id":"r","name":"root","start_time":1,"end_time":2,"subsegments":[
        {"id":"a","name":"A","start_time":1,"end_time":1.504},{"id":"b","name":"B","start_time":1.5,"end_time":2}]}"#]));
    assert!(calls.spans[1].critical > 0.49 && calls.spans[2].critical > 0.49, "{calls:?}");
}

#[test]
fn what_is_inferred_from_a_call_is_that_call() {
    let call = read(&trace(&[
        r#"{"id":"r","name":"root","start_time":1,"end_time":3,"subsegments":[{"id":"a","name":"DynamoDB","start_time":1,"end_time":3}]}"#,
        r#"{"id":"i","name":"DynamoDB","inferred":true,"parent_id":"a","start_time":1,"end_time":3}"#,
    ]));
    let seconds: Vec<(f64, f64)> = call.spans.iter().map(|span| (span.own, span.critical)).collect();
    assert_eq!(seconds, [(0.0, 0.0), (2.0, 2.0), (2.0, 2.0)]);
    assert_eq!(call.spans[guilty(&call).unwrap()].id, "a");
}

#[test]
fn a_clock_that_is_off_makes_no_answer_wait_longer_than_it_took() {
    let off = read(&trace(&[
        r#"{"id":"a","name":"A","start_time":100,"end_time":101}"#,
        r#"{"id":"b","name":"B","parent_id":"a","start_time":98,"end_time":99}"#,
        r#"{"id":"c","name":"orphan","parent_id":"gone","start_time":100,"end_time":190}"#,
    ]));
    let waited: f64 = off.spans.iter().map(|span| span.critical).sum();
    assert!((waited - 1.0).abs() < 1e-9, "{off:?}");
}

#[test]
fn gaps_are_told_with_what_is_around_them() {
    let story = story();
    let told: Vec<(f64, Option<&str>, Option<&str>)> = gaps(&story, 0)
        .iter()
        .map(|gap| {
            let name = |at: usize| story.spans[at].name.as_str();
            (gap.length(), gap.after.map(name), gap.before.map(name))
        })
        .collect();
    assert_eq!(told, [(1.0, None, Some("A")), (2.0, Some("A"), Some("B")), (0.5, Some("B"), Some("late"))]);
    assert_eq!(gaps(&story, 1).len(), 1, "a leaf is one gap");
    assert_eq!(gaps(&story, 99), []);
}

#[test]
fn the_guilty_one_is_where_the_failure_began() {
    let failing = read(&trace(&[
        r#"{"id":"a","name":"stage","start_time":1,"end_time":9,"fault":true}"#,
        r#"{"id":"b","name":"service","origin":"AWS::Lambda","parent_id":"a","start_time":1,"end_time":9,"fault":true,
            "aws":{"request_id":"0f8f"}}"#,
        r#"{"id":"c","name":"service","origin":"AWS::Lambda::Function","parent_id":"b","start_time":1,"end_time":9,"fault":true,
            "subsegments":[{"id":"t","name":"tried","start_time":2,"end_time":3,"fault":true},
                {"id":"d","name":"payments","namespace":"remote","start_time":4,"end_time":8,"fault":true,
                 "http":{"response":{"status":503}}}]}"#,
        r#"{"id":"e","name":"payments","inferred":true,"parent_id":"d","start_time":4,"end_time":8,"fault":true}"#,
    ]));
    let found = guilty(&failing).unwrap();
    assert_eq!((failing.spans[found].id.as_str(), failing.spans[found].status), ("d", Some(503)));
    assert_eq!(failures(&failing).iter().map(|at| failing.spans[*at].id.as_str()).collect::<Vec<_>>(), ["t", "d"]);
    assert_eq!(invocation(&failing, "0f8f").map(|at| failing.spans[at].id.as_str()), Some("c"));
    assert_eq!(invocation(&failing, "nobody"), None);
    let touched = failing.invocations();
    assert_eq!((touched.len(), touched[0].request_id.as_deref()), (1, Some("0f8f")), "two segments, one invocation");
    assert_eq!(story().spans[guilty(&story()).unwrap()].name, "root", "nothing failed: who took longest");
    assert_eq!(guilty(&Waterfall::default()), None);
}

#[test]
fn what_is_odd_is_shown_and_said() {
    let odd = read(&trace(&[
        r#"{"id":"a","name":"A","origin":"AWS::Lambda::Function","start_time":10,"end_time":13,"parent_id":"elsewhere"}"#,
        r#"{"id":"b","name":"early","start_time":9,"end_time":12,"parent_id":"a"}"#,
        r#"{"id":"c","name":"backwards","start_time":11,"end_time":10.5,"parent_id":"a"}"#,
        r#"{"id":"d","name":"Init","start_time":8,"end_time":9,"parent_id":"a"}"#,
        r#"{"id":"e","name":"twice","start_time":11,"end_time":12,"parent_id":"a"}"#,
        r#"{"id":"e","name":"twice again","start_time":11,"end_time":12,"parent_id":"a"}"#,
        r#"{"id":"f","name":"open","start_time":11,"in_progress":true}"#,
        r#"{"id":"f","name":"closed","start_time":11,"end_time":12}"#,
    ]));
    let of = |name: &str| span_named(&odd, name).odd.clone();
    assert_eq!(of("A"), [Oddity::NoParent]);
    assert_eq!(of("early"), [Oddity::Early]);
    assert_eq!(of("backwards"), [Oddity::Backwards]);
    assert_eq!(of("Init"), [], "an initialization comes first");
    assert_eq!(of("twice"), [Oddity::Doubled]);
    assert_eq!(of("closed"), [], "the complete one replaces the one in progress");
    assert_eq!(odd.spans.len(), 6);
    let notes = odd.notes().join("; ");
    for part in ["1 without their parent", "1 came more than once", "1 end before they begin", "1 begin before"] {
        assert!(notes.contains(part), "{part} in {notes}");
    }
}

#[test]
fn strange_fields_do_not_cost_a_segment() {
    let strange = read(&trace(&[
        r#"{"id":"a","name":["x"],"start_time":"1.5","end_time":2,"http":7,"aws":[],"cause":12,"fault":"yes","subsegments":{}}"#,
        r#"{"id":"b","name":"B","start_time":1,"end_time":2,"id":"b","subsegments":[7,{"id":"c","start_time":1},{"name":"no id",
            "subsegments":[{"id":"d","name":"D","start_time":1}]}]}"#,
        r#"[1]"#,
        r#""text""#,
    ]));
    let mut found = names(&strange);
    found.sort_unstable();
    assert_eq!(found, ["(no name)", "(no name)", "B", "D"]);
    assert_eq!(strange.broken.len(), 4, "{:?}", strange.broken);
    assert_eq!(span_named(&strange, "D").parent, strange.spans.iter().position(|span| span.name == "B"));
}

#[test]
fn a_cause_may_be_told_by_another_segment() {
    let waterfall = read(&trace(&[
        r#"{"id":"a","name":"A","start_time":1,"end_time":2,"fault":true,"cause":"e1e1e1e1e1e1e1e1"}"#,
        r#"{"id":"b","name":"B","parent_id":"a","start_time":1,"end_time":2,"fault":true,
            "cause":{"exceptions":[{"id":"e1e1e1e1e1e1e1e1","type":"Boom","message":"no"}]}}"#,
    ]));
    assert_eq!(waterfall.spans[0].exception.as_ref().map(|e| e.kind.as_str()), Some("Boom"));
}

#[test]
fn the_document_of_a_part_is_found_again() {
    let text = r#"{"id":"a","name":"A","start_time":1,"cause":{"exceptions":[{"id":"b"}]},"subsegments":[{"id":"b","n":1.50,"start_time":1}]}"#;
    let trace = trace(&[text]);
    let waterfall = read(&trace);
    assert_eq!(document(&trace, &waterfall.spans[1]).as_deref(), Some(r#"{"id":"b","n":1.50,"start_time":1}"#));
    assert_eq!(document(&trace, &waterfall.spans[0]).as_deref(), Some(text));
}

#[test]
fn spans_of_opentelemetry_stand_in_the_same_waterfall() {
    let waterfall = read(&trace(&[
        r#"{"traceId":"6a719dadce543cfec1a38ce778187d35","spanId":"aa","name":"pay/LambdaService","kind":"SERVER",
            "startTimeUnixNano":1785830829411000064,"endTimeUnixNano":null,"attributes":{"aws.xray.inprogress":true},
            "_aws":{"xray":{"name":"pay","type":"segment"}}}"#,
        r#"{"traceId":"6a719dadce543cfec1a38ce778187d35","spanId":"aa","name":"pay/LambdaService","kind":"SERVER",
            "startTimeUnixNano":1785830829411000064,"endTimeUnixNano":1785830830411000064,"attributes":{"aws.xray.fault":true,
            "aws.request_id":"0f8f"},"status":{"code":"ERROR"},"_aws":{"xray":{"name":"pay","type":"segment"}}}"#,
        r#"{"spanId":"bb","parentSpanId":"aa","name":"","kind":"CLIENT","startTimeUnixNano":"1785830829500000000",
            "endTimeUnixNano":"1785830829600000000","attributes":[{"key":"http.status_code","value":{"intValue":"503"}}],
            "events":[{"name":"exception","attributes":{"exception.type":"Boom","exception.message":"no"}}],
            "_aws":{"xray":{"name":"payments","namespace":"remote","type":"subsegment"}}}"#,
    ]));
    assert_eq!(names(&waterfall), ["pay", "payments"]);
    let (service, call) = (&waterfall.spans[0], &waterfall.spans[1]);
    assert_eq!(
        (service.origin.as_str(), service.fault, service.request_id.as_deref()),
        ("AWS::Lambda", true, Some("0f8f"))
    );
    assert!((service.duration().unwrap() - 1.0).abs() < 1e-6, "the complete record replaces the one in progress");
    assert_eq!((call.parent, call.status, call.fault, call.is_segment), (Some(0), Some(503), true, false));
    assert_eq!(call.exception.as_ref().map(|e| e.message.as_str()), Some("no"));
    assert_eq!(waterfall.broken, Vec::<String>::new());
}

proptest! {
    #[test]
    fn every_readable_segment_stands_once(
        segments in prop::collection::vec((0u8..20, prop::option::of(0u8..25), -5i32..50, prop::option::of(-5i32..50)), 0..40)
    ) {
        let documents: Vec<String> = segments.iter().map(|(id, parent, start, end)| {
            let mut value = serde_json::json!({"id": id.to_string(), "name": "n", "start_time": start});
            if let Some(parent) = parent { value["parent_id"] = parent.to_string().into(); }
            if let Some(end) = end { value["end_time"] = (*end).into(); }
            value.to_string()
        }).collect();
        let waterfall = read(&trace(&documents.iter().map(String::as_str).collect::<Vec<_>>()));
        let ids: HashSet<_> = segments.iter().map(|(id, ..)| id.to_string()).collect();
        let shown: HashSet<_> = waterfall.spans.iter().map(|span| span.id.clone()).collect();
        prop_assert_eq!(shown.len(), waterfall.spans.len());
        prop_assert_eq!(shown, ids);
        for (at, span) in waterfall.spans.iter().enumerate() {
            prop_assert!(span.parent.is_none_or(|parent| parent < at && at <= parent + waterfall.spans[parent].below));
            prop_assert!(span.own >= 0.0 && span.critical >= 0.0);
            prop_assert!(gaps(&waterfall, at).iter().all(|gap| gap.length() >= 0.0));
        }
        let waited: f64 = waterfall.spans.iter().filter(|span| !span.inferred).map(|span| span.critical).sum();
        prop_assert!(waited <= waterfall.end - waterfall.start + 1e-6, "{} of {:?}", waited, waterfall);
    }
}
