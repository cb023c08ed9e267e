//! Verification of an export without its city: digests of tables and files, the audit chain, and what a room adds.

use super::archive::Reader;
use super::export::PUBLIC_KEY;
use super::lines::{Tally, gone, write_table};
use super::manifest::Manifest;
use super::restore::{blocking, compare};
use crate::checkpoint::parse_key;
use crate::db::Db;
use crate::verify::{Report, verify};
use crate::{CHECKPOINTS, Evidence, Migration, Options, StoreError};
use std::path::Path;
use tokio::sync::mpsc;

/// Tables the audit chain rests on.
const AUDIT: [&str; 5] = ["store_audit", "store_audit_subject", "store_audit_open", "store_chain", "store_chain_head"];

/// What the verification of an export found.
#[derive(Debug, Clone)]
pub struct ExportReport {
    /// What the export says about itself; all of it was compared.
    pub manifest: Manifest,
    /// The audit chain.
    pub audit: Report,
    /// Whether checkpoints that came from outside the export were used. Without them the export proves only that it
    /// agrees with itself.
    pub external: bool,
}

/// Verifies an export offline: every table's count and digest, every file, and the audit chain against the
/// checkpoints given, or else against those in the export.
///
/// # Errors
/// [`StoreError::Corrupt`] when a table or a file is damaged; what is wrong with the chain is in the report.
pub async fn verify_export(file: &Path, evidence: Option<&Evidence>) -> Result<ExportReport, StoreError> {
    let (report, ()) = verify_export_with(file, evidence, &[], &[], async |_| Ok(())).await?;
    Ok(report)
}

/// The same, with more that can be proven from the file: the named tables of these rooms are loaded beside the chain,
/// and `more` looks at the database that holds them for so long.
///
/// # Errors
/// As [`verify_export`], and what `more` says.
pub async fn verify_export_with<T>(
    file: &Path,
    evidence: Option<&Evidence>,
    rooms: &[(&str, &[Migration])],
    tables: &[&str],
    more: impl AsyncFnOnce(&Db) -> Result<T, StoreError>,
) -> Result<(ExportReport, T), StoreError> {
    let (manifest, inside) = digests(file).await?;
    let folder = tempfile::tempdir()?;
    let db = Db::open(&format!("sqlite:{}", folder.path().join("audit.sqlite").display()), Options::default()).await?;
    let found = async {
        crate::migrate(&db, rooms).await?;
        load(&db, file, &manifest, tables).await?;
        let audit = verify(&db, evidence.or(inside.as_ref())).await?;
        Ok((audit, more(&db).await?))
    };
    let found: Result<_, StoreError> = found.await;
    db.close().await;
    let (audit, more) = found?;
    Ok((ExportReport { manifest, audit, external: evidence.is_some() }, more))
}

/// Compares what the file says about its tables and files, and answers that with the checkpoints that travel in it.
async fn digests(file: &Path) -> Result<(Manifest, Option<Evidence>), StoreError> {
    let path = file.to_owned();
    blocking(move || {
        let mut reader = Reader::open(&path)?;
        let manifest = reader.manifest()?;
        for table in &manifest.tables {
            let mut tally = Tally::default();
            reader.lines(&table.name, |piece| {
                for line in piece.split_inclusive(|byte| *byte == b'\n') {
                    tally.add(line);
                }
                Ok(())
            })?;
            let (rows, sha256) = tally.finish();
            compare(table, rows, &sha256)?;
        }
        let (files, bytes) = reader.blobs(None, &|_, _| {})?;
        if (files, bytes) != (manifest.blobs.files, manifest.blobs.bytes) {
            return Err(StoreError::Corrupt(format!(
                "the manifest names {} files, {files} are there",
                manifest.blobs.files
            )));
        }
        let inside = match (reader.text(CHECKPOINTS)?, reader.text(PUBLIC_KEY)?) {
            (Some(text), Some(key)) => Some(Evidence::parse(&text, parse_key(&key)?)),
            _ => None,
        };
        Ok((manifest, inside))
    })
    .await
}

/// Loads the tables of the chain, and more if named, into a database that lives as long as the verification.
async fn load(db: &Db, file: &Path, manifest: &Manifest, more: &[&str]) -> Result<(), StoreError> {
    let wanted = |name: &str| AUDIT.contains(&name) || more.contains(&name);
    db.transaction(|tx| {
        Box::pin(async move {
            for table in manifest.tables.iter().filter(|table| wanted(&table.name)) {
                let (sender, mut pieces) = mpsc::channel(super::archive::UNDER_WAY);
                let (path, name) = (file.to_owned(), table.name.clone());
                let reading = tokio::task::spawn_blocking(move || {
                    Reader::open(&path)?.lines(&name, |piece| sender.blocking_send(piece).map_err(|_| gone()))
                });
                write_table(tx, &table.table(), &mut pieces, &|_, _| {}).await?;
                reading.await.unwrap_or_else(|_| Err(gone()))?;
            }
            Ok(())
        })
    })
    .await
}
