//! The series of time stamps: serials without a gap, times that never run back, each durable before it leaves.

use crate::rules::{ClockBehind, next_time};
use crate::sql;
use haidang_signing::DigestAlgorithm;
use haidang_signing::time_stamp::Imprint;
use haidang_store::{ActorRef, AuditEntry, Db, StoreError, Tx, args};
use jiff::Timestamp;
use serde_json::json;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

/// Stamps that are recorded together, at most.
const MOST: usize = 64;

/// The place of a stamp in the series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Its number; the first one is 1.
    pub serial: u64,
    /// Its time, in whole milliseconds.
    pub at: Timestamp,
}

/// Why no place was taken.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StampError {
    /// The clock cannot be believed.
    #[error(transparent)]
    Clock(#[from] ClockBehind),
    /// The series could not be recorded.
    #[error("the series of time stamps: {0}")]
    Record(String),
}

impl From<StoreError> for StampError {
    fn from(error: StoreError) -> Self {
        Self::Record(error.to_string())
    }
}

struct Waiting {
    imprint: Imprint,
    answer: oneshot::Sender<Result<Taken, StampError>>,
}

/// Stamps that are asked for while others are being recorded wait for each other and share one transaction: all of
/// them need the row of the series, and one commit serves them all.
pub struct Series {
    db: Db,
    accuracy_milliseconds: u64,
    waiting: Mutex<Vec<Waiting>>,
    turn: tokio::sync::Mutex<()>,
}

impl Series {
    /// The series of this database; begun when there is none yet.
    ///
    /// # Errors
    /// What the database says.
    pub async fn open(db: Db, accuracy_milliseconds: u64) -> Result<Arc<Self>, StoreError> {
        if db.fetch_optional(sql::SERIES, args![]).await?.is_none() {
            db.execute(sql::BEGIN_SERIES, args![]).await?;
        }
        Ok(Arc::new(Self { db, accuracy_milliseconds, waiting: Mutex::default(), turn: tokio::sync::Mutex::default() }))
    }

    /// Takes the next place, alone or together with others, and answers when it is durable.
    ///
    /// # Errors
    /// [`StampError`]; nothing was taken then.
    pub async fn take(self: &Arc<Self>, imprint: Imprint) -> Result<Taken, StampError> {
        let (answer, taken) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(Waiting { imprint, answer });
        let series = Arc::clone(self);
        // A task of its own: a caller who goes away must not take the answers of the others along.
        tokio::spawn(async move { series.record_waiting().await });
        taken.await.unwrap_or_else(|_| Err(StampError::Record("the server is stopping".to_owned())))
    }

    async fn record_waiting(&self) {
        let _turn = self.turn.lock().await;
        let waiting: Vec<Waiting> = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let count = waiting.len().min(MOST);
            waiting.drain(..count).collect()
        };
        if waiting.is_empty() {
            return;
        }
        let (imprints, answers): (Vec<_>, Vec<_>) = waiting.into_iter().map(|one| (one.imprint, one.answer)).unzip();
        let first = self.record(&imprints).await;
        for (place, answer) in (0_u64..).zip(answers) {
            let taken = first.clone().map(|first| Taken { serial: first.serial + place, ..first });
            // Whoever went away has a number in the log all the same: the series has no gap.
            let _ = answer.send(taken);
        }
    }

    /// Records imprints in their order and answers the place of the first.
    async fn record(&self, imprints: &[Imprint]) -> Result<Taken, StampError> {
        let accuracy = self.accuracy_milliseconds;
        self.db.transaction(|tx| Box::pin(async move { record(tx, imprints, accuracy).await })).await
    }
}

async fn record(tx: &mut Tx<'_>, imprints: &[Imprint], accuracy: u64) -> Result<Taken, StampError> {
    let row = tx.lock_one(sql::SERIES, args![]).await?;
    let (last, last_at) = (row.integer("last")?, row.timestamp("last_at")?);
    // Read while the row is locked: whoever has a later number has a time that is not earlier.
    let at = next_time(tx.ambient().now(), last_at, accuracy)?;
    let mut serial = last;
    for imprint in imprints {
        serial += 1;
        tx.later(sql::INSERT_STAMP, args![serial, at, algorithm(imprint.algorithm), imprint.digest.clone()]).await?;
    }
    tx.later(sql::ADVANCE_SERIES, args![serial, at]).await?;
    // One record for all of them: what each one says is in the log.
    let detail = json!({ "first": last + 1, "last": serial });
    let entry = AuditEntry::mutation("timestamp.issued", ActorRef::system());
    tx.audit(entry.object("timestamp", &serial.to_string()).detail(detail)).await?;
    Ok(Taken { serial: u64::try_from(last + 1).unwrap_or_default(), at })
}

/// Name of a hash function as stored.
fn algorithm(algorithm: DigestAlgorithm) -> &'static str {
    match algorithm {
        DigestAlgorithm::Sha256 => "sha256",
        DigestAlgorithm::Sha384 => "sha384",
        DigestAlgorithm::Sha512 => "sha512",
    }
}

#[cfg(test)]
#[path = "stamping_tests.rs"]
mod tests;
