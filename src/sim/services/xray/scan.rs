//! Looking through a window of traces: page by page and newest first for summaries, in samples for graphs.

use serde_json::{Value, json};

use super::filter::Filter;
use super::summary::summary;
use super::trace::Trace;
use super::{LONGEST_WINDOW_MS, draw, evaluate, filter, group_filter, invalid};
use crate::sim::services::{Call, page};
use crate::sim::wire::Response;
use crate::sim::world::dice::hash_text;
use crate::sim::world::{self, Millis};

/// Summaries in a page.
const PAGE: usize = 50;
/// A page ends after so many traces even when few of them were picked, as X-Ray's do; it may be empty.
const SCANNED_IN_A_PAGE: usize = 2_000;
/// The world is asked for so much at a time.
const SLICE_MS: Millis = 15_000;
/// How much later than its root the last segment of a trace may end: Lambda's longest time-out.
const LONGEST_TRACE_MS: Millis = 900_000;
/// A graph looks at no more than this, spread over its window.
const GRAPH_MS: Millis = 600_000;

/// StartTime and EndTime, ms, at most six hours apart.
pub fn window(body: &Value) -> Result<(Millis, Millis), Response> {
    let (start, end) = times(body)?;
    if end - start > LONGEST_WINDOW_MS {
        return Err(invalid("Time range cannot be longer than 6 hours"));
    }
    Ok((start, end))
}

/// StartTime and EndTime, ms.
pub fn times(body: &Value) -> Result<(Millis, Millis), Response> {
    let time = |key: &str| match &body[key] {
        Value::Number(seconds) => seconds.as_f64().map(|seconds| (seconds * 1000.0).round() as Millis),
        Value::String(text) => chrono::DateTime::parse_from_rfc3339(text).ok().map(|moment| moment.timestamp_millis()),
        _ => None,
    };
    let (Some(start), Some(end)) = (time("StartTime"), time("EndTime")) else {
        return Err(invalid("StartTime and EndTime must be specified"));
    };
    if start > end {
        return Err(invalid("StartTime must be before EndTime"));
    }
    Ok((start, end))
}

/// By which of its moments a trace belongs to a window.
#[derive(Clone, Copy, PartialEq)]
enum Belongs {
    /// Its root began in it.
    Start,
    /// It was last updated in it.
    Update,
    /// One of its segments ended in it.
    SegmentEnd,
}

struct Query<'a> {
    call: &'a Call<'a>,
    window: (Millis, Millis),
    belongs: Belongs,
    filter: Option<Filter>,
    /// Share of the traces that is looked at.
    share: f64,
}

/// GetTraceSummaries.
pub fn summaries(call: &Call<'_>, body: &Value) -> Result<Value, Response> {
    let window = window(body)?;
    let belongs = match body["TimeRangeType"].as_str() {
        None | Some("TraceId") => Belongs::Start,
        Some("Event") => Belongs::Update,
        Some("Service") => Belongs::SegmentEnd,
        Some(other) => return Err(invalid(&format!("Invalid TimeRangeType: {other}"))),
    };
    let expression = body["FilterExpression"].as_str().filter(|text| !text.trim().is_empty());
    let filter = expression.map(filter::parse).transpose().map_err(|mistake| invalid(&mistake.to_string()))?;
    let query = Query { call, window, belongs, filter, share: share(body)? };
    let scope =
        format!("summaries {window:?} {} {} {}", body["TimeRangeType"], expression.unwrap_or_default(), query.share);
    let cursor = match body["NextToken"].as_str() {
        None => None,
        Some(sent) => {
            let place = page::place(&scope, sent).ok_or_else(|| invalid("Invalid NextToken"))?;
            let (moment, id) = place.split_once(' ').ok_or_else(|| invalid("Invalid NextToken"))?;
            Some((moment.parse::<Millis>().map_err(|_| invalid("Invalid NextToken"))?, id.to_owned()))
        }
    };
    let (shown, processed, next) = query.page(cursor.as_ref());
    let mut answer = json!({
        "TraceSummaries": shown,
        "ApproximateTime": call.now as f64 / 1000.0,
        "TracesProcessedCount": processed,
    });
    if let Some((moment, id)) = next {
        answer["NextToken"] = page::token(&scope, &format!("{moment} {id}")).into();
    }
    Ok(answer)
}

