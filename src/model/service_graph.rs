//! The service graph: who calls whom, how often, with what result, and how long it takes.

use std::collections::HashMap;

use crate::time::Moment;

/// Type of whoever calls from outside.
pub const CLIENT: &str = "client";

/// What happened at a service, or on the way to it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Statistics {
    /// Requests that went well.
    pub ok: i64,
    /// 429 among the errors.
    pub throttles: i64,
    /// 4xx, throttles included.
    pub errors: i64,
    /// 5xx.
    pub faults: i64,
    /// All of them.
    pub total: i64,
    /// Sum of response times, s.
    pub total_response_time: f64,
}

impl Statistics {
    /// Mean response time, s.
    pub fn mean(&self) -> Option<f64> {
        (self.total > 0).then(|| self.total_response_time / self.total as f64)
    }

    /// Share of faults, 0 to 1.
    pub fn fault_share(&self) -> f64 {
        share(self.faults, self.total)
    }

    /// Share of errors that are no throttles.
    pub fn error_share(&self) -> f64 {
        share(self.errors - self.throttles, self.total)
    }

    /// Share of throttles.
    pub fn throttle_share(&self) -> f64 {
        share(self.throttles, self.total)
    }

    /// These and those together.
    pub fn add(&mut self, other: &Statistics) {
        self.ok += other.ok;
        self.throttles += other.throttles;
        self.errors += other.errors;
        self.faults += other.faults;
        self.total += other.total;
        self.total_response_time += other.total_response_time;
    }
}

fn share(part: i64, total: i64) -> f64 {
    if total > 0 { part.max(0) as f64 / total as f64 } else { 0.0 }
}

/// How many took how long: pairs of seconds and a count, as X-Ray has them.
pub type Histogram = Vec<(f64, i64)>;

/// The value below which that share of a histogram lies, s.
pub fn quantile(histogram: &Histogram, share: f64) -> Option<f64> {
    let total: i64 = histogram.iter().map(|(_, count)| *count).sum();
    if total <= 0 {
        return None;
    }
    let mut sorted: Vec<(f64, i64)> = histogram.clone();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let wanted = (share * total as f64).ceil().max(1.0) as i64;
    let mut seen = 0;
    for (value, count) in sorted {
        seen += count;
        if seen >= wanted {
            return Some(value);
        }
    }
    None
}

/// A service of the graph.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServiceNode {
    /// ReferenceId.
    pub id: i32,
    /// Name.
    pub name: String,
    /// Type, as `AWS::Lambda::Function`; `client` is whoever calls from outside.
    pub kind: String,
    /// Root.
    pub root: bool,
    /// SummaryStatistics.
    pub statistics: Statistics,
    /// ResponseTimeHistogram.
    pub response_times: Histogram,
    /// What it calls.
    pub edges: Vec<ServiceEdge>,
}

/// A way between two services.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServiceEdge {
    /// ReferenceId of the one that is called.
    pub to: i32,
    /// EdgeType `link`: through a queue, the traces are linked and not one.
    pub is_link: bool,
    /// SummaryStatistics.
    pub statistics: Statistics,
    /// ResponseTimeHistogram.
    pub response_times: Histogram,
}

/// A graph, and of what time it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServiceGraph {
    /// Services.
    pub nodes: Vec<ServiceNode>,
    /// Start of the window.
    pub start: Option<Moment>,
    /// End of the window.
    pub end: Option<Moment>,
}

impl ServiceGraph {
    /// The service of a ReferenceId.
    pub fn node(&self, id: i32) -> Option<&ServiceNode> {
        self.nodes.iter().find(|node| node.id == id)
    }

    /// The service of that name and type.
    pub fn named(&self, name: &str, kind: &str) -> Option<&ServiceNode> {
        self.nodes.iter().find(|node| node.name == name && node.kind == kind)
    }

