//! Client certificates, by which a back end knows that API Gateway calls it.

use serde_json::{Value, json};

use super::{DAY, code, created, not_found, seconds};
use crate::sim::services::Call;
use crate::sim::wire::Response;
use crate::sim::world::World;

/// The certificate of the shop's main stage.
pub fn id() -> String {
    code("certificate/shop-api", 6)
}

/// All of them: one.
pub fn all(world: &World) -> Vec<Value> {
    let made = created(world, &id());
    let body = code("certificate/shop-api/pem", 64);
    vec![json!({
        "clientCertificateId": id(),
        "description": "shop-api to its back ends",
        "pemEncodedCertificate": format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----"),
        "createdDate": seconds(made),
        "expirationDate": seconds(made + 365 * DAY),
        "tags": {},
    })]
}

/// The certificate that the path names.
pub fn one(call: &Call<'_>) -> Result<Value, Response> {
    let found = all(call.world).into_iter().find(|one| one["clientCertificateId"] == call.label("clientCertificateId"));
    found.ok_or_else(|| not_found("Invalid Client Certificate identifier specified"))
}
