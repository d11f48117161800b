//! The function table.
//!
//! ```text
//! ╭ Functions 24, worst first, by tag team ────────────────────────────────────────────────────╮
//! │   function            inv   err%   thr     p50     p99 of t/o conc resv  mem  runtime       │
//! │ ▼ payments (3)       1234   12.0%    0                                                      │
//! │ ● payment-authorize  1234   12.0%    0   120ms   900ms   30%    4   20  512  nodejs22       │
//! ╰ worst: errors and throttles by number and share, p99 near the time-out, then volume ───────╯
//! ```

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::App;
use crate::app::tabs::functions::columns::{Column, Reading};
use crate::app::tabs::functions::groups::{Head, Row};
use crate::app::tabs::functions::order::Sort;
use crate::app::tabs::functions::{Facts, Functions, IN_SHORT, Known};
use crate::model::function::Function;
use crate::model::series::{Metric, Statistic, Subject};
use crate::store::feed::Standing;
use crate::store::metrics::Figures;
use crate::text;
use crate::view::chart;
use crate::view::pen::{Align, Pen};

/// The name is not squeezed below this, and not drawn wider than that.
const NAME: (u16, u16) = (24, 48);
/// The trend is of use from this width on; it takes what the others leave.
const TREND: u16 = 12;

/// Draws the table, or the open function.
pub fn draw(app: &App, pen: &mut Pen, area: Rect) {
    if app.functions.detail.is_some() {
        super::function::draw(app, pen, area);
    } else {
        draw_table(app, pen, area);
    }
}

/// Where the columns stand.
struct Fitting {
    name: u16,
    /// Column, its first place, its width.
    columns: Vec<(Column, u16, u16)>,
    /// Some are scrolled out on the left; some do not fit on the right.
    more: (bool, bool),
}

impl Fitting {
    /// As many columns as fit beside a name that can be read.
    fn of(tab: &Functions, inside: Rect) -> Fitting {
        let room = inside.width.saturating_sub(2);
        let least = NAME.0.min(room * 2 / 5);
        let (mut used, mut chosen) = (0, Vec::new());
        let wanted = &tab.columns[tab.first_column.min(tab.columns.len())..];
        for column in wanted {
            let width = if *column == Column::Trend { TREND } else { column.width() };
            if least + used + width + 1 > room {
                break;
            }
            used += width + 1;
            chosen.push((column.clone(), width));
        }
        let more = (tab.first_column > 0, chosen.len() < wanted.len());
        let name = (room - used).min(NAME.1);
        let spare = room - used - name;
        let mut x = inside.x + 2 + name;
        let mut columns = Vec::new();
        for (column, width) in chosen {
            let width = if column == Column::Trend { width + spare } else { width };
            columns.push((column, x + 1, width));
            x += width + 1;
        }
        Fitting { name, columns, more }
    }
}

fn title(app: &App) -> String {
    let (tab, inventory) = (&app.functions, &app.store.functions);
    let mut title = format!("Functions {}", tab.order.len());
    if tab.order.len() != inventory.all().len() {
        title.push_str(&format!(" of {}", inventory.all().len()));
    }
    if !inventory.complete() && !inventory.all().is_empty() {
        title.push_str(", more coming");
    }
    // What was typed and means nothing is said before all else: it hides nothing.
    if let Some(complaint) = tab.complaint() {
        title.push_str(&format!(": {complaint}"));
        return title;
    }
    let order = if tab.reversed { " reversed" } else { "" };
    title.push_str(&match (&tab.ranked, &tab.sort) {
        (Some(ranked), _) => {
            let over = text::span(std::time::Duration::from_secs(ranked.over_s));
            let at = ranked.asked.with_timezone(&app.offset).format("%H:%M");
            format!(", ranked by Metrics Insights, {at}, {} over {over}{order}", ranked.what())
        }
        (None, Sort::Worst) => format!(", worst first{order}"),
        (None, sort) => format!(", by {}{order}", sort.name()),
    });
    if let Some(groups) = &tab.groups {
        title.push_str(&format!(", grouped by {}", groups.by.name()));
    }
    if !tab.filter.is_empty() {
        title.push_str(&format!(", /{}", tab.filter));
    }
    title
}

