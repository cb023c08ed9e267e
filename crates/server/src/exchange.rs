//! The data exchange put together: its own records beside those of the city or inside the city's server, who vouches for
//! messages, and what forms ask of the registers of others.

pub mod facts;
pub mod hosted;
pub mod registers;
pub mod results;
pub mod simulated;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use haidang_exchange::message_log::{MemberSigner, MessageLog, Notary, NotaryError, Parts, Settings};
use haidang_exchange::rules::identifier::MemberId;
use haidang_exchange::usage::UsageLog;
use haidang_kernel::ambient::Ambient;
use haidang_signing::asice::EvidenceSigner;
use haidang_signing::path::TrustAnchors;
use haidang_signing::revocation::{OcspAnswer, ocsp_request};
use haidang_signing::time_stamp::{Imprint, request_time_stamp};
use haidang_signing::{Certificate, DigestAlgorithm, LocalSigner, Sealer, Transport as _};
use haidang_store::{ActorRef, Blobs, Db, secret_file};
use haidang_trust::{Holder, TrustRoom};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use crate::city::{ROOMS, open_store};
use crate::config::{Config, FaultList};
use crate::office_signing::{CityTransport, Providers};

/// Folder of an exchange that runs by itself, below the city's.
const FOLDER: &str = "exchange";

/// Records of the exchange, open.
pub struct Records {
    /// Messages, chain and batches.
    pub db: Db,
    /// Large bodies.
    pub blobs: Blobs,
    /// Seals what messages say.
    pub sealer: Sealer,
    config: Config,
    ambient: Ambient,
}

impl Records {
    /// Opens the records of the exchange: in the folder `exchange` of the city's, so that a file of records has one
    /// process that writes; in the configured database where one is named.
    ///
    /// # Errors
    /// What the database or the files say.
    pub async fn open(mut config: Config, ambient: &Ambient) -> Result<Self> {
        // People are known on the access log by the secret of the city: what is told here is theirs there.
        let keys = config.keys();
        config.store.folder = config.store.folder.join(FOLDER);
        let mut known = config.clone();
        known.store.keys = keys;
        let db = open_store(&known, ambient).await?;
        haidang_store::migrate(&db, ROOMS).await?;
        let blobs = Blobs::open(config.blobs()).await?;
        let sealer = Sealer::open(secret_file(&config.unlock_file(), ambient).context("store.unlock_file")?)?;
        Ok(Self { db, blobs, sealer, config, ambient: ambient.clone() })
    }

    /// The records of an exchange in the database of the city itself.
    pub fn of_city(config: Config, ambient: Ambient, db: Db, blobs: Blobs, sealer: Sealer) -> Self {
        Self { db, blobs, sealer, config, ambient }
    }

    /// What the people concerned learn of messages in these records.
    pub fn usage(&self) -> UsageLog {
        UsageLog::new(self.db.clone(), self.ambient.clone(), self.sealer.clone())
    }

    /// The message log over these records. `city` names the city in certificates of its own authorities, `folder` is
    /// where containers are put together.
    ///
    /// # Errors
    /// What keys, authorities or the database say.
    pub async fn log(&self, city: &str, folder: &Path) -> Result<MessageLog> {
        let faults = FaultList(self.config.check_exchange());
        anyhow::ensure!(faults.0.is_empty(), "{faults}");
        let notary = CityNotary::open(self, city).await?;
        let parts = Parts {
            db: self.db.clone(),
            blobs: self.blobs.clone(),
            ambient: self.ambient.clone(),
            sealer: self.sealer.clone(),
            notary: Arc::new(notary),
            settings: settings(&self.config, folder),
        };
        Ok(MessageLog::open(parts).await?)
    }

    /// By whom the log is judged here: the own authorities where they gave keys, and those of `trust.anchors`.
    ///
    /// # Errors
    /// A file of certificates or keys that cannot be read.
    pub fn anchors(&self) -> Result<TrustAnchors> {
        let (keys, sealer, ambient) = (self.config.trust_keys(), self.sealer.clone(), self.ambient.clone());
        let own = TrustRoom::root_in(keys, sealer, ambient).context("the city's own authorities")?;
        Ok(TrustAnchors::new(own.into_iter().chain(crate::trust::anchors(&self.config)?).collect()))
    }
}

/// For how long a key is used before it is asked for again: one that was revoked stops after this at the latest.
const KEY_IS_BELIEVED: SignedDuration = SignedDuration::from_mins(1);

/// A key as it was found.
struct Opened {
    signer: Arc<MemberSigner>,
    at: Timestamp,
}

impl Opened {
    fn holds(&self, now: Timestamp) -> bool {
        now.duration_since(self.at).abs() < KEY_IS_BELIEVED && self.signer.signer.certificate().is_valid_at(now)
    }
}

/// How the log of a configured exchange proves time; containers are put together in `folder`.
fn settings(config: &Config, folder: &Path) -> Settings {
    let exchange = &config.exchange;
    Settings {
        interval: Duration::from_secs(exchange.stamping_seconds),
        longest_failure: Duration::from_secs(exchange.longest_stamping_failure_seconds),
        most_in_a_batch: u32::try_from(exchange.most_in_a_batch).unwrap_or(u32::MAX),
        folder: folder.to_owned(),
        ..Settings::default()
    }
}

