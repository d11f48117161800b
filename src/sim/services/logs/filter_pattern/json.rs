//! JSON patterns: `{ $.level = "ERROR" && $.duration > 1000 }`.

use super::condition::{Condition, Operator};
use serde_json::Value;

/// Regular expressions that one pattern may hold.
const MAX_REGEXES: usize = 2;
/// Selectors with a wildcard that one pattern may hold.
const MAX_WILDCARDS: usize = 3;

/// A condition on a JSON document, or several joined.
#[derive(Debug)]
pub(super) enum Expression {
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Test(Selector, Test),
}

/// `$.a.b[0]`, `$.items[*].id`, `$['key.with.dots']`.
#[derive(Debug)]
pub(super) struct Selector(Vec<Step>);

#[derive(Debug, PartialEq)]
enum Step {
    Key(String),
    Index(usize),
    AnyKey,
    AnyElement,
}

#[derive(Debug)]
pub(super) enum Test {
    Compare(Condition),
    IsNull,
    Is(bool),
    NotExists,
}

impl Expression {
    /// Whether the message is a JSON object that passes.
    pub(super) fn matches(&self, message: &str) -> bool {
        // Saves parsing every START and REPORT line.
        if !message.trim_start().starts_with('{') {
            return false;
        }
        serde_json::from_str::<Value>(message).is_ok_and(|document| document.is_object() && self.holds(&document))
    }

    fn holds(&self, document: &Value) -> bool {
        match self {
            Expression::All(parts) => parts.iter().all(|part| part.holds(document)),
            Expression::Any(parts) => parts.iter().any(|part| part.holds(document)),
            Expression::Test(selector, Test::NotExists) => {
                let mut exists = false;
                selector.each(document, &mut |_| exists = true);
                !exists
            }
            Expression::Test(selector, test) => {
                let mut passes = false;
                selector.each(document, &mut |value| passes |= test.holds(value));
                passes
            }
        }
    }

    fn count(&self, what: &impl Fn(&Selector, &Test) -> bool) -> usize {
        match self {
            Expression::All(parts) | Expression::Any(parts) => parts.iter().map(|part| part.count(what)).sum(),
            Expression::Test(selector, test) => usize::from(what(selector, test)),
        }
    }
}

impl Test {
    fn holds(&self, value: &Value) -> bool {
        match (self, value) {
            (Test::IsNull, value) => value.is_null(),
            (Test::Is(wanted), value) => value.as_bool() == Some(*wanted),
            (Test::Compare(condition), Value::String(text)) => condition.holds_for_text(text),
            (Test::Compare(condition), Value::Number(number)) => condition.holds_for_text(&number.to_string()),
            // "If a property selector points to an array or object, the filter pattern won't match the log format."
            (Test::Compare(_) | Test::NotExists, _) => false,
        }
    }
}

impl Selector {
    fn each(&self, document: &Value, found: &mut impl FnMut(&Value)) {
        fn walk(steps: &[Step], value: &Value, found: &mut impl FnMut(&Value)) {
            let Some((step, rest)) = steps.split_first() else { return found(value) };
            match (step, value) {
                (Step::Key(key), Value::Object(map)) => {
                    if let Some(inner) = map.get(key) {
                        walk(rest, inner, found);
                    }
                }
                (Step::Index(index), Value::Array(items)) => {
                    if let Some(inner) = items.get(*index) {
                        walk(rest, inner, found);
                    }
                }
                (Step::AnyKey, Value::Object(map)) => map.values().for_each(|inner| walk(rest, inner, found)),
                (Step::AnyElement, Value::Array(items)) => items.iter().for_each(|inner| walk(rest, inner, found)),
                _ => {}
            }
        }
        walk(&self.0, document, found);
    }

    fn wildcards(&self) -> usize {
        self.0.iter().filter(|step| matches!(step, Step::AnyKey | Step::AnyElement)).count()
    }
}

