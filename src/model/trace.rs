//! X-Ray traces: summaries, and segment documents read into a tree.

use crate::time::Moment;
use serde_json::Value;

/// A trace as GetTraceSummaries tells it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TraceSummary {
    /// Trace id, `1-8hex-24hex`.
    pub id: String,
    /// StartTime.
    pub start: Option<Moment>,
    /// Duration, s: until the last segment ended.
    pub duration: Option<f64>,
    /// ResponseTime, s: until the caller had its answer.
    pub response_time: Option<f64>,
    /// HasFault (5xx).
    pub fault: bool,
    /// HasError (4xx).
    pub error: bool,
    /// HasThrottle (429).
    pub throttle: bool,
    /// IsPartial.
    pub partial: bool,
    /// Http.HttpMethod.
    pub method: Option<String>,
    /// Http.HttpURL.
    pub url: Option<String>,
    /// Http.HttpStatus.
    pub status: Option<u16>,
    /// Name of the EntryPoint.
    pub entry_point: Option<String>,
    /// Names of the services, in the order given.
    pub services: Vec<String>,
    /// Annotations, key and value as text.
    pub annotations: Vec<(String, String)>,
}

/// A whole trace as BatchGetTraces tells it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// Trace id.
    pub id: String,
    /// Duration, s.
    pub duration: Option<f64>,
    /// LimitExceeded: more segments than X-Ray keeps.
    pub limit_exceeded: bool,
    /// Segments as they came: (id, document).
    pub documents: Vec<(String, String)>,
}

/// One bar of the waterfall: a segment or subsegment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Span {
    /// Segment or subsegment id.
    pub id: String,
    /// Name.
    pub name: String,
    /// `AWS::Lambda::Function`, or the namespace of a subsegment.
    pub origin: String,
    /// Start, s since 1970.
    pub start: f64,
    /// End, s since 1970; `None` while in progress.
    pub end: Option<f64>,
    /// How deep in the tree.
    pub depth: usize,
    /// Index of the parent in the waterfall.
    pub parent: Option<usize>,
    /// Has spans below it.
    pub has_children: bool,
    /// fault.
    pub fault: bool,
    /// error.
    pub error: bool,
    /// throttle.
    pub throttle: bool,
    /// inferred.
    pub inferred: bool,
    /// The document of this segment or subsegment, without its subsegments.
    pub document: Value,
}

/// A trace read into the order in which its waterfall shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Waterfall {
    /// Start of the earliest span, s since 1970.
    pub start: f64,
    /// End of the latest, s since 1970.
    pub end: f64,
    /// Spans, parents before their children.
    pub spans: Vec<Span>,
    /// What could not be read, in a sentence each.
    pub broken: Vec<String>,
}

/// A service of the service graph.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServiceNode {
    /// ReferenceId.
    pub id: i32,
    /// Name.
    pub name: String,
    /// Type, as `AWS::Lambda::Function`.
    pub kind: String,
    /// Requests seen.
    pub total: i64,
    /// Faults among them.
    pub faults: i64,
    /// Errors among them.
    pub errors: i64,
    /// Sum of response times, s.
    pub total_response_time: f64,
    /// ReferenceIds that it calls.
    pub edges: Vec<i32>,
}
