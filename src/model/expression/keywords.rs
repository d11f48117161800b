//! The keywords of filter expressions: what each is compared with, and which one was meant by a word that is none.

use super::builders::quote;
use super::tokens::is_annotation;

/// What a keyword is compared with, or takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `true` or `false`, or nothing.
    Truth,
    /// A number.
    Number,
    /// A text.
    Text,
    /// Any of the three.
    Annotation,
    /// The name of a group, or its ARN.
    Group,
    /// Root causes as JSON.
    Json,
    /// `("name") {filter}`.
    Service,
    /// `("name", "name") {filter}`.
    Edge,
    /// `{filter}`.
    Cause,
    /// None that the guide names: compared with anything.
    Unknown,
}

impl Kind {
    /// What it may be compared by, in the order in which that is offered.
    pub fn operators(self) -> &'static [&'static str] {
        match self {
            Kind::Truth | Kind::Group | Kind::Json => &["=", "!="],
            Kind::Number => &[">", ">=", "<", "<=", "=", "!="],
            Kind::Text => &["=", "!=", "CONTAINS", "BEGINSWITH", "ENDSWITH"],
            Kind::Annotation | Kind::Unknown => {
                &["=", "!=", "CONTAINS", "BEGINSWITH", "ENDSWITH", ">", ">=", "<", "<="]
            }
            Kind::Service | Kind::Edge | Kind::Cause => &[],
        }
    }
}

/// One keyword.
pub(super) struct Keyword {
    /// As the guide writes it.
    pub name: &'static str,
    /// What it is compared with.
    pub kind: Kind,
    /// What it means.
    pub help: &'static str,
}

const fn keyword(name: &'static str, kind: Kind, help: &'static str) -> Keyword {
    Keyword { name, kind, help }
}

/// All that the guide names, those asked for most often first.
pub(super) const KEYWORDS: [Keyword; 36] = [
    keyword("fault", Kind::Truth, "answered by a 5xx"),
    keyword("error", Kind::Truth, "answered by a 4xx"),
    keyword("throttle", Kind::Truth, "answered by a 429"),
    keyword("ok", Kind::Truth, "answered by a 2xx"),
    keyword("duration", Kind::Number, "seconds in all, with everything that was called"),
    keyword("responsetime", Kind::Number, "seconds until the answer"),
    keyword("http.status", Kind::Number, "status of the answer"),
    keyword("http.url", Kind::Text, "URL that was asked for"),
    keyword("http.method", Kind::Text, "method of the request"),
    keyword("service", Kind::Service, "passes through a service"),
    keyword("user", Kind::Text, "user on any segment"),
    keyword("edge", Kind::Edge, "one service called another"),
    keyword("partial", Kind::Truth, "some segments have not ended"),
    keyword("http.clientip", Kind::Text, "IP address that asked"),
    keyword("http.useragent", Kind::Text, "program that asked"),
    keyword("group.name", Kind::Group, "picked by a group's expression"),
    keyword("group.arn", Kind::Group, "picked by a group's expression"),
    keyword("resource.arn", Kind::Text, "ARN of a resource on any segment"),
    keyword("availabilityzone", Kind::Text, "zone on any segment"),
    keyword("instance.id", Kind::Text, "instance on any segment"),
    keyword("root", Kind::Truth, "where the trace begins"),
    keyword("inferred", Kind::Truth, "seen through its caller only"),
    keyword("name", Kind::Text, "name of a service or an exception"),
    keyword("type", Kind::Text, "type of a service"),
    keyword("message", Kind::Text, "message of an exception"),
    keyword("first", Kind::Truth, "first of a list"),
    keyword("last", Kind::Truth, "last of a list"),
    keyword("index", Kind::Number, "place in a list"),
    keyword("remote", Kind::Truth, "the cause is a call to elsewhere"),
    keyword("coverage", Kind::Number, "share of the whole response time, 0 to 1"),
    keyword("rootcause.fault.service", Kind::Cause, "services on the way to a fault"),
    keyword("rootcause.fault.entity", Kind::Cause, "segments on the way to a fault"),
    keyword("rootcause.fault.exception", Kind::Cause, "exceptions of a fault"),
    keyword("rootcause.responsetime.service", Kind::Cause, "services that took the time"),
    keyword("rootcause.responsetime.entity", Kind::Cause, "segments that took the time"),
    // The guide lists it as `json` and shows it as this.
    keyword("rootcause.json", Kind::Json, "root causes as JSON"),
];

/// Those that the guide does not show, but that follow from what it shows: the API has root causes of errors too.
const FOLLOWING: [(&str, Kind); 5] = [
    ("rootcause.error.service", Kind::Cause),
    ("rootcause.error.entity", Kind::Cause),
    ("rootcause.error.exception", Kind::Cause),
    ("rootcause.responsetime.exception", Kind::Cause),
    ("json", Kind::Json),
];

/// Comparisons that are words.
pub(super) const WORD_OPERATORS: [&str; 3] = ["CONTAINS", "BEGINSWITH", "ENDSWITH"];

/// The keyword of this name, in capitals or not.
pub(super) fn find(word: &str) -> Option<Kind> {
    let listed = KEYWORDS.iter().map(|keyword| (keyword.name, keyword.kind));
    listed.chain(FOLLOWING).find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, kind)| kind)
}

