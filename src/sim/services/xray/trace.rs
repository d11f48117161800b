//! A trace as the service keeps it: segments with subsegments inside, before they become JSON documents.

use serde_json::{Map, Value, json};

/// A whole trace.
#[derive(Clone, Debug)]
pub struct Trace {
    /// `1-8hex-24hex`.
    pub id: String,
    /// Its segments, the root first.
    pub segments: Vec<Segment>,
}

/// Who sent a segment or subsegment, which decides how it looks as a span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sender {
    /// The service that it is about.
    #[default]
    Service,
    /// The X-Ray SDK within a function.
    XRaySdk,
    /// An OpenTelemetry SDK within a function.
    OpenTelemetry,
}

/// A link from a batch to the message that it received, or from the sender to that batch: two traces, one story.
#[derive(Clone, Debug)]
pub struct Link {
    /// The other trace.
    pub trace: String,
    /// The segment or subsegment there.
    pub id: u64,
    /// `parent` where the other one sent the message, `child` where it received it.
    pub reference: &'static str,
    /// The queue between them.
    pub queue: String,
    /// Name of the receiver.
    pub receiver: String,
    /// When the message was sent, ms.
    pub sent_ms: f64,
    /// When it was received, ms.
    pub received_ms: f64,
}

/// A segment, or a subsegment within one.
#[derive(Clone, Debug, Default)]
pub struct Segment {
    /// Shown as 16 hex digits.
    pub id: u64,
    /// The segment or subsegment that called this segment; subsegments stand inside their parent instead.
    pub parent: Option<u64>,
    /// Service or call.
    pub name: String,
    /// Milliseconds since 1970.
    pub start_ms: f64,
    /// Milliseconds since 1970; in the future while the work goes on.
    pub end_ms: f64,
    /// The end is not known yet.
    pub in_progress: bool,
    /// `AWS::Lambda::Function` and the like; segments only.
    pub origin: Option<String>,
    /// Who sent it.
    pub sender: Sender,
    /// `aws` or `remote`; subsegments only.
    pub namespace: Option<&'static str>,
    /// X-Ray derived it from the subsegment of its caller.
    pub inferred: bool,
    /// What was asked and answered.
    pub http: Http,
    /// The block `aws`.
    pub aws: Map<String, Value>,
    /// How it went wrong.
    pub failure: Failure,
    /// The block `cause`.
    pub exceptions: Vec<Exception>,
    /// Indexed keys and values.
    pub annotations: Vec<(String, Value)>,
    /// Namespaces with what is in them, not indexed.
    pub metadata: Map<String, Value>,
    /// End user.
    pub user: Option<String>,
    /// Other traces that it is about, too.
    pub links: Vec<Link>,
    /// ARN of what it speaks of.
    pub resource_arn: Option<String>,
    /// Calls and steps inside.
    pub subsegments: Vec<Segment>,
}

/// The block `http`; absent parts are left out.
#[derive(Clone, Debug, Default)]
pub struct Http {
    /// Request method.
    pub method: Option<String>,
    /// Request URL.
    pub url: Option<String>,
    /// User agent.
    pub user_agent: Option<String>,
    /// Client IP.
    pub client_ip: Option<String>,
    /// Response status.
    pub status: Option<u16>,
    /// Length of the response.
    pub content_length: Option<u64>,
}

/// How a segment went wrong; a throttle is an error too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// 4xx.
    pub error: bool,
    /// 429.
    pub throttle: bool,
    /// 5xx.
    pub fault: bool,
}

impl Failure {
    /// As X-Ray reads a response status.
    pub fn of_status(status: u16) -> Self {
        Self { error: (400..500).contains(&status), throttle: status == 429, fault: status >= 500 }
    }

    /// 5xx.
    pub fn fault() -> Self {
        Self { fault: true, ..Self::default() }
    }

    /// Nothing went wrong.
    pub fn none(self) -> bool {
        self == Self::default()
    }
}

/// One exception of the block `cause`.
#[derive(Clone, Debug)]
pub struct Exception {
    /// Shown as 16 hex digits.
    pub id: u64,
    /// Type, as `PaymentDeclined`.
    pub kind: String,
    /// Message.
    pub message: String,
    /// Thrown by a called service.
    pub remote: bool,
    /// Frames: path, line, label.
    pub stack: Vec<(String, u32, String)>,
}

