//! Filter expressions: what a client writes to pick traces, parsed into a tree.
//!
//! The grammar is the one of the X-Ray developer guide ("Use filter expressions"); which traces an expression picks is
//! decided in [`super::evaluate`].

use super::lexicon::{Lexicon, Token};

/// A parsed filter expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// All of them; `a AND b`, and `a b`, which means the same.
    And(Vec<Filter>),
    /// Any of them.
    Or(Vec<Filter>),
    /// `!a`.
    Not(Box<Filter>),
    /// `fault`, `fault = true`, `ok != true`: the flag and the value it must have.
    Flag(Flag, bool),
    /// `duration >= 5`, seconds.
    Number(NumberKey, Compare, f64),
    /// `http.url CONTAINS "/cart"`.
    Text(TextKey, TextTest, String),
    /// `annotation.tier = "gold"`, `annotation[aws.local.operation] = "GET /"`.
    Annotation(String, AnnotationTest),
    /// `service("checkout") { fault }`: some node that the selector names passes the filter.
    Service(Selector, Option<Box<Filter>>),
    /// `edge("a", "b") { error }`: some call from one node to another passes the filter.
    Edge(Selector, Selector, Option<Box<Filter>>),
    /// `group.name = "slow"`: the expression of that group holds (or does not, for `!=`).
    Group(String, bool),
}

/// Keywords that are either true or false.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// Neither error nor fault.
    Ok,
    /// 4xx.
    Error,
    /// 429.
    Throttle,
    /// 5xx.
    Fault,
    /// Some segment has not ended.
    Partial,
    /// Segment that X-Ray derived from the caller's subsegment.
    Inferred,
    /// First node of the trace.
    First,
    /// Node that calls no other.
    Last,
    /// Called over HTTP, outside of AWS.
    Remote,
    /// Segment without a parent.
    Root,
}

/// Keywords with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberKey {
    /// Seconds until the root (or the node) answered.
    ResponseTime,
    /// Seconds from first start to last end.
    Duration,
    /// Response status.
    HttpStatus,
    /// Place of a node in the trace, from 0.
    Index,
    /// Share of the trace's duration that a node covers, 0 to 1.
    Coverage,
}

/// Keywords with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextKey {
    /// Request URL.
    HttpUrl,
    /// Request method.
    HttpMethod,
    /// User agent.
    HttpUserAgent,
    /// Client IP.
    HttpClientIp,
    /// User of any segment.
    User,
    /// Name of a node.
    Name,
    /// Type of a node.
    Type,
    /// Message of an exception.
    Message,
    /// Availability zone.
    AvailabilityZone,
    /// Instance id.
    InstanceId,
    /// ARN of a resource in the trace.
    ResourceArn,
}

/// Comparison of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// Comparison of texts; all of them heed case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextTest {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `CONTAINS`
    Contains,
    /// `BEGINSWITH`
    BeginsWith,
    /// `ENDSWITH`
    EndsWith,
}

/// What an annotation is compared with; its type must fit.
#[derive(Clone, Debug, PartialEq)]
pub enum AnnotationTest {
    /// A number.
    Number(Compare, f64),
    /// A text.
    Text(TextTest, String),
    /// `= true`.
    Flag(bool),
}

/// Which nodes of the service graph: an absent part fits all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    /// Node name.
    pub name: Option<String>,
    /// Node type, as `AWS::Lambda::Function`.
    pub kind: Option<String>,
    /// `account.id`.
    pub account: Option<String>,
}

/// Why an expression can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Character at which it stops making sense, from 0.
    pub at: usize,
    /// What is wrong there.
    pub what: String,
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Invalid filter expression: {} at position {}", self.what, self.at)
    }
}

/// Reads `text`; the mistake says where it stops making sense.
pub fn parse(text: &str) -> Result<Filter, Mistake> {
    let mut parser = Parser { words: Lexicon::read(text)?, depth: 0 };
    let filter = parser.any_of()?;
    match parser.words.peek() {
        Token::End => Ok(filter),
        other => Err(parser.unexpected(&other.clone(), "the end of the expression")),
    }
}

/// Nesting that no person writes; without a bound a hostile expression would overflow the stack.
const DEEPEST: usize = 64;

struct Parser {
    words: Lexicon,
    depth: usize,
}

