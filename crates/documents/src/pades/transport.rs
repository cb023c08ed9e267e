//! The way out to authorities; the caller owns it, with its guards.

use async_trait::async_trait;

/// An authority could not be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{address} could not be asked: {reason}")]
pub struct TransportError {
    /// Who was asked.
    pub address: String,
    /// What went wrong.
    pub reason: String,
}

/// Asks over HTTP; limits of time and size are the implementation's.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends a body of this media type and returns the body of a 200 answer.
    ///
    /// # Errors
    /// [`TransportError`] for everything else.
    async fn post(&self, address: &str, media_type: &str, body: Vec<u8>) -> Result<Vec<u8>, TransportError>;

    /// Reads an address and returns the body of a 200 answer.
    ///
    /// # Errors
    /// [`TransportError`] for everything else.
    async fn get(&self, address: &str) -> Result<Vec<u8>, TransportError>;
}
