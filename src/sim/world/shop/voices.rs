//! What the shop's functions say, raise and call: the text that makes a log look like a log.

use super::super::catalog::Downstream;

/// The words of one function.
pub struct Voice {
    pub description: &'static str,
    pub service: &'static str,
    pub team: &'static str,
    pub says: &'static [&'static str],
    pub errors: &'static [(&'static str, &'static str)],
    /// (name, origin, operation, share of the duration).
    calls: &'static [(&'static str, &'static str, &'static str, f64)],
    pub environment: &'static [(&'static str, &'static str)],
}

impl Voice {
    pub fn downstream(&self) -> Vec<Downstream> {
        self.calls
            .iter()
            .map(|(name, origin, operation, share)| Downstream {
                name: (*name).to_owned(),
                origin: (*origin).to_owned(),
                operation: (*operation).to_owned(),
                share: *share,
            })
            .collect()
    }
}

const TABLE: &str = "AWS::DynamoDB::Table";
const QUEUE: &str = "AWS::SQS::Queue";
const BUCKET: &str = "AWS::S3::Bucket";
const REMOTE: &str = "remote";

/// The voice of a function of the shop.
pub fn of(name: &str) -> Voice {
    let (description, service, team) = purpose(name);
    let (says, errors) = words(name);
    Voice { description, service, team, says, errors, calls: calls(name), environment: environment(name) }
}

fn purpose(name: &str) -> (&'static str, &'static str, &'static str) {
    match name {
        "audit-log" => ("Writes who did what", "platform", "platform"),
        "cart-api" => ("Reads and changes carts", "cart", "storefront"),
        "catalog-items" => ("One item of the catalog", "catalog", "catalog"),
        "catalog-search" => ("Full-text search of the catalog", "catalog", "catalog"),
        "checkout-api" => ("Turns a cart into an order", "checkout", "payments"),
        "clickstream-aggregate" => ("Counts clicks by page and minute", "analytics", "data"),
        "email-sender" => ("Sends confirmations and receipts", "notifications", "platform"),
        "fraud-score" => ("Scores a checkout before it is paid", "fraud", "payments"),
        "image-resize" => ("Thumbnails of uploaded pictures", "media", "catalog"),
        "inventory-query" => ("Stock levels for partners", "inventory", "logistics"),
        "inventory-sync" => ("Brings stock levels in from the warehouse", "inventory", "logistics"),
        "invoice-render" => ("Draws invoices as PDF", "invoices", "payments"),
        "keep-warm" => ("Calls recommend so that it stays warm", "platform", "platform"),
        "legacy-export" => ("Nightly export that nobody dares to remove", "legacy", "data"),
        "order-projection" => ("Keeps the read model of orders", "orders", "orders"),
        "order-worker" => ("Works through placed orders", "orders", "orders"),
        "orders-api" => ("Reads and places orders", "orders", "orders"),
        "payment-authorize" => ("Authorizes a card with the payment provider", "payments", "payments"),
        "price-import" => ("Imports the price list", "catalog", "catalog"),
        "recommend" => ("Items that go with a cart", "recommendations", "data"),
        "report-builder" => ("Sales reports on request", "analytics", "data"),
        "session-auth" => ("Signs customers in", "sessions", "platform"),
        "shipment-webhook" => ("Status updates of carriers", "shipping", "logistics"),
        "storefront-render" => ("Renders the front page", "storefront", "storefront"),
        "ws-connect" => ("Opens and closes live connections", "live", "storefront"),
        "ws-message" => ("Answers messages on live connections", "live", "storefront"),
        "zip-lookup" => ("Keeps towns by postal code at hand", "addresses", "logistics"),
        _ => ("", "shop", "platform"),
    }
}

type Words = (&'static [&'static str], &'static [(&'static str, &'static str)]);

