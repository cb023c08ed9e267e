//! What the data exchange handed to other information systems about people, as the people may read it.

use std::fs::File;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ContractError;

/// One answer of the data exchange that was about people. It names fields, never what stood in them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// When the answer left.
    pub at: Timestamp,
    /// Code of the organisation that received it.
    pub receiver_code: String,
    /// Its name.
    pub receiver_name: String,
    /// Name of its information system, or the code where it has none.
    pub receiver_system: String,
    /// What was asked: `INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE`.
    pub service: String,
    /// Id of the agreement that allowed it.
    pub agreement: String,
    /// Its version.
    pub agreement_version: u32,
    /// The fields that the agreement lets through, as it names them.
    pub fields: Vec<String>,
    /// What people call them, in the provider's words; empty for what was delivered before providers named them.
    #[serde(default)]
    pub field_names: Vec<String>,
    /// Whether the agreement lets answers through as they are; then no fields are named.
    pub whole: bool,
    /// Code of the procedure for which it was asked, where the call named one.
    pub procedure: Option<String>,
    /// Id of the record of the signed answer in the message log.
    pub message: String,
    /// SHA-512 of that message, hex: by it the organisations that took part can find it.
    pub digest: String,
    /// Whether the answer is about one person alone, who may therefore have it as proof.
    pub sole: bool,
}

/// A delivery about more people than are told one by one; published as a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkDelivery {
    /// Place in the list, for the page after it.
    pub place: String,
    /// What was delivered, to whom.
    pub delivery: Delivery,
    /// The act that allows it.
    pub legal_basis: String,
    /// What for.
    pub purpose: String,
}

/// A signed answer as a file.
#[derive(Debug)]
pub struct ProofFile {
    /// Name under which it is saved.
    pub name: String,
    /// Its type.
    pub media_type: String,
    /// Its bytes, from their beginning.
    pub file: File,
    /// How many there are.
    pub length: u64,
}

/// What was delivered about people, beside the entries that stand on their access log.
#[async_trait]
pub trait Deliveries: Send + Sync {
    /// Deliveries about many people, newest first, after the place `after`.
    async fn bulk(&self, after: Option<&str>, limit: i64) -> Result<Vec<BulkDelivery>, ContractError>;
    /// The signed answer behind an entry of the access log, for the person of this number.
    ///
    /// [`ContractError::NotFound`] when there is no such entry, when it is still held back, and when the answer is
    /// about other people too.
    async fn proof(&self, personal_number: &str, audit_id: &str) -> Result<ProofFile, ContractError>;
}
