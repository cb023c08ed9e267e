//! Signatures in PDF (PAdES, ETSI EN 319 142-1): making them up to B-LTA, and judging them.
//!
//! A signature is always a revision of its own behind bytes that stay as they are. Making one is split so that a key
//! elsewhere can sign: [`prepare`] lays out the revision and gives the digest, [`Prepared::embed`] puts the signed
//! data into the room that was left for it.

mod appearance;
mod batch;
mod evidence;
mod files;
mod fill;
mod font;
mod form;
mod permission;
mod picture;
mod place;
mod prepare;
mod proof;
mod sign;
mod store;
mod structure;
mod validate;

pub use appearance::{Appearance, AppearanceText};
pub use batch::{BatchFile, SignedFile, sign_batch};
pub use files::{sign_file, verify_file};
pub use fill::{FieldValue, fill_fields};
pub use form::{Field, FieldKind, fields};
pub use permission::FieldLock;
pub use picture::{OFFICIAL_FONT, OFFICIAL_ITALIC, handwriting, initials, seal};
pub use place::{NewField, NewFieldKind, PageChoice, Placement, add_fields};
pub use prepare::{Certification, Prepared, SignatureOptions, prepare, prepare_time_stamp};
pub use proof::{Proof, proof};
pub use sign::{Authorities, Level, Signer, renew, sign, sign_by};
pub use store::{ValidationData, read_store};
pub use validate::{Answer, Change, Code, Finding, Judge, Report, SignatureKind, SignatureReport, Verdict, verify};

use crate::pdf::PdfError;

/// Why a signature could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PadesError {
    /// The file cannot be read or extended.
    #[error(transparent)]
    Pdf(#[from] PdfError),
    /// The field has a signature already, or a field of that name is none for signatures.
    #[error("field {0} cannot be signed: it has a value already or is of another kind")]
    FieldTaken(String),
    /// There is no such field.
    #[error("field {0} does not exist")]
    FieldMissing(String),
    /// A tagged file that is signed already cannot take a visible field: its structure may not change any more.
    #[error("field {0} must be added before the first signature, because the file is tagged")]
    FieldTooLate(String),
    /// An earlier signature forbids what is asked (DocMDP or FieldMDP).
    #[error("an earlier signature forbids this change: {0}")]
    Forbidden(&'static str),
    /// The picture is no PNG or larger than a signature needs.
    #[error("the picture cannot be used: {0}")]
    Picture(String),
    /// The font cannot be embedded, or lacks a letter.
    #[error("the font cannot be used: {0}")]
    Font(String),
    /// The signed data does not fit into the room that was left for it.
    #[error("the signature needs {needed} bytes, and {room} were reserved")]
    Room {
        /// Bytes of the signed data.
        needed: usize,
        /// Bytes that were left.
        room: usize,
    },
    /// No time stamping authority is configured, and the level needs one.
    #[error("this level needs a time stamping authority")]
    NoTimeStamps,
    /// An authority gave no time stamp, or one that does not fit.
    #[error(transparent)]
    TimeStamp(#[from] haidang_signing::time_stamp::TimeStampError),
    /// No path to a trusted authority, or something on it that does not hold.
    #[error(transparent)]
    Path(#[from] haidang_signing::path::PathError),
    /// Signed data could not be made.
    #[error(transparent)]
    Signed(#[from] haidang_signing::cms::SignedDataError),
    /// The key did not sign, or may not sign this.
    #[error(transparent)]
    Signer(#[from] haidang_signing::DocumentSignerError),
    /// Our own validator finds fault with what was signed, or with a signature that was there before.
    #[error("signature {field} does not stand: {}", code.english())]
    Judged {
        /// Name of its field.
        field: String,
        /// What was found first.
        code: Code,
    },
    /// A key, certificate or algorithm is refused.
    #[error(transparent)]
    Signing(#[from] haidang_signing::SigningError),
}
