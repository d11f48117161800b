//! Panels that are lists of lines: what, its value, and a bar where it is a share of a limit.

use ratatui::layout::Rect;

use crate::app::App;
use crate::app::tabs::apis::Panel;
use crate::app::tabs::apis::settings::Tone;
use crate::text;
use crate::view::chart;
use crate::view::pen::{Align, Pen};

/// Columns of a bar.
const BAR: u16 = 8;

pub(super) fn draw(app: &App, panel: Panel, pen: &mut Pen, inside: Rect) {
    let styles = pen.look.styles.clone();
    let lines = app.apis.lines(panel, &app.store, app.now);
    if lines.is_empty() {
        pen.prose(inside, 0, "nothing with this text (Esc drops it)", styles.dim);
        return;
    }
    let longest = lines.iter().map(|line| text::width(&line.what)).max().unwrap_or(0);
    let what_width = u16::try_from(longest).unwrap_or(u16::MAX).clamp(14, (inside.width / 3).max(14));
    let bars = inside.width >= 60;
    let height = usize::from(inside.height);
    let mut cursor = app.apis.cursors[panel as usize];
    cursor.fit(lines.len(), height);
    for (at, row) in cursor.visible(lines.len(), height).enumerate() {
        let y = inside.y + u16::try_from(at).unwrap_or(0);
        let line = &lines[row];
        let style = match line.tone {
            Tone::Plain => styles.text,
            Tone::Quiet => styles.dim,
            Tone::Warning => styles.warning,
        };
        let what = text::cut_middle(&line.what, usize::from(what_width));
        pen.cell(inside, inside.x, y, what_width, &what, Align::Left, styles.dim);
        let x = inside.x + what_width + 1;
        let mut width = inside.right().saturating_sub(x);
        if let Some(share) = line.bar.filter(|_| bars) {
            let filled = if line.tone == Tone::Warning { styles.warning } else { styles.chart_1 };
            chart::gauge(pen, Rect { x: inside.right() - BAR, width: BAR, ..inside }, y, share, filled);
            width = width.saturating_sub(BAR + 1);
        }
        // Prose is read from its beginning; of an ARN or a URL both ends matter.
        let prose = line.value.contains(' ');
        let value = if prose { line.value.as_str().into() } else { text::cut_middle(&line.value, usize::from(width)) };
        pen.cell(inside, x, y, width, &value, Align::Left, style);
        if row == cursor.row {
            pen.shade(inside, y, styles.selection);
        }
    }
}
