//! Provisioned concurrency of a function, by alias or version.

use aws_sdk_lambda::types::ProvisionedConcurrencyStatusEnum;

use super::Account;
use super::functions::DETAIL_PAGES;
use super::pages::Pages;
use super::reading::{count, said, shown, written_time};
use crate::model::function::{Alias, ProvisionedConcurrency, ProvisionedStatus};
use crate::model::trouble::{Kind, Trouble};

/// Provisioned concurrency by qualifier. Some servers send the list's request to the single configuration's handler,
/// which finds nothing without a qualifier: then each alias is asked by itself.
pub async fn provisioned(
    account: &Account,
    name: &str,
    aliases: &[Alias],
) -> Result<Vec<ProvisionedConcurrency>, Trouble> {
    match listed_provisioned(account, name).await {
        Err(trouble) if matches!(trouble.kind, Kind::Missing | Kind::Garbled) && !aliases.is_empty() => {
            let mut found = Vec::new();
            for alias in aliases {
                found.extend(one_provisioned(account, name, &alias.name).await?);
            }
            Ok(found)
        }
        Err(trouble) if trouble.code.as_deref() == Some("ProvisionedConcurrencyConfigNotFoundException") => {
            Ok(Vec::new())
        }
        other => other,
    }
}

async fn listed_provisioned(account: &Account, name: &str) -> Result<Vec<ProvisionedConcurrency>, Trouble> {
    let (mut pages, mut marker, mut found) = (Pages::up_to(DETAIL_PAGES), None, Vec::new());
    loop {
        let request = account.lambda().list_provisioned_concurrency_configs().function_name(name).set_marker(marker);
        let output = request.send().await;
        let output = output.map_err(|error| account.trouble("lambda:ListProvisionedConcurrencyConfigs", &error))?;
        found.extend(output.provisioned_concurrency_configs().iter().map(|item| ProvisionedConcurrency {
            // The ARN ends in the qualifier.
            qualifier: shown(item.function_arn().and_then(|arn| arn.rsplit(':').next())),
            requested: count(item.requested_provisioned_concurrent_executions()),
            allocated: count(item.allocated_provisioned_concurrent_executions()),
            available: count(item.available_provisioned_concurrent_executions()),
            status: provisioned_status(item.status(), item.status_reason()),
            last_modified: written_time(item.last_modified()),
        }));
        marker = pages.follow(output.next_marker());
        if marker.is_none() {
            return Ok(found);
        }
    }
}

/// GetProvisionedConcurrencyConfig of one alias or version; none where there is none.
pub async fn one_provisioned(
    account: &Account,
    name: &str,
    qualifier: &str,
) -> Result<Option<ProvisionedConcurrency>, Trouble> {
    let request = account.lambda().get_provisioned_concurrency_config().function_name(name).qualifier(qualifier);
    match request.send().await {
        Ok(output) => Ok(Some(ProvisionedConcurrency {
            qualifier: qualifier.to_string(),
            requested: count(output.requested_provisioned_concurrent_executions()),
            allocated: count(output.allocated_provisioned_concurrent_executions()),
            available: count(output.available_provisioned_concurrent_executions()),
            status: provisioned_status(output.status(), output.status_reason()),
            last_modified: written_time(output.last_modified()),
        })),
        Err(error) => {
            let trouble = account.trouble("lambda:GetProvisionedConcurrencyConfig", &error);
            if trouble.code.as_deref() == Some("ProvisionedConcurrencyConfigNotFoundException") {
                Ok(None)
            } else {
                Err(trouble)
            }
        }
    }
}

fn provisioned_status(status: Option<&ProvisionedConcurrencyStatusEnum>, reason: Option<&str>) -> ProvisionedStatus {
    match status {
        Some(ProvisionedConcurrencyStatusEnum::Ready) => ProvisionedStatus::Ready,
        Some(ProvisionedConcurrencyStatusEnum::Failed) => {
            ProvisionedStatus::Failed(said(reason).unwrap_or_else(|| "no reason given".into()))
        }
        _ => ProvisionedStatus::InProgress,
    }
}
