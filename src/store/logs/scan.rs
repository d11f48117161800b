//! Searching text a block at a time: a hit is found at the speed of memory, and only then is its line looked up.

use std::ops::Range;

use super::LogStore;

/// Something that finds itself in text.
pub trait Finder {
    /// The first place at or after `from` where it stands: start and end, in bytes.
    fn find(&self, text: &str, from: usize) -> Option<(usize, usize)>;
}

impl LogStore {
    /// The lines before a place whose texts follow each other in one block, with about so many bytes of text; at least one
    /// line where there is one. Returns the bytes as well.
    pub fn run_before(&self, to: usize, bytes: usize) -> (Range<usize>, usize) {
        let to = to.min(self.entries.len());
        let mut entries = self.entries.range(..to).rev();
        let Some(mut first) = entries.next() else { return (0..0, 0) };
        if let Some(run) = self.whole_block(to) {
            return run;
        }
        let end = first.end();
        let mut place = to - 1;
        for entry in entries {
            if entry.block != first.block
                || entry.end() + 1 != first.start as usize
                || end - first.start as usize >= bytes
            {
                break;
            }
            first = entry;
            place -= 1;
        }
        (place..to, end - first.start as usize + 1)
    }

    /// The lines of a block whose last line stands before `to`, where all of them follow each other: nearly always.
    fn whole_block(&self, to: usize) -> Option<(Range<usize>, usize)> {
        let last = self.entries.get(to.checked_sub(1)?)?;
        let block = self.blocks.get(last.block.wrapping_sub(self.first_block) as usize)?;
        let from = to.checked_sub(block.lines as usize)?;
        let first = self.entries.get(from)?;
        // Lines in the order of time that are as many as there are places between the ends have no others among them.
        let whole = !block.mixed
            && block.dead == 0
            && first.block == last.block
            && first.start == 0
            && last.end() + 1 == block.text.len();
        whole.then_some((from..to, block.text.len()))
    }

    /// Tells the places of the lines in which something is found, ascending; the texts of the lines must follow each other
    /// in one block, as those of [`LogStore::run_before`] do.
    pub fn find_in_run(&self, run: Range<usize>, finder: &impl Finder, mut tell: impl FnMut(usize)) {
        if run.is_empty() {
            return;
        }
        let (first, last) = (self.entries[run.start], self.entries[run.end - 1]);
        let base = first.start as usize;
        let block = self.blocks.get(first.block.wrapping_sub(self.first_block) as usize);
        let Some(text) = block.and_then(|block| block.text.get(base..last.end())) else { return };
        let (mut place, mut from) = (run.start, 0);
        while place < run.end
            && let Some((start, end)) = finder.find(text, from)
        {
            place = self.line_at(place..run.end, base + start);
            let line = self.entries[place];
            let (line_start, line_end) = (line.start as usize - base, line.end() - base);
            // What begins in one line and ends in the next is in neither, but the first may have another of its own.
            if end <= line_end || finder.find(&text[line_start..line_end], 0).is_some() {
                tell(place);
            }
            place += 1;
            from = line_end + 1;
            if from > text.len() {
                break;
            }
        }
    }

    /// The line of a run in which a byte of the block stands. Hits are near each other or far apart: the steps double.
    fn line_at(&self, run: Range<usize>, byte: usize) -> usize {
        let starts_after = |place: usize| self.entries[place].start as usize > byte;
        let (mut low, mut step) = (run.start, 1);
        while low + step < run.end && !starts_after(low + step) {
            low += step;
            step *= 2;
        }
        let mut high = (low + step).min(run.end);
        while high - low > 1 {
            let middle = usize::midpoint(low, high);
            if starts_after(middle) { high = middle } else { low = middle }
        }
        low
    }
}
