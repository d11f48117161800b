//! `slsdash top`: every function with its numbers over the window, worst first.
//!
//! ```text
//! FUNCTION       INV  ERR  ERR%  THR    P50    P99  CONC  RES  PROVISIONED  FINDING
//! checkout-api  1633  260   16%    0  494ms  1.44s     4    -  live 4/4     fails: 16% of its invocations (260 errors), ...
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use super::failure::{Failure, OK, code_of};
use super::occasion::Occasion;
use super::output::{Output, complain};
use super::table::Table;
use super::{TableFormat, TopArgs};
use crate::app::findings;
use crate::aws::{Account, functions, metrics, provisioned};
use crate::model::finding::{About, Finding, Severity};
use crate::model::function::{Function, FunctionDetail, ProvisionedConcurrency, ProvisionedStatus};
use crate::model::identity::Identity;
use crate::model::series::{Metric, SeriesKey, Statistic, Subject};
use crate::model::trouble::{Kind, Trouble};
use crate::store::Store;
use crate::store::metrics::{Figures, function_row};
use crate::text;
use crate::time::{Moment, TimeWindow};

/// Functions asked for their reserved and provisioned concurrency, the worst first: Lambda answers 15 such calls a
/// second for everybody in the account.
const DETAILED: usize = 25;
/// On a server of one's own, which has no such limit.
const DETAILED_THERE: usize = 200;
/// Between two such calls.
const PAUSE: Duration = Duration::from_millis(125);
/// With more functions than this, those that nobody invoked are found first: CloudWatch bills each metric asked for.
const FEW: usize = 80;
/// GetMetricData: US$ per metric asked for.
const PER_METRIC: f64 = 0.01 / 1000.0;

/// Prints the table once, or at each interval of the metrics until interrupted.
pub async fn run(occasion: &Occasion, arguments: &TopArgs) -> Result<u8, Failure> {
    let account = occasion.connect().await?;
    let mut output = Output::new();
    loop {
        let top = gather(occasion, &account).await?;
        match arguments.output.output {
            TableFormat::Json if arguments.once => output.document(&top.document())?,
            TableFormat::Json => output.json_line(&top.document())?,
            TableFormat::Table => {
                output.line(&top.heading())?;
                output.table(&top.table())?;
                if !arguments.once {
                    output.line("")?;
                }
            }
        }
        output.flush()?;
        top.troubles.iter().for_each(|trouble| complain(&trouble.sentence()));
        if arguments.once {
            return Ok(top.troubles.iter().map(code_of).max().unwrap_or(OK));
        }
        tokio::time::sleep(occasion.loaded.config.poll.metrics).await;
    }
}

/// What is printed.
struct Top {
    identity: Identity,
    bounds: (Moment, Moment),
    store: Store,
    findings: BTreeMap<String, Vec<Finding>>,
    /// Names, worst first.
    order: Vec<String>,
    /// Parts that could not be had; the rest is printed.
    troubles: Vec<Trouble>,
}

async fn gather(occasion: &Occasion, account: &Account) -> Result<Top, Failure> {
    let window = TimeWindow::last(occasion.global.since.unwrap_or(occasion.loaded.config.ui.window));
    let now = occasion.clock.now();
    let mut troubles = Vec::new();
    let identity = match account.identity().await {
        Ok(identity) => identity,
        // Whoever can't be reached or does not know us need not be asked anything else.
        Err(trouble) if trouble.is_global() => return Err(trouble.into()),
        Err(trouble) => {
            troubles.push(trouble);
            Identity::default()
        }
    };
    let all = functions::all(account).await?;
    let mut store = Store::default();
    store.functions.accept_page(all, 0, true, now);
    match functions::settings(account).await {
        Ok(settings) => store.account.accept(Ok(settings), now),
        // Not every server knows it, and only a finding hangs on it.
        Err(trouble) => tracing::info!("{trouble}"),
    }
    if let Err(trouble) = measure(account, &mut store, window, now).await {
        troubles.push(trouble);
    }
    let order = order(&store, &findings_of(&store, occasion));
    if let Err(trouble) = detail(account, &mut store, &order, now).await {
        troubles.push(trouble);
    }
    let findings = findings_of(&store, occasion);
    let order = self::order(&store, &findings);
    Ok(Top { identity, bounds: window.bounds(now), store, findings, order, troubles })
}

