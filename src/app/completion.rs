//! Completion of a filter as it is typed: of an expression for X-Ray, or of the function table's own.

use crossterm::event::KeyCode;
use tui_input::Input;

use super::tabs::functions::words::Words;
use super::tabs::traces::Vocabulary;
use crate::model::expression::{Completions, complete};

/// What could come next, and what is known of the account.
#[derive(Debug, Default)]
pub struct Completion {
    source: Source,
    /// What could come next.
    pub items: Completions,
    /// The selected one.
    pub at: usize,
}

/// Whose language is typed.
#[derive(Debug)]
enum Source {
    Expression(Vocabulary),
    Functions(Words),
}

impl Default for Source {
    fn default() -> Source {
        Source::Expression(Vocabulary::default())
    }
}

impl Completion {
    /// A completion by what is known of the account.
    pub fn new(vocabulary: Vocabulary) -> Completion {
        Completion { source: Source::Expression(vocabulary), ..Completion::default() }
    }

    /// A completion of the function table's filter.
    pub fn of_functions(words: Words) -> Completion {
        Completion { source: Source::Functions(words), ..Completion::default() }
    }

    /// More is known of the account, as of its tags.
    pub fn learn(&mut self, words: Words) {
        if let Source::Functions(known) = &mut self.source {
            *known = words;
        }
    }

    /// The text has changed, or the cursor in it.
    pub fn renew(&mut self, input: &Input) {
        self.items = match &self.source {
            Source::Expression(vocabulary) => complete(input.value(), place(input), &vocabulary.known()),
            Source::Functions(words) => words.complete(input.value(), place(input)),
        };
        self.at = 0;
    }

    /// A key while items are offered: Tab takes one, arrows choose. False where the key means something else.
    pub fn key(&mut self, code: KeyCode, input: &mut Input) -> bool {
        let count = self.items.items.len();
        match code {
            KeyCode::Tab if count > 0 => {
                self.take(input);
                true
            }
            KeyCode::Down if count > 0 => {
                self.at = (self.at + 1) % count;
                false
            }
            KeyCode::Up if count > 0 => {
                self.at = (self.at + count - 1) % count;
                false
            }
            // There is nothing to complete; the field must not be left for it.
            KeyCode::Tab => true,
            _ => false,
        }
    }

    fn take(&self, input: &mut Input) {
        let Some(item) = self.items.items.get(self.at) else { return };
        let text = input.value();
        let (Some(before), Some(after)) = (text.get(..self.items.from), text.get(self.items.to..)) else { return };
        let text = format!("{before}{}{after}", item.text);
        let cursor = before.chars().count() + item.text.chars().count();
        *input = Input::new(text).with_cursor(cursor);
    }
}

/// Where the cursor is, in bytes.
fn place(input: &Input) -> usize {
    input.value().char_indices().nth(input.cursor()).map_or(input.value().len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tab_takes_what_is_offered() {
        let mut completion = Completion::default();
        let mut input = Input::new("fau".into());
        completion.renew(&input);
        assert!(completion.key(KeyCode::Tab, &mut input));
        assert_eq!(input.value().trim(), "fault");
        let mut input = Input::new("é".into());
        completion.renew(&input);
        assert!(completion.key(KeyCode::Tab, &mut input));
    }
}
