//! The room: the city's own authorities, what they issued, and what they answer.

use crate::certificates::{Draft, Issuer, Subject, key_id};
use crate::error::TrustError;
use crate::folder::{Credential, CredentialFolder};
use crate::model::{AuthorityRow, CertificateRow, Purpose, Reason, Role};
use crate::rules::{self, Freshness};
use crate::stamping::Series;
use crate::status_answers::Answers;
use crate::{certificates, sql};
use der::asn1::ObjectIdentifier;
use haidang_kernel::ambient::Ambient;
use haidang_signing::{Certificate, FileKey, PrivateKey as _, Sealer, SignatureAlgorithm, issue};
use haidang_store::{ActorRef, AuditEntry, Db, args};
use jiff::Timestamp;
use serde_json::json;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

/// What the room is told by the city it works for.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Public origin, without a slash at its end: it stands in every certificate.
    pub origin: String,
    /// Name of the city, for the names of its authorities; at most 30 characters of it are used.
    pub city: String,
    /// Folder of the authorities' keys.
    pub keys: PathBuf,
    /// Policy under which time stamps are given.
    pub policy: ObjectIdentifier,
    /// Largest distance of the clock from UTC that time stamps state, in milliseconds.
    pub accuracy_milliseconds: u64,
    /// How long answers and lists may be believed.
    pub freshness: Freshness,
}

impl Settings {
    /// The object identifier of a policy, from its dotted form.
    ///
    /// # Errors
    /// [`TrustError::Policy`] when it is none.
    pub fn policy(text: &str) -> Result<ObjectIdentifier, TrustError> {
        ObjectIdentifier::new(text).map_err(|_| TrustError::Policy(text.to_owned()))
    }
}

/// A certificate to be issued.
#[derive(Debug, Clone)]
pub struct NewCertificate {
    /// What for; [`Purpose::Issuing`] is refused.
    pub purpose: Purpose,
    /// Whom it names.
    pub subject: Subject,
    /// The key it certifies: P-256, or RSA from 2048 bits.
    pub public_key: SubjectPublicKeyInfoOwned,
    /// Days of validity, 1 to [`rules::MOST_DAYS`]; the usual ones when absent.
    pub days: Option<i64>,
}

/// The city's own authorities. Cheap to clone.
#[derive(Clone)]
pub struct TrustRoom(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) db: Db,
    pub(crate) ambient: Ambient,
    pub(crate) settings: Settings,
    pub(crate) folder: CredentialFolder,
    pub(crate) sealer: Sealer,
    pub(crate) root: Credential,
    pub(crate) issuing: Credential,
    pub(crate) services: RwLock<Services>,
    pub(crate) series: Arc<Series>,
    pub(crate) answers: Answers,
}

/// What the city's own services sign with; replaced before it ends.
#[derive(Clone)]
pub(crate) struct Services {
    pub(crate) time_stamping: Arc<Credential>,
    pub(crate) status: Arc<Credential>,
}

impl TrustRoom {
    /// Opens the authorities: made at the first start, found again at every other.
    ///
    /// # Errors
    /// When a key file is damaged or open to others, the folder cannot be written, or what the database says.
    pub async fn open(db: Db, ambient: Ambient, sealer: Sealer, settings: Settings) -> Result<Self, TrustError> {
        let folder = CredentialFolder::new(settings.keys.clone(), sealer.clone(), ambient.clone());
        let now = ambient.now();
        let root = match folder.load("root")? {
            Some(root) => root,
            None => folder.create("root", make_root(&ambient, &settings, now)?)?,
        };
        let above = issuer(&settings, Role::Root, &root.certificate);
        let desk = Desk { db: &db, ambient: &ambient, settings: &settings, folder: &folder, above: &root };
        let issuing = desk.credential("issuing", Purpose::Issuing, "Issuing Authority", &above).await?;
        let below = issuer(&settings, Role::Issuing, &issuing.certificate);
        keep_authority(&db, &above, &root.certificate, now).await?;
        keep_authority(&db, &below, &issuing.certificate, now).await?;
        let series = Series::open(db.clone(), settings.accuracy_milliseconds).await?;
        let services = Desk { above: &issuing, ..desk }.services(&below).await?;
        Ok(Self(Arc::new(Inner {
            db,
            ambient,
            settings,
            folder,
            sealer,
            root,
            issuing,
            services: RwLock::new(services),
            series,
            answers: Answers::default(),
        })))
    }

    /// The anchor of authorities that were opened before, from the folder of their keys; none where there were none yet.
    ///
    /// # Errors
    /// When its file is damaged, sealed with another secret, or open to others.
    pub fn root_in(keys: PathBuf, sealer: Sealer, ambient: Ambient) -> Result<Option<Certificate>, TrustError> {
        Ok(CredentialFolder::new(keys, sealer, ambient).load("root")?.map(|root| root.certificate))
    }

