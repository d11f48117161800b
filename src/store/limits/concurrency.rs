//! Concurrency as it stands: the account's, the function's, and who uses what.

use chrono::TimeDelta;

use crate::model::function::ProvisionedConcurrency;
use crate::model::series::{Metric, Series, Statistic, Subject};
use crate::store::Store;
use crate::time::Moment;

/// Concurrency of one function and of the account around it, as of the newest settled minute.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Concurrency {
    /// AccountLimit.ConcurrentExecutions.
    pub account_limit: Option<f64>,
    /// AccountLimit.UnreservedConcurrentExecutions: what functions without a reserve share.
    pub unreserved_limit: Option<f64>,
    /// ClaimedAccountConcurrency: unreserved in use, and all that is reserved, and what is provisioned of functions
    /// without a reserve.
    pub claimed: Option<f64>,
    /// UnreservedConcurrentExecutions in use.
    pub unreserved_in_use: Option<f64>,
    /// What functions without a reserve can still use.
    pub unreserved_left: Option<f64>,
    /// The function's reserve. Outer `None`: not known yet; inner: it has none.
    pub reserved: Option<Option<u32>>,
    /// The function's ConcurrentExecutions.
    pub in_use: Option<f64>,
    /// The most of it in the window, with the minute.
    pub peak: Option<(Moment, f64)>,
    /// The largest rise from one bucket to the next within the window, and the bucket it rose to.
    pub growth: Option<(Moment, f64)>,
    /// Seconds per bucket that `growth` is of.
    pub period: u32,
    /// By alias or version.
    pub provisioned: Vec<Provisioned>,
}

/// Provisioned concurrency of an alias or version.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Provisioned {
    /// Alias or version.
    pub qualifier: String,
    /// Asked for.
    pub requested: u32,
    /// There.
    pub allocated: u32,
    /// There and ready for invocations.
    pub available: u32,
    /// ProvisionedConcurrentExecutions, newest settled minute.
    pub in_use: Option<f64>,
    /// ProvisionedConcurrencyUtilization, the most in the window, 0 to 1.
    pub utilization: Option<f64>,
    /// Invocations that spilled over, in the window; none where it is not known.
    pub spilled: Option<f64>,
    /// The same of all invocations of the alias, 0 to 1.
    pub spilled_share: Option<f64>,
}

/// What an entry of the pool is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Share {
    /// It has a reserve of this size, and takes nothing from the pool.
    Reserved(u32),
    /// It has no reserve; its share of the unreserved limit, 0 to 1.
    Unreserved(f64),
    /// Whether it has a reserve is not known; its share of the account's limit, 0 to 1.
    NotKnown(f64),
    /// What is left when those measured are taken from what is in use; so many functions are not measured.
    NotMeasured(usize),
}

/// How the function and the account stand.
pub fn concurrency(store: &Store, function: &str) -> Concurrency {
    let account = store.account.get().filter(|account| account.concurrency_limit > 0);
    let fleet = |metric| settled(store, &Subject::Fleet, metric, Statistic::Maximum);
    let limit = account.map(|account| f64::from(account.concurrency_limit));
    let unreserved_limit = account.map(|account| f64::from(account.unreserved));
    let claimed = fleet(Metric::ClaimedAccountConcurrency);
    let unreserved_in_use = fleet(Metric::UnreservedConcurrentExecutions);
    // Claimed counts what is provisioned of functions without a reserve too; where it is not measured, what is in use must do.
    let unreserved_left =
        claimed.zip(limit).or(unreserved_in_use.zip(unreserved_limit)).map(|(used, limit)| (limit - used).max(0.0));
    let subject = Subject::Function(function.to_string());
    let own = store.metrics.get(&subject, Metric::ConcurrentExecutions, Statistic::Maximum);
    let detail = store.details.get(function).and_then(|feed| feed.get());
    Concurrency {
        account_limit: limit,
        unreserved_limit,
        claimed,
        unreserved_in_use,
        unreserved_left,
        reserved: store
            .functions
            .get(function)
            .and_then(|function| function.reserved)
            .or_else(|| detail.map(|detail| detail.reserved)),
        in_use: settled(store, &subject, Metric::ConcurrentExecutions, Statistic::Maximum),
        peak: own.and_then(|series| series.points.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1))),
        growth: own.and_then(growth),
        period: own.map_or(60, |series| series.period),
        provisioned: detail
            .iter()
            .flat_map(|detail| &detail.provisioned)
            .map(|one| of_alias(store, function, one))
            .collect(),
    }
}

