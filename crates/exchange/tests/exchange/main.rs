//! The door from outside: a real listener, real providers on free loopback ports, X-Road's RestProxyTest behaviours and
//! what must not happen to anybody.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod adapters;
mod attacks;
#[path = "../../../signing/tests/evidence/support.rs"]
#[allow(dead_code, reason = "a small authority for the tests of signatures; here without its changed containers")]
mod authority;
mod certificates;
mod downloads;
mod faults;
mod inside;
mod isolation;
mod large;
mod passing;
mod peers;
mod people;
mod slow_callers;
mod support;
mod tls;