/// Reads a pattern that begins with `{`.
pub(super) fn parse(pattern: &str) -> Result<Expression, String> {
    let mut parser = Parser { rest: pattern };
    parser.expect("{")?;
    let expression = parser.any()?;
    parser.expect("}")?;
    if !parser.rest.is_empty() {
        return Err(parser.unexpected());
    }
    let wildcards = expression.count(&|selector, _| selector.wildcards() > 0);
    let regexes = expression.count(&|_, test| matches!(test, Test::Compare(condition) if condition.has_regex()));
    if wildcards > MAX_WILDCARDS {
        return Err(format!("Invalid filter pattern: at most {MAX_WILDCARDS} wildcard selectors are allowed"));
    }
    if regexes > MAX_REGEXES {
        return Err(format!("Invalid filter pattern: at most {MAX_REGEXES} regular expressions are allowed"));
    }
    Ok(expression)
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn unexpected(&self) -> String {
        match self.rest.split_whitespace().next() {
            Some(word) => format!("Invalid filter pattern: unexpected '{word}'"),
            None => "Invalid filter pattern: unexpected end".to_owned(),
        }
    }

    fn take(&mut self, token: &str) -> bool {
        match self.rest.trim_start().strip_prefix(token) {
            Some(after) => {
                self.rest = after.trim_start();
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.take(token) { Ok(()) } else { Err(self.unexpected()) }
    }

    // () binds before &&, && before ||.
    fn any(&mut self) -> Result<Expression, String> {
        let mut parts = vec![self.all()?];
        while self.take("||") {
            parts.push(self.all()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::Any(parts) })
    }

    fn all(&mut self) -> Result<Expression, String> {
        let mut parts = vec![self.one()?];
        while self.take("&&") {
            parts.push(self.one()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::All(parts) })
    }

    fn one(&mut self) -> Result<Expression, String> {
        if self.take("(") {
            let inner = self.any()?;
            self.expect(")")?;
            return Ok(inner);
        }
        let selector = self.selector()?;
        let test = self.test()?;
        Ok(Expression::Test(selector, test))
    }

    fn test(&mut self) -> Result<Test, String> {
        if let Some((operator, after)) = Operator::take(self.rest) {
            let (condition, rest) = Condition::take(operator, after.trim_start(), ends_word)?;
            let quoted = after.trim_start().starts_with('"');
            if let Some(word) = condition.bare_word().filter(|_| !quoted)
                && word.chars().any(|c| !(c.is_alphanumeric() || matches!(c, '_' | '*' | '.')))
            {
                return Err(format!("Invalid character(s) in term '{word}'"));
            }
            self.rest = rest.trim_start();
            return Ok(Test::Compare(condition));
        }
        if self.take("IS") {
            let values = [("NULL", Test::IsNull), ("TRUE", Test::Is(true)), ("FALSE", Test::Is(false))];
            for (word, test) in values {
                if self.take(word) {
                    return Ok(test);
                }
            }
        } else if self.take("NOT") && self.take("EXISTS") {
            return Ok(Test::NotExists);
        }
        Err(self.unexpected())
    }

    fn selector(&mut self) -> Result<Selector, String> {
        let Some(mut rest) = self.rest.strip_prefix('$') else { return Err(self.unexpected()) };
        let mut steps = Vec::new();
        loop {
            // The guide writes both `$['a.b']` and `$.['a.b']`.
            let dotted = rest.strip_prefix('.');
            if let Some(inner) = dotted.unwrap_or(rest).strip_prefix("['") {
                let end = inner.find("']").ok_or("Invalid filter pattern: ['…'] is not closed")?;
                steps.push(Step::Key(inner[..end].to_owned()));
                rest = &inner[end + 2..];
            } else if let Some(inner) = rest.strip_prefix('[') {
                let end = inner.find(']').ok_or("Invalid filter pattern: [ is not closed")?;
                steps.push(match inner[..end].trim() {
                    "*" => Step::AnyElement,
                    digits => Step::Index(
                        digits.parse().map_err(|_| format!("Invalid filter pattern: [{digits}] is not an index"))?,
                    ),
                });
                rest = &inner[end + 1..];
            } else if let Some(inner) = dotted {
                let end =
                    inner.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '*'))).unwrap_or(inner.len());
                steps.push(match &inner[..end] {
                    "" => return Err("Invalid filter pattern: a property name is missing after '.'".to_owned()),
                    "*" => Step::AnyKey,
                    name if name.contains('*') => {
                        return Err(format!("Invalid filter pattern: '{name}' is not a property name"));
                    }
                    name => Step::Key(name.to_owned()),
                });
                rest = &inner[end..];
            } else {
                break;
            }
        }
        let selector = Selector(steps);
        if selector.0.is_empty() {
            return Err("Invalid filter pattern: a selector needs a property after '$'".to_owned());
        }
        if selector.wildcards() > 1 {
            return Err("Invalid filter pattern: only one wildcard is allowed in a property selector".to_owned());
        }
        self.rest = rest.trim_start();
        Ok(selector)
    }
}

fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, '}' | ')' | '(' | '&' | '|')
}
