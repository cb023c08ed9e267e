//! Checks over the repository itself.
fn main() {}
