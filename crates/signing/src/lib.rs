//! Keys and signatures.
//!
//! Two kinds stand beside each other. The light kind: every agency has an Ed25519 key in a folder that only the service
//! may read, and a result of a procedure is stored with a detached signature over its exact bytes. The signature is a
//! JSON Web Signature with unencoded detached payload (RFC 7797, algorithm `EdDSA` of RFC 8037), so any JOSE library can
//! check it with the public keys this city publishes. What is printed as a QR code is a short signed statement that can
//! be checked without a network.
//!
//! The official kind rests on certificates: a [`PrivateKey`] (a [`FileKey`] or a [`Pkcs11Key`]), or whatever else stands
//! behind the port [`DocumentSigner`], signs what [`cms`] prepares, in the form of CAdES baseline B, so that PDF readers, `openssl` and the
//! services of other provinces accept it. [`time_stamp`] proves when, [`revocation`] and [`path`] whether the
//! [`Certificate`] deserved trust then; [`issue`] is what an authority needs. A reader checks in this order:
//! [`cms::SignedData::verify`] (the content, the attributes, the key), [`time_stamp::TimeStamp`] (the moment),
//! [`path::validate`] (the certificate at that moment).
//!
//! XML messages carry their signature inside: [`xml`] makes and checks it with the same keys and certificates. Messages of
//! the data exchange are signed beside their bytes: [`asice`] makes and checks the containers that prove them, and
//! [`hash_chain`] puts many of them under one time stamp.
//!
//! Bytes that somebody signed are kept and passed on as they came. Everything read has an upper bound, and what is not
//! understood is refused. Nothing here opens a connection to an authority, and nothing here trusts: anchors, dates and
//! transports come from the caller. Not here: PDF (crate `documents`), the authorities others call (crate `trust`), and
//! the decision who may sign.

mod algorithm;
pub mod asice;
mod certificate;
pub mod cms;
mod csc;
mod detached;
mod document_signer;
mod encoding;
#[cfg(test)]
mod fixture;
mod folder;
pub mod hash_chain;
pub mod issue;
#[cfg(test)]
mod judged;
mod key;
pub mod path;
mod pem;
mod pkcs11;
pub mod private_file;
mod private_key;
pub mod revocation;
mod seal;
mod sealer;
mod signer;
pub mod time_stamp;
mod transport;
pub mod xml;

pub use algorithm::{DigestAlgorithm, Hasher, SignatureAlgorithm, verify};
pub use certificate::{Certificate, MAX_BUNDLE, MAX_CERTIFICATE};
pub use csc::{CscConfig, CscSigner};
pub use detached::{DetachedHeader, sign_detached, verify_detached};
pub use document_signer::{Authorisation, DocumentSigner, DocumentSignerError, LocalSigner, MAX_BATCH};
pub use folder::KeyFolder;
pub use key::{AgencyKey, PublicKey, PublicKeySet};
pub use pkcs11::{Pkcs11Config, Pkcs11Key};
pub use private_key::{FileKey, PrivateKey};
pub use seal::{SEAL_PREFIX, Seal, read_seal, write_seal};
pub use sealer::{SealError, Sealer};
pub use signer::FolderSigner;
pub use transport::{ServiceTransport, Transport, TransportError};

/// What can go wrong with keys and signatures, named by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// The agency code cannot name a key file: empty, too long, or with other characters than letters, digits, `.`, `-` and `_`.
    #[error("agency code cannot name a key")]
    AgencyName,
    /// The key file can be read by others than its owner; restrict it to mode 0600 and replace the key if it leaked.
    #[error("key file is readable by others: {path}")]
    OpenToOthers {
        /// The file, as configured.
        path: String,
    },
    /// The key file exists but does not hold a key of this agency.
    #[error("key file is damaged: {path}: {reason}")]
    Damaged {
        /// The file, as configured.
        path: String,
        /// What does not fit, without key material.
        reason: &'static str,
    },
    /// The key folder cannot be read or written.
    #[error("key folder: {path}")]
    Io {
        /// The file or folder, as configured.
        path: String,
        /// What the system answered.
        source: std::io::Error,
    },
    /// Bytes that should be a private key are none this house signs with.
    #[error("private key is refused: {0}")]
    KeyRefused(&'static str),
    /// A token (smart card, security module) does not answer as it should. The reason is its own and names no secret.
    #[error("token {token}: {what}: {reason}")]
    Token {
        /// Its label, as configured.
        token: String,
        /// What was being done.
        what: &'static str,
        /// What it answered.
        reason: String,
    },
    /// The certificate cannot be read, or contradicts itself.
    #[error("certificate is refused: {0}")]
    Certificate(&'static str),
    /// A hash, signature algorithm, curve or key length that official documents may not rest on.
    #[error("algorithm is not accepted: {0}")]
    WeakAlgorithm(String),
    /// The signature, seal or public key is not in the form this crate writes.
    #[error("signature is malformed: {0}")]
    Malformed(&'static str),
    /// The signature was made by a key that is not among the given ones.
    #[error("signing key is unknown")]
    UnknownKey,
    /// The bytes and the signature do not belong together: one of them was changed.
    #[error("signature does not match")]
    Mismatch,
}
