//! Which traces a filter expression picks.
//!
//! Outside of `service` and `edge` a keyword speaks of the trace: of what its root segment answered. Inside, of one
//! node: a segment. A value that is not there fails every comparison.

use serde_json::Value;

use super::filter::{AnnotationTest, Compare, Filter, Flag, NumberKey, Selector, TextKey, TextTest};
use super::trace::{Segment, Trace};

/// Whether `filter` picks `trace`; `group` finds the expression of a group by its name.
pub fn picks(filter: &Filter, trace: &Trace, group: &dyn Fn(&str) -> Option<Filter>) -> bool {
    Question { trace, account: account(trace), group }.holds(filter, None)
}

/// The segments that an entity selector means: the nodes of `service(…)`, the callees of `edge(…)`; the roots without one.
pub fn entities<'a>(selector: Option<&Filter>, trace: &'a Trace) -> Vec<&'a Segment> {
    let question = Question { trace, account: account(trace), group: &|_| None };
    let wanted = |segment: &&Segment| match selector {
        None => segment.parent.is_none(),
        Some(Filter::Service(selector, inner)) => {
            question.names(selector, segment) && inner.as_ref().is_none_or(|inner| question.holds(inner, Some(segment)))
        }
        Some(Filter::Edge(from, to, inner)) => {
            segment.parent.and_then(|id| trace.holder(id)).is_some_and(|caller| question.names(from, caller))
                && question.names(to, segment)
                && inner.as_ref().is_none_or(|inner| question.holds(inner, Some(segment)))
        }
        Some(other) => segment.parent.is_none() && question.holds(other, None),
    };
    trace.segments.iter().filter(wanted).collect()
}

fn account(trace: &Trace) -> Option<&str> {
    trace.segments.iter().find_map(|segment| segment.aws.get("account_id").and_then(Value::as_str))
}

struct Question<'a> {
    trace: &'a Trace,
    account: Option<&'a str>,
    group: &'a dyn Fn(&str) -> Option<Filter>,
}

impl Question<'_> {
    /// `node` is the segment that the braces of `service` or `edge` speak of.
    fn holds(&self, filter: &Filter, node: Option<&Segment>) -> bool {
        match filter {
            Filter::And(parts) => parts.iter().all(|part| self.holds(part, node)),
            Filter::Or(parts) => parts.iter().any(|part| self.holds(part, node)),
            Filter::Not(inner) => !self.holds(inner, node),
            Filter::Flag(flag, wanted) => self.flag(*flag, node) == *wanted,
            Filter::Number(key, compare, wanted) => {
                self.number(*key, node).is_some_and(|found| numbers(found, *compare, *wanted))
            }
            Filter::Text(key, test, wanted) => self.text(*key, node, &|found| texts(found, *test, wanted)),
            Filter::Annotation(key, test) => self.annotation(key, test, node),
            Filter::Service(selector, inner) => self.trace.segments.iter().any(|segment| {
                self.names(selector, segment) && inner.as_ref().is_none_or(|inner| self.holds(inner, Some(segment)))
            }),
            Filter::Edge(from, to, inner) => self.trace.segments.iter().any(|callee| {
                let caller = callee.parent.and_then(|id| self.trace.holder(id));
                caller.is_some_and(|caller| self.names(from, caller))
                    && self.names(to, callee)
                    && inner.as_ref().is_none_or(|inner| self.holds(inner, Some(callee)))
            }),
            Filter::Group(name, wanted) => {
                (self.group)(name).is_some_and(|filter| self.holds(&filter, None)) == *wanted
            }
        }
    }

    fn names(&self, selector: &Selector, segment: &Segment) -> bool {
        let fits = |wanted: &Option<String>, found: Option<&str>| wanted.is_none() || wanted.as_deref() == found;
        fits(&selector.name, Some(segment.node_name()))
            && fits(&selector.kind, Some(segment.node_type()))
            && fits(&selector.account, self.account)
    }

    fn flag(&self, flag: Flag, node: Option<&Segment>) -> bool {
        let segment = node.unwrap_or(self.trace.root());
        match flag {
            Flag::Ok => segment.failure.none() && !segment.in_progress,
            Flag::Error => segment.failure.error,
            Flag::Throttle => segment.failure.throttle,
            Flag::Fault => segment.failure.fault,
            Flag::Partial => node.map_or(self.trace.partial(), |segment| segment.in_progress),
            Flag::Inferred => segment.inferred,
            Flag::Root => segment.parent.is_none(),
            Flag::First => segment.id == self.trace.root().id,
            Flag::Last => !self.trace.segments.iter().any(|other| {
                other.parent.is_some_and(|id| self.trace.holder(id).is_some_and(|holder| holder.id == segment.id))
            }),
            Flag::Remote => segment.node_type() == "remote",
        }
    }

    fn number(&self, key: NumberKey, node: Option<&Segment>) -> Option<f64> {
        match (key, node) {
            (NumberKey::Duration, None) => Some(self.trace.duration_s()),
            (NumberKey::ResponseTime, None) => Some(self.trace.root().duration_s()),
            (NumberKey::Duration | NumberKey::ResponseTime, Some(segment)) => Some(segment.duration_s()),
            (NumberKey::HttpStatus, _) => node.unwrap_or(self.trace.root()).http.status.map(f64::from),
            (NumberKey::Index, None) => None,
            (NumberKey::Index, Some(segment)) => {
                let place = self.trace.segments.iter().position(|other| other.id == segment.id)?;
                u32::try_from(place).ok().map(f64::from)
            }
            (NumberKey::Coverage, None) => Some(1.0),
            (NumberKey::Coverage, Some(segment)) => {
                let whole = self.trace.duration_s();
                if whole > 0.0 { Some(segment.duration_s() / whole) } else { None }
            }
        }
    }

    fn text(&self, key: TextKey, node: Option<&Segment>, fits: &dyn Fn(&str) -> bool) -> bool {
        let segment = node.unwrap_or(self.trace.root());
        let http = &segment.http;
        let fit = |found: &Option<String>| found.as_deref().is_some_and(fits);
        // These speak of any segment of the trace.
        let somewhere = |has: &dyn Fn(&Segment) -> bool| match node {
            Some(segment) => has(segment),
            None => self.trace.segments.iter().any(has),
        };
        match key {
            TextKey::HttpUrl => fit(&http.url),
            TextKey::HttpMethod => fit(&http.method),
            TextKey::HttpUserAgent => fit(&http.user_agent),
            TextKey::HttpClientIp => fit(&http.client_ip),
            TextKey::User => somewhere(&|segment| fit(&segment.user)),
            TextKey::Name => somewhere(&|segment| fits(segment.node_name())),
            TextKey::Type => somewhere(&|segment| fits(segment.node_type())),
            TextKey::ResourceArn => somewhere(&|segment| fit(&segment.resource_arn)),
            TextKey::Message => somewhere(&|segment| {
                let mut found = false;
                segment.walk(&mut |part| found |= part.exceptions.iter().any(|exception| fits(&exception.message)));
                found
            }),
            // Nothing in this account runs on an instance.
            TextKey::AvailabilityZone | TextKey::InstanceId => false,
        }
    }

    fn annotation(&self, key: &str, test: &AnnotationTest, node: Option<&Segment>) -> bool {
        let mut found = false;
        let mut look = |part: &Segment| {
            found |= part.annotations.iter().any(|(name, value)| {
                name == key
                    && match (test, value) {
                        (AnnotationTest::Number(compare, wanted), Value::Number(value)) => {
                            value.as_f64().is_some_and(|value| numbers(value, *compare, *wanted))
                        }
                        (AnnotationTest::Text(test, wanted), Value::String(value)) => texts(value, *test, wanted),
                        (AnnotationTest::Flag(wanted), Value::Bool(value)) => value == wanted,
                        _ => false,
                    }
            });
        };
        match node {
            Some(segment) => segment.walk(&mut look),
            None => self.trace.walk(&mut look),
        }
        found
    }
}

