//! Links audit records into one hash chain within a second of their commit, and signs a checkpoint each minute.
//!
//! The chain is not part of each transaction, because its head would let only one of them run at a time. One sealer
//! takes the records that wait, in batches; if two processes seal at once, the head moves for one of them only.

use crate::checkpoint::{Checkpoint, CheckpointWriter};
use crate::db::Db;
use crate::{Row, Stop, StoreError, Value, args, sql};
use haidang_kernel::chain::{self, Frontier, Hash};
use std::time::Duration;

/// Records sealed in one transaction.
const BATCH: i64 = 512;
/// Pause between looks for unsealed records.
const LOOK: Duration = Duration::from_millis(250);
/// Pause between checkpoints.
const CHECKPOINT: Duration = Duration::from_secs(60);

/// The chain as of its newest link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Records in the chain.
    pub size: u64,
    /// The newest link.
    pub link: Hash,
    /// Merkle tree over the hashes of the records.
    pub frontier: Frontier,
}

impl Head {
    fn empty() -> Self {
        Self { size: 0, link: Hash::GENESIS, frontier: Frontier::new() }
    }

    pub(crate) fn from_row(row: &Row) -> Result<Self, StoreError> {
        let size =
            u64::try_from(row.integer("size")?).map_err(|_| StoreError::Corrupt("size of the chain".to_owned()))?;
        Ok(Self { size, link: hash(row, "link")?, frontier: row.json("frontier")? })
    }
}

pub(crate) fn hash(row: &Row, column: &str) -> Result<Hash, StoreError> {
    let bytes: Result<[u8; 32], _> = row.bytes(column)?.try_into();
    bytes.map(Hash).map_err(|_| StoreError::Corrupt(format!("{column} is no digest")))
}

fn number(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

/// Seals audit records and writes checkpoints.
pub struct Sealer {
    db: Db,
    checkpoints: Option<CheckpointWriter>,
    signed: u64,
}

impl Sealer {
    /// A sealer of this store; without a writer no checkpoints are signed (tests, short commands).
    pub fn new(db: Db, checkpoints: Option<CheckpointWriter>) -> Self {
        Self { db, checkpoints, signed: 0 }
    }

    /// Seals everything that waits now and answers how many records that were.
    ///
    /// # Errors
    /// What the database says.
    pub async fn seal(&self) -> Result<u64, StoreError> {
        let mut sealed = 0;
        // A look on the readers first: an idle sealer must not take the writer four times a second.
        while self.db.fetch_optional(sql::ANY_OPEN, args![]).await?.is_some() {
            let batch = self.batch().await?;
            if batch == 0 {
                break;
            }
            sealed += batch;
        }
        Ok(sealed)
    }

    async fn batch(&self) -> Result<u64, StoreError> {
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    let empty = Head::empty();
                    let frontier = serde_json::to_string(&empty.frontier)?;
                    let head = match tx.lock_optional(sql::HEAD, args![]).await? {
                        Some(row) => Head::from_row(&row)?,
                        None => {
                            tx.execute(sql::FIRST_HEAD, args![empty.link.0.to_vec(), frontier]).await?;
                            Head::from_row(&tx.lock_one(sql::HEAD, args![]).await?)?
                        }
                    };
                    let old = head.size;
                    let mut next = head;
                    let mut rows: Vec<Vec<Value>> = Vec::new();
                    for row in tx.fetch_all(sql::OPEN_RECORDS, args![BATCH]).await? {
                        let record = hash(&row, "hash")?;
                        next.size += 1;
                        next.link = chain::link(&next.link, &record);
                        next.frontier.push(&record);
                        rows.push(args![number(next.size), row.text("audit")?, next.link.0.to_vec()]);
                    }
                    if rows.is_empty() {
                        return Ok(0);
                    }
                    tx.insert_rows(sql::INSERT_CHAIN, rows, "").await?;
                    tx.execute(sql::CLOSE_RECORDS, args![number(old), number(next.size)]).await?;
                    let frontier = serde_json::to_string(&next.frontier)?;
                    let args = args![number(old), number(next.size), next.link.0.to_vec(), frontier];
                    if tx.execute(sql::MOVE_HEAD, args).await? == 0 {
                        return Err(tx.again("another sealer was first"));
                    }
                    Ok(next.size - old)
                })
            })
            .await
    }

    /// Signs a checkpoint when the chain has grown since the last one of this sealer.
    ///
    /// # Errors
    /// What the database or the file system says.
    pub async fn checkpoint(&mut self) -> Result<Option<Checkpoint>, StoreError> {
        let Some(writer) = &self.checkpoints else { return Ok(None) };
        let Some(row) = self.db.fetch_optional(sql::HEAD, args![]).await? else { return Ok(None) };
        let head = Head::from_row(&row)?;
        if head.size == self.signed {
            return Ok(None);
        }
        let at = self.db.ambient().now().as_microsecond();
        let checkpoint = writer.append(head.size, head.frontier.root(), head.link, at)?;
        self.signed = head.size;
        Ok(Some(checkpoint))
    }

    /// Seals and signs until told to stop, and once more then.
    pub async fn run(mut self, mut stop: Stop) {
        let mut minute = tokio::time::interval(CHECKPOINT);
        minute.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let answer = tokio::select! {
                _ = look.tick() => self.seal().await.map(drop),
                _ = minute.tick() => self.checkpoint().await.map(drop),
                () = stop.wait() => break,
            };
            if let Err(error) = answer {
                metrics::counter!("haidang_store_sealer_errors_total").increment(1);
                tracing::error!(error = %error, "sealer");
            }
        }
        let last = async {
            self.seal().await?;
            self.checkpoint().await
        };
        if let Err(error) = last.await {
            tracing::error!(error = %error, "sealer at shutdown");
        }
    }
}
