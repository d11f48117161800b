//! What some of the shop's functions have of their own, and who else may invoke them.

use super::super::catalog::Permission;
use super::super::extras::{Extras, Former};

const CART: [Former; 1] =
    [Former { runtime: Some("nodejs20.x"), environment: &[("CART_TTL_DAYS", None)], ..Former::until(30) }];

const CHECKOUT: [Former; 1] = [Former {
    memory_mb: Some(768),
    timeout_s: Some(15),
    environment: &[("PAYMENT_RETRIES", Some("1")), ("FRAUD_CHECK", None)],
    layer: Some(11),
    ..Former::until(41)
}];

/// Version 58 is the canary beside 57, 59 the deploy that an incident is made of.
const ORDERS: [Former; 3] = [
    Former { environment: &[("ORDERS_SCHEMA", Some("1"))], ..Former::until(58) },
    Former { environment: &[("ORDERS_PAGE_SIZE", Some("25"))], layer: Some(11), ..Former::until(57) },
    Former {
        memory_mb: Some(256),
        timeout_s: Some(6),
        runtime: Some("python3.12"),
        environment: &[("ORDERS_CACHE", Some("off"))],
        ..Former::until(56)
    },
];

const PAYMENT: [Former; 1] = [Former {
    memory_mb: Some(768),
    timeout_s: Some(8),
    runtime: Some("java17"),
    environment: &[("PROVIDER_API", Some("2024-06"))],
    ..Former::until(20)
}];

/// What a function of the shop has.
pub fn of(name: &str) -> Extras {
    let none = Extras::default();
    match name {
        "audit-log" => Extras { dead_letter: Some("sns:platform-failures"), ..none },
        "cart-api" => Extras { former: &CART, ..none },
        "checkout-api" => Extras { former: &CHECKOUT, ..none },
        "fraud-score" => Extras { image: true, ..none },
        "invoice-render" => Extras { on_success: Some("events:event-bus/shop"), ..none },
        "legacy-export" => Extras { dead_letter: Some("sqs:legacy-export-dead"), ..none },
        "orders-api" => Extras { former: &ORDERS, ..none },
        "payment-authorize" => Extras { former: &PAYMENT, ..none },
        "shipment-webhook" => Extras { url: true, ..none },
        "zip-lookup" => Extras { snap_start: true, ..none },
        _ => none,
    }
}

/// Environment variables that newer versions of these functions have.
pub fn environment(name: &str) -> &'static [(&'static str, &'static str)] {
    match name {
        "cart-api" => &[("CART_TTL_DAYS", "30")],
        "checkout-api" => &[("PAYMENT_RETRIES", "2"), ("FRAUD_CHECK", "on")],
        "orders-api" => &[("ORDERS_SCHEMA", "2"), ("ORDERS_PAGE_SIZE", "50"), ("ORDERS_CACHE", "on")],
        "payment-authorize" => &[("PROVIDER_API", "2025-03")],
        _ => &[],
    }
}

/// Who may invoke functions beside their triggers here: (function, qualifier, service, source as `service:resource`).
const PERMISSIONS: [(&str, Option<&str>, &str, &str); 3] = [
    ("image-resize", None, "s3", "shop-image-originals"),
    ("email-sender", None, "sns", "customer-notices"),
    ("catalog-search", Some("live"), "s3", "shop-search-index"),
];

/// The permissions that are no trigger of the world: what they let in does not happen to come.
pub fn permissions() -> Vec<Permission> {
    let of =
        |(function, qualifier, service, source): &(&'static str, Option<&'static str>, &'static str, &'static str)| {
            Permission { function, qualifier: *qualifier, service, source }
        };
    PERMISSIONS.iter().map(of).collect()
}
