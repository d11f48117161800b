//! The dashboard as a program for the loop: the state, and how it looks.

use ratatui::Frame;

use super::{Program, Remote};
use crate::app::App;
use crate::app::effect::{Change, Effect, Outcome};
use crate::app::interests::Interests;
use crate::app::message::{Message, Traffic};
use crate::aws::{Account, changes};
use crate::time::Moment;
use crate::view::{self, look::Look};

/// The state of the dashboard, and its colours and glyphs.
pub struct Dashboard {
    /// The state.
    pub app: App,
    /// Colours and glyphs.
    pub look: Look,
}

impl Program for Dashboard {
    fn update(&mut self, message: Message) -> Vec<Effect> {
        self.app.update(message)
    }

    fn interests(&self) -> Interests {
        self.app.interests()
    }

    fn is_busy(&self) -> bool {
        self.app.is_busy()
    }

    fn draw(&self, frame: &mut Frame<'_>) {
        view::draw(&self.app, &self.look, frame);
    }
}

impl Remote for Account {
    async fn carry_out(&self, change: Change) -> (Outcome, Option<String>) {
        changes::perform_on_record(self, change).await
    }

    fn traffic(&self, now: Moment) -> Traffic {
        self.traffic(now)
    }
}
