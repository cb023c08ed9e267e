//! What the office asks of signatures (`contracts::papers::OfficeSigning`), answered by `pades`, `signing` and `trust`.
//!
//! Keys come from the file that `signing.providers` names; where the city's own authorities run, they issue what is not
//! named there. Without either there is a clear refusal: a city never signs with something nobody chose.

mod appearance;
mod faults;
mod providers;
mod report;
mod stamps;
mod transport;

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use haidang_contracts::ContractError;
use haidang_contracts::issued::IssuedPapers;
use haidang_contracts::papers::{
    FileToSign, JudgedFile, OfficeSigning, PaperPlace, PartyCertificate, RECORD_FIELD, SignatureRole, SigningOrder,
    SigningParty, StampChain,
};
use haidang_documents::pades::{
    Authorities, BatchFile, FieldValue, Judge, Level, NewField, NewFieldKind, SignatureOptions, add_fields, fields,
    fill_fields, sign_batch, verify,
};
use haidang_documents::pdf::{PdfFile, Source};
use haidang_kernel::ambient::Ambient;
use haidang_signing::path::{RevocationRule, TrustAnchors};
use haidang_signing::time_stamp::{Imprint, request_time_stamp};
use haidang_signing::{Certificate, DigestAlgorithm, DocumentSigner};
use haidang_store::ActorRef;
use haidang_trust::{Holder, HolderKey, PinAnswer, TrustRoom};

use crate::config::Config;
use appearance::Pictures;
pub use appearance::seal_place;
pub use providers::Providers;
pub(crate) use providers::{Place, open_place};
pub use transport::CityTransport;

/// Largest file that is signed or judged: 64 MB.
pub const LARGEST_FILE: usize = 64 << 20;

/// Size of the letters of number, date and other filled lines: 13 pt (Decree 30/2020, Appendix I, V).
const FILLED: f64 = 13.0;
/// Size of the time of a copy, in the corner of its first page: 10 pt (Decree 30/2020, Appendix I, Part II).
const COPIED: f64 = 10.0;

/// Signs and judges for the office. Cheap to clone.
#[derive(Clone)]
pub struct OfficeSigner(Arc<Inner>);

struct Inner {
    ambient: Ambient,
    providers: Providers,
    trust: Option<TrustRoom>,
    transport: Arc<CityTransport>,
    time_stamps: Option<String>,
    anchors: Vec<Certificate>,
    pictures: Pictures,
    issued: OnceLock<Arc<dyn IssuedPapers>>,
    production: bool,
}

/// A key that was found for somebody.
struct Found {
    signer: Arc<dyn DocumentSigner>,
    /// Where it lies: `file`, `pkcs11`, `csc`.
    source: &'static str,
    revoked: bool,
    /// The key itself, when the city keeps it: an official's is opened by its PIN.
    held: Option<HolderKey>,
}

impl OfficeSigner {
    /// Signs with the keys of this configuration, and with those of the city's own authorities where they run.
    ///
    /// # Errors
    /// A file of providers that does not read, naming it.
    pub fn open(
        config: &Config,
        ambient: &Ambient,
        trust: Option<TrustRoom>,
        anchors: Vec<Certificate>,
    ) -> anyhow::Result<OfficeSigner> {
        let origin = config.origin(config.server.listen.port());
        let time_stamps = crate::trust::time_stamps(config, trust.is_some());
        let transport = CityTransport::new(origin, trust.clone(), config.signing.private_hosts.clone());
        let transport = Arc::new(transport);
        let (providers, production) = (Providers::read(config)?, !config.simulated());
        let (ambient, pictures, issued) = (ambient.clone(), Pictures::default(), OnceLock::new());
        let inner = Inner { ambient, providers, trust, transport, time_stamps, anchors, pictures, issued, production };
        Ok(OfficeSigner(Arc::new(inner)))
    }

    /// Introduces who knows whether signers were competent; the first introduction counts.
    pub fn meet_office(&self, issued: Arc<dyn IssuedPapers>) {
        let _ = self.0.issued.set(issued);
    }

