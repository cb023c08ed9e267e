//! Messages by which organs of the state send each other documents (edXML, QCVN 102:2016/BTTTT): read and written for
//! rooms that do not know their form.

use crate::ContractError;
use async_trait::async_trait;
use jiff::civil::{Date, DateTime};

/// An organ as messages name it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExchangeOrgan {
    /// Its OrganId, such as `000.00.00.H41`.
    pub organ_id: String,
    /// Its name.
    pub name: String,
}

/// What a message does with a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExchangeAct {
    /// Sends a new one.
    #[default]
    New,
    /// Takes one back.
    Recall,
    /// Brings one up to date.
    Update,
    /// Puts a new one in the place of others.
    Replace,
}

/// A file of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeFile {
    /// File name, no path.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// Its bytes, unpacked.
    pub bytes: Vec<u8>,
}

/// A message that carries a document or takes one back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeDocument {
    /// Who sends it.
    pub from: ExchangeOrgan,
    /// Who gets it.
    pub to: Vec<ExchangeOrgan>,
    /// Its identifier at the sender, the same in every message about it.
    pub document_id: String,
    /// Number.
    pub code_number: String,
    /// Notation.
    pub code_notation: String,
    /// Place of issue.
    pub place: String,
    /// Day of issue.
    pub issued_on: Date,
    /// Name of the kind, such as `Thông báo`.
    pub kind_name: String,
    /// Summary.
    pub subject: String,
    /// Right by which it was signed, such as `KT. CHỦ TỊCH`.
    pub signer_form: String,
    /// Post of the signer.
    pub signer_post: String,
    /// Name of the signer.
    pub signer_name: String,
    /// Day by which an answer is wanted.
    pub due_on: Option<Date>,
    /// 0 none, 1 khẩn, 2 thượng khẩn, 3 hỏa tốc.
    pub urgency: u32,
    /// Pages, when they are told.
    pub pages: Option<u32>,
    /// What the message does.
    pub act: ExchangeAct,
    /// Identifiers of the documents that are taken back, brought up to date or replaced.
    pub about: Vec<String>,
    /// Why, for everything but a new document.
    pub reason: String,
    /// Its files, the document itself first.
    pub files: Vec<ExchangeFile>,
}

/// A document as a status names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeReference {
    /// Organ that issued it.
    pub organ_id: String,
    /// Number and notation, `05/TB-UBND`.
    pub code: String,
    /// Day of issue.
    pub issued_on: Date,
    /// Identifier at the sender; empty with some systems.
    pub document_id: String,
}

/// A message that says what became of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeStatus {
    /// Who says it.
    pub from: ExchangeOrgan,
    /// Of which document; some systems leave it out.
    pub about: Option<ExchangeReference>,
    /// Code, `01` to `16`.
    pub code: String,
    /// Why.
    pub reason: String,
    /// When, by the wall clock.
    pub at: DateTime,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExchangeMessage {
    /// About a document.
    Document(Box<ExchangeDocument>),
    /// What became of one.
    Status(ExchangeStatus),
}

/// A message as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadMessage {
    /// What it says.
    pub message: ExchangeMessage,
    /// What its signature proves: `trusted` (whole, by a certificate that an authority of this city vouches for),
    /// `untrusted` (whole, by a certificate that is refused), `whole` (no authority is known to ask), `absent`, `weak`,
    /// `foreign` or `invalid`. It proves the envelope, not the document in it.
    pub signature: String,
    /// Name in the certificate of a message that is whole: a claim, unless it is trusted.
    pub signer: Option<String>,
    /// Rules it breaks and yet can be read, in Vietnamese.
    pub remarks: Vec<String>,
}

/// Reads and writes messages.
#[async_trait]
pub trait Messages: Send + Sync {
    /// Reads one message and judges its signature.
    ///
    /// # Errors
    /// `Refused` with `message_refused` and what is wrong with it.
    async fn read(&self, bytes: Vec<u8>) -> Result<ReadMessage, ContractError>;
    /// Writes one message, signed by the sender: the organ whose code in the city is `agency`. `at` is the time of the
    /// hop, by the wall clock.
    ///
    /// # Errors
    /// `Refused` with `message_invalid` and every rule it breaks, or with `certificate_missing`, `certificate_expired`,
    /// `certificate_revoked`, `signature_not_authorised`; `Unavailable` when the key does not answer.
    async fn write(&self, message: ExchangeMessage, agency: &str, at: DateTime) -> Result<Vec<u8>, ContractError>;
}
