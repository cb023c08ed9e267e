//! The log of who looked at whose data, readable by the person concerned.

use crate::ContractError;
use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One access to a person's data as that person may read it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AccessRow {
    /// Id of the audit record.
    pub audit_id: String,
    /// When.
    pub at: Timestamp,
    /// Agency of whoever looked; `None` for the person's own accesses.
    pub agency: Option<String>,
    /// Role or kind of whoever looked, such as `official` or `system`.
    pub actor_kind: String,
    /// Whether the person looked at their own data.
    pub own: bool,
    /// Action, such as `case.read`.
    pub action: String,
    /// Kind and id of what was opened.
    pub object_kind: String,
    /// Id of what was opened.
    pub object_id: String,
    /// Legal basis.
    pub legal_basis: Option<String>,
    /// Purpose.
    pub purpose: Option<String>,
    /// Whether the look was refused.
    pub refused: bool,
}

/// Reads the access log of a person.
#[async_trait]
pub trait AccessLog: Send + Sync {
    /// Accesses of the person known by this personal number, newest first, before the audit id `before`.
    async fn accesses(
        &self,
        personal_number: &str,
        before: Option<&str>,
        limit: i64,
    ) -> Result<Vec<AccessRow>, ContractError>;
}
