//! The service graph: nodes that stand for services, edges for calls between them, each with its statistics.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::trace::{Failure, Segment, Trace, micros};

/// Nodes and edges of some traces.
#[derive(Default)]
pub struct Graph {
    nodes: Vec<Node>,
    places: BTreeMap<(String, String), usize>,
}

struct Node {
    name: String,
    kind: String,
    root: bool,
    statistics: Statistics,
    edges: BTreeMap<usize, Edge>,
}

#[derive(Default)]
struct Edge {
    statistics: Statistics,
    /// Response times of the calls that were waited for.
    waited: Histogram,
    /// How old messages were when they were received, where it leads from a queue to whoever receives.
    ages: Histogram,
}

/// Microseconds, and how often.
type Histogram = BTreeMap<u64, f64>;

/// A histogram as the service shows it: values in seconds.
fn entries(histogram: &Histogram) -> Value {
    let entries = histogram.iter().map(|(value, count)| json!({"Value": *value as f64 / 1e6, "Count": whole(*count)}));
    Value::Array(entries.collect())
}

/// Counts and times of a node, an edge or one of their periods.
#[derive(Clone, Default)]
pub struct Statistics {
    first_ms: Option<f64>,
    last_ms: f64,
    ok: f64,
    throttle: f64,
    other_error: f64,
    fault: f64,
    total: f64,
    /// Seconds.
    response_time: f64,
    histogram: Histogram,
}

impl Statistics {
    /// Counts a segment `weight` times.
    pub fn add(&mut self, segment: &Segment, weight: f64) {
        self.first_ms = Some(self.first_ms.map_or(segment.start_ms, |first| first.min(segment.start_ms)));
        self.last_ms = self.last_ms.max(segment.end_ms);
        match segment.failure {
            Failure { throttle: true, .. } => self.throttle += weight,
            Failure { error: true, .. } => self.other_error += weight,
            Failure { fault: true, .. } => self.fault += weight,
            _ => self.ok += weight,
        }
        self.total += weight;
        let duration = segment.duration_s();
        self.response_time += duration * weight;
        *self.histogram.entry(bucket(duration)).or_default() += weight;
    }

    /// ServiceStatistics or EdgeStatistics.
    pub fn json(&self) -> Value {
        json!({
            "OkCount": whole(self.ok),
            "ErrorStatistics": {
                "ThrottleCount": whole(self.throttle),
                "OtherCount": whole(self.other_error),
                "TotalCount": whole(self.throttle) + whole(self.other_error),
            },
            "FaultStatistics": {"OtherCount": whole(self.fault), "TotalCount": whole(self.fault)},
            "TotalCount": whole(self.ok) + whole(self.throttle) + whole(self.other_error) + whole(self.fault),
            "TotalResponseTime": (self.response_time * 1000.0).round() / 1000.0,
        })
    }

    /// ResponseTimeHistogram: values in seconds.
    pub fn histogram(&self) -> Value {
        entries(&self.histogram)
    }
}

/// The subsegment `id` in a segment handed over an event and did not wait.
fn called_asynchronously(caller: &Segment, id: u64) -> bool {
    let mut found = false;
    caller.walk(&mut |part| {
        found |= part.id == id && part.aws.get("invocation_type").is_some_and(|kind| kind == "Event");
    });
    found
}

fn whole(count: f64) -> u64 {
    count.round() as u64
}

/// The middle of a bucket that is a tenth of its value wide, in microseconds.
fn bucket(seconds: f64) -> u64 {
    let micros = (seconds * 1e6).max(1.0);
    let width = 10f64.powf(micros.log10().floor() - 1.0).max(1.0);
    ((micros / width).floor() * width + width / 2.0) as u64
}