fn words(name: &str) -> Words {
    match name {
        "audit-log" => (&["recorded sign-in of customer {id}"], &[("AuditError", "record was refused")]),
        "cart-api" => (
            &["GET cart {id} items={n} in {ms} ms", "cart {id} updated, {n} items"],
            &[
                ("CartNotFoundError", "cart does not exist or has expired"),
                ("TypeError", "Cannot read properties of undefined (reading 'items')"),
            ],
        ),
        "catalog-items" => (
            &["item {id} served from table catalog"],
            &[("ItemDecodeError", "invalid character '<' looking for beginning of value")],
        ),
        "catalog-search" => (
            &["query matched {n} items in {ms} ms", "index segment {id} loaded"],
            &[("shop.search.IndexUnavailableException", "no replica of index catalog-v7 answered in 2000 ms")],
        ),
        "checkout-api" => (
            &[
                "checkout started for cart {id}",
                "fraud score accepted",
                "payment authorized in {ms} ms",
                "order {id} placed with {n} items",
            ],
            &[
                ("CartExpiredError", "cart expired before checkout"),
                ("StockReservationError", "2 of 5 items are no longer in stock"),
            ],
        ),
        "clickstream-aggregate" => {
            (&["aggregated {n} events into 12 windows"], &[("shardError", "duplicate sequence number")])
        }
        "email-sender" => (
            &["sending template order-confirmation to customer {id}", "message accepted by provider in {ms} ms"],
            &[
                ("MessageRejected", "Email address is on the suppression list"),
                ("ThrottlingException", "Maximum sending rate exceeded."),
            ],
        ),
        "fraud-score" => (
            &["model fraud-2025-03 loaded", "score 0.{n} for checkout {id}", "features assembled in {ms} ms"],
            &[("FeatureStoreTimeout", "feature store did not answer in 800 ms")],
        ),
        "image-resize" => (
            &["downloading s3://shop-uploads/{id}.jpg", "resized to 4 sizes in {ms} ms"],
            &[
                ("UnidentifiedImageError", "cannot identify image file"),
                ("ClientError", "An error occurred (404) when calling the HeadObject operation: Not Found"),
            ],
        ),
        "inventory-query" => {
            (&["stock of {n} articles read"], &[("Shop.Inventory.StaleReadException", "replica is 42 s behind")])
        }
        "inventory-sync" => (
            &["fetched {n} levels from warehouse EU-1", "wrote {n} levels in {ms} ms"],
            &[("FetchError", "request to https://wms.example.net/levels failed, reason: connect ETIMEDOUT")],
        ),
        "invoice-render" => (
            &["rendering invoice {id}, {n} positions"],
            &[("shop.invoice.TemplateException", "font NotoSans-Medium is missing")],
        ),
        "keep-warm" => (&["warmed recommend:live"], &[("Exception", "unreachable")]),
        "legacy-export" => (
            &["exporting chunk {n}", "(node:8) [DEP0040] DeprecationWarning: The `punycode` module is deprecated."],
            &[("Error", "ECONNRESET")],
        ),
        "order-projection" => {
            (&["projected {n} changes"], &[("ConditionalCheckFailedException", "The conditional request failed")])
        }
        "order-worker" => (
            &[
                "received batch of {n} orders",
                "order {id} reserved in stock",
                "order {id} handed to shipping in {ms} ms",
            ],
            &[
                ("StockConflict", "stock level changed while reserving"),
                ("ValidationError", "field `shipTo.country` is required"),
            ],
        ),
        "orders-api" => (
            &["GET /orders customer={id} count={n}", "query took {ms} ms"],
            &[
                (
                    "ClientError",
                    "An error occurred (ProvisionedThroughputExceededException) when calling the Query operation",
                ),
                ("KeyError", "'customerId'"),
            ],
        ),
        "payment-authorize" => (
            &["authorizing payment {id}", "provider answered in {ms} ms", "authorization {id} granted"],
            &[
                ("shop.payment.PaymentDeclinedException", "issuer declined: insufficient funds"),
                ("shop.payment.ProviderException", "payments.example.com answered 503"),
            ],
        ),
        "price-import" => (
            &["parsed {n} prices", "price list part {n} of 40 merged"],
            &[("UnicodeDecodeError", "'utf-8' codec can't decode byte 0xe9 in position 1021")],
        ),
        "recommend" => (
            &["model recommend-v3 loaded", "{n} candidates ranked in {ms} ms"],
            &[("ValueError", "input contains NaN")],
        ),
        "report-builder" => (
            &[
                "report {id} started",
                "query returned {n} rows",
                "report written to s3://shop-reports/{id}.xlsx in {ms} ms",
            ],
            &[("OperationalError", "canceling statement due to statement timeout")],
        ),
        "session-auth" => (&["session {id} issued"], &[("JsonWebTokenError", "invalid signature")]),
        "shipment-webhook" => (
            &["carrier update for parcel {id}", "status changed, {n} watchers told"],
            &[("Shop.Shipping.UnknownCarrierException", "carrier code `ZZ9` is not known")],
        ),
        "storefront-render" => {
            (&["rendered / in {ms} ms with {n} tiles"], &[("ReferenceError", "promo is not defined")])
        }
        "ws-connect" => (&["connection {id} opened"], &[("GoneException", "410")]),
        "ws-message" => (&["message of {n} bytes for order {id}"], &[("GoneException", "410")]),
        "zip-lookup" => (&["{n} postal codes refreshed in {ms} ms"], &[("shop.zip.TownException", "no such town")]),
        _ => (&["done in {ms} ms"], &[("Error", "unexpected")]),
    }
}

