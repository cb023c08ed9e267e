//! The handle every room holds: reads on a pool, writes in retried transactions.

use crate::link::{Link, Wire};
use crate::options::{self, DatabaseUrl, Kind, Options};
use crate::outbox::Consumers;
use crate::reads::ReadRecorder;
use crate::schema::Schema;
use crate::tx::{Tx, TxOutcome};
use crate::writer::Writer;
use crate::{Row, Statement, StoreError, Value};
use futures_util::future::BoxFuture;
use haidang_kernel::ambient::Ambient;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{ConnectOptions, PgPool, SqlitePool};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock, RwLock};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::Notify;

/// Attempts at one transaction before the caller hears about it.
const ATTEMPTS: u32 = 12;

tokio::task_local! {
    static INSIDE: usize;
}

/// Which anomalies PostgreSQL may let through. SQLite has one writer and is always serialisable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Isolation {
    /// Each statement sees what was committed before it. Rows that a decision rests on are locked with
    /// [`Tx::lock_optional`] or guarded by a version in the `WHERE` of the update.
    #[default]
    ReadCommitted,
    /// As if transactions ran one after another; more of them run again.
    Serializable,
}

/// How a transaction comes to its connection.
#[derive(Clone, Copy)]
enum Way {
    Free(Isolation),
    InLine,
}

pub(crate) enum Backend {
    /// `memory` is the folder of a database in memory; it goes with the store.
    Sqlite { readers: SqlitePool, writer: Writer, path: PathBuf, memory: Option<TempDir> },
    /// `line` is for transactions that all want the same row.
    Postgres { pool: PgPool, line: Writer, schema: Option<String> },
}

pub(crate) struct Core {
    pub(crate) backend: Backend,
    pub(crate) ambient: Ambient,
    pub(crate) subject_secret: Vec<u8>,
    pub(crate) consumers: RwLock<Arc<Consumers>>,
    pub(crate) schema: RwLock<Option<Arc<Schema>>>,
    pub(crate) reads: OnceLock<ReadRecorder>,
    /// Rung after a commit that left events.
    pub(crate) events: Notify,
    /// Rung after a commit that left jobs.
    pub(crate) jobs: Notify,
}

/// A database: cheap to clone, shared by all rooms.
#[derive(Clone)]
pub struct Db {
    pub(crate) core: Arc<Core>,
}

impl Db {
    /// Opens `sqlite:<path>`, `sqlite::memory:` or `postgres://…?schema=<name>`; the file, or the schema, is created when
    /// missing.
    ///
    /// # Errors
    /// [`StoreError::Configuration`] for an address that cannot be used, otherwise what the database says.
    pub async fn open(url: &str, options: Options) -> Result<Self, StoreError> {
        Self::open_at(&url.parse()?, options).await
    }

    /// Opens a database by its parsed address.
    ///
    /// # Errors
    /// As [`Db::open`].
    pub async fn open_at(url: &DatabaseUrl, options: Options) -> Result<Self, StoreError> {
        let backend = match url {
            DatabaseUrl::Sqlite(path) => open_sqlite(path.clone(), None, options.readers).await?,
            DatabaseUrl::Memory => {
                let folder = options::memory_folder()?;
                open_sqlite(folder.path().join("city.db"), Some(folder), options.readers).await?
            }
            DatabaseUrl::Postgres { url, schema } => {
                let schema = options.schema.clone().or_else(|| schema.clone());
                if let Some(name) = &schema {
                    options::plain_name(name)?;
                }
                let connect = options::postgres(url, schema.as_deref())?;
                let pool = PgPoolOptions::new()
                    .max_connections(options.connections.max(2))
                    .test_before_acquire(false)
                    .acquire_timeout(Duration::from_secs(10))
                    .idle_timeout(Duration::from_secs(300))
                    .connect_with(connect)
                    .await?;
                if let Some(name) = &schema {
                    create_schema(&pool, name).await?;
                }
                Backend::Postgres { line: Writer::start_line(pool.clone()), pool, schema }
            }
        };
        Ok(Self {
            core: Arc::new(Core {
                backend,
                ambient: options.ambient,
                subject_secret: options.subject_secret,
                consumers: RwLock::default(),
                schema: RwLock::default(),
                reads: OnceLock::new(),
                events: Notify::new(),
                jobs: Notify::new(),
            }),
        })
    }

