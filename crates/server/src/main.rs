//! The binary `haidang`.
fn main() {}
