//! The list from which a payload is chosen: templates, or what was saved.

use super::library::{Entry, Library};
use super::templates::Template;
use crate::app::App;
use crate::app::command::Action;
use crate::app::cursor::{Cursor, Motion};
use crate::app::effect::Effect;
use crate::app::overlay::{Overlay, Prompt, PromptKind};
use crate::text;

/// Rows that the list is taken to show when paging.
const PAGE: usize = 10;

/// A list of payloads to choose from.
#[derive(Debug)]
pub struct Shelf {
    /// FunctionName.
    pub function: String,
    /// What it holds: `Templates`.
    pub title: &'static str,
    /// What can be chosen.
    pub items: Vec<Item>,
    /// Selected item.
    pub cursor: Cursor,
    /// The name of the saved payload that goes when the same key is pressed again.
    pub doomed: Option<String>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Its name.
    pub name: String,
    /// What it is.
    pub about: String,
    /// It suits the function particularly.
    pub fits: bool,
    /// What choosing it does.
    pub what: What,
}

/// What choosing an item does.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// Asks for a name and saves what is in the form.
    SaveAs,
    /// Puts this payload into the form; it can be dropped where it was saved under a name.
    Put {
        /// The payload.
        text: String,
        /// It is one of those that were saved.
        saved: bool,
    },
}

impl Shelf {
    /// The templates.
    pub fn of_templates(function: &str, templates: Vec<Template>) -> Shelf {
        let items = templates.into_iter().map(|template| Item {
            name: template.name.into(),
            about: template.about,
            fits: template.fits,
            what: What::Put { text: template.text, saved: false },
        });
        Shelf::new(function, "Templates", items.collect())
    }

    /// What was saved, with a way to save what is in the form.
    pub fn of_saved(function: &str, library: Option<&Library>) -> Shelf {
        let mut items = vec![Item {
            name: "save as ...".into(),
            about: "gives what is in the form a name".into(),
            fits: false,
            what: What::SaveAs,
        }];
        let last = library.and_then(|library| library.last.as_ref());
        items.extend(last.map(|text| Item {
            name: "sent last".into(),
            about: glance(text),
            fits: false,
            what: What::Put { text: text.clone(), saved: false },
        }));
        items.extend(library.into_iter().flat_map(|library| &library.saved).map(|saved| Item {
            name: saved.name.clone(),
            about: glance(&saved.text),
            fits: false,
            what: What::Put { text: saved.text.clone(), saved: true },
        }));
        let mut shelf = Shelf::new(function, "Saved payloads", items);
        // The first that was saved is likelier wanted than saving again.
        let first = shelf.items.iter().position(|item| matches!(item.what, What::Put { saved: true, .. }));
        shelf.cursor.row = first.unwrap_or(0);
        shelf
    }

    fn new(function: &str, title: &'static str, items: Vec<Item>) -> Shelf {
        Shelf { function: function.to_string(), title, items, cursor: Cursor::default(), doomed: None }
    }
}

/// A payload in one line: its size and how it begins.
fn glance(payload: &str) -> String {
    let beginning: String = payload.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(120).collect();
    format!("{:>8}  {}", text::bytes(payload.len() as u64), text::safe_line(&beginning))
}

impl App {
    /// A key while the list is open.
    pub(in crate::app) fn shelf_key(&mut self, action: Action) -> Vec<Effect> {
        let Some(Overlay::Shelf(shelf)) = self.overlays.last_mut() else { return vec![] };
        if let Some(motion) = Motion::of(action) {
            shelf.cursor.go(motion, shelf.items.len(), PAGE);
            shelf.doomed = None;
            return vec![];
        }
        let item = shelf.items.get(shelf.cursor.row).cloned();
        match (action, item) {
            (Action::Back, _) => {
                self.overlays.pop();
            }
            (Action::Quit, _) => return self.quit(),
            (Action::Open, Some(Item { what: What::SaveAs, .. })) => {
                self.overlays.pop();
                self.overlays.push(Overlay::Prompt(Prompt::new(PromptKind::PayloadName, String::new())));
            }
            (Action::Open, Some(Item { what: What::Put { text, .. }, .. })) => {
                self.overlays.pop();
                if let Some(Overlay::Invoke(form)) = self.overlays.last_mut() {
                    form.put(&text);
                }
            }
            (Action::DropPayload, Some(Item { what: What::Put { saved: true, .. }, name, .. })) => {
                if shelf.doomed.as_ref() != Some(&name) {
                    shelf.doomed = Some(name);
                    return vec![];
                }
                let function = shelf.function.clone();
                self.overlays.pop();
                let effects = self.keep(&function, Entry::Dropped(name));
                let rest = Shelf::of_saved(&function, self.invokes.library(&function));
                self.overlays.push(Overlay::Shelf(Box::new(rest)));
                return effects;
            }
            (Action::DropPayload, _) => {
                self.notices.say("Only a payload that was saved under a name can be dropped", self.now);
            }
            _ => {}
        }
        vec![]
    }
}

#[cfg(test)]
mod tests {
    use super::super::library::{Saved, tests::LIMITS, tests::moment};
    use super::*;

    #[test]
    fn what_was_saved_is_selected_first() {
        let mut library = Library { last: Some("{\n  \"a\": 1\n}".into()), ..Library::default() };
        let shelf = Shelf::of_saved("checkout", Some(&library));
        assert_eq!(shelf.items[shelf.cursor.row].what, What::SaveAs);
        assert_eq!(shelf.items[1].about.trim(), "12 B  { \"a\": 1 }");
        library.take(Entry::Saved(Saved { name: "refund".into(), text: "{}".into(), at: moment(0) }), LIMITS);
        let shelf = Shelf::of_saved("checkout", Some(&library));
        assert_eq!(shelf.items[shelf.cursor.row].name, "refund");
        assert_eq!(Shelf::of_saved("checkout", None).items.len(), 1);
    }
}
