//! The rows: each item as near as possible to the rows of its neighbours, no lower than the tallest layer needs.

use super::layers::{Kind, Layered};

/// Sweeps over all layers.
const SWEEPS: usize = 6;

/// Empty rows between two items.
#[derive(Clone, Copy)]
struct Gaps {
    /// ... between two boxes.
    boxes: i32,
    /// ... between a box and a line that passes.
    wires: i32,
}

/// From airy to dense: the first that fits is taken.
const GAPS: [Gaps; 3] = [Gaps { boxes: 1, wires: 1 }, Gaps { boxes: 1, wires: 0 }, Gaps { boxes: 0, wires: 0 }];

/// The topmost row of each item of the layers, and the number of rows that they take.
pub(super) fn assign(graph: &Layered, rows: i32) -> (Vec<i32>, i32) {
    let parts = by_part(graph);
    let needed = |gaps: Gaps| parts.iter().map(|part| 1 + tallest(graph, part, gaps)).sum::<i32>() - 1;
    let gaps = GAPS.into_iter().find(|gaps| needed(*gaps) <= rows).unwrap_or(GAPS[GAPS.len() - 1]);
    // What is left over gives lines the room to be straight.
    let spare = (rows - needed(gaps)).max(0) / i32::try_from(parts.len()).unwrap_or(i32::MAX).max(1);
    let mut top = vec![0; graph.items.len()];
    let mut bottom = 0;
    for part in &parts {
        let height = tallest(graph, part, gaps) + spare;
        settle(graph, part, gaps, height, &mut top);
        let items = || part.iter().flatten();
        let first = items().map(|at| top[*at]).min().unwrap_or(0);
        let start = if bottom == 0 { 0 } else { bottom + 1 };
        items().for_each(|at| top[*at] += start - first);
        bottom = items().map(|at| top[*at] + graph.items[*at].height).max().unwrap_or(start);
    }
    (top, bottom)
}

/// The layers of each part.
fn by_part(graph: &Layered) -> Vec<Vec<Vec<usize>>> {
    let count = graph.layers.iter().flatten().map(|at| graph.items[*at].part + 1).max().unwrap_or(0);
    let mut parts = vec![vec![Vec::new(); graph.layers.len()]; count];
    for (layer, items) in graph.layers.iter().enumerate() {
        for at in items {
            parts[graph.items[*at].part][layer].push(*at);
        }
    }
    parts.retain(|part| part.iter().any(|layer| !layer.is_empty()));
    parts
}

/// The distance of each item of a layer from its first one when nothing is between them but the gaps, and the whole
/// height.
fn packed(graph: &Layered, layer: &[usize], gaps: Gaps) -> (Vec<i32>, i32) {
    let mut offsets = Vec::with_capacity(layer.len());
    let (mut end, mut above) = (0, None);
    for at in layer {
        let item = &graph.items[*at];
        let gap = match (above, item.kind) {
            (None, _) => 0,
            (Some(Kind::Node), Kind::Node) => gaps.boxes,
            (Some(Kind::Node), _) | (_, Kind::Node) => gaps.wires,
            _ => 0,
        };
        offsets.push(end + gap);
        end += gap + item.height;
        above = Some(item.kind);
    }
    (offsets, end)
}

fn tallest(graph: &Layered, part: &[Vec<usize>], gaps: Gaps) -> i32 {
    part.iter().map(|layer| packed(graph, layer, gaps).1).max().unwrap_or(0)
}

fn settle(graph: &Layered, part: &[Vec<usize>], gaps: Gaps, height: i32, top: &mut [i32]) {
    let offsets: Vec<(Vec<i32>, i32)> = part.iter().map(|layer| packed(graph, layer, gaps)).collect();
    for (layer, (offsets, used)) in part.iter().zip(&offsets) {
        for (at, offset) in layer.iter().zip(offsets) {
            top[*at] = offset + (height - used) / 2;
        }
    }
    for sweep in 0..SWEEPS {
        // The first sweeps carry rows through the map, the last ones find the middle between both sides.
        let (left, right) = match (sweep + 2 < SWEEPS, sweep % 2 == 0) {
            (true, true) => (1, 0),
            (true, false) => (0, 1),
            // More weight at the left: one caller and one callee in different rows are one bend then, not two.
            (false, _) => (3, 2),
        };
        let mut order: Vec<usize> = (0..part.len()).collect();
        if sweep % 2 == 1 {
            order.reverse();
        }
        for layer in order {
            let items = &part[layer];
            let (offsets, used) = &offsets[layer];
            let wishes: Vec<Vec<(i32, i32)>> = items.iter().map(|at| wishes(graph, *at, top, (left, right))).collect();
            let places = fit(&wishes, offsets, height - used);
            for (at, place) in items.iter().zip(places) {
                top[*at] = place;
            }
        }
    }
}

