//! Tokens: what an authority signed, asked for, read and checked.

use der::asn1::ObjectIdentifier;
use jiff::{SignedDuration, Timestamp};

use super::{ID_TST_INFO, Imprint, TimeStampError, TimeStampInfo, TimeStampRequest, token_of};
use crate::cms::{SignedData, sign_encapsulated};
use crate::path::{Evidence, PathRules, Purpose, RevocationRule, TrustAnchors, ValidPath, validate};
use crate::revocation::Moment;
use crate::transport::Transport;
use crate::{Certificate, PrivateKey};

/// By how much the clock of an authority may differ from ours when it has just answered.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// A time stamp whose signature fits its content. Whether its authority deserves trust is for [`TimeStamp::validate`].
#[derive(Debug, Clone)]
pub struct TimeStamp {
    /// What was signed.
    pub info: TimeStampInfo,
    /// The certificate of the authority.
    pub authority: Certificate,
    /// The certificates that came along, the authority's among them when it was asked for.
    pub certificates: Vec<Certificate>,
    der: Vec<u8>,
}

impl TimeStamp {
    /// Reads a token; zeros may follow it, as in a PDF. `more` are certificates for a token that carries none.
    ///
    /// # Errors
    /// [`TimeStampError`] when it is no time stamp or its signature does not hold.
    pub fn read(token: &[u8], more: &[Certificate]) -> Result<TimeStamp, TimeStampError> {
        let signed = SignedData::parse(token)?;
        if signed.content_type() != ID_TST_INFO {
            return Err(TimeStampError::Malformed("signed data of another kind"));
        }
        let certificates = signed.certificates().to_vec();
        let signed = signed.with_certificates(more);
        let signer = signed.verify_encapsulated()?;
        let content = signed.content().ok_or(TimeStampError::Malformed("no content"))?;
        let info = TimeStampInfo::from_der(content)?;
        let der = crate::encoding::split(token)?.0.whole.to_vec();
        Ok(TimeStamp { info, authority: signer.certificate, certificates, der })
    }

    /// The token without padding.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Checks that it is over this content, such as the signature value of a signed document.
    ///
    /// # Errors
    /// [`TimeStampError::OtherContent`].
    pub fn covers(&self, content: &[u8]) -> Result<(), TimeStampError> {
        self.covers_digest(&self.info.imprint.algorithm.digest(content))
    }

    /// Checks that it is over the content with this digest, made with the hash of the imprint.
    ///
    /// # Errors
    /// [`TimeStampError::OtherContent`].
    pub fn covers_digest(&self, digest: &[u8]) -> Result<(), TimeStampError> {
        if self.info.imprint.digest == digest { Ok(()) } else { Err(TimeStampError::OtherContent) }
    }

    /// Checks that it answers this request, sent a moment ago.
    ///
    /// # Errors
    /// [`TimeStampError::OtherContent`] for another imprint, [`TimeStampError::OtherRequest`] for another nonce or
    /// policy, [`TimeStampError::Clock`] when its time is not about `now`.
    pub fn answers(&self, request: &TimeStampRequest, now: Timestamp) -> Result<(), TimeStampError> {
        if self.info.imprint != request.imprint {
            return Err(TimeStampError::OtherContent);
        }
        let other_policy = request.policy.is_some_and(|policy| policy != self.info.policy);
        if other_policy || self.info.nonce != request.nonce {
            return Err(TimeStampError::OtherRequest);
        }
        if self.info.time.duration_since(now).abs() > TOLERANCE {
            return Err(TimeStampError::Clock(self.info.time));
        }
        Ok(())
    }

    /// Checks the authority: its certificate was valid at the time it names, is for nothing but time stamps, and leads
    /// to an anchor at `moment` (now, or the time of a later time stamp that protects this one).
    ///
    /// # Errors
    /// [`TimeStampError::Path`].
    pub fn validate(
        &self,
        anchors: &TrustAnchors,
        evidence: &Evidence,
        moment: Moment,
        revocation: RevocationRule,
    ) -> Result<ValidPath, TimeStampError> {
        if !self.authority.is_valid_at(self.info.time) {
            return Err(TimeStampError::Clock(self.info.time));
        }
        let mut evidence = evidence.clone();
        evidence.certificates.extend_from_slice(&self.certificates);
        let rules = PathRules { purpose: Purpose::TimeStamping, moment, revocation };
        Ok(validate(&self.authority, anchors, &evidence, &rules)?)
    }
}

/// Signs a time stamp as its authority. `embedded` are the certificates the request asked for, else none.
///
/// # Errors
/// [`TimeStampError`] when the content has no DER form or the key does not sign.
pub fn sign_time_stamp(
    info: &TimeStampInfo,
    key: &dyn PrivateKey,
    certificate: &Certificate,
    embedded: &[Certificate],
) -> Result<Vec<u8>, TimeStampError> {
    Ok(sign_encapsulated(ID_TST_INFO, &info.to_der()?, key, certificate, embedded, None)?)
}

/// Asks an authority for a time stamp and checks that the answer is one to this question. Trust is not checked.
///
/// `random` are 16 random bytes for the nonce.
///
/// # Errors
/// [`TimeStampError`]: nothing came back, a refusal, or an answer to something else.
pub async fn request_time_stamp(
    transport: &dyn Transport,
    url: &str,
    imprint: Imprint,
    (random, now): ([u8; 16], Timestamp),
    policy: Option<ObjectIdentifier>,
) -> Result<TimeStamp, TimeStampError> {
    let request = TimeStampRequest::new(imprint, random, policy);
    let response = transport.post(url, "application/timestamp-query", request.to_der()?).await?;
    let stamp = TimeStamp::read(&token_of(&response)?, &[])?;
    stamp.answers(&request, now)?;
    Ok(stamp)
}