    /// The same graph as people think of it: whoever calls from outside is one, though X-Ray has a client for each entry point;
    /// and a function is one, though X-Ray has Lambda's part of it (`AWS::Lambda`) and its own.
    pub fn simplified(mut self) -> ServiceGraph {
        let mut into: HashMap<i32, i32> = HashMap::new();
        let first_client = self.nodes.iter().find(|node| node.kind == CLIENT).map(|node| node.id);
        for node in &self.nodes {
            let twin = self
                .nodes
                .iter()
                .find(|own| node.kind == "AWS::Lambda" && own.kind == "AWS::Lambda::Function" && own.name == node.name);
            match (first_client, twin) {
                (Some(first), _) if node.kind == CLIENT && node.id != first => into.insert(node.id, first),
                (_, Some(own)) => into.insert(node.id, own.id),
                _ => None,
            };
        }
        let of = |id: i32| into.get(&id).copied().unwrap_or(id);
        let mut merged: Vec<ServiceNode> = Vec::new();
        // What goes on comes first, so that the others can be put into it.
        self.nodes.sort_by_key(|node| into.contains_key(&node.id));
        for mut node in self.nodes {
            node.edges.iter_mut().for_each(|edge| edge.to = of(edge.to));
            let id = of(node.id);
            node.edges.retain(|edge| edge.to != id);
            if node.kind == CLIENT {
                node.name = "clients".into();
            }
            match merged.iter_mut().find(|known| known.id == id && node.id != id) {
                Some(known) => {
                    // What callers see is what Lambda answers.
                    if node.kind == "AWS::Lambda" {
                        (known.statistics, known.response_times) = (node.statistics, node.response_times);
                    }
                    known.root |= node.root;
                    for edge in node.edges {
                        match known.edges.iter_mut().find(|way| way.to == edge.to) {
                            Some(way) => {
                                way.statistics.add(&edge.statistics);
                                way.response_times.extend(edge.response_times);
                            }
                            None => known.edges.push(edge),
                        }
                    }
                }
                None => merged.push(node),
            }
        }
        // In an order of its own, so that the map stays as it is from one asking to the next.
        merged.sort_by(|a, b| (a.kind != CLIENT, &a.name, &a.kind).cmp(&(b.kind != CLIENT, &b.name, &b.kind)));
        ServiceGraph { nodes: merged, ..self }
    }

    /// Length of the window, s.
    pub fn seconds(&self) -> Option<f64> {
        Some((self.end? - self.start?).num_milliseconds() as f64 / 1000.0).filter(|seconds| *seconds > 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_come_from_counts() {
        let histogram = vec![(0.5, 1), (0.1, 98), (2.0, 1)];
        assert_eq!(quantile(&histogram, 0.5), Some(0.1));
        assert_eq!(quantile(&histogram, 0.99), Some(0.5));
        assert_eq!(quantile(&histogram, 1.0), Some(2.0));
        assert_eq!(quantile(&Vec::new(), 0.5), None);
    }

    fn node(id: i32, name: &str, kind: &str, total: i64, to: &[i32]) -> ServiceNode {
        let edge = |to: &i32| ServiceEdge {
            to: *to,
            statistics: Statistics { total, ..Statistics::default() },
            ..ServiceEdge::default()
        };
        ServiceNode {
            id,
            name: name.into(),
            kind: kind.into(),
            statistics: Statistics { total, ..Statistics::default() },
            edges: to.iter().map(edge).collect(),
            ..ServiceNode::default()
        }
    }

    #[test]
    fn clients_are_one_and_a_function_is_one() {
        let graph = ServiceGraph {
            nodes: vec![
                node(0, "api/prod", "client", 5, &[2]),
                node(1, "cron", "client", 3, &[3]),
                node(2, "api/prod", "AWS::ApiGateway::Stage", 5, &[3]),
                node(3, "pay", "AWS::Lambda", 8, &[4]),
                node(4, "pay", "AWS::Lambda::Function", 7, &[5, 3]),
                node(5, "orders", "AWS::DynamoDB::Table", 7, &[]),
            ],
            ..ServiceGraph::default()
        };
        let simple = graph.simplified();
        let seen: Vec<(&str, i64, Vec<i32>)> = simple
            .nodes
            .iter()
            .map(|node| (node.name.as_str(), node.statistics.total, node.edges.iter().map(|edge| edge.to).collect()))
            .collect();
        assert_eq!(
            seen,
            [("clients", 5, vec![2, 4]), ("api/prod", 5, vec![4]), ("orders", 7, vec![]), ("pay", 8, vec![5])],
            "a call of itself is no way, and a client's numbers are those of its calls"
        );
    }
}
