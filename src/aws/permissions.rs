//! Every permission that this room's requests need, in one table: the IAM policy that the program asks for is read from
//! it, and tests hold the requests that are made to it.

use serde_json::{Value, json};

/// One permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    /// IAM action.
    pub action: &'static str,
    /// What it may be restricted to: ARNs without `arn:PARTITION:`, or `*` where IAM knows no resources for it.
    pub resources: &'static [&'static str],
    /// Statement in which it stands.
    pub statement: &'static str,
    /// Changes something.
    pub writes: bool,
    /// Operations that it allows, as the service calls them; those of the API Gateways are all reads of theirs.
    pub operations: &'static [&'static str],
    /// What is dark without it.
    pub shows: &'static str,
}

macro_rules! permissions {
    ($($statement:literal $writes:literal $resources:expr => { $($action:literal $operations:expr, $shows:literal;)* })*) => {
        /// Every permission, reads first.
        pub const PERMISSIONS: &[Permission] = &[$($(Permission {
            action: $action, resources: &$resources, statement: $statement, writes: $writes,
            operations: &$operations, shows: $shows,
        }),*),*];
    };
}

#[rustfmt::skip]
permissions! {
    "Identity" false ["*"] => {
        "sts:GetCallerIdentity"                 ["GetCallerIdentity"],               "the account's id (no policy can take this one away)";
    }
    "Functions" false ["*"] => {
        "lambda:ListFunctions"                  ["ListFunctions"],                   "the list of functions";
        "lambda:GetAccountSettings"             ["GetAccountSettings"],              "the account's concurrency limit";
        "lambda:GetFunctionConfiguration"       ["GetFunctionConfiguration"],        "a function's state";
        "lambda:GetFunctionConcurrency"         ["GetFunctionConcurrency"],          "reserved concurrency";
        "lambda:ListAliases"                    ["ListAliases"],                     "aliases";
        "lambda:ListVersionsByFunction"         ["ListVersionsByFunction"],          "versions";
        "lambda:ListProvisionedConcurrencyConfigs" ["ListProvisionedConcurrencyConfigs"], "provisioned concurrency";
        "lambda:GetProvisionedConcurrencyConfig" ["GetProvisionedConcurrencyConfig"], "provisioned concurrency of one alias";
        "lambda:ListEventSourceMappings"        ["ListEventSourceMappings"],         "queues and streams that feed a function";
        "lambda:GetFunctionEventInvokeConfig"   ["GetFunctionEventInvokeConfig"],    "retries and destinations of asynchronous invokes";
        "lambda:GetPolicy"                      ["GetPolicy"],                       "who may invoke a function";
        "lambda:GetFunctionUrlConfig"           ["GetFunctionUrlConfig"],            "a function's own address";
        "lambda:ListTags"                       ["ListTags"],                        "tags";
    }
    "Tags" false ["*"] => {
        "tag:GetResources"                      ["GetResources"],                    "tags of all functions: filter, groups and columns by tag or stack";
    }
    "Metrics" false ["*"] => {
        "cloudwatch:GetMetricData"              ["GetMetricData"],                   "every number and chart";
        "cloudwatch:DescribeAlarms"             ["DescribeAlarms"],                  "alarms";
    }
    "Logs" false ["logs:*:*:log-group:*"] => {
        "logs:DescribeLogGroups"                ["DescribeLogGroups"],               "names of log groups";
        "logs:FilterLogEvents"                  ["FilterLogEvents"],                 "the tail and the log of an invocation";
        "logs:StartLiveTail"                    ["StartLiveTail"],                   "the live tail";
        "logs:StartQuery"                       ["StartQuery"],                      "Logs Insights";
    }
    "Insights" false ["*"] => {
        "logs:GetQueryResults"                  ["GetQueryResults"],                 "what a Logs Insights query finds";
        "logs:StopQuery"                        ["StopQuery"],                       "the end of a Logs Insights query that is cancelled";
    }
    "Traces" false ["*"] => {
        "xray:GetTraceSummaries"                ["GetTraceSummaries"],               "the list of traces";
        "xray:BatchGetTraces"                   ["BatchGetTraces"],                  "a trace's segments";
        "xray:GetServiceGraph"                  ["GetServiceGraph"],                 "the service map";
        "xray:GetGroups"                        ["GetGroups"],                       "groups of traces";
        "xray:GetSamplingRules"                 ["GetSamplingRules"],                "sampling rules";
        "xray:GetSamplingStatisticSummaries"    ["GetSamplingStatisticSummaries"],   "what sampling rules did";
        "xray:GetTraceSegmentDestination"       ["GetTraceSegmentDestination"],      "whether Transaction Search is on";
        "xray:GetIndexingRules"                 ["GetIndexingRules"],                "how much of Transaction Search is indexed";
        "xray:StartTraceRetrieval"              ["StartTraceRetrieval"],             "a trace that is in CloudWatch Logs";
        "xray:ListRetrievedTraces"              ["ListRetrievedTraces"],             "its spans";
        "xray:CancelTraceRetrieval"             ["CancelTraceRetrieval"],            "the end of a retrieval that takes too long";
    }
    "Apis" false ["apigateway:*::/account", "apigateway:*::/restapis", "apigateway:*::/restapis/*", "apigateway:*::/apis", "apigateway:*::/apis/*", "apigateway:*::/usageplans", "apigateway:*::/usageplans/*", "apigateway:*::/apikeys", "apigateway:*::/domainnames", "apigateway:*::/domainnames/*"] => {
        "apigateway:GET"                        ["GetRestApis", "GetApis", "GetStages", "GetResources", "GetRoutes", "GetIntegrations", "GetAccount", "GetDeployments", "GetAuthorizers", "GetDomainNames", "GetBasePathMappings", "GetApiMappings", "GetUsagePlans", "GetUsagePlanKeys", "GetUsage", "GetApiKeys"], "APIs, stages, routes, their limits, usage plans and domains";
    }
    "Invoke" true ["lambda:*:*:function:*"] => {
        "lambda:InvokeFunction"                 ["Invoke"],                          "invoking a function";
    }
    "ProvisionedConcurrency" true ["lambda:*:*:function:*"] => {
        "lambda:PutProvisionedConcurrencyConfig" ["PutProvisionedConcurrencyConfig"], "setting provisioned concurrency";
        "lambda:DeleteProvisionedConcurrencyConfig" ["DeleteProvisionedConcurrencyConfig"], "removing provisioned concurrency";
    }
    "ReservedConcurrency" true ["lambda:*:*:function:*"] => {
        "lambda:PutFunctionConcurrency"         ["PutFunctionConcurrency"],          "setting reserved concurrency, and switching a function off";
        "lambda:DeleteFunctionConcurrency"      ["DeleteFunctionConcurrency"],       "removing reserved concurrency";
    }
    "Aliases" true ["lambda:*:*:function:*"] => {
        "lambda:UpdateAlias"                    ["UpdateAlias"],                     "moving an alias to another version";
    }
    "EventSources" true ["lambda:*:*:event-source-mapping:*"] => {
        "lambda:UpdateEventSourceMapping"       ["UpdateEventSourceMapping"],        "switching an event source mapping on and off";
    }
    "Stages" true ["apigateway:*::/restapis/*/stages/*", "apigateway:*::/apis/*/stages/*", "apigateway:*::/usageplans/*"] => {
        "apigateway:PATCH"                      ["UpdateStage", "UpdateUsagePlan"],  "changing a stage or a usage plan";
        "apigateway:DELETE"                     ["FlushStageCache", "DeleteRouteSettings"], "flushing a cache, taking a route's own settings away";
    }
}

