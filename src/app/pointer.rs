//! What pasted text and the mouse do.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;
use tui_input::Input;

use super::App;
use super::command::Action;
use super::effect::Effect;
use super::overlay::{Overlay, PromptKind};
use super::tabs::Tab;

impl App {
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
                prompt.complete();
                if prompt.kind == PromptKind::Filter {
                    let text = prompt.input.value().to_string();
                    self.set_filter(text);
                }
            }
            Some(Overlay::Form(form)) => form.paste(&one_line),
            Some(Overlay::Palette(palette)) => {
                put(&mut palette.input);
                palette.search_in(&self.store);
            }
            Some(Overlay::Invoke(form)) if form.field == super::invoke::Field::Payload => {
                form.payload.insert_str(crate::text::safe(&text.replace("\r\n", "\n").replace('\r', "\n")));
                form.untouched = false;
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
                            | Overlay::Answers(_)
                            | Overlay::Comparison(_)
                            | Overlay::Shelf(_)
                            | Overlay::Copies(_)
                            | Overlay::Columns(_)
                            | Overlay::Choice(_)
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
