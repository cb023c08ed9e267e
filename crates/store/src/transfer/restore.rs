//! Restore into an empty city, of either database.

use super::archive::{Reader, UNDER_WAY};
use super::lines::{Sink, gone, read_table, write_table};
use super::manifest::{Manifest, TableDigest};
use crate::db::Db;
use crate::tx::Tx;
use crate::{Blobs, Filter, StoreError, args};
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;

/// Restores an export into a migrated database that holds no row yet. All rows become visible together; each table
/// is read back and its count and digest compared before the commit.
///
/// # Errors
/// [`StoreError::Configuration`] when the database is not empty or does not know a migration of the export,
/// [`StoreError::Corrupt`] when the export is damaged; nothing is changed then, except that files may have been put.
pub async fn restore(
    db: &Db,
    blobs: Option<&Blobs>,
    file: &Path,
    progress: super::Progress<'_>,
) -> Result<Manifest, StoreError> {
    let path = file.to_owned();
    let manifest = blocking(move || Reader::open(&path)?.manifest()).await?;
    manifest.fits(&crate::migrate::applied(db).await?)?;
    refuse_full(db).await?;
    if let (Some(blobs), true) = (blobs, manifest.blobs.included) {
        put_blobs(blobs, file, &manifest).await?;
    }
    let (manifest_ref, file) = (&manifest, &file.to_owned());
    let restored: Result<(), StoreError> = db
        .transaction(|tx| {
            Box::pin(async move {
                tx.be_patient().await?;
                for table in &manifest_ref.tables {
                    table_from_file(tx, table, file.clone(), progress).await?;
                }
                Ok(())
            })
        })
        .await;
    restored?;
    db.analyze().await?;
    Ok(manifest)
}

/// Refuses a database that holds any row.
pub(crate) async fn refuse_full(db: &Db) -> Result<(), StoreError> {
    for table in &db.schema()?.tables {
        let (statement, _) = Filter::raw(format!("SELECT 1 AS one FROM {} LIMIT 1", table.name)).build();
        if db.fetch_optional(statement, args![]).await?.is_some() {
            return Err(StoreError::Configuration(format!("the database is not empty: {} has rows", table.name)));
        }
    }
    Ok(())
}

async fn put_blobs(blobs: &Blobs, file: &Path, manifest: &Manifest) -> Result<(), StoreError> {
    let (blobs, path) = (blobs.clone(), file.to_owned());
    let (files, bytes) = blocking(move || Reader::open(&path)?.blobs(Some(&blobs), &|_, _| {})).await?;
    if (files, bytes) != (manifest.blobs.files, manifest.blobs.bytes) {
        return Err(StoreError::Corrupt(format!("the manifest names {} files, {files} came", manifest.blobs.files)));
    }
    Ok(())
}

async fn table_from_file(
    tx: &mut Tx<'_>,
    expected: &TableDigest,
    file: PathBuf,
    progress: super::Progress<'_>,
) -> Result<(), StoreError> {
    let table = expected.table();
    let (sender, mut pieces) = mpsc::channel(UNDER_WAY);
    let name = expected.name.clone();
    let reading = tokio::task::spawn_blocking(move || {
        Reader::open(&file)?.lines(&name, |piece| sender.blocking_send(piece).map_err(|_| gone()))
    });
    let written = write_table(tx, &table, &mut pieces, progress).await;
    drop(pieces);
    let read = reading.await.unwrap_or_else(|_| Err(gone()));
    let (rows, sha256) = written?;
    read?;
    compare(expected, rows, &sha256)?;
    let (rows, sha256) = read_table(tx.link(), &table, Sink::Nowhere, &|_, _| {}).await?;
    compare(expected, rows, &sha256)
}

/// Compares what came with what was promised.
pub(crate) fn compare(expected: &TableDigest, rows: u64, sha256: &str) -> Result<(), StoreError> {
    if expected.rows == rows && expected.sha256 == sha256 {
        return Ok(());
    }
    Err(StoreError::Corrupt(format!(
        "{}: {} rows with digest {} expected, {rows} with {sha256} found",
        expected.name, expected.rows, expected.sha256
    )))
}

/// Runs blocking work on a thread of its own.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(gone()))
}
