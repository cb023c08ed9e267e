//! The door from outside: a real listener, real providers on free loopback ports, X-Road's RestProxyTest behaviours and
//! what must not happen to anybody.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod adapters;
mod attacks;
mod certificates;
mod downloads;
mod faults;
mod isolation;
mod large;
mod passing;
mod slow_callers;
mod support;
mod tls;