    /// Which database this is.
    pub fn kind(&self) -> Kind {
        match self.core.backend {
            Backend::Sqlite { .. } => Kind::Sqlite,
            Backend::Postgres { .. } => Kind::Postgres,
        }
    }

    /// The clock, randomness and ids this store was opened with.
    pub fn ambient(&self) -> &Ambient {
        &self.core.ambient
    }

    /// Path of the SQLite file, when it is one.
    pub fn sqlite_path(&self) -> Option<&std::path::Path> {
        match &self.core.backend {
            Backend::Sqlite { path, .. } => Some(path),
            Backend::Postgres { .. } => None,
        }
    }

    /// Schema on PostgreSQL, when one was chosen.
    pub fn postgres_schema(&self) -> Option<&str> {
        match &self.core.backend {
            Backend::Postgres { schema, .. } => schema.as_deref(),
            Backend::Sqlite { .. } => None,
        }
    }

    /// All rows of a read.
    ///
    /// # Errors
    /// What the database says; a transient fault is tried once more.
    pub async fn fetch_all(&self, statement: impl Into<Statement>, args: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        let statement = statement.into();
        match self.read_all(&statement, args.clone()).await {
            Err(StoreError::Transient(_)) => self.read_all(&statement, args).await,
            answer => answer,
        }
    }

    /// The first row of a read, if any.
    ///
    /// # Errors
    /// What the database says; a transient fault is tried once more.
    pub async fn fetch_optional(
        &self,
        statement: impl Into<Statement>,
        args: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        let statement = statement.into();
        match self.read_optional(&statement, args.clone()).await {
            Err(StoreError::Transient(_)) => self.read_optional(&statement, args).await,
            answer => answer,
        }
    }

    /// The first row of a read.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none.
    pub async fn fetch_one(&self, statement: impl Into<Statement>, args: Vec<Value>) -> Result<Row, StoreError> {
        self.fetch_optional(statement, args).await?.ok_or(StoreError::NotFound)
    }

    /// Runs one statement in a transaction of its own and answers the rows it changed. For maintenance and tests:
    /// a change that means something belongs in [`Db::transaction`] beside its audit record.
    ///
    /// # Errors
    /// What the database says.
    pub async fn execute(&self, statement: impl Into<Statement>, args: Vec<Value>) -> Result<u64, StoreError> {
        let (statement, args) = (&statement.into(), &args);
        self.transaction(|tx| Box::pin(async move { tx.execute(statement.clone(), args.clone()).await })).await
    }

    /// Runs a closure in one durable transaction. It may run several times (serialisation failure, deadlock, busy
    /// database), so nothing but the database may be touched inside. An `Err` of the closure rolls back.
    ///
    /// Another transaction of the same store inside the closure would wait for the first, so it is refused.
    ///
    /// # Errors
    /// What the closure answered, or what the database says.
    pub async fn transaction<'a, T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'t> Fn(&'t mut Tx<'a>) -> BoxFuture<'t, Result<T, E>> + Send + Sync + 'a,
        T: Send,
        E: From<StoreError> + Send,
    {
        self.attempts(Way::Free(Isolation::default()), work).await
    }

    /// As [`Db::transaction`], for the few transactions that all change one row, such as the book that numbers are taken
    /// from. Those of this process run one after another and become durable together; on PostgreSQL none waits for a
    /// lock that another holds until the disk has answered. What is done here locks nothing that a transaction outside
    /// the line locks before the same row.
    ///
    /// # Errors
    /// As [`Db::transaction`].
    pub async fn transaction_in_line<'a, T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'t> Fn(&'t mut Tx<'a>) -> BoxFuture<'t, Result<T, E>> + Send + Sync + 'a,
        T: Send,
        E: From<StoreError> + Send,
    {
        self.attempts(Way::InLine, work).await
    }

