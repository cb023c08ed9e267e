//! Runs a statement with its arguments on one connection of either kind.

use crate::columns::Argument;
use crate::{Row, Statement, StoreError, Value, writer::Lease};
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{Database, Encode, PgConnection, Postgres, Sqlite, SqliteConnection, Transaction, Type};
use std::sync::Arc;

/// The connection under a transaction.
pub(crate) enum Link {
    /// The writer connection of SQLite, or that of a line on PostgreSQL, lent by the writer task.
    Lease(Lease),
    /// A connection of its own on SQLite with an open read transaction, which ends with the connection.
    Sqlite(SqliteConnection),
    /// A transaction of its own on PostgreSQL.
    Postgres(Transaction<'static, Postgres>),
}

/// A connection that is lent.
pub(crate) enum Held {
    Sqlite(SqliteConnection),
    Postgres(PoolConnection<Postgres>),
}

impl Held {
    /// For one statement, with what has to be run before it.
    pub(crate) fn wire(&mut self, before: Option<&'static str>) -> Wire<'_> {
        let to = match self {
            Self::Sqlite(connection) => To::Sqlite(connection),
            Self::Postgres(connection) => To::Postgres(connection),
        };
        Wire { to, before }
    }

    /// Makes durable what was done since `BEGIN`.
    pub(crate) async fn commit(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(connection) => sqlx::raw_sql("COMMIT").execute(connection).await.map(drop)?,
            Self::Postgres(connection) => {
                sqlx::raw_sql("COMMIT").execute(&mut **connection).await.map(drop).map_err(commit_failed)?;
            }
        }
        Ok(())
    }
}

/// What is said when the answer to a commit was lost, not necessarily the commit.
pub(crate) const OUTCOME_UNKNOWN: &str = "connection lost during commit, outcome unknown";

/// A commit that PostgreSQL did not answer must not run again: that could do the work twice.
pub(crate) fn commit_failed(error: sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::Io(_) => StoreError::Database(OUTCOME_UNKNOWN.to_owned()),
        other => other.into(),
    }
}

/// A borrowed connection for one statement, and the text that has to be run before it.
pub(crate) struct Wire<'c> {
    to: To<'c>,
    before: Option<&'static str>,
}

/// The connection once nothing has to be run before.
pub(crate) enum To<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

impl Link {
    pub(crate) fn wire(&mut self) -> Result<Wire<'_>, StoreError> {
        Ok(match self {
            Self::Lease(lease) => lease.wire()?,
            Self::Sqlite(connection) => Wire::sqlite(connection),
            Self::Postgres(transaction) => Wire::postgres(transaction),
        })
    }

    pub(crate) fn is_postgres(&self) -> bool {
        match self {
            Self::Lease(lease) => lease.is_postgres(),
            Self::Sqlite(_) => false,
            Self::Postgres(_) => true,
        }
    }
}

/// Binds arguments to a statement of one database.
pub(crate) fn bind<'q, DB>(text: sqlx::SqlStr, args: Vec<Value>) -> Query<'q, DB, <DB as Database>::Arguments>
where
    DB: Database,
    Option<String>: Encode<'q, DB> + Type<DB> + 'q,
    Option<i64>: Encode<'q, DB> + Type<DB> + 'q,
    Option<f64>: Encode<'q, DB> + Type<DB> + 'q,
    Option<bool>: Encode<'q, DB> + Type<DB> + 'q,
    Option<Vec<u8>>: Encode<'q, DB> + Type<DB> + 'q,
{
    let mut query = sqlx::query::<DB>(text);
    for arg in args {
        query = match arg {
            Value::Text(value) => query.bind(value),
            Value::Integer(value) => query.bind(value),
            Value::Real(value) => query.bind(value),
            Value::Boolean(value) => query.bind(value),
            Value::Bytes(value) => query.bind(value),
        };
    }
    query
}

/// Binds arguments to a statement of PostgreSQL, columns as arrays.
fn bind_columns(text: sqlx::SqlStr, args: Vec<Argument>) -> Query<'static, Postgres, PgArguments> {
    /// The values of a column of one kind.
    macro_rules! array {
        ($kind:ident, $values:ident) => {
            $values.into_iter().map(|value| if let Value::$kind(value) = value { value } else { None }).collect()
        };
    }
    let mut query = sqlx::query::<Postgres>(text);
    for arg in args {
        query = match arg {
            Argument::One(Value::Text(value)) => query.bind(value),
            Argument::One(Value::Integer(value)) => query.bind(value),
            Argument::One(Value::Real(value)) => query.bind(value),
            Argument::One(Value::Boolean(value)) => query.bind(value),
            Argument::One(Value::Bytes(value)) => query.bind(value),
            Argument::Column(values) => match values.first() {
                Some(Value::Integer(_)) => query.bind::<Vec<Option<i64>>>(array!(Integer, values)),
                Some(Value::Real(_)) => query.bind::<Vec<Option<f64>>>(array!(Real, values)),
                Some(Value::Boolean(_)) => query.bind::<Vec<Option<bool>>>(array!(Boolean, values)),
                Some(Value::Bytes(_)) => query.bind::<Vec<Option<Vec<u8>>>>(array!(Bytes, values)),
                Some(Value::Text(_)) | None => query.bind::<Vec<Option<String>>>(array!(Text, values)),
            },
        };
    }
    query
}

