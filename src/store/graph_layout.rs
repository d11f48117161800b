//! A service map as a graph in layers, in cells: callers at the left, callees at the right, lines between the boxes.
//!
//! Layers, order, rows, lines, in this order (after Sugiyama). Everything follows from the nodes, the edges and their
//! order: what is drawn again with other figures stays where it was.

mod layers;
mod order;
mod routing;
mod rows;
mod tracks;

use std::collections::BTreeMap;
use std::ops::BitOr;

use routing::Gap;

/// Boxes are no larger than this: a map of 200 of them still has cells that 16 bits can count.
const LARGEST: Size = Size { width: 255, height: 64 };
/// Columns that a gap gets at most on top of what it needs, where there is room.
const AIR: i32 = 4;

/// The size of a node's box in cells, its frame included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

/// Where a box is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its leftmost column.
    pub x: u16,
    /// Its topmost row.
    pub y: u16,
    /// Its columns: those that were asked for, within reason.
    pub width: u16,
    /// Its rows.
    pub height: u16,
    /// Its layer, counted from the left.
    pub layer: usize,
}

impl Place {
    /// The cell is one of the box.
    pub fn contains(&self, x: u16, y: u16) -> bool {
        let within = |at: u16, from: u16, count: u16| at >= from && at - from < count;
        within(x, self.x, self.width) && within(y, self.y, self.height)
    }

    /// Twice the row of its middle.
    fn middle(&self) -> u32 {
        2 * u32::from(self.y) + u32::from(self.height)
    }
}

/// What a line does in a cell: the sides to which it runs, and whether it ends there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stroke(u8);

impl Stroke {
    /// It joins the cell above.
    pub const UP: Stroke = Stroke(1);
    /// It joins the cell below.
    pub const DOWN: Stroke = Stroke(2);
    /// It joins the cell at the left.
    pub const LEFT: Stroke = Stroke(4);
    /// It joins the cell at the right.
    pub const RIGHT: Stroke = Stroke(8);
    /// It ends here: the box that it points to is at the right.
    pub const HEAD: Stroke = Stroke(16);

    /// All of `other` is in it.
    pub fn contains(self, other: Stroke) -> bool {
        self.0 & other.0 == other.0
    }

    /// The character that shows it.
    pub fn glyph(self, ascii: bool) -> char {
        if self.contains(Stroke::HEAD) {
            return if ascii { '>' } else { '▶' };
        }
        match (self.0 & 15, ascii) {
            (0, _) => ' ',
            (1..=3, true) => '|',
            (4 | 8 | 12, true) => '-',
            (_, true) => '+',
            (1..=3, _) => '│',
            (4 | 8 | 12, _) => '─',
            (5, _) => '┘',
            (6, _) => '┐',
            (7, _) => '┤',
            (9, _) => '└',
            (10, _) => '┌',
            (11, _) => '├',
            (13, _) => '┴',
            (14, _) => '┬',
            _ => '┼',
        }
    }
}

impl BitOr for Stroke {
    type Output = Stroke;

    fn bitor(self, other: Stroke) -> Stroke {
        Stroke(self.0 | other.0)
    }
}

/// The line of an edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The edge, as the caller counts them.
    pub edge: usize,
    /// The node that it comes from.
    pub from: usize,
    /// The node that it goes to.
    pub to: usize,
    /// Its cells from the one node to the other.
    pub cells: Vec<(u16, u16, Stroke)>,
}

/// A cell with all lines in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// All of them in one.
    pub stroke: Stroke,
    /// Lines of different callers cross here and have nothing to do with each other. [`Cell::stroke`] is the level one
    /// alone then, as if the other passed below it: names stand in rows, and a `┼` would look like a fork.
    pub crossing: bool,
    /// Places of the lines in [`Plan::lines`].
    pub lines: Vec<usize>,
}

/// A map: where everything is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The boxes, in the order of the nodes.
    pub places: Vec<Place>,
    /// The lines, in the order of the edges. Edges to nodes that don't exist or to themselves have none.
    pub lines: Vec<Line>,
    /// Nodes that call themselves.
    pub self_loops: Vec<usize>,
    /// Columns and rows of the whole map.
    pub size: (u16, u16),
    /// The columns of the room suffice. If not, narrower boxes could help; rows are for scrolling.
    pub fits: bool,
}