/// What has to be said of the rows: words that could not be decided, tags that are denied, what `worst` means.
fn remark(app: &App, known: &Known) -> Option<(String, bool)> {
    let tab = &app.functions;
    let undecided: Vec<String> =
        tab.undecided().map(|(word, count)| format!("{word} is not known of {}", text::count(count as f64))).collect();
    if !undecided.is_empty() {
        return Some((format!("{}: left out", undecided.join(", ")), true));
    }
    let shows_tags =
        tab.columns.iter().any(Column::needs_tags) || tab.groups.as_ref().is_some_and(|g| g.by.column().needs_tags());
    if let Some(trouble) = app.store.tags.trouble().filter(|_| shows_tags) {
        return Some((format!("tags: {}", trouble.sentence()), true));
    }
    if shows_tags && !known.has_tags() {
        return Some(("tags are being read".into(), false));
    }
    match (&tab.ranked, &tab.sort) {
        (Some(ranked), _) => match ranked.standing(&app.store) {
            Standing::Waiting => Some(("being ranked; Esc leaves it".into(), false)),
            _ => Some(("Esc leaves the ranking".into(), false)),
        },
        (None, Sort::Worst) => Some((IN_SHORT.into(), false)),
        _ => None,
    }
}

fn draw_table(app: &App, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let tab = &app.functions;
    let inventory = &app.store.functions;
    let known = tab.known(&app.store, app.now);
    let inside = pen.panel(area, &title(app), true);
    if tab.order.is_empty() {
        let what = match (&tab.ranked, tab.filter.is_empty()) {
            (Some(_), true) => "functions in the ranking (Esc leaves it)",
            (None, true) => "functions in this region",
            (_, false) => "functions that the filter takes (Esc drops it)",
        };
        pen.empty(inside, tab.standing(&app.store), what);
    } else {
        pen.standing(area, tab.standing(&app.store));
    }
    if let Some((remark, strong)) = remark(app, &known) {
        let y = area.bottom().saturating_sub(1);
        let line = Rect { x: area.x + 2, y, width: area.width.saturating_sub(4), height: 1 };
        pen.put(line, line.x, y, &format!(" {remark} "), if strong { styles.warning } else { styles.dim });
    }
    if tab.order.is_empty() {
        return;
    }
    let fitting = Fitting::of(tab, inside);
    headings(tab, pen, inside, &fitting);
    let body = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
    let unknown = Facts::default();
    for (at, place) in tab.cursor.visible(tab.rows(), Functions::height(area)).enumerate() {
        let y = body.y + u16::try_from(at).unwrap_or(0);
        if y >= body.bottom() {
            break;
        }
        match (tab.row(place), &tab.groups) {
            (Some(Row::Function(at)), _) => {
                let Some(function) = inventory.all().get(at) else { continue };
                draw_function(app, pen, body, y, &fitting, function, tab.facts(at).unwrap_or(&unknown), &known);
            }
            (Some(Row::Head(at)), Some(groups)) => {
                if let Some(head) = groups.heads.get(at) {
                    draw_head(pen, body, y, &fitting, head);
                }
            }
            _ => {}
        }
        if place == tab.cursor.row {
            pen.shade(body, y, styles.selection);
            pen.put(body, body.x + 1, y, pen.look.glyphs.cursor, styles.selection);
        }
    }
}

fn headings(tab: &Functions, pen: &mut Pen, inside: Rect, fitting: &Fitting) {
    let styles = pen.look.styles.clone();
    let sorts = |column: &Column| tab.ranked.is_none() && tab.sort.column() == Some(column);
    let y = inside.y;
    pen.cell(inside, inside.x + 2, y, fitting.name, "function", Align::Left, heading(&styles, sorts(&Column::Name)));
    for (column, x, width) in &fitting.columns {
        let style = heading(&styles, sorts(column));
        pen.cell(inside, *x, y, *width, &text::safe_line(&column.heading()), align(column), style);
    }
    if fitting.more.0 {
        pen.put(inside, inside.x + fitting.name, y, "<", styles.accent);
    }
    if fitting.more.1 {
        pen.put(inside, inside.right().saturating_sub(1), y, ">", styles.accent);
    }
}

