//! Filter expressions that keys make: terms from values, and one more term to an expression that is there.

use super::Literal;
use super::grammar::read;
use super::reading::{Fault, Shape};
use super::tokens::tokens;

/// A text as the grammar reads it back. The guide names no escapes; a backslash is what nearly all languages have.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

/// An annotation has a value: `annotation.tier = "gold"`. X-Ray has no number that is infinite or none, so with such a
/// one it is asked only whether the annotation is there.
pub fn annotation_is(key: &str, value: &Literal) -> String {
    let path = annotation(key);
    match value {
        Literal::Text(text) => format!("{path} = {}", quote(text)),
        Literal::Number(number) if number.is_finite() => format!("{path} = {number}"),
        Literal::Number(_) => path,
        Literal::Truth(truth) => format!("{path} = {truth}"),
    }
}

/// The keyword of an annotation. A key with points or odd characters has to stand in brackets.
pub(super) fn annotation(key: &str) -> String {
    let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain && !key.starts_with(|c: char| c.is_ascii_digit()) && !key.is_empty() {
        return format!("annotation.{key}");
    }
    // The guide shows bare keys only. A key that could not be read so is tried in quotation marks.
    let bare = |c: char| !c.is_whitespace() && !c.is_control() && !"[]=\"'\\".contains(c);
    if key.chars().all(bare) && !key.is_empty() {
        return format!("annotation[{key}]");
    }
    format!("annotation[{}]", quote(key))
}

/// Passes through a service: `service("checkout")`.
pub fn service_is(name: &str) -> String {
    format!("service({})", quote(name))
}

/// One service called another: `edge("checkout", "payments")`.
pub fn edge(from: &str, to: &str) -> String {
    format!("edge({}, {})", quote(from), quote(to))
}

/// Both expressions at once. An empty side is dropped, and so is a term of `b` that `a` has already. A side with OR
/// gets parentheses, for AND to hold for all of it. Nothing else is changed. Sides that can't be read are joined as
/// they are.
pub fn and(a: &str, b: &str) -> String {
    let (a, b) = (a.trim(), b.trim());
    if a.is_empty() || b.is_empty() || same(a, b) {
        return if a.is_empty() { b } else { a }.to_owned();
    }
    let (Ok(left), Ok(right)) = (shape(a), shape(b)) else { return format!("{a} AND {b}") };
    let has: Vec<&str> = terms(a, &left);
    let mut added: Vec<&str> = Vec::new();
    for term in terms(b, &right) {
        if !has.iter().chain(&added).any(|known| same(known, term)) {
            added.push(term);
        }
    }
    if added.is_empty() {
        return a.to_owned();
    }
    let mut out = if left.or { format!("({a})") } else { a.to_owned() };
    for term in added {
        let or = right.or;
        out.push_str(" AND ");
        out.push_str(if or { "(" } else { "" });
        out.push_str(term);
        out.push_str(if or { ")" } else { "" });
    }
    out
}

fn shape(text: &str) -> Result<Shape, Fault> {
    read(text, true).outcome
}

/// What an expression says all of: its terms, or itself where it is one of several.
fn terms<'a>(text: &'a str, shape: &Shape) -> Vec<&'a str> {
    if shape.or {
        return vec![text];
    }
    shape.terms.iter().filter_map(|term| text.get(term.clone())).collect()
}

/// The same but for blanks, the capitals of AND and OR, and parentheses around the whole.
fn same(a: &str, b: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        let mut text = text.trim();
        while let Some(inside) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            // `(a) OR (b)` begins and ends so as well, and is not to be read without them.
            if shape(inside).is_err() {
                break;
            }
            text = inside.trim();
        }
        let joins = ["AND", "OR"];
        let word = |word: &str| match joins.iter().find(|join| join.eq_ignore_ascii_case(word)) {
            Some(join) => (*join).to_owned(),
            None => word.to_owned(),
        };
        tokens(text, true).iter().map(|token| word(token.text)).collect()
    };
    words(a) == words(b)
}

#[cfg(test)]
mod tests {
    use super::super::{check, tokens::unquoted};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn terms_are_written_as_the_guide_writes_them() {
        let text = |text: &str| Literal::Text(text.into());
        assert_eq!(annotation_is("gameid", &text("817DL6VO")), "annotation.gameid = \"817DL6VO\"");
        assert_eq!(annotation_is("age", &Literal::Number(29.0)), "annotation.age = 29");
        assert_eq!(annotation_is("share", &Literal::Number(0.25)), "annotation.share = 0.25");
        assert_eq!(annotation_is("beta", &Literal::Truth(true)), "annotation.beta = true");
        assert_eq!(annotation_is("aws.local.operation", &text("GET /")), "annotation[aws.local.operation] = \"GET /\"");
        assert_eq!(annotation_is("a b", &text("c")), "annotation[\"a b\"] = \"c\"");
        assert_eq!(annotation_is("1st", &text("c")), "annotation[1st] = \"c\"");
        assert_eq!(annotation_is("odd", &Literal::Number(f64::NAN)), "annotation.odd");
        assert_eq!(service_is("a \"b\""), r#"service("a \"b\"")"#);
        assert_eq!(edge("a", "b"), "edge(\"a\", \"b\")");
    }

    #[test]
    fn one_more_term_keeps_the_meaning() {
        for (a, b, both) in [
            ("", "", ""),
            ("", "fault", "fault"),
            (" ok ", "", "ok"),
            ("ok", "fault", "ok AND fault"),
            ("ok !partial", "fault", "ok !partial AND fault"),
            ("ok OR error", "fault", "(ok OR error) AND fault"),
            ("fault", "ok or error", "fault AND (ok or error)"),
            ("(ok OR error)", "fault", "(ok OR error) AND fault"),
            ("(ok) OR (error)", "fault", "((ok) OR (error)) AND fault"),
            ("service(\"a\") { ok OR fault }", "fault", "service(\"a\") { ok OR fault } AND fault"),
            // Not twice.
            ("ok AND fault", "fault", "ok AND fault"),
            ("ok AND fault", "fault AND error", "ok AND fault AND error"),
            ("duration>5", "duration > 5", "duration>5"),
            ("(ok OR error) AND fault", "ok OR error", "(ok OR error) AND fault"),
            ("ok OR error", "(ok OR error)", "ok OR error"),
            ("!fault", "fault", "!fault AND fault"),
            // What can't be read is the user's.
            ("ok AND", "fault", "ok AND AND fault"),
        ] {
            assert_eq!(and(a, b), both, "{a} | {b}");
        }
    }

    proptest! {
        #[test]
        fn what_is_built_is_read_back(
            text in ".*", key in ".*", number in any::<f64>(), odd in "[a\\\\\"'\\[\\] =.]*",
        ) {
            for text in [&text, &odd] {
                prop_assert_eq!(&unquoted(&quote(text)), text);
                prop_assert_eq!(tokens(&quote(text), true).len(), 2);
            }
            for key in [&key, &odd] {
                for value in [Literal::Text(text.clone()), Literal::Number(number), Literal::Truth(true)] {
                    let term = annotation_is(key, &value);
                    prop_assert_eq!(check(&term), Ok(()), "{}", term);
                    let twice = and(&term, &and(&service_is(&text), &term));
                    prop_assert_eq!(check(&twice), Ok(()), "{}", twice);
                    prop_assert_eq!(and(&twice, &term), twice);
                }
            }
            prop_assert_eq!(check(&edge(&text, &odd)), Ok(()));
        }
    }
}
