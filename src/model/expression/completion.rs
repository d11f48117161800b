//! How an expression could go on where the cursor stands.

use super::builders::{annotation, quote};
use super::grammar::read;
use super::keywords::{KEYWORDS, Kind};
use super::reading::{Field, PARTS, Reading, Scope, Want};
use super::tokens::{self, Token, is_number, tokens, unquoted};

/// Completions that are offered at once.
const MOST: usize = 12;

/// What is known of the account, each list with what is wanted most often first. Absent lists are empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    /// Names of services.
    pub services: &'a [String],
    /// Types of services, as `AWS::Lambda::Function`; the common ones where there are none.
    pub types: &'a [String],
    /// Account ids.
    pub accounts: &'a [String],
    /// URLs of requests.
    pub urls: &'a [String],
    /// Methods of requests; the common ones where there are none.
    pub methods: &'a [String],
    /// Users.
    pub users: &'a [String],
    /// Annotations: key, and values as text.
    pub annotations: &'a [(String, Vec<String>)],
    /// Names of groups.
    pub groups: &'a [String],
}

/// What the expression could go on with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completions {
    /// First byte that a completion replaces.
    pub from: usize,
    /// Byte behind the last that it replaces.
    pub to: usize,
    /// Those that begin with what is typed first, then those that have it in them.
    pub items: Vec<Completion>,
}

/// One way to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What is put there, with a blank before or behind it where it would run into what stands there.
    pub text: String,
    /// What it means.
    pub help: String,
}

/// One way to go on, before it is looked at whether it fits what is typed.
struct Candidate {
    text: String,
    help: String,
    /// What is compared with what is typed.
    bare: String,
    /// Offered only when something is typed.
    asked: bool,
}

/// Completions at a byte of an expression. There are none where what stands before it makes no sense.
pub fn complete(text: &str, cursor: usize, known: &Known<'_>) -> Completions {
    let cursor = text.floor_char_boundary(cursor);
    let none = Completions { from: cursor, to: cursor, items: Vec::new() };
    let words = tokens(text, true);
    let Some(word) = words.iter().find(|word| is_at(word, cursor)) else {
        return go_on(text, cursor, known);
    };
    let (Some(before), Some(typed)) = (text.get(..word.from), text.get(word.from..cursor)) else { return none };
    if matches!(word.kind, tokens::Kind::Symbol | tokens::Kind::Json { .. }) {
        return none;
    }
    let to = replaced(word, cursor, text);
    let reading = read(before, true);
    let candidates = candidates(&reading, known);
    let (begin, have) = fitting(&candidates, &bare(typed));
    let at_end = cursor == word.to();
    let (whole, more): (Vec<&Candidate>, Vec<&Candidate>) =
        begin.into_iter().partition(|candidate| at_end && candidate.text.eq_ignore_ascii_case(word.text));
    // What is whole already goes on behind it, and so does what is nothing known, if it makes sense.
    let is_word = matches!(word.kind, tokens::Kind::Word | tokens::Kind::Path { .. });
    if is_word && at_end && more.is_empty() && (!whole.is_empty() || have.is_empty()) {
        return go_on(text, cursor, known);
    }
    let items = more.into_iter().chain(have).take(MOST).map(|candidate| candidate.item("", "")).collect();
    Completions { from: word.from, to, items }
}

/// The token in which something is being typed at the cursor.
fn is_at(word: &Token<'_>, cursor: usize) -> bool {
    let inside = word.from < cursor && cursor < word.to();
    let behind = word.from < cursor && cursor == word.to();
    match word.kind {
        tokens::Kind::End => false,
        tokens::Kind::Word | tokens::Kind::Path { .. } => inside || behind,
        tokens::Kind::Text { closed } | tokens::Kind::Json { closed } => inside || (behind && !closed),
        tokens::Kind::Symbol => inside,
    }
}

/// Up to where a completion replaces a token. A text whose mark at the end is still missing takes the rest of the
/// expression up to the next one, and that is not to be replaced.
fn replaced(word: &Token<'_>, cursor: usize, text: &str) -> usize {
    let rest = text.get(cursor..word.to()).unwrap_or_default();
    match word.kind {
        tokens::Kind::Text { closed } if !closed || rest.contains([' ', ')', '}', '=', ',']) => cursor,
        _ => word.to(),
    }
}

