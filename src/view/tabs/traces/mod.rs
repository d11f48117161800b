//! The Traces tab: its panels by name, what the list can and can not show, and the panel on screen; or one trace.
//!
//! ```text
//! ╭ Trace 1-6b01…  940ms ────────────────────────────────────────────────────────╮
//! │ shop-api/prod           ━━━█━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 940ms         │
//! │   checkout-api          ·   ██━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━██ 931ms         │
//! │     payment-authorize   ·          ● █████████████████          402ms         │
//! ╰───────────────────────────────────────────────────────────────────────────────╯
//! ╭ payment-authorize ────────────────────────────────────────────────────────────╮
//! │ exception  ProviderException: payments.example.com answered 503               │
//! ╰───────────────────────────────────────────────────────────────────────────────╯
//! ```

mod detail;
mod list;
mod map;
mod sampling;
mod statistics;
mod status;
mod waterfall;

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::App;
use crate::app::tabs::traces::Panel;
use crate::app::tabs::traces::list::HISTOGRAM;
use crate::text;
use crate::view::pen::Pen;

/// Draws the tab.
pub fn draw(app: &App, pen: &mut Pen, area: Rect) {
    let tab = &app.traces;
    if let Some(open) = &tab.open {
        return waterfall::draw(app, open, pen, area);
    }
    let room = usize::from(area.width.saturating_sub(8));
    let inside = pen.panel(area, &text::cut(&title(app), room), true);
    if inside.height < 2 {
        return;
    }
    status::draw(app, pen, Rect { height: 1, ..inside });
    let mut body = Rect { y: inside.y + 1, height: inside.height - 1, ..inside };
    match tab.panel {
        Panel::List => {
            pen.standing(area, app.store.traces.list.standing());
            if tab.list.shows_histogram && body.height > HISTOGRAM {
                list::histogram(&tab.list, pen, Rect { height: HISTOGRAM, ..body });
                body = Rect { y: body.y + HISTOGRAM, height: body.height - HISTOGRAM, ..body };
            }
            list::draw(app, pen, body);
        }
        Panel::Map => {
            pen.standing(area, app.store.graph.standing());
            map::draw(app, pen, body);
        }
        Panel::Statistics => statistics::draw(app, pen, body),
        Panel::Sampling => sampling::draw(app, pen, body),
    }
}

fn title(app: &App) -> String {
    let tab = &app.traces;
    let mut title = format!("Traces of the last {}", text::span(app.window.length));
    if !tab.expression().is_empty() {
        title.push_str(&format!(", AWS filter {}", text::safe_line(tab.expression())));
    }
    title
}

/// How something went: a shape and a colour for each way to fail.
fn mark(pen: &Pen, fault: bool, error: bool, throttle: bool) -> (&'static str, Style) {
    let (glyphs, styles) = (&pen.look.glyphs, &pen.look.styles);
    if fault {
        (glyphs.critical, styles.critical)
    } else if throttle {
        (glyphs.notice, styles.throttle)
    } else if error {
        (glyphs.warning, styles.warning)
    } else {
        (glyphs.good, styles.good)
    }
}