impl Plan {
    /// The cells of all lines, by row and column, with what crosses told from what joins.
    pub fn cells(&self) -> BTreeMap<(u16, u16), Cell> {
        let mut cells: BTreeMap<(u16, u16), Cell> = BTreeMap::new();
        let mut owners: BTreeMap<(u16, u16), Vec<(usize, Stroke)>> = BTreeMap::new();
        for (at, line) in self.lines.iter().enumerate() {
            for (x, y, stroke) in &line.cells {
                let cell = cells.entry((*y, *x)).or_default();
                cell.stroke = cell.stroke | *stroke;
                cell.lines.push(at);
                let owners = owners.entry((*y, *x)).or_default();
                match owners.iter_mut().find(|(from, _)| *from == line.from) {
                    Some((_, own)) => *own = *own | *stroke,
                    None => owners.push((line.from, *stroke)),
                }
            }
        }
        let (upright, flat) = (Stroke::UP | Stroke::DOWN, Stroke::LEFT | Stroke::RIGHT);
        for (at, cell) in &mut cells {
            let Some(owners) = owners.get(at).filter(|owners| owners.len() > 1) else { continue };
            let all = |wanted: Stroke| owners.iter().any(|(_, own)| *own == wanted);
            if all(upright) && all(flat) && owners.iter().all(|(_, own)| *own == upright || *own == flat) {
                cell.crossing = true;
                cell.stroke = flat;
            }
        }
        cells
    }
}

/// Lays a graph out for a room of `(columns, rows)`.
pub fn lay_out(nodes: &[Size], edges: &[(usize, usize)], room: (u16, u16)) -> Plan {
    let sizes: Vec<Size> = nodes
        .iter()
        .map(|size| Size { width: size.width.clamp(1, LARGEST.width), height: size.height.clamp(1, LARGEST.height) })
        .collect();
    let heights: Vec<i32> = sizes.iter().map(|size| i32::from(size.height)).collect();
    let mut graph = layers::build(&heights, edges);
    order::arrange(&mut graph);
    let (mut top, used) = rows::assign(&graph, i32::from(room.1));
    let columns = place_alone(&mut graph, &mut top, used, &sizes, room.0);
    let routing = routing::lay(&graph, &top);
    let mut widths = vec![1; columns];
    for (item, size) in graph.items.iter().zip(&sizes) {
        widths[item.layer] = i32::from(size.width).max(widths[item.layer]);
    }
    let (gaps, width) = columns_of(&widths, &routing, i32::from(room.0));
    let cell = |at: i32| u16::try_from(at.max(0)).unwrap_or(u16::MAX);
    let place = |at: usize, size: &Size| {
        let layer = graph.items[at].layer;
        // The gap at the right of a layer starts where its widest box ends.
        let x = gaps.get(layer + 1).map_or(0, |gap| gap.start) - widths[layer];
        Place { x: cell(x), y: cell(top[at]), width: size.width, height: size.height, layer }
    };
    let places: Vec<Place> = sizes.iter().enumerate().map(|(at, size)| place(at, size)).collect();
    let lines: Vec<Line> = graph
        .routes
        .iter()
        .zip(edges)
        .enumerate()
        .filter(|(_, (route, _))| !route.is_empty())
        .map(|(edge, (route, (from, to)))| {
            let cells = routing::cells(&graph, &routing, route, &places, &top, &gaps);
            Line { edge, from: *from, to: *to, cells }
        })
        .collect();
    let bottom = places.iter().map(|place| place.y.saturating_add(place.height));
    let lowest = lines.iter().flat_map(|line| &line.cells).map(|(_, y, _)| y.saturating_add(1));
    Plan {
        size: (cell(width), bottom.chain(lowest).max().unwrap_or(0)),
        fits: width <= i32::from(room.0),
        places,
        lines,
        self_loops: graph.self_loops,
    }
}