    /// The anchor: whoever trusts this certificate trusts the city's own authorities.
    pub fn root(&self) -> &Certificate {
        &self.0.root.certificate
    }

    /// The authority that signs everything but itself.
    pub fn issuing(&self) -> &Certificate {
        &self.0.issuing.certificate
    }

    /// The present certificate of the time-stamp authority.
    pub fn time_stamping(&self) -> Certificate {
        self.services().time_stamping.certificate.clone()
    }

    /// Issues a certificate.
    ///
    /// # Errors
    /// [`TrustError::Subject`], [`TrustError::Days`] or [`TrustError::Request`] for what cannot be certified.
    pub async fn issue(&self, new: &NewCertificate, actor: ActorRef) -> Result<Certificate, TrustError> {
        let days = new.days.unwrap_or(rules::usual_days(new.purpose));
        if !(1..=rules::MOST_DAYS).contains(&days) {
            return Err(TrustError::Days { most: rules::MOST_DAYS });
        }
        if new.purpose == Purpose::Issuing {
            return Err(TrustError::Request("the city has one issuing authority and makes it itself"));
        }
        SignatureAlgorithm::of_public_key(&new.public_key)
            .map_err(|_| TrustError::Request("the key must be P-256 or RSA with 2048, 3072 or 4096 bits"))?;
        let (now, issuer) = (self.0.ambient.now(), self.issuer(Role::Issuing));
        let subject = new.subject.name()?;
        let draft = Draft {
            subject: &subject,
            public_key: &new.public_key,
            serial: &serial(&self.0.ambient),
            validity: rules::validity(now, days, Some(self.issuing().not_after())),
        };
        let certificate = issue::sign_certificate(draft.issued(new.purpose, &issuer)?, &self.0.issuing.key)?;
        if !keep_certificate(&self.0.db, &issuer.id, new.purpose, &certificate, actor, now).await? {
            return Err(TrustError::Request("the serial number was drawn before; ask again"));
        }
        Ok(certificate)
    }

    /// Revokes a certificate; it stays in the lists for good. One of the city's own services is replaced at once, that
    /// of the issuing authority at the next start.
    ///
    /// # Errors
    /// [`TrustError::UnknownSerial`], or [`TrustError::AlreadyRevoked`]: the first moment and reason stand.
    pub async fn revoke(&self, serial: &str, reason: Reason, actor: ActorRef) -> Result<(), TrustError> {
        let serial = serial.to_ascii_uppercase();
        let row = self.0.db.fetch_optional(sql::BY_SERIAL, args![serial.as_str()]).await?;
        let row = row.map(|row| CertificateRow::read(&row)).transpose()?;
        let row = row.ok_or_else(|| TrustError::UnknownSerial(serial.clone()))?;
        let (row, actor) = (&row, &actor);
        let changed = self
            .0
            .db
            .transaction(|tx| {
                Box::pin(async move {
                    let now = tx.ambient().now();
                    let values = args![row.authority.as_str(), row.serial.as_str(), now, reason.as_str()];
                    if tx.execute(sql::REVOKE, values).await? == 0 {
                        return Ok::<_, TrustError>(false);
                    }
                    tx.execute(sql::RAISE_REVISION, args![row.authority.as_str()]).await?;
                    let entry = AuditEntry::mutation("certificate.revoked", actor.clone());
                    let object = format!("{}/{}", row.authority, row.serial);
                    tx.audit(entry.object("certificate", &object).detail(json!({ "reason": reason.as_str() }))).await?;
                    Ok(true)
                })
            })
            .await?;
        if !changed {
            return Err(TrustError::AlreadyRevoked(serial));
        }
        if matches!(row.purpose, Purpose::TimeStamping | Purpose::Status) {
            self.renew().await?;
        }
        Ok(())
    }

    /// Replaces the certificates of the city's own services that end soon or were revoked, and takes over what another
    /// process replaced.
    ///
    /// # Errors
    /// As [`TrustRoom::open`].
    pub async fn renew(&self) -> Result<(), TrustError> {
        let inner = &self.0;
        let desk = Desk {
            db: &inner.db,
            ambient: &inner.ambient,
            settings: &inner.settings,
            folder: &inner.folder,
            above: &inner.issuing,
        };
        let services = desk.services(&self.issuer(Role::Issuing)).await?;
        *inner.services.write().unwrap_or_else(PoisonError::into_inner) = services;
        Ok(())
    }

