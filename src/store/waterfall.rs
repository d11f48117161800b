//! From segment documents to a waterfall. Documents come from anywhere: broken, doubled, without parents, in circles.

mod document;
mod guilty;
mod otel;
mod segment;
mod times;

use std::collections::HashMap;

use crate::model::trace::{Exception, Link, Oddity, Span, Trace, Waterfall};
use crate::text;
pub use document::document;
pub use guilty::{failures, guilty, invocation};
use segment::{Segment, Text};
pub use times::{Gap, children, gaps};

/// Spans shown at most of one trace; X-Ray itself keeps up to 10,000.
const SPANS: usize = 20_000;
/// Sentences about documents that can't be read; more of them only say how many.
const BROKEN: usize = 20;
/// What begins so much before its parent, or ends so much after it, is told to do so, s: documents are rounded, and the clocks
/// of two hosts are never equal.
const SKEW: f64 = 0.010;

/// Reads a trace. What can't be read is said in [`Waterfall::broken`], what is strange in [`Span::odd`]; all of it is shown.
pub fn read(trace: &Trace) -> Waterfall {
    let mut parts = Parts::default();
    for (at, (id, document)) in trace.documents.iter().enumerate() {
        parts.document = at;
        let answer = match otel::read(document) {
            Some(spans) => {
                spans.into_iter().for_each(|span| parts.add(span));
                Ok(())
            }
            None => segment_of(document, &mut |segment| parts.collect(segment)),
        };
        if let Err(error) = answer {
            parts.complain(format!("segment {} can't be read: {error}", text::safe_line(id)));
        }
    }
    parts.arrange()
}

/// Reads a document and hands it on. A key that comes twice is an error to the quick way, and read by the slow one.
fn segment_of(document: &str, take: &mut dyn FnMut(Segment<'_>)) -> Result<(), String> {
    if !document.trim_start().starts_with('{') {
        return match serde_json::from_str::<serde_json::Value>(document) {
            Ok(_) => Err("it is no JSON object".into()),
            Err(error) => Err(error.to_string()),
        };
    }
    match serde_json::from_str::<Segment<'_>>(document) {
        Ok(segment) => take(segment),
        Err(_) => {
            let value: serde_json::Value = serde_json::from_str(document).map_err(|error| error.to_string())?;
            let once = value.to_string();
            take(serde_json::from_str(&once).map_err(|error| error.to_string())?);
        }
    }
    Ok(())
}

/// A span on its way into the tree.
#[derive(Default)]
struct Part {
    parent: Option<String>,
    /// The exception of another segment that was the cause.
    cause: Option<String>,
    span: Span,
}

#[derive(Default)]
struct Parts {
    parts: Vec<Part>,
    places: HashMap<String, usize>,
    broken: Vec<String>,
    /// Sentences that were one too many.
    silent: usize,
    too_many: usize,
    /// The document that is being read.
    document: usize,
}

impl Parts {
    fn complain(&mut self, what: String) {
        if self.broken.len() < BROKEN {
            self.broken.push(what);
        } else {
            self.silent += 1;
        }
    }

    /// Takes a segment apart: its subsegments become parts of their own, without recursion, whatever their depth.
    fn collect(&mut self, segment: Segment<'_>) {
        let mut stack = vec![(segment, None::<String>)];
        while let Some((mut segment, parent)) = stack.pop() {
            let (Some(id), Some(start)) = (segment.id.0.as_deref().map(str::to_string), segment.start_time.0) else {
                let name = segment.name.line().unwrap_or_else(|| "without a name".into());
                self.complain(format!("a segment ({name}) has no id or no start_time"));
                // What is in it may be readable all the same.
                let above = parent.or_else(|| segment.parent_id.0.as_deref().map(str::to_string));
                stack.extend(segment.subsegments.items.into_iter().map(|inner| (inner, above.clone())));
                continue;
            };
            if segment.subsegments.strange > 0 {
                let count = segment.subsegments.strange;
                self.complain(format!("{count} subsegments of {} are no JSON objects", text::safe_line(&id)));
            }
            let inner = std::mem::take(&mut segment.subsegments.items);
            // In the order of the document, which a stack turns round.
            stack.extend(inner.into_iter().rev().map(|inner| (inner, Some(id.clone()))));
            let is_segment = parent.is_none();
            let parent = parent.or_else(|| segment.parent_id.0.as_deref().map(str::to_string));
            let (cause, span) = span_of(&segment, id, start, is_segment);
            self.add(Part { parent, cause, span });
        }
    }

