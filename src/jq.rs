//! jq expressions: compiled once, run on one JSON text at a time.
//!
//! An expression can run for ever and eat all memory (`[range(infinite)]`), and neither a thread nor a task can be killed: so
//! nothing in this program runs one but the process of [`crate::runtime::jq`], which can.

use std::fmt::Write;

use jaq_core::data::JustLut;
use jaq_core::load::{self, Arena, File, Loader, lex};
use jaq_core::{Compiler, Ctx, Filter, Vars, compile};
use jaq_json::{Num, Val, read};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

/// Outputs of one text that are looked at; `range(infinite)` has more than anybody can read.
pub const OUTPUTS: usize = 64;
/// Longest expression, bytes.
pub const LONGEST: usize = 8 * 1024;
/// Deepest nesting of brackets in an expression: its parser calls itself.
const DEEPEST: usize = 64;

/// Functions of jq(1) that these crates leave out.
const DEFINITIONS: &str = r#"
def row(f): map(if type == "string" then f elif . == null then "" elif type == "object" or type == "array"
  then error("\(type) (\(tojson)) is not valid in a row") else tostring end);
def @csv: row("\"" + gsub("\""; "\"\"") + "\"") | join(",");
def @tsv: row(gsub("\\\\"; "\\\\") | gsub("\t"; "\\t") | gsub("\n"; "\\n") | gsub("\r"; "\\r")) | join("\t");
def IN(s): any(s == .; .);
def IN(src; s): any(src == s; .);
def INDEX(stream; f): reduce stream as $row ({}; .[$row | f | tostring] |= $row);
def INDEX(f): INDEX(.[]; f);
def leaf_paths: paths(scalars);
"#;

/// What can be run.
pub struct Expression {
    filter: Filter<JustLut<Val>>,
}

/// What became of one text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// It is JSON.
    Outputs(Outputs),
    /// It is no JSON; why, with the place.
    NoJson(String),
}

/// What an expression makes of one JSON text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// The first [`OUTPUTS`] of them, each a compact JSON text.
    pub values: Vec<String>,
    /// There are more.
    pub more: bool,
    /// What went wrong after those.
    pub error: Option<String>,
}

impl Outputs {
    /// As `jq -r` prints them: strings without their quotes.
    pub fn raw(&self) -> impl Iterator<Item = String> {
        self.values.iter().map(|value| raw(value))
    }

    /// On one line, two blanks between them; nothing where there is nothing, or only `null` and `false`: so a bare condition
    /// filters as `select` does.
    pub fn display(&self) -> Option<String> {
        if self.values.iter().all(|value| value == "null" || value == "false") {
            return None;
        }
        let mut text = self.raw().collect::<Vec<_>>().join("  ");
        if self.more {
            text.push_str("  …");
        }
        Some(text)
    }
}

/// A JSON text as `jq -r` prints it: a string without its quotes.
pub fn raw(value: &str) -> String {
    match value.starts_with('"') {
        true => serde_json::from_str(value).unwrap_or_else(|_| value.to_string()),
        false => value.to_string(),
    }
}

impl Expression {
    /// Reads an expression. Errors: what is wrong with it, with the column, as one sentence.
    ///
    /// jq's functions are there but for `input`, `inputs` and `$ENV`; `debug` and `stderr` say nothing.
    pub fn compile(text: &str) -> Result<Expression, String> {
        if text.len() > LONGEST {
            return Err(format!("it has {} bytes, at most {LONGEST} are taken", text.len()));
        }
        if nesting(text) > DEEPEST {
            return Err(format!("its brackets are nested more than {DEEPEST} deep"));
        }
        let own = load::parse(DEFINITIONS, |parser| parser.defs()).into_iter().flatten();
        let definitions = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs()).chain(own);
        let functions = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
        let arena = Arena::default();
        let modules = Loader::new(definitions)
            .load(&arena, File { code: text, path: () })
            .map_err(|errors| first(errors.into_iter().map(|(_, error)| unreadable(text, &error))))?;
        let filter = Compiler::default().with_funs(functions).compile(modules).map_err(|errors| {
            first(errors.into_iter().flat_map(|(_, errors)| errors).map(|error| undefined(text, &error)))
        })?;
        Ok(Expression { filter })
    }

    /// Runs it. May never return.
    pub fn run(&self, json: &str) -> Answer {
        // jaq reads more than JSON is (comments, NaN, byte strings), and as deep as the stack allows.
        if let Err(error) = serde_json::from_str::<IgnoredAny>(json) {
            return Answer::NoJson(error.to_string());
        }
        let value = match read::parse_single(json.as_bytes()) {
            Ok(value) => value,
            Err(error) => return Answer::NoJson(error.to_string()),
        };
        let context = Ctx::<JustLut<Val>>::new(&self.filter.lut, Vars::new([]));
        let mut outputs = Outputs::default();
        for output in self.filter.id.run((context, value)) {
            if outputs.values.len() == OUTPUTS {
                outputs.more = true;
                break;
            }
            match output {
                Ok(value) => {
                    let mut text = String::new();
                    write(&value, &mut text);
                    outputs.values.push(text);
                }
                Err(exception) => {
                    // What is no error is `halt`: there is no more, and nothing is wrong.
                    outputs.error = exception.get_err().ok().map(|error| error.to_string());
                    break;
                }
            }
        }
        Answer::Outputs(outputs)
    }
}

