//! The stage table.
//!
//! ```text
//! ╭ APIs 3, stages 5 ───────────────────────────────────────────────────────────────────────────╮
//! │   API             stage      req   4xx   5xx    p99   hit cache   rate/burst                 │
//! │ ● shop            prod      1234  1.0%  2.0%  900ms   80%   0.5      100/200                 │
//! │ ○                 test        12    0%    0%  120ms     -     -  10000/5000                  │
//! ╰──────────────────────────────────────────────────────────────────────────────────────────────╯
//! ```

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::App;
use crate::app::tabs::apis::rows;
use crate::app::tabs::apis::sort::{Column, headroom, hit_ratio};
use crate::app::tabs::apis::{Apis, settings};
use crate::model::api::{Api, Protocol, Stage};
use crate::model::series::{Metric, Statistic};
use crate::model::trouble::{Kind, Trouble};
use crate::store::feed::Standing;
use crate::store::gateway::{self, stage_subject};
use crate::store::metrics::StageFigures;
use crate::text;
use crate::view::chart;
use crate::view::pen::{Align, Pen};

/// Draws the table, or the open stage.
pub fn draw(app: &App, pen: &mut Pen, area: Rect) {
    if app.apis.is_open() {
        super::stage::draw(app, pen, area);
    } else {
        draw_table(app, pen, area);
    }
}

/// What a column shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    Id,
    Protocol,
    Endpoint,
    Stage,
    Requests,
    Share4xx,
    Share5xx,
    P50,
    P99,
    Hits,
    Cache,
    CacheStatus,
    Throttle,
    Tracing,
    Logging,
    Refused,
    Headroom,
    Canary,
    Trend,
}

/// Columns in the order of the screen, with their widths and the width of the screen from which they are shown.
const CELLS: [(Cell, &str, u16, u16); 19] = [
    (Cell::Id, "id", 10, 112),
    (Cell::Protocol, "kind", 4, 90),
    (Cell::Endpoint, "endpoint", 8, 150),
    (Cell::Stage, "stage", 10, 0),
    (Cell::Requests, "req", 6, 0),
    (Cell::Share4xx, "4xx", 5, 0),
    (Cell::Refused, "429", 5, 128),
    (Cell::Share5xx, "5xx", 5, 0),
    (Cell::P50, "p50", 6, 98),
    (Cell::P99, "p99", 6, 60),
    (Cell::Hits, "hit", 5, 66),
    (Cell::Cache, "cache", 5, 72),
    (Cell::CacheStatus, "status", 10, 132),
    (Cell::Throttle, "rate/burst", 10, 78),
    (Cell::Headroom, "room", 5, 140),
    (Cell::Canary, "canary", 6, 160),
    (Cell::Tracing, "X-Ray", 5, 104),
    (Cell::Logging, "log", 6, 110),
    (Cell::Trend, "requests", 20, 170),
];

fn is_text(cell: Cell) -> bool {
    matches!(
        cell,
        Cell::Id
            | Cell::Protocol
            | Cell::Endpoint
            | Cell::Stage
            | Cell::CacheStatus
            | Cell::Tracing
            | Cell::Logging
            | Cell::Trend
    )
}

fn title(app: &App) -> String {
    let tab = &app.apis;
    let known = app.store.apis.get().map_or(0, Vec::len);
    let mut shown: Vec<&str> = tab.rows.iter().map(|row| row.api.as_str()).collect();
    shown.dedup();
    let stages = tab.rows.iter().filter(|row| row.stage.is_some()).count();
    let mut title = format!("APIs {}", shown.len());
    if shown.len() != known {
        title.push_str(&format!(" of {known}"));
    }
    title.push_str(&format!(", stages {stages}"));
    if tab.column != Column::Name || tab.reversed {
        let turned = if tab.reversed { ", reversed" } else { "" };
        title.push_str(&format!(", by {}{turned}", tab.column.name()));
    }
    if !tab.filter.is_empty() {
        title.push_str(&format!(", /{}", tab.filter));
        let apis = app.store.apis.get().into_iter().flatten();
        let unknown = apis.filter(|api| !app.store.stages.contains_key(&api.id)).count();
        if unknown > 0 {
            title.push_str(&format!(" (stages of {unknown} not known yet)"));
        }
    }
    title
}

