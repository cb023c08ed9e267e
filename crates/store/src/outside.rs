//! Databases of others: asked by statements that an operator wrote, never written to, bounded in time and rows. Values
//! reach a statement as parameters only.

use crate::{DatabaseUrl, StoreError, Value, options, sql};
use serde_json::{Map, Number, Value as Json};
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteRow};
use sqlx::{AssertSqlSafe, Column as _, PgPool, Postgres, Row as _, Sqlite, SqlitePool, TypeInfo as _, ValueRef as _};
use std::fmt;
use std::time::{Duration, Instant};

/// Steps of SQLite's machine between two looks at the clock.
const STEPS: i32 = 1_000;
/// Time for a connection.
const CONNECTING: Duration = Duration::from_secs(10);

/// A database of somebody else, for reading. Connections are made when they are needed.
#[derive(Clone)]
pub struct Outside {
    pool: Pool,
    time: Duration,
}

#[derive(Clone)]
enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.pool {
            Pool::Sqlite(_) => "sqlite",
            Pool::Postgres(_) => "postgres",
        };
        f.debug_struct("Outside").field("kind", &kind).field("time", &self.time).finish()
    }
}

impl Outside {
    /// `sqlite:<path>` or `postgres://…`; `time` is for one statement.
    ///
    /// # Errors
    /// [`StoreError::Configuration`] for an address that cannot be used.
    pub fn open(url: &str, connections: u32, time: Duration) -> Result<Self, StoreError> {
        let pool = match url.parse()? {
            DatabaseUrl::Memory => {
                return Err(StoreError::Configuration("a database in memory has nothing to read".to_owned()));
            }
            DatabaseUrl::Sqlite(path) => {
                let connect = SqliteConnectOptions::new()
                    .filename(path)
                    .read_only(true)
                    .busy_timeout(time)
                    .pragma("query_only", "ON")
                    .pragma("trusted_schema", "OFF");
                let pool = SqlitePoolOptions::new().max_connections(connections.max(1)).acquire_timeout(CONNECTING);
                Pool::Sqlite(pool.connect_lazy_with(connect))
            }
            DatabaseUrl::Postgres { url, schema } => {
                let most = time.as_millis().max(1).to_string();
                let connect = options::postgres(&url, schema.as_deref())?
                    .options([("default_transaction_read_only", "on"), ("statement_timeout", most.as_str())]);
                let pool = PgPoolOptions::new()
                    .max_connections(connections.max(1))
                    .acquire_timeout(CONNECTING)
                    .idle_timeout(Duration::from_secs(60));
                Pool::Postgres(pool.connect_lazy_with(connect))
            }
        };
        Ok(Self { pool, time })
    }

    /// The rows of a `SELECT` with its parameters `$1` to `$n`, each as its columns by name; at most one more than `most`,
    /// so that the caller sees when there are too many.
    ///
    /// # Errors
    /// [`StoreError::Transient`] when it took too long, else what the database says of the statement.
    pub async fn rows(
        &self,
        statement: &str,
        args: Vec<Value>,
        most: usize,
    ) -> Result<Vec<Map<String, Json>>, StoreError> {
        let asking = async {
            match &self.pool {
                Pool::Sqlite(pool) => {
                    sqlite(pool.acquire().await.map_err(told)?, statement, args, most, self.time).await
                }
                Pool::Postgres(pool) => postgres(pool.acquire().await.map_err(told)?, statement, args, most).await,
            }
        };
        // The database stops by itself a little earlier; this is for one that hangs.
        let late = |_| StoreError::Transient("the statement took too long".to_owned());
        tokio::time::timeout(self.time + CONNECTING, asking).await.map_err(late)?
    }
}

/// What the database says; stopped for its time (SQLSTATE 57014, SQLite's 9), or a file that is not there (14), may be
/// otherwise the next time.
fn told(error: sqlx::Error) -> StoreError {
    let code = error.as_database_error().and_then(|error| error.code()).unwrap_or_default().into_owned();
    match code.as_str() {
        "57014" | "9" => StoreError::Transient("the statement took too long".to_owned()),
        "14" => StoreError::Transient("the file cannot be opened".to_owned()),
        _ => error.into(),
    }
}

async fn sqlite(
    mut connection: PoolConnection<Sqlite>,
    statement: &str,
    args: Vec<Value>,
    most: usize,
    time: Duration,
) -> Result<Vec<Map<String, Json>>, StoreError> {
    let begun = Instant::now();
    connection.lock_handle().await?.set_progress_handler(STEPS, move || begun.elapsed() < time);
    let mut query = sqlx::query(AssertSqlSafe(sql::outside_sqlite(statement, most)));
    for arg in args {
        query = match arg {
            Value::Text(value) => query.bind(value),
            Value::Integer(value) => query.bind(value),
            Value::Real(value) => query.bind(value),
            Value::Boolean(value) => query.bind(value),
            Value::Bytes(value) => query.bind(value),
        };
    }
    let found = query.fetch_all(&mut *connection).await;
    connection.lock_handle().await?.remove_progress_handler();
    found.map_err(told)?.iter().map(columns).collect()
}

/// The columns of a row of SQLite, whose values say of what kind they are.
fn columns(row: &SqliteRow) -> Result<Map<String, Json>, StoreError> {
    let mut members = Map::new();
    for column in row.columns() {
        let name = column.name().to_owned();
        let wrong = |reason: &str| StoreError::Column { column: name.clone(), reason: reason.to_owned() };
        let raw = row.try_get_raw(column.ordinal())?;
        let kind = raw.type_info().name().to_owned();
        let value = match kind.as_str() {
            _ if raw.is_null() => Json::Null,
            "TEXT" => Json::String(row.try_get_unchecked(column.ordinal())?),
            "INTEGER" => Json::from(row.try_get_unchecked::<i64, _>(column.ordinal())?),
            "REAL" => {
                let number = Number::from_f64(row.try_get_unchecked(column.ordinal())?);
                Json::Number(number.ok_or_else(|| wrong("not a number"))?)
            }
            _ => return Err(wrong("neither text nor number")),
        };
        members.insert(name, value);
    }
    Ok(members)
}

async fn postgres(
    mut connection: PoolConnection<Postgres>,
    statement: &str,
    args: Vec<Value>,
    most: usize,
) -> Result<Vec<Map<String, Json>>, StoreError> {
    let mut query = sqlx::query_scalar::<_, String>(AssertSqlSafe(sql::outside_postgres(statement, most)));
    for arg in args {
        query = match arg {
            Value::Text(value) => query.bind(value),
            Value::Integer(value) => query.bind(value),
            Value::Real(value) => query.bind(value),
            Value::Boolean(value) => query.bind(value),
            Value::Bytes(value) => query.bind(value),
        };
    }
    let rows = query.fetch_all(&mut *connection).await.map_err(told)?;
    rows.iter().map(|row| serde_json::from_str(row).map_err(|error| StoreError::Json(error.to_string()))).collect()
}
