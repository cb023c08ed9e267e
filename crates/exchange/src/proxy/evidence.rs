//! Where proof is kept. The door calls it at the two moments that matter and passes nothing on before it has answered;
//! what it does there (sign, write, stamp) is its own affair.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;

use super::body::Stored;
use crate::rules::canonical::Hash;
use crate::rules::fault::Leaf;
use crate::rules::identifier::{ClientId, ServiceId};
use crate::rules::record::OperationalRecord;

/// A request that may go on.
#[derive(Debug, Clone)]
pub struct RequestRecord {
    /// When it came.
    pub at: Timestamp,
    /// `x-road-id`
    pub message_id: String,
    /// `x-road-request-id`
    pub request_id: String,
    /// Who asks.
    pub client: ClientId,
    /// What is asked.
    pub service: ServiceId,
    /// The agreement that allows it, with its version; none for metadata.
    pub agreement: Option<(String, u32)>,
    /// The acting user, as said.
    pub user_id: Option<String>,
    /// The case or request, as said.
    pub issue: Option<String>,
    /// The purpose, as said.
    pub purpose: Option<String>,
    /// The procedure, as said.
    pub procedure: Option<String>,
    /// The bytes of the message (handbook 3.3), as they are hashed and sent.
    pub bytes: Bytes,
    /// Its body.
    pub body: Stored,
    /// SHA-512 of the body, if it has one.
    pub body_digest: Option<Hash>,
    /// `x-road-request-hash`
    pub hash: String,
}

/// What is delivered for it.
#[derive(Debug, Clone)]
pub struct ResponseRecord {
    /// When the answer was complete.
    pub at: Timestamp,
    /// The bytes of the message.
    pub bytes: Bytes,
    /// Its body, exactly as delivered.
    pub body: Stored,
    /// SHA-512 of that body, if there is one.
    pub body_digest: Option<Hash>,
    /// SHA-512 of what the provider sent, where the body was cut down.
    pub unfiltered_digest: Option<Hash>,
}

/// The record could not be made durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// It could not be written.
    #[error("the message could not be recorded")]
    Logging,
    /// Stamping has failed for too long.
    #[error("time stamps have failed for too long")]
    Timestamping,
}

impl EvidenceError {
    pub(super) fn leaf(self) -> Leaf {
        match self {
            Self::Logging => Leaf::LoggingFailed,
            Self::Timestamping => Leaf::TimestampingFailed,
        }
    }
}

/// Keeps proof of messages.
#[async_trait]
pub trait Evidence: Send + Sync {
    /// Before a request goes to the provider. The default keeps nothing.
    ///
    /// # Errors
    /// [`EvidenceError`]: the request is then refused and does not go on.
    async fn request(&self, request: &RequestRecord) -> Result<(), EvidenceError> {
        let _ = request;
        Ok(())
    }

    /// Before an answer leaves. The default keeps nothing.
    ///
    /// # Errors
    /// [`EvidenceError`]: the answer is then not delivered.
    async fn response(&self, request: &RequestRecord, response: &ResponseRecord) -> Result<(), EvidenceError> {
        let _ = (request, response);
        Ok(())
    }

    /// After everything, also for calls that were refused; must not wait.
    fn observe(&self, record: OperationalRecord);
}

/// The last records of operation, in memory; nothing else.
#[derive(Debug)]
pub struct OperationalLog {
    most: usize,
    records: Mutex<VecDeque<OperationalRecord>>,
}

impl OperationalLog {
    /// Keeps the last `most` records.
    pub fn new(most: usize) -> Self {
        Self { most: most.max(1), records: Mutex::default() }
    }

    /// What is kept, oldest first.
    pub fn recent(&self) -> Vec<OperationalRecord> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

#[async_trait]
impl Evidence for OperationalLog {
    fn observe(&self, record: OperationalRecord) {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        if records.len() >= self.most {
            records.pop_front();
        }
        records.push_back(record);
    }
}
