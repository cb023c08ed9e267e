//! Pages of the provider.

pub(crate) mod consent;
pub(crate) mod signing_out;
