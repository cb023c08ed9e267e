//! Signing a file up to a level.

use std::sync::Arc;

use haidang_kernel::ambient::Ambient;
use haidang_signing::cms::{self, SignedAttributes, SignedData};
use haidang_signing::time_stamp::{Imprint, request_time_stamp};
use haidang_signing::{Certificate, DigestAlgorithm, DocumentSigner, DocumentSignerError, PrivateKey, Transport};
use serde::{Deserialize, Serialize};

use super::prepare::{Prepared, SignatureOptions, prepare, prepare_time_stamp};
use super::{PadesError, evidence, store};
use crate::pdf::{Appended, PdfFile, Source};

/// Room for signed data without a time stamp: 12,000 hexadecimal digits.
const ROOM: usize = 6_000;
/// Room for signed data with one: 20,000 hexadecimal digits.
const ROOM_STAMPED: usize = 10_000;
/// Room for a document time stamp.
const ROOM_TOKEN: usize = 10_000;

/// How much a signature proves (EN 319 142-1, 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Level {
    /// Who signed what.
    #[serde(rename = "B-B")]
    Basic,
    /// And when at the latest: a time stamp over the signature.
    #[serde(rename = "B-T")]
    Time,
    /// And everything needed to judge it stands in the file.
    #[serde(rename = "B-LT")]
    LongTerm,
    /// And that data is stamped itself, so that it outlives its certificates.
    #[serde(rename = "B-LTA")]
    Archive,
}

impl Level {
    /// `B-B`, `B-T`, `B-LT` or `B-LTA`.
    pub fn code(self) -> &'static str {
        match self {
            Level::Basic => "B-B",
            Level::Time => "B-T",
            Level::LongTerm => "B-LT",
            Level::Archive => "B-LTA",
        }
    }
}

impl std::str::FromStr for Level {
    type Err = &'static str;

    fn from_str(code: &str) -> Result<Level, &'static str> {
        let all = [Level::Basic, Level::Time, Level::LongTerm, Level::Archive];
        all.into_iter().find(|level| level.code() == code).ok_or("the levels are B-B, B-T, B-LT and B-LTA")
    }
}

/// A key with its certificates.
pub struct Signer {
    /// The key, wherever it is.
    pub key: Arc<dyn PrivateKey>,
    /// Its certificate.
    pub certificate: Certificate,
    /// The certificates between it and the root.
    pub chain: Vec<Certificate>,
}

/// Whom to ask, and whom to believe.
pub struct Authorities {
    /// The way out.
    pub transport: Arc<dyn Transport>,
    /// Address of the time stamping authority, for B-T and above.
    pub time_stamps: Option<String>,
    /// Roots, for B-LT and above.
    pub anchors: Vec<Certificate>,
    /// Clock and randomness.
    pub ambient: Ambient,
}

/// Signs up to a level and returns what is to be written behind the file.
///
/// # Errors
/// [`PadesError`]; nothing was written then.
pub async fn sign(
    source: Arc<dyn Source>,
    signer: &Signer,
    options: &SignatureOptions,
    level: Level,
    authorities: &Authorities,
) -> Result<Vec<u8>, PadesError> {
    let certificates = (&signer.certificate, signer.chain.as_slice());
    let laid = LaidOut::new(&PdfFile::open(source.clone())?, options, certificates, level)?;
    let value = signer.key.sign(laid.attributes.der())?;
    finish(source, laid, &value, certificates, level, authorities).await
}

/// The same with a key that must be asked first: at a remote service, behind a PIN. Nothing is judged; see
/// [`sign_batch`](super::sign_batch) for files that are handed out.
///
/// # Errors
/// [`PadesError`]; nothing was written then.
pub async fn sign_by(
    source: Arc<dyn Source>,
    (signer, activation): (&dyn DocumentSigner, Option<&str>),
    options: &SignatureOptions,
    level: Level,
    authorities: &Authorities,
) -> Result<Vec<u8>, PadesError> {
    let certificates = (signer.certificate(), signer.chain());
    let laid = LaidOut::new(&PdfFile::open(source.clone())?, options, certificates, level)?;
    let mut right = signer.authorize(&[laid.attributes.digest().to_vec()], activation).await?;
    let values = signer.sign(&mut right, &[laid.attributes.der().to_vec()]).await?;
    let value = values.first().ok_or(DocumentSignerError::Answer("no signature"))?;
    finish(source, laid, value, certificates, level, authorities).await
}

