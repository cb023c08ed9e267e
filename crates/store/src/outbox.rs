//! Facts for other rooms: written in the transaction of the fact, delivered at least once, in order per key.

use crate::db::Db;
use crate::tx::Tx;
use crate::{StoreError, Value, args, sql};
use async_trait::async_trait;
use haidang_kernel::id::Id;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::{Arc, PoisonError};

/// Marker of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventRecord {}

/// Id of an event.
pub type EventId = Id<EventRecord>;

/// A fact as a consumer receives it.
#[derive(Debug, Clone)]
pub struct Event {
    /// Id; a consumer that has seen it does nothing the second time.
    pub id: EventId,
    /// When it was written.
    pub at: Timestamp,
    /// Kind, such as `case.moved`.
    pub kind: String,
    /// Events of one key reach a consumer in order.
    pub key: String,
    /// JSON text.
    pub payload: String,
}

impl Event {
    /// The payload as its type in `contracts::events`.
    ///
    /// # Errors
    /// [`StoreError::Json`] when it has another form.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, StoreError> {
        Ok(serde_json::from_str(&self.payload)?)
    }
}

/// Why a consumer could not take an event or a handler could not do a job. Its text is stored: no personal data.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Failure {
    /// Try again later, with growing pauses.
    #[error("{0}")]
    Later(String),
    /// Trying again is useless: put it aside at once.
    #[error("{0}")]
    Never(String),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Json(_) => Self::Never(error.to_string()),
            other => Self::Later(other.to_string()),
        }
    }
}

/// Takes events. Idempotent: the same event may come again after a crash.
#[async_trait]
pub trait Consumer: Send + Sync {
    /// Stable name, stored with each delivery, such as `vault.results`.
    fn name(&self) -> &'static str;
    /// Whether this consumer wants events of the kind.
    fn wants(&self, kind: &str) -> bool;
    /// Called once before the events of a round are taken, after they were claimed: the place to read what all of them
    /// need.
    ///
    /// # Errors
    /// What the database says; the round is then tried again.
    async fn prepare(&self) -> Result<(), StoreError> {
        Ok(())
    }
    /// Takes one event.
    async fn take(&self, event: &Event) -> Result<(), Failure>;
    /// Attempts before an event is put aside as dead.
    fn attempts(&self) -> i64 {
        12
    }
}

pub(crate) type Consumers = Vec<Arc<dyn Consumer>>;

impl Db {
    /// Registers a consumer: from now on each event of a kind it wants gets a delivery row for it. To be called at
    /// start, before the first transaction; a second one of the same name replaces the first.
    pub fn register(&self, consumer: Arc<dyn Consumer>) {
        let mut current = self.core.consumers.write().unwrap_or_else(PoisonError::into_inner);
        let mut list: Consumers = current.iter().filter(|c| c.name() != consumer.name()).cloned().collect();
        list.push(consumer);
        *current = Arc::new(list);
    }

    /// Lets go of every consumer. Consumers are rooms, and rooms hold this store: whoever puts them together takes them
    /// apart again with this, or neither of them ever ends.
    pub fn forget_consumers(&self) {
        *self.core.consumers.write().unwrap_or_else(PoisonError::into_inner) = Arc::default();
    }

    pub(crate) fn consumers(&self) -> Arc<Consumers> {
        Arc::clone(&self.core.consumers.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Tx<'_> {
    /// Writes a fact for other rooms, with one delivery per registered consumer that wants its kind. `key` names the
    /// thing it is about (a case id): events of one key are delivered in order.
    ///
    /// # Errors
    /// What the database says, or [`StoreError::Json`] when the payload cannot be written.
    pub async fn emit(
        &mut self,
        kind: &'static str,
        key: &str,
        payload: &impl Serialize,
    ) -> Result<EventId, StoreError> {
        let payload = serde_json::to_string(payload)?;
        self.emit_text(kind, key, payload).await
    }

    async fn emit_text(&mut self, kind: &str, key: &str, payload: String) -> Result<EventId, StoreError> {
        let id: EventId = self.ambient().new_id();
        let at = self.ambient().now().as_microsecond();
        self.later(sql::INSERT_EVENT, args![&id, at, kind, key, payload]).await?;
        let rows: Vec<Vec<Value>> = self
            .db()
            .consumers()
            .iter()
            .filter(|consumer| consumer.wants(kind))
            .map(|consumer| args![consumer.name(), &id, key, "waiting", 0_i64, at])
            .collect();
        if !rows.is_empty() {
            self.rows_later(sql::INSERT_DELIVERY, rows).await?;
            self.ring_events();
        }
        Ok(id)
    }
}