/// Completions where nothing is typed yet.
fn go_on(text: &str, cursor: usize, known: &Known<'_>) -> Completions {
    let before = text.get(..cursor).unwrap_or_default();
    let reading = read(before, true);
    let apart = before.is_empty() || before.ends_with(|c: char| c.is_whitespace() || "(!".contains(c));
    let candidates = candidates(&reading, known);
    let items = candidates.iter().filter(|candidate| !candidate.asked).take(MOST);
    let glue =
        |candidate: &Candidate| if apart || ["(", ")", ",", ":"].contains(&candidate.text.as_str()) { "" } else { " " };
    let behind = text.get(cursor..).unwrap_or_default();
    let tail = if behind.starts_with(|c: char| c.is_alphanumeric() || "!\"'".contains(c)) { " " } else { "" };
    let items = items.map(|candidate| candidate.item(glue(candidate), tail)).collect();
    Completions { from: cursor, to: cursor, items }
}

/// Those that begin with what is typed, and those that have it in them.
fn fitting<'c>(candidates: &'c [Candidate], typed: &str) -> (Vec<&'c Candidate>, Vec<&'c Candidate>) {
    let typed = typed.to_lowercase();
    let (mut begin, mut have) = (Vec::new(), Vec::new());
    for candidate in candidates {
        match candidate.bare.to_lowercase().find(&typed) {
            Some(0) => begin.push(candidate),
            Some(_) => have.push(candidate),
            None => {}
        }
    }
    (begin, have)
}

/// What is typed, without quotation marks and brackets.
fn bare(typed: &str) -> String {
    match typed.split_once('[') {
        Some((head, key)) if tokens::is_annotation(head.trim_end()) => {
            let key = key.trim();
            format!("{}.{}", head.trim_end(), unquoted(key.strip_suffix(']').unwrap_or(key)))
        }
        _ => unquoted(typed),
    }
}

fn candidates(reading: &Reading<'_>, known: &Known<'_>) -> Vec<Candidate> {
    let mut out = Vec::new();
    for want in &reading.wants {
        match *want {
            Want::Keyword { joined } => {
                let first = out.len();
                keywords(&mut out, reading.scope, known);
                out.iter_mut().skip(first).for_each(|candidate| candidate.asked = !joined);
            }
            Want::Join => {
                out.push(Candidate::new("AND", "and"));
                out.push(Candidate::new("OR", "or"));
            }
            Want::Operator(field) => operators(&mut out, field, known),
            Want::Value(field, operator) => values(&mut out, field, operator, reading.scope, known),
            Want::Symbol(symbol) => out.push(Candidate::new(symbol, symbol_help(symbol))),
            Want::Open => out.push(Candidate::new("{", "with a filter for that alone")),
            Want::Node => {
                out.extend(known.services.iter().map(|name| Candidate::text(name, "service")));
                out.push(Candidate::new("id(", "by name, type or account"));
            }
            Want::Part => {
                let parts =
                    PARTS.iter().filter(|part| !reading.parts.iter().any(|named| named.eq_ignore_ascii_case(part)));
                out.extend(parts.map(|part| Candidate::new(&format!("{part}:"), "of the service")));
            }
            Want::PartValue(part) => {
                let (list, help) = match part.to_ascii_lowercase().as_str() {
                    "name" => (known.services, "service"),
                    "type" => (known.types, "type"),
                    _ => (known.accounts, "account"),
                };
                out.extend(list.iter().map(|value| Candidate::text(value, help)));
                if part.eq_ignore_ascii_case("type") && list.is_empty() {
                    out.extend(TYPES.iter().map(|value| Candidate::text(value, help)));
                }
            }
        }
    }
    out
}

/// Types of services that are met most often.
const TYPES: [&str; 8] = [
    "AWS::Lambda::Function",
    "AWS::Lambda",
    "AWS::ApiGateway::Stage",
    "AWS::DynamoDB::Table",
    "AWS::SQS::Queue",
    "AWS::SNS::Topic",
    "AWS::StepFunctions::StateMachine",
    "AWS::S3::Bucket",
];
const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
/// Keywords that mean something inside of a service's braces, or of a root cause's.
const OF_NODES: [&str; 12] = [
    "fault",
    "error",
    "throttle",
    "ok",
    "responsetime",
    "http.status",
    "http.url",
    "http.method",
    "root",
    "inferred",
    "type",
    "user",
];
const OF_CAUSES: [&str; 9] = ["name", "type", "message", "last", "first", "index", "remote", "inferred", "coverage"];

