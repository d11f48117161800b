//! Methods or routes: what is behind each, what applies to it, and what it did; the selected one in sentences below.

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::App;
use crate::app::tabs::apis::Panel;
use crate::app::tabs::apis::methods::{Method, method, sentences};
use crate::model::api::{Api, Stage};
use crate::store::feed::{Feed, Standing};
use crate::store::gateway;
use crate::text;
use crate::view::pen::{Align, Pen};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    Behind,
    Kind,
    Authorization,
    Key,
    Throttle,
    Origin,
    Cache,
    Rate,
    Share4xx,
    Share5xx,
    P99,
}

/// Columns in the order of the screen, with their widths and the width of the panel from which they are shown.
const CELLS: [(Cell, &str, u16, u16); 11] = [
    (Cell::Behind, "behind it", 20, 0),
    (Cell::Kind, "integration", 11, 150),
    (Cell::Authorization, "auth", 10, 130),
    (Cell::Key, "key", 3, 118),
    (Cell::Throttle, "rate/burst", 10, 0),
    (Cell::Origin, "from", 12, 94),
    (Cell::Cache, "cache", 5, 50),
    (Cell::Rate, "req/s", 6, 60),
    (Cell::Share4xx, "4xx", 5, 76),
    (Cell::Share5xx, "5xx", 5, 84),
    (Cell::P99, "p99", 6, 108),
];

fn is_text(cell: Cell) -> bool {
    matches!(cell, Cell::Behind | Cell::Kind | Cell::Authorization | Cell::Key | Cell::Origin)
}

pub(super) fn draw(app: &App, api: &Api, stage: &Stage, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let keys = app.apis.method_keys(&app.store);
    let standing = app.store.routes.get(&api.id).map_or(Standing::Waiting, Feed::standing);
    if keys.is_empty() {
        if app.apis.search.is_empty() {
            pen.empty(area, standing, "methods or routes");
        } else {
            pen.prose(area, 0, "no method with this text (Esc drops it)", styles.dim);
        }
        return;
    }
    let mut area = area;
    if let Standing::Failed(trouble) | Standing::Stale(_, trouble) = standing {
        pen.put(area, area.x, area.y, &trouble.sentence(), styles.warning);
        area = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    }
    // What is selected is said in words below.
    let words = if area.height >= 10 { (area.height / 3).min(6) } else { 0 };
    let table = Rect { height: area.height - words, ..area };
    let columns: Vec<_> = CELLS.iter().filter(|(.., from)| area.width >= *from).copied().collect();
    let numbers: u16 = columns.iter().map(|(_, _, width, _)| width + 1).sum();
    let longest = keys.iter().take(500).map(|key| text::width(key)).max().unwrap_or(0);
    let spare = area.width.saturating_sub(numbers);
    let key_width = u16::try_from(longest).unwrap_or(u16::MAX).max(6).min(spare.max(8));
    // What keys do not need goes to what is behind them.
    let more = spare.saturating_sub(key_width).min(24);
    pen.cell(table, table.x, table.y, key_width, "method", Align::Left, styles.table_header);
    let mut x = table.x + key_width;
    for (cell, name, width, _) in &columns {
        let width = if *cell == Cell::Behind { width + more } else { *width };
        let align = if is_text(*cell) { Align::Left } else { Align::Right };
        pen.cell(table, x + 1, table.y, width, name, align, styles.table_header);
        x += width + 1;
    }
    let body = Rect { y: table.y + 1, height: table.height.saturating_sub(1), ..table };
    let height = usize::from(body.height);
    let mut cursor = app.apis.cursors[Panel::Methods as usize];
    cursor.fit(keys.len(), height);
    for (at, row) in cursor.visible(keys.len(), height).enumerate() {
        let y = body.y + u16::try_from(at).unwrap_or(0);
        let method = method(&app.store, api, stage, keys[row], app.now);
        let key = text::cut_middle(method.key, usize::from(key_width));
        let style = if method.own { styles.strong } else { styles.text };
        pen.cell(body, body.x, y, key_width, &key, Align::Left, style);
        let mut x = body.x + key_width;
        for (cell, _, width, _) in &columns {
            let width = if *cell == Cell::Behind { width + more } else { *width };
            let (words, style) = value(app, pen, &method, *cell);
            let align = if is_text(*cell) { Align::Left } else { Align::Right };
            pen.cell(body, x + 1, y, width, &text::cut_middle(&words, usize::from(width)), align, style);
            x += width + 1;
        }
        if row == cursor.row {
            pen.shade(body, y, styles.selection);
        }
    }
    if words > 0
        && let Some(key) = keys.get(cursor.row)
    {
        let below = Rect { y: table.bottom(), height: words, ..area };
        let method = method(&app.store, api, stage, key, app.now);
        let mut row = 0;
        for sentence in sentences(&app.store, api, stage, &method, app.now) {
            row += pen.prose(below, row, &sentence, styles.dim);
        }
    }
}

