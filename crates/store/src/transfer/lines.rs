//! Rows as lines of JSON: read in key order, written in batches, the same bytes from both databases.

use crate::link::{Link, To, bind};
use crate::schema::{ColumnKind, Table};
use crate::tx::Tx;
use crate::{Row, StoreError, Value};
use data_encoding::BASE64;
use futures_util::TryStreamExt;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Postgres, SqlSafeStr, Sqlite};
use tokio::sync::mpsc;

/// Bytes of lines sent together.
const PIECE: usize = 64 * 1024;
/// Rows inserted with one statement, at most.
const ROWS: usize = 256;
/// Arguments of one statement, at most; both databases take more.
const ARGUMENTS: usize = 8192;

/// Counts rows and digests lines.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) rows: u64,
    digest: Sha256,
}

impl Tally {
    pub(crate) fn add(&mut self, line: &[u8]) {
        self.rows += 1;
        self.digest.update(line);
    }

    pub(crate) fn finish(self) -> (u64, String) {
        (self.rows, data_encoding::HEXLOWER.encode(&self.digest.finalize()))
    }
}

/// A place where lines go.
pub(crate) enum Sink<'s> {
    /// Counted and digested only.
    Nowhere,
    /// To a channel, in pieces of whole lines.
    Channel(&'s mpsc::Sender<Vec<u8>>),
}

/// Reads a table in key order. The receiving end may close early; that is an error.
pub(crate) async fn read_table(
    link: &mut Link,
    table: &Table,
    sink: Sink<'_>,
    progress: super::Progress<'_>,
) -> Result<(u64, String), StoreError> {
    let names = table.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
    let text = format!("SELECT {names} FROM {} ORDER BY {}", table.name, table.key.join(", "));
    let text = AssertSqlSafe(text).into_sql_str();
    let mut tally = Tally::default();
    let mut piece = Vec::with_capacity(PIECE + 4096);
    let mut line = Vec::with_capacity(1024);
    macro_rules! drain {
        ($rows:expr) => {
            let mut rows = $rows;
            while let Some(row) = rows.try_next().await? {
                line.clear();
                write_line(&Row::from(row), table, &mut line)?;
                tally.add(&line);
                if let Sink::Channel(sender) = &sink {
                    piece.extend_from_slice(&line);
                    if piece.len() >= PIECE {
                        let full = std::mem::replace(&mut piece, Vec::with_capacity(PIECE + 4096));
                        sender.send(full).await.map_err(|_| gone())?;
                        progress(&table.name, tally.rows);
                    }
                }
            }
        };
    }
    match link.wire()?.ready().await? {
        To::Sqlite(connection) => {
            drain!(bind::<Sqlite>(text, Vec::new()).persistent(false).fetch(connection));
        }
        To::Postgres(connection) => {
            drain!(bind::<Postgres>(text, Vec::new()).persistent(false).fetch(connection));
        }
    }
    if let Sink::Channel(sender) = &sink
        && !piece.is_empty()
    {
        sender.send(piece).await.map_err(|_| gone())?;
    }
    progress(&table.name, tally.rows);
    Ok(tally.finish())
}

pub(crate) fn gone() -> StoreError {
    StoreError::Corrupt("the other side of the transfer stopped".to_owned())
}

fn write_line(row: &Row, table: &Table, line: &mut Vec<u8>) -> Result<(), StoreError> {
    for (index, column) in table.columns.iter().enumerate() {
        line.push(if index == 0 { b'{' } else { b',' });
        serde_json::to_writer(&mut *line, &column.name)?;
        line.push(b':');
        let name = column.name.as_str();
        match column.kind {
            ColumnKind::Text => serde_json::to_writer(&mut *line, &row.opt_text(name)?)?,
            ColumnKind::Integer => serde_json::to_writer(&mut *line, &row.opt_integer(name)?)?,
            ColumnKind::Boolean => serde_json::to_writer(&mut *line, &row.opt_boolean(name)?)?,
            ColumnKind::Bytes => serde_json::to_writer(&mut *line, &row.opt_bytes(name)?.map(|b| BASE64.encode(&b)))?,
            ColumnKind::Real => {
                // As a text in its shortest exact form, because readers of JSON numbers may round. SQLite does not
                // keep the sign of zero.
                let value = row.opt_real(name)?.map(|real| if real == 0.0 { 0.0 } else { real });
                if value.is_some_and(|real| !real.is_finite()) {
                    return Err(StoreError::Corrupt(format!("{}.{name} is not a finite number", table.name)));
                }
                serde_json::to_writer(&mut *line, &value.map(|real| format!("{real:?}")))?;
            }
        }
    }
    line.extend_from_slice(b"}\n");
    Ok(())
}

/// The values of a line in the order of the table's columns.
pub(crate) fn read_line(line: &[u8], table: &Table) -> Result<Vec<Value>, StoreError> {
    let wrong = |name: &str| StoreError::Corrupt(format!("{}.{name} has a value of another kind", table.name));
    let mut object: serde_json::Map<String, Json> = serde_json::from_slice(line)?;
    table
        .columns
        .iter()
        .map(|column| {
            let name = column.name.as_str();
            let value = object.remove(name).ok_or_else(|| wrong(name))?;
            Ok(match (column.kind, value) {
                (ColumnKind::Text, Json::Null) => Value::Text(None),
                (ColumnKind::Integer, Json::Null) => Value::Integer(None),
                (ColumnKind::Boolean, Json::Null) => Value::Boolean(None),
                (ColumnKind::Bytes, Json::Null) => Value::Bytes(None),
                (ColumnKind::Real, Json::Null) => Value::Real(None),
                (ColumnKind::Text, Json::String(text)) => Value::Text(Some(text)),
                (ColumnKind::Integer, Json::Number(n)) => Value::Integer(Some(n.as_i64().ok_or_else(|| wrong(name))?)),
                (ColumnKind::Boolean, Json::Bool(b)) => Value::Boolean(Some(b)),
                (ColumnKind::Bytes, Json::String(text)) => {
                    Value::Bytes(Some(BASE64.decode(text.as_bytes()).map_err(|_| wrong(name))?))
                }
                (ColumnKind::Real, Json::String(text)) => Value::Real(Some(text.parse().map_err(|_| wrong(name))?)),
                _ => return Err(wrong(name)),
            })
        })
        .collect()
}

/// Inserts the lines of the channel into a table; answers their count and digest.
pub(crate) async fn write_table(
    tx: &mut Tx<'_>,
    table: &Table,
    pieces: &mut mpsc::Receiver<Vec<u8>>,
    progress: super::Progress<'_>,
) -> Result<(u64, String), StoreError> {
    let names = table.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
    let head = format!("INSERT INTO {} ({names}) VALUES", table.name);
    let most = (ARGUMENTS / table.columns.len().max(1)).clamp(1, ROWS);
    let mut tally = Tally::default();
    let mut rows = Vec::with_capacity(most);
    while let Some(piece) = pieces.recv().await {
        for line in piece.split_inclusive(|byte| *byte == b'\n') {
            tally.add(line);
            rows.push(read_line(line, table)?);
            if rows.len() == most {
                tx.insert_built(&head, std::mem::take(&mut rows), "").await?;
            }
        }
        progress(&table.name, tally.rows);
    }
    tx.insert_built(&head, rows, "").await?;
    Ok(tally.finish())
}
