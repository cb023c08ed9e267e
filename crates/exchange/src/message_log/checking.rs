//! The whole log judged from its first message: where it was changed, cut or re-ordered, and whether its time stamps hold.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};

use haidang_kernel::chain::Hash as Link;
use haidang_signing::asice::{EvidenceSigner, Layout, SignatureParts, batch_stamped_bytes};
use haidang_signing::hash_chain::{BEFORE_THE_FIRST, Sha512Value, Tree};
use haidang_signing::time_stamp::TimeStamp;
use haidang_signing::{Certificate, Sealer};
use haidang_store::{Blobs, Db, StoreError, args};
use sha2::{Digest as _, Sha512};
use tokio::task::spawn_blocking;

use super::model::{Batch, Placed, SealedBody, digest_of, link_of};
use super::sealing::{OpeningReader, body_purpose, head_purpose};
use super::sql;
use super::stamping::read_certificate;
use crate::rules::canonical::digest;

/// Messages that are read at a time.
const PAGE: i64 = 500;

/// What is wrong with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// One is gone, or stands elsewhere.
    #[error("a message is missing before it")]
    Gap,
    /// Its facts are not those that were chained.
    #[error("its record was changed")]
    Record,
    /// The certificate is absent or another.
    #[error("its certificate is not the one that signed")]
    Certificate,
    /// The signature does not hold.
    #[error("its signature does not hold")]
    Signature,
    /// The message is not what was signed.
    #[error("what it says was changed")]
    Head,
    /// The body is not what was signed.
    #[error("its body was changed or is gone")]
    Body,
    /// The chain goes on, or ends, elsewhere.
    #[error("messages after it are gone, or the end of the chain was changed")]
    End,
    /// The batch it is in does not lead to its time stamp.
    #[error("its batch is not what was stamped")]
    Batch,
}

/// A place where the log is broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("message {seq} ({id}): {wrong}")]
pub struct Broken {
    /// The place in the chain.
    pub seq: i64,
    /// The id of the record, where there is one.
    pub id: String,
    /// What is wrong.
    pub wrong: Wrong,
}

/// The judgement of a whole log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checked {
    /// Messages looked at.
    pub messages: i64,
    /// Batches looked at.
    pub batches: i64,
    /// Messages that no stamp covers yet.
    pub unstamped: i64,
    /// Where it is broken, in the order of the log; empty for a whole one.
    pub broken: Vec<Broken>,
}

/// Why a log could not be judged.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The work was stopped.
    #[error("checking stopped")]
    Stopped,
}

/// Faults that are told; after them a log is broken beyond telling.
const MOST_BROKEN: usize = 100;

struct Walk<'w> {
    db: &'w Db,
    blobs: &'w Blobs,
    sealer: &'w Sealer,
    certificates: HashMap<String, Option<EvidenceSigner>>,
    checked: Checked,
}

/// Judges a log. Reads page by page; nothing is written.
///
/// # Errors
/// [`CheckError`]; what is wrong with the log is in the answer.
pub async fn check(db: &Db, blobs: &Blobs, sealer: &Sealer) -> Result<Checked, CheckError> {
    let mut walk = Walk { db, blobs, sealer, certificates: HashMap::new(), checked: Checked::default() };
    walk.messages().await?;
    walk.batches().await?;
    walk.checked.broken.sort_by_key(|broken| broken.seq);
    Ok(walk.checked)
}