/// How deep the brackets of an expression are nested, strings included: nobody writes that many.
fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

fn first(mut sentences: impl Iterator<Item = String>) -> String {
    sentences.next().unwrap_or_else(|| "it can't be read".to_string())
}

/// The column of a part of the expression, from 1, in characters.
fn column(text: &str, part: &str) -> usize {
    text[..load::span(text, part).start].chars().count() + 1
}

fn unreadable(text: &str, error: &load::Error<&str>) -> String {
    match error {
        load::Error::Io(errors) => {
            first(errors.iter().map(|(part, _)| format!("column {}: no modules here", column(text, part))))
        }
        load::Error::Lex(errors) => first(errors.iter().map(|(expected, found)| match expected {
            lex::Expect::Delim(open) => format!("column {}: `{open}` is never closed", column(text, open)),
            _ => sentence(text, expected.as_str(), found),
        })),
        load::Error::Parse(errors) => {
            first(errors.iter().map(|(expected, found)| sentence(text, expected.as_str(), found)))
        }
    }
}

fn sentence(text: &str, expected: &str, found: &str) -> String {
    let (at, found) = (column(text, found), found.chars().take(12).collect::<String>());
    match found.trim() {
        "" => format!("column {at}: {expected} expected, but it ends"),
        found => format!("column {at}: {expected} expected before `{found}`"),
    }
}

fn undefined(text: &str, (found, what): &compile::Error<&str>) -> String {
    let at = column(text, found);
    match what {
        compile::Undefined::Filter(arity) if *arity > 0 => {
            format!("column {at}: there is no function `{found}` of {arity} arguments")
        }
        compile::Undefined::Filter(_) => format!("column {at}: there is no function `{found}`"),
        what => format!("column {at}: there is no {} `{found}`", what.as_str()),
    }
}

/// A value as JSON, always valid: what JSON can't say (NaN, infinity, keys that are no strings) is said as jq says it.
fn write(value: &Val, out: &mut String) {
    match value {
        Val::Null => out.push_str("null"),
        Val::Bool(true) => out.push_str("true"),
        Val::Bool(false) => out.push_str("false"),
        Val::Num(Num::Float(number)) => write_float(*number, out),
        // As it came: 1.50 stays 1.50, and an id of 20 digits keeps all of them.
        Val::Num(number) => write_number(&number.to_string(), out),
        Val::TStr(bytes) | Val::BStr(bytes) => write_string(&String::from_utf8_lossy(bytes), out),
        Val::Arr(values) => {
            out.push('[');
            for (at, value) in values.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(value, out);
            }
            out.push(']');
        }
        Val::Obj(fields) => {
            out.push('{');
            for (at, (key, value)) in fields.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                match key {
                    Val::TStr(_) | Val::BStr(_) => write(key, out),
                    key => {
                        let mut text = String::new();
                        write(key, &mut text);
                        write_string(&text, out);
                    }
                }
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
    }
}

/// `tonumber` takes `.5` and `+1`, which are no JSON.
fn write_number(text: &str, out: &mut String) {
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => out.push_str(text),
        Err(_) => write_float(text.parse().unwrap_or(f64::NAN), out),
    }
}

