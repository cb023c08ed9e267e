//! An exchange of a consumer in one city, an exchange of a provider in another, and a line between them that fails to
//! order.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use haidang_exchange::MIGRATIONS;
use haidang_exchange::message_log::{
    Checked, Judging, MemberSigner, MessageLog, Notary, NotaryError, Parts, Settings, check,
};
use haidang_exchange::proxy::{Exchange, Identity, Limits, OperationalLog, Port, serve};
use haidang_exchange::rules::identifier::MemberId;
use haidang_kernel::ambient::Ambient;
use haidang_signing::asice::{self, EvidenceSigner, Question};
use haidang_signing::path::TrustAnchors;
use haidang_signing::{Certificate, FileKey, Sealer, SignatureAlgorithm};
use haidang_store::Blobs;
use haidang_testkit::{FaultProxy, Rooms, TestDb};
use tokio::net::TcpListener;
use x509_ocsp::CertStatus;

use crate::authority::{City, entries};
use crate::certificates::{Issued, Order};
use crate::support::{Door, Provider, Reply, directory};

pub const ROOMS: Rooms = &[("exchange", MIGRATIONS)];
pub const FAR: &str = "/r1/VN-HN/GOV/0002/B/echo";
pub const FAR_PEOPLE: &str = "/r1/VN-HN/GOV/0002/B/people/cong-dan/1";

/// The authorities of one city, and the roots of others that it believes.
pub struct CityNotary {
    city: City,
    ambient: Ambient,
    signer: Arc<MemberSigner>,
    pub believed: Mutex<Vec<Certificate>>,
}

impl CityNotary {
    fn new(ambient: &Ambient) -> Self {
        let city = City::new(SignatureAlgorithm::EcdsaP256, ambient.now());
        let signer = MemberSigner {
            signer: EvidenceSigner::new(city.member.certificate.clone()).unwrap(),
            key: Arc::new(FileKey::from_bytes(&city.member.key.to_pkcs8().unwrap()).unwrap()),
            issuers: vec![city.authority.certificate.clone()],
        };
        let believed = Mutex::new(vec![city.root.certificate.clone()]);
        Self { city, ambient: ambient.clone(), signer: Arc::new(signer), believed }
    }

    fn root(&self) -> Certificate {
        self.city.root.certificate.clone()
    }
}

#[async_trait]
impl Notary for CityNotary {
    async fn signer(&self, _: &MemberId) -> Result<Arc<MemberSigner>, NotaryError> {
        Ok(self.signer.clone())
    }

    async fn stamp(&self, bytes: &[u8]) -> Result<Vec<u8>, NotaryError> {
        Ok(self.city.stamp(bytes, self.ambient.now()))
    }

    async fn status(&self, _: &Certificate, issuer: &Certificate) -> Result<Option<Vec<u8>>, NotaryError> {
        match *issuer == self.city.authority.certificate {
            true => Ok(Some(self.city.ocsp(CertStatus::good(), self.ambient.now()))),
            false => Err(NotaryError::Unavailable("the authority of the other city is out of reach".to_owned())),
        }
    }

    fn anchors(&self) -> Vec<Certificate> {
        self.believed.lock().unwrap().clone()
    }
}

/// One exchange.
pub struct Side {
    pub door: Door,
    pub log: MessageLog,
    pub notary: Arc<CityNotary>,
    /// Where it takes messages of other exchanges.
    pub peers: SocketAddr,
    /// Its TLS certificate with the key.
    pub tls: Issued,
    db: TestDb,
    blobs: Blobs,
    sealer: Sealer,
}

pub fn identity(issued: &Issued) -> Identity {
    Identity::from_pem(issued.certificate.to_pem().as_bytes(), issued.key_pem().as_bytes()).unwrap()
}

impl Side {
    /// An exchange without members or peers yet.
    async fn open(db: TestDb, name: &'static str) -> Self {
        let ambient = db.ambient().clone();
        let notary = Arc::new(CityNotary::new(&ambient));
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
        let log = MessageLog::open(parts).await.unwrap();
        let empty = directory("instance = \"VN-HP\"");
        let exchange = Exchange::new(empty, ambient.clone(), Limits::default(), Arc::new(log.clone()));
        let tls = Order::new(name).issue(None);
        exchange.present(identity(&tls));
        let (plain, peers) =
            (TcpListener::bind("127.0.0.1:0").await.unwrap(), TcpListener::bind("127.0.0.1:0").await.unwrap());
        let (address, peers_address) = (plain.local_addr().unwrap(), peers.local_addr().unwrap());
        tokio::spawn(serve(exchange.clone(), Port::Plain(plain), pending()));
        tokio::spawn(serve(exchange.clone(), Port::Peers(peers), pending()));
        let door = Door { address, exchange, log: Arc::new(OperationalLog::new(1)), ambient };
        Self { door, log, notary, peers: peers_address, tls, db, blobs, sealer }
    }

