//! The columns between two layers: each caller's bundle gets a column for its vertical piece, a track.

use std::collections::{BTreeMap, BTreeSet};

/// A bundle of lines between two layers: what comes from one item.
#[derive(Clone, Debug, Default)]
pub(super) struct Bundle {
    /// Rows at which it meets the layer to the left.
    pub left: Vec<i32>,
    /// Rows at which it meets the layer to the right.
    pub right: Vec<i32>,
    /// The row from which all of it comes, if that is at the left.
    pub from: Option<i32>,
}

impl Bundle {
    fn span(&self) -> (i32, i32) {
        let rows = || self.left.iter().chain(&self.right).copied();
        (rows().min().unwrap_or(0), rows().max().unwrap_or(0))
    }

    fn is_straight(&self) -> bool {
        let (low, high) = self.span();
        low == high
    }
}

/// How a bundle runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Course {
    /// Track of its vertical piece; none where it is straight.
    pub track: Option<usize>,
    /// A second vertical piece for some of its rows at the right.
    pub second: Option<Second>,
}

/// A bundle that can't reach all of its rows from one track gets a second one, over a row that nobody uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Second {
    /// The row between the two tracks.
    pub row: i32,
    /// The second track.
    pub track: usize,
    /// The rows at the right that are reached from it.
    pub rows: Vec<i32>,
}

struct Piece {
    bundle: usize,
    rows: Bundle,
    is_second: bool,
    low: i32,
    high: i32,
}

impl Piece {
    fn new(bundle: usize, rows: Bundle, is_second: bool) -> Piece {
        let (low, high) = rows.span();
        Piece { bundle, rows, is_second, low, high }
    }

    /// It must be at the left of `other`: the row at which it leaves its caller is the one at which `other` arrives,
    /// and two callers in one row would look like one line.
    fn must_precede(&self, other: &Piece) -> bool {
        // Two that call the same callee may meet on the straight way of one of them.
        let straight = |row: &i32| self.rows.from == Some(*row) && self.rows.right.contains(row);
        self.rows.left.iter().any(|row| other.rows.right.contains(row) && !straight(row))
    }

    /// What it costs to be at the left of `other`: crossings, and arrivals in one row where a reader could take the
    /// other's track for a branch of this line.
    fn cost(&self, other: &Piece) -> i64 {
        let inside = |row: &i32, piece: &Piece| piece.low < *row && *row < piece.high;
        let mistaken = |row: &i32| other.rows.right.len() > 1 && other.rows.right.contains(row);
        let right = self.rows.right.iter().filter(|row| inside(row, other) || mistaken(row)).count();
        let left = other.rows.left.iter().filter(|row| inside(row, self)).count();
        i64::try_from(right + left).unwrap_or(i64::MAX)
    }
}

/// The courses of all bundles between two layers, and the number of tracks that they take.
pub(super) fn lay(bundles: &[Bundle]) -> (Vec<Course>, usize) {
    // Callers that have nothing but one callee in common here join in one track.
    let lone = |bundle: &Bundle| match (bundle.from, bundle.left.as_slice(), bundle.right.as_slice()) {
        (Some(_), [_], [row]) => Some(*row),
        _ => None,
    };
    let mut joined: Vec<Bundle> = Vec::new();
    let mut joins: BTreeMap<i32, usize> = BTreeMap::new();
    let mut joined_as = Vec::with_capacity(bundles.len());
    for bundle in bundles {
        let new = joined.len();
        let at = lone(bundle).map_or(new, |row| *joins.entry(row).or_insert(new));
        joined_as.push(at);
        match joined.get_mut(at) {
            Some(known) => {
                known.left.extend(&bundle.left);
                // Should one of them be straight, the others meet on its way.
                known.from = known.right.first().copied();
            }
            None => joined.push(bundle.clone()),
        }
    }
    let (courses, tracks) = lay_apart(&joined);
    (joined_as.into_iter().filter_map(|at| courses.get(at).cloned()).collect(), tracks)
}

fn lay_apart(bundles: &[Bundle]) -> (Vec<Course>, usize) {
    let mut courses = vec![Course::default(); bundles.len()];
    let bent = bundles.iter().enumerate().filter(|(_, bundle)| !bundle.is_straight());
    let pieces: Vec<Piece> = bent.map(|(at, bundle)| Piece::new(at, bundle.clone(), false)).collect();
    let (pieces, before) = in_order(pieces, bundles, &mut courses);
    let mut tracks: Vec<usize> = Vec::with_capacity(pieces.len());
    for (at, piece) in pieces.iter().enumerate() {
        let meets = |other: &Piece| other.low <= piece.high && piece.low <= other.high;
        // Pieces that don't meet may share a column: columns are what a terminal has least of.
        let track = (0..at).filter(|other| meets(&pieces[*other]) || before[at].contains(other));
        let track = track.map(|other| tracks[other] + 1).max().unwrap_or(0);
        tracks.push(track);
        let course = &mut courses[piece.bundle];
        match &mut course.second {
            Some(second) if piece.is_second => second.track = track,
            _ => course.track = Some(track),
        }
    }
    let count = tracks.iter().max().map_or(0, |track| track + 1);
    (courses, count)
}

