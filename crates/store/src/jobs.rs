//! Work to be done later: rows enqueued with the fact that needs them, claimed by one worker, retried with growing
//! pauses, put aside when hopeless.

use crate::tx::Tx;
use crate::{StoreError, args, sql};
use haidang_kernel::id::Id;
use jiff::Timestamp;
use serde::Serialize;

/// Marker of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JobRecord {}

/// Id of a job.
pub type JobId = Id<JobRecord>;

impl Tx<'_> {
    /// Enqueues work of a kind under a key. While the same kind and key is waiting, nothing is added and `None` is
    /// answered.
    ///
    /// # Errors
    /// What the database says, or [`StoreError::Json`] when the payload cannot be written.
    pub async fn enqueue(
        &mut self,
        kind: &'static str,
        key: &str,
        payload: &impl Serialize,
        run_at: Timestamp,
    ) -> Result<Option<JobId>, StoreError> {
        let id: JobId = self.ambient().new_id();
        let now = self.ambient().now();
        let payload = serde_json::to_string(payload)?;
        let added = self.execute(sql::ENQUEUE_JOB, args![&id, kind, key, payload, run_at, now]).await?;
        if added == 0 {
            return Ok(None);
        }
        self.ring_jobs();
        Ok(Some(id))
    }
}