fn draw_table(app: &App, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let tab = &app.apis;
    let inside = pen.panel(area, &title(app), true);
    if tab.rows.is_empty() {
        let filtered = !tab.filter.is_empty() && app.store.apis.get().is_some_and(|apis| !apis.is_empty());
        if filtered {
            pen.prose(inside, 0, "no stage that the filter takes (Esc drops it)", styles.dim);
        } else {
            // GetRestApis may fail while GetApis finds nothing: then "no APIs" would be a lie.
            pen.empty(inside, app.store.apis.standing(), "APIs in this region");
        }
        return;
    }
    pen.standing(area, app.store.apis.standing());
    let columns: Vec<_> = CELLS.iter().filter(|(.., from)| area.width >= *from).copied().collect();
    let numbers: u16 = columns.iter().map(|(_, _, width, _)| width + 1).sum();
    let name_width = inside.width.saturating_sub(numbers + 2).min(44);
    let spare = inside.width.saturating_sub(numbers + 2 + name_width);
    let first = inside.x + 2 + name_width;
    pen.cell(inside, inside.x + 2, inside.y, name_width, "API", Align::Left, styles.table_header);
    let widths: Vec<(Cell, u16)> = columns
        .iter()
        .map(|(cell, _, width, _)| (*cell, if *cell == Cell::Trend { width + spare } else { *width }))
        .collect();
    let mut x = first;
    for ((cell, width), (_, name, ..)) in widths.iter().zip(&columns) {
        let align = if is_text(*cell) { Align::Left } else { Align::Right };
        pen.cell(inside, x + 1, inside.y, *width, name, align, styles.table_header);
        x += width + 1;
    }
    let body = Rect { y: inside.y + 1, height: inside.height.saturating_sub(2), ..inside };
    let mut above = None;
    let mut shared = false;
    for (at, row) in tab.cursor.visible(tab.rows.len(), Apis::height(area)).enumerate() {
        let y = body.y + u16::try_from(at).unwrap_or(u16::MAX);
        if y >= body.bottom() {
            break;
        }
        let selected = row == tab.cursor.row;
        let row = &tab.rows[row];
        let Some(api) = app.store.api(&row.api) else { continue };
        // The API's name stands over its stages once; the first row on screen always says whose it is.
        let heads = above != Some(&row.api) || selected;
        above = Some(&row.api);
        let name = if heads { text::cut_middle(&api.name, usize::from(name_width)) } else { "".into() };
        pen.cell(body, body.x + 2, y, name_width, &name, Align::Left, styles.strong);
        match row.stage.as_ref().and_then(|stage| rows::stage(&app.store, &row.api, stage)) {
            Some(stage) => shared |= draw_stage(app, pen, body, (first, y), (api, stage, heads), &widths),
            None => draw_stageless(app, pen, body, (first, y), api, &widths),
        }
        if selected {
            pen.shade(body, y, styles.selection);
            pen.put(body, body.x + 1, y, pen.look.glyphs.cursor, styles.selection);
        }
    }
    if inside.height <= 2 {
        return;
    }
    let selected = tab.rows.get(tab.cursor.row).and_then(|row| Some((row, row.stage.as_deref()?)));
    let verdict = selected.and_then(|(row, stage)| {
        let stage = rows::stage(&app.store, &row.api, stage)?;
        gateway::verdict(&app.store, app.store.api(&row.api)?, stage, app.now)
    });
    if let Some(verdict) = verdict {
        let note = format!("{} {}", pen.look.glyphs.notice, verdict.sentence);
        pen.put(inside, inside.x, inside.bottom() - 1, &note, styles.throttle);
    } else if shared {
        let note = "* metrics are keyed by the API's name: the numbers are of all APIs of this name together";
        pen.put(inside, inside.x, inside.bottom() - 1, note, styles.stale);
    }
}

