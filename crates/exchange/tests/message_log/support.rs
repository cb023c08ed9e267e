//! A log with a small authority behind it, and messages to keep.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use haidang_exchange::message_log::{
    Checked, Judging, MemberSigner, MessageLog, Notary, NotaryError, Parts, Settings, check,
};
use haidang_exchange::proxy::{
    Containers, Evidence as _, EvidenceError, RequestRecord, ResponseRecord, Spool, Stored, Wanted, Which,
};
use haidang_exchange::rules::canonical::{digest, request_bytes, request_hash, response_bytes};
use haidang_exchange::rules::identifier::{ClientId, MemberId, ServiceId};
use haidang_exchange::usage::UsageRecord;
use haidang_kernel::ambient::Ambient;
use haidang_signing::asice::{self, EvidenceSigner, Fault, Question, Verdict};
use haidang_signing::path::TrustAnchors;
use haidang_signing::{Certificate, FileKey, Sealer, SignatureAlgorithm};
use haidang_store::Blobs;
use haidang_testkit::TestDb;
use jiff::SignedDuration;
use x509_ocsp::{CertStatus, OcspGeneralizedTime, RevokedInfo};

use super::authority::{City, time};

pub const CLIENT: &str = "VN-HP/GOV/0001/A";
pub const SERVICE: &str = "VN-HP/GOV/0002/B/echo";

/// The authority of the tests; it can be told to fail.
pub struct TestNotary {
    city: City,
    ambient: Ambient,
    signer: Arc<MemberSigner>,
    pub silent: AtomicBool,
    pub revoked: AtomicBool,
}

impl TestNotary {
    pub fn new(ambient: &Ambient) -> Self {
        let city = City::new(SignatureAlgorithm::EcdsaP256, ambient.now());
        let key = FileKey::from_bytes(&city.member.key.to_pkcs8().unwrap()).unwrap();
        let signer = MemberSigner {
            signer: EvidenceSigner::new(city.member.certificate.clone()).unwrap(),
            key: Arc::new(key),
            issuers: vec![city.authority.certificate.clone()],
        };
        Self {
            city,
            ambient: ambient.clone(),
            signer: Arc::new(signer),
            silent: AtomicBool::new(false),
            revoked: AtomicBool::new(false),
        }
    }

    pub fn judge(&self, container: &[u8]) -> Result<Verdict, Fault> {
        let anchors = TrustAnchors::new(vec![self.city.root.certificate.clone()]);
        asice::verify(container, &Question { anchors: Some(&anchors), layout: None, now: self.ambient.now() })
    }

    fn answers(&self) -> Result<(), NotaryError> {
        let silent = self.silent.load(Ordering::SeqCst);
        if silent { Err(NotaryError::Unavailable("nobody stamps".to_owned())) } else { Ok(()) }
    }
}

#[async_trait]
impl Notary for TestNotary {
    async fn signer(&self, member: &MemberId) -> Result<Arc<MemberSigner>, NotaryError> {
        match member.code.as_str() {
            "none" => Err(NotaryError::NoKey("none".to_owned())),
            _ => Ok(self.signer.clone()),
        }
    }

    async fn stamp(&self, bytes: &[u8]) -> Result<Vec<u8>, NotaryError> {
        self.answers()?;
        Ok(self.city.stamp(bytes, self.ambient.now()))
    }

    async fn status(&self, _: &Certificate, _: &Certificate) -> Result<Option<Vec<u8>>, NotaryError> {
        let now = self.ambient.now();
        let revoked = self.revoked.load(Ordering::SeqCst);
        let status = match revoked {
            true => CertStatus::Revoked(RevokedInfo {
                revocation_time: OcspGeneralizedTime::from(time(now - SignedDuration::from_hours(1))),
                revocation_reason: None,
            }),
            false => CertStatus::good(),
        };
        Ok(Some(self.city.ocsp(status, now)))
    }

    fn anchors(&self) -> Vec<Certificate> {
        vec![self.city.root.certificate.clone()]
    }
}

/// A log of a test.
pub struct Log {
    pub log: MessageLog,
    pub notary: Arc<TestNotary>,
    pub ambient: Ambient,
    pub sealer: Sealer,
    pub blobs: Blobs,
}

impl Log {
    pub async fn open(db: &TestDb) -> Self {
        let ambient = db.ambient().clone();
        let notary = Arc::new(TestNotary::new(&ambient));
        Self::reopen(db, notary).await
    }

