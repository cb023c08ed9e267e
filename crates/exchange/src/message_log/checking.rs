//! The whole log judged from its first message: where it was changed, cut or re-ordered, and whether its time stamps hold.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};

use haidang_kernel::chain::Hash as Link;
use haidang_signing::asice::{EvidenceSigner, Layout, SignatureParts, batch_stamped_bytes};
use haidang_signing::hash_chain::{BEFORE_THE_FIRST, Sha512Value};
use haidang_signing::path::{Evidence, PathRules, Purpose, RevocationRule, TrustAnchors, validate};
use haidang_signing::revocation::{Moment, OcspAnswer};
use haidang_signing::time_stamp::TimeStamp;
use haidang_signing::{Certificate, Sealer};
use haidang_store::{Blobs, Db, StoreError, args};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha512};
use tokio::task::spawn_blocking;

use super::model::{Batch, Placed, SealedBody, link_of};
use super::sealing::{OpeningReader, body_purpose, head_purpose};
use super::sql;
use super::stamping::read_certificate;
use crate::rules::canonical::digest;

/// How far the clock of an authority may be ahead of ours.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);
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
    /// The batch it is in does not lead to its time stamp: a fact of a record up to its end, a signature, or what was
    /// said of a certificate is another.
    #[error("the batch that begins with it is not what was stamped")]
    Batch,
    /// The time stamp of its batch is of nobody who is believed.
    #[error("the time stamp of the batch that begins with it is not of an authority that is believed")]
    Stamp,
    /// The certificate that signed it is of nobody who is believed, or was not good at the proven time.
    #[error("the certificate that signed it is not of an authority that is believed, or was not good then")]
    Authority,
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

/// By whom, and when, a log is judged.
#[derive(Debug, Clone, Copy)]
pub struct Judging<'j> {
    /// The authorities that are believed.
    pub anchors: &'j TrustAnchors,
    /// The clock: nothing may claim to be from later.
    pub now: Timestamp,
}

struct Walk<'w> {
    db: &'w Db,
    blobs: &'w Blobs,
    sealer: &'w Sealer,
    judging: Judging<'w>,
    certificates: HashMap<String, Option<EvidenceSigner>>,
    checked: Checked,
}

