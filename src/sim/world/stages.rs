//! Stages over time: what the catalog, the scenario and the user made of their settings.

use super::catalog::ApiId;
use super::change::{StagePatch, StageState, What};
use super::{Millis, World};

impl World {
    /// Records what UpdateStage or FlushStageCache did, effective from `at` on.
    pub fn record_stage_change(&self, api: ApiId, stage: &str, patch: Vec<StagePatch>, at: Millis) {
        self.change(at, What::Stage { api, stage: stage.to_owned(), patch });
    }

    /// All that was done to a stage up to `at`, scenario included, in its order, with the moments.
    pub fn stage_changes(&self, api: ApiId, stage: &str, at: Millis) -> Vec<(Millis, Vec<StagePatch>)> {
        let name = &self.catalog.apis[api].name;
        let bends = self.scenario.stage.iter().filter(|bend| bend.api == *name && bend.stage == stage);
        let mut all: Vec<(Millis, Vec<StagePatch>)> = bends
            .map(|bend| {
                let (op, value) = ("replace".to_owned(), Some(bend.value.clone()));
                (self.minute(bend.minute), vec![StagePatch { op, path: bend.path.clone(), value }])
            })
            .collect();
        self.changes.with(|list| {
            for change in list {
                if let What::Stage { api: a, stage: s, patch } = &change.what
                    && *a == api
                    && s == stage
                {
                    all.push((change.at, patch.clone()));
                }
            }
        });
        all.retain(|(moment, _)| *moment <= at);
        all.sort_by_key(|(moment, _)| *moment);
        all
    }

    /// The settings of a stage from each moment on at which they changed, the first from the beginning.
    pub(super) fn stage_timeline(&self, api: ApiId, stage: usize, until: Millis) -> Vec<(Millis, StageState)> {
        let mut state = StageState::at_start(&self.catalog, api, stage);
        let mut timeline = vec![(Millis::MIN, state.clone())];
        for (moment, patch) in self.stage_changes(api, &self.catalog.apis[api].stages[stage].name, until) {
            patch.iter().for_each(|one| state.apply(one, moment));
            timeline.push((moment, state.clone()));
        }
        timeline
    }

    /// Takes a stage away, as DeleteStage does; none where there is no such API or stage (any more).
    pub fn delete_stage(&self, api: &str, stage: &str, at: Millis) -> Option<()> {
        let id = self.catalog.api_of_id(api)?;
        let place = self.catalog.apis[id].stage_named(stage).filter(|place| self.has_stage(id, *place, at))?;
        let patch = StagePatch { op: "delete".into(), path: "/".into(), value: None };
        self.record_stage_change(id, &self.catalog.apis[id].stages[place].name, vec![patch], at);
        Some(())
    }

    /// Whether the stage (its index in the catalog) is there at a moment.
    pub fn has_stage(&self, api: ApiId, stage: usize, at: Millis) -> bool {
        !self.stage(api, stage, at).deleted
    }

    /// Indices of the stages of an API that are there at a moment.
    pub fn stages_of(&self, api: ApiId, at: Millis) -> impl Iterator<Item = usize> + '_ {
        (0..self.catalog.apis[api].stages.len()).filter(move |stage| self.has_stage(api, *stage, at))
    }

    /// Whether a method ever had detailed metrics, as far as was changed by now.
    pub fn ever_detailed(&self, api: ApiId, stage: usize, path: &str, method: &str) -> bool {
        self.stage_timeline(api, stage, Millis::MAX).iter().any(|(_, state)| state.detailed(path, method))
    }

    /// The settings of a stage (its index in the catalog) that bend its traffic, at a moment.
    pub fn stage(&self, api: ApiId, stage: usize, at: Millis) -> StageState {
        let mut state = StageState::at_start(&self.catalog, api, stage);
        for (moment, patch) in self.stage_changes(api, &self.catalog.apis[api].stages[stage].name, at) {
            patch.iter().for_each(|one| state.apply(one, moment));
        }
        state
    }
}