/// With Sampling a client takes a part of the traces: of its own choosing, or every second one.
fn share(body: &Value) -> Result<f64, Response> {
    if body["Sampling"] != true {
        return Ok(1.0);
    }
    let strategy = &body["SamplingStrategy"];
    match (strategy["Name"].as_str(), strategy["Value"].as_f64()) {
        (Some("FixedRate"), Some(rate)) if (0.0..=1.0).contains(&rate) => Ok(rate),
        (Some("PartialScan") | None, _) => Ok(0.5),
        _ => Err(invalid("Invalid SamplingStrategy")),
    }
}

type Cursor = (Millis, String);

impl Query<'_> {
    /// Summaries newest first from `cursor` on, the number of traces looked at, and where the next page begins.
    fn page(&self, cursor: Option<&Cursor>) -> (Vec<Value>, usize, Option<Cursor>) {
        let world = self.call.world;
        let (start, end) = self.window;
        // A trace that ended in the window may have begun before it.
        let oldest = if self.belongs == Belongs::Start { start } else { start - LONGEST_TRACE_MS };
        // EndTime itself is within the window, and nothing is known of the future.
        let newest = (end + 1).min(self.call.now + 1);
        let mut shown = Vec::new();
        let mut processed = 0;
        let mut until = cursor.map_or(newest, |(moment, _)| newest.min(moment + 1));
        while until > oldest {
            let from = (until - SLICE_MS).max(oldest);
            let mut found = world.traces(from, until);
            found.sort_by_key(|trace| std::cmp::Reverse(place(trace)));
            for trace in &found {
                let place = place(trace);
                if cursor.is_some_and(|cursor| place >= *cursor) || !world.in_xray(&trace.id, place.0) {
                    continue;
                }
                processed += 1;
                let drawn = draw::draw(world, trace).and_then(|drawn| drawn.at(self.call.now as f64));
                shown.extend(drawn.filter(|drawn| self.wants(drawn)).map(|drawn| self.show(&drawn)));
                if shown.len() == PAGE || processed == SCANNED_IN_A_PAGE {
                    return (shown, processed, Some(place));
                }
            }
            until = from;
        }
        (shown, processed, None)
    }

    fn wants(&self, trace: &Trace) -> bool {
        let (start, end) = (self.window.0 as f64, self.window.1 as f64);
        let within = |moment: f64| (start..=end).contains(&moment);
        let belongs = match self.belongs {
            Belongs::Start => true,
            Belongs::Update => within(trace.end_ms()),
            Belongs::SegmentEnd => trace.segments.iter().any(|segment| !segment.in_progress && within(segment.end_ms)),
        };
        let drawn = (hash_text(&trace.id) >> 11) as f64 / (1_u64 << 53) as f64;
        let group = |name: &str| group_filter(self.call.world, name);
        belongs
            && drawn < self.share
            && self.filter.as_ref().is_none_or(|filter| evaluate::picks(filter, trace, &group))
    }

    fn show(&self, trace: &Trace) -> Value {
        let mut shown = summary(trace, &self.call.world.catalog.account_id);
        if self.belongs != Belongs::Start {
            shown["MatchedEventTime"] = super::trace::micros(trace.end_ms()).into();
        }
        shown
    }
}

/// Where a trace stands in the order of pages: by the start of its root, then by its id.
fn place(trace: &world::Trace) -> Cursor {
    (trace.start(), trace.id.clone())
}

/// Shows traces of the window to `see`, each with the number of traces that it stands for.
///
/// Six hours of traces would take seconds to draw: of a long window only a part of each minute is looked at.
pub fn sample(call: &Call<'_>, window: (Millis, Millis), see: &mut dyn FnMut(Trace, f64)) {
    let (start, end) = (window.0, (window.1 + 1).min(call.now + 1));
    if end <= start {
        return;
    }
    let weight = ((end - start) as f64 / GRAPH_MS as f64).max(1.0);
    let mut from = start;
    while from < end {
        let until = (from + 60_000).min(end);
        let looked = from + ((until - from) as f64 / weight).ceil() as Millis;
        for trace in call.world.traces(from, looked.min(until)) {
            if let Some(drawn) = draw::draw(call.world, &trace).and_then(|drawn| drawn.at(call.now as f64)) {
                see(drawn, weight);
            }
        }
        from = until;
    }
}
