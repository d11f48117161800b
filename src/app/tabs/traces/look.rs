//! How the traces are looked at: remembered at each jump, so that Esc leads back to it.

use super::{Panel, Traces};
use crate::app::cursor::Cursor;
use crate::app::step::TraceTarget;
use crate::app::tabs::Context;

/// One look at the traces.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Look {
    panel: Panel,
    expression: String,
    filter: String,
    range: Option<(f64, f64)>,
    open: Option<TraceTarget>,
    cursor: Cursor,
    arrival: Option<String>,
}

impl Traces {
    /// How the traces are looked at now.
    pub fn look(&self) -> Look {
        Look {
            panel: self.panel,
            expression: self.list.expression.clone(),
            filter: self.list.filter.clone(),
            range: self.list.range,
            open: self.open.as_ref().map(|open| open.target.clone()),
            cursor: self.list.cursor,
            arrival: self.arrival.clone(),
        }
    }

    /// Looks at them in that way again.
    pub fn look_again(&mut self, look: Look, cx: &Context) {
        // What was listed under another expression is read anew.
        self.change_expression(look.expression);
        (self.panel, self.list.filter, self.list.range) = (look.panel, look.filter, look.range);
        self.list.brush = None;
        self.list.cursor = look.cursor;
        self.arrange(cx);
        match look.open {
            Some(target) => self.open(target, cx),
            None => self.open = None,
        }
        self.arrival = look.arrival;
    }

    /// Nothing was changed since a jump had led to this list: Esc leads back.
    pub fn is_as_jumped_to(&self) -> bool {
        let at_rest = self.open.is_none() && self.panel == Panel::List && !self.list_can_leave();
        at_rest && self.arrival.as_ref() == Some(&self.list.expression)
    }
}
