//! What an export says about itself.

use crate::db::Db;
use crate::schema::{ColumnKind, Schema, Table};
use crate::{StoreError, args, sql};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Version of the form.
pub(crate) const FORMAT: &str = "haidang export 1";

/// One table of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableDigest {
    /// Name of the table.
    pub name: String,
    /// Columns with their kinds, in the order of the lines.
    pub columns: Vec<(String, ColumnKind)>,
    /// Columns of the primary key; lines are sorted by them, bytes before bytes.
    pub key: Vec<String>,
    /// Rows.
    pub rows: u64,
    /// SHA-256 over all lines, hex.
    pub sha256: String,
}

impl TableDigest {
    /// The table with the columns this export knows, for reading or writing it.
    pub(crate) fn table(&self) -> Table {
        Table {
            name: self.name.clone(),
            columns: self
                .columns
                .iter()
                .map(|(name, kind)| crate::Column { name: name.clone(), kind: *kind })
                .collect(),
            key: self.key.clone(),
            refers: BTreeSet::new(),
        }
    }

    pub(crate) fn of(table: &Table, rows: u64, sha256: String) -> Self {
        Self {
            name: table.name.clone(),
            columns: table.columns.iter().map(|column| (column.name.clone(), column.kind)).collect(),
            key: table.key.clone(),
            rows,
            sha256,
        }
    }
}

/// The files of an export.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobsDigest {
    /// Whether files were exported at all.
    pub included: bool,
    /// Number of files.
    pub files: u64,
    /// Their bytes together.
    pub bytes: u64,
}

/// What an export says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the form.
    pub format: String,
    /// When the snapshot was taken.
    pub made_at: Timestamp,
    /// Applied migrations: room, name, digest of the text.
    pub migrations: Vec<(String, String, String)>,
    /// Tables in an order in which rows can be inserted.
    pub tables: Vec<TableDigest>,
    /// Files.
    pub blobs: BlobsDigest,
}

impl Manifest {
    /// Whether a database with these migrations can take the export: it knows every migration the export knows.
    pub(crate) fn fits(&self, applied: &[(String, String, String)]) -> Result<(), StoreError> {
        if self.format != FORMAT {
            return Err(StoreError::Configuration(format!(
                "the export has the form {:?}, not {FORMAT:?}",
                self.format
            )));
        }
        match self.migrations.iter().find(|migration| !applied.contains(migration)) {
            None => Ok(()),
            Some((room, name, _)) => Err(StoreError::Configuration(format!(
                "the export was made by another version: this one does not know the migration {room}/{name}"
            ))),
        }
    }
}

/// Differences between the tables the migrations define and those that are in the database. An export with a
/// difference would lose data, so it is refused.
pub(crate) async fn strangers(db: &Db, schema: &Schema) -> Result<Vec<String>, StoreError> {
    let rows = db.fetch_all(sql::COLUMNS_THERE, args![]).await?;
    let there: BTreeSet<String> = rows
        .iter()
        .map(|row| Ok(format!("{}.{}", row.text("table_name")?, row.text("column_name")?)))
        .collect::<Result<_, StoreError>>()?;
    let known: BTreeSet<String> = schema
        .tables
        .iter()
        .flat_map(|table| table.columns.iter().map(move |column| format!("{}.{}", table.name, column.name)))
        .collect();
    let ledger = format!("{}.", crate::LEDGER);
    Ok(there.symmetric_difference(&known).filter(|name| !name.starts_with(&ledger)).cloned().collect())
}

impl Db {
    /// Columns that are in the database and not in the migrations, or the other way round: `table.column`. Empty when
    /// an export carries everything.
    ///
    /// # Errors
    /// What the database says; [`StoreError::Configuration`] before [`crate::migrate`].
    pub async fn unknown_columns(&self) -> Result<Vec<String>, StoreError> {
        strangers(self, self.schema()?.as_ref()).await
    }
}
