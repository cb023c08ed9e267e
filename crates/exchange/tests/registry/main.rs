//! The registry on both databases: changes are judged whole and kept as versions, every instance follows, and officials
//! see and do what is theirs.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod browser;
#[path = "../exchange/certificates.rs"]
#[allow(dead_code, reason = "the tests of the door use the rest of it")]
mod certificates;
mod changing;
mod figures;
mod pages;
mod seeds;
mod support;
mod trial;
