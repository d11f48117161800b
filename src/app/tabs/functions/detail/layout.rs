//! Which panels of the open function are on the screen, and where: one at a time on a small screen, on a larger one the
//! charts above and one or two others below.

use ratatui::layout::Rect;

use super::Panel;

/// From this many rows and columns on the charts are always there.
const TALL: (u16, u16) = (28, 100);
/// From this many columns on two panels stand beside each other.
const WIDE: u16 = 160;

/// Panels that stand beside each other.
fn pair(panel: Panel) -> [Panel; 2] {
    match panel {
        Panel::Charts | Panel::Qualifiers | Panel::Concurrency => [Panel::Qualifiers, Panel::Concurrency],
        Panel::Invocations | Panel::ColdStarts => [Panel::Invocations, Panel::ColdStarts],
        Panel::Triggers | Panel::Cost => [Panel::Triggers, Panel::Cost],
        Panel::Configuration => [Panel::Configuration, Panel::Qualifiers],
    }
}

/// The panels on screen with their places, while `panel` listens.
pub fn shown(panel: Panel, area: Rect) -> Vec<(Panel, Rect)> {
    if area.height < TALL.0 || area.width < TALL.1 {
        return vec![(panel, area)];
    }
    let share = if panel == Panel::Charts { 60 } else { 38 };
    let top = Rect { height: area.height * share / 100, ..area };
    let below = Rect { y: top.bottom(), height: area.height - top.height, ..area };
    let [first, second] = pair(panel);
    let mut panels = vec![(Panel::Charts, top)];
    if area.width >= WIDE {
        let left = Rect { width: below.width * 52 / 100, ..below };
        let right = Rect { x: left.right(), width: below.width - left.width, ..below };
        panels.extend([(first, left), (second, right)]);
    } else {
        panels.push((if panel == Panel::Charts { first } else { panel }, below));
    }
    panels
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_panel_that_listens_is_there_and_none_covers_another(width in 0u16..300, height in 0u16..100, at in 0usize..8) {
            let area = Rect { x: 0, y: 3, width, height };
            let panels = shown(Panel::ALL[at], area);
            prop_assert!(panels.iter().any(|(panel, _)| *panel == Panel::ALL[at]));
            for (k, (panel, place)) in panels.iter().enumerate() {
                prop_assert!(place.is_empty() || area.intersection(*place) == *place);
                for (other, elsewhere) in &panels[k + 1..] {
                    prop_assert!(place.intersection(*elsewhere).is_empty() && panel != other);
                }
            }
        }
    }
}
