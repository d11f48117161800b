//! One error is one group, whatever differs between its lines.

use super::*;
use crate::model::line;
use proptest::prelude::*;

const ID: &str = "8c2a1f3e-5b6d-4e7f-8a9b-0c1d2e3f4a5b";
const T: i64 = 1_795_260_000_000;

fn told(text: &str) -> (String, String, String) {
    let text = text.replace("ID", ID);
    let told = fingerprint(&text, &line::read(&text));
    (told.error_type.to_string(), told.masked(), told.frame.to_string())
}

fn hash(text: &str) -> u64 {
    fingerprint(text, &line::read(text)).hash_in("f")
}

/// Source, line, type, message, frame.
#[rustfmt::skip]
const SAMPLES: &[(&str, &str, &str, &str, &str)] = &[
    ("python runtime, raised",
     "[ERROR] KeyError: 'order'\nTraceback (most recent call last):\n\u{a0}\u{a0}File \"/var/task/app.py\", line 48, in handler\n\u{a0}\u{a0}\u{a0}\u{a0}return price(order)\n\u{a0}\u{a0}File \"/var/task/price.py\", line 7, in price\n\u{a0}\u{a0}File \"/var/lang/lib/python3.12/json/__init__.py\", line 1, in loads",
     "KeyError", "'order'", "File \"/var/task/price.py\", line 7, in price"),
    ("python logger, logger.exception",
     "[ERROR]\t2025-08-31T22:12:58.534Z\tID\tcould not charge 1234\nTraceback (most recent call last):\n  File \"/var/task/app.py\", line 48, in handler\n    charge()\nshop.PaymentDeclined: card 4242",
     "shop.PaymentDeclined", "could not charge #", "File \"/var/task/app.py\", line 48, in handler"),
    ("python logger", "[ERROR]\t2025-08-31T22:12:58.534Z\tID\torder 77 is late by 1.5 s", "", "order # is late by # s", ""),
    ("python runtime, JSON",
     r#"{"timestamp": "2023-11-02T16:18:57Z", "level": "ERROR", "errorMessage": "'order'", "errorType": "KeyError", "requestId": "ID", "stackTrace": ["  File \"/var/runtime/bootstrap.py\", line 1, in run\n", "  File \"/var/task/app.py\", line 48, in handler\n    x\n"]}"#,
     "KeyError", "'order'", r#"File \"/var/task/app.py\", line 48, in handler"#),
    ("aws-lambda-go issue 301",
     "2019-06-05T22:11:27.082Z\tID\tERROR\tInvoke Error \t{\"errorType\":\"ReferenceError\",\"errorMessage\":\"x is not defined\",\"stack\":[\"ReferenceError: x is not defined\",\"    at Runtime.exports.handler (/var/task/index.js:2:3)\",\"    at Runtime.handleOnce (/var/runtime/Runtime.js:63:25)\"]}",
     "ReferenceError", "x is not defined", "at Runtime.exports.handler (/var/task/index.js:2:3)"),
    ("console.error of an Error",
     "2019-06-05T22:11:27.082Z\tID\tERROR\tTypeError: Cannot read properties of undefined (reading 'id')\n    at node:internal/process/task_queues:95:5\n    at charge (file:///var/task/charge.mjs:12:9)\n    at handler (file:///var/task/index.mjs:3:1)",
     "TypeError", "Cannot read properties of undefined (reading 'id')", "at charge (file:///var/task/charge.mjs:12:9)"),
    ("developer guide, nodejs-logging",
     r#"{"timestamp":"2023-11-08T23:21:04.664Z","level":"ERROR","requestId":"ID","message":{"errorType":"ReferenceError","errorMessage":"some reference error","stackTrace":["ReferenceError: some reference error","    at Runtime.handler (file:///var/task/index.mjs:3:12)"]}}"#,
     "ReferenceError", "some reference error", "at Runtime.handler (file:///var/task/index.mjs:3:12)"),
    ("pino with an error",
     r#"{"level":50,"time":1531171074631,"err":{"type":"HttpError","message":"502 from 10.0.12.7","stack":"HttpError: 502\n    at fetch (/var/task/node_modules/x/y.js:1:1)\n    at pay (/var/task/pay.js:9:2)"},"msg":"payment failed"}"#,
     "HttpError", "# from #", "at pay (/var/task/pay.js:9:2)"),
    ("developer guide, java-exceptions",
     "Input must be a list that contains 2 numbers.: example.InputLengthException\nexample.InputLengthException: Input must be a list that contains 2 numbers.\n\tat java.base/java.util.List.get(List.java:1)\n\tat example.HandlerDivide.handleRequest(HandlerDivide.java:23)",
     "example.InputLengthException", "Input must be a list that contains # numbers.", "at example.HandlerDivide.handleRequest(HandlerDivide.java:23)"),
    ("Amazon.Lambda.RuntimeSupport",
     "2023-08-22T15:14:44.016Z\tID\tfail\tSystem.InvalidOperationException: Order 12 not found\n   at System.Linq.Enumerable.First()\n   at Shop.Function.FunctionHandler(Order order) in /src/Function.cs:line 41",
     "System.InvalidOperationException", "Order # not found", "at Shop.Function.FunctionHandler(Order order) in /src/Function.cs:line 41"),
    ("datadog-lambda-go issue 165",
     r#"{"errorMessage":"interface conversion: interface {} is nil, not string","errorType":"TypeAssertionError","stackTrace":[{"path":"github.com/aws/aws-lambda-go@v1.46.0/lambda/errors.go","line":39,"label":"lambdaPanicResponse"},{"path":"runtime/panic.go","line":914,"label":"gopanic"},{"path":"scripts/signups.go","line":114,"label":"CheckRecentSignups"}]}"#,
     "TypeAssertionError", "interface conversion: interface {} is nil, not string", r#""path":"scripts/signups.go","line":114,"label":"CheckRecentSignups""#),
    ("go, panic",
     "panic: runtime error: index out of range [5] with length 3\n\ngoroutine 25 [running]:\nmain.handle(...)\n\t/build/main.go:63 +0x163",
     "panic", "runtime error: index out of range [#] with length #", "/build/main.go:63 +0x163"),
    ("developer guide, ruby-exceptions",
     "Error raised from handler method\n{\n  \"errorMessage\": \"no implicit conversion of String into Integer\",\n  \"errorType\": \"Function<TypeError>\",\n  \"stackTrace\": [\n    \"/var/task/function.rb:3:in `first'\",\n    \"/var/task/function.rb:3:in `handler'\"\n  ]\n}",
     "Function<TypeError>", "no implicit conversion of String into Integer", "/var/task/function.rb:3:in `first'"),
    ("powertools-lambda-python",
     r#"{"level":"ERROR","location":"handler:48","message":"Received an exception","service":"payment","function_request_id":"ID","exception":"Traceback (most recent call last):\n  File \"/var/task/app.py\", line 9, in handler\n    raise ValueError(\"something went wrong\")\nValueError: something went wrong","exception_name":"ValueError"}"#,
     "ValueError", "Received an exception", r#"File \"/var/task/app.py\", line 9, in handler"#),
    ("java, JSON",
     r#"{"timestamp":"2026-11-21T11:11:09.727Z","level":"ERROR","AWSRequestId":"ID","errorType":"shop.payment.ProviderException","errorMessage":"answered 503","stackTrace":["shop.payment.ProviderException: answered 503","\tat java.base/java.util.List.get(List.java:1)","\tat shop.Handler.handleRequest(Handler.java:57)"]}"#,
     "shop.payment.ProviderException", "answered #", "at shop.Handler.handleRequest(Handler.java:57)"),
    ("an init that failed", "INIT_REPORT Init Duration: 150.79 ms\tPhase: init\tStatus: error\tError Type: Runtime.UserCodeSyntaxError", "Runtime.UserCodeSyntaxError", "init failed", ""),
    ("prose", "ERROR payment 12 of order a1b2c3d4e5 at 10.0.0.1:443 failed after 1,234.5 ms", "", "payment # of order # at # failed after # ms", ""),
];

#[test]
fn every_language_tells_what_was_wrong() {
    for (source, line, error_type, message, frame) in SAMPLES {
        let expected = (error_type.to_string(), message.to_string(), frame.to_string());
        assert_eq!(told(line), expected, "{source}");
    }
}

#[test]
fn what_is_on_the_screen_tells_the_same_as_what_came() {
    for (source, line, ..) in SAMPLES {
        let line = line.replace("ID", ID);
        assert_eq!(hash(&crate::text::safe(&line)), hash(&line), "{source}");
    }
}

#[test]
fn masks_take_what_differs_and_leave_what_tells() {
    for (text, expected) in [
        ("took 30s, 1.5 s, 950ms", "took #, # s, #"),
        ("user john@example.com of 10.0.0.1", "user john@example.com of #"),
        ("at 2024-10-27T19:17:45.586Z", "at #"),
        ("id 8c2a1f3e-5b6d-4e7f-8a9b-0c1d2e3f4a5b.", "id #."),
        ("id abcdefab-cdef-abcd-efab-cdefabcdefab gone", "id # gone"),
        ("trace 1-5e34a614-10bd0bd0f1fb44f07bc535a1", "trace #"),
        ("ord_8f3kz92a and order12345", "ord_# and order#"),
        ("/orders/17/items/ab12cd", "/orders/#/items/#"),
        ("eu-west-1 has no table orders_v2", "eu-west-# has no table orders_v#"),
        ("HTTP 503: Service Unavailable", "HTTP #: Service Unavailable"),
        ("deadbeef00 0x7f3a", "# #"),
        ("日本 12 語", "日本 # 語"),
        ("tab\there  and   there", "tab here and there"),
        ("", ""),
    ] {
        let mut masked = String::new();
        mask::masked(text, 300, |part| masked.push_str(part));
        assert_eq!(masked, expected, "{text}");
    }
}

fn accept(errors: &mut Errors, function: &str, at: i64, text: &str) {
    let group = format!("/aws/lambda/{function}");
    errors.accept(0, &group, "2026/11/21/[1]a", T + at, text, &line::read(text));
}

#[test]
fn one_error_of_many_functions_is_one_group() {
    let mut errors = Errors::new();
    for n in 0..1000_i64 {
        let text = format!("2026-11-21T04:00:00.123Z\t{ID}\tERROR\tTimeoutError: order {n} took {}.5 s", n * 7);
        accept(&mut errors, ["a", "b", "c"][(n % 3) as usize], n * 1000, &text);
        accept(&mut errors, "a", n, "2026-11-21T04:00:00.123Z\tx\tINFO\tall is well");
    }
    let groups: Vec<_> = errors.groups().collect();
    assert_eq!(groups.len(), 1, "{groups:?}");
    let group = groups[0];
    assert_eq!((group.error_type.as_str(), group.message.as_str()), ("TimeoutError", "order # took # s"));
    assert_eq!((group.count, group.first, group.last), (1000, T, T + 999_000));
    assert_eq!(group.functions, [("a".to_string(), 334), ("b".to_string(), 333), ("c".to_string(), 333)]);
    assert_eq!((group.minutes.total(), group.places.len()), (1000, PLACES));
    assert!(group.is_new(T - 1) && !group.is_new(T));
    let line = format!("2026-11-21T05:00:00.123Z\t{ID}\tERROR\tTimeoutError: order 5 took 1.5 s");
    assert_eq!(hash_of_line("/aws/lambda/z", "s", &line, &line::read(&line)), Some(group.hash));
}

#[test]
fn the_platform_tells_once_how_an_invocation_ended() {
    let mut index = Invocations::new();
    let mut errors = Errors::new();
    let id = |n: u128| RequestId(n + 1).to_string();
    let mut lines = Vec::new();
    for n in 0..10 {
        let id = id(n);
        lines.push(format!("START RequestId: {id} Version: 1"));
        lines.push(match n % 5 {
            // Told twice: old style, and REPORT.
            0 | 1 => format!("2024-03-04T17:22:38.033Z {id} Task timed out after 3.00 seconds"),
            // Told by a line of the runtime, and REPORT.
            2 => format!(
                "2024-03-04T17:22:38.033Z\t{id}\tERROR\tInvoke Error \t{{\"errorType\":\"E\",\"errorMessage\":\"m\"}}"
            ),
            3 => format!("RequestId: {id} Error: Runtime exited with error: signal: killed\nRuntime.ExitError"),
            _ => format!("[INFO]\t2024-03-04T17:22:38.033Z\t{id}\tfine"),
        });
        let end = match n % 5 {
            0 => "\tStatus: timeout",
            2 => "\tStatus: error\tError Type: E",
            3 => "\tStatus: error\tError Type: Runtime.OutOfMemory",
            4 => "\tStatus: error\tError Type: Silent",
            _ => "",
        };
        lines.push(format!(
            "REPORT RequestId: {id}\tDuration: 3000 ms\tMemory Size: 128 MB\tMax Memory Used: 128 MB{end}"
        ));
    }
    for (n, line) in lines.iter().enumerate() {
        let said = line::read(line);
        index.accept(0, "/aws/lambda/f", "[1]a", T + n as i64 * 10, line, &said);
        errors.accept(0, "/aws/lambda/f", "[1]a", T + n as i64 * 10, line, &said);
    }
    index.settle();
    errors.refresh(&index);
    let mut told: Vec<(&str, &str, u64)> =
        errors.groups().map(|group| (group.error_type.as_str(), group.message.as_str(), group.count)).collect();
    told.sort_unstable();
    assert_eq!(
        told,
        [
            ("E", "m", 2),
            ("Runtime.OutOfMemory", "Out of memory at 128 MB", 2),
            ("Sandbox.Timedout", "Task timed out after 3.00 seconds", 4),
            ("Silent", "Failed, and no line says why", 2),
        ]
    );
    let timed_out = errors.groups().find(|group| group.count == 4).expect("one of the four");
    let mine = lines
        .iter()
        .filter(|line| hash_of_line("/aws/lambda/f", "[1]a", line, &line::read(line)) == Some(timed_out.hash));
    assert_eq!(mine.count(), 6, "each line that tells of it: four of their own and two REPORTs");
    let raised = errors.groups().find(|group| group.message == "m").expect("one of the four");
    assert_eq!(raised.outcomes(&index), (2, 0));
}

#[test]
fn a_killed_runtime_is_one_error_and_its_line_is_of_it() {
    // Older runtimes: REPORT says nothing of it, and one line does not tell what the runtime was killed for.
    let mut index = Invocations::new();
    let mut errors = Errors::new();
    let mut killed = Vec::new();
    let mut told = Vec::new();
    for (n, used) in [(0, 100_u32), (1, 128), (2, 90)] {
        let id = RequestId(n + 1).to_string();
        killed.push(format!("RequestId: {id} Error: Runtime exited with error: signal: killed\nRuntime.ExitError"));
        let lines = [
            format!("START RequestId: {id} Version: 1"),
            format!("REPORT RequestId: {id}\tDuration: 30 ms\tMemory Size: 128 MB\tMax Memory Used: {used} MB"),
            killed[n as usize].clone(),
        ];
        for line in &lines {
            let said = line::read(line);
            index.accept(0, "/aws/lambda/f", "[1]a", T + n as i64 * 100, line, &said);
            errors.accept(0, "/aws/lambda/f", "[1]a", T + n as i64 * 100, line, &said);
        }
        index.settle();
        errors.refresh(&index);
        let groups: Vec<&Group> = errors.groups().collect();
        assert_eq!(groups.len(), 1, "{groups:?}");
        told.push(groups[0].message.clone());
        for line in &killed {
            let hash = hash_of_line("/aws/lambda/f", "[1]a", line, &line::read(line));
            assert_eq!(hash, Some(groups[0].hash), "whoever opens the error sees this line: {line}");
        }
    }
    assert_eq!(
        told,
        [
            "The runtime was killed",
            "The runtime was killed, 1 of 2 times out of memory",
            "The runtime was killed, 1 of 3 times out of memory"
        ]
    );
    let statuses: Vec<Status> = index.rows().map(|row| row.status).collect();
    assert_eq!(statuses, [Status::Crashed, Status::OutOfMemory, Status::Crashed]);
}

#[test]
fn an_error_of_which_the_lines_are_gone_is_not_new_when_it_comes_again() {
    let mut errors = Errors::new();
    let line = "ERROR the same as ever";
    let leave = |errors: &mut Errors, at: i64| {
        errors.retract(0, "/aws/lambda/f", "2026/11/21/[1]a", T + at, line, &line::read(line));
    };
    for at in [0, 70_000, 70_001, 200_000] {
        accept(&mut errors, "f", at, line);
    }
    leave(&mut errors, 0);
    leave(&mut errors, 70_000);
    leave(&mut errors, 5);
    let group = errors.groups().next().expect("two lines of it");
    assert_eq!((group.count, group.first, group.last), (2, T + 70_001, T + 200_000));
    assert_eq!((group.minutes.total(), group.functions[0].1, group.places.len()), (2, 2, 2));
    leave(&mut errors, 200_000);
    leave(&mut errors, 70_001);
    assert_eq!(errors.groups().count(), 0);
    accept(&mut errors, "f", 300_000, line);
    let group = errors.groups().next().expect("a line of it");
    assert_eq!((group.count, group.first, group.seen), (1, T + 300_000, T));
    assert!(!group.is_new(T + 100_000));
}

#[test]
fn errors_that_were_logged_and_survived_say_so() {
    let mut index = Invocations::new();
    let mut errors = Errors::new();
    let lines = [
        format!("START RequestId: {ID} Version: 1"),
        format!("[ERROR]\t2024-03-04T17:22:38.033Z\t{ID}\ttried again"),
        format!("REPORT RequestId: {ID}\tDuration: 30 ms"),
    ];
    for line in &lines {
        let said = line::read(line);
        index.accept(0, "/aws/lambda/f", "[1]a", T, line, &said);
        errors.accept(0, "/aws/lambda/f", "[1]a", T, line, &said);
    }
    index.settle();
    errors.refresh(&index);
    let groups: Vec<_> = errors.groups().collect();
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0].outcomes(&index), (1, 1));
}

#[test]
fn a_flood_of_different_errors_keeps_those_that_recur() {
    let mut errors = Errors::of(64);
    let word = |n: i64| -> String { format!("{n:b}").replace('0', "a").replace('1', "b") };
    for n in 0..5_000 {
        accept(&mut errors, "f", n, &format!("ERROR {} is wrong", word(n)));
        accept(&mut errors, "f", n, "ERROR the same as ever");
    }
    assert!(errors.groups().count() <= 64);
    assert_eq!(errors.groups().count() as u64 + errors.dropped, 5_001);
    assert_eq!(errors.groups().map(|group| group.count).max(), Some(5_000));
}

fn minutes_of(moments: &[i64]) -> Minutes {
    let mut minutes = Minutes::default();
    for at in moments {
        minutes.count(*at);
    }
    minutes
}

#[test]
fn counts_by_time_are_spread_over_columns() {
    let minutes = minutes_of(&[T, T + 60_000, T + 60_001, T + 9 * 60_000]);
    let over = minutes.over(T, T + 10 * 60_000, 10);
    assert_eq!(over, [1.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
    assert_eq!(minutes_of(&[0, i64::MAX, i64::MIN]).total(), 3);
}

proptest! {
    #[test]
    fn counts_by_time_do_not_depend_on_the_order(mut moments in prop::collection::vec(-1i64 << 33..1 << 33, 1..60)) {
        let one = minutes_of(&moments);
        moments.sort_unstable();
        let other = minutes_of(&moments);
        prop_assert_eq!(&one, &other);
        prop_assert_eq!(one.total(), moments.len() as u64);
    }

    #[test]
    fn numbers_and_ids_make_no_difference_and_types_do(
        n in any::<u64>(), m in any::<u64>(), a in any::<u128>(), b in any::<u128>(),
        f in 0.0f64..1e9, g in 0.0f64..1e9, line in 1u32..99_999, other in 1u32..99_999,
        words in "[a-z]{1,9}( [a-z]{1,9}){0,5}", kind in "[A-Z][a-z]{2,8}Error",
    ) {
        let text = |kind: &str, n: u64, a: u128, f: f64, line: u32| {
            let id = RequestId(a);
            format!(
                "[ERROR] {kind}: {words} {n} of {id} after {f:.2} at 10.0.{}.{}\nTraceback (most recent call last):\n  \
                 File \"/var/task/app.py\", line {line}, in handler", n % 256, a % 256
            )
        };
        let one = text(&kind, n, a, f, line);
        prop_assert_eq!(hash(&one), hash(&text(&kind, m, b, g, other)));
        prop_assert_ne!(hash(&one), hash(&text("OtherProblem", n, a, f, line)));
        let json = |n: u64, a: u128| {
            format!(r#"{{"level":"ERROR","requestId":"{}","errorType":"{kind}","errorMessage":"{words} {n}"}}"#, RequestId(a))
        };
        prop_assert_eq!(hash(&json(n, a)), hash(&json(m, b)));
    }

    #[test]
    fn any_line_has_a_fingerprint(text in "\\PC{0,200}", lines in "[ \t\"\\{}:,a-zA-Z0-9\n.]{0,300}") {
        for text in [&text, &lines, &format!("ERROR {lines}"), &format!("{{\"level\":\"ERROR\",{lines}"), &format!("[ERROR] {text}\n{lines}")] {
            hash(text);
            fingerprint(text, &line::read(text)).masked();
        }
    }
}