#[allow(clippy::too_many_arguments)] // a place, a row and what is known of it: a struct of them would only be taken apart again
fn draw_function(
    app: &App,
    pen: &mut Pen,
    body: Rect,
    y: u16,
    fitting: &Fitting,
    function: &Function,
    facts: &Facts,
    known: &Known,
) {
    let styles = pen.look.styles.clone();
    let (mark, style) = mark(pen, &facts.figures, app.config.thresholds.error_share_critical);
    pen.put(body, body.x, y, mark, style);
    let name = text::cut_middle(&function.name, usize::from(fitting.name));
    pen.cell(body, body.x + 2, y, fitting.name, &name, Align::Left, styles.text);
    for (column, x, width) in &fitting.columns {
        if *column == Column::Trend {
            let subject = Subject::Function(function.name.clone());
            let series = app.store.metrics.get(&subject, Metric::Invocations, Statistic::Sum);
            chart::sparkline(pen, *x, y, *width, series, app.window, styles.chart_1);
        } else {
            let (value, style) = value(column, &column.read(function, facts, known), pen);
            pen.cell(body, *x, y, *width, &value, align(column), style);
        }
    }
}

fn draw_head(pen: &mut Pen, body: Rect, y: u16, fitting: &Fitting, head: &Head) {
    let styles = pen.look.styles.clone();
    let fold = if head.folded { pen.look.glyphs.closed } else { pen.look.glyphs.open };
    pen.put(body, body.x, y, fold, styles.accent);
    let count = format!(" ({})", head.functions);
    let room = usize::from(fitting.name).saturating_sub(count.len());
    let name = format!("{}{count}", text::cut_middle(&text::safe_line(&head.key), room));
    pen.cell(body, body.x + 2, y, fitting.name, &name, Align::Left, styles.strong);
    let figures = Figures {
        invocations: (head.measured > 0).then_some(head.invocations),
        errors: head.errors,
        throttles: head.throttles,
        ..Figures::default()
    };
    let facts = Facts { figures, ..Facts::default() };
    for (column, x, width) in &fitting.columns {
        let reading = match column {
            _ if head.measured == 0 => continue,
            Column::Invocations => Reading::Number(facts.figures.invocations.unwrap_or(0.0)),
            Column::ErrorShare => Reading::Number(facts.figures.error_share()),
            Column::Errors => Reading::Number(head.errors),
            Column::Throttles => Reading::Number(head.throttles),
            _ => continue,
        };
        let (value, style) = value(column, &reading, pen);
        pen.cell(body, *x, y, *width, &value, Align::Right, styles.strong.patch(style));
    }
}

fn align(column: &Column) -> Align {
    if column.is_text() { Align::Left } else { Align::Right }
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

fn value(column: &Column, reading: &Reading, pen: &Pen) -> (String, Style) {
    let styles = &pen.look.styles;
    let number = match reading {
        // Neither is a zero.
        Reading::Unknown | Reading::Absent => return ("-".into(), styles.dim),
        Reading::Text(text) => return (text::safe_line(text).into_owned(), styles.dim),
        Reading::Number(number) => *number,
    };
    let if_any = |style: Style| if number > 0.0 { style } else { styles.dim };
    match column {
        Column::ErrorShare => (text::percent(number), if_any(styles.critical)),
        Column::Errors => (text::count(number), if_any(styles.critical)),
        Column::Throttles => (text::count(number), if_any(styles.throttle)),
        Column::P50 | Column::P90 | Column::P99 | Column::Maximum => (text::millis(number), styles.text),
        Column::OfTimeout | Column::Used => {
            (text::percent(number), if number >= 0.9 { styles.warning } else { styles.dim })
        }
        Column::Cold => (text::percent(number), styles.text),
        Column::Reserved if number == 0.0 => ("off".into(), styles.critical),
        Column::CodeSize => (text::bytes(number as u64), styles.dim),
        Column::Modified => (text::age(number as i64), styles.dim),
        Column::Memory | Column::Timeout => (format!("{number:.0}"), styles.dim),
        _ => (text::count(number), styles.text),
    }
}