/// Those that fit the braces first, then all others.
fn keywords(out: &mut Vec<Candidate>, scope: Scope, known: &Known<'_>) {
    let first: &[&str] = match scope {
        Scope::Trace => &[],
        Scope::Node => &OF_NODES,
        Scope::Cause => &OF_CAUSES,
    };
    let place = |name: &str| first.iter().position(|fitting| *fitting == name).unwrap_or(first.len());
    let mut listed: Vec<_> = KEYWORDS.iter().collect();
    listed.sort_by_key(|keyword| place(keyword.name));
    for keyword in listed {
        // They have an opening bracket whatever follows.
        let bracket = matches!(keyword.kind, Kind::Service | Kind::Edge);
        let text = format!("{}{}", keyword.name, if bracket { "(" } else { "" });
        out.push(Candidate { bare: keyword.name.to_owned(), ..Candidate::new(&text, keyword.help) });
        // Before what is asked for once a year.
        if scope != Scope::Cause && keyword.name == "user" {
            out.push(Candidate::new("annotation.", "a value of your own"));
        }
    }
    if scope == Scope::Cause {
        return;
    }
    for (key, values) in known.annotations {
        let mut help = values.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
        if help.is_empty() {
            help.push_str("annotation");
        }
        out.push(Candidate { bare: format!("annotation.{key}"), ..Candidate::new(&annotation(key), &help) });
    }
}

fn operators(out: &mut Vec<Candidate>, field: Field<'_>, known: &Known<'_>) {
    let numbers = field.kind == Kind::Annotation
        && annotation_values(field.word, known).is_some_and(|values| values.iter().any(|value| is_number(value)));
    let mut operators = field.kind.operators().to_vec();
    // An annotation has one kind of value nearly always.
    operators.sort_by_key(|operator| numbers && operator.starts_with(char::is_alphabetic));
    for operator in operators {
        let help = match operator {
            "=" => "is",
            "!=" => "is not",
            "<" => "is less than",
            "<=" => "is at most",
            ">" => "is more than",
            ">=" => "is at least",
            "CONTAINS" => "has in it",
            "BEGINSWITH" => "begins with",
            _ => "ends with",
        };
        out.push(Candidate::new(operator, help));
    }
}

fn values(out: &mut Vec<Candidate>, field: Field<'_>, operator: &str, scope: Scope, known: &Known<'_>) {
    let word = field.word.to_ascii_lowercase();
    let mut numbers = |list: &[&str], help: &str| out.extend(list.iter().map(|number| Candidate::new(number, help)));
    let texts = match (field.kind, word.as_str()) {
        (Kind::Truth, _) => return numbers(&["true", "false"], ""),
        (Kind::Number, "http.status") => {
            return numbers(&["200", "400", "403", "404", "429", "500", "502", "503", "504"], "status");
        }
        (Kind::Number, "duration" | "responsetime") => return numbers(&["1", "3", "5", "10", "30"], "seconds"),
        (Kind::Number, "coverage") => return numbers(&["0.5", "0.8"], "share"),
        (Kind::Number, _) => return numbers(&["0", "1"], "from 0"),
        (Kind::Annotation, _) => {
            let values = annotation_values(field.word, known).unwrap_or_default();
            return values.iter().for_each(|value| annotation_value(out, value, operator));
        }
        (Kind::Group, "group.name") => known.groups,
        (Kind::Text, "http.url") => known.urls,
        (Kind::Text, "http.method") => known.methods,
        (Kind::Text, "user") => known.users,
        (Kind::Text, "type") => known.types,
        // The name of an exception is known to nobody here, that of a service may be.
        (Kind::Text, "name") if scope != Scope::Trace => known.services,
        _ => &[],
    };
    out.extend(texts.iter().map(|value| Candidate::text(value, "")));
    let common: &[&str] = match word.as_str() {
        "http.method" if texts.is_empty() => &METHODS,
        "type" if texts.is_empty() => &TYPES,
        _ => &[],
    };
    out.extend(common.iter().map(|value| Candidate::text(value, "")));
    if operator.eq_ignore_ascii_case("CONTAINS") {
        out.push(Candidate::new("\"\"", "anything at all"));
    }
}

