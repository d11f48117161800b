//! Which service and operation a request means, from its path, target, form and signature.

use super::Service;
use crate::sim::wire::form::{pairs, percent_decode};
use crate::sim::wire::{Dialect, Request};

/// Where a request goes.
#[derive(Debug, PartialEq)]
pub struct Route {
    /// The service.
    pub service: Service,
    /// The operation; for an unknown path, the method and the path.
    pub operation: String,
    /// Parts of the path by name, decoded.
    pub labels: Vec<(&'static str, String)>,
    /// How it speaks.
    pub dialect: Dialect,
    /// Whether there is such an operation at that path; targets and forms are judged by their service.
    pub known: bool,
}

/// What a SigV4 signature says of its caller: `Credential=KEY/DATE/REGION/SERVICE/aws4_request`.
#[derive(Debug, PartialEq)]
pub struct Signature {
    /// Access key id.
    pub access_key: String,
    /// Region.
    pub region: String,
    /// Signing name of the service, as `monitoring`.
    pub service: String,
}

impl Signature {
    /// Reads the Authorization header; none if it is missing or no SigV4.
    pub fn of(request: &Request) -> Option<Signature> {
        let header = request.headers().get("authorization")?.to_str().ok()?;
        let rest = header.strip_prefix("AWS4-HMAC-SHA256")?;
        let credential = rest.split([',', ' ']).find_map(|part| part.strip_prefix("Credential="))?;
        let mut parts = credential.rsplit('/');
        let (Some("aws4_request"), Some(service), Some(region), Some(_date), Some(access_key)) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        Some(Signature { access_key: access_key.to_string(), region: region.to_string(), service: service.to_string() })
    }
}

/// Finds the route. None: nothing that any service here would understand.
pub fn route(request: &Request, signature: Option<&Signature>) -> Option<Route> {
    let path = request.uri().path();
    if let Some(rest) = path.strip_prefix("/service/ResourceGroupsTaggingAPI_20170126/operation/") {
        return Some(rpc(Service::Tagging, rest, Dialect::Cbor));
    }
    if let Some(rest) = path.strip_prefix("/service/GraniteServiceVersion20100801/operation/") {
        return Some(rpc(Service::CloudWatch, rest, Dialect::Cbor));
    }
    if let Some(target) = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok()) {
        return match target.split_once('.')? {
            ("Logs_20140328", operation) => Some(rpc(Service::Logs, operation, Dialect::Json11)),
            ("ResourceGroupsTaggingAPI_20170126", operation) => Some(rpc(Service::Tagging, operation, Dialect::Json11)),
            ("GraniteServiceVersion20100801", operation) => Some(rpc(Service::CloudWatch, operation, Dialect::Json10)),
            _ => None,
        };
    }
    if path == "/" && is_form(request) {
        return form_route(request, signature);
    }
    rest_route(request, signature)
}

fn rpc(service: Service, operation: &str, dialect: Dialect) -> Route {
    // A name from outside ends up in the ledger: names of AWS operations are short and plain.
    let operation = operation.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
    Route { service, operation, labels: Vec::new(), dialect, known: true }
}

fn is_form(request: &Request) -> bool {
    let kind = request.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.starts_with("application/x-www-form-urlencoded")
}

fn form_route(request: &Request, signature: Option<&Signature>) -> Option<Route> {
    let form = pairs(&String::from_utf8_lossy(request.body()), true);
    let value = |name: &str| form.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    let service = match (value("Version"), signature.map(|s| s.service.as_str())) {
        (Some("2011-06-15"), _) | (None, Some("sts")) => Service::Sts,
        (Some("2010-08-01"), _) | (None, Some("monitoring")) => Service::CloudWatch,
        _ => return None,
    };
    Some(rpc(service, value("Action")?, Dialect::Query))
}

