//! Traces: the list of the window, and the waterfall of one.

mod pointers;

use std::collections::HashSet;

use serde_json::Value;

use super::{Context, Learnt};
use crate::app::command::{Action, Place};
use crate::app::cursor::{Cursor, Motion};
use crate::app::interests::{Interests, TraceQuery};
use crate::app::step::Step;
use crate::model::trace::{Span, TraceSummary, Waterfall};
use crate::store::Store;

/// What the list is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the columns' headings
pub enum Column {
    #[default]
    Newest,
    Duration,
    ResponseTime,
}

impl Column {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Column::Newest => "newest",
            Column::Duration => "duration",
            Column::ResponseTime => "response time",
        }
    }
}

/// The tab's state.
#[derive(Debug, Default)]
pub struct Traces {
    /// Local filter, as typed.
    pub filter: String,
    expression: String,
    /// Places in the store, filtered and in order.
    pub order: Vec<usize>,
    /// How many traces there were when `order` was made.
    pub arranged: usize,
    /// Cursor in `order`.
    pub cursor: Cursor,
    /// What the list is sorted by.
    pub column: Column,
    /// Turned round.
    pub reversed: bool,
    /// The trace that is open.
    pub open: Option<String>,
    /// Ids of the spans that are folded.
    pub folded: HashSet<String>,
    /// Cursor in the rows of the waterfall.
    pub span: Cursor,
    /// The detail of the selected span has the keys.
    pub on_detail: bool,
    /// Scroll position of the detail.
    pub detail: Cursor,
    /// The list in store is of another expression or window.
    pub outdated: bool,
}

/// Lines of a panel that are no rows: its frame and the column titles.
const CHROME: u16 = 3;

impl Traces {
    /// Where keys listen.
    pub fn place(&self) -> Place {
        if self.open.is_some() { Place::Trace } else { Place::Traces }
    }

    /// Rows of the list on screen.
    pub fn height(body: ratatui::layout::Rect) -> usize {
        usize::from(body.height.saturating_sub(CHROME)).max(1)
    }

    /// Rows of the waterfall on screen, and of the detail below it.
    pub fn halves(body: ratatui::layout::Rect) -> (u16, u16) {
        let detail = (body.height * 2 / 5).max(5).min(body.height / 2);
        (body.height - detail, detail)
    }

    /// Something new is known.
    pub fn learn(&mut self, learnt: Learnt, cx: &Context) {
        if matches!(learnt, Learnt::Traces | Learnt::Other) {
            self.arrange(cx);
        }
    }

    /// Filters and sorts anew; the selection stays with its trace.
    pub fn arrange(&mut self, cx: &Context) {
        let all = cx.store.traces.all();
        self.arranged = all.len();
        let chosen = self.order.get(self.cursor.row).and_then(|&at| all.get(at)).map(|summary| summary.id.clone());
        let at_top = self.cursor.row == 0;
        let words: Vec<String> = self.filter.to_lowercase().split_whitespace().map(str::to_string).collect();
        self.order = (0..all.len()).filter(|&at| passes(&all[at], &words)).collect();
        let key = |at: usize| match self.column {
            Column::Newest => 0.0,
            Column::Duration => -all[at].duration.unwrap_or(0.0),
            Column::ResponseTime => -all[at].response_time.unwrap_or(0.0),
        };
        self.order.sort_by(|&a, &b| key(a).total_cmp(&key(b)).then(a.cmp(&b)));
        if self.reversed {
            self.order.reverse();
        }
        if let Some(row) = chosen.filter(|_| !at_top).and_then(|id| self.order.iter().position(|&at| all[at].id == id))
        {
            self.cursor.row = row;
        }
        self.cursor.fit(self.order.len(), Self::height(cx.body));
    }

    /// The rows of the waterfall: spans none of whose ancestors is folded.
    pub fn rows(&self, waterfall: &Waterfall) -> Vec<usize> {
        let mut hidden_below: Option<usize> = None;
        let mut rows = Vec::new();
        for (at, span) in waterfall.spans.iter().enumerate() {
            if hidden_below.is_some_and(|depth| span.depth > depth) {
                continue;
            }
            hidden_below = self.folded.contains(&span.id).then_some(span.depth);
            rows.push(at);
        }
        rows
    }

