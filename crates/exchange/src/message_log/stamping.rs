//! One time stamp for many messages: their signatures are the leaves of a tree, whose top is stamped together with the
//! top of the batch before.

use std::sync::atomic::Ordering;

use haidang_signing::Certificate;
use haidang_signing::asice::{Layout, batch_stamped_bytes};
use haidang_signing::hash_chain::BEFORE_THE_FIRST;
use haidang_store::Stop;
use haidang_store::{StoreError, args};
use jiff::{SignedDuration, Timestamp};

use super::leaves::{Said, Together};
use super::model::Batch;
use super::{MessageLog, NotaryError, peers, sql};

/// A batch was stamped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamped {
    /// Its number.
    pub number: i64,
    /// Messages in it.
    pub messages: i64,
}

/// Why a batch was not stamped.
#[derive(Debug, thiserror::Error)]
pub enum StampingError {
    /// Nobody stamps.
    #[error("time stamps: {0}")]
    Notary(#[from] NotaryError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How stamping goes, for whoever runs the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StampingState {
    /// Since when it fails.
    pub failing_since: Option<Timestamp>,
    /// When messages are refused if it goes on.
    pub refuses_from: Option<Timestamp>,
    /// Whether they are refused now.
    pub refuses: bool,
}

impl MessageLog {
    /// How stamping goes.
    pub fn stamping_state(&self) -> StampingState {
        let since = self.0.failing_since.load(Ordering::Acquire);
        let failing_since = (since != 0).then(|| Timestamp::from_microsecond(since).ok()).flatten();
        let longest = SignedDuration::try_from(self.0.parts.settings.longest_failure).unwrap_or(SignedDuration::MAX);
        let refuses_from = failing_since.and_then(|since| since.checked_add(longest).ok());
        let refuses = refuses_from.is_some_and(|from| self.0.parts.ambient.now() >= from);
        StampingState { failing_since, refuses_from, refuses }
    }

    /// A restart forgets no failure: what waits for its stamp longer than two rounds tells of one.
    pub(super) async fn look_for_failure(&self) -> Result<(), StoreError> {
        let parts = &self.0.parts;
        let next = self.last_batch().await?.map_or(0, |batch| batch.last_seq) + 1;
        let Some(row) = parts.db.fetch_optional(sql::SIGNED_AT, args![next]).await? else { return Ok(()) };
        let due = SignedDuration::try_from(parts.settings.interval * 2).unwrap_or(SignedDuration::MAX);
        let signed_at = Timestamp::from_millisecond(row.integer("signed_at")?).unwrap_or(Timestamp::UNIX_EPOCH);
        if parts.ambient.now().duration_since(signed_at) > due {
            self.0.failing_since.store(signed_at.as_microsecond(), Ordering::Release);
        }
        Ok(())
    }

    pub(super) async fn last_batch(&self) -> Result<Option<Batch>, StoreError> {
        let row = self.0.parts.db.fetch_optional(sql::LAST_BATCH, args![]).await?;
        row.as_ref().map(Batch::read).transpose()
    }

    /// Stamps the oldest messages that are not stamped yet; none when all are.
    ///
    /// # Errors
    /// [`StampingError`]; the messages stay as they are and are stamped by a later call.
    pub async fn stamp(&self) -> Result<Option<Stamped>, StampingError> {
        // Two rounds at once would ask for two stamps over the same.
        let _alone = self.0.stamping.lock().await;
        let stamped = self.stamp_alone().await;
        self.note_failure(stamped.is_err());
        if let Ok(Some(stamped)) = &stamped {
            metrics::counter!("haidang_exchange_stamped_messages_total").increment(stamped.messages.unsigned_abs());
        }
        let since = self.stamping_state().failing_since;
        let seconds = since.map_or(0, |since| self.0.parts.ambient.now().duration_since(since).as_secs());
        metrics::gauge!("haidang_exchange_stamping_failing_seconds").set(seconds as f64);
        stamped
    }

    /// The first failure counts until a stamp is had.
    fn note_failure(&self, failing: bool) {
        let now = self.0.parts.ambient.now().as_microsecond();
        if failing {
            let _ = self.0.failing_since.compare_exchange(0, now, Ordering::AcqRel, Ordering::Acquire);
        } else {
            self.0.failing_since.store(0, Ordering::Release);
        }
    }