impl Trace {
    /// The segment without a parent; where the caller's was never sent, the first.
    pub fn root(&self) -> &Segment {
        let root = self.segments.iter().find(|segment| segment.parent.is_none());
        root.unwrap_or(&self.segments[0])
    }

    /// When it began, ms.
    pub fn start_ms(&self) -> f64 {
        self.segments.iter().map(|segment| segment.start_ms).fold(f64::INFINITY, f64::min)
    }

    /// When the last segment ended, ms; segments still in progress do not count.
    pub fn end_ms(&self) -> f64 {
        let ended = self.segments.iter().filter(|segment| !segment.in_progress).map(|segment| segment.end_ms);
        ended.fold(self.start_ms(), f64::max)
    }

    /// From the first start to the last end, seconds.
    pub fn duration_s(&self) -> f64 {
        micros(self.end_ms() - self.start_ms())
    }

    /// Some segment has not ended.
    pub fn partial(&self) -> bool {
        self.segments.iter().any(|segment| segment.in_progress)
    }

    /// What can be known of it at `now`: later segments have not come, open ones have no end yet.
    ///
    /// None when nothing has come.
    pub fn at(mut self, now_ms: f64) -> Option<Self> {
        self.segments.retain_mut(|segment| segment.cut(now_ms));
        // An inferred segment is derived from a finished subsegment.
        self.segments.retain(|segment| !(segment.inferred && segment.in_progress));
        if self.segments.is_empty() { None } else { Some(self) }
    }

    /// Every segment and subsegment.
    pub fn walk(&self, visit: &mut impl FnMut(&Segment)) {
        for segment in &self.segments {
            segment.walk(visit);
        }
    }

    /// The segment that holds the segment or subsegment `id`.
    pub fn holder(&self, id: u64) -> Option<&Segment> {
        self.segments.iter().find(|segment| {
            let mut found = false;
            segment.walk(&mut |part| found |= part.id == id);
            found
        })
    }
}

impl Segment {
    /// Seconds.
    pub fn duration_s(&self) -> f64 {
        if self.in_progress { 0.0 } else { micros(self.end_ms - self.start_ms) }
    }

    /// Name of the node that it is on the service graph: a table or queue goes by its own name.
    pub fn node_name(&self) -> &str {
        let named =
            if self.inferred { self.aws.get("resource_names").and_then(|names| names[0].as_str()) } else { None };
        named.unwrap_or(&self.name)
    }

    /// Type of the node that it is on the service graph.
    pub fn node_type(&self) -> &str {
        self.origin.as_deref().unwrap_or("remote")
    }

    /// Itself and everything inside.
    pub fn walk(&self, visit: &mut impl FnMut(&Segment)) {
        visit(self);
        for part in &self.subsegments {
            part.walk(visit);
        }
    }

    /// Says of it and everything inside who sent it.
    pub fn sent_by(&mut self, sender: Sender) {
        self.sender = sender;
        self.subsegments.iter_mut().for_each(|part| part.sent_by(sender));
    }

    /// False when it has not begun at `now`.
    fn cut(&mut self, now_ms: f64) -> bool {
        if self.start_ms > now_ms {
            return false;
        }
        self.links.retain(|link| link.received_ms <= now_ms);
        if self.end_ms > now_ms {
            self.in_progress = true;
            self.failure = Failure::default();
            self.exceptions.clear();
            self.http.status = None;
            self.http.content_length = None;
        }
        self.subsegments.retain_mut(|part| part.cut(now_ms));
        true
    }

    /// The JSON document, as BatchGetTraces hands it out.
    pub fn document(&self, trace: &str) -> Value {
        let mut document = self.common();
        if let Some(parent) = self.parent {
            document.insert("parent_id".into(), hex(parent).into());
        }
        document.insert("trace_id".into(), trace.into());
        if let Some(origin) = &self.origin {
            document.insert("origin".into(), origin.as_str().into());
        }
        if self.inferred {
            document.insert("inferred".into(), true.into());
        }
        if let Some(arn) = &self.resource_arn {
            document.insert("resource_arn".into(), arn.as_str().into());
        }
        if let Some(user) = &self.user {
            document.insert("user".into(), user.as_str().into());
        }
        Value::Object(document)
    }