    /// The log judged while calls may still be under way; it must be whole.
    pub async fn whole(&self) -> Checked {
        let anchors = TrustAnchors::new(self.notary.anchors());
        let judging = Judging { anchors: &anchors, now: self.door.ambient.now() };
        let checked = check(&self.db, &self.blobs, &self.sealer, judging).await.unwrap();
        assert_eq!(checked.broken, vec![]);
        checked
    }

    /// The code of the fault of the last call that was told, or nothing.
    pub fn last_fault(&self) -> String {
        let told = self.log.operational().recent();
        told.last().and_then(|record| record.fault_code.clone()).unwrap_or_default()
    }

    /// The containers of a call for one who took part, judged by the authorities that are believed here.
    pub async fn containers(&self, subsystem: &str, query: &str) -> Vec<Vec<String>> {
        let parts: Vec<&str> = subsystem.split('/').collect();
        let target = format!(
            "/asic?queryId={query}&xRoadInstance={}&memberClass={}&memberCode={}&subsystemCode={}",
            parts[0], parts[1], parts[2], parts[3]
        );
        let reply = self.door.call("GET", &target, &[], b"").await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let anchors = TrustAnchors::new(self.notary.anchors());
        let question = Question { anchors: Some(&anchors), layout: None, now: self.door.ambient.now() };
        let judged = |(name, container): &(String, Vec<u8>)| {
            let verdict = asice::verify(container, &question).unwrap_or_else(|fault| panic!("{name}: {fault:?}"));
            assert!(verdict.trusted);
            verdict.covered
        };
        entries(&reply.body).iter().map(judged).collect()
    }
}

/// Both, with the line between them.
pub struct Pair {
    pub near: Side,
    pub far: Side,
    pub provider: Provider,
    pub line: FaultProxy,
    /// A third exchange, which the provider's knows too.
    pub third: Issued,
    near_text: String,
    far_text: String,
}

impl Pair {
    /// Two exchanges that know each other; `settings` are those of the line, in TOML.
    pub async fn open(db: &TestDb, settings: &str) -> Self {
        let other = match db.postgres_schema() {
            Some(_) => TestDb::postgres(ROOMS).await.unwrap().unwrap(),
            None => TestDb::sqlite(ROOMS).await.unwrap(),
        };
        let (near, far) = (Side::open(db.clone(), "near").await, Side::open(other, "far").await);
        near.notary.believed.lock().unwrap().push(far.notary.root());
        far.notary.believed.lock().unwrap().push(near.notary.root());
        let provider = Provider::start().await;
        let third = Order::new("third").issue(None);
        let line = FaultProxy::start(far.peers).unwrap();
        let near_text = include_str!("near.toml")
            .replace("127.0.0.1:5500", &line.address().to_string())
            .replace("'CERTIFICATE'", &far.tls.toml())
            .replace("# settings", settings);
        let far_text = include_str!("far.toml")
            .replace("127.0.0.1:18090", &provider.address.to_string())
            .replace("'CERTIFICATE'", &near.tls.toml())
            .replace("'THIRD'", &third.toml());
        near.door.exchange.replace(directory(&near_text));
        far.door.exchange.replace(directory(&far_text));
        Self { near, far, provider, line, third, near_text, far_text }
    }

    pub async fn sqlite(settings: &str) -> Self {
        Self::open(&TestDb::sqlite(ROOMS).await.unwrap(), settings).await
    }

    /// Changes the directory of the provider's exchange.
    pub fn change_far(&self, from: &str, to: &str) {
        assert!(self.far_text.contains(from), "{from}");
        self.far.door.exchange.replace(directory(&self.far_text.replace(from, to)));
    }

    /// Changes the directory of the consumer's exchange.
    pub fn change_near(&self, from: &str, to: &str) {
        assert!(self.near_text.contains(from), "{from}");
        self.near.door.exchange.replace(directory(&self.near_text.replace(from, to)));
    }

    /// Sends a body and gets one back, both of this size.
    pub async fn both_ways(&self, size: usize) -> Reply {
        self.near.door.call("PUT", &format!("{FAR}/large?{size}"), &[crate::support::A], &vec![b'y'; size]).await
    }

    /// Ends what PostgreSQL would keep.
    pub async fn remove(self) {
        self.near.log.close().await;
        self.far.log.close().await;
        self.far.db.remove().await.unwrap();
    }
}
