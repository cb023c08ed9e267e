//! The audit trail as the person concerned may read it.

use crate::db::Db;
use crate::{Row, StoreError, args, sql};
use haidang_contracts::ContractError;
use haidang_contracts::access::{AccessFilter, AccessLog, AccessRow, Delayed};
use haidang_contracts::actor::PersonId;
use haidang_contracts::exchange::Delivery;
use haidang_kernel::keyed;
use serde_json::Value as Json;

impl Db {
    /// The keyed digest by which the log knows the person of this number, whether they have an account or not.
    pub fn subject_key(&self, personal_number: &str) -> String {
        keyed::subject_key(&self.core.subject_secret, personal_number)
    }

    /// Who looked at or changed the data of the person with this number, newest first, before the audit id `before`.
    ///
    /// # Errors
    /// What the database says.
    pub async fn accesses_of(
        &self,
        personal_number: &str,
        before: Option<&str>,
        limit: i64,
    ) -> Result<Vec<AccessRow>, StoreError> {
        let subject = self.subject_key(personal_number);
        let rows = match before {
            Some(before) => self.fetch_all(sql::ACCESSES_BEFORE, args![subject, before, limit]).await?,
            None => self.fetch_all(sql::ACCESSES, args![subject, limit]).await?,
        };
        rows.iter().map(access_row).collect()
    }

    /// The same within a time and by an agency.
    ///
    /// # Errors
    /// What the database says.
    pub async fn accesses_within_of(
        &self,
        personal_number: &str,
        filter: &AccessFilter,
        before: Option<&str>,
        limit: i64,
    ) -> Result<Vec<AccessRow>, StoreError> {
        if *filter == AccessFilter::default() {
            return self.accesses_of(personal_number, before, limit).await;
        }
        let subject = self.subject_key(personal_number);
        let from = filter.from.map_or(i64::MIN, |at| at.as_microsecond());
        let until = filter.until.map_or(i64::MAX, |at| at.as_microsecond());
        let agency = filter.agency.clone().unwrap_or_default();
        // `~` comes after every id.
        let before = before.unwrap_or("~");
        let rows = self.fetch_all(sql::ACCESSES_WITHIN, args![subject, before, from, until, agency, limit]).await?;
        rows.iter().map(access_row).collect()
    }
}

fn access_row(row: &Row) -> Result<AccessRow, StoreError> {
    let detail: Json = serde_json::from_str(&row.text("detail")?).unwrap_or_default();
    let noted = |key: &str| detail.get(key).and_then(Json::as_str).map(str::to_owned);
    let visible_from = detail.get("visible_from").and_then(Json::as_i64);
    let visible_from = visible_from.and_then(|at| jiff::Timestamp::from_microsecond(at).ok());
    let delivery: Option<Delivery> =
        detail.get("delivery").and_then(|facts| serde_json::from_value(facts.clone()).ok());
    let recorded = row.timestamp("at")?;
    Ok(AccessRow {
        audit_id: row.text("id")?,
        // A delivery is recorded from its message afterwards; what counts is when the answer left.
        at: delivery.as_ref().map_or(recorded, |delivery| delivery.at),
        agency: row.opt_text("agency")?,
        actor_kind: row.text("actor_kind")?,
        own: row.boolean("own")?,
        action: row.text("action")?,
        object_kind: row.text("object_kind")?,
        object_id: row.text("object_id")?,
        legal_basis: row.opt_text("legal_basis")?,
        purpose: row.opt_text("purpose")?,
        refused: row.boolean("refused")?,
        post: noted("post"),
        mandate: noted("mandate"),
        case_id: noted("case_id"),
        emergency: noted("emergency"),
        delayed: visible_from
            .zip(noted("delay_basis"))
            .map(|(visible_from, legal_basis)| Delayed { visible_from, legal_basis }),
        delivery,
    })
}

#[async_trait::async_trait]
impl AccessLog for Db {
    async fn accesses(
        &self,
        personal_number: &str,
        before: Option<&str>,
        limit: i64,
    ) -> Result<Vec<AccessRow>, ContractError> {
        self.accesses_of(personal_number, before, limit).await.map_err(|e| ContractError::Unavailable(e.to_string()))
    }

    async fn made_by(&self, audit_id: &str) -> Result<Option<PersonId>, ContractError> {
        let refused = |e: StoreError| ContractError::Unavailable(e.to_string());
        let row = self.fetch_optional(sql::ACCESS_MADE_BY, args![audit_id]).await.map_err(refused)?;
        row.map(|row| row.opt_id("person")).transpose().map(Option::flatten).map_err(refused)
    }

    async fn accesses_within(
        &self,
        personal_number: &str,
        filter: &AccessFilter,
        before: Option<&str>,
        limit: i64,
    ) -> Result<Vec<AccessRow>, ContractError> {
        let rows = self.accesses_within_of(personal_number, filter, before, limit).await;
        rows.map_err(|e| ContractError::Unavailable(e.to_string()))
    }
}
