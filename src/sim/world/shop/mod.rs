//! The default account: a shop, its functions in tables, what triggers them, and what they say.

mod apis;
mod extras;
mod functions;
mod stacks;
mod voices;

use super::Millis;
use super::catalog::{Alarm, Catalog, EventSourceMapping, FunctionId, Trigger};
use super::dice::{Dice, hash_text};

/// Twelve digits that belong to nobody: AWS's documentation uses this kind of number.
const ACCOUNT: &str = "210987654321";
const REGION: &str = "eu-west-1";

/// Builds the catalog; `functions` beyond the shop's own are fillers.
pub fn catalog(functions: usize, born: Millis) -> Catalog {
    let mut catalog = Catalog {
        account_id: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        functions: functions::all(born),
        apis: Vec::new(),
        mappings: Vec::new(),
        alarms: Vec::new(),
        permissions: extras::permissions(),
    };
    let own = catalog.functions.len();
    catalog.functions.extend((own..functions.max(own)).map(|number| super::filler::function(number, born)));
    catalog.functions.sort_by(|one, other| one.name.cmp(&other.name));
    apis::add(&mut catalog);
    stacks::add(&mut catalog);
    add_sources(&mut catalog);
    add_calls(&mut catalog);
    catalog.alarms = alarms();
    catalog.alarms.extend(scaling());
    catalog
}

/// The function of that name, which the tables here name rightly.
fn id(catalog: &Catalog, name: &str) -> FunctionId {
    catalog.function_named(name).expect("the tables of the shop name its own functions")
}

/// Queues and streams: (source, function, invocations per second, batch size, maximum concurrency).
const SOURCES: [(&str, &str, f64, u32, Option<u32>); 7] = [
    ("sqs:orders", "order-worker", 0.80, 10, Some(20)),
    ("sqs:emails", "email-sender", 0.30, 5, None),
    ("sqs:image-uploads", "image-resize", 0.25, 1, Some(10)),
    ("sqs:report-requests", "report-builder", 0.05, 1, None),
    ("kinesis:stream/clickstream", "clickstream-aggregate", 1.00, 100, None),
    ("dynamodb:table/orders/stream/2025-02-11T08:30:00.000", "order-projection", 0.60, 100, None),
    ("dynamodb:table/inventory/stream/2025-02-11T08:31:00.000", "inventory-sync", 0.10, 50, None),
];

/// Schedules: (rule, function, seconds between two runs).
const SCHEDULES: [(&str, &str, u32); 6] = [
    ("keep-warm-every-minute", "keep-warm", 60),
    ("inventory-sync-5m", "inventory-sync", 300),
    ("price-import-10m", "price-import", 600),
    ("legacy-export-10m", "legacy-export", 600),
    ("report-builder-15m", "report-builder", 900),
    ("postal-codes-4m", "zip-lookup", 240),
];

/// Functions that invoke others: (caller, callee, share of the caller's invocations, asynchronous).
const CALLS: [(&str, &str, f64, bool); 6] = [
    ("checkout-api", "fraud-score", 1.00, false),
    ("checkout-api", "payment-authorize", 0.95, false),
    ("checkout-api", "email-sender", 0.80, true),
    ("order-worker", "invoice-render", 0.20, true),
    ("session-auth", "audit-log", 0.40, true),
    ("keep-warm", "recommend", 0.50, false),
];

fn add_sources(catalog: &mut Catalog) {
    for (source, function, rate, batch_size, maximum_concurrency) in SOURCES {
        let function = id(catalog, function);
        let (service, rest) = source.split_once(':').expect("sources are written service:resource");
        let mapping = EventSourceMapping {
            uuid: Dice::of(&[hash_text(source)]).uuid(),
            source_arn: format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}"),
            function,
            batch_size,
            maximum_concurrency,
            enabled: true,
        };
        catalog.mappings.push(mapping);
        let mapping = catalog.mappings.len() - 1;
        catalog.functions[function].triggers.push(Trigger::Mapping { mapping, rate });
    }
    for (rule, function, every_s) in SCHEDULES {
        let function = id(catalog, function);
        catalog.functions[function].triggers.push(Trigger::Schedule { rule: rule.to_owned(), every_s });
    }
}

