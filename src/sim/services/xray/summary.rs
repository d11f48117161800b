//! Trace summaries: what the list of traces shows of each.

use serde_json::{Map, Value, json};

use super::trace::{Segment, Trace, micros};

/// One entry of TraceSummaries.
pub fn summary(trace: &Trace, account: &str) -> Value {
    let root = trace.root();
    let service = |segment: &Segment| service_id(segment, account);
    let mut http = Map::new();
    for (key, value) in [
        ("HttpURL", root.http.url.as_deref().map(Value::from)),
        ("HttpStatus", root.http.status.map(Value::from)),
        ("HttpMethod", root.http.method.as_deref().map(Value::from)),
        ("UserAgent", root.http.user_agent.as_deref().map(Value::from)),
        ("ClientIp", root.http.client_ip.as_deref().map(Value::from)),
    ] {
        if let Some(value) = value {
            http.insert(key.into(), value);
        }
    }
    let mut services: Vec<Value> = Vec::new();
    let mut arns: Vec<Value> = Vec::new();
    let mut users: Vec<Value> = Vec::new();
    let mut annotations: Map<String, Value> = Map::new();
    for segment in &trace.segments {
        let id = service(segment);
        if !services.contains(&id) {
            services.push(id.clone());
        }
        let arn = segment.resource_arn.as_ref().map(|arn| json!({"ARN": arn}));
        arns.extend(arn.filter(|arn| !arns.contains(arn)));
        let user = segment.user.as_ref().map(|user| json!({"UserName": user, "ServiceIds": [id]}));
        users.extend(user.filter(|user| !users.iter().any(|known: &Value| known["UserName"] == user["UserName"])));
        segment.walk(&mut |part| {
            for (key, value) in &part.annotations {
                let value = match value {
                    Value::Bool(truth) => json!({"BooleanValue": truth}),
                    Value::Number(number) => json!({"NumberValue": number}),
                    other => json!({"StringValue": other}),
                };
                let values = annotations.entry(key.clone()).or_insert_with(|| json!([]));
                if let Value::Array(values) = values
                    && !values.iter().any(|known| known["AnnotationValue"] == value)
                {
                    values.push(json!({"AnnotationValue": value, "ServiceIds": [id]}));
                }
            }
        });
    }
    let mut shown = json!({
        "Id": trace.id,
        "StartTime": micros(trace.start_ms()),
        "Duration": trace.duration_s(),
        "ResponseTime": root.duration_s(),
        "HasFault": root.failure.fault,
        "HasError": root.failure.error,
        "HasThrottle": root.failure.throttle,
        "IsPartial": trace.partial(),
        "Http": http,
        "Annotations": annotations,
        "Users": users,
        "ServiceIds": services,
        "ResourceARNs": arns,
        "InstanceIds": [],
        "AvailabilityZones": [],
        "EntryPoint": service(root),
        "FaultRootCauses": [],
        "ErrorRootCauses": [],
        "ResponseTimeRootCauses": [],
        "Revision": trace.segments.len(),
    });
    if root.failure.fault {
        shown["FaultRootCauses"] = json!([root_cause(trace, account, |segment| segment.failure.fault)]);
    } else if root.failure.error {
        shown["ErrorRootCauses"] = json!([root_cause(trace, account, |segment| segment.failure.error)]);
    }
    shown
}

/// How a service is named in summaries.
pub fn service_id(segment: &Segment, account: &str) -> Value {
    let name = segment.node_name();
    json!({"Name": name, "Names": [name], "AccountId": account, "Type": segment.node_type()})
}

/// The chain of failed services from the root down to the last that failed.
fn root_cause(trace: &Trace, account: &str, failed: impl Fn(&Segment) -> bool) -> Value {
    let mut chain = vec![trace.root()];
    while let Some(at) = chain.last() {
        let called = trace.segments.iter().find(|segment| {
            let within = segment.parent.is_some_and(|id| {
                let mut found = false;
                at.walk(&mut |part| found |= part.id == id);
                found
            });
            within && failed(segment) && !chain.iter().any(|known| known.id == segment.id)
        });
        match called {
            Some(called) => chain.push(called),
            None => break,
        }
    }
    let services: Vec<Value> = chain
        .into_iter()
        .map(|segment| {
            let mut path: Vec<Value> = Vec::new();
            segment.walk(&mut |part| {
                let matters = part.id == segment.id || failed(part);
                if matters {
                    let exceptions =
                        part.exceptions.iter().map(|one| json!({"Name": one.kind, "Message": one.message}));
                    path.push(json!({
                        "Name": part.name,
                        "Exceptions": exceptions.collect::<Vec<_>>(),
                        "Remote": part.namespace == Some("remote"),
                    }));
                }
            });
            let mut shown = service_id(segment, account);
            shown["EntityPath"] = path.into();
            shown["Inferred"] = segment.inferred.into();
            shown
        })
        .collect();
    json!({"Services": services, "ClientImpacting": true})
}
