//! X-Ray traces: summaries, and segment documents read into a tree.

use crate::time::Moment;

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
    /// Type of the EntryPoint, as `AWS::ApiGateway::Stage`.
    pub entry_type: Option<String>,
    /// Names of the services, in the order given.
    pub services: Vec<String>,
    /// Users, as segments name them.
    pub users: Vec<String>,
    /// Annotations, key and value as text.
    pub annotations: Vec<(String, String)>,
    /// What a filter looks in, in lower case; filled in where summaries are kept.
    pub searched: String,
}

impl TraceSummary {
    /// Went wrong in any way.
    pub fn failed(&self) -> bool {
        self.fault || self.error || self.throttle
    }

    /// Writes down what a filter looks in.
    pub fn index(&mut self) {
        let mut text = String::with_capacity(160);
        let words =
            [&self.method, &self.url, &self.entry_point].into_iter().flatten().chain(&self.services).chain(&self.users);
        for word in std::iter::once(&self.id).chain(words) {
            text.push_str(word);
            text.push(' ');
        }
        for (key, value) in &self.annotations {
            text.push_str(key);
            text.push('=');
            text.push_str(value);
            text.push(' ');
        }
        if let Some(status) = self.status {
            text.push_str(&status.to_string());
        }
        self.searched = text.to_lowercase();
    }
}

/// Where a trace was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// X-Ray: BatchGetTraces.
    #[default]
    XRay,
    /// Transaction Search: StartTraceRetrieval and ListRetrievedTraces.
    Retrieval,
    /// The log group `aws/spans`.
    Spans,
}

/// X-Ray's form of a trace id. OpenTelemetry and W3C have the same 32 digits, without version and dashes.
pub fn xray_id(id: &str) -> String {
    match id.trim() {
        id if id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            format!("1-{}-{}", &id[..8], &id[8..])
        }
        id => id.to_string(),
    }
}

/// The form of a trace id that OpenTelemetry and W3C have.
pub fn w3c_id(id: &str) -> String {
    id.strip_prefix("1-").unwrap_or(id).replace('-', "")
}

/// When a trace began, by its id: the part after the version is the second, in hexadecimal.
pub fn started(id: &str) -> Option<Moment> {
    let id = xray_id(id);
    let seconds = i64::from_str_radix(id.split('-').nth(1)?, 16).ok()?;
    Moment::from_timestamp(seconds, 0)
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
    /// Where it was found.
    pub source: Source,
    /// Segments as they came: (id, document).
    pub documents: Vec<(String, String)>,
}

/// What a trace leads to, or comes from: X-Ray's `links`, OpenTelemetry's span links.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// The other trace, `1-8hex-24hex`.
    pub trace_id: String,
    /// The segment in it.
    pub span_id: String,
    /// `child` or `parent`, where X-Ray says which.
    pub kind: Option<String>,
}

/// An exception as a segment tells of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exception {
    /// Its id, by which segments above refer to it.
    pub id: Option<String>,
    /// Type.
    pub kind: String,
    /// Message.
    pub message: String,
}

/// What is odd about a span: it is shown all the same, and this is said beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Oddity {
    /// Its parent is not in the trace: not sent, not yet here, or dropped.
    NoParent,
    /// It would be an ancestor of its own.
    Circle,
    /// Its id came more than once.
    Doubled,
    /// It ends before it begins.
    Backwards,
    /// It begins before its parent: clocks differ, or a part of Lambda's that comes first.
    Early,
    /// It ends after its parent: asynchronous, or clocks differ.
    Late,
}

impl Oddity {
    /// As it is said of one span.
    pub fn sentence(self) -> &'static str {
        match self {
            Oddity::NoParent => "its parent is not in this trace: not sent, not here yet, or dropped",
            Oddity::Circle => "its parents lead back to itself; it is shown without them",
            Oddity::Doubled => "its id came more than once",
            Oddity::Backwards => "it ends before it begins; shown without length",
            Oddity::Early => "it begins before its parent: their clocks differ",
            Oddity::Late => "it goes on after its parent: asynchronous, or their clocks differ",
        }
    }

    /// As it is said of several.
    pub fn of_many(self) -> &'static str {
        match self {
            Oddity::NoParent => "without their parent",
            Oddity::Circle => "with parents in a circle",
            Oddity::Doubled => "came more than once",
            Oddity::Backwards => "end before they begin",
            Oddity::Early => "begin before their parent",
            Oddity::Late => "go on after their parent",
        }
    }
}

