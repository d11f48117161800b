//! What the log costs by the million lines: taking in, keeping, searching, reading on while more arrive.
//!
//! The lines have the shape of a Lambda log: seventy of a hundred are JSON, the others START, END and REPORT; 173 bytes
//! each. Where ripgrep and lnav are installed they do the same in the same run.

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crossterm::event::KeyCode;
use slsdash::app::message::{Message, News};
use slsdash::app::tabs::logs::matching::Shown;
use slsdash::app::tabs::logs::needle::Term;
use slsdash::app::tabs::logs::wants::Wants;
use slsdash::model::log::LogEvent;
use slsdash::poll::seen::{Feed, Seen};
use slsdash::runtime::Program;
use slsdash::store::logs::LogStore;
use slsdash::time::monotonic;

use super::{Bench, SMALL};

const LINES: usize = 1_000_000;
/// A page of FilterLogEvents holds a mebibyte: so many of these lines.
const PAGE: usize = 5_000;

pub fn run() {
    let lines = lines(LINES);
    let bytes: usize = lines.iter().map(|line| line.len() + 1).sum();
    println!("\nlog of {LINES} lines, {} MB", bytes / 1_000_000);
    // First, while the heap has no holes: what the lines themselves take.
    let before = resident();
    let mut store = LogStore::new(1 << 30);
    for (page, lines) in lines.chunks(PAGE).enumerate() {
        store.accept(lines.iter().enumerate().map(|(n, line)| event(page * PAGE + n, line)).collect());
    }
    let held = resident().saturating_sub(before).saturating_sub(store.invocations.bytes());
    let allocated = (store.allocated() - bytes) as f64 / LINES as f64;
    drop(store);
    let store = ingest(&lines);
    let beside = held.saturating_sub(bytes) as f64 / LINES as f64;
    println!("{:<44}{:>17}", "resident beside the text", format!("{beside:.1} B a line"));
    println!("{:<44}{:>17}", "allocated beside the text", format!("{allocated:.1} B a line"));
    let file = write(&lines);
    println!("\n{:<44}{:>17}{:>17}{:>9}", "", "slsdash", "rg -c, CPU", "ratio");
    for (name, filter, grep) in [
        ("literal", "START RequestId", vec!["-F", "START RequestId"]),
        ("literal, few hits", "a1-4A", vec!["-F", "a1-4A"]),
        ("literal in any case", "payment captured", vec!["-iF", "payment captured"]),
        ("literal in any case, few hits", "\"order\":77", vec!["-iF", "\"order\":77"]),
        ("regex", "/REPORT.*Duration: [89]\\d\\d/", vec![r"REPORT.*Duration: [89]\d\d"]),
        ("inverse", "!payment", vec!["-vi", "payment"]),
    ] {
        search(name, filter, &grep, &store, &file);
    }
    one_more_letter(&store);
    lnav(&file);
    frames(&lines);
}

/// Lines of a busy function, the same each time.
fn lines(count: usize) -> Vec<String> {
    let mut seed = 7u64;
    let mut next = move |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    const MESSAGES: [&str; 8] = [
        "order accepted",
        "payment captured",
        "cache miss for key",
        "retrying downstream call",
        "db query finished",
        "emitting metric",
        "validating schema",
        "user session refreshed",
    ];
    let mut lines = Vec::with_capacity(count);
    for n in 0..count {
        let (minute, ms) = (n / 60_000 % 60, n % 60_000);
        let time = format!("2026-03-01T03:{minute:02}:{:02}.{:03}Z", ms / 1000, ms % 1000);
        let id = format!(
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            next(1 << 31),
            next(1 << 16),
            next(1 << 12),
            next(1 << 12),
            next(1 << 31)
        );
        let mut line = String::new();
        let written = match n % 10 {
            0 => write!(line, "{time} START RequestId: {id} Version: $LATEST"),
            8 => write!(line, "{time} END RequestId: {id}"),
            9 => write!(
                line,
                "{time} REPORT RequestId: {id} Duration: {}.{:02} ms Billed Duration: {} ms Memory Size: 512 MB Max Memory Used: {} MB",
                next(900),
                next(100),
                next(900) + 1,
                next(440) + 60
            ),
            _ => {
                let level = match next(100) {
                    0..80 => "INFO",
                    80..90 => "DEBUG",
                    90..97 => "WARN",
                    _ => "ERROR",
                };
                write!(
                    line,
                    r#"{{"timestamp":"{time}","level":"{level}","requestId":"{id}","service":"checkout-api","message":"{}","durationMs":{}.{:02},"order":{}}}"#,
                    MESSAGES[next(8) as usize],
                    next(900),
                    next(100),
                    next(10_000_000)
                )
            }
        };
        written.unwrap();
        lines.push(line);
    }
    lines
}

