//! Metrics Insights: `SELECT SUM(Errors) FROM SCHEMA("AWS/Lambda", FunctionName) GROUP BY FunctionName ORDER BY SUM() DESC LIMIT 20`.

use super::reader::{Points, Reader};
use super::samples::Statistic;
use super::series::{self, Metric};
use crate::sim::world::{Millis, World};
use std::collections::BTreeMap;

/// A query, read.
#[derive(Debug, PartialEq)]
pub struct Query {
    statistic: Statistic,
    metric: String,
    namespace: String,
    schema: Option<Vec<String>>,
    conditions: Vec<(String, bool, String)>,
    groups: Vec<String>,
    order: Option<(Statistic, bool)>,
    limit: usize,
}

/// What a query found.
pub struct Found {
    /// Value of the groups' dimensions, joined by blanks; and the points, oldest first.
    pub groups: Vec<(String, Points)>,
    /// How many metrics were analysed: what is billed.
    pub analysed: usize,
}

/// A query processes so many metrics at most, and returns so many series.
const ANALYSED: usize = 10_000;
const RETURNED: usize = 500;

impl Query {
    /// Reads a query. Errors: a sentence.
    pub fn read(text: &str) -> Result<Query, String> {
        let tokens = tokens(text)?;
        let mut reader = Tokens { tokens: &tokens };
        reader.keyword("SELECT")?;
        let statistic = reader.function()?;
        reader.symbol("(")?;
        let metric = reader.name()?;
        reader.symbol(")")?;
        reader.keyword("FROM")?;
        let (namespace, schema) = if reader.took("SCHEMA") {
            reader.symbol("(")?;
            let namespace = reader.name()?;
            let mut names = Vec::new();
            while reader.took(",") {
                names.push(reader.name()?);
            }
            reader.symbol(")")?;
            (namespace, Some(names))
        } else {
            (reader.name()?, None)
        };
        let mut query = Query {
            statistic,
            metric,
            namespace,
            schema,
            conditions: Vec::new(),
            groups: Vec::new(),
            order: None,
            limit: RETURNED,
        };
        if reader.took("WHERE") {
            loop {
                let name = reader.name()?;
                let equal = reader.took("=");
                if !equal {
                    reader.symbol("!=")?;
                }
                query.conditions.push((name, equal, reader.name()?));
                if !reader.took("AND") {
                    break;
                }
            }
        }
        if reader.took("GROUP") {
            reader.keyword("BY")?;
            query.groups.push(reader.name()?);
            while reader.took(",") {
                query.groups.push(reader.name()?);
            }
        }
        if reader.took("ORDER") {
            reader.keyword("BY")?;
            let by = reader.function()?;
            reader.symbol("(")?;
            reader.symbol(")")?;
            let descending = reader.took("DESC");
            if !descending {
                reader.took("ASC");
            }
            query.order = Some((by, descending));
        }
        if reader.took("LIMIT") {
            let limit = reader.name()?.parse().ok();
            query.limit = limit.filter(|n| (1..=RETURNED).contains(n)).ok_or("LIMIT takes 1 to 500")?;
        }
        match reader.tokens.first() {
            None => Ok(query),
            Some(Token::Word(word) | Token::Text(word)) => Err(format!("did not expect {word}")),
        }
    }

    /// Runs it.
    pub fn run(&self, world: &World, reader: &Reader<'_>, period: Millis, from: Millis, to: Millis) -> Found {
        let mut groups: BTreeMap<Vec<String>, Vec<series::Series>> = BTreeMap::new();
        let mut analysed = 0;
        let metrics = series::every(world, Some(&self.namespace)).filter(|metric| self.takes(metric));
        for metric in metrics.take(ANALYSED) {
            analysed += 1;
            let value = |name: &String| dimension(&metric, name).unwrap_or("Other").to_owned();
            let key = self.groups.iter().map(value).collect();
            let found = series::find(&world.catalog, metric.namespace, metric.name, &metric.dimensions);
            groups.entry(key).or_default().extend(found);
        }
        let mut rows: Vec<(f64, String, Points)> = groups
            .into_iter()
            .map(|(key, series)| {
                let series: Vec<_> = series.iter().collect();
                let points = reader.points(&series, self.statistic, period, from, to);
                (self.rank(&points), key.join(" "), points)
            })
            .filter(|(_, _, points)| !points.is_empty())
            .collect();
        if let Some((_, descending)) = self.order {
            rows.sort_by(|a, b| if descending { b.0.total_cmp(&a.0) } else { a.0.total_cmp(&b.0) });
        }
        rows.truncate(self.limit);
        Found { groups: rows.into_iter().map(|(_, name, points)| (name, points)).collect(), analysed }
    }