fn numbers(found: f64, compare: Compare, wanted: f64) -> bool {
    match compare {
        Compare::Equal => found == wanted,
        Compare::NotEqual => found != wanted,
        Compare::Less => found < wanted,
        Compare::LessOrEqual => found <= wanted,
        Compare::Greater => found > wanted,
        Compare::GreaterOrEqual => found >= wanted,
    }
}

fn texts(found: &str, test: TextTest, wanted: &str) -> bool {
    match test {
        TextTest::Equal => found == wanted,
        TextTest::NotEqual => found != wanted,
        TextTest::Contains => found.contains(wanted),
        TextTest::BeginsWith => found.starts_with(wanted),
        TextTest::EndsWith => found.ends_with(wanted),
    }
}

#[cfg(test)]
mod tests {
    use super::super::filter::parse;
    use super::super::trace::{Exception, Failure, Http};
    use super::*;

    /// Stage -> Lambda service -> function -> table; the function failed, the stage answered 502.
    fn trace() -> Trace {
        let stage = Segment {
            id: 1,
            name: "shop/prod".into(),
            start_ms: 0.0,
            end_ms: 2_000.0,
            origin: Some("AWS::ApiGateway::Stage".into()),
            http: Http {
                method: Some("POST".into()),
                url: Some("https://x.execute-api.eu-west-1.amazonaws.com/prod/checkout".into()),
                user_agent: Some("curl/8".into()),
                client_ip: Some("192.0.2.7".into()),
                status: Some(502),
                content_length: None,
            },
            failure: Failure::fault(),
            annotations: vec![("aws:api_id".into(), "x".into())],
            subsegments: vec![Segment { id: 2, name: "Lambda".into(), end_ms: 1_990.0, ..Segment::default() }],
            ..Segment::default()
        };
        let service = Segment {
            id: 3,
            parent: Some(2),
            name: "checkout".into(),
            end_ms: 1_980.0,
            origin: Some("AWS::Lambda".into()),
            http: Http { status: Some(200), ..Http::default() },
            failure: Failure::fault(),
            ..Segment::default()
        };
        let call = Segment { id: 5, name: "DynamoDB".into(), start_ms: 10.0, end_ms: 60.0, ..Segment::default() };
        let function = Segment {
            id: 4,
            parent: Some(3),
            name: "checkout".into(),
            start_ms: 5.0,
            end_ms: 1_975.0,
            origin: Some("AWS::Lambda::Function".into()),
            aws: [("account_id".to_owned(), "123456789012".into())].into_iter().collect(),
            failure: Failure::fault(),
            user: Some("mia".into()),
            annotations: vec![("tier".into(), "gold".into()), ("items".into(), 3.into()), ("beta".into(), true.into())],
            exceptions: vec![Exception {
                id: 9,
                kind: "PaymentDeclined".into(),
                message: "card declined".into(),
                remote: false,
                stack: Vec::new(),
            }],
            subsegments: vec![call],
            ..Segment::default()
        };
        let table = Segment {
            id: 6,
            parent: Some(5),
            name: "DynamoDB".into(),
            start_ms: 10.0,
            end_ms: 60.0,
            origin: Some("AWS::DynamoDB::Table".into()),
            inferred: true,
            aws: [("resource_names".to_owned(), serde_json::json!(["orders"]))].into_iter().collect(),
            ..Segment::default()
        };
        Trace { id: "1-00000000-000000000000000000000000".into(), segments: vec![stage, service, function, table] }
    }