    /// Whom a signature asks and believes; the archive renews with the same.
    pub fn authorities(&self) -> Authorities {
        Authorities {
            transport: self.0.transport.clone(),
            time_stamps: self.0.time_stamps.clone(),
            anchors: self.0.anchors.clone(),
            ambient: self.0.ambient.clone(),
        }
    }

    /// How files are judged: now, by the city's anchors, asking authorities about what a file does not carry.
    pub fn judge_now(&self) -> Judge {
        Judge {
            anchors: TrustAnchors::new(self.0.anchors.clone()),
            now: self.0.ambient.now(),
            revocation: RevocationRule::WhereKnown,
            transport: Some(self.0.transport.clone()),
        }
    }

    /// The key of somebody: a configured one first, then one of the city's own authority.
    async fn find(&self, party: &SigningParty) -> Result<Option<Found>, ContractError> {
        if let Some((signer, source)) = self.0.providers.open(party, self.0.transport.clone()).await? {
            return Ok(Some(Found { signer, source, revoked: false, held: None }));
        }
        let Some(trust) = &self.0.trust else { return Ok(None) };
        let key = trust.ensure_holder_key(&holder(party), ActorRef::system()).await.map_err(faults::of_trust)?;
        let signer: Arc<dyn DocumentSigner> = Arc::new(trust.holder_signer(&key).map_err(faults::of_trust)?);
        Ok(Some(Found { signer, source: "file", revoked: key.revoked.is_some(), held: Some(key) }))
    }

    /// The key of somebody who is about to sign, with every reason against it that shows before.
    pub(crate) async fn usable(
        &self,
        party: &SigningParty,
        activation: Option<&str>,
    ) -> Result<Arc<dyn DocumentSigner>, ContractError> {
        let Some(found) = self.find(party).await? else {
            let detail = "no key is configured for this signer: name one in the file of signing.providers".to_owned();
            return Err(ContractError::Refused { code: "certificate_missing", detail });
        };
        let certificate = found.signer.certificate();
        let refused = |code, detail: String| Err(ContractError::Refused { code, detail });
        if found.revoked {
            return refused("certificate_revoked", format!("certificate {} was revoked", certificate.serial_hex()));
        }
        if !certificate.is_valid_at(self.0.ambient.now()) {
            let end = certificate.not_after();
            return refused("certificate_expired", format!("certificate {} ended {end}", certificate.serial_hex()));
        }
        if let (SigningParty::Officer { person, agency, .. }, Some(key)) = (party, &found.held) {
            let actor = ActorRef {
                kind: "official".to_owned(),
                person: Some(person.to_string()),
                agency: Some(agency.clone()),
                ..ActorRef::system()
            };
            self.open_held(key, activation, actor).await?;
        }
        Ok(found.signer)
    }

    /// Whether the key of an official that the city keeps may sign now: for the PIN its holder chose, and not while it is
    /// suspended. In a demonstration a key that nobody activated signs too; in production it signs for nobody.
    async fn open_held(&self, key: &HolderKey, pin: Option<&str>, actor: ActorRef) -> Result<(), ContractError> {
        let refused = |detail: &str| {
            Err(ContractError::Refused {
                code: "signature_not_authorised",
                detail: format!("key {}: {detail}", key.id),
            })
        };
        if key.suspended.is_some() {
            return refused("its holder suspended it");
        }
        if !key.has_pin() {
            return if self.0.production { refused("its holder has not activated it") } else { Ok(()) };
        }
        let (Some(trust), Some(pin)) = (&self.0.trust, pin) else { return refused("it signs for its PIN alone") };
        match trust.try_pin(key, pin, actor).await.map_err(faults::of_trust)? {
            PinAnswer::Right => Ok(()),
            PinAnswer::Wrong => refused("another PIN"),
            PinAnswer::Locked(until) => refused(&format!("locked until {until} after too many wrong PINs")),
        }
    }

