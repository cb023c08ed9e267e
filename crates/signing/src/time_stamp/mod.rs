//! Time stamps (RFC 3161): asking an authority, being one, and reading what it signed.

mod info;
mod request;
mod response;
mod token;

#[cfg(test)]
mod tests;

pub use info::TimeStampInfo;
pub use request::{Imprint, MAX_REQUEST, TimeStampRequest};
pub use response::{TimeStampFailure, granted, refused, token_of};
pub use token::{TimeStamp, request_time_stamp, sign_time_stamp};

use der::asn1::ObjectIdentifier;
use jiff::Timestamp;

use crate::cms::SignedDataError;
use crate::path::PathError;
use crate::transport::TransportError;

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
    /// It is over something else.
    #[error("the time stamp is over something else")]
    OtherContent,
    /// It answers another request: nonce or policy differ.
    #[error("the time stamp answers another request")]
    OtherRequest,
    /// Its time is not near the clock of this machine, or not within the validity of its authority.
    #[error("the time stamp has a time that cannot be: {0}")]
    Clock(Timestamp),
    /// Its authority is not trusted.
    #[error(transparent)]
    Path(#[from] PathError),
    /// Nothing came back from the authority.
    #[error("the time-stamping authority did not answer: {0}")]
    Transport(#[from] TransportError),
}

impl From<der::Error> for TimeStampError {
    fn from(_: der::Error) -> TimeStampError {
        TimeStampError::Malformed("not DER")
    }
}
