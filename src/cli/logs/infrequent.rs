//! Groups of class Infrequent Access: FilterLogEvents does not read them, Logs Insights does, for a price.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::patience::{hung_up, nobody_reads, patiently};
use super::printer::Printer;
use super::say_throttled;
use super::stretch::Stretch;
use crate::app::interests::{InsightsQuery, Interests, TailGroup};
use crate::app::message::{Message, News};
use crate::app::query::{cost, gigabytes};
use crate::app::tabs::logs::insights::estimate::estimate;
use crate::aws::Account;
use crate::aws::logs::{group, is_stream_of};
use crate::cli::failure::{Failure, INTERRUPTED, OK, SERVICE};
use crate::cli::occasion::Occasion;
use crate::cli::output::complain;
use crate::model::insights::{Progress, Query, ROWS, Row, Status, moment};
use crate::model::log::{LogEvent, LogGroup};
use crate::model::trouble::{Kind, Trouble};
use crate::poll;
use crate::runtime::start::pace;

/// All lines, each as FilterLogEvents would give it.
const QUERY: &str = "fields @timestamp, @ingestionTime, @logStream, @message\n| sort @timestamp asc";
/// A query that is not stopped within this is left to itself.
const PATIENCE: Duration = Duration::from_secs(2);
/// News that wait for the reader.
const WAITING: usize = 8;

/// What was asked for on the command line.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// Filter pattern; empty for none.
    pub filter: &'a str,
    pub follow: bool,
    /// First moment, ms since 1970.
    pub from: i64,
    /// There is no other group: what comes is printed as it comes.
    pub alone: bool,
}

/// Reads them.
pub struct Infrequent<'a> {
    occasion: &'a Occasion,
    account: &'a Account,
    /// What is known of groups.
    known: BTreeMap<String, LogGroup>,
    /// Who runs the queries, once there is one.
    desk: Option<Desk>,
    asked: u64,
    /// Bytes that all of them have scanned.
    scanned: u64,
}

/// The ends of the poller of queries.
struct Desk {
    interests: watch::Sender<Interests>,
    news: mpsc::Receiver<Message>,
    cancel: CancellationToken,
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

impl<'a> Infrequent<'a> {
    pub fn new(occasion: &'a Occasion, account: &'a Account, known: BTreeMap<String, LogGroup>) -> Infrequent<'a> {
        Infrequent { occasion, account, known, desk: None, asked: 0, scanned: 0 }
    }

    /// The group is known to be of that class.
    pub fn is_known(&self, name: &str) -> bool {
        self.known.get(name).is_some_and(|group| group.class == "INFREQUENT_ACCESS")
    }

    /// What FilterLogEvents was refused for is that the group is of that class. Asked for where the refusal does not say so.
    pub async fn is_why(&mut self, name: &str, trouble: &Trouble) -> bool {
        if trouble.kind != Kind::Invalid {
            return false;
        }
        if trouble.message.contains("INFREQUENT_ACCESS") {
            return true;
        }
        if !self.known.contains_key(name)
            && let Ok(Some(group)) = patiently(async || group(self.account, name).await).await
        {
            self.known.insert(name.to_string(), group);
        }
        self.is_known(name)
    }

    /// Gives the printer everything of a group, and says what that has cost; the exit code.
    pub async fn read(&mut self, group: &TailGroup, asked: Asked<'_>, printer: &mut Printer) -> Result<u8, Failure> {
        let name = &group.name;
        if !asked.filter.is_empty() {
            return Err(Failure::usage(format!(
                "{name} is of class Infrequent Access: --filter can't be applied, because FilterLogEvents does not read \
                 it - leave it out, and use --jq or grep"
            )));
        }
        let now = self.occasion.clock.millis() + self.account.clock_ahead().map_or(0, |ahead| ahead.num_milliseconds());
        let (from, to) = (asked.from.div_euclid(1000), now.div_euclid(1000) + 1);
        self.must_fit_the_budget(name, (from, to))?;
        let no_follow = if asked.follow { "; it can't be followed: what is there by now is printed" } else { "" };
        complain(&format!(
            "{name} is of class Infrequent Access: read through Logs Insights, $0.005 for a GB scanned{no_follow}"
        ));
        let before = self.scanned;
        let read = self.read_stretch(group, (from, to), asked, printer).await;
        let scanned = self.scanned - before;
        if read.is_ok() || scanned > 0 {
            complain(&format!("{name}: {} scanned, {}", gigabytes(scanned), cost(scanned)));
        }
        read.map(|code| if asked.follow { code.max(SERVICE) } else { code })
    }

    /// Nobody can be asked whether it may cost more.
    fn must_fit_the_budget(&self, name: &str, window: (i64, i64)) -> Result<(), Failure> {
        let budget = self.occasion.loaded.config.logs.insights_budget;
        let known: Vec<LogGroup> = self.known.get(name).cloned().into_iter().collect();
        let expected = estimate(&[name.to_string()], &known, window, window.1).evenly;
        if self.scanned + expected <= budget {
            return Ok(());
        }
        Err(Failure::other(format!(
            "{name} is of class Infrequent Access: Logs Insights may scan about {} ({}) of it, more than \
             logs.insights_budget ({}) allows; nothing was asked - a shorter --since makes it cheaper",
            gigabytes(self.scanned + expected),
            cost(self.scanned + expected),
            gigabytes(budget)
        )))
    }

