//! Resource Groups Tagging API: which functions, APIs and stages bear which tags.
//!
//! Read only. It lists what is tagged; an unknown resource type is no error and finds nothing, as in AWS. Over awsJson 1.1
//! and CBOR, for the service has both.

use std::collections::BTreeSet;

use super::apigateway::{api_tags, stage_tags};
use super::{Call, page, unknown_operation};
use crate::sim::wire::Response;
use crate::sim::wire::document::Document;
use crate::sim::world::catalog::Protocol;

/// Resources in a page when the client does not say: the most, as in AWS.
const PAGE: i64 = 100;

type Tags = Vec<(String, String)>;
/// Code and message.
type Refusal = (&'static str, String);

/// Answers one operation.
pub fn handle(call: &Call<'_>) -> Response {
    let input = match call.input() {
        Ok(input) => input,
        Err(refusal) => return refusal,
    };
    let result = match call.operation {
        "GetResources" => resources(call, &input),
        "GetTagKeys" => {
            let keys = all(call).into_iter().flat_map(|(_, tags)| tags).map(|(key, _)| key);
            words(call, &input, "TagKeys", keys.collect())
        }
        "GetTagValues" => {
            let wanted = input.text("Key").unwrap_or_default();
            let tags = all(call).into_iter().flat_map(|(_, tags)| tags);
            words(call, &input, "TagValues", tags.filter(|(key, _)| key == wanted).map(|(_, value)| value).collect())
        }
        _ => return unknown_operation(call),
    };
    match result {
        Ok(document) => call.output("", &document),
        Err((code, message)) => call.error(400, code, &message),
    }
}

fn wrong(message: impl Into<String>) -> Refusal {
    ("InvalidParameterException", message.into())
}

/// A filter: a key, and values of which one will do; none: any.
struct Filter {
    key: String,
    values: Vec<String>,
}

fn resources(call: &Call<'_>, input: &Document) -> Result<Document, Refusal> {
    let arns = input.texts("ResourceARNList");
    let types = input.texts("ResourceTypeFilters");
    let filters = filters(input)?;
    if !arns.is_empty() && (!types.is_empty() || !filters.is_empty() || input.int("ResourcesPerPage").is_some()) {
        return Err(wrong("ResourceARNList can't be combined with filters or pages."));
    }
    if arns.len() > 100 {
        return Err(wrong("ResourceARNList takes at most 100 ARNs."));
    }
    let limit = match (input.int("ResourcesPerPage"), input.int("TagsPerPage")) {
        (Some(limit), _) if !(1..=100).contains(&limit) => {
            return Err(wrong(format!("ResourcesPerPage must be from 1 to 100, not {limit}.")));
        }
        (Some(limit), _) => limit,
        (None, Some(tags)) if !(100..=500).contains(&tags) || tags % 100 != 0 => {
            return Err(wrong(format!("TagsPerPage must be from 100 to 500 in steps of 100, not {tags}.")));
        }
        (None, _) => PAGE,
    };
    let of_type = |arn: &str| types.is_empty() || types.iter().any(|wanted| is_of_type(arn, wanted));
    let passes = |tags: &Tags| {
        filters.iter().all(|filter| {
            tags.iter()
                .any(|(key, value)| *key == filter.key && (filter.values.is_empty() || filter.values.contains(value)))
        })
    };
    let mut found = all(call);
    found.retain(|(arn, tags)| of_type(arn) && passes(tags) && (arns.is_empty() || arns.contains(arn)));
    let scope = format!("tagging {types:?} {:?}", input.get("TagFilters").map(Document::to_json));
    let (items, token) = paged(&scope, input, found, limit)?;
    let shown = items.into_iter().map(|(arn, tags)| {
        let tags = tags.into_iter().map(|(key, value)| Document::map([("Key", key.into()), ("Value", value.into())]));
        Document::map([("ResourceARN", arn.into()), ("Tags", Document::list(tags))])
    });
    Ok(Document::map([("PaginationToken", token.into()), ("ResourceTagMappingList", Document::list(shown))]))
}

fn words(call: &Call<'_>, input: &Document, name: &'static str, all: BTreeSet<String>) -> Result<Document, Refusal> {
    let scope = format!("tagging {} {:?}", call.operation, input.text("Key"));
    let (items, token) = paged(&scope, input, all.into_iter().collect(), 1000)?;
    Ok(Document::map([("PaginationToken", token.into()), (name, Document::list(items))]))
}

/// A page, and the token of the next one: an empty text after the last.
fn paged<T>(scope: &str, input: &Document, items: Vec<T>, limit: i64) -> Result<(Vec<T>, String), Refusal> {
    let sent = input.text("PaginationToken").filter(|token| !token.is_empty());
    let (items, next) = page::of(scope, items, sent, usize::try_from(limit).unwrap_or(1))
        .ok_or_else(|| wrong("The PaginationToken was not given for this request."))?;
    Ok((items, next.unwrap_or_default()))
}

fn filters(input: &Document) -> Result<Vec<Filter>, Refusal> {
    let listed = input.items("TagFilters");
    if listed.len() > 50 {
        return Err(wrong("TagFilters takes at most 50 keys."));
    }
    let read = listed.iter().map(|filter| {
        let key = filter.text("Key").filter(|key| !key.is_empty() && key.chars().count() <= 128);
        let key = key.ok_or_else(|| wrong("A tag filter needs a Key of 1 to 128 characters."))?;
        let values = filter.texts("Values");
        if values.len() > 20 {
            return Err(wrong("A tag filter takes at most 20 values."));
        }
        Ok(Filter { key: key.to_owned(), values })
    });
    read.collect()
}

/// `lambda` is all of a service, `lambda:function` one kind of its resources.
fn is_of_type(arn: &str, wanted: &str) -> bool {
    let mut parts = arn.splitn(6, ':').skip(2);
    let (service, resource) = (parts.next().unwrap_or_default(), parts.nth(2).unwrap_or_default());
    match wanted.split_once(':') {
        None => service == wanted,
        Some((wanted, kind)) => {
            // `function:NAME` of Lambda; `/restapis/ID/stages/NAME` of API Gateway, whose type is told in full.
            let steps: Vec<&str> = resource.split('/').skip(1).collect();
            let is_kind = match steps.as_slice() {
                [] => resource.split(':').next() == Some(kind),
                [collection, _] => kind == *collection || kind == format!("/{collection}"),
                [collection, _, sub, _] => {
                    kind == format!("{collection}/{sub}") || kind == format!("/{collection}/{sub}")
                }
                _ => false,
            };
            service == wanted && is_kind
        }
    }
}

/// All that is tagged, with its tags by key.
fn all(call: &Call<'_>) -> Vec<(String, Tags)> {
    let catalog = &call.world.catalog;
    let mut found: Vec<(String, Tags)> = (0..catalog.functions.len())
        .map(|function| (catalog.function_arn(function), catalog.functions[function].tags.clone()))
        .collect();
    for (id, api) in catalog.apis.iter().enumerate() {
        let collection = if api.protocol == Protocol::Rest { "restapis" } else { "apis" };
        let arn = format!("arn:aws:apigateway:{}::/{collection}/{}", catalog.region, api.id);
        for stage in call.world.stages_of(id, call.now) {
            let name = &api.stages[stage].name;
            found.push((format!("{arn}/stages/{name}"), stage_tags(name)));
        }
        found.push((arn, api_tags(api)));
    }
    found.retain(|(_, tags)| !tags.is_empty());
    for (_, tags) in &mut found {
        tags.sort();
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_a_service_or_one_kind_of_its_resources() {
        let function = "arn:aws:lambda:eu-west-1:210987654321:function:a";
        let api = "arn:aws:apigateway:eu-west-1::/restapis/k3v9q2m7ta";
        let stage = "arn:aws:apigateway:eu-west-1::/restapis/k3v9q2m7ta/stages/prod";
        for (arn, wanted, is) in [
            (function, "lambda", true),
            (function, "lambda:function", true),
            (function, "lambda:layer", false),
            (function, "apigateway", false),
            (api, "apigateway", true),
            (api, "apigateway:restapis", true),
            (api, "apigateway:/restapis", true),
            (stage, "apigateway:restapis", false),
            (stage, "apigateway:restapis/stages", true),
            (stage, "apigateway", true),
        ] {
            assert_eq!(is_of_type(arn, wanted), is, "{arn} {wanted}");
        }
    }
}
