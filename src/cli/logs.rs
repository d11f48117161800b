//! `slsdash logs`: every event of the groups that fit, in time order; with `--follow` also those that come.
//!
//! The tail of the dashboard, printed: what it reads, in which order, how fast and what it knows already is decided in
//! [`crate::poll`].

mod infrequent;
mod patience;
mod printer;
mod sources;
mod stretch;

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::LogsArgs;
use super::failure::{Failure, INTERRUPTED, OK, SERVICE, code_of};
use super::jq::Lens;
use super::occasion::Occasion;
use super::output::complain;
use crate::app::interests::{Interests, Tail, TailGroup};
use crate::app::message::{Message, News};
use crate::model::log::{Gap, Missed};
use crate::model::trouble::{Kind, Trouble};
use crate::runtime::start::pace;
use crate::time::Moment;
use crate::{poll, text};
use infrequent::{Asked, Infrequent};
use patience::{nobody_reads, while_read};
use printer::Printer;
use sources::Found;

/// Without `--since`.
const SINCE: Duration = Duration::from_secs(15 * 60);
/// News that wait for the printer; then the reader waits.
const WAITING: usize = 64;

/// Prints them.
pub async fn run(occasion: &Occasion, arguments: &LogsArgs) -> Result<u8, Failure> {
    let lens = arguments.jq.as_deref().map(Lens::new).transpose()?;
    let account = occasion.connect().await?;
    let finding = sources::find(&account, &occasion.clock, &arguments.patterns);
    let Found { groups, known, code } = while_read(finding).await?;
    let config = &occasion.loaded.config;
    let since = occasion.global.since.unwrap_or(SINCE).as_secs().max(1);
    let infrequent = Infrequent::new(occasion, &account, known);
    let printer = Printer::new(arguments.output.output, groups.len() > 1, lens);
    let alone = groups.len() == 1;
    let (archived, tailed): (Vec<TailGroup>, _) =
        groups.into_iter().partition(|group| infrequent.is_known(&group.name));
    let mut reader = Reader {
        follow: arguments.follow,
        clock: occasion.clock.clone(),
        cap: usize::try_from(config.logs.cap).unwrap_or(usize::MAX),
        from: occasion.clock.millis() - i64::try_from(since).unwrap_or_default().saturating_mul(1000),
        alone,
        printer,
        tail: Tail {
            generation: 1,
            pattern: arguments.filter.clone().unwrap_or_default(),
            since_s: since,
            follow: true,
            groups: tailed,
            ..Tail::default()
        },
        infrequent,
        caught_up: false,
        troubles: BTreeMap::new(),
        throttled: None,
        code,
    };
    let tail = Some(reader.tail.clone()).filter(|tail| !tail.groups.is_empty());
    let (interests, wanted) = watch::channel(Interests { tail, ..Interests::default() });
    let (told, mut news) = mpsc::channel(WAITING);
    let cancel = CancellationToken::new();
    poll::start_logs(account.clone(), occasion.clock.clone(), wanted, told, pace(config), cancel.clone());
    let ended = reader.read_all(&archived, &mut news).await;
    cancel.cancel();
    drop(interests);
    ended
}

struct Reader<'a> {
    tail: Tail,
    follow: bool,
    clock: crate::time::Clock,
    /// Bytes of events that may wait until everything that there is has been read.
    cap: usize,
    /// First moment, ms since 1970.
    from: i64,
    /// There is one group only.
    alone: bool,
    printer: Printer,
    /// Reads what no tail can.
    infrequent: Infrequent<'a>,
    caught_up: bool,
    /// Groups that can't be read by a tail.
    troubles: BTreeMap<String, Trouble>,
    /// Until when the service is left alone, as it was told last.
    throttled: Option<Moment>,
    code: u8,
}

impl Reader<'_> {
    /// First those that no tail can read, then the tail.
    async fn read_all(&mut self, archived: &[TailGroup], news: &mut mpsc::Receiver<Message>) -> Result<u8, Failure> {
        for group in archived {
            self.read_infrequent(group).await?;
        }
        if self.is_done() {
            self.printer.print(None)?;
            return Ok(self.code);
        }
        self.read(news).await
    }

    async fn read(&mut self, news: &mut mpsc::Receiver<Message>) -> Result<u8, Failure> {
        let unread = nobody_reads();
        tokio::pin!(unread);
        loop {
            let message = tokio::select! {
                message = news.recv() => message,
                () = &mut unread => return Ok(self.code),
            };
            match message {
                Some(Message::News(news)) => match self.refused_for_its_class(&news).await? {
                    Some(group) => self.read_infrequent(&group).await?,
                    None => self.learn(news)?,
                },
                Some(_) => {}
                None => return Ok(self.code),
            }
            if self.is_done() {
                self.printer.print(None)?;
                return Ok(self.code);
            }
        }
    }

    /// The group that these news are of, if they are that a tail can't read it because of its class.
    async fn refused_for_its_class(&mut self, news: &News) -> Result<Option<TailGroup>, Failure> {
        let News::TailTrouble { group, trouble: Some(trouble), .. } = news else { return Ok(None) };
        if !while_read(async { Ok(self.infrequent.is_why(group, trouble).await) }).await? {
            return Ok(None);
        }
        self.troubles.insert(group.clone(), trouble.clone());
        Ok(self.tail.groups.iter().find(|known| known.name == *group).cloned())
    }

    /// Reads a group through Logs Insights. Where there are others, they are read whatever becomes of it.
    async fn read_infrequent(&mut self, group: &TailGroup) -> Result<(), Failure> {
        let asked = Asked { filter: &self.tail.pattern, follow: self.follow, from: self.from, alone: self.alone };
        match self.infrequent.read(group, asked, &mut self.printer).await {
            Ok(code) => self.code = self.code.max(code),
            Err(failure) if self.alone || [OK, INTERRUPTED].contains(&failure.code) => return Err(failure),
            Err(failure) => {
                complain(&failure.message);
                self.code = self.code.max(failure.code).max(SERVICE);
            }
        }
        self.must_fit_the_cap()
    }

    /// Errors: more waits than may.
    fn must_fit_the_cap(&mut self) -> Result<(), Failure> {
        if self.printer.held() <= self.cap {
            return Ok(());
        }
        self.printer.print(None)?;
        let cap = text::bytes(self.cap as u64);
        Err(Failure::other(format!(
            "there is more than {cap} of it; what was read so far is printed - narrow it with --since or --filter"
        )))
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
                } else {
                    self.must_fit_the_cap()?;
                }
            }
            News::LogGap { gap, .. } => {
                complain(&missing(&gap));
                self.code = self.code.max(SERVICE);
            }
            News::Throttled { until, .. } if self.throttled.is_none_or(|told| told < until) => {
                self.throttled = Some(until);
                say_throttled(until, self.clock.now());
            }
            News::TailTrouble { group, trouble: None, .. } => {
                complain(&format!("{group}: going on"));
                self.troubles.remove(&group);
            }
            News::TailTrouble { group, trouble: Some(trouble), .. } => {
                // While it follows it outlives what heals.
                let fatal = trouble.is_global() && (!self.follow || !self.caught_up);
                if fatal || (self.alone && !self.caught_up) {
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

fn say_throttled(until: Moment, now: Moment) {
    let wait = (until - now).to_std().unwrap_or_default();
    complain(&format!("CloudWatch Logs throttles; going on in {}", text::span(wait)));
}
