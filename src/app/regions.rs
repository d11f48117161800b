//! Where things stand on the screen: update uses it for paging and the mouse, view for drawing.

use ratatui::layout::Rect;

/// The smallest terminal in which the dashboard makes sense.
pub const SMALLEST: (u16, u16) = (40, 10);

/// The fixed parts of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Regions {
    /// Account, region, write mode, window, cost.
    pub header: Rect,
    /// Tabs.
    pub tabs: Rect,
    /// A standing banner, where something concerns the whole account; empty otherwise.
    pub banner: Rect,
    /// The tab.
    pub body: Rect,
    /// Keys, or the line being typed.
    pub footer: Rect,
}

impl Regions {
    /// The parts of a screen of this size.
    pub fn of(columns: u16, rows: u16, banner: bool) -> Regions {
        let line = |y: u16, height: u16| Rect { x: 0, y: y.min(rows), width: columns, height };
        let banner_height = u16::from(banner);
        let used = 3 + banner_height;
        Regions {
            header: line(0, rows.min(1)),
            tabs: line(1, u16::from(rows > 1)),
            banner: line(2, if rows > 4 { banner_height } else { 0 }),
            body: line(2 + banner_height, rows.saturating_sub(used)),
            footer: line(rows.saturating_sub(1), u16::from(rows > 2)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn regions_lie_on_the_screen_and_apart(columns in 0u16..300, rows in 0u16..100, banner: bool) {
            let regions = Regions::of(columns, rows, banner);
            let screen = Rect { x: 0, y: 0, width: columns, height: rows };
            let parts = [regions.header, regions.tabs, regions.banner, regions.body, regions.footer];
            for (at, part) in parts.iter().enumerate() {
                prop_assert!(part.is_empty() || screen.intersection(*part) == *part);
                for other in &parts[at + 1..] {
                    prop_assert!(part.intersection(*other).is_empty());
                }
            }
        }
    }
}
