//! What an invocation writes into its log, line by line.

use chrono::DateTime;
use serde_json::{Map, Value, json};

use super::catalog::{Function, FunctionId, LogFormat};
use super::dice::{Dice, hash_text};
use super::invocation::{Invocation, Outcome};
use super::{Millis, World};

/// One event of a log stream.
#[derive(Clone, Debug, PartialEq)]
pub struct LogLine {
    /// When it was written.
    pub timestamp: Millis,
    /// When CloudWatch Logs had it; some lines are late by seconds.
    pub ingestion: Millis,
    /// The text, without the line break at its end.
    pub message: String,
    /// Log stream.
    pub stream: String,
    /// Who wrote it; its log group is [`super::catalog::Function::log_group`].
    pub function: FunctionId,
}

/// The whole narration of an invocation, in the order of time; nothing for a throttled try.
///
/// Lines may lie before [`Invocation::start`] (INIT_START, by the Init Duration) and after it (by the Duration).
pub fn lines(world: &World, invocation: &Invocation) -> Vec<LogLine> {
    if matches!(invocation.outcome, Outcome::Throttled { .. }) {
        return Vec::new();
    }
    let function = &world.catalog.functions[invocation.function];
    let teller = Teller {
        function,
        invocation,
        dice: Dice::of(&[world.seed, invocation.key, 40]),
        region: &world.catalog.region,
        told: Vec::new(),
    };
    let told = match function.log_format {
        LogFormat::Text => teller.text(),
        LogFormat::Json => teller.json(),
    };
    let stream = stream(world, invocation);
    let mut dice = Dice::of(&[world.seed, invocation.key, 41]);
    told.into_iter()
        .map(|(timestamp, message)| {
            // Most lines are there within a second, a few are late: a tail that only looks forward would miss them.
            let late = if dice.chance(0.02) { 2_000 + dice.below(18_000) as Millis } else { 0 };
            let ingestion = timestamp + 120 + dice.below(700) as Millis + late;
            LogLine { timestamp, ingestion, message, stream: stream.clone(), function: invocation.function }
        })
        .collect()
}

/// The log stream of an invocation: `YYYY/MM/DD/[version]guid`, or `YYYY/MM/DD/function[version][guid]` in a group of one's own.
pub fn stream(world: &World, invocation: &Invocation) -> String {
    let function = &world.catalog.functions[invocation.function];
    let version = version(invocation);
    let day = moment(invocation.start).format("%Y/%m/%d");
    let mut dice = Dice::of(&[invocation.environment, 42]);
    let guid = format!("{}{}", dice.hex16(), dice.hex16());
    if function.log_group == format!("/aws/lambda/{}", function.name) {
        format!("{day}/[{version}]{guid}")
    } else {
        format!("{day}/{}[{version}][{guid}]", function.name)
    }
}

fn version(invocation: &Invocation) -> String {
    if invocation.version == 0 { "$LATEST".to_owned() } else { invocation.version.to_string() }
}

fn moment(at: Millis) -> DateTime<chrono::Utc> {
    DateTime::from_timestamp_millis(at).unwrap_or_default()
}

fn iso(at: Millis) -> String {
    moment(at).format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

struct Teller<'a> {
    function: &'a Function,
    invocation: &'a Invocation,
    dice: Dice,
    region: &'a str,
    told: Vec<(Millis, String)>,
}

