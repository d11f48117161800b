//! Where the time of a trace went: what each span did itself, what the answer waited for, and where nothing is told.

use crate::model::trace::{Oddity, Span, Waterfall};

/// Times in documents are rounded, and clocks differ: of two calls one after the other the first may end so much after the
/// second began, s, or a tenth of its own length, whichever is less; but a millisecond always.
const OVERLAP: f64 = 0.010;
const ROUNDING: f64 = 0.001;

/// A stretch of a span in which nothing below it ran.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gap {
    /// Start, s since 1970.
    pub from: f64,
    /// End, s since 1970.
    pub to: f64,
    /// The span that ended before it, if any.
    pub after: Option<usize>,
    /// The span that began after it, if any.
    pub before: Option<usize>,
}

impl Gap {
    /// How long, s.
    pub fn length(&self) -> f64 {
        self.to - self.from
    }
}

/// The stretches of a span in which nothing directly below it ran, in the order of time. A span with nothing below it is one
/// such stretch.
pub fn gaps(waterfall: &Waterfall, at: usize) -> Vec<Gap> {
    let Some(span) = waterfall.spans.get(at) else { return Vec::new() };
    let mut children: Vec<usize> = calls(&waterfall.spans, at).collect();
    let spans = &waterfall.spans;
    children.sort_by(|a, b| begin(spans, *a).total_cmp(&begin(spans, *b)).then(a.cmp(b)));
    let end = span.end.unwrap_or(waterfall.end);
    let start = begin(spans, at);
    let (mut reached, mut after) = (start, None);
    let mut gaps = Vec::new();
    for child in children {
        let below = &waterfall.spans[child];
        let (from, to) = (begin(spans, child).clamp(start, end), below.end.unwrap_or(waterfall.end).clamp(start, end));
        if from > reached {
            gaps.push(Gap { from: reached, to: from, after, before: Some(child) });
        }
        if to > reached || after.is_none() {
            after = Some(child);
        }
        reached = reached.max(to);
    }
    if end > reached || gaps.is_empty() && after.is_none() {
        gaps.push(Gap { from: reached, to: end.max(reached), after, before: None });
    }
    gaps
}

/// The calls directly below one, with their own time. What X-Ray infers from a call is that very call, seen from the other side.
fn calls(spans: &[Span], at: usize) -> impl Iterator<Item = usize> {
    children(spans, at).filter(|child| !spans[*child].inferred)
}

/// When a span began, with what belongs to it and comes first: Lambda's initialization stands in the segment of the function,
/// which begins only after it.
fn begin(spans: &[Span], at: usize) -> f64 {
    let start = spans[at].start;
    if spans[at].origin != "AWS::Lambda::Function" {
        return start;
    }
    let cold = children(spans, at).filter(|child| spans[*child].is_cold_start());
    cold.map(|child| spans[child].start).fold(start, f64::min)
}

/// The spans directly below one.
pub fn children(spans: &[Span], at: usize) -> impl Iterator<Item = usize> {
    let end = spans.get(at).map_or(at, |span| at + span.below);
    let mut next = at + 1;
    std::iter::from_fn(move || {
        let child = (next <= end).then_some(next)?;
        next = child + 1 + spans.get(child).map_or(0, |span| span.below);
        Some(child)
    })
}

/// Fills in each span's own time, and its share of the critical path.
pub(super) fn fill(spans: &mut [Span], end: f64) {
    own(spans, end);
    critical(spans, end);
    // The answer waited for both sides of a call at once.
    for at in 0..spans.len() {
        if let Some(parent) = spans[at].parent.filter(|_| spans[at].inferred) {
            spans[at].critical = spans[parent].critical;
        }
    }
}

fn own(spans: &mut [Span], end: f64) {
    for at in 0..spans.len() {
        let (from, to) = (spans[at].start, spans[at].end.unwrap_or(end).max(spans[at].start));
        let (mut reached, mut own) = (from, 0.0);
        // Children are in the order of their starts.
        for child in calls(spans, at) {
            let start = begin(spans, child).clamp(from, to);
            let stop = spans[child].end.unwrap_or(end).clamp(from, to);
            own += (start - reached).max(0.0);
            reached = reached.max(stop);
        }
        spans[at].own = own + (to - reached).max(0.0);
    }
}

/// The path on which the answer waited, walked backwards from the end of the longest root: always into the call that ended
/// last, then on from where that began. What ran beside it, and ended later or was not waited for, is not on it.
fn critical(spans: &mut [Span], end: f64) {
    let length = |span: &Span| span.end.unwrap_or(end) - span.start;
    // What lacks its parent is a part of the trace; it may have gone on longer than the answer took.
    let whole = |at: &usize| !spans[*at].odd.contains(&Oddity::NoParent);
    let roots: Vec<usize> = (0..spans.len()).filter(|at| spans[*at].parent.is_none()).collect();
    let known = roots.iter().any(whole);
    let root = roots.into_iter().filter(|at| !known || whole(at));
    // The first of those that are equally long.
    let root = root.fold(None, |best: Option<usize>, at| match best {
        Some(best) if length(&spans[best]) >= length(&spans[at]) => Some(best),
        _ => Some(at),
    });
    let Some(root) = root else { return };
    let mut work = vec![(root, begin(spans, root), spans[root].end.unwrap_or(end))];
    let mut by_end: Vec<usize> = Vec::new();
    while let Some((at, from, to)) = work.pop() {
        by_end.clear();
        by_end.extend(calls(spans, at));
        let ends = |at: usize| spans[at].end.unwrap_or(end);
        by_end.sort_by(|a, b| ends(*b).total_cmp(&ends(*a)).then(a.cmp(b)));
        let (mut cursor, mut itself) = (to, 0.0);
        for &child in &by_end {
            let (start, stop) = (begin(spans, child).max(from), ends(child));
            // What ends a little after its caller by another clock was waited for; what goes on long after it was not.
            let skewed = cursor == to && stop - to <= (stop - start) / 2.0;
            let overlap = ((stop - start) / 10.0).clamp(ROUNDING, OVERLAP);
            // What was over before its caller began is of another clock.
            if start >= cursor || stop <= from || stop > cursor + overlap && !skewed {
                continue;
            }
            let stop = stop.min(cursor);
            itself += cursor - stop;
            work.push((child, start, stop));
            cursor = start;
        }
        spans[at].critical = itself + (cursor - from).max(0.0);
    }
}
