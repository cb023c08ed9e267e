//! Pages of the provider.

pub(crate) mod clients;
pub(crate) mod consent;
pub(crate) mod device;
pub(crate) mod grants;
pub(crate) mod keys;
pub(crate) mod registering;
pub(crate) mod signing_out;