/// The pieces from left to right, and for each of them those that must be in a column further left. Where they block
/// each other in a circle, one of them is taken apart.
fn in_order(mut waiting: Vec<Piece>, bundles: &[Bundle], courses: &mut [Course]) -> (Vec<Piece>, Vec<Vec<usize>>) {
    let mut used: BTreeSet<i32> =
        bundles.iter().flat_map(|bundle| bundle.left.iter().chain(&bundle.right)).copied().collect();
    // What each would cost as the next one; kept up to date, for there may be hundreds.
    let mut cost: Vec<i64> =
        waiting.iter().map(|piece| waiting.iter().map(|other| piece.cost(other) - other.cost(piece)).sum()).collect();
    let mut blocked: Vec<usize> =
        waiting.iter().map(|piece| waiting.iter().filter(|other| other.must_precede(piece)).count()).collect();
    let mut done: Vec<Piece> = Vec::new();
    let mut before: Vec<Vec<usize>> = Vec::new();
    while let Some(next) = next(&waiting, &blocked, &cost) {
        let mut piece = waiting.swap_remove(next);
        cost.swap_remove(next);
        let mut second = None;
        if blocked.swap_remove(next) > 0 {
            let blocks = |row: &i32| waiting.iter().any(|other| other.rows.left.contains(row));
            let (far, near): (Vec<i32>, Vec<i32>) = piece.rows.right.iter().partition(|row| blocks(row));
            let row = free_row(&used, &piece);
            used.insert(row);
            courses[piece.bundle].second = Some(Second { row, track: 0, rows: far.clone() });
            let mut first = Bundle { right: near, ..piece.rows.clone() };
            first.right.push(row);
            second = Some(Piece::new(piece.bundle, Bundle { left: vec![row], right: far, from: None }, true));
            piece = Piece::new(piece.bundle, first, piece.is_second);
        }
        for (at, other) in waiting.iter().enumerate() {
            cost[at] -= other.cost(&piece) - piece.cost(other);
            blocked[at] -= usize::from(piece.must_precede(other)).min(blocked[at]);
        }
        before.push((0..done.len()).filter(|at| done[*at].must_precede(&piece)).collect());
        done.push(piece);
        if let Some(second) = second {
            for (at, other) in waiting.iter().enumerate() {
                cost[at] += other.cost(&second) - second.cost(other);
            }
            cost.push(waiting.iter().map(|other| second.cost(other) - other.cost(&second)).sum());
            blocked.push(waiting.iter().filter(|other| other.must_precede(&second)).count());
            waiting.push(second);
        }
    }
    (done, before)
}

/// Which piece comes next: the cheapest one that nothing blocks. Failing that, one to be taken apart: it must block
/// another one itself, or nothing would be won, and so it is never a second piece.
fn next(waiting: &[Piece], blocked: &[usize], cost: &[i64]) -> Option<usize> {
    let key = |at: &usize| (blocked[*at], cost[*at], waiting[*at].bundle, waiting[*at].is_second);
    let blocks = |at: &usize| waiting.iter().any(|other| waiting[*at].must_precede(other));
    let free = (0..waiting.len()).filter(|at| blocked[*at] == 0).min_by_key(key);
    free.or_else(|| (0..waiting.len()).filter(blocks).min_by_key(key))
}

/// The row nearest to where the piece comes from at which nothing meets a layer.
fn free_row(used: &BTreeSet<i32>, piece: &Piece) -> i32 {
    let from = piece.rows.left.first().or(piece.rows.right.first()).copied().unwrap_or(0);
    let is_free = |row: &i32| *row >= 0 && !used.contains(row);
    // Towards its span first: a detour within it takes no room that was free.
    let down = piece.high > from;
    (1..)
        .flat_map(|step| if down { [from + step, from - step] } else { [from - step, from + step] })
        .find(is_free)
        .unwrap_or(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(left: &[i32], right: &[i32]) -> Bundle {
        Bundle { left: left.to_vec(), right: right.to_vec(), from: left.first().copied() }
    }

    #[test]
    fn straight_lines_need_no_track_and_apart_ones_share_one() {
        let (courses, tracks) = lay(&[bundle(&[1], &[1]), bundle(&[4], &[6]), bundle(&[10], &[8])]);
        assert_eq!(courses.iter().map(|course| course.track).collect::<Vec<_>>(), [None, Some(0), Some(0)]);
        assert_eq!(tracks, 1);
    }

    #[test]
    fn who_leaves_in_a_row_is_left_of_who_arrives_in_it() {
        let (courses, tracks) = lay(&[bundle(&[5], &[1]), bundle(&[9], &[5])]);
        assert_eq!(courses.iter().map(|course| course.track).collect::<Vec<_>>(), [Some(0), Some(1)]);
        assert_eq!(tracks, 2);
    }

    #[test]
    fn callers_with_one_callee_join_in_one_track() {
        let (courses, tracks) = lay(&[bundle(&[1], &[4]), bundle(&[4], &[4]), bundle(&[7], &[4])]);
        assert_eq!(courses.iter().map(|course| course.track).collect::<Vec<_>>(), [Some(0); 3]);
        assert_eq!(tracks, 1);
    }

    #[test]
    fn two_that_change_places_get_a_detour() {
        let (courses, tracks) = lay(&[bundle(&[1], &[5]), bundle(&[5], &[1])]);
        assert_eq!(courses[0].second, Some(Second { row: 2, track: 2, rows: vec![5] }));
        assert_eq!((courses[0].track, courses[1].track, tracks), (Some(0), Some(1), 3));
    }
}
