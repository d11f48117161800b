//! What each action does, in the order of the command table.

use crossterm::event::{KeyCode, KeyEvent};
use tui_input::backend::crossterm::EventHandler;

use super::App;
use super::command::{Action, Place};
use super::cursor::{Cursor, Motion};
use super::effect::Effect;
use super::invoke;
use super::overlay::{Help, Overlay, PromptKind};
use super::palette::{Goal, Palette};
use super::tabs::Tab;
use super::tabs::functions::chooser::configuration;

/// Rows that a popup's list is taken to show when paging.
const POPUP_PAGE: usize = 10;

impl App {
    /// A key was pressed.
    pub(super) fn key(&mut self, key: KeyEvent) -> Vec<Effect> {
        let place = self.place();
        let action = self.keymap.action(key, place);
        if action == Some(Action::Suspend) {
            return vec![Effect::Suspend];
        }
        match self.overlays.last_mut() {
            None => action.map(|action| self.act(action)).unwrap_or_default(),
            Some(Overlay::Prompt(_)) => self.prompt_key(key, action),
            Some(Overlay::Palette(_)) => self.palette_key(key, action),
            Some(Overlay::Invoke(_)) if action.is_some_and(invoke::form::is_own) => {
                action.map(|action| self.payload_action(action)).unwrap_or_default()
            }
            Some(Overlay::Invoke(_) | Overlay::Provision(_) | Overlay::Form(_)) => self.form_key(key, action),
            Some(Overlay::Query(_)) => self.query_key(key, action),
            Some(Overlay::Scan(_)) => self.scan_key(key, action),
            Some(Overlay::Confirm(_)) => self.confirmation_key(key, action),
            Some(_) => self.popup_key(action),
        }
    }