/// Puts nodes that nothing joins below the others, side by side. Returns the number of layers.
fn place_alone(graph: &mut layers::Layered, top: &mut [i32], used: i32, sizes: &[Size], room: u16) -> usize {
    let widest = graph.alone.iter().map(|node| usize::from(sizes[*node].width)).max().unwrap_or(0);
    let columns = match graph.layers.len() {
        0 if graph.alone.is_empty() => 0,
        0 => ((usize::from(room) + 2) / (widest + 2)).clamp(1, graph.alone.len()),
        layers => layers,
    };
    let mut row = if used == 0 { 0 } else { used + 1 };
    for nodes in graph.alone.chunks(columns.max(1)) {
        for (layer, node) in nodes.iter().enumerate() {
            graph.items[*node].layer = layer;
            top[*node] = row;
        }
        row += nodes.iter().map(|node| graph.items[*node].height).max().unwrap_or(0);
    }
    graph.layers.resize(columns, Vec::new());
    columns
}

/// The columns of the gaps, as airy as the room allows, and of the whole map.
fn columns_of(widths: &[i32], routing: &routing::Routing, room: i32) -> (Vec<Gap>, i32) {
    let layers = widths.len();
    let tracks = |gap: usize| routing.tracks.get(gap).copied().and_then(|count| i32::try_from(count).ok()).unwrap_or(0);
    let is_used = |gap: usize| routing.used.get(gap) == Some(&true);
    // Each arrow takes a column at the left of its box.
    let least = |gap: usize| match gap {
        0 if is_used(0) => tracks(0) + 1,
        gap if gap > 0 && gap < layers => tracks(gap).max(i32::from(!is_used(gap))) + 1,
        gap => tracks(gap),
    };
    let inner = i32::try_from(layers.saturating_sub(1)).unwrap_or(i32::MAX);
    let mut spare = room - (widths.iter().sum::<i32>() + (0..=layers).map(least).sum::<i32>());
    // First a column between box and track, then one between two tracks, then air.
    let stub = i32::from(inner > 0 && spare >= inner);
    spare -= stub * inner;
    let between: i32 = (0..=layers).map(|gap| (tracks(gap) - 1).max(0)).sum();
    let pitch = if between > 0 && spare >= between { 2 } else { 1 };
    spare -= between * (pitch - 1);
    let air = if inner > 0 { (spare / inner).clamp(0, AIR) } else { 0 };
    let mut gaps = Vec::with_capacity(layers + 1);
    let mut x = 0;
    for gap in 0..=layers {
        let is_inner = gap > 0 && gap < layers;
        let before = if is_inner { stub + air / 2 } else { 0 };
        gaps.push(Gap { start: x, first: x + before, pitch });
        x += before + least(gap) + (pitch - 1) * (tracks(gap) - 1).max(0) + if is_inner { air - air / 2 } else { 0 };
        x += widths.get(gap).copied().unwrap_or(0);
    }
    (gaps, x)
}

/// Where an arrow key goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the callers.
    Left,
    /// To the callees.
    Right,
    /// To the box above in the same layer.
    Up,
    /// To the box below in the same layer.
    Down,
}

/// The node to which an arrow key leads from `from`: the nearest one by row, in the next layer that has any; within its
/// layer the one above or below. Nodes that a line joins with it come first.
pub fn neighbour(plan: &Plan, from: usize, direction: Direction) -> Option<usize> {
    let here = plan.places.get(from)?;
    let others = || plan.places.iter().enumerate().filter(|(at, _)| *at != from);
    let distance = |place: &Place| place.middle().abs_diff(here.middle());
    let layer = match direction {
        Direction::Up | Direction::Down => {
            let up = direction == Direction::Up;
            let beyond = |place: &Place| if up { place.y < here.y } else { place.y > here.y };
            let same = others().filter(|(_, place)| place.layer == here.layer && beyond(place));
            return same.min_by_key(|(at, place)| (distance(place), *at)).map(|(at, _)| at);
        }
        Direction::Left => others().map(|(_, place)| place.layer).filter(|layer| *layer < here.layer).max()?,
        Direction::Right => others().map(|(_, place)| place.layer).filter(|layer| *layer > here.layer).min()?,
    };
    let joined = |at: usize| {
        plan.lines.iter().any(|line| (line.from, line.to) == (from, at) || (line.to, line.from) == (from, at))
    };
    let there = others().filter(|(_, place)| place.layer == layer);
    there.min_by_key(|(at, place)| (!joined(*at), distance(place), place.y, *at)).map(|(at, _)| at)
}

#[cfg(test)]
mod tests;