    fn picked(text: &str) -> bool {
        let group = |name: &str| (name == "slow").then(|| parse("duration > 1").expect("it is well formed"));
        picks(&parse(text).expect(text), &trace(), &group)
    }

    #[test]
    fn picks_what_the_expression_describes() {
        let yes = [
            "fault",
            "!ok",
            "ok = false AND !error",
            "duration = 2",
            "duration >= 1.5 duration <= 2.5",
            "responsetime > 1.9",
            "http.status = 502",
            "http.url CONTAINS \"/checkout\"",
            "http.url ENDSWITH \"checkout\" AND http.method = \"POST\"",
            "http.useragent BEGINSWITH \"curl\"",
            "http.clientip = \"192.0.2.7\"",
            "user = \"mia\"",
            "user CONTAINS \"\"",
            "message CONTAINS \"declined\"",
            "name = \"orders\"",
            "annotation.tier = \"gold\"",
            "annotation[tier] != \"silver\"",
            "annotation.items > 2",
            "annotation.beta = true",
            "annotation.aws:api_id = \"x\"",
            "service(\"checkout\")",
            "service() { fault }",
            "service(\"orders\") { ok AND inferred AND last }",
            "service(id(name: \"checkout\", type: \"AWS::Lambda::Function\")) { fault }",
            "service(id(name: \"checkout\", account.id: \"123456789012\"))",
            "service(\"shop/prod\") { root AND first AND http.status = 502 }",
            "service(\"checkout\") { annotation.items = 3 }",
            "edge(\"shop/prod\", \"checkout\") { fault }",
            "edge(\"checkout\", \"orders\") { ok AND duration < 0.1 AND coverage < 0.5 }",
            "edge(id(type: \"AWS::Lambda\"), id(type: \"AWS::Lambda::Function\"))",
            "group.name = \"slow\"",
            "group.name != \"other\"",
            "ok OR fault",
        ];
        for text in yes {
            assert!(picked(text), "{text}");
        }
    }

    #[test]
    fn leaves_out_what_it_does_not() {
        let no = [
            "ok",
            "error",
            "throttle",
            "partial",
            "duration < 2",
            "http.status != 502",
            "http.url CONTAINS \"/Checkout\"",
            "availabilityzone CONTAINS \"\"",
            "annotation.tier = \"silver\"",
            "annotation.items = \"3\"",
            "annotation.items > 3",
            "annotation.missing != \"x\"",
            "service(\"DynamoDB\")",
            "service(\"orders\") { fault }",
            "service(id(name: \"checkout\", type: \"AWS::SQS::Queue\"))",
            "service(id(name: \"checkout\", account.id: \"210987654321\"))",
            "edge(\"checkout\", \"shop/prod\")",
            "edge(\"shop/prod\", \"orders\")",
            "!service(\"checkout\")",
            "group.name = \"other\"",
            "fault AND ok",
        ];
        for text in no {
            assert!(!picked(text), "{text}");
        }
    }

    #[test]
    fn a_trace_seen_midway_is_partial_and_its_outcome_unknown() {
        let midway = trace().at(1_000.0).expect("it began");
        assert!(midway.partial());
        let group = |_: &str| None;
        assert!(picks(&parse("partial AND !fault AND !ok").expect("well formed"), &midway, &group));
        assert!(
            picks(&parse("service(\"orders\") { ok }").expect("well formed"), &midway, &group),
            "the table answered"
        );
        assert!(midway.segments[0].document("t").get("end_time").is_none());
        assert_eq!(midway.segments[0].document("t")["in_progress"], true);
        assert!(trace().at(-1.0).is_none());
    }
}
