//! What is known depends on the lines, not on their order; and what it says is what Lambda said.

use super::*;
use proptest::prelude::*;

const GROUP: &str = "/aws/lambda/orders";
const ID: &str = "8c2a1f3e-5b6d-4e7f-8a9b-0c1d2e3f4a5b";
const T: i64 = 1_795_260_000_000;

#[derive(Clone, Debug)]
struct Told {
    source: u16,
    at: i64,
    text: String,
}

fn told(source: u16, at: i64, text: impl Into<String>) -> Told {
    Told { source, at: T + at, text: text.into() }
}

fn feed(index: &mut Invocations, lines: &[Told]) {
    for line in lines {
        let stream = format!("2026/11/21/[$LATEST]{}", line.source);
        index.accept(line.source, GROUP, &stream, line.at, &line.text, &line::read(&line.text));
    }
    index.settle();
}

fn index_of(lines: &[Told]) -> Invocations {
    let mut index = Invocations::new();
    feed(&mut index, lines);
    index
}

fn id(n: usize) -> String {
    RequestId(0x8c2a_1f3e_5b6d_4e7f_8a9b_0c1d_2e3f_0000 + n as u128).to_string()
}

/// Rows without the places that they happen to have.
fn rows(index: &Invocations) -> Vec<String> {
    let mut rows: Vec<String> = index
        .rows()
        .map(|row| {
            let lines = index.only(row.key);
            let lines = lines.map(|lines| (lines.from, lines.to, lines.alone));
            format!("{} {:?} {lines:?}", row.request_and_start(), Row { key: Key { slot: 0, ..row.key }, ..row })
        })
        .collect();
    rows.sort();
    rows
}

fn retract(index: &mut Invocations, line: &Told) {
    index.retract(line.source, line.at, &line.text, &line::read(&line.text));
}

/// Those that the platform tells of, without what is remembered of lines that are gone: when the first and the last was, and
/// the trace id.
fn told_rows(index: &Invocations) -> Vec<String> {
    let mut rows: Vec<String> = index
        .rows()
        .filter(|row| index.attempts[row.key.slot as usize].is_anchored())
        .map(|row| {
            let alone = index.only(row.key).map(|lines| lines.alone);
            let row = Row { key: Key { slot: 0, ..row.key }, end: 0, trace_id: None, ..row };
            format!("{row:?} {alone:?}")
        })
        .collect();
    rows.sort();
    rows
}

impl Row<'_> {
    fn request_and_start(&self) -> String {
        format!("{} {}", self.start, self.key.request)
    }
}

fn cold(source: u16, at: i64, request: &str) -> Vec<Told> {
    vec![
        told(
            source,
            at,
            "INIT_START Runtime Version: python:3.12.v18\tRuntime Version ARN: arn:aws:lambda:eu-west-1::runtime:1",
        ),
        told(source, at + 100, format!("START RequestId: {request} Version: 7")),
        told(source, at + 110, format!("[INFO]\t2026-11-21T04:00:00.110Z\t{request}\thello")),
        told(source, at + 112, "printed without an id"),
        told(source, at + 150, format!("END RequestId: {request}")),
        told(
            source,
            at + 150,
            format!(
                "REPORT RequestId: {request}\tDuration: 49.53 ms\tBilled Duration: 150 ms\tMemory Size: 128 MB\tMax Memory Used: 56 MB\t\
                 Init Duration: 99.10 ms\t\nXRAY TraceId: 1-5e34a614-10bd0bd0f1fb44f07bc535a1\tSegmentId: 07f5\tSampled: true\t"
            ),
        ),
    ]
}

