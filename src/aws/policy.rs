//! Resource policies of functions: who may invoke them.

use serde_json::Value;

use super::Account;
use super::reading::{said, shown};
use crate::model::function::{Alias, Grant};
use crate::model::trouble::{Kind, Trouble};

/// Aliases whose policies are read: most functions have one or two.
const POLICIES: usize = 3;

/// GetPolicy of the function, and of its first aliases: an integration that names an alias is granted on that alias.
pub(super) async fn grants(account: &Account, name: &str, aliases: &[Alias]) -> Result<Vec<Grant>, Trouble> {
    let qualifiers = std::iter::once(None).chain(aliases.iter().take(POLICIES).map(|alias| Some(alias.name.clone())));
    let mut grants = Vec::new();
    for qualifier in qualifiers {
        let request = account.lambda().get_policy().function_name(name).set_qualifier(qualifier.clone());
        match request.send().await {
            Ok(output) => grants.extend(statements(output.policy().unwrap_or_default(), qualifier.as_deref())),
            Err(error) => {
                let trouble = account.trouble("lambda:GetPolicy", &error);
                if trouble.kind != Kind::Missing {
                    return Err(trouble);
                }
            }
        }
    }
    Ok(grants)
}

/// The statements of a policy document that let somebody in; what can't be read says nothing.
fn statements(policy: &str, qualifier: Option<&str>) -> Vec<Grant> {
    let Ok(document) = serde_json::from_str::<Value>(policy) else { return vec![] };
    let text = |value: &Value| shown(value.as_str());
    let statement = |statement: &Value| {
        if statement["Effect"] != "Allow" {
            return None;
        }
        let principal = match &statement["Principal"] {
            Value::Object(kinds) => {
                let named: Vec<String> = kinds
                    .values()
                    .flat_map(|names| match names {
                        Value::Array(names) => names.iter().map(text).collect(),
                        name => vec![text(name)],
                    })
                    .collect();
                named.join(", ")
            }
            name => text(name),
        };
        let conditions = statement["Condition"].as_object();
        let source = conditions.and_then(|conditions| {
            conditions.values().filter_map(Value::as_object).find_map(|keys| {
                let named = |name: &&String| name.eq_ignore_ascii_case("aws:SourceArn");
                keys.keys().find(named).and_then(|name| said(keys[name].as_str()))
            })
        });
        Some(Grant { sid: text(&statement["Sid"]), principal, source, qualifier: qualifier.map(str::to_string) })
    };
    document["Statement"].as_array().into_iter().flatten().filter_map(statement).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_tells_who_may_invoke() {
        let policy = r#"{"Version":"2012-10-17","Statement":[
            {"Sid":"rule","Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"lambda:InvokeFunction",
             "Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:events:eu-west-1:123456789012:rule/keep-warm"}}},
            {"Sid":"other","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::1:root","2"]},"Action":"lambda:*"},
            {"Sid":"no","Effect":"Deny","Principal":"*","Action":"lambda:*"}]}"#;
        let grants = statements(policy, Some("live"));
        assert_eq!(grants.len(), 2);
        assert_eq!(grants[0].principal, "events.amazonaws.com");
        assert_eq!(grants[0].source.as_deref(), Some("arn:aws:events:eu-west-1:123456789012:rule/keep-warm"));
        assert_eq!(
            (grants[1].principal.as_str(), grants[1].qualifier.as_deref()),
            ("arn:aws:iam::1:root, 2", Some("live"))
        );
        assert!(statements("no json", None).is_empty());
    }
}