/// A row of an API whose stages can't be shown: why not.
fn draw_stageless(app: &App, pen: &mut Pen, body: Rect, (first, y): (u16, u16), api: &Api, widths: &[(Cell, u16)]) {
    let styles = pen.look.styles.clone();
    let mut x = first;
    for (cell, width) in widths {
        if *cell == Cell::Stage {
            break;
        }
        pen.cell(body, x + 1, y, *width, &about_api(*cell, api), Align::Left, styles.dim);
        x += width + 1;
    }
    let standing = app.store.stages.get(&api.id).map_or(Standing::Waiting, |feed| feed.standing());
    let (words, style) = match standing {
        Standing::Waiting => (format!("{} waiting for its stages", pen.look.glyphs.waiting), styles.dim),
        Standing::Live(_) => ("no stage: it is not deployed".to_string(), styles.dim),
        Standing::Stale(_, trouble) | Standing::Failed(trouble) => (why(trouble), styles.warning),
    };
    pen.put(body, x + 1, y, &words, style);
}

fn why(trouble: &Trouble) -> String {
    match trouble.kind {
        Kind::Denied => format!("denied: needs {}", trouble.operation),
        Kind::Throttled => "throttled: asked again soon".into(),
        _ => trouble.sentence(),
    }
}

fn about_api(cell: Cell, api: &Api) -> String {
    match cell {
        Cell::Id => api.id.clone(),
        Cell::Protocol => match api.protocol {
            Protocol::Rest => "REST".into(),
            Protocol::Http => "HTTP".into(),
            Protocol::WebSocket => "WS".into(),
        },
        Cell::Endpoint => api.endpoint_types.join(" "),
        _ => String::new(),
    }
}

/// Draws a stage's columns; true where its numbers are of several APIs together.
fn draw_stage(
    app: &App,
    pen: &mut Pen,
    body: Rect,
    (first, y): (u16, u16),
    (api, stage, heads): (&Api, &Stage, bool),
    widths: &[(Cell, u16)],
) -> bool {
    let styles = pen.look.styles.clone();
    let figures = rows::figures_of(&app.store, api, &stage.name);
    let shared = rows::sharing(&app.store, api, &stage.name) > 1;
    let refuses = gateway::verdict(&app.store, api, stage, app.now).is_some();
    let (mark, style) = mark(pen, &figures, refuses, app.config.thresholds.error_share_critical);
    pen.put(body, body.x, y, mark, style);
    let mut x = first;
    for (cell, width) in widths {
        match cell {
            Cell::Id | Cell::Protocol | Cell::Endpoint => {
                let words = if heads { about_api(*cell, api) } else { String::new() };
                pen.cell(body, x + 1, y, *width, &words, Align::Left, styles.dim);
            }
            Cell::Trend => {
                let subject = stage_subject(api, &stage.name);
                let series = app.store.metrics.get(&subject, Metric::Count, Statistic::Sum);
                let width = (*width).min(body.right().saturating_sub(x + 1));
                chart::sparkline(pen, x + 1, y, width, series, app.window, styles.chart_1);
            }
            _ => {
                let (words, style) = value(app, pen, *cell, api, stage, &figures);
                let words = if shared && *cell == Cell::Requests { format!("{words}*") } else { words };
                let align = if is_text(*cell) { Align::Left } else { Align::Right };
                let words =
                    if *cell == Cell::Stage { text::cut_middle(&words, usize::from(*width)) } else { words.into() };
                pen.cell(body, x + 1, y, *width, &words, align, style);
            }
        }
        x += width + 1;
    }
    shared
}

fn mark(pen: &Pen, figures: &StageFigures, refuses: bool, critical: f64) -> (&'static str, Style) {
    let (glyphs, styles) = (&pen.look.glyphs, &pen.look.styles);
    let Some(count) = figures.count else { return (" ", styles.dim) };
    match figures.errors_5xx / count.max(1.0) {
        share if share >= critical => (glyphs.critical, styles.critical),
        _ if refuses => (glyphs.notice, styles.throttle),
        share if share > 0.0 => (glyphs.warning, styles.warning),
        _ => (glyphs.good, styles.good),
    }
}

