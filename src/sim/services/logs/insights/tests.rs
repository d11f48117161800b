//! Queries as dashboards and AWS's own samples write them.

use super::{Malformed, Run, parse};
use crate::sim::services::logs::event::{Event, Key};

const T0: i64 = 1_795_226_700_000; // 2026-11-21 02:05:00

/// Feeds these messages as events a minute apart, the last being the newest, and gives the rows.
fn rows(query: &str, messages: &[&str]) -> Vec<Vec<(String, String)>> {
    run(query, None, messages).rows()
}

fn run(query: &str, limit: Option<usize>, messages: &[&str]) -> Run {
    let mut run = Run::new(parse(query).unwrap_or_else(|why| panic!("{query}: {why:?}")), limit);
    for (place, message) in messages.iter().enumerate().rev() {
        let timestamp = T0 + 60_000 * place as i64;
        let key = Key { timestamp, ingestion: timestamp + 700, atom: place as u64, index: 0 };
        let event =
            Event { key, group: 0, stream: format!("2026/11/21/[$LATEST]{place}"), message: (*message).to_owned() };
        if !run.is_satisfied() {
            run.feed(event, "411122223333:/aws/lambda/checkout");
        }
    }
    run
}

/// One column of the rows, absent values left out.
fn column(query: &str, name: &str, messages: &[&str]) -> Vec<String> {
    let rows = rows(query, messages);
    rows.iter().filter_map(|row| row.iter().find(|(field, _)| field == name)).map(|(_, value)| value.clone()).collect()
}

fn refused(query: &str) -> Malformed {
    match parse(query) {
        Ok(query) => panic!("taken: {query:?}"),
        Err(why) => why,
    }
}

const ID: &str = "8f5d7a40-2e1c-4c0b-9d35-6a7f0e1b2c3d";
const REPORT: &str = "REPORT RequestId: 8f5d7a40-2e1c-4c0b-9d35-6a7f0e1b2c3d\tDuration: 15.74 ms\tBilled Duration: 16 ms\t\
     Memory Size: 128 MB\tMax Memory Used: 56 MB\tInit Duration: 130.49 ms\t\n\
     XRAY TraceId: 1-6567e0d4-5e1b2c3d4f5a6b7c8d9e0f1a\tSegmentId: 4b1d2e3f4a5b6c7d\tSampled: true\t\n";

#[test]
fn the_query_of_the_console_gives_the_newest_first() {
    let messages = ["one", "two", "three"];
    let found = rows("fields @timestamp, @message\n| sort @timestamp desc\n| limit 2", &messages);
    let names: Vec<&str> = found[0].iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["@timestamp", "@message", "@ptr"]);
    assert_eq!(found[0][0].1, "2026-11-21 02:07:00.000");
    assert_eq!(found.iter().map(|row| row[1].1.as_str()).collect::<Vec<_>>(), ["three", "two"]);
    // Without fields, these two are shown; without sort, the newest come first.
    assert_eq!(column("filter @message like \"o\"", "@message", &messages), ["two", "one"]);
}

#[test]
fn what_need_not_be_read_is_not() {
    let messages = ["one", "two", "three"];
    assert_eq!(run("limit 1", None, &messages).scanned, 1);
    assert_eq!(run("fields @message | sort @timestamp desc | limit 2", None, &messages).scanned, 2);
    assert_eq!(run("fields @message", Some(2), &messages).scanned, 2);
    assert_eq!(run("sort @timestamp asc | limit 1", None, &messages).scanned, 3);
    let filtered = run("filter @message = 'two' | limit 1", None, &messages);
    assert_eq!((filtered.scanned, filtered.matched, filtered.bytes), (2, 1, 8));
    assert_eq!(column("sort @timestamp asc | limit 1", "@message", &messages), ["one"]);
}