/// Where an item would like to start, and how much.
fn wishes(graph: &Layered, at: usize, top: &[i32], (left, right): (i32, i32)) -> Vec<(i32, i32)> {
    let item = &graph.items[at];
    let wish = |other: &usize, weight: i32| {
        let near = &graph.items[*other];
        // A long line with a bend in each layer is the worst to follow.
        let straight = match (item.kind, near.kind) {
            (Kind::Node, Kind::Node) => 1,
            (Kind::Node, _) | (_, Kind::Node) => 2,
            _ => 8,
        };
        (top[*other] + near.port() - item.port(), weight * straight)
    };
    let mut wishes: Vec<(i32, i32)> = item.left.iter().map(|other| wish(other, left)).collect();
    wishes.extend(item.right.iter().map(|other| wish(other, right)));
    wishes.extend(item.beside.iter().filter(|_| item.kind != Kind::Node).map(|other| wish(other, 1)));
    wishes.retain(|(_, weight)| *weight > 0);
    if wishes.is_empty() {
        wishes.push((top[at], 1));
    }
    wishes
}

/// Items that were pushed together: they move as one.
struct Block {
    wishes: Vec<(i32, i32)>,
    place: i32,
    count: usize,
}

/// Places as near to the wishes as their order and distances allow, the first not above 0, the last not below `slack`
/// more than its offset: isotonic regression by pooling, with medians.
fn fit(wishes: &[Vec<(i32, i32)>], offsets: &[i32], slack: i32) -> Vec<i32> {
    let mut blocks: Vec<Block> = Vec::new();
    for (wishes, offset) in wishes.iter().zip(offsets) {
        let wishes: Vec<(i32, i32)> = wishes.iter().map(|(row, weight)| (row - offset, *weight)).collect();
        let mut block = Block { place: 0, wishes, count: 1 };
        block.place = median(&mut block.wishes);
        while let Some(above) = blocks.pop_if(|above| above.place > block.place) {
            block.wishes.extend(above.wishes);
            block.count += above.count;
            block.place = median(&mut block.wishes);
        }
        blocks.push(block);
    }
    let places = blocks.iter().flat_map(|block| std::iter::repeat_n(block.place.clamp(0, slack.max(0)), block.count));
    places.zip(offsets).map(|(place, offset)| place + offset).collect()
}

/// The weighted median: the middle of the two where there are two.
fn median(wishes: &mut [(i32, i32)]) -> i32 {
    wishes.sort_unstable();
    let all: i64 = wishes.iter().map(|(_, weight)| i64::from(*weight)).sum();
    let (mut sum, mut low): (i64, Option<i32>) = (0, None);
    for (row, weight) in wishes.iter() {
        sum += i64::from(*weight);
        match low {
            Some(low) => return (low + *row).div_euclid(2),
            None if sum * 2 > all => return *row,
            None if sum * 2 == all => low = Some(*row),
            None => {}
        }
    }
    low.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_one_of_them_or_between_two() {
        assert_eq!(median(&mut [(9, 1), (2, 1), (5, 1)]), 5);
        assert_eq!(median(&mut [(9, 1), (3, 1)]), 6);
        assert_eq!(median(&mut [(9, 3), (3, 2)]), 9);
        assert_eq!(median(&mut []), 0);
    }

    #[test]
    fn items_keep_their_order_and_their_distance() {
        let wishes = [vec![(9, 1)], vec![(1, 1)], vec![(30, 1)]];
        assert_eq!(fit(&wishes, &[0, 3, 6], 100), [3, 6, 30]);
        assert_eq!(fit(&wishes, &[0, 3, 6], 2), [2, 5, 8]);
        assert_eq!(fit(&wishes, &[0, 3, 6], 0), [0, 3, 6]);
    }
}
