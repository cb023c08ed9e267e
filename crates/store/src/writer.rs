//! The one writer connection of SQLite, lent to one transaction after another, with one durable commit for
//! several of them.
//!
//! A commit costs a sync of the disk; a transaction of a dozen statements costs much less. While one commit runs,
//! other transactions queue up; the writer then lets them run one after another, each inside a savepoint of its
//! own, and commits them together. A transaction that fails is rolled back to its savepoint and harms no other.
//! Nobody is answered before the commit: if it fails, every member of the batch hears it and runs again, alone.

use crate::StoreError;
use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// Most members of one commit.
const MOST_MEMBERS: usize = 64;
/// A batch that has run this long is committed even if others wait.
const LONGEST_BATCH: Duration = Duration::from_millis(15);
/// Pause between two times that pages are moved out of the journal.
const TIDY: Duration = Duration::from_millis(200);
/// A transaction that holds the connection longer than this is reported.
const SUSPICIOUS: Duration = Duration::from_secs(5);

/// Queue to the writer task.
#[derive(Clone)]
pub(crate) struct Writer {
    queue: mpsc::UnboundedSender<Ask>,
}

enum Ask {
    Lend { alone: bool, to: oneshot::Sender<Result<Lease, StoreError>> },
    Close(oneshot::Sender<()>),
}

/// The writer connection while one transaction has it. Dropping it gives it back to be rolled back.
pub(crate) struct Lease {
    connection: Option<SqliteConnection>,
    back: Option<oneshot::Sender<Back>>,
}

struct Back {
    connection: SqliteConnection,
    keep: bool,
    settled: Option<oneshot::Sender<Result<(), StoreError>>>,
}

impl Lease {
    pub(crate) fn connection(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        self.connection.as_mut().ok_or_else(|| StoreError::Database("the writer connection was given back".to_owned()))
    }

    /// Gives the connection back and waits until the batch is durable (or lost).
    pub(crate) async fn finish(mut self, keep: bool) -> Result<(), StoreError> {
        let (settled, receiver) = oneshot::channel();
        if let (Some(connection), Some(back)) = (self.connection.take(), self.back.take()) {
            let _ = back.send(Back { connection, keep, settled: Some(settled) });
        }
        receiver.await.unwrap_or_else(|_| Err(closed()))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // Reached when the caller was cancelled or panicked: the savepoint is rolled back by the writer.
        if let (Some(connection), Some(back)) = (self.connection.take(), self.back.take()) {
            let _ = back.send(Back { connection, keep: false, settled: None });
        }
    }
}

fn closed() -> StoreError {
    StoreError::Database("the store is closed".to_owned())
}

impl Writer {
    /// Starts the writer task on its own connection.
    pub(crate) fn start(connection: SqliteConnection, options: SqliteConnectOptions) -> Self {
        let (queue, asks) = mpsc::unbounded_channel();
        let (committed, commits) = mpsc::channel(1);
        let tidying = tokio::spawn(tidy(options.clone(), commits));
        let task =
            Task { connection: Some(connection), options, asks, committed: Some(committed), tidying: Some(tidying) };
        tokio::spawn(task.run());
        Self { queue }
    }

    /// Waits for the connection. `alone` asks for a commit of its own.
    pub(crate) async fn lend(&self, alone: bool) -> Result<Lease, StoreError> {
        let (to, receiver) = oneshot::channel();
        self.queue.send(Ask::Lend { alone, to }).map_err(|_| closed())?;
        receiver.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Finishes what is queued before and closes the connection.
    pub(crate) async fn close(&self) {
        let (to, receiver) = oneshot::channel();
        if self.queue.send(Ask::Close(to)).is_ok() {
            let _ = receiver.await;
        }
    }
}

struct Task {
    connection: Option<SqliteConnection>,
    options: SqliteConnectOptions,
    asks: mpsc::UnboundedReceiver<Ask>,
    /// Tells of commits; dropped to end the tidying.
    committed: Option<mpsc::Sender<()>>,
    tidying: Option<JoinHandle<()>>,
}

/// Moves pages from the journal into the file, on a connection of its own, so that no commit waits for it.
async fn tidy(options: SqliteConnectOptions, mut commits: mpsc::Receiver<()>) {
    let mut connection = None;
    let mut wanted = commits.recv().await.is_some();
    while wanted {
        if connection.is_none() {
            connection = options.connect().await.ok();
        }
        if let Some(open) = connection.as_mut()
            && sqlx::raw_sql("PRAGMA wal_checkpoint(PASSIVE)").execute(open).await.is_err()
        {
            connection = None;
        }
        // Commits during the pause are one round more; the end of the writer ends the pause too.
        let pause = tokio::time::sleep(TIDY);
        tokio::pin!(pause);
        let mut more = false;
        wanted = loop {
            tokio::select! {
                word = commits.recv() => match word {
                    Some(()) => more = true,
                    None => break false,
                },
                () = &mut pause => break more || commits.recv().await.is_some(),
            }
        };
    }
    if let Some(open) = connection {
        let _ = open.close().await;
    }
}

/// Members of the running batch that wait for its commit.
#[derive(Default)]
struct Batch {
    waiting: Vec<oneshot::Sender<Result<(), StoreError>>>,
    /// Members whose work stays.
    kept: usize,
    /// Whether the newest member runs inside a savepoint (the first needs none).
    savepoint: bool,
}

impl Task {
    async fn run(mut self) {
        let mut next = self.asks.recv().await;
        while let Some(ask) = next {
            next = match ask {
                Ask::Close(done) => {
                    self.committed = None;
                    if let Some(tidying) = self.tidying.take() {
                        let _ = tidying.await;
                    }
                    if let Some(connection) = self.connection.take() {
                        let _ = connection.close().await;
                    }
                    let _ = done.send(());
                    return;
                }
                Ask::Lend { alone, to } => self.batch(alone, to).await,
            };
            if next.is_none() {
                next = self.asks.recv().await;
            }
        }
    }

