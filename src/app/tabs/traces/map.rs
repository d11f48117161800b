//! The service map: who calls whom, as a graph and as a table.

use crate::app::command::Action;
use crate::app::cursor::{Cursor, Motion};
use crate::app::overlay::Chosen;
use crate::app::step::Step;
use crate::app::tabs::Context;
use crate::model::expression;
use crate::model::service_graph::{CLIENT, ServiceEdge, ServiceGraph, ServiceNode, Statistics};
use crate::store::graph_layout::{Direction, Plan, Size, lay_out, neighbour};
use crate::text;

/// Widths of a box of four rows (its frame, its name, its numbers), and of one row (its name with what fails of it).
const TALL: [u16; 4] = [30, 26, 22, 19];
const FLAT: std::ops::RangeInclusive<u16> = 13..=30;

/// Sizes of a box: the largest with which the map fits is taken, the last where none does.
fn sizes() -> impl Iterator<Item = Size> {
    let tall = TALL.into_iter().map(|width| Size { width, height: 4 });
    tall.chain(FLAT.rev().map(|width| Size { width, height: 1 }))
}

/// What is selected: a service or a way between two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick {
    /// Name and type of a service.
    Node(String, String),
    /// Names and types of the one that calls and of the one that is called.
    Edge(Box<[(String, String); 2]>),
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What it is.
    pub pick: Pick,
    /// `checkout-api`, or `checkout-api → orders`.
    pub name: String,
    /// Type of the service; `calls` or `linked` for an edge.
    pub kind: String,
    /// Now.
    pub now: Statistics,
    /// 99th percentile of the response time, s.
    pub p99: Option<f64>,
    /// The window before, where it is compared and was there.
    pub before: Option<Statistics>,
}

/// What the table is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Column {
    #[default]
    Failing,
    Requests,
    Latency,
    Name,
}

impl Column {
    fn next(self) -> Column {
        match self {
            Column::Failing => Column::Requests,
            Column::Requests => Column::Latency,
            Column::Latency => Column::Name,
            Column::Name => Column::Failing,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Column::Failing => "failing share",
            Column::Requests => "requests",
            Column::Latency => "latency",
            Column::Name => "name",
        }
    }
}

/// What a layout depends on: names and types, edges, room. Numbers change, and nothing moves.
type Outline = (Vec<(String, String)>, Vec<(usize, usize, usize)>, (u16, u16));

/// The graph on the screen.
#[derive(Debug)]
pub struct Drawn {
    /// Where everything stands.
    pub plan: Plan,
    /// Size of the boxes.
    pub size: Size,
    /// Edges by place: who calls whom, by place in the graph's nodes, with the edge's place in its node.
    pub edges: Vec<(usize, usize, usize)>,
}

impl Default for Drawn {
    fn default() -> Self {
        Drawn { plan: Plan::default(), size: Size { width: 30, height: 4 }, edges: Vec::new() }
    }
}

/// The panel's state.
#[derive(Debug, Default)]
pub struct Map {
    /// As a table.
    pub is_table: bool,
    /// The window before is compared with.
    pub compares: bool,
    /// What is selected.
    pub pick: Option<Pick>,
    /// Rows of the table.
    pub rows: Vec<Row>,
    /// Cursor in the rows.
    pub cursor: Cursor,
    /// What the table is sorted by.
    pub column: Column,
    /// The graph, laid out.
    pub drawn: Drawn,
    /// First column and row of the graph on screen.
    pub scroll: (u16, u16),
    laid_out_for: Option<Outline>,
}

/// Columns and rows that the graph may take.
pub fn room(body: ratatui::layout::Rect) -> (u16, u16) {
    // The frame, the line of panels, the two lines about the selection.
    (body.width.saturating_sub(2), body.height.saturating_sub(5))
}

impl Map {
    /// The graph has come, or the screen has another size.
    pub(super) fn arrange(&mut self, cx: &Context) {
        let Some(graph) = cx.store.graph.get() else {
            self.rows.clear();
            self.drawn = Drawn::default();
            self.laid_out_for = None;
            return;
        };
        self.lay_out(graph, room(cx.body));
        self.tabulate(graph, cx);
        let gone = self.pick.as_ref().is_none_or(|pick| !self.rows.iter().any(|row| row.pick == *pick));
        if gone {
            // What fails most is where to look.
            self.pick = self.rows.iter().find(|row| matches!(row.pick, Pick::Node(..))).map(|row| row.pick.clone());
        }
        self.find_row();
        self.scroll_to_pick(graph, cx);
    }

