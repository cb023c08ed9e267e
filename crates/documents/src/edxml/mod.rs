//! edXML: the messages by which offices send each other documents and say what became of them (QCVN 102:2016/BTTTT).
//!
//! [`write()`](write()) makes a message out of the [`Message`] model and keeps every rule of [`check()`](check()); [`read()`](read())
//! takes what other systems really send, refuses what nobody should take, and names the rest as remarks. Both rest on
//! one XML tree of `signing::xml`, on which [`judge_signature`] also checks the signature, so that what is read is what
//! was signed. The misspelt names (`Bussiness`, `TyperNotation`) are those of the standard.
//!
//! Pure: no clock, no network, no database. Sending is another room's work.

mod attachment;
mod check;
mod code;
mod fields;
mod model;
mod read;
mod read_business;
mod rule;
mod signature;
mod write;

pub use attachment::{Content, Digested};
pub use check::check;
pub use code::{BusinessKind, DocumentIdForm, StatusCode, is_organ_id};
pub use model::{
    Attachment, Business, Code, DocumentMessage, DocumentType, Message, Organ, OtherInfo, Promulgation, Receiver,
    Replacement, ResponseFor, SignerInfo, StaffInfo, StatusMessage, TraceHeader, UpdateInfo,
};
pub use read::{Opened, Received, open, read};
pub use rule::{Fault, Rule};
pub use signature::{Identity, SignatureReport, SignatureState, Trust, judge_signature};
pub use write::{prepare, sign, write};

use haidang_signing::xml::{Limits, Name, XmlError, XmlSignatureError};

/// Namespace of every element.
pub const NAMESPACE: &str = "http://www.mic.gov.vn/TBT/QCVN_102_2016";
/// Longest message, in bytes: 300 MB, attachments in base64 included.
pub const MESSAGE_LIMIT: usize = 300 << 20;
/// Most attachments of one message.
pub const ATTACHMENT_LIMIT: usize = 100;
/// Most entries of every list in a message: receivers, places, hops.
pub const LIST_LIMIT: usize = 1_000;
/// Longest value of a field, in characters; attachments aside.
pub const VALUE_LIMIT: usize = 10_000;
/// How many times its size a packed attachment may unfold to.
pub const ZIP_RATIO: u64 = 100;

/// Bounds of the XML of one message: about 30 elements a receiver, seven levels.
const LIMITS: Limits = Limits { bytes: MESSAGE_LIMIT, markup: 100_000, depth: 16, attributes: 16 };

fn name(local: &str) -> Name<'_> {
    Name { namespace: NAMESPACE, local }
}

/// Why a message is not written or not read.
#[derive(Debug, thiserror::Error)]
pub enum EdxmlError {
    /// It is no XML, or XML of a kind that is refused.
    #[error("not an edXML message: {0}")]
    Xml(#[from] XmlError),
    /// It breaks rules, all of which are named.
    #[error("the message is refused: {}", rule::list(.0))]
    Refused(Vec<Fault>),
    /// The signature could not be made.
    #[error("the message was not signed: {0}")]
    Signature(#[from] XmlSignatureError),
    /// A bound was passed.
    #[error("the message exceeds a limit: {0}")]
    Limit(&'static str),
    /// An attachment could not be passed on.
    #[error("an attachment could not be written: {0}")]
    Io(#[from] std::io::Error),
}