fn rest_route(request: &Request, signature: Option<&Signature>) -> Option<Route> {
    let path = request.uri().path();
    let method = request.method().as_str();
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let signed_for = |service: Service| match signature.map(|s| s.service.as_str()) {
        None => true,
        Some("apigateway") => matches!(service, Service::ApiGateway | Service::ApiGatewayV2),
        Some(name) => name == service.name(),
    };
    for &(service, verb, template, operation) in ROUTES {
        if verb != method || !signed_for(service) {
            continue;
        }
        // /tags/{arn} of API Gateway and flags in the query tell apart what the path does not.
        let (template, flag) = template.split_once('?').map_or((template, None), |(path, flag)| (path, Some(flag)));
        let query = request.uri().query().unwrap_or_default();
        if flag.is_some_and(|flag| !query.split('&').any(|pair| pair == flag)) {
            continue;
        }
        if let Some(labels) = matches(template, &parts) {
            let dialect = rest_dialect(service);
            return Some(Route { service, operation: operation.to_string(), labels, dialect, known: true });
        }
    }
    let service = match signature.map(|s| s.service.as_str()) {
        Some("lambda") => Service::Lambda,
        Some("xray") => Service::XRay,
        Some("apigateway") if path.starts_with("/v2/") => Service::ApiGatewayV2,
        Some("apigateway") => Service::ApiGateway,
        _ => return None,
    };
    let operation = format!("{method} {}", path.chars().take(80).collect::<String>());
    Some(Route { service, operation, labels: Vec::new(), dialect: rest_dialect(service), known: false })
}

fn rest_dialect(service: Service) -> Dialect {
    if service == Service::Lambda { Dialect::RestLambda } else { Dialect::Rest }
}

fn matches(template: &'static str, parts: &[&str]) -> Option<Vec<(&'static str, String)>> {
    let wanted: Vec<&'static str> = template.trim_matches('/').split('/').collect();
    if wanted.len() != parts.len() {
        return None;
    }
    let mut labels = Vec::new();
    for (want, part) in wanted.into_iter().zip(parts) {
        match want.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => labels.push((name, percent_decode(part))),
            None if want == *part => {}
            None => return None,
        }
    }
    Some(labels)
}

const LAMBDA: Service = Service::Lambda;
const XRAY: Service = Service::XRay;
const V1: Service = Service::ApiGateway;
const V2: Service = Service::ApiGatewayV2;

