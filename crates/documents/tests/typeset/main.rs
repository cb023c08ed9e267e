//! Typesetting: what comes out, what is refused.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod engine;
