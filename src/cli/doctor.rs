//! `slsdash doctor`: what works, what doesn't, and the remedy. Permissions are tried by really asking.

use std::io::{self, IsTerminal};

use chrono::TimeDelta;

use super::failure::{ENVIRONMENT, Failure, OK};
use super::occasion::Occasion;
use super::output::Output;
use crate::aws::permissions::{PERMISSIONS, permission};
use crate::aws::{
    Account, Settings, alarms, apis, functions, logs, metrics, retrieval, service_graph, tags, traces, tracing,
};
use crate::config::Colours;
use crate::model::api::Protocol;
use crate::model::function::Function;
use crate::model::series::{Metric, SeriesKey, Statistic, Subject};
use crate::model::trouble::{Kind, Trouble};
use crate::term;
use crate::text;

/// AWS refuses signatures that are off by more.
const SKEW: TimeDelta = TimeDelta::minutes(5);
/// Off by more than this, times on screen are misleading.
const ODD: TimeDelta = TimeDelta::seconds(30);

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Works.
    Fine,
    /// Works less well than it could.
    Odd,
    /// Does not work; the rest does.
    Dark,
    /// Nothing works without it.
    Fatal,
}

/// The findings so far, each printed as soon as it is known.
struct Report {
    output: Output,
    ascii: bool,
    fatal: bool,
}

impl Report {
    fn heading(&mut self, title: &str) -> io::Result<()> {
        self.output.line(title)?;
        self.output.flush()
    }

    fn say(&mut self, verdict: Verdict, what: &str, remedy: &str) -> io::Result<()> {
        self.fatal |= verdict == Verdict::Fatal;
        let mark = match (verdict, self.ascii) {
            (Verdict::Fine, false) => "●  ok  ",
            (Verdict::Odd, false) => "▲ look ",
            (Verdict::Dark | Verdict::Fatal, false) => "×  no  ",
            (Verdict::Fine, true) => "+  ok  ",
            (Verdict::Odd, true) => "!  look",
            (Verdict::Dark | Verdict::Fatal, true) => "x  no  ",
        };
        self.output.line(&format!("  {mark} {what}"))?;
        if !remedy.is_empty() {
            self.output.line(&format!("            remedy: {remedy}"))?;
        }
        self.output.flush()
    }
}

/// Prints every check; 253 where nothing can work.
pub async fn run(occasion: &Occasion) -> Result<u8, Failure> {
    let mut report = Report { output: Output::new(), ascii: occasion.loaded.config.ui.ascii, fatal: false };
    report.heading("this machine")?;
    configuration(occasion, &mut report)?;
    files(occasion, &mut report)?;
    terminal(occasion, &mut report)?;
    report.heading("the account")?;
    if let Some(account) = account(occasion, &mut report).await? {
        report.heading("permissions to read, each tried")?;
        permissions(&account, &mut report).await?;
        let refused = occasion.read_only();
        let writes = match &refused {
            Some(why) => format!("changes are refused by {why}"),
            None => "changes are allowed here, each after a confirmation; their permissions can't be tried".to_string(),
        };
        report.say(Verdict::Fine, &writes, "")?;
    }
    Ok(if report.fatal { ENVIRONMENT } else { OK })
}

fn configuration(occasion: &Occasion, report: &mut Report) -> io::Result<()> {
    let loaded = &occasion.loaded;
    for problem in &loaded.problems {
        let position = problem.place.as_ref().map(|place| format!(":{}:{}", place.line, place.column));
        let what = format!("{}{}: {}", problem.source, position.unwrap_or_default(), problem.message);
        report.say(Verdict::Dark, &what, &problem.remedy)?;
    }
    match &loaded.path {
        Some(path) if path.exists() && loaded.problems.is_empty() => {
            report.say(Verdict::Fine, &format!("configuration {}", path.display()), "")
        }
        Some(path) if !path.exists() => {
            report.say(Verdict::Fine, &format!("no configuration at {}: the defaults count", path.display()), "")
        }
        Some(_) => Ok(()),
        None => report.say(Verdict::Odd, "no home folder: the defaults count", "set HOME, or XDG_CONFIG_HOME"),
    }
}

fn files(occasion: &Occasion, report: &mut Report) -> io::Result<()> {
    let Some(folder) = &occasion.environment.state_dir else {
        return report.say(Verdict::Dark, "no place for the audit file: changes will be refused", "set XDG_STATE_HOME");
    };
    let path = folder.join("audit.jsonl");
    let writable = std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::OpenOptions::new().append(true).create(true).open(&path));
    match writable {
        Ok(file) => {
            // It was made only to see whether it can be.
            if file.metadata().is_ok_and(|metadata| metadata.len() == 0) {
                let _ = std::fs::remove_file(&path);
            }
            report.say(Verdict::Fine, &format!("audit file {}", path.display()), "")
        }
        Err(error) => {
            let what = format!("audit file {}: {error}; changes will be refused", path.display());
            report.say(Verdict::Dark, &what, "give yourself the right to write there, or set XDG_STATE_HOME")
        }
    }
}