fn value(app: &App, pen: &Pen, cell: Cell, api: &Api, stage: &Stage, figures: &StageFigures) -> (String, Style) {
    let styles = &pen.look.styles;
    let dash = || "-".to_string();
    let share = |part: f64, bad: Style| match figures.count {
        Some(count) if count > 0.0 => (text::percent(part / count), if part > 0.0 { bad } else { styles.dim }),
        _ => (dash(), styles.dim),
    };
    match cell {
        Cell::Stage => (stage.name.clone(), styles.text),
        Cell::Requests => (figures.count.map_or_else(dash, text::count), styles.text),
        Cell::Share4xx => share(figures.errors_4xx, styles.warning),
        Cell::Share5xx => share(figures.errors_5xx, styles.critical),
        Cell::P50 => (figures.p50.map_or_else(dash, text::millis), styles.text),
        Cell::P99 => (figures.p99.map_or_else(dash, text::millis), styles.text),
        Cell::Hits => match hit_ratio(figures).filter(|_| stage.cache_enabled) {
            Some(ratio) => (text::percent(ratio), styles.text),
            None => (dash(), styles.dim),
        },
        Cell::Refused => match gateway::refusals(&app.store, api, stage).share() {
            Some(share) => (text::percent(share), if share > 0.0 { styles.throttle } else { styles.dim }),
            None => (dash(), styles.dim),
        },
        Cell::Headroom => match headroom(&app.store, api, stage, app.now) {
            Some(room) if room < 0.0 => ("none".into(), styles.throttle),
            Some(room) => (text::percent(room), if room < 0.2 { styles.warning } else { styles.text }),
            None => (dash(), styles.dim),
        },
        Cell::Canary => match &stage.canary {
            Some(canary) => (format!("{}%", canary.percent), styles.warning),
            None => (dash(), styles.dim),
        },
        Cell::Cache => match (api.protocol, stage.cache_enabled) {
            (Protocol::Rest, true) => {
                let tone = settings::cache(api, stage).1;
                let style = if tone == settings::Tone::Warning { styles.warning } else { styles.text };
                (stage.cache_size.clone().unwrap_or_else(|| "on".into()), style)
            }
            (Protocol::Rest, false) => ("off".into(), styles.dim),
            _ => (dash(), styles.dim),
        },
        Cell::CacheStatus => match stage.cache_status.as_deref() {
            Some("AVAILABLE") => ("available".into(), styles.text),
            Some("NOT_AVAILABLE") | None => (dash(), styles.dim),
            Some("CREATE_IN_PROGRESS") => ("creating".into(), styles.warning),
            Some("DELETE_IN_PROGRESS") => ("deleting".into(), styles.warning),
            Some("FLUSH_IN_PROGRESS") => ("flushing".into(), styles.warning),
            Some(other) => (other.to_lowercase(), styles.warning),
        },
        Cell::Throttle if settings::closed(&stage.defaults) => ("closed".into(), styles.critical),
        Cell::Throttle if settings::throttled(&stage.defaults) => {
            let own = &stage.defaults;
            (format!("{}/{}", settings::rate(own.throttle_rate), settings::burst(own.throttle_burst)), styles.text)
        }
        // The account's own limit applies: in dim, because it is nothing that was set here.
        Cell::Throttle => match app.store.api_account.get() {
            Some(account) => {
                (format!("{}/{}", settings::rate(account.rate), settings::burst(account.burst)), styles.dim)
            }
            None => (dash(), styles.dim),
        },
        Cell::Tracing if stage.tracing => ("on".into(), styles.text),
        Cell::Tracing => (dash(), styles.dim),
        Cell::Logging => match (settings::level(&stage.defaults), stage.access_log.is_some()) {
            (Some(level), access) => (format!("{level}{}", if access { "+" } else { "" }), styles.text),
            (None, true) => ("access".into(), styles.text),
            (None, false) => (dash(), styles.dim),
        },
        Cell::Id | Cell::Protocol | Cell::Endpoint | Cell::Trend => (String::new(), styles.dim),
    }
}
