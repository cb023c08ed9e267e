//! Messages to people: e-mail, text message, letter, or the inbox of the portal.

use crate::ContractError;
use crate::actor::PersonId;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// A message to one person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Message {
    /// Idempotency key: the same key is sent once.
    pub key: String,
    /// Who receives it.
    pub to: PersonId,
    /// Id of the notice template of the pack.
    pub template: String,
    /// Variables of the template; no more personal data than the text needs.
    pub data: serde_json::Value,
    /// Case it is about.
    pub case_id: Option<String>,
}

/// Sends messages.
#[async_trait]
pub trait Notifier: Send + Sync {
    /// Queues the message; delivery is at least once.
    async fn send(&self, message: &Message) -> Result<(), ContractError>;
}
