//! The function table.
//!
//! ```text
//! ╭ Functions 24, worst first ─────────────────────────────────────────────────────────────────╮
//! │   function            inv   err%   thr     p50     p99 of t/o conc  res  prov  mem  runtime  │
//! │ ● payment-authorize  1234   12.0%    0   120ms   900ms   30%    4   20     -   512  nodejs22 │
//! ╰──────────────────────────────────────────────────────────────────────────────────────────────╯
//! ```

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::App;
use crate::app::tabs::functions::{Column, Functions};
use crate::model::function::Function;
use crate::model::series::{Metric, Statistic, Subject};
use crate::store::metrics::Figures;
use crate::text;
use crate::view::chart;
use crate::view::pen::{Align, Pen};

/// Draws the table, or the open function.
pub fn draw(app: &App, pen: &mut Pen, area: Rect) {
    if app.functions.detail.is_some() {
        super::function::draw(app, pen, area);
    } else {
        draw_table(app, pen, area);
    }
}

/// What a column shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    Invocations,
    ErrorShare,
    Throttles,
    P50,
    P99,
    OfTimeout,
    Concurrency,
    Reserved,
    Memory,
    Runtime,
    Trend,
}

/// Columns in the order of the screen, with their widths and the width of the screen from which they are shown.
const CELLS: [(Cell, &str, u16, u16, Option<Column>); 11] = [
    (Cell::Invocations, "inv", 6, 0, Some(Column::Invocations)),
    (Cell::ErrorShare, "err%", 5, 0, Some(Column::Errors)),
    (Cell::Throttles, "thr", 5, 0, Some(Column::Throttles)),
    (Cell::P50, "p50", 6, 70, Some(Column::P50)),
    (Cell::P99, "p99", 6, 0, Some(Column::P99)),
    (Cell::OfTimeout, "of t/o", 6, 76, None),
    (Cell::Concurrency, "conc", 4, 60, Some(Column::Concurrency)),
    (Cell::Reserved, "resv", 4, 90, None),
    (Cell::Memory, "mem", 5, 100, None),
    (Cell::Runtime, "runtime", 13, 110, None),
    (Cell::Trend, "invocations", 24, 150, None),
];

fn draw_table(app: &App, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let tab = &app.functions;
    let inventory = &app.store.functions;
    let mut title = format!("Functions {}", tab.order.len());
    if tab.order.len() != inventory.all().len() {
        title.push_str(&format!(" of {}", inventory.all().len()));
    }
    if !inventory.complete() && !inventory.all().is_empty() {
        title.push_str(", more coming");
    }
    let order = if tab.reversed { " reversed" } else { "" };
    title.push_str(&match tab.column {
        Column::Worst => format!(", worst first{order}"),
        column => format!(", by {}{order}", column.name()),
    });
    if !tab.filter.is_empty() {
        title.push_str(&format!(", /{}", tab.filter));
    }
    let inside = pen.panel(area, &title, true);
    if tab.order.is_empty() {
        let what = if tab.filter.is_empty() {
            "functions in this region"
        } else {
            "functions that the filter takes (Esc drops it)"
        };
        pen.empty(inside, inventory.standing(), what);
        return;
    }
    pen.standing(area, inventory.standing());
    let columns: Vec<_> = CELLS.iter().filter(|(.., from, _)| area.width >= *from).collect();
    let numbers: u16 = columns.iter().map(|(_, _, width, ..)| width + 1).sum();
    let name_width = inside.width.saturating_sub(numbers + 2).min(48);
    let spare = inside.width.saturating_sub(numbers + 2 + name_width);
    let first_number = inside.x + 2 + name_width;
    pen.cell(
        inside,
        inside.x + 2,
        inside.y,
        name_width,
        "function",
        Align::Left,
        heading(&styles, tab.column == Column::Name),
    );
    let mut x = first_number;
    for (cell, name, width, _, sort) in &columns {
        let align = if matches!(cell, Cell::Runtime | Cell::Trend) { Align::Left } else { Align::Right };
        let width = if *cell == Cell::Trend { width + spare } else { *width };
        pen.cell(inside, x + 1, inside.y, width, name, align, heading(&styles, *sort == Some(tab.column)));
        x += width + 1;
    }
    let body = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
    let unknown = Figures::default();
    let rows = tab.cursor.visible(tab.order.len(), Functions::height(area));
    for (at, row) in rows.enumerate() {
        let y = body.y + u16::try_from(at).unwrap_or(0);
        if y >= body.bottom() {
            break;
        }
        let function = &inventory.all()[tab.order[row]];
        let figures = tab.figures.get(&function.name).unwrap_or(&unknown);
        let (mark, style) = mark(pen, figures, app.config.thresholds.error_share_critical);
        pen.put(body, body.x, y, mark, style);
        let name = text::cut_middle(&function.name, usize::from(name_width));
        pen.cell(body, body.x + 2, y, name_width, &name, Align::Left, styles.text);
        let mut x = first_number;
        for (cell, _, width, ..) in &columns {
            if *cell == Cell::Trend {
                let subject = Subject::Function(function.name.clone());
                let series = app.store.metrics.get(&subject, Metric::Invocations, Statistic::Sum);
                chart::sparkline(pen, x + 1, y, width + spare, series, app.window, styles.chart_1);
            } else {
                let (value, style) = value(*cell, function, figures, pen);
                let align = if *cell == Cell::Runtime { Align::Left } else { Align::Right };
                pen.cell(body, x + 1, y, *width, &value, align, style);
            }
            x += width + 1;
        }
        if row == tab.cursor.row {
            pen.shade(body, y, styles.selection);
            pen.put(body, body.x + 1, y, pen.look.glyphs.cursor, styles.selection);
        }
    }
}

