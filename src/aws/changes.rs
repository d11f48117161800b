//! Changes of the account, and invokes: sent once, never again by themselves.

mod gateway;

use std::time::Duration;

use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::error::ProvideErrorMetadata;
use aws_sdk_lambda::operation::RequestId;
use aws_sdk_lambda::operation::invoke::{InvokeError, InvokeOutput};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{AliasRoutingConfiguration, InvocationType as SdkInvocationType, LogType};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use base64::Engine;

use super::Account;
use super::reading::{said, shown};
use super::trouble::never_sent;
use crate::app::effect::{Change, Failure, Outcome};
use crate::model::function::{InvocationType, InvokeAnswer};
use crate::model::trouble::Kind;
use crate::time::monotonic;

/// What an invoke may take beyond the time-out of its function: a cold start, and the way there and back.
const BEYOND_TIMEOUT: Duration = Duration::from_secs(10);
/// A change other than an invoke answers soon or not at all.
const CHANGE: Duration = Duration::from_secs(20);
const CONNECT: Duration = Duration::from_millis(3100);

/// Sent once, and waited for as long as that: the SDK would send a request up to three times.
macro_rules! once {
    ($sdk:ident, $limit:expr) => {
        $sdk::config::Builder::new().retry_config(RetryConfig::disabled()).timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT)
                .read_timeout($limit)
                .operation_attempt_timeout($limit)
                .operation_timeout($limit)
                .build(),
        )
    };
}
/// Sends a request once, and says what became of it.
macro_rules! sent {
    ($account:expr, $change:expr, $sdk:ident, $request:expr) => {{
        let answer = $request.customize().config_override(once!($sdk, CHANGE)).send().await;
        let id = said(answer.request_id());
        (answer.map(drop).map_err(|error| failure($account, $change.iam_action(), &error)), id)
    }};
}

use {once, sent};

/// Makes the change. It is sent exactly once; where the connection broke after that, the outcome is
/// [`Failure::Unknown`].
pub async fn perform(account: &Account, change: Change) -> Outcome {
    perform_on_record(account, change).await.0
}

/// The same, with the id of the request where the service gave one, be it with a refusal: AWS support asks for it.
pub async fn perform_on_record(account: &Account, change: Change) -> (Outcome, Option<String>) {
    if let Change::Invoke { .. } = &change {
        let (result, id) = invoke(account, &change).await;
        return (Outcome::Invoked { change, result }, id);
    }
    let (result, id) = match &change {
        Change::UpdateStage { .. }
        | Change::FlushStageCache { .. }
        | Change::UpdateRouteSettings { .. }
        | Change::UpdateUsagePlan { .. } => gateway::change(account, &change).await,
        _ => lambda(account, &change).await,
    };
    (Outcome::Changed { change, result }, id)
}

/// What became of a request, with its id.
type Answered = (Result<(), Failure>, Option<String>);

async fn lambda(account: &Account, change: &Change) -> Answered {
    let client = account.lambda();
    match change {
        Change::SetProvisionedConcurrency { function, qualifier, to, .. } => {
            let request = client.put_provisioned_concurrency_config().function_name(function).qualifier(qualifier);
            sent!(account, change, aws_sdk_lambda, request.provisioned_concurrent_executions(whole(*to)))
        }
        Change::RemoveProvisionedConcurrency { function, qualifier, .. } => {
            let request = client.delete_provisioned_concurrency_config().function_name(function).qualifier(qualifier);
            sent!(account, change, aws_sdk_lambda, request)
        }
        Change::SetReservedConcurrency { function, to: Some(to), .. } => {
            let request = client.put_function_concurrency().function_name(function);
            sent!(account, change, aws_sdk_lambda, request.reserved_concurrent_executions(whole(*to)))
        }
        Change::SetReservedConcurrency { function, to: None, .. } => {
            sent!(account, change, aws_sdk_lambda, client.delete_function_concurrency().function_name(function))
        }
        Change::MoveAlias { function, alias, to, revision, .. } => {
            // An empty map takes weights away; without one they would stay.
            let weights = to.weights.iter().cloned().collect();
            let routing = AliasRoutingConfiguration::builder().set_additional_version_weights(Some(weights)).build();
            let request = client
                .update_alias()
                .function_name(function)
                .name(alias)
                .function_version(&to.version)
                .routing_config(routing)
                .set_revision_id(revision.clone());
            sent!(account, change, aws_sdk_lambda, request)
        }
        Change::SwitchEventSource { uuid, enabled, .. } => {
            sent!(account, change, aws_sdk_lambda, client.update_event_source_mapping().uuid(uuid).enabled(*enabled))
        }
        other => unreachable!("{} is no change of Lambda's", other.sentence()),
    }
}

