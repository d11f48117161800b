//! What a tab can't do alone: effects, other views, popups.

use super::App;
use super::effect::Effect;
use super::step::{Jump, Step};
use super::tabs::Tab;

impl App {
    /// Carries out what a tab can't do alone.
    pub(super) fn take(&mut self, steps: Vec<Step>) -> Vec<Effect> {
        let mut effects = Vec::new();
        for step in steps {
            match step {
                Step::Do(effect) => effects.push(effect),
                Step::Go(jump) => self.jump(jump),
                Step::Show(overlay) => {
                    self.overlays.push(*overlay);
                    self.fit_lines();
                }
                Step::Choose(chosen) => self.choose(chosen),
                Step::Say(text) => self.notices.say(text, self.now),
            }
        }
        effects
    }

    /// Goes to another view, and remembers the way back.
    pub fn jump(&mut self, jump: Jump) {
        let to = match &jump {
            Jump::Function(_) => Tab::Functions,
            Jump::Logs(_) => Tab::Logs,
            Jump::Traces(_) | Jump::TracesAt(..) | Jump::Trace(_) => Tab::Traces,
            Jump::Stage(..) => Tab::Apis,
        };
        self.remember();
        self.with_tabs(|tabs, cx| match jump {
            Jump::Function(name) => tabs.functions.open(name),
            Jump::Logs(target) => tabs.logs.show(&target, cx),
            Jump::Traces(filter) => tabs.traces.arrive(filter, cx),
            Jump::TracesAt(filter, from, to) => tabs.traces.arrive_at(filter, (from, to), cx),
            Jump::Trace(target) => tabs.traces.open(target, cx),
            Jump::Stage(api, stage) => tabs.apis.show(&api, &stage, cx),
        });
        self.tab = to;
    }
}
