//! What traces cost: documents read and laid out, a large trace opened and moved in, a long list filtered as one types.

use std::hint::black_box;
use std::time::Duration;

use chrono::TimeDelta;
use crossterm::event::KeyCode;
use serde_json::json;
use slsdash::app::message::{Message, News};
use slsdash::model::service_graph::{ServiceEdge, ServiceGraph, ServiceNode, Statistics};
use slsdash::model::trace::{Source, Trace, TraceSummary};
use slsdash::store::waterfall;
use slsdash::time::Moment;

use super::{Bench, SMALL, best_of};

const TRACES: usize = 1_000;
const SEGMENTS: usize = 50;
/// A trace as large as X-Ray keeps them.
const LARGE: usize = 10_000;

pub fn run() {
    println!("\n{:<60}{:>17}", "traces", "");
    let traces: Vec<Trace> = (0..TRACES).map(|n| trace(n, SEGMENTS)).collect();
    let bytes: usize = traces.iter().flat_map(|trace| &trace.documents).map(|(_, document)| document.len()).sum();
    let read = best_of(5, 1, || traces.iter().for_each(|trace| drop(black_box(waterfall::read(trace)))));
    let name = format!("read and lay out {TRACES} traces of {SEGMENTS} segments, {} MB", bytes / 1_000_000);
    told(&name, read);
    told("the same, a trace", read / TRACES as u32);

    let large = trace(7, LARGE);
    let id = large.id.clone();
    let mut bench = Bench::with(SMALL);
    bench.key(KeyCode::Char('4'));
    bench.told(Message::News(News::Traces {
        filter: String::new(),
        summaries: vec![summary(7, bench.now)],
        read_to: bench.now,
        capped: false,
        scanned: 1,
    }));
    bench.second_passes();
    bench.key(KeyCode::Enter);
    let opened = best_of(10, 1, || {
        bench.told(Message::News(News::Trace(id.clone(), Ok(large.clone()))));
        bench.second_passes();
        bench.draw();
    });
    told(&format!("a trace of {LARGE} segments comes and is on the screen"), opened);
    bench.shows(&format!("{LARGE} spans"));
    told("frame of it", bench.frame());
    told("key Down in it, update and frame", bench.step());
    bench.key(KeyCode::End);
    told("frame at its end", bench.frame());
    bench.key(KeyCode::Char('/'));
    told("a letter of a search in it, and frame", bench.letter('9'));
    bench.key(KeyCode::Char('9'));
    bench.shows("hits");

    let mut bench = Bench::with(SMALL);
    bench.key(KeyCode::Char('4'));
    bench.told(Message::News(News::Traces {
        filter: String::new(),
        summaries: (0..LARGE).map(|n| summary(n, bench.now)).collect(),
        read_to: bench.now,
        capped: false,
        scanned: LARGE as u64,
    }));
    bench.second_passes();
    bench.draw();
    bench.shows(&format!("{LARGE} traces"));
    told(&format!("frame of a list of {LARGE} traces"), bench.frame());
    bench.key(KeyCode::Char('/'));
    told("a letter of the filter, and frame", bench.letter('c'));
    bench.key(KeyCode::Esc);
    bench.key(KeyCode::Char('H'));
    bench.key(KeyCode::Char('/'));
    told("the same with the histogram", bench.letter('c'));
    bench.key(KeyCode::Esc);
    bench.key(KeyCode::Tab);
    bench.told(Message::News(News::ServiceGraph(Ok(graph(bench.now)))));
    bench.second_passes();
    bench.shows("60 services");
    told("frame of a service map of 60 services and 120 calls", bench.frame());
}

fn told(name: &str, took: Duration) {
    println!("{name:<60}{:>14.3} ms", took.as_secs_f64() * 1e3);
}

/// A trace of so many segments and subsegments: ten documents, each part of some 1.2 kB, each service called by the one before.
fn trace(n: usize, segments: usize) -> Trace {
    let id = id_of(n);
    let documents = 10;
    let parts = segments / documents;
    let at = 1_790_000_000.0 + n as f64;
    let part = |document: usize, place: usize| {
        let start = at + document as f64 * 0.01 + place as f64 * 0.0001;
        json!({
            "id": format!("{:016x}", (n << 32) + document * 1_000_000 + place),
            "name": format!("call-{}", place % 40),
            "start_time": start,
            "end_time": start + 0.005,
            "namespace": "aws",
            "http": {"request": {"method": "POST", "url": format!("https://example.com/orders/{place}")},
                     "response": {"status": 200, "content_length": 481}},
            "aws": {"operation": "GetItem", "region": "eu-west-1", "table_name": format!("orders-{}", place % 7),
                    "request_id": "7f0e1bd7a6b34e4e9dd2b0b8d8b7c2f1", "retries": 0, "resource_names": ["orders"]},
            "annotations": {"tenant": format!("t{}", place % 100), "cold": false, "size": place},
            "metadata": {"default": {"cart": "x".repeat(560), "items": [1, 2, 3, {"sku": "A-1", "price": 12.5}]}},
        })
    };
    let documents = (0..documents).map(|document| {
        let mut segment = part(document, 0);
        segment["trace_id"] = json!(id);
        segment["origin"] = json!("AWS::Lambda::Function");
        if document > 0 {
            segment["parent_id"] = json!(format!("{:016x}", (n << 32) + (document - 1) * 1_000_000 + 1));
        }
        segment["end_time"] = json!(at + 0.2 - document as f64 * 0.01);
        segment["subsegments"] = (1..parts).map(|place| part(document, place)).collect();
        (format!("{document}"), segment.to_string())
    });
    Trace {
        id: id.clone(),
        duration: Some(0.2),
        limit_exceeded: false,
        source: Source::XRay,
        documents: documents.collect(),
    }
}

fn id_of(n: usize) -> String {
    format!("1-6ab13b80-{n:024x}")
}

fn summary(n: usize, now: Moment) -> TraceSummary {
    TraceSummary {
        id: id_of(n),
        start: Some(now - TimeDelta::milliseconds(n as i64 * 300)),
        duration: Some(0.05 + (n % 977) as f64 / 500.0),
        response_time: Some(0.04 + (n % 977) as f64 / 500.0),
        fault: n.is_multiple_of(37),
        method: Some("POST".into()),
        url: Some(format!("https://k3v9q2m7ta.execute-api.eu-west-1.amazonaws.com/prod/checkout/{n}")),
        status: Some(if n.is_multiple_of(37) { 502 } else { 200 }),
        entry_point: Some("shop-api/prod".into()),
        services: vec!["checkout-api".into(), "orders".into(), "payment-authorize".into(), "carts".into()],
        annotations: vec![("tenant".into(), format!("t{}", n % 100)), ("tier".into(), "gold".into())],
        ..TraceSummary::default()
    }
}

fn graph(now: Moment) -> ServiceGraph {
    let statistics = Statistics { ok: 90, faults: 10, total: 100, total_response_time: 12.0, ..Statistics::default() };
    let nodes = (0..60).map(|id| ServiceNode {
        id,
        name: format!("service-{id}"),
        kind: "AWS::Lambda::Function".into(),
        statistics,
        edges: [id * 2 + 1, id + 7]
            .iter()
            .filter(|to| **to < 60)
            .map(|to| ServiceEdge { to: *to, statistics, ..ServiceEdge::default() })
            .collect(),
        ..ServiceNode::default()
    });
    ServiceGraph { nodes: nodes.collect(), start: Some(now - TimeDelta::hours(1)), end: Some(now) }
}
