//! Containers of evidence, made from the log when somebody who took part asks.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::path::Path;

use bytes::Bytes;
use haidang_signing::asice::{BatchProof, Contents, EvidenceSigner, SignatureParts, SignedStatement};
use haidang_signing::hash_chain::Proof;
use haidang_signing::{Certificate, Sealer};
use haidang_store::{StoreError, args};
use tokio::task::spawn_blocking;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::model::{Batch, Direction, Placed, SealedBody};
use super::sealing::{OpeningReader, body_purpose, head_purpose};
use super::{MessageLog, sql};
use crate::proxy::{ContainerError, Containers, Spool, Stored, Wanted, Which};
use crate::rules::identifier::{ClientId, ServiceId};

/// Most messages under one id of their caller that are looked at.
const MOST_MESSAGES: i64 = 64;
/// Letters of the random part of a name, as X-Road has them.
const RANDOM: usize = 13;
/// Longest part of a name that comes from the caller.
const LONGEST_NAME: usize = 100;

/// All that a container needs, gathered before the blocking work begins.
pub(super) struct Gathered {
    id: String,
    name: String,
    signer: EvidenceSigner,
    signed: SignedStatement,
    ocsp: Option<Vec<u8>>,
    issuers: Vec<Certificate>,
    head: Vec<u8>,
    body: OpenBody,
    time_stamp: Option<Vec<u8>>,
    batch: Option<(Proof, Vec<u8>)>,
}

enum OpenBody {
    Empty,
    Memory(Vec<u8>),
    File(std::path::PathBuf),
}

pub(super) fn failed(error: impl std::fmt::Display) -> ContainerError {
    tracing::error!(error = %error, "evidence could not be put together");
    ContainerError::Failed
}

impl From<StoreError> for ContainerError {
    fn from(error: StoreError) -> Self {
        failed(error)
    }
}

/// Whether somebody took part in a message: asked, or was asked.
fn took_part(asker: &ClientId, placed: &Placed) -> bool {
    let provider = || {
        let service = ServiceId::parse(&placed.message.service);
        service.is_some_and(|service| asker.subsystem() == Some(&service.subsystem))
    };
    placed.message.client == asker.to_string() || provider()
}

/// The containers that somebody wants.
pub(super) async fn containers(log: &MessageLog, wanted: &Wanted) -> Result<Containers, ContainerError> {
    let rows = log.0.parts.db.fetch_all(sql::MESSAGES, args![wanted.query_id.as_str(), MOST_MESSAGES]).await?;
    let mut found = Vec::new();
    for row in &rows {
        let placed = Placed::read(row)?;
        let asked_for = match wanted.which {
            Which::Both => true,
            Which::Request => placed.message.direction == Direction::Request,
            Which::Response => placed.message.direction == Direction::Response,
        };
        if asked_for && took_part(&wanted.asker, &placed) {
            found.push(placed);
        }
    }
    match (found.len(), wanted.unique) {
        (0, _) => return Err(ContainerError::NotFound),
        (1, _) | (_, false) => {}
        (_, true) => return Err(ContainerError::NotUnique),
    }
    let mut gathered = Vec::with_capacity(found.len());
    for placed in found {
        gathered.push(gather(log, placed, wanted.force).await?);
    }
    let (sealer, folder) = (log.0.parts.sealer.clone(), log.0.parts.settings.folder.clone());
    let unique = wanted.unique;
    let made =
        spawn_blocking(
            move || if unique { one(&gathered, &sealer, &folder) } else { zipped(&gathered, &sealer, &folder) },
        );
    made.await.map_err(failed)?.map_err(failed)
}

/// The proof of a message in its batch; stamped now when it was not yet.
async fn batch_of(log: &MessageLog, seq: i64, force: bool) -> Result<Option<Batch>, ContainerError> {
    let find = async || -> Result<Option<Batch>, ContainerError> {
        let row = log.0.parts.db.fetch_optional(sql::BATCH_OF, args![seq]).await?;
        Ok(row.as_ref().map(Batch::read).transpose()?)
    };
    if let Some(batch) = find().await? {
        return Ok(Some(batch));
    }
    loop {
        match log.stamp().await {
            Ok(Some(_)) => {}
            Ok(None) => return find().await,
            Err(error) if force => {
                tracing::warn!(error = %error, "evidence leaves without the proof of a batch");
                return Ok(None);
            }
            Err(error) => return Err(failed(error)),
        }
        if let Some(batch) = find().await? {
            return Ok(Some(batch));
        }
    }
}

