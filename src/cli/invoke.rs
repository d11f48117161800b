//! `slsdash invoke`: one invoke, through the same door as in the dashboard: refused when writing is off, written into the
//! audit file before it is sent, never sent twice.
//!
//! A profile that wants the resource's name typed has it: it stands on the command line.

use std::io::Read;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

use super::failure::{Failure, OK, OTHER, SERVICE};
use super::occasion::Occasion;
use super::output::{Output, complain, pass_on};
use super::{InvokeArgs, InvokeKind, TextFormat};
use crate::app::effect::{Change, Effect, Failure as Refusal, Outcome};
use crate::app::message::{Message, News};
use crate::aws::{Account, functions};
use crate::model::function::{InvocationType, InvokeAnswer};
use crate::model::invocation::{Invocation, read_report};
use crate::model::trouble::Kind;
use crate::runtime::audit::Audit;
use crate::runtime::{Browser, Hands, World, Writes};

/// Lambda takes 6 MB with a request that is waited for.
const LARGEST_PAYLOAD: usize = 6 << 20;
/// The longest time-out that a function has, s: how long to wait where its configuration can't be read.
const LONGEST_TIMEOUT: u32 = 900;

/// Makes it and prints the answer; 254 where the function failed.
pub async fn run(occasion: &Occasion, arguments: &InvokeArgs) -> Result<u8, Failure> {
    let payload = payload(&arguments.payload)?;
    let account = occasion.connect().await?;
    let kind = match arguments.kind {
        InvokeKind::Request => InvocationType::RequestResponse,
        InvokeKind::Event => InvocationType::Event,
        InvokeKind::DryRun => InvocationType::DryRun,
    };
    let timeout_s = if kind == InvocationType::RequestResponse && occasion.read_only().is_none() {
        timeout(&account, &arguments.function).await?
    } else {
        0
    };
    let change = Change::Invoke {
        function: arguments.function.clone(),
        qualifier: arguments.qualifier.clone(),
        kind,
        payload,
        timeout_s,
    };
    let answer = through_the_door(occasion, account, change).await?;
    print(&answer, arguments.output.output)
}

/// The payload as JSON text. Errors: where it is no JSON, or can't be read.
fn payload(argument: &str) -> Result<String, Failure> {
    let text = if argument == "-" {
        let mut bytes = Vec::new();
        let limit = LARGEST_PAYLOAD as u64 + 1;
        let read = std::io::stdin().lock().take(limit).read_to_end(&mut bytes);
        read.map_err(|error| Failure::usage(format!("standard input can't be read: {error}")))?;
        bytes
    } else if let Some(path) = argument.strip_prefix('@') {
        std::fs::read(path).map_err(|error| Failure::usage(format!("the payload {path} can't be read: {error}")))?
    } else {
        argument.as_bytes().to_vec()
    };
    if text.len() > LARGEST_PAYLOAD {
        return Err(Failure::usage("the payload is larger than the 6 MB that Lambda takes"));
    }
    let text = String::from_utf8(text).map_err(|_| Failure::usage("the payload is not UTF-8 text"))?;
    if text.trim().is_empty() {
        return Ok("{}".into());
    }
    match serde_json::from_str::<serde::de::IgnoredAny>(&text) {
        Ok(_) => Ok(text),
        Err(error) => {
            let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
            let line: String = line.chars().take(120).collect();
            let caret = " ".repeat(error.column().saturating_sub(1).min(119));
            Err(Failure::usage(format!("the payload is no JSON: {error}\n {line}\n {caret}^")))
        }
    }
}

/// How long the answer may take.
async fn timeout(account: &Account, function: &str) -> Result<u32, Failure> {
    match functions::configuration(account, function).await {
        Ok(function) => Ok(function.timeout_s),
        Err(trouble) if trouble.is_global() || trouble.kind == Kind::Missing => Err(trouble.into()),
        Err(trouble) => {
            tracing::info!("{trouble}");
            Ok(LONGEST_TIMEOUT)
        }
    }
}

/// Hands that write into the audit file what they were interrupted in.
struct Parting(Hands<Account>);

impl Deref for Parting {
    type Target = Hands<Account>;
    fn deref(&self) -> &Hands<Account> {
        &self.0
    }
}

impl DerefMut for Parting {
    fn deref_mut(&mut self) -> &mut Hands<Account> {
        &mut self.0
    }
}

impl Drop for Parting {
    fn drop(&mut self) {
        self.0.part();
    }
}