    fn waterfall<'a>(&self, store: &'a Store) -> Option<&'a Waterfall> {
        store.traces.opened(self.open.as_deref()?)?.get().map(|(_, waterfall)| waterfall)
    }

    /// The selected span.
    pub fn selected_span<'a>(&self, store: &'a Store) -> Option<&'a Span> {
        let waterfall = self.waterfall(store)?;
        let at = *self.rows(waterfall).get(self.span.row)?;
        waterfall.spans.get(at)
    }

    /// A key's meaning.
    pub fn act(&mut self, action: Action, cx: &Context) -> Vec<Step> {
        if self.open.is_some() {
            return self.act_in_trace(action, cx);
        }
        if let Some(motion) = Motion::of(action) {
            self.cursor.go(motion, self.order.len(), Self::height(cx.body));
            return vec![];
        }
        let all = cx.store.traces.all();
        match action {
            Action::Open => {
                if let Some(id) = self.order.get(self.cursor.row).map(|&at| all[at].id.clone()) {
                    self.open(id, cx);
                }
            }
            Action::Sort | Action::SortReverse => {
                if action == Action::Sort {
                    self.reversed = false;
                    self.column = match self.column {
                        Column::Newest => Column::Duration,
                        Column::Duration => Column::ResponseTime,
                        Column::ResponseTime => Column::Newest,
                    };
                } else {
                    self.reversed = !self.reversed;
                }
                self.cursor = Cursor::default();
                self.arrange(cx);
            }
            Action::NextError | Action::PreviousError => {
                let failed = |row: &usize| {
                    let summary = &all[self.order[*row]];
                    summary.fault || summary.error || summary.throttle
                };
                let found = if action == Action::NextError {
                    (self.cursor.row + 1..self.order.len()).find(failed)
                } else {
                    (0..self.cursor.row.min(self.order.len())).rev().find(failed)
                };
                match found {
                    Some(row) => {
                        self.cursor.row = row;
                        self.cursor.fit(self.order.len(), Self::height(cx.body));
                    }
                    None => return vec![Step::Say("No further failed trace in the list".into())],
                }
            }
            Action::Back if !self.filter.is_empty() => {
                self.filter.clear();
                self.arrange(cx);
            }
            Action::Back if !self.expression.is_empty() => {
                self.expression.clear();
                self.outdated = true;
            }
            _ => {}
        }
        vec![]
    }

    fn act_in_trace(&mut self, action: Action, cx: &Context) -> Vec<Step> {
        let rows = self.waterfall(cx.store).map_or(0, |waterfall| self.rows(waterfall).len());
        let (tree, below) = Self::halves(cx.body);
        if let Some(motion) = Motion::of(action) {
            if self.on_detail {
                let lines = self.selected_span(cx.store).map_or(0, |span| describe(span).len());
                self.detail.go(motion, lines, usize::from(below.saturating_sub(2)));
            } else {
                self.span.go(motion, rows, usize::from(tree.saturating_sub(CHROME)));
                self.detail = Cursor::default();
            }
            return vec![];
        }
        let selected = self.selected_span(cx.store).map(|span| (span.id.clone(), span.has_children, span.parent));
        match (action, selected) {
            (Action::Back, _) => self.close(),
            (Action::NextPanel | Action::PreviousPanel, _) => self.on_detail = !self.on_detail,
            (Action::Open, Some((id, true, _))) if self.folded.contains(&id) => {
                self.folded.remove(&id);
            }
            (Action::Open, Some((id, true, _))) => {
                self.folded.insert(id);
            }
            (Action::Right, Some((id, true, _))) => {
                self.folded.remove(&id);
            }
            (Action::Left, Some((id, has_children, parent))) => {
                if has_children && !self.folded.contains(&id) {
                    self.folded.insert(id);
                } else if let (Some(parent), Some(waterfall)) = (parent, self.waterfall(cx.store)) {
                    let row = self.rows(waterfall).iter().position(|at| *at == parent);
                    self.span.row = row.unwrap_or(self.span.row);
                }
            }
            _ => {}
        }
        let rows = self.waterfall(cx.store).map_or(0, |waterfall| self.rows(waterfall).len());
        self.span.fit(rows, usize::from(tree.saturating_sub(CHROME)));
        vec![]
    }

    /// What should be polled while this tab is shown.
    pub fn interests(&self, _cx: &Context, wanted: &mut Interests) {
        wanted.inventory = true;
        match &self.open {
            Some(id) => wanted.trace = Some(id.clone()),
            None => wanted.traces = Some(TraceQuery { filter: self.expression.clone() }),
        }
    }

    /// Shows the traces that a filter expression takes.
    pub fn show(&mut self, expression: String, cx: &Context) {
        self.open = None;
        self.filter.clear();
        if self.expression != expression {
            self.expression = expression;
            self.outdated = true;
        }
        self.cursor = Cursor::default();
        self.arrange(cx);
    }

    /// Opens one trace.
    pub fn open(&mut self, id: String, _cx: &Context) {
        if self.open.as_ref() != Some(&id) {
            self.folded.clear();
            self.span = Cursor::default();
            self.detail = Cursor::default();
            self.on_detail = false;
        }
        self.open = Some(id);
    }

    /// Another time window: what was listed is gone.
    pub fn window_changed(&mut self, _cx: &Context) {
        self.outdated = true;
    }

    /// Esc has something to leave here.
    pub fn can_leave(&self) -> bool {
        self.open.is_some() || !self.filter.is_empty() || !self.expression.is_empty()
    }

    /// The filter expression that AWS applies.
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// Another filter expression; what a look at its brackets and quotes shows to be wrong is not sent.
    pub fn set_expression(&mut self, text: &str, _cx: &Context) -> Result<(), String> {
        let text = text.trim().to_string();
        balanced(&text)?;
        if text != self.expression {
            self.expression = text;
            self.outdated = true;
            self.cursor = Cursor::default();
        }
        Ok(())
    }

    /// A trace is open.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Closes the open trace.
    pub fn close(&mut self) {
        self.open = None;
        self.on_detail = false;
    }
}

