//! One connection, lent to one transaction after another, with one durable commit for several of them: the only writer
//! of SQLite, and on PostgreSQL the line of those that would otherwise wait for each other's locks.
//!
//! A commit costs a sync of the disk; a transaction of a dozen statements costs much less. While one commit runs,
//! other transactions queue up; the writer then lets them run one after another, each inside a savepoint of its
//! own, and commits them together. A transaction that fails is rolled back to its savepoint and harms no other. The
//! savepoint is made with a transaction's first statement, which saves a hand-over to SQLite's thread. In a line on
//! PostgreSQL, where a savepoint costs an exchange and failures are rare, there is none: the others run again, alone.
//! Nobody is answered before the commit: if it fails, every member of the batch hears it and runs again, alone.

use crate::StoreError;
use crate::link::{Held, OUTCOME_UNKNOWN, Wire};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, PgPool, SqliteConnection};
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
    connection: Option<Held>,
    boundary: Option<&'static str>,
    back: Option<oneshot::Sender<Back>>,
}

struct Back {
    connection: Held,
    /// What was to be run before the first statement, when there was none.
    boundary: Option<&'static str>,
    keep: bool,
    settled: Option<oneshot::Sender<Result<(), StoreError>>>,
}

impl Lease {
    /// The connection for one statement; the first one makes the savepoint too.
    pub(crate) fn wire(&mut self) -> Result<Wire<'_>, StoreError> {
        let gone = || StoreError::Database("the writer connection was given back".to_owned());
        Ok(self.connection.as_mut().ok_or_else(gone)?.wire(self.boundary.take()))
    }

    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self.connection, Some(Held::Postgres(_)))
    }

    /// Gives the connection back and waits until the batch is durable (or lost).
    pub(crate) async fn finish(mut self, keep: bool) -> Result<(), StoreError> {
        let (settled, receiver) = oneshot::channel();
        self.give_back(keep, Some(settled));
        receiver.await.unwrap_or_else(|_| Err(closed()))
    }

    fn give_back(&mut self, keep: bool, settled: Option<oneshot::Sender<Result<(), StoreError>>>) {
        if let (Some(connection), Some(back)) = (self.connection.take(), self.back.take()) {
            let _ = back.send(Back { connection, boundary: self.boundary, keep, settled });
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // Reached when the caller was cancelled or panicked: the savepoint is rolled back by the writer.
        self.give_back(false, None);
    }
}

fn closed() -> StoreError {
    StoreError::Database("the store is closed".to_owned())
}

impl Writer {
    /// Starts the writer of SQLite on its own connection.
    pub(crate) fn start(connection: SqliteConnection, options: SqliteConnectOptions) -> Self {
        let (queue, asks) = mpsc::unbounded_channel();
        let (committed, commits) = mpsc::channel(1);
        let tidying = tokio::spawn(tidy(options.clone(), commits));
        let (connection, source) = (Some(Held::Sqlite(connection)), Source::Sqlite(Box::new(options)));
        tokio::spawn(Task { connection, source, asks, committed: Some(committed), tidying: Some(tidying) }.run());
        Self { queue }
    }

