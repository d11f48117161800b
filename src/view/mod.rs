//! How it looks: widgets from the state, nothing kept.
//!
//! ```text
//! ┌ header: account, region, write mode, window, age, calls, cost ──────────┐
//! │ tabs                                                                     │
//! │ banner, where something concerns the whole account                       │
//! │ body: the tab                                                            │
//! │        popups lie over it                                                │
//! └ footer: the keys that matter here, or the line being typed ──────────────┘
//! ```

pub mod chart;
pub mod chrome;
pub mod look;
pub mod pen;
pub mod popups;
pub mod tabs;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::app::App;
use crate::app::regions::SMALLEST;
use crate::app::tabs::Tab;
use look::Look;
use pen::Pen;

/// Draws the whole screen.
pub fn draw(app: &App, look: &Look, frame: &mut Frame) {
    let screen = frame.area();
    let mut pen = Pen { buffer: frame.buffer_mut(), look, now: app.now, offset: app.offset };
    pen.buffer.set_style(screen, look.styles.text);
    if screen.width < SMALLEST.0 || screen.height < SMALLEST.1 {
        let (columns, rows) = SMALLEST;
        pen.prose(
            screen,
            0,
            &format!("{columns}x{rows} needed, this is {}x{}", screen.width, screen.height),
            look.styles.text,
        );
        return;
    }
    let regions = crate::app::regions::Regions::of(screen.width, screen.height, app.banner().is_some());
    chrome::header(app, &mut pen, regions.header);
    chrome::tabs(app, &mut pen, regions.tabs);
    chrome::banner(app, &mut pen, regions.banner);
    match app.tab {
        Tab::Overview => tabs::overview::draw(app, &mut pen, regions.body),
        Tab::Functions => tabs::functions::draw(app, &mut pen, regions.body),
        Tab::Logs => tabs::logs::draw(app, &mut pen, regions.body),
        Tab::Traces => tabs::traces::draw(app, &mut pen, regions.body),
        Tab::Apis => tabs::apis::draw(app, &mut pen, regions.body),
    }
    chrome::footer(app, &mut pen, regions.footer);
    let below_header = Rect { y: 1, height: screen.height - 1, ..screen };
    for overlay in &app.overlays {
        popups::draw(app, overlay, &mut pen, below_header, regions.footer);
    }
    // Over the popups: at 80x24 a form covers the whole body, and what it has to say would go unseen.
    chrome::toasts(app, &mut pen, regions.body);
    if let Some(position) = popups::cursor(app, below_header, regions.footer) {
        frame.set_cursor_position(position);
    }
}