fn passes(summary: &TraceSummary, words: &[String]) -> bool {
    let has = |text: &str, word: &str| text.to_lowercase().contains(word);
    words.iter().all(|word| match word.as_str() {
        "fault" => summary.fault,
        "error" => summary.error || summary.fault,
        "throttle" => summary.throttle,
        _ => {
            has(&summary.id, word)
                || summary.url.as_deref().is_some_and(|url| has(url, word))
                || summary.method.as_deref().is_some_and(|method| has(method, word))
                || summary.entry_point.as_deref().is_some_and(|name| has(name, word))
                || summary.status.is_some_and(|status| status.to_string() == *word)
                || summary.services.iter().any(|name| has(name, word))
                || summary.annotations.iter().any(|(key, value)| has(key, word) || has(value, word))
        }
    })
}

fn balanced(text: &str) -> Result<(), String> {
    let mut open = Vec::new();
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' => open.push(')'),
            '{' => open.push('}'),
            '[' => open.push(']'),
            ')' | '}' | ']' if open.pop() != Some(c) => return Err(format!("`{c}` closes nothing")),
            _ => {}
        }
    }
    match (quoted, open.pop()) {
        (true, _) => Err("a quote is not closed".into()),
        (false, Some(missing)) => Err(format!("`{missing}` is missing at the end")),
        _ => Ok(()),
    }
}

/// A span as lines: what it was, how it went, what it carried.
pub fn describe(span: &Span) -> Vec<(String, String)> {
    let mut rows: Vec<(String, String)> = Vec::new();
    let safe = |text: &str| crate::text::safe_line(text).into_owned();
    let document = &span.document;
    let duration = span.end.map(|end| crate::text::millis((end - span.start) * 1000.0));
    rows.push(("duration".into(), duration.unwrap_or_else(|| "in progress".into())));
    let mut add = |what: &str, value: Option<&Value>| {
        if let Some(value) = value {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_string);
            rows.push((what.to_string(), safe(&text)));
        }
    };
    for (what, pointer) in [
        ("origin", "/origin"),
        ("namespace", "/namespace"),
        ("method", "/http/request/method"),
        ("url", "/http/request/url"),
        ("status", "/http/response/status"),
        ("client", "/http/request/client_ip"),
        ("operation", "/aws/operation"),
        ("request id", "/aws/request_id"),
        ("table", "/aws/table_name"),
        ("queue", "/aws/queue_url"),
        ("retries", "/aws/retries"),
        ("function", "/aws/function_arn"),
        ("user", "/user"),
        ("resource", "/resource_arn"),
        ("sql", "/sql/sanitized_query"),
    ] {
        add(what, document.pointer(pointer));
    }
    if let Some(Value::String(id)) = document.get("cause") {
        rows.push(("cause".into(), format!("exception {}", safe(id))));
    }
    for exception in document.pointer("/cause/exceptions").and_then(Value::as_array).into_iter().flatten() {
        let word = |key: &str| exception.get(key).and_then(Value::as_str).map(safe).unwrap_or_default();
        rows.push(("exception".into(), format!("{}: {}", word("type"), word("message"))));
        for frame in exception.get("stack").and_then(Value::as_array).into_iter().flatten().take(50) {
            let word = |key: &str| frame.get(key).and_then(Value::as_str).map(safe).unwrap_or_default();
            let line = frame.get("line").and_then(Value::as_i64).map(|line| format!(":{line}")).unwrap_or_default();
            rows.push((String::new(), format!("  at {} ({}{line})", word("label"), word("path"))));
        }
    }
    for (key, value) in document.get("annotations").and_then(Value::as_object).into_iter().flatten() {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_string);
        rows.push((format!("annotation {}", safe(key)), safe(&text)));
    }
    if let Some(metadata) = document.get("metadata").filter(|metadata| metadata.is_object()) {
        let pretty = serde_json::to_string_pretty(metadata).unwrap_or_default();
        for (at, line) in pretty.lines().take(2_000).enumerate() {
            rows.push((if at == 0 { "metadata".into() } else { String::new() }, safe(line)));
        }
    }
    rows.push(("segment".into(), safe(&span.id)));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_that_can_not_be_right_is_not_sent() {
        assert!(balanced(r#"service("a") { fault = true } AND http.url CONTAINS ")""#).is_ok());
        assert!(balanced(r#"service("a""#).unwrap_err().contains("`)`"));
        assert!(balanced(r#"http.url = "x"#).unwrap_err().contains("quote"));
        assert!(balanced("a)").is_err());
    }
}
