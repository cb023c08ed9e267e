//! What is asked about a container, and what is found.

use jiff::Timestamp;

use super::Layout;
use crate::Certificate;
use crate::path::TrustAnchors;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Question<'q> {
    /// Who is trusted. Without anchors only consistency is judged: the container then says of itself who signed it.
    pub anchors: Option<&'q TrustAnchors>,
    /// Which layout it must have; none takes both.
    pub layout: Option<Layout>,
    /// The clock: nothing may claim to be from later.
    pub now: Timestamp,
}

/// Why a container proves nothing. The codes are those of the outside judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// `mimetype` is absent or says something else.
    MimeType,
    /// An entry that must be there is not.
    Missing,
    /// A part is not in its form, or not of a form that is accepted.
    Malformed,
    /// A file is not what the signature says.
    Digest,
    /// The signature does not hold, or does not cover the message and all that came with it.
    Signature,
    /// A hash chain does not lead where it must.
    HashChain,
    /// A time stamp does not hold, or is over something else.
    TimeStamp,
    /// Nobody who is trusted vouches for it.
    Trust,
    /// It has another layout than asked for.
    Layout,
}

impl Reason {
    /// Its code.
    pub fn code(self) -> &'static str {
        match self {
            Reason::MimeType => "mimetype",
            Reason::Missing => "missing",
            Reason::Malformed => "malformed",
            Reason::Digest => "digest",
            Reason::Signature => "signature",
            Reason::HashChain => "hashchain",
            Reason::TimeStamp => "timestamp",
            Reason::Trust => "trust",
            Reason::Layout => "layout",
        }
    }
}

/// Why a container is refused, in words. They quote names of entries, never contents.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("[{}] {text}", reason.code())]
pub struct Fault {
    /// The kind.
    pub reason: Reason,
    /// What and where.
    pub text: String,
}

impl Fault {
    pub(super) fn new(reason: Reason, text: impl Into<String>) -> Fault {
        Fault { reason, text: text.into() }
    }
}

/// What a time stamp is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StampKind {
    /// A batch of signatures, by a hash chain.
    Batch,
    /// This signature, as ETSI has it.
    Signature,
    /// This signature, as X-Road has it.
    XRoadSignature,
}

impl StampKind {
    /// Its name for programs.
    pub fn code(self) -> &'static str {
        match self {
            StampKind::Batch => "batch",
            StampKind::Signature => "signature",
            StampKind::XRoadSignature => "xroad_signature",
        }
    }
}

/// A time by which the signature existed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenTime {
    /// What the stamp is over.
    pub kind: StampKind,
    /// The time it names.
    pub at: Timestamp,
    /// Who says so.
    pub authority: Certificate,
}

/// A container that holds.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// Who signed it.
    pub signer: Certificate,
    /// When, as the signer says.
    pub signing_time: Option<Timestamp>,
    /// The signature method, as its identifier ends (`ecdsa-sha256`).
    pub algorithm: String,
    /// The layout it was signed for.
    pub layout: Layout,
    /// The entries under the signature.
    pub covered: Vec<String>,
    /// Times by which the signature existed.
    pub times: Vec<ProvenTime>,
    /// Whether signer, OCSP responder and time-stamping authorities lead to the anchors that were given. Without
    /// anchors nothing is known about who they are.
    pub trusted: bool,
}

impl Verdict {
    /// The earliest time by which the signature existed.
    pub fn existed_by(&self) -> Option<Timestamp> {
        self.times.iter().map(|time| time.at).min()
    }
}
