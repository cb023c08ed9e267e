//! Signed data (RFC 5652) in the form of CAdES baseline B (ETSI EN 319 122-1): what stands in a signed PDF, around a
//! time stamp, and beside a message of the data exchange.
//!
//! Signing is split in two so that a key elsewhere can sign: [`prepare`] gives the bytes and the digest to be signed,
//! [`finish`] puts the signature in its place. [`SignedData::parse`] reads what others made, and
//! [`SignedData::verify`] checks all that can be checked without trusting anybody; whom to trust is the path's matter.

mod attributes;
mod build;
mod read;
mod verify;

#[cfg(test)]
mod tests;

pub use attributes::AttributeBytes;
pub use build::{SignedAttributes, add_time_stamp, finish, prepare, sign_detached, sign_encapsulated};
pub(crate) use read::refuse_idle_changes;
pub use read::{MAX_SIGNED_DATA, SignedData};
pub use verify::{SigningCertificateVersion, VerifiedSigner};

use crate::SigningError;

/// Why signed data could not be made, read or accepted.
#[derive(Debug, thiserror::Error)]
pub enum SignedDataError {
    /// It is longer than [`MAX_SIGNED_DATA`].
    #[error("signed data is longer than this service reads")]
    TooLong,
    /// It is not DER of the form RFC 5652 gives.
    #[error("signed data is malformed: {0}")]
    Malformed(&'static str),
    /// Official documents and time stamps carry one signer in each piece of signed data (ETSI EN 319 142-1, 5.3).
    #[error("signed data has {0} signers instead of one")]
    Signers(usize),
    /// A signed attribute that must be there is missing, or there more than once.
    #[error("signed attribute is missing or repeated: {0}")]
    Attribute(&'static str),
    /// The signed content type is another than that of the content.
    #[error("signed content type does not fit the content")]
    ContentType,
    /// The content is not the one that was signed.
    #[error("the content was changed after signing")]
    Content,
    /// The certificate of the signer is not among those that came along.
    #[error("the signer's certificate is not in the signed data")]
    SignerCertificate,
    /// The certificate is not the one the signer named in the signed attributes: it was swapped.
    #[error("the signer's certificate is not the one that was signed for")]
    SigningCertificate,
    /// The certificate does not belong to the key that signs or signed.
    #[error("the certificate belongs to another key")]
    OtherKey,
    /// An algorithm that is not accepted, a signature that does not fit, or a key that did not sign.
    #[error(transparent)]
    Signing(#[from] SigningError),
}

impl From<der::Error> for SignedDataError {
    fn from(_: der::Error) -> SignedDataError {
        SignedDataError::Malformed("not DER")
    }
}
