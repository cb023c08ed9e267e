//! Documents that prove themselves: data and a template go in, a signed file comes out.

use crate::ContractError;
use crate::papers::{JudgedFile, PaperRequest};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// A document to be rendered and signed by an agency.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DocumentRequest {
    /// Title, such as `Giấy khai sinh`.
    pub title: String,
    /// `vi` or `en`: language of the document.
    pub language: String,
    /// Template source of the pack for the simple form; text only as data, no file or network access.
    pub template: String,
    /// Name of the pack's template of the paper, `results/<name>`. Where the pack has none of that name, or the city no
    /// certificates, the document keeps its simple form.
    pub paper: Option<String>,
    /// Variables of the template.
    pub data: serde_json::Value,
    /// Code of the issuing agency, whose key signs.
    pub agency: String,
    /// Official name of the issuing agency.
    pub agency_name: String,
    /// Official number of the document.
    pub number: Option<String>,
    /// Public verification token, drawn as QR.
    pub token: String,
    /// Public address of the verification page.
    pub verify_url: String,
    /// Day of issue, `YYYY-MM-DD`.
    pub issued_on: String,
    /// Name and title of the person who signed the decision.
    pub signer: Option<String>,
}

/// A paper of an agency that is typeset, sealed and needs no number of its own: forms 01 to 07 and the like.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AgencyPaper {
    /// What is printed; `qr` and `bars` are added to its data.
    pub request: PaperRequest,
    /// Address behind the QR code, if it has one.
    pub qr: Option<String>,
    /// Code that also stands as bars (Code 128), if it does.
    pub bars: Option<String>,
    /// Code of the agency that seals it.
    pub agency: String,
    /// Its official name.
    pub agency_name: String,
}

/// A rendered document with its detached signature.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignedDocument {
    /// The bytes exactly as signed.
    pub bytes: Vec<u8>,
    /// Media type: `application/pdf` for a signed paper, `text/html; charset=utf-8` for the simple form.
    pub media_type: String,
    /// SHA-256 of the bytes, hex.
    pub sha256: String,
    /// Detached signature: a JWS with unencoded detached payload (RFC 7797), `header..signature`, base64url parts.
    pub signature: String,
    /// `EdDSA` (Ed25519, RFC 8037).
    pub algorithm: String,
    /// Id of the key that signed.
    pub key_id: String,
}

/// Renders and signs.
#[async_trait]
pub trait Documents: Send + Sync {
    /// Renders the template with the data and signs the bytes with the agency's key.
    async fn produce(&self, request: &DocumentRequest) -> Result<SignedDocument, ContractError>;
    /// Whether papers can be typeset and sealed: the city has certificates.
    fn seals_papers(&self) -> bool;
    /// Typesets a paper and seals it with the agency's certificate.
    ///
    /// # Errors
    /// `Refused` with `certificate_missing` where [`Documents::seals_papers`] is false; else what typesetting and
    /// signing say.
    async fn seal_paper(&self, paper: &AgencyPaper) -> Result<SignedDocument, ContractError>;
    /// Judges the signatures inside a PDF; none where no certificates are known.
    ///
    /// # Errors
    /// `Refused` with `file_unreadable` or `file_too_large`.
    async fn judge(&self, bytes: &[u8]) -> Result<Option<JudgedFile>, ContractError>;
    /// The body as it would be printed, as safe HTML without number, code or signature, for those who decide.
    fn preview(&self, request: &DocumentRequest) -> Result<String, ContractError>;
    /// Whether signature, key and bytes agree.
    async fn verify(&self, bytes: &[u8], signature: &str, key_id: &str) -> Result<bool, ContractError>;
}

/// A result of a procedure as a stored paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultPaper {
    /// Its title, such as `Giấy khai sinh`, and its number; nobody's name.
    pub title: String,
    /// SHA-256 of the issued file, hex.
    pub sha256: String,
}

/// Results of procedures, found by the code that is printed on them.
#[async_trait]
pub trait ResultPapers: Send + Sync {
    /// The issued paper with this public token; none where there is none, or where it has the simple form.
    ///
    /// # Errors
    /// A fault of the store.
    async fn result_paper(&self, token: &str) -> Result<Option<ResultPaper>, ContractError>;
}

/// Signs with keys of agencies; implemented by `signing`.
#[async_trait]
pub trait Signer: Send + Sync {
    /// Detached signature over the bytes: (RFC 7797 signature, key id).
    async fn sign(&self, agency: &str, bytes: &[u8]) -> Result<(String, String), ContractError>;
    /// Whether the signature was made over the bytes by the key.
    async fn verify(&self, bytes: &[u8], signature: &str, key_id: &str) -> Result<bool, ContractError>;
    /// Public keys: (key id, agency, public key base64url).
    async fn public_keys(&self) -> Result<Vec<(String, String, String)>, ContractError>;
}