    /// As [`Db::transaction`] with an isolation of one's own choice.
    ///
    /// # Errors
    /// As [`Db::transaction`].
    pub async fn transaction_at<'a, T, E, F>(&self, isolation: Isolation, work: F) -> Result<T, E>
    where
        F: for<'t> Fn(&'t mut Tx<'a>) -> BoxFuture<'t, Result<T, E>> + Send + Sync + 'a,
        T: Send,
        E: From<StoreError> + Send,
    {
        self.attempts(Way::Free(isolation), work).await
    }

    async fn attempts<'a, T, E, F>(&self, way: Way, work: F) -> Result<T, E>
    where
        F: for<'t> Fn(&'t mut Tx<'a>) -> BoxFuture<'t, Result<T, E>> + Send + Sync + 'a,
        T: Send,
        E: From<StoreError> + Send,
    {
        self.refuse_inside()?;
        let mut attempt = 0;
        loop {
            let mut tx = match self.begin(way, attempt > 0).await {
                Ok(tx) => tx,
                Err(error) if error.is_transient() && attempt + 1 < ATTEMPTS => {
                    self.pause(attempt).await;
                    attempt += 1;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let answer = INSIDE.scope(self.mark(), work(&mut tx)).await;
            let error = match tx.finish(answer).await {
                TxOutcome::Done(value) => return Ok(value),
                TxOutcome::Refused(error) => return Err(error),
                TxOutcome::Again(error) => error,
            };
            if attempt + 1 >= ATTEMPTS {
                return Err(error);
            }
            self.pause(attempt).await;
            attempt += 1;
        }
    }

    /// Marks the store whose transaction a task is in.
    fn mark(&self) -> usize {
        Arc::as_ptr(&self.core) as usize
    }

    /// Inside a transaction of the same store, another one would wait for the first to end: say so instead.
    pub(crate) fn refuse_inside(&self) -> Result<(), StoreError> {
        if INSIDE.try_with(|mark| *mark == self.mark()).unwrap_or(false) {
            return Err(StoreError::Database("a transaction was begun inside another of the same store".to_owned()));
        }
        Ok(())
    }

    async fn begin<'a>(&self, way: Way, alone: bool) -> Result<Tx<'a>, StoreError> {
        let link = match (&self.core.backend, way) {
            (Backend::Sqlite { writer, .. }, _) => Link::Lease(writer.lend(alone).await?),
            (Backend::Postgres { line, .. }, Way::InLine) => Link::Lease(line.lend(alone).await?),
            (Backend::Postgres { pool, .. }, Way::Free(isolation)) => Link::Postgres(match isolation {
                Isolation::ReadCommitted => pool.begin().await?,
                Isolation::Serializable => pool.begin_with("BEGIN ISOLATION LEVEL SERIALIZABLE").await?,
            }),
        };
        Ok(Tx::new(link, self.clone()))
    }

    /// Waits before the next attempt: 1 ms doubling to 128 ms, spread so that losers do not meet again.
    async fn pause(&self, attempt: u32) {
        metrics::counter!("haidang_store_retries_total").increment(1);
        let most = 1_000_u64 << attempt.min(7);
        let [spread] = self.core.ambient.bytes::<1>();
        tokio::time::sleep(Duration::from_micros(most / 2 + most * u64::from(spread) / 512)).await;
    }

    /// A consistent view of the whole database for several reads; writers are not hindered.
    ///
    /// # Errors
    /// What the database says.
    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let link = match &self.core.backend {
            Backend::Sqlite { path, .. } => {
                // A connection of its own: a backup must not take a reader away from the pages.
                let mut connection = options::sqlite_reader(path).connect().await?;
                // A deferred transaction takes its snapshot at the first read.
                sqlx::raw_sql("BEGIN; SELECT count(*) FROM sqlite_master").execute(&mut connection).await?;
                Link::Sqlite(connection)
            }
            Backend::Postgres { pool, .. } => {
                let mut transaction = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
                // The snapshot is taken by the first statement, not by BEGIN; and a backup may pause longer than a
                // request may.
                sqlx::raw_sql("SET LOCAL idle_in_transaction_session_timeout = 0; SELECT 1")
                    .execute(&mut *transaction)
                    .await?;
                Link::Postgres(transaction)
            }
        };
        Ok(Snapshot { link })
    }

    /// Lets the database measure its tables, so that it plans well after a bulk load.
    ///
    /// # Errors
    /// What the database says.
    pub async fn analyze(&self) -> Result<(), StoreError> {
        self.transaction(|tx| Box::pin(async move { tx.raw("ANALYZE".to_owned()).await })).await
    }

    /// Finishes queued writes and closes all connections.
    pub async fn close(&self) {
        match &self.core.backend {
            Backend::Sqlite { readers, writer, memory, .. } => {
                readers.close().await;
                writer.close().await;
                // The memory is free again now, not when the last handle goes.
                if let Some(folder) = memory {
                    let _ = tokio::fs::remove_dir_all(folder.path()).await;
                }
            }
            Backend::Postgres { pool, line, .. } => {
                line.close().await;
                pool.close().await;
            }
        }
    }

    async fn read_all(&self, statement: &Statement, args: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        match &self.core.backend {
            Backend::Sqlite { readers, .. } => {
                Wire::sqlite(&mut *readers.acquire().await?).fetch_all(statement, args).await
            }
            Backend::Postgres { pool, .. } => {
                Wire::postgres(&mut *pool.acquire().await?).fetch_all(statement, args).await
            }
        }
    }

    async fn read_optional(&self, statement: &Statement, args: Vec<Value>) -> Result<Option<Row>, StoreError> {
        match &self.core.backend {
            Backend::Sqlite { readers, .. } => {
                Wire::sqlite(&mut *readers.acquire().await?).fetch_optional(statement, args).await
            }
            Backend::Postgres { pool, .. } => {
                Wire::postgres(&mut *pool.acquire().await?).fetch_optional(statement, args).await
            }
        }
    }
}

/// A consistent view of the database at one moment; see [`Db::snapshot`].
pub struct Snapshot {
    pub(crate) link: Link,
}

impl Snapshot {
    /// All rows of a read.
    ///
    /// # Errors
    /// What the database says.
    pub async fn fetch_all(
        &mut self,
        statement: impl Into<Statement>,
        args: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        self.link.wire()?.fetch_all(&statement.into(), args).await
    }

