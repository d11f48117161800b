//! The one door: every change passes this confirmation, whose default is Cancel.

use chrono::TimeDelta;
use tui_input::Input;

use super::effect::Change;
use crate::time::Moment;

/// Keys are ignored for so long after the dialog opened: what was typed ahead was not meant for it.
const DEAF: TimeDelta = TimeDelta::milliseconds(300);

/// Which button is selected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Button {
    /// Leave everything as it is.
    #[default]
    Cancel,
    /// Do it.
    Go,
}

/// A change waiting for a yes.
#[derive(Debug)]
pub struct Confirmation {
    /// The change.
    pub change: Change,
    /// What it means: from -> to, cost, warnings; one line each, the warnings marked.
    pub lines: Vec<(bool, String)>,
    /// The selected button.
    pub button: Button,
    /// Where the profile demands it: the name that must be typed, and what has been typed.
    pub name: Option<(String, Input)>,
    /// Lines that are scrolled past, where there is no room for all of them.
    pub scroll: usize,
    /// When it came up.
    pub opened: Moment,
}

/// Too early: a key was typed before what came up then could be read.
pub fn is_deaf(opened: Moment, now: Moment) -> bool {
    now - opened < DEAF
}

impl Confirmation {
    /// Too early: this key was typed before the dialog could be read.
    pub fn is_deaf(&self, now: Moment) -> bool {
        is_deaf(self.opened, now)
    }

    /// The name has been typed, or none is demanded.
    pub fn may_go(&self) -> bool {
        self.name.as_ref().is_none_or(|(name, typed)| typed.value().trim() == name)
    }
}