fn write_float(number: f64, out: &mut String) {
    let number = if number.is_infinite() { f64::MAX.copysign(number) } else { number };
    let magnitude = number.abs();
    // Writing to a string can't fail.
    let _ = if number.is_nan() {
        write!(out, "null")
    } else if magnitude == 0.0 || (1e-5..1e17).contains(&magnitude) {
        write!(out, "{number}")
    } else {
        let text = format!("{number:e}");
        write!(out, "{}", if text.contains("e-") { text } else { text.replace('e', "e+") })
    };
}

fn write_string(text: &str, out: &mut String) {
    out.push_str(&serde_json::to_string(text).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(expression: &str, json: &str) -> Outputs {
        let expression = Expression::compile(expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
        match expression.run(json) {
            Answer::Outputs(outputs) => outputs,
            Answer::NoJson(error) => panic!("{json}: {error}"),
        }
    }

    /// What jq(1) prints with -c.
    const MANUAL: &[(&str, &str, &[&str])] = &[
        (".", r#"{"a":1,"b":[true,null,"x"]}"#, &[r#"{"a":1,"b":[true,null,"x"]}"#]),
        (".a.b", r#"{"a":{"b":5}}"#, &["5"]),
        (".a.b", r#"{"a":null}"#, &["null"]),
        (".items[].sku", r#"{"items":[{"sku":"a"},{"sku":"b"}]}"#, &[r#""a""#, r#""b""#]),
        (".[1:]", "[1,2,3]", &["[2,3]"]),
        (".[-1]", "[1,2,3]", &["3"]),
        (".a?", "[1]", &[]),
        ("select(.level == \"ERROR\") | .message", r#"{"level":"ERROR","message":"boom"}"#, &[r#""boom""#]),
        ("select(.level == \"ERROR\") | .message", r#"{"level":"INFO","message":"fine"}"#, &[]),
        ("map(. * 2)", "[1,2.5]", &["[2,5]"]),
        ("map(select(. > 1)) | length", "[1,2,3]", &["2"]),
        (".a // \"none\"", "{}", &[r#""none""#]),
        ("if .ms > 1000 then \"slow\" else \"fast\" end", r#"{"ms":2000}"#, &[r#""slow""#]),
        ("keys", r#"{"b":1,"a":2}"#, &[r#"["a","b"]"#]),
        ("to_entries[0]", r#"{"a":1}"#, &[r#"{"key":"a","value":1}"#]),
        ("with_entries(.value += 1)", r#"{"a":1}"#, &[r#"{"a":2}"#]),
        ("[paths]", r#"{"a":[1]}"#, &[r#"[["a"],["a",0]]"#]),
        ("del(.a)", r#"{"a":1,"b":2}"#, &[r#"{"b":2}"#]),
        (".a |= . + 1", r#"{"a":1}"#, &[r#"{"a":2}"#]),
        ("reduce .[] as $x (0; . + $x)", "[1,2,3]", &["6"]),
        ("test(\"^err\"; \"i\")", r#""ERROR""#, &["true"]),
        ("capture(\"(?<n>[0-9]+)\") | .n | tonumber", r#""took 12 ms""#, &["12"]),
        ("gsub(\"[0-9]\"; \"#\")", r#""a1b2""#, &[r##""a#b#""##]),
        ("split(\",\")", r#""a,b""#, &[r#"["a","b"]"#]),
        ("@base64d", r#""aGVsbG8=""#, &[r#""hello""#]),
        ("@csv", r#"[1,"a"]"#, &[r#""1,\"a\"""#]),
        ("@tsv", r#"[1,"a\tb",null,true]"#, &[r#""1\ta\\tb\t\ttrue""#]),
        ("select(.level | IN(\"WARN\", \"ERROR\")) | .n", r#"{"level":"WARN","n":1}"#, &["1"]),
        ("@json", r#"{"a":[1]}"#, &[r#""{\"a\":[1]}""#]),
        ("\"\\(.a) of \\(.b)\"", r#"{"a":1,"b":"x"}"#, &[r#""1 of x""#]),
        ("fromjson.a", r#""{\"a\":1}""#, &["1"]),
        ("todate", "1700000000", &[r#""2023-11-14T22:13:20Z""#]),
        ("group_by(.k) | map(length)", r#"[{"k":1},{"k":2},{"k":1}]"#, &["[2,1]"]),
        ("def f: . + 1; f | f", "1", &["3"]),
        (".. | numbers", r#"{"a":[1,{"b":2}]}"#, &["1", "2"]),
        ("[limit(3; range(10))]", "null", &["[0,1,2]"]),
        ("first(range(infinite))", "null", &["0"]),
        ("try error(\"x\") catch .", "null", &[r#""x""#]),
        ("1 / 3", "null", &["0.3333333333333333"]),
        ("[nan, infinite]", "null", &["[null,1.7976931348623157e+308]"]),
        ("[1e300 * 10, 0.1 + 0.2, 3.0 * 2]", "null", &["[1e+301,0.30000000000000004,6]"]),
    ];

    #[test]
    fn expressions_mean_what_jq_means() {
        for (expression, json, expected) in MANUAL {
            let outputs = run(expression, json);
            assert_eq!(
                (outputs.values.as_slice(), &outputs.error),
                (strings(expected).as_slice(), &None),
                "{expression} on {json}"
            );
        }
    }

    fn strings(texts: &[&str]) -> Vec<String> {
        texts.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn numbers_stay_as_they_came() {
        for number in ["12345678901234567890123", "1.50", "0.1", "1e1000", "9007199254740993"] {
            assert_eq!(run(".a", &format!("{{\"a\":{number}}}")).values, [number]);
        }
        assert_eq!(run("tonumber", "\"12345678901234567890123\"").values, ["12345678901234567890123"]);
    }

    #[test]
    fn what_is_wrong_with_an_expression_has_its_place() {
        for (expression, sentence) in [
            (".a | select(", "column 12: `(` is never closed"),
            (".a | | .b", "column 6: term expected before `|"),
            ("\"é\" | foo", "column 7: there is no function `foo`"),
            ("map(1; 2)", "column 1: there is no function `map` of 2 arguments"),
            (".a == $level", "column 7: there is no variable `$level`"),
            (".a ==", "column 6: term expected, but it ends"),
            (".a)", "column 3: "),
            ("\"abc", "column 1: `\"` is never closed"),
            ("import \"a\" as a; .", "column 9: no modules here"),
            ("input", "column 1: there is no function `input`"),
            ("$ENV", "column 1: there is no variable `$ENV`"),
            ("", "column 1: term expected, but it ends"),
        ] {
            match Expression::compile(expression) {
                Ok(_) => panic!("{expression} compiles"),
                Err(error) => assert!(error.starts_with(sentence), "{expression}: {error}"),
            }
        }
        assert!(Expression::compile(&"(".repeat(5000)).is_err());
        assert!(Expression::compile(&".".repeat(LONGEST + 1)).is_err());
    }

    #[test]
    fn errors_are_of_the_line_and_keep_what_came_before() {
        let outputs = run(".[] | tonumber", r#"["1","x","2"]"#);
        assert_eq!(outputs.values, ["1"]);
        assert!(outputs.error.is_some());
        assert_eq!(run("1, halt, 2", "null"), Outputs { values: strings(&["1"]), more: false, error: None });
    }

    #[test]
    fn outputs_without_end_are_cut_and_say_so() {
        let outputs = run("range(infinite)", "null");
        assert_eq!((outputs.values.len(), outputs.more), (OUTPUTS, true));
        assert!(!run("range(64)", "null").more);
    }

    #[test]
    fn outputs_are_shown_on_a_line() {
        let display = |expression| run(expression, r#"{"a":"x\ty","n":1,"no":false}"#).display();
        assert_eq!(display(".a, .n, {n}").as_deref(), Some("x\ty  1  {\"n\":1}"));
        assert_eq!(display(".missing, .no"), None);
        assert_eq!(display("empty"), None);
        assert_eq!(display(".n == 1").as_deref(), Some("true"));
        assert!(display("range(100)").is_some_and(|text| text.ends_with("63  …")));
    }

    #[test]
    fn what_is_no_json_is_told_from_what_fails() {
        let expression = Expression::compile(".").unwrap();
        for text in ["", "hello", "{\"a\":}", "{} {}", "# comment\n1", "NaN", "b\"x\"", &"[".repeat(100_000)] {
            assert!(matches!(expression.run(text), Answer::NoJson(_)), "{}", &text[..text.len().min(20)]);
        }
        assert_eq!(run(".", " [1] \n").values, ["[1]"]);
    }

    #[test]
    fn what_json_cannot_say_is_said_as_jq_says_it() {
        for (expression, expected) in
            [("nan", "null"), ("-infinite", "-1.7976931348623157e+308"), ("{(1|tostring): 2}", "{\"1\":2}")]
        {
            assert_eq!(run(expression, "null").values, [expected]);
        }
    }
}
