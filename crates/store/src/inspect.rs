//! What an auditor asks beside a verification: how long the chain is, what waits, and who did what to an object.

use crate::db::{Db, Snapshot};
use crate::sealer::Head;
use crate::{Row, StoreError, args, sql};
use jiff::Timestamp;

/// The chain as it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainState {
    /// Records in the chain.
    pub sealed: u64,
    /// Records that wait for the sealer.
    pub unsealed: u64,
}

/// One audit record as an auditor reads it; it holds no personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectRecord {
    /// Id of the record.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// `resident`, `official`, `system` …
    pub actor_kind: String,
    /// Opaque id of whoever acted.
    pub person: Option<String>,
    /// Agency for which it was done.
    pub agency: Option<String>,
    /// By which door.
    pub channel: String,
    /// What was done.
    pub action: String,
    /// `mutation` or `read`.
    pub kind: String,
    /// Legal basis.
    pub legal_basis: Option<String>,
    /// Purpose.
    pub purpose: Option<String>,
    /// Request that led to it.
    pub request_id: String,
    /// Whether it was refused.
    pub refused: bool,
    /// Place in the chain; `None` while it waits for the sealer.
    pub seq: Option<i64>,
}

impl ObjectRecord {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text("id")?,
            at: row.timestamp("at")?,
            actor_kind: row.text("actor_kind")?,
            person: row.opt_text("person")?,
            agency: row.opt_text("agency")?,
            channel: row.text("channel")?,
            action: row.text("action")?,
            kind: row.text("kind")?,
            legal_basis: row.opt_text("legal_basis")?,
            purpose: row.opt_text("purpose")?,
            request_id: row.text("request_id")?,
            refused: row.boolean("refused")?,
            seq: row.opt_integer("seq")?,
        })
    }
}

impl Snapshot {
    /// What the audit says of objects of a kind: the id of the object and the detail of the record, in the order of the
    /// ids, after one. For rooms that prove their own records against the audit.
    ///
    /// # Errors
    /// What the database says.
    pub async fn details_about(
        &mut self,
        object_kind: &str,
        after: &str,
        limit: i64,
    ) -> Result<Vec<(String, serde_json::Value)>, StoreError> {
        let rows = self.fetch_all(sql::DETAILS_ABOUT, args![object_kind, after, limit]).await?;
        let read =
            |row: &Row| Ok((row.text("object_id")?, serde_json::from_str(&row.text("detail")?).unwrap_or_default()));
        rows.iter().map(read).collect()
    }
}

impl Db {
    /// Length of the chain and of the tail that waits to be sealed.
    ///
    /// # Errors
    /// What the database says.
    pub async fn chain_state(&self) -> Result<ChainState, StoreError> {
        let head = self.fetch_optional(sql::HEAD, args![]).await?;
        let sealed = head.as_ref().map(Head::from_row).transpose()?.map_or(0, |head| head.size);
        let waiting = self.fetch_one(sql::COUNT_OPEN, args![]).await?.integer("n")?;
        Ok(ChainState { sealed, unsealed: u64::try_from(waiting).unwrap_or_default() })
    }

    /// Audit records of one object, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn records_of(
        &self,
        object_kind: &str,
        object_id: &str,
        limit: i64,
    ) -> Result<Vec<ObjectRecord>, StoreError> {
        let rows = self.fetch_all(sql::RECORDS_OF_OBJECT, args![object_kind, object_id, limit]).await?;
        rows.iter().map(ObjectRecord::read).collect()
    }
}