fn terminal(occasion: &Occasion, report: &mut Report) -> io::Result<()> {
    let environment = &occasion.environment;
    let name = environment.term.clone().unwrap_or_else(|| "not named".into());
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        let what = "this is no terminal: no dashboard here, and nothing to check";
        return report.say(Verdict::Odd, what, "for scripts: slsdash top --once");
    }
    let (columns, rows) = term::size().unwrap_or((0, 0));
    let small = columns < 80 || rows < 24;
    let remedy = if small { "the dashboard wants 80x24 at least" } else { "" };
    let verdict = if small { Verdict::Odd } else { Verdict::Fine };
    report.say(verdict, &format!("terminal {name}, {columns}x{rows}"), remedy)?;
    if environment.dumb() {
        report.say(Verdict::Dark, "TERM=dumb: nothing can be drawn", "set TERM to what the terminal is")?;
    }
    match environment.colours {
        Colours::True => report.say(Verdict::Fine, "16 million colours", "")?,
        Colours::Indexed => {
            report.say(Verdict::Fine, "256 colours; where the terminal has more, COLORTERM=truecolor says so", "")?;
        }
        Colours::Ansi => report.say(Verdict::Fine, "16 colours: the theme is ansi", "")?,
        Colours::None if environment.no_color => report.say(Verdict::Fine, "NO_COLOR: the theme is mono", "")?,
        Colours::None => report.say(Verdict::Odd, "no colours", "set TERM, as to xterm-256color")?,
    }
    if environment.utf8 {
        report.say(Verdict::Fine, "UTF-8", "")?;
    } else {
        report.say(Verdict::Odd, "the locale is not UTF-8: drawn in ASCII", "set LANG, as to C.UTF-8")?;
    }
    if environment.tmux {
        let remedy = "`set -g set-clipboard on` in tmux.conf lets copies reach your clipboard";
        report.say(Verdict::Odd, "within tmux, which may keep copies for itself", remedy)?;
    }
    if environment.ssh {
        report.say(Verdict::Fine, "over SSH: pages of the console are shown as addresses, not opened", "")?;
    }
    Ok(())
}

async fn account(occasion: &Occasion, report: &mut Report) -> io::Result<Option<Account>> {
    let account = match Account::connect(Settings { attempts: 1, ..occasion.settings() }).await {
        Ok(account) => account,
        Err(trouble) => {
            fatal(report, &trouble)?;
            return Ok(None);
        }
    };
    let endpoint = account.endpoint().map(|url| format!(", by way of {url}")).unwrap_or_default();
    report.say(Verdict::Fine, &format!("region {}{endpoint}", account.region()), "")?;
    let identity = account.identity().await;
    if let Some(ahead) = account.clock_ahead() {
        let offset = text::age(ahead.num_seconds().abs());
        let remedy = "set the clock, or let it be set: timedatectl set-ntp true";
        if ahead.abs() >= SKEW {
            let what = format!("this clock is {offset} off: AWS refuses signatures");
            report.say(Verdict::Fatal, &what, remedy)?;
        } else if ahead.abs() >= ODD {
            report.say(Verdict::Odd, &format!("this clock is {offset} off: times will mislead"), remedy)?;
        } else {
            report.say(Verdict::Fine, "the clock agrees with the service's", "")?;
        }
    }
    match identity {
        Ok(identity) => {
            let profile = identity.profile.map(|profile| format!(", profile {profile}")).unwrap_or_default();
            report.say(
                Verdict::Fine,
                &format!("account {} as {}{profile}", identity.scope.account, identity.arn),
                "",
            )?;
            Ok(Some(account))
        }
        Err(trouble) if trouble.is_global() => {
            fatal(report, &trouble)?;
            Ok(None)
        }
        Err(trouble) => {
            report.say(Verdict::Dark, &bare(&trouble), trouble.remedy.as_deref().unwrap_or_default())?;
            Ok(Some(account))
        }
    }
}

fn fatal(report: &mut Report, trouble: &Trouble) -> io::Result<()> {
    let remedy = trouble.remedy.as_deref().unwrap_or("without an account of your own: slsdash demo");
    report.say(Verdict::Fatal, &bare(trouble), remedy)
}

/// The sentence without its remedy, which has a line of its own.
fn bare(trouble: &Trouble) -> String {
    Trouble { remedy: None, ..trouble.clone() }.sentence()
}

