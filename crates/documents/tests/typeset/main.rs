//! Typesetting: what comes out, what is refused; templates of the packs; the lint of layouts.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod copies;
mod engine;
mod layout;
mod pack;
mod worker;
