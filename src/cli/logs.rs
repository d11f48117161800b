//! `slsdash logs`: every event of the groups that fit, in time order; with `--follow` also those that come.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::json;

use super::failure::{Failure, OK, SERVICE, code_of};
use super::jq::Lens;
use super::occasion::Occasion;
use super::output::{Output, complain};
use super::{LogsArgs, TextFormat, line};
use crate::aws::{Account, functions, logs};
use crate::config::matches;
use crate::jq::raw;
use crate::model::log::LogEvent;
use crate::model::trouble::{Kind, Trouble};
use crate::text;
use crate::time::Moment;

/// Without `--since`.
const SINCE: Duration = Duration::from_secs(15 * 60);
/// Of the calls that CloudWatch Logs grants to account and region we take at most this share.
const SHARE: f64 = 0.4;
/// First wait after a throttle; each further one is twice as long.
const SHORTEST_BACK_OFF: Duration = Duration::from_secs(1);
/// Longest wait after a throttle.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(60);
/// What an event takes beside its text, for the cap.
const EVENT_OVERHEAD: usize = 200;

/// A group to read, with the function whose streams are wanted where several share it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Source {
    group: String,
    function: Option<String>,
}

/// Prints them.
pub async fn run(occasion: &Occasion, arguments: &LogsArgs) -> Result<u8, Failure> {
    let lens = arguments.jq.as_deref().map(Lens::new).transpose()?;
    let account = occasion.connect().await?;
    let sources = find(&account, &arguments.patterns).await?;
    let (start, end) = occasion.window(SINCE);
    let mut reader = Reader {
        account,
        pattern: arguments.filter.clone().unwrap_or_default(),
        cap: usize::try_from(occasion.loaded.config.logs.cap).unwrap_or(usize::MAX),
        output: Output::new(),
        format: arguments.output.output,
        several: sources.len() > 1,
        lens,
    };
    let code = reader.history(&sources, start, end).await?;
    if arguments.follow {
        return reader.follow(occasion, &sources, end).await;
    }
    Ok(code)
}

/// The groups that the patterns mean. Errors: a pattern that means none.
async fn find(account: &Account, patterns: &[String]) -> Result<Vec<Source>, Failure> {
    let mut sources = Vec::new();
    let mut groups = None;
    for pattern in patterns {
        let wild = pattern.contains(['*', '?']);
        if !wild && pattern.starts_with('/') {
            sources.push(Source { group: pattern.clone(), function: None });
            continue;
        }
        if !wild && let Some(source) = of_function(account, pattern).await? {
            sources.push(source);
            continue;
        }
        if groups.is_none() {
            groups = Some(logs::groups(account, None).await?);
        }
        let all = groups.iter().flatten().map(|group| &group.name);
        let fits = |name: &&String| {
            matches(pattern, name)
                || name.strip_prefix("/aws/lambda/").is_some_and(|function| matches(pattern, function))
        };
        let found: Vec<Source> = all.filter(fits).map(|name| Source { group: name.clone(), function: None }).collect();
        if found.is_empty() {
            let message =
                format!("no log group and no function fits `{pattern}` - `*{pattern}*` looks for a part of a name");
            return Err(Failure { code: SERVICE, message });
        }
        sources.extend(found);
    }
    sources.sort();
    sources.dedup();
    Ok(sources)
}

/// The group into which a function of that name writes, wherever it is configured to.
async fn of_function(account: &Account, name: &str) -> Result<Option<Source>, Failure> {
    match functions::configuration(account, name).await {
        Ok(function) => {
            // A group that is not named after its function may have others in it.
            let shared = function.log_group != format!("/aws/lambda/{}", function.name);
            Ok(Some(Source { group: function.log_group, function: shared.then_some(function.name) }))
        }
        Err(trouble) if trouble.is_global() => Err(trouble.into()),
        Err(trouble) => {
            tracing::info!("{trouble}");
            Ok(None)
        }
    }
}

struct Reader {
    account: Account,
    pattern: String,
    cap: usize,
    output: Output,
    format: TextFormat,
    several: bool,
    lens: Option<Lens>,
}

impl Reader {
    /// Everything from `start` to `end`. A group that can't be read is told, and the others are printed.
    async fn history(&mut self, sources: &[Source], start: Moment, end: Moment) -> Result<u8, Failure> {
        let (mut events, mut held, mut code) = (Vec::new(), 0, OK);
        for source in sources {
            let (mut token, mut back_off) = (None, SHORTEST_BACK_OFF);
            let wanted = self.wanted(source, start, Some(end));
            loop {
                match self.page(source, &wanted, token.clone()).await {
                    Ok((page, next)) => {
                        held += page.iter().map(|event| event.message.len() + EVENT_OVERHEAD).sum::<usize>();
                        events.extend(page);
                        back_off = SHORTEST_BACK_OFF;
                        // The last page is the one without a token, however empty those before it are.
                        token = next;
                        if token.is_none() {
                            break;
                        }
                    }
                    Err(trouble) if trouble.kind == Kind::Throttled && back_off < LONGEST_BACK_OFF => {
                        complain(&format!("{}; going on in {}", trouble.sentence(), text::span(back_off)));
                        tokio::time::sleep(back_off).await;
                        back_off *= 2;
                    }
                    Err(trouble) if trouble.is_global() || sources.len() == 1 => return Err(trouble.into()),
                    Err(trouble) => {
                        complain(&format!("{}: {}", source.group, trouble.sentence()));
                        code = code.max(code_of(&trouble));
                        break;
                    }
                }
                if held > self.cap {
                    self.print(&mut events)?;
                    let cap = text::bytes(self.cap as u64);
                    return Err(Failure::other(format!(
                        "there is more than {cap} of it; what was read so far is printed - narrow it with --since or --filter"
                    )));
                }
            }
        }
        self.print(&mut events)?;
        Ok(code)
    }

