//! figures
fn main(){}