fn calls(name: &str) -> &'static [(&'static str, &'static str, &'static str, f64)] {
    match name {
        "cart-api" => &[("carts", TABLE, "GetItem", 0.45)],
        "catalog-items" => &[("catalog", TABLE, "GetItem", 0.70)],
        "catalog-search" => &[("search.internal.example.com", REMOTE, "POST", 0.75)],
        "checkout-api" => &[
            ("carts", TABLE, "GetItem", 0.20),
            ("orders", TABLE, "PutItem", 0.30),
            ("orders", QUEUE, "SendMessage", 0.20),
        ],
        "email-sender" => &[("email.eu-west-1.amazonaws.com", REMOTE, "POST", 0.80)],
        "fraud-score" => &[("features", TABLE, "BatchGetItem", 0.30)],
        "image-resize" => {
            &[("shop-uploads", BUCKET, "GetObject", 0.25), ("shop-thumbnails", BUCKET, "PutObject", 0.20)]
        }
        "inventory-query" => &[("inventory", TABLE, "Query", 0.65)],
        "inventory-sync" => &[("wms.example.net", REMOTE, "GET", 0.60), ("inventory", TABLE, "BatchWriteItem", 0.30)],
        "invoice-render" => &[("shop-invoices", BUCKET, "PutObject", 0.15)],
        "order-projection" => &[("orders-by-customer", TABLE, "UpdateItem", 0.70)],
        "order-worker" => &[
            ("orders", TABLE, "UpdateItem", 0.35),
            ("inventory", TABLE, "UpdateItem", 0.25),
            ("shipping", QUEUE, "SendMessage", 0.15),
        ],
        "orders-api" => &[("orders", TABLE, "Query", 0.70)],
        "payment-authorize" => &[("payments.example.com", REMOTE, "POST", 0.80), ("payments", TABLE, "PutItem", 0.08)],
        "recommend" => &[("features", TABLE, "BatchGetItem", 0.35)],
        "report-builder" => &[("warehouse.internal.example.com", REMOTE, "POST", 0.85)],
        "shipment-webhook" => &[("shipments", TABLE, "UpdateItem", 0.55)],
        "storefront-render" => &[("cms.example.com", REMOTE, "GET", 0.50)],
        "ws-connect" => &[("connections", TABLE, "PutItem", 0.60)],
        "ws-message" => &[("connections", TABLE, "Query", 0.40)],
        "zip-lookup" => &[("towns", TABLE, "Query", 0.50)],
        _ => &[],
    }
}

fn environment(name: &str) -> &'static [(&'static str, &'static str)] {
    match name {
        "checkout-api" => {
            &[("TABLE_ORDERS", "orders"), ("QUEUE_ORDERS", "orders"), ("FEATURE_EXPRESS_CHECKOUT", "true")]
        }
        "payment-authorize" => {
            &[("PROVIDER_URL", "https://payments.example.com"), ("PROVIDER_API_KEY", "pk_example_0123456789abcdef")]
        }
        "report-builder" | "legacy-export" => &[("WAREHOUSE_HOST", "warehouse.internal.example.com")],
        "email-sender" => &[("SENDER", "shop@example.com")],
        "fraud-score" | "recommend" => &[("MODEL_BUCKET", "shop-models"), ("OMP_NUM_THREADS", "2")],
        "catalog-search" => &[
            ("JAVA_TOOL_OPTIONS", "-XX:+TieredCompilation -XX:TieredStopAtLevel=1"),
            ("SEARCH_HOST", "search.internal.example.com"),
        ],
        _ => &[],
    }
}
