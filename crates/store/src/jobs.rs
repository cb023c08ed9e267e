//! Work to be done later: rows enqueued with the fact that needs them, claimed by one worker, retried with growing
//! pauses, put aside when hopeless.

use crate::db::Db;
use crate::dispatch::pause;
use crate::outbox::Failure;
use crate::tx::Tx;
use crate::{Stop, StoreError, args, sql};
use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use haidang_kernel::id::Id;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;

/// Jobs of one kind claimed, and run side by side.
const CLAIM: i64 = 8;
/// Without a ring of the bell, the table is looked at this often.
const LOOK: Duration = Duration::from_secs(1);

/// Marker of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JobRecord {}

/// Id of a job.
pub type JobId = Id<JobRecord>;

/// A job as its handler receives it.
#[derive(Debug, Clone)]
pub struct Job {
    /// Id; the same at every attempt.
    pub id: JobId,
    /// Kind.
    pub kind: String,
    /// What it is about.
    pub key: String,
    /// JSON text.
    pub payload: String,
    /// When it was due.
    pub run_at: Timestamp,
    /// Which attempt this is, from 1.
    pub attempt: i64,
}

impl Job {
    /// The payload as its type.
    ///
    /// # Errors
    /// [`StoreError::Json`] when it has another form.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, StoreError> {
        Ok(serde_json::from_str(&self.payload)?)
    }
}

/// Does jobs of one kind. Idempotent: after a crash the same job runs again.
#[async_trait]
pub trait Handler: Send + Sync {
    /// The kind it does.
    fn kind(&self) -> &'static str;
    /// Does one job.
    async fn run(&self, job: &Job) -> Result<(), Failure>;
    /// Attempts before a job is put aside.
    fn attempts(&self) -> i64 {
        12
    }
    /// A job that runs longer is believed dead and given to another worker.
    fn lease(&self) -> SignedDuration {
        SignedDuration::from_mins(10)
    }
    /// For work that repeats: how long after one run the next is due. The first is due at start.
    fn every(&self) -> Option<SignedDuration> {
        None
    }
}

/// A job that was put aside.
#[derive(Debug, Clone)]
pub struct DeadJob {
    /// Id.
    pub id: String,
    /// Kind.
    pub kind: String,
    /// What it is about.
    pub key: String,
    /// Attempts made.
    pub attempts: i64,
    /// When it was put aside.
    pub at: Timestamp,
    /// The last reason.
    pub error: Option<String>,
}

/// Runs the jobs of one store with the handlers given to it.
#[derive(Clone)]
pub struct Jobs {
    db: Db,
    handlers: Vec<Arc<dyn Handler>>,
}

impl Jobs {
    /// A runner without handlers.
    pub fn new(db: Db) -> Self {
        Self { db, handlers: Vec::new() }
    }

    /// Adds a handler.
    #[must_use]
    pub fn with(mut self, handler: Arc<dyn Handler>) -> Self {
        self.handlers.push(handler);
        self
    }

    /// Enqueues the first run of repeating work; done by [`Jobs::run`] and [`Jobs::run_due`] too.
    ///
    /// # Errors
    /// What the database says.
    pub async fn prepare(&self) -> Result<(), StoreError> {
        for handler in self.handlers.iter().filter(|handler| handler.every().is_some()) {
            let kind = handler.kind();
            if self.db.fetch_optional(sql::ANY_JOB_ALIVE, args![kind]).await?.is_none() {
                self.db
                    .transaction(|tx| {
                        Box::pin(async move {
                            let now = tx.ambient().now();
                            tx.enqueue(kind, "", &(), now).await.map(drop)
                        })
                    })
                    .await?;
            }
        }
        Ok(())
    }

    /// Does everything that is due now, one job after another, and answers how many were tried: what they write comes in
    /// the same order each time.
    ///
    /// # Errors
    /// What the database says; failures of handlers are kept with their job instead.
    pub async fn run_due(&self) -> Result<usize, StoreError> {
        self.prepare().await?;
        let mut tried = 0;
        loop {
            let mut round = 0;
            for handler in &self.handlers {
                let jobs = self.claim(handler).await?;
                for job in &jobs {
                    let answer = handler.run(job).await;
                    self.settle(handler, job, answer).await?;
                }
                round += jobs.len();
            }
            if round == 0 {
                return Ok(tried);
            }
            tried += round;
        }
    }