    fn lay_out(&mut self, graph: &ServiceGraph, room: (u16, u16)) {
        let places: std::collections::HashMap<i32, usize> =
            graph.nodes.iter().enumerate().map(|(at, node)| (node.id, at)).collect();
        let mut edges = Vec::new();
        for (from, node) in graph.nodes.iter().enumerate() {
            for (at, edge) in node.edges.iter().enumerate() {
                edges.extend(places.get(&edge.to).map(|to| (from, *to, at)));
            }
        }
        let names: Vec<(String, String)> =
            graph.nodes.iter().map(|node| (node.name.clone(), node.kind.clone())).collect();
        let wanted = (names, edges, room);
        if self.laid_out_for.as_ref() == Some(&wanted) {
            return;
        }
        let pairs: Vec<(usize, usize)> = wanted.1.iter().map(|(from, to, _)| (*from, *to)).collect();
        for size in sizes() {
            let plan = lay_out(&vec![size; graph.nodes.len()], &pairs, room);
            let fits = plan.fits && plan.size.1 <= room.1;
            self.drawn = Drawn { plan, size, edges: wanted.1.clone() };
            if fits {
                break;
            }
        }
        self.laid_out_for = Some(wanted);
    }

    fn tabulate(&mut self, graph: &ServiceGraph, cx: &Context) {
        let before = cx.store.graph_before.get().filter(|_| self.compares);
        let name = |node: &ServiceNode| (node.name.clone(), node.kind.clone());
        let mut rows = Vec::new();
        for node in &graph.nodes {
            let earlier = before.and_then(|before| before.named(&node.name, &node.kind));
            rows.push(Row {
                pick: Pick::Node(node.name.clone(), node.kind.clone()),
                name: node.name.clone(),
                kind: short_kind(&node.kind).to_string(),
                now: seen_at(graph, node),
                p99: crate::model::service_graph::quantile(&node.response_times, 0.99),
                before: before.map(|graph| earlier.map(|node| seen_at(graph, node)).unwrap_or_default()),
            });
            for edge in &node.edges {
                let Some(to) = graph.node(edge.to) else { continue };
                let earlier = earlier.zip(before).and_then(|(from, before)| {
                    from.edges.iter().find(|edge| before.node(edge.to).is_some_and(|n| name(n) == name(to)))
                });
                rows.push(Row {
                    pick: Pick::Edge(Box::new([name(node), name(to)])),
                    name: format!("{} → {}", node.name, to.name),
                    kind: if edge.is_link { "linked".into() } else { "calls".into() },
                    now: edge.statistics,
                    p99: crate::model::service_graph::quantile(&edge.response_times, 0.99),
                    before: before.map(|_| earlier.map(|edge| edge.statistics).unwrap_or_default()),
                });
            }
        }
        let failing = |row: &Row| row.now.fault_share() + row.now.error_share() + row.now.throttle_share();
        let latency = |row: &Row| row.now.mean().unwrap_or(0.0);
        rows.sort_by(|a, b| {
            let by = match self.column {
                Column::Failing => failing(b).total_cmp(&failing(a)).then(b.now.total.cmp(&a.now.total)),
                Column::Requests => b.now.total.cmp(&a.now.total),
                Column::Latency => latency(b).total_cmp(&latency(a)),
                Column::Name => std::cmp::Ordering::Equal,
            };
            // Services first: each of their calls would say the same once more.
            let is_edge = |row: &Row| matches!(row.pick, Pick::Edge(_));
            let by = is_edge(a).cmp(&is_edge(b)).then(by);
            by.then_with(|| a.name.cmp(&b.name)).then_with(|| a.kind.cmp(&b.kind))
        });
        self.rows = rows;
    }

    fn find_row(&mut self) {
        if let Some(row) = self.rows.iter().position(|row| self.pick.as_ref() == Some(&row.pick)) {
            self.cursor.row = row;
        }
    }

    /// The selected row.
    pub fn selected(&self) -> Option<&Row> {
        let pick = self.pick.as_ref()?;
        self.rows.iter().find(|row| row.pick == *pick)
    }

    /// Place in the graph of the selected service, or of the one that the selected edge comes from; and the edge.
    pub fn place(&self, graph: &ServiceGraph) -> Option<(usize, Option<usize>)> {
        let at = |(name, kind): (&String, &String)| {
            graph.nodes.iter().position(|node| node.name == *name && node.kind == *kind)
        };
        match self.pick.as_ref()? {
            Pick::Node(name, kind) => Some((at((name, kind))?, None)),
            Pick::Edge(ends) => {
                let (from, to) = (at((&ends[0].0, &ends[0].1))?, at((&ends[1].0, &ends[1].1))?);
                let edge = self.drawn.edges.iter().position(|(a, b, _)| (*a, *b) == (from, to));
                Some((from, edge))
            }
        }
    }

    fn choose(&mut self, graph: &ServiceGraph, at: usize) {
        self.pick = graph.nodes.get(at).map(|node| Pick::Node(node.name.clone(), node.kind.clone()));
    }

    pub(super) fn act(&mut self, action: Action, cx: &Context) -> Vec<Step> {
        match action {
            Action::AsTable => self.is_table = !self.is_table,
            Action::Compare => {
                self.compares = !self.compares;
                self.arrange(cx);
                let say = if self.compares { "Compared with the window before" } else { "Of this window alone" };
                return vec![Step::Say(say.into())];
            }
            Action::Sort if self.is_table => {
                self.column = self.column.next();
                self.arrange(cx);
            }
            Action::Open => return self.filter_by_pick(),
            _ if self.is_table => {
                if let Some(motion) = Motion::of(action) {
                    self.cursor.go(motion, self.rows.len(), usize::from(cx.body.height.saturating_sub(5)));
                    self.pick = self.rows.get(self.cursor.row).map(|row| row.pick.clone());
                }
            }
            _ => {
                if let Some(graph) = cx.store.graph.get() {
                    self.move_in(graph, action);
                    self.scroll_to_pick(graph, cx);
                }
            }
        }
        self.find_row();
        vec![]
    }

