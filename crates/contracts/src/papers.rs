//! Official documents: typesetting them, signing them, judging them. The office asks; the files stay what they were:
//! every answer is a new file.

use crate::ContractError;
use crate::actor::PersonId;
use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The form field of a signed paper that takes its Appendix VI record (Decree 30/2020) as JSON, with number and date, when
/// the organ closes it. An attachment cannot be changed once the officer has signed; a field that was prepared may be
/// filled (ISO 32000-1, 12.8.2.2: form filling), and the organ's signature covers it.
pub const RECORD_FIELD: &str = "appendix_vi";

/// A paper to be typeset from a template of the pack.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PaperRequest {
    /// Name of the template within the pack, without its ending: `official/decision`, `books/outgoing`.
    pub template: String,
    /// What the template prints; text is data, never markup.
    pub data: serde_json::Value,
    /// Title of the document, for its metadata and for readers of the screen.
    pub title: String,
    /// `vi` or `en`.
    pub language: String,
    /// When it is dated, microseconds UTC.
    pub dated: i64,
    /// Files that travel inside the document, such as its Appendix VI record.
    pub attachments: Vec<PaperAttachment>,
}

/// A file inside a document.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PaperAttachment {
    /// File name.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// What it is, in a few words.
    pub description: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A rectangle on a page: points (1/72 inch) from the lower left corner; the first page is 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PaperPlace {
    /// Page, from 0.
    pub page: usize,
    /// Left edge.
    pub x: f64,
    /// Lower edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// A typeset paper.
#[derive(Debug, Clone)]
pub struct TypesetPaper {
    /// PDF/A-3a and PDF/UA-1 in one file.
    pub bytes: Vec<u8>,
    /// Number of pages.
    pub pages: usize,
    /// Places that the template names: `number`, `date`, `officer`, `organ`, `initials`.
    pub places: BTreeMap<String, PaperPlace>,
}

/// What a rule of layout found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayoutFinding {
    /// Code of the rule, such as `margin_left`.
    pub rule: String,
    /// The clause, such as `Nghị định 30/2020/NĐ-CP, Phụ lục I, Phần I, mục I.2`.
    pub article: String,
    /// What the document shows.
    pub found: String,
    /// What the clause wants.
    pub wanted: String,
    /// Page, from 1.
    pub page: Option<usize>,
    /// `error` or `warning`.
    pub severity: String,
}

/// Typesets papers and judges layouts.
#[async_trait]
pub trait Typesetting: Send + Sync {
    /// Typesets one paper.
    ///
    /// # Errors
    /// `Refused` with `template_unknown`, `template_failed`, `paper_too_long`; `Unavailable` when it takes too long.
    async fn typeset(&self, request: &PaperRequest) -> Result<TypesetPaper, ContractError>;
    /// Whether the pack has a template of this name.
    fn has_template(&self, name: &str) -> bool;
    /// What the layout rules say of a PDF, ours or another's.
    ///
    /// # Errors
    /// `Refused` with `file_unreadable` or `file_too_large`.
    async fn lint(&self, file: &[u8]) -> Result<Vec<LayoutFinding>, ContractError>;
}

/// In which part somebody signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignatureRole {
    /// Ký nháy: a check of the draft.
    Initials,
    /// Ký số cá nhân: the competent person.
    Officer,
    /// Ký số cơ quan: the organ, after the number is filled in.
    Organ,
}

/// Who signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SigningParty {
    /// A person, who holds a post at an agency.
    Officer {
        /// The person.
        person: PersonId,
        /// Their full name, for the certificate and the picture.
        name: String,
        /// Code of the agency.
        agency: String,
    },
    /// An agency.
    Organ {
        /// Its code.
        agency: String,
        /// Its official name.
        name: String,
    },
}

/// One file of a batch.
#[derive(Debug, Clone)]
pub struct FileToSign {
    /// The file as it stands.
    pub bytes: Vec<u8>,
    /// Where the signature is seen; `None` signs without a picture.
    pub place: Option<PaperPlace>,
    /// Text fields that this signature fills before it closes the file, such as `number` and `date`; a field without area
    /// (`appendix_vi`: the record as JSON) shows nothing and is read by programs. For a field
    /// `annex…` they are lines that the signature itself shows (Decree 30/2020, Appendix I, II.7 and II.8).
    pub fill: BTreeMap<String, String>,
    /// Fields to be prepared empty before the first signature, with their places: `officer…`, `organ…`, `initials…` and
    /// `annex…` become fields for signatures, every other one a line of text. What is there already stays as it is.
    pub prepare: BTreeMap<String, PaperPlace>,
    /// Name of the signature field, such as `officer` or `organ`; one that was prepared keeps its place.
    pub field: String,
    /// Why it is signed, a few words.
    pub reason: String,
}

/// A batch that one act of will signs: all of it or nothing.
#[derive(Debug, Clone)]
pub struct SigningOrder {
    /// In which part.
    pub role: SignatureRole,
    /// Who.
    pub party: SigningParty,
    /// What; the authorisation is pinned to exactly these files.
    pub files: Vec<FileToSign>,
    /// The PIN or code of a remote key, when one was asked for.
    pub activation: Option<String>,
}

