//! Events as lines of text or JSON, in the order of time.

use serde_json::json;

use crate::cli::failure::Failure;
use crate::cli::jq::Lens;
use crate::cli::output::Output;
use crate::cli::{TextFormat, line};
use crate::jq::raw;
use crate::model::log::LogEvent;
use crate::time::Moment;

/// What an event takes beside its text.
const EVENT_OVERHEAD: usize = 200;

pub struct Printer {
    output: Output,
    format: TextFormat,
    /// Each line names its group.
    several: bool,
    lens: Option<Lens>,
    waiting: Vec<LogEvent>,
    held: usize,
}

impl Printer {
    pub fn new(format: TextFormat, several: bool, lens: Option<Lens>) -> Printer {
        Printer { output: Output::new(), format, several, lens, waiting: Vec::new(), held: 0 }
    }

    /// Keeps events until it is their turn.
    pub fn hold(&mut self, events: Vec<LogEvent>) {
        self.held += events.iter().map(|event| event.message.len() + EVENT_OVERHEAD).sum::<usize>();
        self.waiting.extend(events);
    }

    /// Bytes that wait.
    pub fn held(&self) -> usize {
        self.held
    }

    /// Prints what waits, up to a moment (ms since 1970) or all of it.
    pub fn print(&mut self, until: Option<i64>) -> Result<(), Failure> {
        let (mut events, rest): (Vec<LogEvent>, _) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|event| until.is_none_or(|at| event.timestamp <= at));
        self.held = 0;
        self.hold(rest);
        if events.is_empty() {
            return Ok(());
        }
        events.sort_by(|a, b| (a.timestamp, a.ingestion, &a.id).cmp(&(b.timestamp, b.ingestion, &b.id)));
        let seen = self.lens.as_mut().map(|lens| lens.look(&events)).transpose()?;
        for (at, event) in events.iter().enumerate() {
            self.print_one(event, seen.as_ref().map(|seen| seen[at].as_slice()))?;
        }
        self.output.flush()?;
        Ok(())
    }

    /// One event, or what the expression made of it.
    fn print_one(&mut self, event: &LogEvent, outputs: Option<&[String]>) -> Result<(), Failure> {
        match self.format {
            _ if outputs.is_some_and(<[String]>::is_empty) => {}
            TextFormat::Json => {
                let said = line::read(&event.message);
                let document = json!({
                    // Logs Insights gives none.
                    "eventId": (!event.id.is_empty()).then_some(&event.id),
                    "logGroupName": event.group,
                    "logStreamName": event.stream,
                    "timestamp": event.timestamp,
                    "ingestionTime": event.ingestion,
                    "message": event.message,
                    "level": said.level,
                    "requestId": said.request_id,
                });
                self.output.json_line_with(&document, "jq", outputs)?;
            }
            TextFormat::Text if outputs.is_some() => {
                for output in outputs.into_iter().flatten() {
                    self.output.line(&raw(output))?;
                }
            }
            TextFormat::Text => {
                let time = Moment::from_timestamp_millis(event.timestamp).unwrap_or_default();
                let time = time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
                let group = event.group.strip_prefix("/aws/lambda/").unwrap_or(&event.group);
                let group = if self.several { format!(" {group}") } else { String::new() };
                self.output.line(&format!("{time}{group} {}", event.message.trim_end()))?;
            }
        }
        Ok(())
    }
}
