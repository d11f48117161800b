//! X-Ray's service graph.

use aws_sdk_xray::types::{Edge, EdgeStatistics, HistogramEntry, Service, ServiceStatistics};

use super::Account;
use super::pages::Pages;
use super::reading::{instant, shown};
use super::traces::LONGEST_WINDOW;
use crate::model::service_graph::{Histogram, ServiceEdge, ServiceGraph, ServiceNode, Statistics};
use crate::model::trouble::Trouble;
use crate::time::Moment;

/// A service graph of more pages than this is no graph to look at.
const PAGES: usize = 50;

/// GetServiceGraph over at most the last six hours before `end`.
pub async fn service_graph(account: &Account, start: Moment, end: Moment) -> Result<ServiceGraph, Trouble> {
    let start = start.max(end - LONGEST_WINDOW);
    let request = account.xray().get_service_graph().start_time(instant(start)).end_time(instant(end));
    let (mut pages, mut token, mut nodes) = (Pages::up_to(PAGES), None, Vec::new());
    loop {
        let output = request.clone().set_next_token(token).send().await;
        let output = output.map_err(|error| account.trouble("xray:GetServiceGraph", &error))?;
        nodes.extend(output.services().iter().map(node));
        token = pages.follow(output.next_token());
        if token.is_none() {
            return Ok(ServiceGraph { nodes, start: Some(start), end: Some(end) });
        }
    }
}

fn node(from: &Service) -> ServiceNode {
    ServiceNode {
        id: from.reference_id().unwrap_or_default(),
        name: shown(from.name()),
        kind: shown(from.r#type()),
        root: from.root().unwrap_or_default(),
        statistics: from.summary_statistics().map(of_service).unwrap_or_default(),
        response_times: histogram(from.response_time_histogram()),
        edges: from.edges().iter().filter_map(edge).collect(),
    }
}

fn edge(from: &Edge) -> Option<ServiceEdge> {
    Some(ServiceEdge {
        to: from.reference_id()?,
        is_link: from.edge_type().is_some_and(|kind| kind.eq_ignore_ascii_case("link")),
        statistics: from.summary_statistics().map(of_edge).unwrap_or_default(),
        response_times: histogram(from.response_time_histogram()),
    })
}

fn histogram(entries: &[HistogramEntry]) -> Histogram {
    entries
        .iter()
        .filter(|entry| entry.value().is_finite())
        .map(|entry| (entry.value(), i64::from(entry.count())))
        .collect()
}

macro_rules! statistics {
    ($name:ident, $type:ty) => {
        fn $name(from: &$type) -> Statistics {
            let (errors, faults) = (from.error_statistics(), from.fault_statistics());
            Statistics {
                ok: from.ok_count().unwrap_or_default(),
                throttles: errors.and_then(|errors| errors.throttle_count()).unwrap_or_default(),
                errors: errors.and_then(|errors| errors.total_count()).unwrap_or_default(),
                faults: faults.and_then(|faults| faults.total_count()).unwrap_or_default(),
                total: from.total_count().unwrap_or_default(),
                total_response_time: from.total_response_time().filter(|time| time.is_finite()).unwrap_or_default(),
            }
        }
    };
}

// Two types of the same fields.
statistics!(of_service, ServiceStatistics);
statistics!(of_edge, EdgeStatistics);