    /// Starts a line on PostgreSQL. Each batch takes a connection of the pool.
    pub(crate) fn start_line(pool: PgPool) -> Self {
        let (queue, asks) = mpsc::unbounded_channel();
        let source = Source::Postgres(pool);
        tokio::spawn(Task { connection: None, source, asks, committed: None, tidying: None }.run());
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

/// Where a connection comes from.
enum Source {
    Sqlite(Box<SqliteConnectOptions>),
    Postgres(PgPool),
}

struct Task {
    connection: Option<Held>,
    source: Source,
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
    /// Whether a savepoint was made (the first member needs none).
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
                    if let Some(Held::Sqlite(connection)) = self.connection.take() {
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
        let mut lost = self.member(to, None, &mut batch).await.err();
        let mut next = None;
        while lost.is_none() && !alone && members < MOST_MEMBERS && begun.elapsed() < LONGEST_BATCH {
            // Lets tasks that were just woken reach the queue before the disk is asked.
            tokio::task::yield_now().await;
            match self.asks.try_recv() {
                Ok(Ask::Lend { alone: false, to }) => {
                    members += 1;
                    let boundary = self.boundary(&batch);
                    lost = self.member(to, boundary, &mut batch).await.err();
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
        let text = match (&self.source, &self.connection) {
            (Source::Sqlite(_), Some(_)) => "BEGIN IMMEDIATE",
            (Source::Sqlite(options), None) => {
                self.connection = Some(Held::Sqlite(options.connect().await?));
                "BEGIN IMMEDIATE"
            }
            (Source::Postgres(pool), _) => {
                self.connection = Some(Held::Postgres(pool.acquire().await?));
                "BEGIN"
            }
        };
        match self.raw(text).await {
            Ok(()) => Ok(()),
            Err(error) => {
                // A transaction left open would make every later BEGIN fail.
                self.clear().await;
                Err(error)
            }
        }
    }

    /// What comes before the first statement of a member that is not the first.
    fn boundary(&self, batch: &Batch) -> Option<&'static str> {
        match self.source {
            Source::Sqlite(_) if batch.savepoint => Some("RELEASE member; SAVEPOINT member"),
            Source::Sqlite(_) => Some("SAVEPOINT member"),
            Source::Postgres(_) => None,
        }
    }

    /// After a fault: nothing of the transaction stays, and what cannot say so is not used again.
    async fn clear(&mut self) {
        let clean = self.raw("ROLLBACK").await.is_ok();
        if let Some(Held::Postgres(connection)) = self.connection.take_if(|held| matches!(held, Held::Postgres(_)))
            && !clean
        {
            let _ = connection.close().await;
        }
    }

    /// Lends the connection to one member and takes it back. An error means the whole batch is lost.
    async fn member(
        &mut self,
        to: oneshot::Sender<Result<Lease, StoreError>>,
        boundary: Option<&'static str>,
        batch: &mut Batch,
    ) -> Result<(), StoreError> {
        let Some(connection) = self.connection.take() else { return Err(closed()) };
        let (back, mut returned) = oneshot::channel();
        let lease = Lease { connection: Some(connection), boundary, back: Some(back) };
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
        let idle = back.boundary.is_some();
        batch.savepoint |= boundary.is_some() && !idle;
        if back.keep {
            batch.kept += 1;
        }
        match (back.keep || idle, boundary, &self.source) {
            (true, ..) => Ok(()),
            (false, Some(_), _) => self.raw("ROLLBACK TO member").await,
            // Nothing that stays is in this transaction yet.
            (false, None, Source::Sqlite(_)) => self.raw("ROLLBACK; BEGIN IMMEDIATE").await,
            (false, None, Source::Postgres(_)) if batch.kept == 0 => self.raw("ROLLBACK; BEGIN").await,
            (false, None, Source::Postgres(_)) => {
                Err(StoreError::Transient("a neighbour in the line failed".to_owned()))
            }
        }
    }

    async fn settle(&mut self, batch: Batch, lost: Option<StoreError>) {
        let outcome = match lost {
            // Whoever waits has done its own part well: what broke the batch came after.
            Some(error) => Err(StoreError::Transient(error.to_string())),
            None if batch.kept == 0 => self.raw("ROLLBACK").await,
            None => match self.connection.as_mut() {
                Some(connection) => connection.commit().await,
                None => Err(closed()),
            },
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
                // The pool has it back between two batches.
                self.connection.take_if(|held| matches!(held, Held::Postgres(_)));
            }
            Err(error) => {
                self.clear().await;
                tracing::warn!(error = %error, members = batch.waiting.len(), "commit lost");
                let unknown = matches!(&error, StoreError::Database(text) if text == OUTCOME_UNKNOWN);
                let final_word = unknown || batch.waiting.len() == 1 && !error.is_transient();
                let text = error.to_string();
                for waiting in batch.waiting {
                    let answer = if final_word {
                        StoreError::Database(text.clone())
                    } else {
                        StoreError::Transient(text.clone())
                    };
                    let _ = waiting.send(Err(answer));
                }
            }
        }
    }

    async fn raw(&mut self, text: &'static str) -> Result<(), StoreError> {
        let Some(connection) = self.connection.as_mut() else { return Err(closed()) };
        connection.wire(None).raw(text.to_owned()).await
    }
}
