//! Functions: every function worst first, and one function's detail.

pub mod detail;
mod filter;

use std::cmp::Ordering;
use std::collections::HashMap;

use super::{Context, Learnt};
use crate::app::command::{Action, Place};
use crate::app::cursor::{Cursor, Motion};
use crate::app::interests::Interests;
use crate::app::selected::Selected;
use crate::app::step::Step;
use crate::model::function::Function;
use crate::model::series::Subject;
use crate::store::Store;
use crate::store::metrics::{Figures, function_row};
use detail::Detail;
use filter::Filter;

/// Up to so many functions all are measured, so that the worst are found by themselves: 80 rows of six series fit one
/// GetMetricData call (500 queries). Beyond, only what is on screen is measured.
pub const MEASURED_ALL: usize = 80;

/// A column to sort by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the columns' headings
pub enum Column {
    #[default]
    Worst,
    Name,
    Invocations,
    Errors,
    Throttles,
    P50,
    P99,
    Concurrency,
}

impl Column {
    const ALL: [Column; 8] = [
        Column::Worst,
        Column::Name,
        Column::Invocations,
        Column::Errors,
        Column::Throttles,
        Column::P50,
        Column::P99,
        Column::Concurrency,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Column::Worst => "worst",
            Column::Name => "name",
            Column::Invocations => "invocations",
            Column::Errors => "errors",
            Column::Throttles => "throttles",
            Column::P50 => "p50",
            Column::P99 => "p99",
            Column::Concurrency => "concurrency",
        }
    }
}

/// The tab's state.
#[derive(Debug, Default)]
pub struct Functions {
    /// Indices into the inventory, filtered and in order.
    pub order: Vec<usize>,
    /// Figures by function, taken when metrics come in, not at each frame.
    pub figures: HashMap<String, Figures>,
    /// How many functions there were when `order` was made.
    pub arranged: usize,
    /// Cursor in `order`.
    pub cursor: Cursor,
    /// Name of the selected function: the selection stays with it when the order changes.
    pub chosen: Option<String>,
    /// Column.
    pub column: Column,
    /// Turned round.
    pub reversed: bool,
    /// Filter.
    pub filter: String,
    /// The function whose detail is open.
    pub detail: Option<Detail>,
}

/// Lines of the panel that are no rows: its frame and the column titles.
const TABLE_CHROME: u16 = 3;

impl Functions {
    /// Where keys listen.
    pub fn place(&self) -> Place {
        if self.detail.is_some() { Place::Function } else { Place::Functions }
    }

    /// Rows of the table on screen.
    pub fn height(body: ratatui::layout::Rect) -> usize {
        usize::from(body.height.saturating_sub(TABLE_CHROME)).max(1)
    }

    /// Something new is known.
    pub fn learn(&mut self, learnt: Learnt, cx: &Context) {
        if let Some(detail) = &mut self.detail {
            detail.learn(cx);
        }
        match learnt {
            Learnt::Functions => self.arrange(cx),
            Learnt::Metrics => {
                for function in cx.store.functions.all() {
                    let figures = cx.store.metrics.figures(&Subject::Function(function.name.clone()));
                    if figures.invocations.is_some() {
                        self.figures.insert(function.name.clone(), figures);
                    }
                }
                self.arrange(cx);
            }
            _ => {}
        }
    }

    /// Filters and sorts anew, keeping the selection on its function.
    pub fn arrange(&mut self, cx: &Context) {
        let functions = cx.store.functions.all();
        self.arranged = functions.len();
        let filter = Filter::read(&self.filter);
        let none = Figures::default();
        self.order = (0..functions.len())
            .filter(|&at| filter.takes(&functions[at], self.figures.get(&functions[at].name).unwrap_or(&none)))
            .collect();
        let column = self.column;
        let reversed = self.reversed;
        let figures = &self.figures;
        let key = |at: usize| figures.get(&functions[at].name).unwrap_or(&none);
        self.order.sort_by(|&a, &b| {
            let (x, y) = (key(a), key(b));
            let by = match column {
                Column::Worst => score(y, &functions[b]).total_cmp(&score(x, &functions[a])),
                Column::Name => Ordering::Equal,
                Column::Invocations => y.invocations.unwrap_or(-1.0).total_cmp(&x.invocations.unwrap_or(-1.0)),
                Column::Errors => y.errors.total_cmp(&x.errors),
                Column::Throttles => y.throttles.total_cmp(&x.throttles),
                Column::P50 => y.p50.unwrap_or(-1.0).total_cmp(&x.p50.unwrap_or(-1.0)),
                Column::P99 => y.p99.unwrap_or(-1.0).total_cmp(&x.p99.unwrap_or(-1.0)),
                Column::Concurrency => y.concurrency.unwrap_or(-1.0).total_cmp(&x.concurrency.unwrap_or(-1.0)),
            };
            let by = if reversed { by.reverse() } else { by };
            by.then_with(|| {
                let names = functions[a].name.cmp(&functions[b].name);
                if reversed && column == Column::Name { names.reverse() } else { names }
            })
        });
        if let Some(at) =
            self.chosen.as_ref().and_then(|name| self.order.iter().position(|&at| functions[at].name == *name))
        {
            // The selection stays with its function, and as far as possible at its place on the screen.
            let on_screen = self.cursor.row.saturating_sub(self.cursor.first);
            self.cursor.row = at;
            self.cursor.first = at.saturating_sub(on_screen);
        }
        self.cursor.fit(self.order.len(), Self::height(cx.body));
    }

