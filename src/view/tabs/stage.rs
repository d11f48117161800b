//! One stage's detail.
//!
//! ```text
//! ╭ shop prod requests ─╮╭ errors ──────────────╮╭ latency ─────────────╮
//! ╰─────────────────────╯╰──────────────────────╯╰──────────────────────╯
//! ╭ Settings ──────────────────╮╭ Routes 12 ────────────────────────────╮
//! │ cache cluster  0.5 GB      ││ GET /orders/{id}  AWS_PROXY  orders   │
//! │ throttle       100 req/s   │╰───────────────────────────────────────╯
//! │ execution log  ERROR       │╭ Overrides 2 ──────────────────────────╮
//! ╰────────────────────────────╯╰───────────────────────────────────────╯
//! ```

use ratatui::layout::Rect;

use crate::app::App;
use crate::app::command::Action;
use crate::app::tabs::apis::settings::{self, Tone};
use crate::app::tabs::apis::{PANELS, Panel, rows};
use crate::app::tabs::overview::stage_subject;
use crate::model::api::{Api, MethodSettings};
use crate::model::series::{Metric, Statistic};
use crate::store::feed::{Feed, Standing};
use crate::text;
use crate::view::chart::{self, Curve, Plot, Unit};
use crate::view::pen::{Align, Pen};

/// Draws the detail of the open stage.
pub fn draw(app: &App, pen: &mut Pen, area: Rect) {
    let Some((id, stage)) = &app.apis.detail else { return };
    let Some(api) = app.store.api(id) else {
        let inside = pen.panel(area, &format!("{id} {stage}"), true);
        pen.empty(inside, app.store.apis.standing(), "API of this id: it may have been deleted");
        return;
    };
    let charts = match area.height {
        0..=21 => 6,
        22..=33 => 8,
        _ => area.height / 3,
    };
    let top = Rect { height: charts.min(area.height), ..area };
    draw_charts(app, api, stage, pen, top);
    let mut rest = Rect { y: top.bottom(), height: area.height - top.height, ..area };
    let sharing = rows::sharing(&app.store, api, stage);
    if sharing > 1 && rest.height > 4 {
        let note = format!(
            "{} metrics are of {sharing} APIs of this name together: CloudWatch knows REST APIs by name only",
            pen.look.glyphs.warning
        );
        let style = pen.look.styles.warning;
        pen.put(rest, rest.x + 1, rest.y, &note, style);
        rest = Rect { y: rest.y + 1, height: rest.height - 1, ..rest };
    }
    draw_panels(app, id, stage, pen, rest);
}

fn draw_panels(app: &App, id: &str, stage: &str, pen: &mut Pen, area: Rect) {
    let across = |from: u16, width: u16| Rect { x: area.x + from, width, ..area };
    let overrides = app.apis.overrides(&app.store).len();
    match area.width {
        160.. => {
            let (left, middle) = (area.width * 34 / 100, area.width * 38 / 100);
            draw_settings(app, id, stage, pen, across(0, left));
            draw_routes(app, id, pen, across(left, middle));
            draw_overrides(app, id, stage, pen, across(left + middle, area.width - left - middle));
        }
        100..160 => {
            let left = area.width / 2;
            draw_settings(app, id, stage, pen, across(0, left));
            let right = across(left, area.width - left);
            let wanted = u16::try_from(overrides.max(1)).unwrap_or(u16::MAX).saturating_add(3);
            let below = wanted.min(right.height / 2);
            draw_routes(app, id, pen, Rect { height: right.height - below, ..right });
            let at = right.bottom() - below;
            draw_overrides(app, id, stage, pen, Rect { y: at, height: below, ..right });
        }
        // On a narrow screen the panel that has the keys gets all the room.
        _ => match app.apis.panel {
            Panel::Settings => draw_settings(app, id, stage, pen, area),
            Panel::Routes => draw_routes(app, id, pen, area),
            Panel::Overrides => draw_overrides(app, id, stage, pen, area),
        },
    }
}

