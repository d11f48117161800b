//! From segment documents to a waterfall. Documents come from anywhere: broken, doubled, without parents, in circles.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use crate::model::trace::{Span, Trace, Waterfall};
use crate::text;

/// Spans shown at most of one trace; X-Ray itself keeps up to 10,000.
const SPANS: usize = 20_000;

/// A segment or subsegment on its way into the tree.
struct Part {
    id: String,
    parent: Option<String>,
    start: f64,
    end: Option<f64>,
    document: Map<String, Value>,
}

/// Reads a trace. What can't be read is said in [`Waterfall::broken`], the rest is shown.
pub fn read(trace: &Trace) -> Waterfall {
    let mut parts: Vec<Part> = Vec::new();
    let mut broken = Vec::new();
    let mut seen = HashSet::new();
    for (id, document) in &trace.documents {
        match serde_json::from_str::<Value>(document) {
            Ok(Value::Object(map)) => collect(map, None, &mut parts, &mut seen, &mut broken),
            Ok(_) => broken.push(format!("segment {} is no JSON object", text::safe_line(id))),
            Err(error) => broken.push(format!("segment {} can't be read: {error}", text::safe_line(id))),
        }
    }
    arrange(parts, broken)
}

/// Takes a document apart: its subsegments become parts of their own, without recursion, whatever their depth.
fn collect(
    map: Map<String, Value>,
    parent: Option<String>,
    parts: &mut Vec<Part>,
    seen: &mut HashSet<String>,
    broken: &mut Vec<String>,
) {
    let mut stack = vec![(map, parent)];
    while let Some((mut map, parent)) = stack.pop() {
        let id = text_of(&map, "id");
        let start = map.get("start_time").and_then(Value::as_f64).filter(|at| at.is_finite());
        let (Some(id), Some(start)) = (id, start) else {
            broken.push("a segment has no id or no start_time".to_string());
            continue;
        };
        let subsegments = map.remove("subsegments");
        if !seen.insert(id.clone()) {
            // X-Ray sends a segment again when it is complete; what came first is kept unless it was in progress.
            if let Some(known) = parts.iter_mut().find(|part| part.id == id)
                && known.end.is_none()
            {
                known.end = end_of(&map, known.start);
                known.document = map;
            }
            continue;
        }
        if parts.len() >= SPANS {
            if broken.last().is_none_or(|last| !last.starts_with("more than")) {
                broken.push(format!("more than {SPANS} segments: the rest is not shown"));
            }
            continue;
        }
        if let Some(Value::Array(list)) = subsegments {
            for subsegment in list {
                match subsegment {
                    Value::Object(map) => stack.push((map, Some(id.clone()))),
                    _ => broken.push(format!("a subsegment of {} is no JSON object", text::safe_line(&id))),
                }
            }
        }
        let parent = parent.or_else(|| text_of(&map, "parent_id"));
        parts.push(Part { parent, start, end: end_of(&map, start), document: map, id });
    }
}

fn end_of(map: &Map<String, Value>, start: f64) -> Option<f64> {
    if map.get("in_progress").and_then(Value::as_bool) == Some(true) {
        return None;
    }
    map.get("end_time").and_then(Value::as_f64).filter(|at| at.is_finite()).map(|end| end.max(start))
}

fn text_of(map: &Map<String, Value>, key: &str) -> Option<String> {
    map.get(key).and_then(Value::as_str).map(str::to_string)
}

/// Puts parts under their parents, siblings in the order of time. A parent that is missing, or that would close a circle,
/// makes its child a root.
fn arrange(parts: Vec<Part>, broken: Vec<String>) -> Waterfall {
    let places: HashMap<&str, usize> = parts.iter().enumerate().map(|(at, part)| (part.id.as_str(), at)).collect();
    let parents: Vec<Option<usize>> =
        parts.iter().map(|part| part.parent.as_deref().and_then(|id| places.get(id).copied())).collect();
    let mut parent_of = parents.clone();
    for at in 0..parts.len() {
        let mut steps = 0;
        let mut above = parents[at];
        while let Some(up) = above {
            steps += 1;
            if up == at || steps > parts.len() {
                parent_of[at] = None;
                break;
            }
            above = parent_of[up];
        }
    }
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); parts.len()];
    let mut roots = Vec::new();
    for (at, parent) in parent_of.iter().enumerate() {
        match parent {
            Some(parent) => children[*parent].push(at),
            None => roots.push(at),
        }
    }
    let by_start = |a: &usize, b: &usize| parts[*a].start.total_cmp(&parts[*b].start).then(a.cmp(b));
    roots.sort_by(by_start);
    for row in &mut children {
        row.sort_by(by_start);
    }
    let mut order: Vec<(usize, usize, Option<usize>)> = Vec::with_capacity(parts.len());
    let mut stack: Vec<(usize, usize, Option<usize>)> = roots.into_iter().rev().map(|at| (at, 0, None)).collect();
    while let Some((at, depth, parent)) = stack.pop() {
        let place = order.len();
        order.push((at, depth, parent));
        stack.extend(children[at].iter().rev().map(|child| (*child, depth + 1, Some(place))));
    }
    let start = parts.iter().map(|part| part.start).fold(f64::INFINITY, f64::min);
    let end = parts.iter().map(|part| part.end.unwrap_or(part.start)).fold(f64::NEG_INFINITY, f64::max);
    let has_children: Vec<bool> = children.iter().map(|row| !row.is_empty()).collect();
    let mut parts: Vec<Option<Part>> = parts.into_iter().map(Some).collect();
    let spans = order
        .into_iter()
        .filter_map(|(at, depth, parent)| parts[at].take().map(|part| span(part, depth, parent, has_children[at])))
        .collect();
    Waterfall {
        start: if start.is_finite() { start } else { 0.0 },
        end: if end.is_finite() { end } else { 0.0 },
        spans,
        broken,
    }
}

fn span(part: Part, depth: usize, parent: Option<usize>, has_children: bool) -> Span {
    let flag = |key: &str| part.document.get(key).and_then(Value::as_bool).unwrap_or(false);
    let word = |key: &str| text_of(&part.document, key).map(|text| text::safe_line(&text).into_owned());
    Span {
        name: word("name").unwrap_or_else(|| "(no name)".into()),
        origin: word("origin").or_else(|| word("namespace")).unwrap_or_default(),
        start: part.start,
        end: part.end,
        depth,
        parent,
        has_children,
        fault: flag("fault"),
        error: flag("error"),
        throttle: flag("throttle"),
        inferred: flag("inferred"),
        document: Value::Object(part.document),
        id: part.id,
    }
}

#[cfg(test)]
mod tests {
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
                prop_assert!(span.parent.is_none_or(|parent| parent < at));
            }
        }
    }
}
