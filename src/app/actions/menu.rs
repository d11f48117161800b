//! The list of what can be done to whatever is selected; what can't be done now stands there with its reason.

use crate::app::App;
use crate::app::command::Action;
use crate::app::cursor::Cursor;
use crate::app::overlay::{Menu, Overlay};
use crate::model::api::Protocol;

/// What can be done to a function.
const OF_FUNCTIONS: [Action; 8] = [
    Action::Invoke,
    Action::Provision,
    Action::RemoveProvision,
    Action::Reserve,
    Action::SwitchOff,
    Action::MoveAlias,
    Action::RollBack,
    Action::SwitchEventSource,
];
/// What can be done to a stage.
const OF_STAGES: [Action; 7] = [
    Action::MethodSettings,
    Action::StageCache,
    Action::FlushCache,
    Action::SwitchTracing,
    Action::ShiftCanary,
    Action::PromoteCanary,
    Action::PlanLimits,
];
/// Those that REST APIs alone know.
const OF_REST: [Action; 5] =
    [Action::StageCache, Action::FlushCache, Action::SwitchTracing, Action::ShiftCanary, Action::PromoteCanary];

impl App {
    pub(in crate::app) fn open_menu(&mut self) {
        let selected = self.selected();
        let read_only = self.origin.read_only.clone();
        let mut items: Vec<(Action, Option<String>)> = Vec::new();
        if selected.function.is_some() {
            for action in OF_FUNCTIONS {
                items.push((action, read_only.clone()));
            }
        }
        if let Some((api, _)) = &selected.stage {
            let rest = self.store.api(api).is_none_or(|api| api.protocol == Protocol::Rest);
            for action in OF_STAGES {
                let other = (!rest && OF_REST.contains(&action)).then(|| "only REST APIs have that".to_string());
                items.push((action, read_only.clone().or(other)));
            }
        }
        let undo = self.undoable.is_empty().then(|| "no change to undo".to_string());
        items.push((Action::Undo, undo.or(read_only)));
        items.extend([Action::SeeLogs, Action::SeeTraces, Action::SeeMetrics].map(|action| (action, None)));
        let nothing = selected.copy.is_none().then(|| "nothing to copy".to_string());
        items.push((Action::Copy, nothing));
        items.push((Action::Console, None));
        self.overlays.push(Overlay::Menu(Menu { title: selected.title, items, cursor: Cursor::default() }));
    }
}
