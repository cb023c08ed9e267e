//! Messages to people, kept in a table until a city connects its text-message and e-mail gateways.

use async_trait::async_trait;
use haidang_contracts::ContractError;
use haidang_contracts::messages::{Message, Notifier};
use haidang_kernel::ambient::Ambient;
use haidang_store::{Db, StoreError, args};

use crate::sql;

enum StoredMessage {}

/// Stores messages; the log tells ids only.
pub struct StoredMessages {
    db: Db,
    ambient: Ambient,
}

impl StoredMessages {
    /// Stores in this database.
    pub fn new(db: Db, ambient: Ambient) -> StoredMessages {
        StoredMessages { db, ambient }
    }
}

#[async_trait]
impl Notifier for StoredMessages {
    async fn send(&self, message: &Message) -> Result<(), ContractError> {
        let id = self.ambient.new_id::<StoredMessage>();
        let row = args![
            &id,
            &message.key,
            &message.to,
            &message.template,
            &message.data,
            &message.case_id,
            self.ambient.now(),
        ];
        let stored = self.db.execute(sql::INSERT_MESSAGE, row).await.map_err(|error| match error {
            StoreError::Transient(reason) => ContractError::Unavailable(reason),
            other => ContractError::Internal(other.to_string()),
        })?;
        if stored > 0 {
            tracing::info!(message.id = %id, message.template = %message.template, "message stored");
        }
        Ok(())
    }
}