fn draw_charts(app: &App, api: &Api, stage: &str, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let subject = stage_subject(api, stage);
    let curve = |metric, statistic, name, style| Curve {
        series: app.store.metrics.get(&subject, metric, statistic),
        name,
        style,
    };
    let plot = |title, curves, unit| Plot { title, curves, unit, limit: None, window: app.window, focus: false };
    let name = format!("{} {stage}", text::cut_middle(&api.name, 20));
    let errors = vec![
        curve(Metric::Error4xx, Statistic::Sum, "4xx", styles.warning),
        curve(Metric::Error5xx, Statistic::Sum, "5xx", styles.critical),
    ];
    let mut latency = vec![
        curve(Metric::Latency, Statistic::Percentile(50), "p50", styles.chart_3),
        curve(Metric::Latency, Statistic::Percentile(99), "p99", styles.chart_2),
        curve(Metric::IntegrationLatency, Statistic::Percentile(99), "int", styles.chart_4),
    ];
    let requests = curve(Metric::Count, Statistic::Sum, "", styles.chart_1);
    if area.width >= 100 {
        let title = format!("{name} requests");
        let plots = [
            plot(&title, vec![requests], Unit::Count),
            plot("errors", errors, Unit::Count),
            plot("latency", latency, Unit::Millis),
        ];
        draw_row(&plots, pen, area);
        return;
    }
    // Two charts: requests and what of them failed in one, and the legend of the other must fit its title line.
    latency.remove(0);
    latency[0].name = "";
    let mut first = vec![requests];
    first.extend(errors);
    draw_row(&[plot(&name, first, Unit::Count), plot("latency p99", latency, Unit::Millis)], pen, area);
}

fn draw_row(plots: &[Plot], pen: &mut Pen, area: Rect) {
    let shown = u16::try_from(plots.len()).unwrap_or(1).max(1);
    // The last one has the longest legend.
    let width = if shown == 3 { area.width * 3 / 10 } else { area.width / shown };
    for (at, plot) in (0u16..).zip(plots) {
        let width_here = if at + 1 == shown { area.width - at * width } else { width };
        chart::draw(plot, pen, Rect { x: area.x + at * width, width: width_here, ..area });
    }
}

fn rows_of(app: &App, panel: Panel, inside: Rect, rows: usize) -> Vec<(u16, usize, bool)> {
    let mut cursor = app.apis.cursors[panel as usize];
    cursor.fit(rows, usize::from(inside.height));
    let focus = app.apis.panel == panel;
    cursor
        .visible(rows, usize::from(inside.height))
        .enumerate()
        .map(|(at, row)| (inside.y + u16::try_from(at).unwrap_or(0), row, focus && row == cursor.row))
        .collect()
}

/// The standing of the stage itself; a stage that is gone from a list that is known is no stage.
fn stage_standing<'a>(app: &'a App, id: &str) -> Standing<'a> {
    app.store.stages.get(id).map_or(Standing::Waiting, Feed::standing)
}

/// Names the panels that Tab goes to, where only one has room.
fn others(app: &App) -> String {
    if app.size.0 >= 100 {
        return String::new();
    }
    let rest = PANELS.into_iter().filter(|panel| *panel != app.apis.panel);
    let names: Vec<String> = rest
        .map(|panel| match panel {
            Panel::Settings => "settings".to_string(),
            Panel::Routes => format!("routes {}", app.apis.rows_of(panel, &app.store)),
            Panel::Overrides => format!("overrides {}", app.apis.rows_of(panel, &app.store)),
        })
        .collect();
    format!(" ({}: {})", app.keymap.chord(Action::NextPanel), names.join(", "))
}

fn draw_settings(app: &App, id: &str, stage: &str, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let focus = app.apis.panel == Panel::Settings;
    let title = format!("Settings of {}{}", text::cut_middle(stage, 24), others(app));
    let inside = pen.panel(area, &title, focus);
    let lines = app.apis.settings(&app.store);
    if lines.is_empty() {
        pen.empty(inside, stage_standing(app, id), "stage of this name: it may have been deleted");
        return;
    }
    pen.standing(area, stage_standing(app, id));
    let what_width = 18.min(inside.width / 2);
    for (y, row, selected) in rows_of(app, Panel::Settings, inside, lines.len()) {
        let line = &lines[row];
        let style = match line.tone {
            Tone::Plain => styles.text,
            Tone::Quiet => styles.dim,
            Tone::Warning => styles.warning,
        };
        pen.cell(inside, inside.x, y, what_width, &line.what, Align::Left, styles.dim);
        let width = inside.width.saturating_sub(what_width + 1);
        // Prose is read from its beginning; of an ARN or a URL both ends matter.
        let prose = line.value.contains(' ');
        let value = if prose { line.value.as_str().into() } else { text::cut_middle(&line.value, usize::from(width)) };
        pen.cell(inside, inside.x + what_width + 1, y, width, &value, Align::Left, style);
        if selected {
            pen.shade(inside, y, styles.selection);
        }
    }
}

