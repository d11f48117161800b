//! Where keys lead from whatever is selected: to its logs, its traces, its metrics.

use super::App;
use super::command::Action;
use super::effect::Effect;
use super::overlay::Chosen;
use super::step::{Jump, LogTarget, TraceTarget};
use super::tabs::Tab;
use super::tabs::traces::{NOT_READ, why_no_log};
use super::watch::Watch;
use crate::model::expression;
use crate::model::trace::xray_id;

impl App {
    pub(super) fn see_logs(&mut self) {
        let selected = self.selected();
        let selected_at = selected.at;
        if let Some(why) = selected.no_log {
            self.notices.say(why, self.now);
        }
        let functions: Vec<String> = selected.function.into_iter().collect();
        let groups: Vec<String> = selected.log_group.into_iter().collect();
        let mut target = LogTarget { functions, groups, filter: selected.request_id, ..LogTarget::default() };
        if target.filter.is_some() {
            target.at = selected.at.map(|at| at.timestamp_millis());
        }
        if target.functions.is_empty() && target.groups.is_empty() {
            match selected.stage {
                Some((api, stage)) => target.groups = self.apis.log_groups(&self.store, &api, &stage),
                None if self.tab == Tab::Logs => return,
                None => {}
            }
        }
        if target.functions.is_empty()
            && target.groups.is_empty()
            && self.traces.open.is_some()
            && self.tab == Tab::Traces
        {
            // A stage that writes no log, or a client: the functions behind it have one.
            self.see_all_logs();
        } else if target.functions.is_empty() && target.groups.is_empty() {
            self.notices.say("What is selected has no log: neither a function nor a stage that logs", self.now);
        } else {
            if let [function] = target.functions.as_slice()
                && let Some(why) = why_no_log(function, selected_at, &self.store, self.now)
            {
                self.notices.say(why, self.now);
            }
            self.jump(Jump::Logs(target));
        }
    }

    pub(super) fn see_traces(&mut self) {
        let selected = self.selected();
        if let Some(id) = selected.trace_id {
            if self.tab == Tab::Traces && self.traces.open.as_ref().is_some_and(|open| *open.id() == id) {
                self.notices.say("This is its trace", self.now);
                return;
            }
            let target = TraceTarget {
                id: xray_id(&id),
                request_id: selected.request_id,
                function: selected.function,
                at: selected.at,
                sampled: selected.sampled,
            };
            self.jump(Jump::Trace(target));
        } else if let Some(function) = selected.function {
            let why = self.store.functions.get(&function).filter(|function| !function.traced);
            if why.is_some() {
                self.notices.say(
                    format!("{function} is not traced (TracingConfig is PassThrough): only callers' traces show it"),
                    self.now,
                );
            }
            let service = expression::service_is(&function);
            let failing = selected.condition.map(|condition| format!("{service} {{ {condition} }}"));
            self.jump(Jump::Traces(failing.unwrap_or(service)));
        } else if let Some((api, stage)) = selected.stage {
            let name = self.store.api(&api).map_or(api.clone(), |api| api.name.clone());
            let traced = self.store.stages.get(&api).and_then(|feed| feed.get()).into_iter().flatten();
            if traced.into_iter().any(|known| known.name == stage && !known.tracing) {
                let say = format!("{name}/{stage} is not traced: only the functions behind it may be");
                self.notices.say(say, self.now);
            }
            self.jump(Jump::Traces(expression::service_is(&format!("{name}/{stage}"))));
        } else {
            self.notices.say("What is selected has no traces of its own", self.now);
        }
    }

    /// The logs of everything that a trace touched, merged in time.
    pub(super) fn see_all_logs(&mut self) {
        match self.traces.all_logs(&self.store) {
            Some(Ok(mut target)) => {
                if let Some((api, stage)) = target.stage.take() {
                    target.groups = self.apis.log_groups(&self.store, &api, &stage);
                }
                self.jump(Jump::Logs(target));
            }
            Some(Err(why)) => {
                if let Some(id) =
                    self.traces.chosen(&self.store).filter(|_| why == NOT_READ && self.traces.open.is_none())
                {
                    self.jump(Jump::Trace(TraceTarget::of(&id)));
                }
                self.notices.say(why, self.now);
            }
            None => self.notices.say("Select a trace first", self.now),
        }
    }

    /// The annotation under the cursor, as a filter of the list or as a column of it.
    pub(super) fn annotation(&mut self, action: Action) {
        if action == Action::ToggleColumn {
            let said = match self.traces.toggle_column() {
                Some((name, true)) => format!("{name} is a column of the list now"),
                Some((name, false)) => format!("{name} is no column any more"),
                None => "Go to an annotation in the detail first (Tab)".into(),
            };
            self.notices.say(said, self.now);
            return;
        }
        match self.traces.annotation_filter() {
            Some(expression) => {
                self.jump(Jump::Traces(expression));
                self.notices.say("Only traces with that annotation; Esc goes back", self.now);
            }
            None => self
                .notices
                .say("Go to an annotation in the detail first (Tab): traces can be filtered by it", self.now),
        }
    }

    pub(super) fn see_metrics(&mut self) -> Vec<Effect> {
        let selected = self.selected();
        match (selected.function, selected.stage) {
            // A method has charts of its own; Enter leads to its function.
            _ if self.tab == Tab::Apis && self.apis.is_open() => self.act_in_tab(Action::SeeMetrics),
            (Some(function), _) if self.functions.opened() != Some(function.as_str()) || self.tab != Tab::Functions => {
                self.jump(Jump::Function(function));
                vec![]
            }
            (None, Some((api, stage))) if self.tab != Tab::Apis => {
                self.jump(Jump::Stage(api, stage));
                vec![]
            }
            _ => self.act_in_tab(Action::SeeMetrics),
        }
    }

    /// Does what was chosen.
    pub(super) fn choose(&mut self, chosen: Chosen) {
        match chosen {
            // From the map or the groups Esc leads back to them.
            Chosen::Expression(text) => self.jump(Jump::Traces(text)),
            Chosen::Narrow(text) => self.with_tabs(|tabs, cx| tabs.traces.narrow(&text, cx)),
            Chosen::Group(by, _) => self.with_tabs(|tabs, cx| tabs.functions.group(by, cx)),
            Chosen::Rank(metric, _) => self.with_tabs(|tabs, cx| tabs.functions.rank(metric, cx)),
            Chosen::Wait(change) => self.watches.push(Watch::before(*change, self.now)),
            Chosen::Later(change, moment) => self.watches.push(Watch::until(*change, moment, self.now)),
            Chosen::Leave => {}
            Chosen::Begin(action, selected) => self.begin_on(action, *selected),
            Chosen::Snooze(nap) => self.with_tabs(|tabs, cx| tabs.overview.snooze(nap, cx)),
            Chosen::Wake(at, _) => self.with_tabs(|tabs, cx| tabs.overview.wake(at, cx)),
        }
    }
}