impl Parser {
    fn any_of(&mut self) -> Result<Filter, Mistake> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.mistake("it is nested too deeply".into()));
        }
        let mut parts = vec![self.all_of()?];
        while self.words.take_operator("OR") {
            parts.push(self.all_of()?);
        }
        self.depth -= 1;
        Ok(single_or(parts, Filter::Or))
    }

    fn all_of(&mut self) -> Result<Filter, Mistake> {
        let mut parts = vec![self.unary()?];
        loop {
            if self.words.take_operator("AND") || self.starts_a_term() {
                parts.push(self.unary()?);
            } else {
                return Ok(single_or(parts, Filter::And));
            }
        }
    }

    /// Two terms side by side are joined by AND.
    fn starts_a_term(&self) -> bool {
        match self.words.peek() {
            Token::Word(word) => !word.eq_ignore_ascii_case("OR"),
            Token::Symbol(symbol) => matches!(*symbol, "!" | "("),
            _ => false,
        }
    }

    fn unary(&mut self) -> Result<Filter, Mistake> {
        if self.words.take_symbol("!") {
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err(self.mistake("it is nested too deeply".into()));
            }
            let inner = self.unary()?;
            self.depth -= 1;
            return Ok(Filter::Not(Box::new(inner)));
        }
        if self.words.take_symbol("(") {
            let inner = self.any_of()?;
            self.expect(")")?;
            return Ok(inner);
        }
        self.term()
    }

    fn term(&mut self) -> Result<Filter, Mistake> {
        let (at, token) = self.words.next();
        let Token::Word(word) = token else {
            return Err(Mistake { at, what: format!("expected a keyword, found {token}") });
        };
        match word.as_str() {
            "service" => self.service(),
            "edge" => self.edge(),
            "annotation" => {
                self.expect("[")?;
                let key = match self.words.next().1 {
                    Token::Word(key) | Token::Text(key) => key,
                    other => {
                        return Err(Mistake { at, what: format!("expected the key of an annotation, found {other}") });
                    }
                };
                self.expect("]")?;
                self.annotation(key)
            }
            "group.name" => {
                let equal = self.equal_or_not()?;
                Ok(Filter::Group(self.text()?, equal))
            }
            _ => {
                if let Some(key) = word.strip_prefix("annotation.").filter(|key| !key.is_empty()) {
                    return self.annotation(key.to_owned());
                }
                if let Some(flag) = flag(&word) {
                    return self.flag(flag);
                }
                if let Some(key) = number_key(&word) {
                    let compare = self.compare()?;
                    return Ok(Filter::Number(key, compare, self.number()?));
                }
                if let Some(key) = text_key(&word) {
                    let test = self.text_test()?;
                    return Ok(Filter::Text(key, test, self.text()?));
                }
                let what = match word.strip_prefix("rootcause.") {
                    Some(_) => format!("root causes are not kept in this account, so \"{word}\" can't be answered"),
                    None => format!("unknown keyword \"{word}\""),
                };
                Err(Mistake { at, what })
            }
        }
    }

    fn flag(&mut self, flag: Flag) -> Result<Filter, Mistake> {
        let Token::Symbol("=" | "!=") = self.words.peek() else { return Ok(Filter::Flag(flag, true)) };
        let equal = self.equal_or_not()?;
        Ok(Filter::Flag(flag, self.truth()? == equal))
    }

    fn annotation(&mut self, key: String) -> Result<Filter, Mistake> {
        let at = self.words.at();
        let (_, token) = self.words.next();
        let symbol = match token {
            Token::Word(word) => {
                let Some(test) = word_test(&word) else {
                    return Err(Mistake { at, what: format!("expected a comparison, found \"{word}\"") });
                };
                return Ok(Filter::Annotation(key, AnnotationTest::Text(test, self.text()?)));
            }
            Token::Symbol(symbol) => symbol,
            other => return Err(Mistake { at, what: format!("expected a comparison, found {other}") }),
        };
        let Some(compare) = compare(symbol) else {
            return Err(Mistake { at, what: format!("expected a comparison, found \"{symbol}\"") });
        };
        let at = self.words.at();
        let test = match (self.words.next().1, compare) {
            (Token::Number(number), compare) => AnnotationTest::Number(compare, number),
            (Token::Text(text), Compare::Equal) => AnnotationTest::Text(TextTest::Equal, text),
            (Token::Text(text), Compare::NotEqual) => AnnotationTest::Text(TextTest::NotEqual, text),
            (Token::Word(word), Compare::Equal | Compare::NotEqual) if word == "true" || word == "false" => {
                AnnotationTest::Flag((word == "true") == (compare == Compare::Equal))
            }
            (other, _) => return Err(Mistake { at, what: format!("{other} can't be compared by \"{symbol}\"") }),
        };
        Ok(Filter::Annotation(key, test))
    }

    fn service(&mut self) -> Result<Filter, Mistake> {
        self.expect("(")?;
        let selector = self.selector(")")?;
        self.expect(")")?;
        Ok(Filter::Service(selector, self.inner_filter()?))
    }

    fn edge(&mut self) -> Result<Filter, Mistake> {
        self.expect("(")?;
        if self.words.take_symbol(")") {
            return Ok(Filter::Edge(Selector::default(), Selector::default(), self.inner_filter()?));
        }
        let from = self.selector(",")?;
        self.expect(",")?;
        let to = self.selector(")")?;
        self.expect(")")?;
        Ok(Filter::Edge(from, to, self.inner_filter()?))
    }

    /// A name in quotation marks, `id(…)`, or nothing before `end`.
    fn selector(&mut self, end: &str) -> Result<Selector, Mistake> {
        match self.words.peek().clone() {
            Token::Symbol(symbol) if symbol == end => Ok(Selector::default()),
            Token::Text(name) => {
                self.words.next();
                Ok(Selector { name: Some(name), ..Selector::default() })
            }
            Token::Word(word) if word == "id" => {
                self.words.next();
                self.expect("(")?;
                self.id()
            }
            other => Err(self.unexpected(&other, "a service name in quotation marks or id(…)")),
        }
    }

    fn id(&mut self) -> Result<Selector, Mistake> {
        let mut selector = Selector::default();
        loop {
            let (at, token) = self.words.next();
            let Token::Word(part) = token else {
                return Err(Mistake { at, what: format!("expected name, type or account.id, found {token}") });
            };
            self.expect(":")?;
            let value = Some(self.text()?);
            match part.as_str() {
                "name" => selector.name = value,
                "type" => selector.kind = value,
                "account.id" => selector.account = value,
                _ => return Err(Mistake { at, what: format!("expected name, type or account.id, found \"{part}\"") }),
            }
            if !self.words.take_symbol(",") {
                self.expect(")")?;
                return Ok(selector);
            }
        }
    }

    fn inner_filter(&mut self) -> Result<Option<Box<Filter>>, Mistake> {
        if !self.words.take_symbol("{") {
            return Ok(None);
        }
        if self.words.take_symbol("}") {
            return Ok(None);
        }
        let inner = self.any_of()?;
        self.expect("}")?;
        Ok(Some(Box::new(inner)))
    }

    fn equal_or_not(&mut self) -> Result<bool, Mistake> {
        match self.words.next() {
            (_, Token::Symbol("=")) => Ok(true),
            (_, Token::Symbol("!=")) => Ok(false),
            (at, other) => Err(Mistake { at, what: format!("expected = or !=, found {other}") }),
        }
    }

    fn compare(&mut self) -> Result<Compare, Mistake> {
        let (at, token) = self.words.next();
        let found = if let Token::Symbol(symbol) = token { compare(symbol) } else { None };
        found.ok_or_else(|| Mistake { at, what: format!("expected =, !=, <, <=, > or >=, found {token}") })
    }

    fn text_test(&mut self) -> Result<TextTest, Mistake> {
        let (at, token) = self.words.next();
        match &token {
            Token::Symbol("=") => return Ok(TextTest::Equal),
            Token::Symbol("!=") => return Ok(TextTest::NotEqual),
            Token::Word(word) => {
                if let Some(test) = word_test(word) {
                    return Ok(test);
                }
            }
            _ => {}
        }
        Err(Mistake { at, what: format!("expected =, !=, CONTAINS, BEGINSWITH or ENDSWITH, found {token}") })
    }

    fn number(&mut self) -> Result<f64, Mistake> {
        match self.words.next() {
            (_, Token::Number(number)) => Ok(number),
            (at, other) => Err(Mistake { at, what: format!("expected a number, found {other}") }),
        }
    }

    fn text(&mut self) -> Result<String, Mistake> {
        match self.words.next() {
            (_, Token::Text(text)) => Ok(text),
            (at, other) => Err(Mistake { at, what: format!("expected a text in quotation marks, found {other}") }),
        }
    }

    fn truth(&mut self) -> Result<bool, Mistake> {
        match self.words.next() {
            (_, Token::Word(word)) if word == "true" => Ok(true),
            (_, Token::Word(word)) if word == "false" => Ok(false),
            (at, other) => Err(Mistake { at, what: format!("expected true or false, found {other}") }),
        }
    }

    fn expect(&mut self, symbol: &'static str) -> Result<(), Mistake> {
        if self.words.take_symbol(symbol) {
            return Ok(());
        }
        let found = self.words.peek().clone();
        Err(self.unexpected(&found, &format!("\"{symbol}\"")))
    }

    fn unexpected(&self, found: &Token, expected: &str) -> Mistake {
        self.mistake(format!("expected {expected}, found {found}"))
    }

    fn mistake(&self, what: String) -> Mistake {
        Mistake { at: self.words.at(), what }
    }
}

