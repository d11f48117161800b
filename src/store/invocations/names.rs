//! Names that recur, numbered: functions, versions, types of errors.

use std::collections::HashMap;

/// Names kept; a log that names an error type anew in each line makes no more.
const KEPT: usize = 16_384;
/// Bytes of one.
const LONGEST: usize = 200;

/// Names by number; 0 is no name.
#[derive(Debug, Default)]
pub struct Names {
    numbers: HashMap<Box<str>, u16>,
    names: Vec<Box<str>>,
}

impl Names {
    /// The number of a name; 0 where there are too many.
    pub fn number(&mut self, name: &str) -> u16 {
        let name = &name[..name.floor_char_boundary(LONGEST)];
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        if self.names.len() >= KEPT || name.is_empty() {
            return 0;
        }
        self.names.push(crate::text::safe_line(name).into());
        let number = self.names.len() as u16;
        self.numbers.insert(name.into(), number);
        number
    }

    /// The name of a number.
    pub fn name(&self, number: u16) -> Option<&str> {
        self.names.get(usize::from(number).checked_sub(1)?).map(AsRef::as_ref)
    }

    /// What is said of each name in small letters, by its number; nothing is said of no name.
    pub fn by_number(&self, says: impl Fn(&str) -> bool) -> Vec<bool> {
        std::iter::once(false).chain(self.names.iter().map(|name| says(&name.to_lowercase()))).collect()
    }

    /// The number of a name that is known.
    pub fn find(&self, name: &str) -> Option<u16> {
        self.numbers.get(name).copied()
    }
}
