//! Files kept for years (`contracts::archive`): a signed PDF gets a new document time stamp before the certificate of its
//! newest one ends (ETSI EN 319 142-1, 5.4.3). A renewed form is a new file behind the bytes of the old one, which stays.
//!
//! A renewal is made and judged outside any transaction; one transaction then puts it in front, unless another process
//! was faster. A crash before it leaves a file that nobody mentions, which is swept, and the renewal is made again.

use std::sync::Arc;

use async_trait::async_trait;
use haidang_contracts::ContractError;
use haidang_contracts::archive::Archive;
use haidang_documents::pades::{PadesError, Proof, Verdict, proof, renew, verify};
use haidang_documents::pdf::{PdfFile, Source, extended};
use haidang_store::jobs::{Handler, Job};
use haidang_store::outbox::Failure;
use haidang_store::{ActorRef, AuditEntry, Blobs, Db, Row, StoreError, args};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::office_signing::{LARGEST_FILE, OfficeSigner};
use crate::sql;

/// How long before its certificate ends a time stamp is followed by another one.
const BEFORE: SignedDuration = SignedDuration::from_hours(24 * 90);
/// How long a first failure is waited out; each next one twice as long, up to a week.
const PAUSE: SignedDuration = SignedDuration::from_hours(1);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(24 * 7);
/// Files of one round.
const ROUND: i64 = 100;
/// Between two rounds.
const EVERY: SignedDuration = SignedDuration::from_hours(1);

/// The archive of a city. Cheap to clone.
#[derive(Clone)]
pub struct FileArchive(Arc<Inner>);

struct Inner {
    db: Db,
    blobs: Blobs,
    signing: OfficeSigner,
}

/// What one round did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Renewed {
    /// Files with a new time stamp.
    pub renewed: usize,
    /// Files that could not be renewed now.
    pub failed: usize,
}

/// What is to be done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plan {
    /// Nothing, ever.
    Rest,
    /// Nothing before this moment.
    Wait(Timestamp),
    /// Another time stamp; the present one, if any, ends then.
    Stamp(Option<Timestamp>),
}

/// The plan for a file with this proof.
fn plan(proof: Proof, now: Timestamp) -> Plan {
    match proof {
        Proof::Unsigned => Plan::Rest,
        Proof::Open => Plan::Stamp(None),
        Proof::Until(end) => {
            let from = end.saturating_sub(BEFORE).unwrap_or(now);
            if now < from { Plan::Wait(from) } else { Plan::Stamp(Some(end)) }
        }
    }
}

/// When a file is looked at again whose stamp ends then: in time, and never at once. An authority may stamp with a
/// certificate that itself ends soon; half of what is left is waited then.
fn look_again(end: Timestamp, now: Timestamp) -> Timestamp {
    let half = now.saturating_add(end.duration_since(now).max(SignedDuration::ZERO) / 2).unwrap_or(end);
    let from = end.saturating_sub(BEFORE).unwrap_or(now);
    from.max(half).max(now.saturating_add(PAUSE).unwrap_or(end))
}

/// When a file is tried again that failed so many times before.
fn pause(failures: i64) -> SignedDuration {
    let doubled = 1_i32.checked_shl(u32::try_from(failures).unwrap_or(u32::MAX).min(16)).unwrap_or(i32::MAX);
    PAUSE.saturating_mul(doubled).min(LONGEST_PAUSE)
}

/// Why a file was not renewed.
#[derive(Debug, thiserror::Error)]
enum RenewalError {
    #[error("the store: {0}")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Pades(#[from] PadesError),
    #[error("the file has {0} bytes, more than are signed")]
    TooLarge(u64),
    #[error("the file does not stand: {0}")]
    Broken(String),
    #[error("the renewed form does not stand: {0}")]
    Renewed(String),
}

/// A file that is looked at.
struct Due {
    sha256: String,
    media_type: String,
    newest: String,
    failures: i64,
}

impl Due {
    fn read(row: &Row) -> Result<Due, StoreError> {
        Ok(Due {
            sha256: row.text("sha256")?,
            media_type: row.text("media_type")?,
            newest: row.text("newest")?,
            failures: row.integer("failures")?,
        })
    }
}

impl FileArchive {
    /// An archive over these files; stamps come from where signatures get theirs.
    pub fn new(db: Db, blobs: Blobs, signing: OfficeSigner) -> FileArchive {
        FileArchive(Arc::new(Inner { db, blobs, signing }))
    }

