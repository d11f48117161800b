//! The open trace: which rows of the waterfall are seen, at what zoom, and what is searched in it.

use std::collections::HashSet;

use super::detail::{Detail, Kind};
use crate::app::command::Action;
use crate::app::cursor::{Cursor, Motion};
use crate::app::step::{Jump, Step, TraceTarget};
use crate::app::tabs::Context;
use crate::model::trace::{Span, Trace, Waterfall};
use crate::store::Store;
use crate::store::waterfall::{guilty, invocation};

/// Lines of the waterfall's panel that are no rows: its frame and the axis.
const CHROME: u16 = 3;
/// The shortest time that the axis shows, s.
const NEAREST: f64 = 1e-5;

/// An open trace.
#[derive(Debug, Default)]
pub struct Open {
    /// Which one, and what of it is looked for.
    pub target: TraceTarget,
    /// Ids of the spans that are folded.
    pub folded: HashSet<String>,
    /// Cursor in the rows.
    pub cursor: Cursor,
    /// The cursor has been put on the span that is looked for.
    placed: bool,
    /// The span that the cursor was on: a trace grows.
    span: Option<String>,
    /// The part of the time axis that is seen, s since 1970; none is all of it.
    pub zoom: Option<(f64, f64)>,
    /// What is searched.
    pub search: String,
    /// Only spans for which the answer waited, those that failed, and what they stand in.
    pub critical_only: bool,
    /// The detail of the selected span has the keys.
    pub on_detail: bool,
    /// That detail.
    pub detail: Detail,
}

impl Open {
    /// A trace to look at.
    pub fn new(target: TraceTarget) -> Open {
        Open { target, ..Open::default() }
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.target.id
    }

