//! Completion of a filter expression as it is typed.

use crossterm::event::KeyCode;
use tui_input::Input;

use super::tabs::traces::Vocabulary;
use crate::model::expression::{Completions, complete};

/// What could come next, and what is known of the account.
#[derive(Debug, Default)]
pub struct Completion {
    vocabulary: Vocabulary,
    /// What could come next.
    pub items: Completions,
    /// The selected one.
    pub at: usize,
}

impl Completion {
    /// A completion by what is known of the account.
    pub fn new(vocabulary: Vocabulary) -> Completion {
        Completion { vocabulary, ..Completion::default() }
    }

    /// The text has changed, or the cursor in it.
    pub fn renew(&mut self, input: &Input) {
        self.items = complete(input.value(), place(input), &self.vocabulary.known());
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