pub(super) async fn gather(log: &MessageLog, placed: Placed, force: bool) -> Result<Gathered, ContainerError> {
    let parts = &log.0.parts;
    let Placed { message, seq, .. } = placed;
    let (certificate, issuers) = log.certificate(&message.certificate).await?;
    let (mut ocsp, mut batch) = (None, None);
    if let Some(stamped) = batch_of(log, seq, force).await? {
        let changed = || failed(format!("batch {} is not what was stamped", stamped.number));
        let (_, tree, mut said) = stamped.read_tree(&parts.db).await?.ok_or_else(changed)?;
        let proof = stamped.leaf(seq).and_then(|place| tree.proof(place)).ok_or_else(changed)?;
        ocsp = said.remove(&message.certificate);
        batch = Some((proof, stamped.token));
    }
    let signed = message.signed();
    let time_stamp = match parts.notary.stamp(&signed.stamped_bytes()).await {
        Ok(token) => Some(token),
        Err(error) if force => {
            tracing::warn!(error = %error, "evidence leaves without a time stamp of its own");
            None
        }
        Err(error) => return Err(failed(error)),
    };
    let head = parts.sealer.unseal(&head_purpose(&message.id), &message.head).map_err(failed)?;
    let body = match message.body {
        SealedBody::Empty => OpenBody::Empty,
        SealedBody::Row(sealed) => {
            OpenBody::Memory(parts.sealer.unseal(&body_purpose(&message.id), &sealed).map_err(failed)?)
        }
        SealedBody::File(sha256) => OpenBody::File(parts.blobs.path(&sha256)?),
    };
    Ok(Gathered {
        id: message.id.clone(),
        name: name(&message.message_id, message.direction, &message.id),
        signer: EvidenceSigner::new(certificate).map_err(failed)?,
        signed,
        ocsp,
        issuers,
        head,
        body,
        time_stamp,
        batch,
    })
}

/// `{queryId}-request-{random}.asice`; letters that a file name should not have become `_`.
fn name(message_id: &str, direction: Direction, record: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || "-._".contains(letter) { letter } else { '_' };
    let id: String = message_id.chars().take(LONGEST_NAME).map(plain).collect();
    // The last letters of the record's id are its random part.
    let letters: Vec<char> = record.chars().filter(char::is_ascii_alphanumeric).collect();
    let random: String = letters[letters.len().saturating_sub(RANDOM)..].iter().collect();
    format!("{id}-{}-{random}.asice", direction.word())
}

impl Gathered {
    fn write<W: Write + Seek>(&self, sealer: &Sealer, out: W) -> io::Result<W> {
        let contents = Contents {
            signature: SignatureParts {
                signer: &self.signer,
                signed: &self.signed,
                ocsp: self.ocsp.as_deref(),
                certificates: &self.issuers,
            },
            message: &self.head,
            time_stamp: self.time_stamp.as_deref(),
            batch: self.batch.as_ref().map(|(proof, token)| BatchProof { proof, token }),
        };
        let mut body: Option<Box<dyn Read>> = match &self.body {
            OpenBody::Empty => None,
            OpenBody::Memory(bytes) => Some(Box::new(Cursor::new(bytes))),
            OpenBody::File(path) => {
                let file = io::BufReader::new(File::open(path)?);
                Some(Box::new(OpeningReader::new(sealer.clone(), self.id.clone(), file)?))
            }
        };
        let body = body.as_mut().map(|body| body as &mut dyn Read);
        contents.write(body, out).map_err(io::Error::other)
    }
}

fn finished(mut file: File, name: String, media_type: &'static str) -> io::Result<Containers> {
    file.seek(SeekFrom::Start(0))?;
    Ok(Containers { name, media_type, content: Stored::Spooled(Spool::of(file)?) })
}

pub(super) fn one(gathered: &[Gathered], sealer: &Sealer, folder: &Path) -> io::Result<Containers> {
    let Some(only) = gathered.first() else { return Err(io::ErrorKind::NotFound.into()) };
    let file = only.write(sealer, tempfile::tempfile_in(folder)?)?;
    finished(file, only.name.clone(), haidang_signing::asice::MIME_TYPE)
}

fn zipped(gathered: &[Gathered], sealer: &Sealer, folder: &Path) -> io::Result<Containers> {
    let mut zip = ZipWriter::new(tempfile::tempfile_in(folder)?);
    for each in gathered {
        let mut container = each.write(sealer, tempfile::tempfile_in(folder)?)?;
        container.seek(SeekFrom::Start(0))?;
        // Containers are packed already.
        let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored).large_file(true);
        zip.start_file(each.name.as_str(), options).map_err(io::Error::other)?;
        io::copy(&mut container, &mut zip)?;
    }
    finished(zip.finish().map_err(io::Error::other)?, "evidence.zip".to_owned(), "application/zip")
}

/// What a verifier needs: the authorities by which certificates and time stamps are judged.
pub(super) async fn verification(log: &MessageLog) -> Result<Containers, ContainerError> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (number, anchor) in log.0.parts.notary.anchors().iter().enumerate() {
        let name = format!("trust/{}-{}.pem", number + 1, &anchor.serial_hex());
        zip.start_file(name, SimpleFileOptions::default()).map_err(failed)?;
        zip.write_all(anchor.to_pem().as_bytes()).map_err(failed)?;
    }
    let bytes = zip.finish().map_err(failed)?.into_inner();
    let content = Stored::from(Bytes::from(bytes));
    Ok(Containers { name: "verification.zip".to_owned(), media_type: "application/zip", content })
}