    fn add(&mut self, mut part: Part) {
        part.span.document = self.document;
        if let Some(&known) = self.places.get(&part.span.id) {
            let known = &mut self.parts[known];
            // X-Ray sends a segment again when it is complete; what came first is kept unless it was in progress.
            if known.span.end.is_none() && part.span.end.is_some() {
                *known = part;
            } else if known.span.end.is_some() && part.span.end.is_some() {
                push_once(&mut known.span.odd, Oddity::Doubled);
            }
            return;
        }
        if self.parts.len() >= SPANS {
            self.too_many += 1;
            return;
        }
        self.places.insert(part.span.id.clone(), self.parts.len());
        self.parts.push(part);
    }

    /// Puts parts under their parents, siblings in the order of time. A parent that is missing, or that would close a circle,
    /// makes its child a root.
    fn arrange(mut self) -> Waterfall {
        if self.silent > 0 {
            self.broken.push(format!("{} more can't be read", self.silent));
        }
        if self.too_many > 0 {
            self.broken.push(format!("{} more than {SPANS} segments: they are not shown", self.too_many));
        }
        self.resolve_causes();
        let Parts { mut parts, places, broken, .. } = self;
        let parents = parents(&mut parts, &places);
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); parts.len()];
        let mut roots = Vec::new();
        for (at, parent) in parents.iter().enumerate() {
            match parent {
                Some(parent) => children[*parent].push(at),
                None => roots.push(at),
            }
        }
        let by_start = |a: &usize, b: &usize| parts[*a].span.start.total_cmp(&parts[*b].span.start).then(a.cmp(b));
        roots.sort_by(by_start);
        for row in &mut children {
            row.sort_by(by_start);
        }
        let start = parts.iter().map(|part| part.span.start).fold(f64::INFINITY, f64::min);
        let end = parts.iter().map(|part| part.span.end.unwrap_or(part.span.start)).fold(f64::NEG_INFINITY, f64::max);
        let (start, end) = if parts.is_empty() { (0.0, 0.0) } else { (start, end) };
        let mut order: Vec<(usize, usize, Option<usize>)> = Vec::with_capacity(parts.len());
        let mut stack: Vec<(usize, usize, Option<usize>)> = roots.into_iter().rev().map(|at| (at, 0, None)).collect();
        while let Some((at, depth, parent)) = stack.pop() {
            let place = order.len();
            order.push((at, depth, parent));
            stack.extend(children[at].iter().rev().map(|child| (*child, depth + 1, Some(place))));
        }
        let mut spans: Vec<Span> = Vec::with_capacity(order.len());
        for (at, depth, parent) in order {
            let mut span = std::mem::take(&mut parts[at].span);
            (span.depth, span.parent) = (depth, parent);
            if let Some(above) = parent.and_then(|parent| spans.get(parent)) {
                span.is_of_lambda = above.origin.starts_with("AWS::Lambda");
                note_skew(&mut span, above);
            }
            spans.push(span);
        }
        // Children stand after their parents: seen from the end, each is complete before it is counted.
        for at in (0..spans.len()).rev() {
            if let Some(parent) = spans[at].parent {
                spans[parent].below += 1 + spans[at].below;
            }
        }
        times::fill(&mut spans, end);
        Waterfall { start, end, spans, broken }
    }

    /// A segment may name its cause by the id of an exception that another one has.
    fn resolve_causes(&mut self) {
        if self.parts.iter().all(|part| part.cause.is_none()) {
            return;
        }
        let known: HashMap<String, Exception> = self
            .parts
            .iter()
            .filter_map(|part| part.span.exception.as_ref())
            .filter_map(|exception| Some((exception.id.clone()?, exception.clone())))
            .collect();
        for part in &mut self.parts {
            if let Some(id) = part.cause.take()
                && part.span.exception.is_none()
            {
                part.span.exception = known.get(&id).cloned();
            }
        }
    }
}