fn draw_routes(app: &App, id: &str, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let routes = app.apis.routes(&app.store);
    let title = if routes.is_empty() { "Routes".to_string() } else { format!("Routes {}", routes.len()) };
    let title = format!("{title}{}", others(app));
    let inside = pen.panel(area, &title, app.apis.panel == Panel::Routes);
    let standing = app.store.routes.get(id).map_or(Standing::Waiting, Feed::standing);
    if routes.is_empty() {
        pen.empty(inside, standing, "methods or routes");
        return;
    }
    pen.standing(area, standing);
    let longest = routes.iter().map(|route| text::width(&route.key)).max().unwrap_or(0);
    let key_width = u16::try_from(longest).unwrap_or(u16::MAX).clamp(8, (inside.width / 2).max(8));
    let behind = routes.iter().filter_map(|route| route.function.as_deref()).map(text::width).max().unwrap_or(0);
    let behind_width = behind.clamp(8, usize::from(inside.width / 3).max(8));
    let overrides = app.apis.overrides(&app.store);
    for (y, row, selected) in rows_of(app, Panel::Routes, inside, routes.len()) {
        let route = &routes[row];
        let key = text::cut_middle(&route.key, usize::from(key_width));
        pen.cell(inside, inside.x, y, key_width, &key, Align::Left, styles.text);
        let x = inside.x + key_width + 1;
        let line = Rect { x, width: inside.right().saturating_sub(x), ..inside };
        let (behind, style) = match &route.function {
            Some(function) => (function.as_str(), styles.link),
            None if route.integration.is_empty() => ("nothing behind it", styles.warning),
            None => (route.integration.as_str(), styles.dim),
        };
        let behind = text::cut_middle(behind, behind_width);
        let gap = " ".repeat(behind_width.saturating_sub(text::width(&behind)));
        let mut notes = String::new();
        if route.function.is_some() && !route.integration.is_empty() {
            notes.push_str(&format!(" {}", route.integration));
        }
        if !route.authorization.is_empty() && route.authorization != "NONE" {
            notes.push_str(&format!(" auth {}", route.authorization));
        }
        if route.api_key {
            notes.push_str(" API key");
        }
        let own = if overrides.iter().any(|(key, _)| *key == route.key) { " own settings" } else { "" };
        pen.line(line, y, &[(&behind, style), (&gap, styles.text), (own, styles.notice), (&notes, styles.dim)]);
        if selected {
            pen.shade(inside, y, styles.selection);
        }
    }
}

/// Columns of the overrides with their widths.
const OVERRIDE: [(&str, u16); 4] = [("rate/burst", 11), ("cache", 5), ("TTL", 5), ("log", 5)];

fn draw_overrides(app: &App, id: &str, stage: &str, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let overrides = app.apis.overrides(&app.store);
    let title = if overrides.is_empty() {
        "Overrides".to_string()
    } else {
        format!("Overrides {} of {}", overrides.len(), text::cut_middle(stage, 16))
    };
    let title = format!("{title}{}", others(app));
    let inside = pen.panel(area, &title, app.apis.panel == Panel::Overrides);
    if overrides.is_empty() {
        pen.empty(inside, stage_standing(app, id), "method has settings of its own");
        return;
    }
    let numbers: u16 = OVERRIDE.iter().map(|(_, width)| width + 1).sum();
    let key_width = inside.width.saturating_sub(numbers);
    pen.cell(inside, inside.x, inside.y, key_width, "method", Align::Left, styles.table_header);
    let mut x = inside.x + key_width;
    for (name, width) in OVERRIDE {
        pen.cell(inside, x + 1, inside.y, width, name, Align::Right, styles.table_header);
        x += width + 1;
    }
    let body = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
    for (y, row, selected) in rows_of(app, Panel::Overrides, body, overrides.len()) {
        if y >= body.bottom() {
            break;
        }
        let (key, own) = &overrides[row];
        let key = text::cut_middle(key, usize::from(key_width));
        pen.cell(body, body.x, y, key_width, &key, Align::Left, styles.text);
        let mut x = body.x + key_width;
        for (words, (_, width)) in words_of(own).into_iter().zip(OVERRIDE) {
            let style = match words.as_str() {
                "-" => styles.dim,
                "closed" => styles.critical,
                _ => styles.text,
            };
            pen.cell(body, x + 1, y, width, &words, Align::Right, style);
            x += width + 1;
        }
        if selected {
            pen.shade(body, y, styles.selection);
        }
    }
}

