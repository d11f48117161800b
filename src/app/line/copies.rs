//! What can be copied of a line: a choice, made when it is chosen.

use crate::app::cursor::Cursor;
use crate::app::selected::log_event_url;
use crate::model::identity::Scope;
use crate::model::json::{Document, begins, indented};
use crate::model::line;
use crate::store::logs::Line;

/// A line and where it is from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// LogGroupName.
    pub group: String,
    /// LogStreamName.
    pub stream: String,
    /// When it happened, ms since 1970.
    pub timestamp: i64,
    /// Its text.
    pub text: String,
}

impl Subject {
    /// A copy of a line in store.
    pub fn new(line: &Line<'_>) -> Subject {
        Subject {
            group: line.group.to_string(),
            stream: line.stream.to_string(),
            timestamp: line.timestamp,
            text: line.text.trim_end().to_string(),
        }
    }
}

/// What is copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The line as it came.
    Line,
    /// The value under the cursor.
    Value,
    /// The path of that value, for jq.
    Path,
    /// The line as indented JSON.
    Indented,
    /// The request id in it.
    RequestId,
    /// The address of its page in the AWS console.
    Link,
}

impl What {
    /// All of them, as they are offered.
    pub const ALL: [What; 6] = [What::Line, What::Value, What::Path, What::Indented, What::RequestId, What::Link];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            What::Line => "the whole line",
            What::Value => "the value",
            What::Path => "the path of the value",
            What::Indented => "the line as indented JSON",
            What::RequestId => "the request id",
            What::Link => "a link to the line in the AWS console",
        }
    }
}

/// The choice.
#[derive(Debug)]
pub struct Copies {
    /// The line.
    pub subject: Subject,
    /// Path and value under the cursor.
    pub field: Option<(String, String)>,
    /// Each with the reason why there is none, if so: shown, not hidden.
    pub items: Vec<(What, Option<&'static str>)>,
    /// Selected item.
    pub cursor: Cursor,
}

impl Copies {
    /// A choice for a line; `field` is the path and the value that are selected in it.
    pub fn new(subject: Subject, field: Option<(String, String)>) -> Copies {
        let no_field = field.is_none().then_some("open a JSON line and select a field");
        let no_json = json_of(&subject).is_none().then_some("the line is no JSON");
        let no_id = request_id(&subject).is_none().then_some("the line carries none");
        // What is of no stream is no log line: a segment's document, a row of a query.
        let no_line = subject.stream.is_empty().then_some("it is no log line");
        let items = What::ALL
            .map(|what| {
                let missing = match what {
                    What::Line => None,
                    What::Link => no_line,
                    What::Value | What::Path => no_field,
                    What::Indented => no_json,
                    What::RequestId => no_id,
                };
                (what, missing)
            })
            .to_vec();
        Copies { subject, field, items, cursor: Cursor::default() }
    }

    /// What was chosen: its name and the text. Errors: why there is none.
    pub fn chosen(&self, scope: &Scope) -> Result<(String, String), &'static str> {
        let (what, missing) = self.items[self.cursor.row];
        if let Some(missing) = missing {
            return Err(missing);
        }
        let field = self.field.as_ref();
        let Subject { group, stream, timestamp, text } = &self.subject;
        let copied = match what {
            What::Line => text.clone(),
            What::Value => field.map(|(_, value)| value.clone()).unwrap_or_default(),
            What::Path => field.map(|(path, _)| path.clone()).unwrap_or_default(),
            What::Indented => json_of(&self.subject).map(indented).unwrap_or_default(),
            What::RequestId => request_id(&self.subject).unwrap_or_default().to_string(),
            What::Link => log_event_url(scope, group, stream, *timestamp),
        };
        let name = what.name().trim_start_matches("the ").trim_start_matches("a ").to_string();
        Ok((name, copied))
    }
}

/// The JSON in a line.
fn json_of(subject: &Subject) -> Option<&str> {
    let json = &subject.text[begins(&subject.text)?..];
    Document::read(json).is_ok().then_some(json)
}

fn request_id(subject: &Subject) -> Option<&str> {
    line::read(&subject.text).request_id.or_else(|| line::uuid(&subject.text))
}
