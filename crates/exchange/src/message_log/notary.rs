//! Who vouches for messages: the keys of members, the authority that stamps time, and what is said of certificates. The
//! server answers it with the keys that are configured or the city's own authorities.

use std::sync::Arc;

use async_trait::async_trait;
use haidang_signing::asice::EvidenceSigner;
use haidang_signing::{Certificate, PrivateKey};

use crate::rules::identifier::MemberId;

/// The key with which messages of a member are signed.
pub struct MemberSigner {
    /// Its certificate, prepared.
    pub signer: EvidenceSigner,
    /// The key.
    pub key: Arc<dyn PrivateKey>,
    /// The certificates above it, nearest first.
    pub issuers: Vec<Certificate>,
}

/// Nobody vouches.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotaryError {
    /// The member has no key that may be used now.
    #[error("no key for {0}: name one in the file of keys, or let its certificate be renewed")]
    NoKey(String),
    /// An authority did not answer, or not to this question.
    #[error("{0}")]
    Unavailable(String),
}

/// Keys, time stamps, and the state of certificates.
#[async_trait]
pub trait Notary: Send + Sync {
    /// The key of a member.
    ///
    /// # Errors
    /// [`NotaryError`]; nothing of the member passes then.
    async fn signer(&self, member: &MemberId) -> Result<Arc<MemberSigner>, NotaryError>;

    /// A time stamp (RFC 3161 token, DER) over the SHA-512 of these bytes.
    ///
    /// # Errors
    /// [`NotaryError::Unavailable`].
    async fn stamp(&self, bytes: &[u8]) -> Result<Vec<u8>, NotaryError>;

    /// What the authority says of a certificate now (OCSP response, DER); none where nobody can be asked.
    ///
    /// # Errors
    /// [`NotaryError::Unavailable`].
    async fn status(&self, certificate: &Certificate, issuer: &Certificate) -> Result<Option<Vec<u8>>, NotaryError>;

    /// Certificates of the authorities by which all of this is judged.
    fn anchors(&self) -> Vec<Certificate>;
}
