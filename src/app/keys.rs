//! What keys, pasted text and the mouse do.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler;

use super::App;
use super::command::{Action, Place};
use super::cursor::{Cursor, Motion};
use super::effect::Effect;
use super::overlay::{Help, Menu, Overlay, Prompt, PromptKind};
use super::palette::{Goal, Palette};
use super::step::{Jump, LogTarget};
use super::tabs::Tab;
use super::tabs::logs::times;

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
            Some(Overlay::Invoke(_) | Overlay::Provision(_)) => self.form_key(key, action),
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
            Action::SeeLogs => self.see_logs(),
            Action::SeeTraces => self.see_traces(),
            Action::SeeMetrics => return self.see_metrics(),
            Action::Invoke => self.open_invoke(),
            Action::Provision => self.open_provision(),
            Action::RemoveProvision => self.ask_unprovision(),
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

    fn act_in_tab(&mut self, action: Action) -> Vec<Effect> {
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

    fn go_to(&mut self, tab: Tab) {
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
        self.tab = tab;
    }

    /// Esc: what the tab can leave, then the way back; messages go with it.
    fn back(&mut self) -> Vec<Effect> {
        self.notices.dismiss();
        let inner = match self.tab {
            Tab::Overview => false,
            Tab::Functions => self.functions.detail.is_some() || !self.functions.filter.is_empty(),
            Tab::Logs => self.logs.can_leave() && !self.logs.is_as_jumped_to(&self.store),
            Tab::Traces => self.traces.can_leave(),
            Tab::Apis => self.apis.can_leave(),
        };
        // A view that was jumped into is left by the way it was entered, not through its own list.
        let jumped_into_detail = self.tab == Tab::Functions && self.functions.detail.is_some()
            || self.tab == Tab::Traces && self.traces.is_open()
            || self.tab == Tab::Apis && self.apis.is_open();
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

    fn see_logs(&mut self) {
        let selected = self.selected();
        let functions: Vec<String> = selected.function.into_iter().collect();
        let groups: Vec<String> = selected.log_group.into_iter().collect();
        let mut target = LogTarget { functions, groups, filter: selected.request_id, at: None };
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
        if target.functions.is_empty() && target.groups.is_empty() {
            self.notices.say("What is selected has no log: neither a function nor a stage that logs", self.now);
        } else {
            self.jump(Jump::Logs(target));
        }
    }

    fn see_traces(&mut self) {
        let selected = self.selected();
        if let Some(id) = selected.trace_id {
            self.jump(Jump::Trace(id));
        } else if let Some(function) = selected.function {
            let why = self.store.functions.get(&function).filter(|function| !function.traced);
            if why.is_some() {
                self.notices.say(
                    format!("{function} is not traced (TracingConfig is PassThrough): only callers' traces show it"),
                    self.now,
                );
            }
            self.jump(Jump::Traces(format!("service(\"{function}\")")));
        } else if let Some((api, stage)) = selected.stage {
            let name = self.store.api(&api).map_or(api.clone(), |api| api.name.clone());
            self.jump(Jump::Traces(format!("service(\"{name}/{stage}\")")));
        } else {
            self.notices.say("What is selected has no traces of its own", self.now);
        }
    }

    fn see_metrics(&mut self) -> Vec<Effect> {
        let selected = self.selected();
        match (selected.function, selected.stage) {
            (Some(function), _) if self.functions.detail.as_ref() != Some(&function) || self.tab != Tab::Functions => {
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

    fn open_menu(&mut self) {
        let selected = self.selected();
        let needs_function = selected.function.is_none().then(|| "select a function first".to_string());
        let nothing = selected.copy.is_none().then(|| "nothing to copy".to_string());
        let read_only = self.origin.read_only.clone();
        let undo = self.undoable.is_empty().then(|| "no change to undo".to_string());
        let unprovision = if self.place() == Place::Function {
            read_only.clone()
        } else {
            Some("open the function and select its alias first".to_string())
        };
        let items = vec![
            (Action::Invoke, needs_function.clone().or_else(|| read_only.clone())),
            (Action::Provision, needs_function.or_else(|| read_only.clone())),
            (Action::RemoveProvision, unprovision),
            (Action::Undo, undo.or(read_only)),
            (Action::SeeLogs, None),
            (Action::SeeTraces, None),
            (Action::SeeMetrics, None),
            (Action::Copy, nothing),
            (Action::Console, None),
        ];
        self.overlays.push(Overlay::Menu(Menu { title: selected.title, items, cursor: Cursor::default() }));
    }

    fn open_prompt(&mut self, kind: PromptKind) {
        let before = match (kind, self.tab) {
            (PromptKind::Filter, Tab::Functions) => self.functions.filter.clone(),
            (PromptKind::Filter, Tab::Logs) => self.logs.typed_filter().to_string(),
            (PromptKind::Time, Tab::Logs) => String::new(),
            (PromptKind::Jq, Tab::Logs) => {
                self.logs.lens.as_ref().map(|lens| lens.expression.clone()).unwrap_or_default()
            }
            (PromptKind::Filter, Tab::Traces) => self.traces.filter.clone(),
            (PromptKind::Filter, Tab::Apis) => self.apis.filter.clone(),
            (PromptKind::Expression, Tab::Logs) => self.logs.expression().to_string(),
            (PromptKind::Expression, Tab::Traces) => self.traces.expression().to_string(),
            (PromptKind::Export, Tab::Logs) => self.logs.export_path(&self.context()),
            _ => return,
        };
        let prompt = Prompt { kind, input: Input::new(before.clone()), before, complaint: None };
        self.overlays.push(Overlay::Prompt(prompt));
    }

    fn set_filter(&mut self, text: String) {
        let tab = self.tab;
        self.with_tabs(|tabs, cx| match tab {
            Tab::Overview => {}
            Tab::Functions => {
                tabs.functions.filter = text;
                tabs.functions.arrange(cx);
            }
            Tab::Logs => {
                tabs.logs.set_typed_filter(&text, cx);
            }
            Tab::Traces => {
                tabs.traces.filter = text;
                tabs.traces.arrange(cx);
            }
            Tab::Apis => {
                tabs.apis.filter = text;
                tabs.apis.arrange(cx);
            }
        });
    }

    fn prompt_key(&mut self, key: KeyEvent, action: Option<Action>) -> Vec<Effect> {
        let Some(Overlay::Prompt(prompt)) = self.overlays.last_mut() else { return vec![] };
        let kind = prompt.kind;
        match action {
            Some(Action::Back) => {
                let before = prompt.before.clone();
                self.overlays.pop();
                if kind == PromptKind::Filter {
                    self.set_filter(before);
                }
            }
            Some(Action::Open) => {
                let text = prompt.input.value().to_string();
                if kind == PromptKind::Export {
                    return self.export(&text);
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
                    if kind == PromptKind::Filter {
                        let text = prompt.input.value().to_string();
                        self.set_filter(text);
                    }
                }
            }
        }
        vec![]
    }

    /// Writes what is shown to the file that was named.
    fn export(&mut self, path: &str) -> Vec<Effect> {
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

    fn palette_key(&mut self, key: KeyEvent, action: Option<Action>) -> Vec<Effect> {
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

    fn popup_key(&mut self, action: Option<Action>) -> Vec<Effect> {
        let Some(action) = action else { return vec![] };
        match self.overlays.last() {
            Some(Overlay::Line(_)) => return self.line_key(action),
            Some(Overlay::Copies(_)) => return self.copies_key(action),
            _ => {}
        }
        let errors = self.notices.errors.len();
        let help = super::command::COMMANDS.len();
        let Some(overlay) = self.overlays.last_mut() else { return vec![] };
        if let Some(motion) = Motion::of(action) {
            match overlay {
                Overlay::Help(help_page) => help_page.cursor.go(motion, help, POPUP_PAGE),
                Overlay::Errors(cursor) => cursor.go(motion, errors, POPUP_PAGE),
                Overlay::Menu(menu) => menu.cursor.go(motion, menu.items.len(), menu.items.len()),
                Overlay::Answer(answer) => {
                    let rows = answer.response.len() + answer.log.len() + 8;
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
                if let Overlay::Menu(menu) = overlay {
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

    /// Text was pasted: one edit in a text field, and never a command.
    pub(super) fn paste(&mut self, text: &str) -> Vec<Effect> {
        let one_line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let put = |input: &mut Input| {
            let at = input.visual_cursor().min(input.value().chars().count());
            let mut value: String = input.value().chars().take(at).collect();
            value.push_str(&one_line);
            let cursor = value.chars().count();
            value.extend(input.value().chars().skip(at));
            *input = Input::new(value).with_cursor(cursor);
        };
        match self.overlays.last_mut() {
            Some(Overlay::Prompt(prompt)) => {
                put(&mut prompt.input);
                if prompt.kind == PromptKind::Filter {
                    let text = prompt.input.value().to_string();
                    self.set_filter(text);
                }
            }
            Some(Overlay::Palette(palette)) => {
                put(&mut palette.input);
                palette.search_in(&self.store);
            }
            Some(Overlay::Invoke(form)) if form.field == super::invoke::Field::Payload => {
                form.payload.insert_str(crate::text::safe(&text.replace("\r\n", "\n").replace('\r', "\n")));
                form.check();
            }
            Some(Overlay::Query(form)) if !form.on_list => {
                form.text.insert_str(crate::text::safe(&text.replace("\r\n", "\n").replace('\r', "\n")));
                form.complaint = None;
            }
            Some(Overlay::Provision(form)) => put(&mut form.number),
            // A name pasted into the confirmation proves nothing: it must be typed.
            _ => {}
        }
        vec![]
    }

    /// The mouse did something: the wheel moves, a click selects a tab or a row.
    pub(super) fn pointer(&mut self, event: MouseEvent) -> Vec<Effect> {
        let regions = self.regions();
        let at = Position { x: event.column, y: event.row };
        match event.kind {
            MouseEventKind::ScrollUp | MouseEventKind::ScrollDown => {
                let action = if event.kind == MouseEventKind::ScrollUp { Action::Up } else { Action::Down };
                let mut effects = Vec::new();
                for _ in 0..3 {
                    effects.extend(match self.overlays.last() {
                        None => self.act(action),
                        Some(Overlay::Palette(_)) => {
                            let code = if action == Action::Up { KeyCode::Up } else { KeyCode::Down };
                            self.palette_key(KeyEvent::new(code, KeyModifiers::NONE), None)
                        }
                        Some(
                            Overlay::Help(_)
                            | Overlay::Errors(_)
                            | Overlay::Menu(_)
                            | Overlay::Answer(_)
                            | Overlay::Copies(_)
                            | Overlay::Line(_),
                        ) => self.popup_key(Some(action)),
                        Some(_) => vec![],
                    });
                }
                effects
            }
            MouseEventKind::Down(MouseButton::Left) if self.overlays.is_empty() => {
                if regions.tabs.contains(at) {
                    if let Some(tab) = tab_at(event.column) {
                        self.go_to(tab);
                    }
                } else if regions.body.contains(at) && self.tab == Tab::Functions && self.functions.detail.is_none() {
                    let row = usize::from(event.row.saturating_sub(regions.body.y + 2));
                    let target = self.functions.cursor.first + row;
                    let step = target.cast_signed() - self.functions.cursor.row.cast_signed();
                    let action = if step < 0 { Action::Up } else { Action::Down };
                    for _ in 0..step.unsigned_abs().min(500) {
                        self.act_in_tab(action);
                    }
                }
                vec![]
            }
            _ => vec![],
        }
    }
}

/// The label of a tab as it stands in the tab line.
pub fn tab_label(tab: Tab) -> String {
    format!(" {} {} ", tab as usize + 1, tab.name())
}

fn tab_at(column: u16) -> Option<Tab> {
    let mut from = 0;
    Tab::ALL.into_iter().find(|tab| {
        let to = from + tab_label(*tab).len();
        let hit = (from..to).contains(&usize::from(column));
        from = to;
        hit
    })
}
