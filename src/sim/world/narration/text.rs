//! Log format Text: START, the runtime's own lines, END, REPORT.

use serde_json::json;

use super::{Teller, iso, version};
use crate::sim::world::Millis;
use crate::sim::world::invocation::Outcome;

impl Teller<'_> {
    pub(super) fn text(mut self) -> Vec<(Millis, String)> {
        let id = self.invocation.request_id.clone();
        let (start, end) = (self.invocation.start, self.end());
        if let Some(init) = self.invocation.init_ms {
            let begun = if self.restore_ms().is_some() { "RESTORE_START" } else { "INIT_START" };
            let line = format!(
                "{begun} Runtime Version: {}\tRuntime Version ARN: {}",
                self.runtime_version(),
                self.runtime_arn()
            );
            self.tell(start - init as Millis, line);
        }
        if let Some(restore) = self.restore_ms() {
            self.tell(start, format!("RESTORE_REPORT Restore Duration: {restore:.2} ms"));
        }
        self.tell(start, format!("START RequestId: {id} Version: {}", version(self.invocation)));
        let (python, node) = (self.function.runtime.starts_with("python"), self.function.runtime.starts_with("nodejs"));
        for (at, level, text) in self.says() {
            let line = match (python, node) {
                (true, _) if level == "WARN" => format!("[WARNING]\t{}\t{id}\t{text}", iso(at)),
                (true, _) => format!("[{level}]\t{}\t{id}\t{text}", iso(at)),
                (_, true) => format!("{}\t{id}\t{level}\t{text}", iso(at)),
                _ => format!("{} {id} {level} {} - {text}", iso(at), self.function.name),
            };
            self.tell(at, line);
        }
        if let Some((kind, message)) = self.failure() {
            let stack = self.stack(kind, message);
            let line = match (python, node) {
                // The trace without its last line, which is said first.
                (true, _) => format!("[ERROR] {kind}: {message}\n{}", stack[..stack.len() - 1].join("\n")),
                (_, true) => format!(
                    "{}\t{id}\tERROR\tInvoke Error \t{}",
                    iso(end),
                    json!({"errorType": kind, "errorMessage": message, "stack": stack})
                ),
                _ => stack.join("\n"),
            };
            self.tell(end - 1, line);
        }
        if self.old_style() {
            match self.invocation.outcome {
                Outcome::TimedOut => {
                    let seconds = f64::from(self.function.timeout_of(self.invocation.version));
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

    /// The REPORT line, its fields separated by tabs.
    fn report(&self) -> String {
        let one = self.invocation;
        let mut report = format!(
            "REPORT RequestId: {}\tDuration: {:.2} ms\tBilled Duration: {} ms\tMemory Size: {} MB\tMax Memory Used: {} MB\t",
            one.request_id,
            one.duration_ms,
            self.billed(),
            self.memory_mb(),
            one.memory_used_mb
        );
        if let Some(restore) = self.restore_ms() {
            let billed = Self::billed_restore(restore);
            report.push_str(&format!("Restore Duration: {restore:.2} ms\tBilled Restore Duration: {billed} ms\t"));
        } else if let Some(init) = one.init_ms {
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
}
