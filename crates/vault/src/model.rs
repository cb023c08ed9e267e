//! An item of a vault as stored.

use haidang_contracts::actor::PersonId;
use haidang_contracts::vault::VaultItem;
use haidang_store::{Row, StoreError};
use jiff::Timestamp;

/// A document in somebody's vault.
#[derive(Debug, Clone)]
pub struct ItemRow {
    /// What other rooms see of it.
    pub item: VaultItem,
    /// Whose vault.
    pub owner_id: PersonId,
    /// Case it came from.
    pub case_id: Option<String>,
    /// When it was kept.
    pub kept_at: Timestamp,
}

impl ItemRow {
    /// Reads a row of `vault_item`.
    ///
    /// # Errors
    /// When a column is absent or of another kind.
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            item: VaultItem {
                id: row.text("id")?,
                code: row.text("code")?,
                title: row.text("title")?,
                number: row.opt_text("number")?,
                issuer: row.text("issuer")?,
                issued_on: row.text("issued_on")?,
                valid_until: row.opt_text("valid_until")?,
                origin: row.text("origin")?,
                sha256: row.text("sha256")?,
                media_type: row.text("media_type")?,
                size: row.integer("size")?,
                token: row.opt_text("token")?,
            },
            owner_id: row.id("owner_id")?,
            case_id: row.opt_text("case_id")?,
            kept_at: row.timestamp("kept_at")?,
        })
    }
}
