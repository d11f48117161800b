//! Groups, sampling rules, and where segments go.

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::App;
use crate::app::tabs::traces::sampling::{Row, in_words, rows};
use crate::model::tracing::Destination;
use crate::text;
use crate::view::pen::{Align, Pen};

/// Where segments go, and what could not be asked.
pub(super) fn parts(app: &App, pen: &Pen) -> Vec<(String, Style)> {
    let styles = &pen.look.styles;
    let Some(tracing) = app.store.tracing.get() else { return Vec::new() };
    let mut parts = Vec::new();
    if let Some(to) = tracing.destination {
        let going = if to.is_active { "" } else { " (being switched over)" };
        let text = match to.destination {
            Destination::XRay => format!("segments go to X-Ray{going}"),
            Destination::CloudWatchLogs => {
                let share = tracing.indexed_percent.map(|share| format!(", {share} % indexed")).unwrap_or_default();
                format!("Transaction Search: segments go to CloudWatch Logs{going}{share}")
            }
        };
        parts.push((text, styles.text));
    }
    parts.extend(tracing.troubles.iter().map(|trouble| (trouble.sentence(), styles.warning)));
    parts
}

pub(super) fn draw(app: &App, pen: &mut Pen, inside: Rect) {
    let styles = pen.look.styles.clone();
    let Some(tracing) = app.store.tracing.get() else {
        pen.empty(inside, app.store.tracing.standing(), "groups and sampling rules");
        return;
    };
    let rows = rows(tracing);
    let mut cursor = app.traces.sampling.cursor;
    let height = usize::from(inside.height);
    cursor.fit(rows.len(), height);
    for (at, row) in cursor.visible(rows.len(), height).enumerate() {
        let y = inside.y + u16::try_from(at).unwrap_or(0);
        let name = 24.min(inside.width / 4);
        let second = inside.x + 2 + name + 1;
        let put = |pen: &mut Pen, x: u16, width: u16, text: &str, style: Style| {
            pen.cell(inside, x, y, width.min(inside.right().saturating_sub(x)), text, Align::Left, style);
        };
        match &rows[row] {
            Row::Head(text) => {
                pen.put(inside, inside.x, y, text, styles.table_header);
            }
            Row::Rule(rule, done) => {
                put(pen, inside.x + 2, name, &rule.name, styles.text);
                put(pen, second, 22, &in_words(rule), styles.text);
                let effect = match done.requests {
                    0 => "no requests told of".to_string(),
                    requests => format!(
                        "{} of {} sampled, {}",
                        text::count(done.sampled as f64),
                        text::count(requests as f64),
                        text::percent(done.sampled as f64 / requests as f64)
                    ),
                };
                put(pen, second + 23, 30, &effect, styles.accent);
                let rest = second + 23 + 31;
                put(pen, rest, u16::MAX, &format!("{} {}", rule.priority, rule.fits), styles.dim);
            }
            Row::Group(group) => {
                put(pen, inside.x + 2, name, &group.name, styles.text);
                let text = group.expression.as_deref().unwrap_or("all traces");
                put(pen, second, u16::MAX, &text::safe_line(text), styles.dim);
            }
        }
        if row == cursor.row {
            pen.shade(inside, y, styles.selection);
        }
    }
}