impl Walk<'_> {
    fn wrong(&mut self, seq: i64, id: &str, wrong: Wrong) {
        if self.checked.broken.len() < MOST_BROKEN {
            self.checked.broken.push(Broken { seq, id: id.to_owned(), wrong });
        }
    }

    async fn messages(&mut self) -> Result<(), CheckError> {
        let (mut seq, mut link) = (0, Link::GENESIS);
        loop {
            let rows = self.db.fetch_all(sql::MESSAGES_AFTER, args![seq, PAGE]).await?;
            for row in &rows {
                let placed = Placed::read(row)?;
                let id = placed.message.id.clone();
                if placed.seq != seq + 1 {
                    self.wrong(placed.seq, &id, Wrong::Gap);
                }
                // Goes on from what stands there: one changed record is told once.
                else if placed.message.link(placed.seq, &link) != placed.link {
                    self.wrong(placed.seq, &id, Wrong::Record);
                }
                (seq, link) = (placed.seq, placed.link);
                self.checked.messages += 1;
                if let Some(wrong) = self.content(placed).await? {
                    self.wrong(seq, &id, wrong);
                }
            }
            if rows.is_empty() {
                break;
            }
        }
        let end = self.db.fetch_optional(sql::CHAIN, args![]).await?;
        let (end_seq, end_link) = match end {
            Some(row) => (row.integer("seq")?, link_of(&row)?),
            None => (0, Link::GENESIS),
        };
        if (end_seq, end_link) != (seq, link) {
            self.wrong(seq, "", Wrong::End);
        }
        Ok(())
    }

    /// What is wrong with the signature of a message, or with what it is over.
    async fn content(&mut self, placed: Placed) -> Result<Option<Wrong>, CheckError> {
        let message = placed.message;
        let Some(signer) = self.signer(&message.certificate).await? else { return Ok(Some(Wrong::Certificate)) };
        let signed = message.signed();
        let leaf = SignatureParts { signer, signed: &signed, ocsp: None, certificates: &[] }.leaf();
        if leaf != message.leaf || !signer.holds(&signed) {
            return Ok(Some(Wrong::Signature));
        }
        let head = self.sealer.unseal(&head_purpose(&message.id), &message.head);
        if !head.is_ok_and(|head| digest(&head) == message.message_digest) {
            return Ok(Some(Wrong::Head));
        }
        let body = match message.body {
            SealedBody::Empty => None,
            SealedBody::Row(sealed) => match self.sealer.unseal(&body_purpose(&message.id), &sealed) {
                Ok(body) => Some(digest(&body)),
                Err(_) => return Ok(Some(Wrong::Body)),
            },
            SealedBody::File(sha256) => {
                let (sealer, path, id) = (self.sealer.clone(), self.blobs.path(&sha256)?, message.id.clone());
                let read = spawn_blocking(move || digest_of_file(sealer, id, &path)).await;
                match read.map_err(|_| CheckError::Stopped)? {
                    Ok(digest) => Some(digest),
                    Err(_) => return Ok(Some(Wrong::Body)),
                }
            }
        };
        Ok((body != message.body_digest).then_some(Wrong::Body))
    }

    /// The certificate of this name, prepared; none when there is none or it is another.
    async fn signer(&mut self, id: &str) -> Result<Option<&EvidenceSigner>, CheckError> {
        if !self.certificates.contains_key(id) {
            let found = match read_certificate(self.db, id).await {
                Ok((certificate, _)) => usable(id, certificate),
                Err(StoreError::NotFound | StoreError::Corrupt(_)) => None,
                Err(error) => return Err(error.into()),
            };
            self.certificates.insert(id.to_owned(), found);
        }
        Ok(self.certificates.get(id).and_then(Option::as_ref))
    }

    async fn batches(&mut self) -> Result<(), CheckError> {
        let (mut number, mut last_seq, mut previous) = (0, 0, BEFORE_THE_FIRST);
        loop {
            let rows = self.db.fetch_all(sql::BATCHES_AFTER, args![number, PAGE]).await?;
            for row in &rows {
                let batch = Batch::read(row)?;
                let follows =
                    batch.number == number + 1 && batch.first_seq == last_seq + 1 && batch.previous == previous;
                if !follows || !self.stamped(&batch).await? {
                    self.wrong(batch.first_seq, "", Wrong::Batch);
                }
                (number, last_seq, previous) = (batch.number, batch.last_seq, batch.top);
                self.checked.batches += 1;
            }
            if rows.is_empty() {
                break;
            }
        }
        self.checked.unstamped = (self.checked.messages - last_seq).max(0);
        if last_seq > self.checked.messages {
            self.wrong(last_seq, "", Wrong::End);
        }
        Ok(())
    }

    /// Whether the messages of a batch lead to its top, and its time stamp is over that.
    async fn stamped(&self, batch: &Batch) -> Result<bool, CheckError> {
        let rows = self.db.fetch_all(sql::LEAVES, args![batch.first_seq, batch.last_seq]).await?;
        let mut leaves: Vec<Sha512Value> = vec![batch.previous];
        for row in &rows {
            leaves.push(digest_of(row, "leaf")?);
        }
        let leads = Tree::over(leaves).is_some_and(|tree| tree.top() == batch.top);
        let over = batch_stamped_bytes(Layout::Standard, &batch.top);
        let stamp = TimeStamp::read(&batch.token, &[]);
        Ok(leads && stamp.is_ok_and(|stamp| stamp.covers(over.as_bytes()).is_ok()))
    }
}

fn usable(id: &str, certificate: Certificate) -> Option<EvidenceSigner> {
    let same = data_encoding::HEXLOWER.encode(&certificate.fingerprint()) == id;
    same.then(|| EvidenceSigner::new(certificate).ok()).flatten()
}

fn digest_of_file(sealer: Sealer, id: String, path: &std::path::Path) -> io::Result<Sha512Value> {
    let mut body = OpeningReader::new(sealer, id, io::BufReader::new(File::open(path)?))?;
    let mut digest = Sha512::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        match body.read(&mut piece)? {
            0 => return Ok(digest.finalize().into()),
            got => digest.update(&piece[..got]),
        }
    }
}