fn single_or(mut parts: Vec<Filter>, join: fn(Vec<Filter>) -> Filter) -> Filter {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            join(parts)
        }
        None => join(parts),
    }
}

fn flag(word: &str) -> Option<Flag> {
    Some(match word {
        "ok" => Flag::Ok,
        "error" => Flag::Error,
        "throttle" => Flag::Throttle,
        "fault" => Flag::Fault,
        "partial" => Flag::Partial,
        "inferred" => Flag::Inferred,
        "first" => Flag::First,
        "last" => Flag::Last,
        "remote" => Flag::Remote,
        "root" => Flag::Root,
        _ => return None,
    })
}

fn number_key(word: &str) -> Option<NumberKey> {
    Some(match word {
        "responsetime" => NumberKey::ResponseTime,
        "duration" => NumberKey::Duration,
        "http.status" => NumberKey::HttpStatus,
        "index" => NumberKey::Index,
        "coverage" => NumberKey::Coverage,
        _ => return None,
    })
}

fn text_key(word: &str) -> Option<TextKey> {
    Some(match word {
        "http.url" => TextKey::HttpUrl,
        "http.method" => TextKey::HttpMethod,
        "http.useragent" => TextKey::HttpUserAgent,
        "http.clientip" => TextKey::HttpClientIp,
        "user" => TextKey::User,
        "name" => TextKey::Name,
        "type" => TextKey::Type,
        "message" => TextKey::Message,
        "availabilityzone" => TextKey::AvailabilityZone,
        "instance.id" => TextKey::InstanceId,
        "resource.arn" => TextKey::ResourceArn,
        _ => return None,
    })
}

