//! CloudFormation stacks of the shop: who was deployed with whom. A few functions were made by hand and belong to none.

use super::super::catalog::Catalog;

const STACKS: [(&str, &[&str]); 4] = [
    ("shop-checkout", &["cart-api", "checkout-api", "fraud-score", "orders-api", "payment-authorize"]),
    ("shop-catalog", &["catalog-items", "catalog-search", "image-resize", "price-import", "recommend"]),
    (
        "shop-fulfilment",
        &[
            "email-sender",
            "inventory-query",
            "inventory-sync",
            "invoice-render",
            "order-projection",
            "order-worker",
            "shipment-webhook",
        ],
    ),
    ("shop-edge", &["session-auth", "storefront-render", "ws-connect", "ws-message"]),
];

/// Tags the functions as CloudFormation does.
pub fn add(catalog: &mut Catalog) {
    for (stack, functions) in STACKS {
        for name in functions {
            let function = super::id(catalog, name);
            let tags = &mut catalog.functions[function].tags;
            tags.push(("aws:cloudformation:logical-id".to_owned(), logical_id(name)));
            tags.push(("aws:cloudformation:stack-name".to_owned(), stack.to_owned()));
        }
    }
}

/// `CheckoutApiFunction` of `checkout-api`.
fn logical_id(name: &str) -> String {
    let words = name.split('-').map(|word| format!("{}{}", word[..1].to_uppercase(), &word[1..]));
    format!("{}Function", words.collect::<String>())
}