fn words_of(own: &MethodSettings) -> [String; 4] {
    let throttle = if settings::closed(own) {
        "closed".to_string()
    } else if settings::throttled(own) {
        format!("{}/{}", settings::rate(own.throttle_rate), settings::burst(own.throttle_burst))
    } else {
        "-".to_string()
    };
    [
        throttle,
        own.caching.map_or("-", |on| if on { "on" } else { "off" }).to_string(),
        own.cache_ttl_s.map_or("-".to_string(), |ttl| format!("{ttl}s")),
        settings::level(own).unwrap_or("-").to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
    use proptest::prelude::*;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;
    use crate::app::Origin;
    use crate::app::keymap::Keymap;
    use crate::app::message::{Message, News};
    use crate::config::{Config, Theme};
    use crate::model::api::{ApiAccount, Protocol, Route, Stage};
    use crate::model::series::Series;
    use crate::model::trouble::{Kind, Trouble};
    use crate::store::metrics::stage_row;
    use crate::time::Clock;
    use crate::view::look::{Depth, Look};

    const NAMES: [&str; 7] = ["shop", "shop", "\u{1b}[31mrot\u{202e}", "注文サービス", "", "a\u{301}👩‍👩‍👧 x", "späti"];

    fn api(id: usize, name: &str, protocol: Protocol) -> Api {
        Api {
            id: format!("id{id}"),
            name: name.into(),
            protocol,
            endpoint_types: vec!["REGIONAL".into()],
            description: String::new(),
            created: None,
            endpoint: (protocol != Protocol::Rest)
                .then(|| format!("https://id{id}.execute-api.eu-west-1.amazonaws.com")),
            tags: vec![],
        }
    }

    fn stage(name: &str, overrides: usize) -> Stage {
        let own = MethodSettings {
            throttle_rate: Some(-1.0),
            throttle_burst: Some(i32::MIN),
            caching: Some(true),
            cache_ttl_s: Some(i32::MAX),
            logging: Some("INFO".into()),
            ..MethodSettings::default()
        };
        Stage {
            name: name.into(),
            cache_enabled: overrides > 0,
            cache_size: (overrides > 0).then(|| "0.5".into()),
            defaults: MethodSettings { throttle_rate: Some(f64::NAN), ..own.clone() },
            overrides: (0..overrides).map(|at| (format!("GET /注文/{at}/{}", "x".repeat(at)), own.clone())).collect(),
            variables: vec![("SECRET".into(), "hunter2".into())],
            access_log: Some("arn:aws:logs".into()),
            canary: Some(crate::model::api::Canary { percent: f64::INFINITY, ..Default::default() }),
            ..Stage::default()
        }
    }

    /// The tab of a region with every kind of API: without stages, with very many settings, with hostile names.
    fn program(size: (u16, u16)) -> App {
        let mut app = App::new(Config::default(), Keymap::defaults(), Origin::default(), Clock::system(), size);
        let protocols = [Protocol::Rest, Protocol::Rest, Protocol::WebSocket, Protocol::Http];
        let apis: Vec<Api> = NAMES.iter().enumerate().map(|(id, name)| api(id, name, protocols[id % 4])).collect();
        let denied = Trouble::new(Kind::Denied, "apigateway:GET", "no \u{1b}[2J");
        let mut series = Vec::new();
        for api in &apis {
            for (at, key) in stage_row(&stage_subject(api, "prod")).into_iter().enumerate() {
                let points = vec![(app.now, [0.0, 12.0, f64::NAN, 1e300][at % 4])];
                series.push((key, Series { period: 60, points }));
            }
        }
        let routes = (0..50).map(|at| Route {
            key: format!("GET /{}", "注".repeat(at)),
            integration: "AWS_PROXY".into(),
            function: (at % 2 == 0).then(|| format!("f{at}")),
            ..Route::default()
        });
        for news in [
            News::Apis { apis, trouble: Some(denied.clone()) },
            News::Stages("id0".into(), Ok(vec![stage("prod", 300), stage("$default", 0)])),
            News::Stages("id2".into(), Err(denied.clone())),
            News::Stages("id3".into(), Ok(vec![])),
            News::Stages("id4".into(), Ok(vec![stage("prod", 0)])),
            News::Stages("id5".into(), Ok(vec![stage("注文\u{202e}", 1), stage("prod", 2)])),
            News::Stages("id6".into(), Ok(vec![stage(&"s".repeat(128), 1)])),
            News::Routes("id0".into(), Ok(routes.collect())),
            News::Routes("id5".into(), Err(denied)),
            News::ApiAccount(Ok(ApiAccount { rate: Some(10_000.0), burst: Some(5_000) })),
            News::Series { series, settled: app.now },
        ] {
            app.update(Message::News(news));
        }
        let (now, traffic) = (app.now, app.traffic.clone());
        app.update(Message::Second(now, traffic));
        app
    }

    fn key(code: KeyCode) -> Message {
        Message::Key(KeyEvent::new(code, KeyModifiers::NONE))
    }

    fn screen(app: &App) -> String {
        let look = Look::new(&Theme::embedded("night").expect("the theme is embedded"), Depth::True, false);
        let mut terminal = Terminal::new(TestBackend::new(app.size.0, app.size.1)).unwrap();
        terminal.draw(|frame| crate::view::draw(app, &look, frame)).unwrap();
        let buffer = terminal.backend().buffer();
        buffer
            .content()
            .chunks(usize::from(app.size.0))
            .flat_map(|row| row.iter().map(ratatui::buffer::Cell::symbol).chain(["\n"]))
            .collect()
    }

    #[test]
    fn a_stage_opens_says_whose_metrics_it_shows_and_leads_to_the_function_of_a_route() {
        let mut app = program((120, 40));
        app.update(key(KeyCode::Char('5')));
        assert!(screen(&app).contains("waiting for its stages"));
        assert!(screen(&app).contains("denied: needs apigateway:GET"));
        let rows = rows::all(&app.store, "id0 stage:prod");
        assert_eq!(rows.len(), 1);
        app.jump(crate::app::step::Jump::Stage("id0".into(), "prod".into()));
        let shown = screen(&app);
        // The other API of this name may have such a stage too, as long as its stages are not known.
        assert!(shown.contains("metrics are of 2 APIs of this name together"), "{shown}");
        assert!(shown.contains("$0.020 an hour") && !shown.contains("hunter2"), "{shown}");
        assert_eq!(app.selected().stage, Some(("id0".into(), "prod".into())));
        assert_eq!(app.apis.log_groups(&app.store, "id0", "prod"), ["API-Gateway-Execution-Logs_id0/prod"]);
        assert!(app.interests().routes.contains("id0"));
        app.update(key(KeyCode::Tab));
        assert_eq!(app.selected().function.as_deref(), Some("f0"));
        app.update(key(KeyCode::Enter));
        assert_eq!(app.functions.opened(), Some("f0"));
        app.update(key(KeyCode::Esc));
        assert!(app.apis.is_open(), "Esc leads back to the stage");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
        #[test]
        fn no_key_at_any_size_harms_the_tab(
            size in (1u16..210, 1u16..70),
            keys in prop::collection::vec(prop::sample::select(vec![
                KeyCode::Up, KeyCode::Down, KeyCode::PageDown, KeyCode::End, KeyCode::Home, KeyCode::Tab, KeyCode::BackTab,
                KeyCode::Enter, KeyCode::Enter, KeyCode::Esc, KeyCode::Char('/'), KeyCode::Char('m'), KeyCode::Char('l'),
                KeyCode::Char('y'), KeyCode::Char('x'), KeyCode::Char('5'), KeyCode::Char('5'), KeyCode::Char('r'),
                KeyCode::Left, KeyCode::Right,
            ]), 0..24),
        ) {
            let mut app = program(size);
            app.update(key(KeyCode::Char('5')));
            for code in keys {
                app.update(key(code));
                let shown = screen(&app);
                prop_assert!(!shown.contains("hunter2"));
                let wanted = app.interests();
                prop_assert!(wanted.series.len() <= 500);
                prop_assert!(wanted.routes.len() <= 1);
            }
        }
    }
}
