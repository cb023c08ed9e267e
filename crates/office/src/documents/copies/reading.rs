//! Lists of copies, one copy, its file, and the public check.

use super::model::{Copy, CopyStep};
use super::rules::CopyState;
use super::sql;
use crate::documents::access::ANY;
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_kernel::problem::Problem;
use haidang_kernel::time::{from_micros, micros};
use haidang_store::{Filter, StoreError, args};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which copies.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[serde(default)]
pub struct WantedCopies {
    /// A state, such as `issued`.
    pub state: Option<String>,
    /// Id of what was copied.
    pub source: Option<String>,
    /// Where the previous page ended.
    pub cursor: Option<String>,
}

impl OfficeRoom {
    /// Copies of the reader's organs, the last changed first, and where the next page begins.
    ///
    /// # Errors
    /// What the database says.
    pub async fn copies(
        &self,
        reader: &Reader<'_>,
        wanted: &WantedCopies,
        limit: i64,
    ) -> Result<(Vec<Copy>, Option<String>), StoreError> {
        let mut agencies: Vec<String> = ANY.iter().flat_map(|word| reader.actor.agencies_with(word)).collect();
        agencies.sort();
        agencies.dedup();
        let state = wanted.state.as_deref().and_then(CopyState::parse);
        let mut filter = Filter::select(sql::LIST)
            .and_in("agency", agencies)
            .and_some("state = ?", state.map(CopyState::as_str))
            .and_some("source = ?", wanted.source.as_deref());
        let point = wanted.cursor.as_deref().and_then(|cursor| cursor.split_once('.'));
        if let Some((at, id)) = point.and_then(|(at, id)| Some((from_micros(at.parse().ok()?), id.to_owned()))) {
            filter = filter.and("(changed_at, id) < (?, ?)", args![at, id]);
        }
        let (statement, values) = filter.then("ORDER BY changed_at DESC, id DESC LIMIT ?", args![limit + 1]).build();
        let rows = self.db.fetch_all(statement, values).await?;
        let mut copies: Vec<Copy> = rows.iter().map(Copy::read).collect::<Result<_, _>>()?;
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = copies.len() > most;
        copies.truncate(most);
        let next = copies.last().filter(|_| more).map(|last| format!("{}.{}", micros(last.changed_at), last.id));
        Ok((copies, next))
    }

    async fn record_copy_read(&self, reader: &Reader<'_>, copy: &Copy, action: &'static str) -> Result<(), Problem> {
        let entry = reader
            .look(action, "office_copy", &copy.id, &copy.agency)
            .because(super::asking::LEGAL_BASIS, "xem bản sao trong công việc");
        self.db.record_read(entry).await?;
        Ok(())
    }

    /// A copy opened, with its history, newest first: recorded before it is answered.
    ///
    /// # Errors
    /// `copy_not_found`, also for the copy of another organ.
    pub async fn open_copy(&self, reader: &Reader<'_>, id: &str) -> Result<(Copy, Vec<CopyStep>), Problem> {
        let copy = self.copy_of(reader, id).await?;
        self.record_copy_read(reader, &copy, "copy.read").await?;
        let rows = self.db.fetch_all(sql::EVENTS, args![id]).await?;
        let steps = rows.iter().map(CopyStep::read).collect::<Result<_, StoreError>>()?;
        Ok((copy, steps))
    }

    /// The file of a copy as it stands; the look is recorded.
    ///
    /// # Errors
    /// `copy_not_found`, `file_changed`.
    pub async fn read_copy_file(&self, reader: &Reader<'_>, id: &str) -> Result<(Copy, Vec<u8>), Problem> {
        let copy = self.copy_of(reader, id).await?;
        self.record_copy_read(reader, &copy, "copy.file_read").await?;
        let newest = self.archive.newest(&copy.file_sha256).await?;
        let bytes = self.paper_bytes(&newest).await?;
        Ok((copy, bytes))
    }

    /// A copy as it stands, for work beside requests.
    pub(crate) async fn copy_by_id(&self, id: &str) -> Result<Option<Copy>, StoreError> {
        self.db.fetch_optional(sql::ONE, args![id]).await?.as_ref().map(Copy::read).transpose()
    }

    /// An issued copy by the token printed on it, for the public page that checks it.
    ///
    /// # Errors
    /// What the database says.
    pub async fn copy_by_token(&self, token: &str) -> Result<Option<Copy>, StoreError> {
        self.db.fetch_optional(sql::BY_TOKEN, args![token]).await?.as_ref().map(Copy::read).transpose()
    }

    /// An issued copy by the SHA-256 of its file, hex, for the public page that checks files.
    ///
    /// # Errors
    /// What the database says.
    pub async fn copy_by_file(&self, sha256: &str) -> Result<Option<Copy>, StoreError> {
        self.db.fetch_optional(sql::BY_FILE, args![sha256]).await?.as_ref().map(Copy::read).transpose()
    }
}
