//! A cursor in a list that may change under it.

/// Which row is selected, and which is the first on screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// Selected row.
    pub row: usize,
    /// First row on screen.
    pub first: usize,
}

/// How a cursor moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// By rows, up if negative.
    By(isize),
    /// By screens.
    Pages(isize),
    /// To the first row.
    First,
    /// To the last row.
    Last,
}

impl Motion {
    /// The motion that an action means, if it means one.
    pub fn of(action: super::command::Action) -> Option<Motion> {
        use super::command::Action;
        Some(match action {
            Action::Up => Motion::By(-1),
            Action::Down => Motion::By(1),
            Action::PageUp => Motion::Pages(-1),
            Action::PageDown => Motion::Pages(1),
            Action::First => Motion::First,
            Action::Last => Motion::Last,
            _ => return None,
        })
    }
}

impl Cursor {
    /// Moves within `rows` rows, of which `height` are on screen.
    pub fn go(&mut self, motion: Motion, rows: usize, height: usize) {
        let last = rows.saturating_sub(1);
        self.row = match motion {
            Motion::By(step) => self.row.saturating_add_signed(step),
            Motion::Pages(pages) => self.row.saturating_add_signed(pages * (height.max(2) - 1).cast_signed()),
            Motion::First => 0,
            Motion::Last => last,
        };
        self.fit(rows, height);
    }

    /// Keeps the cursor in the list and the selected row on screen.
    pub fn fit(&mut self, rows: usize, height: usize) {
        self.row = self.row.min(rows.saturating_sub(1));
        let height = height.max(1);
        if self.row < self.first {
            self.first = self.row;
        } else if self.row >= self.first + height {
            self.first = self.row + 1 - height;
        }
        self.first = self.first.min(rows.saturating_sub(height));
    }

    /// The rows on screen.
    pub fn visible(&self, rows: usize, height: usize) -> std::ops::Range<usize> {
        let first = self.first.min(rows);
        first..(first + height).min(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_selected_row_is_on_screen_after_any_motion(
            rows in 0usize..200, height in 0usize..50, steps in prop::collection::vec(-60isize..60, 0..40)
        ) {
            let mut cursor = Cursor::default();
            for step in steps {
                cursor.go(Motion::By(step), rows, height);
                prop_assert!(rows == 0 || cursor.row < rows);
                prop_assert!(rows == 0 || cursor.visible(rows, height.max(1)).contains(&cursor.row));
            }
        }
    }
}
