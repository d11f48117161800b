//! From nodes and edges to layers: circles are opened, each node gets its layer, long edges get a wire in each layer
//! that they pass.

use std::collections::HashMap;

/// What stands in a layer: a box, or the wire of an edge that passes. Item `n` below the number of nodes is node `n`.
pub(super) struct Item {
    pub layer: usize,
    /// Which part of a graph in several parts; numbered by its first node.
    pub part: usize,
    /// Rows that it takes.
    pub height: i32,
    pub kind: Kind,
    /// Items of the neighbouring layers that a line joins with this one.
    pub left: Vec<usize>,
    pub right: Vec<usize>,
    /// Items of the same layer: where a line turns round a box to go back.
    pub beside: Vec<usize>,
    /// Where lines go from here.
    pub next: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A box.
    Node,
    /// A line on its way to the right. One wire for all callees of a caller: a bundle that forks means one thing only.
    Wire,
    /// A line on its way back to the left.
    Back,
}

impl Item {
    fn new(layer: usize, part: usize, height: i32, kind: Kind) -> Item {
        Item { layer, part, height, kind, left: vec![], right: vec![], beside: vec![], next: vec![] }
    }

    /// The row, from the item's top, at which lines meet it.
    pub fn port(&self) -> i32 {
        (self.height - 1) / 2
    }
}

/// A graph in layers.
pub(super) struct Layered {
    pub items: Vec<Item>,
    /// The items of each layer from top to bottom.
    pub layers: Vec<Vec<usize>>,
    /// For each edge the items that it passes, its two nodes included; empty for an edge that is not drawn.
    pub routes: Vec<Vec<usize>>,
    /// Nodes without any edge to another one: they are in no layer yet.
    pub alone: Vec<usize>,
    /// Nodes that call themselves.
    pub self_loops: Vec<usize>,
}

/// Builds the layers of `edges` between nodes of the given heights.
pub(super) fn build(heights: &[i32], edges: &[(usize, usize)]) -> Layered {
    let count = heights.len();
    let mut drawn: Vec<(usize, usize)> = Vec::new();
    let mut self_loops = Vec::new();
    for (from, to) in edges.iter().copied().filter(|(from, to)| *from < count && *to < count) {
        if from == to {
            self_loops.push(from);
        } else {
            drawn.push((from, to));
        }
    }
    drawn.sort_unstable();
    drawn.dedup();
    self_loops.sort_unstable();
    self_loops.dedup();
    let back = back_edges(count, &drawn);
    let layer_of = longest_paths(count, &drawn, &back);
    let part_of = parts(count, &drawn);
    let mut joined = vec![false; count];
    for (from, to) in &drawn {
        joined[*from] = true;
        joined[*to] = true;
    }
    let items =
        (0..count).map(|node| Item::new(layer_of[node], part_of[node], heights[node], Kind::Node)).collect::<Vec<_>>();
    let mut wiring = Wiring { items, wires: HashMap::new() };
    let routes: HashMap<(usize, usize), Vec<usize>> =
        drawn.iter().zip(&back).map(|(edge, back)| (*edge, wiring.route(edge.0, edge.1, *back))).collect();
    let mut items = wiring.items;
    for item in &mut items {
        for list in [&mut item.left, &mut item.right, &mut item.beside, &mut item.next] {
            list.sort_unstable();
            list.dedup();
        }
    }
    let layers = first_order(&items, &joined);
    Layered {
        layers,
        items,
        routes: edges.iter().map(|edge| routes.get(edge).cloned().unwrap_or_default()).collect(),
        alone: (0..count).filter(|node| !joined[*node]).collect(),
        self_loops,
    }
}

/// Which edges close a circle, seen from the entry points. By index, so that the same graph is always cut at the same
/// place.
fn back_edges(count: usize, edges: &[(usize, usize)]) -> Vec<bool> {
    let mut back = vec![false; edges.len()];
    let mut out: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut called = vec![false; count];
    for (at, (from, to)) in edges.iter().enumerate() {
        out[*from].push(at);
        called[*to] = true;
    }
    let entries = (0..count).filter(|node| !called[*node]);
    let (mut seen, mut open) = (vec![false; count], vec![false; count]);
    for root in entries.chain(0..count) {
        if seen[root] {
            continue;
        }
        (seen[root], open[root]) = (true, true);
        let mut path = vec![(root, 0)];
        while let Some((node, done)) = path.pop() {
            let Some(edge) = out[node].get(done).copied() else {
                open[node] = false;
                continue;
            };
            path.push((node, done + 1));
            let to = edges[edge].1;
            if open[to] {
                back[edge] = true;
            } else if !seen[to] {
                (seen[to], open[to]) = (true, true);
                path.push((to, 0));
            }
        }
    }
    back
}

/// The layer of each node: one to the right of its last caller, entry points at the left.
fn longest_paths(count: usize, edges: &[(usize, usize)], back: &[bool]) -> Vec<usize> {
    let mut out: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut waiting = vec![0_usize; count];
    for ((from, to), back) in edges.iter().zip(back) {
        let (from, to) = if *back { (*to, *from) } else { (*from, *to) };
        out[from].push(to);
        waiting[to] += 1;
    }
    let mut layer = vec![0; count];
    let mut ready: Vec<usize> = (0..count).filter(|node| waiting[*node] == 0).collect();
    while let Some(node) = ready.pop() {
        for to in &out[node] {
            layer[*to] = layer[*to].max(layer[node] + 1);
            waiting[*to] -= 1;
            if waiting[*to] == 0 {
                ready.push(*to);
            }
        }
    }
    layer
}

