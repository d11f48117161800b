//! Which span of a trace to look at first.

use super::children;
use crate::model::trace::{Span, Waterfall};

/// The span at fault: where the failure began, seen from the span that answered; of a trace without failure the one for which
/// the answer waited longest. None only where there are no spans.
pub fn guilty(waterfall: &Waterfall) -> Option<usize> {
    let spans = &waterfall.spans;
    let failed = origin_of_failure(spans);
    let slowest = || {
        let longest = (0..spans.len()).max_by(|a, b| spans[*a].critical.total_cmp(&spans[*b].critical).then(b.cmp(a)));
        longest.map(|at| told_by(spans, at))
    };
    failed.or_else(slowest)
}

/// Every span that failed and below which nothing failed: each is where a failure began.
pub fn failures(waterfall: &Waterfall) -> Vec<usize> {
    let spans = &waterfall.spans;
    let mut begun: Vec<usize> = (0..spans.len())
        .filter(|&at| spans[at].failed() && nearest_failures(spans, at).is_empty())
        .map(|at| told_by(spans, at))
        .collect();
    begun.dedup();
    begun
}

/// An inferred segment says nothing that the call from which X-Ray inferred it does not say better.
fn told_by(spans: &[Span], at: usize) -> usize {
    match spans[at].parent {
        Some(parent) if spans[at].inferred => parent,
        _ => at,
    }
}

/// The failed spans below one, but for those below another of them. What is between may be well: a call that was answered
/// with an error has done its work.
fn nearest_failures(spans: &[Span], at: usize) -> Vec<usize> {
    let mut found = Vec::new();
    let end = at + spans.get(at).map_or(0, |span| span.below);
    let mut next = at + 1;
    while next <= end {
        let Some(span) = spans.get(next) else { break };
        if span.failed() {
            found.push(next);
            next += span.below;
        }
        next += 1;
    }
    found
}

fn origin_of_failure(spans: &[Span]) -> Option<usize> {
    let severity = |at: usize| {
        let span: &Span = &spans[at];
        (span.fault, span.throttle, span.error)
    };
    // Of several failures that one is followed which is the worst, and of those the last: earlier ones were got over.
    let worst = |candidates: &mut dyn Iterator<Item = usize>| {
        candidates.filter(|at| spans[*at].failed()).max_by(|a, b| {
            severity(*a).cmp(&severity(*b)).then(spans[*a].start.total_cmp(&spans[*b].start)).then(b.cmp(a))
        })
    };
    let mut roots = (0..spans.len()).filter(|at| spans[*at].parent.is_none());
    // A root that is well may have got over what failed below it: that is still the thing to look at.
    let mut at = worst(&mut roots).or_else(|| worst(&mut (0..spans.len())))?;
    while let Some(below) = worst(&mut nearest_failures(spans, at).into_iter()) {
        at = below;
    }
    Some(told_by(spans, at))
}

/// The function's own segment of the invocation with that request id, or else what has the id.
pub fn invocation(waterfall: &Waterfall, request_id: &str) -> Option<usize> {
    let spans = &waterfall.spans;
    let is_it = |span: &Span| span.request_id.as_deref() == Some(request_id) && span.origin.starts_with("AWS::Lambda");
    let at = spans.iter().position(is_it)?;
    let own = children(spans, at)
        .find(|below| spans[*below].origin == "AWS::Lambda::Function" && spans[*below].name == spans[at].name);
    Some(own.unwrap_or(at))
}