#[test]
fn an_invocation_is_what_its_lines_tell() {
    let mut lines = cold(3, 0, ID);
    lines.extend(cold(3, 1000, &id(1)));
    let index = index_of(&lines);
    let row = index.rows().last().expect("two rows");
    assert_eq!((row.function, row.version, row.source), ("orders", Some("7"), 3));
    assert_eq!((row.start, row.end), (T + 100, T + 150));
    assert_eq!((row.status, row.duration_ms, row.billed_ms), (Status::Ok, Some(49.53), Some(150)));
    assert_eq!((row.memory_mb, row.memory_used_mb, row.init_ms), (Some(128), Some(56), Some(99.10)));
    assert_eq!(row.trace_id.map(|id| id.to_string()).as_deref(), Some("1-5e34a614-10bd0bd0f1fb44f07bc535a1"));
    assert_eq!((row.lines, row.errors, row.attempts), (5, 0, 1));
    let own = index.only(row.key).expect("a row");
    assert_eq!((own.from, own.to, own.alone), (T, T + 150, true));
    let mine = lines.iter().filter(|line| own.belongs(line.source, line.at, line::read(&line.text).request()));
    assert_eq!(mine.count(), 6, "its INIT_START is among them");
    assert_eq!(index.find(RequestId::read(ID).expect("an id")), Some(row.key));
    let told = index.summary(Some("orders"));
    assert_eq!((told.invocations, told.errors, told.cold, told.p50), (2, 0, 2, Some(49.53)));
    assert_eq!(index.summary(Some("other")).invocations, 0);
}

fn status_of(lines: &[(i64, &str)]) -> (Status, Option<String>) {
    let lines: Vec<Told> = lines.iter().map(|(at, text)| told(0, *at, text.replace("ID", ID))).collect();
    let index = index_of(&lines);
    let row = index.rows().next().expect("a row");
    (row.status, row.error_type.map(str::to_string))
}

#[test]
fn every_end_is_told_from_the_others() {
    let start = (0, "START RequestId: ID Version: 1");
    let report = (9, "REPORT RequestId: ID\tDuration: 9 ms\tMemory Size: 128 MB\tMax Memory Used: 56 MB");
    let full = (9, "REPORT RequestId: ID\tDuration: 9 ms\tMemory Size: 128 MB\tMax Memory Used: 127 MB");
    let some = |text: &str| Some(text.to_string());
    assert_eq!(status_of(&[start]), (Status::Open, None));
    assert_eq!(status_of(&[start, (9, "END RequestId: ID")]), (Status::Ok, None));
    assert_eq!(status_of(&[start, report]), (Status::Ok, None));
    assert_eq!(status_of(&[report]), (Status::Ok, None));
    let old = (9, "2026-11-21T04:00:00.009Z ID Task timed out after 3.00 seconds");
    assert_eq!(status_of(&[start, old, report]), (Status::TimedOut, None));
    let exit = (10, "RequestId: ID Error: Runtime exited with error: exit status 1\nRuntime.ExitError");
    assert_eq!(status_of(&[start, report, exit]).0, Status::Crashed);
    let killed = (10, "RequestId: ID Error: Runtime exited with error: signal: killed\nRuntime.ExitError");
    assert_eq!(status_of(&[start, full, killed]).0, Status::OutOfMemory);
    assert_eq!(status_of(&[start, report, killed]).0, Status::Crashed);
    let python = (
        8,
        "[ERROR] KeyError: 'order'\nTraceback (most recent call last):\n\u{a0}\u{a0}File \"/var/task/app.py\", line 48",
    );
    assert_eq!(status_of(&[start, python, report]), (Status::Error, some("KeyError")));
    let node = (
        8,
        "2026-11-21T04:00:00.008Z\tID\tERROR\tInvoke Error \t{\"errorType\":\"ReferenceError\",\"errorMessage\":\"x\"}",
    );
    assert_eq!(status_of(&[start, node, report]), (Status::Error, some("ReferenceError")));
    let logged = (8, "[ERROR]\t2026-11-21T04:00:00.008Z\tID\tcould not, went on");
    assert_eq!(status_of(&[start, logged, report]), (Status::Ok, None));
    let new = (
        9,
        "REPORT RequestId: ID\tDuration: 9 ms\tMemory Size: 128 MB\tMax Memory Used: 128 MB\tStatus: error\tError Type: Runtime.ExitError",
    );
    assert_eq!(status_of(&[start, new]), (Status::OutOfMemory, some("Runtime.ExitError")));
    let unknown = (9, "REPORT RequestId: ID\tDuration: 9 ms\tStatus: error\tError Type: Runtime.Unknown");
    assert_eq!(status_of(&[start, python, unknown]), (Status::Error, some("KeyError")));
    // An import that fails during the init.
    let init = (-50, "INIT_START Runtime Version: python:3.12.v18");
    let import =
        (-9, "[ERROR] Runtime.ImportModuleError: Unable to import module 'app'\nTraceback (most recent call last):");
    assert_eq!(status_of(&[init, import, start, report]), (Status::Error, some("Runtime.ImportModuleError")));
    assert_eq!(status_of(&[import, start, report]), (Status::Ok, None), "of the one before, or of nobody");
}

