//! XML and its signatures (W3C XML Signature 1.1), enveloped: the signature stands inside the document it covers.
//!
//! The attacks on signed XML live from two readers: one checks the signature, another takes the content from a place
//! that nobody signed. Here a text is parsed once ([`XmlDocument`]), the signature is checked on that tree, and the
//! caller reads from the same tree. A signature must stand where the caller expects it and cover the root element
//! with everything in it but itself; whatever could mean another thing to another reader (document type
//! declarations, entities, other encodings, a second signature, unknown transforms) is refused.
//!
//! Parser and canonical form come from libraries (ADR 12), keys and hashes from this crate. Whether the certificate
//! deserves trust is the question of [`crate::path`].

pub(crate) mod algorithm;
pub(crate) mod canonical;
mod document;
mod sign;
#[cfg(test)]
mod tests;
pub(crate) mod verify;

pub use canonical::Canonicalization;
pub use document::{Limits, Name, XmlDocument, XmlElement};
pub use sign::{PreparedXml, XmlSigner, prepare_enveloped, sign_enveloped};
pub use verify::{Coverage, Expectation, VerifiedXml, find_signatures, verify_enveloped};

use crate::SigningError;

/// Namespace of XML signatures.
pub const SIGNATURE_NAMESPACE: &str = "http://www.w3.org/2000/09/xmldsig#";

/// Why a text is not taken for XML.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    /// The bytes are no UTF-8.
    #[error("the text is not UTF-8")]
    Encoding,
    /// It declares another encoding or another version of XML than it may have.
    #[error("the XML declaration names something else than version 1.0 and encoding UTF-8")]
    Declaration,
    /// It has a document type declaration, with which entities could be defined.
    #[error("a document type declaration (DOCTYPE) is refused")]
    DocumentType,
    /// A value of an attribute has a tab or a line break. Standard readers make blanks of those that are written out and
    /// keep those that are references; who does not would see another value.
    #[error("an attribute has a tab or a line break in its value")]
    Attribute,
    /// It is not well formed, or uses a namespace it does not declare.
    #[error("not well-formed XML at line {line}, column {column}")]
    Malformed {
        /// Line, counted from 1; 0 when the text ended too early.
        line: usize,
        /// Column, counted from 1.
        column: usize,
    },
    /// A bound was passed.
    #[error("the XML exceeds a limit: {0}")]
    Limit(&'static str),
}

/// Why a document is not signed, or a signature proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum XmlSignatureError {
    /// The document is none.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// There is no signature.
    #[error("the document bears no signature")]
    Absent,
    /// There is more than one, and nobody can say which one counts.
    #[error("the document bears more than one signature")]
    Several,
    /// It stands elsewhere than it must.
    #[error("the signature does not stand where it must")]
    Misplaced,
    /// It covers another thing than the root element, or nothing that can be told.
    #[error("the signature does not cover the whole message: {0}")]
    Coverage(&'static str),
    /// It is not in the form of the standard, or uses parts of it that are not accepted here.
    #[error("the form of the signature is not accepted: {0}")]
    Form(&'static str),
    /// An algorithm that was accepted once and proves nothing today (SHA-1, MD5), by its identifier.
    #[error("a weak algorithm proves nothing: {0}")]
    Weak(String),
    /// An algorithm that is not accepted, by its identifier.
    #[error("algorithm is not accepted: {0}")]
    Algorithm(String),
    /// The signature brings no certificate.
    #[error("the signature brings no certificate")]
    NoCertificate,
    /// The content is not what was signed.
    #[error("the content was changed after signing")]
    Content,
    /// No certificate of the signature fits its value.
    #[error("the signature fits none of its certificates")]
    Value,
    /// The key, a certificate, or an algorithm of them.
    #[error(transparent)]
    Signing(#[from] SigningError),
}
