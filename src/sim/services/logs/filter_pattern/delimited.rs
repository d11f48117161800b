//! Space-delimited patterns: `[ip, user, ..., status = 4* && status != 403, size > 1000]`.

use super::condition::{Condition, Operator};

/// Regular expressions that one pattern may hold.
const MAX_REGEXES: usize = 2;

/// The fields before and after an ellipsis; without one all are before it and the last takes what remains of the line.
#[derive(Debug)]
pub(super) struct Fields {
    before: Vec<Field>,
    ellipsis: bool,
    after: Vec<Field>,
}

/// What a field must fulfil: one of these groups, of each group all. No group: anything goes.
#[derive(Debug)]
struct Field(Vec<Vec<Condition>>);

impl Field {
    fn holds(&self, value: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|group| group.iter().all(|condition| condition.holds_for_text(value)))
    }
}

impl Fields {
    /// Whether the message has these fields, and they what the pattern says of them.
    pub(super) fn matches(&self, message: &str) -> bool {
        let words = split(message);
        if words.len() < self.before.len() + self.after.len() {
            return false;
        }
        let tail = words.len() - self.after.len();
        if !self.after.iter().zip(&words[tail..]).all(|(field, word)| field.holds(word.value)) {
            return false;
        }
        self.before.iter().zip(&words).enumerate().all(|(place, (field, word))| {
            // `[w1=ERROR, w2]` matches a line of any length that begins so: the last field is the rest.
            let rest = !self.ellipsis && place + 1 == self.before.len() && words.len() > place + 1;
            field.holds(if rest { message[word.start..].trim_end() } else { word.value })
        })
    }
}

struct Word<'a> {
    start: usize,
    value: &'a str,
}

/// Fields of a line: blanks part them, `"…"` and `[…]` are one field each, without their marks.
fn split(line: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(skip) = line[at..].find(|c: char| !c.is_whitespace()) {
        let start = at + skip;
        let rest = &line[start..];
        let closing = match rest.as_bytes()[0] {
            b'"' => Some('"'),
            b'[' => Some(']'),
            _ => None,
        };
        let enclosed = closing.and_then(|mark| rest[1..].find(mark));
        let (value, end) = match enclosed {
            Some(length) => (&rest[1..=length], start + length + 2),
            None => {
                let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
                (&rest[..length], start + length)
            }
        };
        words.push(Word { start, value });
        at = end;
    }
    words
}

/// Reads a pattern that begins with `[`.
pub(super) fn parse(pattern: &str) -> Result<Fields, String> {
    let mut rest = pattern[1..].trim_start();
    let mut fields = Fields { before: Vec::new(), ellipsis: false, after: Vec::new() };
    let mut regexes = 0;
    loop {
        if let Some(after) = rest.strip_prefix("...").or_else(|| rest.strip_prefix('…')) {
            if fields.ellipsis {
                return Err("Invalid filter pattern: only one ellipsis is allowed".to_owned());
            }
            fields.ellipsis = true;
            rest = after.trim_start();
        } else {
            let (field, after) = parse_field(rest)?;
            regexes += field.0.iter().flatten().filter(|condition| condition.has_regex()).count();
            let list = if fields.ellipsis { &mut fields.after } else { &mut fields.before };
            list.push(field);
            rest = after;
        }
        match rest.chars().next() {
            Some(',') => rest = rest[1..].trim_start(),
            Some(']') => break,
            Some(_) => return Err(format!("Invalid filter pattern: unexpected '{rest}'")),
            None => return Err("Invalid filter pattern: the list of fields is not closed with ']'".to_owned()),
        }
    }
    if !rest[1..].is_empty() {
        return Err(format!("Invalid filter pattern: unexpected '{}'", &rest[1..]));
    }
    if regexes > MAX_REGEXES {
        return Err(format!("Invalid filter pattern: at most {MAX_REGEXES} regular expressions are allowed"));
    }
    Ok(fields)
}

/// A name (which may be absent: `[..., status=4*,]`), then conditions that repeat it.
fn parse_field(text: &str) -> Result<(Field, &str), String> {
    let (name, mut rest) = take_name(text);
    let mut groups: Vec<Vec<Condition>> = Vec::new();
    let mut group = Vec::new();
    if Operator::take(rest).is_none() {
        return Ok((Field(groups), rest));
    }
    loop {
        let (operator, after) = Operator::take(rest)
            .ok_or_else(|| format!("Invalid filter pattern: an operator is missing after '{name}'"))?;
        let (condition, after) = Condition::take(operator, after.trim_start(), ends_word)?;
        group.push(condition);
        rest = after.trim_start();
        if let Some(next) = rest.strip_prefix("&&") {
            rest = same_name(name, next)?;
        } else if let Some(next) = rest.strip_prefix("||") {
            groups.push(std::mem::take(&mut group));
            rest = same_name(name, next)?;
        } else {
            groups.push(group);
            return Ok((Field(groups), rest));
        }
    }
}

fn take_name(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))).unwrap_or(text.len());
    (&text[..end], text[end..].trim_start())
}

fn same_name<'a>(name: &str, text: &'a str) -> Result<&'a str, String> {
    match take_name(text.trim_start()) {
        (again, rest) if again == name => Ok(rest),
        (other, _) => Err(format!("Invalid filter pattern: '{other}' in the conditions of field '{name}'")),
    }
}

fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | ']' | '&' | '|')
}
