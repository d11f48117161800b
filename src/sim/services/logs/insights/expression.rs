//! Values and expressions: what stands in `fields`, `filter`, `sort` and `stats`.

use chrono::DateTime;
use regex::Regex;

/// A value of a field. An absent field has none.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Datum {
    Number(f64),
    Text(String),
    /// Milliseconds since 1970: shown as `2026-11-21 02:25:44.000`.
    Time(i64),
}

impl Datum {
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Datum::Number(number) => Some(*number),
            Datum::Text(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
            Datum::Time(ms) => Some(*ms as f64),
        }
    }

    /// As the service shows it: numbers to four places.
    pub(super) fn show(&self) -> String {
        match self {
            Datum::Text(text) => text.clone(),
            Datum::Number(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
            Datum::Number(number) => format!("{number:.4}").trim_end_matches('0').trim_end_matches('.').to_owned(),
            Datum::Time(ms) => {
                DateTime::from_timestamp_millis(*ms).unwrap_or_default().format("%Y-%m-%d %H:%M:%S%.3f").to_string()
            }
        }
    }

    /// False for nothing, 0 and the empty text.
    fn is_true(&self) -> bool {
        match self {
            Datum::Number(number) => *number != 0.0,
            Datum::Text(text) => !text.is_empty(),
            Datum::Time(_) => true,
        }
    }

    /// Numbers by value where both are numbers, else as texts.
    pub(super) fn compare(&self, other: &Datum) -> std::cmp::Ordering {
        match (self.number(), other.number()) {
            (Some(one), Some(two)) => one.total_cmp(&two),
            _ => self.show().cmp(&other.show()),
        }
    }
}

/// An expression over the fields of a row.
#[derive(Clone, Debug)]
pub(super) enum Expression {
    Field(String),
    Literal(Datum),
    Arithmetic(char, Box<Expression>, Box<Expression>),
    Compare(Comparison, Box<Expression>, Box<Expression>),
    /// `like "text"`.
    Contains(Box<Expression>, String),
    /// `like /regex/` and `=~ /regex/`.
    Matches(Box<Expression>, Regex),
    In(Box<Expression>, Vec<Datum>),
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Not(Box<Expression>),
    Call(Function, Vec<Expression>),
    /// `bin(5m)`, in milliseconds.
    Bin(i64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

macro_rules! functions {
    ($($function:ident $name:literal $arguments:literal,)*) => {
        /// Functions of the language.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Function { $($function,)* }

        impl Function {
            /// The function of that name (any case) and the number of its arguments, 0 for any.
            pub(super) fn named(name: &str) -> Option<(Function, usize)> {
                match name.to_ascii_lowercase().as_str() {
                    $($name => Some((Function::$function, $arguments)),)*
                    _ => None,
                }
            }
        }
    };
}

functions! {
    IsPresent   "ispresent"   1,
    IsBlank     "isblank"     1,
    IsEmpty     "isempty"     1,
    StrContains "strcontains" 2,
    StrLen      "strlen"      1,
    ToLower     "tolower"     1,
    ToUpper     "toupper"     1,
    Trim        "trim"        1,
    Concat      "concat"      0,
    Coalesce    "coalesce"    0,
    Abs         "abs"         1,
    Ceil        "ceil"        1,
    Floor       "floor"       1,
    FromMillis  "frommillis"  1,
    ToMillis    "tomillis"    1,
}

/// What an expression is evaluated on.
pub(super) trait Fields {
    /// The value of a field, none where the row does not have it.
    fn field(&self, name: &str) -> Option<Datum>;
}

impl Expression {
    pub(super) fn holds(&self, row: &dyn Fields) -> bool {
        self.value(row).is_some_and(|value| value.is_true())
    }

    pub(super) fn value(&self, row: &dyn Fields) -> Option<Datum> {
        let truth = |holds: bool| Some(Datum::Number(f64::from(u8::from(holds))));
        match self {
            Expression::Field(name) => row.field(name),
            Expression::Literal(value) => Some(value.clone()),
            Expression::Arithmetic(operator, left, right) => {
                let (left, right) = (left.value(row)?.number()?, right.value(row)?.number()?);
                let result = match operator {
                    '+' => left + right,
                    '-' => left - right,
                    '*' => left * right,
                    '/' => left / right,
                    '%' => left % right,
                    _ => left.powf(right),
                };
                result.is_finite().then_some(Datum::Number(result))
            }
            Expression::Compare(comparison, left, right) => {
                // What is absent equals nothing, so that `level != "INFO"` holds where there is no level.
                let (Some(left), Some(right)) = (left.value(row), right.value(row)) else {
                    return truth(*comparison == Comparison::NotEqual);
                };
                let order = left.compare(&right);
                truth(match comparison {
                    Comparison::Equal => order.is_eq(),
                    Comparison::NotEqual => order.is_ne(),
                    Comparison::Less => order.is_lt(),
                    Comparison::LessOrEqual => order.is_le(),
                    Comparison::Greater => order.is_gt(),
                    Comparison::GreaterOrEqual => order.is_ge(),
                })
            }
            Expression::Contains(value, text) => {
                truth(value.value(row).is_some_and(|value| value.show().contains(text.as_str())))
            }
            Expression::Matches(value, regex) => {
                truth(value.value(row).is_some_and(|value| regex.is_match(&value.show())))
            }
            Expression::In(value, list) => {
                truth(value.value(row).is_some_and(|value| list.iter().any(|one| value.compare(one).is_eq())))
            }
            Expression::All(parts) => truth(parts.iter().all(|part| part.holds(row))),
            Expression::Any(parts) => truth(parts.iter().any(|part| part.holds(row))),
            Expression::Not(inner) => truth(!inner.holds(row)),
            Expression::Bin(period) => match row.field("@timestamp")? {
                Datum::Time(ms) => Some(Datum::Time(ms - ms.rem_euclid(*period))),
                _ => None,
            },
            Expression::Call(function, arguments) => call(*function, arguments, row),
        }
    }
}

fn call(function: Function, arguments: &[Expression], row: &dyn Fields) -> Option<Datum> {
    let truth = |holds: bool| Some(Datum::Number(f64::from(u8::from(holds))));
    let first = arguments.first().and_then(|argument| argument.value(row));
    let text = || first.as_ref().map(Datum::show);
    let number = |of: fn(f64) -> f64| Some(Datum::Number(of(first.as_ref()?.number()?)));
    match function {
        Function::IsPresent => truth(first.is_some()),
        Function::IsBlank => truth(text().is_none_or(|text| text.trim().is_empty())),
        Function::IsEmpty => truth(text().is_none_or(|text| text.is_empty())),
        Function::StrContains => {
            let wanted = arguments.get(1)?.value(row)?.show();
            truth(text().is_some_and(|text| text.contains(&wanted)))
        }
        Function::StrLen => Some(Datum::Number(text()?.chars().count() as f64)),
        Function::ToLower => Some(Datum::Text(text()?.to_lowercase())),
        Function::ToUpper => Some(Datum::Text(text()?.to_uppercase())),
        Function::Trim => Some(Datum::Text(text()?.trim().to_owned())),
        Function::Concat => {
            Some(Datum::Text(arguments.iter().filter_map(|one| one.value(row)).map(|value| value.show()).collect()))
        }
        Function::Coalesce => arguments.iter().find_map(|one| one.value(row)),
        Function::Abs => number(f64::abs),
        Function::Ceil => number(f64::ceil),
        Function::Floor => number(f64::floor),
        Function::FromMillis => Some(Datum::Time(first?.number()? as i64)),
        Function::ToMillis => Some(Datum::Number(first?.number()?)),
    }
}
