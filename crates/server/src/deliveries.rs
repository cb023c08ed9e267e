//! What the data exchange delivered about people, for the rooms that show it: out of the records in the database of the
//! city, whether the exchange runs in this process or in one of its own on the same database.

use async_trait::async_trait;
use haidang_contracts::ContractError;
use haidang_contracts::exchange::{BulkDelivery, Deliveries, ProofFile};
use haidang_exchange::message_log::MessageLog;
use haidang_exchange::proxy::{ContainerError, Stored};
use haidang_exchange::usage::UsageLog;
use tokio::sync::OnceCell;

use crate::exchange::Records;

/// Deliveries of the exchange of this city.
pub struct CityDeliveries {
    usage: UsageLog,
    records: Records,
    city: String,
    log: OnceCell<MessageLog>,
}

impl CityDeliveries {
    /// Over these records; `city` names the city in certificates of its own authorities.
    pub fn new(records: Records, city: String) -> Self {
        let usage = records.usage();
        Self { usage, records, city, log: OnceCell::new() }
    }

    /// Takes proofs from this log, which runs already; without it one is opened for the first proof. The first word
    /// counts.
    pub fn use_log(&self, log: MessageLog) {
        if self.log.set(log).is_err() {
            tracing::warn!("proofs come from a message log that was opened before; both are over the same records");
        }
    }

    /// The citizens' log.
    pub fn usage(&self) -> &UsageLog {
        &self.usage
    }

    async fn log(&self) -> Result<&MessageLog, ContractError> {
        let open = || async { self.records.log(&self.city, &std::env::temp_dir()).await };
        self.log.get_or_try_init(open).await.map_err(|error| ContractError::Unavailable(format!("{error:#}")))
    }
}

fn unavailable(error: &dyn std::fmt::Display) -> ContractError {
    ContractError::Unavailable(error.to_string())
}

#[async_trait]
impl Deliveries for CityDeliveries {
    async fn bulk(&self, after: Option<&str>, limit: i64) -> Result<Vec<BulkDelivery>, ContractError> {
        self.usage.bulk(after, limit).await.map_err(|error| unavailable(&error))
    }

    async fn proof(&self, personal_number: &str, audit_id: &str) -> Result<ProofFile, ContractError> {
        let found = self.usage.provable(personal_number, audit_id).await.map_err(|error| unavailable(&error))?;
        let record = found.ok_or(ContractError::NotFound("proof"))?;
        let made = self.log().await?.container(&record).await.map_err(|error| match error {
            ContainerError::NotFound => ContractError::NotFound("proof"),
            other => unavailable(&other),
        })?;
        let Stored::Spooled(spool) = made.content else {
            return Err(ContractError::Internal("a container that is no file".to_owned()));
        };
        let length = spool.length();
        let file = spool.into_file().map_err(|error| unavailable(&error))?;
        Ok(ProofFile { name: made.name, media_type: made.media_type.to_owned(), file, length })
    }
}
