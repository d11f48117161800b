//! What the filter of the function table takes: words, all of which must be met.
//!
//! ```text
//! orders            a part of the name, whatever its case      "vpc"            the same, of what would mean something else
//! runtime:nodejs18  the attribute has this in it               runtime=nodejs18.x   it is this
//! err>1 p99<=1.5s   a number is larger, smaller                mem=512              it is this
//! tag.team=pay      a tag has this value                       tag.team             there is such a tag
//! vpc url layer     the function has one                       -orders !vpc tag.team!=x   not so
//! ```

use super::attributes::{ATTRIBUTES, Attribute, Unit};
use super::columns::{Column, Reading};
use super::known::{Facts, Known};
use crate::model::function::Function;

/// The grammar in lines, for help.
pub const GRAMMAR: [(&str, &str); 8] = [
    ("orders", "a part of the name; several words must all be met"),
    ("runtime:node", "has it in it: runtime arch state stack api package layer vpc role env ..."),
    ("mem=512", "is it; != is not: of numbers and of texts"),
    ("err>1 p99<=2s", "larger or smaller: err (%) inv thr p50 p90 p99 max conc mem reserved ..."),
    ("modified<7d", "time since the last change; age>30d is the same attribute"),
    ("tag.team=pay", "a tag has this value; tag.team: there is such a tag"),
    ("vpc url layer", "the function has one; also dlq traced snapstart"),
    ("-orders !vpc", "not so; \"vpc\" in quotes is a part of the name"),
];

/// A filter, read.
#[derive(Debug, Default)]
pub struct Filter {
    words: Vec<Word>,
    /// What was typed and means nothing: those words hide nothing.
    pub complaints: Vec<String>,
}

#[derive(Debug)]
struct Word {
    /// As it was typed.
    text: String,
    negated: bool,
    test: Test,
}

#[derive(Debug)]
enum Test {
    Name(String),
    Has(Attribute),
    Contains(Attribute, String),
    Is(Attribute, String),
    Number(Attribute, Order, f64),
    /// Known to have none.
    None(Attribute),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    More,
    AtLeast,
    Less,
    AtMost,
    Equal,
}

/// The operators, those of two characters first.
const OPERATORS: [&str; 7] = ["!=", ">=", "<=", ">", "<", "=", ":"];

impl Filter {
    /// Reads what was typed; whatever it is, there is a filter.
    pub fn read(text: &str) -> Filter {
        let mut filter = Filter::default();
        for token in tokens(text) {
            match token.read() {
                Ok(Some((negated, test))) => filter.words.push(Word { text: token.text, negated, test }),
                Ok(None) => {}
                Err(complaint) => filter.complaints.push(complaint),
            }
        }
        filter
    }

    /// Every function is taken.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// It takes the tags of all functions.
    pub fn needs_tags(&self) -> bool {
        self.attributes().any(Attribute::needs_tags)
    }

    /// It takes the routes of all APIs.
    pub fn needs_apis(&self) -> bool {
        self.attributes().any(|attribute| matches!(attribute, Attribute::Column(Column::Api, _)))
    }

    /// The columns that it looks at, which have to be measured.
    pub fn columns(&self) -> impl Iterator<Item = &Column> {
        self.attributes().filter_map(|attribute| match attribute {
            Attribute::Column(column, _) => Some(column),
            _ => None,
        })
    }

    fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        self.words.iter().filter_map(|word| match &word.test {
            Test::Name(_) => None,
            Test::Has(attribute)
            | Test::Contains(attribute, _)
            | Test::Is(attribute, _)
            | Test::Number(attribute, ..)
            | Test::None(attribute) => Some(attribute),
        })
    }

    /// Whether it takes a function. Where a word can't be decided for want of knowledge the function is left out, and
    /// counted in `missing`, which has a place for each word.
    pub fn takes(&self, function: &Function, facts: &Facts, known: &Known, missing: &mut [usize]) -> bool {
        let mut undecided = None;
        for (at, word) in self.words.iter().enumerate() {
            match word.test.met(function, facts, known) {
                Some(met) if met == word.negated => return false,
                Some(_) => {}
                None => undecided = Some(at),
            }
        }
        if let Some(count) = undecided.and_then(|at| missing.get_mut(at)) {
            *count += 1;
        }
        undecided.is_none()
    }

    /// A count of undecided functions for each word.
    pub fn counts(&self) -> Vec<usize> {
        vec![0; self.words.len()]
    }

    /// Of how many functions which word could not be decided.
    pub fn undecided<'a>(&'a self, missing: &'a [usize]) -> impl Iterator<Item = (&'a str, usize)> {
        self.words
            .iter()
            .zip(missing)
            .filter(|(_, count)| **count > 0)
            .map(|(word, count)| (word.text.as_str(), *count))
    }
}

impl Test {
    fn met(&self, function: &Function, facts: &Facts, known: &Known) -> Option<bool> {
        match self {
            Test::Name(part) => Some(facts.lower.contains(part.as_str())),
            Test::Has(attribute) => attribute.any(function, facts, known, |text| !text.is_empty()),
            Test::Contains(attribute, part) => attribute.any(function, facts, known, |text| contains(text, part)),
            Test::Is(attribute, wanted) => attribute.any(function, facts, known, |text| text.to_lowercase() == *wanted),
            Test::None(attribute) => match attribute.number(function, facts, known) {
                Reading::Unknown => None,
                reading => Some(reading == Reading::Absent),
            },
            Test::Number(attribute, order, limit) => match attribute.number(function, facts, known) {
                Reading::Unknown => None,
                Reading::Number(value) => Some(match order {
                    Order::More => value > *limit,
                    Order::AtLeast => value >= *limit,
                    Order::Less => value < *limit,
                    Order::AtMost => value <= *limit,
                    Order::Equal => (value - limit).abs() <= limit.abs() * 1e-9,
                }),
                _ => Some(false),
            },
        }
    }
}

/// Whether a text has this part, which is in lower case.
fn contains(text: &str, part: &str) -> bool {
    if text.is_ascii() && part.is_ascii() {
        let (text, part) = (text.as_bytes(), part.as_bytes());
        return part.is_empty() || text.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part));
    }
    text.to_lowercase().contains(part)
}

/// A word of the text, its quotes taken off.
#[derive(Debug, Default)]
struct Token {
    text: String,
    /// It began with a quote: nothing in it is a sign.
    quoted: bool,
    negated: bool,
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut token: Option<Token> = None;
    let mut within = false;
    for c in text.chars() {
        match c {
            '"' => {
                within = !within;
                let token = token.get_or_insert_default();
                token.quoted |= token.text.is_empty();
            }
            c if c.is_whitespace() && !within => tokens.extend(token.take()),
            '-' | '!' if !within && token.is_none() => token = Some(Token { negated: true, ..Token::default() }),
            c => token.get_or_insert_default().text.push(c),
        }
    }
    tokens.extend(token);
    tokens
}

