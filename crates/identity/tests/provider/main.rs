//! The OpenID provider, asked as a relying party and as a browser would: the threats of the handbook under their
//! numbers, and the modules of the OpenID conformance suite under their names.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod administration;
mod asking;
mod browser;
mod checks;
mod claims;
#[path = "../common/mod.rs"]
mod common;
mod devices;
mod exchange;
mod fapi;
mod keys;
mod logout;
mod machines;
mod names;
mod oidcc;
mod proofs;
mod pushed;
mod redirects;
mod registration;
mod support;
mod threats;
mod told;
mod withdrawal;
