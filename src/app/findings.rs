//! The checks: each a condition, its sentence with the number and the limit, and the key that leads on.

use crate::app::tabs::overview::{stage_subject, stage_subjects};
use crate::config::Thresholds;
use crate::model::finding::{About, Finding, Severity};
use crate::model::function::{Function, FunctionDetail, ProvisionedStatus};
use crate::model::series::{Metric, Series, Statistic, Subject};
use crate::store::Store;
use crate::store::metrics::{Figures, StageFigures};
use crate::text;

/// Fewer invocations than this make no share worth a finding.
const ENOUGH: f64 = 10.0;

/// Runtimes past or near their deprecation, from the Lambda runtime table: no patches, and soon no updates either.
const DEPRECATED: [&str; 14] = [
    "nodejs12.x",
    "nodejs14.x",
    "nodejs16.x",
    "nodejs18.x",
    "python3.6",
    "python3.7",
    "python3.8",
    "python3.9",
    "java8",
    "dotnetcore3.1",
    "dotnet6",
    "ruby2.7",
    "go1.x",
    "provided",
];

/// Everything that is wrong, the worst first.
pub fn all(store: &Store, thresholds: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    account(store, thresholds, &mut findings);
    let mut deprecated: Vec<&Function> = Vec::new();
    for function in store.functions.all() {
        let figures = store.metrics.figures(&Subject::Function(function.name.clone()));
        if figures.invocations.is_some() {
            findings.extend(errors(function, &figures, thresholds));
            findings.extend(throttles(function, &figures, store));
            findings.extend(duration(function, &figures, thresholds));
        }
        if let Some(detail) = store.details.get(&function.name).and_then(|feed| feed.get()) {
            provisioned(function, detail, store, thresholds, &mut findings);
        }
        if DEPRECATED.contains(&function.runtime.as_str()) {
            deprecated.push(function);
        }
    }
    findings.extend(runtimes(&deprecated));
    for (id, name, stage, _) in stage_subjects(store) {
        let Some(api) = store.api(&id) else { continue };
        let figures = store.metrics.stage_figures(&stage_subject(api, &stage));
        findings.extend(stage_errors(&id, &name, &stage, &figures, thresholds));
    }
    findings.sort_by(|a, b| b.severity.cmp(&a.severity).then(b.weight.total_cmp(&a.weight)));
    findings
}

fn finding(
    check: &'static str,
    severity: Severity,
    about: About,
    next_key: &'static str,
    weight: f64,
    sentence: String,
) -> Finding {
    Finding { check, severity, about, sentence, next_key, weight }
}

fn account(store: &Store, thresholds: &Thresholds, findings: &mut Vec<Finding>) {
    let Some(limit) = store.account.get().map(|account| f64::from(account.concurrency_limit)).filter(|l| *l > 0.0)
    else {
        return;
    };
    let claimed = store
        .metrics
        .get(&Subject::Fleet, Metric::ClaimedAccountConcurrency, Statistic::Maximum)
        .or_else(|| store.metrics.get(&Subject::Fleet, Metric::ConcurrentExecutions, Statistic::Maximum))
        .and_then(Series::maximum);
    if let Some(claimed) = claimed.filter(|claimed| claimed / limit >= thresholds.concurrency_of_limit) {
        let severity = if claimed >= limit * 0.98 { Severity::Critical } else { Severity::Warning };
        findings.push(finding(
            "account-concurrency",
            severity,
            About::Account,
            "2",
            claimed,
            format!(
                "The account's concurrency reached {claimed:.0} of {limit:.0} ({})",
                text::percent(claimed / limit)
            ),
        ));
    }
}

fn errors(function: &Function, figures: &Figures, thresholds: &Thresholds) -> Option<Finding> {
    let share = figures.error_share();
    if figures.invocations? < ENOUGH || share < thresholds.error_share {
        return None;
    }
    let (severity, limit) = if share >= thresholds.error_share_critical {
        (Severity::Critical, thresholds.error_share_critical)
    } else {
        (Severity::Warning, thresholds.error_share)
    };
    Some(finding(
        "errors",
        severity,
        About::Function(function.name.clone()),
        "l",
        figures.errors,
        format!(
            "{} fails: {} of its invocations ({} errors), limit {}",
            function.name,
            text::percent(share),
            text::count(figures.errors),
            text::percent(limit)
        ),
    ))
}

