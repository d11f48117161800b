//! figures
fn main() {}