    /// What comes, until interrupted: each round reads a little back again, because events come in late.
    async fn follow(&mut self, occasion: &Occasion, sources: &[Source], from: Moment) -> Result<u8, Failure> {
        let overlap = chrono::TimeDelta::from_std(occasion.loaded.config.logs.overlap).unwrap_or_default();
        let rate = f64::from(logs::filter_rate(self.account.region())) * SHARE;
        let interval = occasion.loaded.config.poll.tail.max(Duration::from_secs_f64(sources.len() as f64 / rate));
        let mut back_off = Duration::ZERO;
        // Ids printed, with their times: forgotten once they lie before everything that is read again.
        let mut printed: HashMap<String, i64> = HashMap::new();
        let mut read_to = from - overlap;
        self.remember(sources, read_to, from, &mut printed).await;
        loop {
            tokio::time::sleep(interval + back_off).await;
            let now = occasion.clock.now();
            let since = read_to - overlap;
            let (mut events, mut trouble) = (Vec::new(), None);
            for source in sources {
                match self.all(source, since, None).await {
                    Ok(found) => events.extend(found),
                    Err(error) => trouble = Some(error),
                }
            }
            events.retain(|event| printed.insert(event.id.clone(), event.timestamp).is_none() || event.id.is_empty());
            self.print(&mut events)?;
            match trouble {
                Some(trouble) if trouble.kind == Kind::Throttled || trouble.is_global() => {
                    back_off = (back_off * 2).clamp(interval, LONGEST_BACK_OFF);
                    complain(&format!("{}; trying again in {}", trouble.sentence(), text::span(interval + back_off)));
                }
                Some(trouble) => return Err(trouble.into()),
                None => {
                    back_off = Duration::ZERO;
                    read_to = now;
                    let oldest = (read_to - overlap - overlap).timestamp_millis();
                    printed.retain(|_, timestamp| *timestamp >= oldest);
                }
            }
        }
    }

    /// Marks as printed what the history has printed and the first round reads again.
    async fn remember(&mut self, sources: &[Source], from: Moment, to: Moment, printed: &mut HashMap<String, i64>) {
        for source in sources {
            let events = self.all(source, from - (to - from), Some(to)).await.unwrap_or_default();
            printed.extend(events.into_iter().map(|event| (event.id, event.timestamp)));
        }
    }

    fn wanted(&self, source: &Source, from: Moment, to: Option<Moment>) -> logs::Wanted {
        logs::Wanted {
            group: source.group.clone(),
            pattern: self.pattern.clone(),
            from: from.timestamp_millis(),
            to: to.map(|to| to.timestamp_millis()),
            limit: None,
        }
    }

    async fn all(&self, source: &Source, from: Moment, to: Option<Moment>) -> Result<Vec<LogEvent>, Trouble> {
        let wanted = self.wanted(source, from, to);
        let (mut events, mut token) = (Vec::new(), None);
        loop {
            let (page, next) = self.page(source, &wanted, token).await?;
            events.extend(page);
            token = next;
            if token.is_none() {
                return Ok(events);
            }
        }
    }

    async fn page(
        &self,
        source: &Source,
        wanted: &logs::Wanted,
        token: Option<String>,
    ) -> Result<(Vec<LogEvent>, Option<String>), Trouble> {
        let sent = token.clone();
        let (mut events, next) = logs::page(&self.account, wanted, token).await?;
        if let Some(function) = &source.function {
            events.retain(|event| logs::is_stream_of(&event.stream, function));
        }
        // A server that gives the same token for ever has nothing more to say.
        Ok((events, next.filter(|next| Some(next) != sent.as_ref())))
    }

    /// Prints events in time order, whatever the order in which they came.
    fn print(&mut self, events: &mut Vec<LogEvent>) -> Result<(), Failure> {
        events.sort_by(|a, b| (a.timestamp, a.ingestion, &a.id).cmp(&(b.timestamp, b.ingestion, &b.id)));
        events.dedup_by(|a, b| !a.id.is_empty() && a.id == b.id && a.group == b.group);
        let seen = self.lens.as_mut().map(|lens| lens.look(events)).transpose()?;
        for (at, event) in events.drain(..).enumerate() {
            let said = line::read(&event.message);
            let outputs = seen.as_ref().map(|seen| seen[at].as_slice());
            match self.format {
                _ if outputs.is_some_and(<[String]>::is_empty) => {}
                TextFormat::Json => self.output.json_line_with(
                    &json!({
                        "eventId": event.id,
                        "logGroupName": event.group,
                        "logStreamName": event.stream,
                        "timestamp": event.timestamp,
                        "ingestionTime": event.ingestion,
                        "message": event.message,
                        "level": said.level,
                        "requestId": said.request_id,
                    }),
                    "jq",
                    outputs,
                )?,
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
        }
        self.output.flush()?;
        Ok(())
    }
}