/// What a word at the beginning of a term is, or what to say where it can be nothing.
pub(super) fn meaning(word: &str) -> Result<Kind, String> {
    if let Some(kind) = find(word) {
        return Ok(kind);
    }
    if let Some((head, key)) = annotation(word) {
        return if key.is_empty() {
            Err(format!("expected the key of an annotation after `{head}.`"))
        } else {
            Ok(Kind::Annotation)
        };
    }
    if is_annotation(word) {
        return Err(format!("expected the key of an annotation: `{word}.key`, or `{word}[key]`"));
    }
    let shown = shortened(word);
    if ["AND", "OR"].iter().chain(&WORD_OPERATORS).any(|operator| word.eq_ignore_ascii_case(operator)) {
        return Err(format!("expected a keyword before `{shown}`"));
    }
    if word.eq_ignore_ascii_case("not") {
        return Err(format!("`{shown}` is no keyword - `!`?"));
    }
    if word.eq_ignore_ascii_case("id") {
        return Err("`id(…)` stands inside `service(…)` or `edge(…)` only".to_owned());
    }
    let known = KEYWORDS.iter().map(|keyword| keyword.name);
    let words = known.chain(["annotation", "AND", "OR"]).chain(WORD_OPERATORS);
    if let Some(meant) = nearest(word, words) {
        return Err(format!("`{shown}` is no keyword - `{meant}`?"));
    }
    match word.split_once('.') {
        Some((head, key)) if nearest(head, std::iter::once("annotation")).is_some() => {
            Err(format!("`{shown}` is no keyword - `annotation.{}`?", shortened(key)))
        }
        // The list has grown over the years, so what only looks like a keyword is left to the service.
        Some(_) => Ok(Kind::Unknown),
        None => Err(format!("`{shown}` is no keyword; a service is written `service({})`", quote(&shown))),
    }
}

/// `annotation.key`, cut at the point.
fn annotation(word: &str) -> Option<(&str, &str)> {
    let points = word.match_indices('.').map(|(at, _)| at);
    points.filter_map(|at| Some((word.get(..at)?, word.get(at + 1..)?))).find(|(head, _)| is_annotation(head))
}

/// The word that was probably meant, if one is near enough to be a slip of the fingers.
pub(super) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = known.filter_map(|candidate| {
        let distance = distance(word, candidate);
        let most = match candidate.len() {
            0..=4 => 1,
            5..=8 => 2,
            _ => 3,
        };
        (distance <= most).then_some((distance, candidate))
    });
    near.min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

/// Edits that turn one word into the other, capitals or not; two letters that changed places count as one.
fn distance(a: &str, b: &str) -> usize {
    let letters = |word: &str| -> Vec<char> { word.chars().take(40).map(|c| c.to_ascii_lowercase()).collect() };
    let (a, b) = (letters(a), letters(b));
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let of = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX - 1);
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let change = of(&last, j) + usize::from(x != y);
            let mut best = (of(&last, j + 1) + 1).min(of(&row, j) + 1).min(change);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                best = best.min(of(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

/// A word as it is shown in a sentence.
pub(super) fn shortened(word: &str) -> String {
    match word.char_indices().nth(40) {
        Some((at, _)) => format!("{}…", word.get(..at).unwrap_or(word)),
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_found_in_capitals_or_not() {
        assert_eq!(find("responseTime"), Some(Kind::Number));
        assert_eq!(find("OK"), Some(Kind::Truth));
        assert_eq!(find("RootCause.Error.Entity"), Some(Kind::Cause));
        assert_eq!(find("nothing"), None);
        for (at, keyword) in KEYWORDS.iter().enumerate() {
            assert!(KEYWORDS.iter().skip(at + 1).all(|other| other.name != keyword.name), "{} twice", keyword.name);
        }
    }

    #[test]
    fn annotations_have_a_key() {
        assert_eq!(meaning("annotation.tier"), Ok(Kind::Annotation));
        assert_eq!(meaning("Annotation.a.b"), Ok(Kind::Annotation));
        assert_eq!(meaning("source.annotation.tier"), Ok(Kind::Annotation));
        assert!(meaning("annotation.").is_err_and(|what| what.contains("expected the key")));
        assert!(meaning("annotation").is_err_and(|what| what.contains("`annotation[key]`")));
    }

    #[test]
    fn slips_of_the_fingers_are_seen() {
        for (word, meant) in [
            ("fualt", "`fault`"),
            ("falt", "`fault`"),
            ("throtle", "`throttle`"),
            ("htpp.url", "`http.url`"),
            ("response_time", "`responsetime`"),
            ("rootcause.fault.servic", "`rootcause.fault.service`"),
            ("annotaton.tier", "`annotation.tier`"),
            ("annotations.tier", "`annotation.tier`"),
            ("ADN", "`AND`"),
            ("not", "`!`"),
            ("checkout", "`service(\"checkout\")`"),
        ] {
            assert!(meaning(word).is_err_and(|what| what.contains(meant)), "{word}: {:?}", meaning(word));
        }
        assert_eq!(meaning("http.response.body"), Ok(Kind::Unknown), "left to the service");
        assert_eq!(distance("ab", "ba"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
    }
}