fn add_calls(catalog: &mut Catalog) {
    for (caller, callee, share, asynchronous) in CALLS {
        let (caller, callee) = (id(catalog, caller), id(catalog, callee));
        catalog.functions[callee].triggers.push(Trigger::Function { caller, share, asynchronous });
    }
}

/// (name, namespace, metric, statistic, dimensions, threshold, period, periods).
type AlarmRow =
    (&'static str, &'static str, &'static str, &'static str, &'static [(&'static str, &'static str)], f64, u32, u32);

#[rustfmt::skip]
const ALARMS: [AlarmRow; 9] = [
    ("checkout-errors",           "AWS/Lambda",     "Errors",               "Sum",     &[("FunctionName", "checkout-api")],                    5.0,  60, 3),
    ("checkout-latency-p99",      "AWS/Lambda",     "Duration",             "p99",     &[("FunctionName", "checkout-api")],                 2500.0,  60, 5),
    ("payment-authorize-errors",  "AWS/Lambda",     "Errors",               "Sum",     &[("FunctionName", "payment-authorize")],               5.0,  60, 3),
    ("image-resize-throttles",    "AWS/Lambda",     "Throttles",            "Sum",     &[("FunctionName", "image-resize")],                   10.0,  60, 3),
    ("lambda-throttles",          "AWS/Lambda",     "Throttles",            "Sum",     &[],                                                   30.0,  60, 2),
    ("lambda-concurrency-80",     "AWS/Lambda",     "ConcurrentExecutions", "Maximum", &[],                                                  800.0,  60, 3),
    ("clickstream-iterator-age",  "AWS/Lambda",     "IteratorAge",          "Maximum", &[("FunctionName", "clickstream-aggregate")],       60_000.0,  60, 5),
    ("shop-api-5xx",              "AWS/ApiGateway", "5XXError",             "Sum",     &[("ApiName", "shop-api"), ("Stage", "prod")],          5.0,  60, 3),
    ("shop-api-latency-p95",      "AWS/ApiGateway", "Latency",              "p95",     &[("ApiName", "shop-api"), ("Stage", "prod")],       2000.0,  60, 5),
];

fn alarms() -> Vec<Alarm> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    ALARMS
        .iter()
        .map(|(name, namespace, metric, statistic, dimensions, threshold, period_s, periods)| Alarm {
            name: (*name).to_owned(),
            namespace: (*namespace).to_owned(),
            metric: (*metric).to_owned(),
            statistic: (*statistic).to_owned(),
            dimensions: dimensions.iter().map(owned).collect(),
            threshold: *threshold,
            period_s: *period_s,
            periods: *periods,
            below: false,
            scales: None,
        })
        .collect()
}

/// The alias whose provisioned concurrency Application Auto Scaling sets, and the utilization that it aims at. Whoever
/// set it up wanted nothing to be idle, and so will never see it scale out: its alarms are quiet.
const SCALED: (&str, &str, f64) = ("fraud-score", "live", 1.0);

/// The alarms of its target tracking policy, named as the service names them: above the target it provisions more, below
/// nine tenths of it less.
fn scaling() -> Vec<Alarm> {
    let (function, alias, target) = SCALED;
    let alarm = |(side, threshold, periods, below): (&str, f64, u32, bool)| Alarm {
        name: format!(
            "TargetTracking-function:{function}:{alias}-Alarm{side}-{}",
            Dice::of(&[hash_text(function), hash_text(side)]).uuid()
        ),
        namespace: "AWS/Lambda".to_owned(),
        metric: "ProvisionedConcurrencyUtilization".to_owned(),
        statistic: "Average".to_owned(),
        dimensions: vec![
            ("FunctionName".to_owned(), function.to_owned()),
            ("Resource".to_owned(), format!("{function}:{alias}")),
        ],
        threshold,
        period_s: 60,
        periods,
        below,
        scales: Some(format!("function:{function}:{alias}")),
    };
    [("High", target, 3, false), ("Low", target * 0.9, 15, true)].map(alarm).into()
}