    /// Looks at every file that is due and renews what must be renewed. Running it twice at once is harmless.
    ///
    /// # Errors
    /// What the database says; a file that fails is noted and tried again later.
    pub async fn round(&self) -> Result<Renewed, StoreError> {
        let now = self.0.db.ambient().now();
        let rows = self.0.db.fetch_all(sql::DUE_FILES, args![now, ROUND]).await?;
        let mut done = Renewed::default();
        for row in &rows {
            let due = Due::read(row)?;
            match self.look(&due, now).await {
                Ok(true) => done.renewed += 1,
                Ok(false) => {}
                Err(RenewalError::Store(error)) if error.is_transient() => return Err(error),
                Err(error) => {
                    done.failed += 1;
                    tracing::error!(file = %due.sha256, error = %error, "the proof of a kept file was not renewed");
                    let next = now.saturating_add(pause(due.failures)).unwrap_or(now);
                    self.put_off(&due, Some(next), due.failures + 1, Some(error.to_string())).await?;
                }
            }
        }
        Ok(done)
    }

    async fn put_off(
        &self,
        due: &Due,
        until: Option<Timestamp>,
        failures: i64,
        error: Option<String>,
    ) -> Result<(), StoreError> {
        let values = args![due.sha256.as_str(), due.newest.as_str(), until, failures, error];
        self.0.db.execute(sql::LOOK_AGAIN, values).await.map(drop)
    }

    /// Looks at one file; true when it was renewed.
    async fn look(&self, due: &Due, now: Timestamp) -> Result<bool, RenewalError> {
        if due.media_type != "application/pdf" {
            self.put_off(due, None, 0, None).await?;
            return Ok(false);
        }
        let (_, size) = self.0.blobs.get(&due.newest).await?;
        if size > LARGEST_FILE as u64 {
            return Err(RenewalError::TooLarge(size));
        }
        // The digest is looked at too: a file that decayed must not get a stamp that says it was well.
        self.0.blobs.verify(&due.newest).await?;
        let source: Arc<dyn Source> = Arc::new(self.0.blobs.bytes(&due.newest).await?);
        let file = PdfFile::open(source.clone()).map_err(PadesError::from)?;
        let ends = match plan(proof(&file)?, now) {
            Plan::Rest => {
                self.put_off(due, None, 0, None).await?;
                return Ok(false);
            }
            Plan::Wait(until) => {
                self.put_off(due, Some(until), 0, None).await?;
                return Ok(false);
            }
            Plan::Stamp(ends) => ends,
        };
        self.refuse_broken(source.clone()).await?;
        let (whole, until) = self.renewed(source, now).await?;
        if let Some(ends) = ends.filter(|ends| until <= *ends && now < *ends) {
            // The authority has no later certificate yet: another stamp of this one would prove nothing more.
            self.put_off(due, Some(look_again(ends, now)), 0, None).await?;
            return Ok(false);
        }
        self.put_in_front(due, &whole, look_again(until, now)).await
    }

    async fn refuse_broken(&self, source: Arc<dyn Source>) -> Result<(), RenewalError> {
        let report = verify(source, &self.0.signing.judge_now()).await;
        match report.integrity.verdict {
            Verdict::Failed => {
                let found = report.integrity.findings.first().map_or("", |finding| finding.text_en);
                Err(RenewalError::Broken(found.to_owned()))
            }
            Verdict::Passed | Verdict::Undetermined => Ok(()),
        }
    }

    /// The file with another time stamp, judged, and when the certificate of that stamp ends.
    async fn renewed(&self, source: Arc<dyn Source>, now: Timestamp) -> Result<(Vec<u8>, Timestamp), RenewalError> {
        let after = renew(source.clone(), &self.0.signing.authorities()).await?;
        let whole = extended(source, Arc::new(after));
        let length = usize::try_from(whole.length()).unwrap_or(usize::MAX);
        let mut bytes = vec![0; length];
        whole.read_at(0, &mut bytes).map_err(|error| RenewalError::Store(error.into()))?;
        let until = match proof(&PdfFile::open(whole.clone()).map_err(PadesError::from)?)? {
            Proof::Until(until) if until > now => until,
            _ => return Err(RenewalError::Renewed("its stamp ended before it was given".to_owned())),
        };
        let report = verify(whole, &self.0.signing.judge_now()).await;
        if !report.is_good() {
            let found = report.integrity.findings.iter().chain(&report.identity.findings).next();
            return Err(RenewalError::Renewed(found.map_or("", |finding| finding.text_en).to_owned()));
        }
        Ok((bytes, until))
    }