    /// Its documents and its waterfall, once they are here.
    pub fn whole<'a>(&self, store: &'a Store) -> Option<(&'a Trace, &'a Waterfall)> {
        store.traces.whole(self.id())?.get().map(|(trace, waterfall)| (trace, waterfall))
    }

    /// Rows of the waterfall on screen, and of the detail below it.
    pub fn halves(body: ratatui::layout::Rect) -> (u16, u16) {
        let detail = (body.height * 2 / 5).max(5).min(body.height / 2);
        (body.height - detail, detail)
    }

    fn height(body: ratatui::layout::Rect) -> usize {
        usize::from(Open::halves(body).0.saturating_sub(CHROME)).max(1)
    }

    /// The rows: places of spans that are not below a folded one.
    pub fn rows(&self, waterfall: &Waterfall) -> Vec<usize> {
        let spans = &waterfall.spans;
        let mut rows = Vec::with_capacity(spans.len());
        let wanted = self.critical_only.then(|| on_the_way(waterfall));
        let mut at = 0;
        while let Some(span) = spans.get(at) {
            if wanted.as_ref().is_none_or(|wanted| wanted[at]) {
                rows.push(at);
            }
            at += 1 + if self.folded.contains(&span.id) { span.below } else { 0 };
        }
        rows
    }

    /// The selected span and its place.
    pub fn selected<'a>(&self, waterfall: &'a Waterfall) -> Option<(usize, &'a Span)> {
        let at = *self.rows(waterfall).get(self.cursor.row)?;
        waterfall.spans.get(at).map(|span| (at, span))
    }

    /// The part of the time axis that is seen, s since 1970.
    pub fn axis(&self, waterfall: &Waterfall) -> (f64, f64) {
        self.zoom.unwrap_or((waterfall.start, waterfall.end.max(waterfall.start + NEAREST)))
    }

    /// The trace has come, or has grown: puts the cursor on what is looked for, and renews the detail.
    pub fn settle(&mut self, cx: &Context) {
        let Some((trace, waterfall)) = self.whole(cx.store) else { return };
        if !self.placed && !waterfall.spans.is_empty() {
            self.placed = true;
            let of_request = self.target.request_id.as_deref().and_then(|id| invocation(waterfall, id));
            if let Some(at) = of_request.or_else(|| guilty(waterfall)) {
                self.go_to(at, waterfall, cx);
            }
        }
        let selected = self.selected(waterfall);
        let moved = self.span.as_ref().filter(|id| selected.is_none_or(|(_, span)| span.id != **id));
        if let Some(at) = moved.and_then(|id| waterfall.spans.iter().position(|span| span.id == *id)) {
            self.follow(at, waterfall);
        }
        self.note_selection(trace, waterfall);
    }

    fn note_selection(&mut self, trace: &Trace, waterfall: &Waterfall) {
        let selected = self.selected(waterfall).map(|(at, span)| (at, span.id.clone()));
        self.detail.show(trace, waterfall, selected.as_ref().map(|(at, _)| *at));
        self.span = selected.map(|(_, id)| id);
    }

    /// Puts the cursor on a span, whatever is folded.
    fn go_to(&mut self, at: usize, waterfall: &Waterfall, cx: &Context) {
        let mut above = waterfall.spans.get(at).and_then(|span| span.parent);
        while let Some(span) = above.and_then(|at| waterfall.spans.get(at)) {
            self.folded.remove(&span.id);
            above = span.parent;
        }
        let mut rows = self.rows(waterfall);
        if !rows.contains(&at) {
            self.critical_only = false;
            rows = self.rows(waterfall);
        }
        self.cursor.row = rows.binary_search(&at).unwrap_or(self.cursor.row);
        let height = Open::height(cx.body);
        self.cursor.fit(rows.len(), height);
        // What is around it is seen too.
        if self.cursor.row + 2 >= self.cursor.first + height {
            self.cursor.first = (self.cursor.row + 3).saturating_sub(height).min(rows.len().saturating_sub(height));
        }
    }

    /// A key's meaning. None: the trace is left.
    pub fn act(&mut self, action: Action, cx: &Context) -> Option<Vec<Step>> {
        let before = self.whole(cx.store).and_then(|(_, waterfall)| self.selected(waterfall)).map(|(at, _)| at);
        let critical = self.critical_only;
        let steps = self.act_on(action, cx);
        if let Some((trace, waterfall)) = self.whole(cx.store) {
            if let Some(at) = before.filter(|_| critical && !self.critical_only) {
                self.follow(at, waterfall);
            }
            self.note_selection(trace, waterfall);
        }
        self.settle(cx);
        steps
    }

    fn act_on(&mut self, action: Action, cx: &Context) -> Option<Vec<Step>> {
        let below = Open::halves(cx.body).1;
        if action == Action::Back {
            return self.back();
        }
        if matches!(action, Action::NextPanel | Action::PreviousPanel) {
            self.on_detail = !self.on_detail;
            return Some(vec![]);
        }
        let Some((trace, waterfall)) = self.whole(cx.store) else { return Some(vec![]) };
        let rows = self.rows(waterfall);
        if let Some(motion) = Motion::of(action) {
            if self.on_detail {
                self.detail.go(motion, usize::from(below.saturating_sub(2)));
            } else {
                self.cursor.go(motion, rows.len(), Open::height(cx.body));
            }
            return Some(vec![]);
        }
        let selected = rows.get(self.cursor.row).and_then(|at| Some((*at, waterfall.spans.get(*at)?)));
        let Some((at, span)) = selected else { return Some(vec![]) };
        let mut steps = Vec::new();
        match action {
            Action::Open => match self.detail.selected().filter(|row| self.on_detail && row.kind == Kind::Link) {
                Some(row) => steps.push(Step::Go(Jump::Trace(TraceTarget::of(&row.value)))),
                None => steps.extend(super::detail::whole(trace, span)),
            },
            Action::Fold if span.has_children() && !self.folded.remove(&span.id) => {
                self.folded.insert(span.id.clone());
            }
            Action::Right => {
                self.folded.remove(&span.id);
            }
            Action::Left if span.has_children() && !self.folded.contains(&span.id) => {
                self.folded.insert(span.id.clone());
            }
            Action::Left => {
                if let Some(row) = span.parent.and_then(|parent| rows.binary_search(&parent).ok()) {
                    self.cursor.row = row;
                }
            }
            Action::FoldAll => {
                // Services stay, with what they called folded into them.
                let parts = waterfall.spans.iter().filter(|span| span.has_children() && !span.is_segment);
                self.folded = parts.map(|span| span.id.clone()).collect();
                if self.folded.is_empty() {
                    self.folded.extend(waterfall.spans.iter().filter(|s| s.has_children()).map(|s| s.id.clone()));
                }
                self.follow(at, waterfall);
            }
            Action::UnfoldAll => {
                self.folded.clear();
                self.follow(at, waterfall);
            }
            Action::CriticalPath => {
                self.critical_only = !self.critical_only;
                self.follow(at, waterfall);
            }
            Action::NextError | Action::PreviousError => match next(waterfall, at, action, Span::failed) {
                Some(found) => self.go_to(found, waterfall, cx),
                None => steps.push(Step::Say("Nothing else failed in this trace".into())),
            },
            Action::NextMatch | Action::PreviousMatch if !self.search.is_empty() => {
                let text = self.search.clone();
                match next(waterfall, at, action, |span| finds(span, &text)) {
                    Some(found) => self.go_to(found, waterfall, cx),
                    None => steps.push(Step::Say(format!("Nothing else in this trace has “{text}”"))),
                }
            }
            Action::NextMatch | Action::PreviousMatch => steps.push(Step::Say("Search with / first".into())),
            Action::ShorterWindow => self.zoom_in(span, waterfall),
            Action::LongerWindow => self.zoom_out(waterfall),
            Action::Earlier => self.pan(-0.25, waterfall),
            Action::Later => self.pan(0.25, waterfall),
            _ => {}
        }
        let rows = self.rows(waterfall).len();
        self.cursor.fit(rows, Open::height(cx.body));
        Some(steps)
    }

    /// Esc: out of the detail, the search, the zoom, the trace.
    fn back(&mut self) -> Option<Vec<Step>> {
        if self.on_detail {
            self.on_detail = false;
        } else if !self.search.is_empty() {
            self.search.clear();
        } else if self.zoom.is_some() {
            self.zoom = None;
        } else if self.critical_only {
            self.critical_only = false;
        } else {
            return None;
        }
        Some(vec![])
    }

    /// Esc has something to leave in it.
    pub fn can_leave(&self) -> bool {
        self.on_detail || !self.search.is_empty() || self.zoom.is_some() || self.critical_only
    }

    /// The cursor stays on its span, or on what that stands in, when rows come and go.
    fn follow(&mut self, at: usize, waterfall: &Waterfall) {
        let rows = self.rows(waterfall);
        self.cursor.row = match rows.binary_search(&at) {
            Ok(row) => row,
            Err(row) => row.saturating_sub(1),
        };
    }

    /// Another text is searched: the cursor goes to the first hit from where it is.
    pub fn set_search(&mut self, text: &str, cx: &Context) {
        self.search = text.to_string();
        let Some((_, waterfall)) = self.whole(cx.store) else { return };
        let at = self.selected(waterfall).map_or(0, |(at, _)| at);
        let here = waterfall.spans.get(at).is_some_and(|span| finds(span, text));
        if !text.is_empty()
            && !here
            && let Some(found) = next(waterfall, at, Action::NextMatch, |span| finds(span, text))
        {
            self.go_to(found, waterfall, cx);
        }
        if let Some((trace, waterfall)) = self.whole(cx.store) {
            self.note_selection(trace, waterfall);
        }
    }

    /// How many spans have what is searched, and which of them the cursor is on, from 1.
    pub fn hits(&self, waterfall: &Waterfall) -> (Option<usize>, usize) {
        let selected = self.selected(waterfall).map(|(at, _)| at);
        let (mut hits, mut current) = (0, None);
        for at in (0..waterfall.spans.len()).filter(|at| finds(&waterfall.spans[*at], &self.search)) {
            hits += 1;
            if selected == Some(at) {
                current = Some(hits);
            }
        }
        (current, hits)
    }

    fn zoom_in(&mut self, span: &Span, waterfall: &Waterfall) {
        let (from, to) = (span.start, span.end.unwrap_or(waterfall.end));
        let room = ((to - from) * 0.05).max(NEAREST / 2.0);
        let wanted = ((from - room).max(waterfall.start), (to + room).min(waterfall.end));
        let (left, right) = self.axis(waterfall);
        // Seen at its size already: nearer, by half, around its middle.
        let near = (wanted.1 - wanted.0) >= (right - left) * 0.9;
        let (middle, half) = ((from + to) / 2.0, (right - left) / 4.0);
        let zoom = if near { (middle - half, middle + half) } else { wanted };
        self.zoom = Some(within(zoom, waterfall));
    }

    fn zoom_out(&mut self, waterfall: &Waterfall) {
        let (from, to) = self.axis(waterfall);
        let (middle, half) = ((from + to) / 2.0, to - from);
        let zoom = within((middle - half, middle + half), waterfall);
        self.zoom = Some(zoom).filter(|(from, to)| *from > waterfall.start || *to < waterfall.end);
    }

    fn pan(&mut self, share: f64, waterfall: &Waterfall) {
        let Some((from, to)) = self.zoom else { return };
        let (least, most) = (waterfall.start - from, waterfall.end - to);
        // A trace may have become shorter than what is seen of it.
        let step = ((to - from) * share).min(most.max(least)).max(least);
        self.zoom = Some(within((from + step, to + step), waterfall));
    }
}