    /// A command, from its key or from the palette.
    pub(super) fn act(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Overview => self.go_to(Tab::Overview),
            Action::Functions => self.go_to(Tab::Functions),
            Action::Logs => self.go_to(Tab::Logs),
            Action::Traces => self.go_to(Tab::Traces),
            Action::Apis => self.go_to(Tab::Apis),
            Action::Palette => self.overlays.push(Overlay::Palette(Palette::new(&self.store))),
            Action::Help => {
                let help = Help { place: Some(self.tab_place()), cursor: Cursor::default() };
                self.overlays.push(Overlay::Help(help));
            }
            Action::Errors => self.overlays.push(Overlay::Errors(Cursor::default())),
            Action::Filter => self.open_prompt(PromptKind::Filter),
            Action::ServerFilter => self.open_prompt(PromptKind::Expression),
            Action::Export => self.open_prompt(PromptKind::Export),
            Action::Insights => {
                if self.tab != Tab::Logs {
                    self.go_to(Tab::Logs);
                }
                return self.act_in_tab(action);
            }
            Action::StackFilter => {
                self.logs.stack_filter();
                self.open_prompt(PromptKind::Filter);
            }
            Action::GoToTime => self.open_prompt(PromptKind::Time),
            Action::Jq => self.open_prompt(PromptKind::Jq),
            // In a trace it is its own time that is looked at longer or shorter.
            Action::LongerWindow | Action::ShorterWindow if self.place() == Place::Trace => {
                return self.act_in_tab(action);
            }
            Action::LongerWindow | Action::ShorterWindow => {
                let window = if action == Action::LongerWindow { self.window.longer() } else { self.window.shorter() };
                if window != self.window {
                    self.window = window;
                    self.window_changed();
                }
            }
            Action::Pause => {
                self.paused = !self.paused;
                let text = if self.paused { "Polling is paused; p goes on" } else { "Polling goes on" };
                self.notices.say(text, self.now);
            }
            Action::Refresh => {
                self.refresh += 1;
                self.notices.say("Asking again", self.now);
            }
            Action::Mouse => {
                self.mouse = !self.mouse;
                let text =
                    if self.mouse { "The mouse is ours; Shift selects text" } else { "The mouse is the terminal's" };
                self.notices.say(text, self.now);
                return vec![Effect::CaptureMouse(self.mouse)];
            }
            Action::Redraw => return vec![Effect::Redraw],
            Action::Suspend => return vec![Effect::Suspend],
            Action::Quit => return self.quit(),
            Action::Back => return self.back(),
            // Of the lists of the Logs tab the lines are here already.
            Action::SeeLogs if matches!(self.place(), Place::Invocations | Place::Errors) => {
                return self.act_in_tab(Action::Open);
            }
            // The crosshair of the charts leads to its own moment.
            Action::SeeLogs | Action::SeeTraces if self.tab == Tab::Functions && self.functions.has_moment() => {
                return self.act_in_tab(action);
            }
            Action::SeeLogs => self.see_logs(),
            Action::SeeTraces => self.see_traces(),
            Action::AllLogs => self.see_all_logs(),
            Action::FilterByValue | Action::ToggleColumn if self.tab == Tab::Traces => self.annotation(action),
            Action::SeeMetrics => return self.see_metrics(),
            Action::Invoke => return self.open_invoke(),
            Action::Provision => self.open_provision(),
            Action::RemoveProvision
            | Action::Reserve
            | Action::SwitchOff
            | Action::MoveAlias
            | Action::RollBack
            | Action::SwitchEventSource
            | Action::StageCache
            | Action::FlushCache
            | Action::MethodSettings
            | Action::SwitchTracing
            | Action::ShiftCanary
            | Action::PromoteCanary
            | Action::PlanLimits => self.begin(action),
            Action::Undo => self.ask_undo(),
            Action::Actions => self.open_menu(),
            Action::Copy => match self.selected().copy {
                Some((what, text)) => return vec![Effect::Copy { what, text }],
                None => self.notices.say("Nothing to copy here", self.now),
            },
            Action::CopyMenu => self.open_copies(),
            Action::Console => match self.selected().console_url(&self.scope()) {
                Some(url) => return vec![Effect::OpenUrl(url)],
                None => self.notices.say("The console has no page for this", self.now),
            },
            _ => return self.act_in_tab(action),
        }
        vec![]
    }

    pub(super) fn act_in_tab(&mut self, action: Action) -> Vec<Effect> {
        let tab = self.tab;
        let steps = self.with_tabs(|tabs, cx| match tab {
            Tab::Overview => tabs.overview.act(action, cx),
            Tab::Functions => tabs.functions.act(action, cx),
            Tab::Logs => tabs.logs.act(action, cx),
            Tab::Traces => tabs.traces.act(action, cx),
            Tab::Apis => tabs.apis.act(action, cx),
        });
        self.take(steps)
    }

    pub(super) fn go_to(&mut self, tab: Tab) {
        self.trail.clear();
        if self.tab == tab && tab == Tab::Functions {
            self.functions.detail = None;
        }
        if tab == Tab::Logs {
            // Coming from the function table, its selected function is meant; else the worst one speaks.
            let function = self.functions.chosen.clone().or_else(|| self.selected().function);
            self.with_tabs(|tabs, cx| tabs.logs.enter(function, cx));
        }
        if self.tab == tab && tab == Tab::Apis {
            self.apis.close();
        }
        if self.tab == tab && tab == Tab::Traces {
            self.traces.close();
        }
        self.tab = tab;
    }

    /// Esc: what the tab can leave, then the way back; messages go with it.
    fn back(&mut self) -> Vec<Effect> {
        self.notices.dismiss();
        let inner = match self.tab {
            Tab::Overview => false,
            Tab::Functions => self.functions.can_leave(),
            Tab::Logs => self.logs.can_leave() && !self.logs.is_as_jumped_to(&self.store),
            Tab::Traces => self.traces.can_leave() && !self.traces.is_as_jumped_to(),
            Tab::Apis => self.apis.can_leave(),
        };
        // A view that was jumped into is left by the way it was entered, not through its own list.
        let jumped_into_detail =
            self.tab == Tab::Functions && self.functions.detail.is_some() && !self.functions.is_inside_detail()
                || self.tab == Tab::Traces && self.traces.is_open()
                || self.tab == Tab::Apis && self.apis.is_open() && !self.apis.holds_back();
        if !self.trail.is_empty() && (jumped_into_detail || !inner) {
            if self.tab == Tab::Functions {
                self.functions.detail = None;
            }
            if self.tab == Tab::Traces {
                self.traces.close();
            }
            if self.tab == Tab::Apis {
                self.apis.close();
            }
            self.go_back();
            return vec![];
        }
        self.act_in_tab(Action::Back)
    }

    pub(super) fn palette_key(&mut self, key: KeyEvent, action: Option<Action>) -> Vec<Effect> {
        let Some(Overlay::Palette(palette)) = self.overlays.last_mut() else { return vec![] };
        match (action, key.code) {
            (Some(Action::Back), _) => {
                self.overlays.pop();
            }
            (Some(Action::Open), _) => {
                let goal = palette.chosen().map(|entry| entry.goal.clone());
                self.overlays.pop();
                match goal {
                    Some(Goal::Run(action)) => return self.act(action),
                    Some(Goal::Go(jump)) => self.jump(jump),
                    None => {}
                }
            }
            (_, KeyCode::Up) => palette.cursor.go(Motion::By(-1), palette.matches.len(), POPUP_PAGE),
            (_, KeyCode::Down) => palette.cursor.go(Motion::By(1), palette.matches.len(), POPUP_PAGE),
            (_, KeyCode::PageUp) => palette.cursor.go(Motion::Pages(-1), palette.matches.len(), POPUP_PAGE),
            (_, KeyCode::PageDown) => palette.cursor.go(Motion::Pages(1), palette.matches.len(), POPUP_PAGE),
            _ => {
                if palette.input.handle_event(&crossterm::event::Event::Key(key)).is_some_and(|change| change.value) {
                    palette.search_in(&self.store);
                }
            }
        }
        vec![]
    }

    /// A key in the list of columns: what it chooses shows at once.
    fn columns_key(&mut self, action: Action) -> Vec<Effect> {
        let Some(Overlay::Columns(chooser)) = self.overlays.last_mut() else { return vec![] };
        match action {
            Action::Back | Action::Open => {
                self.overlays.pop();
            }
            Action::Quit => return self.quit(),
            Action::Copy => {
                let text = configuration(&self.functions.columns, &self.functions.sort);
                return vec![Effect::Copy { what: "lines for the configuration".into(), text }];
            }
            _ => {
                let choosing = chooser.act(action, POPUP_PAGE);
                self.with_tabs(|tabs, cx| tabs.functions.choose_columns(choosing, cx));
            }
        }
        vec![]
    }

    pub(super) fn popup_key(&mut self, action: Option<Action>) -> Vec<Effect> {
        let Some(action) = action else { return vec![] };
        match self.overlays.last() {
            Some(Overlay::Line(_)) => return self.line_key(action),
            Some(Overlay::Copies(_)) => return self.copies_key(action),
            Some(Overlay::Shelf(_)) => return self.shelf_key(action),
            Some(Overlay::Answers(_)) => return self.answers_key(action),
            Some(Overlay::Comparison(_)) => return self.comparison_key(action),
            Some(Overlay::Answer(_)) => {
                if let Some(effects) = self.answer_key(action) {
                    return effects;
                }
            }
            Some(Overlay::Columns(_)) => return self.columns_key(action),
            _ => {}
        }
        let errors = self.notices.errors.len();
        let help = super::command::COMMANDS.len() + super::tabs::functions::filter::GRAMMAR.len() + 4;
        let Some(overlay) = self.overlays.last_mut() else { return vec![] };
        if let Some(motion) = Motion::of(action) {
            match overlay {
                Overlay::Help(help_page) => help_page.cursor.go(motion, help, POPUP_PAGE),
                Overlay::Errors(cursor) => cursor.go(motion, errors, POPUP_PAGE),
                Overlay::Menu(menu) => menu.cursor.go(motion, menu.items.len(), menu.items.len()),
                Overlay::Choice(choice) => choice.cursor.go(motion, choice.items.len(), choice.items.len()),
                Overlay::Answer(answer) => {
                    let rows = answer.rows();
                    answer.cursor.go(motion, rows, POPUP_PAGE);
                }
                _ => {}
            }
            return vec![];
        }
        match action {
            Action::Back => {
                self.overlays.pop();
            }
            Action::Open => {
                if let Overlay::Choice(choice) = overlay {
                    match choice.items.get(choice.cursor.row).map(|(_, chosen)| chosen.clone()) {
                        Some(Ok(chosen)) => {
                            self.overlays.pop();
                            self.choose(chosen);
                        }
                        Some(Err(why)) => self.notices.say(format!("Not here: {why}"), self.now),
                        None => {}
                    }
                } else if let Overlay::Menu(menu) = overlay {
                    let (action, refusal) = menu.items[menu.cursor.row].clone();
                    match refusal {
                        Some(why) => self.notices.say(format!("Not now: {why}"), self.now),
                        None => {
                            self.overlays.pop();
                            return self.act(action);
                        }
                    }
                } else {
                    self.overlays.pop();
                }
            }
            Action::Quit => return self.quit(),
            _ => {}
        }
        vec![]
    }
}
