//! What ten thousand functions cost in the table: sorted by each column, filtered as one types, grouped, and while they come in.

use std::hint::black_box;
use std::time::Duration;

use crossterm::event::KeyCode;
use slsdash::app::Origin;
use slsdash::app::keymap::Keymap;
use slsdash::app::message::{Message, News};
use slsdash::app::tabs::functions::columns::Column;
use slsdash::app::tabs::functions::groups::{GroupBy, Groups};
use slsdash::app::tabs::functions::order::Sort;
use slsdash::app::tabs::{Context, Learnt};
use slsdash::config::Config;
use slsdash::model::function::Function;
use slsdash::model::series::Series;
use slsdash::model::tags::Tagged;
use slsdash::time::{TimeWindow, monotonic};

use super::{Bench, LARGE, PAGE, best_of, function};

const STACK: &str = "aws:cloudformation:stack-name";

pub fn run() {
    println!("\n{:<60}{:>17}", format!("function table, {LARGE} functions"), "");
    coming_in();
    let mut bench = Bench::with(LARGE);
    bench.told(Message::News(News::Tags(Ok((0..LARGE).map(tagged).collect()))));
    bench.second_passes();
    bench.key(KeyCode::Char('2'));
    bench.shows("Functions 10000");
    told("frame", bench.frame());
    told("key Down, update and frame", bench.step());
    told("interests", bench.interests());

    let columns = Column::all().chain([Column::Tag("team".into())]).filter(|column| *column != Column::Trend);
    let mut sorts = vec![Sort::Worst];
    sorts.extend(columns.map(Sort::By));
    let mut slowest = (Duration::ZERO, String::new());
    for sort in sorts {
        let name = sort.name().into_owned();
        let took = arranged(&mut bench, |app| app.functions.sort = sort.clone());
        told(&format!("sort by {name}"), took);
        slowest = slowest.max((took, name));
    }
    told(&format!("the slowest of these, {}, and its frame", slowest.1), slowest.0 + bench.frame());
    arranged(&mut bench, |app| app.functions.sort = Sort::Worst);

    for (what, typed, letter) in [
        ("a letter of a name", "checkou", 't'),
        ("a letter of an attribute", "runtime:nodejs2", '2'),
        ("a letter of three attributes", "runtime:node mem>100 inv>", '5'),
        ("a letter of a tag", "tag.team=te", 'a'),
        ("a letter of a stack", "stack:order", 's'),
    ] {
        bench.key(KeyCode::Char('/'));
        typed.chars().for_each(|c| bench.key(KeyCode::Char(c)));
        told(&format!("{what}, `{typed}{letter}`, and frame"), bench.letter(letter));
        bench.key(KeyCode::Esc);
    }
    for (name, by) in [("stack", GroupBy::stack()), ("tag team", GroupBy::tag("team"))] {
        told(
            &format!("group by {name}"),
            arranged(&mut bench, |app| app.functions.groups = Some(Groups::by(by.clone()))),
        );
    }
    told("frame of the groups", bench.frame());
    arranged(&mut bench, |app| app.functions.groups = None);

    let series = {
        let names = (0..40).map(name);
        let points = (0..15).map(|n| (bench.now - chrono::TimeDelta::minutes(15 - n), n as f64)).collect();
        let series = Series { period: 60, points };
        let keys = names
            .flat_map(|name| slsdash::store::metrics::function_row(&slsdash::model::series::Subject::Function(name)));
        keys.map(|key| (key, series.clone())).collect::<Vec<_>>()
    };
    let measured = best_of(20, 1, || {
        bench.told(Message::News(News::Series { series: series.clone(), settled: bench.now }));
        bench.second_passes();
        bench.draw();
    });
    told("points of 40 functions, what follows, and frame", measured);
}

/// The first round of the listing, page by page, each taken in and arranged as it comes.
fn coming_in() {
    let mut took: Vec<Duration> = Vec::new();
    let mut all = Duration::MAX;
    for _ in 0..3 {
        let mut app = slsdash::app::App::new(
            Config::default(),
            Keymap::defaults(),
            Origin::default(),
            slsdash::time::Clock::from(Bench::with(0).now),
            (120, 40),
        );
        let begun = monotonic();
        let mut pages = Vec::new();
        for page in 0..LARGE / PAGE {
            let functions: Vec<Function> = (page * PAGE..(page + 1) * PAGE).map(of).collect();
            let start = monotonic();
            app.update(Message::News(News::FunctionsPage { functions, page, last: (page + 1) * PAGE >= LARGE }));
            let (store, config) = (&app.store, &app.config);
            let cx = Context {
                store,
                config,
                now: app.now,
                window: TimeWindow::last(Duration::from_secs(3600)),
                body: ratatui::layout::Rect::new(0, 2, 120, 37),
            };
            app.functions.learn(Learnt::Functions, &cx);
            pages.push(start.elapsed());
        }
        assert_eq!(app.functions.order.len(), LARGE);
        if begun.elapsed() < all {
            (all, took) = (begun.elapsed(), pages);
        }
    }
    told("a page of fifty comes in, the first", took[0]);
    told("the last", took[took.len() - 1]);
    told("the slowest", took.into_iter().max().unwrap_or_default());
    told(&format!("all {} pages", LARGE / PAGE), all);
}

/// Time to arrange the table after a change of its wishes.
fn arranged(bench: &mut Bench, change: impl Fn(&mut slsdash::app::App)) -> Duration {
    change(&mut bench.dashboard.app);
    best_of(15, 1, || {
        let app = &mut bench.dashboard.app;
        let cx = Context {
            store: &app.store,
            config: &app.config,
            now: app.now,
            window: app.window,
            body: ratatui::layout::Rect::new(0, 2, 120, 37),
        };
        app.functions.arrange(&cx);
        black_box(app.functions.order.len());
    })
}

fn name(n: usize) -> String {
    format!("shop-{n:05}-checkout-handler")
}

fn of(n: usize) -> Function {
    Function { runtime: ["nodejs22.x", "python3.13", "java21"][n % 3].into(), ..function(&name(n * 7919 % LARGE)) }
}

fn tagged(n: usize) -> Tagged {
    let tag = |key: &str, value: String| (key.to_string(), value);
    Tagged {
        arn: function(&name(n)).arn,
        tags: vec![
            tag("team", format!("team-{}", n % 37)),
            tag(STACK, format!("orders-{}", n % 211)),
            tag("env", "prod".into()),
        ],
    }
}

fn told(name: &str, took: Duration) {
    println!("{name:<60}{:>14.3} ms", took.as_secs_f64() * 1e3);
}
