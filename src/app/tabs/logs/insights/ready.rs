//! Queries to choose from, for text and JSON logs alike.
//!
//! What is asked, and the fields, are those of AWS's own samples (the CloudWatch Logs user guide's "Sample queries", and
//! "Useful Insights queries" of the Lambda operator guide). In text logs Insights discovers the fields of REPORT, memory
//! in bytes of which a million make a megabyte; in JSON logs `platform.report` has them under `record`. Hence each
//! value is looked for in both places; `coalesce` takes fields only, not expressions.

/// A query to choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// What it is called.
    pub name: &'static str,
    /// What it answers.
    pub sentence: &'static str,
    /// The query.
    pub text: &'static str,
}

/// The one that reads a group of class INFREQUENT_ACCESS, where no field is discovered.
pub const ALL_LINES: &str = "all lines";

/// All of them.
pub const READY: &[Ready] = &[
    Ready {
        name: "cold starts",
        sentence: "How many invocations of each log group began cold, and how long their init took.",
        text: r#"filter @type = "REPORT" or type = "platform.report"
| fields coalesce(@initDuration, record.metrics.initDurationMs) as initMs
| stats count(*) as invocations, count(initMs) as coldStarts,
    avg(initMs) as avgInitMs, max(initMs) as maxInitMs by @log
| sort coldStarts desc"#,
    },
    Ready {
        name: "slowest invocations",
        sentence: "The hundred invocations that took longest.",
        text: r#"filter @type = "REPORT" or type = "platform.report"
| fields coalesce(@duration, record.metrics.durationMs) as durationMs,
    coalesce(@initDuration, record.metrics.initDurationMs) as initMs
| fields coalesce(@requestId, record.requestId) as request
| sort durationMs desc
| limit 100
| display @timestamp, durationMs, initMs, request, @xrayTraceId, @log"#,
    },
    Ready {
        name: "most expensive invocations",
        sentence: "The hundred invocations that cost most, with the US$ of a million such (x86, without requests).",
        text: r#"filter @type = "REPORT" or type = "platform.report"
| fields @memorySize / 1000000 as textMB
| fields coalesce(@billedDuration, record.metrics.billedDurationMs) as billedMs,
    coalesce(textMB, record.metrics.memorySizeMB) as memoryMB
| fields billedMs * memoryMB / 1024 / 1000 as gbSeconds
| fields gbSeconds * 16.6667 as dollarsPerMillion,
    coalesce(@requestId, record.requestId) as request
| sort gbSeconds desc
| limit 100
| display @timestamp, gbSeconds, dollarsPerMillion, billedMs, memoryMB, request, @log"#,
    },
    Ready {
        name: "errors by type",
        sentence: "Types of errors: invocations that ended with one, and lines that told of one.",
        text: r#"filter @message like /rror|timeout|xception/
| parse @message /Error Type: (?<reportType>[A-Za-z0-9_.]+)/
| parse @message /Status: (?<reportStatus>timeout)/
| parse @message /"status":"(?<jsonStatus>timeout)"/
| parse @message /\[ERROR\] (?<textType>[A-Za-z0-9_.]+):/
| fields coalesce(record.errorType, reportType, reportStatus, jsonStatus) as endedWith,
    coalesce(errorType, exception_name, textType) as toldOf
| fields coalesce(endedWith, toldOf) as error
| filter ispresent(error)
| stats count(endedWith) as invocations, count(toldOf) as lines
    by error, @log
| sort invocations desc, lines desc"#,
    },
    Ready {
        name: "time-outs",
        sentence: "Invocations that ran into their time-out, newest first.",
        text: r#"filter @message like /Task timed out|Status: timeout/ or record.status = "timeout"
| fields coalesce(@duration, record.metrics.durationMs) as durationMs,
    coalesce(@requestId, record.requestId) as request
| sort @timestamp desc
| limit 100
| display @timestamp, durationMs, request, @xrayTraceId, @log"#,
    },
    Ready {
        name: "memory used of size",
        sentence: "How near each log group's invocations came to their memory size.",
        text: r#"filter @type = "REPORT" or type = "platform.report"
| fields @maxMemoryUsed / 1000000 as textUsed, @memorySize / 1000000 as textSize
| fields coalesce(textUsed, record.metrics.maxMemoryUsedMB) as usedMB,
    coalesce(textSize, record.metrics.memorySizeMB) as sizeMB
| fields usedMB / sizeMB * 100 as percent
| stats max(percent) as maxPercent, avg(percent) as avgPercent,
    max(usedMB) as maxUsedMB, max(sizeMB) as memoryMB by @log
| sort maxPercent desc"#,
    },
    Ready {
        name: "most frequent messages",
        sentence: "What is logged most often, without the platform's own lines.",
        text: r#"filter @message not like /^(START|END|REPORT|INIT_|EXTENSION|RESTORE_|\{"time":"[^"]*","type":"platform)/
| parse @message /^\S+\t\S+\t\S+\t(?<said>[^\n]+)/
| fields coalesce(message, said, @message) as text
| stats count(*) as times by text
| sort times desc
| limit 100"#,
    },
    Ready {
        name: "5xx of an access log",
        sentence: "Requests of an API that were answered 5xx, newest first: JSON and common log format.",
        text: r#"parse @message /" (?<clfStatus>\d\d\d) /
| fields coalesce(status, clfStatus) as code,
    coalesce(path, resourcePath, routeKey) as route
| filter code >= 500
| sort @timestamp desc
| limit 1000
| display @timestamp, code, httpMethod, route, responseLatency, ip,
    requestId, xrayTraceId, @log"#,
    },
    Ready {
        name: ALL_LINES,
        sentence: "Every line, newest first: the only way to read a group of class INFREQUENT_ACCESS.",
        text: r#"fields @timestamp, @message, @logStream, @log
| sort @timestamp desc
| limit 10000"#,
    },
];
