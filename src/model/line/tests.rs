//! Lines as Lambda and its runtimes write them, each with where it was seen.

use super::*;
use proptest::prelude::*;

const ID: &str = "8c2a1f3e-5b6d-4e7f-8a9b-0c1d2e3f4a5b";
const TRACE: &str = "1-5e34a614-10bd0bd0f1fb44f07bc535a1";

struct Sample {
    source: &'static str,
    line: &'static str,
    kind: Kind,
    level: Level,
    id: bool,
    trace: bool,
}

const fn sample(source: &'static str, line: &'static str, kind: Kind, level: Level, id: bool) -> Sample {
    Sample { source, line, kind, level, id, trace: false }
}

const fn traced(source: &'static str, line: &'static str, kind: Kind, level: Level) -> Sample {
    Sample { source, line, kind, level, id: true, trace: true }
}

/// `ID` and `TRACE` in a line stand for the ids above.
#[rustfmt::skip]
const SAMPLES: &[Sample] = &[
    sample("developer guide, python-logging", "START RequestId: ID Version: $LATEST\n", Kind::Start, Level::Platform, true),
    sample("developer guide, python-logging", "END RequestId: ID\n", Kind::End, Level::Platform, true),
    traced("developer guide, python-logging", "REPORT RequestId: ID\tDuration: 15.74 ms\tBilled Duration: 16 ms\tMemory Size: 128 MB\tMax Memory Used: 56 MB\tInit Duration: 130.49 ms\t\nXRAY TraceId: TRACE\tSegmentId: 07f5bc2d1f6f85aa\tSampled: true\t\n", Kind::Report, Level::Platform),
    sample("developer guide, lambda-runtime-environment", "INIT_REPORT Init Duration: 1236.04 ms Phase: init Status: timeout", Kind::InitReport, Level::Error, false),
    sample("developer guide, lambda-runtime-environment", "INIT_REPORT Init Duration: 816.47 ms\tPhase: init\tStatus: error\tError Type: Extension.Crash", Kind::InitReport, Level::Error, false),
    sample("developer guide, snapstart-monitoring", "INIT_REPORT Init Duration: 9908.09 ms", Kind::InitReport, Level::Platform, false),
    sample("developer guide, runtimes-update", "INIT_START Runtime Version: java:11.v21\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:156ab0dc", Kind::InitStart, Level::Platform, false),
    sample("logs of a Java function under SnapStart", "RESTORE_START Runtime Version: java:11.v19\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:bd472a12", Kind::RestoreStart, Level::Platform, false),
    sample("logs of a Java function under SnapStart", "RESTORE_REPORT Restore Duration: 509.31 ms", Kind::RestoreReport, Level::Platform, false),
    sample("developer guide, snapstart-runtime-hooks", "RESTORE_REPORT Restore Duration: 1236.04 ms Status: error Error Type: Runtime.ExitError", Kind::RestoreReport, Level::Error, false),
    sample("developer guide, runtimes-extensions-api", "EXTENSION\tName: collector\tState: Ready\tEvents: [INVOKE,SHUTDOWN]", Kind::Extension, Level::Platform, false),
    sample("the same on a screen", "EXTENSION    Name: collector    State: Ready    Events: [INVOKE,SHUTDOWN]", Kind::Extension, Level::Platform, false),
    sample("developer guide, telemetry-api", "TELEMETRY\tName: collector\tState: Subscribed\tTypes: [Platform]", Kind::Extension, Level::Platform, false),
    sample("a function out of memory", "REPORT RequestId: ID\tDuration: 6954.19 ms\tBilled Duration: 6955 ms\tMemory Size: 1024 MB\tMax Memory Used: 1023 MB\tStatus: error\tError Type: Runtime.OutOfMemory", Kind::Report, Level::Error, true),
    sample("repost.aws, time-outs", "2024-03-04T17:22:38.033Z ID Task timed out after 3.00 seconds\n\n", Kind::TimedOut, Level::Error, true),
    sample("as aws logs tail prints it", "2026-03-01T00:00:00.007Z 2024-03-04T17:22:38.033Z ID Task timed out after 900.10 seconds", Kind::TimedOut, Level::Error, true),
    sample("python, print", "Task timed out after 2 tries", Kind::App, Level::Info, false),
    sample("python, print", "Task timed out after 2.00 seconds", Kind::App, Level::Info, false),
    sample("python, print", "ID Task timed out after 2.00 seconds", Kind::App, Level::Info, true),
    sample("python, print", "2024-03-04T17:22:38.033Z ID Task timed out after 2.00 seconds, will try again", Kind::App, Level::Info, true),
    sample("python, print", "2024-03-04T17:22:38.033Z ID Task timed out after 2 seconds", Kind::App, Level::Info, true),
    sample("python, print", "2024-03-04T17:22:38.033Z ID The upstream says: Task timed out after 2.00 seconds", Kind::App, Level::Info, true),
    sample("aws-lambda-dotnet issue 480", "RequestId: ID Error: Runtime exited with error: exit status 137\nRuntime.ExitError", Kind::RuntimeExited, Level::Error, true),
    sample("older runtimes", "RequestId: ID Process exited before completing request", Kind::RuntimeExited, Level::Error, true),
    sample("the tail of an invoke", "XRAY TraceId: 1-2\tSegmentId: 3\tSampled: true", Kind::Platform, Level::Platform, false),
    sample("as aws logs tail prints it", "2026-03-01T00:00:00.007Z START RequestId: ID Version: $LATEST", Kind::Start, Level::Platform, true),
    // Python: awslambdaric/bootstrap.py writes `[LEVEL]\tTIME\tREQUEST\tMESSAGE`, and errors with U+00A0 for blanks.
    sample("python runtime, logger", "[INFO]\t2025-08-31T22:12:58.534Z\tID\tmsg\n", Kind::App, Level::Info, true),
    sample("python runtime, logger", "[WARNING]\t2025-08-31T22:12:58.534Z\tID\tmsg\n", Kind::App, Level::Warn, true),
    sample("python runtime, logger", "[ERROR]\t2025-08-31T22:12:58.534Z\tID\tmsg\n", Kind::App, Level::Error, true),
    sample("python runtime, logger during init", "[INFO]\t2025-08-31T22:12:58.534Z\t\tmsg\n", Kind::App, Level::Info, false),
    sample("python runtime, raised", "[ERROR] KeyError: 'order'\nTraceback (most recent call last):\n\u{a0}\u{a0}File \"/var/task/app.py\", line 48, in handler\n\u{a0}\u{a0}\u{a0}\u{a0}raise KeyError('order')", Kind::Raised, Level::Error, false),
    sample("python runtime, standard output", "[ERROR] Runtime.ImportModuleError: Unable to import module 'app': No module named 'daily'\rTraceback (most recent call last):\r", Kind::Raised, Level::Error, false),
    sample("python runtime, JSON", r#"{"timestamp": "2023-11-02T16:18:57Z", "level": "ERROR", "errorMessage": "'order'", "errorType": "KeyError", "requestId": "ID", "stackTrace": ["  File \"/var/task/app.py\", line 48, in handler\n"]}"#, Kind::App, Level::Error, true),
    sample("developer guide, python-logging", r#"{"timestamp":"2023-10-27T19:17:45.586Z","level":"INFO","message":"Inside the handler function","logger": "root","requestId":"ID"}"#, Kind::App, Level::Info, true),
    // Node.js
    sample("developer guide, nodejs-logging", "2024-10-27T19:17:45.586Z\tID\tINFO\tmsg", Kind::App, Level::Info, true),
    sample("developer guide, nodejs-logging", "2024-10-27T19:17:45.586Z\tID\tWARN\tmsg", Kind::App, Level::Warn, true),
    sample("aws-lambda-go issue 301", "2019-06-05T22:11:27.082Z\tID\tERROR\tInvoke Error \t{\"errorType\":\"ReferenceError\",\"errorMessage\":\"x is not defined\",\"stack\":[\"ReferenceError: x is not defined\",\"    at Runtime.exports.handler (/var/task/index.js:2:3)\"]}", Kind::Raised, Level::Error, true),
    sample("node runtime, init", "2025-02-10T07:37:11.523Z\tundefined\tERROR\tUncaught Exception \t{\"errorType\":\"Runtime.UserCodeSyntaxError\",\"errorMessage\":\"SyntaxError: Unexpected end of input\",\"stack\":[]}", Kind::Raised, Level::Error, false),
    sample("the same on a screen", "2024-10-27T19:17:45.586Z    ID    ERROR    Invoke Error     {\"errorType\":\"Error\"}", Kind::Raised, Level::Error, true),
    sample("an object through console.log", "2024-10-27T19:17:45.586Z\tID\tINFO\t{\"level\":\"error\",\"message\":\"x\"}", Kind::App, Level::Error, true),
    sample("developer guide, nodejs-logging", r#"{"timestamp":"2023-11-08T23:21:04.664Z","level":"ERROR","requestId":"ID","message":{"errorType":"ReferenceError","errorMessage":"some reference error","stackTrace":["    at Runtime.handler (file:///var/task/index.mjs:3:12)"]}}"#, Kind::App, Level::Error, true),
    sample("pino", r#"{"level":50,"time":1531171074631,"pid":657,"msg":"this is at error level"}"#, Kind::App, Level::Error, false),
    // Java
    sample("developer guide, java-logging, Log4j 2", "2020-03-18 08:52:43 ID INFO  Handler:42 - ENVIRONMENT VARIABLES", Kind::App, Level::Info, true),
    sample("logs of a Java function under SnapStart", "ID DEBUG AbstractFlow:214 - SMARequest", Kind::App, Level::Debug, true),
    sample("developer guide, java-exceptions", "Input must be a list that contains 2 numbers.: example.InputLengthException\nexample.InputLengthException: Input must be a list that contains 2 numbers.\n\tat example.HandlerDivide.handleRequest(HandlerDivide.java:23)", Kind::Raised, Level::Error, false),
    sample("a trace that was printed", "java.lang.IllegalStateException: no stock\n\tat shop.Handler.handleRequest(Handler.java:57)", Kind::App, Level::Error, false),
    sample("the same on a screen", "java.lang.IllegalStateException: no stock\n    at shop.Handler.handleRequest(Handler.java:57)", Kind::App, Level::Error, false),
    sample("developer guide, java-logging", r#"{"timestamp":"2023-11-08T23:21:04.664Z","level":"INFO","message":"x","logger":"example.Handler","AWSRequestId":"ID"}"#, Kind::App, Level::Info, true),
    // .NET, Go, Ruby
    sample("Amazon.Lambda.RuntimeSupport", "2023-08-22T15:14:44.016Z\tID\tfail\tSystem.Exception: Something went wrong\n   at Shop.Function.FunctionHandler()", Kind::App, Level::Error, true),
    sample("Amazon.Lambda.RuntimeSupport", "2023-08-22T15:14:44.016Z\tID\tinfo\tmsg", Kind::App, Level::Info, true),
    sample("Amazon.Lambda.RuntimeSupport, JSON", r#"{"timestamp":"2024-10-31T19:03:28Z","level":"Error","requestId":"ID","traceId":"Root=1-2","message":"x","errorType":"System.Exception","errorMessage":"x"}"#, Kind::App, Level::Error, true),
    sample("datadog-lambda-go issue 165", r#"{"errorMessage":"interface conversion: interface {} is nil, not string","errorType":"TypeAssertionError","stackTrace":[{"path":"runtime/panic.go","line":914,"label":"gopanic"}]}"#, Kind::App, Level::Error, false),
    sample("go, panic", "panic: runtime error: index out of range [0] with length 0\n\ngoroutine 25 [running]:\nmain.handle(...)\n\t/build/main.go:63", Kind::App, Level::Error, false),
    sample("go, log", "2018/03/13 20:21:44 unexpected EOF", Kind::App, Level::Info, false),
    sample("go, slog", "time=2024-01-01T00:00:00Z level=ERROR msg=boom", Kind::App, Level::Error, false),
    sample("developer guide, ruby-exceptions", "Error raised from handler method\n{\n  \"errorMessage\": \"no implicit conversion of String into Integer\",\n  \"errorType\": \"Function<TypeError>\",\n  \"stackTrace\": []\n}", Kind::Raised, Level::Error, false),
    sample("ruby runtime, logger", "E, [2024-05-07T03:12:45.123456 #8] ERROR ID -- : boom", Kind::App, Level::Error, true),
    sample("rust, tracing", "2023-01-01T00:00:00.000000Z  WARN ThreadId(01) app: slow", Kind::App, Level::Warn, false),
    // Powertools
    traced("powertools-lambda-python", r#"{"level":"INFO","location":"collect.handler:10","message":"Collecting payment","timestamp":"2021-05-03 11:47:12,494+0000","service":"payment","cold_start":true,"function_name":"test","function_memory_size":128,"function_arn":"arn:aws:lambda:eu-west-1:12345678910:function:test","function_request_id":"ID","xray_trace_id":"TRACE"}"#, Kind::App, Level::Info),
    sample("powertools-lambda-typescript", r#"{"level":"CRITICAL","message":"x","service":"shop","timestamp":"t","function_request_id":"ID"}"#, Kind::App, Level::Error, true),
    // JSON events of the platform
    traced("developer guide, monitoring-cloudwatchlogs-logformat", r#"{"time":"2022-10-21T14:05:05.766Z","type":"platform.start","record":{"requestId":"ID","version":"$LATEST","tracing":{"spanId":"24cd7d670fa455f0","type":"X-Amzn-Trace-Id","value":"Root=TRACE;Parent=35465b3a9e2f7c6a;Sampled=1"}}}"#, Kind::Start, Level::Platform),
    traced("lambda_extension, telemetry", r#"{"time":"2022-10-21T14:05:05.766Z","type":"platform.report","record":{"requestId":"ID","metrics":{"durationMs":2599.4,"billedDurationMs":2600,"memorySizeMB":128,"maxMemoryUsedMB":94,"initDurationMs":549.04},"tracing":{"spanId":"24cd7d670fa455f0","type":"X-Amzn-Trace-Id","value":"Root=TRACE;Parent=35465b3a9e2f7c6a;Sampled=1"},"status":"success"}}"#, Kind::Report, Level::Platform),
    sample("telemetry schema, an extension crashed", r#"{"time":"2022-10-12T00:00:15.064Z","type":"platform.report","record":{"requestId":"ID","status":"error","errorType":"Extension.Crash","metrics":{"durationMs":1}}}"#, Kind::Report, Level::Error, true),
    sample("managed instances", r#"{"time":"2026-01-12T00:00:15.064Z","type":"platform.report","record":{"requestId":"ID","status":"success","metrics":{"durationMs":12.5}}}"#, Kind::Report, Level::Platform, true),
    sample("as the console prints it", "{\n    \"time\": \"2026-10-08T07:30:29.470Z\",\n    \"type\": \"platform.report\",\n    \"record\": {\n        \"requestId\": \"ID\",\n        \"status\": \"timeout\"\n    }\n}", Kind::Report, Level::Error, true),
    sample("telemetry schema", r#"{"time":"2022-10-12T00:00:15.064Z","type":"platform.runtimeDone","record":{"requestId":"ID","status":"success","spans":[{"name":"responseLatency","start":"2022-10-12T00:00:15.064Z","durationMs":23.02}],"metrics":{"durationMs":100.0,"producedBytes":64}}}"#, Kind::RuntimeDone, Level::Platform, true),
    sample("telemetry schema", r#"{"time":"2022-10-12T00:00:15.064Z","type":"platform.initStart","record":{"initializationType":"on-demand","phase":"init","runtimeVersion":"nodejs-14.v3","functionName":"myFunction","functionVersion":"$LATEST"}}"#, Kind::InitStart, Level::Platform, false),
    sample("telemetry schema", r#"{"time":"2022-10-12T00:00:15.064Z","type":"platform.initReport","record":{"initializationType":"on-demand","phase":"init","status":"error","errorType":"Runtime.ExitError","metrics":{"durationMs":125.33}}}"#, Kind::InitReport, Level::Error, false),
    sample("telemetry schema", r#"{"time":"2022-10-12T00:00:15.064Z","type":"platform.restoreReport","record":{"status":"success","metrics":{"durationMs":15.19}}}"#, Kind::RestoreReport, Level::Platform, false),
    sample("telemetry schema", r#"{"time":"2022-10-12T00:02:35.000Z","type":"platform.logsDropped","record":{"droppedBytes":12345,"droppedRecords":123,"reason":"Some logs were dropped"}}"#, Kind::LogsDropped, Level::Platform, false),
    // What says nothing, or less than it seems.
    sample("prose", "an error that is no level", Kind::App, Level::Info, false),
    sample("prose", "Processing order ID now", Kind::App, Level::Info, false),
    sample("a request id of another service", "boom (Service: AmazonSQS; Request ID: ID)", Kind::App, Level::Info, false),
    sample("a level within the message", r#"{"message":{"level":"ERROR"},"level":"INFO"}"#, Kind::App, Level::Info, false),
    sample("a level within a text", r#"{"message":"{\"level\":\"ERROR\"}","level":"WARN"}"#, Kind::App, Level::Warn, false),
    sample("embedded metrics", r#"{"_aws":{"Timestamp":1574109732004,"CloudWatchMetrics":[{"Namespace":"n","Dimensions":[["level"]]}]},"requestId":"ID"}"#, Kind::App, Level::Info, true),
    sample("cut off", r#"{"level":"ERROR","message":"xxx"#, Kind::App, Level::Error, false),
    sample("broken", "{broken", Kind::App, Level::Info, false),
    sample("nothing", "", Kind::App, Level::Info, false),
];

#[test]
fn every_known_line_is_read() {
    for sample in SAMPLES {
        let line = sample.line.replace("ID", ID).replace("TRACE", TRACE);
        let said = read(&line);
        let context = format!("{}: {line}", sample.source);
        assert_eq!(said.kind, sample.kind, "{context}");
        assert_eq!(said.level(), sample.level, "{context}");
        assert_eq!(level(&line), sample.level, "{context}");
        assert_eq!(said.request_id, sample.id.then_some(ID), "{context}");
        assert_eq!(said.trace_id, sample.trace.then_some(TRACE), "{context}");
    }
}

fn told(line: &str) -> Figures<'_> {
    figures(line, &read(line))
}

#[test]
fn the_figures_of_the_platform_are_read() {
    let line = "REPORT RequestId: a\tDuration: 13.82 ms\tBilled Duration: 129 ms\tMemory Size: 512 MB\tMax Memory Used: 71 MB\t\
                Restore Duration: 204.27 ms\tBilled Restore Duration: 115 ms\tStatus: error\tError Type: Runtime.ExitError\t\n\
                XRAY TraceId: 1-5\tSegmentId: 07\tSampled: true\t";
    for line in [line.to_string(), line.replace('\t', " "), line.replace('\t', "    ")] {
        let expected = Figures {
            request_id: Some("a"),
            duration_ms: Some(13.82),
            billed_ms: Some(129.0),
            memory_mb: Some(512),
            memory_used_mb: Some(71),
            restore_ms: Some(204.27),
            billed_restore_ms: Some(115.0),
            status: Some("error"),
            error_type: Some("Runtime.ExitError"),
            trace_id: Some("1-5"),
            ..Figures::default()
        };
        assert_eq!(told(&line), expected);
    }
    let init = told("INIT_REPORT Init Duration: 150.79 ms\tPhase: init\tStatus: error\tError Type: Runtime.Unknown");
    assert_eq!((init.duration_ms, init.init_ms, init.phase), (Some(150.79), None, Some("init")));
    assert_eq!((init.status, init.error_type), (Some("error"), Some("Runtime.Unknown")));
    let restore = told("RESTORE_REPORT Restore Duration: 1236.04 ms Status: timeout");
    assert_eq!((restore.duration_ms, restore.status), (Some(1236.04), Some("timeout")));
    assert_eq!(told("START RequestId: a Version: 56\n").version, Some("56"));
    let init =
        told("INIT_START Runtime Version: python:3.12.v18\tRuntime Version ARN: arn:aws:lambda:eu-west-1::runtime:1");
    assert_eq!((init.runtime, init.version), (Some("python:3.12.v18"), None));
    let done = SAMPLES.iter().find(|sample| sample.kind == Kind::RuntimeDone).expect("a runtimeDone among the samples");
    assert_eq!(told(done.line).duration_ms, Some(100.0));
    let start = SAMPLES.iter().rfind(|sample| sample.kind == Kind::InitStart).expect("an initStart");
    assert_eq!(told(start.line).version, Some("$LATEST"));
}

#[test]
fn a_long_line_is_read_in_time_that_grows_with_it() {
    let text = "x".repeat(1 << 20);
    let said = read(&format!(r#"{{"message":"{text}","level":"ERROR"}}"#)).level();
    assert_eq!(said, Level::Error);
    for line in [
        "[".repeat(1 << 20),
        "{\"a\":".repeat(1 << 18),
        "\\\"".repeat(1 << 19),
        format!("{{{}", "\"k\":1,".repeat(100_000)),
        text,
    ] {
        read(&line);
        told(&line);
    }
}

proptest! {
    #[test]
    fn any_line_is_read(line in "\\PC{0,80}", cut in 0usize..400, sample in 0..SAMPLES.len()) {
        told(&line);
        told(&format!("{{{line}"));
        let known = SAMPLES[sample].line;
        let cut = known.floor_char_boundary(cut.min(known.len()));
        told(&known[..cut]);
        told(&format!("{}{line}", &known[..cut]));
    }

    #[test]
    fn objects_are_read_as_a_parser_reads_them(
        level in prop::sample::select(vec!["INFO", "error", "Warning", "none"]),
        id in prop::bool::ANY,
        before in prop::collection::btree_map("[a-d]{1,4}", "\\PC{0,12}", 0..4),
        pretty in prop::bool::ANY,
    ) {
        let mut object = serde_json::Map::new();
        for (key, value) in before {
            object.insert(key, value.into());
        }
        object.insert("level".into(), level.into());
        object.insert("nested".into(), serde_json::json!({"level": "FATAL", "list": ["a", {"requestId": TRACE}]}));
        if id {
            object.insert("requestId".into(), ID.into());
        }
        let value = serde_json::Value::Object(object);
        let line = if pretty { format!("{value:#}") } else { value.to_string() };
        let said = read(&line);
        prop_assert_eq!(said.severity, Severity::of_any_case(level.as_bytes()));
        prop_assert_eq!(said.request_id, id.then_some(ID));
    }
}