fn heading(styles: &crate::view::look::Styles, sorted: bool) -> Style {
    // Not by colour alone: the column that sorts stands out on any terminal.
    if sorted { styles.table_header.add_modifier(ratatui::style::Modifier::REVERSED) } else { styles.table_header }
}

fn mark(pen: &Pen, figures: &Figures, critical: f64) -> (&'static str, Style) {
    let (glyphs, styles) = (&pen.look.glyphs, &pen.look.styles);
    match figures.invocations {
        None => (" ", styles.dim),
        _ if figures.error_share() >= critical || figures.throttles > 0.0 => (glyphs.critical, styles.critical),
        _ if figures.errors > 0.0 => (glyphs.warning, styles.warning),
        _ => (glyphs.good, styles.good),
    }
}

fn value(cell: Cell, function: &Function, figures: &Figures, pen: &Pen) -> (String, Style) {
    let styles = &pen.look.styles;
    let dash = || "-".to_string();
    let known = figures.invocations.is_some();
    match cell {
        Cell::Invocations => (figures.invocations.map_or_else(dash, text::count), styles.text),
        Cell::ErrorShare if !known => (dash(), styles.dim),
        Cell::ErrorShare => {
            (text::percent(figures.error_share()), if figures.errors > 0.0 { styles.critical } else { styles.dim })
        }
        Cell::Throttles if !known => (dash(), styles.dim),
        Cell::Throttles => {
            (text::count(figures.throttles), if figures.throttles > 0.0 { styles.throttle } else { styles.dim })
        }
        Cell::P50 => (figures.p50.map_or_else(dash, text::millis), styles.text),
        Cell::P99 => (figures.p99.map_or_else(dash, text::millis), styles.text),
        Cell::OfTimeout => match figures.p99.filter(|_| function.timeout_s > 0) {
            Some(p99) => {
                let share = p99 / (f64::from(function.timeout_s) * 1000.0);
                (text::percent(share), if share >= 0.9 { styles.warning } else { styles.dim })
            }
            None => (dash(), styles.dim),
        },
        Cell::Concurrency => (figures.concurrency.map_or_else(dash, text::count), styles.text),
        Cell::Reserved => match function.reserved {
            Some(Some(0)) => ("off".into(), styles.critical),
            Some(Some(reserved)) => (reserved.to_string(), styles.text),
            Some(None) | None => (dash(), styles.dim),
        },
        Cell::Memory => (function.memory_mb.to_string(), styles.dim),
        Cell::Runtime => (function.runtime.clone(), styles.dim),
        Cell::Trend => (String::new(), styles.dim),
    }
}
