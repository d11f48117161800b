//! Charts of a stage, or of one of its methods, and whose time its latency is.

use ratatui::layout::Rect;

use crate::app::App;
use crate::app::tabs::apis::methods::whose_time;
use crate::model::api::{Api, Stage};
use crate::model::series::{Metric, Statistic, Subject};
use crate::store::gateway;
use crate::text;
use crate::view::chart::{self, Curve, Plot, Unit};
use crate::view::pen::Pen;

fn curve<'a>(app: &'a App, subject: &Subject, (metric, statistic): (Metric, Statistic), name: &'a str) -> Curve<'a> {
    Curve { series: app.store.metrics.get(subject, metric, statistic), name, style: ratatui::style::Style::default() }
}

fn plot<'a>(app: &App, title: &'a str, curves: Vec<Curve<'a>>, unit: Unit) -> Plot<'a> {
    Plot { title, curves, unit, limit: None, window: app.window, focus: false }
}

/// Three small charts of the stage in a row, or two where it is narrow.
pub(super) fn row(app: &App, api: &Api, stage: &str, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let subject = gateway::stage_subject(api, stage);
    let styled = |metric, statistic, name, style| Curve { style, ..curve(app, &subject, (metric, statistic), name) };
    let errors = vec![
        styled(Metric::Error4xx, Statistic::Sum, "4xx", styles.warning),
        styled(Metric::Error5xx, Statistic::Sum, "5xx", styles.critical),
    ];
    let latency = vec![
        styled(Metric::Latency, Statistic::Percentile(50), "p50", styles.chart_3),
        styled(Metric::Latency, Statistic::Percentile(99), "p99", styles.chart_2),
        styled(Metric::IntegrationLatency, Statistic::Percentile(99), "int", styles.chart_4),
    ];
    let requests = vec![styled(Metric::Count, Statistic::Sum, "", styles.chart_1)];
    let mut plots = vec![
        plot(app, "requests", requests, Unit::Count),
        plot(app, "errors", errors, Unit::Count),
        plot(app, "latency", latency, Unit::Millis),
    ];
    if area.width < 100 {
        let errors = plots.remove(1);
        plots[0].curves.extend(errors.curves);
    }
    across(&plots, pen, area);
}

fn across(plots: &[Plot], pen: &mut Pen, area: Rect) {
    let shown = u16::try_from(plots.len()).unwrap_or(1).max(1);
    let width = area.width / shown;
    for (at, plot) in (0u16..).zip(plots) {
        let here = if at + 1 == shown { area.width - at * width } else { width };
        chart::draw(plot, pen, Rect { x: area.x + at * width, width: here, ..area });
    }
}

/// The panel of charts.
pub(super) fn draw(app: &App, api: &Api, stage: &Stage, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let Some(subject) = app.apis.charted(&app.store) else { return };
    let figures = app.store.metrics.stage_figures(&subject);
    let words = note(app, api, stage, &subject);
    let taken = pen.prose(Rect { height: 2.min(area.height), ..area }, 0, &words, styles.text).min(2);
    let area = Rect { y: area.y + taken, height: area.height.saturating_sub(taken), ..area };
    let styled = |metric, statistic, name, style| Curve { style, ..curve(app, &subject, (metric, statistic), name) };
    let requests = vec![styled(Metric::Count, Statistic::Sum, "", styles.chart_1)];
    let rate = match &app.apis.chart_of {
        Some(key) => {
            let keyed = gateway::routes(&app.store, &api.id).iter().any(|route| route.key == *key && route.api_key);
            // A plan's limit is of each key, and no line over all of them.
            let limits = gateway::effective(&app.store, api, stage, key, false);
            limits.rate.filter(|_| !keyed || gateway::plans_of(&app.store, api, &stage.name).is_empty())
        }
        None => gateway::of_stage(&app.store, stage).rate,
    };
    let period = requests[0].series.map_or(60.0, |series| f64::from(series.period));
    let mut requests = plot(app, "requests", requests, Unit::Count);
    requests.limit = rate.map(|rate| (rate.value * period, "limit"));
    let errors = vec![
        styled(Metric::Error4xx, Statistic::Sum, "4xx", styles.warning),
        styled(Metric::Error5xx, Statistic::Sum, "5xx", styles.critical),
    ];
    let errors = plot(app, "errors", errors, Unit::Count);
    let latency = vec![
        styled(Metric::Latency, Statistic::Percentile(50), "p50", styles.chart_3),
        styled(Metric::Latency, Statistic::Percentile(99), "p99", styles.chart_2),
    ];
    let behind = vec![
        styled(Metric::IntegrationLatency, Statistic::Percentile(50), "p50", styles.chart_3),
        styled(Metric::IntegrationLatency, Statistic::Percentile(99), "p99", styles.chart_4),
    ];
    let latency = plot(app, "latency", latency, Unit::Millis);
    let behind = plot(app, "integration", behind, Unit::Millis);
    let cached = matches!(subject, Subject::RestStage { .. } | Subject::RestMethod { .. })
        && (stage.cache_enabled || figures.hits + figures.misses > 0.0);
    let cache = cached.then(|| {
        let curves = vec![
            styled(Metric::CacheHitCount, Statistic::Sum, "hit", styles.good),
            styled(Metric::CacheMissCount, Statistic::Sum, "miss", styles.warning),
        ];
        plot(app, "cache", curves, Unit::Count)
    });
    let top = area.height / 2;
    let upper = Rect { height: top, ..area };
    let lower = Rect { y: area.y + top, height: area.height - top, ..area };
    match (cache, area.width >= 100) {
        (Some(cache), true) => {
            across(&[requests, errors, cache], pen, upper);
            across(&[latency, behind], pen, lower);
        }
        // Three do not fit beside each other: what failed stands with what came.
        (Some(cache), false) => {
            requests.curves.extend(errors.curves);
            across(&[requests, cache], pen, upper);
            across(&[latency, behind], pen, lower);
        }
        (None, _) => {
            across(&[requests, errors], pen, upper);
            across(&[latency, behind], pen, lower);
        }
    }
}

/// What the charts show, in words: whose time it is, what the cache answers, and whose numbers they are.
fn note(app: &App, api: &Api, stage: &Stage, subject: &Subject) -> String {
    let figures = app.store.metrics.stage_figures(subject);
    let mut words = Vec::new();
    let looked = figures.hits + figures.misses;
    if figures.hits > 0.0 {
        // Answers from the cache have a latency and no integration latency: the two are not of the same requests.
        words.push("latency is of all requests, integration latency of those that the cache did not answer".into());
    } else {
        words.extend(whose_time(&figures));
    }
    if looked > 0.0 {
        words.push(format!("the cache answered {} of {}", text::percent(figures.hits / looked), text::count(looked)));
    }
    if let Some(key) = &app.apis.chart_of {
        let sharing = gateway::sharing_method(&app.store, api, &stage.name, key);
        if sharing > 1 {
            words.push(format!("of {sharing} APIs of this name together"));
        }
    }
    if words.is_empty() {
        return match figures.count {
            Some(0.0) => "no request in this window".into(),
            Some(_) => "no latency known".into(),
            None => "waiting for the metrics".into(),
        };
    }
    words.join("; ")
}
