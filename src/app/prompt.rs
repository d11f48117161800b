//! A line of text for the view below: what it is before, as it is typed, and when it is done.

use crossterm::event::KeyEvent;
use tui_input::backend::crossterm::EventHandler;

use super::App;
use super::command::Action;
use super::completion::Completion;
use super::effect::Effect;
use super::overlay::{Overlay, Prompt, PromptKind};
use super::tabs::Tab;
use super::tabs::functions::words::Words;
use super::tabs::logs::times;
use super::tabs::traces::Vocabulary;
use crate::time::Moment;

impl App {
    pub(super) fn open_prompt(&mut self, kind: PromptKind) {
        let before = match (kind, self.tab) {
            (PromptKind::Filter, Tab::Functions) => self.functions.filter.clone(),
            (PromptKind::Filter, Tab::Logs) => self.logs.typed_filter().to_string(),
            (PromptKind::Time, Tab::Logs | Tab::Traces) => String::new(),
            (PromptKind::Jq, Tab::Logs) => {
                self.logs.lens.as_ref().map(|lens| lens.expression.clone()).unwrap_or_default()
            }
            (PromptKind::Filter, Tab::Traces) => match &self.traces.open {
                Some(open) => open.search.clone(),
                None => self.traces.list.filter.clone(),
            },
            (PromptKind::Filter, Tab::Apis) if self.apis.is_open() => self.apis.search.clone(),
            (PromptKind::Filter, Tab::Apis) => self.apis.filter.clone(),
            (PromptKind::Expression, Tab::Logs) => self.logs.expression().to_string(),
            (PromptKind::Expression, Tab::Traces) => self.traces.expression().to_string(),
            (PromptKind::Export, Tab::Logs) => self.logs.export_path(&self.context()),
            _ => return,
        };
        let mut prompt = Prompt::new(kind, before);
        if kind == PromptKind::Expression && self.tab == Tab::Traces {
            prompt.completion = Some(Box::new(Completion::new(Vocabulary::of(&self.store))));
            prompt.complete();
        }
        if kind == PromptKind::Filter && self.tab == Tab::Functions {
            prompt.completion = Some(Box::new(Completion::of_functions(Words::of(&self.store))));
            prompt.complete();
        }
        self.overlays.push(Overlay::Prompt(prompt));
    }

    pub(super) fn set_filter(&mut self, text: String) {
        let tab = self.tab;
        self.with_tabs(|tabs, cx| match tab {
            Tab::Overview => {}
            Tab::Functions => {
                tabs.functions.set_filter(text, cx);
            }
            Tab::Logs => {
                tabs.logs.set_typed_filter(&text, cx);
            }
            Tab::Traces => match &mut tabs.traces.open {
                Some(open) => open.set_search(&text, cx),
                None => {
                    tabs.traces.list.filter = text;
                    tabs.traces.arrange(cx);
                }
            },
            // In a stage it is looked for, and the table's filter stays.
            Tab::Apis if tabs.apis.is_open() => tabs.apis.set_search(text),
            Tab::Apis => {
                tabs.apis.filter = text;
                tabs.apis.arrange(cx);
            }
        });
    }

    pub(super) fn prompt_key(&mut self, key: KeyEvent, action: Option<Action>) -> Vec<Effect> {
        let Some(Overlay::Prompt(prompt)) = self.overlays.last_mut() else { return vec![] };
        let kind = prompt.kind;
        if let Some(completion) = &mut prompt.completion
            && completion.key(key.code, &mut prompt.input)
        {
            prompt.complaint = None;
            prompt.complete();
            if kind == PromptKind::Filter {
                let text = prompt.input.value().to_string();
                self.set_filter(text);
            }
            return vec![];
        }
        match action {
            Some(Action::Back) => {
                let before = prompt.before.clone();
                self.overlays.pop();
                match kind {
                    PromptKind::Filter => self.set_filter(before),
                    PromptKind::Find => {
                        if let Some(Overlay::Line(view)) = self.overlays.last_mut() {
                            view.find = before;
                        }
                    }
                    _ => {}
                }
            }
            Some(Action::Open) => {
                let text = prompt.input.value().to_string();
                if kind == PromptKind::Export {
                    return self.export(&text);
                }
                if kind == PromptKind::PayloadName {
                    return self.save_payload(&text);
                }
                if kind == PromptKind::Expression {
                    let tab = self.tab;
                    let answer = self.with_tabs(|tabs, cx| match tab {
                        Tab::Logs => tabs.logs.set_expression(&text, cx),
                        Tab::Traces => tabs.traces.set_expression(&text, cx),
                        _ => Ok(()),
                    });
                    if let (Err(complaint), Some(Overlay::Prompt(prompt))) = (answer, self.overlays.last_mut()) {
                        prompt.complaint = Some(complaint);
                        return vec![];
                    }
                }
                if kind == PromptKind::Jq {
                    self.with_tabs(|tabs, cx| tabs.logs.set_jq(&text, cx));
                }
                if kind == PromptKind::Time {
                    match times::read(&text, self.now, self.offset) {
                        Ok(at) => {
                            self.overlays.pop();
                            if self.tab == Tab::Traces {
                                if let Some(at) = Moment::from_timestamp_millis(at) {
                                    self.with_tabs(|tabs, cx| tabs.traces.set_moment(at, cx));
                                }
                                return vec![];
                            }
                            let steps = self.with_tabs(|tabs, cx| tabs.logs.go_to_time(at, cx));
                            return self.take(steps);
                        }
                        Err(complaint) => {
                            if let Some(Overlay::Prompt(prompt)) = self.overlays.last_mut() {
                                prompt.complaint = Some(complaint);
                            }
                            return vec![];
                        }
                    }
                }
                self.overlays.pop();
            }
            _ => {
                if prompt.input.handle_event(&crossterm::event::Event::Key(key)).is_some_and(|change| change.value) {
                    prompt.complaint = None;
                    prompt.complete();
                    let text = prompt.input.value().to_string();
                    match kind {
                        PromptKind::Filter => self.set_filter(text),
                        PromptKind::Find => self.find_below(text),
                        _ => {}
                    }
                }
            }
        }
        vec![]
    }

    /// Looks for a text in the document under the prompt.
    fn find_below(&mut self, text: String) {
        let below = self.overlays.len().checked_sub(2);
        if let Some(Overlay::Line(view)) = below.and_then(|at| self.overlays.get_mut(at)) {
            view.find = text;
            view.seek(0);
        }
    }

    /// Writes what is shown to the file that was named.
    pub(super) fn export(&mut self, path: &str) -> Vec<Effect> {
        match self.with_tabs(|tabs, cx| tabs.logs.export(path, cx)) {
            Ok(steps) => {
                self.overlays.pop();
                self.take(steps)
            }
            Err(why) => {
                if let Some(Overlay::Prompt(prompt)) = self.overlays.last_mut() {
                    prompt.complaint = Some(why);
                }
                vec![]
            }
        }
    }
}
