//! Where a trace, or the selected part of it, leads: its function, its invocation, its stage, its logs.

use super::{Panel, Traces};
use crate::app::selected::Selected;
use crate::app::step::LogTarget;
use crate::model::service_graph::ServiceNode;
use crate::model::trace::{Span, TraceSummary, Waterfall};
use crate::store::Store;
use crate::time::Moment;

/// What sends the segment of a stage of API Gateway.
const STAGE: &str = "AWS::ApiGateway::Stage";

/// The trace itself must be read before its logs can be told from all others.
pub const NOT_READ: &str = "The trace is being read; press the key again when it is here";

impl Traces {
    /// What is selected.
    pub fn selected(&self, store: &Store) -> Selected {
        if let Some(open) = &self.open {
            let id = open.id().to_string();
            let mut selected = Selected {
                title: id.clone(),
                trace_id: Some(id.clone()),
                copy: Some(("trace id".into(), id)),
                ..Selected::default()
            };
            if open.whole(store).is_none() {
                // Of a trace that is not there it is known where one came from.
                let target = &open.target;
                selected.function.clone_from(&target.function);
                selected.request_id.clone_from(&target.request_id);
                selected.at = target.at;
                if store.traces.whole(open.id()).is_some_and(|feed| feed.trouble().is_some())
                    || target.sampled == Some(false)
                {
                    selected.trace_id = None;
                }
            }
            if let Some((_, waterfall)) = open.whole(store) {
                let at = open.selected(waterfall).map(|(at, _)| at);
                point(&mut selected, waterfall, at, store);
                if open.on_detail
                    && let Some(row) = open.detail.selected()
                {
                    let name = if row.name.is_empty() { "value".to_string() } else { row.name.clone() };
                    selected.copy = Some((name, row.value.clone()));
                }
            }
            return selected;
        }
        match self.panel {
            Panel::List => {
                let summary = self.list.selected(store.traces.all());
                summary.map(|summary| of_summary(summary, store)).unwrap_or_default()
            }
            Panel::Map => {
                let place = store.graph.get().and_then(|graph| Some((graph, self.map.place(graph)?)));
                let node = place.and_then(|(graph, (at, edge))| {
                    // An edge leads to whom it calls.
                    let at = edge.and_then(|edge| self.map.drawn.edges.get(edge)).map_or(at, |(_, to, _)| *to);
                    graph.nodes.get(at)
                });
                node.map(|node| of_node(node, store)).unwrap_or_default()
            }
            Panel::Statistics => match self.statistics.example() {
                Some(id) => Selected {
                    title: id.to_string(),
                    trace_id: Some(id.to_string()),
                    copy: Some(("trace id".into(), id.to_string())),
                    ..Selected::default()
                },
                None => Selected::default(),
            },
            Panel::Sampling => Selected::default(),
        }
    }

    /// The trace whose logs are asked for.
    pub fn chosen(&self, store: &Store) -> Option<String> {
        match &self.open {
            Some(open) => Some(open.id().to_string()),
            None if self.panel == Panel::List => self.list.selected(store.traces.all()).map(|s| s.id.clone()),
            None => self.statistics.example().map(str::to_string),
        }
    }

    /// The logs of every function that the selected trace touched, merged; none where no trace is selected. Error: why there
    /// are none.
    pub fn all_logs(&self, store: &Store) -> Option<Result<LogTarget, String>> {
        let id = &self.chosen(store)?;
        let summary = store.traces.get(id);
        let mut target = LogTarget { trace: Some(id.to_string()), ..LogTarget::default() };
        let mut first = summary.and_then(|summary| summary.start);
        if let Some(waterfall) = store.traces.waterfall(id) {
            for span in waterfall.spans.iter().filter(|span| span.origin == STAGE) {
                target.stage = stage_named(&span.name, store).or(target.stage);
                target.requests.extend(span.request_id.clone());
            }
            for touched in waterfall.invocations() {
                first = Moment::from_timestamp_millis((touched.start * 1000.0) as i64).min(first).or(first);
                target.requests.extend(touched.request_id);
                if !target.functions.contains(&touched.function) {
                    target.functions.push(touched.function);
                }
            }
        } else {
            // Which lines are the trace's is known by its request ids.
            return Some(Err(NOT_READ.into()));
        }
        if target.functions.is_empty() {
            return Some(Err("No function of this account is in the trace, and so no log".into()));
        }
        target.at = first.map(|at| at.timestamp_millis());
        Some(Ok(target))
    }
}

fn of_summary(summary: &TraceSummary, store: &Store) -> Selected {
    let function = summary.services.iter().find(|name| store.functions.get(name).is_some());
    let stage = summary.entry_point.as_deref().filter(|_| summary.entry_type.as_deref() == Some(STAGE));
    Selected {
        title: summary.id.clone(),
        trace_id: Some(summary.id.clone()),
        function: function.cloned(),
        stage: stage.and_then(|name| stage_named(name, store)),
        at: summary.start,
        copy: Some(("trace id".into(), summary.id.clone())),
        ..Selected::default()
    }
}

fn of_node(node: &ServiceNode, store: &Store) -> Selected {
    let copy = Some(("service name".to_string(), node.name.clone()));
    let mut selected = Selected { title: node.name.clone(), copy, ..Selected::default() };
    if node.kind.starts_with("AWS::Lambda") || store.functions.get(&node.name).is_some() {
        selected.function = Some(node.name.clone());
    } else if node.kind == STAGE {
        selected.stage = stage_named(&node.name, store);
    }
    selected
}

/// Segments of API Gateway are named `api/stage`, by the API's name.
fn stage_named(name: &str, store: &Store) -> Option<(String, String)> {
    let (api, stage) = name.rsplit_once('/')?;
    let api = store.apis.get()?.iter().find(|known| known.name == api)?;
    Some((api.id.clone(), stage.to_string()))
}

/// A subsegment belongs to the function around it; its own request id is that of the service it called. Of the two segments of
/// a function that of the service (`AWS::Lambda`) has the request id, the outer one.
fn point(selected: &mut Selected, waterfall: &Waterfall, at: Option<usize>, store: &Store) {
    let mut at = at;
    while let Some(span) = at.and_then(|at| waterfall.spans.get(at)) {
        if span.origin.starts_with("AWS::Lambda") {
            if selected.function.get_or_insert_with(|| span.name.clone()) != &span.name {
                break;
            }
            selected.at = moment(span);
            selected.request_id = span.request_id.clone();
            if span.throttle && !span.has_children() {
                selected.no_log = Some(format!("{} was throttled and never ran: there is no log of this", span.name));
                selected.request_id = None;
                break;
            }
            if selected.request_id.is_some() {
                break;
            }
        } else if span.origin == STAGE && selected.function.is_none() {
            selected.stage = stage_named(&span.name, store);
            (selected.at, selected.request_id) = (moment(span), span.request_id.clone());
            break;
        }
        at = span.parent;
    }
}

fn moment(span: &Span) -> Option<Moment> {
    Moment::from_timestamp_millis((span.start * 1000.0) as i64)
}
