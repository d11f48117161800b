//! The rows of a line on the screen: values that are not folded away, and the lines of long texts among them.
//!
//! Rows are places only; what stands in them is made when they are drawn. So a document of 100,000 keys costs a walk over its
//! nodes, and a row of a megabyte nothing.

use std::collections::HashMap;
use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use crate::model::json::{Document, Kind, Label};
use crate::text;

/// Values of a document up to which more than its top level is open at first.
const MANY: usize = 2_000;
/// How deep it is open then.
const OPEN: u16 = 2;

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The value; 0 for the text that is no JSON.
    pub node: u32,
    /// The part of its text that stands here; none where the value itself does, after its label.
    pub part: Option<Range<u32>>,
}

/// All rows.
#[derive(Debug, Default)]
pub struct Rows {
    all: Vec<Row>,
    /// Which values are open.
    open: Vec<bool>,
    /// Texts of several rows, by value.
    long: HashMap<u32, String>,
    /// Columns for a row.
    pub(super) columns: usize,
    /// Rows on the screen.
    pub(super) height: usize,
    /// Long texts take several rows.
    pub(super) wrap: bool,
}

impl Rows {
    pub(super) fn new(document: Option<&Document>) -> Rows {
        let depth = document.map_or(0, |document| if document.len() > MANY { 1 } else { OPEN });
        let open = document.map(|document| (0..document.len()).map(|at| document.node(at).depth <= depth).collect());
        Rows { open: open.unwrap_or_default(), ..Rows::default() }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// None: a line without text.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The row at a place.
    pub fn get(&self, row: usize) -> Option<&Row> {
        self.all.get(row)
    }

    /// Rows on the screen.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Whether a value is open; none where it can't be folded.
    pub fn folding(&self, document: Option<&Document>, node: usize) -> Option<bool> {
        let foldable = match document?.node(node) {
            value if value.kind.is_container() => value.count > 0 && node > 0,
            _ => self.long.contains_key(&u32::try_from(node).ok()?),
        };
        foldable.then(|| self.open[node])
    }

    pub(super) fn set_open(&mut self, node: usize, open: bool) {
        self.open[node] = open;
    }

    pub(super) fn set_all(&mut self, open: bool) {
        self.open.fill(open);
    }

    /// The row of a value, or of what it is folded into.
    pub(super) fn row_of(&self, node: usize) -> usize {
        let first = self.all.partition_point(|row| (row.node as usize) < node);
        let here = self.all.get(first).is_some_and(|row| row.node as usize == node);
        first.saturating_sub(usize::from(!here))
    }

    /// The text in which a part of a value stands.
    pub fn text(&self, node: u32) -> &str {
        self.long.get(&node).map_or("", String::as_str)
    }

    /// Lays them out anew: `before` is the text before the document, or all there is.
    pub(super) fn lay_out(&mut self, document: Option<&Document>, before: &str) {
        self.all.clear();
        self.long.clear();
        if !before.is_empty() {
            let text = text::safe(before).into_owned();
            self.all.extend(self.parts(&text, self.columns).into_iter().map(|part| Row { node: 0, part: Some(part) }));
            self.long.insert(0, text);
        }
        let Some(document) = document else { return };
        let mut at = 1;
        while at < document.len() {
            let node = document.node(at);
            let number = u32::try_from(at).unwrap_or(u32::MAX);
            self.all.push(Row { node: number, part: None });
            if node.kind == Kind::String {
                self.lay_out_text(document, at, number);
            }
            at = if node.kind.is_container() && !self.open[at] { node.next as usize } else { at + 1 };
        }
    }

    fn lay_out_text(&mut self, document: &Document, at: usize, number: u32) {
        let raw = document.raw(at);
        let several = memchr::memmem::find(raw.as_bytes(), b"\\n").is_some();
        if !several && !self.wrap {
            return;
        }
        let room = self.columns.saturating_sub(indent(document.node(at).depth)).max(8);
        let label = match document.label(at) {
            Label::Key(key) => text::width(&key) + 2,
            _ => 6,
        };
        // A character takes a byte at least, an escape two.
        if !several && label + raw.len() <= room {
            return;
        }
        let text = text::safe(&document.plain(at)).into_owned();
        let parts = self.parts(&text, room);
        if parts.len() < 2 && (!self.wrap || label + text::width(&text) + 2 <= room) {
            return;
        }
        if self.open[at] {
            self.all.extend(parts.into_iter().map(|part| Row { node: number, part: Some(part) }));
        }
        self.long.insert(number, text);
    }

    /// The lines of a text, cut into rows where it wraps.
    fn parts(&self, text: &str, room: usize) -> Vec<Range<u32>> {
        let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let mut parts = Vec::new();
        let mut from = 0;
        for line in text.trim_end_matches('\n').split('\n') {
            let end = from + line.len();
            let mut start = from;
            if self.wrap && line.len() > room {
                let mut used = 0;
                for (at, c) in line.char_indices() {
                    let wide = c.width().unwrap_or(0);
                    if used + wide > room && from + at > start {
                        parts.push(small(start)..small(from + at));
                        (start, used) = (from + at, 0);
                    }
                    used += wide;
                }
            }
            parts.push(small(start)..small(end));
            from = end + 1;
        }
        parts
    }
}

/// Columns before a value: two for each level, two for the sign of folding.
pub fn indent(depth: u16) -> usize {
    // A level more is no more to see where there are a hundred.
    usize::from(depth.clamp(1, 40)) * 2
}