fn event(n: usize, line: &str) -> LogEvent {
    let timestamp = 1_772_334_000_000 + n as i64;
    LogEvent {
        id: format!("{n:056}"),
        group: "/aws/lambda/checkout-api".into(),
        stream: format!("2026/03/01/[$LATEST]{:032x}", n / 100 % 16),
        timestamp,
        ingestion: timestamp + 400,
        message: line.into(),
    }
}

/// Takes in all lines by pages, as the tail does: events by a look-back come twice.
fn ingest(lines: &[String]) -> LogStore {
    let mut store = LogStore::new(1 << 30);
    let mut seen = Seen::default();
    let mut spent = Duration::ZERO;
    for (page, lines) in lines.chunks(PAGE).enumerate() {
        let mut events: Vec<LogEvent> =
            lines.iter().enumerate().map(|(n, line)| event(page * PAGE + n, line)).collect();
        let start = busy();
        seen.admit(Feed::Filtered, &mut events, i64::MAX);
        black_box(store.accept(events));
        spent += busy() - start;
    }
    let rate = lines.len() as f64 / spent.as_secs_f64();
    println!("{:<44}{:>17}", "taken in, without doubles, by one core", format!("{:.2} M lines/s", rate / 1e6));
    store
}

fn wants(filter: &str) -> Wants {
    Wants { terms: vec![Term::read(filter).unwrap()], ..Wants::default() }
}

/// A whole search, and how soon its first slice is there.
fn search(name: &str, filter: &str, grep: &[&str], store: &LogStore, file: &Path) {
    let (mut best, mut first, mut hits) = (Duration::MAX, Duration::MAX, 0);
    for _ in 0..5 {
        let mut shown = Shown::default();
        let (start, begun) = (busy(), monotonic());
        shown.set(wants(filter), store);
        first = first.min(begun.elapsed());
        while shown.progress(store).is_some() {
            shown.work(store);
        }
        best = best.min(busy() - start);
        hits = shown.len(store);
    }
    let arguments: Vec<&str> = ["-c"].iter().chain(grep).copied().collect();
    let (ratio, theirs) = match cpu("rg", &arguments, file) {
        Some(theirs) => (format!("{:.2}", best.as_secs_f64() / theirs.as_secs_f64()), format!("{theirs:.0?}")),
        None => ("-".into(), "not installed".into()),
    };
    let name = format!("{name}: {hits} hits, first in {first:.1?}");
    println!("{name:<44}{:>17}{theirs:>17}{ratio:>9}", format!("{best:.1?}"));
}

fn one_more_letter(store: &LogStore) {
    let mut shown = Shown::default();
    shown.set(wants("payment"), store);
    while shown.progress(store).is_some() {
        shown.work(store);
    }
    let before = shown.len(store);
    let start = busy();
    shown.set(wants("payment c"), store);
    while shown.progress(store).is_some() {
        shown.work(store);
    }
    let name = format!("one more letter over {before} hits");
    println!("{name:<44}{:>17}", format!("{:.1?}", busy() - start));
}

fn lnav(file: &Path) {
    let ours = "no start: the lines are in memory";
    if let Some(theirs) = cpu("lnav", &["-n", "-c", ":filter-in payment captured", "-c", ":quit"], file) {
        println!(
            "{:<44}{:>17}{:>17}",
            "lnav: index and filter-in, CPU",
            ours.split(':').next().unwrap(),
            format!("{theirs:.0?}")
        );
    }
}

