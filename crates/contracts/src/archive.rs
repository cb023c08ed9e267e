//! Files kept for years: their proof is renewed before it ends, and readers are handed the newest.

use crate::ContractError;
use async_trait::async_trait;

/// Keeps signed files provable.
#[async_trait]
pub trait Archive: Send + Sync {
    /// From now on the file with this SHA-256 (hex) is kept provable. Saying it again changes nothing.
    ///
    /// # Errors
    /// `NotFound` when no such file is stored.
    async fn keep(&self, sha256: &str, media_type: &str) -> Result<(), ContractError>;
    /// SHA-256 (hex) of the newest form of the file: itself when nothing was renewed or it is not kept here.
    ///
    /// # Errors
    /// A fault of the store.
    async fn newest(&self, sha256: &str) -> Result<String, ContractError>;
    /// SHA-256 (hex) of the file whose newest form this is: itself when it is none.
    ///
    /// # Errors
    /// A fault of the store.
    async fn original(&self, sha256: &str) -> Result<String, ContractError>;
}
