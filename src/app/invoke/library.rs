//! What is kept of a function's invokes: the payload sent last, payloads saved under a name, and answers, newest first.
//!
//! The same value is what the program knows and what stands in the function's file. It changes by one [`Entry`] at a time, so
//! that two programs over one file lose nothing of each other: whoever writes reads first.

use serde::{Deserialize, Serialize};

use super::answer::sentence;
use crate::app::effect::{Change, Failure};
use crate::model::function::{InvocationType, InvokeAnswer};
use crate::model::invocation::{Invocation, read_report};
use crate::time::Moment;

/// Payloads saved under a name, at most: a list that is still read with the eye.
pub const SAVED: usize = 100;
/// Longest name of a payload, characters.
pub const NAME: usize = 60;

/// Which function's: account, region and name tell one from any other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Drawer {
    /// Account id.
    pub account: String,
    /// Region.
    pub region: String,
    /// FunctionName.
    pub function: String,
}

/// How much is kept of one function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Answers, at most.
    pub answers: usize,
    /// Bytes of payloads, responses and logs of the answers together, at most.
    pub bytes: u64,
}

/// Everything kept of one function.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Library {
    /// The payload that was sent last.
    pub last: Option<String>,
    /// Payloads by name, in the order of the alphabet.
    pub saved: Vec<Saved>,
    /// Answers, newest first.
    pub answers: Vec<Record>,
}

/// A payload with a name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saved {
    /// Its name.
    pub name: String,
    /// The payload.
    pub text: String,
    /// When it was saved.
    pub at: Moment,
}

/// One invoke and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// When it was sent.
    pub sent: Moment,
    /// Alias or version; none is `$LATEST`.
    pub qualifier: Option<String>,
    /// InvocationType.
    #[serde(with = "kind_name")]
    pub kind: InvocationType,
    /// Timeout of the function then, s.
    pub timeout_s: u32,
    /// The payload; none where it was too large to keep.
    pub payload: Option<String>,
    /// Bytes of the payload.
    pub payload_bytes: u64,
    /// What came of it.
    pub result: Result<Told, String>,
}

/// The answer to an invoke, as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// 200, 202 or 204.
    pub status: u16,
    /// FunctionError.
    pub function_error: Option<String>,
    /// ExecutedVersion.
    pub executed_version: Option<String>,
    /// Request id.
    pub request_id: Option<String>,
    /// The response, as UTF-8 as it is; none where it was too large to keep.
    pub response: Option<String>,
    /// Bytes of the response.
    pub response_bytes: u64,
    /// Last 4 KB of the log.
    pub log_tail: Option<String>,
    /// Between sending and having the answer, ms.
    pub round_trip_ms: u64,
}

/// One thing to be kept, or not any more.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// This payload is being sent.
    Last(String),
    /// This payload gets a name, or another text under its name.
    Saved(Saved),
    /// The payload of this name goes.
    Dropped(String),
    /// This was answered.
    Answer(Box<Record>),
}

mod kind_name {
    //! InvocationType by AWS's own name.

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::model::function::InvocationType;

    pub fn serialize<S: Serializer>(kind: &InvocationType, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(kind.name())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<InvocationType, D::Error> {
        let name = String::deserialize(deserializer)?;
        [InvocationType::RequestResponse, InvocationType::Event, InvocationType::DryRun]
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| D::Error::custom(format!("no InvocationType is called {name}")))
    }
}

impl Library {
    /// Takes in one entry, and lets go of what is beyond the limits, the oldest first.
    pub fn take(&mut self, entry: Entry, limits: Limits) {
        match entry {
            Entry::Last(text) => self.last = Some(text),
            Entry::Saved(saved) => {
                match self.saved.binary_search_by(|known| known.name.cmp(&saved.name)) {
                    Ok(at) => self.saved[at] = saved,
                    Err(at) => self.saved.insert(at, saved),
                };
            }
            Entry::Dropped(name) => self.saved.retain(|saved| saved.name != name),
            Entry::Answer(record) => {
                let newer = self.answers.partition_point(|known| known.sent > record.sent);
                self.answers.insert(newer, record.within(limits.bytes));
            }
        }
        self.answers.truncate(limits.answers);
        let mut bytes = 0;
        let fits = self.answers.iter().take_while(|answer| {
            bytes += answer.bytes();
            bytes <= limits.bytes
        });
        let fits = fits.count();
        self.answers.truncate(fits);
    }

    /// Why a payload can't be saved under this name, where it can't.
    pub fn refuses(&self, name: &str) -> Option<String> {
        if name.trim().is_empty() {
            return Some("a name, please".into());
        }
        if name.chars().count() > NAME {
            return Some(format!("a name has at most {NAME} characters"));
        }
        let known = self.saved.iter().any(|saved| saved.name == name);
        (!known && self.saved.len() >= SAVED).then(|| format!("{SAVED} are saved already: drop one first"))
    }
}

impl Record {
    /// An invoke that has been answered, or has failed; none for a change that is no invoke.
    pub fn of(change: &Change, sent: Moment, result: &Result<InvokeAnswer, Failure>) -> Option<Record> {
        let Change::Invoke { qualifier, kind, payload, timeout_s, .. } = change else { return None };
        let told = result.as_ref().map_err(sentence).map(|answer| Told {
            status: answer.status,
            function_error: answer.function_error.clone(),
            executed_version: answer.executed_version.clone(),
            request_id: answer.request_id.clone(),
            response: Some(String::from_utf8_lossy(&answer.payload).into_owned()),
            response_bytes: answer.payload.len() as u64,
            log_tail: answer.log_tail.clone(),
            round_trip_ms: answer.round_trip_ms,
        });
        Some(Record {
            sent,
            qualifier: qualifier.clone(),
            kind: *kind,
            timeout_s: *timeout_s,
            payload: Some(payload.clone()),
            payload_bytes: payload.len() as u64,
            result: told,
        })
    }

