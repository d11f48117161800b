//! Aliases and versions: where each leads, and what is provisioned on it.

use ratatui::layout::Rect;

use super::{detail_standing, rows_of};
use crate::app::App;
use crate::app::command::Action;
use crate::app::tabs::functions::detail::qualifiers::{Kind, qualifiers};
use crate::app::tabs::functions::detail::{Detail, Panel};
use crate::model::function::{FunctionDetail, ProvisionedStatus};
use crate::model::series::{Metric, Series, Statistic, Subject};
use crate::store::feed::Feed;
use crate::text;
use crate::view::pen::{Align, Pen};

/// Lines for the whole reason of a failure.
const REASON: u16 = 2;

pub(super) fn draw(app: &App, open: &Detail, pen: &mut Pen, area: Rect, focus: bool) {
    let name = open.name.as_str();
    let styles = pen.look.styles.clone();
    let feed = app.store.details.get(name);
    let inside = pen.panel(area, "Aliases and versions", focus);
    let rows = qualifiers(&app.store, name);
    if rows.is_empty() {
        pen.empty(inside, detail_standing(feed), "aliases or published versions: $LATEST only");
        return;
    }
    pen.standing(area, detail_standing(feed));
    let detail = feed.and_then(Feed::get);
    let selected = open.cursors[Panel::Qualifiers as usize].row.min(rows.len() - 1);
    let failure = detail.filter(|_| focus).and_then(|detail| failure(detail, &rows[selected].name));
    let whole = inside;
    let inside =
        Rect { height: inside.height - failure.as_ref().map_or(0, |_| REASON.min(inside.height / 2)), ..inside };
    if let Some(failure) = failure {
        let below = Rect { y: inside.bottom(), height: whole.height - inside.height, ..whole };
        pen.prose(below, 0, &failure, styles.critical);
    }
    for (y, row, selected) in rows_of(open, Panel::Qualifiers, inside, rows.len()) {
        let row = &rows[row];
        if row.kind == Kind::Comparison {
            pen.put(inside, inside.x + 2, y, &row.points_to, styles.accent);
            if selected {
                pen.shade(inside, y, styles.selection);
            }
            continue;
        }
        let style = if row.kind == Kind::Alias { styles.strong } else { styles.text };
        pen.cell(inside, inside.x, y, 14, &row.name, Align::Left, style);
        let wide = inside.width >= 90;
        let points_width = if wide { 34 } else { 14 };
        let points_to = if wide || row.broken { &row.points_to } else { &row.short };
        let leads = if row.broken { styles.critical } else { styles.dim };
        // What leads nowhere has nothing provisioned: all of the line says so.
        let points_width = if row.broken { inside.width.saturating_sub(16) } else { points_width };
        pen.cell(inside, inside.x + 15, y, points_width, points_to, Align::Left, leads);
        let x = inside.x + 16 + points_width;
        if let Some(config) =
            detail.and_then(|detail| detail.provisioned.iter().find(|config| config.qualifier == row.name))
        {
            let (word, style) = match &config.status {
                ProvisionedStatus::Ready => ("READY".to_string(), styles.good),
                ProvisionedStatus::InProgress => ("IN_PROGRESS".to_string(), styles.warning),
                ProvisionedStatus::Failed(reason) => (format!("FAILED: {reason}"), styles.critical),
            };
            let subject = Subject::Qualifier { function: name.to_string(), qualifier: row.name.clone() };
            let used = app
                .store
                .metrics
                .get(&subject, Metric::ProvisionedConcurrencyUtilization, Statistic::Maximum)
                .and_then(Series::last)
                .map(|share| format!("  {} used", text::percent(share)))
                .unwrap_or_default();
            let spilled = app
                .store
                .metrics
                .get(&subject, Metric::ProvisionedConcurrencySpilloverInvocations, Statistic::Sum)
                .map(Series::total)
                .filter(|spilled| *spilled > 0.0)
                .map(|spilled| format!("  {} spilled", text::count(spilled)))
                .unwrap_or_default();
            let numbers = if wide {
                let (requested, allocated, available) = (config.requested, config.allocated, config.available);
                format!("provisioned {requested} allocated {allocated} available {available}  ")
            } else {
                format!("provisioned {}, {} ready  ", config.requested, config.available)
            };
            let line = Rect { x, width: inside.right().saturating_sub(x), ..inside };
            pen.line(
                line,
                y,
                &[(&numbers, styles.text), (&word, style), (&used, styles.dim), (&spilled, styles.warning)],
            );
        } else if selected {
            pen.put(inside, x, y, &hint(app, open, &row.name), styles.dim);
        }
        if selected {
            pen.shade(inside, y, styles.selection);
        }
    }
}

/// Why provisioned concurrency of the selected alias or version could not be allocated, in whole.
fn failure(detail: &FunctionDetail, qualifier: &str) -> Option<String> {
    let config = detail.provisioned.iter().find(|config| config.qualifier == qualifier)?;
    let ProvisionedStatus::Failed(reason) = &config.status else { return None };
    let ready = format!("{} of {} are ready", config.available, config.requested);
    Some(text::safe_line(&format!("Provisioned concurrency of {qualifier} FAILED, {ready}: {reason}")).into_owned())
}

/// What the keys do with the selected row.
fn hint(app: &App, open: &Detail, name: &str) -> String {
    let key = |action| app.keymap.chord(action);
    let charts = if open.narrowed.as_deref() == Some(name) { "charts of all" } else { "its charts" };
    format!("{} {charts}, {} compares, {} provisions", key(Action::Open), key(Action::Compare), key(Action::Provision))
}