    /// The file with its fields prepared and filled, and what its signature will say and show.
    fn lay_out(&self, file: FileToSign, order: &Common<'_>) -> Result<(Vec<u8>, BatchFile), ContractError> {
        if file.bytes.len() > LARGEST_FILE {
            let detail = format!("the file has {} bytes, and {LARGEST_FILE} are signed at most", file.bytes.len());
            return Err(ContractError::Refused { code: "file_too_large", detail });
        }
        let appearance = self.0.pictures.of(order.role, order.party, &file, order.at)?;
        let failed = |error| faults::of_signing(&error, &file.field, order.certificate);
        let mut whole = file.bytes;
        let open = |bytes: &Vec<u8>| PdfFile::open(Arc::new(bytes.clone())).map_err(|error| failed(error.into()));
        let opened = open(&whole)?;
        let present = fields(&opened.newest()).map_err(|error| failed(error.into()))?;
        let new: Vec<NewField> = file
            .prepare
            .iter()
            .filter(|(name, _)| present.iter().all(|field| field.name != **name))
            .map(|(name, place)| new_field(name, place))
            .collect();
        if !new.is_empty() {
            whole.extend_from_slice(&add_fields(&opened, &new).map_err(failed)?.bytes);
        }
        let annex = file.field.starts_with("annex");
        if !file.fill.is_empty() && !annex {
            // A paper that was prepared before it had a place for its record is closed without it.
            let prepared = |name: &str| {
                name != RECORD_FIELD
                    || file.prepare.contains_key(name)
                    || present.iter().any(|field| field.name == name)
            };
            let value = |(field, value): (&String, &String)| FieldValue {
                field: field.clone(),
                value: haidang_kernel::text::nfc(value),
                font: self.0.pictures.font_of(field),
                size: if field == "copied_at" { COPIED } else { FILLED },
            };
            let filled = file.fill.iter().filter(|(name, _)| prepared(name));
            let values: Vec<FieldValue> = filled.map(value).collect();
            whole.extend_from_slice(&fill_fields(&open(&whole)?, &values).map_err(failed)?.bytes);
        }
        let options = SignatureOptions {
            tooltip: appearance::tooltip(&file.field, order.party),
            placement: file.place.map(|place| appearance::placement(&place)),
            field: file.field,
            appearance,
            at: order.at,
            signer: order.certificate.common_name(),
            reason: Some(file.reason).filter(|reason| !reason.is_empty()),
            location: None,
            certification: None,
        };
        let source: Arc<dyn Source> = Arc::new(whole.clone());
        Ok((whole, BatchFile { source, options }))
    }
}

/// What is alike for all files of an order.
struct Common<'order> {
    role: SignatureRole,
    party: &'order SigningParty,
    certificate: &'order Certificate,
    at: jiff::Timestamp,
}

fn holder(party: &SigningParty) -> Holder {
    match party.clone() {
        SigningParty::Officer { person, name, agency } => Holder::Officer { person: person.to_string(), agency, name },
        SigningParty::Organ { agency, name } => Holder::Organ { agency, name },
    }
}

/// A field prepared before the first signature; its name says what kind.
pub(crate) fn new_field(name: &str, place: &PaperPlace) -> NewField {
    let signs = ["officer", "organ", "initials", "annex"].iter().any(|kind| name.starts_with(kind));
    let kind = if signs { NewFieldKind::Signature { lock: None } } else { NewFieldKind::Text };
    NewField {
        name: name.to_owned(),
        tooltip: appearance::field_words(name).to_owned(),
        placement: (place.width * place.height > 0.0).then(|| appearance::placement(place)),
        kind,
    }
}

/// Who signs last brings everything that decades need; those before bring the proof of their time.
fn level(role: SignatureRole) -> Level {
    match role {
        SignatureRole::Initials | SignatureRole::Officer => Level::Time,
        SignatureRole::Organ => Level::Archive,
    }
}

