//! Time stamps (RFC 3161): asking an authority, being one, and reading what it signed.

mod info;
mod request;
mod response;

#[cfg(test)]
mod tests;

pub use info::TimeStampInfo;
pub use request::{Imprint, MAX_REQUEST, TimeStampRequest};
pub use response::{TimeStampFailure, granted, refused, token_of};

use der::asn1::ObjectIdentifier;

use crate::cms::SignedDataError;

/// `id-ct-TSTInfo`: the content type of a time stamp.
pub const ID_TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");

/// Why there is no time stamp, or none that counts.
#[derive(Debug, thiserror::Error)]
pub enum TimeStampError {
    /// A message is not of the form RFC 3161 gives.
    #[error("time stamp message is malformed: {0}")]
    Malformed(&'static str),
    /// The hash of the imprint is not accepted.
    #[error("hash of the time stamp is not accepted: {0}")]
    Algorithm(String),
    /// The authority refused; none when it does not say why.
    #[error("the authority gave no time stamp: {0:?}")]
    Refused(Option<TimeStampFailure>),
    /// The token itself does not hold.
    #[error(transparent)]
    SignedData(#[from] SignedDataError),
}

impl From<der::Error> for TimeStampError {
    fn from(_: der::Error) -> TimeStampError {
        TimeStampError::Malformed("not DER")
    }
}
