//! The log of who looked at whose data, readable by the person concerned.

use crate::ContractError;
use crate::actor::PersonId;
use crate::exchange::Delivery;
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
    /// Post of the official who looked, in Vietnamese.
    pub post: Option<String>,
    /// Mandate under which somebody looked for another.
    pub mandate: Option<String>,
    /// Case for which it was looked at.
    pub case_id: Option<String>,
    /// Whether it was an emergency, with the reason given.
    pub emergency: Option<String>,
    /// For a row that was held back by law: when it became visible, and the clause.
    pub delayed: Option<Delayed>,
    /// For data that the exchange handed to another information system: what, to whom, and how it is proved.
    pub delivery: Option<Delivery>,
}

/// A row that the person sees later than others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delayed {
    /// From when it is shown.
    pub visible_from: Timestamp,
    /// The clause that allows the delay.
    pub legal_basis: String,
}

/// Which accesses: all, when empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessFilter {
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// By this agency alone.
    pub agency: Option<String>,
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
    /// The human who made an access, for whoever must not judge it; never shown to the person concerned.
    async fn made_by(&self, audit_id: &str) -> Result<Option<PersonId>, ContractError>;
    /// The same as [`AccessLog::accesses`], only what the filter lets through.
    async fn accesses_within(
        &self,
        personal_number: &str,
        filter: &AccessFilter,
        before: Option<&str>,
        limit: i64,
    ) -> Result<Vec<AccessRow>, ContractError>;
}