/// Keys out of the file of `signing.providers` (by the code of the member), or of the city's own authorities where they
/// run; time stamps of `signing.time_stamps` or of the city itself.
pub struct CityNotary {
    ambient: Ambient,
    providers: Providers,
    trust: Option<TrustRoom>,
    transport: CityTransport,
    time_stamps: Option<String>,
    anchors: Vec<Certificate>,
    keys: StdMutex<HashMap<MemberId, Arc<Mutex<Option<Opened>>>>>,
}

impl CityNotary {
    async fn open(records: &Records, city: &str) -> Result<Self> {
        let Records { config, db, ambient, sealer, .. } = records;
        let trust = crate::trust::open(config, city, db, ambient, sealer.clone()).await?;
        Self::new(config, ambient, trust)
    }

    fn new(config: &Config, ambient: &Ambient, trust: Option<TrustRoom>) -> Result<Self> {
        let providers = Providers::read(config)?;
        anyhow::ensure!(
            trust.is_some() || !providers.is_empty(),
            "nobody could sign a message: name the keys of the members in the file of signing.providers, or, outside \
             production, let the city's own authorities give them (city.environment)"
        );
        let origin = config.origin(config.server.listen.port());
        let time_stamps = crate::trust::time_stamps(config, trust.is_some());
        let own = trust.iter().map(|trust| trust.root().clone());
        Ok(Self {
            ambient: ambient.clone(),
            providers,
            transport: CityTransport::new(origin, trust.clone(), config.signing.private_hosts.clone()),
            time_stamps,
            anchors: own.chain(crate::trust::anchors(config)?).collect(),
            trust,
            keys: StdMutex::default(),
        })
    }

    /// The key of a member: a configured one first, then one of the city's own authority.
    async fn find(&self, member: &MemberId) -> Result<LocalSigner, NotaryError> {
        let unavailable =
            |error: &dyn std::fmt::Display| NotaryError::Unavailable(format!("the key of {member}: {error}"));
        let configured = self.providers.open_local(&member.code).await.map_err(|error| unavailable(&error))?;
        if let Some(signer) = configured {
            return Ok(signer);
        }
        let Some(trust) = &self.trust else { return Err(NotaryError::NoKey(member.to_string())) };
        let holder = Holder::Organ { agency: member.to_string(), name: member.to_string() };
        let key = trust.ensure_holder_key(&holder, ActorRef::system()).await.map_err(|error| unavailable(&error))?;
        if key.revoked.is_some() {
            return Err(NotaryError::NoKey(member.to_string()));
        }
        trust.holder_signer(&key).map_err(|error| unavailable(&error))
    }
}

#[async_trait]
impl Notary for CityNotary {
    async fn signer(&self, member: &MemberId) -> Result<Arc<MemberSigner>, NotaryError> {
        use haidang_signing::DocumentSigner as _;
        let now = self.ambient.now();
        // A lock for each member: who looks for a key keeps nobody else waiting.
        let held = self.keys.lock().unwrap_or_else(PoisonError::into_inner).entry(member.clone()).or_default().clone();
        let mut held = held.lock().await;
        if let Some(opened) = held.as_ref().filter(|opened| opened.holds(now)) {
            return Ok(opened.signer.clone());
        }
        *held = None;
        let found = self.find(member).await?;
        if !found.certificate().is_valid_at(now) {
            return Err(NotaryError::NoKey(member.to_string()));
        }
        let signer = EvidenceSigner::new(found.certificate().clone());
        let signer = signer.map_err(|error| NotaryError::Unavailable(format!("the key of {member}: {error}")))?;
        let signer = Arc::new(MemberSigner { signer, key: found.key(), issuers: found.chain().to_vec() });
        *held = Some(Opened { signer: signer.clone(), at: now });
        Ok(signer)
    }

    async fn stamp(&self, bytes: &[u8]) -> Result<Vec<u8>, NotaryError> {
        let nobody = || NotaryError::Unavailable("no time stamping authority: see signing.time_stamps".to_owned());
        let url = self.time_stamps.as_deref().ok_or_else(nobody)?;
        let algorithm = DigestAlgorithm::Sha512;
        let imprint = Imprint { algorithm, digest: algorithm.digest(bytes) };
        let question = (self.ambient.bytes(), self.ambient.now());
        let stamp = request_time_stamp(&self.transport, url, imprint, question, None).await;
        Ok(stamp.map_err(|error| NotaryError::Unavailable(error.to_string()))?.der().to_vec())
    }

    async fn status(&self, certificate: &Certificate, issuer: &Certificate) -> Result<Option<Vec<u8>>, NotaryError> {
        let Some(url) = certificate.ocsp_urls().into_iter().next() else { return Ok(None) };
        let unavailable = |error: &dyn std::fmt::Display| NotaryError::Unavailable(format!("{url}: {error}"));
        let request = ocsp_request(certificate, issuer, None).map_err(|error| unavailable(&error))?;
        let answer = self.transport.post(&url, "application/ocsp-request", request).await;
        let answer = answer.map_err(|error| unavailable(&error))?;
        OcspAnswer::from_der(&answer).map_err(|error| unavailable(&error))?;
        Ok(Some(answer))
    }

    fn anchors(&self) -> Vec<Certificate> {
        self.anchors.clone()
    }
}
