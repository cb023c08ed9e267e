//! What was told, looked up again.

use haidang_contracts::exchange::{BulkDelivery, Delivery};
use haidang_store::{StoreError, args};
use jiff::Timestamp;
use serde::Deserialize;

use super::{UsageLog, sql};

/// A time, both ends in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Its first instant.
    pub from: Timestamp,
    /// Its last.
    pub until: Timestamp,
}

/// One delivery about somebody, as a tracker shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// When.
    pub at: Timestamp,
    /// What for, in words.
    pub action: String,
    /// Who received it.
    pub receiver_code: String,
    /// Its name.
    pub receiver_name: String,
    /// Name of its information system, or the code.
    pub receiver_system: String,
}

/// What is kept of a delivery about many people.
#[derive(Deserialize)]
struct BulkFacts {
    delivery: Delivery,
    legal_basis: String,
    purpose: String,
}

impl UsageLog {
    /// Deliveries about the person of this number, newest first, and how many there are in all; those held back are
    /// neither shown nor counted.
    ///
    /// # Errors
    /// What the database says.
    pub async fn find(
        &self,
        number: &str,
        period: &Period,
        offset: i64,
        limit: i64,
    ) -> Result<(i64, Vec<Usage>), StoreError> {
        let (subject, now) = (self.db.subject_key(number), self.ambient.now());
        let all = self.db.fetch_one(sql::COUNT, args![subject.as_str(), period.from, period.until, now]).await?;
        let values = args![subject.as_str(), period.from, period.until, now, limit, offset];
        let rows = self.db.fetch_all(sql::FIND, values).await?;
        let read = |row: &haidang_store::Row| {
            Ok(Usage {
                at: row.timestamp("at")?,
                action: row.text("action")?,
                receiver_code: row.text("receiver_code")?,
                receiver_name: row.text("receiver_name")?,
                receiver_system: row.text("receiver_system")?,
            })
        };
        Ok((all.integer("n")?, rows.iter().map(read).collect::<Result<_, StoreError>>()?))
    }

    /// When the first delivery of all was; none before it.
    ///
    /// # Errors
    /// What the database says.
    pub async fn began(&self) -> Result<Option<Timestamp>, StoreError> {
        self.db.fetch_optional(sql::FIRST, args![]).await?.map(|row| row.timestamp("at")).transpose()
    }

    /// Since when an answer waits to be told; none when everything was.
    ///
    /// # Errors
    /// What the database says.
    pub async fn waits_since(&self) -> Result<Option<Timestamp>, StoreError> {
        self.db.fetch_optional(sql::OLDEST_OPEN, args![]).await?.map(|row| row.timestamp("at")).transpose()
    }

    /// Deliveries about many people, newest first, after a place of an earlier list.
    ///
    /// # Errors
    /// What the database says.
    pub async fn bulk(&self, after: Option<&str>, limit: i64) -> Result<Vec<BulkDelivery>, StoreError> {
        // A place comes back from an address: what is none of ours is the beginning.
        let is_id = |id: &str| id.len() == 36 && id.chars().all(|letter| letter.is_ascii_hexdigit() || letter == '-');
        let after = after.and_then(|place| place.split_once('-')).filter(|(_, id)| is_id(id));
        let after = after.and_then(|(at, id)| Some((at.parse().ok()?, id)));
        let (at, id): (i64, &str) = after.unwrap_or((i64::MAX, ""));
        let rows = self.db.fetch_all(sql::BULK, args![self.ambient.now(), at, id, limit]).await?;
        rows.iter()
            .map(|row| {
                let facts: BulkFacts = row.json("facts")?;
                let place = format!("{}-{}", row.integer("at")?, row.text("message")?);
                let BulkFacts { delivery, legal_basis, purpose } = facts;
                Ok(BulkDelivery { place, delivery, legal_basis, purpose })
            })
            .collect()
    }

    /// The record of the signed answer behind an entry of the person of this number; none when there is no such entry,
    /// when it is held back, and when the answer is about others too.
    ///
    /// # Errors
    /// What the database says.
    pub async fn provable(&self, number: &str, audit: &str) -> Result<Option<String>, StoreError> {
        let values = args![audit, self.db.subject_key(number), true, self.ambient.now()];
        self.db.fetch_optional(sql::PROVABLE, values).await?.map(|row| row.text("message")).transpose()
    }
}