    /// Runs one batch from its first member to its commit; answers an ask that could not join.
    async fn batch(&mut self, alone: bool, to: oneshot::Sender<Result<Lease, StoreError>>) -> Option<Ask> {
        if let Err(error) = self.begin().await {
            let _ = to.send(Err(error));
            return None;
        }
        let begun = Instant::now();
        let mut batch = Batch::default();
        let mut members = 1;
        let mut lost = self.member(to, &mut batch).await.err();
        let mut next = None;
        while lost.is_none() && !alone && members < MOST_MEMBERS && begun.elapsed() < LONGEST_BATCH {
            // Lets tasks that were just woken reach the queue before the disk is asked.
            tokio::task::yield_now().await;
            match self.asks.try_recv() {
                Ok(Ask::Lend { alone: false, to }) => {
                    members += 1;
                    lost = self.boundary(&mut batch).await.err();
                    if lost.is_some() {
                        let _ = to.send(Err(StoreError::Transient("batch lost".to_owned())));
                        break;
                    }
                    lost = self.member(to, &mut batch).await.err();
                }
                Ok(other) => {
                    next = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        self.settle(batch, lost).await;
        next
    }

    async fn begin(&mut self) -> Result<(), StoreError> {
        if self.connection.is_none() {
            self.connection = Some(self.options.connect().await?);
        }
        match self.raw("BEGIN IMMEDIATE").await {
            Ok(()) => Ok(()),
            Err(error) => {
                // A transaction left open would make every later BEGIN fail.
                let _ = self.raw("ROLLBACK").await;
                Err(error)
            }
        }
    }

    /// A savepoint between the members before and the next one.
    async fn boundary(&mut self, batch: &mut Batch) -> Result<(), StoreError> {
        let text = if batch.savepoint { "RELEASE member; SAVEPOINT member" } else { "SAVEPOINT member" };
        batch.savepoint = true;
        self.raw(text).await
    }

    /// Lends the connection to one member and takes it back. An error means the whole batch is lost.
    async fn member(
        &mut self,
        to: oneshot::Sender<Result<Lease, StoreError>>,
        batch: &mut Batch,
    ) -> Result<(), StoreError> {
        let Some(connection) = self.connection.take() else { return Err(closed()) };
        let (back, mut returned) = oneshot::channel();
        let lease = Lease { connection: Some(connection), back: Some(back) };
        if let Err(Ok(lease)) = to.send(Ok(lease)) {
            drop(lease); // The caller went away; the lease comes back through its drop.
        }
        let back = loop {
            match tokio::time::timeout(SUSPICIOUS, &mut returned).await {
                Ok(back) => {
                    break back.map_err(|_| StoreError::Transient("the writer connection was lost".to_owned()))?;
                }
                Err(_) => tracing::warn!("a transaction has held the writer for more than {} s", SUSPICIOUS.as_secs()),
            }
        };
        self.connection = Some(back.connection);
        if let Some(settled) = back.settled {
            batch.waiting.push(settled);
        }
        if back.keep {
            batch.kept += 1;
            return Ok(());
        }
        if batch.savepoint {
            self.raw("ROLLBACK TO member").await
        } else {
            // The first member failed: nothing else is in this transaction yet.
            self.raw("ROLLBACK; BEGIN IMMEDIATE").await
        }
    }

    async fn settle(&mut self, batch: Batch, lost: Option<StoreError>) {
        let outcome = match lost {
            Some(error) => Err(error),
            None if batch.kept == 0 => self.raw("ROLLBACK").await,
            None => self.raw("COMMIT").await,
        };
        match outcome {
            Ok(()) => {
                metrics::counter!("haidang_store_commits_total").increment(1);
                if let Some(committed) = &self.committed {
                    let _ = committed.try_send(());
                }
                metrics::counter!("haidang_store_commit_members_total").increment(batch.kept as u64);
                for waiting in batch.waiting {
                    let _ = waiting.send(Ok(()));
                }
            }
            Err(error) => {
                let _ = self.raw("ROLLBACK").await;
                tracing::warn!(error = %error, members = batch.waiting.len(), "commit lost");
                let alone = batch.waiting.len() == 1 && !error.is_transient();
                let text = error.to_string();
                for waiting in batch.waiting {
                    let answer =
                        if alone { StoreError::Database(text.clone()) } else { StoreError::Transient(text.clone()) };
                    let _ = waiting.send(Err(answer));
                }
            }
        }
    }

    async fn raw(&mut self, text: &'static str) -> Result<(), StoreError> {
        let Some(connection) = self.connection.as_mut() else { return Err(closed()) };
        sqlx::raw_sql(text).execute(connection).await?;
        Ok(())
    }
}
