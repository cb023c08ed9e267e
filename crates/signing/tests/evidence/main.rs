//! Evidence of the data exchange, from outside the crate: hash chains, containers, and what is refused.
#![allow(clippy::unwrap_used, reason = "a panic is the message of a test")]

mod chain;
mod containers;
mod hostile;
mod mutations;
mod support;
