//! Reading a query.

use super::expression::{Comparison, Datum, Expression, Function};
use super::reader::Reader;
use super::{Aggregate, Column, Command, Malformed, Order, Query, Statistic};
use regex::Regex;

/// Longest query that StartQuery takes.
const MAX_CHARS: usize = 10_000;
/// Nested parentheses that anyone would write.
const MAX_DEPTH: usize = 40;

/// Reads a query.
///
/// # Errors
/// What is not understood, and where it stands.
pub fn parse(query: &str) -> Result<Query, Malformed> {
    let mut reader = Reader { text: query, at: 0, depth: 0 };
    if query.chars().count() > MAX_CHARS {
        return Err(reader.malformed("the query is longer than 10000 characters"));
    }
    let mut commands = Vec::new();
    loop {
        reader.skip();
        if reader.rest().is_empty() && !commands.is_empty() {
            break;
        }
        commands.push(reader.command()?);
        if !reader.take("|") {
            break;
        }
    }
    reader.skip();
    if !reader.rest().is_empty() {
        return Err(reader.unexpected());
    }
    Ok(Query { commands })
}

impl Reader<'_> {
    fn command(&mut self) -> Result<Command, Malformed> {
        let name = self.peek();
        let start = self.at;
        self.at += name.len();
        match name.to_ascii_lowercase().as_str() {
            "fields" => Ok(Command::Fields(self.list(Self::column)?)),
            "display" => Ok(Command::Display(self.list(Self::column)?)),
            "filter" | "where" => Ok(Command::Filter(self.any()?)),
            "sort" => Ok(Command::Sort(self.list(Self::sort_key)?)),
            "dedup" => Ok(Command::Dedup(self.list(Self::column)?)),
            "limit" => {
                let number = self.number()?;
                Ok(Command::Limit(number.max(0.0) as usize))
            }
            "parse" => self.parse_command(),
            "stats" => {
                let aggregates = self.list(Self::aggregate)?;
                let by = if self.keyword("by") { self.list(Self::column)? } else { Vec::new() };
                Ok(Command::Stats { aggregates, by })
            }
            "pattern" | "diff" | "unmask" | "filterindex" | "anomaly" | "source" | "unnest" | "lookup" | "join" => {
                self.at = start;
                Err(self.malformed(format!("the embedded account does not understand the command {name}")))
            }
            _ => {
                self.at = start;
                Err(self.unexpected())
            }
        }
    }

    fn list<T>(&mut self, one: fn(&mut Self) -> Result<T, Malformed>) -> Result<Vec<T>, Malformed> {
        let mut items = vec![one(self)?];
        while self.take(",") {
            items.push(one(self)?);
        }
        Ok(items)
    }

    /// An expression and its name: what `as` says, or the expression as it is written.
    fn column(&mut self) -> Result<Column, Malformed> {
        self.skip();
        let start = self.at;
        let expression = self.any()?;
        let written = self.text[start..self.at].trim();
        let written = match &expression {
            Expression::Field(name) => name.as_str(),
            _ => written,
        };
        let name = if self.keyword("as") { self.name()? } else { written.to_owned() };
        Ok(Column { name, expression })
    }

    fn sort_key(&mut self) -> Result<(Expression, Order), Malformed> {
        self.skip();
        let start = self.at;
        let key = self.any()?;
        // `sort count(*) desc` means the column of that name.
        let key = match key {
            Expression::Call(..) | Expression::Bin(_) => Expression::Field(self.text[start..self.at].trim().to_owned()),
            other => other,
        };
        let order = if self.keyword("desc") {
            Order::Descending
        } else {
            self.keyword("asc");
            Order::Ascending
        };
        Ok((key, order))
    }

    fn aggregate(&mut self) -> Result<(String, Aggregate), Malformed> {
        self.skip();
        let start = self.at;
        let word = self.peek();
        let function = match word.to_ascii_lowercase().as_str() {
            "count" => Statistic::Count,
            "count_distinct" => Statistic::CountDistinct,
            "sum" => Statistic::Sum,
            "avg" => Statistic::Average,
            "min" => Statistic::Least,
            "max" => Statistic::Greatest,
            "stddev" => Statistic::Deviation,
            "median" => Statistic::Percentile(50.0),
            "pct" | "percentile" => Statistic::Percentile(f64::NAN),
            "earliest" => Statistic::Earliest,
            "latest" => Statistic::Latest,
            "" => return Err(self.unexpected()),
            _ => {
                return Err(self.malformed(format!("the embedded account does not understand the statistic {word}")));
            }
        };
        self.at += word.len();
        self.expect("(")?;
        let counts_all = function == Statistic::Count && (self.take("*") || self.at_closing());
        let of = if counts_all { None } else { Some(self.sum()?) };
        let function = match function {
            Statistic::Percentile(rank) if rank.is_nan() => {
                self.expect(",")?;
                let rank = self.number()?;
                if !(0.0..=100.0).contains(&rank) {
                    return Err(self.malformed("a percentile is between 0 and 100"));
                }
                Statistic::Percentile(rank)
            }
            other => other,
        };
        self.expect(")")?;
        let written = self.text[start..self.at].to_owned();
        let name = if self.keyword("as") { self.name()? } else { written };
        Ok((name, Aggregate { function, of }))
    }

    /// `parse [field] "a * b *" as x, y` or `parse [field] /(?<x>…)/`.
    fn parse_command(&mut self) -> Result<Command, Malformed> {
        self.skip();
        let from = if self.rest().starts_with(['"', '\'', '/']) {
            Expression::Field("@message".to_owned())
        } else {
            Expression::Field(self.name()?)
        };
        self.skip();
        if self.rest().starts_with('/') {
            let pattern = self.regex()?;
            let names = pattern.capture_names().flatten().map(str::to_owned).collect::<Vec<_>>();
            if names.is_empty() {
                return Err(self.malformed("a parse expression needs named groups, as (?<name>...)"));
            }
            return Ok(Command::Parse { from, pattern, names });
        }
        let glob = self.string()?;
        if !self.keyword("as") {
            return Err(self.unexpected());
        }
        let names = self.list(Self::name)?;
        if glob.matches('*').count() != names.len() {
            return Err(self.malformed("as many names are needed as the parse expression has wildcards"));
        }
        let parts: Vec<String> = glob.split('*').map(regex::escape).collect();
        // A wildcard at the very end takes what remains of the line.
        let mut source = parts.join("(.*?)");
        if glob.ends_with('*') {
            source.push('$');
        }
        let pattern =
            Regex::new(&format!("(?s){source}")).map_err(|_| self.malformed("the parse expression is too long"))?;
        Ok(Command::Parse { from, pattern, names })
    }

    // `or` binds weaker than `and`, `and` than `not`, that than comparisons, sums, products.
    fn any(&mut self) -> Result<Expression, Malformed> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.malformed("the expression is nested too deeply"));
        }
        let mut parts = vec![self.all()?];
        while self.keyword("or") {
            parts.push(self.all()?);
        }
        self.depth -= 1;
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::Any(parts) })
    }

    fn all(&mut self) -> Result<Expression, Malformed> {
        let mut parts = vec![self.negation()?];
        while self.keyword("and") {
            parts.push(self.negation()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::All(parts) })
    }

    fn negation(&mut self) -> Result<Expression, Malformed> {
        let mut negated = false;
        while self.keyword("not") {
            negated = !negated;
        }
        let inner = self.comparison()?;
        Ok(if negated { Expression::Not(Box::new(inner)) } else { inner })
    }

    fn comparison(&mut self) -> Result<Expression, Malformed> {
        let left = Box::new(self.sum()?);
        let back = self.at;
        let negated = self.keyword("not");
        if self.keyword("like") {
            return Ok(negate(negated, self.pattern(left)?));
        }
        if self.keyword("in") {
            self.expect("[")?;
            let list = self.list(Self::literal)?;
            self.expect("]")?;
            return Ok(negate(negated, Expression::In(left, list)));
        }
        self.at = back;
        if self.take("=~") {
            return self.pattern(left);
        }
        let signs = [
            ("!=", Comparison::NotEqual),
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("=", Comparison::Equal),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        for (sign, comparison) in signs {
            if self.take(sign) {
                let right = Box::new(self.sum()?);
                return Ok(Expression::Compare(comparison, left, right));
            }
        }
        Ok(*left)
    }

    fn pattern(&mut self, value: Box<Expression>) -> Result<Expression, Malformed> {
        self.skip();
        if self.rest().starts_with('/') {
            return Ok(Expression::Matches(value, self.regex()?));
        }
        Ok(Expression::Contains(value, self.string()?))
    }

    fn literal(&mut self) -> Result<Datum, Malformed> {
        self.skip();
        if self.rest().starts_with(['"', '\'']) {
            return self.string().map(Datum::Text);
        }
        let negative = self.take("-");
        let number = self.number()?;
        Ok(Datum::Number(if negative { -number } else { number }))
    }

    fn sum(&mut self) -> Result<Expression, Malformed> {
        let mut left = self.product()?;
        loop {
            let operator = if self.take("+") {
                '+'
            } else if self.take("-") {
                '-'
            } else {
                return Ok(left);
            };
            left = Expression::Arithmetic(operator, Box::new(left), Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> Result<Expression, Malformed> {
        let mut left = self.primary()?;
        loop {
            self.skip();
            let Some(operator @ ('*' | '/' | '%' | '^')) = self.rest().chars().next() else { return Ok(left) };
            self.at += 1;
            left = Expression::Arithmetic(operator, Box::new(left), Box::new(self.primary()?));
        }
    }

    fn primary(&mut self) -> Result<Expression, Malformed> {
        if self.take("(") {
            let inner = self.any()?;
            self.expect(")")?;
            return Ok(inner);
        }
        self.skip();
        match self.rest().chars().next() {
            Some('"' | '\'' | '-') => return self.literal().map(Expression::Literal),
            Some(c) if c.is_ascii_digit() => return self.literal().map(Expression::Literal),
            _ => {}
        }
        let start = self.at;
        let name = self.name()?;
        if !self.rest().starts_with('(') {
            return Ok(Expression::Field(name));
        }
        self.at += 1;
        if name.eq_ignore_ascii_case("bin") {
            let period = self.period()?;
            self.expect(")")?;
            return Ok(Expression::Bin(period));
        }
        let Some((function, count)) = Function::named(&name) else {
            // In `sort count(*) desc` a statistic names its column.
            if matches!(name.as_str(), "count" | "count_distinct" | "sum" | "avg" | "min" | "max" | "pct" | "stddev") {
                let end = self.rest().find(')').ok_or_else(|| self.unexpected())?;
                self.at += end + 1;
                return Ok(Expression::Field(self.text[start..self.at].to_owned()));
            }
            self.at = start;
            return Err(self.malformed(format!("the embedded account does not understand the function {name}")));
        };
        let arguments = if self.at_closing() { Vec::new() } else { self.list(Self::any)? };
        self.expect(")")?;
        if arguments.is_empty() || (count > 0 && arguments.len() != count) {
            self.at = start;
            return Err(self.malformed(format!("wrong number of arguments to {name}")));
        }
        Ok(Expression::Call(function, arguments))
    }
}

fn negate(negated: bool, expression: Expression) -> Expression {
    if negated { Expression::Not(Box::new(expression)) } else { expression }
}
