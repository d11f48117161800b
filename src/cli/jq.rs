//! `slsdash logs --jq`: what an expression makes of the lines; and the process that it runs in.

use std::io;

use super::failure::{Failure, OK, OTHER};
use super::output::complain;
use crate::jq::{Answer, OUTPUTS};
use crate::model::log::LogEvent;
use crate::runtime::jq::{self, End, Worker};
use crate::time::Moment;

/// Answers the lines on standard input until there are no more; the exit code.
pub fn serve(expression: &str) -> u8 {
    match jq::serve(expression, io::stdin().lock(), io::stdout().lock()) {
        Ok(()) => OK,
        Err(_) => OTHER,
    }
}

/// Through which lines are seen: their outputs instead of them.
pub struct Lens {
    worker: Worker,
    no_json: u64,
    nothing: u64,
    cut: u64,
    failed: u64,
    first_error: Option<String>,
}

impl Lens {
    /// Errors: the expression can't be read (usage), or no process can be had for it.
    pub fn new(expression: &str) -> Result<Lens, Failure> {
        let worker = Worker::start(&jq::program(), expression).map_err(|end| match end {
            End::Unreadable(why) => Failure::usage(format!("--jq: {why}")),
            end => Failure::other(end.clause()),
        })?;
        Ok(Lens { worker, no_json: 0, nothing: 0, cut: 0, failed: 0, first_error: None })
    }

    /// The outputs of each event's line as compact JSON texts: none of a line that is no JSON or of which the expression makes
    /// nothing. Errors: no end, or no memory, on a line, which is named by its time.
    pub fn look(&mut self, events: &[LogEvent]) -> Result<Vec<Vec<String>>, Failure> {
        let (answers, end) = self.worker.run(&events.iter().map(|event| event.message.as_str()).collect::<Vec<_>>());
        if let Some(end) = end {
            let line = events.get(answers.len()).map(|event| format!(" on the line of {}", time(event)));
            return Err(Failure::other(end.clause() + &line.unwrap_or_default()));
        }
        Ok(answers.into_iter().zip(events).map(|(answer, event)| self.take(answer, event)).collect())
    }

    fn take(&mut self, answer: Answer, event: &LogEvent) -> Vec<String> {
        let outputs = match answer {
            Answer::NoJson(_) => {
                self.no_json += 1;
                return vec![];
            }
            Answer::Outputs(outputs) => outputs,
        };
        self.cut += u64::from(outputs.more);
        match outputs.error {
            Some(error) => {
                self.failed += 1;
                self.first_error.get_or_insert_with(|| format!("on the line of {}: {error}", time(event)));
            }
            None if outputs.values.is_empty() => self.nothing += 1,
            None => {}
        }
        outputs.values
    }

    /// What was not printed, as `312 lines are no JSON; of 40 lines the expression makes nothing`; empty where all was.
    fn account(&self) -> String {
        let lines = |count: u64| if count == 1 { "1 line".to_string() } else { format!("{count} lines") };
        let mut said = Vec::new();
        if self.no_json > 0 {
            said.push(format!("{} {} no JSON", lines(self.no_json), if self.no_json == 1 { "is" } else { "are" }));
        }
        if self.nothing > 0 {
            said.push(format!("of {} the expression makes nothing", lines(self.nothing)));
        }
        if self.cut > 0 {
            said.push(format!("of {} only the first {OUTPUTS} outputs are shown", lines(self.cut)));
        }
        if let Some(error) = &self.first_error {
            said.push(format!("the expression fails on {}, first {error}", lines(self.failed)));
        }
        said.join("; ")
    }
}

/// However the command ends, what it did not print is told.
impl Drop for Lens {
    fn drop(&mut self) {
        complain(&self.account());
    }
}

fn time(event: &LogEvent) -> String {
    let time = Moment::from_timestamp_millis(event.timestamp).unwrap_or_default();
    time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}
