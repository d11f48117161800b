//! Something wrong in the configuration: where, what, and the remedy, with a caret under the place.

use std::fmt;
use std::ops::Range;

use crate::text::{safe_line, width};

/// Something wrong in the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it stands: a file, a variable, a flag.
    pub source: String,
    /// Line, column and the marked line, where it stands in a file.
    pub place: Option<Place>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub remedy: String,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, counted in characters.
    pub column: usize,
    /// The line, made safe for a terminal.
    pub text: String,
    /// Columns before the mark.
    pub indent: usize,
    /// Columns under which the caret stands.
    pub length: usize,
}

impl Problem {
    /// A problem that stands in no file.
    pub fn new(source: impl Into<String>, message: impl Into<String>, remedy: impl Into<String>) -> Problem {
        Problem { source: source.into(), place: None, message: message.into(), remedy: remedy.into() }
    }

    /// A problem at `span` of `text`.
    pub fn at(
        source: impl Into<String>,
        text: &str,
        span: &Range<usize>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Problem {
        Problem { place: Some(Place::of(text, span)), ..Problem::new(source, message, remedy) }
    }

    /// One line for a toast: where, what and the remedy.
    pub fn sentence(&self) -> String {
        let mut sentence = format!("{}: {}", self.position(), self.message);
        if !self.remedy.is_empty() {
            sentence.push_str(" - ");
            sentence.push_str(&self.remedy);
        }
        sentence
    }

    fn position(&self) -> String {
        match &self.place {
            Some(place) => format!("{}:{}:{}", self.source, place.line, place.column),
            None => self.source.clone(),
        }
    }
}

impl Place {
    fn of(text: &str, span: &Range<usize>) -> Place {
        let start = floor_boundary(text, span.start.min(text.len()));
        let end = floor_boundary(text, span.end.clamp(start, text.len()));
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let before = &text[line_start..start];
        let marked = &text[start..end.min(line_end)];
        Place {
            line: text[..start].matches('\n').count() + 1,
            column: before.chars().count() + 1,
            text: safe_line(text[line_start..line_end].trim_end()).into_owned(),
            indent: width(&safe_line(before)),
            length: width(&safe_line(marked)).max(1),
        }
    }
}

fn floor_boundary(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.position(), self.message)?;
        if let Some(place) = &self.place {
            let margin = " ".repeat(place.line.to_string().len());
            write!(f, "\n {} | {}", place.line, place.text)?;
            write!(f, "\n {margin} | {}{}", " ".repeat(place.indent), "^".repeat(place.length))?;
        }
        if !self.remedy.is_empty() {
            write!(f, "\n   remedy: {}", self.remedy)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_place() {
        let text = "[ui]\ntheme = \"\u{1b}日\" # x\n";
        let start = text.find('\"').unwrap();
        let problem = Problem::at("config.toml", text, &(start..start + 6), "no such theme", "choose night");
        assert_eq!(
            problem.to_string(),
            "config.toml:2:9: no such theme\n 2 | theme = \"␛日\" # x\n   |         ^^^^^\n   remedy: choose night"
        );
        assert_eq!(problem.sentence(), "config.toml:2:9: no such theme - choose night");
    }

    #[test]
    fn any_span_of_any_text_has_a_place() {
        for text in ["", "\n\n", "日本", "a\r\nb"] {
            for start in 0..8 {
                for end in 0..8 {
                    Problem::at("x", text, &(start..end), "m", "r").to_string();
                }
            }
        }
    }
}
