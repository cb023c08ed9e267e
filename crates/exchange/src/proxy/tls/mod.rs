//! TLS 1.2 and 1.3 by rustls at both ends: who calls the exchange shows a registered certificate or none, whom the
//! exchange calls must prove to be the provider. Only HTTP/1.1 is spoken inside.

mod callers;
mod identity;
mod providers;

use std::sync::Arc;

use rustls::SupportedProtocolVersion;
use rustls::crypto::CryptoProvider;

pub(super) use callers::shown;
pub use identity::{Identity, IdentityError};
pub(super) use providers::refusal_of_us;
pub(crate) use providers::{Connector, TlsFailure};

/// Named here and nowhere else: the process may hold another provider of cryptography for other rooms.
fn cryptography() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// TLS 1.2 for older systems; nothing below it.
const VERSIONS: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13, &rustls::version::TLS12];

/// The protocol inside, as ALPN (RFC 7301) names it: bodies and headers are hashed as HTTP/1.1 writes them.
fn protocols() -> Vec<Vec<u8>> {
    vec![b"http/1.1".to_vec()]
}