/// Value of the newest settled bucket, if it has one.
fn settled(store: &Store, subject: &Subject, metric: Metric, statistic: Statistic) -> Option<f64> {
    store.metrics.get(subject, metric, statistic)?.at(store.metrics.settled()?)
}

/// The largest rise from one bucket to the very next.
fn growth(series: &Series) -> Option<(Moment, f64)> {
    let step = TimeDelta::seconds(i64::from(series.period));
    let next = |pair: &&[(Moment, f64)]| pair[1].0 - pair[0].0 == step;
    let rises = series.points.windows(2).filter(next).map(|pair| (pair[1].0, pair[1].1 - pair[0].1));
    rises.filter(|(_, rise)| *rise > 0.0).max_by(|a, b| a.1.total_cmp(&b.1))
}

fn of_alias(store: &Store, function: &str, one: &ProvisionedConcurrency) -> Provisioned {
    let subject = Subject::Qualifier { function: function.into(), qualifier: one.qualifier.clone() };
    let sum = |metric| store.metrics.get(&subject, metric, Statistic::Sum).map(Series::total);
    let spilled = sum(Metric::ProvisionedConcurrencySpilloverInvocations);
    let all = sum(Metric::Invocations)
        .or_else(|| sum(Metric::ProvisionedConcurrencyInvocations).zip(spilled).map(|(warm, spilled)| warm + spilled));
    Provisioned {
        qualifier: one.qualifier.clone(),
        requested: one.requested,
        allocated: one.allocated,
        available: one.available,
        in_use: settled(store, &subject, Metric::ProvisionedConcurrentExecutions, Statistic::Maximum),
        utilization: store
            .metrics
            .get(&subject, Metric::ProvisionedConcurrencyUtilization, Statistic::Maximum)
            .and_then(Series::maximum),
        spilled,
        spilled_share: spilled.zip(all).filter(|(_, all)| *all > 0.0).map(|(spilled, all)| (spilled / all).min(1.0)),
    }
}

/// Who uses concurrency now (newest settled minute), the largest first, as far as it is measured: (name, environments in
/// use, what that is). The last entry, with an empty name, is what is not measured, where something is not.
pub fn pool(store: &Store) -> Vec<(String, f64, Share)> {
    store.metrics.settled().map(|at| pool_at(store, at)).unwrap_or_default()
}

/// The same of the bucket that begins then.
pub(super) fn pool_at(store: &Store, at: Moment) -> Vec<(String, f64, Share)> {
    let account = store.account.get().filter(|account| account.concurrency_limit > 0);
    let share =
        |used: f64, limit: Option<u32>| limit.filter(|limit| *limit > 0).map_or(0.0, |limit| used / f64::from(limit));
    let (mut measured, mut sum) = (0, 0.0);
    let mut users = Vec::new();
    for name in store.metrics.functions() {
        let Some(function) = store.functions.get(name) else { continue };
        let subject = Subject::Function(name.to_string());
        let Some(series) = store.metrics.get(&subject, Metric::ConcurrentExecutions, Statistic::Maximum) else {
            continue;
        };
        measured += 1;
        let Some(used) = series.at(at).filter(|used| *used > 0.0) else { continue };
        sum += used;
        let share = match function.reserved {
            Some(Some(reserve)) => Share::Reserved(reserve),
            Some(None) => Share::Unreserved(share(used, account.map(|account| account.unreserved))),
            None => Share::NotKnown(share(used, account.map(|account| account.concurrency_limit))),
        };
        users.push((name.to_string(), used, share));
    }
    users.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let others = store.functions.all().len().saturating_sub(measured);
    if others > 0 {
        // Maxima of different functions need not fall together: what is left is at least this.
        let all = store.metrics.get(&Subject::Fleet, Metric::ConcurrentExecutions, Statistic::Maximum);
        let rest = all.and_then(|series| series.at(at)).map_or(0.0, |all| (all - sum).max(0.0));
        users.push((String::new(), rest, Share::NotMeasured(others)));
    }
    users
}