/// Asks for the numbers of every function; where there are many, only of those that were invoked at all.
async fn measure(account: &Account, store: &mut Store, window: TimeWindow, now: Moment) -> Result<(), Trouble> {
    let names: Vec<String> = store.functions.all().iter().map(|function| function.name.clone()).collect();
    let busy: Vec<String> = if names.len() <= FEW {
        names
    } else {
        let keys = names.iter().flat_map(|name| {
            [Metric::Invocations, Metric::Throttles]
                .map(|metric| SeriesKey::new(Subject::Function(name.clone()), metric, Statistic::Sum))
        });
        let keys: Vec<SeriesKey> = keys.collect();
        if account.endpoint().is_none() {
            tell_price(keys.len());
        }
        ask(account, store, &keys, window, now).await?;
        let invoked = |name: &String| {
            let figures = store.metrics.figures(&Subject::Function(name.clone()));
            figures.invocations.unwrap_or(0.0) + figures.throttles > 0.0
        };
        names.into_iter().filter(invoked).collect()
    };
    let rows = busy.iter().flat_map(|name| function_row(&Subject::Function(name.clone())));
    let known = |key: &SeriesKey| store.metrics.feed(key).is_some();
    let keys: Vec<SeriesKey> = rows.filter(|key| !known(key)).collect();
    ask(account, store, &keys, window, now).await
}

async fn ask(
    account: &Account,
    store: &mut Store,
    keys: &[SeriesKey],
    window: TimeWindow,
    now: Moment,
) -> Result<(), Trouble> {
    let (start, end) = window.bounds(now);
    let mut failed = None;
    for chunk in keys.chunks(metrics::PER_CALL) {
        let measured = metrics::measure(account, chunk, start, end, window.period()).await?;
        store.metrics.accept(measured.series, metrics::settled(now, window.period()), now);
        failed = failed.or(measured.failed.map(|(_, trouble)| trouble));
    }
    failed.map_or(Ok(()), Err)
}

fn tell_price(metrics: usize) {
    let price = text::dollars(metrics as f64 * PER_METRIC);
    complain(&format!("asking CloudWatch for {metrics} metrics, which costs {price}"));
}

/// Reserved and provisioned concurrency of the worst functions. Errors: the first call that was refused for all alike.
async fn detail(account: &Account, store: &mut Store, order: &[String], now: Moment) -> Result<(), Trouble> {
    // A server of one's own has no quota, but often answers the list for a single alias only.
    let own = account.endpoint().is_some();
    let count = order.len().min(if own { DETAILED_THERE } else { DETAILED });
    if count < order.len() {
        complain(&format!("reserved and provisioned concurrency of the first {count} functions only"));
    }
    for name in &order[..count] {
        let aliases = if own { functions::aliases(account, name).await.unwrap_or_default() } else { Vec::new() };
        let reserved = functions::reserved(account, name).await;
        pause(own).await;
        let provisioned = provisioned::provisioned(account, name, &aliases).await;
        pause(own).await;
        let refused = |trouble: &Trouble| matches!(trouble.kind, Kind::Denied | Kind::Throttled) || trouble.is_global();
        if let Some(trouble) =
            [reserved.as_ref().err(), provisioned.as_ref().err()].into_iter().flatten().find(|t| refused(t))
        {
            return Err(trouble.clone());
        }
        if let Ok(reserved) = reserved {
            store.functions.accept_reserved(vec![(name.clone(), reserved)]);
        }
        match provisioned {
            Ok(provisioned) => {
                let detail = FunctionDetail { name: name.clone(), aliases, provisioned, ..FunctionDetail::default() };
                store.detail_mut(name).accept(Ok(detail), now);
            }
            Err(trouble) => tracing::info!("{name}: {trouble}"),
        }
    }
    Ok(())
}

async fn pause(own: bool) {
    if !own {
        tokio::time::sleep(PAUSE).await;
    }
}

fn findings_of(store: &Store, occasion: &Occasion) -> BTreeMap<String, Vec<Finding>> {
    let mut by_function: BTreeMap<String, Vec<Finding>> = BTreeMap::new();
    for finding in findings::all(store, &occasion.loaded.config.thresholds, occasion.clock.now()) {
        if let About::Function(name) = &finding.about {
            by_function.entry(name.clone()).or_default().push(finding);
        }
    }
    by_function
}

/// Names, worst first: by their worst finding, then by what they do.
fn order(store: &Store, findings: &BTreeMap<String, Vec<Finding>>) -> Vec<String> {
    let mut rows: Vec<(Option<Severity>, f64, f64, String)> = store
        .functions
        .all()
        .iter()
        .map(|function| {
            let figures = store.metrics.figures(&Subject::Function(function.name.clone()));
            let worst = findings.get(&function.name).and_then(|found| found.iter().map(|f| f.severity).max());
            (worst, figures.errors + figures.throttles, figures.invocations.unwrap_or(0.0), function.name.clone())
        })
        .collect();
    rows.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)).then(b.2.total_cmp(&a.2)).then_with(|| a.3.cmp(&b.3)));
    rows.into_iter().map(|(.., name)| name).collect()
}

