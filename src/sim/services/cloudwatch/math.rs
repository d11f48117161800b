//! Metric math: + - * / ^, parentheses, numbers, ids, and FILL.

use super::reader::Points;
use crate::sim::world::Millis;
use std::collections::{BTreeMap, BTreeSet};

/// A formula, read.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// A number.
    Number(f64),
    /// Another query by its Id.
    Id(String),
    /// `a + b` and the like.
    Binary(Box<Expression>, char, Box<Expression>),
    /// `FILL(a, 0)`; without a number it is REPEAT.
    Fill(Box<Expression>, Option<f64>),
}

enum Value {
    Scalar(f64),
    Series(BTreeMap<Millis, f64>),
}

/// Expressions nest no deeper, and refer to one another no further.
const DEPTH: usize = 50;

/// Reads an expression. Errors: a sentence.
pub fn read(text: &str) -> Result<Expression, String> {
    if text.len() > 2048 {
        return Err("an expression has at most 2,048 characters".into());
    }
    let mut reader = Reader { rest: text, depth: 0 };
    let expression = reader.sum()?;
    match reader.peek() {
        None => Ok(expression),
        Some(c) => Err(format!("did not expect {c:?}")),
    }
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.rest = &self.rest[wanted.len_utf8()..];
        }
        found
    }

    fn expect(&mut self, wanted: char) -> Result<(), String> {
        if self.take(wanted) { Ok(()) } else { Err(format!("expected {wanted:?}")) }
    }

    fn word(&mut self, of: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !of(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn sum(&mut self) -> Result<Expression, String> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err("nested too deeply".into());
        }
        let mut left = self.product()?;
        while let Some(operator @ ('+' | '-')) = self.peek() {
            self.take(operator);
            left = Expression::Binary(left.into(), operator, self.product()?.into());
        }
        self.depth -= 1;
        Ok(left)
    }

    fn product(&mut self) -> Result<Expression, String> {
        let mut left = self.power()?;
        while let Some(operator @ ('*' | '/')) = self.peek() {
            self.take(operator);
            left = Expression::Binary(left.into(), operator, self.power()?.into());
        }
        Ok(left)
    }

    fn power(&mut self) -> Result<Expression, String> {
        let mut left = self.atom()?;
        while self.take('^') {
            left = Expression::Binary(left.into(), '^', self.atom()?.into());
        }
        Ok(left)
    }

    fn atom(&mut self) -> Result<Expression, String> {
        match self.peek() {
            Some('(') => {
                self.expect('(')?;
                let inner = self.sum()?;
                self.expect(')')?;
                Ok(inner)
            }
            Some('-') => {
                self.expect('-')?;
                self.depth += 1;
                if self.depth > DEPTH {
                    return Err("nested too deeply".into());
                }
                let inner = self.atom()?;
                self.depth -= 1;
                Ok(Expression::Binary(Expression::Number(0.0).into(), '-', inner.into()))
            }
            Some(c) if c.is_ascii_digit() || c == '.' => {
                let word = self.word(|c| c.is_ascii_digit() || c == '.');
                word.parse().map(Expression::Number).map_err(|_| format!("{word} is no number"))
            }
            Some(c) if c.is_ascii_lowercase() => {
                Ok(Expression::Id(self.word(|c| c.is_ascii_alphanumeric() || c == '_').to_owned()))
            }
            Some(c) if c.is_ascii_uppercase() => self.function(),
            Some(c) => Err(format!("did not expect {c:?}")),
            None => Err("unexpected end".into()),
        }
    }

    fn function(&mut self) -> Result<Expression, String> {
        let name = self.word(|c| c.is_ascii_alphanumeric() || c == '_');
        if name != "FILL" {
            return Err(format!("the embedded account computes + - * / ^ and FILL, not {name}"));
        }
        self.expect('(')?;
        let inner = self.sum()?;
        self.expect(',')?;
        self.peek();
        let with = match self.word(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-') {
            "REPEAT" => None,
            word => Some(word.parse().map_err(|_| format!("FILL takes a number or REPEAT, not {word:?}"))?),
        };
        self.expect(')')?;
        Ok(Expression::Fill(inner.into(), with))
    }
}

/// The points of a formula, oldest first. Errors: an unknown Id, a circle, or a formula without any metric.
pub fn evaluate(
    expression: &Expression,
    formulas: &BTreeMap<&str, &Expression>,
    points: &BTreeMap<&str, Points>,
) -> Result<Points, String> {
    // FILL fills the timestamps that any metric of the call has.
    let all: BTreeSet<Millis> = points.values().flatten().map(|(at, _)| *at).collect();
    match (Evaluation { formulas, points, all: &all }).value(expression, DEPTH)? {
        Value::Series(series) => Ok(series.into_iter().collect()),
        Value::Scalar(_) => Err("an expression must yield a time series".into()),
    }
}