/// One bar of the waterfall: a segment or subsegment, or an OpenTelemetry span.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Span {
    /// Segment, subsegment or span id.
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
    /// How many spans are below it; they follow it in the waterfall.
    pub below: usize,
    /// fault.
    pub fault: bool,
    /// error.
    pub error: bool,
    /// throttle.
    pub throttle: bool,
    /// inferred.
    pub inferred: bool,
    /// A segment of its own, not a part of another one.
    pub is_segment: bool,
    /// A part of one of Lambda's own segments, whose names mean something.
    pub is_of_lambda: bool,
    /// http.response.status.
    pub status: Option<u16>,
    /// aws.operation.
    pub operation: Option<String>,
    /// What is spoken to, where it is no name of a service: a table, queue, bucket, topic or function.
    pub resource: Option<String>,
    /// aws.request_id.
    pub request_id: Option<String>,
    /// The first exception.
    pub exception: Option<Exception>,
    /// Traces that it is linked with.
    pub links: Vec<Link>,
    /// What is odd about it.
    pub odd: Vec<Oddity>,
    /// Time in which nothing below it ran, s.
    pub own: f64,
    /// How long the answer waited for itself, s: its share of the critical path.
    pub critical: f64,
    /// Which of the trace's documents it stands in.
    pub document: usize,
}

impl Span {
    /// Has spans below it.
    pub fn has_children(&self) -> bool {
        self.below > 0
    }

    /// How long it took, s; none while in progress.
    pub fn duration(&self) -> Option<f64> {
        self.end.map(|end| (end - self.start).max(0.0))
    }

    /// Went wrong in any way.
    pub fn failed(&self) -> bool {
        self.fault || self.error || self.throttle
    }

    /// What a subsegment of Lambda's or of an SDK's stands for, in words. Both layouts: until 2024 a function's segment had
    /// `Initialization`, `Invocation` and `Overhead`; since then it has `Init` and the function's own subsegments.
    pub fn part(&self) -> Option<&'static str> {
        if !self.is_of_lambda {
            return None;
        }
        match self.name.as_str() {
            "Init" | "Initialization" => Some("cold start"),
            "Restore" => Some("SnapStart restore"),
            "Invocation" => Some("the handler"),
            "Overhead" => Some("after the answer"),
            "Dwell Time" | "QueueTime" => Some("waited in a queue"),
            name if name.starts_with("Attempt #") => Some("an attempt of Lambda's"),
            _ => None,
        }
    }

    /// The part in which an environment is made ready.
    pub fn is_cold_start(&self) -> bool {
        self.is_of_lambda && matches!(self.name.as_str(), "Init" | "Initialization" | "Restore")
    }
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

/// An invocation of a function that a trace tells of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Touched {
    /// FunctionName.
    pub function: String,
    /// Request id, where the service's segment came.
    pub request_id: Option<String>,
    /// Start, s since 1970.
    pub start: f64,
}

impl Waterfall {
    /// What is odd or left out, a phrase for each kind.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = self.broken.clone();
        for oddity in [Oddity::NoParent, Oddity::Circle, Oddity::Doubled, Oddity::Backwards, Oddity::Early] {
            let count = self.spans.iter().filter(|span| span.odd.contains(&oddity)).count();
            if count > 0 {
                notes.push(format!("{count} {}", oddity.of_many()));
            }
        }
        let open = self.spans.iter().filter(|span| span.end.is_none()).count();
        if open > 0 {
            notes.push(format!("{open} in progress"));
        }
        notes
    }

    /// The invocations of functions in it, in the order of time. Of the two segments of an invocation that of the service
    /// (`AWS::Lambda`) has the request id, the outer one.
    pub fn invocations(&self) -> Vec<Touched> {
        let mut touched: Vec<Touched> = Vec::new();
        for span in &self.spans {
            let function = match span.origin.as_str() {
                "AWS::Lambda" => true,
                "AWS::Lambda::Function" => span
                    .parent
                    .and_then(|at| self.spans.get(at))
                    .is_none_or(|parent| !(parent.origin == "AWS::Lambda" && parent.name == span.name)),
                _ => false,
            };
            if function {
                touched.push(Touched {
                    function: span.name.clone(),
                    request_id: span.request_id.clone(),
                    start: span.start,
                });
            }
        }
        touched.sort_by(|a, b| a.start.total_cmp(&b.start));
        touched
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_two_forms_and_tell_their_time() {
        let xray = "1-5f84c7a5-e7d1852db8c4fd35d88bf49a";
        let w3c = "5f84c7a5e7d1852db8c4fd35d88bf49a";
        assert_eq!((xray_id(w3c).as_str(), w3c_id(xray).as_str()), (xray, w3c));
        assert_eq!((xray_id(xray).as_str(), w3c_id(w3c).as_str()), (xray, w3c));
        for id in [xray, w3c] {
            assert_eq!(started(id).map(|at| at.timestamp()), Some(0x5f84_c7a5));
        }
        assert_eq!(started("nonsense"), None);
        assert_eq!(started("é-é"), None);
    }
}
