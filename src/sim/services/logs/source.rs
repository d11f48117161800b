//! What writes into a log group: a function's invocations, or the requests of a stage of an API.

use super::api_log::{self, Formats, Levels, Log};
use super::event::Key;
use crate::sim::services::xray::span_log;
use crate::sim::world::catalog::{ApiId, FunctionId, LogFormat};
use crate::sim::world::{Millis, World, narration};
use std::collections::BTreeMap;
use std::ops::Range;

/// No Init phase that succeeds takes longer than its ten seconds; the rest is for a line before it.
pub const LEAD_MS: Millis = 11_000;
/// Lines after the end of what wrote them.
pub const SLACK_MS: Millis = 20;
/// API Gateway gives an integration 29 seconds.
const API_TRAIL_MS: Millis = 31_000;

/// Streams are named after the day, in UTC.
pub const DAY_MS: Millis = 24 * 3_600_000;

/// Which of a writer's invocations: a cold one begins to write long before it starts, and is looked for that much further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// By an Init.
    Cold,
    /// Without one.
    Warm,
}

impl Begun {
    /// How long before the start of what wrote it a line may lie.
    pub fn lead(self) -> Millis {
        match self {
            Begun::Cold => LEAD_MS,
            Begun::Warm => SLACK_MS,
        }
    }
}

/// One writer of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A function.
    Function(FunctionId),
    /// Access log of a stage (by its index).
    Access(ApiId, usize),
    /// Execution log of a stage.
    Execution(ApiId, usize),
    /// X-Ray: the spans of all traces.
    Spans,
}

/// Takes a line: its place, its stream, its text.
pub type Sink<'a> = dyn FnMut(Key, String, String) + 'a;

impl Source {
    /// How long after the start of what wrote it a line may lie.
    pub fn trail(&self, world: &World) -> Millis {
        match self {
            Source::Function(id) => Millis::from(world.catalog.functions[*id].timeout_s) * 1000 + SLACK_MS,
            Source::Access(..) | Source::Execution(..) => API_TRAIL_MS,
            Source::Spans => world.longest_trace() + SLACK_MS,
        }
    }

    /// All lines with a timestamp in `window` of what began so in `starts`, of the streams that pass.
    pub fn lines(
        &self,
        world: &World,
        begun: Begun,
        starts: Range<Millis>,
        window: Range<Millis>,
        streams: &dyn Fn(&str) -> bool,
        sink: &mut Sink<'_>,
    ) {
        match *self {
            Source::Function(id) => {
                let text = world.catalog.functions[id].log_format == LogFormat::Text;
                // All invocations of an environment and version on one day write into one stream.
                let mut passing: BTreeMap<(u64, u32, Millis), bool> = BTreeMap::new();
                world.each_invocation(id, starts.start, starts.end, |invocation| {
                    if invocation.init_ms.is_some() != (begun == Begun::Cold) {
                        return;
                    }
                    let first = invocation.start - invocation.init_ms.unwrap_or(0.0).ceil() as Millis - SLACK_MS;
                    let last = invocation.start + invocation.duration_ms.ceil() as Millis + SLACK_MS;
                    if last < window.start || first >= window.end {
                        return;
                    }
                    let place = (invocation.environment, invocation.version, invocation.start / DAY_MS);
                    let passes = || streams(&narration::stream(world, invocation));
                    if !*passing.entry(place).or_insert_with(passes) {
                        return;
                    }
                    for (index, line) in narration::lines(world, invocation).into_iter().enumerate() {
                        if window.contains(&line.timestamp) {
                            let key = Key {
                                timestamp: line.timestamp,
                                ingestion: line.ingestion,
                                atom: invocation.key,
                                index: u16::try_from(index).unwrap_or(u16::MAX),
                            };
                            let mut message = line.message;
                            // Lambda's own lines and those of the text runtimes arrive with their line break.
                            if text {
                                message.push('\n');
                            }
                            sink(key, line.stream, message);
                        }
                    }
                });
            }
            // Whether a root starts cold is known too late: all are looked for that far ahead.
            Source::Spans if begun == Begun::Warm || !streams(span_log::STREAM) => {}
            Source::Spans => span_log::records(world, starts, &window, &mut |key, record| {
                sink(key, span_log::STREAM.to_owned(), record);
            }),
            Source::Access(..) | Source::Execution(..) if begun == Begun::Cold => {}
            Source::Access(api, stage) | Source::Execution(api, stage) => {
                let (formats, levels) = (Formats::of(world, api, stage), Levels::of(world, api, stage));
                let execution = matches!(self, Source::Execution(..));
                let log = if execution { Log::Execution(&levels) } else { Log::Access(&formats) };
                for request in world.api_requests(api, starts.start, starts.end) {
                    if request.stage == stage {
                        api_log::lines(world, &request, log, &mut |key, stream, message| {
                            if window.contains(&key.timestamp) && streams(&stream) {
                                sink(key, stream, message);
                            }
                        });
                    }
                }
            }
        }
    }
}
