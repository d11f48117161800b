//! How the filter of the function table could go on, as it is typed.

use std::collections::{BTreeMap, BTreeSet};

use super::attributes::{ATTRIBUTES, Attribute};
use super::columns::STACK_TAG;
use crate::model::expression::{Completion, Completions};
use crate::store::Store;

/// Values of one attribute that are offered at most.
const OFFERED: usize = 50;

/// Names and values that are known of the account.
#[derive(Debug, Default)]
pub struct Words {
    runtimes: BTreeSet<String>,
    apis: BTreeSet<String>,
    /// Keys of tags with their values.
    tags: BTreeMap<String, BTreeSet<String>>,
}

impl Words {
    /// What the store knows.
    pub fn of(store: &Store) -> Words {
        let mut words = Words::default();
        for function in store.functions.all() {
            if !function.runtime.is_empty() && !words.runtimes.contains(&function.runtime) {
                words.runtimes.insert(function.runtime.clone());
            }
        }
        words.apis = store.apis.get().into_iter().flatten().map(|api| api.name.clone()).collect();
        for (key, value) in store.tags.get().into_iter().flat_map(|tags| tags.values()).flatten() {
            let values = words.tags.entry(key.clone()).or_default();
            if values.len() < OFFERED {
                values.insert(value.clone());
            }
        }
        words
    }

    /// How the word at this place (in bytes) could go on.
    pub fn complete(&self, text: &str, at: usize) -> Completions {
        let at = if text.is_char_boundary(at) { at } else { text.len() };
        let begin = text[..at].rfind(char::is_whitespace).map_or(0, |blank| blank + 1);
        let word = &text[begin..at];
        let signs = word.len() - word.trim_start_matches(['-', '!']).len();
        let (from, word) = (begin + signs, &word[signs..]);
        let none = Completions { from, to: at, items: Vec::new() };
        if word.is_empty() || word.contains('"') {
            return none;
        }
        let operator = word.find([':', '=', '<', '>']).filter(|_| !word.starts_with("tag.aws:"));
        match operator {
            None => Completions { items: self.names(word), ..none },
            Some(place) => {
                let typed = &word[place + 1..];
                let items = self.values(word[..place].trim_end_matches('!'), typed);
                Completions { from: from + place + 1, items, ..none }
            }
        }
    }

    fn names(&self, word: &str) -> Vec<Completion> {
        let word = word.to_lowercase();
        let listed = ATTRIBUTES.iter().filter(|(names, ..)| names.iter().any(|name| name.starts_with(&word)));
        let mut items: Vec<Completion> = listed
            .map(|(names, attribute, help)| {
                let sign = match (attribute.is_flag(), attribute.unit()) {
                    (true, _) => "",
                    (_, super::attributes::Unit::Text) => ":",
                    _ => ">",
                };
                Completion { text: format!("{}{sign}", names[0]), help: (*help).to_string() }
            })
            .collect();
        let tags = self.tags.iter().filter(|(key, _)| format!("tag.{}", key.to_lowercase()).starts_with(&word));
        items.extend(tags.map(|(key, values)| Completion {
            text: format!("tag.{key}="),
            help: format!("a tag with {} values", values.len()),
        }));
        // What is complete already is not offered again.
        items.retain(|item| item.text != word);
        items
    }

    fn values(&self, name: &str, typed: &str) -> Vec<Completion> {
        let values: Vec<&str> = match Attribute::named(name) {
            Some(Attribute::Tag(key)) => self.tags.get(&key).into_iter().flatten().map(String::as_str).collect(),
            Some(attribute) => {
                match ATTRIBUTES.iter().find(|(_, known, _)| *known == attribute).map(|(names, ..)| names[0]) {
                    Some("runtime") => self.runtimes.iter().map(String::as_str).collect(),
                    Some("api") => self.apis.iter().map(String::as_str).collect(),
                    Some("stack") => self.tags.get(STACK_TAG).into_iter().flatten().map(String::as_str).collect(),
                    Some("arch") => vec!["arm64", "x86_64"],
                    Some("package") => vec!["image", "zip"],
                    Some("state") => vec!["active", "failed", "inactive", "pending"],
                    Some("update") => vec!["failed", "inprogress", "successful"],
                    Some("reserved") => vec!["none"],
                    _ => vec![],
                }
            }
            None => vec![],
        };
        let typed = typed.to_lowercase();
        let fits = |value: &&&str| value.to_lowercase().starts_with(&typed) && value.to_lowercase() != typed;
        let quoted = |value: &str| if value.contains(' ') { format!("\"{value}\"") } else { value.to_string() };
        values
            .iter()
            .filter(fits)
            .take(OFFERED)
            .map(|value| Completion { text: quoted(value), help: String::new() })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_then_values_are_offered() {
        let mut words = Words::default();
        words.runtimes.extend(["nodejs22.x".to_string(), "python3.13".into()]);
        words.tags.insert("team".into(), ["pay".to_string(), "shop team".into()].into());
        let offered = |text: &str| {
            let found = words.complete(text, text.len());
            let items: Vec<String> = found.items.into_iter().map(|item| item.text).collect();
            (text[..found.from].to_string(), items)
        };
        assert_eq!(offered("orders runt"), ("orders ".into(), vec!["runtime:".into()]));
        assert_eq!(offered("-runtime:n"), ("-runtime:".into(), vec!["nodejs22.x".into()]));
        assert_eq!(offered("tag.t"), (String::new(), vec!["tag.team=".into()]));
        assert_eq!(offered("tag.team!=s"), ("tag.team!=".into(), vec!["\"shop team\"".into()]));
        assert_eq!(offered(""), (String::new(), vec![]));
        assert_eq!(offered("vpc"), (String::new(), vec![]), "it is complete");
    }
}
