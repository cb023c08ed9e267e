//! The container of one record, for a person whom the message is about alone.

use haidang_store::args;
use tokio::task::spawn_blocking;

use super::exporting::{failed, gather, one};
use super::model::Placed;
use super::{MessageLog, sql};
use crate::proxy::{ContainerError, Containers};

impl MessageLog {
    /// The container of the message with this record; the caller has judged who may have it. What is not stamped yet is
    /// stamped now.
    ///
    /// # Errors
    /// [`ContainerError`].
    pub async fn container(&self, record: &str) -> Result<Containers, ContainerError> {
        let row = self.0.parts.db.fetch_optional(sql::MESSAGE, args![record]).await?;
        let placed = row.as_ref().map(Placed::read).transpose()?.ok_or(ContainerError::NotFound)?;
        let gathered = [gather(self, placed, false).await?];
        let (sealer, folder) = (self.0.parts.sealer.clone(), self.0.parts.settings.folder.clone());
        spawn_blocking(move || one(&gathered, &sealer, &folder)).await.map_err(failed)?.map_err(failed)
    }
}
