//! Few crossings: the order of the items within their layers.

use super::layers::Layered;

/// Sweeps to the right and back again; more than this hardly ever finds something better.
const SWEEPS: usize = 12;
/// Rounds of swapping neighbours.
const SWAPS: usize = 8;

/// Orders each layer by the mean place of the neighbours of each item, and keeps the best order that was met.
pub(super) fn arrange(graph: &mut Layered) {
    let mut place = places(graph);
    let mut fewest = crossings(graph, &place);
    let mut best = graph.layers.clone();
    for sweep in 0..SWEEPS {
        if fewest == 0 {
            break;
        }
        let depth = graph.layers.len();
        if sweep % 2 == 0 {
            (0..depth).for_each(|layer| sort(graph, &mut place, layer, true));
        } else {
            (0..depth).rev().for_each(|layer| sort(graph, &mut place, layer, false));
        }
        let now = crossings(graph, &place);
        if now < fewest {
            fewest = now;
            best.clone_from(&graph.layers);
        }
    }
    graph.layers = best;
    place = places(graph);
    for _ in 0..SWAPS {
        let mut swapped = false;
        for layer in 0..graph.layers.len() {
            swapped |= swap(graph, &mut place, layer);
        }
        if !swapped {
            break;
        }
    }
}

fn places(graph: &Layered) -> Vec<usize> {
    let mut place = vec![0; graph.items.len()];
    for layer in &graph.layers {
        for (at, item) in layer.iter().enumerate() {
            place[*item] = at;
        }
    }
    place
}

fn sort(graph: &mut Layered, place: &mut [usize], layer: usize, from_left: bool) {
    let size = |layer: Option<usize>| layer.and_then(|at| graph.layers.get(at)).map_or(1, Vec::len);
    let own = size(Some(layer));
    let other = size(if from_left { layer.checked_sub(1) } else { layer.checked_add(1) });
    let scale = other as f64 / own.max(1) as f64;
    let value = |at: usize| {
        let item = &graph.items[at];
        let near = if from_left { &item.left } else { &item.right };
        // What turns round a box stays at that box, so its own layer counts as well as the other.
        let far = near.iter().map(|other| place[*other] as f64);
        let beside = item.beside.iter().map(|other| place[*other] as f64 * scale);
        let (sum, count) = far.chain(beside).fold((0.0, 0.0), |(sum, count), at| (sum + at, count + 1.0));
        if count > 0.0 { sum / count } else { place[at] as f64 * scale }
    };
    let mut keyed: Vec<(usize, f64, usize)> =
        graph.layers[layer].iter().map(|at| (graph.items[*at].part, value(*at), *at)).collect();
    keyed.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
    for (at, (.., item)) in keyed.iter().enumerate() {
        place[*item] = at;
    }
    graph.layers[layer] = keyed.into_iter().map(|(.., item)| item).collect();
}

/// Crossings of all lines, and what lies between a box and the line that turns round it.
fn crossings(graph: &Layered, place: &[usize]) -> usize {
    let mut sum = 0;
    for (layer, items) in graph.layers.iter().enumerate() {
        let width = graph.layers.get(layer + 1).map_or(0, Vec::len);
        let mut met = Counts { tree: vec![0; width + 1], all: 0 };
        for at in items {
            let item = &graph.items[*at];
            let turns = item.beside.iter().map(|other| place[*at].saturating_sub(place[*other] + 1));
            sum += turns.sum::<usize>();
            for other in &item.right {
                sum += met.above(place[*other]);
            }
            for other in &item.right {
                met.add(place[*other]);
            }
        }
    }
    sum
}

/// How many of the numbers so far are greater than another: a Fenwick tree.
struct Counts {
    tree: Vec<usize>,
    all: usize,
}

impl Counts {
    fn add(&mut self, value: usize) {
        self.all += 1;
        let mut at = value + 1;
        while let Some(count) = self.tree.get_mut(at) {
            *count += 1;
            at += at & at.wrapping_neg();
        }
    }

    fn above(&self, value: usize) -> usize {
        let mut up_to = 0;
        let mut at = value + 1;
        while at > 0 {
            up_to += self.tree.get(at).copied().unwrap_or(0);
            at &= at - 1;
        }
        self.all.saturating_sub(up_to)
    }
}

/// Swaps neighbours of a layer where that saves crossings.
fn swap(graph: &mut Layered, place: &mut [usize], layer: usize) -> bool {
    let mut any = false;
    for at in 1..graph.layers[layer].len() {
        let (upper, lower) = (graph.layers[layer][at - 1], graph.layers[layer][at]);
        let (a, b) = (&graph.items[upper], &graph.items[lower]);
        if a.part != b.part {
            continue;
        }
        let between = |a: &[usize], b: &[usize]| -> usize {
            a.iter().map(|x| b.iter().filter(|y| place[**y] < place[*x]).count()).sum()
        };
        // A line that turns round a box gets longer when something comes between.
        let turns = |item: &[usize], from: usize, except: usize| -> usize {
            item.iter().filter(|other| **other != except).map(|other| place[*other].abs_diff(from)).sum()
        };
        let now = between(&a.left, &b.left)
            + between(&a.right, &b.right)
            + turns(&a.beside, at - 1, lower)
            + turns(&b.beside, at, upper);
        let then = between(&b.left, &a.left)
            + between(&b.right, &a.right)
            + turns(&a.beside, at, lower)
            + turns(&b.beside, at - 1, upper);
        if then < now {
            graph.layers[layer].swap(at - 1, at);
            (place[upper], place[lower]) = (at, at - 1);
            any = true;
        }
    }
    any
}

#[cfg(test)]
mod tests {
    use super::super::layers;
    use super::*;

    fn crossings_of(count: usize, edges: &[(usize, usize)]) -> usize {
        let mut graph = layers::build(&vec![3; count], edges);
        arrange(&mut graph);
        crossings(&graph, &places(&graph))
    }

    #[test]
    fn counts_what_crosses() {
        let mut graph = layers::build(&[3; 4], &[(0, 3), (1, 2)]);
        graph.layers = vec![vec![0, 1], vec![2, 3]];
        assert_eq!(crossings(&graph, &places(&graph)), 1);
        graph.layers = vec![vec![0, 1], vec![3, 2]];
        assert_eq!(crossings(&graph, &places(&graph)), 0);
    }

    #[test]
    fn a_tree_and_a_ladder_have_no_crossing() {
        let tree: Vec<(usize, usize)> = (1..31).map(|node| ((node - 1) / 2, node)).collect();
        assert_eq!(crossings_of(31, &tree), 0);
        assert_eq!(crossings_of(8, &[(0, 5), (1, 4), (2, 7), (3, 6), (4, 6), (5, 7), (5, 6)]), 0);
    }

    #[test]
    fn parts_stay_together() {
        let mut graph = layers::build(&[3; 8], &[(0, 4), (1, 5), (2, 6), (3, 7), (0, 6), (1, 7)]);
        arrange(&mut graph);
        for layer in &graph.layers {
            assert!(layer.iter().map(|at| graph.items[*at].part).is_sorted());
        }
    }
}
