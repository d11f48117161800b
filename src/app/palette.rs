//! The palette: every command, function, log group, API and scenario of keys by a few letters of its name.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use tui_input::Input;

use super::command::{Action, COMMANDS, Place};
use super::cursor::Cursor;
use super::step::Jump;
use super::step::LogTarget;
use super::tabs::apis::settings::log_groups;
use super::tabs::logs::matching_groups;
use crate::store::Store;

/// What an entry does.
#[derive(Clone, Debug, PartialEq)]
pub enum Goal {
    /// A command of the table.
    Run(Action),
    /// A view.
    Go(Jump),
}

/// One thing that can be found.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it is: `command`, `function`, `logs`, `api`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// A word more about it.
    pub about: String,
    /// What it does.
    pub goal: Goal,
}

/// Entries on screen at most; the best match first.
pub const SHOWN: usize = 200;

/// A search by name.
#[derive(Debug)]
pub struct Palette {
    /// What has been typed.
    pub input: Input,
    /// Everything that can be found.
    pub entries: Vec<Entry>,
    /// Entries that are there whatever is typed.
    fixed: usize,
    /// Indices of what matches, the best first.
    pub matches: Vec<usize>,
    /// Selected match.
    pub cursor: Cursor,
}

impl Palette {
    /// Everything that can be found now.
    pub fn new(store: &Store) -> Palette {
        let mut entries: Vec<Entry> = COMMANDS
            .iter()
            .filter(|command| !matches!(command.action, Action::Confirm | Action::Send | Action::SwitchField))
            // They mean something where a line is open, and the palette is not opened there.
            .filter(|command| command.places != [Place::Line])
            .map(|command| Entry {
                kind: "command",
                name: command.name.to_string(),
                about: command.sentence.to_string(),
                goal: Goal::Run(command.action),
            })
            .collect();
        for function in store.functions.all() {
            entries.push(Entry {
                kind: "function",
                name: function.name.clone(),
                about: function.runtime.clone(),
                goal: Goal::Go(Jump::Function(function.name.clone())),
            });
            entries.push(Entry {
                kind: "logs",
                name: function.name.clone(),
                about: function.log_group.clone(),
                goal: Goal::Go(Jump::Logs(LogTarget {
                    functions: vec![function.name.clone()],
                    ..LogTarget::default()
                })),
            });
        }
        for group in store.log_groups.get().into_iter().flatten() {
            if store.functions.of_log_group(&group.name).is_none() {
                entries.push(Entry {
                    kind: "logs",
                    name: group.name.clone(),
                    about: crate::text::bytes(group.stored_bytes),
                    goal: Goal::Go(Jump::Logs(LogTarget { groups: vec![group.name.clone()], ..LogTarget::default() })),
                });
            }
        }
        for api in store.apis.get().into_iter().flatten() {
            for stage in store.stages.get(&api.id).and_then(|feed| feed.get()).into_iter().flatten() {
                let groups = log_groups(api, stage);
                if !groups.is_empty() {
                    entries.push(Entry {
                        kind: "logs",
                        name: format!("{} {}", api.name, stage.name),
                        about: "what the API itself logs of its requests".into(),
                        goal: Goal::Go(Jump::Logs(LogTarget { groups, ..LogTarget::default() })),
                    });
                }
                entries.push(Entry {
                    kind: "api",
                    name: format!("{} {}", api.name, stage.name),
                    about: api.protocol.name().to_string(),
                    goal: Goal::Go(Jump::Stage(api.id.clone(), stage.name.clone())),
                });
            }
        }
        let matches = (0..entries.len().min(SHOWN)).collect();
        Palette { input: Input::default(), fixed: entries.len(), entries, matches, cursor: Cursor::default() }
    }

    /// Finds anew after an edit. `logs ord` looks among logs only.
    pub fn search(&mut self) {
        self.cursor = Cursor::default();
        let text = self.input.value().trim();
        let kinds = ["command", "function", "logs", "api"];
        let (kind, text) = match text.split_once(' ') {
            Some((first, rest)) if kinds.contains(&first) && !rest.trim().is_empty() => (Some(first), rest.trim()),
            _ => (None, text),
        };
        let mut matcher = Matcher::new(Config::DEFAULT);
        let pattern = Pattern::parse(text, CaseMatching::Smart, Normalization::Smart);
        let mut buffer = Vec::new();
        let mut found: Vec<(u32, usize)> = self
            .entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| kind.is_none_or(|kind| kind == entry.kind))
            .filter_map(|(at, entry)| {
                pattern.score(Utf32Str::new(&entry.name, &mut buffer), &mut matcher).map(|score| (score, at))
            })
            .collect();
        found.sort_by_key(|&(score, at)| (std::cmp::Reverse(score), at));
        self.matches = found.into_iter().take(SHOWN).map(|(_, at)| at).collect();
    }

    /// `logs orders-* payment`: the tail of everything that fits, above what is found by name.
    pub fn search_in(&mut self, store: &Store) {
        self.entries.truncate(self.fixed);
        self.search();
        let Some(patterns) = self.input.value().trim().strip_prefix("logs ").map(str::trim) else { return };
        let (functions, groups) = matching_groups(patterns, store);
        let count = functions.len() + groups.len();
        if count < 2 {
            return;
        }
        self.entries.push(Entry {
            kind: "logs",
            name: patterns.to_string(),
            about: format!("all {count} log groups that fit, in one tail"),
            goal: Goal::Go(Jump::Logs(LogTarget { functions, groups, ..LogTarget::default() })),
        });
        self.matches.insert(0, self.entries.len() - 1);
    }

    /// The selected entry.
    pub fn chosen(&self) -> Option<&Entry> {
        self.matches.get(self.cursor.row).map(|&at| &self.entries[at])
    }
}
