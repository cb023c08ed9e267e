//! How the outside is reached: by whatever client the caller guards. Nothing here opens a connection.

use async_trait::async_trait;

/// Why nothing came back, in words for a log; no personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TransportError(pub String);

/// A client for the authorities: addresses stand in certificates and in configuration, so the implementation refuses
/// private networks, limits time and size, and looks at redirects again.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends a body and returns that of a successful answer (status 200).
    async fn post(&self, url: &str, content_type: &str, body: Vec<u8>) -> Result<Vec<u8>, TransportError>;

    /// Fetches the body of a successful answer (status 200).
    async fn get(&self, url: &str) -> Result<Vec<u8>, TransportError>;
}

/// A client for services that want to know who asks, such as remote signing.
#[async_trait]
pub trait ServiceTransport: Send + Sync {
    /// Sends JSON with a bearer token; the answer is the status, whatever it is, and the body.
    async fn post_json(&self, url: &str, token: &str, body: Vec<u8>) -> Result<(u16, Vec<u8>), TransportError>;
}
