//! The list of traces, and the histogram of how long they took.

use ratatui::layout::Rect;

use super::mark;
use crate::app::App;
use crate::app::tabs::traces::list::{Column, List};
use crate::model::trace::TraceSummary;
use crate::store::feed::Standing;
use crate::text;
use crate::view::pen::{Align, Pen};

/// From this width on, more than what is told of every trace is told.
const WIDE: u16 = 110;
/// Columns of an annotation.
const ANNOTATION: u16 = 14;

/// A column: its heading, its width, which way it is pushed.
type Head = (String, u16, Align);

pub(super) fn draw(app: &App, pen: &mut Pen, inside: Rect) {
    let styles = pen.look.styles.clone();
    let list = &app.traces.list;
    let store = &app.store.traces;
    let all = store.all();
    if list.order.is_empty() {
        let what = match store.list.standing() {
            Standing::Waiting => "the sampled traces of this window".into(),
            _ => nothing(app),
        };
        pen.empty(inside, store.list.standing(), &what);
        return;
    }
    let heads = heads(list, inside.width);
    let title = Rect { height: 1, ..inside };
    let mut x = inside.x + 2;
    let sorted = match list.column {
        Column::Newest => "age",
        Column::Duration => "duration",
        Column::ResponseTime => "response",
        Column::Status => "http",
        Column::EntryPoint => "entry point",
    };
    for (head, width, align) in &heads {
        let by_it = head == sorted && (list.column != Column::Newest || list.reversed);
        let style = if by_it { styles.accent } else { styles.table_header };
        pen.cell(title, x, inside.y, *width, head, *align, style);
        x += width + 1;
    }
    let body = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
    for (at, row) in list.cursor.visible(list.order.len(), usize::from(body.height)).enumerate() {
        let y = body.y + u16::try_from(at).unwrap_or(0);
        let Some(summary) = list.order.get(row).and_then(|at| all.get(*at)) else { break };
        let (glyph, style) = mark(pen, summary.fault, summary.error, summary.throttle);
        pen.put(body, body.x, y, glyph, style);
        let mut x = body.x + 2;
        for ((head, width, align), value) in heads.iter().zip(values(app, list, summary, inside.width)) {
            let style = match head.as_str() {
                "http" if summary.failed() => style,
                "services" | "age" => styles.dim,
                _ => styles.text,
            };
            pen.cell(body, x, y, *width, &text::safe_line(&value), *align, style);
            x += width + 1;
        }
        if row == list.cursor.row {
            pen.shade(body, y, styles.selection);
        }
    }
}

/// Why the list is empty.
fn nothing(app: &App) -> String {
    let tab = &app.traces;
    if !tab.list.filter.is_empty() || tab.list.range.is_some() {
        return "traces that the filter takes; Esc drops it".into();
    }
    if let Some(function) = untraced(app) {
        return format!(
            "traces of {function}: it is not traced (TracingConfig is PassThrough), so only requests of traced callers \
             would show it. l shows its log"
        );
    }
    if !tab.expression().is_empty() {
        return format!(
            "traces of this window that {} takes. Only sampled requests have one; w looks at a longer window, Esc drops the filter",
            text::safe_line(tab.expression())
        );
    }
    if app.store.tracing.get().is_some_and(crate::model::tracing::Tracing::is_transaction_search) {
        return "indexed traces in this window: Transaction Search indexes a small share of them. Any other opens by its id, \
                from a log line (t) or typed (:)"
            .into();
    }
    "sampled traces in this window. Nothing is traced, nothing ran, or nothing was sampled: Tab shows the sampling rules"
        .into()
}

/// The function that is asked for, where it is not traced.
fn untraced(app: &App) -> Option<&str> {
    let of = |name: &str| app.traces.expression().starts_with(&crate::model::expression::service_is(name));
    let mut functions = app.store.functions.all().iter().filter(|function| !function.traced);
    functions.find(|function| of(&function.name)).map(|function| function.name.as_str())
}

fn heads(list: &List, width: u16) -> Vec<Head> {
    let wide = width >= WIDE;
    let right = |name: &str, width| (name.to_string(), width, Align::Right);
    let left = |name: &str, width| (name.to_string(), width, Align::Left);
    let mut heads = vec![right("age", 5), right("duration", 8), right("response", 8), right("http", 4)];
    let annotations = list.annotations.iter().map(|name| left(name, ANNOTATION));
    let annotations: Vec<Head> = annotations.take(usize::from(width / 4 / ANNOTATION)).collect();
    let used = 2 + heads.iter().chain(&annotations).map(|(_, width, _)| width + 1).sum::<u16>();
    let room = width.saturating_sub(used);
    if wide {
        let entry = 26.min(room / 4);
        let request = (room - entry) / 2;
        heads.push(left("entry point", entry));
        heads.push(left("request", request));
        heads.extend(annotations);
        heads.push(left("services", room.saturating_sub(entry + request + 3)));
    } else {
        heads.push(left("request", room.saturating_sub(1)));
        heads.extend(annotations);
    }
    heads
}

