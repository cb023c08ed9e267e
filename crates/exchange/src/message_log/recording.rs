//! What the door calls: a message is signed, sealed and written before it goes on.

use std::sync::PoisonError;

use async_trait::async_trait;
use haidang_signing::asice::{EvidenceSigner, Layout, SignatureParts, SignedStatement, Statement};
use haidang_signing::{Certificate, SignatureAlgorithm};
use haidang_store::StoreError;
use haidang_store::Stored as Blob;
use jiff::Timestamp;
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

use super::exporting;
use super::model::{Direction, Message, SealedBody};
use super::notary::MemberSigner;
use super::sealing::{SealingReader, head_purpose, seal_small};
use super::writing::{Entry, Waiting};
use super::{MessageLog, NotaryError};
use crate::proxy::{
    ContainerError, Containers, Evidence, EvidenceError, OperationalLog, RequestRecord, ResponseRecord, Spool, Stored,
    Wanted,
};
use crate::rules::canonical::Hash;
use crate::rules::canonical::digest;
use crate::rules::record::OperationalRecord;
use crate::transport::Signed;
use crate::usage::{UsageRecord, seal};

/// Why a message was not kept; the caller hears less.
#[derive(Debug, thiserror::Error)]
pub(super) enum RecordingError {
    #[error(transparent)]
    Notary(#[from] NotaryError),
    #[error("signing: {0}")]
    Signing(#[from] haidang_signing::SigningError),
    #[error("sealing: {0}")]
    Sealing(#[from] haidang_signing::SealError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    Stopped(&'static str),
}

/// Marker of a record.
enum MessageRecord {}

/// What is signed and kept.
pub(super) struct Said<'m> {
    direction: Direction,
    at: Timestamp,
    bytes: &'m [u8],
    body: &'m Stored,
    pub(super) body_digest: Option<Hash>,
    unfiltered_digest: Option<Hash>,
    usage: Option<&'m UsageRecord>,
}

/// Signs; on a thread of its own where the key takes its time.
async fn sign(signer: &Arc<MemberSigner>, statement: Statement) -> Result<SignedStatement, RecordingError> {
    if signer.key.algorithm() == SignatureAlgorithm::EcdsaP256 {
        return Ok(signer.signer.sign(signer.key.as_ref(), Layout::Standard, statement)?);
    }
    let signer = signer.clone();
    let signed = spawn_blocking(move || signer.signer.sign(signer.key.as_ref(), Layout::Standard, statement));
    Ok(signed.await.map_err(|_| RecordingError::Stopped("the key stopped"))??)
}

impl Said<'_> {
    /// SHA-512 of the message.
    pub(super) fn digest(&self) -> Hash {
        digest(self.bytes)
    }
}

impl<'m> Said<'m> {
    fn request(request: &'m RequestRecord) -> Self {
        Said {
            direction: Direction::Request,
            at: request.at,
            bytes: &request.bytes,
            body: &request.body,
            body_digest: request.body_digest,
            unfiltered_digest: None,
            usage: None,
        }
    }

    fn response(response: &'m ResponseRecord) -> Self {
        Said {
            direction: Direction::Response,
            at: response.at,
            bytes: &response.bytes,
            body: &response.body,
            body_digest: response.body_digest,
            unfiltered_digest: response.unfiltered_digest,
            usage: response.usage.as_deref(),
        }
    }

    fn of(request: &'m RequestRecord, response: Option<&'m ResponseRecord>) -> Self {
        response.map_or_else(|| Said::request(request), Said::response)
    }
}

impl MessageLog {
    /// Signs and keeps a message.
    async fn keep(&self, request: &RequestRecord, said: Said<'_>) -> Result<(), RecordingError> {
        let (signer, signed) = self.hand(request, &said).await?;
        self.keep_as(request, said, &signed, &signer.signer, (&signer.issuers, None)).await
    }

    /// The signature of the member whose message it is.
    pub(super) async fn hand(
        &self,
        request: &RequestRecord,
        said: &Said<'_>,
    ) -> Result<(Arc<MemberSigner>, SignedStatement), RecordingError> {
        let parts = &self.0.parts;
        let member = match said.direction {
            Direction::Request => request.client.member(),
            Direction::Response => &request.service.subsystem.member,
        };
        let signer = parts.notary.signer(member).await?;
        let statement = Statement::new(said.digest(), said.body_digest, parts.ambient.now());
        let signed = sign(&signer, statement).await?;
        Ok((signer, signed))
    }

