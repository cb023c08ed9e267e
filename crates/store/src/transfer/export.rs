//! Backup while serving.

use super::archive::{self, MANIFEST, Order, UNDER_WAY, blob_entry, order, table_entry};
use super::lines::{Sink, read_table};
use super::manifest::{BlobsDigest, FORMAT, Manifest, TableDigest, strangers};
use crate::db::{Db, Snapshot};
use crate::{Blobs, CHECKPOINTS, StoreError, args, sql};
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;

/// Files listed at a time.
const PAGE: i64 = 1000;

/// Where the signed checkpoints and their public key are, to travel with an export.
#[derive(Debug, Clone)]
pub struct Checkpoints {
    /// Folder of the checkpoints.
    pub folder: PathBuf,
    /// The key file; its `.pub` neighbour travels.
    pub key_file: PathBuf,
}

/// Name of the public key in an export.
pub(crate) const PUBLIC_KEY: &str = "audit-checkpoints.pub";

/// Writes a consistent export of the whole city while it serves, with constant memory. The file appears under its
/// name only when it is complete and synced.
///
/// # Errors
/// [`StoreError::Configuration`] when the database has a table or column that no migration defines (it would be
/// lost), [`StoreError::Corrupt`] when a file is missing or was changed; otherwise what database and disk say.
pub async fn export(
    db: &Db,
    blobs: Option<&Blobs>,
    checkpoints: Option<&Checkpoints>,
    file: &Path,
    progress: super::Progress<'_>,
) -> Result<Manifest, StoreError> {
    let schema = db.schema()?;
    let strangers = strangers(db, &schema).await?;
    if !strangers.is_empty() {
        return Err(StoreError::Configuration(format!(
            "not in the migrations or not in the database: {}",
            strangers.join(", ")
        )));
    }
    let partial = file.with_extension("partial");
    let (orders, receiver) = mpsc::channel(UNDER_WAY);
    let path = partial.clone();
    let thread = tokio::task::spawn_blocking(move || archive::write(&path, receiver));
    let given = give(db, blobs, checkpoints, orders, progress).await;
    let written = thread.await.unwrap_or_else(|_| Err(super::lines::gone()));
    // The thread's error is the cause when both failed.
    let manifest = match (written, given) {
        (Ok(()), Ok(manifest)) => manifest,
        (Err(error), _) | (_, Err(error)) => {
            let _ = tokio::fs::remove_file(&partial).await;
            return Err(error);
        }
    };
    tokio::fs::rename(&partial, file).await?;
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        crate::blobs::sync_folder(folder).await?;
    }
    Ok(manifest)
}

async fn give(
    db: &Db,
    blobs: Option<&Blobs>,
    checkpoints: Option<&Checkpoints>,
    orders: mpsc::Sender<Order>,
    progress: super::Progress<'_>,
) -> Result<Manifest, StoreError> {
    // Checkpoints first: one signed after the snapshot would speak of records that are not in the export.
    if let Some(checkpoints) = checkpoints {
        give_checkpoints(checkpoints, &orders).await?;
    }
    let made_at = db.ambient().now();
    let mut snapshot = db.snapshot().await?;
    let migrations = crate::migrate::applied(db).await?;
    let mut tables = Vec::new();
    for table in &db.schema()?.tables {
        order(&orders, Order::Begin(table_entry(&table.name))).await?;
        let (sender, mut pieces) = mpsc::channel(UNDER_WAY);
        let forward = async {
            while let Some(piece) = pieces.recv().await {
                order(&orders, Order::Bytes(piece)).await?;
            }
            Ok::<(), StoreError>(())
        };
        let read = async {
            let read = read_table(&mut snapshot.link, table, Sink::Channel(&sender), progress).await;
            drop(sender);
            read
        };
        let (read, forwarded) = futures_util::future::join(read, forward).await;
        forwarded?;
        let (rows, sha256) = read?;
        tables.push(TableDigest::of(table, rows, sha256));
    }
    let blobs = match blobs {
        Some(blobs) => give_blobs(&mut snapshot, blobs, &orders, progress).await?,
        None => BlobsDigest::default(),
    };
    let manifest = Manifest { format: FORMAT.to_owned(), made_at, migrations, tables, blobs };
    order(&orders, Order::Begin(MANIFEST.to_owned())).await?;
    order(&orders, Order::Bytes(serde_json::to_vec_pretty(&manifest)?)).await?;
    Ok(manifest)
}

async fn give_checkpoints(checkpoints: &Checkpoints, orders: &mpsc::Sender<Order>) -> Result<(), StoreError> {
    for (name, path) in
        [(CHECKPOINTS, checkpoints.folder.join(CHECKPOINTS)), (PUBLIC_KEY, checkpoints.key_file.with_extension("pub"))]
    {
        match tokio::fs::read(&path).await {
            Ok(bytes) => {
                order(orders, Order::Begin(name.to_owned())).await?;
                order(orders, Order::Bytes(bytes)).await?;
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

async fn give_blobs(
    snapshot: &mut Snapshot,
    blobs: &Blobs,
    orders: &mpsc::Sender<Order>,
    progress: super::Progress<'_>,
) -> Result<BlobsDigest, StoreError> {
    let mut digest = BlobsDigest { included: true, ..BlobsDigest::default() };
    let mut after = String::new();
    let mut prefix = None;
    loop {
        let rows = snapshot.fetch_all(sql::BLOBS_AFTER, args![&after, PAGE]).await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            let name = row.text("sha256")?;
            let size = u64::try_from(row.integer("size")?).unwrap_or(0);
            let first = u8::from_str_radix(name.get(..2).unwrap_or_default(), 16)
                .map_err(|_| StoreError::Corrupt("a file has no digest for a name".to_owned()))?;
            if prefix != Some(first) {
                if prefix.is_some() {
                    order(orders, Order::EndArchive).await?;
                }
                order(orders, Order::BeginStored(blob_entry(first))).await?;
                prefix = Some(first);
            }
            let path = blobs.path(&name)?;
            order(orders, Order::Member { name: name.clone(), path, size }).await?;
            digest.files += 1;
            digest.bytes += size;
            progress("blobs", digest.files);
            after = name;
        }
    }
    if prefix.is_some() {
        order(orders, Order::EndArchive).await?;
    }
    Ok(digest)
}
