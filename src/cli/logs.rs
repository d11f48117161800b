//! `slsdash logs`: every event of the groups that fit, in time order; with `--follow` also those that come.
//!
//! The tail of the dashboard, printed: what it reads, in which order, how fast and what it knows already is decided in
//! [`crate::poll`].

mod printer;
mod sources;

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::LogsArgs;
use super::failure::{Failure, OK, SERVICE, code_of};
use super::jq::Lens;
use super::occasion::Occasion;
use super::output::complain;
use crate::app::interests::{Interests, Tail, TailGroup};
use crate::app::message::{Message, News};
use crate::model::log::{Gap, Missed};
use crate::model::trouble::{Kind, Trouble};
use crate::runtime::start::pace;
use crate::time::Moment;
use crate::{poll, term, text};
use printer::Printer;

/// Without `--since`.
const SINCE: Duration = Duration::from_secs(15 * 60);
/// News that wait for the printer; then the reader waits.
const WAITING: usize = 64;
/// How soon it is noticed that nobody reads standard output any more, while there is nothing to print.
const LISTENER: Duration = Duration::from_secs(1);

/// Prints them.
pub async fn run(occasion: &Occasion, arguments: &LogsArgs) -> Result<u8, Failure> {
    let lens = arguments.jq.as_deref().map(Lens::new).transpose()?;
    let account = occasion.connect().await?;
    let groups = sources::find(&account, &arguments.patterns).await?;
    let config = &occasion.loaded.config;
    let mut reader = Reader {
        follow: arguments.follow,
        clock: occasion.clock.clone(),
        cap: usize::try_from(config.logs.cap).unwrap_or(usize::MAX),
        printer: Printer::new(arguments.output.output, groups.len() > 1, lens),
        tail: Tail {
            generation: 1,
            pattern: arguments.filter.clone().unwrap_or_default(),
            since_s: occasion.global.since.unwrap_or(SINCE).as_secs().max(1),
            follow: true,
            groups,
            ..Tail::default()
        },
        caught_up: false,
        troubles: BTreeMap::new(),
        throttled: None,
        code: OK,
    };
    let (interests, wanted) = watch::channel(Interests { tail: Some(reader.tail.clone()), ..Interests::default() });
    let (told, mut news) = mpsc::channel(WAITING);
    let cancel = CancellationToken::new();
    poll::start_tail(account, occasion.clock.clone(), wanted, told, pace(config), cancel.clone());
    let ended = reader.read(&mut news).await;
    cancel.cancel();
    drop(interests);
    ended
}

struct Reader {
    tail: Tail,
    follow: bool,
    clock: crate::time::Clock,
    /// Bytes of events that may wait until everything that there is has been read.
    cap: usize,
    printer: Printer,
    caught_up: bool,
    /// Groups that can't be read.
    troubles: BTreeMap<String, Trouble>,
    /// Until when the service is left alone, as it was told last.
    throttled: Option<Moment>,
    code: u8,
}

impl Reader {
    async fn read(&mut self, news: &mut mpsc::Receiver<Message>) -> Result<u8, Failure> {
        let mut listener = tokio::time::interval(LISTENER);
        loop {
            let message = tokio::select! {
                message = news.recv() => message,
                _ = listener.tick() => {
                    if term::nobody_reads_output() {
                        return Ok(self.code);
                    }
                    continue;
                }
            };
            match message {
                Some(Message::News(news)) => self.learn(news)?,
                Some(_) => {}
                None => return Ok(self.code),
            }
            if self.is_done() {
                self.printer.print(None)?;
                return Ok(self.code);
            }
        }
    }

    /// Everything that was asked for has been read, as far as it can be.
    fn is_done(&self) -> bool {
        let none_left = self.tail.groups.iter().all(|group| self.troubles.contains_key(&group.name));
        if self.follow { none_left && !self.caught_up } else { none_left || self.caught_up }
    }

    fn learn(&mut self, news: News) -> Result<(), Failure> {
        match news {
            News::LogEvents { events, read_to, caught_up, .. } => {
                self.printer.hold(events);
                self.caught_up |= caught_up;
                if self.caught_up {
                    // In a moment that not all groups have been read to, another may have something earlier.
                    let several = self.follow && self.tail.groups.len() > 1;
                    self.printer.print(several.then(|| read_to.timestamp_millis()))?;
                } else if self.printer.held() > self.cap {
                    self.printer.print(None)?;
                    let cap = text::bytes(self.cap as u64);
                    return Err(Failure::other(format!(
                        "there is more than {cap} of it; what was read so far is printed - narrow it with --since or --filter"
                    )));
                }
            }
            News::LogGap { gap, .. } => {
                complain(&missing(&gap));
                self.code = self.code.max(SERVICE);
            }
            News::Throttled { until, .. } if self.throttled.is_none_or(|told| told < until) => {
                self.throttled = Some(until);
                let wait = (until - self.clock.now()).to_std().unwrap_or_default();
                complain(&format!("CloudWatch Logs throttles; going on in {}", text::span(wait)));
            }
            News::TailTrouble { group, trouble: None, .. } => {
                complain(&format!("{group}: going on"));
                self.troubles.remove(&group);
            }
            News::TailTrouble { group, trouble: Some(trouble), .. } => {
                // While it follows it outlives what heals.
                let fatal = trouble.is_global() && (!self.follow || !self.caught_up);
                if fatal || (self.tail.groups.len() == 1 && !self.caught_up) {
                    return Err(trouble.into());
                }
                complain(&format!("{group}: {}", trouble.sentence()));
                if trouble.kind != Kind::Throttled && !trouble.is_global() {
                    self.code = self.code.max(code_of(&trouble));
                }
                self.troubles.insert(group, trouble);
            }
            _ => {}
        }
        Ok(())
    }
}

fn missing(gap: &Gap) -> String {
    let at = |ms: i64| {
        let at = Moment::from_timestamp_millis(ms).unwrap_or_default();
        at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
    };
    let why = match gap.why {
        Missed::Circle => "the service gave the same page for ever",
        Missed::TooMuch => "there was too much to read at once",
        Missed::Sampled | Missed::Interrupted | Missed::NotAsked => "it was not read",
    };
    let group = gap.group.as_deref().unwrap_or("all groups");
    format!("{group}: events may be missing from {} to {}: {why}", at(gap.from), at(gap.to))
}

/// A group of a tail, by its name.
fn whole(name: impl Into<String>) -> TailGroup {
    TailGroup { name: name.into(), function: None }
}