/// Keeps a stretch within the trace, and long enough to be seen.
fn within((from, to): (f64, f64), waterfall: &Waterfall) -> (f64, f64) {
    let length = (to - from).max(NEAREST);
    let from = from.clamp(waterfall.start, (waterfall.end - length).max(waterfall.start));
    (from, (from + length).min(waterfall.end.max(waterfall.start + NEAREST)))
}

/// The next span, round the end, that is so.
fn next(waterfall: &Waterfall, at: usize, action: Action, is: impl Fn(&Span) -> bool) -> Option<usize> {
    let count = waterfall.spans.len();
    let forward = matches!(action, Action::NextMatch | Action::NextError);
    let places = (1..count).map(|step| if forward { (at + step) % count } else { (at + count - step) % count });
    places.into_iter().find(|at| is(&waterfall.spans[*at]))
}

/// A span has a text, in any case.
pub fn finds(span: &Span, text: &str) -> bool {
    let ascii = text.is_ascii();
    let has = |field: &str| match ascii && field.is_ascii() {
        // Thousands of spans are looked at for each frame: without a copy of each.
        true => field.as_bytes().windows(text.len()).any(|part| part.eq_ignore_ascii_case(text.as_bytes())),
        false => field.to_lowercase().contains(&text.to_lowercase()),
    };
    let maybe = |field: &Option<String>| field.as_deref().is_some_and(has);
    if text.is_empty() {
        return false;
    }
    has(&span.name)
        || has(&span.origin)
        || has(&span.id)
        || maybe(&span.operation)
        || maybe(&span.resource)
        || maybe(&span.request_id)
        || span.status.is_some_and(|status| status.to_string() == text)
        || span.exception.as_ref().is_some_and(|exception| has(&exception.kind) || has(&exception.message))
}

/// Spans on the critical path, those that failed, and what all of them stand in.
fn on_the_way(waterfall: &Waterfall) -> Vec<bool> {
    let spans = &waterfall.spans;
    let mut wanted: Vec<bool> = spans.iter().map(|span| span.critical > 0.0 || span.failed()).collect();
    for at in (0..spans.len()).rev() {
        if let (true, Some(parent)) = (wanted[at], spans[at].parent) {
            wanted[parent] = true;
        }
    }
    wanted
}
