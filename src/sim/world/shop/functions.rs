//! The shop's functions: sizes, limits and characters, a line each.

use super::super::Millis;
use super::super::catalog::{Alias, Character, Function, LogFormat};
use super::super::dice::{Dice, hash_text};
use super::{extras, voices};

use LogFormat::{Json, Text};

const ARM: &str = "arm64";
const X86: &str = "x86_64";
/// Log group that several functions share.
const PLATFORM: &str = "/shop/platform";

/// An alias: (name, version, second version and its share, provisioned concurrency).
type AliasRow = (&'static str, u32, Option<(u32, f64)>, Option<u32>);

/// (name, runtime, MB, time-out s, architecture, log format, traced,
///  (p50 ms, spread, init ms), (errors, time-outs, memory), MB used, newest version, aliases, reserved).
#[rustfmt::skip]
type Row = (&'static str, &'static str, u32, u32, &'static str, LogFormat, bool,
            (f64, f64, f64), (f64, f64, f64), u32, u32, &'static [AliasRow], Option<u32>);

#[rustfmt::skip]
const ROWS: [Row; 27] = [
    ("audit-log",             "python3.13",      256,  10, ARM, Json, false, (  18.0, 0.35,  310.0), (0.0,    0.0,    0.0),    74,   6, &[], None),
    ("cart-api",              "nodejs22.x",      512,  10, ARM, Text, true,  (  32.0, 0.45,  240.0), (0.002,  0.0,    0.0),   118,  31, &[("live", 31, None, None), ("staging", 31, None, None)], None),
    ("catalog-items",         "provided.al2023", 256,   5, ARM, Json, true,  (   7.0, 0.50,   38.0), (0.0005, 0.0,    0.0),    41,  19, &[("live", 19, None, None)], None),
    ("catalog-search",        "java21",         1024,  15, ARM, Json, true,  (  85.0, 0.55, 2300.0), (0.002,  0.0004, 0.0),   412,  27, &[("live", 27, None, None)], None),
    ("checkout-api",          "python3.12",     1024,  29, ARM, Json, true,  (  95.0, 0.40,  780.0), (0.004,  0.0,    0.0),   187,  42, &[("live", 42, None, Some(4)), ("staging", 42, None, None)], None),
    ("clickstream-aggregate", "provided.al2023", 512,  60, ARM, Text, false, ( 140.0, 0.50,   45.0), (0.0005, 0.0,    0.0),   130,  11, &[], None),
    ("email-sender",          "nodejs20.x",      256,  15, ARM, Json, true,  ( 210.0, 0.45,  290.0), (0.015,  0.0,    0.0),    96,   9, &[], None),
    ("fraud-score",           "python3.12",     2048,   5, X86, Json, true,  ( 160.0, 0.50, 3900.0), (0.001,  0.0015, 0.0),  1010,  14, &[("live", 14, None, Some(2))], None),
    ("image-resize",          "python3.12",      512,  30, X86, Text, false, (1400.0, 0.60,  900.0), (0.004,  0.0,    0.012), 388,   8, &[], Some(5)),
    ("inventory-query",       "dotnet8",         512,  10, X86, Text, true,  (  48.0, 0.50, 1100.0), (0.003,  0.0,    0.0),   142,   5, &[], None),
    ("inventory-sync",        "nodejs22.x",      512,  60, ARM, Text, false, (2600.0, 0.50,  260.0), (0.010,  0.0,    0.0),   171,  16, &[], Some(10)),
    ("invoice-render",        "java21",         1536,  60, ARM, Text, false, (1900.0, 0.45, 2900.0), (0.004,  0.0,    0.0),   640,   7, &[], None),
    ("keep-warm",             "python3.13",      128,   3, ARM, Text, false, (  11.0, 0.30,  105.0), (0.0,    0.0,    0.0),    38,   2, &[], None),
    ("legacy-export",         "nodejs18.x",      256,  30, X86, Text, false, (6800.0, 0.55,  320.0), (0.010,  0.08,   0.0),   133,   3, &[], None),
    ("order-projection",      "nodejs22.x",      256,  30, ARM, Json, false, (  55.0, 0.45,  250.0), (0.001,  0.0,    0.0),    99,  12, &[], None),
    ("order-worker",          "python3.13",      512,  60, ARM, Json, true,  ( 420.0, 0.55,  520.0), (0.008,  0.0004, 0.0),   155,  23, &[], Some(50)),
    ("orders-api",            "python3.13",      512,  10, ARM, Json, true,  (  58.0, 0.45,  640.0), (0.003,  0.0,    0.0),   141,  58, &[("live", 57, Some((58, 0.1)), None), ("staging", 58, None, None)], None),
    ("payment-authorize",     "java21",         1024,  10, ARM, Json, true,  ( 190.0, 0.40, 3100.0), (0.006,  0.0,    0.0),   388,  21, &[("live", 21, None, Some(3))], Some(40)),
    ("price-import",          "python3.12",      256,  60, ARM, Text, false, (9200.0, 0.40,  700.0), (0.010,  0.0,    0.15),  236,   4, &[], Some(2)),
    ("recommend",             "python3.12",     1769,  10, ARM, Json, true,  ( 120.0, 0.60, 2600.0), (0.003,  0.0,    0.0),   905,  17, &[("live", 17, None, None)], None),
    ("report-builder",        "python3.13",     1024, 300, ARM, Text, false, (7600.0, 0.50,  830.0), (0.005,  0.0,    0.0),   590,  10, &[], None),
    ("session-auth",          "nodejs22.x",      256,   5, ARM, Json, false, (  21.0, 0.40,  230.0), (0.001,  0.0,    0.0),    88,  26, &[], None),
    ("shipment-webhook",      "dotnet8",         512,  15, X86, Json, true,  (  75.0, 0.55, 1250.0), (0.008,  0.0,    0.0),   150,   6, &[], None),
    ("storefront-render",     "nodejs22.x",     1024,  10, ARM, Text, true,  (  64.0, 0.45,  410.0), (0.001,  0.0,    0.0),   205,  73, &[("live", 73, None, Some(3))], None),
    ("ws-connect",            "nodejs20.x",      128,   5, ARM, Text, false, (  16.0, 0.40,  220.0), (0.002,  0.0,    0.0),    79,   4, &[], None),
    ("ws-message",            "nodejs20.x",      256,   5, ARM, Text, false, (  28.0, 0.45,  230.0), (0.004,  0.0,    0.0),    84,  13, &[], None),
    ("zip-lookup",            "java21",         1024,  10, ARM, Text, false, (  40.0, 0.40, 2700.0), (0.001,  0.0,    0.0),   190,   3, &[("live", 3, None, None)], None),
];

/// All of them, with nothing that triggers them yet.
pub fn all(born: Millis) -> Vec<Function> {
    ROWS.iter().map(|row| function(row, born)).collect()
}

fn function(row: &Row, born: Millis) -> Function {
    let (
        name,
        runtime,
        memory_mb,
        timeout_s,
        architecture,
        log_format,
        traced,
        pace,
        shares,
        used,
        newest,
        aliases,
        reserved,
    ) = *row;
    let voice = voices::of(name);
    let shared = matches!(name, "audit-log" | "session-auth");
    let mut dice = Dice::of(&[hash_text(name)]);
    let days = 2 + dice.below(60) as Millis;
    Function {
        name: name.to_owned(),
        runtime: runtime.to_owned(),
        handler: handler(runtime, name),
        description: voice.description.to_owned(),
        memory_mb,
        timeout_s,
        architecture,
        log_format,
        log_group: if shared { PLATFORM.to_owned() } else { format!("/aws/lambda/{name}") },
        traced,
        versions: (newest.saturating_sub(2).max(1)..=newest).collect(),
        aliases: aliases
            .iter()
            .map(|(name, version, second, provisioned)| Alias {
                name: (*name).to_owned(),
                version: *version,
                second: *second,
                provisioned: *provisioned,
            })
            .collect(),
        environment: environment(name, &voice),
        tags: vec![
            ("service".to_owned(), voice.service.to_owned()),
            ("env".to_owned(), "prod".to_owned()),
            ("team".to_owned(), voice.team.to_owned()),
        ],
        reserved,
        last_modified: born - days * 86_400_000 - dice.below(40_000_000) as Millis,
        triggers: Vec::new(),
        character: Character {
            duration_p50_ms: pace.0,
            spread: pace.1,
            init_p50_ms: pace.2,
            error_share: shares.0,
            timeout_share: shares.1,
            oom_share: shares.2,
            memory_used_mb: used,
            downstream: voice.downstream(),
            errors: voice.errors,
            says: voice.says,
        },
        extras: extras::of(name),
    }
}

fn handler(runtime: &str, name: &str) -> String {
    let camel = || {
        name.split('-').map(|word| format!("{}{}", word[..1].to_uppercase(), &word[1..])).collect::<Vec<_>>().concat()
    };
    match &runtime[..4] {
        "pyth" => format!("{}.handler", name.replace('-', "_")),
        "node" => "dist/index.handler".to_owned(),
        "java" => format!("shop.{}::handleRequest", camel()),
        "dotn" => format!("Shop.{0}::Shop.{0}.Function::FunctionHandler", camel()),
        _ => "bootstrap".to_owned(),
    }
}

/// Names and values; the secrets among them are made up and of no use.
fn environment(name: &str, voice: &voices::Voice) -> Vec<(String, String)> {
    let mut variables = vec![
        ("LOG_LEVEL".to_owned(), "INFO".to_owned()),
        ("POWERTOOLS_SERVICE_NAME".to_owned(), voice.service.to_owned()),
        ("STAGE".to_owned(), "prod".to_owned()),
    ];
    variables.extend(voice.environment.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
    variables.extend(extras::environment(name).iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
    if voice.environment.iter().any(|(key, _)| key.ends_with("_HOST")) {
        let made_up = Dice::of(&[hash_text(name), 1]).hex16();
        variables.push(("DATABASE_PASSWORD".to_owned(), made_up));
    }
    variables
}