/// A certificate as the board of certificates shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartyCertificate {
    /// Name in the certificate.
    pub subject: String,
    /// Who issued it.
    pub issuer: String,
    /// Serial, hex.
    pub serial: String,
    /// First moment, microseconds UTC.
    pub not_before: i64,
    /// Last moment, microseconds UTC.
    pub not_after: i64,
    /// `file`, `pkcs11`, `csc`.
    pub source: String,
}

/// One of the answers of a judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JudgedAs {
    /// Proven.
    Valid,
    /// Disproven.
    Invalid,
    /// Neither can be said now.
    Unknown,
}

/// One signature of a file, judged.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JudgedSignature {
    /// Name of its field.
    pub field: String,
    /// Toàn vẹn: nothing was changed that this signature covers, but what it allows.
    pub integrity: JudgedAs,
    /// Danh tính: the certificate leads to an anchor and stood at that time.
    pub identity: JudgedAs,
    /// Name in the certificate.
    pub signer: String,
    /// When it was made by its time stamp, microseconds UTC; the claimed time is never given here.
    pub stamped_at: Option<i64>,
    /// `B-B`, `B-T`, `B-LT`, `B-LTA`.
    pub level: String,
    /// Stable codes of what was found, for words of the interface.
    pub remarks: Vec<String>,
}

/// What was found about a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JudgedFile {
    /// SHA-256 of the file, hex.
    pub sha256: String,
    /// Its signatures, oldest first; empty when it has none.
    pub signatures: Vec<JudgedSignature>,
    /// The whole report, as it is stored.
    pub report: serde_json::Value,
    /// When it was judged.
    pub judged_at: Timestamp,
}

/// One time stamp of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StampFacts {
    /// When it was given.
    pub at: Timestamp,
    /// When the certificate of its authority ends.
    pub until: Timestamp,
    /// Name of the authority.
    pub authority: String,
}

/// What was found about a chain of time stamps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StampChain {
    /// The stamps that could be read, oldest first.
    pub stamps: Vec<StampFacts>,
    /// Whether the chain proves the digest now; unknown when nothing follows a stamp whose certificate has ended.
    pub answer: JudgedAs,
    /// Stable codes of what was found: `stamp_missing`, `stamp_malformed`, `stamp_other_content`, `stamp_order`,
    /// `stamp_expired`, `stamp_revoked`, `stamp_untrusted`.
    pub remarks: Vec<String>,
}

/// Signs and judges the files of the office.
#[async_trait]
pub trait OfficeSigning: Send + Sync {
    /// Signs every file of the order and judges each before it is handed out; in the order given.
    ///
    /// # Errors
    /// `Refused` with `certificate_missing`, `certificate_expired`, `certificate_revoked`, `certificate_untrusted`,
    /// `signature_not_authorised`, `earlier_signature_invalid`, `file_unreadable`, `file_too_large`, `field_not_free`,
    /// `text_unprintable`; `Unavailable` when a stamp or an answer cannot be had now.
    async fn sign(&self, order: SigningOrder) -> Result<Vec<Vec<u8>>, ContractError>;
    /// Judges a file and everything in it.
    ///
    /// # Errors
    /// `Refused` with `file_unreadable` or `file_too_large`.
    async fn judge(&self, file: &[u8]) -> Result<JudgedFile, ContractError>;
    /// The certificate somebody would sign with today, if there is one. Where the city's own authority issues them, it
    /// is made now when there is none yet.
    ///
    /// # Errors
    /// What the provider of the key says.
    async fn certificate(&self, party: &SigningParty) -> Result<Option<PartyCertificate>, ContractError>;
    /// Time stamp (RFC 3161 token, DER) over a digest (SHA-256), for roots of registers and stored reports.
    ///
    /// # Errors
    /// `Unavailable` without an authority.
    async fn stamp(&self, sha256: &[u8; 32]) -> Result<Vec<u8>, ContractError>;
    /// Judges tokens of [`OfficeSigning::stamp`], oldest first: the first over the digest, each next over SHA-256 of the
    /// one before it, each good when the next was given and the last one now.
    ///
    /// # Errors
    /// A fault of our own; that a chain does not hold is an answer.
    async fn judge_stamps(&self, sha256: &[u8; 32], tokens: &[Vec<u8>]) -> Result<StampChain, ContractError>;
}

/// What a document carries besides its pages.
#[derive(Debug, Clone, Default)]
pub struct PaperInside {
    /// Files inside it, such as its Appendix VI record; what is beyond the limits of the reader is left out.
    pub files: Vec<PaperAttachment>,
    /// Texts of the lines that were filled in after the first signature, by the name of the field: `number`, `date`.
    pub filled: BTreeMap<String, String>,
}

/// Reads what travels inside a document. Whatever is found is its sender's claim.
#[async_trait]
pub trait PaperAttachments: Send + Sync {
    /// What a PDF carries, within the limits of the reader; nothing when it carries nothing.
    ///
    /// # Errors
    /// `Refused` with `file_unreadable`, also for what is beyond every use.
    async fn inside(&self, file: Vec<u8>) -> Result<PaperInside, ContractError>;
    /// What the pages of a PDF show, a line each; empty for pictures of paper.
    ///
    /// # Errors
    /// `Refused` with `file_unreadable`; `Unavailable` when it takes too long.
    async fn text(&self, file: Vec<u8>) -> Result<String, ContractError>;
}