#[test]
fn filters() {
    let messages =
        ["ERROR in checkout", "info: fine", r#"{"level":"ERROR","order":{"items":[{"sku":"a-1"}]},"ms":1500.5}"#];
    let picked = |query: &str| -> Vec<usize> {
        let found = column(query, "@message", &messages);
        (0..messages.len()).filter(|&place| found.iter().any(|message| message == messages[place])).collect()
    };
    assert_eq!(picked("filter @message like /ERROR/"), [0, 2]);
    assert_eq!(picked("filter @message like /(?i)error in/"), [0]);
    assert_eq!(picked("filter @message not like 'ERROR'"), [1]);
    assert_eq!(picked("filter @message =~ /^info/"), [1]);
    assert_eq!(picked(r#"filter level = "ERROR""#), [2]);
    assert_eq!(picked(r#"filter level != "ERROR""#), [0, 1]);
    assert_eq!(picked("filter ispresent(level)"), [2]);
    assert_eq!(picked("filter not ispresent(level)"), [0, 1]);
    assert_eq!(picked("filter order.items.0.sku = 'a-1'"), [2]);
    assert_eq!(picked("filter ms > 1500 and ms <= 1500.5"), [2]);
    assert_eq!(picked("filter ms / 1000 > 1.5 or @message like 'fine'"), [1, 2]);
    assert_eq!(picked("filter level in ['WARN', 'ERROR']"), [2]);
    assert_eq!(picked("filter level not in ['WARN']"), [0, 1, 2]);
    assert_eq!(picked("filter (level = 'x' or ms = 1500.5) and not level = 'y'"), [2]);
    assert_eq!(picked("filter strcontains(tolower(@message), 'error')"), [0, 2]);
    assert_eq!(picked("filter @logStream like '[$LATEST]1' and @log like /checkout$/"), [1]);
    assert_eq!(picked("fields @message # a note | limit 1\n| FILTER @message LIKE 'info'"), [1]);
}

#[test]
fn fields_of_lambda_are_discovered() {
    let start = format!("START RequestId: {ID} Version: $LATEST\n");
    let line = format!("2026-11-21T02:05:00.000Z\t{ID}\tINFO\tcharging");
    let messages = [start.as_str(), line.as_str(), REPORT];
    assert_eq!(column("fields @type | sort @timestamp asc", "@type", &messages), ["START", "REPORT"]);
    assert_eq!(column("fields @requestId", "@requestId", &messages), [ID; 3]);
    let found = rows(
        "filter @type = 'REPORT' | fields @duration, @billedDuration, @initDuration, @memorySize / 1000 / 1000 as mb, \
         @maxMemoryUsed, @xrayTraceId, @xraySegmentId",
        &messages,
    );
    let values: Vec<&str> = found[0].iter().map(|(_, value)| value.as_str()).take(7).collect();
    assert_eq!(
        values,
        ["15.74", "16", "130.49", "128", "56000000", "1-6567e0d4-5e1b2c3d4f5a6b7c8d9e0f1a", "4b1d2e3f4a5b6c7d"]
    );
}

#[test]
fn statistics() {
    let messages = [
        r#"{"path":"/a","ms":10}"#,
        r#"{"path":"/b","ms":20}"#,
        r#"{"path":"/a","ms":30}"#,
        r#"{"path":"/a","ms":100}"#,
        "no document",
        r#"{"path":"/b","ms":5}"#,
    ];
    let found = rows(
        "filter ispresent(path) | stats count(*) as n, avg(ms), max(ms) as most, min(ms), sum(ms), pct(ms, 50) as p50 by path | sort n desc",
        &messages,
    );
    let shown = |row: &[(String, String)]| row.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join(" ");
    assert_eq!(shown(&found[0]), "path=/a n=3 avg(ms)=46.6667 most=100 min(ms)=10 sum(ms)=140 p50=30");
    assert_eq!(shown(&found[1]), "path=/b n=2 avg(ms)=12.5 most=20 min(ms)=5 sum(ms)=25 p50=5");
    assert_eq!(column("stats count(*)", "count(*)", &messages), ["6"]);
    assert_eq!(column("stats count() as n", "n", &messages), ["6"]);
    assert_eq!(column("stats count(path)", "count(path)", &messages), ["5"]);
    assert_eq!(column("stats count_distinct(path) as paths", "paths", &messages), ["2"]);
    assert_eq!(column("stats count(*) by path | sort count(*) desc | limit 1", "path", &messages), ["/a"]);
    assert_eq!(column("stats latest(ms), earliest(ms)", "latest(ms)", &messages), ["5"]);
    assert_eq!(column("stats latest(ms), earliest(ms)", "earliest(ms)", &messages), ["10"]);
    let bins = rows("stats count(*) as n by bin(5m)", &messages);
    assert_eq!(shown(&bins[0]), "bin(5m)=2026-11-21 02:10:00.000 n=1");
    assert_eq!(shown(&bins[1]), "bin(5m)=2026-11-21 02:05:00.000 n=5");
    assert_eq!(column("stats count(*) as n by bin(1m) as minute | sort minute asc", "n", &messages), ["1"; 6]);
    assert_eq!(column("stats sum(ms) as total by path | stats max(total) as top", "top", &messages), ["140"]);
    assert!(rows("filter path = 'none' | stats count(*)", &messages).is_empty());
    assert_eq!(rows("stats pct(@duration, 99) as p99, max(@initDuration)", &[REPORT])[0][0].1, "15.74");
}

#[test]
fn parse_display_and_dedup() {
    let messages = ["user=ann took 12 ms", "user=bob took 7 ms", "other"];
    assert_eq!(
        column("parse @message 'user=* took * ms' as who, took | sort took desc", "@message", &messages)[0],
        messages[0]
    );
    let found = rows("parse 'user=* took * ms' as who, took | filter took > 10 | display who, took", &messages);
    assert_eq!(found[0][..2], [("who".to_owned(), "ann".to_owned()), ("took".to_owned(), "12".to_owned())]);
    assert_eq!(
        column(r"parse @message /user=(?<who>\w+)/ | stats count(*) as n by who | sort who asc", "who", &messages),
        ["ann", "bob"]
    );
    assert_eq!(column("parse @message 'user=*' as rest | fields rest", "rest", &messages[..1]), ["ann took 12 ms"]);
    assert_eq!(rows("fields strlen(@message) > 5 as long | dedup long", &messages).len(), 2);
    assert_eq!(column("fields coalesce(nothing, @message) as m | limit 1", "m", &messages), ["other"]);
}

#[test]
fn what_is_not_understood_is_named_with_its_place() {
    let wrong = refused("fields @message | pattern @message");
    assert!(wrong.message.contains("pattern"), "{wrong:?}");
    assert_eq!((wrong.start, wrong.end), (18, 25));
    assert_eq!(refused("felds @message").message, "unexpected symbol found felds at position 0");
    assert!(refused("stats stddevs(a)").message.contains("stddevs"));
    assert!(refused("filter sha256(@message) = 'x'").message.contains("sha256"));
    for query in [
        "",
        "|",
        "fields",
        "fields @message sort x",
        "filter @message like",
        "filter @message like /open",
        "filter @message like /[/",
        "filter a = 'open",
        "filter a in ['x'",
        "filter (a = 1",
        "limit many",
        "sort",
        "stats",
        "stats count(* by x",
        "stats pct(a)",
        "stats pct(a, 101)",
        "stats count(*) by bin(5x)",
        "stats count(*) by bin(0m)",
        "parse @message 'a * b *' as one",
        "parse @message /no groups/",
        "fields ispresent()",
        "fields strcontains(a)",
    ] {
        refused(query);
    }
    refused(&format!("filter {}a", "(".repeat(5_000)));
    refused(&"a".repeat(10_001));
}

#[test]
fn a_sort_over_many_events_keeps_what_can_be_shown() {
    let mut run = Run::new(parse("fields n | sort n desc | limit 3").expect("a query"), None);
    for n in 0..20_500_i64 {
        let key = Key { timestamp: T0 - n, ingestion: T0, atom: n.cast_unsigned(), index: 0 };
        let message = format!(r#"{{"n":{}}}"#, n * 7919 % 20_509);
        run.feed(Event { key, group: 0, stream: String::new(), message }, "log");
    }
    assert_eq!(run.rows().iter().map(|row| row[0].1.as_str()).collect::<Vec<_>>(), ["20508", "20507", "20506"]);
}

mod properties {
    use super::parse;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_query_panics(query in "(fields|filter|stats|sort|limit|parse|display)? ?[ @a-z0-9|()\\[\\]*/'\"=<>!~,.+-é#]{0,40}") {
            let _ = parse(&query);
        }
    }
}
