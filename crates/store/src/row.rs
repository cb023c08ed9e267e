//! A row of an answer with one typed getter per kind of value.

use crate::StoreError;
use haidang_kernel::id::Id;
use jiff::{Timestamp, civil};
use serde::de::DeserializeOwned;
use sqlx::{ColumnIndex, Decode, Row as _, Type, postgres::PgRow, sqlite::SqliteRow};

/// A row of an answer. Columns are asked for by the name in the statement.
#[derive(Debug)]
pub struct Row(Inner);

#[derive(Debug)]
enum Inner {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl From<SqliteRow> for Row {
    fn from(row: SqliteRow) -> Self {
        Self(Inner::Sqlite(row))
    }
}

impl From<PgRow> for Row {
    fn from(row: PgRow) -> Self {
        Self(Inner::Postgres(row))
    }
}

fn wrong(column: &str, error: &sqlx::Error) -> StoreError {
    let reason = match error {
        sqlx::Error::ColumnNotFound(_) => "not in the answer".to_owned(),
        sqlx::Error::ColumnDecode { source, .. } => source.to_string(),
        other => other.to_string(),
    };
    StoreError::Column { column: column.to_owned(), reason }
}

fn missing(column: &str) -> StoreError {
    StoreError::Column { column: column.to_owned(), reason: "NULL where a value is required".to_owned() }
}

fn bad(column: &str, reason: impl std::fmt::Display) -> StoreError {
    StoreError::Column { column: column.to_owned(), reason: reason.to_string() }
}

impl Row {
    fn get<T>(&self, column: &str) -> Result<Option<T>, StoreError>
    where
        T: for<'r> Decode<'r, sqlx::Sqlite>
            + Type<sqlx::Sqlite>
            + for<'r> Decode<'r, sqlx::Postgres>
            + Type<sqlx::Postgres>,
        for<'n> &'n str: ColumnIndex<SqliteRow> + ColumnIndex<PgRow>,
    {
        match &self.0 {
            Inner::Sqlite(row) => row.try_get::<Option<T>, _>(column),
            Inner::Postgres(row) => row.try_get::<Option<T>, _>(column),
        }
        .map_err(|error| wrong(column, &error))
    }

    /// A `TEXT` that must be there.
    pub fn text(&self, column: &str) -> Result<String, StoreError> {
        self.opt_text(column)?.ok_or_else(|| missing(column))
    }

    /// A `TEXT` that may be absent.
    pub fn opt_text(&self, column: &str) -> Result<Option<String>, StoreError> {
        self.get(column)
    }

    /// A `BIGINT` that must be there.
    pub fn integer(&self, column: &str) -> Result<i64, StoreError> {
        self.opt_integer(column)?.ok_or_else(|| missing(column))
    }

    /// A `BIGINT` that may be absent.
    pub fn opt_integer(&self, column: &str) -> Result<Option<i64>, StoreError> {
        match &self.0 {
            Inner::Sqlite(_) => self.get::<i64>(column),
            Inner::Postgres(row) => row
                .try_get::<Option<i64>, _>(column)
                // A bare literal such as `SELECT 1` is INT4 on PostgreSQL.
                .or_else(|error| row.try_get::<Option<i32>, _>(column).map(|v| v.map(i64::from)).map_err(|_| error))
                .map_err(|error| wrong(column, &error)),
        }
    }

    /// A `BOOLEAN` that must be there.
    pub fn boolean(&self, column: &str) -> Result<bool, StoreError> {
        self.opt_boolean(column)?.ok_or_else(|| missing(column))
    }

    /// A `BOOLEAN` that may be absent.
    pub fn opt_boolean(&self, column: &str) -> Result<Option<bool>, StoreError> {
        self.get(column)
    }

    /// A `DOUBLE PRECISION` that must be there.
    pub fn real(&self, column: &str) -> Result<f64, StoreError> {
        self.opt_real(column)?.ok_or_else(|| missing(column))
    }

    /// A `DOUBLE PRECISION` that may be absent.
    pub fn opt_real(&self, column: &str) -> Result<Option<f64>, StoreError> {
        self.get(column)
    }

    /// A `BYTEA` that must be there.
    pub fn bytes(&self, column: &str) -> Result<Vec<u8>, StoreError> {
        self.opt_bytes(column)?.ok_or_else(|| missing(column))
    }

    /// A `BYTEA` that may be absent.
    pub fn opt_bytes(&self, column: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.get(column)
    }

    /// A time kept as microseconds UTC.
    pub fn timestamp(&self, column: &str) -> Result<Timestamp, StoreError> {
        self.opt_timestamp(column)?.ok_or_else(|| missing(column))
    }

    /// A time kept as microseconds UTC that may be absent.
    pub fn opt_timestamp(&self, column: &str) -> Result<Option<Timestamp>, StoreError> {
        self.opt_integer(column)?.map(|v| Timestamp::from_microsecond(v).map_err(|e| bad(column, e))).transpose()
    }

    /// A civil date kept as `YYYY-MM-DD`.
    pub fn date(&self, column: &str) -> Result<civil::Date, StoreError> {
        self.opt_date(column)?.ok_or_else(|| missing(column))
    }

    /// A civil date kept as `YYYY-MM-DD` that may be absent.
    pub fn opt_date(&self, column: &str) -> Result<Option<civil::Date>, StoreError> {
        self.opt_text(column)?.map(|v| v.parse().map_err(|_| bad(column, "not a civil date"))).transpose()
    }

    /// An id.
    pub fn id<T>(&self, column: &str) -> Result<Id<T>, StoreError> {
        self.opt_id(column)?.ok_or_else(|| missing(column))
    }

    /// An id that may be absent.
    pub fn opt_id<T>(&self, column: &str) -> Result<Option<Id<T>>, StoreError> {
        self.opt_text(column)?.map(|v| Id::parse(&v).map_err(|_| bad(column, "not an id"))).transpose()
    }

    /// JSON kept as text.
    pub fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T, StoreError> {
        self.opt_json(column)?.ok_or_else(|| missing(column))
    }

    /// JSON kept as text that may be absent.
    pub fn opt_json<T: DeserializeOwned>(&self, column: &str) -> Result<Option<T>, StoreError> {
        self.opt_text(column)?
            .map(|v| serde_json::from_str(&v).map_err(|e| bad(column, StoreError::from(e))))
            .transpose()
    }
}