/// What is to be written behind the file once its key has signed.
pub(super) async fn finish(
    source: Arc<dyn Source>,
    laid: LaidOut,
    value: &[u8],
    certificates: (&Certificate, &[Certificate]),
    level: Level,
    authorities: &Authorities,
) -> Result<Vec<u8>, PadesError> {
    let signature = laid.complete(value, certificates, authorities).await?;
    let mut written = signature.bytes.clone();
    written.extend(close(signature.join(source), level, authorities).await?);
    Ok(written)
}

/// Adds validation data for all signatures and a document time stamp over everything: the renewal before the last
/// time stamp's certificate ends, and the step from B-T to B-LTA.
///
/// # Errors
/// [`PadesError`]; nothing was written then.
pub async fn renew(source: Arc<dyn Source>, authorities: &Authorities) -> Result<Vec<u8>, PadesError> {
    close(source, Level::Archive, authorities).await
}

/// A signature that waits for the answer of its key.
pub(super) struct LaidOut {
    prepared: Prepared,
    /// What the key signs.
    pub(super) attributes: SignedAttributes,
    stamped: bool,
}

impl LaidOut {
    /// Lays out the revision, with room for these certificates and, from B-T on, a time stamp.
    pub(super) fn new(
        file: &PdfFile,
        options: &SignatureOptions,
        (certificate, chain): (&Certificate, &[Certificate]),
        level: Level,
    ) -> Result<LaidOut, PadesError> {
        let certificates: usize = chain.iter().chain([certificate]).map(|one| one.der().len()).sum();
        let stamped = level >= Level::Time;
        let least = if stamped { ROOM_STAMPED } else { ROOM };
        let room = least.max(certificates + 2_000 + if stamped { 6_000 } else { 0 });
        let prepared = prepare(file, options, room)?;
        let attributes = cms::prepare(prepared.digest(), certificate)?;
        Ok(LaidOut { prepared, attributes, stamped })
    }

    /// Puts the signature of the key in its place, with its time stamp.
    async fn complete(
        self,
        value: &[u8],
        (certificate, chain): (&Certificate, &[Certificate]),
        authorities: &Authorities,
    ) -> Result<Appended, PadesError> {
        let mut data = cms::finish(&self.attributes, value, certificate, chain, &[])?;
        if self.stamped {
            let token = stamp(Imprint::of(SignedData::parse(&data)?.signature()), authorities).await?;
            data = cms::add_time_stamp(&data, &token)?;
        }
        self.prepared.embed(&data)
    }
}

/// What follows a signature at its level: validation data, and a document time stamp over all of it. The answer is
/// what is written behind the file.
async fn close(source: Arc<dyn Source>, level: Level, authorities: &Authorities) -> Result<Vec<u8>, PadesError> {
    if level <= Level::Time {
        return Ok(Vec::new());
    }
    if level == Level::Archive && authorities.time_stamps.is_none() {
        // Before anybody is asked for anything.
        return Err(PadesError::NoTimeStamps);
    }
    let file = PdfFile::open(source)?;
    let store = add_evidence(&file, authorities).await?;
    let mut written = store.bytes.clone();
    if level == Level::Archive {
        let file = PdfFile::open(store.join(file.source().clone()))?;
        written.extend_from_slice(&stamp_document(&file, authorities).await?.bytes);
    }
    Ok(written)
}

/// Validation data for every signature of the file, those of others before this one too: who signs last closes the
/// file for readers that ask nobody.
async fn add_evidence(file: &PdfFile, authorities: &Authorities) -> Result<Appended, PadesError> {
    let (data, contents) = evidence::of_file(file, authorities).await?;
    store::add_to_store(file, &data, &contents)
}

async fn stamp_document(file: &PdfFile, authorities: &Authorities) -> Result<Appended, PadesError> {
    let fields = super::form::fields(&file.newest())?;
    let name = (1..).map(|count| format!("DauThoiGian{count}")).find(|name| fields.iter().all(|f| f.name != *name));
    let prepared = prepare_time_stamp(file, &name.unwrap_or_default(), ROOM_TOKEN)?;
    let imprint = Imprint { algorithm: DigestAlgorithm::Sha256, digest: prepared.digest().to_vec() };
    prepared.embed(&stamp(imprint, authorities).await?)
}

/// Asks the authority for a token.
async fn stamp(imprint: Imprint, authorities: &Authorities) -> Result<Vec<u8>, PadesError> {
    let address = authorities.time_stamps.as_deref().ok_or(PadesError::NoTimeStamps)?;
    let (transport, ambient) = (authorities.transport.as_ref(), &authorities.ambient);
    let stamp = request_time_stamp(transport, address, imprint, (ambient.bytes(), ambient.now()), None).await?;
    Ok(stamp.der().to_vec())
}
