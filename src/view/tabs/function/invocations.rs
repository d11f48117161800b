//! Recent invocations, as their REPORT lines tell them.

use ratatui::layout::Rect;

use super::rows_of;
use crate::app::App;
use crate::app::tabs::functions::detail::{Detail, Panel};
use crate::model::invocation::Status;
use crate::store::feed::{Feed, Standing};
use crate::text;
use crate::view::pen::{Align, Pen};

pub(super) fn draw(app: &App, open: &Detail, pen: &mut Pen, area: Rect, focus: bool) {
    let name = open.name.as_str();
    let styles = pen.look.styles.clone();
    let feed = app.store.invocations.get(name);
    let invocations = feed.and_then(Feed::get).map(Vec::as_slice).unwrap_or_default();
    let cold =
        invocations.iter().filter(|invocation| invocation.init_ms.is_some() || invocation.restore_ms.is_some()).count();
    let title = if invocations.is_empty() {
        "Recent invocations".to_string()
    } else {
        format!("Recent invocations {}, {cold} cold", invocations.len())
    };
    let inside = pen.panel(area, &title, focus);
    if invocations.is_empty() {
        pen.empty(inside, feed.map_or(Standing::Waiting, Feed::standing), "REPORT lines in the last minutes");
        return;
    }
    pen.standing(area, feed.map_or(Standing::Waiting, Feed::standing));
    for (y, row, selected) in rows_of(open, Panel::Invocations, inside, invocations.len()) {
        let invocation = &invocations[row];
        let (mark, word, style) = match invocation.status {
            Status::Ok => (pen.look.glyphs.good, "ok", styles.good),
            Status::Error => (pen.look.glyphs.critical, "error", styles.critical),
            Status::Crashed => (pen.look.glyphs.critical, "crash", styles.critical),
            Status::OutOfMemory => (pen.look.glyphs.critical, "memory", styles.critical),
            Status::TimedOut => (pen.look.glyphs.critical, "time-out", styles.critical),
            Status::Open => (pen.look.glyphs.waiting, "open", styles.dim),
        };
        let at = invocation.start.map(|at| pen.time_of_day(at, "%H:%M:%S")).unwrap_or_default();
        let duration = invocation.duration_ms.map_or("-".into(), text::millis);
        let memory = match (invocation.memory_used_mb, invocation.memory_mb) {
            (Some(used), Some(size)) => format!("{used}/{size}"),
            _ => "-".into(),
        };
        let cold = match (invocation.init_ms, invocation.restore_ms) {
            (Some(init), _) => format!("cold {}", text::millis(init)),
            (_, Some(restore)) => format!("restore {}", text::millis(restore)),
            _ => String::new(),
        };
        let x = pen.line(inside, y, &[(mark, style), (" ", styles.text), (&at, styles.dim)]);
        pen.cell(inside, x + 1, y, 8, word, Align::Left, style);
        pen.cell(inside, x + 9, y, 7, &duration, Align::Right, styles.text);
        pen.cell(inside, x + 17, y, 9, &memory, Align::Right, styles.dim);
        pen.cell(inside, x + 27, y, 12, &cold, Align::Left, styles.cold);
        let version = invocation.version.as_deref().map(|version| format!("v{version}")).unwrap_or_default();
        pen.cell(inside, x + 40, y, 5, version.trim_end_matches("$LATEST"), Align::Left, styles.dim);
        pen.put(inside, x + 46, y, &invocation.request_id, styles.link);
        if selected {
            pen.shade(inside, y, styles.selection);
        }
    }
}