/// CPU time, user and system, of a program on the file: the best of three.
fn cpu(program: &str, arguments: &[&str], file: &Path) -> Option<Duration> {
    let quoted: Vec<String> = arguments.iter().map(|text| format!("'{text}'")).collect();
    let script = format!(
        "command -v {program} >/dev/null || exit 1; TIMEFORMAT='%U %S'; time {program} {} '{}' >/dev/null 2>&1",
        quoted.join(" "),
        file.display()
    );
    let run = || {
        let output =
            Command::new("bash").args(["-c", &script]).output().ok().filter(|output| !output.stderr.is_empty())?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let seconds: f64 = text.split_whitespace().filter_map(|word| word.parse::<f64>().ok()).sum();
        (seconds > 0.0).then(|| Duration::from_secs_f64(seconds))
    };
    (0..3).filter_map(|_| run()).min()
}

fn write(lines: &[String]) -> PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("slsdash-bench.log");
    fs::write(&file, lines.join("\n")).unwrap();
    file
}

/// What this thread has computed so far: on a machine shared with others the time of day says little. It is told by the
/// tick, some milliseconds: what is shorter is timed by the clock.
fn busy() -> Duration {
    let ran = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let ran = ran.and_then(|text| text.split_whitespace().next()?.parse().ok());
    Duration::from_nanos(ran.unwrap_or_default())
}

/// Resident memory, bytes.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    status.split_whitespace().nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or_default() * 4096
}

/// Frames and keys of the Logs tab at a thousand and at a million lines, and while twenty thousand arrive each second.
fn frames(lines: &[String]) {
    println!("\n{:<44}{:>17}{:>17}{:>9}", "", "1,000 lines", "1,000,000 lines", "ratio");
    let (mut small, mut large) = (tab(&lines[..1000]), tab(lines));
    super::row("frame while following, 120x40", small.frame(), large.frame());
    small.key(KeyCode::Char('k'));
    large.key(KeyCode::Char('k'));
    super::row("key Up, update and frame", small.step_up(), large.step_up());
    for bench in [&mut small, &mut large] {
        bench.key(KeyCode::Char('W'));
    }
    super::row("the same, wrapped", small.step_up(), large.step_up());
    for bench in [&mut small, &mut large] {
        bench.key(KeyCode::Char('W'));
        bench.key(KeyCode::Char('G'));
    }
    arriving(&mut large, lines);
}

fn tab(lines: &[String]) -> Bench {
    let mut bench = Bench::with(SMALL);
    bench.key(KeyCode::Char('3'));
    for (page, lines) in lines.chunks(PAGE).enumerate() {
        bench.batch(lines.iter().enumerate().map(|(n, line)| event(page * PAGE + n, line)).collect());
    }
    bench.key(KeyCode::Char('G'));
    bench
}

/// Keys of somebody who types a filter, scrolls and follows, while a batch of a thousand lines comes twenty times a second.
fn arriving(bench: &mut Bench, lines: &[String]) {
    let keys: Vec<KeyCode> =
        "kkkjjG/payment".chars().map(KeyCode::Char).chain([KeyCode::Enter, KeyCode::Up, KeyCode::Esc]).collect();
    let mut times = Vec::new();
    let mut n = LINES;
    for round in 0..400 {
        let page: Vec<LogEvent> = (0..1000).map(|k| event(n + k, &lines[(n + k) % lines.len()])).collect();
        n += 1000;
        let start = monotonic();
        bench.batch(page);
        bench.key(keys[round % keys.len()]);
        bench.draw();
        times.push(start.elapsed());
        for _ in 0..4 {
            bench.told(Message::Slice);
        }
    }
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!(
        "{:<44}{:>17}{:>17}",
        "batch of 1,000, key and frame: p50, p99",
        format!("{:.2?}", at(0.5)),
        format!("{:.2?}", at(0.99))
    );
}

impl Bench {
    fn batch(&mut self, events: Vec<LogEvent>) {
        let tail = self.dashboard.interests().tail.map_or(0, |tail| tail.generation);
        let read_to = self.now;
        self.told(Message::News(News::LogEvents { tail, events, read_to, caught_up: true }));
    }

    fn step_up(&mut self) -> Duration {
        super::best(|| {
            self.key(KeyCode::Up);
            self.draw();
        })
    }
}