impl<'c> Wire<'c> {
    pub(crate) fn sqlite(connection: &'c mut SqliteConnection) -> Self {
        Self { to: To::Sqlite(connection), before: None }
    }

    pub(crate) fn postgres(connection: &'c mut PgConnection) -> Self {
        Self { to: To::Postgres(connection), before: None }
    }

    /// The text of a read. SQLite takes what comes before in the same text; it must not do so for a write, whose count
    /// of changed rows would hold those of an earlier statement.
    fn read(&mut self, statement: &Statement) -> Statement {
        match (&self.to, self.before) {
            (To::Sqlite(_), Some(before)) => {
                self.before = None;
                Statement::Built(Arc::from(format!("{before}; {}", statement.text(false).as_str())))
            }
            _ => statement.clone(),
        }
    }

    /// Runs what comes before and was not joined to the statement.
    pub(crate) async fn ready(self) -> Result<To<'c>, StoreError> {
        let Self { mut to, before } = self;
        if let Some(before) = before {
            to.raw(before.to_owned()).await?;
        }
        Ok(to)
    }

    pub(crate) async fn fetch_all(mut self, statement: &Statement, args: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        let statement = self.read(statement);
        Ok(match self.ready().await? {
            To::Sqlite(connection) => bind::<Sqlite>(statement.text(false), args)
                .fetch_all(connection)
                .await?
                .into_iter()
                .map(Row::from)
                .collect(),
            To::Postgres(connection) => bind::<Postgres>(statement.text(true), args)
                .fetch_all(connection)
                .await?
                .into_iter()
                .map(Row::from)
                .collect(),
        })
    }

    pub(crate) async fn fetch_optional(
        mut self,
        statement: &Statement,
        args: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        let statement = self.read(statement);
        Ok(match self.ready().await? {
            To::Sqlite(connection) => {
                bind::<Sqlite>(statement.text(false), args).fetch_optional(connection).await?.map(Row::from)
            }
            To::Postgres(connection) => {
                bind::<Postgres>(statement.text(true), args).fetch_optional(connection).await?.map(Row::from)
            }
        })
    }

    pub(crate) async fn execute(self, statement: &Statement, args: Vec<Value>) -> Result<u64, StoreError> {
        self.ready().await?.execute(statement, args).await
    }

    /// Does many writes at once; only PostgreSQL takes columns.
    pub(crate) async fn exchange(self, statement: &Statement, args: Vec<Argument>) -> Result<(), StoreError> {
        match self.ready().await? {
            To::Postgres(connection) => {
                bind_columns(statement.text(true), args).execute(connection).await.map(drop)?;
                Ok(())
            }
            sqlite @ To::Sqlite(_) => {
                let single = |arg| match arg {
                    Argument::One(value) => vec![value],
                    Argument::Column(values) => values,
                };
                sqlite.execute(statement, args.into_iter().flat_map(single).collect()).await.map(drop)
            }
        }
    }

    /// Runs a text without arguments, unprepared: migrations and pragmas.
    pub(crate) async fn raw(self, text: String) -> Result<(), StoreError> {
        let mut to = self.ready().await?;
        to.raw(text).await
    }
}

impl To<'_> {
    async fn execute(self, statement: &Statement, args: Vec<Value>) -> Result<u64, StoreError> {
        Ok(match self {
            To::Sqlite(connection) => {
                bind::<Sqlite>(statement.text(false), args).execute(connection).await?.rows_affected()
            }
            To::Postgres(connection) => {
                bind::<Postgres>(statement.text(true), args).execute(connection).await?.rows_affected()
            }
        })
    }

    async fn raw(&mut self, text: String) -> Result<(), StoreError> {
        let text = sqlx::AssertSqlSafe(text);
        match self {
            To::Sqlite(connection) => sqlx::raw_sql(text).execute(&mut **connection).await.map(drop)?,
            To::Postgres(connection) => sqlx::raw_sql(text).execute(&mut **connection).await.map(drop)?,
        }
        Ok(())
    }
}
