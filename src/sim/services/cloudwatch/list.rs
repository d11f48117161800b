//! ListMetrics.

use super::reader::Reader;
use super::samples::{Samples, Statistic};
use super::series::{self, Metric};
use super::{Refusal, page_start, page_token};
use crate::sim::services::Call;
use crate::sim::wire::document::Document;
use crate::sim::world::tally::MINUTE;

/// ListMetrics answers with so many a page.
const PAGE: usize = 500;

/// Answers ListMetrics.
pub fn list(call: &Call<'_>, input: &Document) -> Result<Document, Refusal> {
    let filters = input.items("Dimensions");
    if filters.len() > 10 {
        return Err(Refusal::parameter("ListMetrics takes at most 10 dimension filters."));
    }
    let recent = match input.text("RecentlyActive") {
        None => false,
        Some("PT3H") => true,
        Some(other) => return Err(Refusal::parameter(format!("RecentlyActive is PT3H or nothing, not {other}."))),
    };
    let skip = page_start(input).map_err(|_| Refusal::parameter("Invalid token."))?;
    let reader = Reader::new(call.world, call.now);
    let wanted = |metric: &Metric| {
        input.text("MetricName").is_none_or(|name| name == metric.name)
            && filters.iter().all(|filter| {
                metric.dimensions.iter().any(|(name, value)| {
                    filter.text("Name") == Some(name) && filter.text("Value").is_none_or(|wanted| wanted == value)
                })
            })
            && (!recent || active(call, &reader, metric))
    };
    // The token is the place of the first metric that was not looked at.
    let mut metrics = Vec::new();
    let mut place = skip;
    let mut more = false;
    for metric in series::every(call.world, input.text("Namespace")).skip(skip) {
        if metrics.len() == PAGE {
            more = true;
            break;
        }
        place += 1;
        if wanted(&metric) {
            metrics.push(document(&metric));
        }
    }
    Ok(Document::map([
        ("Metrics", Document::List(metrics)),
        ("NextToken", if more { page_token(input, place) } else { Document::Null }),
    ]))
}

/// Whether a metric had data in the last three hours.
fn active(call: &Call<'_>, reader: &Reader<'_>, metric: &Metric) -> bool {
    let Some(series) = series::find(&call.world.catalog, metric.namespace, metric.name, &metric.dimensions) else {
        return false;
    };
    let end = reader.until();
    (1..=180).any(|back| {
        let mut samples = Samples::new(false);
        reader.observe(&series, end - back * MINUTE, end - (back - 1) * MINUTE, &mut samples);
        samples.statistic(Statistic::SampleCount).is_some()
    })
}

fn document(metric: &Metric) -> Document {
    let dimension = |(name, value): &(String, String)| {
        Document::map([("Name", name.as_str().into()), ("Value", value.as_str().into())])
    };
    Document::map([
        ("Namespace", metric.namespace.into()),
        ("MetricName", metric.name.into()),
        ("Dimensions", Document::List(metric.dimensions.iter().map(dimension).collect())),
    ])
}
