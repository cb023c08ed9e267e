//! The list of a reader, and putting it away.

use super::model::Notice;
use super::sql;
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_kernel::problem::Problem;
use haidang_store::{AuditEntry, StoreError, args};
use jiff::Timestamp;

/// Most notices of one list.
const MOST: i64 = 100;

impl OfficeRoom {
    /// The newest notices of the reader.
    ///
    /// # Errors
    /// What the database says.
    pub async fn notices(&self, reader: &Reader<'_>) -> Result<Vec<Notice>, StoreError> {
        let rows = self.db.fetch_all(sql::OF_PERSON, args![reader.person(), MOST]).await?;
        rows.iter().map(Notice::read).collect()
    }

    /// How many notices the reader has not put away.
    ///
    /// # Errors
    /// What the database says.
    pub async fn unseen_notices(&self, reader: &Reader<'_>) -> Result<i64, StoreError> {
        self.db.fetch_one(sql::UNSEEN, args![reader.person()]).await?.integer("count")
    }

    /// Puts away what was there when the reader looked; what came since stays.
    ///
    /// # Errors
    /// What the database says.
    pub async fn put_notices_away(&self, reader: &Reader<'_>, until: Timestamp) -> Result<(), Problem> {
        let agency = reader.actor.agencies().first().cloned().unwrap_or_default();
        let entry = AuditEntry::mutation("notice.seen", reader.actor_ref(&agency))
            .object("office_notices", reader.person())
            .request(reader.request_id)
            .because("30/2020/NĐ-CP Điều 24", "đã xem thông báo công việc");
        let (entry, now, person) = (&entry, self.ambient.now(), reader.person());
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    if tx.execute(sql::SEEN, args![person, now, until]).await? > 0 {
                        tx.audit(entry.clone()).await?;
                    }
                    Ok::<_, Problem>(())
                })
            })
            .await
    }
}