impl Token {
    /// What the word asks; none where it is not complete. Errors: what is wrong with it.
    fn read(&self) -> Result<Option<(bool, Test)>, String> {
        let text = self.text.as_str();
        if text.is_empty() {
            return Ok(None);
        }
        let name = || Ok(Some((self.negated, Test::Name(text.to_lowercase()))));
        if self.quoted {
            return name();
        }
        let Some((attribute, operator, value)) = split(text) else {
            return match Attribute::named(text) {
                Some(attribute) if attribute.is_flag() => Ok(Some((self.negated, Test::Has(attribute)))),
                _ => name(),
            };
        };
        let Some(found) = Attribute::named(attribute) else { return Err(unknown(attribute)) };
        if value.is_empty() {
            return match (operator, &found) {
                // The empty value: of those without such a tag.
                ("=", Attribute::Tag(_)) => Ok(Some((!self.negated, Test::Has(found)))),
                ("!=", Attribute::Tag(_)) => Ok(Some((self.negated, Test::Has(found)))),
                _ => Err(format!("`{text}` wants a value: {}", found.unit().example())),
            };
        }
        let negated = self.negated != (operator == "!=");
        let test = match (operator, found.unit()) {
            (":", Unit::Text) => Test::Contains(found, value.to_lowercase()),
            ("=" | "!=", Unit::Text) => Test::Is(found, value.to_lowercase()),
            (_, Unit::Text) => {
                return Err(format!("`{attribute}` is a text: {attribute}:{value} or {attribute}={value}"));
            }
            (":" | "=" | "!=", _) if value.eq_ignore_ascii_case("none") => Test::None(found),
            (operator, unit) => {
                let Some(limit) = unit.read(value) else {
                    return Err(format!("`{text}` wants a number: {}", unit.example()));
                };
                let order = match operator {
                    ">" => Order::More,
                    ">=" => Order::AtLeast,
                    "<" => Order::Less,
                    "<=" => Order::AtMost,
                    _ => Order::Equal,
                };
                Test::Number(found, order, limit)
            }
        };
        Ok(Some((negated, test)))
    }
}

/// Attribute, operator and value of a word that has an operator in it. The key of a tag may have colons in it.
fn split(text: &str) -> Option<(&str, &'static str, &str)> {
    let first = |operators: &[&'static str]| {
        let found = operators.iter().filter_map(|operator| Some((text.find(operator)?, *operator)));
        found.min_by_key(|(at, operator)| (*at, usize::MAX - operator.len()))
    };
    let (at, operator) = if text.starts_with("tag.") {
        first(&OPERATORS[..6]).or_else(|| Some((text.rfind(':')?, ":")))?
    } else {
        first(&OPERATORS)?
    };
    (at > 0).then(|| (&text[..at], operator, &text[at + operator.len()..]))
}

