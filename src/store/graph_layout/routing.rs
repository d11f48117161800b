//! The lines: which bundle runs where between two layers, and the cells of each edge.

use std::collections::{BTreeMap, HashMap};

use super::layers::{Item, Kind, Layered};
use super::tracks::{self, Bundle, Course};
use super::{Place, Stroke};

/// The bundles between the layers, and how many tracks each gap needs. Gap `n` is at the left of layer `n`.
pub(super) struct Routing {
    /// By the item from which a bundle comes.
    courses: HashMap<usize, Course>,
    /// Rows at which bundles arrive at nodes.
    ports: HashMap<(usize, usize), i32>,
    /// Tracks of each gap.
    pub tracks: Vec<usize>,
    /// Gaps in which there is any line.
    pub used: Vec<bool>,
}

/// Columns of a gap: where it starts, where its first track is, columns from one track to the next.
#[derive(Clone, Copy, Default)]
pub(super) struct Gap {
    pub start: i32,
    pub first: i32,
    pub pitch: i32,
}

/// The gap in which an item's lines go on.
fn gap_after(item: &Item) -> usize {
    if item.kind == Kind::Back { item.layer } else { item.layer + 1 }
}

/// Lays the bundles of all gaps.
pub(super) fn lay(graph: &Layered, top: &[i32]) -> Routing {
    let row = |at: usize| top[at] + graph.items[at].port();
    let ports = ports(graph, top);
    let mut gaps: Vec<BTreeMap<usize, Bundle>> = vec![BTreeMap::new(); graph.layers.len() + 1];
    for (start, item) in graph.items.iter().enumerate().filter(|(_, item)| !item.next.is_empty()) {
        let mut bundle = Bundle::default();
        if item.kind == Kind::Back {
            bundle.right.push(row(start));
        } else {
            bundle.left.push(row(start));
            bundle.from = Some(row(start));
        }
        for end in &item.next {
            match graph.items[*end].kind {
                Kind::Back => bundle.left.push(row(*end)),
                Kind::Wire => bundle.right.push(row(*end)),
                Kind::Node => bundle.right.push(ports.get(&(start, *end)).copied().unwrap_or_else(|| row(*end))),
            }
        }
        if let Some(gap) = gaps.get_mut(gap_after(item)) {
            gap.insert(start, bundle);
        }
    }
    let mut routing = Routing { courses: HashMap::new(), ports, tracks: vec![], used: vec![] };
    for gap in gaps {
        let (starts, bundles): (Vec<usize>, Vec<Bundle>) = gap.into_iter().unzip();
        let (courses, tracks) = tracks::lay(&bundles);
        routing.used.push(!starts.is_empty());
        routing.tracks.push(tracks);
        routing.courses.extend(starts.into_iter().zip(courses));
    }
    routing
}

/// Where bundles arrive at a node: over the rows within its frame, in the order of the rows that they come from.
fn ports(graph: &Layered, top: &[i32]) -> HashMap<(usize, usize), i32> {
    let mut ports = HashMap::new();
    for (node, item) in graph.items.iter().enumerate().filter(|(_, item)| item.kind == Kind::Node) {
        let turning = item.beside.iter().filter(|other| graph.items[**other].next.contains(&node));
        let mut callers: Vec<usize> = item.left.iter().chain(turning).copied().collect();
        callers.sort_by_key(|at| (top[*at] + graph.items[*at].port(), *at));
        let inner = (item.height - 2).max(1);
        let count = i32::try_from(callers.len()).unwrap_or(i32::MAX).max(1);
        for (at, caller) in (0..).zip(&callers) {
            let row = if count == 1 || inner == 1 { item.port() } else { 1 + at * inner / count };
            ports.insert((*caller, node), top[node] + row);
        }
    }
    ports
}

