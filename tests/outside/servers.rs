//! The ground under the other tests: both servers hold the shop, and lack what we know they lack.

use crate::servers::{Seeded, ministack, moto};

fn left_out(server: &Seeded) -> Vec<String> {
    let skipped = server.manifest["skipped"].as_object().expect("the manifest lists what was left out");
    skipped.iter().map(|(what, why)| format!("{what}: {}", why.as_str().unwrap_or_default())).collect()
}

#[test]
fn moto_holds_the_shop_but_for_provisioned_concurrency() {
    assert_eq!(left_out(moto()), ["lambda.provisioned: 404 404"]);
    assert_eq!(moto().manifest["emulator"], "moto");
    assert_eq!(moto().functions().len(), 13);
    assert!(moto().traces().len() > 50, "the seed draws a trace of every third request of three functions");
}

#[test]
fn ministack_holds_the_shop_but_for_its_traces() {
    assert_eq!(left_out(ministack()), ["xray.put: 400 400"]);
    assert_eq!(ministack().manifest["emulator"], "ministack");
    assert_eq!(ministack().functions().len(), 13);
}