fn whole(n: u32) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

async fn invoke(account: &Account, change: &Change) -> (Result<InvokeAnswer, Failure>, Option<String>) {
    let Change::Invoke { function, qualifier, kind, payload, timeout_s } = change else {
        unreachable!("only invokes come here");
    };
    let mut request = account
        .lambda()
        .invoke()
        .function_name(function)
        .set_qualifier(qualifier.clone())
        .invocation_type(match kind {
            InvocationType::RequestResponse => SdkInvocationType::RequestResponse,
            InvocationType::Event => SdkInvocationType::Event,
            InvocationType::DryRun => SdkInvocationType::DryRun,
        })
        .payload(Blob::new(payload.as_bytes()));
    // Only an invoke that is waited for has a log to give.
    if *kind == InvocationType::RequestResponse {
        request = request.log_type(LogType::Tail);
    }
    let limit = Duration::from_secs(u64::from(*timeout_s)) + BEYOND_TIMEOUT;
    let sent = monotonic();
    let answer = request.customize().config_override(once!(aws_sdk_lambda, limit)).send().await;
    let round_trip_ms = u64::try_from(sent.elapsed().as_millis()).unwrap_or(u64::MAX);
    let id = said(answer.request_id());
    let result = answer.map(|answer| answered(answer, round_trip_ms)).map_err(|error| {
        let reason = reason(&error);
        match failure(account, change.iam_action(), &error) {
            Failure::Refused(mut trouble) => {
                if let Some(reason) = reason {
                    trouble.message = format!("{} ({reason})", trouble.message);
                }
                Failure::Refused(trouble)
            }
            other => other,
        }
    });
    (result, id)
}

fn answered(answer: InvokeOutput, round_trip_ms: u64) -> InvokeAnswer {
    let tail = answer.log_result().and_then(|tail| base64::engine::general_purpose::STANDARD.decode(tail).ok());
    InvokeAnswer {
        status: u16::try_from(answer.status_code()).unwrap_or_default(),
        function_error: said(answer.function_error()),
        executed_version: said(answer.executed_version()),
        request_id: said(answer.request_id()),
        log_tail: tail.map(|tail| String::from_utf8_lossy(&tail).into_owned()),
        payload: answer.payload.map(Blob::into_inner).unwrap_or_default(),
        round_trip_ms,
    }
}

/// Which limit an invoke ran into: that of the account, of the function, or that of the caller's own rate.
fn reason(error: &SdkError<InvokeError, HttpResponse>) -> Option<String> {
    match error.as_service_error()? {
        InvokeError::TooManyRequestsException(throttled) => said(throttled.reason().map(|reason| reason.as_str())),
        _ => None,
    }
}

/// Whether the service said no, or whether we can't know.
fn failure<E>(account: &Account, action: &str, error: &SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let trouble = account.trouble(action, error);
    let answered = match error {
        // A gateway's own 5xx says nothing of what became of the request behind it.
        SdkError::ServiceError(failure) => failure.err().code().is_some() || failure.raw().status().as_u16() < 500,
        _ => false,
    };
    if answered || never_sent(error) {
        Failure::Refused(trouble)
    } else {
        let message = shown(Some(&trouble.message));
        let kind = if trouble.kind == Kind::Garbled { Kind::Garbled } else { Kind::Network };
        Failure::Unknown(crate::model::trouble::Trouble { kind, message, ..trouble })
    }
}
