//! The OpenID provider, asked as a relying party and as a browser would: the threats of the handbook under their
//! numbers, and the modules of the OpenID conformance suite under their names.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod browser;
mod checks;
mod fapi;
mod keys;
mod logout;
mod machines;
mod names;
mod oidcc;
mod proofs;
mod pushed;
mod redirects;
mod support;
mod threats;
mod told;