    /// Keeps a message with its signature. Beside the signer: the certificates above it, and what was enclosed about it.
    pub(super) async fn keep_as(
        &self,
        request: &RequestRecord,
        said: Said<'_>,
        signed: &SignedStatement,
        signer: &EvidenceSigner,
        (issuers, status): (&[Certificate], Option<Vec<u8>>),
    ) -> Result<(), RecordingError> {
        let parts = &self.0.parts;
        let leaf = SignatureParts { signer, signed, ocsp: None, certificates: &[] }.leaf();
        let id = parts.ambient.new_id::<MessageRecord>().to_string();
        let file = match said.body {
            Stored::Spooled(spool) => Some(self.keep_file(&id, spool).await?),
            Stored::Empty | Stored::Memory(_) => None,
        };
        let body = match (&file, seal_small(&parts.sealer, &id, said.body)?) {
            (Some(file), _) => SealedBody::File(file.sha256.clone()),
            (None, Some(sealed)) => SealedBody::Row(sealed),
            (None, None) => SealedBody::Empty,
        };
        let certificate = signer.certificate();
        let digest_text = data_encoding::HEXLOWER.encode(&signed.statement.message);
        let usage = said.usage.map(|usage| seal(&parts.sealer, &id, usage, &digest_text)).transpose()?;
        let message = Message {
            at: said.at,
            message_id: request.message_id.clone(),
            request_id: request.request_id.clone(),
            direction: said.direction,
            client: request.client.to_string(),
            service: request.service.to_string(),
            agreement: request.agreement.clone().map(|(id, version)| (id, i64::from(version))),
            message_digest: signed.statement.message,
            body_digest: said.body_digest,
            unfiltered_digest: said.unfiltered_digest,
            head: parts.sealer.seal(&head_purpose(&id), said.bytes)?,
            body,
            body_size: i64::try_from(said.body.length()).unwrap_or(i64::MAX),
            signed_at: signed.statement.at().as_millisecond(),
            signature: signed.value.clone(),
            certificate: data_encoding::HEXLOWER.encode(&certificate.fingerprint()),
            leaf,
            id,
        };
        let issuers = issuers.iter().map(Certificate::to_pem).collect();
        let certificate = (certificate.der().to_vec(), issuers);
        let told = usage.is_some();
        self.hand_over(Entry { message, file, certificate, status, usage }).await?;
        if told {
            self.0.usage.arrived.notify_one();
        }
        Ok(())
    }

    async fn hand_over(&self, entry: Entry) -> Result<(), RecordingError> {
        let queue = self.0.queue.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let closed = || RecordingError::Stopped("the log is closed");
        let (written, durable) = oneshot::channel();
        queue.ok_or_else(closed)?.send(Waiting { entry, written }).await.map_err(|_| closed())?;
        Ok(durable.await.map_err(|_| closed())??)
    }

    /// Seals a large body into the store of files.
    async fn keep_file(&self, id: &str, spool: &Spool) -> Result<Blob, RecordingError> {
        let (sealer, blobs) = (self.0.parts.sealer.clone(), self.0.parts.blobs.clone());
        let (id, spool) = (id.to_owned(), spool.clone());
        let kept = spawn_blocking(move || blobs.put_blocking(&mut SealingReader::new(&sealer, &id, &spool)));
        Ok(kept.await.map_err(|_| RecordingError::Stopped("writing a body stopped"))??)
    }

    /// Does the work of keeping, unless time stamps have failed for too long. The caller hears less than the log.
    async fn keep_or_refuse<T>(
        &self,
        request: &RequestRecord,
        direction: Direction,
        keeping: impl Future<Output = Result<T, RecordingError>>,
    ) -> Result<T, EvidenceError> {
        if self.stamping_state().refuses {
            return Err(EvidenceError::Timestamping);
        }
        keeping.await.map_err(|error| {
            let direction = direction.word();
            tracing::error!(error = %error, direction, request = request.request_id, "a message was not kept");
            EvidenceError::Logging
        })
    }
}

#[async_trait]
impl Evidence for MessageLog {
    async fn request(&self, request: &RequestRecord) -> Result<(), EvidenceError> {
        let said = Said::request(request);
        self.keep_or_refuse(request, said.direction, self.keep(request, said)).await
    }

    async fn response(&self, request: &RequestRecord, response: &ResponseRecord) -> Result<(), EvidenceError> {
        let said = Said::response(response);
        self.keep_or_refuse(request, said.direction, self.keep(request, said)).await
    }

    async fn sign(&self, request: &RequestRecord, response: Option<&ResponseRecord>) -> Result<Signed, EvidenceError> {
        let said = Said::of(request, response);
        self.keep_or_refuse(request, said.direction, self.sign_for_peer(request, said)).await
    }

    async fn keep_signed(
        &self,
        request: &RequestRecord,
        response: Option<&ResponseRecord>,
        signed: &Signed,
    ) -> Result<(), EvidenceError> {
        let said = Said::of(request, response);
        self.keep_or_refuse(request, said.direction, self.keep_of_peer(request, said, signed)).await
    }

    async fn is_new(&self, peer: &str, request_id: &str, until: Timestamp) -> Result<bool, EvidenceError> {
        self.remember(peer, request_id, until).await.map_err(|error| {
            tracing::error!(error = %error, request = request_id, "a request of another exchange was not remembered");
            EvidenceError::Logging
        })
    }

    fn anchors(&self) -> Vec<Certificate> {
        self.0.parts.notary.anchors()
    }

    async fn containers(&self, wanted: &Wanted) -> Result<Containers, ContainerError> {
        exporting::containers(self, wanted).await
    }

    async fn verification(&self) -> Result<Containers, ContainerError> {
        exporting::verification(self).await
    }

    fn observe(&self, record: OperationalRecord) {
        if let Some(operations) = self.0.operations.get() {
            operations.observe(record.clone());
        }
        self.0.operational.observe(record);
    }
}

impl MessageLog {
    /// The last records of operation.
    pub fn operational(&self) -> &OperationalLog {
        &self.0.operational
    }
}
