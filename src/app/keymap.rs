//! From a key to an action, by place: the command table's chords, with the user's own laid over them.

use std::collections::{BTreeMap, HashMap};

use crokey::KeyCombination;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::command::{Action, COMMANDS, Place};

/// Which key means what, where.
#[derive(Clone, Debug)]
pub struct Keymap {
    chords: HashMap<KeyCombination, Vec<Action>>,
    keys: HashMap<Action, Vec<KeyCombination>>,
}

const PLACES: [Place; 24] = [
    Place::Anywhere,
    Place::Overview,
    Place::Functions,
    Place::Function,
    Place::Logs,
    Place::Invocations,
    Place::Errors,
    Place::Insights,
    Place::Traces,
    Place::Trace,
    Place::ServiceMap,
    Place::TraceStatistics,
    Place::Sampling,
    Place::Histogram,
    Place::Apis,
    Place::Popup,
    Place::Line,
    Place::Prompt,
    Place::Form,
    Place::Payload,
    Place::Payloads,
    Place::Answer,
    Place::Answers,
    Place::Confirmation,
];

impl Keymap {
    /// The table's own chords.
    pub fn defaults() -> Keymap {
        Keymap::with(&BTreeMap::new()).0
    }

    /// The table's chords with the user's over them (`[keys] name = ["chord", …]`), and what is wrong with those: an
    /// unknown command, a chord that can't be read, a chord with two meanings in one place.
    pub fn with(own: &BTreeMap<String, Vec<String>>) -> (Keymap, Vec<String>) {
        let mut problems = Vec::new();
        let mut keymap = Keymap { chords: HashMap::new(), keys: HashMap::new() };
        for name in own.keys().filter(|name| COMMANDS.iter().all(|command| command.name != name.as_str())) {
            problems.push(format!("[keys] {name}: no such command; `slsdash keys` lists them"));
        }
        for command in COMMANDS {
            let chords: Vec<&str> = match own.get(command.name) {
                Some(chords) => chords.iter().map(String::as_str).collect(),
                None => command.keys.to_vec(),
            };
            for chord in chords {
                match parse(chord) {
                    Ok(key) => {
                        keymap.chords.entry(key).or_default().push(command.action);
                        keymap.keys.entry(command.action).or_default().push(key);
                    }
                    Err(error) => problems.push(format!("[keys] {} = {chord:?}: {error}", command.name)),
                }
            }
        }
        problems.extend(keymap.clashes());
        (keymap, problems)
    }

    /// Chords with two meanings in one place.
    fn clashes(&self) -> Vec<String> {
        let mut clashes = Vec::new();
        for (key, actions) in &self.chords {
            for place in PLACES {
                let here: Vec<_> = COMMANDS
                    .iter()
                    .filter(|command| actions.contains(&command.action) && command.listens_in(place))
                    .map(|command| command.name)
                    .collect();
                if here.len() > 1 {
                    clashes.push(format!("[keys] {key} means {} in one place", here.join(" and ")));
                    break;
                }
            }
        }
        clashes.sort();
        clashes
    }

    /// What `key` means in `place`.
    pub fn action(&self, key: KeyEvent, place: Place) -> Option<Action> {
        let mut key = key;
        // Only letters tell shift apart by their case; `:` is `:` whether the terminal reports its shift or not.
        if matches!(key.code, KeyCode::Char(c) if !c.is_alphabetic()) {
            key.modifiers.remove(KeyModifiers::SHIFT);
        }
        let key = KeyCombination::from(key).normalized();
        let actions = self.chords.get(&key)?;
        COMMANDS
            .iter()
            .find(|command| actions.contains(&command.action) && command.listens_in(place))
            .map(|command| command.action)
    }

    /// The chords of an action as people write them, the first first.
    pub fn chords(&self, action: Action) -> Vec<String> {
        self.keys.get(&action).map(|keys| keys.iter().map(spell).collect()).unwrap_or_default()
    }

    /// The first chord of an action, or nothing if the user took all of them away.
    pub fn chord(&self, action: Action) -> String {
        self.chords(action).into_iter().next().unwrap_or_default()
    }
}

fn parse(chord: &str) -> Result<KeyCombination, String> {
    crokey::parse(chord).map(KeyCombination::normalized).map_err(|error| error.to_string())
}

/// A chord as help and footer write it: `G` for shift-g, `^d` for ctrl-d, arrows as arrows.
fn spell(key: &KeyCombination) -> String {
    let text = key.to_string().to_lowercase();
    if let Some(letter) = text.strip_prefix("shift-").filter(|letter| letter.chars().count() == 1) {
        return letter.to_uppercase();
    }
    if let Some(letter) = text.strip_prefix("ctrl-").filter(|letter| letter.chars().count() == 1) {
        return format!("^{letter}");
    }
    match text.as_str() {
        "up" => "↑".into(),
        "down" => "↓".into(),
        "left" => "←".into(),
        "right" => "→".into(),
        "enter" => "Enter".into(),
        "esc" => "Esc".into(),
        "tab" => "Tab".into(),
        "backtab" | "shift-backtab" => "S-Tab".into(),
        "pageup" => "PgUp".into(),
        "pagedown" => "PgDn".into(),
        "home" => "Home".into(),
        "end" => "End".into(),
        _ if text.starts_with('f') && text.len() > 1 => text.to_uppercase(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_no_clash_and_every_chord_reads() {
        let (keymap, problems) = Keymap::with(&BTreeMap::new());
        assert_eq!(problems, Vec::<String>::new());
        for command in COMMANDS {
            assert!(!keymap.chord(command.action).is_empty(), "{} has no chord", command.name);
        }
    }

    #[test]
    fn the_same_chord_may_mean_two_things_in_two_places() {
        let keymap = Keymap::defaults();
        let enter = KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE);
        assert_eq!(keymap.action(enter, Place::Functions), Some(Action::Open));
        assert_eq!(keymap.action(enter, Place::Confirmation), Some(Action::Confirm));
        let shifted = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(keymap.action(shifted, Place::Logs), Some(Action::Last));
        let bang = KeyEvent::new(KeyCode::Char('!'), KeyModifiers::NONE);
        assert_eq!(keymap.action(bang, Place::Logs), Some(Action::Errors));
        let backtab = KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT);
        assert_eq!(keymap.action(backtab, Place::Overview), Some(Action::PreviousPanel));
        let colon = KeyEvent::new(KeyCode::Char(':'), KeyModifiers::SHIFT);
        assert_eq!(keymap.action(colon, Place::Overview), Some(Action::Palette));
    }

    #[test]
    fn the_users_own_chords_replace_and_their_faults_are_told() {
        let own = BTreeMap::from([
            ("quit".to_string(), vec!["ctrl-q".to_string()]),
            ("refresh".to_string(), vec!["banana".to_string()]),
            ("fly".to_string(), vec!["f".to_string()]),
            ("pause".to_string(), vec!["r".to_string(), "?".to_string()]),
        ]);
        let (keymap, problems) = Keymap::with(&own);
        assert_eq!(keymap.chord(Action::Quit), "^q");
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(problems.iter().any(|problem| problem.contains("fly")));
        assert!(problems.iter().any(|problem| problem.contains("banana")));
        assert!(problems.iter().any(|problem| problem.contains("pause and help")));
    }
}
