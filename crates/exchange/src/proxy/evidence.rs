//! Where proof is kept. The door calls it at the two moments that matter and passes nothing on before it has answered;
//! what it does there (sign, write, stamp) is its own affair.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use haidang_signing::Certificate;
use jiff::Timestamp;

use super::body::Stored;
use crate::rules::canonical::Hash;
use crate::rules::fault::Leaf;
use crate::rules::identifier::{ClientId, ServiceId};
use crate::rules::record::OperationalRecord;
use crate::transport::Signed;
use crate::usage::UsageRecord;

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
    /// Whom it is about, and what they are to learn of it; none where it is about nobody.
    pub usage: Option<Box<UsageRecord>>,
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
    pub(crate) fn leaf(self) -> Leaf {
        match self {
            Self::Logging => Leaf::LoggingFailed,
            Self::Timestamping => Leaf::TimestampingFailed,
        }
    }
}

/// Which containers of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Request and response.
    Both,
    /// The request alone.
    Request,
    /// The response alone.
    Response,
}

/// Evidence that somebody asks for (handbook 3.5, `/asic`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// `x-road-id` of the call.
    pub query_id: String,
    /// Who asks; only who took part gets any.
    pub asker: ClientId,
    /// Which of them.
    pub which: Which,
    /// Exactly one, by itself.
    pub unique: bool,
    /// Also without time stamps, when none can be had.
    pub force: bool,
}

/// A file with evidence.
#[derive(Debug, Clone)]
pub struct Containers {
    /// Its name.
    pub name: String,
    /// Its type.
    pub media_type: &'static str,
    /// Its bytes.
    pub content: Stored,
}

/// Why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ContainerError {
    /// No message of this id in which the asker took part.
    #[error("No message of this queryId in which you took part is kept here")]
    NotFound,
    /// `unique`, and there are several.
    #[error("Several messages have this queryId: leave out unique, or add requestOnly or responseOnly")]
    NotUnique,
    /// It could not be put together.
    #[error("The evidence could not be put together now; try again, or add force to do without time stamps")]
    Failed,
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

    /// Keeps a message that goes to another exchange, a request or the answer to one, and gives its signature. The
    /// default signs nothing, so nothing goes out.
    ///
    /// # Errors
    /// [`EvidenceError`]: the message does not leave.
    async fn sign(&self, request: &RequestRecord, response: Option<&ResponseRecord>) -> Result<Signed, EvidenceError> {
        let _ = (request, response);
        Err(EvidenceError::Logging)
    }

    /// Keeps a message of another exchange with the signature it came with, which was judged. The default keeps nothing,
    /// so nothing is taken.
    ///
    /// # Errors
    /// [`EvidenceError`]: the message does not go on.
    async fn keep_signed(
        &self,
        request: &RequestRecord,
        response: Option<&ResponseRecord>,
        signed: &Signed,
    ) -> Result<(), EvidenceError> {
        let _ = (request, response, signed);
        Err(EvidenceError::Logging)
    }

    /// Whether a request of another exchange comes for the first time; it is remembered until then. The default cannot
    /// remember.
    ///
    /// # Errors
    /// [`EvidenceError`]: the request is then refused.
    async fn is_new(&self, peer: &str, request_id: &str, until: Timestamp) -> Result<bool, EvidenceError> {
        let _ = (peer, request_id, until);
        Err(EvidenceError::Logging)
    }

    /// The authorities by which signatures of other exchanges are judged. The default believes nobody.
    fn anchors(&self) -> Vec<Certificate> {
        Vec::new()
    }

    /// Containers of a call. The default keeps none.
    ///
    /// # Errors
    /// [`ContainerError`].
    async fn containers(&self, wanted: &Wanted) -> Result<Containers, ContainerError> {
        let _ = wanted;
        Err(ContainerError::NotFound)
    }

    /// What a verifier of containers needs, as a zip of certificates. The default has none.
    ///
    /// # Errors
    /// [`ContainerError`].
    async fn verification(&self) -> Result<Containers, ContainerError> {
        Err(ContainerError::NotFound)
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
    /// Records that an exchange keeps unless told otherwise.
    pub const USUAL: usize = 10_000;

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