    fn remember(&mut self, store: &Store) {
        self.chosen = self.order.get(self.cursor.row).map(|&at| store.functions.all()[at].name.clone());
    }

    /// A key's meaning.
    pub fn act(&mut self, action: Action, cx: &Context) -> Vec<Step> {
        if let Some(detail) = &mut self.detail {
            if action == Action::Back {
                if detail.can_leave() {
                    detail.leave();
                } else {
                    self.detail = None;
                }
                return vec![];
            }
            return detail.act(action, cx);
        }
        if let Some(motion) = Motion::of(action) {
            self.cursor.go(motion, self.order.len(), Self::height(cx.body));
            // At rest on the first row the cursor stays there, so that the worst function is always in sight.
            self.remember(cx.store);
            if self.cursor.row == 0 {
                self.chosen = None;
            }
            return vec![];
        }
        match action {
            Action::Open | Action::SeeMetrics => {
                self.remember(cx.store);
                if let Some(name) = self.order.get(self.cursor.row).map(|&at| cx.store.functions.all()[at].name.clone())
                {
                    self.open(name);
                }
            }
            Action::Sort | Action::SortReverse => {
                if action == Action::Sort {
                    let at = Column::ALL.iter().position(|column| *column == self.column).unwrap_or(0);
                    self.column = Column::ALL[(at + 1) % Column::ALL.len()];
                    self.reversed = false;
                } else {
                    self.reversed = !self.reversed;
                }
                self.arrange(cx);
            }
            Action::Back if !self.filter.is_empty() => {
                self.filter.clear();
                self.arrange(cx);
            }
            _ => {}
        }
        vec![]
    }

    /// The open function has something that Esc leaves before it is left itself.
    pub fn is_inside_detail(&self) -> bool {
        self.detail.as_ref().is_some_and(Detail::can_leave)
    }

    /// Logs and traces are wanted of the moment under the crosshair.
    pub fn has_moment(&self) -> bool {
        self.detail.as_ref().is_some_and(Detail::has_moment)
    }

    /// Opens a function's detail.
    pub fn open(&mut self, name: String) {
        self.chosen = Some(name.clone());
        if self.detail.as_ref().is_none_or(|detail| detail.name != name) {
            self.detail = Some(Detail::of(name));
        }
    }

    /// The function whose detail is open.
    pub fn opened(&self) -> Option<&str> {
        self.detail.as_ref().map(|detail| detail.name.as_str())
    }

    /// What is selected.
    pub fn selected(&self, store: &Store) -> Selected {
        if let Some(detail) = &self.detail {
            return detail.selected(store);
        }
        let row = self.order.get(self.cursor.row).and_then(|&at| store.functions.all().get(at));
        row.map(|function| Selected::function(&function.name)).unwrap_or_default()
    }

    /// What should be polled while this tab is shown.
    pub fn interests(&self, cx: &Context, wanted: &mut Interests) {
        wanted.inventory = true;
        wanted.account_settings = true;
        if let Some(detail) = &self.detail {
            detail.interests(cx, wanted);
            return;
        }
        let functions = cx.store.functions.all();
        if functions.len() <= MEASURED_ALL {
            let all = functions.iter().map(|function| Subject::Function(function.name.clone()));
            wanted.series.extend(all.flat_map(|subject| function_row(&subject)));
        }
        for at in self.order[self.cursor.visible(self.order.len(), Self::height(cx.body))].iter().copied() {
            let function = &functions[at];
            wanted.series.extend(function_row(&Subject::Function(function.name.clone())));
            if function.reserved.is_none() {
                wanted.reserved.insert(function.name.clone());
            }
        }
    }
}

/// How bad a function is: errors and throttles weigh by their number and their share, a p99 near the time-out counts,
/// and volume breaks ties, so that of two healthy functions the busier stands first.
pub fn score(figures: &Figures, function: &Function) -> f64 {
    let Some(invocations) = figures.invocations else { return -1.0 };
    let failing = figures.errors * (1.0 + 10.0 * figures.error_share());
    let throttled = figures.throttles * (1.0 + 10.0 * figures.throttle_share());
    let slow = match figures.p99 {
        Some(p99) if function.timeout_s > 0 => {
            let share = p99 / (f64::from(function.timeout_s) * 1000.0);
            if share > 0.8 { invocations * share * 0.1 } else { 0.0 }
        }
        _ => 0.0,
    };
    failing + throttled + slow + invocations * 1e-6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failing_functions_stand_before_busy_ones_and_unknown_ones_last() {
        let function = Function { timeout_s: 10, ..Function::default() };
        let figures = |invocations, errors, p99| Figures {
            invocations: Some(invocations),
            errors,
            p99: Some(p99),
            ..Figures::default()
        };
        let failing = score(&figures(100.0, 10.0, 50.0), &function);
        let busy = score(&figures(10_000.0, 0.0, 50.0), &function);
        let slow = score(&figures(1_000.0, 0.0, 9_500.0), &function);
        assert!(failing > busy && slow > busy && busy > score(&Figures::default(), &function));
    }
}