#[test]
fn an_invoke_that_is_tried_again_is_an_invocation_each_time() {
    let end = |status: &str| {
        format!("REPORT RequestId: {ID}\tDuration: 9 ms\tMemory Size: 128 MB\tMax Memory Used: 56 MB{status}")
    };
    let start = format!("START RequestId: {ID} Version: 1");
    let late = format!("2026-11-21T04:00:00.008Z {ID} Task timed out after 3.00 seconds");
    let mut lines = vec![
        told(0, 0, &start),
        told(0, 9, end("\tStatus: error\tError Type: Boom")),
        told(0, 60_000, &start),
        told(0, 60_008, &late),
        told(0, 60_009, end("")),
        told(1, 180_000, &start),
        told(1, 180_009, end("")),
    ];
    for _ in 0..7 {
        lines.rotate_left(1);
        let index = index_of(&lines);
        let told: Vec<_> = index.rows().map(|row| (row.start - T, row.status, row.attempt, row.attempts)).collect();
        assert_eq!(told, [(180_000, Status::Ok, 3, 3), (60_000, Status::TimedOut, 2, 3), (0, Status::Error, 1, 3)],);
        assert_eq!(index.summary(None).errors, 2);
    }
}

#[test]
fn interleaved_invocations_share_no_line_without_an_id() {
    let platform = |kind: &str, id: &str, rest: &str| {
        format!(r#"{{"time":"t","type":"platform.{kind}","record":{{"requestId":"{id}"{rest}}}}}"#)
    };
    let (a, b) = (id(1), id(2));
    let lines = [
        told(0, 0, platform("start", &a, r#","version":"1""#)),
        told(0, 5, platform("start", &b, r#","version":"1""#)),
        told(0, 6, "who wrote this?"),
        told(0, 7, format!(r#"{{"level":"ERROR","requestId":"{b}","message":"x"}}"#)),
        told(0, 10, platform("report", &a, r#","metrics":{"durationMs":10.0},"status":"success""#)),
        told(0, 12, platform("report", &b, r#","metrics":{"durationMs":7.0},"status":"success""#)),
    ];
    let index = index_of(&lines);
    let told: Vec<_> = index.rows().map(|row| (row.lines, row.errors, row.duration_ms, row.memory_mb)).collect();
    assert_eq!(told, [(3, 1, Some(7.0), None), (2, 0, Some(10.0), None)]);
    assert_eq!(index.summary(None).quiet_errors, 1);
    assert!(index.rows().all(|row| !index.only(row.key).expect("a row").alone));
}

#[test]
fn a_long_request_is_not_forgotten_behind_many_short_ones() {
    let platform = |kind: &str, id: &str, rest: &str| {
        format!(r#"{{"time":"t","type":"platform.{kind}","record":{{"requestId":"{id}"{rest}}}}}"#)
    };
    let done = r#","metrics":{"durationMs":10.0},"status":"success""#;
    let mut lines = vec![told(0, 0, platform("start", &id(0), ""))];
    for n in 1..40 {
        lines.push(told(0, n * 500, platform("start", &id(n as usize), "")));
        lines.push(told(0, n * 500 + 5, "[ERROR] KeyError: 'x'\nTraceback (most recent call last):"));
        lines.push(told(0, n * 500 + 10, platform("report", &id(n as usize), done)));
    }
    // While the long one runs, and when its end is known.
    let index = index_of(&lines);
    assert!(index.rows().all(|row| !row.status.is_failure()), "{:?}", rows(&index));
    assert!(index.rows().all(|row| !index.only(row.key).expect("a row").alone));
    lines.push(told(0, 30_000, platform("report", &id(0), done)));
    let after = told(0, 40_000, platform("start", &id(90), ""));
    lines.extend([after, told(0, 40_010, platform("report", &id(90), done))]);
    let index = index_of(&lines);
    let alone: Vec<i64> =
        index.rows().filter(|row| index.only(row.key).expect("a row").alone).map(|row| row.start - T).collect();
    assert_eq!((alone, index.summary(None).errors), (vec![40_000], 0));
}

#[test]
fn ids_that_the_platform_never_named_are_no_invocations() {
    let other = format!(r#"{{"level":"INFO","requestId":"{}","message":"the API's id"}}"#, id(9));
    let mut lines = cold(0, 0, ID);
    lines.push(told(0, 120, &other));
    assert_eq!(index_of(&lines).rows().count(), 1);
    // With a filter pattern that lets only these lines through, they are all there is.
    assert_eq!(index_of(&[told(0, 120, &other)]).rows().count(), 1);
    // An API's access log.
    let mut index = Invocations::new();
    index.accept(0, "access", "0123", T, &other, &line::read(&other));
    index.settle();
    assert_eq!(index.rows().count(), 0);
}

#[test]
fn the_oldest_go_first_and_are_counted() {
    let mut index = Invocations::of(1600);
    for n in 0..4_000 {
        feed(&mut index, &cold((n % 7) as u16, n * 1000, &id(n as usize)));
    }
    let rows: Vec<_> = index.rows().collect();
    assert!(rows.len() <= 1600 && rows.len() >= 1500, "{}", rows.len());
    assert_eq!(rows.len() as u64 + index.forgotten(), 4_000);
    assert_eq!(rows[0].key.request.to_string(), id(3_999));
    assert!(rows.windows(2).all(|pair| pair[0].start > pair[1].start));
    assert_eq!(index.heads.len(), rows.len());
    assert!(index.attempts.len() < 1800, "{}", index.attempts.len());
    let before = (rows.len(), index.forgotten());
    feed(&mut index, &cold(1, 0, &id(0)));
    assert_eq!((index.rows().count(), index.forgotten()), before, "what is forgotten stays so");
}

#[test]
fn an_attempt_is_small() {
    assert!(size_of::<Attempt>() <= 144, "{}", size_of::<Attempt>());
}

#[test]
fn a_filter_takes_what_has_its_words() {
    let mut lines = cold(0, 0, ID);
    lines.extend([
        told(1, 0, format!("START RequestId: {} Version: $LATEST", id(1))),
        told(1, 5, "[ERROR] KeyError: 'x'\nTraceback (most recent call last):"),
        told(1, 9, format!("REPORT RequestId: {}\tDuration: 9 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB", id(1))),
        told(2, 7, format!("START RequestId: {} Version: 12", id(2))),
    ]);
    let index = index_of(&lines);
    let name = |status: Status| match status {
        Status::Open => "running",
        Status::OutOfMemory => "out of memory",
        Status::Ok => "ok",
        _ => "failed",
    };
    let chosen = |text: &str| {
        let mut keys = Vec::new();
        index.choose(Filter::read(text, &index, name).as_ref(), &mut keys);
        let mut starts: Vec<i64> =
            keys.iter().map(|key| index.row(*key).expect("a key of the index").start - T).collect();
        assert!(starts.is_sorted_by(|a, b| a >= b), "{starts:?}");
        starts.sort_unstable();
        starts
    };
    for (text, starts) in [
        ("", vec![0, 7, 100]),
        ("ORD", vec![0, 7, 100]),
        ("keyerror", vec![0]),
        ("!keyerror", vec![7, 100]),
        ("cold", vec![100]),
        ("warm !run", vec![0]),
        ("v7", vec![100]),
        ("v1", vec![7]),
        ("v$l", vec![0]),
        ("run", vec![7]),
        ("8c2a1f3e-5b6d-4e7f-8a9b-0c1d2e3f4a5b", vec![100]),
        ("4e7f-8a9b-0c1d2e3f0001", vec![0]),
        ("f-8a9b-0c1d2e3f4", vec![100]),
        ("5e34a614-10bd", vec![100]),
        ("c535a1", vec![100]),
        ("memory", vec![]),
        ("! 8c2a nobody", vec![]),
    ] {
        assert_eq!(chosen(text), starts, "{text}");
    }
    let ranked = |measure, smallest_first, most| {
        let mut keys = Vec::new();
        index.choose(None, &mut keys);
        let cut = index.rank(&mut keys, measure, smallest_first, most);
        let starts: Vec<i64> = keys.iter().map(|key| index.row(*key).expect("a key of the index").start - T).collect();
        (starts, cut)
    };
    assert_eq!(ranked(Measure::Duration, false, 9), (vec![100, 0, 7], false));
    assert_eq!(ranked(Measure::Duration, true, 2), (vec![7, 0], true));
    assert_eq!(ranked(Measure::Init, false, 1), (vec![100], true));
    assert_eq!(ranked(Measure::Memory, false, 3), (vec![0, 100, 7], false));
    assert_eq!(ranked(Measure::Failure, false, 3), (vec![0, 7, 100], false));
}

/// What one environment wrote.
#[derive(Clone, Debug)]
enum Step {
    Init,
    Invoke { request: usize, says: Vec<u8>, end: u8, pause: i64 },
    Idle(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let invoke = (0usize..12, prop::collection::vec(0u8..6, 0..5), 0u8..7, 0i64..5)
        .prop_map(|(request, says, end, pause)| Step::Invoke { request, says, end, pause });
    prop::collection::vec(prop_oneof![1 => Just(Step::Init), 6 => invoke, 1 => (0i64..90).prop_map(Step::Idle)], 1..12)
}

fn tell(source: u16, steps: &[Step]) -> Vec<Told> {
    let mut lines = Vec::new();
    let mut at = 0;
    for step in steps {
        match step {
            Step::Init => {
                lines.push(told(source, at, "INIT_START Runtime Version: python:3.12.v18"));
                at += 20;
                lines.push(told(source, at, "INIT_REPORT Init Duration: 20.00 ms\tPhase: init\tStatus: timeout"));
            }
            Step::Idle(pause) => {
                at += pause;
                lines.push(told(source, at, "idle"));
            }
            Step::Invoke { request, says, end, pause } => {
                let id = id(*request);
                at += pause;
                let start = at;
                lines.push(told(source, at, format!("START RequestId: {id} Version: {}", request % 3)));
                for say in says {
                    at += i64::from(*say);
                    lines.push(told(
                        source,
                        at,
                        match say {
                            0 => "plain".to_string(),
                            1 => format!("[ERROR]\t2026-11-21T04:00:00.110Z\t{id}\tlogged"),
                            2 => "ERROR no id".to_string(),
                            3 => "[ERROR] KeyError: 'x'\nTraceback (most recent call last):".to_string(),
                            4 => {
                                format!("2026-11-21T04:00:00.110Z\t{id}\tERROR\tInvoke Error \t{{\"errorType\":\"E\"}}")
                            }
                            _ => format!("[INFO]\t2026-11-21T04:00:00.110Z\t{id}\thi"),
                        },
                    ));
                }
                at += 2;
                let report = format!(
                    "REPORT RequestId: {id}\tDuration: {}.25 ms\tMemory Size: 128 MB\tMax Memory Used: 128 MB",
                    at - start
                );
                let ends = match end {
                    0 => vec![],
                    1 => vec![format!("END RequestId: {id}")],
                    2 => vec![report + "\tStatus: timeout"],
                    3 => vec![report, format!("RequestId: {id} Error: Runtime exited with error: signal: killed")],
                    4 => vec![format!("2026-11-21T04:00:00Z {id} Task timed out after 3.00 seconds"), report],
                    _ => vec![format!("END RequestId: {id}"), report],
                };
                lines.extend(ends.into_iter().map(|text| told(source, at, text)));
            }
        }
    }
    lines
}

proptest! {
    #[test]
    fn any_order_in_any_batches_tells_the_same(
        streams in prop::collection::vec(steps(), 1..4),
        seed in any::<u64>(),
        cut in 1usize..30,
    ) {
        let lines: Vec<Told> = streams.iter().enumerate().flat_map(|(n, steps)| tell(n as u16, steps)).collect();
        let expected = rows(&index_of(&lines));
        let mut shuffled = lines.clone();
        let mut state = seed;
        for place in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            shuffled.swap(place, (state >> 33) as usize % (place + 1));
        }
        let mut index = Invocations::new();
        for batch in shuffled.chunks(cut) {
            feed(&mut index, batch);
        }
        prop_assert_eq!(rows(&index), expected);
        let starts: Vec<i64> = index.rows().map(|row| row.start).collect();
        prop_assert!(starts.is_sorted_by(|a, b| a >= b));
    }

    #[test]
    fn what_is_known_is_what_the_lines_in_store_tell(
        streams in prop::collection::vec(steps(), 1..4),
        ends in prop::collection::vec((any::<bool>(), any::<bool>(), 1usize..25), 1..20),
    ) {
        let mut lines: Vec<Told> = streams.iter().enumerate().flat_map(|(n, steps)| tell(n as u16, steps)).collect();
        lines.sort_by_key(|line| line.at);
        // The store holds a stretch of them, of which lines come and go at either end.
        let (mut from, mut to) = (lines.len() / 2, lines.len() / 2);
        let mut index = Invocations::new();
        for (at_old_end, come, many) in ends {
            let range = match (at_old_end, come) {
                (true, true) => from.saturating_sub(many)..from,
                (true, false) => from..(from + many).min(to),
                (false, true) => to..(to + many).min(lines.len()),
                (false, false) => to.saturating_sub(many).max(from)..to,
            };
            let line = |place: usize| &lines[place];
            if come {
                feed(&mut index, &lines[range.clone()]);
            } else if at_old_end {
                range.clone().map(line).for_each(|line| retract(&mut index, line));
            } else {
                range.clone().rev().map(line).for_each(|line| retract(&mut index, line));
            }
            match (at_old_end, come) {
                (true, true) => from = range.start,
                (true, false) => from = range.end,
                (false, true) => to = range.end,
                (false, false) => to = range.start,
            }
        }
        index.settle();
        // That the platform writes to a stream stays known.
        let mut fresh = Invocations::new();
        for index in [&mut index, &mut fresh] {
            for source in 0..3 {
                let extension = told(source, 0, "EXTENSION\tName: x\tState: Ready\tEvents: []");
                feed(index, std::slice::from_ref(&extension));
                retract(index, &extension);
            }
            index.settle();
        }
        feed(&mut fresh, &lines[from..to]);
        prop_assert_eq!(told_rows(&index), told_rows(&fresh));
        prop_assert_eq!(index.order.len(), fresh.order.len());
        prop_assert_eq!(index.heads.len(), fresh.heads.len());
        prop_assert_eq!(index.loose, fresh.loose);
        let failing = |index: &Invocations| index.failing().filter(|slot| index.attempts[*slot as usize].is_anchored()).count();
        prop_assert_eq!(failing(&index), failing(&fresh));
    }
}