fn unknown(name: &str) -> String {
    let known: Vec<&str> = ATTRIBUTES.iter().map(|(names, ..)| names[0]).collect();
    let like = ATTRIBUTES.iter().flat_map(|(names, ..)| *names).find(|known| {
        let shared = known.chars().zip(name.chars()).take_while(|(a, b)| a == b).count();
        shared >= 3 || known.starts_with(name)
    });
    let name = crate::text::safe_line(name);
    match like {
        Some(like) => {
            format!("there is no attribute `{name}`: did you mean `{like}`? known are {}, tag.NAME", known.join(" "))
        }
        None => format!("there is no attribute `{name}`: known are {}, tag.NAME", known.join(" ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use crate::store::metrics::Figures;
    use crate::time::Moment;

    fn now() -> Moment {
        Moment::from_timestamp(1_800_000_000, 0).expect("a valid moment")
    }

    fn function() -> Function {
        Function {
            name: "Orders-Api".into(),
            arn: "arn:aws:lambda:eu-west-1:1:function:Orders-Api".into(),
            runtime: "nodejs18.x".into(),
            architecture: "arm64".into(),
            package: "Zip".into(),
            memory_mb: 512,
            timeout_s: 10,
            code_size: 60 << 20,
            layers: vec!["arn:aws:lambda:eu-west-1:464622532012:layer:Datadog-Node18-x:97".into()],
            vpc: Some("vpc-0a1b".into()),
            last_modified: Some(now() - chrono::TimeDelta::days(10)),
            reserved: Some(None),
            environment: vec![("TABLE_NAME".into(), 12)],
            ..Function::default()
        }
    }

    fn store() -> Store {
        let mut store = Store::default();
        let tags = vec![
            ("team".to_string(), "Pay".to_string()),
            (super::super::columns::STACK_TAG.into(), "orders-prod".into()),
        ];
        store.tags.accept(Ok([(function().arn, tags)].into()), now());
        store
    }

    fn takes(text: &str, store: &Store) -> (bool, usize) {
        let figures = Figures { invocations: Some(100.0), errors: 2.0, p99: Some(700.0), ..Figures::default() };
        let filter = Filter::read(text);
        assert_eq!(filter.complaints, Vec::<String>::new(), "{text}");
        let mut missing = filter.counts();
        let known = Known::in_store(store, now(), None);
        let taken = filter.takes(&function(), &Facts::of(&function(), figures), &known, &mut missing);
        (taken, missing.iter().sum())
    }

    #[test]
    fn each_kind_of_word_takes_what_it_says() {
        let store = store();
        for (text, taken) in [
            ("", true),
            ("ord", true),
            ("ord api", true),
            ("ord pay", false),
            ("-orders", false),
            ("!orders", false),
            ("-billing", true),
            ("\"orders-api\"", true),
            ("\"vpc\"", false),
            ("runtime:nodejs18 err>1", true),
            ("runtime=nodejs18", false),
            ("runtime=nodejs18.x", true),
            ("runtime!=nodejs18.x", false),
            ("-runtime:node", false),
            ("err>3", false),
            ("err>=2%", true),
            ("err=2", true),
            ("p99>500", true),
            ("p99>1.5s", false),
            ("mem<512", false),
            ("mem<=512", true),
            ("mem!=512", false),
            ("arch:ARM", true),
            ("layer:datadog", true),
            ("layer", true),
            ("vpc", true),
            ("-vpc", false),
            ("vpc:vpc-0a", true),
            ("dlq", false),
            ("package:image", false),
            ("modified<7d", false),
            ("age>1w age<30d", true),
            ("reserved>0", false),
            ("reserved=none", true),
            ("size>50mb", true),
            ("env:table", true),
            ("tag.team=pay", true),
            ("tag.team!=x", true),
            ("tag.team", true),
            ("tag.owner", false),
            ("-tag.owner", true),
            ("tag.owner=", true),
            ("tag.team:p", true),
            ("stack:orders", true),
            ("tag.aws:cloudformation:stack-name=orders-prod", true),
            ("arn:aws:lambda:eu-west-1:1:function:orders", true),
            ("name=orders-api", true),
            ("name=orders", false),
            ("-", true),
        ] {
            assert_eq!(takes(text, &store), (taken, 0), "{text}");
        }
    }

    #[test]
    fn what_is_not_known_is_left_out_and_counted() {
        let store = Store::default();
        for text in
            ["state:active", "-state:active", "url", "-url", "tag.team=pay", "tag.team!=pay", "cold>1", "api:shop"]
        {
            assert_eq!(takes(text, &store), (false, 1), "{text}");
        }
        assert_eq!(takes("billing state:active", &store), (false, 0), "it is out whatever its state is");
    }

    #[test]
    fn what_means_nothing_is_said_and_hides_nothing() {
        for (text, complaint) in [
            ("runtim:x", "there is no attribute `runtim`: did you mean `runtime`?"),
            ("zzz>1", "there is no attribute `zzz`: known are name err"),
            ("err>", "`err>` wants a value: per cent"),
            ("err>much", "`err>much` wants a number: per cent"),
            ("runtime>5", "`runtime` is a text"),
            ("mem<7d", "wants a number: MB"),
        ] {
            let filter = Filter::read(&format!("orders {text}"));
            assert_eq!(filter.complaints.len(), 1, "{text}");
            assert!(
                filter.complaints[0].starts_with(complaint) || filter.complaints[0].contains(complaint),
                "{:?}",
                filter.complaints
            );
            assert_eq!(filter.words.len(), 1);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_reads_as_a_filter(text in "\\PC{0,40}") {
            let (store, filter) = (store(), Filter::read(&text));
            let known = Known::in_store(&store, now(), None);
            filter.takes(&function(), &Facts::of(&function(), Figures::default()), &known, &mut filter.counts());
        }
    }
}