    /// Stores a renewed form and hands it out from now on; false when another process was faster.
    async fn put_in_front(&self, due: &Due, whole: &[u8], look_at: Timestamp) -> Result<bool, RenewalError> {
        let stored = &self.0.blobs.put_bytes(whole).await?;
        let changed = self
            .0
            .db
            .transaction(|tx| {
                Box::pin(async move {
                    let values = args![due.sha256.as_str(), due.newest.as_str(), stored.sha256.as_str(), look_at];
                    if tx.execute(sql::RENEW_FILE, values).await? == 0 {
                        return Ok::<_, StoreError>(false);
                    }
                    tx.keep_blob(stored).await?;
                    let now = tx.ambient().now();
                    tx.execute(sql::INSERT_FORM, args![stored.sha256.as_str(), due.sha256.as_str(), now]).await?;
                    let entry = AuditEntry::mutation("archive.renewed", ActorRef::system());
                    let detail = json!({ "before": due.newest, "after": stored.sha256 });
                    tx.audit(entry.object("file", &due.sha256).detail(detail)).await?;
                    Ok(true)
                })
            })
            .await?;
        Ok(changed)
    }
}

fn refused(error: StoreError) -> ContractError {
    match error {
        StoreError::Transient(reason) => ContractError::Unavailable(reason),
        other => ContractError::Internal(other.to_string()),
    }
}

#[async_trait]
impl Archive for FileArchive {
    async fn keep(&self, sha256: &str, media_type: &str) -> Result<(), ContractError> {
        if !self.0.blobs.has(sha256).await {
            return Err(ContractError::NotFound("file"));
        }
        let (sha256, media_type) =
            (sha256.to_owned(), media_type.split(';').next().unwrap_or_default().trim().to_owned());
        let (sha256, media_type) = (&sha256, &media_type);
        self.0
            .db
            .transaction(|tx| {
                Box::pin(async move {
                    let now = tx.ambient().now();
                    if tx.execute(sql::KEEP_FILE, args![sha256.as_str(), media_type.as_str(), now]).await? > 0 {
                        let entry = AuditEntry::mutation("archive.kept", ActorRef::system());
                        tx.audit(entry.object("file", sha256)).await?;
                    }
                    Ok::<_, StoreError>(())
                })
            })
            .await
            .map_err(refused)
    }

    async fn original(&self, sha256: &str) -> Result<String, ContractError> {
        let row = self.0.db.fetch_optional(sql::ORIGINAL_FORM, args![sha256]).await.map_err(refused)?;
        row.map_or_else(|| Ok(sha256.to_owned()), |row| row.text("sha256").map_err(refused))
    }

    async fn newest(&self, sha256: &str) -> Result<String, ContractError> {
        let row = self.0.db.fetch_optional(sql::NEWEST_FORM, args![sha256]).await.map_err(refused)?;
        row.map_or_else(|| Ok(sha256.to_owned()), |row| row.text("newest").map_err(refused))
    }
}

/// The round as work beside the requests.
pub struct Renewals(pub FileArchive);

#[async_trait]
impl Handler for Renewals {
    fn kind(&self) -> &'static str {
        "server.archive"
    }

    fn every(&self) -> Option<SignedDuration> {
        Some(EVERY)
    }

    async fn run(&self, _: &Job) -> Result<(), Failure> {
        let done = self.0.round().await?;
        if done != Renewed::default() {
            tracing::info!(renewed = done.renewed, failed = done.failed, "looked after kept files");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + hours * 3_600).unwrap()
    }

    #[test]
    fn a_file_is_stamped_in_the_last_ninety_days_and_not_before() {
        assert_eq!(plan(Proof::Unsigned, at(0)), Plan::Rest);
        assert_eq!(plan(Proof::Open, at(0)), Plan::Stamp(None));
        let end = at(24 * 365);
        assert_eq!(plan(Proof::Until(end), at(0)), Plan::Wait(at(24 * 275)));
        assert_eq!(plan(Proof::Until(end), at(24 * 275)), Plan::Stamp(Some(end)));
        assert_eq!(plan(Proof::Until(end), at(24 * 400)), Plan::Stamp(Some(end)), "late is better than never");
    }

    #[test]
    fn failures_are_waited_out_longer_each_time_up_to_a_week() {
        assert_eq!((pause(0), pause(3)), (SignedDuration::from_hours(1), SignedDuration::from_hours(8)));
        assert_eq!((pause(8), pause(i64::MAX)), (LONGEST_PAUSE, LONGEST_PAUSE));
    }

    proptest! {
        /// Whenever a stamp ends: the next look comes later than now, and before the end while there is time for one.
        #[test]
        fn the_next_look_is_never_now_and_never_too_late(hours in 3_i64..200_000) {
            let (now, end) = (at(0), at(hours));
            let next = look_again(end, now);
            prop_assert!(next > now && next < end);
            prop_assert!(hours < 24 * 180 || next == end.saturating_sub(BEFORE).unwrap());
        }
    }
}