    fn common(&self) -> Map<String, Value> {
        let mut document = Map::new();
        document.insert("id".into(), hex(self.id).into());
        document.insert("name".into(), self.name.as_str().into());
        document.insert("start_time".into(), json!(micros(self.start_ms)));
        if self.in_progress {
            document.insert("in_progress".into(), true.into());
        } else {
            document.insert("end_time".into(), json!(micros(self.end_ms)));
        }
        for (flag, set) in
            [("error", self.failure.error), ("throttle", self.failure.throttle), ("fault", self.failure.fault)]
        {
            if set {
                document.insert(flag.into(), true.into());
            }
        }
        if let Some(http) = self.http.block() {
            document.insert("http".into(), http);
        }
        if !self.aws.is_empty() {
            document.insert("aws".into(), Value::Object(self.aws.clone()));
        }
        if let Some(namespace) = self.namespace {
            document.insert("namespace".into(), namespace.into());
        }
        if !self.exceptions.is_empty() {
            let exceptions: Vec<Value> = self.exceptions.iter().map(Exception::block).collect();
            document.insert("cause".into(), json!({"working_directory": "/var/task", "exceptions": exceptions}));
        }
        if !self.annotations.is_empty() {
            let annotations = self.annotations.iter().cloned().collect();
            document.insert("annotations".into(), Value::Object(annotations));
        }
        if !self.metadata.is_empty() {
            document.insert("metadata".into(), Value::Object(self.metadata.clone()));
        }
        if !self.links.is_empty() {
            document.insert("links".into(), self.links.iter().map(Link::block).collect());
        }
        if !self.subsegments.is_empty() {
            let parts = self.subsegments.iter().map(|part| Value::Object(part.common())).collect();
            document.insert("subsegments".into(), Value::Array(parts));
        }
        document
    }
}

impl Http {
    fn block(&self) -> Option<Value> {
        let mut request = Map::new();
        for (key, value) in [
            ("url", &self.url),
            ("method", &self.method),
            ("user_agent", &self.user_agent),
            ("client_ip", &self.client_ip),
        ] {
            if let Some(value) = value {
                request.insert(key.into(), value.as_str().into());
            }
        }
        let mut response = Map::new();
        if let Some(status) = self.status {
            response.insert("status".into(), status.into());
        }
        if let Some(length) = self.content_length {
            response.insert("content_length".into(), length.into());
        }
        let mut http = Map::new();
        if !request.is_empty() {
            http.insert("request".into(), Value::Object(request));
        }
        if !response.is_empty() {
            http.insert("response".into(), Value::Object(response));
        }
        if http.is_empty() { None } else { Some(Value::Object(http)) }
    }
}

impl Link {
    fn block(&self) -> Value {
        json!({"trace_id": self.trace, "id": hex(self.id), "attributes": self.attributes()})
    }

    /// What both forms of a link say of it.
    pub fn attributes(&self) -> Value {
        let mut known = json!({"aws.xray.reserved.reference_type": self.reference});
        if self.reference == "child" {
            known["aws.xray.reserved.names"] = json!([self.receiver]);
            known["aws.xray.reserved.type"] = "AWS::Lambda".into();
            known["aws.xray.reserved.received_event_end_time"] = micros(self.received_ms).into();
            known["aws.xray.reserved.dwell_end_time"] = micros(self.received_ms).into();
        }
        known
    }
}

impl Exception {
    fn block(&self) -> Value {
        let stack: Vec<Value> =
            self.stack.iter().map(|(path, line, label)| json!({"path": path, "line": line, "label": label})).collect();
        json!({"id": hex(self.id), "message": self.message, "type": self.kind, "remote": self.remote, "stack": stack})
    }
}

/// Ids of segments and exceptions: 16 hex digits.
pub fn hex(id: u64) -> String {
    format!("{id:016x}")
}

/// Milliseconds as seconds, to the microsecond.
pub fn micros(ms: f64) -> f64 {
    (ms * 1000.0).round() / 1_000_000.0
}