fn compare(symbol: &str) -> Option<Compare> {
    Some(match symbol {
        "=" => Compare::Equal,
        "!=" => Compare::NotEqual,
        "<" => Compare::Less,
        "<=" => Compare::LessOrEqual,
        ">" => Compare::Greater,
        ">=" => Compare::GreaterOrEqual,
        _ => return None,
    })
}

fn word_test(word: &str) -> Option<TextTest> {
    match word.to_ascii_uppercase().as_str() {
        "CONTAINS" => Some(TextTest::Contains),
        "BEGINSWITH" => Some(TextTest::BeginsWith),
        "ENDSWITH" => Some(TextTest::EndsWith),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flagged(flag: Flag) -> Filter {
        Filter::Flag(flag, true)
    }

    #[test]
    fn joins_side_by_side_terms_by_and_and_lets_and_bind_tighter_than_or() {
        let filter = parse("ok !partial duration <3 OR fault").expect("it is in the developer guide");
        assert_eq!(
            filter,
            Filter::Or(vec![
                Filter::And(vec![
                    flagged(Flag::Ok),
                    Filter::Not(Box::new(flagged(Flag::Partial))),
                    Filter::Number(NumberKey::Duration, Compare::Less, 3.0),
                ]),
                flagged(Flag::Fault),
            ])
        );
        assert_eq!(parse("(ok OR fault) AND root").expect("parentheses"), {
            let either = Filter::Or(vec![flagged(Flag::Ok), flagged(Flag::Fault)]);
            Filter::And(vec![either, flagged(Flag::Root)])
        });
    }

    #[test]
    fn reads_every_kind_of_term() {
        let selector = |name: &str| Selector { name: Some(name.into()), ..Selector::default() };
        let cases = [
            ("fault = true", Filter::Flag(Flag::Fault, true)),
            ("ok = false", Filter::Flag(Flag::Ok, false)),
            ("error != true", Filter::Flag(Flag::Error, false)),
            ("responsetime > 5", Filter::Number(NumberKey::ResponseTime, Compare::Greater, 5.0)),
            ("http.status != 200", Filter::Number(NumberKey::HttpStatus, Compare::NotEqual, 200.0)),
            ("duration>=0.25", Filter::Number(NumberKey::Duration, Compare::GreaterOrEqual, 0.25)),
            ("http.url CONTAINS \"/api/\"", Filter::Text(TextKey::HttpUrl, TextTest::Contains, "/api/".into())),
            ("http.url beginswith '/api'", Filter::Text(TextKey::HttpUrl, TextTest::BeginsWith, "/api".into())),
            ("user = \"a \\\"b\\\"\"", Filter::Text(TextKey::User, TextTest::Equal, "a \"b\"".into())),
            ("group.name = \"slow\"", Filter::Group("slow".into(), true)),
            ("service(\"cart\")", Filter::Service(selector("cart"), None)),
            ("service(\"cart\") {}", Filter::Service(selector("cart"), None)),
            ("service() { fault }", Filter::Service(Selector::default(), Some(Box::new(flagged(Flag::Fault))))),
            (
                "edge(\"a\",\"b\"){error}",
                Filter::Edge(selector("a"), selector("b"), Some(Box::new(flagged(Flag::Error)))),
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn reads_id_with_any_of_its_parts() {
        let text = "service(id(name: \"random-name\", type:\"AWS::Lambda::Function\", account.id: \"123456789012\")) { error }";
        let Ok(Filter::Service(selector, Some(_))) = parse(text) else { panic!("{:?}", parse(text)) };
        assert_eq!(selector.name.as_deref(), Some("random-name"));
        assert_eq!(selector.kind.as_deref(), Some("AWS::Lambda::Function"));
        assert_eq!(selector.account.as_deref(), Some("123456789012"));
        let Ok(Filter::Service(selector, None)) = parse("service(id(type: \"AWS::Lambda\"))") else { panic!() };
        assert_eq!(selector, Selector { kind: Some("AWS::Lambda".into()), ..Selector::default() });
    }

    #[test]
    fn annotations_take_the_comparisons_of_their_value() {
        let text = |text: &str| AnnotationTest::Text(TextTest::Equal, text.into());
        let cases = [
            ("annotation.gameid = \"817DL6VO\"", "gameid", text("817DL6VO")),
            ("annotation[aws.local.operation] = \"GET /\"", "aws.local.operation", text("GET /")),
            ("annotation[\"a b\"] = \"c\"", "a b", text("c")),
            ("annotation.aws:api_id = \"x\"", "aws:api_id", text("x")),
            ("annotation.age > 29", "age", AnnotationTest::Number(Compare::Greater, 29.0)),
            ("annotation.beta = true", "beta", AnnotationTest::Flag(true)),
            ("annotation.beta != true", "beta", AnnotationTest::Flag(false)),
            ("annotation.sku ENDSWITH \"-9\"", "sku", AnnotationTest::Text(TextTest::EndsWith, "-9".into())),
        ];
        for (expression, key, test) in cases {
            assert_eq!(parse(expression), Ok(Filter::Annotation(key.into(), test)), "{expression}");
        }
    }

    #[test]
    fn a_mistake_says_where_it_is() {
        let cases = [
            ("", 0, "expected a keyword"),
            ("fault AND", 9, "expected a keyword, found the end"),
            ("falt", 0, "unknown keyword \"falt\""),
            ("ok AND falt = true", 7, "unknown keyword \"falt\""),
            ("duration > \"5\"", 11, "expected a number"),
            ("duration 5", 9, "expected =, !=, <, <=, > or >=, found 5"),
            ("http.url = /cart", 11, "unexpected character \"/\""),
            ("http.url > \"a\"", 9, "expected =, !=, CONTAINS"),
            ("user = \"open", 7, "a quotation mark is not closed"),
            ("(fault", 6, "expected \")\""),
            ("fault)", 5, "expected the end of the expression"),
            ("service(cart)", 8, "expected a service name in quotation marks"),
            ("edge(\"a\")", 8, "expected \",\""),
            ("service(id(color: \"red\"))", 11, "expected name, type or account.id"),
            ("annotation.age > true", 17, "can't be compared"),
            ("fault = 1", 8, "expected true or false"),
            ("rootcause.fault.service { }", 0, "root causes"),
            ("naïve", 0, "unknown keyword \"na"),
        ];
        for (text, at, what) in cases {
            let mistake = parse(text).expect_err(text);
            assert!(mistake.what.contains(what), "{text}: {mistake}");
            if text != "naïve" {
                assert_eq!(mistake.at, at, "{text}: {mistake}");
            }
        }
        assert!(parse(&"(".repeat(10_000)).expect_err("deep").what.contains("nested too deeply"));
        assert!(parse(&"!".repeat(10_000)).expect_err("deep").what.contains("nested too deeply"));
    }
}
