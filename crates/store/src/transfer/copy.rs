//! From one database to another, such as from SQLite to PostgreSQL when a city grows.

use super::archive::UNDER_WAY;
use super::lines::{Sink, read_table, write_table};
use super::manifest::{TableDigest, strangers};
use super::restore::{compare, refuse_full};
use crate::StoreError;
use crate::db::Db;
use tokio::sync::mpsc;

/// Copies every row of one migrated database into another, empty and migrated one, in one transaction there, and
/// compares counts and digests of each table as read from both. Answers them for the record.
///
/// # Errors
/// [`StoreError::Configuration`] when the target is not empty or the source has what no migration defines,
/// [`StoreError::Corrupt`] when a table came out different; the target is unchanged then.
pub async fn copy_db(from: &Db, to: &Db, progress: super::Progress<'_>) -> Result<Vec<TableDigest>, StoreError> {
    let schema = from.schema()?;
    if *schema != *to.schema()? {
        return Err(StoreError::Configuration("the two databases were migrated by different versions".to_owned()));
    }
    let strangers = strangers(from, &schema).await?;
    if !strangers.is_empty() {
        return Err(StoreError::Configuration(format!("not in the migrations: {}", strangers.join(", "))));
    }
    refuse_full(to).await?;
    let schema = &schema;
    let copied: Result<Vec<TableDigest>, StoreError> = to
        .transaction(|tx| {
            Box::pin(async move {
                tx.be_patient().await?;
                let mut snapshot = from.snapshot().await?;
                let mut done = Vec::with_capacity(schema.tables.len());
                for table in &schema.tables {
                    let (sender, mut pieces) = mpsc::channel(UNDER_WAY);
                    let read = async {
                        let read = read_table(&mut snapshot.link, table, Sink::Channel(&sender), &|_, _| {}).await;
                        drop(sender);
                        read
                    };
                    let write = async {
                        let written = write_table(tx, table, &mut pieces, progress).await;
                        drop(pieces);
                        written
                    };
                    let (read, written) = futures_util::future::join(read, write).await;
                    written?;
                    let (rows, sha256) = read?;
                    let source = TableDigest::of(table, rows, sha256);
                    let (rows, sha256) = read_table(tx.link(), table, Sink::Nowhere, &|_, _| {}).await?;
                    compare(&source, rows, &sha256)?;
                    done.push(source);
                }
                Ok(done)
            })
        })
        .await;
    let copied = copied?;
    to.analyze().await?;
    Ok(copied)
}