    /// The same invoke once more, unless its payload was not kept.
    pub fn change(&self, function: &str) -> Option<Change> {
        Some(Change::Invoke {
            function: function.to_string(),
            qualifier: self.qualifier.clone(),
            kind: self.kind,
            payload: self.payload.clone()?,
            timeout_s: self.timeout_s,
        })
    }

    /// What its REPORT line says, where the log came with the answer.
    pub fn report(&self) -> Option<Invocation> {
        let tail = self.result.as_ref().ok()?.log_tail.as_deref()?;
        tail.lines().rev().find_map(read_report)
    }

    /// Bytes of what it holds.
    fn bytes(&self) -> u64 {
        let len = |text: Option<&String>| text.map_or(0, String::len) as u64;
        let told = match &self.result {
            Ok(told) => len(told.response.as_ref()) + len(told.log_tail.as_ref()),
            Err(why) => why.len() as u64,
        };
        len(self.payload.as_ref()) + told
    }

    /// The same without what is too large to keep: one answer takes half of the room at most.
    fn within(mut self, bytes: u64) -> Record {
        if let Ok(told) = &mut self.result
            && told.response_bytes > bytes / 4
        {
            told.response = None;
        }
        if self.payload_bytes > bytes / 4 {
            self.payload = None;
        }
        self
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub const LIMITS: Limits = Limits { answers: 3, bytes: 4_000 };

    pub fn moment(second: i64) -> Moment {
        Moment::from_timestamp(1_795_260_000 + second, 0).expect("a moment")
    }

    pub fn record(second: i64, payload: &str, response: &str) -> Record {
        Record {
            sent: moment(second),
            qualifier: Some("live".into()),
            kind: InvocationType::RequestResponse,
            timeout_s: 10,
            payload: Some(payload.into()),
            payload_bytes: payload.len() as u64,
            result: Ok(Told {
                status: 200,
                response: Some(response.into()),
                response_bytes: response.len() as u64,
                round_trip_ms: 20,
                ..Told::default()
            }),
        }
    }

    #[test]
    fn answers_stand_newest_first_and_the_oldest_go() {
        let mut library = Library::default();
        for second in [1, 3, 2, 4] {
            library.take(Entry::Answer(Box::new(record(second, "{}", "1"))), LIMITS);
        }
        let sent: Vec<Moment> = library.answers.iter().map(|answer| answer.sent).collect();
        assert_eq!(sent, [moment(4), moment(3), moment(2)]);
        for second in 5..8 {
            library.take(Entry::Answer(Box::new(record(second, &"x".repeat(900), &"y".repeat(900)))), LIMITS);
        }
        assert_eq!(library.answers.len(), 2, "4,000 bytes hold two of 1,800");
    }

    #[test]
    fn what_is_too_large_is_left_out_and_its_size_stays() {
        let mut library = Library::default();
        library.take(Entry::Answer(Box::new(record(1, &"x".repeat(1_001), &"y".repeat(9_000)))), LIMITS);
        let kept = &library.answers[0];
        assert_eq!((kept.payload.as_deref(), kept.payload_bytes), (None, 1_001));
        let told = kept.result.as_ref().expect("it was answered");
        assert_eq!((told.response.as_deref(), told.response_bytes), (None, 9_000));
        assert_eq!(kept.change("checkout"), None, "what was sent is not known any more");
    }

    #[test]
    fn a_name_is_there_once_and_names_have_an_order() {
        let mut library = Library::default();
        let save = |name: &str, text: &str| Entry::Saved(Saved { name: name.into(), text: text.into(), at: moment(0) });
        for (name, text) in [("b", "1"), ("a", "2"), ("b", "3")] {
            library.take(save(name, text), LIMITS);
        }
        let names: Vec<(&str, &str)> =
            library.saved.iter().map(|saved| (saved.name.as_str(), saved.text.as_str())).collect();
        assert_eq!(names, [("a", "2"), ("b", "3")]);
        library.take(Entry::Dropped("a".into()), LIMITS);
        assert_eq!(library.saved.len(), 1);
        assert!(library.refuses(" ").is_some() && library.refuses(&"n".repeat(61)).is_some());
        for n in 0..SAVED {
            library.take(save(&format!("n{n}"), ""), LIMITS);
        }
        assert!(library.refuses("one more").is_some() && library.refuses("n7").is_none());
    }

    #[test]
    fn what_is_written_reads_again_and_what_is_foreign_does_not() {
        let mut library = Library { last: Some("{}".into()), ..Library::default() };
        library.take(Entry::Answer(Box::new(record(1, "{}", "1"))), LIMITS);
        let failed = Record { result: Err("denied".into()), kind: InvocationType::DryRun, ..record(2, "{}", "") };
        library.take(Entry::Answer(Box::new(failed)), LIMITS);
        let text = serde_json::to_string(&library).expect("text");
        assert_eq!(serde_json::from_str::<Library>(&text).expect("ours"), library);
        for foreign in [r#"{"last":1}"#, r#"{"more":[]}"#, &text.replace("DryRun", "Later")] {
            assert!(serde_json::from_str::<Library>(foreign).is_err(), "{foreign}");
        }
    }
}
