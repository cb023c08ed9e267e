//! The store on both databases, from outside.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod alike;
mod bulk;
mod crash;
mod delivery;
mod group;
mod proof;
mod transactions;
mod transfer;
mod work;