/// The parent of each part, if it is there and closes no circle.
fn parents(parts: &mut [Part], places: &HashMap<String, usize>) -> Vec<Option<usize>> {
    let mut parents: Vec<Option<usize>> = Vec::with_capacity(parts.len());
    for part in parts.iter_mut() {
        let found = part.parent.as_deref().and_then(|id| places.get(id).copied());
        if found.is_none() && part.parent.is_some() {
            part.span.odd.push(Oddity::NoParent);
        }
        parents.push(found);
    }
    // 0: not looked at; 1: on the way up from where we began; 2: known to lead to a root.
    let mut state = vec![0u8; parts.len()];
    let mut way = Vec::new();
    for at in 0..parts.len() {
        let mut up = at;
        while state[up] == 0 {
            state[up] = 1;
            way.push(up);
            match parents[up] {
                Some(parent) if state[parent] == 1 => {
                    parents[up] = None;
                    parts[up].span.odd.push(Oddity::Circle);
                }
                Some(parent) => up = parent,
                None => {}
            }
        }
        way.drain(..).for_each(|seen| state[seen] = 2);
    }
    parents
}

/// Lambda's initialization comes before the invocation that it stands in: that is no skew.
fn note_skew(span: &mut Span, parent: &Span) {
    if span.start < parent.start - SKEW && !span.is_cold_start() {
        push_once(&mut span.odd, Oddity::Early);
    }
    if let (Some(end), Some(limit)) = (span.end, parent.end)
        && end > limit + SKEW
    {
        push_once(&mut span.odd, Oddity::Late);
    }
}

fn push_once(odd: &mut Vec<Oddity>, what: Oddity) {
    if !odd.contains(&what) {
        odd.push(what);
    }
}

fn span_of(segment: &Segment<'_>, id: String, start: f64, is_segment: bool) -> (Option<String>, Span) {
    let mut odd = Vec::new();
    let end = match segment.end_time.0.filter(|_| !segment.in_progress.0) {
        Some(end) if end < start => {
            odd.push(Oddity::Backwards);
            Some(start)
        }
        end => end,
    };
    let aws = &segment.aws.0;
    // The resource names of a segment are its own; those of a call are whom it speaks to.
    let named = aws.resource_names.items.first().and_then(Text::line);
    let of_arn = |text: String| text.rsplit([':', '/']).next().map(str::to_string);
    let resource = (aws.table_name.line())
        .or_else(|| aws.queue_url.line().and_then(of_arn))
        .or_else(|| aws.topic_arn.line().and_then(of_arn))
        .or_else(|| aws.bucket_name.line())
        .or_else(|| aws.function_name.line())
        .or_else(|| aws.function_arn.line().filter(|_| !is_segment).and_then(of_arn))
        .or(named);
    let exception = segment.cause.exceptions.first().map(|first| Exception {
        id: first.id.0.as_deref().map(str::to_string),
        kind: first.kind.line().unwrap_or_default(),
        message: first.message.line().unwrap_or_default(),
    });
    let links = segment.links.items.iter().filter_map(|link| {
        Some(Link {
            trace_id: link.trace_id.line()?,
            span_id: link.id.line().unwrap_or_default(),
            kind: link.attributes.0.reference_type.line(),
        })
    });
    let status = segment.http.0.response.0.status.0.filter(|status| (0.0..1000.0).contains(status));
    let span = Span {
        name: segment.name.line().unwrap_or_else(|| "(no name)".into()),
        origin: segment.origin.line().or_else(|| segment.namespace.line()).unwrap_or_default(),
        start,
        end,
        fault: segment.fault.0,
        error: segment.error.0,
        throttle: segment.throttle.0,
        inferred: segment.inferred.0,
        is_segment,
        status: status.map(|status| status as u16),
        operation: aws.operation.line(),
        resource,
        request_id: aws.request_id.line().or_else(|| aws.api_gateway.0.request_id.line()),
        exception,
        links: links.collect(),
        odd,
        id,
        ..Span::default()
    };
    (segment.cause.id.as_deref().map(str::to_string), span)
}

#[cfg(test)]
mod tests;
