//! What the format of a stage's access log tells: where the status stands in a line, and what else is said of a request.

use super::json;

/// `$context` variables that are of use here. `$context.identity.apiKey` is the key itself, and is left alone.
const STATUS: &str = "status";
const RESPONSE_TYPE: &str = "error.responseType";
const ROUTE_KEY: &str = "routeKey";
const METHOD: &str = "httpMethod";
const RESOURCE: &str = "resourcePath";
const KEY_ID: &str = "identity.apiKeyId";
const WANTED: [&str; 6] = [STATUS, RESPONSE_TYPE, ROUTE_KEY, METHOD, RESOURCE, KEY_ID];

/// A format that tells the status.
#[derive(Clone, Debug, PartialEq)]
pub struct Format(Kind);

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    /// Each field: its path (`.status`), and what stands in it.
    Json(Vec<(String, Template)>),
    /// CLF, CSV, XML or any other line.
    Text(Template),
}

/// Text with variables in it.
#[derive(Clone, Debug, Default, PartialEq)]
struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Literal(String),
    Variable(String),
}

/// What a line says of a request; none where the format does not say it, or the line has `-`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    /// `$context.status`.
    pub status: Option<u16>,
    /// `$context.error.responseType`, as `THROTTLED` or `QUOTA_EXCEEDED`.
    pub kind: Option<String>,
    /// Method and resource, as `GET /orders/{id}`, or the route key.
    pub route: Option<String>,
    /// `$context.identity.apiKeyId`.
    pub key: Option<String>,
}

impl Format {
    /// Reads accessLogSettings.format; none where it does not tell the status.
    pub fn read(format: &str) -> Option<Format> {
        let format = format.trim();
        if format.starts_with('{')
            && let Some(fields) = fields(format)
        {
            let tells = fields.iter().any(|(_, template)| template.is_just(STATUS));
            return tells.then_some(Format(Kind::Json(fields)));
        }
        let template = Template::read(format);
        template.has(STATUS).then_some(Format(Kind::Text(template)))
    }

    /// The filter pattern of CloudWatch Logs that takes the lines with this status. It may take others too: what is
    /// counted is looked at once more.
    pub fn pattern(&self, status: u16) -> String {
        match &self.0 {
            Kind::Json(fields) => {
                let path = fields.iter().find(|(_, template)| template.is_just(STATUS)).map(|(path, _)| path);
                match path.filter(|path| !path.contains('"')) {
                    // A value in quotes is a text to some who read patterns, and a number to others.
                    Some(path) => format!("{{ (${path} = {status}) || (${path} = \"{status}\") }}"),
                    None => format!("\"{status}\""),
                }
            }
            Kind::Text(template) => {
                let (before, after) = template.around(STATUS);
                let quoted = |c: Option<char>| match c {
                    Some('"') => "\\\"".to_string(),
                    Some(c) => c.to_string(),
                    None => String::new(),
                };
                format!("\"{}{status}{}\"", quoted(before), quoted(after))
            }
        }
    }

    /// What a line says.
    pub fn entry(&self, line: &str) -> Entry {
        let mut entry = Entry::default();
        let (mut route_key, mut method, mut resource) = (None, None, None);
        let mut say = |name: &str, value: &str| {
            let value = value.trim();
            if value.is_empty() || value == "-" {
                return;
            }
            let text = || Some(crate::text::safe_line(value).into_owned());
            match name {
                STATUS => entry.status = value.parse().ok(),
                RESPONSE_TYPE => entry.kind = text(),
                ROUTE_KEY => route_key = text(),
                METHOD => method = text(),
                RESOURCE => resource = text(),
                KEY_ID => entry.key = text(),
                _ => {}
            }
        };
        match &self.0 {
            Kind::Json(fields) => {
                for (path, template) in fields {
                    if let Some(value) = json::field(line, path) {
                        template.values(&value).into_iter().for_each(|(name, value)| say(name, value));
                    }
                }
            }
            Kind::Text(template) => {
                template.values(line.trim_end()).into_iter().for_each(|(name, value)| say(name, value));
            }
        }
        entry.route = match (method, resource) {
            (Some(method), Some(resource)) => Some(format!("{method} {resource}")),
            _ => route_key,
        };
        entry
    }
}

/// The fields of a JSON format that hold a variable of use. In a format a variable may stand without quotes, which is no
/// JSON until the request is known.
fn fields(format: &str) -> Option<Vec<(String, Template)>> {
    let (mut text, mut quoted, mut rest) = (String::new(), false, format);
    while let Some(c) = rest.chars().next() {
        if let Some((name, after)) = variable(rest)
            && !quoted
        {
            text.push_str(&format!("\"$context.{name}\""));
            rest = after;
            continue;
        }
        let step = if quoted && c == '\\' { rest.chars().take(2).map(char::len_utf8).sum() } else { c.len_utf8() };
        quoted ^= c == '"';
        text.push_str(&rest[..step]);
        rest = &rest[step..];
    }
    let document = json::Document::read(&text).ok()?;
    let leaves = (0..document.len()).filter(|at| document.node(*at).kind == json::Kind::String);
    let fields = leaves.map(|at| (document.path(at), Template::read(&document.plain(at))));
    Some(fields.filter(|(_, template)| WANTED.iter().any(|name| template.has(name))).collect())
}

