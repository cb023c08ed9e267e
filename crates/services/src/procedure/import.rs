//! Versions of a pack into the database, whole or not at all, and the same pack twice changes nothing.
//!
//! A case pins its version for life (`<code>/v<N>`), so what a version says must outlive the folder it came from: the
//! files are stored with their digest. A directory that changed after a case had pinned it is not taken over; the
//! stored version stands and the change is told, for it needs a number of its own.

use super::Catalogue;
use super::listed::{self, ListedRow, read_listed};
use super::load::load_files;
use super::model::State;
use super::pack::{Pack, version_directory};
use super::source::Files;
use super::version::Version;
use crate::sql;
use haidang_store::{ActorRef, AuditEntry, Db, StoreError, Value, args};
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Name under which the line of a listed procedure is stored.
const LISTED_LINE: &str = "listed.json";

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// Versions that are new.
    pub added: Vec<String>,
    /// Versions that nobody had pinned and that were corrected.
    pub corrected: Vec<String>,
    /// Versions that changed in the folder although cases pin them: the stored ones stand.
    pub kept: Vec<String>,
    /// Stored versions that the folder no longer has; their cases go on.
    pub absent: Vec<String>,
}

impl Imported {
    /// Whether the database already held all of it.
    pub fn is_unchanged(&self) -> bool {
        self.added.is_empty() && self.corrected.is_empty()
    }
}

/// Why an import did not happen; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file of the pack cannot be stored or read again.
    #[error("{0}")]
    Files(String),
    /// What the database says.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Brings the pack's versions into the database and gives back the catalogue that holds from now on: the pack's
/// versions, and of every version that is pinned or no longer in the pack the stored one.
///
/// # Errors
/// [`ImportError`]; the database is then as before.
pub async fn import(db: &Db, folder: &Path, pack: &Pack) -> Result<(Arc<Catalogue>, Imported), ImportError> {
    let stored: BTreeMap<String, String> = db
        .fetch_all(sql::version::DIGESTS, args![])
        .await?
        .iter()
        .map(|row| Ok((row.text("id")?, row.text("sha256")?)))
        .collect::<Result<_, StoreError>>()?;
    let mut imported = Imported::default();
    for version in pack.catalogue.all() {
        match stored.get(&version.id) {
            None => imported.added.push(version.id.clone()),
            Some(digest) if *digest == version.sha256 => {}
            Some(_) if db.fetch_optional(sql::version::PINNED, args![&version.id]).await?.is_some() => {
                imported.kept.push(version.id.clone());
            }
            Some(_) => imported.corrected.push(version.id.clone()),
        }
    }
    imported.absent = stored.keys().filter(|id| pack.catalogue.by_id(id).is_none()).cloned().collect();
    if !imported.is_unchanged() {
        write(db, folder, pack, &imported).await?;
    }
    if imported.kept.is_empty() && imported.absent.is_empty() {
        return Ok((Arc::clone(&pack.catalogue), imported));
    }
    let mut versions = Vec::new();
    for id in imported.kept.iter().chain(&imported.absent) {
        let files = db.fetch_one(sql::version::FILES, args![id]).await?;
        versions.push(restore(id, files.json("files")?)?);
    }
    let replaced: BTreeSet<&String> = imported.kept.iter().collect();
    versions.extend(
        pack.catalogue.all().filter(|version| !replaced.contains(&version.id)).map(|version| (**version).clone()),
    );
    Ok((Arc::new(Catalogue::new(versions)), imported))
}

async fn write(db: &Db, folder: &Path, pack: &Pack, imported: &Imported) -> Result<(), ImportError> {
    let listed = listed_lines(folder)?;
    let mut rows: Vec<Vec<Value>> = Vec::new();
    let now = db.ambient().now();
    for id in imported.added.iter().chain(&imported.corrected) {
        let Some(version) = pack.catalogue.by_id(id) else { continue };
        let procedure = &version.procedure;
        let files = match listed.get(&procedure.code).filter(|_| !version_directory(folder, id).is_dir()) {
            Some(line) => json!({ LISTED_LINE: line }),
            None => directory(&version_directory(folder, id))?,
        };
        rows.push(args![
            id,
            &procedure.code,
            i64::from(procedure.version),
            &procedure.name,
            match version.state {
                State::Published => "published",
                State::Listed => "listed",
            },
            procedure.effective.from,
            procedure.effective.to,
            &version.sha256,
            files,
            now,
        ]);
    }
    let detail = json!({ "added": imported.added.len(), "corrected": imported.corrected, "kept": imported.kept });
    let entry =
        AuditEntry::mutation("pack.imported", ActorRef::system()).object("pack", &pack.city.code).detail(detail);
    db.transaction(move |tx| {
        let (rows, entry) = (rows.clone(), entry.clone());
        Box::pin(async move {
            tx.insert_rows(sql::version::INSERT, rows, sql::version::REPLACE).await?;
            tx.audit(entry).await?;
            Ok::<(), StoreError>(())
        })
    })
    .await?;
    Ok(())
}

/// The files of a version directory as JSON: path → text.
fn directory(path: &Path) -> Result<Json, ImportError> {
    let files = Files::read(path).map_err(ImportError::Files)?;
    let mut object = Map::new();
    for (name, bytes) in files.0 {
        let text = String::from_utf8(bytes)
            .map_err(|_| ImportError::Files(format!("{}: {name} is not text", path.display())))?;
        object.insert(name, Json::String(text));
    }
    Ok(Json::Object(object))
}

/// The lines of `listed.csv` by code, each as an object of its columns.
fn listed_lines(folder: &Path) -> Result<BTreeMap<String, Json>, ImportError> {
    let file = folder.join("procedures/listed.csv");
    if !file.is_file() {
        return Ok(BTreeMap::new());
    }
    let shown = file.display().to_string();
    let text = std::fs::read_to_string(&file).map_err(|error| ImportError::Files(format!("{shown}: {error}")))?;
    let rows =
        read_listed(&text).map_err(|(line, message)| ImportError::Files(format!("{shown}:{line}: {message}")))?;
    Ok(rows.into_iter().map(|row| (row.code.clone(), line(&row))).collect())
}

fn line(row: &ListedRow) -> Json {
    json!({
        "code": row.code, "name": row.name, "field": row.field, "level": row.level,
        "processing_time": row.processing_time, "channel": row.channel, "fee": row.fee,
        "fee_online": row.fee_online, "decision": row.decision, "source": row.source, "note": row.note,
    })
}

/// A version out of its stored files; the lint has passed it when it was imported.
fn restore(id: &str, files: Map<String, Json>) -> Result<Version, ImportError> {
    let broken = |message: String| ImportError::Files(format!("stored version {id}: {message}"));
    if let Some(line) = files.get(LISTED_LINE) {
        let row: ListedRow = serde_json::from_value(line.clone()).map_err(|error| broken(error.to_string()))?;
        return listed::version(&row, id).map(|(version, _)| version).map_err(broken);
    }
    let texts = files.into_iter().filter_map(|(name, text)| Some((name, text.as_str()?.as_bytes().to_vec())));
    load_files(id, &Files(texts.collect())).map(|(version, _)| version).map_err(|error| broken(error.to_string()))
}
