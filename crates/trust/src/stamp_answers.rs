//! Answers to requests for time stamps (RFC 3161).

use crate::error::TrustError;
use crate::room::TrustRoom;
use crate::rules;
use crate::stamping::{StampError, Taken};
use der::Encode as _;
use haidang_signing::time_stamp::{self, TimeStampFailure, TimeStampInfo, TimeStampRequest};
use x509_cert::ext::pkix::name::GeneralName;

/// An answer of the time-stamp authority: a TimeStampResp, with or without a stamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StampAnswer {
    /// The TimeStampResp, DER.
    pub content: Vec<u8>,
    /// Why it carries no stamp.
    pub refusal: Option<TimeStampFailure>,
}

impl TrustRoom {
    /// Answers a TimeStampReq. A stamp is in the log, under the next number, before it is signed; should signing fail,
    /// the number stands there without a stamp, and nobody else gets it.
    ///
    /// # Errors
    /// Only when not even a refusal can be written.
    pub async fn answer_stamp(&self, request: &[u8]) -> Result<StampAnswer, TrustError> {
        let refusal = match rules::stamp_question(request, self.0.settings.policy) {
            Ok(question) => match self.stamp(&question).await {
                Ok(content) => return Ok(StampAnswer { content, refusal: None }),
                Err(refusal) => refusal,
            },
            Err(refusal) => refusal,
        };
        Ok(StampAnswer { content: time_stamp::refused(refusal)?, refusal: Some(refusal) })
    }

    async fn stamp(&self, question: &TimeStampRequest) -> Result<Vec<u8>, TimeStampFailure> {
        let taken = self.0.series.take(question.imprint.clone()).await.map_err(|error| {
            tracing::error!(error = %error, "no time stamp could be given");
            match error {
                StampError::Clock(_) => TimeStampFailure::TimeNotAvailable,
                StampError::Record(_) => TimeStampFailure::SystemFailure,
            }
        })?;
        self.token(question, taken).map_err(|error| {
            tracing::error!(error = %error, serial = taken.serial, "a time stamp could not be signed");
            TimeStampFailure::SystemFailure
        })
    }

    fn token(&self, question: &TimeStampRequest, taken: Taken) -> Result<Vec<u8>, TrustError> {
        let authority = self.services().time_stamping;
        let name = GeneralName::DirectoryName(authority.certificate.content().subject.clone());
        let info = TimeStampInfo {
            policy: self.0.settings.policy,
            imprint: question.imprint.clone(),
            null_parameters: question.null_parameters,
            serial: der::asn1::Uint::new(&taken.serial.to_be_bytes())?.as_bytes().to_vec(),
            time: taken.at,
            accuracy_micros: Some(self.0.settings.accuracy_milliseconds.saturating_mul(1_000)),
            nonce: question.nonce.clone(),
            authority: Some(name.to_der()?),
        };
        let chain = [authority.certificate.clone(), self.issuing().clone()];
        let embedded = if question.wants_certificate { &chain[..] } else { &[] };
        let token = time_stamp::sign_time_stamp(&info, &authority.key, &authority.certificate, embedded)?;
        Ok(time_stamp::granted(&token)?)
    }
}
