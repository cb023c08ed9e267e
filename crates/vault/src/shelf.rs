//! The owner's list of documents: which of them, how many, page by page.

use crate::model::ItemRow;
use crate::room::{Reader, VaultRoom};
use crate::sql;
use haidang_contracts::actor::PersonId;
use haidang_kernel::problem::Problem;
use haidang_kernel::time::{from_micros, micros};
use haidang_store::{StoreError, args};
use jiff::Timestamp;

/// Which of the owner's documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shelf {
    /// All of them.
    #[default]
    All,
    /// Issued or digitised by an agency and valid today.
    Valid,
    /// Uploaded by the owner, verified by nobody.
    Uploaded,
}

impl Shelf {
    /// All, in the order in which they are offered.
    pub const ALL: [Shelf; 3] = [Shelf::All, Shelf::Valid, Shelf::Uploaded];

    /// The word in the address of the page; empty for all.
    pub fn word(self) -> &'static str {
        match self {
            Shelf::All => "",
            Shelf::Valid => "con-hieu-luc",
            Shelf::Uploaded => "toi-tai-len",
        }
    }

    /// The shelf of a word; an unknown word means all.
    pub fn of(word: &str) -> Shelf {
        Shelf::ALL.into_iter().find(|shelf| shelf.word() == word).unwrap_or_default()
    }
}

/// How many documents stand on each shelf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// All.
    pub every: i64,
    /// Valid today.
    pub valid: i64,
    /// Uploaded.
    pub uploaded: i64,
}

impl Counts {
    /// Of one shelf.
    pub fn of(&self, shelf: Shelf) -> i64 {
        match shelf {
            Shelf::All => self.every,
            Shelf::Valid => self.valid,
            Shelf::Uploaded => self.uploaded,
        }
    }
}

/// Where a page of documents ended.
pub(crate) fn cursor(row: &ItemRow) -> String {
    format!("{}.{}", micros(row.kept_at), row.item.id)
}

/// The point behind a cursor; `None` when it is none of ours.
pub(crate) fn point(cursor: &str) -> Option<(Timestamp, String)> {
    let (at, id) = cursor.split_once('.')?;
    Some((from_micros(at.parse().ok()?), id.to_owned()))
}

impl VaultRoom {
    /// A shelf of an owner, newest first, before a point.
    ///
    /// # Errors
    /// What the database says.
    pub async fn shelf(
        &self,
        owner: &PersonId,
        shelf: Shelf,
        before: Option<(Timestamp, String)>,
        limit: i64,
    ) -> Result<Vec<ItemRow>, StoreError> {
        let db = &self.inner().db;
        let (at, id) = before.map_or((i64::MAX, String::new()), |(at, id)| (micros(at), id));
        let today = self.inner().ambient.today().to_string();
        let rows = match shelf {
            Shelf::All => db.fetch_all(sql::OF_OWNER, args![owner.as_str(), at, id, limit]).await?,
            Shelf::Valid => db.fetch_all(sql::VALID_OF_OWNER, args![owner.as_str(), at, id, limit, today]).await?,
            Shelf::Uploaded => db.fetch_all(sql::UPLOADED_OF_OWNER, args![owner.as_str(), at, id, limit]).await?,
        };
        rows.iter().map(ItemRow::read).collect()
    }

    /// How many documents an owner has.
    ///
    /// # Errors
    /// What the database says.
    pub async fn counts(&self, owner: &PersonId) -> Result<Counts, StoreError> {
        let today = self.inner().ambient.today().to_string();
        let row = self.inner().db.fetch_one(sql::COUNTS, args![owner.as_str(), today]).await?;
        Ok(Counts { every: row.integer("every")?, valid: row.integer("valid")?, uploaded: row.integer("uploaded")? })
    }

    /// A page of the reader's own documents and the cursor of the next; the look is recorded as the owner's own.
    ///
    /// # Errors
    /// What the database says.
    pub async fn list_own(
        &self,
        reader: &Reader<'_>,
        shelf: Shelf,
        after: Option<&str>,
        limit: i64,
    ) -> Result<(Vec<ItemRow>, Option<String>), Problem> {
        let mut rows = self.shelf(reader.actor.subject(), shelf, after.and_then(point), limit + 1).await?;
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > most;
        rows.truncate(most);
        if !rows.is_empty() {
            self.record_own(reader, "vault.listed", "list", "xem danh sách giấy tờ của mình").await?;
        }
        let next = rows.last().filter(|_| more).map(cursor);
        Ok((rows, next))
    }
}
