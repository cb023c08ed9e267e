//! What can go wrong in the store, without a single value of a row in the text.

use haidang_kernel::problem::Problem;

/// An error of the store. Its text carries table and constraint names, never values.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Exactly one row was asked for and none came.
    #[error("no row")]
    NotFound,
    /// A unique or primary key already has this value.
    #[error("unique key violated: {0}")]
    Unique(String),
    /// A row refers to one that is not there, or is still referred to.
    #[error("foreign key violated: {0}")]
    ForeignKey(String),
    /// A `CHECK` or `NOT NULL` was not met.
    #[error("check violated: {0}")]
    Check(String),
    /// Another writer was first, or the connection was lost before the commit: running the whole transaction
    /// again may succeed. `transaction` does so; callers see it only after the last attempt.
    #[error("transient: {0}")]
    Transient(String),
    /// A column is absent or holds another kind of value than asked for.
    #[error("column {column}: {reason}")]
    Column {
        /// Name of the column.
        column: String,
        /// What was found instead.
        reason: String,
    },
    /// The database refused or failed.
    #[error("database: {0}")]
    Database(String),
    /// The address or an option cannot be used.
    #[error("configuration: {0}")]
    Configuration(String),
    /// Migrations disagree with what was applied before.
    #[error("migration {name}: {reason}")]
    Migration {
        /// `<room>/<name>` of the migration.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// Stored bytes do not say what they should: a broken export, a wrong digest, a changed record.
    #[error("corrupt: {0}")]
    Corrupt(String),
    /// A file could not be read or written.
    #[error("file: {0}")]
    Io(#[from] std::io::Error),
    /// A value could not be written as or read from JSON.
    #[error("json: {0}")]
    Json(String),
}

impl StoreError {
    /// Whether running the same transaction again may succeed.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Transient(_))
    }

    /// Whether a unique key stood in the way.
    pub fn is_unique(&self) -> bool {
        matches!(self, Self::Unique(_))
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        // The text of serde may quote input; line and column are enough.
        Self::Json(format!("{:?} at {}:{}", error.classify(), error.line(), error.column()))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::error::ErrorKind;
        match &error {
            sqlx::Error::RowNotFound => Self::NotFound,
            sqlx::Error::Database(database) => {
                let code = database.code().unwrap_or_default();
                let name = database.constraint().map_or_else(|| database.message().to_owned(), str::to_owned);
                if is_transient_code(&code) {
                    return Self::Transient(format!("{code} {}", database.message()));
                }
                match database.kind() {
                    ErrorKind::UniqueViolation => Self::Unique(name),
                    ErrorKind::ForeignKeyViolation => Self::ForeignKey(name),
                    ErrorKind::CheckViolation | ErrorKind::NotNullViolation => Self::Check(name),
                    _ => Self::Database(format!("{code} {}", database.message())),
                }
            }
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed | sqlx::Error::Tls(_) => {
                Self::Transient(error.to_string())
            }
            sqlx::Error::ColumnNotFound(column) => {
                Self::Column { column: column.clone(), reason: "not in the answer".to_owned() }
            }
            _ => Self::Database(error.to_string()),
        }
    }
}

/// SQLSTATE of serialisation failure, deadlock, cancelled by shutdown; SQLite's primary codes busy (5) and
/// locked (6) with their extended forms.
fn is_transient_code(code: &str) -> bool {
    match code {
        "40001" | "40P01" | "57P01" | "57P02" | "57P03" | "08006" | "08003" | "CR000" => true,
        _ => code.len() <= 4 && code.parse::<i64>().is_ok_and(|number| matches!(number & 0xff, 5 | 6)),
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Problem::not_found("record_not_found", "there is no such record"),
            StoreError::Unique(_) => Problem::conflict("already_exists", "a record with this key exists"),
            StoreError::Transient(_) => Problem::unavailable("store_busy", "the store is busy, try again"),
            other => {
                tracing::error!(error = %other, "store");
                Problem::internal("store failed")
            }
        }
    }
}
