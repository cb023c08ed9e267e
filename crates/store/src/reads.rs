//! Records that stand alone, of looks at personal data above all: durable before the answer, committed in groups.

use crate::StoreError;
use crate::audit::{AuditEntry, AuditId};
use crate::db::{Core, Db};
use std::sync::{Arc, Weak};
use tokio::sync::{mpsc, oneshot};

/// Most looks in one commit.
const MOST: usize = 128;
/// Looks that may wait; beyond it callers wait for room.
const QUEUE: usize = 1024;

struct Look {
    entry: AuditEntry,
    done: oneshot::Sender<Result<AuditId, StoreError>>,
}

pub(crate) struct ReadRecorder {
    queue: mpsc::Sender<Look>,
}

impl ReadRecorder {
    fn start(db: &Db) -> Self {
        let (queue, looks) = mpsc::channel(QUEUE);
        // The task holds no strong handle: dropping the last one ends it.
        tokio::spawn(run(Arc::downgrade(&db.core), looks));
        Self { queue }
    }
}

async fn run(core: Weak<Core>, mut looks: mpsc::Receiver<Look>) {
    let mut batch = Vec::with_capacity(MOST);
    while looks.recv_many(&mut batch, MOST).await > 0 {
        let Some(db) = core.upgrade().map(|core| Db { core }) else { return };
        let entries: Vec<AuditEntry> = batch.iter().map(|look| look.entry.clone()).collect();
        let entries = &entries;
        let answer: Result<Vec<AuditId>, StoreError> =
            db.transaction(|tx| Box::pin(async move { tx.audit_all(entries).await })).await;
        match answer {
            Ok(ids) => {
                for (look, id) in batch.drain(..).zip(ids) {
                    let _ = look.done.send(Ok(id));
                }
            }
            Err(error) => {
                let text = error.to_string();
                for look in batch.drain(..) {
                    let _ = look.done.send(Err(StoreError::Database(text.clone())));
                }
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
        self.refuse_inside()?;
        let recorder = self.core.reads.get_or_init(|| ReadRecorder::start(self));
        let (done, answer) = oneshot::channel();
        recorder
            .queue
            .send(Look { entry, done })
            .await
            .map_err(|_| StoreError::Database("the store is closed".to_owned()))?;
        answer.await.map_err(|_| StoreError::Database("the store is closed".to_owned()))?
    }
}
