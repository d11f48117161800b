//! One trace on its time axis. Of each bar the solid part is what the span did itself, the thin part is what it waited for; what
//! the answer waited for is in the colour of spans, what ran beside it is dim.

use std::collections::HashMap;

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::mark;
use crate::app::App;
use crate::app::tabs::traces::open::{Open, finds};
use crate::app::tabs::traces::why_no_trace;
use crate::model::trace::{Source, Span, Trace, Waterfall};
use crate::store::feed::{Feed, Standing};
use crate::store::waterfall::gaps;
use crate::text;
use crate::view::pen::{Align, Pen};

/// From this width on there is a column for each span's own time.
const WIDE: u16 = 110;
/// Columns of a time.
const TIME: u16 = 8;

pub(super) fn draw(app: &App, open: &Open, pen: &mut Pen, area: Rect) {
    let (tree, below) = Open::halves(area);
    let upper = Rect { height: tree, ..area };
    let lower = Rect { y: area.y + tree, height: below, ..area };
    let feed = app.store.traces.whole(open.id());
    let standing = feed.map_or(Standing::Waiting, Feed::standing);
    let room = usize::from(area.width.saturating_sub(8));
    let Some((trace, waterfall)) = open.whole(&app.store) else {
        let title = format!("Trace {}", text::safe_line(open.id()));
        let inside = pen.panel(area, &text::cut(&title, room), true);
        missing(app, open, standing, pen, inside);
        return;
    };
    let title = title(open, trace, waterfall);
    let inside = pen.panel(upper, &text::cut(&title, room), !open.on_detail);
    pen.standing(upper, standing);
    if waterfall.spans.is_empty() {
        let text =
            if waterfall.broken.is_empty() { "the trace has no segments".into() } else { waterfall.broken.join("; ") };
        pen.prose(inside, 0, &text, pen.look.styles.warning);
        return;
    }
    Chart::new(open, waterfall, inside).draw(pen);
    notes(waterfall, pen, upper);
    super::detail::draw(open, waterfall, pen, lower);
}

/// There is no such trace, or none yet: why.
fn missing(app: &App, open: &Open, standing: Standing<'_>, pen: &mut Pen, inside: Rect) {
    let styles = pen.look.styles.clone();
    let absent = matches!(standing, Standing::Failed(trouble) if trouble.kind == crate::model::trouble::Kind::Missing);
    if !absent && open.target.sampled != Some(false) {
        pen.empty(inside, standing, "the segments of this trace");
        return;
    }
    let why = why_no_trace(&open.target, &app.store, app.now);
    let mut row = pen.prose(inside, 0, &format!("There is no such trace: {why}."), styles.warning);
    if open.target.function.is_some() {
        row +=
            pen.prose(inside, row + 1, "l shows the log of the invocation, t in a list its other traces.", styles.dim)
                + 1;
    }
    if let Standing::Failed(trouble) = standing {
        pen.prose(inside, row + 1, &trouble.sentence(), styles.dim);
    }
}

fn title(open: &Open, trace: &Trace, waterfall: &Waterfall) -> String {
    let seconds = trace.duration.filter(|told| *told > 0.0).unwrap_or(waterfall.end - waterfall.start);
    let mut title = format!(
        "Trace {}  {}, {} spans",
        text::safe_line(open.id()),
        text::millis(seconds * 1000.0),
        waterfall.spans.len()
    );
    match trace.source {
        Source::XRay => {}
        Source::Retrieval => title.push_str(", retrieved"),
        Source::Spans => title.push_str(", from aws/spans"),
    }
    if trace.limit_exceeded {
        title.push_str(", more segments than are kept");
    }
    if open.critical_only {
        title.push_str(", what the answer waited for");
    }
    if !open.search.is_empty() {
        let (at, hits) = open.hits(waterfall);
        let at = at.map(|at| format!("{at} of ")).unwrap_or_default();
        title.push_str(&format!(", /{}: {at}{hits} hits", text::safe_line(&open.search)));
    }
    title
}

/// What is odd or left out stands in the frame, where it does not scroll away.
fn notes(waterfall: &Waterfall, pen: &mut Pen, area: Rect) {
    let notes = waterfall.notes();
    if notes.is_empty() || area.height < 2 {
        return;
    }
    let text = format!(" {} ", notes.join("; "));
    let line = Rect { x: area.x + 2, width: area.width.saturating_sub(4), y: area.bottom() - 1, height: 1 };
    let style = if waterfall.broken.is_empty() { pen.look.styles.notice } else { pen.look.styles.warning };
    pen.put(line, line.x, line.y, &text, style);
}

