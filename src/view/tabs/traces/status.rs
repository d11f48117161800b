//! The line over the panels: their names, and what keeps them from being complete.

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::App;
use crate::app::tabs::traces::Panel;
use crate::app::tabs::traces::list::Column;
use crate::app::tabs::traces::sampling::in_words;
use crate::text;
use crate::view::pen::Pen;
use crate::view::tabs::logs::put_parts;

/// Narrower than this there is room for one panel's name only.
const NARROW: u16 = 100;

pub(super) fn draw(app: &App, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let mut x = area.x;
    if area.width < NARROW {
        x = pen.put(area, x, area.y, &format!(" {} ", app.traces.panel.name()), styles.tab_active);
        x = pen.put(area, x, area.y, " Tab ", styles.dim);
    } else {
        for panel in Panel::ALL {
            let style = if panel == app.traces.panel { styles.tab_active } else { styles.dim };
            x = pen.put(area, x, area.y, &format!(" {} ", panel.name()), style);
        }
        x = pen.put(area, x, area.y, " ", styles.dim);
    }
    let parts = match app.traces.panel {
        Panel::List => list(app, pen),
        Panel::Map => super::map::parts(app, pen),
        Panel::Statistics => super::statistics::parts(app, pen),
        Panel::Sampling => super::sampling::parts(app, pen),
    };
    put_parts(pen, area, x, &parts);
}

/// What the list shows, of how much.
fn list(app: &App, pen: &Pen) -> Vec<(String, Style)> {
    let (tab, styles) = (&app.traces.list, &pen.look.styles);
    let store = &app.store.traces;
    let mut parts = Vec::new();
    let shown = match (tab.order.len(), tab.in_window) {
        (shown, all) if shown == all => format!("{all} traces"),
        (shown, all) => format!("{shown} of {all} traces"),
    };
    parts.push((shown, styles.text));
    if tab.failed > 0 {
        parts.push((format!("{} failed", tab.failed), styles.critical));
    }
    if !tab.filter.is_empty() {
        parts.push((format!("/{}", text::safe_line(&tab.filter)), styles.accent));
    }
    if let Some((from, to)) = tab.range {
        let ms = |seconds: f64| text::millis(seconds * 1000.0);
        parts.push((format!("took {} to {}", ms(from), ms(to)), styles.accent));
    }
    if let Some((from, to)) = tab.stretch {
        let clock = |at| pen.time_of_day(at, "%H:%M:%S");
        parts.push((format!("began {} to {}", clock(from), clock(to)), styles.accent));
    }
    if tab.column != Column::Newest || tab.reversed {
        let turned = if tab.reversed { ", reversed" } else { "" };
        parts.push((format!("by {}{turned}", tab.column.name()), styles.dim));
    }
    let (start, _) = app.window.bounds(app.now);
    if store.is_capped(start) {
        let oldest = store.all().last().and_then(|summary| summary.start);
        let back = oldest.map(|at| format!(", back to {}", pen.time_of_day(at, "%H:%M:%S"))).unwrap_or_default();
        parts.push((format!("the newest only{back} (traces.cap)"), styles.warning));
    }
    parts.extend(sampling(app, pen));
    if !app.traces.expression().is_empty() && store.scanned > 0 {
        parts.push((format!("{} scanned for them", text::count(store.scanned as f64)), styles.dim));
    }
    parts
}

/// What the list is a sample of.
fn sampling(app: &App, pen: &Pen) -> Option<(String, Style)> {
    let styles = &pen.look.styles;
    let tracing = app.store.tracing.get()?;
    if tracing.is_transaction_search() {
        let share = tracing.indexed_percent.map_or("a part".to_string(), |percent| format!("{percent} %"));
        return Some((format!("Transaction Search: {share} indexed; any other opens by its id (:)"), styles.notice));
    }
    let rule = tracing.default_rule()?;
    let (rules, store, listed) = (tracing.rules.len(), &app.store.traces, app.traces.list.in_window);
    let (start, _) = app.window.bounds(app.now);
    if rules > 1 {
        // Each rule takes another share: what all of them did is known, and not which of them took a trace.
        let share = tracing.sampled_share().filter(|_| app.traces.expression().is_empty() && !store.is_capped(start));
        return Some(match share {
            Some(share) => {
                let about = text::count(listed as f64 / share);
                (
                    format!("sampled by {rules} rules: {listed} of about {about} requests, at the present share"),
                    styles.dim,
                )
            }
            None => (format!("sampled by {rules} rules, {} where no other fits", in_words(rule)), styles.dim),
        });
    }
    let words = in_words(rule);
    // A filter expression does not tell which of the traces it leaves out.
    if !app.traces.expression().is_empty() {
        return Some((format!("sampled {words}"), styles.dim));
    }
    Some(match store.requests(start, rule.reservoir, rule.rate) {
        Some(about) if about >= 1.0 => {
            (format!("{words}: {listed} of about {} requests", text::count(about)), styles.dim)
        }
        _ => (format!("sampled {words}"), styles.dim),
    })
}
