//! The traces tab.

use ratatui::layout::Rect;

use crate::app::App;
use crate::view::pen::Pen;

/// Draws the tab.
pub fn draw(_app: &App, _pen: &mut Pen, _area: Rect) {}
