//! The store on both databases, from outside.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod alike;
mod bulk;
mod crash;
mod delivery;
mod group;
#[cfg(target_os = "linux")]
mod memory;
mod proof;
mod transactions;
mod transfer;
mod work;
