//! The room on both databases, against a portal that remembers everything and fails to order.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod comparing;
mod deciding;
mod outage;
mod sending;
mod stage;