/// The variable that a text begins with, and what follows.
fn variable(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix("$context.")?;
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '_').unwrap_or(rest.len());
    let name = rest[..end].trim_end_matches('.');
    (!name.is_empty()).then(|| (name, &rest[name.len()..]))
}

impl Template {
    fn read(text: &str) -> Template {
        let (mut pieces, mut literal, mut rest) = (Vec::new(), String::new(), text);
        while let Some(c) = rest.chars().next() {
            if let Some((name, after)) = variable(rest) {
                if !literal.is_empty() {
                    pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                }
                pieces.push(Piece::Variable(name.to_string()));
                rest = after;
            } else {
                literal.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        Template(pieces)
    }

    fn has(&self, wanted: &str) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Variable(name) if name == wanted))
    }

    fn is_just(&self, wanted: &str) -> bool {
        self.0.len() == 1 && self.has(wanted)
    }

    /// The characters before and after a variable.
    fn around(&self, wanted: &str) -> (Option<char>, Option<char>) {
        let Some(at) = self.0.iter().position(|piece| matches!(piece, Piece::Variable(name) if name == wanted)) else {
            return (None, None);
        };
        let literal = |piece: Option<&Piece>| match piece {
            Some(Piece::Literal(text)) => Some(text.clone()),
            _ => None,
        };
        let before = at.checked_sub(1).and_then(|at| literal(self.0.get(at)));
        (before.and_then(|text| text.chars().last()), literal(self.0.get(at + 1)).and_then(|text| text.chars().next()))
    }

    /// What each variable stands for in a text, as far as the text follows the template.
    fn values<'a>(&'a self, text: &'a str) -> Vec<(&'a str, &'a str)> {
        let (mut values, mut rest, mut pieces) = (Vec::new(), text, self.0.iter().peekable());
        while let Some(piece) = pieces.next() {
            match piece {
                Piece::Literal(literal) => match rest.strip_prefix(literal.as_str()) {
                    Some(after) => rest = after,
                    None => return values,
                },
                Piece::Variable(name) => {
                    let end = match pieces.peek() {
                        Some(Piece::Literal(next)) => match rest.find(next.as_str()) {
                            Some(end) => end,
                            None => return values,
                        },
                        Some(Piece::Variable(_)) => 0,
                        None => rest.len(),
                    };
                    values.push((name.as_str(), &rest[..end]));
                    rest = &rest[end..];
                }
            }
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_formats_are_read_with_and_without_quotes() {
        let format = r#"{"id":"$context.requestId","s":{"code":$context.status},"what":"$context.error.responseType",
            "route":"$context.httpMethod $context.resourcePath","by":"$context.identity.apiKeyId"}"#;
        let format = Format::read(format).expect("it tells the status");
        assert_eq!(format.pattern(429), "{ ($.s.code = 429) || ($.s.code = \"429\") }");
        let line = r#"{"id":"x","s":{"code":429},"what":"THROTTLED","route":"GET /orders/{id}","by":"k1"}"#;
        let entry = format.entry(line);
        assert_eq!(entry.status, Some(429));
        assert_eq!(entry.kind.as_deref(), Some("THROTTLED"));
        assert_eq!(entry.route.as_deref(), Some("GET /orders/{id}"));
        assert_eq!(entry.key.as_deref(), Some("k1"));
        let nothing = format.entry(r#"{"s":{"code":429},"what":"-","by":"-"}"#);
        assert_eq!(nothing, Entry { status: Some(429), ..Entry::default() });
    }

    #[test]
    fn common_log_format_and_csv_are_read_by_what_stands_around() {
        let clf = "$context.identity.sourceIp - - [$context.requestTime] \"$context.httpMethod $context.routeKey \
            $context.protocol\" $context.status $context.responseLength $context.requestId";
        let format = Format::read(clf).expect("it tells the status");
        assert_eq!(format.pattern(429), "\" 429 \"");
        let line = "192.0.2.7 - - [28/Nov/2026:10:00:00 +0000] \"GET $default HTTP/1.1\" 429 33 abc=\n";
        assert_eq!(format.entry(line), Entry { status: Some(429), route: Some("$default".into()), ..Entry::default() });
        let csv = Format::read("$context.requestId,$context.status,$context.identity.apiKeyId").expect("it tells");
        assert_eq!(csv.pattern(429), "\",429,\"");
        assert_eq!(csv.entry("abc,200,k2").status, Some(200));
        let xml = Format::read("<r id=\"$context.requestId\" s=\"$context.status\"/>").expect("it tells");
        assert_eq!(xml.pattern(429), "\"\\\"429\\\"\"");
        assert_eq!(xml.entry("<r id=\"1\" s=\"504\"/>").status, Some(504));
    }

    #[test]
    fn a_format_without_the_status_tells_nothing_and_the_key_itself_is_never_read() {
        assert_eq!(Format::read("$context.requestId"), None);
        assert_eq!(Format::read(r#"{"id":"$context.requestId"}"#), None);
        let format = Format::read("$context.status $context.identity.apiKey").expect("it tells the status");
        assert_eq!(format.entry("429 secret-value").key, None);
        assert_eq!(Format::read(""), None);
        assert_eq!(Format::read("{broken $context.status").map(|f| f.pattern(429)), Some("\" 429\"".into()));
    }
}