/// The permission of an IAM action; what it is about may stand behind it, as in `apigateway:GET /usageplans`.
pub fn permission(action: &str) -> Option<&'static Permission> {
    let action = action.split(' ').next().unwrap_or(action);
    PERMISSIONS.iter().find(|permission| permission.action == action)
}

/// The least IAM policy: reads, and the changes too where `write`. `partition` as `aws` or `aws-cn`.
pub fn policy(write: bool, partition: &str) -> Value {
    let mut statements: Vec<Value> = Vec::new();
    let mut names: Vec<&str> = PERMISSIONS.iter().filter(|p| write || !p.writes).map(|p| p.statement).collect();
    names.dedup();
    for name in names {
        let of: Vec<&Permission> = PERMISSIONS.iter().filter(|permission| permission.statement == name).collect();
        let actions: Vec<&str> = of.iter().map(|permission| permission.action).collect();
        let arns: Vec<String> = of[0].resources.iter().map(|resource| arn(resource, partition)).collect();
        let resource = if arns.len() == 1 { json!(arns[0]) } else { json!(arns) };
        statements.push(json!({"Sid": name, "Effect": "Allow", "Action": actions, "Resource": resource}));
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn arn(resource: &str, partition: &str) -> String {
    if resource == "*" { resource.into() } else { format!("arn:{partition}:{resource}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The actions that the requests of this room name when they fail.
    fn named() -> BTreeSet<String> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut named = BTreeSet::new();
        let action =
            regex::Regex::new(r#""((?:lambda|logs|cloudwatch|xray|apigateway|sts|tag):[A-Z][A-Za-z]+)""#).unwrap();
        let mut files = vec![folder.join("aws"), folder.join("app/effect/change.rs")];
        while let Some(file) = files.pop() {
            if file.is_dir() {
                files.extend(std::fs::read_dir(file).unwrap().map(|entry| entry.unwrap().path()));
                continue;
            }
            if file.file_name().is_some_and(|name| name == "permissions.rs") {
                continue;
            }
            let text = std::fs::read_to_string(&file).unwrap();
            let code = text.split("#[cfg(test)]\nmod ").next().unwrap();
            named.extend(action.captures_iter(code).map(|found| found[1].to_string()));
        }
        named
    }

    #[test]
    fn the_table_holds_what_is_asked_for_and_nothing_else() {
        let table: BTreeSet<String> = PERMISSIONS.iter().map(|permission| permission.action.to_string()).collect();
        assert_eq!(table.len(), PERMISSIONS.len(), "each action stands once");
        assert_eq!(table, named());
    }

    #[test]
    fn a_policy_for_reading_grants_no_change() {
        let reading = policy(false, "aws").to_string();
        assert!(!reading.contains("InvokeFunction") && !reading.contains("Put") && !reading.contains("Delete"));
        assert!(policy(true, "aws").to_string().contains("lambda:InvokeFunction"));
        assert!(policy(true, "aws-cn").to_string().contains("arn:aws-cn:lambda:*:*:function:*"));
        assert_eq!(policy(false, "aws")["Statement"][1]["Resource"], "*");
    }
}
