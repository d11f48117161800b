//! What many traces have in common: where their time goes, and which exceptions they fail with.

use std::collections::HashMap;

use super::errors::fingerprint_of_message;
use super::waterfall::failures;
use crate::model::trace::Waterfall;

/// What one kind of span takes of the answers' time, in two sets of traces: the usual and the slow, or before and after.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Share {
    /// Whose time it is: `checkout-api › DynamoDB PutItem orders`.
    pub what: String,
    /// Mean time on the critical path of a trace of the first set, s.
    pub first: f64,
    /// Likewise of the second set.
    pub second: f64,
    /// Traces of both sets that have it.
    pub traces: usize,
    /// The trace in which it took longest.
    pub example: String,
}

impl Share {
    /// How much more the second set takes, s.
    pub fn difference(&self) -> f64 {
        self.second - self.first
    }
}

/// A failure that traces have in common.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Failure {
    /// Where it began: `payment-authorize › payments.example.com`.
    pub what: String,
    /// Type and message of the exception, with numbers and ids left out of what tells them apart.
    pub exception: String,
    /// Traces that have it.
    pub traces: usize,
    /// One of them, the last.
    pub example: String,
    /// When it was last seen, s since 1970.
    pub last: f64,
}

/// A trace with its id.
pub type Whole<'a> = (&'a str, &'a Waterfall);

/// Whose time a span is: the service that did it, and what of it. Two spans of that name do the same.
pub fn label(waterfall: &Waterfall, at: usize) -> String {
    let mut at = at;
    // What X-Ray infers from a call has the call's time.
    while let Some(span) = waterfall.spans.get(at).filter(|span| span.inferred)
        && let Some(parent) = span.parent
    {
        at = parent;
    }
    let Some(span) = waterfall.spans.get(at) else { return String::new() };
    if span.is_segment {
        // The two segments of an invocation bear the same name.
        let service = if span.origin == "AWS::Lambda" { " (Lambda service)" } else { "" };
        return format!("{}{service}", span.name);
    }
    let mut what = span.name.clone();
    // The parts of an invocation name the function once more.
    let is_part = span.part().is_some();
    for more in [&span.operation, &span.resource].into_iter().flatten().filter(|more| !is_part && **more != span.name) {
        what.push(' ');
        what.push_str(more);
    }
    let mut above = span.parent;
    while let Some(parent) = above.and_then(|at| waterfall.spans.get(at)) {
        if parent.is_segment {
            return format!("{} › {what}", parent.name);
        }
        above = parent.parent;
    }
    what
}

/// What accounts for the difference between two sets of traces, the greatest difference first.
pub fn compare(first: &[Whole<'_>], second: &[Whole<'_>]) -> Vec<Share> {
    let mut shares: HashMap<String, (Share, f64)> = HashMap::new();
    for (is_second, set) in [(false, first), (true, second)] {
        for (id, waterfall) in set {
            let mut own: HashMap<String, f64> = HashMap::new();
            for (at, span) in waterfall
                .spans
                .iter()
                .enumerate()
                .filter(|(_, span)| span.critical > 0.0 && !(span.inferred && span.parent.is_some()))
            {
                *own.entry(label(waterfall, at)).or_default() += span.critical;
            }
            for (what, seconds) in own {
                let (share, longest) = shares.entry(what).or_default();
                let sum = if is_second { &mut share.second } else { &mut share.first };
                *sum += seconds / set.len() as f64;
                share.traces += 1;
                if seconds > *longest {
                    *longest = seconds;
                    share.example = (*id).to_string();
                }
            }
        }
    }
    let mut shares: Vec<Share> = shares.into_iter().map(|(what, (share, _))| Share { what, ..share }).collect();
    shares.sort_by(|a, b| {
        let by_difference = b.difference().abs().total_cmp(&a.difference().abs());
        by_difference.then(b.second.total_cmp(&a.second)).then_with(|| a.what.cmp(&b.what))
    });
    shares
}

/// What the traces failed with, the most frequent first.
pub fn common_failures(traces: &[Whole<'_>]) -> Vec<Failure> {
    let mut found: HashMap<(String, String), Failure> = HashMap::new();
    for (id, waterfall) in traces {
        let mut counted: Vec<(String, String)> = Vec::new();
        for at in failures(waterfall) {
            let Some(span) = waterfall.spans.get(at) else { continue };
            let what = label(waterfall, at);
            let exception = match (&span.exception, span.status) {
                (Some(exception), _) if !exception.message.is_empty() => {
                    format!("{}: {}", exception.kind, exception.message)
                }
                (Some(exception), _) => exception.kind.clone(),
                (None, Some(status)) => format!("answered {status}"),
                (None, None) if span.throttle => "throttled".into(),
                (None, None) if span.fault => "fault without an exception".into(),
                (None, None) => "error without an exception".into(),
            };
            let key = (what.clone(), fingerprint_of_message(&exception));
            let failure = found.entry(key.clone()).or_insert_with(|| Failure {
                what,
                exception,
                last: f64::NEG_INFINITY,
                ..Failure::default()
            });
            // Tried three times and failed three times is one failed trace.
            if !counted.contains(&key) {
                failure.traces += 1;
                counted.push(key);
            }
            if span.start > failure.last {
                failure.last = span.start;
                failure.example = (*id).to_string();
            }
        }
    }
    let mut failures: Vec<Failure> = found.into_values().collect();
    failures.sort_by(|a, b| {
        b.traces.cmp(&a.traces).then_with(|| a.what.cmp(&b.what)).then_with(|| a.exception.cmp(&b.exception))
    });
    failures
}
