//! Log format JSON: `platform.*` events of the service, and documents of the application's logger.

use serde_json::{Map, Value, json};

use super::{Teller, iso, moment, version};
use crate::sim::world::Millis;

impl Teller<'_> {
    fn platform(&mut self, at: Millis, kind: &str, record: &Value) {
        // The order of the members is the service's own: time, type, record.
        let line = format!(r#"{{"time":"{}","type":"{kind}","record":{record}}}"#, iso(at));
        self.tell(at, line);
    }

    pub(super) fn json(mut self) -> Vec<(Millis, String)> {
        let id = self.invocation.request_id.clone();
        let (start, end) = (self.invocation.start, self.end());
        let version = version(self.invocation);
        // An image brings its own runtime, whose version Lambda doesn't know.
        if let Some(init) = self.invocation.init_ms.filter(|_| !self.function.extras.image) {
            let mut record = json!({"runtimeVersion": self.runtime_version(), "runtimeVersionArn": self.runtime_arn(),
                "functionName": self.function.name, "functionVersion": version});
            let kind = if self.restore_ms().is_some() {
                "platform.restoreStart"
            } else {
                record["initializationType"] = "on-demand".into();
                record["phase"] = "init".into();
                "platform.initStart"
            };
            self.platform(start - init as Millis, kind, &record);
        }
        let mut record = Map::new();
        record.insert("requestId".into(), id.clone().into());
        record.insert("version".into(), version.clone().into());
        if self.function.traced {
            record.insert("tracing".into(), self.tracing());
        }
        self.platform(start, "platform.start", &Value::Object(record));
        for (at, level, text) in self.says() {
            let line = self.app_line(at, level, &text, None);
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
        metrics.insert("memorySizeMB".into(), self.memory_mb().into());
        metrics.insert("maxMemoryUsedMB".into(), one.memory_used_mb.into());
        if let Some(restore) = self.restore_ms() {
            metrics.insert("restoreDurationMs".into(), restore.into());
            metrics.insert("billedRestoreDurationMs".into(), Self::billed_restore(restore).into());
        } else if let Some(init) = one.init_ms {
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
            line.insert("function_memory_size".into(), self.memory_mb().to_string().into());
            line.insert("function_request_id".into(), one.request_id.as_str().into());
            if let Some(kind) = kind {
                line.insert("exception_name".into(), kind.into());
                line.insert("exception".into(), self.stack(kind, text).join("\n").into());
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
                    line.insert("stackTrace".into(), json!(self.stack(kind, text)));
                }
                None => {
                    line.insert("message".into(), text.into());
                }
            }
        }
        Value::Object(line).to_string()
    }
}
