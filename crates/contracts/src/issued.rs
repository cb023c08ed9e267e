//! Documents that organs issued, as whoever holds one may know them: what the books say of a file, and whether those who
//! signed it were competent. Nothing here is personal but the names that stand in signatures.

use crate::ContractError;
use crate::papers::{JudgedAs, JudgedSignature};
use async_trait::async_trait;
use haidang_kernel::bilingual::Bilingual;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What became of an issued document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It stands as it was issued.
    Stands,
    /// Thu hồi: it no longer counts.
    Recalled,
    /// Thay thế: another document counts in its place.
    Replaced,
    /// Đính chính: it counts together with its corrigendum.
    Corrected,
}

impl Standing {
    /// The stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stands => "stands",
            Self::Recalled => "recalled",
            Self::Replaced => "replaced",
            Self::Corrected => "corrected",
        }
    }
}

/// An issued document as the book of its organ knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedPaper {
    /// Opaque id of the document in its room; shown to nobody.
    pub id: String,
    /// Public token, in the QR code of the paper.
    pub token: String,
    /// Code of the organ.
    pub agency: String,
    /// Name of the organ when it issued.
    pub organ: String,
    /// Name of its kind.
    pub kind: Bilingual,
    /// Number and notation, `05/QĐ-UBND`.
    pub code: String,
    /// Day of the number.
    pub issued_on: Option<Date>,
    /// SHA-256 of the issued file, hex.
    pub sha256: String,
    /// What became of it.
    pub standing: Standing,
    /// Number and notation of the document that replaced or corrected it, and its day.
    pub by: Option<(String, Option<Date>)>,
}

/// Whether one signer was competent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Competent {
    /// The answer.
    pub answer: JudgedAs,
    /// Stable code of the reason.
    pub code: String,
    /// The reason: the assignment or rule it rests on, or what is missing.
    pub reason: Bilingual,
}

/// The third answer about a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Competence {
    /// About the document: the worst of what was found, or that a signature which it needs is missing.
    pub whole: Competent,
    /// About each signature, in the order in which they were given.
    pub signatures: Vec<Competent>,
}

/// Who keeps the books of issued documents and of those who may sign them.
#[async_trait]
pub trait IssuedPapers: Send + Sync {
    /// The document that was issued with this public token; none for a draft.
    ///
    /// # Errors
    /// What the books say.
    async fn by_token(&self, token: &str) -> Result<Option<IssuedPaper>, ContractError>;
    /// The document whose issued file has this SHA-256 (hex), in its first form or a renewed one.
    ///
    /// # Errors
    /// What the books say.
    async fn by_digest(&self, sha256: &str) -> Result<Option<IssuedPaper>, ContractError>;
    /// Whether those who signed were competent when they did, for this kind of document; the seal for the organ.
    ///
    /// # Errors
    /// What the books say.
    async fn competence(
        &self,
        paper: &IssuedPaper,
        signatures: &[JudgedSignature],
    ) -> Result<Competence, ContractError>;
}
