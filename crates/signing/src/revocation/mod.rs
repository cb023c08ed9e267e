//! Whether a certificate was revoked: CRLs (RFC 5280, 5) and OCSP (RFC 6960), read and checked.

mod list;
mod ocsp;

#[cfg(test)]
mod tests;

pub use list::{MAX_REVOCATION_LIST, RevocationList};
pub use ocsp::{MAX_OCSP, OcspAnswer, OcspStatus, certificate_id, is_of_issuer, ocsp_request};

use jiff::{SignedDuration, Timestamp};

use crate::SigningError;

/// How far the clock of another authority may be ahead of ours.
pub(crate) const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);
/// How long an answer counts that does not say when the next one comes (RFC 6960 leaves it to the reader).
const WITHOUT_NEXT_UPDATE: SignedDuration = SignedDuration::from_hours(24);

/// Why revocation data is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RevocationError {
    /// It cannot be read.
    #[error("revocation data is malformed: {0}")]
    Malformed(&'static str),
    /// The responder gave no answer (`tryLater`, `unauthorized` and so on, by its number).
    #[error("the OCSP responder gave no answer: {0}")]
    NoAnswer(u8),
    /// It is about another certificate or another authority.
    #[error("revocation data is about another certificate")]
    OtherCertificate,
    /// It limits itself in a way that is not understood: indirect, partial or a delta.
    #[error("revocation data covers another scope")]
    Scope,
    /// Whoever signed it may not.
    #[error("revocation data is signed by somebody who may not")]
    Signer,
    /// Its signature or algorithm is refused.
    #[error("revocation data has a signature that does not hold")]
    Signature,
    /// It is from another time than asked about.
    #[error("revocation data is from another time")]
    Time,
}

impl From<der::Error> for RevocationError {
    fn from(_: der::Error) -> RevocationError {
        RevocationError::Malformed("not DER")
    }
}

impl From<SigningError> for RevocationError {
    fn from(_: SigningError) -> RevocationError {
        RevocationError::Signature
    }
}

/// What an authority says of one certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Not revoked when asked.
    Good,
    /// Revoked from this moment on.
    Revoked {
        /// Since when.
        since: Timestamp,
        /// The number of the reason (RFC 5280, 5.3.1); 0 when none is given.
        reason: u8,
    },
    /// The authority does not know the certificate.
    Unknown,
}

/// When something is asked about, and when it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The moment at which the certificate had to be good: now, or when a time stamp proves the signature existed.
    pub at: Timestamp,
    /// The clock: nothing may claim to be from later.
    pub now: Timestamp,
}

impl Moment {
    /// Asked about now.
    pub fn now(now: Timestamp) -> Moment {
        Moment { at: now, now }
    }

    /// Whether data from `this_update`, replaced at `next_update`, tells about [`Moment::at`].
    ///
    /// Data from after the moment tells too: a revocation names its own time. It must then be from before the
    /// certificate ended (`not_after`), for authorities drop ended certificates from their data.
    fn is_told_by(&self, this_update: Timestamp, next_update: Option<Timestamp>, not_after: Timestamp) -> bool {
        let add = |to: Timestamp, more| to.checked_add(more).unwrap_or(Timestamp::MAX);
        let until = next_update.unwrap_or_else(|| add(this_update, WITHOUT_NEXT_UPDATE));
        let from_the_future = this_update > add(self.now, CLOCK_SKEW);
        let from_later = this_update > add(self.at, CLOCK_SKEW);
        !from_the_future && until >= self.at && (!from_later || this_update <= not_after)
    }
}
