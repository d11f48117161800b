//! The filter patterns of FilterLogEvents, Live Tail and metric filters: terms, JSON selectors, space-delimited fields.
//!
//! The grammar is that of the CloudWatch Logs User Guide, "Filter pattern syntax for metric filters, subscription
//! filters, filter log events, and Live Tail". Matching is case-sensitive throughout.

mod condition;
mod delimited;
mod json;

use condition::Regex;

/// The longest pattern that the service takes, in characters.
const MAX_CHARS: usize = 1024;

/// A pattern, ready to be held against any number of messages.
#[derive(Debug)]
pub struct Pattern(Kind);

#[derive(Debug)]
enum Kind {
    Everything,
    Terms(Terms),
    Json(json::Expression),
    Delimited(delimited::Fields),
}

/// An unstructured pattern. Terms with `?` count only where no others stand beside them.
#[derive(Debug, Default)]
struct Terms {
    all: Vec<Atom>,
    any: Vec<Atom>,
    none: Vec<Atom>,
}

#[derive(Debug)]
enum Atom {
    Text(String),
    Regex(Regex),
}

impl Atom {
    fn is_in(&self, message: &str) -> bool {
        match self {
            // The guide: `" "` matches everything.
            Atom::Text(text) => text.trim().is_empty() || message.contains(text.as_str()),
            Atom::Regex(regex) => regex.is_match(message),
        }
    }
}

/// Reads a pattern.
///
/// # Errors
/// The message of the InvalidParameterException that the service answers.
pub fn parse(pattern: &str) -> Result<Pattern, String> {
    if pattern.chars().count() > MAX_CHARS {
        return Err(format!(
            "1 validation error detected: Value at 'filterPattern' failed to satisfy constraint: Member must have \
             length less than or equal to {MAX_CHARS}"
        ));
    }
    let trimmed = pattern.trim();
    let kind = match trimmed.chars().next() {
        None => Kind::Everything,
        Some('{') => Kind::Json(json::parse(trimmed)?),
        Some('[') => Kind::Delimited(delimited::parse(trimmed)?),
        Some(_) => Kind::Terms(parse_terms(trimmed)?),
    };
    Ok(Pattern(kind))
}

impl Pattern {
    /// Whether an event with this message passes.
    pub fn matches(&self, message: &str) -> bool {
        match &self.0 {
            Kind::Everything => true,
            Kind::Terms(terms) => terms.match_in(message),
            Kind::Json(expression) => expression.matches(message),
            Kind::Delimited(fields) => fields.matches(message),
        }
    }

    /// The pattern lets everything through.
    pub fn is_everything(&self) -> bool {
        matches!(self.0, Kind::Everything)
    }
}

impl Terms {
    fn match_in(&self, message: &str) -> bool {
        // "If you combine ? with other filter patterns, all question mark terms will be ignored."
        if self.all.is_empty() && self.none.is_empty() {
            return self.any.iter().any(|atom| atom.is_in(message));
        }
        self.all.iter().all(|atom| atom.is_in(message)) && !self.none.iter().any(|atom| atom.is_in(message))
    }
}

fn parse_terms(pattern: &str) -> Result<Terms, String> {
    let mut terms = Terms::default();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let list = match first {
            '?' => &mut terms.any,
            '-' => &mut terms.none,
            _ => &mut terms.all,
        };
        if matches!(first, '?' | '-') {
            rest = rest[1..].trim_start();
        }
        let (atom, after) = parse_atom(rest)?;
        list.push(atom);
        rest = after.trim_start();
    }
    Ok(terms)
}

fn parse_atom(text: &str) -> Result<(Atom, &str), String> {
    match text.chars().next() {
        None => Err("Invalid filter pattern: a term is missing after '?' or '-'".to_owned()),
        Some('"') => {
            let (phrase, after) = condition::quoted(text)?;
            Ok((Atom::Text(phrase), after))
        }
        Some('%') => {
            let (regex, after) = condition::percent_regex(text)?;
            Ok((Atom::Regex(regex), after))
        }
        Some(_) => {
            let end = text.find(char::is_whitespace).unwrap_or(text.len());
            let (word, after) = text.split_at(end);
            if word.chars().any(|c| !(c.is_alphanumeric() || c == '_')) {
                return Err(format!("Invalid character(s) in term '{word}'"));
            }
            Ok((Atom::Text(word.to_owned()), after))
        }
    }
}

#[cfg(test)]
mod tests;