impl Teller<'_> {
    fn tell(&mut self, at: Millis, message: String) {
        self.told.push((at, message));
    }

    fn end(&self) -> Millis {
        self.invocation.start + self.invocation.duration_ms as Millis
    }

    /// Duration rounded up with the init, which is billed since August 2025.
    fn billed(&self) -> u64 {
        (self.invocation.duration_ms + self.invocation.init_ms.unwrap_or(0.0)).ceil() as u64
    }

    fn runtime_version(&self) -> String {
        let runtime = &self.function.runtime;
        let (language, number) = runtime.split_at(runtime.find(|c: char| c.is_ascii_digit()).unwrap_or(runtime.len()));
        format!("{language}:{}.v{}", number.trim_end_matches(".x"), 20 + hash_text(runtime) % 30)
    }

    fn runtime_arn(&self) -> String {
        let mut dice = Dice::of(&[hash_text(&self.function.runtime)]);
        let id: String = (0..4).map(|_| dice.hex16()).collect();
        format!("arn:aws:lambda:{}::runtime:{id}", self.region)
    }

    /// What the handler says, filled in; a failing one gets only so far.
    fn says(&mut self) -> Vec<(Millis, String)> {
        let all = self.function.character.says;
        let share = if self.invocation.outcome == Outcome::Success { 1.0 } else { 0.6 };
        let count = ((all.len() as f64 * share).ceil() as usize).min(all.len());
        let subject = self.invocation.subject();
        let mut said = Vec::new();
        for (place, template) in all.iter().take(count).enumerate() {
            let part = (place as f64 + 0.5) / all.len() as f64 * 0.9;
            let at = self.invocation.start + (self.invocation.duration_ms * part) as Millis;
            let ms = (self.invocation.duration_ms * part).max(1.0) as u64;
            let text = template
                .replace("{n}", &(1 + self.dice.below(60)).to_string())
                .replace("{id}", &subject)
                .replace("{ms}", &ms.to_string());
            said.push((at, text));
        }
        said
    }

    fn failure(&self) -> Option<(&str, &str)> {
        match &self.invocation.outcome {
            Outcome::Error { kind, message } => Some((kind, message)),
            _ => None,
        }
    }

    /// Older runtimes write time-outs and crashes as lines of their own, newer ones as the status of REPORT.
    fn old_style(&self) -> bool {
        matches!(self.function.runtime.as_str(), "nodejs18.x" | "python3.8" | "python3.9")
    }

    fn text(mut self) -> Vec<(Millis, String)> {
        let id = self.invocation.request_id.clone();
        let (start, end) = (self.invocation.start, self.end());
        if let Some(init) = self.invocation.init_ms {
            let line = format!(
                "INIT_START Runtime Version: {}\tRuntime Version ARN: {}",
                self.runtime_version(),
                self.runtime_arn()
            );
            self.tell(start - init as Millis, line);
        }
        self.tell(start, format!("START RequestId: {id} Version: {}", version(self.invocation)));
        let (python, node) = (self.function.runtime.starts_with("python"), self.function.runtime.starts_with("nodejs"));
        for (at, text) in self.says() {
            let line = match (python, node) {
                (true, _) => format!("[INFO]\t{}\t{id}\t{text}", iso(at)),
                (_, true) => format!("{}\t{id}\tINFO\t{text}", iso(at)),
                _ => format!("{} {id} INFO {} - {text}", iso(at), self.function.name),
            };
            self.tell(at, line);
        }
        if let Some((kind, message)) = self.failure() {
            let line = match (python, node) {
                (true, _) => format!(
                    "[ERROR] {kind}: {message}\nTraceback (most recent call last):\n\u{a0}\u{a0}File \"/var/task/{}.py\", line 48, in handler\n\u{a0}\u{a0}\u{a0}\u{a0}raise {kind}(\"{message}\")",
                    self.function.name.replace('-', "_")
                ),
                (_, true) => format!(
                    "{}\t{id}\tERROR\tInvoke Error \t{}",
                    iso(end),
                    json!({"errorType": kind, "errorMessage": message, "stack": [format!("{kind}: {message}"), "    at Runtime.handler (file:///var/task/dist/index.mjs:31:11)"]})
                ),
                _ => format!("{message}: {kind}\n\tat shop.Handler.handleRequest(Handler.java:57)"),
            };
            self.tell(end - 1, line);
        }
        if self.old_style() {
            match self.invocation.outcome {
                Outcome::TimedOut => {
                    let seconds = f64::from(self.function.timeout_s);
                    self.tell(end, format!("{} {id} Task timed out after {seconds:.2} seconds\n", iso(end)));
                }
                Outcome::OutOfMemory => {
                    self.tell(
                        end,
                        format!("RequestId: {id} Error: Runtime exited with error: signal: killed\nRuntime.ExitError"),
                    );
                }
                _ => {}
            }
        }
        self.tell(end, format!("END RequestId: {id}"));
        let report = self.report();
        self.tell(end, report);
        self.told
    }

    fn status(&self) -> Option<(&'static str, Option<&str>)> {
        match &self.invocation.outcome {
            Outcome::TimedOut => Some(("timeout", None)),
            Outcome::OutOfMemory => Some(("error", Some("Runtime.OutOfMemory"))),
            Outcome::Error { kind, .. } => Some(("error", Some(kind))),
            _ => None,
        }
    }

    /// The REPORT line, its fields separated by tabs.
    fn report(&self) -> String {
        let one = self.invocation;
        let mut report = format!(
            "REPORT RequestId: {}\tDuration: {:.2} ms\tBilled Duration: {} ms\tMemory Size: {} MB\tMax Memory Used: {} MB\t",
            one.request_id,
            one.duration_ms,
            self.billed(),
            self.function.memory_mb,
            one.memory_used_mb
        );
        if let Some(init) = one.init_ms {
            report.push_str(&format!("Init Duration: {init:.2} ms\t"));
        }
        if let Some((status, kind)) = self.status() {
            report.push_str(&format!("Status: {status}"));
            if let Some(kind) = kind {
                report.push_str(&format!("\tError Type: {kind}"));
            }
        }
        if self.function.traced {
            let segment = one.segment();
            report.push_str(&format!(
                "\nXRAY TraceId: {}\tSegmentId: {segment}\tSampled: {}\t",
                one.trace_id, one.sampled
            ));
        }
        report
    }

    fn platform(&mut self, at: Millis, kind: &str, record: &Value) {
        // The order of the members is the service's own: time, type, record.
        let line = format!(r#"{{"time":"{}","type":"{kind}","record":{record}}}"#, iso(at));
        self.tell(at, line);
    }

    fn json(mut self) -> Vec<(Millis, String)> {
        let id = self.invocation.request_id.clone();
        let (start, end) = (self.invocation.start, self.end());
        let version = version(self.invocation);
        if let Some(init) = self.invocation.init_ms {
            let record = json!({"initializationType": "on-demand", "phase": "init", "runtimeVersion": self.runtime_version(),
                "runtimeVersionArn": self.runtime_arn(), "functionName": self.function.name, "functionVersion": version});
            self.platform(start - init as Millis, "platform.initStart", &record);
        }
        let mut record = Map::new();
        record.insert("requestId".into(), id.clone().into());
        record.insert("version".into(), version.clone().into());
        if self.function.traced {
            record.insert("tracing".into(), self.tracing());
        }
        self.platform(start, "platform.start", &Value::Object(record));
        for (at, text) in self.says() {
            let line = self.app_line(at, "INFO", &text, None);
            self.tell(at, line);
        }
        if let Some((kind, message)) = self.failure() {
            let (kind, message) = (kind.to_owned(), message.to_owned());
            let line = self.app_line(end - 1, "ERROR", &message, Some(&kind));
            self.tell(end - 1, line);
        }
        let one = self.invocation;
        let mut metrics = Map::new();
        metrics.insert("durationMs".into(), one.duration_ms.into());
        metrics.insert("billedDurationMs".into(), self.billed().into());
        metrics.insert("memorySizeMB".into(), self.function.memory_mb.into());
        metrics.insert("maxMemoryUsedMB".into(), one.memory_used_mb.into());
        if let Some(init) = one.init_ms {
            metrics.insert("initDurationMs".into(), init.into());
        }
        let mut record = Map::new();
        record.insert("requestId".into(), id.into());
        record.insert("metrics".into(), metrics.into());
        if self.function.traced {
            record.insert("tracing".into(), self.tracing());
        }
        let (status, kind) = self.status().unwrap_or(("success", None));
        record.insert("status".into(), status.into());
        if let Some(kind) = kind {
            record.insert("errorType".into(), kind.into());
        }
        self.platform(end, "platform.report", &Value::Object(record));
        self.told
    }

    fn tracing(&self) -> Value {
        let one = self.invocation;
        let span = one.segment();
        let value = format!("Root={};Parent={span};Sampled={}", one.trace_id, u8::from(one.sampled));
        json!({"spanId": span, "type": "X-Amzn-Trace-Id", "value": value})
    }

    /// A line as Powertools writes it on Python, and as the runtimes' own JSON loggers write it elsewhere.
    fn app_line(&self, at: Millis, level: &str, text: &str, kind: Option<&str>) -> String {
        let one = self.invocation;
        let mut line = Map::new();
        if self.function.runtime.starts_with("python") {
            line.insert("level".into(), level.into());
            line.insert("location".into(), "handler:48".into());
            line.insert("message".into(), text.into());
            line.insert("timestamp".into(), moment(at).format("%Y-%m-%d %H:%M:%S,%3f+0000").to_string().into());
            line.insert("service".into(), self.function.tags[0].1.as_str().into());
            line.insert("cold_start".into(), one.init_ms.is_some().into());
            line.insert("function_name".into(), self.function.name.as_str().into());
            line.insert("function_memory_size".into(), self.function.memory_mb.to_string().into());
            line.insert("function_request_id".into(), one.request_id.as_str().into());
            if let Some(kind) = kind {
                line.insert("exception_name".into(), kind.into());
                let trace = format!(
                    "Traceback (most recent call last):\n  File \"/var/task/app.py\", line 48, in handler\n{kind}: {text}"
                );
                line.insert("exception".into(), trace.into());
            }
            if self.function.traced {
                line.insert("xray_trace_id".into(), one.trace_id.as_str().into());
            }
        } else {
            line.insert("timestamp".into(), iso(at).into());
            line.insert("level".into(), level.into());
            let id = if self.function.runtime.starts_with("java") { "AWSRequestId" } else { "requestId" };
            line.insert(id.into(), one.request_id.as_str().into());
            match kind {
                Some(kind) => {
                    line.insert("errorType".into(), kind.into());
                    line.insert("errorMessage".into(), text.into());
                    let stack = [
                        format!("{kind}: {text}"),
                        "    at Runtime.handler (file:///var/task/dist/index.mjs:31:11)".into(),
                    ];
                    line.insert("stackTrace".into(), json!(stack));
                }
                None => {
                    line.insert("message".into(), text.into());
                }
            }
        }
        Value::Object(line).to_string()
    }
}