/// Tries every read once, in the cheapest way; those that are billed one by one are left out.
async fn permissions(account: &Account, report: &mut Report) -> io::Result<()> {
    let mut tried = Tried { report, said: Vec::new() };
    let now = account.clock().now();
    let page = functions::page(account, None).await;
    let some: Option<Function> = page.as_ref().ok().and_then(|(functions, _)| functions.first().cloned());
    tried.say("lambda:ListFunctions", page.err())?;
    tried.say("lambda:GetAccountSettings", functions::settings(account).await.err())?;
    if let Some(function) = &some {
        tried.say("lambda:GetFunctionConfiguration", functions::configuration(account, &function.name).await.err())?;
        match functions::detail(account, &function.name).await {
            Ok(detail) => {
                let parts = PERMISSIONS.iter().filter(|p| !p.writes && p.action.starts_with("lambda:"));
                for part in parts.filter(|part| part.action != "lambda:GetProvisionedConcurrencyConfig") {
                    let missing = detail.missing.iter().find(|trouble| trouble.operation == part.action);
                    tried.say(part.action, missing.cloned())?;
                }
            }
            Err(trouble) => tried.say(&trouble.operation.clone(), Some(trouble))?,
        }
    }
    tried.say("tag:GetResources", tags::try_once(account).await.err())?;
    let key = [SeriesKey::new(Subject::Fleet, Metric::Invocations, Statistic::Sum)];
    let measured = metrics::measure(account, &key, now - TimeDelta::minutes(5), now, 60).await;
    tried.say("cloudwatch:GetMetricData", measured.err())?;
    tried.say("cloudwatch:DescribeAlarms", alarms::all(account).await.err())?;
    let prefix = some.as_ref().map_or("/aws/lambda/", |function| &function.log_group);
    let groups = logs::groups(account, Some(prefix)).await;
    let group = groups.as_ref().ok().and_then(|groups| groups.first().map(|group| group.name.clone()));
    tried.say("logs:DescribeLogGroups", groups.err())?;
    if let Some(group) = group {
        let from = (now - TimeDelta::minutes(1)).timestamp_millis();
        let wanted = logs::Wanted { group, from, limit: Some(1), ..logs::Wanted::default() };
        tried.say("logs:FilterLogEvents", logs::page(account, &wanted, None).await.err())?;
    }
    let minute = now - TimeDelta::minutes(1);
    tried.say(
        "xray:GetTraceSummaries",
        traces::page(account, "", traces::Belongs::Begun, (minute, now), None).await.err(),
    )?;
    let nobody = format!("1-{:08x}-000000000000000000000000", now.timestamp());
    tried.say("xray:BatchGetTraces", traces::batch(account, std::slice::from_ref(&nobody)).await.err())?;
    tried.say("xray:GetServiceGraph", service_graph::service_graph(account, minute, now).await.err())?;
    let settings = tracing::tracing(account).await;
    let searches = settings.is_transaction_search();
    let always = ["GetTraceSegmentDestination", "GetSamplingRules", "GetSamplingStatisticSummaries", "GetGroups"];
    for operation in always.into_iter().chain(searches.then_some("GetIndexingRules")) {
        let action = format!("xray:{operation}");
        let trouble = settings.troubles.iter().find(|trouble| trouble.operation == action);
        tried.say(&action, trouble.cloned())?;
    }
    if searches {
        match retrieval::retrieve(account, std::slice::from_ref(&nobody)).await {
            Err(trouble) if trouble.operation == "xray:StartTraceRetrieval" => {
                tried.say("xray:StartTraceRetrieval", Some(trouble))?;
            }
            answer => {
                tried.say("xray:StartTraceRetrieval", None)?;
                tried.say("xray:ListRetrievedTraces", answer.err())?;
            }
        }
    }
    let (_, trouble) = apis::all(account).await;
    tried.say("apigateway:GET", trouble)?;
    tried.say("apigateway:GET /usageplans", apis::usage_plans(account, None).await.err())?;
    tried.say("apigateway:GET /domainnames", apis::domain_names(account, Protocol::Rest, None).await.err())
}

struct Tried<'a> {
    report: &'a mut Report,
    said: Vec<String>,
}

impl Tried<'_> {
    fn say(&mut self, action: &str, trouble: Option<Trouble>) -> io::Result<()> {
        if self.said.iter().any(|said| said == action) {
            return Ok(());
        }
        self.said.push(action.to_string());
        let shows = permission(action).map(|permission| permission.shows).unwrap_or_default();
        match trouble {
            None => self.report.say(Verdict::Fine, action, ""),
            Some(trouble) if trouble.kind == Kind::Denied => {
                let remedy =
                    format!("allow {action} (`slsdash policy` prints the whole policy); dark without it: {shows}");
                self.report.say(Verdict::Dark, &format!("{action} is denied"), &remedy)
            }
            Some(trouble) => {
                let remedy = trouble.remedy.clone().unwrap_or_else(|| format!("dark without it: {shows}"));
                self.report.say(Verdict::Dark, &bare(&trouble), &remedy)
            }
        }
    }
}
