//! One stage's detail: a strip of panels, what refuses requests where something does, and the panel on screen.
//!
//! ```text
//! ╭ shop prod ───────────────────────────────────────────────────────────────────╮
//! │ Settings  Methods 9  Limits  Charts  Deployments   REST, 4 of 12 methods cached│
//! │ ■ shop/prod refused 312 of 1240 requests (25%) with 429 in the last 15m: ...   │
//! │ cache cluster  0.5 GB, AVAILABLE                                               │
//! │ throttle       200 req/s, burst 400                                            │
//! ╰────────────────────────────────────────────────────────────────────────────────╯
//! ```

mod charts;
mod lines;
mod methods;

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::App;
use crate::app::tabs::apis::{Panel, rows};
use crate::model::api::{Api, Stage};
use crate::store::feed::{Feed, Standing};
use crate::store::gateway;
use crate::text;
use crate::view::pen::Pen;
use crate::view::tabs::logs::put_parts;

/// Narrower than this there is room for one panel's name only.
const NARROW: u16 = 100;
/// Rows that a verdict takes at most.
const VERDICT: u16 = 4;
/// From this height on the charts of the stage stand over the other panels too.
const TALL: u16 = 34;

/// Draws the detail of the open stage.
pub fn draw(app: &App, pen: &mut Pen, area: Rect) {
    let Some((id, name)) = &app.apis.detail else { return };
    let Some(api) = app.store.api(id) else {
        let inside = pen.panel(area, &format!("{id} {name}"), true);
        pen.empty(inside, app.store.apis.standing(), "API of this id: it may have been deleted");
        return;
    };
    let title = format!("{} {name}", text::cut_middle(&api.name, 30));
    let inside = pen.panel(area, &title, true);
    let standing = app.store.stages.get(id).map_or(Standing::Waiting, Feed::standing);
    let Some(stage) = rows::stage(&app.store, id, name) else {
        pen.empty(inside, standing, "stage of this name: it may have been deleted");
        return;
    };
    pen.standing(area, standing);
    if inside.height < 2 {
        return;
    }
    strip(app, api, stage, pen, Rect { height: 1, ..inside });
    let mut body = Rect { y: inside.y + 1, height: inside.height - 1, ..inside };
    head(app, api, stage, pen, &mut body);
    if area.height >= TALL && app.apis.panel != Panel::Charts {
        let height = (area.height / 4).clamp(8, 14);
        charts::row(app, api, name, pen, Rect { height, ..body });
        body = Rect { y: body.y + height, height: body.height.saturating_sub(height), ..body };
    }
    match app.apis.panel {
        Panel::Methods => methods::draw(app, api, stage, pen, body),
        Panel::Charts => charts::draw(app, api, stage, pen, body),
        panel => lines::draw(app, panel, pen, body),
    }
}

/// Names of the panels, and what the one on screen shows.
fn strip(app: &App, api: &Api, stage: &Stage, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let mut x = area.x;
    if area.width < NARROW {
        x = pen.put(area, x, area.y, &format!(" {} ", app.apis.panel.name()), styles.tab_active);
        x = pen.put(area, x, area.y, " Tab ", styles.dim);
    } else {
        for panel in Panel::ALL {
            let style = if panel == app.apis.panel { styles.tab_active } else { styles.dim };
            x = pen.put(area, x, area.y, &format!(" {} ", panel.name()), style);
        }
        x = pen.put(area, x, area.y, " ", styles.dim);
    }
    let mut parts: Vec<(String, Style)> = Vec::new();
    if !app.apis.search.is_empty() {
        let rows = app.apis.rows_of(app.apis.panel, &app.store, app.now);
        parts.push((format!("/{} in {rows} rows", text::safe_line(&app.apis.search)), styles.accent));
    }
    match app.apis.panel {
        Panel::Methods => {
            let keys = app.apis.method_keys(&app.store);
            let cached = keys.iter().filter(|key| gateway::caching(api, stage, key).cached).count();
            parts.push((format!("{} methods, {cached} cached", keys.len()), styles.text));
            if !keys.iter().any(|key| gateway::method_metrics(stage, key)) {
                parts.push(("detailed metrics are off".into(), styles.dim));
            }
        }
        Panel::Charts => {
            let of = app.apis.chart_of.as_deref().unwrap_or("the whole stage");
            parts.push((of.to_string(), styles.text));
        }
        Panel::Settings | Panel::Limits | Panel::Deployments => {
            parts.push((format!("{} {}", api.protocol.name(), api.endpoint_types.join(" ")), styles.dim));
        }
    }
    put_parts(pen, area, x, &parts);
}

/// What refuses requests, and whose the metrics are where that is not clear; takes its rows from the body.
fn head(app: &App, api: &Api, stage: &Stage, pen: &mut Pen, body: &mut Rect) {
    let styles = pen.look.styles.clone();
    let mut say = |pen: &mut Pen, text: &str, style: Style, most: u16| {
        let room = Rect { height: most.min(body.height / 3), ..*body };
        if room.height > 0 {
            let taken = pen.prose(room, 0, text, style).min(room.height);
            *body = Rect { y: body.y + taken, height: body.height - taken, ..*body };
        }
    };
    if let Some(verdict) = gateway::verdict(&app.store, api, stage, app.now) {
        let text = format!("{} {}", pen.look.glyphs.notice, verdict.sentence);
        say(pen, &text, styles.throttle, VERDICT);
    }
    let sharing = gateway::sharing(&app.store, api, &stage.name);
    if sharing > 1 {
        let glyph = pen.look.glyphs.warning;
        let note = format!("{glyph} metrics are of {sharing} APIs of this name together (v1 is keyed by name)");
        say(pen, &note, styles.warning, 1);
    }
}

#[cfg(test)]
mod tests;
