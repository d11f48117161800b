//! What a frame, a key and a log line cost: `cargo bench`.
//!
//! Each figure is the best of many batches, which on a busy machine says more about the program than a mean does. What counts is
//! the last column: an account a hundred times as large must not make a frame dearer.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a bench prints, and fails by panicking")]

mod functions;
mod logs;
mod traces;

use std::hint::black_box;
use std::time::Duration;

use chrono::{TimeDelta, TimeZone, Utc};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use slsdash::app::keymap::Keymap;
use slsdash::app::message::{Message, News, Traffic};
use slsdash::app::{App, Origin};
use slsdash::config::{Config, Theme};
use slsdash::model::function::Function;
use slsdash::model::log::LogEvent;
use slsdash::model::series::{Series, Subject};
use slsdash::runtime::{Dashboard, Program};
use slsdash::store::metrics::function_row;
use slsdash::time::{Clock, Moment, monotonic};
use slsdash::view::look::{Depth, Look};

const SMALL: usize = 100;
const LARGE: usize = 10_000;
const PAGE: usize = 50;

/// All of it, or one part by name: `cargo bench --bench figures -- traces`.
fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let parts: [(&str, fn()); 4] =
        [("frames", frames), ("functions", functions::run), ("traces", traces::run), ("logs", logs::run)];
    for (name, run) in parts {
        if asked.is_empty() || asked.iter().any(|word| word == name) {
            run();
        }
    }
}

fn frames() {
    println!("{:<44}{:>17}{:>17}{:>9}", "", format!("{SMALL} functions"), format!("{LARGE} functions"), "ratio");
    let (mut small, mut large) = (Bench::with(SMALL), Bench::with(LARGE));
    for (tab, name) in [('1', "Overview"), ('2', "Functions"), ('3', "Logs"), ('4', "Traces"), ('5', "APIs")] {
        small.key(KeyCode::Char(tab));
        large.key(KeyCode::Char(tab));
        row(&format!("frame of {name}, 120x40"), small.frame(), large.frame());
    }
    small.key(KeyCode::Char('2'));
    large.key(KeyCode::Char('2'));
    row("key Down in Functions, update and frame", small.step(), large.step());
    row("one second passing, Functions", small.second(), large.second());
    row("interests, Functions", small.interests(), large.interests());

    println!("\n{:<44}{:>17}", "", "per second");
    let clean =
        "2026-03-01T03:12:55.120Z 8f4b INFO order 1881 accepted, 3 items, 42.00 EUR, card ending 4242\n".repeat(10_000);
    rate("sanitiser, clean text", clean.len(), "MB", 1e6, || drop(black_box(slsdash::text::safe(&clean))));
    let hostile = clean.replace("INFO", "\x1b[31mINFO\u{202e}");
    rate("sanitiser, an escape and a bidi mark a line", hostile.len(), "MB", 1e6, || {
        drop(black_box(slsdash::text::safe(&hostile)));
    });
    let mut bench = Bench::with(SMALL);
    bench.key(KeyCode::Char('3'));
    let mut batch = 0;
    rate("log events taken in by the state", 1000, "k lines", 1e3, || {
        batch += 1;
        bench.log(batch, 1000);
    });
}

struct Bench {
    dashboard: Dashboard,
    terminal: Terminal<TestBackend>,
    now: Moment,
}

impl Bench {
    /// The dashboard on an account of so many functions, all of them with metrics.
    fn with(functions: usize) -> Bench {
        let now = Utc.with_ymd_and_hms(2026, 3, 1, 3, 0, 0).unwrap();
        let clock = Clock::from(now);
        let mut config = Config::default();
        config.traces.cap = 2 * LARGE;
        let app = App::new(config, Keymap::defaults(), Origin::default(), clock, (120, 40));
        let look = Look::new(&Theme::embedded("night").unwrap(), Depth::default(), false);
        let terminal = Terminal::new(TestBackend::new(120, 40)).unwrap();
        let mut bench = Bench { dashboard: Dashboard { app, look }, terminal, now };
        bench.told(Message::Resize(120, 40));
        let names: Vec<String> = (0..functions).map(|n| format!("shop-{n:05}-checkout-handler")).collect();
        for (page, part) in names.chunks(PAGE).enumerate() {
            let functions = part.iter().map(|name| function(name)).collect();
            let last = (page + 1) * PAGE >= names.len();
            bench.told(Message::News(News::FunctionsPage { functions, page, last }));
        }
        for names in names.chunks(80) {
            let series = names.iter().enumerate().flat_map(|(n, name)| {
                let points = (0..15)
                    .map(|minute| (now - TimeDelta::minutes(15 - minute), (n % 7) as f64 + minute as f64))
                    .collect();
                let series = Series { period: 60, points };
                function_row(&Subject::Function(name.clone())).map(|key| (key, series.clone()))
            });
            bench.told(Message::News(News::Series { series: series.collect(), settled: now }));
        }
        for _ in 0..5 {
            bench.second();
        }
        bench
    }

