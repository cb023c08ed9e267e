//! The message log: every message signed by the member it is of, chained, durable before it goes on, and time stamped
//! together with others; from it evidence containers are made whenever somebody asks.
//!
//! A message is signed once, when it passes (`recording`). Those that arrive together are written in one transaction
//! (`writing`); the row of the chain is locked meanwhile, so that several processes on one database write one chain.
//! `stamping` puts what is not stamped yet under one time stamp. `exporting` makes containers, `checking` walks the whole
//! log and says where it was changed.

mod checking;
mod exporting;
mod leaves;
pub mod model;
mod notary;
mod peers;
mod proving;
mod recording;
mod sealing;
pub mod sql;
mod stamping;
mod writing;

pub use checking::{Broken, CheckError, Checked, Judging, Wrong, check};
pub use notary::{MemberSigner, Notary, NotaryError};
pub use stamping::{Stamped, StampingError, StampingState};

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use haidang_kernel::ambient::Ambient;
use haidang_kernel::chain::Hash as Link;
use haidang_signing::Sealer;
use haidang_store::{Blobs, Db, StoreError, args};
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::operations::Operations;
use crate::proxy::OperationalLog;
use crate::usage::UsageLog;

/// Migrations of this room, oldest first.
pub const MIGRATIONS: &[haidang_store::Migration] = haidang_store::migrations![
    "0001_create_message",
    "0002_create_batch",
    "0003_create_peer_request",
    "0004_create_usage",
    "0005_create_registry",
    "0006_create_operation"
];

/// Messages that may wait to be written; those after them wait to be handed over.
const MOST_WAITING: usize = 4096;

/// How time is proved, and where containers are put together.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Time between two batches; X-Road's `timeStampingIntervalSeconds`, 60 to 86,400 s.
    pub interval: Duration,
    /// For how long stamping may fail before messages are refused.
    pub longest_failure: Duration,
    /// Most messages under one stamp; above 0.
    pub most_in_a_batch: u32,
    /// Folder of containers while they are made; they have no name in it.
    pub folder: PathBuf,
    /// Records of operation that are kept in memory.
    pub records: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(60),
            longest_failure: Duration::from_secs(14_400),
            most_in_a_batch: 10_000,
            folder: std::env::temp_dir(),
            records: OperationalLog::USUAL,
        }
    }
}

/// What the log is made from.
pub struct Parts {
    /// Its records.
    pub db: Db,
    /// Large bodies.
    pub blobs: Blobs,
    /// Clock and ids.
    pub ambient: Ambient,
    /// Seals what messages say.
    pub sealer: Sealer,
    /// Keys and time stamps.
    pub notary: Arc<dyn Notary>,
    /// The rest.
    pub settings: Settings,
}

/// The message log of an exchange. Cheap to clone.
#[derive(Clone)]
pub struct MessageLog(Arc<Inner>);

/// By the fingerprint of a certificate: when its authority was asked, and what it said.
type Statuses = HashMap<Vec<u8>, (Timestamp, Vec<u8>)>;

struct Inner {
    parts: Parts,
    queue: Mutex<Option<mpsc::Sender<writing::Waiting>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    operational: OperationalLog,
    operations: OnceLock<Operations>,
    /// Since when stamping fails, in microseconds since 1970; 0 while it works.
    failing_since: AtomicI64,
    stamping: tokio::sync::Mutex<()>,
    /// What was said of certificates that sign for other exchanges.
    statuses: Mutex<Statuses>,
    /// When requests of other exchanges were last forgotten, in microseconds since 1970.
    forgotten: AtomicI64,
    usage: UsageLog,
}

impl MessageLog {
    /// Opens the log and begins to write. Its tables must be there.
    ///
    /// # Errors
    /// What the database says.
    pub async fn open(parts: Parts) -> Result<Self, StoreError> {
        parts.db.execute(sql::BEGIN_CHAIN, args![Link::GENESIS.to_string()]).await?;
        let (queue, waiting) = mpsc::channel(MOST_WAITING);
        let writer = tokio::spawn(writing::write(parts.db.clone(), waiting));
        let usage = UsageLog::new(parts.db.clone(), parts.ambient.clone(), parts.sealer.clone());
        let log = Self(Arc::new(Inner {
            operational: OperationalLog::new(parts.settings.records),
            operations: OnceLock::new(),
            parts,
            queue: Mutex::new(Some(queue)),
            writer: Mutex::new(Some(writer)),
            failing_since: AtomicI64::new(0),
            stamping: tokio::sync::Mutex::new(()),
            statuses: Mutex::default(),
            forgotten: AtomicI64::new(0),
            usage,
        }));
        log.look_for_failure().await?;
        Ok(log)
    }

    /// Hands every operational record on to be kept, from now on. The first word counts.
    pub fn keep_operations(&self, operations: Operations) {
        let _ = self.0.operations.set(operations);
    }

    /// What the people concerned learn of messages. Whoever runs the log runs this as well ([`UsageLog::run`]).
    pub fn usage(&self) -> &UsageLog {
        &self.0.usage
    }

    /// Takes no more messages and waits until those taken are written.
    pub async fn close(&self) {
        drop(self.0.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        let writer = self.0.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer
            && let Err(error) = writer.await
        {
            tracing::error!(error = %error, "the writer of the message log stopped");
        }
    }
}