fn throttles(function: &Function, figures: &Figures, store: &Store) -> Option<Finding> {
    if figures.throttles < 1.0 {
        return None;
    }
    let name = &function.name;
    let mut sentence = format!(
        "{name} was throttled {} times ({} of its attempts)",
        text::count(figures.throttles),
        text::percent(figures.throttle_share())
    );
    let reserved = function.reserved.flatten();
    if let (Some(reserved), Some(concurrency)) = (reserved, figures.concurrency)
        && concurrency >= f64::from(reserved)
    {
        sentence.push_str(&format!(": its reserved concurrency of {reserved} is used up"));
    } else if let Some(account) = store.account.get()
        && let Some(used) = store
            .metrics
            .get(&Subject::Fleet, Metric::ClaimedAccountConcurrency, Statistic::Maximum)
            .and_then(Series::maximum)
        && used >= f64::from(account.concurrency_limit) * 0.95
    {
        sentence.push_str(&format!(": the account's {} are used up", account.concurrency_limit));
    }
    Some(finding("throttles", Severity::Critical, About::Function(name.clone()), "m", figures.throttles, sentence))
}

fn duration(function: &Function, figures: &Figures, thresholds: &Thresholds) -> Option<Finding> {
    let timeout = f64::from(function.timeout_s) * 1000.0;
    let p99 = figures.p99.filter(|p99| timeout > 0.0 && p99 / timeout >= thresholds.duration_of_timeout)?;
    Some(finding(
        "duration",
        Severity::Warning,
        About::Function(function.name.clone()),
        "t",
        p99 / timeout,
        format!(
            "{} nears its time-out: p99 {} of {}, limit {}",
            function.name,
            text::millis(p99),
            text::millis(timeout),
            text::percent(thresholds.duration_of_timeout)
        ),
    ))
}

fn provisioned(
    function: &Function,
    detail: &FunctionDetail,
    store: &Store,
    thresholds: &Thresholds,
    findings: &mut Vec<Finding>,
) {
    let about = || About::Function(function.name.clone());
    for config in &detail.provisioned {
        let name = format!("{}:{}", function.name, config.qualifier);
        if let ProvisionedStatus::Failed(reason) = &config.status {
            findings.push(finding(
                "provisioned-failed",
                Severity::Critical,
                about(),
                "Enter",
                1.0,
                format!("Provisioned concurrency of {name} failed: {reason}"),
            ));
            continue;
        }
        let subject = Subject::Qualifier { function: function.name.clone(), qualifier: config.qualifier.clone() };
        let utilization = store
            .metrics
            .get(&subject, Metric::ProvisionedConcurrencyUtilization, Statistic::Maximum)
            .and_then(Series::maximum);
        if let Some(used) = utilization.filter(|used| *used < thresholds.provisioned_low) {
            findings.push(finding(
                "provisioned-idle",
                Severity::Notice,
                about(),
                "Enter",
                f64::from(config.requested),
                format!(
                    "Provisioned concurrency of {name} is at most {} used, of {}; limit {}",
                    text::percent(used),
                    config.requested,
                    text::percent(thresholds.provisioned_low)
                ),
            ));
        }
        let spilled = store
            .metrics
            .get(&subject, Metric::ProvisionedConcurrencySpilloverInvocations, Statistic::Sum)
            .map_or(0.0, Series::total);
        if spilled > 0.0 {
            findings.push(finding(
                "spillover",
                Severity::Warning,
                about(),
                "Enter",
                spilled,
                format!(
                    "{} invocations of {name} spilled over its {} provisioned environments",
                    text::count(spilled),
                    config.requested
                ),
            ));
        }
    }
}

fn runtimes(functions: &[&Function]) -> Option<Finding> {
    let first = functions.first()?;
    let sentence = match functions {
        [one] => format!("{} runs on {}, which is deprecated", one.name, one.runtime),
        more => {
            format!("{} functions run on deprecated runtimes, first {} on {}", more.len(), first.name, first.runtime)
        }
    };
    Some(finding("runtime", Severity::Notice, About::Function(first.name.clone()), "Enter", 0.1, sentence))
}

fn stage_errors(id: &str, name: &str, stage: &str, figures: &StageFigures, thresholds: &Thresholds) -> Option<Finding> {
    let count = figures.count.filter(|count| *count >= ENOUGH)?;
    let share = figures.errors_5xx / count;
    if share < thresholds.fault_share {
        return None;
    }
    let (severity, limit) = if share >= thresholds.fault_share_critical {
        (Severity::Critical, thresholds.fault_share_critical)
    } else {
        (Severity::Warning, thresholds.fault_share)
    };
    Some(finding(
        "stage-5xx",
        severity,
        About::Stage(id.into(), stage.into()),
        "m",
        figures.errors_5xx,
        format!(
            "{name} {stage} answers 5xx to {} of its requests ({}), limit {}",
            text::percent(share),
            text::count(figures.errors_5xx),
            text::percent(limit)
        ),
    ))
}