    async fn read_stretch(
        &mut self,
        group: &TailGroup,
        (from, to): (i64, i64),
        asked: Asked<'_>,
        printer: &mut Printer,
    ) -> Result<u8, Failure> {
        let mut stretch = Stretch::new(from, to);
        let mut code = OK;
        while let Some((from, to)) = stretch.next() {
            let query = Query { groups: vec![group.name.clone()], text: QUERY.into(), from, to };
            let progress = self.run(query).await?;
            let full = progress.cut || progress.rows.len() >= ROWS;
            let mut events = events(&group.name, progress.rows);
            let times: Vec<i64> = events.iter().map(|event| event.timestamp).collect();
            let taken = stretch.take(&times, full, progress.statistics.matched);
            if let Some(second) = taken.lost {
                let at = crate::time::Moment::from_timestamp(second, 0).unwrap_or_default().to_rfc3339();
                complain(&format!("{}: there are more lines in {at} than a query gives; some are missing", group.name));
                code = SERVICE;
            }
            events.truncate(taken.rows);
            events.retain(|event| event.timestamp >= asked.from);
            if let Some(function) = &group.function {
                events.retain(|event| is_stream_of(&event.stream, function));
            }
            printer.hold(events);
            if asked.alone {
                printer.print(None)?;
            }
        }
        Ok(code)
    }

    /// Runs a query to its end, and counts what it scans. Stops it when that is more than the budget, and when nobody
    /// waits for it any more: it would go on, and cost.
    async fn run(&mut self, query: Query) -> Result<Progress, Failure> {
        let budget = self.occasion.loaded.config.logs.insights_budget;
        self.asked += 1;
        let (generation, so_far) = (self.asked, self.scanned);
        let (occasion, account) = (self.occasion, self.account);
        let desk = self.desk.get_or_insert_with(|| open(occasion, account));
        desk.interests.send_modify(|wanted| wanted.insights = Some(InsightsQuery { generation, query }));
        let _lingers = occasion.linger();
        let unread = nobody_reads();
        tokio::pin!(unread);
        let mut ending = None;
        // Not before it is told to end.
        let late = tokio::time::sleep(Duration::MAX);
        tokio::pin!(late);
        loop {
            let why = tokio::select! {
                message = desk.news.recv() => match message {
                    Some(Message::News(News::Insights { generation: of, progress })) if of == generation => {
                        self.scanned = so_far + progress.statistics.bytes;
                        match (progress.status, ending.take()) {
                            (status, Some(why)) if status.has_ended() => return Err(why),
                            (Status::Complete, None) => return Ok(progress),
                            (status, None) if status.has_ended() => {
                                return Err(Failure { code: SERVICE, message: "Logs Insights gave the query up".into() });
                            }
                            (_, Some(why)) => why,
                            (_, None) if self.scanned > budget => over_budget(self.scanned, budget),
                            _ => continue,
                        }
                    }
                    Some(Message::News(News::InsightsFailed { generation: of, trouble, .. })) if of == generation => {
                        return Err(ending.unwrap_or_else(|| trouble.into()));
                    }
                    Some(Message::News(News::Throttled { until, .. })) => {
                        say_throttled(until, occasion.clock.now());
                        continue;
                    }
                    Some(_) => continue,
                    None => return Err(ending.unwrap_or_else(|| Failure::other("the query was lost"))),
                },
                () = &mut unread, if ending.is_none() => hung_up(),
                () = occasion.interrupted.cancelled(), if ending.is_none() => {
                    Failure { code: INTERRUPTED, message: String::new() }
                }
                () = &mut late => return Err(ending.unwrap_or_else(|| Failure::other("the query was lost"))),
            };
            if desk.interests.borrow().insights.is_some() {
                desk.interests.send_modify(|wanted| wanted.insights = None);
                late.as_mut().reset(crate::time::instant() + PATIENCE);
            }
            ending = Some(why);
        }
    }
}

fn open(occasion: &Occasion, account: &Account) -> Desk {
    let (interests, wanted) = watch::channel(Interests::default());
    let (told, news) = mpsc::channel(WAITING);
    let cancel = CancellationToken::new();
    let pace = pace(&occasion.loaded.config);
    poll::start_logs(account.clone(), occasion.clock.clone(), wanted, told, pace, cancel.clone());
    Desk { interests, news, cancel }
}

fn over_budget(scanned: u64, budget: u64) -> Failure {
    Failure::other(format!(
        "the query was stopped: it had scanned {}, more than logs.insights_budget ({}) allows - a shorter --since makes \
         it cheaper",
        gigabytes(scanned),
        gigabytes(budget)
    ))
}

/// Rows as events.
fn events(group: &str, rows: Vec<Row>) -> Vec<LogEvent> {
    rows.into_iter().map(|row| event(group, row)).collect()
}

fn event(group: &str, row: Row) -> LogEvent {
    let mut event = LogEvent { group: group.to_string(), ..LogEvent::default() };
    let mut ingestion = None;
    for (name, value) in row {
        match name.as_str() {
            "@timestamp" => event.timestamp = moment(&value).map_or(0, |at| at.timestamp_millis()),
            "@ingestionTime" => ingestion = moment(&value).map(|at| at.timestamp_millis()),
            "@logStream" => event.stream = value,
            "@message" => event.message = value,
            _ => {}
        }
    }
    event.ingestion = ingestion.unwrap_or(event.timestamp);
    event
}