    /// Another process over the same records.
    pub async fn reopen(db: &TestDb, notary: Arc<TestNotary>) -> Self {
        let ambient = db.ambient().clone();
        let sealer = Sealer::open([9; 32]).unwrap();
        let blobs = Blobs::open(db.folder().join("files")).await.unwrap();
        let parts = Parts {
            db: db.db(),
            blobs: blobs.clone(),
            ambient: ambient.clone(),
            sealer: sealer.clone(),
            notary: notary.clone(),
            settings: Settings { folder: db.folder().to_owned(), ..Settings::default() },
        };
        Self { log: MessageLog::open(parts).await.unwrap(), notary, ambient, sealer, blobs }
    }

    /// Keeps a call: its request, then its response.
    pub async fn keep(&self, call: &RequestRecord, answer: Stored) -> Result<(), EvidenceError> {
        self.keep_about(call, answer, None).await
    }

    /// The same for an answer about somebody.
    pub async fn keep_about(
        &self,
        call: &RequestRecord,
        answer: Stored,
        usage: Option<UsageRecord>,
    ) -> Result<(), EvidenceError> {
        self.log.request(call).await?;
        let response = ResponseRecord { usage: usage.map(Box::new), ..response(call, answer) };
        self.log.response(call, &response).await
    }

    /// Judges the whole log by the authority of the tests.
    pub async fn check(&self, db: &TestDb) -> Checked {
        let anchors = TrustAnchors::new(self.notary.anchors());
        let judging = Judging { anchors: &anchors, now: self.ambient.now() };
        check(db, &self.blobs, &self.sealer, judging).await.unwrap()
    }

    pub async fn asic(&self, wanted: &Wanted) -> Containers {
        self.log.containers(wanted).await.unwrap()
    }
}

pub fn wanted(message_id: &str, which: Which) -> Wanted {
    Wanted {
        query_id: message_id.to_owned(),
        asker: ClientId::parse(CLIENT).unwrap(),
        which,
        unique: which != Which::Both,
        force: false,
    }
}

fn digest_of(body: &Stored) -> Option<[u8; 64]> {
    (body.length() > 0).then(|| digest(&bytes_of(body)))
}

pub fn bytes_of(body: &Stored) -> Vec<u8> {
    match body {
        Stored::Empty => Vec::new(),
        Stored::Memory(bytes) => bytes.to_vec(),
        Stored::Spooled(spool) => spool.read_blocking(0, usize::MAX).unwrap(),
    }
}

/// A body as one that was too large for memory.
pub fn spooled(bytes: &[u8]) -> Stored {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    Stored::Spooled(Spool::of(file).unwrap())
}

pub fn request(message_id: &str, body: Stored) -> RequestRecord {
    let lines = [("x-road-client", CLIENT.as_bytes()), ("x-road-id", message_id.as_bytes())];
    let bytes = Bytes::from(request_bytes("POST", "/r1/VN-HP/GOV/0002/B/echo/x", lines));
    let body_digest = digest_of(&body);
    RequestRecord {
        at: "2026-11-23T05:00:00Z".parse().unwrap(),
        message_id: message_id.to_owned(),
        request_id: format!("request-{message_id}"),
        client: ClientId::parse(CLIENT).unwrap(),
        service: ServiceId::parse(SERVICE).unwrap(),
        agreement: Some(("TT-01".to_owned(), 3)),
        user_id: None,
        issue: None,
        purpose: None,
        procedure: None,
        hash: request_hash(&bytes, body_digest.as_ref()),
        bytes,
        body,
        body_digest,
    }
}

fn response(call: &RequestRecord, body: Stored) -> ResponseRecord {
    ResponseRecord {
        at: call.at,
        bytes: Bytes::from(response_bytes(200, "OK", [("x-road-id", call.message_id.as_bytes())])),
        body_digest: digest_of(&body),
        body,
        unfiltered_digest: None,
        usage: None,
    }
}

/// Five calls, one of them with a large body: ten messages.
pub async fn five_calls(log: &Log) {
    for number in 1..=5 {
        let body = match number {
            1 => Stored::Empty,
            3 => spooled(&vec![b'x'; 300_000]),
            _ => Stored::from(Bytes::from(format!("{{\"soDinhDanh\":\"03109000000{number}\"}}"))),
        };
        let answer = Stored::from(Bytes::from_static(b"{\"hoTen\":\"A\"}"));
        log.keep(&request(&format!("call-{number}"), body), answer).await.unwrap();
    }
}