#[async_trait]
impl OfficeSigning for OfficeSigner {
    async fn sign(&self, order: SigningOrder) -> Result<Vec<Vec<u8>>, ContractError> {
        let organ = matches!(order.party, SigningParty::Organ { .. });
        if organ != (order.role == SignatureRole::Organ) {
            let detail = "an agency seals, and a person signs or initials".to_owned();
            return Err(ContractError::Refused { code: "signature_not_authorised", detail });
        }
        let signer = self.usable(&order.party, order.activation.as_deref()).await?;
        let certificate = signer.certificate().clone();
        let at = self.0.ambient.now();
        let common = Common { role: order.role, party: &order.party, certificate: &certificate, at };
        let (mut wholes, mut batch, mut names) = (Vec::new(), Vec::new(), Vec::new());
        for file in order.files {
            let (whole, file) = self.lay_out(file, &common)?;
            names.push(file.options.field.clone());
            wholes.push(whole);
            batch.push(file);
        }
        let (authorities, judge) = (self.authorities(), self.judge_now());
        let signed =
            sign_batch(batch, signer.as_ref(), order.activation.as_deref(), level(order.role), &authorities, &judge);
        let own = names.first().cloned().unwrap_or_default();
        let signed = signed.await.map_err(|error| faults::of_batch(&error, &names, &own, &certificate))?;
        Ok(wholes.into_iter().zip(signed).map(|(whole, after)| [whole, after.bytes].concat()).collect())
    }

    async fn judge(&self, file: &[u8]) -> Result<JudgedFile, ContractError> {
        if file.len() > LARGEST_FILE {
            let detail = format!("the file has {} bytes, and {LARGEST_FILE} are judged at most", file.len());
            return Err(ContractError::Refused { code: "file_too_large", detail });
        }
        let judge = self.judge_now();
        let found = verify(Arc::new(file.to_vec()), &judge).await;
        let sha256 = data_encoding::HEXLOWER.encode(&DigestAlgorithm::Sha256.digest(file));
        let mut judged = report::of(&found, sha256, judge.now, report::policy(&self.0.anchors))?;
        if let Some(office) = self.0.issued.get()
            && let Some(paper) = office.by_digest(&judged.sha256).await?
        {
            let competence = office.competence(&paper, &judged.signatures).await?;
            report::decide(&mut judged, &paper, &competence);
        }
        Ok(judged)
    }

    async fn certificate(&self, party: &SigningParty) -> Result<Option<PartyCertificate>, ContractError> {
        let Some(found) = self.find(party).await? else { return Ok(None) };
        let certificate = found.signer.certificate();
        Ok(Some(PartyCertificate {
            subject: certificate.common_name().unwrap_or_else(|| certificate.subject()),
            issuer: certificate.issuer_common_name().unwrap_or_default(),
            serial: certificate.serial_hex(),
            not_before: certificate.not_before().as_microsecond(),
            not_after: certificate.not_after().as_microsecond(),
            source: found.source.to_owned(),
        }))
    }

    async fn stamp(&self, sha256: &[u8; 32]) -> Result<Vec<u8>, ContractError> {
        let none = || ContractError::Unavailable("no time stamping authority: see signing.time_stamps".to_owned());
        let address = self.0.time_stamps.as_deref().ok_or_else(none)?;
        let imprint = Imprint { algorithm: DigestAlgorithm::Sha256, digest: sha256.to_vec() };
        let random = (self.0.ambient.bytes(), self.0.ambient.now());
        let stamp = request_time_stamp(self.0.transport.as_ref(), address, imprint, random, None).await;
        Ok(stamp.map_err(|error| ContractError::Unavailable(error.to_string()))?.der().to_vec())
    }

    async fn judge_stamps(&self, sha256: &[u8; 32], tokens: &[Vec<u8>]) -> Result<StampChain, ContractError> {
        let anchors = TrustAnchors::new(self.0.anchors.clone());
        Ok(stamps::judge(sha256, tokens, &anchors, self.0.ambient.now()))
    }
}