    fn told(&mut self, message: Message) {
        black_box(self.dashboard.update(message));
    }

    fn key(&mut self, code: KeyCode) {
        let shift = matches!(code, KeyCode::Char(c) if c.is_ascii_uppercase());
        let modifiers = if shift { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
        self.told(Message::Key(KeyEvent::new(code, modifiers)));
    }

    /// What is measured is on the screen: a figure of something else would look good too.
    fn shows(&mut self, text: &str) {
        self.draw();
        let screen: String =
            self.terminal.backend().buffer().content.iter().map(ratatui::buffer::Cell::symbol).collect();
        assert!(screen.contains(text), "{text} is not on the screen: {screen}");
    }

    /// The derived orders follow what was learnt.
    fn second_passes(&mut self) {
        self.now += TimeDelta::seconds(1);
        self.told(Message::Second(self.now, Traffic::default()));
    }

    /// A letter typed into a text field, and taken away again: of the two the dearer.
    fn letter(&mut self, letter: char) -> Duration {
        let typed = best_of(20, 1, || {
            self.key(KeyCode::Char(letter));
            self.draw();
        });
        let taken = best_of(20, 1, || {
            self.key(KeyCode::Backspace);
            self.draw();
        });
        typed.max(taken)
    }

    fn draw(&mut self) {
        let dashboard = &self.dashboard;
        self.terminal.draw(|frame| dashboard.draw(frame)).unwrap();
    }

    fn frame(&mut self) -> Duration {
        best(|| self.draw())
    }

    fn step(&mut self) -> Duration {
        best(|| {
            self.key(KeyCode::Down);
            self.draw();
        })
    }

    fn second(&mut self) -> Duration {
        best(|| {
            self.now += TimeDelta::seconds(1);
            self.told(Message::Second(self.now, Traffic::default()));
            self.draw();
        })
    }

    fn interests(&mut self) -> Duration {
        best(|| drop(black_box(self.dashboard.interests())))
    }

    fn log(&mut self, batch: u64, lines: u64) {
        let events = (0..lines)
            .map(|n| LogEvent {
                id: format!("{batch:020}{n:010}"),
                group: "/aws/lambda/checkout".into(),
                stream: "2026/03/01/[$LATEST]8f4b".into(),
                timestamp: self.now.timestamp_millis() + i64::try_from(n).unwrap(),
                ingestion: self.now.timestamp_millis(),
                message: format!(r#"{{"level":"INFO","requestId":"8f4b-{n}","message":"order {batch} accepted"}}"#),
            })
            .collect();
        let tail = self.dashboard.interests().tail.map_or(0, |tail| tail.generation);
        self.told(Message::News(News::LogEvents { tail, events, read_to: self.now, caught_up: true }));
    }
}

fn function(name: &str) -> Function {
    Function {
        name: name.into(),
        arn: format!("arn:aws:lambda:eu-west-1:123456789012:function:{name}"),
        runtime: "nodejs22.x".into(),
        memory_mb: 512,
        timeout_s: 15,
        log_group: format!("/aws/lambda/{name}"),
        ..Function::default()
    }
}

/// Time of one call, at its best: batches are long enough for the clock and few enough for patience.
fn best(call: impl FnMut()) -> Duration {
    best_of(40, 10, call)
}

fn best_of(batches: u32, calls: u32, mut call: impl FnMut()) -> Duration {
    (0..batches)
        .map(|_| {
            let start = monotonic();
            for _ in 0..calls {
                call();
            }
            start.elapsed() / calls
        })
        .min()
        .unwrap_or_default()
}

fn row(name: &str, small: Duration, large: Duration) {
    let ratio = large.as_secs_f64() / small.as_secs_f64();
    println!("{name:<44}{:>17}{:>17}{ratio:>9.2}", format!("{small:.1?}"), format!("{large:.1?}"));
}

fn rate(name: &str, amount: usize, unit: &str, scale: f64, call: impl FnMut()) {
    let per_second = amount as f64 / best(call).as_secs_f64() / scale;
    println!("{name:<44}{:>17}", format!("{per_second:.0} {unit}"));
}