/// A value that is known as text only: what looks like a number or a truth may be one, or may be a text.
fn annotation_value(out: &mut Vec<Candidate>, value: &str, operator: &str) {
    let order = operator.contains(['<', '>']);
    let equal = ["=", "!="].contains(&operator);
    if is_number(value) && (order || equal) {
        out.push(Candidate::new(value, "number"));
    }
    if ["true", "false"].contains(&value) && equal {
        out.push(Candidate::new(value, "true or false"));
    }
    if !order {
        out.push(Candidate::text(value, "text"));
    }
}

fn annotation_values<'a>(word: &str, known: &Known<'a>) -> Option<&'a [String]> {
    let key = bare(word);
    let key = key.get(key.to_ascii_lowercase().find("annotation.")? + "annotation.".len()..)?;
    known.annotations.iter().find(|(known, _)| known == key).map(|(_, values)| values.as_slice())
}

fn symbol_help(symbol: &str) -> &'static str {
    match symbol {
        ")" | "}" => "closes it",
        "," => "and",
        ":" => "is",
        _ => "opens it",
    }
}

impl Candidate {
    fn new(text: &str, help: &str) -> Self {
        Self { text: text.to_owned(), help: help.to_owned(), bare: text.to_owned(), asked: false }
    }

    /// A text, which gets its quotation marks.
    fn text(value: &str, help: &str) -> Self {
        Self { bare: value.to_owned(), ..Self::new(&quote(value), help) }
    }

