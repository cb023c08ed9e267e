//! What a time-stamping authority answers (RFC 3161, 2.4.2).

use der::asn1::BitString;
use der::{Decode as _, Encode as _, Tag};

use super::TimeStampError;
use crate::cms::MAX_SIGNED_DATA;
use crate::encoding;

/// Why an authority gives no time stamp (`PKIFailureInfo`, RFC 3161, 2.4.2). The number is that of the bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeStampFailure {
    /// The hash is unknown or not accepted.
    BadAlgorithm = 0,
    /// The request is not permitted.
    BadRequest = 2,
    /// The request cannot be read.
    BadDataFormat = 5,
    /// The clock is not to be trusted now.
    TimeNotAvailable = 14,
    /// The policy is not one of the authority's.
    UnacceptedPolicy = 15,
    /// The request has an extension the authority does not know.
    UnacceptedExtension = 16,
    /// The additional information asked for is not there.
    AddInfoNotAvailable = 17,
    /// The authority has a fault.
    SystemFailure = 25,
}

impl TimeStampFailure {
    const ALL: [TimeStampFailure; 8] = [
        TimeStampFailure::BadAlgorithm,
        TimeStampFailure::BadRequest,
        TimeStampFailure::BadDataFormat,
        TimeStampFailure::TimeNotAvailable,
        TimeStampFailure::UnacceptedPolicy,
        TimeStampFailure::UnacceptedExtension,
        TimeStampFailure::AddInfoNotAvailable,
        TimeStampFailure::SystemFailure,
    ];
}

/// The answer that hands over a token, `application/timestamp-reply`.
///
/// # Errors
/// [`TimeStampError::Malformed`] when the token is not one DER value.
pub fn granted(token: &[u8]) -> Result<Vec<u8>, TimeStampError> {
    let status = encoding::constructed(Tag::Sequence, &[&0u8.to_der()?])?;
    Ok(encoding::constructed(Tag::Sequence, &[&status, encoding::only(token)?.whole])?)
}

/// The answer that refuses, and says why.
///
/// # Errors
/// None that a caller can cause.
pub fn refused(failure: TimeStampFailure) -> Result<Vec<u8>, TimeStampError> {
    let bit = failure as usize;
    // DER (X.690, 11.2.2): a list of named bits ends with the last bit that is set.
    let mut bytes = vec![0u8; bit / 8 + 1];
    if let Some(last) = bytes.last_mut() {
        *last = 0x80 >> (bit % 8);
    }
    let failure = BitString::new(u8::try_from(7 - bit % 8).unwrap_or(0), bytes)?;
    let status = encoding::constructed(Tag::Sequence, &[&2u8.to_der()?, &failure.to_der()?])?;
    Ok(encoding::constructed(Tag::Sequence, &[&status])?)
}

/// Reads an answer and returns the DER of its token, which is not checked here.
///
/// # Errors
/// [`TimeStampError::Refused`] when the authority gives none, [`TimeStampError::Malformed`] when it is no answer.
pub fn token_of(response: &[u8]) -> Result<Vec<u8>, TimeStampError> {
    if response.len() > MAX_SIGNED_DATA {
        return Err(TimeStampError::Malformed("longer than an answer can be"));
    }
    let parts = encoding::fields(encoding::only(response)?.value, 2)?;
    let status = parts.first().ok_or(TimeStampError::Malformed("no status"))?;
    let status = encoding::fields(status.value, 3)?;
    let code = status.first().ok_or(TimeStampError::Malformed("no status"))?;
    match (u8::from_der(code.whole)?, parts.get(1)) {
        // 1 is "granted with modifications"; what was modified shows when the token is checked.
        (0 | 1, Some(token)) => Ok(token.whole.to_vec()),
        (0 | 1, None) => Err(TimeStampError::Malformed("granted without a token")),
        _ => {
            let bits = status.iter().find(|field| field.tag == Tag::BitString);
            Err(TimeStampError::Refused(bits.and_then(|field| failure_of(field.whole))))
        }
    }
}

fn failure_of(bits: &[u8]) -> Option<TimeStampFailure> {
    let bits = BitString::from_der(bits).ok()?;
    let first = bits.bits().position(|bit| bit)?;
    TimeStampFailure::ALL.into_iter().find(|failure| *failure as usize == first)
}