/// A row as AWS's own field names have it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    function_name: &'a str,
    runtime: &'a str,
    memory_size: u32,
    timeout: u32,
    invocations: Option<u64>,
    errors: Option<u64>,
    throttles: Option<u64>,
    #[serde(rename = "durationP50")]
    duration_p50: Option<f64>,
    #[serde(rename = "durationP99")]
    duration_p99: Option<f64>,
    concurrent_executions: Option<u64>,
    reserved_concurrent_executions: Option<u32>,
    provisioned_concurrency: Option<Vec<Value>>,
    findings: Vec<Value>,
}

impl Top {
    fn rows(&self) -> impl Iterator<Item = (&Function, Figures)> {
        self.order.iter().filter_map(|name| {
            let function = self.store.functions.get(name)?;
            Some((function, self.store.metrics.figures(&Subject::Function(name.clone()))))
        })
    }

    /// None while it was not asked for, or could not be had.
    fn provisioned(&self, function: &str) -> Option<&[ProvisionedConcurrency]> {
        Some(&self.store.details.get(function)?.get()?.provisioned)
    }

    fn document(&self) -> Value {
        let row = |(function, figures): (&Function, Figures)| {
            let known = figures.invocations.is_some();
            let findings = self.findings.get(&function.name).into_iter().flatten();
            json!(Row {
                function_name: &function.name,
                runtime: &function.runtime,
                memory_size: function.memory_mb,
                timeout: function.timeout_s,
                invocations: figures.invocations.map(whole),
                errors: known.then_some(whole(figures.errors)),
                throttles: known.then_some(whole(figures.throttles)),
                duration_p50: figures.p50,
                duration_p99: figures.p99,
                concurrent_executions: figures.concurrency.map(whole),
                reserved_concurrent_executions: function.reserved.flatten(),
                provisioned_concurrency: self
                    .provisioned(&function.name)
                    .map(|all| all.iter().map(provisioned_document).collect()),
                findings: findings
                    .map(|f| json!({"check": f.check, "severity": severity(f.severity), "sentence": f.sentence}))
                    .collect(),
            })
        };
        let time = |moment: Moment| moment.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        json!({
            "account": self.identity.scope.account,
            "region": self.identity.scope.region,
            "window": {"start": time(self.bounds.0), "end": time(self.bounds.1)},
            "functions": self.rows().map(row).collect::<Vec<_>>(),
        })
    }

    fn heading(&self) -> String {
        let Identity { scope, .. } = &self.identity;
        let length = (self.bounds.1 - self.bounds.0).to_std().unwrap_or_default();
        let count = self.order.len();
        format!(
            "{} {}: {count} functions, the last {} until {}",
            scope.account,
            scope.region,
            text::span(length),
            self.bounds.1.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
        )
    }

    fn table(&self) -> Table {
        let mut table = Table::new(&[
            "FUNCTION",
            ">INV",
            ">ERR",
            ">ERR%",
            ">THR",
            ">P50",
            ">P99",
            ">CONC",
            ">RES",
            "PROVISIONED",
            "FINDING",
        ]);
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".into());
        for (function, figures) in self.rows() {
            let known = figures.invocations.is_some();
            let provisioned = self.provisioned(&function.name).map(|all| {
                all.iter()
                    .map(|one| format!("{} {}/{}", one.qualifier, one.available, one.requested))
                    .collect::<Vec<_>>()
            });
            let finding = self.findings.get(&function.name).and_then(|found| found.first());
            table.row(vec![
                function.name.clone(),
                or_dash(figures.invocations.map(text::count)),
                or_dash(known.then(|| text::count(figures.errors))),
                or_dash(known.then(|| text::percent(figures.error_share()))),
                or_dash(known.then(|| text::count(figures.throttles))),
                or_dash(figures.p50.map(text::millis)),
                or_dash(figures.p99.map(text::millis)),
                or_dash(figures.concurrency.map(text::count)),
                or_dash(function.reserved.flatten().map(|reserved| reserved.to_string())),
                or_dash(provisioned.map(|all| all.join(", ")).filter(|text| !text.is_empty())),
                finding.map(|finding| without(&finding.sentence, &function.name)).unwrap_or_default(),
            ]);
        }
        table
    }
}

/// The sentence of a finding in the row of its function, where the name need not be said again.
fn without(sentence: &str, name: &str) -> String {
    sentence.strip_prefix(name).unwrap_or(sentence).trim_start().to_string()
}

/// CloudWatch gives counts as floating-point numbers.
fn whole(count: f64) -> u64 {
    count.round().max(0.0) as u64
}

fn provisioned_document(one: &ProvisionedConcurrency) -> Value {
    let status = match &one.status {
        ProvisionedStatus::InProgress => "IN_PROGRESS",
        ProvisionedStatus::Ready => "READY",
        ProvisionedStatus::Failed(_) => "FAILED",
    };
    json!({
        "qualifier": one.qualifier,
        "requested": one.requested,
        "allocated": one.allocated,
        "available": one.available,
        "status": status,
    })
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::Warning => "warning",
        Severity::Notice => "notice",
    }
}