/// Judges a log. Reads page by page; nothing is written.
///
/// # Errors
/// [`CheckError`]; what is wrong with the log is in the answer.
pub async fn check(db: &Db, blobs: &Blobs, sealer: &Sealer, judging: Judging<'_>) -> Result<Checked, CheckError> {
    let mut walk = Walk { db, blobs, sealer, judging, certificates: HashMap::new(), checked: Checked::default() };
    // What is stamped while the walk goes on is of the next one.
    let last = db.fetch_optional(sql::LAST_BATCH, args![]).await?;
    let last = last.as_ref().map(Batch::read).transpose()?.map_or(0, |batch| batch.number);
    walk.messages().await?;
    let stamped = walk.batches(last).await?;
    walk.unstamped(stamped).await?;
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
            if !rows.is_empty() {
                continue;
            }
            let end = self.db.fetch_optional(sql::CHAIN, args![]).await?;
            let (end_seq, end_link) = match end {
                Some(row) => (row.integer("seq")?, link_of(&row)?),
                None => (0, Link::GENESIS),
            };
            if end_seq > seq && !self.db.fetch_all(sql::MESSAGES_AFTER, args![seq, 1]).await?.is_empty() {
                // Written since the last page was read.
                continue;
            }
            if (end_seq, end_link) != (seq, link) {
                self.wrong(seq, "", Wrong::End);
            }
            return Ok(());
        }
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
                Ok((certificate, _)) if is_named(&certificate, id) => EvidenceSigner::new(certificate).ok(),
                Ok(_) => None,
                Err(StoreError::NotFound | StoreError::Corrupt(_)) => None,
                Err(error) => return Err(error.into()),
            };
            self.certificates.insert(id.to_owned(), found);
        }
        Ok(self.certificates.get(id).and_then(Option::as_ref))
    }

    /// The place of the chain up to which messages are stamped.
    async fn batches(&mut self, last: i64) -> Result<i64, CheckError> {
        let (mut number, mut last_seq, mut previous) = (0, 0, BEFORE_THE_FIRST);
        loop {
            let rows = self.db.fetch_all(sql::BATCHES_AFTER, args![number, PAGE]).await?;
            for row in &rows {
                let batch = Batch::read(row)?;
                if batch.number > last {
                    break;
                }
                let follows =
                    batch.number == number + 1 && batch.first_seq == last_seq + 1 && batch.previous == previous;
                match follows {
                    true => self.stamped(&batch).await?,
                    false => self.wrong(batch.first_seq, "", Wrong::Batch),
                }
                (number, last_seq, previous) = (batch.number, batch.last_seq, batch.top);
                self.checked.batches += 1;
            }
            if rows.is_empty() || number >= last {
                break;
            }
        }
        self.checked.unstamped = (self.checked.messages - last_seq).max(0);
        if last_seq > self.checked.messages {
            self.wrong(last_seq, "", Wrong::End);
        }
        Ok(last_seq)
    }

    /// Whether the messages of a batch lead to its top, its time stamp is over that and of somebody who is believed, and
    /// the certificates were good at that time.
    async fn stamped(&mut self, batch: &Batch) -> Result<(), CheckError> {
        let over = batch_stamped_bytes(Layout::Standard, &batch.top);
        let stamp = TimeStamp::read(&batch.token, &[]).ok().filter(|stamp| stamp.covers(over.as_bytes()).is_ok());
        let Some((stamp, (together, _, said))) = stamp.zip(batch.read_tree(self.db).await?) else {
            self.wrong(batch.first_seq, "", Wrong::Batch);
            return Ok(());
        };
        let Judging { anchors, now } = self.judging;
        let moment = Moment { at: stamp.info.time, now };
        let nothing = Evidence::default();
        let latest = now.checked_add(CLOCK_SKEW).unwrap_or(Timestamp::MAX);
        if moment.at > latest || stamp.validate(anchors, &nothing, moment, RevocationRule::WhereKnown).is_err() {
            self.wrong(batch.first_seq, "", Wrong::Stamp);
        }
        for (certificate, seq) in &together.certificates {
            let answer = said.get(certificate).map(Vec::as_slice);
            if !self.believed(certificate, answer, moment).await? {
                self.wrong(*seq, "", Wrong::Authority);
            }
        }
        Ok(())
    }

    /// Certificates of messages that wait for their stamp had to be good when they signed, as far as this house knows.
    async fn unstamped(&mut self, stamped: i64) -> Result<(), CheckError> {
        for row in &self.db.fetch_all(sql::SIGNERS_AFTER, args![stamped]).await? {
            let at = Timestamp::from_millisecond(row.integer("signed_at")?).unwrap_or(Timestamp::MAX);
            let moment = Moment { at, now: self.judging.now };
            if !self.believed(&row.text("certificate")?, None, moment).await? {
                self.wrong(row.integer("seq")?, "", Wrong::Authority);
            }
        }
        Ok(())
    }

    /// Whether a certificate leads to an authority that is believed, and was good at a moment.
    async fn believed(&self, id: &str, answer: Option<&[u8]>, moment: Moment) -> Result<bool, CheckError> {
        let (certificate, issuers) = match read_certificate(self.db, id).await {
            Ok((certificate, issuers)) if is_named(&certificate, id) => (certificate, issuers),
            // Told of every message that it signed.
            Ok(_) | Err(StoreError::NotFound | StoreError::Corrupt(_)) => return Ok(true),
            Err(error) => return Err(error.into()),
        };
        let mut evidence = Evidence { certificates: issuers, ..Evidence::default() };
        if let Some(answer) = answer {
            let Ok(answer) = OcspAnswer::from_der(answer) else { return Ok(false) };
            evidence.certificates.extend_from_slice(answer.certificates());
            evidence.ocsp_answers.push(answer);
        }
        let rules = PathRules { purpose: Purpose::DocumentSigning, moment, revocation: RevocationRule::WhereKnown };
        Ok(validate(&certificate, self.judging.anchors, &evidence, &rules).is_ok())
    }
}

fn is_named(certificate: &Certificate, id: &str) -> bool {
    data_encoding::HEXLOWER.encode(&certificate.fingerprint()) == id
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