impl Graph {
    /// Adds a trace, counted `weight` times (more than once where only a part of the window was looked at).
    pub fn add(&mut self, trace: &Trace, weight: f64) {
        let root = trace.root();
        for segment in &trace.segments {
            let node = self.node(segment.node_name(), segment.node_type());
            self.nodes[node].statistics.add(segment, weight);
            self.nodes[node].root |= segment.id == root.id;
            if let Some((id, caller)) = segment.parent.and_then(|id| Some((id, trace.holder(id)?))) {
                let waits = !called_asynchronously(caller, id);
                let caller = self.node(caller.node_name(), caller.node_type());
                let edge = self.nodes[caller].edges.entry(node).or_default();
                edge.statistics.add(segment, weight);
                if waits {
                    *edge.waited.entry(bucket(segment.duration_s())).or_default() += weight;
                }
            }
            for link in segment.links.iter().filter(|link| link.reference == "parent") {
                let queue = self.node(&link.queue, "AWS::SQS::Queue");
                let edge = self.nodes[queue].edges.entry(node).or_default();
                edge.statistics.add(segment, weight);
                *edge.ages.entry(bucket((link.received_ms - link.sent_ms) / 1000.0)).or_default() += weight;
            }
        }
        if root.links.iter().any(|link| link.reference == "parent") {
            return;
        }
        // Whoever sent the first request stands before the service that took it.
        let entry = self.node(root.node_name(), root.node_type());
        let client = self.node(root.node_name(), "client");
        let edge = self.nodes[client].edges.entry(entry).or_default();
        edge.statistics.add(root, weight);
        *edge.waited.entry(bucket(root.duration_s())).or_default() += weight;
    }

    fn node(&mut self, name: &str, kind: &str) -> usize {
        let key = (name.to_owned(), kind.to_owned());
        if let Some(place) = self.places.get(&key) {
            return *place;
        }
        self.nodes.push(Node {
            name: name.to_owned(),
            kind: kind.to_owned(),
            root: false,
            statistics: Statistics::default(),
            edges: BTreeMap::new(),
        });
        self.places.insert(key, self.nodes.len() - 1);
        self.nodes.len() - 1
    }

    /// The list Services; `account` owns those that are not outside of AWS.
    pub fn services(&self, account: &str) -> Vec<Value> {
        self.nodes.iter().enumerate().map(|(place, node)| node.json(place, account)).collect()
    }
}

impl Node {
    fn json(&self, place: usize, account: &str) -> Value {
        let mut first = self.statistics.first_ms.unwrap_or(f64::INFINITY);
        let mut last = self.statistics.last_ms;
        let edges: Vec<Value> = self
            .edges
            .iter()
            .map(|(callee, edge)| {
                let began = edge.statistics.first_ms.unwrap_or(0.0);
                first = first.min(began);
                last = last.max(edge.statistics.last_ms);
                let mut shown = json!({
                    "ReferenceId": callee,
                    "StartTime": micros(began),
                    "EndTime": micros(edge.statistics.last_ms),
                    "SummaryStatistics": edge.statistics.json(),
                    "ResponseTimeHistogram": entries(&edge.waited),
                    "Aliases": [],
                });
                if !edge.ages.is_empty() {
                    shown["EdgeType"] = "link".into();
                    shown["ReceivedEventAgeHistogram"] = entries(&edge.ages);
                }
                shown
            })
            .collect();
        let mut shown = json!({
            "ReferenceId": place,
            "Name": self.name,
            "Names": [self.name],
            "Type": self.kind,
            "State": if self.kind == "client" { "unknown" } else { "active" },
            "StartTime": micros(first),
            "EndTime": micros(last),
            "Edges": edges,
        });
        if self.root {
            shown["Root"] = true.into();
        }
        if self.kind != "client" {
            shown["SummaryStatistics"] = self.statistics.json();
            shown["DurationHistogram"] = self.statistics.histogram();
            shown["ResponseTimeHistogram"] = self.statistics.histogram();
            if self.kind != "remote" {
                shown["AccountId"] = account.into();
            }
        }
        shown
    }
}
