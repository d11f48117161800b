//! The Logs tab: its panels by name, what the tail is and is not, and the panel on screen.
//!
//! ```text
//! ╭ Logs orders-api, payments and 2 more ─────────────────────────────────────────╮
//! │ Lines Invocations Errors Insights · following · newest 3s ago · 12.0/s · …    │
//! │ ▁▂▁▁▇▁▁▂▁▁▁▁▁▂▂▃▁▁▁                                             (histogram)    │
//! │ 14:03:22.104 START RequestId: …                                               │
//! │ 14:03:22.310 ● [ERROR] KeyError: 'shippingAddress'                            │
//! ╰───────────────────────────────────────────────────────────────────────────────╯
//! ```

mod errors;
mod histogram;
mod insights;
mod invocations;
mod lines;
mod status;

pub(super) use status::put as put_parts;

use ratatui::layout::Rect;

use crate::app::App;
use crate::app::tabs::logs::{Logs, Panel, lines::HISTOGRAM};
use crate::text;
use crate::view::pen::Pen;

/// Draws the tab.
pub fn draw(app: &App, pen: &mut Pen, area: Rect) {
    let tab = &app.logs;
    let room = usize::from(area.width.saturating_sub(8));
    let inside = pen.panel(area, &text::cut_middle(&title(tab), room), true);
    if inside.height < 2 {
        return;
    }
    status::draw(app, pen, Rect { height: 1, ..inside });
    let mut body = Rect { y: inside.y + 1, height: inside.height - 1, ..inside };
    match tab.panel {
        Panel::Lines => {
            if tab.histogram.shown && body.height > HISTOGRAM {
                histogram::draw(tab, &app.store.logs, pen, Rect { height: HISTOGRAM, ..body });
                body = Rect { y: body.y + HISTOGRAM, height: body.height - HISTOGRAM, ..body };
            }
            lines::draw(app, pen, body);
        }
        Panel::Invocations => invocations::draw(app, pen, body),
        Panel::Errors => errors::draw(app, pen, body),
        Panel::Insights => insights::draw(app, pen, body),
    }
}

fn title(tab: &Logs) -> String {
    let short = |name: &str| name.strip_prefix("/aws/lambda/").unwrap_or(name).to_string();
    let mut names = tab.groups.iter().map(|group| match &group.function {
        Some(function) => format!("{} ({function})", group.name),
        None if tab.groups.len() > 1 => short(&group.name),
        None => group.name.clone(),
    });
    match (names.next(), names.next(), tab.groups.len()) {
        (None, ..) => "Logs".to_string(),
        (Some(one), None, _) => format!("Logs {one}"),
        (Some(one), Some(two), 2) => format!("Logs {one}, {two}"),
        (Some(one), Some(two), many) => format!("Logs {one}, {two} and {} more", many - 2),
    }
}
