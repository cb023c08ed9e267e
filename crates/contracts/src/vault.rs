//! What `vault` offers to a form: results and documents the person already has.

use crate::ContractError;
use crate::actor::{Actor, PersonId};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// A document in a person's vault that may stand for a component of a new case.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct VaultItem {
    /// Id of the vault item.
    pub id: String,
    /// Component or result code, such as `KQ.G15.000031`.
    pub code: String,
    /// Title in Vietnamese.
    pub title: String,
    /// Official number, when it has one.
    pub number: Option<String>,
    /// Who issued it: name of the agency.
    pub issuer: String,
    /// Day of issue, `YYYY-MM-DD`.
    pub issued_on: String,
    /// Last day of validity, when limited.
    pub valid_until: Option<String>,
    /// `result` of this platform, `digitised` at a counter, or `uploaded`.
    pub origin: String,
    /// SHA-256 of the file, hex.
    pub sha256: String,
    /// Media type of the file.
    pub media_type: String,
    /// Size in bytes.
    pub size: i64,
    /// Public verification token of a result.
    pub token: Option<String>,
}

/// A new entry in someone's vault.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewVaultItem {
    /// Whose vault.
    pub owner: PersonId,
    /// Idempotency key: the same key never gives a second item.
    pub key: String,
    /// The item; its `id` is ignored.
    pub item: VaultItem,
    /// Case it came from.
    pub case_id: Option<String>,
}

/// What other rooms may ask of the vault.
#[async_trait]
pub trait Vault: Send + Sync {
    /// Valid items of the owner with one of these codes, newest first. Only titles and dates; opening is another call.
    async fn offers(&self, owner: &PersonId, codes: &[String]) -> Result<Vec<VaultItem>, ContractError>;
    /// Uses an item in a case with the owner's consent: records the access and returns the item.
    async fn reuse(
        &self,
        actor: &Actor,
        owner: &PersonId,
        item: &str,
        purpose: &str,
        case_ref: &str,
    ) -> Result<VaultItem, ContractError>;
    /// Adds an item; idempotent by key.
    async fn deposit(&self, new: &NewVaultItem) -> Result<String, ContractError>;
}