async fn through_the_door(occasion: &Occasion, account: Account, change: Change) -> Result<InvokeAnswer, Failure> {
    let writes = occasion.read_only().map_or(Writes::Allowed, Writes::Refused);
    let audit = occasion.environment.state_dir.as_ref().map(|dir| dir.join("audit.jsonl"));
    let audit = audit.map(|path| Arc::new(Audit::new(path, occasion.clock.clone())));
    let identity = match &writes {
        Writes::Allowed => Some(account.identity().await),
        Writes::Refused(_) => None,
    };
    let (_connected, connection) = watch::channel(Some(account));
    let (tell, mut told) = mpsc::channel(4);
    let nowhere = Browser::Elsewhere("no page is opened here".into());
    let hands = Hands::new(connection, tell, writes, nowhere, audit, occasion.clock.clone(), Handle::current());
    let mut hands = Parting(hands);
    if let Some(identity) = identity {
        // The audit file says who it was; where STS does not answer, it says nothing of it.
        hands.overhear(&Message::News(News::Identity(identity)));
    }
    if let Some(outcome) = hands.perform(Effect::Change(change)) {
        return answer(outcome);
    }
    loop {
        match told.recv().await {
            Some(Message::Performed(outcome)) => return answer(outcome),
            Some(Message::Notice(notice)) => complain(&notice),
            Some(_) => {}
            None => return Err(Failure::other("the invoke was given up")),
        }
    }
}

fn answer(outcome: Outcome) -> Result<InvokeAnswer, Failure> {
    match outcome {
        Outcome::Invoked { result: Ok(answer), .. } => Ok(answer),
        Outcome::Invoked { result: Err(refusal), .. } => Err(match refusal {
            Refusal::ReadOnly(by) => Failure::environment(format!("nothing was sent: changes are refused by {by}")),
            Refusal::Audit(why) => {
                Failure::environment(format!("nothing was sent: the audit file can't be written: {why}"))
            }
            Refusal::Refused(trouble) => trouble.into(),
            Refusal::Unknown(trouble) => Failure {
                code: OTHER,
                message: format!("{}; it may have run all the same, and is not sent again", trouble.sentence()),
            },
        }),
        Outcome::Failed(why) => Err(Failure::other(why)),
        _ => Err(Failure::other("the invoke had another outcome than an answer")),
    }
}

fn print(answer: &InvokeAnswer, format: TextFormat) -> Result<u8, Failure> {
    let report: Option<Invocation> =
        answer.log_tail.as_deref().and_then(|tail| tail.lines().rev().find_map(read_report));
    let duration = report.as_ref().and_then(|report| report.duration_ms);
    let billed = report.as_ref().and_then(|report| report.billed_ms);
    let mut output = Output::new();
    match format {
        TextFormat::Json => output.document(&json!({
            "statusCode": answer.status,
            "functionError": answer.function_error,
            "executedVersion": answer.executed_version,
            "requestId": answer.request_id,
            "durationMs": duration,
            "billedDurationMs": billed,
            "logTail": answer.log_tail,
            "payload": payload_document(&answer.payload),
        }))?,
        TextFormat::Text => {
            if let Some(tail) = &answer.log_tail {
                tail.lines().for_each(pass_on);
            }
            let mut status = format!("status {}", answer.status);
            for (name, value) in [
                ("version", answer.executed_version.clone()),
                ("request", answer.request_id.clone()),
                ("duration", duration.map(|ms| format!("{ms} ms"))),
                ("billed", billed.map(|ms| format!("{ms} ms"))),
                ("function error", answer.function_error.clone()),
            ] {
                if let Some(value) = value {
                    status.push_str(&format!(", {name} {value}"));
                }
            }
            complain(&status);
            if !answer.payload.is_empty() {
                match serde_json::from_slice::<Value>(&answer.payload) {
                    Ok(document) if output.columns.is_some() => output.document(&document)?,
                    _ => output.line(String::from_utf8_lossy(&answer.payload).trim_end())?,
                }
            }
        }
    }
    output.flush()?;
    Ok(if answer.function_error.is_some() { SERVICE } else { OK })
}

/// The response as JSON where it is some, else as text; null where there was none.
fn payload_document(payload: &[u8]) -> Value {
    if payload.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(payload).unwrap_or_else(|_| json!(String::from_utf8_lossy(payload)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_that_is_no_json_is_shown_where() {
        assert_eq!(payload(r#"{"a":1}"#), Ok(r#"{"a":1}"#.to_string()));
        assert_eq!(payload(" "), Ok("{}".to_string()));
        let failure = payload("{\"a\":\n  nope}").unwrap_err();
        assert_eq!(failure.code, super::super::failure::USAGE);
        assert!(
            failure.message.contains("line 2 column 4") && failure.message.contains("   nope}\n    ^"),
            "{}",
            failure.message
        );
        assert!(payload("@/nonexistent.json").unwrap_err().message.contains("/nonexistent.json"));
    }

    #[test]
    fn a_response_that_is_no_json_stays_text() {
        assert_eq!(payload_document(b""), Value::Null);
        assert_eq!(payload_document(b"plain"), json!("plain"));
        assert_eq!(payload_document(b"{\"a\":1}"), json!({"a": 1}));
    }
}
