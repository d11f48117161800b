//! What a function's user can change, over time: catalog, then scenario, then the changes, each with its moment.

use super::Millis;
use super::catalog::{Catalog, FunctionId};
use super::change::{AliasState, Changes, Provisioned, What};
use super::dice::{Dice, hash_text};
use super::scenario::Scenario;

/// The settings of one function at all times.
pub struct Settings {
    reserved: Vec<(Millis, Option<u32>)>,
    moves: Vec<Move>,
    /// Moment, qualifier, requested (none when deleted).
    provisioned: Vec<(Millis, String, Option<u32>)>,
    names: Vec<String>,
    /// When updates of the function began and ended.
    updates: Vec<(Millis, Millis)>,
    deleted: Option<Millis>,
    seed: u64,
}

/// Moment, index in the catalog's aliases, version, second version with its share.
type Move = (Millis, usize, u32, Option<(u32, f64)>);

/// Long before anything happens.
pub const ALWAYS: Millis = Millis::MIN / 4;

impl Settings {
    /// Gathers them. They hold for all moments up to the next change.
    pub fn of(catalog: &Catalog, scenario: &Scenario, changes: &Changes, born: Millis, id: FunctionId) -> Self {
        let function = &catalog.functions[id];
        let minute = |minute: f64| born + (minute * 60_000.0) as Millis;
        let alias_index = |name: &str| function.aliases.iter().position(|alias| alias.name == name);
        let mut settings = Self {
            reserved: vec![(ALWAYS, function.reserved)],
            moves: Vec::new(),
            provisioned: Vec::new(),
            names: function.aliases.iter().map(|alias| alias.name.clone()).collect(),
            updates: Vec::new(),
            deleted: None,
            seed: hash_text(&function.name),
        };
        for (index, alias) in function.aliases.iter().enumerate() {
            settings.moves.push((ALWAYS, index, alias.version, alias.second));
            if let Some(requested) = alias.provisioned {
                settings.provisioned.push((ALWAYS, alias.name.clone(), Some(requested)));
            }
        }
        for deploy in scenario.deploy.iter().filter(|deploy| deploy.function == function.name) {
            if let Some(index) = alias_index(&deploy.alias) {
                settings.moves.push((minute(deploy.minute), index, deploy.version, None));
            }
        }
        for reserve in scenario.reserve.iter().filter(|reserve| reserve.function == function.name) {
            settings.reserved.push((minute(reserve.minute), Some(reserve.reserved)));
        }
        for updating in scenario.updating.iter().filter(|updating| updating.function == function.name) {
            let from = minute(updating.from_minute);
            settings.updates.push((from, from + Millis::from(updating.for_s) * 1000));
        }
        changes.with(|list| {
            for change in list.iter().filter(|change| change.function() == Some(id)) {
                match &change.what {
                    What::SetReserved { reserved, .. } => settings.reserved.push((change.at, Some(*reserved))),
                    What::DeleteReserved { .. } => settings.reserved.push((change.at, None)),
                    What::SetProvisioned { qualifier, requested, .. } => {
                        settings.provisioned.push((change.at, qualifier.clone(), Some(*requested)));
                    }
                    What::DeleteProvisioned { qualifier, .. } => {
                        settings.provisioned.push((change.at, qualifier.clone(), None));
                    }
                    What::UpdateAlias { alias, version, second, .. } => {
                        if let Some(index) = alias_index(alias) {
                            settings.moves.push((change.at, index, *version, *second));
                        }
                    }
                    What::Update { for_ms, .. } => settings.updates.push((change.at, change.at + for_ms)),
                    What::Delete { .. } => settings.end(change.at),
                    What::Stage { .. }
                    | What::Plan { .. }
                    | What::Destination(_)
                    | What::Indexing(_)
                    | What::Invoke { .. }
                    | What::UpdateMapping { .. } => {}
                }
            }
        });
        settings
    }

