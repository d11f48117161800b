//! The one HTTP client that all services share: made by ourselves, because the SDK's own does not read a CA bundle.

use std::path::Path;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use base64::Engine;

use crate::model::trouble::{Kind, Trouble};

/// The client, which trusts the certificates of this PEM file besides the system's, and goes through the proxy that the
/// environment names.
pub(super) async fn client(ca_bundle: Option<&Path>) -> Result<SharedHttpClient, Trouble> {
    let mut trust = TrustStore::default();
    if let Some(path) = ca_bundle {
        let pem = tokio::fs::read(path).await.map_err(|error| ca_bundle_trouble(path, &error.to_string()))?;
        check_pem(&pem).map_err(|why| ca_bundle_trouble(path, why))?;
        trust = trust.with_pem_certificate(pem);
    }
    let tls = TlsContext::builder().with_trust_store(trust).build();
    let tls = tls.map_err(|error| Trouble::new(Kind::Network, "connect", error.to_string()))?;
    Ok(SharedHttpClient::new(OnFirstUse(aws_smithy_http_client::Builder::new().build_with_connector_fn(
        move |settings, components| {
            let mut connector = Connector::builder()
                .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
                .tls_context(tls.clone())
                .proxy_config(ProxyConfig::from_env());
            connector.set_connector_settings(settings.cloned());
            connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
            connector.build()
        },
    ))))
}

/// The SDK's client reads the system's certificates once for every service client that is made with it, as a check.
#[derive(Debug)]
struct OnFirstUse(SharedHttpClient);

impl HttpClient for OnFirstUse {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        self.0.http_connector(settings, components)
    }
}

fn ca_bundle_trouble(path: &Path, why: &str) -> Trouble {
    let mut trouble = Trouble::new(Kind::Network, "connect", format!("CA bundle {}: {why}", path.display()));
    trouble.remedy = Some("AWS_CA_BUNDLE or ca_bundle must name a PEM file of certificates".into());
    trouble
}

/// The TLS library panics at a file that holds no certificates.
fn check_pem(pem: &[u8]) -> Result<(), &'static str> {
    let text = std::str::from_utf8(pem).map_err(|_| "is not text")?;
    let mut certificates = 0;
    for block in text.split("-----BEGIN CERTIFICATE-----").skip(1) {
        let body = block.split("-----END CERTIFICATE-----").next().filter(|body| body.len() < block.len());
        let body: String = body.ok_or("a certificate has no end")?.split_whitespace().collect();
        let der = base64::engine::general_purpose::STANDARD.decode(body).map_err(|_| "a certificate is not base64")?;
        if der.first() != Some(&0x30) {
            return Err("a certificate is not DER");
        }
        certificates += 1;
    }
    if certificates == 0 { Err("holds no certificate") } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_without_certificates_is_refused_rather_than_panicked_at() {
        assert_eq!(check_pem(b"hello"), Err("holds no certificate"));
        assert_eq!(check_pem(&[0xff, 0xfe]), Err("is not text"));
        assert!(check_pem(b"-----BEGIN CERTIFICATE-----\nMIIB").is_err());
        assert!(check_pem(b"-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n").is_err());
        assert_eq!(check_pem(b"-----BEGIN CERTIFICATE-----\nMAAA\n-----END CERTIFICATE-----\n"), Ok(()));
    }
}
