//! What can go wrong in this room, named by what the caller can do about it.

use haidang_kernel::problem::Problem;
use haidang_signing::SigningError;
use haidang_store::StoreError;

/// Why an authority, a certificate or an answer did not come about.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// A part of a name is empty, longer than RFC 5280 allows or holds control characters.
    #[error("{part} of the subject must be 1 to {most} characters without control characters")]
    Subject {
        /// The part.
        part: &'static str,
        /// Its upper bound in characters.
        most: usize,
    },
    /// The validity asked for is not allowed.
    #[error("a certificate is valid for 1 to {most} days")]
    Days {
        /// The most that may be asked for.
        most: i64,
    },
    /// The certification request or public key cannot be used.
    #[error("{0}")]
    Request(&'static str),
    /// No certificate has this serial number.
    #[error("no certificate has the serial number {0}")]
    UnknownSerial(String),
    /// The certificate was revoked before; the first reason stands.
    #[error("certificate {0} was revoked before; the first reason stands")]
    AlreadyRevoked(String),
    /// A file of a key holds something else than its name says.
    #[error("key file {path}: {reason}")]
    KeyFile {
        /// The file.
        path: String,
        /// What does not fit, without key material.
        reason: &'static str,
    },
    /// A policy is no object identifier.
    #[error("{0} is no object identifier such as 1.3.6.1.4.1.32473.1")]
    Policy(String),
    /// A value does not fit its standard form: a fault of ours.
    #[error("encoding: {0}")]
    Encoding(#[from] der::Error),
    /// Messages of time stamps.
    #[error(transparent)]
    TimeStamp(#[from] haidang_signing::time_stamp::TimeStampError),
    /// Keys and signatures.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// Records.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<TrustError> for Problem {
    fn from(error: TrustError) -> Self {
        Problem::internal(error.to_string())
    }
}
