//! How the traces are looked at: remembered at each jump, so that Esc leads back to it.

use super::{Panel, Traces};
use crate::app::cursor::Cursor;
use crate::app::step::TraceTarget;
use crate::app::tabs::Context;
use crate::time::Moment;

/// One look at the traces.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Look {
    panel: Panel,
    expression: String,
    filter: String,
    range: Option<(f64, f64)>,
    stretch: Option<(Moment, Moment)>,
    open: Option<TraceTarget>,
    cursor: Cursor,
    arrival: Option<String>,
    arrived_in: Option<(Moment, Moment)>,
}

impl Traces {
    /// How the traces are looked at now.
    pub fn look(&self) -> Look {
        Look {
            panel: self.panel,
            expression: self.list.expression.clone(),
            filter: self.list.filter.clone(),
            range: self.list.range,
            stretch: self.list.stretch,
            arrived_in: self.arrived_in,
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
        self.list.stretch = look.stretch;
        self.list.brush = None;
        self.list.cursor = look.cursor;
        self.arrange(cx);
        match look.open {
            Some(target) => self.open(target, cx),
            None => self.open = None,
        }
        (self.arrival, self.arrived_in) = (look.arrival, look.arrived_in);
    }

    /// Nothing was changed since a jump had led to this list: Esc leads back.
    pub fn is_as_jumped_to(&self) -> bool {
        let list = &self.list;
        let narrowed = list.brush.is_some() || list.range.is_some() || !list.filter.is_empty();
        let at_rest = self.open.is_none() && self.panel == Panel::List && !narrowed && list.stretch == self.arrived_in;
        at_rest && self.arrival.as_ref() == Some(&self.list.expression)
    }
}