    /// Certificates issued before a point, the newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn certificates(
        &self,
        before: Option<(Timestamp, &str)>,
        limit: i64,
    ) -> Result<Vec<CertificateRow>, TrustError> {
        let (at, serial) = before.unwrap_or((Timestamp::MAX, ""));
        let rows = self.0.db.fetch_all(sql::CERTIFICATES, args![at, serial, limit]).await?;
        Ok(rows.iter().map(CertificateRow::read).collect::<Result<_, _>>()?)
    }

    /// Every authority there is or was, the oldest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn authorities(&self) -> Result<Vec<AuthorityRow>, TrustError> {
        let rows = self.0.db.fetch_all(sql::AUTHORITIES, args![]).await?;
        Ok(rows.iter().map(AuthorityRow::read).collect::<Result<_, _>>()?)
    }

    /// One authority by its id.
    ///
    /// # Errors
    /// What the database says.
    pub async fn authority(&self, id: &str) -> Result<Option<AuthorityRow>, TrustError> {
        let row = self.0.db.fetch_optional(sql::AUTHORITY, args![id]).await?;
        Ok(row.map(|row| AuthorityRow::read(&row)).transpose()?)
    }

    /// A present authority, as its certificates speak of it.
    pub fn issuer(&self, role: Role) -> Issuer {
        let certificate = match role {
            Role::Root => self.root(),
            Role::Issuing => self.issuing(),
        };
        issuer(&self.0.settings, role, certificate)
    }

    /// This moment on the clock of the room.
    pub(crate) fn now(&self) -> Timestamp {
        self.0.ambient.now()
    }

    pub(crate) fn services(&self) -> Services {
        self.0.services.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What the certificates of the city's own authorities and services are made with.
struct Desk<'a> {
    db: &'a Db,
    ambient: &'a Ambient,
    settings: &'a Settings,
    folder: &'a CredentialFolder,
    /// The authority that issues them.
    above: &'a Credential,
}

impl Desk<'_> {
    async fn services(&self, issuer: &Issuer) -> Result<Services, TrustError> {
        let time_stamping = self.credential("tsa", Purpose::TimeStamping, "Time-Stamp Authority", issuer).await?;
        let status = self.credential("ocsp", Purpose::Status, "OCSP Responder", issuer).await?;
        Ok(Services { time_stamping: Arc::new(time_stamping), status: Arc::new(status) })
    }

    /// What is kept under a name, made or made anew when there is none, it ends soon, was revoked, or is by a former
    /// authority.
    async fn credential(
        &self,
        file: &'static str,
        purpose: Purpose,
        name: &str,
        issuer: &Issuer,
    ) -> Result<Credential, TrustError> {
        let now = self.ambient.now();
        let found = self.folder.load(file)?;
        let known = found.is_some();
        let mut credential = None;
        if let Some(found) = found {
            let row = args![issuer.id.as_str(), found.certificate.serial_hex()];
            let row = self.db.fetch_optional(sql::CERTIFICATE, row).await?;
            let revoked =
                row.map(|row| CertificateRow::read(&row)).transpose()?.is_some_and(|row| row.revoked.is_some());
            let due = rules::is_due(now, found.certificate.not_after(), revoked);
            credential = Some(found).filter(|found| !due && belongs(&found.certificate, issuer));
        }
        let credential = match credential {
            Some(credential) => credential,
            None => {
                let subject = service_name(self.settings, name).name()?;
                let made = make(self.ambient, purpose, &subject, (self.above, issuer), now)?;
                self.folder.settle(file, known, made)?
            }
        };
        keep_certificate(self.db, &issuer.id, purpose, &credential.certificate, ActorRef::system(), now).await?;
        Ok(credential)
    }
}

fn service_name(settings: &Settings, what: &str) -> Subject {
    let city: String = settings.city.chars().take(30).collect();
    Subject {
        common_name: format!("{} Development {what}", city.trim()),
        organization: Some(city.trim().to_owned()),
        ..Subject::default()
    }
}

fn issuer(settings: &Settings, role: Role, certificate: &Certificate) -> Issuer {
    let key_id = key_id(certificate.public_key());
    let short = data_encoding::HEXLOWER.encode(key_id.get(..4).unwrap_or_default());
    Issuer {
        id: format!("{}-{short}", role.as_str()),
        role,
        name: certificate.content().subject.clone(),
        key_id,
        origin: settings.origin.clone(),
    }
}

/// Whether a certificate is by this key, not by one of the same name that was here before.
fn belongs(certificate: &Certificate, issuer: &Issuer) -> bool {
    certificate.authority_key_id().is_some_and(|id| id == issuer.key_id)
}

/// 126 random bits in 16 bytes: positive, and never a byte shorter.
fn serial(ambient: &Ambient) -> [u8; 16] {
    let mut serial = ambient.bytes::<16>();
    serial[0] = (serial[0] & 0x7f) | 0x40;
    serial
}

