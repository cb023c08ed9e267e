//! The messages of the office on their way out: each is kept for the list of its reader, then handed to the city's
//! messages. What is sent again under the same key counts once in both.

use super::model::NoticeRecord;
use super::sql;
use async_trait::async_trait;
use haidang_contracts::ContractError;
use haidang_contracts::messages::{Message, Notifier};
use haidang_kernel::ambient::Ambient;
use haidang_kernel::id::Id;
use haidang_store::{Db, StoreError, args};
use std::sync::Arc;

/// Keeps and passes on. The key of a message begins with what it is about: `task/<id>/…`.
pub struct NoticeBoard {
    db: Db,
    ambient: Ambient,
    outward: Arc<dyn Notifier>,
}

impl NoticeBoard {
    /// Keeps in this database and passes on to these messages.
    pub fn new(db: Db, ambient: Ambient, outward: Arc<dyn Notifier>) -> Self {
        Self { db, ambient, outward }
    }
}

/// What a message is about.
fn object(key: &str) -> (&str, &str) {
    let mut parts = key.split('/');
    (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
}

#[async_trait]
impl Notifier for NoticeBoard {
    async fn send(&self, message: &Message) -> Result<(), ContractError> {
        let (kind, id) = object(&message.key);
        let row: Id<NoticeRecord> = self.ambient.new_id();
        let values = args![
            &row,
            message.key.as_str(),
            message.to.as_str(),
            message.template.as_str(),
            kind,
            id,
            message.data.clone(),
            self.ambient.now()
        ];
        self.db.execute(sql::INSERT, values).await.map_err(|error| match error {
            StoreError::Transient(reason) => ContractError::Unavailable(reason),
            other => ContractError::Internal(other.to_string()),
        })?;
        self.outward.send(message).await
    }
}

#[cfg(test)]
mod tests {
    use super::object;

    #[test]
    fn a_key_says_what_a_message_is_about() {
        for (key, expected) in [
            ("task/t1/given/2", ("task", "t1")),
            ("document/d1/review/3/p1", ("document", "d1")),
            ("meeting", ("meeting", "")),
            ("", ("", "")),
        ] {
            assert_eq!(object(key), expected, "{key}");
        }
    }
}
