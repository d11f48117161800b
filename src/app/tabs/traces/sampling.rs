//! Groups, sampling rules and what they did: what of the traffic the list can show at all.

use crate::app::command::Action;
use crate::app::cursor::{Cursor, Motion};
use crate::app::overlay::Chosen;
use crate::app::step::Step;
use crate::app::tabs::Context;
use crate::model::expression;
use crate::model::tracing::{SamplingRule, SamplingStatistic, TraceGroup, Tracing};

/// A row of the panel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Row<'a> {
    /// A heading.
    Head(&'static str),
    /// A group: Enter lists its traces.
    Group(&'a TraceGroup),
    /// A rule, with what it did, summed over the last statistics that are known.
    Rule(&'a SamplingRule, Done),
}

/// What a rule did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Requests that fitted.
    pub requests: i64,
    /// Of those, sampled.
    pub sampled: i64,
}

impl Done {
    fn of(statistics: &[SamplingStatistic], rule: &str) -> Done {
        let mut done = Done::default();
        for one in statistics.iter().filter(|one| one.rule == rule) {
            done.requests += i64::from(one.requests);
            done.sampled += i64::from(one.sampled);
        }
        done
    }
}

/// The rows of the panel.
pub fn rows(tracing: &Tracing) -> Vec<Row<'_>> {
    let mut rows = vec![Row::Head("Sampling rules: the first that fits decides")];
    rows.extend(tracing.rules.iter().map(|rule| Row::Rule(rule, Done::of(&tracing.statistics, &rule.name))));
    rows.push(Row::Head("Groups"));
    rows.extend(tracing.groups.iter().map(Row::Group));
    rows
}

/// A rule in words: `1 per second + 5 %`.
pub fn in_words(rule: &SamplingRule) -> String {
    let share = format!("{} %", (rule.rate * 1000.0).round() / 10.0);
    match rule.reservoir {
        0 => share,
        reservoir => format!("{reservoir} per second + {share}"),
    }
}

/// The panel's state.
#[derive(Debug, Default)]
pub struct Sampling {
    /// Cursor in the rows.
    pub cursor: Cursor,
}

impl Sampling {
    pub(super) fn act(&mut self, action: Action, cx: &Context) -> Vec<Step> {
        let Some(tracing) = cx.store.tracing.get() else { return vec![] };
        let rows = rows(tracing);
        if let Some(motion) = Motion::of(action) {
            self.cursor.go(motion, rows.len(), usize::from(cx.body.height.saturating_sub(4)));
            return vec![];
        }
        match (action, rows.get(self.cursor.row)) {
            (Action::Open, Some(Row::Group(group))) => {
                // The default group has no expression: it is everything.
                let text =
                    group.expression.as_ref().map(|_| format!("group.name = {}", expression::quote(&group.name)));
                vec![Step::Choose(Chosen::Expression(text.unwrap_or_default()))]
            }
            (Action::Open, Some(Row::Rule(..))) => {
                vec![Step::Say("A rule decides what is sampled; traces do not tell which rule took them".into())]
            }
            _ => vec![],
        }
    }
}