struct Evaluation<'a> {
    formulas: &'a BTreeMap<&'a str, &'a Expression>,
    points: &'a BTreeMap<&'a str, Points>,
    all: &'a BTreeSet<Millis>,
}

impl Evaluation<'_> {
    fn value(&self, expression: &Expression, depth: usize) -> Result<Value, String> {
        let depth = depth.checked_sub(1).ok_or("expressions refer to one another in a circle")?;
        Ok(match expression {
            Expression::Number(number) => Value::Scalar(*number),
            Expression::Id(id) => match (self.points.get(id.as_str()), self.formulas.get(id.as_str())) {
                (Some(points), _) => Value::Series(points.iter().copied().collect()),
                (None, Some(formula)) => self.value(formula, depth)?,
                (None, None) => return Err(format!("there is no query of Id {id}")),
            },
            Expression::Binary(left, operator, right) => {
                combine(self.value(left, depth)?, *operator, self.value(right, depth)?)
            }
            Expression::Fill(inner, with) => match self.value(inner, depth)? {
                Value::Series(series) => Value::Series(self.fill(&series, *with)),
                scalar => scalar,
            },
        })
    }

    fn fill(&self, series: &BTreeMap<Millis, f64>, with: Option<f64>) -> BTreeMap<Millis, f64> {
        let mut last = None;
        let mut filled = BTreeMap::new();
        for at in self.all {
            last = series.get(at).copied().or(last);
            let value = series.get(at).copied().or(if with.is_some() { with } else { last });
            filled.extend(value.map(|value| (*at, value)));
        }
        filled
    }
}

/// Arithmetic takes what is missing for 0, and drops the point of a division by zero.
fn combine(left: Value, operator: char, right: Value) -> Value {
    let apply = |a: f64, b: f64| match operator {
        '+' => a + b,
        '-' => a - b,
        '*' => a * b,
        '/' => a / b,
        _ => a.powf(b),
    };
    let (left, right) = match (left, right) {
        (Value::Scalar(a), Value::Scalar(b)) => return Value::Scalar(apply(a, b)),
        other => other,
    };
    let moments: BTreeSet<Millis> = [&left, &right]
        .into_iter()
        .flat_map(|value| match value {
            Value::Series(series) => series.keys().copied().collect(),
            Value::Scalar(_) => Vec::new(),
        })
        .collect();
    let at = |value: &Value, moment: Millis| match value {
        Value::Scalar(number) => *number,
        Value::Series(series) => series.get(&moment).copied().unwrap_or(0.0),
    };
    let point = |moment: Millis| {
        let value = apply(at(&left, moment), at(&right, moment));
        value.is_finite().then_some((moment, value))
    };
    Value::Series(moments.into_iter().filter_map(point).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points() -> BTreeMap<&'static str, Points> {
        BTreeMap::from([("e", vec![(1, 2.0), (3, 1.0)]), ("i", vec![(1, 8.0), (2, 4.0), (4, 0.0)])])
    }

    fn run(text: &str) -> Result<Points, String> {
        let half = read("i / 2").expect("a formula");
        evaluate(&read(text)?, &BTreeMap::from([("half", &half)]), &points())
    }

    #[test]
    fn a_rate_takes_the_missing_for_zero_and_drops_divisions_by_it() {
        assert_eq!(run("e / i * 100"), Ok(vec![(1, 25.0), (2, 0.0)]));
        assert_eq!(run("100 - 2 * (e + i)"), Ok(vec![(1, 80.0), (2, 92.0), (3, 98.0), (4, 100.0)]));
        assert_eq!(run("half + 1"), Ok(vec![(1, 5.0), (2, 3.0), (4, 1.0)]));
    }

    #[test]
    fn fill_fills_what_other_metrics_have() {
        assert_eq!(run("FILL(e, 0)"), Ok(vec![(1, 2.0), (2, 0.0), (3, 1.0), (4, 0.0)]));
        assert_eq!(run("FILL(e, REPEAT)"), Ok(vec![(1, 2.0), (2, 2.0), (3, 1.0), (4, 1.0)]));
    }

    #[test]
    fn what_it_cannot_do_it_says() {
        assert!(run("SEARCH('x', 'Sum', 60)").is_err_and(|why| why.contains("not SEARCH")));
        assert!(run("nobody + 1").is_err_and(|why| why.contains("nobody")));
        assert!(run("1 + 2").is_err());
        assert!(run("e +").is_err());
        assert!(run(&"(".repeat(500)).is_err());
        assert!(run(&"-".repeat(500)).is_err());
        let circle = read("half").expect("a formula");
        assert!(evaluate(&circle, &BTreeMap::from([("half", &circle)]), &points()).is_err());
    }
}