    async fn stamp_alone(&self) -> Result<Option<Stamped>, StampingError> {
        let parts = &self.0.parts;
        let last = self.last_batch().await?;
        let (number, before, previous) =
            last.map_or((0, 0, BEFORE_THE_FIRST), |batch| (batch.number, batch.last_seq, batch.top));
        let first_seq = before + 1;
        let most = i64::from(parts.settings.most_in_a_batch);
        let Some(together) = Together::read(&parts.db, first_seq, before + most).await? else { return Ok(None) };
        let messages = together.messages();
        // Asked before the stamp: the proven time is then after what was said.
        let mut said = Said::new();
        for id in together.certificates.keys() {
            if let Some(answer) = self.status(id).await? {
                said.insert(id.clone(), answer);
            }
        }
        let Some(top) = together.tree(previous, &said).map(|tree| tree.top()) else { return Ok(None) };
        let token = parts.notary.stamp(batch_stamped_bytes(Layout::Standard, &top).as_bytes()).await?;
        let number = number + 1;
        let values =
            args![number, parts.ambient.now(), first_seq, before + messages, previous.to_vec(), top.to_vec(), token];
        let (values, said) = (&values, &said);
        let written = parts.db.transaction(|tx| {
            Box::pin(async move {
                // Another process was faster: its batch stands.
                if tx.execute(sql::INSERT_BATCH, values.clone()).await? == 0 {
                    return Ok(false);
                }
                for (id, answer) in said {
                    tx.later(sql::INSERT_STATUS, args![number, id.as_str(), answer.clone()]).await?;
                }
                Ok::<_, StoreError>(true)
            })
        });
        Ok(written.await?.then_some(Stamped { number, messages }))
    }

    /// What is said of a certificate now; a responder that is silent does not hold up the stamp.
    async fn status(&self, id: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let (certificate, issuers) = self.certificate(id).await?;
        let Some(issuer) = issuers.first() else { return Ok(None) };
        match self.0.parts.notary.status(&certificate, issuer).await {
            Ok(Some(answer)) if peers::counts(&answer, &certificate, issuer, self.0.parts.ambient.now()) => {
                Ok(Some(answer))
            }
            // Of a certificate of another exchange there is what came with its messages.
            Ok(_) => self.enclosed_status(id).await,
            Err(error) => {
                tracing::warn!(error = %error, certificate = id, "the state of a certificate could not be asked");
                self.enclosed_status(id).await
            }
        }
    }

    /// A certificate that messages were signed with, and those above it.
    pub(super) async fn certificate(&self, id: &str) -> Result<(Certificate, Vec<Certificate>), StoreError> {
        read_certificate(&self.0.parts.db, id).await
    }

    /// Stamps in rounds until told to stop; all that waits is stamped in one round, however many batches it needs.
    pub async fn run_stamping(&self, mut stop: Stop) {
        loop {
            match self.stamp().await {
                Ok(Some(stamped)) if stamped.messages == i64::from(self.0.parts.settings.most_in_a_batch) => continue,
                Ok(Some(stamped)) => tracing::info!(batch = stamped.number, messages = stamped.messages, "stamped"),
                Ok(None) => {}
                Err(error) => {
                    let state = self.stamping_state();
                    let from = state.refuses_from.map(|from| from.to_string());
                    tracing::error!(error = %error, refuses_from = from, "messages are not time stamped");
                }
            }
            tokio::select! {
                () = tokio::time::sleep(self.0.parts.settings.interval) => {}
                () = stop.wait() => return,
            }
        }
    }
}

pub(super) async fn read_certificate(
    db: &haidang_store::Db,
    id: &str,
) -> Result<(Certificate, Vec<Certificate>), StoreError> {
    let row = db.fetch_one(sql::CERTIFICATE, args![id]).await?;
    let unreadable = |_| StoreError::Corrupt(format!("certificate {id} does not read"));
    let certificate = Certificate::from_der(&row.bytes("certificate")?).map_err(unreadable)?;
    let issuers = Certificate::read_bundle(row.text("issuers")?.as_bytes()).map_err(unreadable)?;
    Ok((certificate, issuers))
}
