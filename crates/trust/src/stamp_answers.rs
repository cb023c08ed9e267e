//! Answers to requests for time stamps.

use crate::error::TrustError;
use crate::room::TrustRoom;
use crate::stamping::{Imprint, StampError};
use crate::time_stamp::{self, Question, Refusal};
use haidang_signing::cms;

/// An answer of the time-stamp authority: a TimeStampResp, with or without a stamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StampAnswer {
    /// The TimeStampResp, DER.
    pub content: Vec<u8>,
    /// Why it carries no stamp.
    pub refusal: Option<Refusal>,
}

impl TrustRoom {
    /// Answers a TimeStampReq. A stamp is in the log, under the next number, before it is signed; should signing fail,
    /// the number stands there without a stamp, and nobody else gets it.
    ///
    /// # Errors
    /// Only when not even a refusal can be written.
    pub async fn answer_stamp(&self, request: &[u8]) -> Result<StampAnswer, TrustError> {
        let refusal = match Question::read(request, self.0.settings.statement.policy) {
            Ok(question) => match self.stamp(&question).await {
                Ok(content) => return Ok(StampAnswer { content, refusal: None }),
                Err(refusal) => refusal,
            },
            Err(refusal) => refusal,
        };
        Ok(StampAnswer { content: time_stamp::refused(refusal)?, refusal: Some(refusal) })
    }

    async fn stamp(&self, question: &Question) -> Result<Vec<u8>, Refusal> {
        let imprint = Imprint { algorithm: question.algorithm, hash: question.hash().to_vec() };
        let taken = self.0.series.take(imprint).await.map_err(|error| {
            tracing::error!(error = %error, "no time stamp could be given");
            match error {
                StampError::Clock(_) => Refusal::TimeNotAvailable,
                StampError::Record(_) => Refusal::SystemFailure,
            }
        })?;
        self.token(question, taken.serial, taken.at).map_err(|error| {
            tracing::error!(error = %error, serial = taken.serial, "a time stamp could not be signed");
            Refusal::SystemFailure
        })
    }

    fn token(&self, question: &Question, serial: u64, at: jiff::Timestamp) -> Result<Vec<u8>, TrustError> {
        let authority = self.services().time_stamping;
        let name = &authority.certificate.content().subject;
        let content = time_stamp::content(&self.0.settings.statement, name, question, serial, at)?;
        let chain = [authority.certificate.clone(), self.issuing().clone()];
        let embedded = if question.with_certificates { &chain[..] } else { &[] };
        let certificate = &authority.certificate;
        let token =
            cms::sign_encapsulated(time_stamp::TST_INFO, &content, &authority.key, certificate, embedded, None)?;
        Ok(time_stamp::granted(&token)?)
    }
}