fn public_key(key: &FileKey) -> Result<SubjectPublicKeyInfoOwned, TrustError> {
    Ok(der::Decode::from_der(key.public_key_info())?)
}

fn make_root(ambient: &Ambient, settings: &Settings, now: Timestamp) -> Result<Credential, TrustError> {
    let key = FileKey::generate(SignatureAlgorithm::EcdsaP256)?;
    let draft = Draft {
        subject: &service_name(settings, "Root").name()?,
        public_key: &public_key(&key)?,
        serial: &serial(ambient),
        validity: rules::validity(now, rules::ROOT_DAYS, None),
    };
    let certificate = issue::sign_certificate(draft.root()?, &key)?;
    Ok(Credential { key, certificate })
}

fn make(
    ambient: &Ambient,
    purpose: Purpose,
    subject: &x509_cert::name::Name,
    (above, issuer): (&Credential, &Issuer),
    now: Timestamp,
) -> Result<Credential, TrustError> {
    let key = FileKey::generate(SignatureAlgorithm::EcdsaP256)?;
    let draft = Draft {
        subject,
        public_key: &public_key(&key)?,
        serial: &serial(ambient),
        validity: rules::validity(now, rules::usual_days(purpose), Some(above.certificate.not_after())),
    };
    let certificate = issue::sign_certificate(draft.issued(purpose, issuer)?, &above.key)?;
    Ok(Credential { key, certificate })
}

async fn keep_authority(db: &Db, issuer: &Issuer, certificate: &Certificate, now: Timestamp) -> Result<(), TrustError> {
    if db.fetch_optional(sql::AUTHORITY, args![issuer.id.as_str()]).await?.is_some() {
        return Ok(());
    }
    let values = &args![issuer.id.as_str(), issuer.role.as_str(), certificate.der().to_vec(), now];
    db.transaction(|tx| {
        Box::pin(async move {
            if tx.execute(sql::INSERT_AUTHORITY, values.clone()).await? > 0 {
                let entry = AuditEntry::mutation("authority.made", ActorRef::system());
                tx.audit(entry.object("authority", &issuer.id)).await?;
            }
            Ok(())
        })
    })
    .await
}

/// Keeps a certificate with its audit record; false when its number is there already.
async fn keep_certificate(
    db: &Db,
    authority: &str,
    purpose: Purpose,
    certificate: &Certificate,
    actor: ActorRef,
    now: Timestamp,
) -> Result<bool, TrustError> {
    let serial = certificate.serial_hex();
    if db.fetch_optional(sql::CERTIFICATE, args![authority, serial.as_str()]).await?.is_some() {
        return Ok(false);
    }
    let values = &args![
        authority,
        serial.as_str(),
        purpose.as_str(),
        certificate.subject(),
        certificate.der().to_vec(),
        certificate.not_before(),
        certificate.not_after(),
        now
    ];
    let entry = AuditEntry::mutation("certificate.issued", actor);
    let entry =
        &entry.object("certificate", &format!("{authority}/{serial}")).detail(json!({ "purpose": purpose.as_str() }));
    db.transaction(|tx| {
        Box::pin(async move {
            let kept = tx.execute(sql::INSERT_CERTIFICATE, values.clone()).await? > 0;
            if kept {
                tx.audit(entry.clone()).await?;
            }
            Ok(kept)
        })
    })
    .await
}

/// Reads the key to be certified: a certification request (PKCS#10) whose own signature is checked, or a public key;
/// PEM or DER.
///
/// # Errors
/// [`TrustError::Request`] when it is neither.
pub fn read_public_key(bytes: &[u8]) -> Result<SubjectPublicKeyInfoOwned, TrustError> {
    use der::Decode as _;
    const NEITHER: TrustError = TrustError::Request("neither a certification request (PKCS#10) nor a public key");
    /// An RSA key of 4096 bits needs less than 2 KiB, a request with it less than 4.
    const LONGEST: usize = 64 * 1024;
    if bytes.len() > LONGEST {
        return Err(NEITHER);
    }
    if bytes.starts_with(b"-----BEGIN ") {
        let (label, der) = der::pem::decode_vec(bytes).map_err(|_| NEITHER)?;
        return match label {
            "CERTIFICATE REQUEST" => certificates::key_of_request(&der),
            "PUBLIC KEY" => SubjectPublicKeyInfoOwned::from_der(&der).map_err(|_| NEITHER),
            _ => Err(NEITHER),
        };
    }
    SubjectPublicKeyInfoOwned::from_der(bytes).or_else(|_| certificates::key_of_request(bytes))
}

#[cfg(test)]
#[path = "room_tests.rs"]
mod tests;
