//! The series that a verdict needs beside the row of the function table. CloudWatch bills each metric that is asked for.

use crate::model::series::{Metric, SeriesKey, Statistic, Subject};
use crate::store::Store;

/// What a verdict about this function looks at, itself included. A few metrics for each alias with provisioned
/// concurrency and each mapping; where the account's pool is all but used up, also the concurrency of the others.
pub fn wanted(store: &Store, function: &str) -> Vec<SeriesKey> {
    let mut keys: Vec<SeriesKey> =
        [Metric::ConcurrentExecutions, Metric::ClaimedAccountConcurrency, Metric::UnreservedConcurrentExecutions]
            .map(|metric| SeriesKey::new(Subject::Fleet, metric, Statistic::Maximum))
            .into();
    let own = Subject::Function(function.to_string());
    let mut own_metric = |metric, statistic| keys.push(SeriesKey::new(own.clone(), metric, statistic));
    own_metric(Metric::Invocations, Statistic::Sum);
    own_metric(Metric::Throttles, Statistic::Sum);
    own_metric(Metric::ConcurrentExecutions, Statistic::Maximum);
    // Of the row of the table already, and then not billed again: how long an invocation takes tells two limits apart.
    own_metric(Metric::Duration, Statistic::Percentile(50));
    own_metric(Metric::AsyncEventAge, Statistic::Maximum);
    own_metric(Metric::AsyncEventsDropped, Statistic::Sum);
    let Some(detail) = store.details.get(function).and_then(|feed| feed.get()) else { return keys };
    if detail.mappings.iter().any(|mapping| mapping.is_stream()) {
        own_metric(Metric::IteratorAge, Statistic::Maximum);
    }
    for provisioned in &detail.provisioned {
        let subject = Subject::Qualifier { function: function.into(), qualifier: provisioned.qualifier.clone() };
        for (metric, statistic) in [
            (Metric::Invocations, Statistic::Sum),
            (Metric::ProvisionedConcurrencySpilloverInvocations, Statistic::Sum),
            (Metric::ProvisionedConcurrencyUtilization, Statistic::Maximum),
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