    /// Works until told to stop; what is running then is finished.
    pub async fn run(self, mut stop: Stop) {
        while let Err(error) = self.prepare().await {
            tracing::error!(error = %error, "jobs");
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = stop.wait() => return,
            }
        }
        let loops = self.handlers.iter().map(|handler| self.serve(handler, stop.clone()));
        futures_util::future::join_all(loops).await;
    }

    async fn serve(&self, handler: &Arc<dyn Handler>, mut stop: Stop) {
        while !stop.is_set() {
            // Listening begins before the look, so that no ring between look and wait is missed.
            let bell = self.db.core.jobs.notified();
            tokio::pin!(bell);
            bell.as_mut().enable();
            match self.round(handler).await {
                Ok(tried) if tried > 0 => continue,
                Ok(_) => {}
                Err(error) => tracing::error!(kind = handler.kind(), error = %error, "jobs"),
            }
            tokio::select! {
                () = bell => {}
                () = tokio::time::sleep(LOOK) => {}
                () = stop.wait() => return,
            }
        }
    }

    async fn round(&self, handler: &Arc<dyn Handler>) -> Result<usize, StoreError> {
        let jobs = self.claim(handler).await?;
        // Each is settled within its own future: a loop that settled one while the others stood still would wait for the
        // writer of SQLite that one of those others holds in the middle of its transaction, for ever.
        let mut running: FuturesUnordered<_> = jobs
            .iter()
            .map(|job| async move {
                let answer = handler.run(job).await;
                self.settle(handler, job, answer).await
            })
            .collect();
        let mut outcome = Ok(());
        while let Some(settled) = running.next().await {
            outcome = outcome.and(settled);
        }
        outcome?;
        Ok(jobs.len())
    }

    async fn claim(&self, handler: &Arc<dyn Handler>) -> Result<Vec<Job>, StoreError> {
        let kind = handler.kind();
        let now = self.db.ambient().now();
        // A look on the readers first: an idle worker must not take the writer every second.
        if self.db.fetch_optional(sql::ANY_DUE_JOB, args![kind, now]).await?.is_none() {
            return Ok(Vec::new());
        }
        let until = now.saturating_add(handler.lease()).unwrap_or(now);
        let mut jobs: Vec<Job> = self
            .db
            .transaction(|tx| {
                Box::pin(async move {
                    let rows = tx.fetch_all(sql::CLAIM_JOBS, args![kind, now, until, CLAIM]).await?;
                    rows.iter()
                        .map(|row| {
                            Ok::<_, StoreError>(Job {
                                id: row.id("id")?,
                                kind: row.text("kind")?,
                                key: row.text("key")?,
                                payload: row.text("payload")?,
                                run_at: row.timestamp("run_at")?,
                                attempt: row.integer("attempts")?,
                            })
                        })
                        .collect()
                })
            })
            .await?;
        jobs.sort_by(|a, b| (a.run_at, &a.id).cmp(&(b.run_at, &b.id)));
        Ok(jobs)
    }

    async fn settle(
        &self,
        handler: &Arc<dyn Handler>,
        job: &Job,
        answer: Result<(), Failure>,
    ) -> Result<(), StoreError> {
        let now = self.db.ambient().now();
        let kind = handler.kind();
        let answer = &answer;
        let last = job.attempt >= handler.attempts();
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    let (id, attempt) = (&job.id, job.attempt);
                    match answer {
                        Ok(()) => {
                            tx.execute(sql::JOB_DONE, args![id, attempt, now]).await?;
                        }
                        // Repeating work is never put aside: its next run may succeed.
                        Err(Failure::Later(reason)) if !last || handler.every().is_some() => {
                            let next = now.saturating_add(pause(attempt)).unwrap_or(now);
                            let args = args![id, attempt, next, reason, kind, &job.key];
                            if tx.execute(sql::JOB_LATER, args).await? == 0 {
                                // The same work was enqueued anew while this ran: that one stands for it.
                                tx.execute(sql::JOB_DONE, args![id, attempt, now]).await?;
                            }
                            return Ok(());
                        }
                        Err(Failure::Later(reason) | Failure::Never(reason)) => {
                            metrics::counter!("haidang_store_dead_jobs_total", "kind" => kind).increment(1);
                            tracing::error!(kind, job = %id, "job put aside");
                            tx.execute(sql::JOB_DEAD, args![id, attempt, now, reason]).await?;
                        }
                    }
                    if let Some(every) = handler.every() {
                        tx.enqueue(kind, &job.key, &(), now.saturating_add(every).unwrap_or(now)).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}

impl Tx<'_> {
    /// Enqueues work of a kind under a key. While the same kind and key is waiting, nothing is added and `None` is
    /// answered.
    ///
    /// # Errors
    /// What the database says, or [`StoreError::Json`] when the payload cannot be written.
    pub async fn enqueue(
        &mut self,
        kind: &'static str,
        key: &str,
        payload: &impl Serialize,
        run_at: Timestamp,
    ) -> Result<Option<JobId>, StoreError> {
        let id: JobId = self.ambient().new_id();
        let now = self.ambient().now();
        let payload = serde_json::to_string(payload)?;
        let added = self.execute(sql::ENQUEUE_JOB, args![&id, kind, key, payload, run_at, now]).await?;
        if added == 0 {
            return Ok(None);
        }
        self.ring_jobs();
        Ok(Some(id))
    }
}

impl Db {
    /// Jobs that were put aside, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn dead_jobs(&self, limit: i64) -> Result<Vec<DeadJob>, StoreError> {
        self.fetch_all(sql::DEAD_JOBS, args![limit])
            .await?
            .iter()
            .map(|row| {
                Ok(DeadJob {
                    id: row.text("id")?,
                    kind: row.text("kind")?,
                    key: row.text("key")?,
                    attempts: row.integer("attempts")?,
                    at: row.timestamp("done_at")?,
                    error: row.opt_text("error")?,
                })
            })
            .collect()
    }

    /// Lets a job that was put aside be tried again; answers whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Unique`] when the same work is waiting already.
    pub async fn revive_job(&self, id: &str) -> Result<bool, StoreError> {
        let now = self.ambient().now();
        let revived = self.execute(sql::REVIVE_JOB, args![id, now]).await?;
        self.core.jobs.notify_waiters();
        Ok(revived > 0)
    }
}