    /// The first row of a read, if any.
    ///
    /// # Errors
    /// What the database says.
    pub async fn fetch_optional(
        &mut self,
        statement: impl Into<Statement>,
        args: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        self.link.wire()?.fetch_optional(&statement.into(), args).await
    }

    /// The first row of a read.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none.
    pub async fn fetch_one(&mut self, statement: impl Into<Statement>, args: Vec<Value>) -> Result<Row, StoreError> {
        self.fetch_optional(statement, args).await?.ok_or(StoreError::NotFound)
    }
}

async fn open_sqlite(path: PathBuf, memory: Option<TempDir>, readers: u32) -> Result<Backend, StoreError> {
    let write = options::sqlite_writer(&path);
    let writer = Writer::start(write.connect().await?, write);
    let readers = SqlitePoolOptions::new()
        .max_connections(readers.clamp(1, 4))
        .test_before_acquire(false)
        .max_lifetime(None)
        .idle_timeout(None)
        .acquire_timeout(Duration::from_secs(10))
        .connect_lazy_with(options::sqlite_reader(&path));
    Ok(Backend::Sqlite { readers, writer, path, memory })
}

async fn create_schema(pool: &PgPool, name: &str) -> Result<(), StoreError> {
    let text = format!("CREATE SCHEMA IF NOT EXISTS {}", options::plain_name(name)?);
    match sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(pool).await {
        Ok(_) => Ok(()),
        // Two processes may create it at once; the loser sees a unique violation in the catalogue.
        Err(error) => match StoreError::from(error) {
            StoreError::Unique(_) => Ok(()),
            other => Err(other),
        },
    }
}