/// REST operations: service, method, path (with a flag that the query must hold), operation. The first match counts.
const ROUTES: &[(Service, &str, &str, &str)] = &[
    (LAMBDA, "GET", "/2015-03-31/functions", "ListFunctions"),
    (LAMBDA, "GET", "/2015-03-31/functions/{FunctionName}", "GetFunction"),
    (LAMBDA, "GET", "/2015-03-31/functions/{FunctionName}/configuration", "GetFunctionConfiguration"),
    (LAMBDA, "GET", "/2015-03-31/functions/{FunctionName}/aliases", "ListAliases"),
    (LAMBDA, "GET", "/2015-03-31/functions/{FunctionName}/aliases/{Name}", "GetAlias"),
    (LAMBDA, "PUT", "/2015-03-31/functions/{FunctionName}/aliases/{Name}", "UpdateAlias"),
    (LAMBDA, "GET", "/2015-03-31/functions/{FunctionName}/versions", "ListVersionsByFunction"),
    (LAMBDA, "GET", "/2015-03-31/functions/{FunctionName}/policy", "GetPolicy"),
    (LAMBDA, "POST", "/2015-03-31/functions/{FunctionName}/invocations", "Invoke"),
    (LAMBDA, "POST", "/2021-11-15/functions/{FunctionName}/response-streaming-invocations", "InvokeWithResponseStream"),
    (LAMBDA, "GET", "/2019-09-30/functions/{FunctionName}/concurrency", "GetFunctionConcurrency"),
    (LAMBDA, "PUT", "/2017-10-31/functions/{FunctionName}/concurrency", "PutFunctionConcurrency"),
    (LAMBDA, "DELETE", "/2017-10-31/functions/{FunctionName}/concurrency", "DeleteFunctionConcurrency"),
    (
        LAMBDA,
        "GET",
        "/2019-09-30/functions/{FunctionName}/provisioned-concurrency?List=ALL",
        "ListProvisionedConcurrencyConfigs",
    ),
    (LAMBDA, "GET", "/2019-09-30/functions/{FunctionName}/provisioned-concurrency", "GetProvisionedConcurrencyConfig"),
    (LAMBDA, "PUT", "/2019-09-30/functions/{FunctionName}/provisioned-concurrency", "PutProvisionedConcurrencyConfig"),
    (
        LAMBDA,
        "DELETE",
        "/2019-09-30/functions/{FunctionName}/provisioned-concurrency",
        "DeleteProvisionedConcurrencyConfig",
    ),
    (LAMBDA, "GET", "/2019-09-25/functions/{FunctionName}/event-invoke-config", "GetFunctionEventInvokeConfig"),
    (LAMBDA, "GET", "/2019-09-25/functions/{FunctionName}/event-invoke-config/list", "ListFunctionEventInvokeConfigs"),
    (LAMBDA, "GET", "/2021-10-31/functions/{FunctionName}/url", "GetFunctionUrlConfig"),
    (LAMBDA, "GET", "/2021-10-31/functions/{FunctionName}/urls", "ListFunctionUrlConfigs"),
    (LAMBDA, "GET", "/2015-03-31/event-source-mappings", "ListEventSourceMappings"),
    (LAMBDA, "GET", "/2015-03-31/event-source-mappings/{UUID}", "GetEventSourceMapping"),
    (LAMBDA, "PUT", "/2015-03-31/event-source-mappings/{UUID}", "UpdateEventSourceMapping"),
    (LAMBDA, "GET", "/2016-08-19/account-settings", "GetAccountSettings"),
    (LAMBDA, "GET", "/2017-03-31/tags/{Resource}", "ListTags"),
    (XRAY, "POST", "/TraceSummaries", "GetTraceSummaries"),
    (XRAY, "POST", "/Traces", "BatchGetTraces"),
    (XRAY, "POST", "/ServiceGraph", "GetServiceGraph"),
    (XRAY, "POST", "/TraceGraph", "GetTraceGraph"),
    (XRAY, "POST", "/TimeSeriesServiceStatistics", "GetTimeSeriesServiceStatistics"),
    (XRAY, "POST", "/Groups", "GetGroups"),
    (XRAY, "POST", "/GetGroup", "GetGroup"),
    (XRAY, "POST", "/GetTraceSegmentDestination", "GetTraceSegmentDestination"),
    (XRAY, "POST", "/UpdateTraceSegmentDestination", "UpdateTraceSegmentDestination"),
    (XRAY, "POST", "/GetIndexingRules", "GetIndexingRules"),
    (XRAY, "POST", "/UpdateIndexingRule", "UpdateIndexingRule"),
    (XRAY, "POST", "/GetSamplingRules", "GetSamplingRules"),
    (XRAY, "POST", "/SamplingStatisticSummaries", "GetSamplingStatisticSummaries"),
    (XRAY, "POST", "/StartTraceRetrieval", "StartTraceRetrieval"),
    (XRAY, "POST", "/ListRetrievedTraces", "ListRetrievedTraces"),
    (XRAY, "POST", "/CancelTraceRetrieval", "CancelTraceRetrieval"),
    (XRAY, "POST", "/GetRetrievedTracesGraph", "GetRetrievedTracesGraph"),
    (V1, "GET", "/account", "GetAccount"),
    (V1, "GET", "/restapis", "GetRestApis"),
    (V1, "GET", "/restapis/{restApiId}", "GetRestApi"),
    (V1, "GET", "/restapis/{restApiId}/resources", "GetResources"),
    (V1, "GET", "/restapis/{restApiId}/resources/{resourceId}", "GetResource"),
    (V1, "GET", "/restapis/{restApiId}/stages", "GetStages"),
    (V1, "GET", "/restapis/{restApiId}/stages/{stageName}", "GetStage"),
    (V1, "PATCH", "/restapis/{restApiId}/stages/{stageName}", "UpdateStage"),
    (V1, "DELETE", "/restapis/{restApiId}/stages/{stageName}/cache/data", "FlushStageCache"),
    (V1, "DELETE", "/restapis/{restApiId}/stages/{stageName}/cache/authorizers", "FlushStageAuthorizersCache"),
    (V1, "GET", "/restapis/{restApiId}/deployments", "GetDeployments"),
    (V1, "GET", "/restapis/{restApiId}/deployments/{deploymentId}", "GetDeployment"),
    (V1, "GET", "/restapis/{restApiId}/authorizers", "GetAuthorizers"),
    (V1, "GET", "/usageplans", "GetUsagePlans"),
    (V1, "GET", "/usageplans/{usagePlanId}", "GetUsagePlan"),
    (V1, "PATCH", "/usageplans/{usagePlanId}", "UpdateUsagePlan"),
    (V1, "GET", "/usageplans/{usagePlanId}/usage", "GetUsage"),
    (V1, "GET", "/usageplans/{usagePlanId}/keys", "GetUsagePlanKeys"),
    (V1, "GET", "/apikeys", "GetApiKeys"),
    (V1, "GET", "/apikeys/{apiKey}", "GetApiKey"),
    (V1, "GET", "/clientcertificates", "GetClientCertificates"),
    (V1, "GET", "/clientcertificates/{clientCertificateId}", "GetClientCertificate"),
    (V1, "GET", "/domainnames", "GetDomainNames"),
    (V1, "GET", "/domainnames/{domainName}/basepathmappings", "GetBasePathMappings"),
    (V2, "GET", "/v2/apis", "GetApis"),
    (V2, "GET", "/v2/apis/{apiId}", "GetApi"),
    (V2, "GET", "/v2/apis/{apiId}/stages", "GetStages"),
    (V2, "GET", "/v2/apis/{apiId}/stages/{stageName}", "GetStage"),
    (V2, "PATCH", "/v2/apis/{apiId}/stages/{stageName}", "UpdateStage"),
    (V2, "DELETE", "/v2/apis/{apiId}/stages/{stageName}/routesettings/{routeKey}", "DeleteRouteSettings"),
    (V2, "GET", "/v2/apis/{apiId}/routes", "GetRoutes"),
    (V2, "GET", "/v2/apis/{apiId}/integrations", "GetIntegrations"),
    (V2, "GET", "/v2/apis/{apiId}/authorizers", "GetAuthorizers"),
    (V2, "GET", "/v2/apis/{apiId}/deployments", "GetDeployments"),
    (V2, "GET", "/v2/domainnames", "GetDomainNames"),
    (V2, "GET", "/v2/domainnames/{domainName}", "GetDomainName"),
    (V2, "GET", "/v2/domainnames/{domainName}/apimappings", "GetApiMappings"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn request(method: &str, uri: &str, headers: &[(&str, &str)], body: &'static str) -> Request {
        let mut request = http::Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Bytes::from_static(body.as_bytes())).expect("a request")
    }

    fn signed(service: &str) -> Signature {
        Signature { access_key: "AKID".into(), region: "eu-west-1".into(), service: service.into() }
    }

    #[test]
    fn a_signature_names_its_caller() {
        let header = "AWS4-HMAC-SHA256 Credential=AK/20260101/eu-west-1/monitoring/aws4_request, SignedHeaders=host, Signature=0";
        let read = Signature::of(&request("POST", "/", &[("authorization", header)], ""));
        let want = Signature { access_key: "AK".into(), ..signed("monitoring") };
        assert_eq!(read, Some(want));
        assert_eq!(Signature::of(&request("POST", "/", &[("authorization", "Bearer x")], "")), None);
    }

    #[test]
    fn each_protocol_finds_its_operation() {
        let cbor = request("POST", "/service/GraniteServiceVersion20100801/operation/ListMetrics", &[], "");
        let logs = request("POST", "/", &[("x-amz-target", "Logs_20140328.FilterLogEvents")], "");
        let form = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
        let sts = request("POST", "/", &form, "Action=GetCallerIdentity&Version=2011-06-15");
        let found: Vec<_> = [cbor, logs, sts].iter().filter_map(|r| route(r, None)).collect();
        let names: Vec<_> = found.iter().map(|r| (r.service, r.operation.as_str(), r.dialect)).collect();
        assert_eq!(
            names,
            [
                (Service::CloudWatch, "ListMetrics", Dialect::Cbor),
                (Service::Logs, "FilterLogEvents", Dialect::Json11),
                (Service::Sts, "GetCallerIdentity", Dialect::Query),
            ]
        );
    }

    #[test]
    fn paths_are_told_apart_by_query_and_signature() {
        let get =
            |uri: &str, service: &str| route(&request("GET", uri, &[], ""), Some(&signed(service))).expect("a route");
        let list = get("/2019-09-30/functions/a%3Ab/provisioned-concurrency?List=ALL&MaxItems=1", "lambda");
        assert_eq!(
            (list.operation.as_str(), &list.labels),
            ("ListProvisionedConcurrencyConfigs", &vec![("FunctionName", "a:b".to_string())])
        );
        assert_eq!(get("/2015-03-31/functions/", "lambda").operation, "ListFunctions");
        assert_eq!(get("/v2/apis/x/stages", "apigateway").service, Service::ApiGatewayV2);
        assert!(!get("/restapis", "lambda").known);
    }
}