fn values(app: &App, list: &List, summary: &TraceSummary, width: u16) -> Vec<String> {
    let age = summary.start.map(|at| text::age((app.now - at).num_seconds())).unwrap_or_default();
    // Of a trace in progress nothing has ended yet.
    let seconds = |value: Option<f64>| match value.filter(|seconds| *seconds > 0.0 || !summary.partial) {
        Some(seconds) => text::millis(seconds * 1000.0),
        None => "-".to_string(),
    };
    let status = match summary.status {
        Some(status) => status.to_string(),
        None if summary.partial => "...".into(),
        None => "-".into(),
    };
    let mut values = vec![age, seconds(summary.duration), seconds(summary.response_time), status];
    let annotations = list.annotations.iter().map(|name| {
        let found = summary.annotations.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        found.collect::<Vec<_>>().join(",")
    });
    if width >= WIDE {
        values.push(summary.entry_point.clone().unwrap_or_default());
        values.push(request(summary).unwrap_or_else(|| summary.id.clone()));
        values.extend(annotations.take(usize::from(width / 4 / ANNOTATION)));
        let mut services: Vec<&str> = Vec::new();
        for service in &summary.services {
            if !services.contains(&service.as_str()) && Some(service) != summary.entry_point.as_ref() {
                services.push(service);
            }
        }
        values.push(services.join(" "));
    } else {
        let entry = || summary.entry_point.clone().unwrap_or_else(|| summary.id.clone());
        values.push(request(summary).unwrap_or_else(entry));
        values.extend(annotations.take(usize::from(width / 4 / ANNOTATION)));
    }
    values
}

/// `POST /checkout`, where it came over HTTP.
fn request(summary: &TraceSummary) -> Option<String> {
    let url = summary.url.as_deref()?;
    let path = match url.splitn(4, '/').nth(3) {
        Some(path) if url.contains("://") => format!("/{path}"),
        _ => url.to_string(),
    };
    Some(match &summary.method {
        Some(method) => format!("{method} {path}"),
        None => path,
    })
}

/// How many traces took how long: a bar for each bucket, its failures at the foot.
pub(super) fn histogram(list: &List, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let histogram = &list.histogram;
    let most = histogram.buckets.iter().map(|(all, _)| *all).max().unwrap_or(0);
    let bars = area.height.saturating_sub(1);
    if most == 0 || bars == 0 {
        pen.put(area, area.x, area.y, "no traces to measure", styles.dim);
        return;
    }
    let chosen = list.brush.map(|brush| brush.buckets());
    for (at, (all, failed)) in histogram.buckets.iter().enumerate() {
        let Ok(x) = u16::try_from(at).map(|at| area.x + at) else { break };
        if x >= area.right() {
            break;
        }
        let eighths = |count: u32| (u64::from(count) * u64::from(bars) * 8).div_ceil(u64::from(most));
        let (whole, bad) = (eighths(*all), eighths(*failed));
        for row in 0..bars {
            let filled = whole.saturating_sub(u64::from(row) * 8).min(8) as usize;
            if filled == 0 {
                break;
            }
            let style = if bad > u64::from(row) * 8 { styles.critical } else { styles.chart_1 };
            pen.put(area, x, area.y + bars - 1 - row, pen.look.glyphs.bars[filled - 1], style);
        }
        if chosen.is_some_and(|(from, to)| (from..=to).contains(&at)) {
            for y in area.y..area.y + bars {
                pen.shade(Rect { x, width: 1, ..area }, y, styles.selection);
            }
        }
    }
    let ms = |seconds: f64| text::millis(seconds * 1000.0);
    let last = histogram.buckets.len().saturating_sub(1);
    let (from, to) = chosen.unwrap_or((0, last));
    let counted = histogram.buckets.iter().take(to + 1).skip(from).fold((0, 0), |sum, b| (sum.0 + b.0, sum.1 + b.1));
    let hint = if chosen.is_some() { "   Space sets an end, Enter looks at it, Esc leaves" } else { "   b chooses" };
    let text = format!(
        "response time {} to {}: {} traces, {} failed",
        ms(histogram.bounds(from).0),
        ms(histogram.bounds(to).1),
        counted.0,
        counted.1
    );
    pen.line(area, area.y + bars, &[(&text, styles.text), (hint, styles.dim)]);
}
