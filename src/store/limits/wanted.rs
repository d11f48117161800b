//! The series that a verdict needs beside the row of the function table. CloudWatch bills each metric that is asked for.

use crate::model::series::{Metric, Series, SeriesKey, Statistic, Subject};
use crate::store::Store;

/// Functions that are looked at for the one that uses up the account's pool, where there are no more; among thousands the
/// culprit is not found by asking for some.
const USERS: usize = 100;
/// Of the pool in use, from which it is worth asking who uses it.
const SHORT: f64 = 0.9;

/// What a verdict about this function looks at, itself included. A few metrics for each alias with provisioned
/// concurrency and each mapping; where the account's pool is all but used up, also the concurrency of the others.
pub fn wanted(store: &Store, function: &str) -> Vec<SeriesKey> {
    let mut keys: Vec<SeriesKey> =
        [Metric::ConcurrentExecutions, Metric::ClaimedAccountConcurrency, Metric::UnreservedConcurrentExecutions]
            .map(|metric| SeriesKey::new(Subject::Fleet, metric, Statistic::Maximum))
            .into();
    let own = Subject::Function(function.to_string());
    let own_metric = |metric, statistic| SeriesKey::new(own.clone(), metric, statistic);
    keys.push(own_metric(Metric::Invocations, Statistic::Sum));
    keys.push(own_metric(Metric::Throttles, Statistic::Sum));
    keys.push(own_metric(Metric::ConcurrentExecutions, Statistic::Maximum));
    // Of the row of the table already, and then not billed again: how long an invocation takes tells two limits apart.
    keys.push(own_metric(Metric::Duration, Statistic::Percentile(50)));
    keys.push(own_metric(Metric::AsyncEventAge, Statistic::Maximum));
    keys.push(own_metric(Metric::AsyncEventsDropped, Statistic::Sum));
    if store.functions.get(function).is_some_and(|function| function.dead_letter.is_some()) {
        keys.push(own_metric(Metric::DeadLetterErrors, Statistic::Sum));
    }
    if pool_is_short(store, function) {
        let others = store.functions.all().iter().filter(|other| other.reserved.flatten().is_none());
        for other in others.take(USERS) {
            let subject = Subject::Function(other.name.clone());
            keys.push(SeriesKey::new(subject.clone(), Metric::ConcurrentExecutions, Statistic::Maximum));
            keys.push(SeriesKey::new(subject, Metric::Throttles, Statistic::Sum));
        }
    }
    let Some(detail) = store.details.get(function).and_then(|feed| feed.get()) else { return keys };
    if detail.asynchronous.as_ref().is_some_and(|config| config.on_failure.is_some() || config.on_success.is_some()) {
        keys.push(own_metric(Metric::DestinationDeliveryFailures, Statistic::Sum));
    }
    if detail.mappings.iter().any(crate::model::function::EventSourceMapping::is_stream) {
        keys.push(own_metric(Metric::IteratorAge, Statistic::Maximum));
    }
    for provisioned in &detail.provisioned {
        let subject = Subject::Qualifier { function: function.into(), qualifier: provisioned.qualifier.clone() };
        for (metric, statistic) in [
            (Metric::Invocations, Statistic::Sum),
            (Metric::ProvisionedConcurrencySpilloverInvocations, Statistic::Sum),
            (Metric::ProvisionedConcurrencyUtilization, Statistic::Maximum),
            (Metric::ProvisionedConcurrencyInvocations, Statistic::Sum),
            (Metric::ProvisionedConcurrentExecutions, Statistic::Maximum),
        ] {
            keys.push(SeriesKey::new(subject.clone(), metric, statistic));
        }
    }
    for mapping in detail.mappings.iter().filter(|mapping| mapping.service() == "sqs") {
        let queue = Subject::Queue(mapping.source_name().to_string());
        for metric in [Metric::ApproximateAgeOfOldestMessage, Metric::ApproximateNumberOfMessagesVisible] {
            keys.push(SeriesKey::new(queue.clone(), metric, Statistic::Maximum));
        }
    }
    keys
}

/// The function is refused, has no reserve of its own, and the account's pool was all but used up.
fn pool_is_short(store: &Store, function: &str) -> bool {
    let Some(account) = store.account.get() else { return false };
    let unreserved = store.functions.get(function).is_some_and(|function| function.reserved.flatten().is_none());
    let few = store.functions.all().len() <= USERS;
    let subject = Subject::Function(function.to_string());
    let refused = store.metrics.get(&subject, Metric::Throttles, Statistic::Sum).is_some_and(|s| s.total() >= 1.0);
    let most = |metric| store.metrics.get(&Subject::Fleet, metric, Statistic::Maximum).and_then(Series::maximum);
    let short = |most: Option<f64>, limit: u32| most.is_some_and(|most| most >= SHORT * f64::from(limit));
    few && unreserved
        && refused
        && (short(most(Metric::ClaimedAccountConcurrency), account.concurrency_limit)
            || short(most(Metric::UnreservedConcurrentExecutions), account.unreserved))
}
