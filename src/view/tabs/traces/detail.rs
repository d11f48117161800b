//! The detail of the selected span.

use ratatui::layout::Rect;

use crate::app::tabs::traces::detail::Kind;
use crate::app::tabs::traces::open::Open;
use crate::model::trace::Waterfall;
use crate::text;
use crate::view::pen::{Align, Pen};

pub(super) fn draw(open: &Open, waterfall: &Waterfall, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let detail = &open.detail;
    let name = open.selected(waterfall).map(|(_, span)| span.name.clone()).unwrap_or_else(|| "Segment".into());
    let hint = if open.on_detail { "" } else { "  Tab: into it, Enter: its document" };
    let room = usize::from(area.width.saturating_sub(8));
    let inside = pen.panel(area, &text::cut(&format!("{name}{hint}"), room), open.on_detail);
    let height = usize::from(inside.height);
    let mut cursor = detail.cursor;
    cursor.fit(detail.rows.len(), height);
    let names = 24.min(inside.width / 3);
    for (at, row) in cursor.visible(detail.rows.len(), height).enumerate() {
        let y = inside.y + u16::try_from(at).unwrap_or(0);
        let Some(shown) = detail.rows.get(row) else { break };
        let style = match shown.kind {
            Kind::Failure => styles.critical,
            Kind::Under => styles.dim,
            Kind::Note => styles.notice,
            Kind::Annotation => styles.accent,
            Kind::Link => styles.link,
            Kind::Fact => styles.text,
        };
        let x = inside.x + names + 1;
        let room = inside.right().saturating_sub(x);
        pen.cell(inside, inside.x, y, names, &shown.name, Align::Left, styles.dim);
        pen.cell(inside, x, y, room, &shown.value, Align::Left, style);
        if open.on_detail && row == cursor.row {
            pen.shade(inside, y, styles.selection);
        }
    }
    if detail.rows.len() > height && height > 0 {
        let more = format!(" {}-{} of {} ", cursor.first + 1, cursor.first + height, detail.rows.len());
        let width = u16::try_from(more.len()).unwrap_or(0);
        let frame = Rect { y: inside.bottom(), height: 1, ..area };
        pen.put(frame, area.right().saturating_sub(width + 2), inside.bottom(), &more, styles.dim);
    }
}