    fn move_in(&mut self, graph: &ServiceGraph, action: Action) {
        let Some((at, edge)) = self.place(graph) else { return };
        let direction = match action {
            Action::Left => Direction::Left,
            Action::Right => Direction::Right,
            Action::Up => Direction::Up,
            Action::Down => Direction::Down,
            Action::First => return self.choose(graph, 0),
            Action::Last => return self.choose(graph, graph.nodes.len().saturating_sub(1)),
            Action::NextMatch | Action::PreviousMatch => return self.next_edge(graph, at, edge, action),
            _ => return,
        };
        // From an edge to either of its ends.
        let to = match (edge.and_then(|edge| self.drawn.edges.get(edge)), direction) {
            (Some((_, to, _)), Direction::Right) => Some(*to),
            (Some((from, ..)), Direction::Left) => Some(*from),
            _ => neighbour(&self.drawn.plan, at, direction),
        };
        if let Some(to) = to {
            self.choose(graph, to);
        }
    }

    /// The ways that lead from the selected service, one after the other.
    fn next_edge(&mut self, graph: &ServiceGraph, at: usize, edge: Option<usize>, action: Action) {
        let ways: Vec<usize> = (0..self.drawn.edges.len()).filter(|edge| self.drawn.edges[*edge].0 == at).collect();
        let count = ways.len();
        if count == 0 {
            return;
        }
        let now = edge.and_then(|edge| ways.iter().position(|way| *way == edge));
        let next = match (now, action) {
            (None, Action::NextMatch) => 0,
            (None, _) => count - 1,
            (Some(now), Action::NextMatch) => (now + 1) % count,
            (Some(now), _) => (now + count - 1) % count,
        };
        let (from, to, _) = self.drawn.edges[ways[next]];
        let name = |at: usize| graph.nodes.get(at).map(|node| (node.name.clone(), node.kind.clone()));
        if let (Some(from), Some(to)) = (name(from), name(to)) {
            self.pick = Some(Pick::Edge(Box::new([from, to])));
        }
    }

    fn scroll_to_pick(&mut self, graph: &ServiceGraph, cx: &Context) {
        let (columns, rows) = room(cx.body);
        let Some(place) = self.place(graph).and_then(|(at, _)| self.drawn.plan.places.get(at)) else { return };
        let into = |first: u16, at: u16, length: u16, room: u16| {
            let last = (at + length).saturating_sub(room);
            first.min(at).max(last.min(at))
        };
        self.scroll = (
            into(self.scroll.0, place.x, self.drawn.size.width, columns),
            into(self.scroll.1, place.y, self.drawn.size.height, rows),
        );
    }

    /// The list of the traces that went through what is selected.
    fn filter_by_pick(&self) -> Vec<Step> {
        let text = match &self.pick {
            // Whoever calls from outside is no service that an expression could name.
            Some(Pick::Node(_, kind)) if kind == CLIENT => String::new(),
            Some(Pick::Node(name, _)) => expression::service_is(name),
            Some(Pick::Edge(ends)) if ends[0].1 == CLIENT => expression::service_is(&ends[1].0),
            Some(Pick::Edge(ends)) => expression::edge(&ends[0].0, &ends[1].0),
            None => return vec![],
        };
        vec![Step::Choose(Chosen::Expression(text))]
    }
}

/// What happened at a service. Whoever calls from outside has seen what it called, and a service that sends nothing is known by
/// those who call it.
pub fn seen_at(graph: &ServiceGraph, node: &ServiceNode) -> Statistics {
    let mut seen = Statistics::default();
    if node.kind == CLIENT {
        node.edges.iter().for_each(|edge| seen.add(&edge.statistics));
    } else if node.statistics.total == 0 {
        let ways = graph.nodes.iter().flat_map(|from| &from.edges).filter(|edge: &&ServiceEdge| edge.to == node.id);
        ways.for_each(|edge| seen.add(&edge.statistics));
    } else {
        seen = node.statistics;
    }
    seen
}

/// `AWS::Lambda::Function` as `Lambda::Function`.
pub fn short_kind(kind: &str) -> &str {
    kind.strip_prefix("AWS::").unwrap_or(kind)
}

/// Requests a minute, with what fails of them and how long they take, as it stands in a box.
pub fn numbers(statistics: &Statistics, seconds: Option<f64>) -> String {
    let rate = match seconds {
        Some(seconds) => format!("{}/m", text::count(statistics.total as f64 / seconds * 60.0)),
        None => text::count(statistics.total as f64),
    };
    let mean = statistics.mean().map(|mean| format!(" {}", text::millis(mean * 1000.0))).unwrap_or_default();
    format!("{rate}{mean}")
}
