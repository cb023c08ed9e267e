//! What the log does for calls between exchanges: it gives out signatures with what proves them, keeps those of others as
//! they came, and remembers which requests have been here.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use haidang_signing::Certificate;
use haidang_signing::asice::EvidenceSigner;
use haidang_signing::revocation::{Moment, OcspAnswer, Status};
use haidang_store::{StoreError, args};
use jiff::{SignedDuration, Timestamp};

use super::recording::{RecordingError, Said};
use super::{MemberSigner, MessageLog, sql};
use crate::proxy::RequestRecord;
use crate::transport::Signed;

/// How long an answer about a certificate is enclosed before the authority is asked again.
const STATUS_AGE: SignedDuration = SignedDuration::from_mins(1);
/// How often requests that need not be remembered any more are forgotten.
const FORGETTING: SignedDuration = SignedDuration::from_mins(1);

/// Whether an answer says something of a certificate on behalf of its issuer. Another authority may call it unknown.
pub(super) fn counts(answer: &[u8], certificate: &Certificate, issuer: &Certificate, now: Timestamp) -> bool {
    let answer = OcspAnswer::from_der(answer);
    let told = answer.and_then(|answer| answer.status(certificate, issuer, Moment::now(now)));
    told.is_ok_and(|told| told.status != Status::Unknown)
}

impl MessageLog {
    /// Signs and keeps a message for another exchange.
    pub(super) async fn sign_for_peer(
        &self,
        request: &RequestRecord,
        said: Said<'_>,
    ) -> Result<Signed, RecordingError> {
        let (signer, signed) = self.hand(request, &said).await?;
        let status = self.fresh_status(&signer).await;
        self.keep_as(request, said, &signed, &signer.signer, (&signer.issuers, None)).await?;
        Ok(Signed {
            at: signed.statement.at(),
            value: signed.value,
            certificate: signer.signer.certificate().clone(),
            issuers: signer.issuers.clone(),
            status,
        })
    }

    /// Keeps a message with the signature of another exchange.
    pub(super) async fn keep_of_peer(
        &self,
        request: &RequestRecord,
        said: Said<'_>,
        signed: &Signed,
    ) -> Result<(), RecordingError> {
        let signer = EvidenceSigner::new(signed.certificate.clone())?;
        let statement = signed.statement(said.digest(), said.body_digest);
        self.keep_as(request, said, &statement, &signer, (&signed.issuers, signed.status.clone())).await
    }

    /// What the authority says of a certificate now, or a moment ago; none when it never answered.
    async fn fresh_status(&self, signer: &MemberSigner) -> Option<Vec<u8>> {
        let certificate = signer.signer.certificate();
        let now = self.0.parts.ambient.now();
        let known = |young: bool| {
            let statuses = self.0.statuses.lock().unwrap_or_else(PoisonError::into_inner);
            let known = statuses.get(&certificate.fingerprint());
            known.filter(|(at, _)| !young || now.duration_since(*at) < STATUS_AGE).map(|(_, answer)| answer.clone())
        };
        if let Some(answer) = known(true) {
            return Some(answer);
        }
        match self.0.parts.notary.status(certificate, signer.issuers.first()?).await {
            Ok(Some(answer)) => {
                let mut statuses = self.0.statuses.lock().unwrap_or_else(PoisonError::into_inner);
                statuses.insert(certificate.fingerprint(), (now, answer.clone()));
                Some(answer)
            }
            Ok(None) => None,
            Err(error) => {
                tracing::warn!(error = %error, "the state of a certificate is not known; an older answer is enclosed");
                known(false)
            }
        }
    }

    /// What another exchange enclosed about its certificate last.
    pub(super) async fn enclosed_status(&self, certificate: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let row = self.0.parts.db.fetch_optional(sql::ENCLOSED_STATUS, args![certificate]).await?;
        row.map(|row| row.bytes("answer")).transpose()
    }

    /// Remembers a request of another exchange; false when it has been here.
    pub(super) async fn remember(&self, peer: &str, request_id: &str, until: Timestamp) -> Result<bool, StoreError> {
        let db = &self.0.parts.db;
        let now = self.0.parts.ambient.now();
        let last = self.0.forgotten.load(Ordering::Acquire);
        let due = now.as_microsecond().saturating_sub(last) >= FORGETTING.as_micros().try_into().unwrap_or(i64::MAX);
        let swap =
            || self.0.forgotten.compare_exchange(last, now.as_microsecond(), Ordering::AcqRel, Ordering::Acquire);
        if due && swap().is_ok() {
            db.execute(sql::FORGET_PEER_REQUESTS, args![now]).await?;
        }
        Ok(db.execute(sql::INSERT_PEER_REQUEST, args![peer, request_id, until]).await? == 1)
    }
}
