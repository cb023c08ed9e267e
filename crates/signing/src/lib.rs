//! Keys and signatures.
//!
//! First piece of the room: every agency has an Ed25519 key in a folder that only the service may read, and a result
//! of a procedure is stored with a detached signature over its exact bytes. The signature is a JSON Web Signature with
//! unencoded detached payload (RFC 7797, algorithm `EdDSA` of RFC 8037), so any JOSE library can check it with the
//! public keys this city publishes. What is printed as a QR code is a short signed statement that can be checked
//! without a network.
//!
//! Not here: PDF (crate `documents`), time stamps and certificates (later issues), and the decision who may sign.

mod detached;
mod folder;
mod key;
mod seal;
mod sealer;
mod signer;

pub use detached::{DetachedHeader, sign_detached, verify_detached};
pub use folder::KeyFolder;
pub use key::{AgencyKey, PublicKey, PublicKeySet};
pub use seal::{SEAL_PREFIX, Seal, read_seal, write_seal};
pub use sealer::{SealError, Sealer};
pub use signer::FolderSigner;

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
