//! Runs a statement with its arguments on one connection of either kind.

use crate::columns::Argument;
use crate::{Row, Statement, StoreError, Value, writer::Lease};
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{Database, Encode, PgConnection, Postgres, Sqlite, SqliteConnection, Transaction, Type};

/// The connection under a transaction.
pub(crate) enum Link {
    /// The writer connection of SQLite, lent by the writer task.
    Lease(Lease),
    /// A connection of its own on SQLite with an open read transaction, which ends with the connection.
    Sqlite(SqliteConnection),
    /// A transaction of its own on PostgreSQL.
    Postgres(Transaction<'static, Postgres>),
}

/// A borrowed connection of either kind.
pub(crate) enum Wire<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

impl Link {
    pub(crate) fn wire(&mut self) -> Result<Wire<'_>, StoreError> {
        Ok(match self {
            Self::Lease(lease) => Wire::Sqlite(lease.connection()?),
            Self::Sqlite(connection) => Wire::Sqlite(connection),
            Self::Postgres(transaction) => Wire::Postgres(transaction),
        })
    }

    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
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

impl Wire<'_> {
    pub(crate) async fn fetch_all(self, statement: &Statement, args: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        Ok(match self {
            Wire::Sqlite(connection) => bind::<Sqlite>(statement.text(false), args)
                .fetch_all(connection)
                .await?
                .into_iter()
                .map(Row::from)
                .collect(),
            Wire::Postgres(connection) => bind::<Postgres>(statement.text(true), args)
                .fetch_all(connection)
                .await?
                .into_iter()
                .map(Row::from)
                .collect(),
        })
    }

    pub(crate) async fn fetch_optional(
        self,
        statement: &Statement,
        args: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(match self {
            Wire::Sqlite(connection) => {
                bind::<Sqlite>(statement.text(false), args).fetch_optional(connection).await?.map(Row::from)
            }
            Wire::Postgres(connection) => {
                bind::<Postgres>(statement.text(true), args).fetch_optional(connection).await?.map(Row::from)
            }
        })
    }

    pub(crate) async fn execute(self, statement: &Statement, args: Vec<Value>) -> Result<u64, StoreError> {
        Ok(match self {
            Wire::Sqlite(connection) => {
                bind::<Sqlite>(statement.text(false), args).execute(connection).await?.rows_affected()
            }
            Wire::Postgres(connection) => {
                bind::<Postgres>(statement.text(true), args).execute(connection).await?.rows_affected()
            }
        })
    }

    /// Does many writes at once; only PostgreSQL takes columns.
    pub(crate) async fn exchange(self, statement: &Statement, args: Vec<Argument>) -> Result<(), StoreError> {
        match self {
            Wire::Postgres(connection) => {
                bind_columns(statement.text(true), args).execute(connection).await.map(drop)?;
                Ok(())
            }
            Wire::Sqlite(_) => {
                let single = |arg| match arg {
                    Argument::One(value) => vec![value],
                    Argument::Column(values) => values,
                };
                self.execute(statement, args.into_iter().flat_map(single).collect()).await.map(drop)
            }
        }
    }

    /// Runs a text without arguments, unprepared: migrations and pragmas.
    pub(crate) async fn raw(self, text: String) -> Result<(), StoreError> {
        let text = sqlx::AssertSqlSafe(text);
        match self {
            Wire::Sqlite(connection) => sqlx::raw_sql(text).execute(connection).await.map(drop)?,
            Wire::Postgres(connection) => sqlx::raw_sql(text).execute(connection).await.map(drop)?,
        }
        Ok(())
    }
}
