//! STS: whose account this is.

use super::{Call, unknown_operation};
use crate::sim::wire::Response;
use crate::sim::wire::document::Document;

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// Answers GetCallerIdentity.
pub fn handle(call: &Call<'_>) -> Response {
    match call.operation {
        "GetCallerIdentity" => {
            let account = &call.world.catalog.account_id;
            let identity = Document::map([
                ("Arn", format!("arn:aws:iam::{account}:user/oncall").into()),
                ("UserId", "AIDAEMBEDDEDACCOUNT00".into()),
                ("Account", account.clone().into()),
            ]);
            call.output(NAMESPACE, &identity)
        }
        _ => unknown_operation(call),
    }
}