fn value(app: &App, pen: &Pen, method: &Method, cell: Cell) -> (String, Style) {
    let styles = &pen.look.styles;
    let dash = || ("-".to_string(), styles.dim);
    let share = |part: f64, bad: Style| match method.figures.and_then(|figures| figures.count) {
        Some(count) if count > 0.0 => (text::percent(part / count), if part > 0.0 { bad } else { styles.dim }),
        _ => dash(),
    };
    match cell {
        Cell::Behind => match method.route {
            Some(route) if route.function.is_some() => (method.behind(), styles.link),
            Some(route) if !route.integration.is_empty() => (method.behind(), styles.dim),
            _ => (method.behind(), styles.warning),
        },
        Cell::Kind => (method.route.map(|route| route.integration.clone()).unwrap_or_default(), styles.dim),
        Cell::Authorization => match method.route.map(|route| route.authorization.as_str()) {
            Some("NONE" | "") | None => dash(),
            Some(kind) => {
                let id = method.route.and_then(|route| route.authorizer.as_deref());
                let details = app.store.api_details.values().filter_map(Feed::get);
                let named = details.flat_map(|detail| &detail.authorizers).find(|known| Some(known.id.as_str()) == id);
                (named.map_or(kind.to_string(), |authorizer| authorizer.name.clone()), styles.text)
            }
        },
        Cell::Key if method.route.is_some_and(|route| route.api_key) => ("yes".into(), styles.text),
        Cell::Key => dash(),
        Cell::Throttle if method.limits.is_closed() => ("closed".into(), styles.critical),
        Cell::Throttle => {
            let words = method.throttle();
            let near = method.limits.rate.as_ref().zip(method.load.as_ref());
            match near.map(|(rate, load)| load.headroom(rate.value)) {
                Some(room) if room < 0.0 => (words, styles.throttle),
                Some(room) if room < 0.2 => (words, styles.warning),
                _ if matches!(method.limits.rate.as_ref().map(|rate| &rate.from), Some(gateway::Origin::Account)) => {
                    (words, styles.dim)
                }
                _ => (words, styles.text),
            }
        }
        Cell::Origin => (method.origin(), styles.dim),
        Cell::Cache => match method.caching.ttl_s {
            Some(ttl) => (format!("{ttl}s"), styles.text),
            None => ("no".into(), styles.dim),
        },
        Cell::Rate => match &method.load {
            Some(load) => (gateway::number(load.latest), styles.text),
            None => dash(),
        },
        Cell::Share4xx => share(method.figures.map_or(0.0, |figures| figures.errors_4xx), styles.warning),
        Cell::Share5xx => share(method.figures.map_or(0.0, |figures| figures.errors_5xx), styles.critical),
        Cell::P99 => match method.figures.and_then(|figures| figures.p99) {
            Some(p99) => (text::millis(p99), styles.text),
            None => dash(),
        },
    }
}