/// The number of the part to which each node belongs.
fn parts(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut near: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (from, to) in edges {
        near[*from].push(*to);
        near[*to].push(*from);
    }
    let mut part = vec![usize::MAX; count];
    let mut parts = 0;
    for root in 0..count {
        if part[root] != usize::MAX {
            continue;
        }
        let mut stack = vec![root];
        part[root] = parts;
        while let Some(node) = stack.pop() {
            for other in &near[node] {
                if part[*other] == usize::MAX {
                    part[*other] = parts;
                    stack.push(*other);
                }
            }
        }
        parts += 1;
    }
    part
}

struct Wiring {
    items: Vec<Item>,
    wires: HashMap<(usize, usize, bool), usize>,
}

impl Wiring {
    /// The items that an edge passes. What goes back leaves its caller at the right as everything does, turns round it,
    /// and comes to its callee from the left.
    fn route(&mut self, from: usize, to: usize, back: bool) -> Vec<usize> {
        let (first, last) = (self.items[from].layer, self.items[to].layer);
        let passed: Vec<usize> = if back { (last..=first).rev().collect() } else { (first + 1..last).collect() };
        let mut route = vec![from];
        for layer in passed {
            let wire = self.wire(from, layer, back);
            route.push(wire);
        }
        route.push(to);
        for hop in route.windows(2) {
            if let [start, end] = hop {
                self.join(*start, *end);
            }
        }
        route
    }

    fn wire(&mut self, from: usize, layer: usize, back: bool) -> usize {
        let part = self.items[from].part;
        let items = &mut self.items;
        *self.wires.entry((from, layer, back)).or_insert_with(|| {
            items.push(Item::new(layer, part, 1, if back { Kind::Back } else { Kind::Wire }));
            items.len() - 1
        })
    }

    fn join(&mut self, start: usize, end: usize) {
        let (a, b) = (self.items[start].layer, self.items[end].layer);
        self.items[start].next.push(end);
        match a.cmp(&b) {
            std::cmp::Ordering::Less => {
                self.items[start].right.push(end);
                self.items[end].left.push(start);
            }
            std::cmp::Ordering::Greater => {
                self.items[start].left.push(end);
                self.items[end].right.push(start);
            }
            std::cmp::Ordering::Equal => {
                self.items[start].beside.push(end);
                self.items[end].beside.push(start);
            }
        }
    }
}

/// Items in the order in which a walk along the lines meets them: what belongs together starts together.
fn first_order(items: &[Item], joined: &[bool]) -> Vec<Vec<usize>> {
    let depth = (0..items.len()).filter(|at| joined.get(*at) != Some(&false)).map(|at| items[at].layer + 1).max();
    let mut layers = vec![Vec::new(); depth.unwrap_or(0)];
    let mut seen = vec![false; items.len()];
    let mut roots: Vec<usize> = (0..joined.len()).filter(|at| joined[*at]).collect();
    roots.sort_by_key(|at| (items[*at].part, items[*at].layer, *at));
    for root in roots {
        let mut stack = vec![root];
        while let Some(at) = stack.pop() {
            if std::mem::replace(&mut seen[at], true) {
                continue;
            }
            layers[items[at].layer].push(at);
            let item = &items[at];
            stack.extend(item.left.iter().chain(&item.beside).chain(&item.right).rev().filter(|next| !seen[**next]));
        }
    }
    for layer in &mut layers {
        layer.sort_by_key(|at| items[*at].part);
    }
    layers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers_of(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
        build(&vec![3; count], edges).items.iter().take(count).map(|item| item.layer).collect()
    }

    #[test]
    fn a_callee_stands_right_of_all_its_callers() {
        assert_eq!(layers_of(4, &[(0, 1), (1, 2), (0, 2), (3, 2)]), [0, 1, 2, 0]);
    }

    #[test]
    fn a_circle_is_opened_where_it_comes_back_to_its_entry() {
        let graph = build(&[3; 4], &[(0, 1), (1, 2), (2, 3), (3, 1)]);
        assert_eq!(graph.items.iter().take(4).map(|item| item.layer).collect::<Vec<_>>(), [0, 1, 2, 3]);
        // Three wires, one in each of the layers 3, 2, 1.
        assert_eq!(graph.routes[3].len(), 5);
    }

    #[test]
    fn callees_of_one_caller_share_its_wire() {
        let graph = build(&[3; 5], &[(0, 1), (1, 2), (2, 3), (2, 4), (0, 3), (0, 4)]);
        assert_eq!(graph.items.len(), 5 + 2);
        assert_eq!(graph.routes[4][1..3], graph.routes[5][1..3]);
    }

    #[test]
    fn what_is_doubled_missing_or_its_own_callee_makes_no_wire() {
        let graph = build(&[3; 3], &[(0, 1), (0, 1), (0, 9), (1, 1), (7, 8)]);
        assert_eq!(graph.items.len(), 3);
        assert_eq!(graph.routes, [vec![0, 1], vec![0, 1], vec![], vec![], vec![]]);
        assert_eq!(graph.alone, [2]);
        assert_eq!(graph.self_loops, [1]);
    }
}
