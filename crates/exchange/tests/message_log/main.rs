//! The message log on both databases: what passed can be proved, what was changed is found, nothing is lost or told to
//! others.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../../../signing/tests/evidence/support.rs"]
#[allow(dead_code, reason = "a small authority for the tests of signatures; here without its changed containers")]
mod authority;
mod changed;
mod kept;
mod support;
mod told;
mod tracked;
