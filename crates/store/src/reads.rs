//! Records that stand alone, of looks at personal data above all: durable before the answer, committed in groups.

use crate::StoreError;
use crate::audit::{AuditEntry, AuditId};
use crate::db::{Core, Db};
use serde_json::Value as Json;
use std::sync::{Arc, Weak};
use tokio::sync::{mpsc, oneshot};

/// Most acts in one commit.
const MOST: usize = 128;
/// Acts that may wait; beyond it callers wait for room.
const QUEUE: usize = 1024;

type Answered = Result<AuditId, StoreError>;

struct Act {
    entry: AuditEntry,
    /// What it has of its own, when it may share its record with others that are alike.
    own: Option<Json>,
    done: oneshot::Sender<Answered>,
}

pub(crate) struct ReadRecorder {
    queue: mpsc::Sender<Act>,
}

impl ReadRecorder {
    fn start(db: &Db) -> Self {
        let (queue, acts) = mpsc::channel(QUEUE);
        // The task holds no strong handle: dropping the last one ends it.
        tokio::spawn(run(Arc::downgrade(&db.core), acts));
        Self { queue }
    }
}

/// A record to be written, and those who wait for it.
struct Waited {
    entry: AuditEntry,
    each: Vec<Json>,
    done: Vec<oneshot::Sender<Answered>>,
}

/// One record for each act, but one for all that are alike and may share.
fn records(acts: impl Iterator<Item = Act>) -> Vec<Waited> {
    let mut records: Vec<Waited> = Vec::new();
    for Act { entry, own, done } in acts {
        let alike = own.is_some().then(|| records.iter_mut().find(|one| !one.each.is_empty() && one.entry == entry));
        match alike.flatten() {
            Some(record) => {
                record.each.extend(own);
                record.done.push(done);
            }
            None => records.push(Waited { entry, each: own.into_iter().collect(), done: vec![done] }),
        }
    }
    for record in records.iter_mut().filter(|record| !record.each.is_empty()) {
        record.entry.note("each", Json::Array(std::mem::take(&mut record.each)));
    }
    records
}

async fn run(core: Weak<Core>, mut acts: mpsc::Receiver<Act>) {
    let mut batch = Vec::with_capacity(MOST);
    while acts.recv_many(&mut batch, MOST).await > 0 {
        // Requests that are ready to go on come first, until none brings an act: a commit costs as much for one as for
        // all of theirs.
        let mut known = 0;
        while known < batch.len() && batch.len() < MOST {
            known = batch.len();
            tokio::task::yield_now().await;
            while let Some(act) = (batch.len() < MOST).then(|| acts.try_recv().ok()).flatten() {
                batch.push(act);
            }
        }
        let Some(db) = core.upgrade().map(|core| Db { core }) else { return };
        let (entries, waiting): (Vec<_>, Vec<_>) =
            records(batch.drain(..)).into_iter().map(|record| (record.entry, record.done)).unzip();
        let entries = &entries;
        let answer: Result<Vec<AuditId>, StoreError> =
            db.transaction(|tx| Box::pin(async move { tx.audit_all(entries).await })).await;
        let answer = answer.map_err(|error| error.to_string());
        for (place, done) in waiting.into_iter().enumerate() {
            for done in done {
                let answer = answer.as_ref().map(|ids| ids[place].clone());
                let _ = done.send(answer.map_err(|text| StoreError::Database(text.clone())));
            }
        }
    }
}

impl Db {
    /// Records a look at personal data. When this answers, the record is durable: only then may the data be shown.
    /// Looks of several requests share one commit.
    ///
    /// # Errors
    /// What the database says; the data must not be shown then.
    pub async fn record_read(&self, entry: AuditEntry) -> Result<AuditId, StoreError> {
        self.record(entry).await
    }

    /// Records an act that leaves nothing else behind. When this answers, the record is durable: only then may what was
    /// done leave the house. Acts of several requests share one commit.
    ///
    /// # Errors
    /// What the database says; the act has not happened then.
    pub async fn record(&self, entry: AuditEntry) -> Result<AuditId, StoreError> {
        self.queued(entry, None).await
    }

    /// The same for an act of which there are many alike. Those of one moment share one record as well, whose detail
    /// holds under `each` what every one of them has of its own.
    ///
    /// # Errors
    /// As [`Db::record`].
    pub async fn record_alike(&self, entry: AuditEntry, own: Json) -> Result<AuditId, StoreError> {
        self.queued(entry, Some(own)).await
    }

    async fn queued(&self, entry: AuditEntry, own: Option<Json>) -> Result<AuditId, StoreError> {
        self.refuse_inside()?;
        let recorder = self.core.reads.get_or_init(|| ReadRecorder::start(self));
        let (done, answer) = oneshot::channel();
        recorder
            .queue
            .send(Act { entry, own, done })
            .await
            .map_err(|_| StoreError::Database("the store is closed".to_owned()))?;
        answer.await.map_err(|_| StoreError::Database("the store is closed".to_owned()))?
    }
}