struct Chart<'a> {
    open: &'a Open,
    waterfall: &'a Waterfall,
    body: Rect,
    bars: Rect,
    name: u16,
    wide: bool,
    axis: (f64, f64),
}

impl Chart<'_> {
    fn new<'a>(open: &'a Open, waterfall: &'a Waterfall, inside: Rect) -> Chart<'a> {
        let wide = inside.width >= WIDE;
        let name = (inside.width * 2 / 5).min(52);
        let times = if wide { 2 * (TIME + 1) } else { TIME + 1 };
        let bars = Rect { x: inside.x + name + 1, width: inside.width.saturating_sub(name + 1 + times), ..inside };
        let body = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
        Chart { open, waterfall, body, bars, name, wide, axis: open.axis(waterfall) }
    }

    fn draw(&self, pen: &mut Pen) {
        let styles = pen.look.styles.clone();
        self.draw_axis(pen);
        let rows = self.open.rows(self.waterfall);
        let mut cursor = self.open.cursor;
        let height = usize::from(self.body.height);
        cursor.fit(rows.len(), height);
        for (at, row) in cursor.visible(rows.len(), height).enumerate() {
            let y = self.body.y + u16::try_from(at).unwrap_or(0);
            let Some(place) = rows.get(row).copied() else { break };
            let Some(span) = self.waterfall.spans.get(place) else { break };
            if row == cursor.row {
                // First, so that bars keep their colours.
                let names = Rect { width: self.name, ..self.body };
                pen.shade(names, y, styles.selection);
            }
            self.draw_name(place, span, row == cursor.row, y, pen);
            self.draw_bar(place, span, y, pen);
            self.draw_times(span, y, pen);
        }
    }

    fn draw_axis(&self, pen: &mut Pen) {
        let style = pen.look.styles.chart_axis;
        let line = Rect { height: 1, y: self.body.y.saturating_sub(1), ..self.bars };
        let told = |seconds: f64| text::millis((seconds - self.waterfall.start) * 1000.0);
        let (from, to) = self.axis;
        let left = if from > self.waterfall.start { format!("‹ {}", told(from)) } else { "0".into() };
        let right = if to < self.waterfall.end { format!("{} ›", told(to)) } else { told(to) };
        let (left, right) = match pen.look.glyphs.ascii {
            true => (left.replace('‹', "<"), right.replace('›', ">")),
            false => (left, right),
        };
        let quarters = line.width / 4;
        if quarters > 12 {
            for part in 1..4u16 {
                let at = from + (to - from) * f64::from(part) / 4.0;
                pen.put(line, line.x + quarters * part, line.y, &told(at), pen.look.styles.dim);
            }
        }
        pen.put(line, line.x, line.y, &left, style);
        let width = u16::try_from(text::width(&right)).unwrap_or(0);
        pen.put(line, line.right().saturating_sub(width), line.y, &right, style);
        let heads = Rect { x: line.right(), width: self.body.right().saturating_sub(line.right()), ..line };
        if self.wide {
            pen.cell(heads, heads.x + 1, line.y, TIME, "own", Align::Right, pen.look.styles.table_header);
        }
    }

    fn draw_name(&self, place: usize, span: &Span, selected: bool, y: u16, pen: &mut Pen) {
        let styles = pen.look.styles.clone();
        let on = |style: Style| if selected { style.patch(styles.selection) } else { style };
        let folded = self.open.folded.contains(&span.id);
        // On a small screen names matter more than steps.
        let step = if self.wide { 2 } else { 1 };
        let indent = u16::try_from(span.depth * step).unwrap_or(u16::MAX).min(self.name / 2);
        let fold = match (span.has_children(), folded) {
            (true, true) => pen.look.glyphs.closed,
            (true, false) => pen.look.glyphs.open,
            _ => " ",
        };
        let hit = !self.open.search.is_empty() && finds(span, &self.open.search);
        let (glyph, failure) = mark(pen, span.fault, span.error, span.throttle);
        let style = match (hit, span.failed(), span.inferred) {
            (true, ..) => styles.matched,
            (_, true, _) => failure,
            (_, _, true) => styles.dim,
            _ => styles.text,
        };
        let area = Rect { width: self.name, ..self.body };
        let mut x = pen.put(area, self.body.x + indent, y, fold, on(styles.dim));
        if span.failed() {
            x = pen.put(area, x + 1, y, glyph, on(failure));
        }
        x = pen.put(area, x + 1, y, &span.name, on(style));
        x = pen.put(area, x + 1, y, &about(span), on(styles.dim));
        if folded {
            // What is folded away must not hide a failure.
            let below = self.waterfall.spans.iter().skip(place + 1).take(span.below);
            let (mut fault, mut error, mut throttle) = (false, false, false);
            for span in below {
                (fault, error, throttle) = (fault | span.fault, error | span.error, throttle | span.throttle);
            }
            let style = if fault || error || throttle { mark(pen, fault, error, throttle).1 } else { styles.dim };
            pen.put(area, x + 1, y, &format!("+{}", span.below), on(style));
        }
    }

    fn draw_times(&self, span: &Span, y: u16, pen: &mut Pen) {
        let styles = &pen.look.styles;
        let style = if span.critical > 0.0 { styles.text } else { styles.dim };
        let ms = |seconds: f64| text::millis(seconds * 1000.0);
        let time = span.duration().map_or("open".to_string(), ms);
        let mut x = self.bars.right() + 1;
        if self.wide {
            let own = if span.has_children() { ms(span.own) } else { String::new() };
            pen.cell(self.body, x, y, TIME, &own, Align::Right, pen.look.styles.dim);
            x += TIME + 1;
        }
        pen.cell(self.body, x, y, TIME, &time, Align::Right, style);
    }

    fn draw_bar(&self, place: usize, span: &Span, y: u16, pen: &mut Pen) {
        let styles = pen.look.styles.clone();
        let end = span.end.unwrap_or(self.waterfall.end);
        let Some((from, to)) = self.columns(span.start, end) else {
            // Outside of what is seen: on which side.
            let (glyph, x) = match end < self.axis.0 {
                true => (if pen.look.glyphs.ascii { "<" } else { "‹" }, self.bars.x),
                false => (if pen.look.glyphs.ascii { ">" } else { "›" }, self.bars.right().saturating_sub(1)),
            };
            pen.put(self.bars, x, y, glyph, styles.dim);
            return;
        };
        let style = match (span.failed(), span.inferred, span.is_cold_start(), span.critical > 0.0) {
            (true, ..) => mark(pen, span.fault, span.error, span.throttle).1,
            (_, true, ..) => styles.span_inferred,
            (_, _, true, _) => styles.cold,
            (_, _, _, true) => styles.span,
            _ => styles.dim,
        };
        let glyphs = &pen.look.glyphs;
        let (solid, thin, more) = (glyphs.bar, glyphs.thin, glyphs.more);
        let mut cells: HashMap<u16, &'static str> = HashMap::new();
        if span.has_children() {
            cells.extend((from..to).map(|x| (x, thin)));
            for gap in gaps(self.waterfall, place) {
                // What is shorter than half a cell would make everything look busy.
                let cell = (self.axis.1 - self.axis.0) / f64::from(self.bars.width.max(1));
                if gap.length() >= cell / 2.0
                    && let Some((from, to)) = self.columns(gap.from, gap.to)
                {
                    cells.extend((from..to).map(|x| (x, solid)));
                }
            }
        } else {
            cells.extend((from..to).map(|x| (x, solid)));
        }
        if span.end.is_none() {
            cells.insert(to - 1, more);
        }
        for (x, glyph) in cells {
            pen.put(self.bars, x, y, glyph, style);
        }
    }

    /// The columns that a stretch of time takes, at least one; none where it is not seen.
    fn columns(&self, start: f64, end: f64) -> Option<(u16, u16)> {
        let (from, to) = self.axis;
        if self.bars.width == 0 || end < from || start > to {
            return None;
        }
        let width = f64::from(self.bars.width);
        let column = |at: f64| ((at - from) / (to - from) * width).clamp(0.0, width);
        let first = (column(start).floor() as u16).min(self.bars.width - 1);
        let last = (column(end).round() as u16).max(first + 1).min(self.bars.width);
        Some((self.bars.x + first, self.bars.x + last))
    }
}

/// What stands beside a name: the part that it is, or what it does, or what kind of service it is.
fn about(span: &Span) -> String {
    if let Some(part) = span.part() {
        return part.to_string();
    }
    let kind = match span.origin.as_str() {
        "AWS::Lambda" => "Lambda service".to_string(),
        "AWS::Lambda::Function" => "function".to_string(),
        "aws" | "remote" | "local" => String::new(),
        kind => kind.strip_prefix("AWS::").unwrap_or(kind).to_string(),
    };
    let mut words: Vec<String> = Vec::new();
    words.extend(span.operation.clone());
    words.extend(span.resource.clone().filter(|name| *name != span.name && !span.origin.starts_with("AWS::Lambda")));
    if !kind.is_empty() {
        words.push(kind);
    }
    words.extend(span.status.filter(|status| *status >= 400).map(|status| status.to_string()));
    if !span.links.is_empty() {
        words.push(format!("{} linked", span.links.len()));
    }
    words.join(" ")
}