    fn item(&self, glue: &str, tail: &str) -> Completion {
        Completion { text: format!("{glue}{}{tail}", self.text), help: self.help.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::super::tests::{expressions, rubbish};
    use super::*;
    use proptest::prelude::*;

    fn strings(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    /// What an account may have.
    fn with_known<T>(ask: impl FnOnce(&Known<'_>) -> T) -> T {
        let annotations = [
            ("tier".to_owned(), strings(&["gold", "silver"])),
            ("items".to_owned(), strings(&["3", "30"])),
            ("beta".to_owned(), strings(&["true"])),
            ("aws.local.operation".to_owned(), strings(&["GET /"])),
            ("odd ]".to_owned(), vec![]),
        ];
        ask(&Known {
            services: &strings(&["checkout", "payments \"eu\"", "api checkout"]),
            urls: &strings(&["https://a.example/cart?x={1}"]),
            users: &strings(&["alice", "bob"]),
            annotations: &annotations,
            groups: &strings(&["slow"]),
            accounts: &strings(&["111111111111"]),
            ..Known::default()
        })
    }

    /// What is offered where `|` stands, and what it would replace.
    fn offered(marked: &str) -> (String, Vec<String>) {
        let cursor = marked.find('|').expect("a cursor");
        let text = marked.replacen('|', "", 1);
        let found = with_known(|known| complete(&text, cursor, known));
        assert!(found.items.len() <= MOST);
        (text[found.from..found.to].to_owned(), found.items.into_iter().map(|item| item.text).collect())
    }

    #[test]
    fn what_is_offered_fits_where_it_goes() {
        for (marked, replaced, first) in [
            ("|", "", &["fault", "error", "throttle", "ok", "duration"][..]),
            ("fa|", "fa", &["fault"]),
            ("f|ault", "fault", &["fault", "first"]),
            ("stat|", "stat", &["http.status"]),
            ("fault AND du|", "du", &["duration"]),
            ("!|", "", &["fault", "error"]),
            ("(|", "", &["fault", "error"]),
            ("|fault", "", &["fault ", "error "]),
            // Behind a term.
            ("fault |", "", &["=", "!=", "AND", "OR"]),
            ("fault|", "", &[" =", " !=", " AND", " OR"]),
            ("fault = true |", "", &["AND", "OR"]),
            ("fault = true a|", "a", &["AND", "annotation.", "availabilityzone", "annotation.tier"]),
            ("(fault = true |", "", &["AND", "OR", ")"]),
            ("service(\"a\") { fault = true |", "", &["AND", "OR", "}"]),
            ("fault = true O|", "O", &["OR", "ok"]),
            // Comparisons and values.
            ("duration |", "", &[">", ">="]),
            ("http.url CON|", "CON", &["CONTAINS"]),
            ("http.url |", "", &["=", "!=", "CONTAINS", "BEGINSWITH", "ENDSWITH", "AND", "OR"]),
            ("fault = |", "", &["true", "false"]),
            ("fault = t|", "t", &["true"]),
            ("fault =|", "", &[" true", " false"]),
            ("http.method = |", "", &["\"GET\"", "\"POST\""]),
            ("http.method = P|", "P", &["\"POST\"", "\"PUT\"", "\"PATCH\"", "\"OPTIONS\""]),
            ("http.status = 50|", "50", &["500", "502", "503", "504"]),
            ("user = \"al|", "\"al", &["\"alice\""]),
            ("user = 'al|ix' AND fault", "'alix'", &["\"alice\""]),
            ("user = \"al| AND name = \"x\"", "\"al", &["\"alice\""]),
            ("user CONTAINS |", "", &["\"alice\"", "\"bob\"", "\"\""]),
            ("group.name = |", "", &["\"slow\""]),
            // Services.
            ("serv|", "serv", &["service("]),
            ("service|", "service", &["service("]),
            ("service(|", "", &["\"checkout\"", "\"payments \\\"eu\\\"\"", "\"api checkout\"", "id(", ")"]),
            ("service(\"che|)", "\"che", &["\"checkout\"", "\"api checkout\""]),
            ("service(\"a\"|", "", &[")"]),
            ("service(\"a\") |", "", &["{", "AND", "OR"]),
            ("service(\"a\") {|", "", &[" fault", " error", " throttle", " ok", " responsetime"]),
            ("edge(\"a\"|", "", &[","]),
            ("edge(\"a\",|", "", &[" \"checkout\""]),
            ("service(id(|", "", &["name:", "type:", "account.id:", ")"]),
            ("service(id(name: \"a\", |", "", &["type:", "account.id:"]),
            ("service(id(type: \"AWS::L|", "\"AWS::L", &["\"AWS::Lambda::Function\"", "\"AWS::Lambda\""]),
            ("service(id(account.id:|", "", &[" \"111111111111\""]),
            ("rootcause.fault.service { |", "", &["name", "type", "message"]),
            // Annotations.
            ("anno|", "anno", &["annotation.", "annotation.tier", "annotation.items"]),
            ("annotation.t|", "annotation.t", &["annotation.tier"]),
            ("tier|", "tier", &["annotation.tier"]),
            ("annotation.aws.l|", "annotation.aws.l", &["annotation[aws.local.operation]"]),
            ("annotation[aw|", "annotation[aw", &["annotation[aws.local.operation]"]),
            ("annotation[odd|", "annotation[odd", &["annotation[\"odd ]\"]"]),
            ("annotation.tier |", "", &["=", "!=", "CONTAINS"]),
            ("annotation.items |", "", &["=", "!=", ">", ">=", "<", "<=", "CONTAINS"]),
            ("annotation.tier = |", "", &["\"gold\"", "\"silver\""]),
            ("annotation.tier = \"s|", "\"s", &["\"silver\""]),
            ("annotation.items > |", "", &["3", "30"]),
            ("annotation.items = |", "", &["3", "\"3\"", "30", "\"30\""]),
            ("annotation.beta = |", "", &["true", "\"true\""]),
            ("annotation[aws.local.operation] = |", "", &["\"GET /\""]),
            ("annotation.tier|", "", &[" =", " !="]),
            // What makes no sense goes nowhere.
            ("fualt = |", "", &[]),
            ("fualt|", "", &[]),
            ("fault !|= true", "", &[]),
            ("rootcause.json = #[{|", "", &[]),
            ("duration > \"|", "\"", &["1", "3"]),
        ] {
            let (range, items) = offered(marked);
            assert_eq!(range, replaced, "{marked}: {items:?}");
            assert!(items.starts_with(&strings(first)) && items.is_empty() == first.is_empty(), "{marked}: {items:?}");
        }
    }

    #[test]
    fn one_can_write_by_choosing() {
        // What is typed, and what is chosen then.
        let chosen = |steps: &[(&str, &str)]| {
            let mut text = String::new();
            for (typed, choice) in steps {
                text.push_str(typed);
                let found = with_known(|known| complete(&text, text.len(), known));
                let item = found.items.iter().find(|item| item.text.trim() == *choice);
                let Some(item) = item else { panic!("{choice} after {text}: {:?}", found.items) };
                text.replace_range(found.from..found.to, &item.text);
            }
            assert_eq!(check(&text), Ok(()), "{text}");
            text
        };
        let steps = [("", "service("), ("", "\"checkout\""), ("", ")"), ("", "{"), ("", "fault"), ("", "}")];
        assert_eq!(chosen(&steps), "service(\"checkout\") { fault }");
        let steps = [
            ("ti", "annotation.tier"),
            ("", "="),
            ("", "\"gold\""),
            ("", "OR"),
            ("", "http.status"),
            ("", ">="),
            ("", "500"),
        ];
        assert_eq!(chosen(&steps), "annotation.tier = \"gold\" OR http.status >= 500");
        let steps = [
            ("ed", "edge("),
            ("", "id("),
            ("", "type:"),
            ("", "\"AWS::Lambda\""),
            ("", ")"),
            ("", ","),
            ("", "\"checkout\""),
            ("", ")"),
            (" and gr", "group.name"),
            ("", "="),
            ("", "\"slow\""),
        ];
        assert_eq!(chosen(&steps), "edge(id(type: \"AWS::Lambda\"), \"checkout\") and group.name = \"slow\"");
    }

    /// Something behind it makes it right.
    fn can_end(text: &str, steps: usize) -> bool {
        let outcome = read(text, true).outcome;
        if outcome.is_ok() || steps == 0 || outcome.is_err_and(|fault| !fault.unfinished) {
            return check(text).is_ok();
        }
        let endings = [
            ")", "}", " fault", " true", " #[]", " \"x\"", "'", "\"", " 5", "(", ":", ", \"x\"", " name", "x", "]",
            "}]}]",
        ];
        endings.iter().any(|ending| can_end(&format!("{text}{ending}"), steps - 1))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn what_is_chosen_can_be_made_right(text in expressions(), cut in any::<prop::sample::Index>()) {
            let cursor = text.floor_char_boundary(cut.index(text.len() + 1));
            let text = &text[..cursor];
            let found = with_known(|known| complete(text, cursor, known));
            for item in &found.items {
                let mut chosen = text.to_owned();
                chosen.replace_range(found.from..found.to, &item.text);
                // A bracket more than those that are open is enough for each.
                prop_assert!(can_end(&chosen, 12), "{:?} in {:?} gives {:?}", item.text, text, chosen);
            }
        }

        #[test]
        fn what_comes_next_in_a_right_one_is_offered(text in expressions()) {
            for word in tokens(&text, true) {
                let joins = ["AND", "OR", "CONTAINS", "BEGINSWITH", "ENDSWITH"];
                let closes = [")", "}", "{", ",", ":", "=", "!=", "<", "<=", ">", ">="];
                let certain = closes.contains(&word.text) || joins.iter().any(|join| word.is_word(join));
                if certain && matches!(word.kind, tokens::Kind::Symbol | tokens::Kind::Word) {
                    let found = with_known(|known| go_on(&text, word.from, known));
                    let offered = found.items.iter().any(|item| item.text.trim().eq_ignore_ascii_case(word.text));
                    prop_assert!(offered, "{} in {} at {}: {:?}", word.text, text, word.from, found.items);
                }
            }
        }

        #[test]
        fn no_text_and_no_cursor_is_too_odd(text in rubbish(), right in expressions(), cursor in 0usize..200) {
            for text in [text, right] {
                let found = with_known(|known| complete(&text, cursor, known));
                prop_assert!(found.from <= found.to && found.to <= text.len());
                prop_assert!(text.get(found.from..found.to).is_some());
                prop_assert!(found.items.len() <= MOST);
            }
        }
    }
}