/// The cells of a line along `route`, from the right side of its caller to the left side of its callee.
pub(super) fn cells(
    graph: &Layered,
    routing: &Routing,
    route: &[usize],
    places: &[Place],
    top: &[i32],
    gaps: &[Gap],
) -> Vec<(u16, u16, Stroke)> {
    let row = |at: usize| top[at] + graph.items[at].port();
    let (Some(from), Some(to)) = (route.first(), route.last()) else { return Vec::new() };
    let (Some(caller), Some(callee)) = (places.get(*from), places.get(*to)) else { return Vec::new() };
    let mut points = vec![(i32::from(caller.x) + i32::from(caller.width), row(*from))];
    let mut end_row = row(*to);
    for hop in route.windows(2) {
        let [start, end] = hop else { continue };
        let item = &graph.items[*start];
        let arrives = routing.ports.get(&(*start, *end)).copied().unwrap_or_else(|| row(*end));
        end_row = arrives;
        let (Some(course), Some(gap)) = (routing.courses.get(start), gaps.get(gap_after(item))) else { continue };
        let column = |track: usize| gap.first + i32::try_from(track).unwrap_or(i32::MAX).saturating_mul(gap.pitch);
        let Some(first) = course.track else { continue };
        // Ends at the left are reached from the first track, some of those at the right from the second one.
        let track = |row: i32, at_right: bool| match &course.second {
            Some(second) if at_right && second.rows.contains(&row) => second.track,
            _ => first,
        };
        let leaves = track(row(*start), item.kind == Kind::Back);
        let comes = track(arrives, graph.items[*end].kind != Kind::Back);
        points.push((column(leaves), row(*start)));
        if let Some(second) = course.second.as_ref().filter(|_| leaves != comes) {
            points.push((column(leaves), second.row));
            points.push((column(comes), second.row));
        }
        points.push((column(comes), arrives));
    }
    points.push((i32::from(callee.x) - 1, end_row));
    draw(&points)
}

/// The cells along a line of corners.
fn draw(points: &[(i32, i32)]) -> Vec<(u16, u16, Stroke)> {
    let mut cells: Vec<((i32, i32), Stroke)> = Vec::new();
    if let Some(first) = points.first() {
        cells.push((*first, Stroke::LEFT));
    }
    for leg in points.windows(2) {
        let [(from_x, from_y), (to_x, to_y)] = *leg else { continue };
        let (step_x, step_y) = ((to_x - from_x).signum(), (to_y - from_y).signum());
        let (out, into) = match (step_x, step_y) {
            (1, _) => (Stroke::RIGHT, Stroke::LEFT),
            (-1, _) => (Stroke::LEFT, Stroke::RIGHT),
            (_, 1) => (Stroke::DOWN, Stroke::UP),
            (_, -1) => (Stroke::UP, Stroke::DOWN),
            _ => continue,
        };
        let (mut x, mut y) = (from_x, from_y);
        while x != to_x || (step_x == 0 && y != to_y) {
            (x, y) = (x + step_x, if step_x == 0 { y + step_y } else { y });
            if let Some((_, stroke)) = cells.last_mut() {
                *stroke = *stroke | out;
            }
            cells.push(((x, y), into));
        }
    }
    if let Some((_, stroke)) = cells.last_mut() {
        *stroke = *stroke | Stroke::RIGHT | Stroke::HEAD;
    }
    // What is beyond the last column that a cell can have is not drawn.
    let fitting =
        cells.into_iter().filter_map(|((x, y), stroke)| Some((u16::try_from(x).ok()?, u16::try_from(y).ok()?, stroke)));
    fitting.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_leaves_to_the_right_and_ends_with_an_arrow() {
        let right = Stroke::LEFT | Stroke::RIGHT;
        let head = right | Stroke::HEAD;
        let (down, over) = (Stroke::LEFT | Stroke::DOWN, Stroke::UP | Stroke::RIGHT);
        assert_eq!(draw(&[(3, 1), (3, 1)]), [(3, 1, head)]);
        let bent = draw(&[(3, 1), (4, 1), (4, 2), (5, 2)]);
        assert_eq!(bent, [(3, 1, right), (4, 1, down), (4, 2, over), (5, 2, head)]);
        assert!(draw(&[]).is_empty());
    }
}