    /// Deleted: nothing is reserved or provisioned for it any more.
    fn end(&mut self, at: Millis) {
        self.deleted = self.deleted.or(Some(at));
        self.reserved.push((at, None));
        for name in self.provisioned_qualifiers().into_iter().map(str::to_owned).collect::<Vec<_>>() {
            self.provisioned.push((at, name, None));
        }
    }

    /// When the function was deleted.
    pub fn deleted(&self) -> Option<Millis> {
        self.deleted
    }

    /// The updates of the function that had begun by then, each with its begin and its end.
    pub fn updates(&self, at: Millis) -> impl Iterator<Item = (Millis, Millis)> + '_ {
        self.updates.iter().copied().filter(move |(from, _)| *from <= at)
    }

    /// ReservedConcurrentExecutions at a moment.
    pub fn reserved(&self, at: Millis) -> Option<u32> {
        self.reserved.iter().rev().find(|(from, _)| *from <= at).and_then(|(_, reserved)| *reserved)
    }

    /// Version and second version of an alias (its index in the catalog) at a moment.
    pub fn alias(&self, index: usize, at: Millis) -> (u32, Option<(u32, f64)>) {
        let found = self.moves.iter().rev().find(|(from, alias, ..)| *alias == index && *from <= at);
        found.map_or((0, None), |(_, _, version, second)| (*version, *second))
    }

    /// All aliases at a moment.
    pub fn aliases(&self, at: Millis) -> Vec<AliasState> {
        let state = |(index, name): (usize, &String)| {
            let (version, second) = self.alias(index, at);
            let moved = self.moves.iter().filter(|(from, alias, ..)| *alias == index && *from <= at).count();
            let revision = Dice::of(&[self.seed, index as u64, moved as u64]).uuid();
            AliasState { name: name.clone(), version, second, revision }
        };
        self.names.iter().enumerate().map(state).collect()
    }

    /// Versions that an alias, by its index in the catalog, shared out its traffic to at any time.
    pub fn weighted(&self, index: usize) -> Vec<u32> {
        let moves = self.moves.iter().filter(|(_, alias, ..)| *alias == index);
        let mut versions: Vec<u32> =
            moves.filter_map(|(.., version, second)| Some([*version, (*second)?.0])).flatten().collect();
        versions.sort_unstable();
        versions.dedup();
        versions
    }

    /// Provisioned concurrency of a qualifier at a moment.
    pub fn provisioned(&self, qualifier: &str, at: Millis) -> Option<Provisioned> {
        let mut current: Option<(Millis, u32, u32)> = None;
        for (from, name, requested) in &self.provisioned {
            if name != qualifier || *from > at {
                continue;
            }
            let before = current.map(|(asked, requested, before)| {
                Provisioned::after(name, requested, before, from - asked, asked).available
            });
            // What the world began with was there before.
            let before = if *from == ALWAYS { requested.unwrap_or(0) } else { before.unwrap_or(0) };
            current = requested.map(|requested| (*from, requested, before));
        }
        let (asked, requested, before) = current?;
        Some(Provisioned::after(qualifier, requested, before, at - asked, asked))
    }

    /// The version that an invocation runs: what its alias points to, by its weights; 0 is `$LATEST`.
    pub fn version(&self, qualifier: Option<&str>, key: u64, at: Millis) -> u32 {
        let Some(qualifier) = qualifier else { return 0 };
        if let Ok(version) = qualifier.parse() {
            return version;
        }
        match self.names.iter().position(|name| name == qualifier).map(|index| self.alias(index, at)) {
            Some((_, Some((second, share)))) if Dice::of(&[key, 14]).chance(share) => second,
            Some((version, _)) => version,
            None => 0,
        }
    }

    /// Qualifiers that have or had provisioned concurrency, each once.
    pub fn provisioned_qualifiers(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for (_, name, _) in &self.provisioned {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }
}