    fn takes(&self, metric: &Metric) -> bool {
        let in_schema = self.schema.as_ref().is_none_or(|names| {
            names.len() == metric.dimensions.len() && names.iter().all(|name| dimension(metric, name).is_some())
        });
        let holds =
            |(name, equal, value): &(String, bool, String)| (dimension(metric, name) == Some(value.as_str())) == *equal;
        metric.name == self.metric && in_schema && self.conditions.iter().all(holds)
    }

    fn rank(&self, points: &[(Millis, f64)]) -> f64 {
        let values = points.iter().map(|(_, value)| *value);
        match self.order.map(|(by, _)| by) {
            Some(Statistic::Maximum) => values.fold(f64::NEG_INFINITY, f64::max),
            Some(Statistic::Minimum) => values.fold(f64::INFINITY, f64::min),
            Some(Statistic::Average) => values.sum::<f64>() / points.len().max(1) as f64,
            _ => values.sum(),
        }
    }
}

fn dimension<'a>(metric: &'a Metric, name: &str) -> Option<&'a str> {
    metric.dimensions.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
}

#[derive(Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '"' | '\'' => {
                let end = rest[1..].find(first).ok_or("a quotation does not end")?;
                tokens.push(Token::Text(rest[1..=end].to_owned()));
                end + 2
            }
            '(' | ')' | ',' | '=' => {
                tokens.push(Token::Word(first.to_string()));
                1
            }
            '!' if rest.starts_with("!=") => {
                tokens.push(Token::Word("!=".to_owned()));
                2
            }
            c if c.is_ascii_alphanumeric() || c == '_' => {
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'));
                let end = end.unwrap_or(rest.len());
                tokens.push(Token::Word(rest[..end].to_owned()));
                end
            }
            other => return Err(format!("did not expect {other:?}")),
        };
        rest = rest[end..].trim_start();
    }
    Ok(tokens)
}

struct Tokens<'a> {
    tokens: &'a [Token],
}

impl Tokens<'_> {
    fn took(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.first(), Some(Token::Word(w)) if w.eq_ignore_ascii_case(word));
        if found {
            self.tokens = &self.tokens[1..];
        }
        found
    }

    fn keyword(&mut self, word: &str) -> Result<(), String> {
        if self.took(word) { Ok(()) } else { Err(format!("expected {word}")) }
    }

    fn symbol(&mut self, symbol: &str) -> Result<(), String> {
        self.keyword(symbol)
    }

    fn name(&mut self) -> Result<String, String> {
        let (first, rest) = self.tokens.split_first().ok_or("unexpected end")?;
        self.tokens = rest;
        match first {
            Token::Word(word) | Token::Text(word) => Ok(word.clone()),
        }
    }

    fn function(&mut self) -> Result<Statistic, String> {
        match self.name()?.to_ascii_uppercase().as_str() {
            "AVG" => Ok(Statistic::Average),
            "COUNT" => Ok(Statistic::SampleCount),
            "MAX" => Ok(Statistic::Maximum),
            "MIN" => Ok(Statistic::Minimum),
            "SUM" => Ok(Statistic::Sum),
            other => Err(format!("Metrics Insights has AVG, COUNT, MAX, MIN and SUM, not {other}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_query_is_read() {
        let text = "SELECT SUM(Errors) FROM SCHEMA(\"AWS/Lambda\", FunctionName) WHERE FunctionName != 'a b' \
                    GROUP BY FunctionName ORDER BY SUM() DESC LIMIT 20";
        let query = Query::read(text).expect("a query");
        assert_eq!((query.namespace.as_str(), query.metric.as_str(), query.limit), ("AWS/Lambda", "Errors", 20));
        assert_eq!(query.schema, Some(vec!["FunctionName".to_owned()]));
        assert_eq!(query.conditions, [("FunctionName".to_owned(), false, "a b".to_owned())]);
        assert_eq!(query.order, Some((Statistic::Sum, true)));
    }

    #[test]
    fn a_short_one_too_and_nonsense_is_told() {
        assert!(Query::read("select max(Duration) from \"AWS/Lambda\"").is_ok());
        for text in [
            "SELECT p99(Duration) FROM x",
            "SELECT SUM(Errors",
            "SELECT SUM(a) FROM 'x' LIMIT 900",
            "SELECT SUM(a) FROM 'x",
        ] {
            assert!(Query::read(text).is_err(), "{text}");
        }
    }
}
